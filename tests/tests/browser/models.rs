//! A supervisor looks at a model's figures, lets it read its books with a reason, and goes back, in a browser.

use anyhow::Result;
use fantoccini::Locator;
use sobo_db::NewLineSet;

use crate::clerks::{self, PASSWORD};
use crate::screen::{Driver, browser_is_here};

/// The card of a model, as `sobo adapt train` writes it.
fn card(scope: &str) -> String {
    let compared = serde_json::json!({
        "lines": 120, "characters": 2400, "old": 0.143, "new": 0.062, "difference": [-0.1, -0.06], "won_lost": [80, 9],
    });
    serde_json::json!({
        "model": "neural:0123456789ab", "scope": scope, "set": "s1",
        "terms": { "start": "", "lines": 600, "views": 3600, "rehearsal": 4389, "processor_minutes": 3.0,
                   "minutes": 3.5, "seed": 1 },
        "judged": { "against": "neural:7c4fb548ea7f", "verified": compared, "fixed": compared, "unseen_volumes": true,
                    "confidence": { "fitted": 375, "threshold": 0.98, "accepted": 0.31, "accepted_wrong": 0.0 },
                    "verdict": "better" },
    })
    .to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_supervisor_promotes_a_model_and_goes_back() -> Result<()> {
    if !browser_is_here() {
        return Ok(());
    }
    let office = clerks::open(&crate::pages(), 2, 0).await?;
    let volume = office.db.volumes().await?.remove(0);
    let scope = format!("office:{}", volume.descriptor.office);
    let set = NewLineSet {
        hash: "s1",
        scope: &scope,
        taught: 600,
        judging: 120,
        body: "{\"lines\":[]}",
        entries: &[],
        volumes: &[],
    };
    office.db.record_line_set("lan", &set).await?;
    let card = card(&scope);
    office.db.record_model("lan", "neural:0123456789ab", &scope, "s1", "models/x", &card).await?;
    office.db.judge_model("lan", "neural:0123456789ab", &card, "better").await?;

    let driver = Driver::start().await?;
    let mut giang = driver.browser("giang").await?;
    giang.sign_in(&office.url(""), "giang", PASSWORD).await?;
    giang.client.goto(&office.url("/models")).await?;
    giang.picture("models").await?;
    assert_eq!(giang.axe().await?, Vec::<String>::new());
    let text = giang.client.find(Locator::Css("main")).await?.text().await?;
    assert!(text.contains("14,3 %") && text.contains("6,2 %"), "{text}");

    // Without a reason the browser itself does not send the form.
    let promote = Locator::Css("form[action='/models/promote'] button");
    giang.client.find(promote).await?.click().await?;
    assert!(office.db.promoted().await?.is_empty());
    let reason = Locator::Css("form[action='/models/promote'] input[name='reason']");
    giang.client.find(reason).await?.send_keys("đọc tốt hơn").await?;
    giang.client.find(promote).await?.click().await?;
    giang.until("the model in use", "return !!document.querySelector('#in-use')").await?;
    let promoted = office.db.promoted().await?;
    assert_eq!(promoted[0].model.as_deref(), Some("neural:0123456789ab"));
    assert_eq!((promoted[0].who.as_str(), promoted[0].reason.as_str()), ("giang", "đọc tốt hơn"));
    giang.picture("models-promoted").await?;

    let reason = Locator::Css("form[action='/models/roll-back'] input[name='reason']");
    giang.client.find(reason).await?.send_keys("thử lại").await?;
    giang.client.find(Locator::Css("form[action='/models/roll-back'] button")).await?.click().await?;
    giang
        .until("the shipped model", "return !document.querySelector(\"form[action='/models/roll-back']\")")
        .await?;
    assert_eq!(office.db.promoted().await?[0].model, None);
    giang.close().await?;

    // A clerk has no business here.
    let mut lan = driver.browser("lan").await?;
    lan.sign_in(&office.url(""), "lan", PASSWORD).await?;
    lan.client.goto(&office.url("/models")).await?;
    assert!(lan.client.find(Locator::Css("form[action^='/models']")).await.is_err());
    lan.close().await?;
    Ok(())
}

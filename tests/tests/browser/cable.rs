//! The network cable pulled while a clerk types, and the server gone and back: no keystroke is lost, none counts twice.

use anyhow::{Context as _, Result};
use serde_json::{Value, json};
use sobo_verify::{Stage, StepKind};

use crate::clerks::{self, Office, PASSWORD};
use crate::screen::{Driver, Screen, browser_is_here, key};

/// What stands in every field of the entry on the screen, typed but unsaid texts too.
pub(super) async fn shown(screen: &Screen) -> Result<Value> {
    screen
        .script("return Object.fromEntries(window.sobo.sheet.fields.map((f) => [f.name, f.input.value]))")
        .await
}

/// Waits until the server has this draft of an entry.
pub(super) async fn drafted(office: &Office, entry: i64, person: i64, text: &str) -> Result<()> {
    let started = std::time::Instant::now();
    while !office.db.draft(entry, person).await?.is_some_and(|(body, _)| body.contains(text)) {
        anyhow::ensure!(started.elapsed().as_secs() < 40, "the draft `{text}` never reached the server");
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    Ok(())
}

/// Says what is left of the entry on the screen with the keyboard.
pub(super) async fn say_all(screen: &mut Screen) -> Result<()> {
    while screen.here().await? != "submit" {
        let empty = screen.script("return window.sobo.sheet.here?.input.value === ''").await?;
        if empty == json!(true) {
            screen.press(&[key::ALT], 'b').await?;
        } else {
            screen.press(&[], key::ENTER).await?;
        }
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn no_keystroke_is_lost_while_the_cable_is_out() -> Result<()> {
    if !browser_is_here() {
        return Ok(());
    }
    let office = clerks::open(&crate::pages(), 4, 0).await?;
    let lan_id = office.db.account_by_login("lan").await?.context("lan")?.id;
    let driver = Driver::start().await?;
    let mut lan = driver.browser("lan").await?;
    lan.sign_in(&office.url(""), "lan", PASSWORD).await?;
    lan.client.goto(&office.url("/work?step=entry")).await?;
    let first = lan.entry(None).await?.context("an entry")?;
    let field = lan.here().await?;
    lan.until("the next entry waits", "return window.sobo.ahead !== null").await?;

    // The cable goes in the middle of a word and comes back in the middle of the next.
    lan.typing("Trần Thị").await?;
    lan.cable(false).await?;
    lan.typing(" Mười Hai").await?;
    lan.until("the screen says so", "return !document.getElementById('banner').hidden").await?;
    assert!(!office.db.draft(first, lan_id).await?.is_some_and(|(body, _)| body.contains("Hai")));
    lan.typing(" Ba").await?;
    lan.cable(true).await?;
    lan.typing(" Bốn").await?;
    drafted(&office, first, lan_id, "Trần Thị Mười Hai Ba Bốn").await?;
    lan.until("and takes it back", "return document.getElementById('banner').hidden").await?;

    // Out again: the entry is finished, the next one is there and is worked at, all without a network.
    lan.press(&[], key::ENTER).await?;
    say_all(&mut lan).await?;
    let said = lan.script("return window.sobo.sheet.statements()").await?;
    lan.cable(false).await?;
    lan.press(&[], key::ENTER).await?;
    let second = lan.entry(Some(first)).await?.context("the next entry, looked ahead to")?;
    let next_field = lan.here().await?;
    lan.typing("Lê Văn Không Mạng").await?;
    let before = shown(&lan).await?;
    assert_eq!(before[&next_field], json!("Lê Văn Không Mạng"));
    assert_eq!(office.db.record(first).await?.0.deeds, 0, "nothing could have arrived");

    // The cable is back and the page is loaded anew: every letter is there.
    lan.cable(true).await?;
    lan.client.refresh().await?;
    assert_eq!(lan.entry(None).await?, Some(second));
    assert_eq!(shown(&lan).await?, before, "every field stands as it was typed");

    // The finished entry went off on its own, once, as it was said.
    let started = std::time::Instant::now();
    while office.db.record(first).await?.0.deeds == 0 {
        anyhow::ensure!(started.elapsed().as_secs() < 40, "the submission was lost");
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    let (record, state) = office.db.record(first).await?;
    assert_eq!((record.deeds, state.stage()), (1, Stage::Awaiting(StepKind::Check)));
    assert_eq!(state.values()[&field].text, "Trần Thị Mười Hai Ba Bốn");
    for (name, statement) in said.as_object().context("statements")? {
        if let Some(text) = statement["text"].as_str().filter(|text| !text.is_empty()) {
            assert_eq!(state.values()[name].text, text, "{name}");
        }
    }
    lan.close().await
}

#[tokio::test(flavor = "multi_thread")]
async fn what_another_did_meanwhile_is_told_and_not_overwritten() -> Result<()> {
    if !browser_is_here() {
        return Ok(());
    }
    let office = clerks::open(&crate::pages(), 4, 0).await?;
    let driver = Driver::start().await?;
    let mut lan = driver.browser("lan").await?;
    lan.sign_in(&office.url(""), "lan", PASSWORD).await?;
    lan.client.goto(&office.url("/work?step=entry")).await?;
    let first = lan.entry(None).await?.context("an entry")?;
    lan.until("the next entry waits", "return window.sobo.ahead !== null").await?;
    say_all(&mut lan).await?;
    lan.cable(false).await?;
    lan.press(&[], key::ENTER).await?;
    lan.entry(Some(first)).await?;

    // So long that the lease runs out and a colleague does the entry.
    let phuc = office.db.account_by_login("phuc").await?.context("phuc")?;
    let lan_id = office.db.account_by_login("lan").await?.context("lan")?.id;
    office.db.release(first, lan_id).await?;
    let (_, state) = office.db.record(first).await?;
    let statements = state
        .attention()
        .into_iter()
        .map(|field| (field, sobo_verify::Statement::of_text("Của Phúc")))
        .collect();
    let event = sobo_verify::Event::Submit { step: StepKind::Entry, statements };
    let acted = office.db.act(first, 0, event, &phuc.actor(), "phuc").await?;
    anyhow::ensure!(matches!(acted, sobo_db::Acted::Done(_)), "{acted:?}");

    lan.cable(true).await?;
    lan.until("she is told, until she has read it", "return !document.getElementById('lasting').hidden")
        .await?;
    assert_eq!(lan.axe().await?, Vec::<String>::new());
    lan.picture("entry-moved-on").await?;
    lan.script("document.querySelector('#lasting button').click(); return true").await?;
    lan.until("it goes", "return document.getElementById('lasting').hidden").await?;
    let (record, state) = office.db.record(first).await?;
    assert_eq!(record.deeds, 1, "the colleague's work stands");
    assert!(state.values().values().any(|value| value.text == "Của Phúc"));
    lan.close().await
}

//! Nothing typed is lost, nothing is done twice: through a cut connection, a reload, a second clerk.

use anyhow::Result;
use serde_json::json;
use sobo_verify::{Stage, StepKind};

use crate::clerks::{self, PASSWORD};
use crate::screen::{Driver, browser_is_here, key};

/// Cuts or restores the browser's network, as pulling the cable would.
const CUT: &str =
    "window.realFetch ??= window.fetch; window.fetch = () => Promise.reject(new TypeError('cut'));";
const MEND: &str = "window.fetch = window.realFetch;";

#[tokio::test(flavor = "multi_thread")]
async fn a_cut_connection_and_a_reload_lose_no_keystroke() -> Result<()> {
    if !browser_is_here() {
        return Ok(());
    }
    let office = clerks::open(&crate::pages(), 1, 0).await?;
    let driver = Driver::start().await?;
    let mut lan = driver.browser("lan").await?;
    lan.sign_in(&office.url(""), "lan", PASSWORD).await?;
    lan.client.goto(&office.url("/work?step=entry")).await?;
    let entry = lan.entry(None).await?.expect("an entry");
    let field = lan.here().await?;

    lan.script(CUT).await?;
    lan.typing("Nguyễn Thị Điểm").await?;
    lan.script(MEND).await?;
    lan.client.refresh().await?;
    assert_eq!(lan.entry(None).await?, Some(entry), "the lease holds through a reload");
    let kept = lan
        .script(&format!("return window.sobo.sheet.fields.find((f) => f.name === '{field}').input.value"))
        .await?;
    assert_eq!(kept, json!("Nguyễn Thị Điểm"), "kept in the browser while the network was cut");

    // In the field again: Enter says it, Ctrl+Z takes it back.
    lan.script(&format!("document.getElementById('f-{field}').focus()")).await?;
    lan.press(&[], key::ENTER).await?;
    let said = format!("return Boolean(window.sobo.sheet.fields.find((f) => f.name === '{field}').said)");
    lan.until("the field to be said", &said).await?;
    lan.press(&[key::CONTROL], 'z').await?;
    lan.until("the field to be taken back", &said.replace("Boolean(", "!(")).await?;

    // The draft reaches the server once the network is back: another browser of the same person finds it.
    lan.typing("Trần Văn Út").await?;
    lan.press(&[], key::ENTER).await?;
    let mut waited = 0;
    while !office.db.draft(entry, 1).await?.is_some_and(|(body, _)| body.contains("Trần Văn Út")) {
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        waited += 1;
        assert!(waited < 200, "the draft never reached the server");
    }

    // Submitting with the cable out: the screen waits, sends again, and the record is submitted once.
    while lan.here().await? != "submit" {
        let empty = lan.script("return window.sobo.sheet.here?.input.value === ''").await?;
        if empty == json!(true) {
            lan.press(&[key::ALT], 'b').await?;
        } else {
            lan.press(&[], key::ENTER).await?;
        }
    }
    // The request arrives and its answer is lost: the worst case, since a careless client would submit twice.
    lan.script(
        "window.realFetch = window.fetch; window.lost = 0; \
         window.fetch = async (path, init) => { const answer = await window.realFetch(path, init); \
         if (String(path).endsWith('/submit') && window.lost++ < 1) throw new TypeError('answer lost'); return answer; };",
    )
    .await?;
    lan.press(&[], key::ENTER).await?;
    lan.entry(Some(entry)).await?;
    let (record, state) = office.db.record(entry).await?;
    assert_eq!(record.deeds, 1, "submitted once");
    assert_eq!(state.stage(), Stage::Awaiting(StepKind::Check));
    assert_eq!(state.values()[&field].text, "Trần Văn Út");
    lan.close().await
}

#[tokio::test(flavor = "multi_thread")]
async fn two_clerks_never_hold_one_entry_and_composition_is_left_alone() -> Result<()> {
    if !browser_is_here() {
        return Ok(());
    }
    let office = clerks::open(&crate::pages(), 2, 0).await?;
    let driver = Driver::start().await?;
    let (mut lan, mut phuc) = (driver.browser("lan").await?, driver.browser("phuc").await?);
    lan.sign_in(&office.url(""), "lan", PASSWORD).await?;
    phuc.sign_in(&office.url(""), "phuc", PASSWORD).await?;
    lan.client.goto(&office.url("/work?step=entry")).await?;
    let first = lan.entry(None).await?.expect("an entry");
    phuc.client.goto(&office.url("/work?step=entry")).await?;
    let second = phuc.entry(None).await?.expect("another entry");
    assert_ne!(first, second);
    // Not by its address either.
    phuc.client.goto(&office.url(&format!("/entries/{first}"))).await?;
    phuc.entry(None).await?;
    assert_eq!(phuc.script("return window.sobo.current.mode").await?, json!("view"));
    let taken = phuc.script("document.getElementById('take').click(); return true").await?;
    assert_eq!(taken, json!(true));
    phuc.until("the refusal", "return document.getElementById('say').textContent.length > 0").await?;
    assert_eq!(phuc.script("return window.sobo.current.mode").await?, json!("view"));

    // Keys that belong to an input method confirm nothing, choose nothing.
    let field = lan.here().await?;
    lan.script(
        "const input = document.activeElement; \
         for (const key of ['Enter', '1', 'ArrowDown', 's']) { \
           input.dispatchEvent(new KeyboardEvent('keydown', { key, code: key === '1' ? 'Digit1' : key, isComposing: true, bubbles: true, cancelable: true })); \
           input.dispatchEvent(new KeyboardEvent('keydown', { key, keyCode: 229, bubbles: true, cancelable: true })); }",
    )
    .await?;
    assert_eq!(lan.here().await?, field);
    assert_eq!(lan.script("return Object.keys(window.sobo.sheet.statements()).length").await?, json!(0));
    lan.close().await?;
    phuc.close().await
}

//! Ways a screen could come to a halt or lose what was typed: a session that ends, answers that break off, an entry the server
//! fails over, a word typed and not yet said.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use serde_json::json;
use sobo_verify::{Stage, StepKind};

use crate::cable::{drafted, say_all};
use crate::clerks::{self, Office, PASSWORD};
use crate::screen::{Driver, Screen, browser_is_here, key};

const EMPTY_OUTBOX: &str = "return window.sobo.store.keys('sobo.outbox.').length === 0";

/// Waits until an entry has had so many deeds.
async fn deeds(office: &Office, entry: i64, wanted: i64) -> Result<()> {
    let started = Instant::now();
    while office.db.record(entry).await?.0.deeds != wanted {
        ensure!(started.elapsed().as_secs() < 60, "entry {entry} never had {wanted} deeds");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    Ok(())
}

/// Signs in and opens the clerk's queue.
async fn at_work(driver: &Driver, office: &Office, query: &str) -> Result<(Screen, i64)> {
    let mut lan = driver.browser("lan").await?;
    lan.sign_in(&office.url(""), "lan", PASSWORD).await?;
    lan.client.goto(&office.url(&format!("/work?step=entry{query}"))).await?;
    let first = lan.entry(None).await?.context("an entry")?;
    lan.until("the next entry waits", "return window.sobo.ahead !== null").await?;
    Ok((lan, first))
}

const SIGN_OUT: &str = "return (await fetch('/sign-out', { method: 'POST', headers: { 'content-type': 'application/x-www-form-urlencoded' }, \
    body: 'csrf=' + document.querySelector('meta[name=csrf]').content })).status";

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_ends_costs_nothing_and_nothing_is_sent_as_another_person() -> Result<()> {
    if !browser_is_here() {
        return Ok(());
    }
    let office = clerks::open(&crate::pages(), 3, 0).await?;
    let driver = Driver::start().await?;
    let (mut lan, first) = at_work(&driver, &office, "").await?;
    let screen = lan.client.window().await?;
    say_all(&mut lan).await?;
    assert_eq!(lan.script(SIGN_OUT).await?, json!(200));
    lan.press(&[], key::ENTER).await?;
    let second = lan.entry(Some(first)).await?.context("the next entry")?;
    lan.until("she is told", "return document.querySelector('#banner a') !== null").await?;
    let link = "return document.querySelector('#banner a') === (window.link ??= document.querySelector('#banner a'))";
    assert_eq!(lan.script(link).await?, json!(true));
    lan.typing("Gõ Khi Hết Phiên").await?;
    assert_eq!(lan.axe().await?, Vec::<String>::new());

    // A colleague signs in at the same browser first: nothing of hers is sent as his.
    let other = lan.client.new_window(true).await?.handle;
    lan.client.switch_to_window(other).await?;
    lan.sign_in(&office.url(""), "phuc", PASSWORD).await?;
    lan.client.switch_to_window(screen.clone()).await?;
    lan.until(
        "whose session it is",
        "return document.getElementById('banner').textContent.includes('Lê Hồng Phúc')",
    )
    .await?;
    tokio::time::sleep(Duration::from_millis(2500)).await;
    assert_eq!(office.db.record(first).await?.0.deeds, 0);

    // Then she does: the open screen goes on by itself, with its old token made new.
    let other = lan.client.new_window(true).await?.handle;
    lan.client.switch_to_window(other).await?;
    lan.client.goto(&office.url("/")).await?;
    assert_eq!(lan.script(SIGN_OUT).await?, json!(200));
    lan.sign_in(&office.url(""), "lan", PASSWORD).await?;
    lan.client.switch_to_window(screen).await?;
    lan.until("the outbox to empty", EMPTY_OUTBOX).await?;
    let (record, state) = office.db.record(first).await?;
    let id = office.db.account_by_login("lan").await?.context("lan")?.id;
    assert_eq!((record.deeds, state.stage()), (1, Stage::Awaiting(StepKind::Check)));
    assert_eq!(state.history()[0].actor.person.0, id);
    drafted(&office, second, id, "Gõ Khi Hết Phiên").await?;
    lan.until("the banner goes", "return document.getElementById('banner').hidden").await?;
    assert_eq!(lan.script("return document.getElementById('lasting').hidden").await?, json!(true));
    lan.close().await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_breaks_off_is_not_an_empty_queue() -> Result<()> {
    if !browser_is_here() {
        return Ok(());
    }
    let office = clerks::open(&crate::pages(), 3, 0).await?;
    let driver = Driver::start().await?;
    let (mut lan, first) = at_work(&driver, &office, "").await?;
    // The answers of the queue break off in the middle, three times.
    lan.script(
        "const real = window.fetch; window.broken = 0; window.fetch = (path, init) => { \
           if (!String(path).endsWith('/work/next') || window.broken === 3) return real(path, init); \
           window.broken += 1; \
           const body = new ReadableStream({ start(c) { c.enqueue(new TextEncoder().encode('{\"id\": 1')); c.error(new TypeError('cut')); } }); \
           return Promise.resolve(new Response(body, { status: 200 })); }",
    )
    .await?;
    say_all(&mut lan).await?;
    lan.press(&[], key::ENTER).await?;
    let second = lan.entry(Some(first)).await?.context("the entry looked ahead to")?;
    say_all(&mut lan).await?;
    lan.press(&[], key::ENTER).await?;
    // While the next one is awaited, nothing can be typed into the entry that has left.
    let third = lan.entry(Some(second)).await?;
    assert_eq!(lan.script("return window.broken").await?, json!(3));
    ensure!(third.is_some_and(|third| third != first), "{third:?} after {first} and {second}");
    assert_eq!(lan.script("return document.getElementById('fields').inert").await?, json!(false));
    lan.close().await
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_typed_and_not_said_is_said_after_a_reload_and_what_was_deleted_is_asked_for() -> Result<()>
{
    if !browser_is_here() {
        return Ok(());
    }
    let office = clerks::open(&crate::pages(), 3, 0).await?;
    let driver = Driver::start().await?;
    let (mut lan, first) = at_work(&driver, &office, "").await?;
    // Two fields the machine offers as right and no cursor stops at.
    let offered = lan
        .script(
            "return window.sobo.sheet.fields.filter((f) => f.editable && !f.attention && f.shown?.text && f.kind !== 'date').map((f) => f.name)",
        )
        .await?;
    let (typed, deleted) = (offered[0].as_str().context("a field")?, offered[1].as_str().context("another")?);
    say_all(&mut lan).await?;
    lan.script(&format!("document.getElementById('f-{deleted}').focus()")).await?;
    lan.press(&[key::CONTROL], 'a').await?;
    lan.press(&[], key::BACKSPACE).await?;
    lan.script(&format!("document.getElementById('f-{typed}').focus()")).await?;
    lan.typing("Sửa Mà Chưa Xác Nhận").await?;
    lan.client.refresh().await?;
    assert_eq!(lan.entry(None).await?, Some(first));
    let value = |field: &str| format!("return document.getElementById('f-{field}').value");
    assert_eq!(lan.script(&value(typed)).await?, json!("Sửa Mà Chưa Xác Nhận"));
    assert_eq!(lan.script(&value(deleted)).await?, json!(""));

    // The entry does not leave with a value the screen does not show.
    let disabled = "return document.getElementById('submit').disabled";
    assert_eq!(lan.script(disabled).await?, json!(true));
    assert_eq!(lan.here().await?, deleted, "the cursor stops there");
    lan.press(&[], key::ENTER).await?;
    assert_eq!(lan.here().await?, deleted, "Enter alone says nothing of it");
    lan.press(&[key::ALT], 'b').await?;
    lan.until("the button", "return !document.getElementById('submit').disabled").await?;
    lan.press(&[key::CONTROL], key::ENTER).await?;
    deeds(&office, first, 1).await?;
    let values = office.db.record(first).await?.1.values();
    assert_eq!(values[typed].text, "Sửa Mà Chưa Xác Nhận");
    assert_eq!(values[deleted].lacuna, Some(sobo_core::Lacuna::Blank));
    lan.close().await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_entry_the_server_fails_over_holds_up_no_other() -> Result<()> {
    if !browser_is_here() {
        return Ok(());
    }
    let office = clerks::open(&crate::pages(), 4, 0).await?;
    let driver = Driver::start().await?;
    let (mut lan, first) = at_work(&driver, &office, "").await?;
    let id = office.db.account_by_login("lan").await?.context("lan")?.id;
    lan.script(&format!(
        "const real = window.fetch; window.fails = true; window.fetch = async (path, init) => {{ \
           if (window.fails && String(path).endsWith('/{first}/submit')) return new Response('{{\"code\": \"internal\"}}', {{ status: 500 }}); \
           if (String(path).endsWith('/submit')) await new Promise((go) => setTimeout(go, 400)); \
           return real(path, init); }}"
    ))
    .await?;
    say_all(&mut lan).await?;
    lan.press(&[], key::ENTER).await?;
    let second = lan.entry(Some(first)).await?.context("the next entry")?;
    lan.until("the next entry waits", "return window.sobo.ahead !== null").await?;
    say_all(&mut lan).await?;
    lan.press(&[], key::ENTER).await?;
    let third = lan.entry(Some(second)).await?.context("the one after")?;
    // Typed at once, before the entry before has arrived: its arrival does not keep this back.
    lan.typing("Gõ Ngay").await?;
    deeds(&office, second, 1).await?;
    drafted(&office, third, id, "Gõ Ngay").await?;
    assert_eq!(office.db.record(first).await?.0.deeds, 0);
    assert_eq!(
        lan.script("return window.sobo.store.keys('sobo.outbox.').length").await?,
        json!(1),
        "it is kept"
    );
    lan.script("window.fails = false; window.dispatchEvent(new Event('online'))").await?;
    deeds(&office, first, 1).await?;
    lan.until("the outbox to empty", EMPTY_OUTBOX).await?;
    lan.close().await
}

#[tokio::test(flavor = "multi_thread")]
async fn entries_put_off_come_again_after_all_others() -> Result<()> {
    if !browser_is_here() {
        return Ok(());
    }
    let office = clerks::open(&crate::pages(), 3, 0).await?;
    let driver = Driver::start().await?;
    let (lan, first) = at_work(&driver, &office, "&order=doubt").await?;
    let all = office.db.stage_counts(0).await?.iter().map(|row| row.records).sum::<i64>();
    let (mut seen, mut last) = (vec![first], first);
    for _ in 1..all {
        // Twice, as an impatient hand does: no entry is left out.
        lan.script("const b = document.getElementById('later'); b.click(); b.click();").await?;
        last = lan.entry(Some(last)).await?.context("another entry")?;
        ensure!(!seen.contains(&last), "{last} again after {seen:?} of {all}");
        seen.push(last);
    }
    lan.script("document.getElementById('later').click()").await?;
    let again = lan.entry(Some(last)).await?.context("the first one again")?;
    assert!(seen.contains(&again));
    lan.close().await
}

#[tokio::test(flavor = "multi_thread")]
async fn two_windows_of_one_person_never_work_at_one_entry() -> Result<()> {
    if !browser_is_here() {
        return Ok(());
    }
    let office = clerks::open(&crate::pages(), 4, 0).await?;
    let driver = Driver::start().await?;
    let (mut lan, first) = at_work(&driver, &office, "").await?;
    let ahead = lan.script("return window.sobo.ahead.id").await?;
    let address = lan.client.current_url().await?;
    let here = lan.client.window().await?;
    lan.typing("Cửa Sổ Một").await?;

    // The same queue in a second window, and the same entry in a third: each goes on to what no other window has.
    let apart = async |lan: &Screen, held: &[i64]| {
        let script = format!(
            "const {{ current }} = window.sobo; return current?.mode === 'turn' && document.body.dataset.ready === String(current.id) && !{held:?}.includes(current.id)"
        );
        lan.until("an entry of its own", &script).await?;
        lan.script("return window.sobo.current.id").await?.as_i64().context("an entry")
    };
    let held = [first, ahead.as_i64().context("an entry looked ahead to")?];
    let second = lan.client.new_window(true).await?.handle;
    lan.client.switch_to_window(second).await?;
    lan.client.goto(&office.url("/work?step=entry")).await?;
    let other = apart(&lan, &held).await?;
    let third = lan.client.new_window(true).await?.handle;
    lan.client.switch_to_window(third).await?;
    lan.client.goto(address.as_str()).await?;
    let another = apart(&lan, &[held[0], held[1], other]).await?;
    lan.typing("Cửa Sổ Ba").await?;

    // Each does its own, once.
    say_all(&mut lan).await?;
    lan.press(&[], key::ENTER).await?;
    deeds(&office, another, 1).await?;
    lan.client.switch_to_window(here).await?;
    say_all(&mut lan).await?;
    lan.press(&[], key::ENTER).await?;
    deeds(&office, first, 1).await?;
    let says = async |entry: i64| anyhow::Ok(office.db.record(entry).await?.1.values());
    assert!(says(first).await?.values().any(|value| value.text == "Cửa Sổ Một"));
    assert!(says(another).await?.values().any(|value| value.text == "Cửa Sổ Ba"));
    lan.close().await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_entry_asked_for_and_looked_ahead_to_at_once_is_done_once() -> Result<()> {
    if !browser_is_here() {
        return Ok(());
    }
    let office = clerks::open(&crate::pages(), 3, 0).await?;
    let driver = Driver::start().await?;
    let (mut lan, first) = at_work(&driver, &office, "").await?;
    // Looking ahead fails until an entry is submitted; then the answer to whoever asks first is late, and in the meantime
    // the next look finds the same entry. Behind that one there is nothing, for a moment.
    lan.script(
        "const real = window.fetch; window.asked = 0; window.fetch = async (path, init) => { \
           if (!String(path).endsWith('/work/next')) return real(path, init); \
           if (!window.submitted) throw new TypeError('no network'); \
           window.asked += 1; \
           if (window.asked === 3) return new Response(null, { status: 204 }); \
           const late = window.asked === 1; \
           const answer = await real(path, init); \
           if (late) await new Promise((done) => setTimeout(done, 7000)); \
           return answer; }",
    )
    .await?;
    say_all(&mut lan).await?;
    lan.press(&[], key::ENTER).await?;
    let second = lan.entry(Some(first)).await?.context("the second entry")?;
    say_all(&mut lan).await?;
    lan.script("window.submitted = true; return 1").await?;
    lan.press(&[], key::ENTER).await?;
    let third = lan.entry(Some(second)).await?.context("the third entry")?;
    say_all(&mut lan).await?;
    lan.press(&[], key::ENTER).await?;
    let fourth = lan.entry(Some(third)).await?.context("the fourth entry")?;
    assert!(fourth != third && fourth != second, "{second} {third} {fourth}");
    lan.until("the outbox to empty", EMPTY_OUTBOX).await?;
    for entry in [first, second, third] {
        deeds(&office, entry, 1).await?;
    }
    lan.close().await
}

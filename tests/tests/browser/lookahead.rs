//! The look ahead at the next entry: one at a time, never the same entry twice, no entry held that is not shown.

use anyhow::Result;
use serde_json::{Value, json};

use crate::clerks::{self, PASSWORD};
use crate::screen::{Driver, Screen, browser_is_here, key};

/// Makes every answer of the queue late, and keeps account of what is asked and submitted.
const SLOW_QUEUE: &str = "
    window.seen = { asking: 0, most: 0, submitted: {}, shown: [] };
    const real = window.fetch;
    window.fetch = async (path, init) => {
      const next = String(path).endsWith('/work/next');
      const submit = String(path).match(/entries\\/(\\d+)\\/submit/);
      if (submit) window.seen.submitted[submit[1]] = (window.seen.submitted[submit[1]] ?? 0) + 1;
      if (next) {
        window.seen.asking += 1;
        window.seen.most = Math.max(window.seen.most, window.seen.asking);
        await new Promise((go) => setTimeout(go, 350));
      }
      try {
        return await real(path, init);
      } finally {
        if (next) window.seen.asking -= 1;
      }
    };
    new MutationObserver(() => window.seen.shown.push(document.body.dataset.ready))
      .observe(document.body, { attributes: true, attributeFilter: ['data-ready'] });";

/// Says every field of the entry on the screen at once and presses Enter twice, as an impatient hand does.
async fn rush(screen: &mut Screen) -> Result<()> {
    screen
        .script(
            "const { sheet } = window.sobo; \
             for (const field of sheet.remaining()) { field.text = field.text || 'x'; sheet.say(field); } \
             document.getElementById('submit').focus();",
        )
        .await?;
    screen.press(&[], key::ENTER).await?;
    screen.press(&[], key::ENTER).await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_entry_is_looked_ahead_to_once_and_leaves_once() -> Result<()> {
    if !browser_is_here() {
        return Ok(());
    }
    let office = clerks::open(&crate::pages(), 6, 0).await?;
    let driver = Driver::start().await?;
    let mut lan = driver.browser("lan").await?;
    lan.sign_in(&office.url(""), "lan", PASSWORD).await?;
    lan.client.goto(&office.url("/work?step=entry")).await?;
    let first = lan.entry(None).await?.expect("an entry");
    lan.until("the first look ahead", "return window.sobo.ahead !== null").await?;
    lan.script(SLOW_QUEUE).await?;
    let mut last = first;
    let mut done = vec![first];
    for _ in 0..5 {
        rush(&mut lan).await?;
        match lan.entry(Some(last)).await? {
            Some(entry) => {
                assert!(!done.contains(&entry), "entry {entry} came twice: {done:?}");
                last = entry;
                done.push(entry);
            }
            None => break,
        }
    }
    lan.until("the outbox to empty", "return window.sobo.store.keys('sobo.outbox.').length === 0").await?;
    lan.until("every answer", "return window.seen.asking === 0").await?;
    let seen = lan.script("return window.seen").await?;
    assert_eq!(seen["most"], json!(1), "one look ahead at a time: {seen}");
    let submitted = seen["submitted"].as_object().cloned().unwrap_or_default();
    assert!(submitted.len() >= 4, "{seen}");
    assert!(submitted.values().all(|times| *times == json!(1)), "each entry leaves once: {seen}");
    let shown: Vec<&Value> = seen["shown"].as_array().into_iter().flatten().collect();
    assert!(shown.iter().enumerate().all(|(at, entry)| !shown[..at].contains(entry)), "{seen}");

    // Nothing is held but the entry on the screen and the one looked ahead to.
    let on_screen = lan.script("return [window.sobo.current?.id, window.sobo.ahead?.id]").await?;
    let now = (std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH)?).as_millis() as i64;
    for volume in office.db.volumes().await? {
        for record in office.db.records_of_volume(volume.id).await? {
            if record.lease_person.is_some() && record.lease_until_ms > now {
                let here = on_screen.as_array().is_some_and(|ids| ids.contains(&json!(record.entry_id)));
                assert!(here, "entry {} is held and not shown: {on_screen}", record.entry_id);
            }
        }
    }
    for entry in &done[..done.len() - 1] {
        assert_eq!(office.db.record(*entry).await?.0.deeds, 1, "entry {entry}");
    }
    lan.close().await
}

//! Entry, check, blind check, arbiter, sign-off of every entry of a few pages, with the keyboard alone. The scripted
//! people know the truth: they trust accepted fields and correct every error where the cursor stops.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result};
use fantoccini::Locator;
use indexmap::IndexMap;
use sobo_db::Database;
use sobo_verify::{Stage, StepKind};

use crate::clerks::{self, Office, PASSWORD};
use crate::screen::{Driver, Screen, browser_is_here, key};

type Truth = BTreeMap<i64, IndexMap<String, String>>;

/// What is written, by entry id.
async fn truth_by_entry(office: &Office) -> Result<Truth> {
    let mut truth = Truth::new();
    for volume in office.db.volumes().await? {
        for page in office.db.pages_of_volume(volume.id).await? {
            for (index, entry) in office.db.entries_of_page(page.id).await?.iter().enumerate() {
                let fields =
                    office.truth.get(&(page.source.clone(), index)).context("an entry without truth")?;
                truth.insert(entry.head.id, fields.clone());
            }
        }
    }
    Ok(truth)
}

/// What a person does where the cursor stops: Enter where the field is right, a candidate where one is, else typing.
pub(super) async fn attend(screen: &mut Screen, written: &str) -> Result<()> {
    let shown = screen
        .script("const f = window.sobo.sheet.here; return [f.input.value, f.hidden, ...(f.candidates ?? [])]")
        .await?;
    let shown: Vec<String> =
        shown.as_array().into_iter().flatten().map(|v| v.as_str().unwrap_or_default().to_owned()).collect();
    let value = shown.first().cloned().unwrap_or_default();
    if value == written && !written.is_empty() {
        return screen.press(&[], key::ENTER).await;
    }
    if let Some(index) = shown.iter().skip(2).take(5).position(|candidate| candidate == written) {
        let digit = char::from_digit(index as u32 + 1, 10).context("at most five candidates")?;
        return screen.press(&[key::ALT], digit).await;
    }
    if written.is_empty() {
        return screen.press(&[key::ALT], 'b').await;
    }
    screen.typing(written).await?;
    screen.press(&[], key::ENTER).await
}

/// Works a queue to its end; gives the entries done and the keys pressed.
async fn work(
    screen: &mut Screen,
    office: &Office,
    step: &str,
    truth: &Truth,
    says: impl Fn(&str, &str) -> String,
) -> Result<(usize, usize)> {
    screen.client.goto(&office.url(&format!("/work?step={step}"))).await?;
    let (mut done, before) = (0, screen.keys);
    let mut last = None;
    while let Some(entry) = screen.entry(last).await? {
        if done == 0 {
            screen.picture(&format!("entry-{step}")).await?;
        }
        let fields = &truth[&entry];
        loop {
            let here = screen.here().await?;
            if here == "submit" || here.is_empty() {
                break;
            }
            let written = fields.get(&here).cloned().unwrap_or_default();
            attend(screen, &says(&here, &written)).await?;
            let moved = format!(
                "return (document.activeElement?.closest?.('[data-field]')?.dataset.field ?? document.activeElement?.id) !== '{here}'"
            );
            screen.until("the cursor to go on", &moved).await?;
        }
        screen.until("the button", "return !document.getElementById('submit').disabled").await?;
        screen.press(&[], key::ENTER).await?;
        done += 1;
        last = Some(entry);
    }
    Ok((done, screen.keys - before))
}

async fn stages(db: &Database, truth: &Truth) -> Result<Vec<Stage>> {
    let mut stages = Vec::new();
    for entry in truth.keys() {
        stages.push(db.record(*entry).await?.1.stage());
    }
    Ok(stages)
}

#[tokio::test(flavor = "multi_thread")]
async fn two_people_and_an_arbiter_verify_a_book() -> Result<()> {
    if !browser_is_here() {
        return Ok(());
    }
    let office = clerks::open(&crate::pages(), 2, 0).await?;
    let driver = Driver::start().await?;
    let root = office.url("");
    let keep = |_: &str, written: &str| written.to_owned();

    let mut lan = driver.browser("lan").await?;
    lan.sign_in(&root, "lan", PASSWORD).await?;
    sobo_web_ready(&office).await?;
    let truth = truth_by_entry(&office).await?;
    let entries = truth.len();
    let (done, keys) = work(&mut lan, &office, "entry", &truth, keep).await?;
    assert_eq!(done, entries);
    let typing: usize =
        truth.values().flat_map(IndexMap::values).map(|text| text.chars().count() + 1).sum::<usize>()
            + entries;
    println!(
        "entry: {:.1} keys an entry; typing from nothing {:.1}",
        keys as f64 / entries as f64,
        typing as f64 / entries as f64
    );
    assert!(stages(&office.db, &truth).await?.iter().all(|stage| *stage == Stage::Awaiting(StepKind::Check)));

    // A clerk has no business at the next step.
    lan.client.goto(&office.url("/work?step=check")).await?;
    assert_eq!(lan.entry(None).await?, None);
    lan.close().await?;

    let mut minh = driver.browser("minh").await?;
    minh.sign_in(&root, "minh", PASSWORD).await?;
    let (done, keys) = work(&mut minh, &office, "check", &truth, keep).await?;
    assert_eq!(done, entries);
    println!("check 1: {:.1} keys an entry", keys as f64 / entries as f64);
    // Minh has seen every value: there is nothing for him to read blind.
    minh.client.goto(&office.url("/work?step=blind")).await?;
    assert_eq!(minh.entry(None).await?, None);
    minh.close().await?;

    // Hoa reads blind and is wrong in one field of every entry.
    let mut hoa = driver.browser("hoa").await?;
    hoa.sign_in(&root, "hoa", PASSWORD).await?;
    let first_blind = "entry_number";
    let (done, keys) = work(&mut hoa, &office, "blind", &truth, |field, written| {
        if field == first_blind { format!("9{written}") } else { written.to_owned() }
    })
    .await?;
    assert_eq!(done, entries);
    println!("check 2 (blind): {:.1} keys an entry", keys as f64 / entries as f64);
    hoa.close().await?;
    for entry in truth.keys() {
        let state = office.db.record(*entry).await?.1;
        assert_eq!(state.stage(), Stage::Awaiting(StepKind::Arbitrate), "entry {entry}");
        assert_eq!(state.disputed(), [first_blind], "entry {entry}");
    }

    let mut tuan = driver.browser("tuan").await?;
    tuan.sign_in(&root, "tuan", PASSWORD).await?;
    let (done, keys) = work(&mut tuan, &office, "arbitrate", &truth, keep).await?;
    assert_eq!(done, entries);
    println!("arbitration: {:.1} keys an entry", keys as f64 / entries as f64);
    tuan.close().await?;

    let mut son = driver.browser("son").await?;
    son.sign_in(&root, "son", PASSWORD).await?;
    son.client.goto(&office.url("/sign-off")).await?;
    son.picture("sign-off").await?;
    son.client.find(Locator::Css("main form button.primary")).await?.click().await?;
    son.until("the signatures", "return document.querySelector('.notice.ok') !== null").await?;
    son.close().await?;

    for (entry, written) in &truth {
        let state = office.db.record(*entry).await?.1;
        let record = state.verified().with_context(|| format!("entry {entry} is not verified"))?;
        assert_eq!(record.people().len(), 5, "entry {entry}");
        for (field, start) in &state.sheet().fields {
            // Where the machine offered a wrong value as right, no scripted person looked: that is the price measured
            // by the supervisor's page, not a fault of the screen. Blind fields were looked at.
            if start.blind || !start.accepted {
                let value =
                    record.values().get(field).map(|value| value.text.to_lowercase()).unwrap_or_default();
                let truth = written.get(field).map(|text| text.to_lowercase()).unwrap_or_default();
                let same = value == truth
                    || record
                        .values()
                        .get(field)
                        .is_some_and(|value| value.value.is_some() && value.text.contains('/'));
                assert!(same, "entry {entry} {field}");
            }
        }
    }
    let chain = office.db.verify_chain().await?;
    assert_eq!(chain.faults, Vec::<String>::new());
    assert!(chain.records as usize > entries * 9, "every view and every deed is in the audit");
    Ok(())
}

async fn sobo_web_ready(office: &Office) -> Result<()> {
    let started = std::time::Instant::now();
    while office.db.stage_counts(0).await?.is_empty() {
        anyhow::ensure!(started.elapsed().as_secs() < 60, "no record was begun");
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    Ok(())
}

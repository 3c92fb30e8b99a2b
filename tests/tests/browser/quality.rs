//! The supervisor's sample: drawn to a wanted interval, keyed blind by another person, reported with its intervals.

use anyhow::{Context as _, Result};
use fantoccini::Locator;
use serde_json::json;
use sobo_verify::{Actor, Event, Role, Statement, StepKind};

use crate::clerks::{self, Office, PASSWORD};
use crate::screen::{Driver, browser_is_here, key};

/// Enters every record, as the clerk `person` would who sees the truth, but wrongly in one name of the first. Gives the
/// number of records, the wrong one and its wrong field.
async fn enter_all(office: &Office, person: i64) -> Result<(usize, i64, String)> {
    sobo_web::begin_new_records(&office.state).await?;
    let clerk = Actor::new(person, &[Role::Clerk]);
    let mut first = None;
    let mut entered = 0;
    for volume in office.db.volumes().await? {
        for page in office.db.pages_of_volume(volume.id).await? {
            for (index, entry) in office.db.entries_of_page(page.id).await?.iter().enumerate() {
                let truth = &office.truth[&(page.source.clone(), index)];
                let mut statements: indexmap::IndexMap<String, Statement> =
                    truth.iter().map(|(name, text)| (name.clone(), Statement::of_text(text))).collect();
                let (_, state) = office.db.record(entry.head.id).await?;
                for field in state.attention() {
                    statements.entry(field).or_insert_with(|| Statement::of_lacuna(sobo_core::Lacuna::Blank));
                }
                statements.retain(|name, _| state.sheet().fields.contains_key(name));
                if first.is_none() {
                    let fields = state.sheet().fields.iter();
                    let mut names = fields.filter(|(name, start)| start.blind && truth.contains_key(*name));
                    let wrong =
                        names.find(|(name, _)| name.ends_with("_name")).context("a name that matters")?.0;
                    statements.insert(wrong.clone(), Statement::of_text("Sai Hoàn Toàn"));
                    first = Some((entry.head.id, wrong.clone()));
                }
                let event = Event::Submit { step: StepKind::Entry, statements };
                let acted = office.db.act(entry.head.id, 0, event, &clerk, "lan").await?;
                anyhow::ensure!(matches!(acted, sobo_db::Acted::Done(_)), "{acted:?}");
                entered += 1;
            }
        }
    }
    let (entry, field) = first.context("an entry")?;
    Ok((entered, entry, field))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sample_is_drawn_keyed_blind_and_reported() -> Result<()> {
    if !browser_is_here() {
        return Ok(());
    }
    let office = clerks::open(&crate::pages(), 2, 0).await?;
    let lan = office.db.account_by_login("lan").await?.context("lan")?.id;
    let (entered, wrong, field) = enter_all(&office, lan).await?;

    let driver = Driver::start().await?;
    let mut giang = driver.browser("giang").await?;
    giang.sign_in(&office.url(""), "giang", PASSWORD).await?;
    giang.client.goto(&office.url("/samples")).await?;
    // So narrow an interval that every entry is drawn.
    let half = giang.client.find(Locator::Id("half_width")).await?;
    half.clear().await?;
    half.send_keys("0,1").await?;
    assert_eq!(giang.axe().await?, Vec::<String>::new());
    giang.picture("samples").await?;
    giang.client.find(Locator::Css("main form button.primary")).await?.click().await?;
    giang.until("the sample", "return location.pathname.startsWith('/samples/')").await?;
    let sample = office.db.samples().await?.pop().context("a sample")?;
    assert_eq!((sample.entries, sample.population), (entered as i64, entered as i64));

    // Whoever entered the records is not asked to key them again.
    let mut clerk = driver.browser("lan").await?;
    clerk.sign_in(&office.url(""), "lan", PASSWORD).await?;
    clerk.client.goto(&office.url("/work?step=sample")).await?;
    assert_eq!(clerk.entry(None).await?, None);
    clerk.close().await?;

    // Phúc has seen none of them: he sees the image alone and types what stands there.
    let mut phuc = driver.browser("phuc").await?;
    phuc.sign_in(&office.url(""), "phuc", PASSWORD).await?;
    phuc.client.goto(&office.url("/work?step=sample")).await?;
    let mut last = None;
    let mut keyed = 0;
    while let Some(entry) = phuc.entry(last).await? {
        if keyed == 0 {
            let shown =
                phuc.script("return window.sobo.sheet.fields.map((f) => f.input.value).join('')").await?;
            assert_eq!(shown, json!(""), "nothing earlier is shown");
            let loaded = phuc.script("return JSON.stringify(window.sobo.current.fields)").await?;
            assert!(!loaded.as_str().unwrap_or_default().contains("Sai Hoàn Toàn"), "nor sent");
            phuc.picture("entry-sample").await?;
        }
        let read = office.db.entry(entry).await?;
        let page = office.db.page(read.head.page_id).await?;
        let index = office.db.entries_of_page(page.id).await?.iter().position(|one| one.head.id == entry);
        let truth = &office.truth[&(page.source, index.context("the entry stands on its page")?)];
        loop {
            let here = phuc.here().await?;
            if here == "submit" || here.is_empty() {
                break;
            }
            match truth.get(&here) {
                Some(text) if !text.is_empty() => {
                    phuc.typing(text).await?;
                    phuc.press(&[], key::ENTER).await?;
                }
                _ => phuc.press(&[key::ALT], 'b').await?,
            }
            let moved = format!(
                "return (document.activeElement?.closest?.('[data-field]')?.dataset.field ?? document.activeElement?.id) !== '{here}'"
            );
            phuc.until("the cursor to go on", &moved).await?;
        }
        phuc.press(&[], key::ENTER).await?;
        keyed += 1;
        last = Some(entry);
    }
    assert_eq!(keyed, entered);
    let waited = std::time::Instant::now();
    while office.db.sample(sample.id).await?.done < keyed as i64 {
        anyhow::ensure!(waited.elapsed().as_secs() < 20, "not every submission arrived");
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    phuc.close().await?;

    // The report finds the one wrong value, and no other.
    let fields = office.db.sample_fields(sample.id).await?;
    let found: Vec<(i64, &str)> = fields
        .iter()
        .filter(|field| field.record_wrong())
        .map(|field| (field.entry_id, field.field.as_str()))
        .collect();
    assert_eq!(found, [(wrong, field.as_str())]);
    // What the machine offered as right was right in this fixture, and not everything was offered.
    let offered: Vec<_> = fields.iter().filter(|field| field.accepted).collect();
    assert!(!offered.is_empty() && offered.len() < fields.len());
    assert!(offered.iter().all(|field| !field.machine_wrong()));

    giang.client.goto(&office.url(&format!("/samples/{}", sample.id))).await?;
    let report = giang.script("return document.querySelector('main').innerText").await?;
    let report = report.as_str().unwrap_or_default();
    let (low, high) = sobo_verify::wilson(1, fields.len() as i64).context("an interval")?;
    for part in [low, high] {
        let text = format!("{:.2}", part * 100.0).replace('.', ",");
        assert!(report.contains(&text), "{text} in {report}");
    }
    assert_eq!(giang.axe().await?, Vec::<String>::new());
    giang.picture("sample").await?;
    // The supervisor looks at the image and finds the record right: no error is left.
    giang.client.find(Locator::Css(".judge button")).await?.click().await?;
    giang
        .until("the verdict", "return document.querySelector('.judge [aria-pressed=true]') !== null")
        .await?;
    assert!(office.db.sample_fields(sample.id).await?.iter().all(|field| !field.record_wrong()));
    // Both files come.
    for (name, start) in [("report.csv", "\u{feff}"), ("report.xlsx", "PK")] {
        let script = format!(
            "const done = arguments[arguments.length - 1]; \
             fetch('/samples/{}/{name}').then((r) => r.arrayBuffer()).then((b) => done(new TextDecoder('utf-8', {{ ignoreBOM: true }}).decode(b.slice(0, 3))))",
            sample.id
        );
        let head = giang.client.execute_async(&script, vec![]).await?;
        assert!(head.as_str().is_some_and(|head| head.starts_with(start)), "{name}: {head}");
    }

    // A volume is opened again: its records go back to entry with their history.
    giang.client.goto(&office.url("/supervise")).await?;
    giang.picture("supervise").await?;
    let volume = office.db.entry(wrong).await?.head.volume_id;
    giang
        .script(&format!(
            "const form = document.querySelector('form[action=\"/supervise/volumes/{volume}/reopen\"]'); \
             form.querySelector('[name=reason]').value = 'nhập sai hàng loạt'; window.confirm = () => true; form.requestSubmit()"
        ))
        .await?;
    let waited = std::time::Instant::now();
    while office.db.record(wrong).await?.0.stage != "entry" {
        anyhow::ensure!(waited.elapsed().as_secs() < 20, "the volume was not reopened");
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    assert_eq!(office.db.record(wrong).await?.0.deeds, 2);
    giang.close().await
}

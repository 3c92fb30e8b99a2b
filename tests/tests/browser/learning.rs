//! The whole loop in a browser over a real store: a book is read, verified, taught from, the two models are compared, the
//! better one is promoted, reads what nobody worked at, and is rolled back. Real weights, real training on a hundred lines.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::{Context as _, Result, ensure};
use fantoccini::Locator;
use serde_json::Value;
use sobo_db::{Database, Volume};
use sobo_tests::{outcome, root, sobo, trainer};
use sobo_verify::Statement;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};

use crate::chain::attend;
use crate::clerks::PASSWORD;
use crate::people;
use crate::screen::{Driver, Screen, browser_is_here, key};

const VOLUME: &str = "KS.1991.01.B";

/// A store with `sobo` around it.
struct Archive {
    store: PathBuf,
    trainer: PathBuf,
}

impl Archive {
    async fn well(&self, arguments: &[&str]) -> Result<String> {
        let mut command = sobo(&self.store)?;
        command.env("SOBO_TRAINER", &self.trainer).args(arguments);
        let (code, text, errors) = tokio::task::spawn_blocking(move || outcome(&mut command)).await??;
        ensure!(code == 0, "sobo {}: {text}{errors}", arguments.join(" "));
        Ok(text)
    }

    async fn account(&self, login: &str, roles: &str) -> Result<()> {
        let mut command = tokio::process::Command::from(sobo(&self.store)?);
        let mut child = command
            .args(["account", "add", login, "--roles", roles])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?;
        child.stdin.take().context("no input")?.write_all(format!("{PASSWORD}\n").as_bytes()).await?;
        ensure!(child.wait().await?.success(), "account {login}");
        Ok(())
    }

    /// The program as an office runs it; gives its address.
    async fn serve(&self) -> Result<(tokio::process::Child, String)> {
        let mut command = tokio::process::Command::from(sobo(&self.store)?);
        let mut server = command
            .args(["serve", "--address", "127.0.0.1:0"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()?;
        let mut said = BufReader::new(server.stdout.take().context("no output")?).lines();
        let said = said.next_line().await?.context("the server ended")?;
        let address =
            said.split_whitespace().find(|word| word.starts_with("http://")).context(said.clone())?;
        Ok((server, address.trim_end_matches('/').to_owned()))
    }
}

/// A clerk opens the queue that begins with what teaches most, from the start page, and enters one entry.
async fn enter_one(
    screen: &mut Screen,
    root: &str,
    database: &Database,
    volume: &Volume,
    scans: &Path,
) -> Result<i64> {
    screen.client.goto(&format!("{root}/")).await?;
    screen.picture("home-teaching").await?;
    screen.client.find(Locator::Css("a[href='/work?step=entry&order=teaching']")).await?.click().await?;
    let entry = screen.entry(None).await?.context("an entry waits")?;
    let page = database.page(database.record(entry).await?.0.page_id).await?;
    let bbox = database.entry(entry).await?.head.bbox;
    let written = people::written_at(&people::truth_of(scans, &page)?, bbox)?;
    loop {
        let here = screen.here().await?;
        if here == "submit" || here.is_empty() {
            break;
        }
        attend(screen, written.get(&here).map_or("", |said: &Statement| said.text.as_str())).await?;
        let moved = format!(
            "return (document.activeElement?.closest?.('[data-field]')?.dataset.field ?? document.activeElement?.id) !== '{here}'"
        );
        screen.until("the cursor to go on", &moved).await?;
    }
    screen.until("the button", "return !document.getElementById('submit').disabled").await?;
    screen.press(&[], key::ENTER).await?;
    screen.entry(Some(entry)).await?;
    // The screen goes on to the next entry while what was finished is still on its way.
    let waited = std::time::Instant::now();
    while database.record(entry).await?.1.history().is_empty() && waited.elapsed().as_secs() < 60 {
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    let (_, state) = database.record(entry).await?;
    ensure!(state.history().len() == 1, "the entry step was taken");
    // What the screen had taken ahead is given back when the clerk leaves.
    let lan = database.account_by_login("lan").await?.context("lan")?.id;
    screen.client.goto(&format!("{root}/")).await?;
    for record in database.records_of_volume(volume.id).await? {
        database.release(record.entry_id, lan).await?;
    }
    Ok(entry)
}

async fn reader_of(database: &Database, page: i64) -> Result<String> {
    Ok(database.reading_of_page(page).await?.context("a reading")?.made_by.model)
}

#[tokio::test(flavor = "multi_thread")]
async fn verified_in_a_browser_taught_compared_promoted_and_rolled_back() -> Result<()> {
    if !browser_is_here() {
        return Ok(());
    }
    let Some(trainer) = trainer() else { return Ok(()) };
    let folder = tempfile::tempdir()?;
    let archive = Archive { store: folder.path().join("store"), trainer };
    let scans = root().join("samples/volumes").join(VOLUME);
    archive.well(&["intake", &scans.display().to_string()]).await?;
    archive.well(&["run", "--jobs", "2"]).await?;
    archive.account("lan", "clerk").await?;
    archive.account("giang", "supervisor").await?;
    let database =
        Database::connect(&format!("sqlite://{}", archive.store.join("sobo.db").display())).await?;
    let volume = database.volume_named(VOLUME).await?.context("the volume")?;
    let pages = database.pages_of_volume(volume.id).await?;
    let last = pages.last().context("pages")?.id;
    let shipped = reader_of(&database, last).await?;
    let (mut server, address) = archive.serve().await?;

    // Verify: one entry by hand, the one that teaches most; the rest by people who say the same as the pages.
    let driver = Driver::start().await?;
    let mut lan = driver.browser("lan").await?;
    lan.sign_in(&address, "lan", PASSWORD).await?;
    lan.until("the queue", "return document.querySelector(\"a[href$='order=teaching']\") !== null").await?;
    while database.volume_to_weigh().await?.is_some() {
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    let best = archive.well(&["adapt", "first", VOLUME, "--limit", "1"]).await?;
    let best: Value = serde_json::from_str(best.lines().next().context("an entry")?)?;
    let entered = enter_one(&mut lan, &address, &database, &volume, &scans).await?;
    assert_eq!(best["entry"], entered, "the queue begins with what `sobo adapt first` puts first");
    lan.close().await?;
    let office = &volume.descriptor.office;
    let mut first = pages[..pages.len() - 1].to_vec();
    // The entry by hand counts too, wherever it stands; then another page than the last stays untouched.
    let by_hand = database.record(entered).await?.0.page_id;
    let untouched = if by_hand == last { first.remove(0).id } else { last };
    if by_hand == last {
        first.extend(pages.last().cloned());
    }
    people::verify(&database, &scans, office, &first).await?;
    assert!(database.record(entered).await?.1.verified().is_some());

    // Adapt: the office agrees on the page, the trainer runs beside the server.
    let mut giang = driver.browser("giang").await?;
    giang.sign_in(&address, "giang", PASSWORD).await?;
    giang.client.goto(&format!("{address}/models")).await?;
    giang.client.find(Locator::Css("form[action='/models/teaching'] button")).await?.click().await?;
    giang
        .until(
            "consent",
            "return !document.querySelector(\"form[action='/models/teaching'] [name=allowed]\")",
        )
        .await?;
    let scope = format!("volume:{VOLUME}");
    let text = archive.well(&["adapt", "train", "--scope", &scope, "--limit", "100"]).await?;
    assert!(text.contains("verdict      better"), "a hundred lines of one hand are enough: {text}");

    // Compare, promote.
    giang.client.goto(&format!("{address}/models")).await?;
    giang.picture("learning-compared").await?;
    let model = database.models().await?.remove(0);
    let card: Value = serde_json::from_str(&model.card)?;
    let rate =
        |key: &str| card["judged"]["verified"][key].as_f64().map(|rate| format!("{:.1} %", 100.0 * rate));
    let shown = giang.client.find(Locator::Css("section.model")).await?.text().await?;
    for key in ["old", "new"] {
        let rate = rate(key).context("a rate")?.replace('.', ",");
        assert!(shown.contains(&rate), "{rate} is not among\n{shown}");
    }
    let before = values(&database, volume.id).await?;
    decide(&giang, "/models/promote", "đọc tốt hơn trên sổ này").await?;
    giang.until("the model in use", "return !!document.querySelector('#in-use')").await?;
    archive.well(&["run", "--jobs", "2"]).await?;
    assert_eq!(
        reader_of(&database, untouched).await?,
        model.id,
        "what nobody worked at is read by the better model"
    );
    for page in first.iter().map(|page| page.id) {
        assert_eq!(reader_of(&database, page).await?, shipped, "what people worked at stays as it is");
    }
    assert_eq!(values(&database, volume.id).await?, before, "verified values never change");

    // Roll back.
    decide(&giang, "/models/roll-back", "thử lại").await?;
    giang
        .until("the shipped model", "return !document.querySelector(\"form[action='/models/roll-back']\")")
        .await?;
    archive.well(&["run", "--jobs", "2"]).await?;
    assert_eq!(reader_of(&database, untouched).await?, shipped);
    assert_eq!(values(&database, volume.id).await?, before);
    let history = database.promotions().await?;
    assert!(history.len() == 2 && history.iter().all(|row| row.who == "giang"), "{history:?}");
    giang.close().await?;
    server.start_kill()?;
    Ok(())
}

/// Fills in a decision's form: the reason, and that untouched pages are read again.
async fn decide(screen: &Screen, action: &str, reason: &str) -> Result<()> {
    let within = |part: &str| format!("form[action='{action}'] {part}");
    let client = &screen.client;
    client.find(Locator::Css(&within("input[name='reason']"))).await?.send_keys(reason).await?;
    client.find(Locator::Css(&within("input[name='reread']"))).await?.click().await?;
    client.find(Locator::Css(&within("button"))).await?.click().await?;
    Ok(())
}

/// What people said of every entry they worked at.
async fn values(
    database: &Database,
    volume: i64,
) -> Result<Vec<(i64, indexmap::IndexMap<String, Statement>)>> {
    let mut all = Vec::new();
    for record in database.records_of_volume(volume).await?.iter().filter(|record| record.deeds > 0) {
        all.push((record.entry_id, database.record(record.entry_id).await?.1.values()));
    }
    Ok(all)
}

//! Server and browser killed at random while a clerk works: no verification is lost, none is done twice.

use std::collections::BTreeMap;
use std::net::TcpListener;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use sobo_db::Database;
use tokio::process::{Child, Command};

use crate::cable::{say_all, shown};
use crate::clerks::{self, PASSWORD};
use crate::screen::{Driver, Screen, browser_is_here, key};

/// What ends the test is its work, not the clock: so many kills, and every entry of so many pages. On a machine with
/// nothing else to do that is half a minute.
const SERVERS: usize = 3;
const BROWSERS: usize = 2;
const PAGES: usize = 4;
/// Steps after which something is wrong.
const STEPS: usize = 4000;

/// What a clerk would see of a screen that goes no further.
const STUCK: &str = "
    const text = (id) => document.getElementById(id)?.textContent ?? null;
    const outbox = window.sobo?.store.keys('sobo.outbox.');
    return { place: location.href, ready: document.body.dataset.ready, banner: text('banner'), said: text('say'), lasting: text('lasting'),
      entry: window.sobo?.current?.id, mode: window.sobo?.current?.mode, did: window.did, left: window.sobo?.sheet.remaining().length, outbox };";

/// Names the folder of the store to the server's process.
const STORE: &str = "SOBO_TEST_SERVER_STORE";
const PORT: &str = "SOBO_TEST_SERVER_PORT";

/// Not a test: the server of the test below, in a process of its own that can be killed.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "the server's process of the test that kills it"]
async fn server_process() -> Result<()> {
    let (Some(store), Ok(port)) = (std::env::var_os(STORE), std::env::var(PORT)) else { return Ok(()) };
    let _office = clerks::open_in(Path::new(&store), &crate::pages(), PAGES, port.parse()?).await?;
    std::future::pending().await
}

struct Server {
    process: Child,
}

impl Server {
    async fn start(store: &Path, port: u16) -> Result<Self> {
        let process = Command::new(std::env::current_exe()?)
            .args(["--exact", "kill::server_process", "--ignored", "--nocapture"])
            .env(STORE, store)
            .env(PORT, port.to_string())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()?;
        let started = Instant::now();
        while tokio::net::TcpStream::connect(("127.0.0.1", port)).await.is_err() {
            ensure!(started.elapsed().as_secs() < 30, "the server does not listen");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        Ok(Self { process })
    }

    /// SIGKILL: nothing is tidied up.
    async fn kill(mut self) -> Result<()> {
        self.process.kill().await.context("the server cannot be killed")
    }
}

/// A small generator (Numerical Recipes' LCG): the kills of a run can be had again from its seed.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }
}

/// Does the entry on the screen; false where there is none any more.
async fn one_entry(lan: &mut Screen, said: &mut BTreeMap<i64, String>) -> Result<bool> {
    let state = lan
        .script("return [document.body.dataset.ready ?? '', window.sobo?.current?.id ?? -1, window.sobo?.current?.mode ?? '']")
        .await?;
    if state[0] == "empty" {
        return Ok(false);
    }
    let id = state[1].as_i64().unwrap_or(-1);
    if id < 0 || state[2] != "turn" {
        tokio::time::sleep(Duration::from_millis(50)).await;
        return Ok(true);
    }
    // What is said of the entry tells it from every other.
    let value = format!("Mục {id}");
    // In one turn of the browser, so that no key lands on the entry after this one.
    let put = format!(
        "const {{ sheet, current }} = window.sobo; if (current?.id !== {id} || window.did === {id}) return false; \
         const first = sheet.fields.find((f) => f.editable && f.name !== 'entry_number' && f.kind === 'person_name'); \
         first.text = '{value}'; first.lacuna = null; first.input.value = first.text; sheet.say(first); \
         for (const f of sheet.remaining()) {{ f.text = f.text || 'x'; sheet.say(f); }} \
         window.did = {id}; const button = document.getElementById('submit'); button.disabled = false; button.click(); \
         return true"
    );
    if lan.script(&put).await? == serde_json::Value::Bool(true) {
        said.insert(id, value);
    }
    Ok(true)
}

async fn begin(driver: &Driver, root: &str) -> Result<Screen> {
    let mut lan = driver.browser("lan").await?;
    lan.client.goto(&format!("{root}/work?step=entry")).await?;
    // The session outlives browser and server; the first time, and after a crash before the cookie was kept, she signs in.
    if lan.client.current_url().await?.path() == "/sign-in" {
        lan.sign_in(root, "lan", PASSWORD).await?;
        lan.client.goto(&format!("{root}/work?step=entry")).await?;
    }
    Ok(lan)
}

#[tokio::test(flavor = "multi_thread")]
async fn no_verification_is_lost_or_doubled_by_kills() -> Result<()> {
    if !browser_is_here() {
        return Ok(());
    }
    let seed = std::env::var("SOBO_KILL_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(20_061_112);
    let mut dice = Dice(seed);
    let store = tempfile::tempdir()?;
    let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
    let root = format!("http://127.0.0.1:{port}");
    let mut server = Server::start(store.path(), port).await?;
    let mut driver = Driver::start().await?;
    let mut lan = begin(&driver, &root).await?;
    let mut said = BTreeMap::new();
    let (mut servers, mut browsers, mut steps) = (0, 0, 0);
    loop {
        steps += 1;
        if steps == STEPS {
            let seen = lan.script(STUCK).await?;
            bail!(
                "seed {seed}: {} entries after {steps} steps, {servers} and {browsers} killed: {seen}",
                said.len()
            );
        }
        let before = said.len();
        let working = one_entry(&mut lan, &mut said).await?;
        if said.len() > before || !working {
            // An entry has just left, or is about to: the moment that matters.
            tokio::time::sleep(Duration::from_millis(dice.roll(250))).await;
            let kind = dice.roll(5);
            if servers < SERVERS && (kind < 2 || !working) {
                server.kill().await?;
                servers += 1;
                // The clerk goes on for a moment against a server that is gone.
                let _ = one_entry(&mut lan, &mut said).await;
                tokio::time::sleep(Duration::from_millis(dice.roll(400))).await;
                server = Server::start(store.path(), port).await?;
            } else if browsers < BROWSERS && (kind == 2 || !working) {
                driver.kill_browser("lan");
                drop(lan);
                driver = driver.again().await?;
                lan = begin(&driver, &root).await?;
                browsers += 1;
            } else if !working {
                break;
            }
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    // What is still on its way arrives.
    lan.until("the outbox to empty", "return window.sobo.store.keys('sobo.outbox.').length === 0").await?;
    lan.close().await?;
    drop(server);

    let db = Database::connect(&format!("sqlite://{}", store.path().join("sobo.db").display())).await?;
    let (mut entries, mut lost, mut doubled) = (0, Vec::new(), Vec::new());
    for volume in db.volumes().await? {
        for record in db.records_of_volume(volume.id).await? {
            entries += 1;
            let (_, state) = db.record(record.entry_id).await?;
            match state.history().len() {
                0 => lost.push(record.entry_id),
                1 => {
                    let expected = format!("Mục {}", record.entry_id);
                    ensure!(
                        state.values().values().any(|value| value.text == expected),
                        "seed {seed}: entry {} does not say what the clerk said",
                        record.entry_id
                    );
                }
                _ => doubled.push(record.entry_id),
            }
        }
    }
    println!(
        "{servers} servers and {browsers} browsers killed, {entries} entries: {} lost, {} doubled",
        lost.len(),
        doubled.len()
    );
    assert!(servers > 0 && browsers > 0 && entries > 5, "seed {seed}: {servers} {browsers} {entries}");
    assert_eq!((lost, doubled), (Vec::<i64>::new(), Vec::<i64>::new()), "seed {seed}");
    assert_eq!(db.verify_chain().await?.faults, Vec::<String>::new());
    Ok(())
}

/// The worst moment: the server is gone, so that the browser alone has what was done, and the browser is killed as soon as the
/// last key is on the disk, long before Chromium brings its local storage there.
#[tokio::test(flavor = "multi_thread")]
async fn a_browser_killed_without_a_server_loses_no_keystroke() -> Result<()> {
    if !browser_is_here() {
        return Ok(());
    }
    let store = tempfile::tempdir()?;
    let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
    let root = format!("http://127.0.0.1:{port}");
    let server = Server::start(store.path(), port).await?;
    let driver = Driver::start().await?;
    let mut lan = begin(&driver, &root).await?;
    let first = lan.entry(None).await?.context("an entry")?;
    lan.until("the next entry waits", "return window.sobo.ahead !== null").await?;
    let field = lan.here().await?;
    lan.typing("Trần Văn Mất Máy Chủ").await?;
    say_all(&mut lan).await?;
    server.kill().await?;
    lan.press(&[], key::ENTER).await?;
    let second = lan.entry(Some(first)).await?.context("the entry looked ahead to")?;
    // One field said, the next in the middle of a word.
    lan.typing("Lê Thị Đã Xác Nhận").await?;
    lan.press(&[], key::ENTER).await?;
    let half = lan.here().await?;
    lan.typing("Huỳnh Văn Nửa Ch").await?;
    let typed = shown(&lan).await?;
    ensure!(typed[&half] == "Huỳnh Văn Nửa Ch", "{typed}");
    let said = lan.script("return window.sobo.sheet.statements()").await?;
    // What the screen says is on the disk is there, whatever becomes of the browser.
    let waited =
        "const from = performance.now(); await window.sobo.store.settled(); return performance.now() - from";
    let waited = lan.script(waited).await?.as_f64().context("milliseconds")?;
    println!("on the disk {waited:.0} ms after it was asked");
    driver.kill_browser("lan");
    drop(lan);

    let driver = driver.again().await?;
    let server = Server::start(store.path(), port).await?;
    // Whatever page she opens first, the finished entry leaves from there.
    let mut lan = driver.browser("lan").await?;
    lan.client.goto(&root).await?;
    if lan.client.current_url().await?.path() == "/sign-in" {
        lan.sign_in(&root, "lan", PASSWORD).await?;
    }
    lan.until(
        "the finished entry to leave",
        "const note = document.getElementById('unsent'); return !note.hidden && note.textContent === note.dataset.sent",
    )
    .await?;
    assert_eq!(lan.axe().await?, Vec::<String>::new());
    lan.picture("home-unsent").await?;
    lan.client.goto(&format!("{root}/work?step=entry")).await?;
    assert_eq!(lan.entry(None).await?, Some(second), "the entry she was at, not the one that is done");
    assert_eq!(shown(&lan).await?, typed, "every field stands as it was typed");
    assert_eq!(lan.script("return window.sobo.sheet.statements()").await?, said);
    assert_eq!(lan.script("return window.sobo.store.keys('sobo.outbox.').length").await?, 0);
    lan.close().await?;
    drop(server);
    let db = Database::connect(&format!("sqlite://{}", store.path().join("sobo.db").display())).await?;
    let (record, state) = db.record(first).await?;
    assert_eq!(record.deeds, 1, "it arrived once");
    assert_eq!(state.values()[&field].text, "Trần Văn Mất Máy Chủ");
    Ok(())
}

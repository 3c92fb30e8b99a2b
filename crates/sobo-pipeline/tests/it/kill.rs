//! Kills a process by SIGKILL again and again while it takes scans in, reads them and brings an index up to date, then
//! lets it finish, and finds everything as an uninterrupted process leaves it.
//!
//! The process is this test program itself, called with `CHILD` set. It says when it is about to write to the vault, the
//! database or the index; the parent kills it right then or a few milliseconds later, or at a random moment.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use sobo_db::PageFilter;
use sobo_pipeline::{PageInput, Progress, RunOptions, Stop, Store, follow};

use crate::support::{FileIndex, Home, options, read, request, scans};

const CHILD: &str = "SOBO_KILL_TEST_FOLDER";
const CONFIG: &str = "SOBO_KILL_TEST_STORE";
/// Enough work that no child finishes before it is killed.
const SCANS: u8 = 72;

/// What the child is about to do, as the parent sees it.
const VAULT: &str = "about to write to the vault";
const DATABASE: &str = "about to write to the database";
const INDEX: &str = "about to write to the index";

fn say(what: &str) {
    let mut out = std::io::stdout().lock();
    let _ = writeln!(out, "{what}");
    let _ = out.flush();
}

/// What the child does: everything, from wherever it stands.
#[tokio::test(flavor = "multi_thread")]
async fn child() {
    let Some(folder) = std::env::var_os(CHILD).map(PathBuf::from) else { return };
    std::env::set_current_dir(&folder).unwrap();
    let config = serde_json::from_str(&std::env::var(CONFIG).unwrap()).unwrap();
    let store = Store::open(config).await.unwrap();
    // A file was recorded: the next thing is the next file's way into the vault.
    let intake = |progress: Progress| {
        if matches!(progress, Progress::FilesFound { .. } | Progress::FileRecorded { new: true, .. }) {
            say(VAULT);
        }
    };
    store.intake(&request([PathBuf::from("scans")]), &intake, &Stop::default()).await.unwrap();
    let reader = |task: PageInput<'_>| {
        let page = read(task);
        std::thread::sleep(Duration::from_millis(3));
        say(DATABASE);
        page
    };
    let mut index = FileIndex { path: PathBuf::from("entries.index"), before_write: || say(INDEX) };
    loop {
        // A page that is killed this often here is not to blame.
        let options = RunOptions { max_pages: Some(4), max_attempts: 1000, ..options() };
        let summary = store
            .run(Arc::new(reader), options, Arc::new(sobo_pipeline::Silent), Stop::default())
            .await
            .unwrap();
        follow(&store.database, &mut index).await.unwrap();
        if summary.remaining == 0 {
            break;
        }
    }
    store.database.close().await;
    say("finished");
}

/// When to kill a child.
#[derive(Debug, Copy, Clone)]
enum Moment {
    /// So long after the `nth` time it says `what`.
    After {
        what: &'static str,
        nth: u32,
        delay: Duration,
    },
    /// So long after it started.
    At(Duration),
    Never,
}

/// Starts a child and kills it at `moment`; whether it had finished by then.
fn run_child(home: &Home, moment: Moment) -> bool {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["kill::child", "--exact", "--nocapture", "--test-threads=1"])
        .env(CHILD, home.folder())
        .env(CONFIG, serde_json::to_string(&home.config()).unwrap())
        // Left out of the configuration's JSON, as it should be.
        .env("AWS_SECRET_ACCESS_KEY", "test")
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let (sender, receiver) = std::sync::mpsc::channel();
    let reader = std::thread::spawn(move || {
        for line in lines.map_while(Result::ok) {
            let _ = sender.send(line);
        }
    });
    let begun = Instant::now();
    let (mut seen, mut finished) = (0, false);
    loop {
        let patience = match moment {
            Moment::At(delay) => delay.saturating_sub(begun.elapsed()),
            _ => Duration::from_secs(60),
        };
        match receiver.recv_timeout(patience) {
            Ok(line) => {
                finished |= line.contains("finished");
                if let Moment::After { what, nth, delay } = moment
                    && line.contains(what)
                {
                    seen += 1;
                    if seen == nth {
                        std::thread::sleep(delay);
                        break;
                    }
                }
            }
            // The child ended, or the moment has come.
            Err(_) => break,
        }
    }
    // SIGKILL: nothing of the child's runs after it.
    let _ = child.kill();
    child.wait().unwrap();
    reader.join().unwrap();
    // What it said before it died may have come after the moment.
    finished || receiver.try_iter().any(|line| line.contains("finished"))
}

/// Everything that must be equal, without times.
#[derive(Debug, PartialEq)]
struct Everything {
    vault: Vec<sobo_vault::Stored>,
    files: Vec<String>,
    pages: Vec<String>,
    readings: Vec<String>,
    entries: Vec<String>,
    audit: Vec<String>,
    changes: Vec<String>,
    index: BTreeMap<i64, String>,
}

async fn everything(home: &Home) -> Everything {
    let store = home.store().await;
    let database = &store.database;
    assert_eq!(database.verify_chain().await.unwrap().faults, Vec::<String>::new());
    assert_eq!(database.leases().await.unwrap(), []);
    assert_eq!(database.queue_length(None).await.unwrap(), Default::default());
    let vault = store.vault.list().await.unwrap();
    for stored in &vault {
        assert_eq!(store.vault.verify(&stored.sha256).await.unwrap(), sobo_vault::Fixity::Intact);
    }
    let (mut files, mut readings, mut entries) = (Vec::new(), Vec::new(), Vec::new());
    let batches = database.batches(None).await.unwrap();
    assert!(batches.iter().all(|batch| batch.closed_ms.is_some()));
    for batch in batches {
        for mut file in database.files_of_batch(batch.id).await.unwrap() {
            file.at_ms = 0;
            files.push(format!("{file:?}"));
        }
    }
    let mut pages = database.pages(&PageFilter::default()).await.unwrap();
    for page in &mut pages {
        for mut reading in database.readings_of_page(page.id).await.unwrap() {
            reading.at_ms = 0;
            reading.reading.elapsed_ms = 0;
            readings.push(format!("{reading:?}"));
        }
        for entry in database.entries_of_page(page.id).await.unwrap() {
            entries.push(format!("{entry:?}"));
        }
        (page.elapsed_ms, page.read_ms) = (None, None);
    }
    let pages = pages.iter().map(|page| format!("{page:?}")).collect();
    // Two workers finish their pages in either order.
    let mut audit: Vec<String> = database
        .audit_after(0, i64::MAX)
        .await
        .unwrap()
        .into_iter()
        .map(|it| format!("{} {} {} {} {}", it.who, it.what, it.subjects, it.reason, it.details))
        .collect();
    audit.sort();
    let mut changes: Vec<String> = database
        .changes_after(0, i64::MAX)
        .await
        .unwrap()
        .into_iter()
        .map(|change| format!("{:?} {}", change.subject, change.id))
        .collect();
    changes.sort();
    let index = FileIndex { path: home.folder().join("entries.index"), before_write: || {} };
    let (cursor, index) = index.content();
    assert_eq!(cursor, database.last_change().await.unwrap());
    Everything { vault, files, pages, readings, entries, audit, changes, index }
}

fn inputs(folder: &Path) {
    // Blank, rescan, no form and a reader brought down are among them, a duplicate and a file of zero bytes.
    let numbers = (1..=SCANS - 6).chain([250, 251, 252, 253, 1]);
    let scans = scans(folder, numbers);
    std::fs::write(scans.join("empty.png"), b"").unwrap();
}

/// Small random numbers; the seed is fixed, what the scheduler makes of them is not.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % bound
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_killed_at_any_point_loses_nothing_and_does_nothing_twice() {
    survives(&Home::embedded(), &Home::embedded(), 36).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn so_it_is_on_shared_homes() {
    if let Some((quiet, troubled)) = Home::shared().await.zip(Home::shared().await) {
        survives(&quiet, &troubled, 12).await;
    }
}

async fn survives(quiet: &Home, troubled: &Home, wanted: u32) {
    inputs(quiet.folder());
    assert!(run_child(quiet, Moment::Never), "the uninterrupted child did not finish");
    let expected = everything(quiet).await;
    assert_eq!(expected.pages.len(), usize::from(SCANS) - 2);

    inputs(troubled.folder());
    let mut random = Random(20_261_121);
    let (mut kills, mut torn_writes, mut finished) = (0, 0, false);
    while kills < wanted && !finished {
        let delay = Duration::from_micros(random.below(6_000));
        let moment = match kills % 4 {
            // Intake comes first: its share of the kills does, too.
            _ if kills < wanted / 3 => {
                Moment::After { what: VAULT, nth: 1 + random.below(4) as u32, delay: delay * 2 }
            }
            0 => Moment::At(Duration::from_millis(5 + random.below(400))),
            1 => Moment::After { what: INDEX, nth: 1, delay: delay / 3 },
            _ => Moment::After { what: DATABASE, nth: 1 + random.below(2) as u32, delay },
        };
        finished = run_child(troubled, moment);
        kills += u32::from(!finished);
        let temporary = troubled.folder().join("store/vault/tmp");
        torn_writes += std::fs::read_dir(temporary).map_or(0, Iterator::count);
    }
    assert_eq!(kills, wanted, "the child finished before it was killed that often: give it more to do");
    if troubled.config().database_url.starts_with("sqlite") {
        assert!(torn_writes > 0, "no kill fell inside a write to the vault");
    }
    assert!(run_child(troubled, Moment::Never), "the last child did not finish");
    assert_eq!(everything(troubled).await, expected);
}

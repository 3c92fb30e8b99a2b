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
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use sobo_db::PageFilter;
use sobo_pipeline::{
    Follower, IndexEntry, PageInput, Progress, RunOptions, SearchFollower, Stop, Store, follow,
};
use sobo_search::{Index, Query};

use crate::support::{Home, Joining, options, read, request};

const CHILD: &str = "SOBO_KILL_TEST_FOLDER";
const CONFIG: &str = "SOBO_KILL_TEST_STORE";
/// How often a child may say something before it waits to be killed: however fast or slow the machine, no child finishes
/// before all kills are done.
const INTAKE_BUDGET: u32 = 6;
const RUN_BUDGET: u32 = 3;
const UNBOUNDED: &str = "SOBO_KILL_TEST_UNBOUNDED";

/// What the child is about to do, as the parent sees it.
const VAULT: &str = "about to write to the vault";
const DATABASE: &str = "about to write to the database";
const INDEX: &str = "about to write to the index";
const WAITING: &str = "waits to be killed";
/// What it has done.
const RECORDED: &str = "the page is recorded";
const COMMITTED: &str = "the index is written";

fn say(what: &str) {
    let mut out = std::io::stdout().lock();
    let _ = writeln!(out, "{what}");
    let _ = out.flush();
}

/// Says what comes next, unless enough was said.
fn announce(what: &str) {
    static SAID: AtomicU32 = AtomicU32::new(0);
    let budget = if what == VAULT { INTAKE_BUDGET } else { RUN_BUDGET };
    if std::env::var_os(UNBOUNDED).is_none() && SAID.fetch_add(1, Ordering::SeqCst) >= budget {
        say(WAITING);
        loop {
            std::thread::sleep(Duration::from_secs(60));
        }
    }
    say(what);
}

/// What the child does: everything, from wherever it stands.
#[tokio::test(flavor = "multi_thread")]
async fn child() {
    let Some(folder) = std::env::var_os(CHILD).map(PathBuf::from) else { return };
    std::env::set_current_dir(&folder).unwrap();
    let config = serde_json::from_str(&std::env::var(CONFIG).unwrap()).unwrap();
    let store = Store::open(config).await.unwrap();
    // A file was recorded: the next thing is the next file's way into the vault. One in three is announced, or all kills
    // would fall into the intake.
    let recorded = AtomicU32::new(0);
    let intake = |progress: Progress| {
        if matches!(progress, Progress::FileRecorded { new: true, .. })
            && recorded.fetch_add(1, Ordering::SeqCst).is_multiple_of(3)
        {
            announce(VAULT);
        }
    };
    store.intake(&request([PathBuf::from("scans")]), &intake, &Stop::default()).await.unwrap();
    let reader = Joining(|task: PageInput<'_>| {
        let page = read(task);
        std::thread::sleep(Duration::from_millis(3));
        announce(DATABASE);
        page
    });
    let reader = Arc::new(reader);
    let recorded = Arc::new(|progress: Progress| {
        if matches!(progress, Progress::PageEnded { .. }) {
            say(RECORDED);
        }
    });
    let mut index = Announcing(SearchFollower::open(&store.config.index_dir).unwrap());
    loop {
        // A page that is killed this often here is not to blame.
        let options = RunOptions { max_pages: Some(2), max_attempts: 1000, ..options() };
        let summary = store.run(reader.clone(), options, recorded.clone(), Stop::default()).await.unwrap();
        follow(&store.database, &mut index).await.unwrap();
        if summary.remaining == 0 {
            break;
        }
    }
    store.database.close().await;
    say("finished");
}

/// The real index, which says when it is about to be written and when it was.
struct Announcing(SearchFollower);

impl Follower for Announcing {
    fn cursor(&self) -> Result<i64, Box<dyn std::error::Error + Send + Sync>> {
        self.0.cursor()
    }

    fn apply(
        &mut self,
        entries: Vec<IndexEntry>,
        gone: Vec<i64>,
        cursor: i64,
    ) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
        announce(INDEX);
        self.0.apply(entries, gone, cursor)?;
        say(COMMITTED);
        Ok(())
    }
}

/// When to kill a child.
#[derive(Debug, Copy, Clone)]
enum Moment {
    /// So long after the `nth` time it says `what`, or anything.
    After {
        what: Option<&'static str>,
        nth: u32,
        delay: Duration,
    },
    /// So long after it started.
    At(Duration),
    Never,
}

/// How a child ended.
#[derive(Debug, Default)]
struct Ended {
    finished: bool,
    /// The last thing it was about to do.
    last: String,
    /// Pages it was recording.
    recording: u32,
    /// It was writing to the index.
    indexing: bool,
}

impl Ended {
    /// Takes a line of the child's; gives what it is about to do.
    fn hear(&mut self, line: &str) -> Option<&'static str> {
        self.finished |= line.contains("finished");
        if line.contains(RECORDED) {
            self.recording = self.recording.saturating_sub(1);
        }
        self.indexing &= !line.contains(COMMITTED);
        let said = [VAULT, DATABASE, INDEX].into_iter().find(|said| line.contains(said))?;
        self.recording += u32::from(said == DATABASE);
        self.indexing |= said == INDEX;
        self.last = said.to_owned();
        Some(said)
    }
}

/// Starts a child and kills it at `moment`.
fn run_child(home: &Home, moment: Moment) -> Ended {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command
        .args(["kill::child", "--exact", "--nocapture", "--test-threads=1"])
        .env(CHILD, home.folder())
        .env(CONFIG, serde_json::to_string(&home.config()).unwrap())
        // Left out of the configuration's JSON, as it should be.
        .env("AWS_SECRET_ACCESS_KEY", "test")
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    if matches!(moment, Moment::Never) {
        command.env(UNBOUNDED, "1");
    }
    let mut child = command.spawn().unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let (sender, receiver) = std::sync::mpsc::channel();
    let reader = std::thread::spawn(move || {
        for line in lines.map_while(Result::ok) {
            let _ = sender.send(line);
        }
    });
    let begun = Instant::now();
    let (mut seen, mut ended) = (0, Ended::default());
    loop {
        let patience = match moment {
            Moment::At(delay) => delay.saturating_sub(begun.elapsed()),
            _ => Duration::from_secs(120),
        };
        // The child ended, or the moment has come.
        let Ok(line) = receiver.recv_timeout(patience) else { break };
        if line.contains(WAITING) {
            break;
        }
        let Some(said) = ended.hear(&line) else { continue };
        if let Moment::After { what, nth, delay } = moment
            && what.is_none_or(|what| what == said)
        {
            seen += 1;
            if seen == nth {
                std::thread::sleep(delay);
                break;
            }
        }
    }
    // SIGKILL: nothing of the child's runs after it.
    let _ = child.kill();
    child.wait().unwrap();
    reader.join().unwrap();
    // What it said before it died may have come after the moment.
    for line in receiver.try_iter() {
        ended.hear(&line);
    }
    ended
}

/// Everything that must be equal, without times.
struct Everything {
    vault: Vec<sobo_vault::Stored>,
    files: Vec<String>,
    pages: Vec<String>,
    readings: Vec<String>,
    entries: Vec<String>,
    audit: Vec<String>,
    changes: Vec<String>,
    index: Vec<String>,
}

impl Everything {
    /// Part by part, and of each the first difference: all of it at once nobody can read.
    fn must_be(&self, expected: &Self) {
        same("vault", &self.vault, &expected.vault);
        same("files", &self.files, &expected.files);
        same("pages", &self.pages, &expected.pages);
        same("readings", &self.readings, &expected.readings);
        same("entries", &self.entries, &expected.entries);
        same("audit", &self.audit, &expected.audit);
        same("changes", &self.changes, &expected.changes);
        same("index", &self.index, &expected.index);
    }
}

fn same<T: PartialEq + std::fmt::Debug>(what: &str, found: &[T], expected: &[T]) {
    for (found, expected) in found.iter().zip(expected) {
        assert_eq!(found, expected, "{what}");
    }
    assert_eq!(found.len(), expected.len(), "{what}: their number");
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
    let searchable = Index::open(&store.config.index_dir).unwrap();
    assert_eq!(searchable.cursor().unwrap(), Some(database.last_change().await.unwrap().to_string()));
    let everything = Query { limit: 10_000, ..Query::default() };
    let mut index: Vec<String> = searchable
        .search(&everything)
        .unwrap()
        .hits
        .iter()
        .map(|hit| format!("{:?}", hit.document))
        .collect();
    index.sort();
    assert_eq!((index.len() as u64, index.len()), (searchable.count(), entries.len()));
    Everything { vault, files, pages, readings, entries, audit, changes, index }
}

fn inputs(folder: &Path, scans: u8) {
    // Blank, rescan, no form and a reader brought down are among them, a duplicate and a file of zero bytes.
    let numbers = (1..=scans - 5).chain([250, 251, 252, 253, 1]);
    let folder = crate::support::scans(folder, numbers);
    std::fs::write(folder.join("empty.png"), b"").unwrap();
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
    let troubled = Home::embedded();
    // The issue asks for 30 kills.
    let report = survives(&Home::embedded(), &troubled, 66, 36).await;
    let inside = [report.torn_writes as u32, report.recording, report.indexing];
    assert!(inside.iter().all(|kills| *kills > 0), "kills inside vault, database and index: {report:?}");
    assert!(report.before.values().all(|kills| *kills > 1) && report.before.len() == 3, "{report:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn so_it_is_on_shared_homes() {
    if let Some((quiet, troubled)) = Home::shared().await.zip(Home::shared().await) {
        survives(&quiet, &troubled, 24, 12).await;
    }
}

/// What was done to the child.
#[derive(Debug, Default)]
struct Report {
    /// Kills by what the child was about to do or doing.
    before: BTreeMap<String, u32>,
    /// Kills that left half an original behind.
    torn_writes: usize,
    /// Kills while a page was being recorded.
    recording: u32,
    /// Kills while the index was being written.
    indexing: u32,
}

async fn survives(quiet: &Home, troubled: &Home, scans: u8, kills: u32) -> Report {
    inputs(quiet.folder(), scans);
    assert!(run_child(quiet, Moment::Never).finished, "the uninterrupted child did not finish");
    let expected = everything(quiet).await;
    assert_eq!(expected.pages.len(), usize::from(scans) - 1);

    inputs(troubled.folder(), scans);
    let (mut random, mut report) = (Random(20_261_121), Report::default());
    for kill in 0..kills {
        let delay = Duration::from_micros(random.below(6_000));
        let nth = 1 + random.below(4) as u32;
        let moment = match kill % 4 {
            0 => Moment::At(Duration::from_millis(5 + random.below(400))),
            // A commit takes some milliseconds.
            1 => Moment::After { what: Some(INDEX), nth: 1, delay: delay * 3 },
            _ => Moment::After { what: None, nth, delay },
        };
        let ended = run_child(troubled, moment);
        assert!(!ended.finished, "the child finished at kill {kill}: give it more to do");
        report.recording += u32::from(ended.recording > 0);
        report.indexing += u32::from(ended.indexing);
        if !ended.last.is_empty() {
            *report.before.entry(ended.last).or_default() += 1;
        }
        let temporary = troubled.folder().join("store/vault/tmp");
        report.torn_writes += std::fs::read_dir(temporary).map_or(0, Iterator::count);
    }
    eprintln!("{kills} kills: {report:?}");
    assert!(run_child(troubled, Moment::Never).finished, "the last child did not finish");
    everything(troubled).await.must_be(&expected);
    report
}

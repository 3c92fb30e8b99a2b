//! Scans, a reader and an index small enough to know by heart.

use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

use image::{GrayImage, Luma};
use sobo_core::{Entry, Field, Outcome, PageReading, Provenance, Rect, RegisterType, VolumeDescriptor};
use sobo_db::testing::{TestDatabase, servers_required};
use sobo_intake::Limits;
use sobo_pipeline::{
    Follower, IndexEntry, IntakeRequest, IntakeSummary, PageInput, PageReader, Progress, ReadPage,
    RunOptions, RunSummary, Silent, Stop, Store, StoreConfig,
};
use sobo_vault::VaultConfig;

/// A scan whose first pixel is `number` and whose others look random, so that its file is not small.
pub(crate) fn scan(path: &Path, number: u8) {
    let mut state = u32::from(number) + 1;
    let image = GrayImage::from_fn(300, 200, |x, y| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        Luma([if (x, y) == (0, 0) { number } else { (state >> 24) as u8 }])
    });
    image.save(path).unwrap();
}

/// A folder of scans `p001.png` … with these numbers.
pub(crate) fn scans(folder: &Path, numbers: impl IntoIterator<Item = u8>) -> PathBuf {
    let scans = folder.join("scans");
    std::fs::create_dir_all(&scans).unwrap();
    for (place, number) in numbers.into_iter().enumerate() {
        scan(&scans.join(format!("p{:03}.png", place + 1)), number);
    }
    scans
}

pub(crate) fn volume() -> VolumeDescriptor {
    let json = serde_json::json!({
        "name": "KS.1971.03", "office": "Quận Nhứt", "register_type": "birth", "year_from": 1971,
    });
    serde_json::from_value(json).unwrap()
}

pub(crate) fn request(paths: impl IntoIterator<Item = PathBuf>) -> IntakeRequest {
    IntakeRequest {
        who: "lan".to_owned(),
        volume: volume(),
        volume_text: "name = \"KS.1971.03\"".to_owned(),
        office_at_date: None,
        paths: paths.into_iter().collect(),
        batch: None,
        limits: Limits::default(),
    }
}

/// A folder and the homes of a store: alone on one machine, or shared by a city.
pub(crate) struct Home {
    folder: tempfile::TempDir,
    config: StoreConfig,
    _database: Option<TestDatabase>,
}

impl Home {
    /// SQLite and a folder.
    pub(crate) fn embedded() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let config = StoreConfig { min_free_mb: 1, ..StoreConfig::in_folder(&folder.path().join("store")) };
        Self { folder, config, _database: None }
    }

    /// PostgreSQL and a bucket, where the tests have servers.
    pub(crate) async fn shared() -> Option<Self> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let database = TestDatabase::postgres().await?;
        let Ok(endpoint) = std::env::var("SOBO_TEST_S3_URL") else {
            assert!(!servers_required(), "an S3-compatible server is required here: set SOBO_TEST_S3_URL");
            eprintln!("left out: the shared half of this test");
            return None;
        };
        let name = format!("sobo-pipeline-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        make_bucket(&endpoint, &name);
        let mut home = Self::embedded();
        home.config.database_url.clone_from(&database.url);
        home.config.vault = VaultConfig {
            url: format!("s3://{name}/vault"),
            endpoint: Some(endpoint),
            region: Some("us-east-1".to_owned()),
            access_key_id: Some("test".to_owned()),
            secret_access_key: Some("test".to_owned()),
        };
        home._database = Some(database);
        Some(home)
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn config(&self) -> StoreConfig {
        self.config.clone()
    }

    pub(crate) async fn store(&self) -> Store {
        Store::open(self.config()).await.unwrap()
    }

    /// A store with these scans taken in.
    pub(crate) async fn store_of(&self, numbers: impl IntoIterator<Item = u8>) -> Store {
        let scans = scans(self.folder(), numbers);
        let store = self.store().await;
        take_in(&store, [scans]).await;
        store
    }
}

/// One unsigned request, which a test server allows.
fn make_bucket(endpoint: &str, name: &str) {
    let host = endpoint.trim_start_matches("http://").trim_end_matches('/');
    let mut stream = std::net::TcpStream::connect(host).unwrap();
    write!(stream, "PUT /{name} HTTP/1.1\r\nHost: {host}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.lines().next().is_some_and(|status| status.contains(" 200 ")), "{answer}");
}

/// Writes a test once and runs it on both pairs of homes.
macro_rules! on_both {
    ($(async fn $name:ident($home:ident: Home) $body:block)*) => {
        $(mod $name {
            #[allow(unused_imports)]
            use super::*;

            async fn check($home: crate::support::Home) $body

            #[tokio::test(flavor = "multi_thread")]
            async fn embedded() {
                check(crate::support::Home::embedded()).await;
            }

            #[tokio::test(flavor = "multi_thread")]
            async fn shared() {
                if let Some(home) = crate::support::Home::shared().await {
                    check(home).await;
                }
            }
        })*
    };
}
pub(crate) use on_both;

pub(crate) async fn take_in(store: &Store, paths: impl IntoIterator<Item = PathBuf>) -> IntakeSummary {
    store.intake(&request(paths), &Silent, &Stop::default()).await.unwrap()
}

pub(crate) fn options() -> RunOptions {
    RunOptions { jobs: 2, ..RunOptions::default() }
}

pub(crate) async fn run(store: &Store, options: RunOptions) -> RunSummary {
    store.run(Arc::new(read), options, Arc::new(Silent), Stop::default()).await.unwrap()
}

/// Reads the first pixel: 250 is blank, 251 wants a rescan, 252 no form fits, 253 brings the reader down; any other
/// number is that of the first of its one to three entries.
pub(crate) fn read(task: PageInput<'_>) -> ReadPage {
    let number = task.image.to_luma8().get_pixel(0, 0).0[0];
    let outcome = match number {
        250 => Outcome::Blank,
        251 => Outcome::RescanWanted { reasons: vec!["blur".to_owned()] },
        252 => Outcome::Failed { reason: format!("{}: no form fits", task.name) },
        253 => panic!("the engine met something it cannot bear"),
        _ => Outcome::Done,
    };
    let entries = if outcome == Outcome::Done { 1 + number % 3 } else { 0 };
    ReadPage {
        reading: PageReading {
            schema_version: 1,
            page: task.name.to_owned(),
            page_index: task.page_index,
            form: task.form.to_owned(),
            family: "A".to_owned(),
            register_type: Some(RegisterType::Birth),
            entries: (0..entries).map(|place| entry(number, place)).collect(),
            issues: vec![],
            elapsed_ms: 7,
        },
        outcome,
        provenance: Provenance {
            model: "first-pixel".to_owned(),
            form: "form".to_owned(),
            print: String::new(),
            settings: "settings".to_owned(),
            version: "0".to_owned(),
        },
    }
}

fn entry(number: u8, place: u8) -> Entry {
    let mut entry = Entry { bbox: Rect::new(0.0, f64::from(place) * 60.0, 300.0, 60.0), ..Entry::default() };
    let text = |text: String, confidence: f32| Field {
        text,
        bbox: Rect::new(10.0, f64::from(place) * 60.0, 80.0, 20.0),
        confidence,
        accepted: confidence > 0.9,
        reader: "first-pixel".to_owned(),
        ..Field::default()
    };
    entry.fields.insert("entry_number".to_owned(), text(format!("{number}/71"), 0.95));
    entry.fields.insert("child_name".to_owned(), text(format!("Trần Thị {place}"), 0.5));
    entry
}

/// A reader that holds pages against one another: the first child's normal name is the number of the entry before it.
pub(crate) struct Joining<F>(pub(crate) F);

impl<F: Fn(PageInput<'_>) -> ReadPage + Send + Sync> PageReader for Joining<F> {
    fn read(&self, page: PageInput<'_>) -> ReadPage {
        self.0(page)
    }

    fn join(&self, previous: &Entry, reading: &PageReading) -> Vec<Entry> {
        let mut entries = reading.entries.clone();
        if let Some(name) = entries.first_mut().and_then(|entry| entry.fields.get_mut("child_name")) {
            name.value = Some(format!("after {}", previous.fields["entry_number"].text));
            (name.confidence, name.accepted) = (0.99, true);
        }
        entries
    }
}

/// Collects what happens.
#[derive(Clone, Default)]
pub(crate) struct Collected(pub(crate) Arc<Mutex<Vec<Progress>>>);

impl sobo_pipeline::ProgressSink for Collected {
    fn progress(&self, progress: Progress) {
        self.0.lock().unwrap().push(progress);
    }
}

/// An index in one file that is replaced as a whole.
pub(crate) struct FileIndex {
    pub(crate) path: PathBuf,
    pub(crate) before_write: fn(),
}

impl FileIndex {
    pub(crate) fn content(&self) -> (i64, BTreeMap<i64, String>) {
        match std::fs::read(&self.path) {
            Ok(bytes) => serde_json::from_slice(&bytes).unwrap(),
            Err(_) => (0, BTreeMap::new()),
        }
    }
}

impl Follower for FileIndex {
    fn cursor(&self) -> Result<i64, Box<dyn std::error::Error + Send + Sync>> {
        Ok(self.content().0)
    }

    fn apply(
        &mut self,
        entries: Vec<IndexEntry>,
        gone: Vec<i64>,
        cursor: i64,
    ) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
        let (_, mut content) = self.content();
        for id in gone {
            content.remove(&id);
        }
        for entry in entries {
            let name = &entry.record.fields["child_name"].text;
            content.insert(entry.record.head.id, format!("{} {name}", entry.volume.descriptor.office));
        }
        (self.before_write)();
        let temporary = self.path.with_extension("new");
        std::fs::write(&temporary, serde_json::to_vec(&(cursor, content))?)?;
        std::fs::File::open(&temporary)?.sync_all()?;
        Ok(std::fs::rename(&temporary, &self.path)?)
    }
}

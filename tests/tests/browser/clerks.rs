//! A store with pages, readings and accounts for tests of the web interface: real pages of a folder with truth files,
//! and readings made from their truth with known mistakes, so that a scripted clerk knows what to correct.

use std::collections::{BTreeMap, HashMap};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, Result, bail};
use image::DynamicImage;
use indexmap::IndexMap;
use serde::Deserialize;
use sha2::{Digest as _, Sha256};
use sobo_core::{
    Candidate, Check, CheckEffect, Entry, Field, Form, Lacuna, Original, Outcome, PageReading, Provenance,
    Rect, RegisterType, SCHEMA_VERSION, Statement, VolumeDescriptor,
};
use sobo_db::{Completion, Database, FileIntake, Handed, NewPage, OfficeScope, VolumeDescription};
use sobo_tiles::{PageDecoder, Tiles};
use sobo_verify::Role;
use sobo_web::{
    AppState, FieldReader, PagePlace, ScanTaker, SearchHit, SearchQuery, SearchResults, Searcher, Settings,
    TakenIn,
};

/// Password of every account of the fixture.
pub const PASSWORD: &str = "mat-khau-thu-123";

/// Accounts of the fixture: login, name, roles.
pub const ACCOUNTS: [(&str, &str, &[Role]); 9] = [
    ("lan", "Nguyễn Thị Lan", &[Role::Clerk]),
    ("phuc", "Lê Hồng Phúc", &[Role::Clerk]),
    ("minh", "Trần Quang Minh", &[Role::Checker]),
    ("hoa", "Phạm Thị Hoa", &[Role::Checker]),
    ("tuan", "Võ Anh Tuấn", &[Role::Arbiter]),
    ("son", "Huỳnh Văn Sơn", &[Role::Registrar]),
    ("giang", "Đặng Thu Giang", &[Role::Supervisor]),
    ("kho", "Tổ lưu trữ", &[Role::Archive]),
    ("quan", "Bùi Đức Quân", &[Role::Administrator, Role::Auditor]),
];

#[derive(Clone, Deserialize)]
struct Truth {
    page: String,
    family: String,
    register_type: RegisterType,
    office: String,
    year: i32,
    entries: Vec<TruthEntry>,
}

#[derive(Clone, Deserialize)]
struct TruthEntry {
    bbox: Rect<Original>,
    fields: IndexMap<String, TruthField>,
}

#[derive(Clone, Deserialize)]
struct TruthField {
    text: String,
    #[serde(default)]
    value: Option<String>,
    bbox: Rect<Original>,
    #[serde(default)]
    lines: Vec<TruthLine>,
}

#[derive(Clone, Deserialize)]
struct TruthLine {
    bbox: Rect<Original>,
}

/// A running server over a store of its own.
pub struct Office {
    /// Where it listens.
    pub address: SocketAddr,
    /// Its database.
    pub db: Database,
    /// What is written, by the page's path in the folder, entry on the page and field.
    pub truth: BTreeMap<(String, usize), IndexMap<String, String>>,
    /// Its server's state.
    pub state: AppState,
    server: tokio::task::JoinHandle<()>,
    _folder: Option<tempfile::TempDir>,
}

impl Drop for Office {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl Office {
    /// Address of a page of the interface.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }
}

/// Pages by the sha256 of their files, and what is written on them.
#[derive(Clone, Default)]
struct Book {
    files: Arc<std::sync::Mutex<HashMap<String, PathBuf>>>,
    pages: HashMap<String, Truth>,
    forms: BTreeMap<String, Form>,
}

impl PageDecoder for Book {
    fn decode(&self, original: &str, _page: u32) -> Result<DynamicImage, String> {
        let files = self.files.lock().map_err(|error| error.to_string())?;
        image::open(files.get(original).ok_or("no such original")?).map_err(|error| error.to_string())
    }
}

/// The page with its paper whitened, in place of restoration.
struct Whitened(Book);

impl PageDecoder for Whitened {
    fn decode(&self, original: &str, page: u32) -> Result<DynamicImage, String> {
        let mut grey = self.0.decode(original, page)?.into_luma8();
        for pixel in grey.pixels_mut() {
            pixel.0[0] = (i32::from(pixel.0[0]) * 3 - 300).clamp(0, 250) as u8;
        }
        Ok(DynamicImage::ImageLuma8(grey))
    }
}

fn centre_in(bbox: Rect<Original>, inner: Rect<Original>) -> bool {
    let (x, y) = (inner.x + inner.w / 2.0, inner.y + inner.h / 2.0);
    x >= bbox.x && x <= bbox.x + bbox.w && y >= bbox.y && y <= bbox.y + bbox.h
}

/// Reads what is written inside a box, without mistakes: what the screen does with a reading is tested, not reading.
impl FieldReader for Book {
    fn read_field(&self, page: &PagePlace, _: &str, _: &str, bbox: Rect<Original>) -> Result<Field, String> {
        let page = self.pages.get(&page.original).ok_or("no such page")?;
        let fields = page.entries.iter().flat_map(|entry| entry.fields.values());
        let best = fields.max_by(|a, b| a.bbox.iou(&bbox).total_cmp(&b.bbox.iou(&bbox)));
        let found = best.filter(|field| field.bbox.iou(&bbox) > 0.0).ok_or("nothing is written there")?;
        Ok(Field {
            text: found.text.clone(),
            bbox,
            confidence: 0.9,
            reader: "box".to_owned(),
            ..Field::default()
        })
    }

    fn read_entry(&self, page: &PagePlace, _: &str, bbox: Rect<Original>) -> Result<Entry, String> {
        let page = self.pages.get(&page.original).ok_or("no such page")?;
        let fields = page.entries.iter().flat_map(|entry| &entry.fields);
        let fields = fields.filter(|(_, field)| centre_in(bbox, field.bbox));
        let fields = fields.map(|(name, field)| (name.clone(), field.clone())).collect();
        Ok(read(&TruthEntry { bbox, fields }, 0))
    }

    fn read_page(&self, page: &PagePlace, form: &str) -> Result<Vec<Entry>, String> {
        let page = self.pages.get(&page.original).ok_or("no such page")?;
        let form = self.forms.get(form).ok_or("no such form")?;
        let known = |entry: &TruthEntry| TruthEntry {
            bbox: entry.bbox,
            fields: entry
                .fields
                .iter()
                .filter(|(name, _)| form.field(name).is_some())
                .map(|(name, field)| (name.clone(), field.clone()))
                .collect(),
        };
        Ok(page.entries.iter().enumerate().map(|(index, entry)| read(&known(entry), index)).collect())
    }

    fn contradictions(
        &self,
        form: &str,
        years: (i32, i32),
        fields: &[(String, String)],
    ) -> Vec<(String, Check)> {
        let Some(form) = self.forms.get(form) else { return Vec::new() };
        let context = sobo_extract::Context {
            book_year: Some(years.0),
            book_year_to: Some(years.1),
            ..sobo_extract::Context::default()
        };
        sobo_extract::contradictions(form, fields, &context)
    }
}

/// Finds entries by a word of what is written, without diacritics.
#[derive(Default)]
struct Words(Vec<(i64, String, String)>);

impl Searcher for Words {
    fn search(&self, query: &SearchQuery) -> Result<SearchResults, String> {
        let wanted = sobo_text::strip_marks(&query.text).to_lowercase();
        let mut hits: Vec<SearchHit> = Vec::new();
        for (entry_id, field, text) in &self.0 {
            if text.contains(&wanted) && hits.iter().all(|hit| hit.entry_id != *entry_id) {
                hits.push(SearchHit { entry_id: *entry_id, field: Some(field.clone()) });
            }
        }
        Ok(SearchResults { total: hits.len(), hits })
    }
}

/// Takes a scan in without a vault: the page waits to be read.
struct Desk {
    db: Database,
    files: Arc<std::sync::Mutex<HashMap<String, PathBuf>>>,
    folder: PathBuf,
    handle: tokio::runtime::Handle,
}

impl ScanTaker for Desk {
    fn take(
        &self,
        who: &str,
        volume: &sobo_db::Volume,
        batch: &str,
        name: &str,
        path: &Path,
    ) -> Result<TakenIn, String> {
        let bytes = std::fs::read(path).map_err(|error| error.to_string())?;
        if image::load_from_memory(&bytes).is_err() {
            return Ok(TakenIn {
                refused: vec![format!("{name}: không phải ảnh")], ..TakenIn::default()
            });
        }
        let sha256 = hex::encode(Sha256::digest(&bytes));
        let kept = self.folder.join(&sha256);
        std::fs::write(&kept, &bytes).map_err(|error| error.to_string())?;
        let picture = kept.with_extension("jpg");
        std::fs::rename(&kept, &picture).map_err(|error| error.to_string())?;
        self.files.lock().map_err(|error| error.to_string())?.insert(sha256.clone(), picture);
        let pages = vec![NewPage { page_index: 0, width: None, height: None, dpi: Some(300.0) }];
        let handed = Handed::Taken { sha256, bytes: bytes.len() as u64, pages };
        let intake = FileIntake { who, volume_id: volume.id, batch, source: name, handed };
        self.handle.block_on(self.db.record_file(&intake)).map_err(|error| error.to_string())?;
        Ok(TakenIn { pages: 1, ..TakenIn::default() })
    }
}

/// The forms of the repository.
pub fn forms() -> Result<BTreeMap<String, Form>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../pipelines/forms");
    let mut forms = BTreeMap::new();
    for file in std::fs::read_dir(&folder).with_context(|| format!("{}", folder.display()))? {
        let path = file?.path();
        if path.extension().is_some_and(|extension| extension == "toml") {
            let form: Form = toml::from_str(&std::fs::read_to_string(&path)?)
                .with_context(|| format!("{}", path.display()))?;
            forms.insert(form.id.clone(), form);
        }
    }
    Ok(forms)
}

/// Starts a server over the pages of `folder` (at most `most`) on `port` (0: any).
pub async fn open(folder: &Path, most: usize, port: u16) -> Result<Office> {
    let store = tempfile::tempdir()?;
    let mut office = open_in(store.path(), folder, most, port).await?;
    office._folder = Some(store);
    Ok(office)
}

/// The same with the store in a folder of the caller's: pages that are there already are not taken in again.
pub async fn open_in(store: &Path, folder: &Path, most: usize, port: u16) -> Result<Office> {
    let url = format!("sqlite://{}", store.join("sobo.db").display());
    let db = Database::connect(&url).await?;
    for (login, name, roles) in ACCOUNTS {
        sobo_web::ensure_account(&db, login, name, PASSWORD, roles, OfficeScope::All)
            .await
            .map_err(|error| anyhow::anyhow!("{error}"))?;
    }
    let mut book = Book { forms: forms()?, ..Book::default() };
    let mut truth = BTreeMap::new();
    for path in truth_files(folder)?.into_iter().take(most) {
        let page: Truth = serde_json::from_str(&std::fs::read_to_string(&path)?)
            .with_context(|| format!("{}", path.display()))?;
        let picture = path.with_file_name(&page.page);
        let source = picture.strip_prefix(folder)?.display().to_string();
        let sha256 = hex::encode(Sha256::digest(std::fs::read(&picture)?));
        take_in(&db, &page, &source, &sha256).await?;
        for (index, entry) in page.entries.iter().enumerate() {
            let fields = entry.fields.iter().map(|(name, field)| (name.clone(), field.text.clone()));
            truth.insert((source.clone(), index), fields.collect());
        }
        book.files.lock().expect("no test panics with it").insert(sha256.clone(), picture);
        book.pages.insert(sha256, page);
    }
    let mut words = Words::default();
    for volume in db.volumes().await? {
        for page in db.pages_of_volume(volume.id).await? {
            for entry in db.entries_of_page(page.id).await? {
                for (name, field) in &entry.fields {
                    let text = sobo_text::strip_marks(&field.text).to_lowercase();
                    words.0.push((entry.head.id, name.clone(), text));
                }
            }
        }
    }
    let desk = Desk {
        db: db.clone(),
        files: Arc::clone(&book.files),
        folder: store.to_owned(),
        handle: tokio::runtime::Handle::current(),
    };
    let state = AppState {
        db: db.clone(),
        tiles: Arc::new(Tiles::new(&store.join("tiles"), Arc::new(book.clone()))),
        restored: Some(Arc::new(Tiles::new(&store.join("restored"), Arc::new(Whitened(book.clone()))))),
        forms: Arc::new(book.forms.clone()),
        searcher: Some(Arc::new(words)),
        reader: Some(Arc::new(book)),
        taker: Some(Arc::new(desk)),
        settings: Arc::new(Settings { secure_cookies: false, ..Settings::default() }),
    };
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", port)).await?;
    let address = listener.local_addr()?;
    let served = state.clone();
    let server = tokio::spawn(async move {
        let _ = sobo_web::serve(served, listener, std::future::pending()).await;
    });
    Ok(Office { address, db, truth, state, server, _folder: None })
}

/// Truth files in `folder` and its folders: the first page of every volume, then the second pages.
pub fn truth_files(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for file in std::fs::read_dir(&folder).with_context(|| format!("{}", folder.display()))? {
            let path = file?.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "json") {
                found.push(path);
            }
        }
    }
    if found.is_empty() {
        bail!("{} has no truth files", folder.display());
    }
    found.sort_by_key(|path| (path.file_name().map(ToOwned::to_owned), path.clone()));
    Ok(found)
}

async fn take_in(db: &Database, page: &Truth, source: &str, sha256: &str) -> Result<()> {
    let kind = match page.register_type {
        RegisterType::Marriage => "KH",
        RegisterType::Death => "KT",
        _ => "KS",
    };
    let descriptor = VolumeDescriptor {
        name: format!("{kind}.{}.{}", page.year, page.family),
        office: page.office.clone(),
        custodian: Some("UBND phường Sài Gòn".to_owned()),
        register_type: page.register_type,
        form: "auto".to_owned(),
        number: Some(format!("01/{}", page.year)),
        year_from: page.year,
        year_to: None,
        opening: Statement::default(),
        closing: Statement {
            pages: Some(1),
            entries: Some(page.entries.len() as u32),
            ..Statement::default()
        },
        shelf: Some("Kho 1, kệ 3, hộp 12".to_owned()),
        pages: Vec::new(),
    };
    let text = toml::to_string(&descriptor)?;
    let described = VolumeDescription { descriptor: &descriptor, text: &text, office_at_date: None };
    let volume = db.describe_volume("kho", &described).await?;
    let pages = vec![NewPage { page_index: 0, width: None, height: None, dpi: Some(300.0) }];
    let intake = FileIntake {
        who: "kho",
        volume_id: volume.id,
        batch: "đợt 1",
        source,
        handed: Handed::Taken { sha256: sha256.to_owned(), bytes: 1, pages },
    };
    db.record_file(&intake).await?;
    read_waiting(db, page, volume.id).await
}

/// Reads the page that waits in a volume; nothing where none does.
async fn read_waiting(db: &Database, page: &Truth, volume: i64) -> Result<()> {
    let work = db.claim_pages("fixture", 60_000, 1, Some(volume)).await?;
    let Some(work) = work.first() else { return Ok(()) };
    let kind = page.register_type.as_str();
    let reading = PageReading {
        schema_version: SCHEMA_VERSION,
        page: page.page.clone(),
        page_index: 0,
        form: format!("{}-{kind}", page.family),
        family: page.family.clone(),
        register_type: Some(page.register_type),
        entries: page.entries.iter().enumerate().map(|(index, entry)| read(entry, index)).collect(),
        issues: Vec::new(),
        elapsed_ms: 0,
    };
    let completion = Completion {
        lease: &work.lease,
        outcome: &Outcome::Done,
        reading: Some(&reading),
        provenance: &Provenance { model: "fixture".to_owned(), ..Provenance::default() },
        size: None,
        dpi: Some(300.0),
        elapsed_ms: 900,
    };
    db.complete_page("sobo", &completion).await?;
    Ok(())
}

/// Reads a page that was taken in on the screen: what is written on it is what the truth file of `like` says.
pub async fn read_scan(office: &Office, folder: &Path, like: &str, volume: i64) -> Result<()> {
    let path = folder.join(like).with_extension("json");
    let page: Truth = serde_json::from_str(&std::fs::read_to_string(&path)?)?;
    read_waiting(&office.db, &page, volume).await
}

/// A reading as a machine might make it: most fields right and offered, some in doubt, a few wrong.
fn read(entry: &TruthEntry, index: usize) -> Entry {
    let fields = entry.fields.iter().map(|(name, field)| {
        let digest = Sha256::digest(format!("{name}{}{index}", field.text).as_bytes());
        let roll = u32::from(digest[0]) * 100 / 256;
        let wrong = misread(&field.text);
        let (text, accepted, confidence, offer) = match roll {
            0..70 => (field.text.clone(), true, 0.985, vec![]),
            70..84 => (field.text.clone(), false, 0.71, vec![wrong]),
            84..95 => (wrong.clone(), false, 0.52, vec![wrong, field.text.clone()]),
            95..98 => (wrong.clone(), false, 0.31, vec![wrong]),
            _ => (String::new(), false, 0.4, vec![]),
        };
        let lacuna = text.is_empty().then_some(Lacuna::Illegible);
        let checks = if roll == 75 || roll == 90 {
            vec![Check {
                rule: "date_words_digits".to_owned(),
                effect: CheckEffect::Contradicts,
                other: Some("registration_date".to_owned()),
            }]
        } else {
            Vec::new()
        };
        let read = Field {
            value: (text == field.text).then(|| field.value.clone()).flatten(),
            text,
            bbox: field.bbox,
            lacuna,
            confidence,
            accepted,
            reader: "fixture".to_owned(),
            candidates: offer.into_iter().map(|text| Candidate { text, probability: 0.4 }).collect(),
            checks,
            lines: field.lines.iter().map(|line| line.bbox).collect(),
        };
        (name.clone(), read)
    });
    Entry { bbox: entry.bbox, fields: fields.collect() }
}

/// The last word without its marks, or the last digit changed.
fn misread(text: &str) -> String {
    let (head, last) = text.rsplit_once(' ').unwrap_or(("", text));
    let mut word = sobo_text::strip_marks(last);
    if word == last {
        let end = word.pop().unwrap_or('o');
        word.push(if end == '1' {
            '7'
        } else if end.is_ascii_digit() {
            '1'
        } else {
            'u'
        });
    }
    if head.is_empty() { word } else { format!("{head} {word}") }
}

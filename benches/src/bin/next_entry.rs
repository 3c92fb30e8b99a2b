//! How long the server takes for the next entry with many clerks at work: `next_entry [CLERKS [SECONDS [ENTRIES]]]`.
//!
//! Server and clerks share one process of two threads. Every clerk holds a session of their own over a connection of their
//! own, asks for the next entry while working at one (as the screen does), keeps a draft and submits. Two runs: at the
//! pace of people who take five seconds an entry, and without any pause.
#![allow(clippy::print_stdout, reason = "a bench prints its figures")]

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use sobo_core::{Entry, Field, Form, Outcome, PageReading, Provenance, Rect, RegisterType, SCHEMA_VERSION};
use sobo_db::{
    Completion, Database, FileIntake, Handed, NewAccount, NewPage, OfficeScope, VolumeDescription,
};
use sobo_tiles::{DynamicImage, PageDecoder, Tiles};
use sobo_verify::Role;
use sobo_web::{AppState, Settings};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// Entries of a page, as in a ledger.
const PER_PAGE: usize = 10;
/// The pace of a quick clerk.
const PACE: Duration = Duration::from_secs(5);

struct White;

impl PageDecoder for White {
    fn decode(&self, _: &str, _: u32) -> Result<DynamicImage, String> {
        Ok(DynamicImage::new_luma8(64, 64))
    }
}

fn main() -> Result<()> {
    let numbers: Vec<usize> = std::env::args().skip(1).map(|text| text.parse()).collect::<Result<_, _>>()?;
    let clerks = numbers.first().copied().unwrap_or(50);
    let seconds = numbers.get(1).copied().unwrap_or(30) as u64;
    let entries = numbers.get(2).copied().unwrap_or(20_000);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    runtime.block_on(bench(clerks, Duration::from_secs(seconds), entries))
}

async fn bench(clerks: usize, long: Duration, entries: usize) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let db = Database::connect(&format!("sqlite://{}", folder.path().join("sobo.db").display())).await?;
    let forms = forms()?;
    let form = forms.get("B-birth").context("the form B-birth")?;
    let started = Instant::now();
    fill(&db, form, entries).await?;
    let state = AppState {
        db: db.clone(),
        tiles: Arc::new(Tiles::new(&folder.path().join("tiles"), Arc::new(White))),
        restored: None,
        forms: Arc::new(forms),
        searcher: None,
        reader: None,
        taker: None,
        settings: Arc::new(Settings { secure_cookies: false, ..Settings::default() }),
    };
    sobo_web::begin_new_records(&state).await.map_err(|error| anyhow::anyhow!("{error}"))?;
    println!("{entries} entries in the store after {:.0} s", started.elapsed().as_secs_f64());
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await?;
    let address = listener.local_addr()?;
    tokio::spawn(async move {
        let _ = sobo_web::serve(state, listener, std::future::pending()).await;
    });
    println!("{:<34} {:>9} {:>9} {:>9} {:>9} {:>9}", "", "answers", "p50 ms", "p95 ms", "p99 ms", "worst ms");
    for (what, pace) in [("five seconds an entry", PACE), ("without a pause", Duration::ZERO)] {
        let mut hands = Vec::new();
        for number in 0..clerks {
            let clerk = Clerk::new(&db, address, &format!("{what}-{number}")).await?;
            // People do not start at the same instant.
            let offset = pace * number as u32 / clerks.max(1) as u32;
            hands.push(tokio::spawn(clerk.work(long, pace, offset)));
        }
        let mut next = Vec::new();
        let mut submit = Vec::new();
        for hand in hands {
            let (of_next, of_submit) = hand.await??;
            next.extend(of_next);
            submit.extend(of_submit);
        }
        print(&format!("next entry, {clerks} clerks, {what}"), next);
        print(&format!("  submit, {what}"), submit);
    }
    Ok(())
}

fn print(what: &str, mut times: Vec<Duration>) {
    times.sort();
    let at = |share: f64| {
        let index = ((times.len() as f64 * share) as usize).min(times.len().saturating_sub(1));
        times.get(index).map_or(f64::NAN, |time| time.as_secs_f64() * 1000.0)
    };
    println!(
        "{what:<52} {:>6} {:>9.1} {:>9.1} {:>9.1} {:>9.1}",
        times.len(),
        at(0.5),
        at(0.95),
        at(0.99),
        at(1.0)
    );
}

fn forms() -> Result<BTreeMap<String, Form>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../pipelines/forms");
    let mut forms = BTreeMap::new();
    for file in std::fs::read_dir(folder)? {
        let path = file?.path();
        if path.extension().is_some_and(|extension| extension == "toml") {
            let form: Form = toml::from_str(&std::fs::read_to_string(&path)?)?;
            forms.insert(form.id.clone(), form);
        }
    }
    Ok(forms)
}

/// Volumes of a thousand entries, read: two fields in three offered as right.
async fn fill(db: &Database, form: &Form, entries: usize) -> Result<()> {
    let fields = form.fields.iter().enumerate().map(|(index, field)| {
        let read = Field {
            text: format!("Nguyễn Văn {index}"),
            bbox: Rect::new(10.0 * index as f64, 10.0, 9.0, 8.0),
            accepted: index % 3 != 0,
            confidence: 0.8,
            reader: "bench".to_owned(),
            ..Field::default()
        };
        (field.name.clone(), read)
    });
    let entry = Entry { bbox: Rect::new(0.0, 0.0, 900.0, 60.0), fields: fields.collect() };
    let pages = entries.div_ceil(PER_PAGE);
    for volume in 0..pages.div_ceil(100) {
        let text = format!(
            "name = \"KS.{volume}\"\noffice = \"Phường {}\"\nregister_type = \"birth\"\nyear_from = 1985\n",
            volume % 7
        );
        let descriptor = toml::from_str(&text)?;
        let description = VolumeDescription { descriptor: &descriptor, text: &text, office_at_date: None };
        let id = db.describe_volume("bench", &description).await?.id;
        let in_volume = (pages - volume * 100).min(100);
        let pages = (0..in_volume).map(|index| NewPage { page_index: index as u32, ..NewPage::default() });
        let sha256 = hex::encode(Sha256::digest(volume.to_be_bytes()));
        let handed = Handed::Taken { sha256, bytes: 1, pages: pages.collect() };
        let intake = FileIntake { who: "bench", volume_id: id, batch: "1", source: "1.tif", handed };
        db.record_file(&intake).await?;
        for work in db.claim_pages("bench", 600_000, in_volume as i64, Some(id)).await? {
            let reading = PageReading {
                schema_version: SCHEMA_VERSION,
                page: "1.tif".to_owned(),
                page_index: 0,
                form: form.id.clone(),
                family: form.family.clone(),
                register_type: Some(RegisterType::Birth),
                entries: vec![entry.clone(); PER_PAGE],
                issues: Vec::new(),
                elapsed_ms: 0,
            };
            let completion = Completion {
                lease: &work.lease,
                outcome: &Outcome::Done,
                reading: Some(&reading),
                provenance: &Provenance::default(),
                size: Some((2480, 3508)),
                dpi: Some(300.0),
                elapsed_ms: 1,
            };
            db.complete_page("bench", &completion).await?;
        }
    }
    Ok(())
}

/// One person over one connection.
struct Clerk {
    connection: TcpStream,
    cookie: String,
    csrf: String,
    buffer: Vec<u8>,
}

impl Clerk {
    async fn new(db: &Database, address: SocketAddr, name: &str) -> Result<Self> {
        let account = NewAccount {
            login: name.to_owned(),
            name: name.to_owned(),
            password_hash: String::new(),
            roles: vec![Role::Clerk],
            offices: OfficeScope::All,
        };
        let id = db.create_account("bench", &account).await?;
        let token = format!("token of {name}").replace(' ', "-");
        db.open_session(&hex::encode(Sha256::digest(token.as_bytes())), id, "csrf", true).await?;
        let connection = TcpStream::connect(address).await?;
        connection.set_nodelay(true)?;
        Ok(Self { connection, cookie: token, csrf: "csrf".to_owned(), buffer: Vec::new() })
    }

    /// One request over the open connection; what came back, and how long it took.
    async fn call(&mut self, method: &str, path: &str, body: &Value) -> Result<(Value, Duration)> {
        let body = body.to_string();
        let request = format!(
            "{method} {path} HTTP/1.1\r\nhost: bench\r\ncookie: sobo_session={}\r\nx-csrf: {}\r\n\
             content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            self.cookie,
            self.csrf,
            body.len()
        );
        let asked = Instant::now();
        self.connection.write_all(request.as_bytes()).await?;
        self.buffer.clear();
        let (mut head, mut length) = (None, 0);
        loop {
            let mut chunk = [0_u8; 16 << 10];
            let read = self.connection.read(&mut chunk).await?;
            ensure!(read > 0, "the server hung up");
            self.buffer.extend_from_slice(&chunk[..read]);
            if head.is_none()
                && let Some(end) = self.buffer.windows(4).position(|four| four == b"\r\n\r\n")
            {
                let text = String::from_utf8_lossy(&self.buffer[..end]).to_lowercase();
                length = text
                    .lines()
                    .find_map(|line| line.strip_prefix("content-length: "))
                    .and_then(|length| length.trim().parse().ok())
                    .unwrap_or(0);
                head = Some(end + 4);
            }
            if let Some(start) = head
                && self.buffer.len() >= start + length
            {
                let took = asked.elapsed();
                let status = String::from_utf8_lossy(&self.buffer[..start.min(15)]).into_owned();
                ensure!(status.contains(" 20"), "{method} {path}: {}", String::from_utf8_lossy(&self.buffer));
                let body = &self.buffer[start..start + length];
                let value = if body.is_empty() { Value::Null } else { serde_json::from_slice(body)? };
                return Ok((value, took));
            }
        }
    }

    /// Works for a while: takes the next entry ahead, keeps a draft, submits.
    async fn work(
        mut self,
        long: Duration,
        pace: Duration,
        offset: Duration,
    ) -> Result<(Vec<Duration>, Vec<Duration>)> {
        tokio::time::sleep(offset).await;
        let (mut of_next, mut of_submit) = (Vec::new(), Vec::new());
        let started = Instant::now();
        let wish = |after: i64, except: &[i64]| json!({ "step": "entry", "after": after, "except": except });
        let (mut here, took) = self.call("POST", "/api/work/next", &wish(-1, &[])).await?;
        of_next.push(took);
        while started.elapsed() < long && !here.is_null() {
            let id = here["id"].as_i64().context("an entry has an id")?;
            let place = here["place"].as_i64().unwrap_or(-1);
            let (ahead, took) = self.call("POST", "/api/work/next", &wish(place, &[id])).await?;
            of_next.push(took);
            let mut statements = serde_json::Map::new();
            for field in here["fields"].as_array().into_iter().flatten() {
                if field["attention"] == json!(true) {
                    let name = field["name"].as_str().unwrap_or_default().to_owned();
                    statements.insert(name, json!({ "text": "Trần Văn Ba" }));
                }
            }
            tokio::time::sleep(pace / 2).await;
            self.call("PUT", &format!("/api/entries/{id}/draft"), &json!({ "said": statements })).await?;
            tokio::time::sleep(pace / 2).await;
            let body = json!({ "step": "entry", "deeds": here["deeds"], "statements": statements });
            let (_, took) = self.call("POST", &format!("/api/entries/{id}/submit"), &body).await?;
            of_submit.push(took);
            here = ahead;
        }
        Ok((of_next, of_submit))
    }
}

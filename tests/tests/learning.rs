//! The reader learns: pages read, verified, taught from, judged, promoted, read again, rolled back. Real weights, real
//! training on fewer than a hundred lines.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stderr,
    reason = "a test fails by panicking"
)]

use std::path::{Path, PathBuf};

use anyhow::Result;
use indexmap::IndexMap;
use serde_json::Value;
use sobo_core::{Lacuna, Original, Rect};
use sobo_db::{Acted, Database, NewRecord};
use sobo_tests::{outcome, root, sobo};
use sobo_verify::{Actor, Chain, Event, Role, Sheet, Stage, Statement, StepKind};

const VOLUME: &str = "KS.1991.01.B";
const REASON: &str = "đọc tốt hơn trên sổ này";

/// The trainer's environment, or `None` where it is not installed and nobody demands it.
fn trainer() -> Option<PathBuf> {
    let folder =
        std::env::var_os("SOBO_TRAINER").map_or_else(|| root().join("var/test/trainer"), PathBuf::from);
    // A folder alone may be what a broken installation left.
    let ready = folder.join("bin/python").exists() && std::env::var_os("SOBO_TRAINER").is_some();
    if ready {
        return Some(folder);
    }
    let demanded = std::env::var_os("SOBO_REQUIRE_TRAINER").is_some();
    assert!(!demanded, "{} has no trainer: `cargo xtask test` installs it", folder.display());
    eprintln!("left out: no trainer in {}; `cargo xtask test` installs it", folder.display());
    None
}

fn run(store: &Path, trainer: &Path, arguments: &[&str]) -> (i32, String, String) {
    let mut command = sobo(store).unwrap();
    outcome(command.env("SOBO_TRAINER", trainer).args(arguments)).unwrap()
}

fn well(store: &Path, trainer: &Path, arguments: &[&str]) -> String {
    let (code, text, errors) = run(store, trainer, arguments);
    assert_eq!(code, 0, "sobo {}: {text}{errors}", arguments.join(" "));
    text
}

/// The written text of the fields of the truth's entry that lies where `bbox` does.
fn truth_at(page: &Value, bbox: Rect<Original>) -> IndexMap<String, String> {
    let entries = page["entries"].as_array().unwrap();
    let rect = |value: &Value| serde_json::from_value::<Rect<Original>>(value["bbox"].clone()).unwrap();
    let best = entries.iter().max_by(|a, b| rect(a).iou(&bbox).total_cmp(&rect(b).iou(&bbox))).unwrap();
    let fields = best["fields"].as_object().unwrap();
    fields.iter().map(|(name, field)| (name.clone(), field["text"].as_str().unwrap().to_owned())).collect()
}

/// Everybody says what the truth says, step by step to the registrar.
async fn sign_off(database: &Database, entry: i64, truth: &IndexMap<String, String>) -> Result<()> {
    for person in 1..9 {
        let (record, state) = database.record(entry).await?;
        let Stage::Awaiting(step) = state.stage() else { break };
        let said = |name: &String| match truth.get(name) {
            Some(text) => Statement::of_text(text),
            None => Statement::of_lacuna(Lacuna::Blank),
        };
        let statements = match step {
            StepKind::SignOff => IndexMap::new(),
            _ => state.sheet().fields.keys().map(|name| (name.clone(), said(name))).collect(),
        };
        let event = Event::Submit { step, statements };
        let acted = database.act(entry, record.deeds, event, &Actor::new(person, &Role::ALL), "test").await?;
        assert!(matches!(acted, Acted::Done(_)), "{acted:?}");
    }
    Ok(())
}

/// Verifies every entry of the first `pages` pages; gives their number.
async fn verify(database: &Database, folder: &Path, pages: usize) -> Result<usize> {
    let volume = database.volume_named(VOLUME).await?.unwrap();
    let mut verified = 0;
    for page in database.pages_of_volume(volume.id).await?.iter().take(pages) {
        let name = Path::new(&page.source).with_extension("json");
        let truth = std::fs::read(folder.join(name.file_name().unwrap()))?;
        let truth: Value = serde_json::from_slice(&truth)?;
        for (place, record) in database.entries_of_page(page.id).await?.iter().enumerate() {
            let entry = record.entry();
            database
                .begin_records(&[NewRecord {
                    entry_id: record.head.id,
                    page_id: page.id,
                    volume_id: volume.id,
                    office: volume.descriptor.office.clone(),
                    form: page.form.clone(),
                    place: page.sequence * 100 + place as i64,
                    chain: Chain::full(),
                    draw: 0,
                    sheet: Sheet::of_entry(&entry, None),
                }])
                .await?;
            sign_off(database, record.head.id, &truth_at(&truth, entry.bbox)).await?;
            verified += 1;
        }
    }
    Ok(verified)
}

#[test]
fn verified_pages_teach_a_reader_that_can_be_promoted_and_rolled_back() {
    let Some(trainer) = trainer() else { return };
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path().join("store");
    let scans = root().join("samples/volumes").join(VOLUME);
    let scope = format!("volume:{VOLUME}");
    well(&store, &trainer, &["intake", scans.to_str().unwrap()]);
    well(&store, &trainer, &["run", "--jobs", "2"]);

    // Nobody has verified anything, and no office was asked.
    let (code, _, errors) = run(&store, &trainer, &["adapt", "train", "--scope", &scope]);
    assert_eq!(code, 1);
    assert!(errors.contains("sobo adapt allow"), "{errors}");

    let runtime = tokio::runtime::Runtime::new().unwrap();
    let url = format!("sqlite://{}", store.join("sobo.db").display());
    let database = runtime.block_on(Database::connect(&url)).unwrap();
    let volume = runtime.block_on(database.volume_named(VOLUME)).unwrap().unwrap();
    let pages = runtime.block_on(database.pages_of_volume(volume.id)).unwrap();
    let verified = runtime.block_on(verify(&database, &scans, pages.len() - 1)).unwrap();
    assert!(verified >= 4, "{verified} entries were found on the first pages");
    well(&store, &trainer, &["adapt", "allow", &volume.descriptor.office]);

    // Fewer than a hundred lines, few views: minutes on an office's machine, seconds here.
    let text =
        well(&store, &trainer, &["adapt", "train", "--scope", &scope, "--limit", "90", "--views", "120"]);
    assert!(text.contains("verdict"), "{text}");
    let listed: Value =
        serde_json::from_str(&well(&store, &trainer, &["adapt", "list", "--format", "json"])).unwrap();
    let model = &listed["models"][0];
    let id = model["id"].as_str().unwrap().to_owned();
    let card = &model["card"];
    assert!(card["terms"]["lines"].as_u64().is_some_and(|lines| (10..=90).contains(&lines)), "{card}");
    assert!(card["judged"]["verified"]["lines"].as_u64().is_some_and(|lines| lines > 0), "{card}");
    assert!(card["judged"]["fixed"]["lines"].as_u64().is_some_and(|lines| lines >= 250), "{card}");
    assert_eq!(model["withdrawn"], 0);
    // The set holds ids and digests, and not a word of what the lines say.
    let manifest = runtime.block_on(database.line_set_manifest(model["set"].as_str().unwrap())).unwrap();
    assert!(manifest.contains("\"digest\"") && !manifest.contains("Nguyễn"), "{manifest}");

    // A hundred lines need not be enough: what was not judged better is refused.
    let verdict = model["verdict"].as_str().unwrap().to_owned();
    if verdict != "better" {
        let (code, _, errors) = run(&store, &trainer, &["adapt", "promote", &id, "--reason", REASON]);
        assert_eq!(code, 1);
        assert!(errors.contains("not judged better"), "{errors}");
        // To go on, the judgement is overruled here as nothing but a test can.
        runtime.block_on(database.judge_model("test", &id, &card.to_string(), "better")).unwrap();
    }
    let before: Vec<_> = runtime.block_on(values(&database, volume.id));
    well(&store, &trainer, &["adapt", "promote", &id, "--reason", REASON, "--reread"]);
    let waiting = runtime.block_on(database.queue_length(None)).unwrap().waiting;
    assert_eq!(waiting, 1, "the page nobody worked at waits, the verified ones do not");
    well(&store, &trainer, &["run", "--jobs", "1"]);
    let last = pages.last().unwrap().id;
    let reading = runtime.block_on(database.reading_of_page(last)).unwrap().unwrap();
    assert_eq!(reading.made_by.model, id, "every reading keeps the model that made it");
    let first = runtime.block_on(database.reading_of_page(pages[0].id)).unwrap().unwrap();
    assert_ne!(first.made_by.model, id);
    assert_eq!(runtime.block_on(values(&database, volume.id)), before, "verified values never change");

    well(&store, &trainer, &["adapt", "rollback", &scope, "--reason", "thử lại", "--reread"]);
    well(&store, &trainer, &["run", "--jobs", "1"]);
    let reading = runtime.block_on(database.reading_of_page(last)).unwrap().unwrap();
    assert_eq!(reading.made_by.model, first.made_by.model, "the shipped model reads again");

    // The office takes its consent back: the model is marked and cannot be promoted again.
    well(&store, &trainer, &["adapt", "forbid", &volume.descriptor.office]);
    let (code, _, errors) = run(&store, &trainer, &["adapt", "promote", &id, "--reason", REASON]);
    assert!(code == 1 && errors.contains("withdrawn"), "{errors}");
    runtime.block_on(database.verify_chain()).unwrap();
}

async fn values(database: &Database, volume: i64) -> Vec<(i64, IndexMap<String, Statement>)> {
    let mut all = Vec::new();
    for record in database.records_of_volume(volume).await.unwrap().iter().filter(|record| record.deeds > 0) {
        all.push((record.entry_id, database.record(record.entry_id).await.unwrap().1.values()));
    }
    all
}

//! The reader learns: pages read, verified, taught from, judged, promoted, read again, rolled back. Real weights, real
//! training on fewer than a hundred lines.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod people;

use std::path::Path;

use indexmap::IndexMap;
use serde_json::Value;
use sobo_db::Database;
use sobo_tests::{outcome, root, sobo, trainer};
use sobo_verify::Statement;

const VOLUME: &str = "KS.1991.01.B";
const REASON: &str = "đọc tốt hơn trên sổ này";

fn run(store: &Path, trainer: &Path, arguments: &[&str]) -> (i32, String, String) {
    let mut command = sobo(store).unwrap();
    outcome(command.env("SOBO_TRAINER", trainer).args(arguments)).unwrap()
}

fn well(store: &Path, trainer: &Path, arguments: &[&str]) -> String {
    let (code, text, errors) = run(store, trainer, arguments);
    assert_eq!(code, 0, "sobo {}: {text}{errors}", arguments.join(" "));
    text
}

/// Starts a command and breaks it off as Ctrl-C at a terminal does, once training has begun.
fn broken_off(store: &Path, trainer: &Path, arguments: &[&str]) {
    use std::io::BufRead as _;
    use std::os::unix::process::CommandExt as _;
    let mut command = sobo(store).unwrap();
    command.env("SOBO_TRAINER", trainer).args(arguments).process_group(0);
    command.stdout(std::process::Stdio::null()).stderr(std::process::Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut said = Vec::new();
    for line in std::io::BufReader::new(child.stderr.take().unwrap()).lines() {
        said.push(line.unwrap());
        if said.iter().any(|line| line.contains("lines teach (")) && said.len() < 1000 {
            let group = format!("-{}", child.id());
            std::process::Command::new("kill").args(["-INT", "--", &group]).status().unwrap();
            break;
        }
    }
    let status = child.wait().unwrap();
    assert_eq!(status.code(), Some(130), "{status}: {said:?}");
}

/// N-grams of the shipped language model that cost more, or go on dearer, in a model taught here, and those that cost less.
fn n_grams_moved(model: &Path) -> (usize, usize) {
    // `SOBOLM01`, letters, bits; then a fingerprint (u32) and two bytes (cost, weight of going on) a slot.
    let before = std::fs::read(root().join("models/language.bin")).unwrap();
    let after = std::fs::read(model.join("language.bin")).unwrap();
    assert_eq!(before[..16], after[..16]);
    let slots = 1_usize << u32::from_le_bytes(before[12..16].try_into().unwrap());
    let values = 16 + 4 * slots;
    let (mut dearer, mut cheaper) = (0, 0);
    for slot in 0..slots {
        let (mark, value) = (16 + 4 * slot, values + 2 * slot);
        if before[mark..mark + 4] == [0; 4] {
            continue;
        }
        assert_eq!(before[mark..mark + 4], after[mark..mark + 4], "slot {slot} holds another n-gram");
        dearer += usize::from(after[value] > before[value] || after[value + 1] != before[value + 1]);
        cheaper += usize::from(after[value] < before[value]);
    }
    (dearer, cheaper)
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
    let office = volume.descriptor.office.clone();
    let first = &pages[..pages.len() - 1];
    let verified = runtime.block_on(people::verify(&database, &scans, &office, first)).unwrap();
    assert!(verified >= 4, "{verified} entries were found on the first pages");
    well(&store, &trainer, &["adapt", "allow", &volume.descriptor.office]);

    // Fewer than a hundred lines, few views: minutes on an office's machine, seconds here. Broken off once, as at a
    // terminal: the same command goes on.
    let train = ["adapt", "train", "--scope", &scope, "--limit", "90", "--views", "120"];
    broken_off(&store, &trainer, &train);
    let (code, text, errors) = run(&store, &trainer, &train);
    assert_eq!(code, 0, "{text}{errors}");
    assert!(text.contains("verdict"), "{text}");
    let begun = errors.lines().find(|line| line.contains("lines teach (")).unwrap();
    assert!(begun.contains("goes on after step"), "it began anew: {begun}");
    let listed: Value =
        serde_json::from_str(&well(&store, &trainer, &["adapt", "list", "--format", "json"])).unwrap();
    let model = &listed["models"][0];
    let id = model["id"].as_str().unwrap().to_owned();
    let card = &model["card"];
    assert!(card["terms"]["lines"].as_u64().is_some_and(|lines| (10..=90).contains(&lines)), "{card}");
    assert!(card["judged"]["verified"]["lines"].as_u64().is_some_and(|lines| lines > 0), "{card}");
    assert!(card["judged"]["fixed"]["lines"].as_u64().is_some_and(|lines| lines >= 250), "{card}");
    assert!(card["judged"]["fields"]["fields"].as_u64().is_some_and(|fields| fields > 20), "{card}");
    assert_eq!(model["withdrawn"], 0);
    // What confidences of fields are worth was fitted anew, too, and goes with the model.
    let own = store.join("models").join(id.replace(':', "-")).join("fields.toml");
    assert!(std::fs::read_to_string(&own).unwrap().contains("[[extract.calibration]]"), "{}", own.display());
    let (dearer, cheaper) = n_grams_moved(&store.join("models").join(id.replace(':', "-")));
    assert_eq!(dearer, 0, "no text, and so no rare name, becomes dearer than the shipped model made it");
    assert!(cheaper > 0, "what was verified twice becomes cheaper");
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
    assert_ne!(
        first.made_by.settings, reading.made_by.settings,
        "each model has its own calibration of fields"
    );
    assert_eq!(runtime.block_on(values(&database, volume.id)), before, "verified values never change");

    well(&store, &trainer, &["adapt", "rollback", &scope, "--reason", "thử lại", "--reread"]);
    well(&store, &trainer, &["run", "--jobs", "1"]);
    let reading = runtime.block_on(database.reading_of_page(last)).unwrap().unwrap();
    assert_eq!(reading.made_by.model, first.made_by.model, "the shipped model reads again");

    // The office takes its consent back: the model is marked and cannot be promoted again.
    let cut = store.join("adapt").join(&model["set"].as_str().unwrap()[..16]);
    assert!(cut.join("teach/labels.tsv").exists());
    well(&store, &trainer, &["adapt", "forbid", &volume.descriptor.office]);
    assert!(!cut.exists(), "the lines go with the consent");
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

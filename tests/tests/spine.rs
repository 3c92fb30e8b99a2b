//! The main job end to end: samples in, entries out, found again.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use sobo_tests::{outcome, root, sobo};

/// The first volume of the samples with this family: descriptor, images and truth.
fn volume(family: &str) -> PathBuf {
    let mut volumes: Vec<_> =
        fs::read_dir(root().join("samples/volumes")).unwrap().map(|entry| entry.unwrap().path()).collect();
    volumes.sort();
    volumes
        .into_iter()
        .find(|volume| truths(volume).first().is_some_and(|(_, truth)| truth["family"] == family))
        .unwrap()
}

fn truths(volume: &Path) -> Vec<(PathBuf, Value)> {
    let mut truths: Vec<_> = fs::read_dir(volume)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "json"))
        .map(|path| {
            let truth: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
            (volume.join(truth["page"].as_str().unwrap()), truth)
        })
        .collect();
    truths.sort_by(|a, b| a.0.cmp(&b.0));
    truths
}

#[test]
fn a_volume_goes_from_scans_to_searchable_entries() {
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path().join("store");
    let volume = volume("C");
    let expected: usize =
        truths(&volume).iter().map(|(_, truth)| truth["entries"].as_array().unwrap().len()).sum();

    let mut intake = sobo(&store).unwrap();
    let (code, _, errors) = outcome(intake.arg("intake").arg(&volume)).unwrap();
    assert_eq!(code, 0, "{errors}");
    let mut run = sobo(&store).unwrap();
    let (code, text, errors) = outcome(run.args(["run", "--jobs", "2", "--format", "json"])).unwrap();
    assert_eq!(code, 0, "{text}{errors}");
    let summary: Value = serde_json::from_str(&text).unwrap();
    let entries = summary["entries"].as_u64().unwrap() as usize;
    assert!(entries * 10 >= expected * 8 && entries <= expected, "{entries} of {expected} entries");

    let mut status = sobo(&store).unwrap();
    let (_, text, _) = outcome(status.args(["status", "--format", "json"])).unwrap();
    let status: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(status["queue"]["waiting"], 0);
    assert_eq!(status["volumes"][0]["progress"]["entries"].as_u64().unwrap() as usize, entries);

    // What the store says was read is found again, without diacritics too.
    let mut search = sobo(&store).unwrap();
    let (_, text, _) = outcome(search.args(["search", "--format", "json", "--limit", "50"])).unwrap();
    let all: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(all["total"].as_u64().unwrap() as usize, entries);
    let (id, name) = all["hits"]
        .as_array()
        .unwrap()
        .iter()
        .find_map(|hit| {
            let fields = hit["document"]["fields"].as_array()?;
            let field = fields.iter().find(|field| field["role"] == "subject")?;
            Some((hit["document"]["entry_id"].clone(), field["text"].as_str()?.to_owned()))
        })
        .expect("some entry has a name");
    for words in [name.clone(), sobo_core_fold(&name)] {
        let mut search = sobo(&store).unwrap();
        let (_, text, _) = outcome(search.args(["search", "--format", "json", &words])).unwrap();
        let found: Value = serde_json::from_str(&text).unwrap();
        let hits = found["hits"].as_array().unwrap();
        assert!(
            hits.iter().any(|hit| hit["document"]["entry_id"] == id),
            "«{words}» should be found: {text}"
        );
    }

    let html = folder.path().join("report.html");
    let csv = folder.path().join("report.csv");
    let mut report = sobo(&store).unwrap();
    let (code, _, errors) =
        outcome(report.args(["report", "--html"]).arg(&html).arg("--csv").arg(&csv)).unwrap();
    assert_eq!(code, 0, "{errors}");
    let name = status["volumes"][0]["volume"]["descriptor"]["name"].as_str().unwrap();
    assert!(fs::read_to_string(html).unwrap().contains(name));
    assert_eq!(fs::read_to_string(csv).unwrap().lines().count(), 2);
}

/// Diacritics off, for the few letters names use; the product's own folding is tested elsewhere.
fn sobo_core_fold(text: &str) -> String {
    const PLAIN: &[(&str, char)] = &[
        ("àáảãạăằắẳẵặâầấẩẫậ", 'a'),
        ("èéẻẽẹêềếểễệ", 'e'),
        ("ìíỉĩị", 'i'),
        ("òóỏõọôồốổỗộơờớởỡợ", 'o'),
        ("ùúủũụưừứửữự", 'u'),
        ("ỳýỷỹỵ", 'y'),
        ("đ", 'd'),
    ];
    text.to_lowercase()
        .chars()
        .map(|c| PLAIN.iter().find(|(marked, _)| marked.contains(c)).map_or(c, |(_, plain)| *plain))
        .collect()
}

#[test]
fn read_prints_one_object_a_page_in_order_failed_ones_too() {
    let folder = tempfile::tempdir().unwrap();
    let pages = truths(&volume("A"));
    let broken = folder.path().join("broken.jpg");
    fs::write(&broken, &fs::read(&pages[0].0).unwrap()[..5000]).unwrap();
    let overlay = folder.path().join("overlays");
    let mut read = sobo(folder.path()).unwrap();
    read.arg("read").arg(&pages[0].0).arg(&broken).arg("--overlay").arg(&overlay);
    let (code, text, errors) = outcome(&mut read).unwrap();
    assert_eq!(code, 3, "{errors}");
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 2);
    assert_eq!(lines[0]["page"], pages[0].1["page"]);
    assert_eq!((&lines[0]["schema_version"], &lines[0]["page_index"]), (&1.into(), &0.into()));
    assert_eq!(lines[0]["family"], "A");
    let fields = lines[0]["entries"][0]["fields"].as_object().unwrap();
    assert!(!fields.is_empty());
    for (name, field) in fields {
        assert_eq!(field["bbox"].as_array().unwrap().len(), 4, "{name}");
        assert_eq!(
            field["text"] == "",
            !field["lacuna"].is_null(),
            "{name}: text or lacuna, never both: {field}"
        );
        let confidence = field["confidence"].as_f64().unwrap();
        assert!((0.0..=1.0).contains(&confidence) && field["accepted"].is_boolean(), "{name}: {field}");
    }
    assert!(lines[1]["entries"].as_array().unwrap().is_empty());
    assert!(lines[1]["issues"][0].as_str().unwrap().contains("broken.jpg"), "{}", lines[1]);
    assert_eq!(fs::read_dir(overlay).unwrap().count(), 1);
}

#[test]
fn the_same_page_reads_the_same_whatever_the_number_of_threads() {
    let folder = tempfile::tempdir().unwrap();
    let pages = truths(&volume("C"));
    let read = |jobs: &str| {
        let mut read = sobo(folder.path()).unwrap();
        read.arg("read").args(pages.iter().take(2).map(|page| &page.0)).args(["--jobs", jobs]);
        let (_, text, _) = outcome(&mut read).unwrap();
        text.lines()
            .map(|line| {
                let mut page: Value = serde_json::from_str(line).unwrap();
                page.as_object_mut().unwrap().remove("elapsed_ms");
                page
            })
            .collect::<Vec<_>>()
    };
    assert_eq!(read("1"), read("2"));
}

#[test]
fn evaluate_scores_the_samples() {
    let folder = tempfile::tempdir().unwrap();
    let mut evaluate = sobo(folder.path()).unwrap();
    evaluate.arg("evaluate").arg(volume("C")).args(["--format", "json", "--jobs", "2"]);
    let (code, text, errors) = outcome(&mut evaluate).unwrap();
    assert_eq!(code, 0, "{errors}");
    let report: Value = serde_json::from_str(&text).unwrap();
    let all = &report["all"];
    assert!(all["fields"].as_u64().unwrap() > 10, "{all}");
    for figure in ["cer", "exact", "assignment", "accepted", "accepted_error", "invented"] {
        let value = all[figure]["value"].as_f64().unwrap();
        assert!(value >= 0.0 && all[figure]["high"].as_f64().unwrap() >= value, "{figure}: {}", all[figure]);
    }
    assert!(all["assignment"]["value"].as_f64().unwrap() > 0.5, "{all}");
}

#[test]
fn help_teaches_and_completions_are_there() {
    let folder = tempfile::tempdir().unwrap();
    let (code, help, _) = outcome(sobo(folder.path()).unwrap().arg("--help")).unwrap();
    assert_eq!(code, 0);
    assert!(help.contains("Exit codes") && help.contains("sobo intake"), "{help}");
    for shell in ["bash", "zsh", "fish"] {
        let (code, script, _) = outcome(sobo(folder.path()).unwrap().args(["completions", shell])).unwrap();
        assert!(code == 0 && script.contains("read-lines"), "{shell}");
    }
    let (code, _, _) = outcome(sobo(folder.path()).unwrap().arg("nonsense")).unwrap();
    assert_eq!(code, 2);
}

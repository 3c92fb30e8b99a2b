//! Bad input gets a recorded outcome that names the file and what to do; the batch goes on.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

use std::fs;
use std::path::Path;

use serde_json::Value;
use sobo_tests::{outcome, root, sobo};

const VOLUME: &str = "name = 'KS.2001.01'\noffice = 'UBND phường 1, quận Bình Thạnh'\nregister_type = 'birth'\n\
                      year_from = 2001\n";

fn scan(name: &str) -> Vec<u8> {
    fs::read(root().join("crates/sobo-intake/tests/data").join(name)).unwrap()
}

/// A PNG of nothing but white, which no form fits.
fn white() -> Vec<u8> {
    fs::read(root().join("tests/data/white.png")).unwrap()
}

fn huge_png() -> Vec<u8> {
    fs::read(root().join("tests/data/huge-header.png")).unwrap()
}

fn fill(folder: &Path) {
    fs::write(folder.join("volume.toml"), VOLUME).unwrap();
    fs::write(folder.join("01-white.png"), white()).unwrap();
    fs::write(folder.join("02-zero.tif"), b"").unwrap();
    let photo = scan("photo.jpg");
    fs::write(folder.join("03-cut.jpg"), &photo[..photo.len() - 60]).unwrap();
    fs::write(folder.join("04-wrong-extension.tif"), white()).unwrap();
    fs::write(folder.join("05-huge.png"), huge_png()).unwrap();
    fs::write(folder.join("06-text.jpg"), "this is no picture").unwrap();
    fs::write(folder.join("07-locked.pdf"), scan("encrypted.pdf")).unwrap();
    fs::write(folder.join("08-empty.pdf"), "%PDF-1.4\n%%EOF\n").unwrap();
    fs::write(folder.join("09-cut.zip"), b"PK\x03\x04 and no more").unwrap();
}

#[test]
fn every_bad_file_has_its_reason_and_the_batch_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let scans = folder.path().join("scans");
    fs::create_dir(&scans).unwrap();
    fill(&scans);
    let store = folder.path().join("store");

    let mut dry = sobo(&store).unwrap();
    let (code, planned, _) = outcome(dry.args(["intake", "--dry-run"]).arg(&scans)).unwrap();
    assert_eq!(code, 3, "{planned}");
    assert_eq!(planned.lines().filter(|line| line.starts_with("refuse")).count(), 6, "{planned}");

    let mut intake = sobo(&store).unwrap();
    let (code, summary, errors) = outcome(intake.args(["intake", "--format", "json"]).arg(&scans)).unwrap();
    assert_eq!(code, 3, "{errors}");
    let summary: Value = serde_json::from_str(summary.trim()).unwrap();
    // The white page comes twice under two names, the second with the wrong extension: a duplicate.
    assert_eq!(summary["duplicates"].as_array().unwrap().len(), 1, "{summary}");
    let refused = summary["refused"].as_array().unwrap();
    assert_eq!(refused.len(), 6, "{summary}");
    for (name, advice) in [
        ("02-zero.tif", "copy it again"),
        ("05-huge.png", "40000 × 40000"),
        ("06-text.jpg", "export it as"),
        ("07-locked.pdf", "remove the password"),
        ("08-empty.pdf", "08-empty.pdf"),
        ("09-cut.zip", "09-cut.zip"),
    ] {
        let found = refused.iter().any(|file| {
            let reason = file["reason"].as_str().unwrap();
            reason.contains(name) && reason.contains(advice)
        });
        assert!(found, "{name} should be refused with «{advice}»: {summary}");
    }

    let mut run = sobo(&store).unwrap();
    let (code, text, errors) = outcome(run.args(["run", "--format", "json"])).unwrap();
    assert_eq!(code, 3, "{text}\n{errors}");
    let run: Value = serde_json::from_str(&text).unwrap();
    // A JPEG cut short has a good header: that it is damaged shows when it is read.
    let failed = run["failed"].as_array().unwrap();
    assert_eq!(failed.len(), 1, "{text}");
    let reason = failed[0]["reason"].as_str().unwrap();
    assert!(reason.contains("03-cut.jpg") && reason.contains("scan the page again"), "{reason}");
    assert_eq!(run["remaining"], 0, "{text}\n{errors}");
    assert_eq!(run["entries"], 0, "a white page has no entries: {text}");

    // The same folder again: nothing is done twice.
    let mut again = sobo(&store).unwrap();
    let (_, summary, _) = outcome(again.args(["intake", "--format", "json"]).arg(&scans)).unwrap();
    let summary: Value = serde_json::from_str(summary.trim()).unwrap();
    assert_eq!(summary["taken"], 0, "{summary}");
}

#[test]
fn a_full_disk_is_refused_before_anything_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let scans = folder.path().join("scans");
    fs::create_dir(&scans).unwrap();
    fs::write(scans.join("volume.toml"), VOLUME).unwrap();
    fs::write(scans.join("p1.png"), white()).unwrap();
    let config = folder.path().join("sobo.toml");
    fs::write(&config, "disk_reserve_bytes = 9000000000000000\n").unwrap();
    let store = folder.path().join("store");
    let mut intake = sobo(&store).unwrap();
    let (code, _, errors) = outcome(intake.arg("--config").arg(&config).arg("intake").arg(&scans)).unwrap();
    assert_eq!(code, 1, "{errors}");
    assert!(errors.contains("free"), "{errors}");
}

#[test]
fn scans_without_a_descriptor_are_asked_for_one() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("p1.png"), white()).unwrap();
    let mut intake = sobo(&folder.path().join("store")).unwrap();
    let (code, _, errors) = outcome(intake.arg("intake").arg(folder.path().join("p1.png"))).unwrap();
    assert_eq!(code, 1);
    assert!(errors.contains("volume.toml") && errors.contains("--volume"), "{errors}");
}

#[test]
fn an_unknown_key_in_the_configuration_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("sobo.toml");
    fs::write(&config, "databse = 'x'\n").unwrap();
    let mut status = sobo(folder.path()).unwrap();
    let (code, _, errors) = outcome(status.arg("--config").arg(&config).arg("status")).unwrap();
    assert_eq!(code, 1);
    assert!(errors.contains("databse"), "{errors}");
}

//! Bad input gets a recorded outcome that names the file and what to do; the batch goes on.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::Command;

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
    fs::write(folder.join("04-wrong-extension.tif"), scan("scan.jp2")).unwrap();
    fs::write(folder.join("05-huge.png"), huge_png()).unwrap();
    fs::write(folder.join("06-text.jpg"), "this is no picture").unwrap();
    fs::write(folder.join("07-locked.pdf"), scan("encrypted.pdf")).unwrap();
    fs::write(folder.join("08-empty.pdf"), "%PDF-1.4\n%%EOF\n").unwrap();
    fs::write(folder.join("09-cut.zip"), b"PK\x03\x04 and no more").unwrap();
    let zip = |entries: &[(&str, &[u8])]| {
        let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
        for (name, bytes) in entries {
            zip.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
            zip.write_all(bytes).unwrap();
        }
        zip.finish().unwrap().into_inner()
    };
    fs::write(folder.join("10-bomb.zip"), zip(&[("p1.tif", &vec![0; 80 << 20])])).unwrap();
    fs::write(folder.join("11-traversal.zip"), zip(&[("../../p1.jpg", &photo)])).unwrap();
    fs::write(folder.join("12-nested.zip"), zip(&[("inner.zip", &zip(&[("p1.jpg", &photo)]))])).unwrap();
    fs::write(folder.join("13-copy.png"), white()).unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::ffi::OsStrExt as _;
        let name = std::ffi::OsStr::from_bytes(b"14-t\xean.jpg");
        fs::write(folder.join(name), "not UTF-8 by name, no picture by content").unwrap();
    }
}

/// The refusals of a folder of [`fill`]: file, and what to do about it.
const REFUSED: [(&str, &str); 10] = [
    ("02-zero.tif", "copy it again"),
    ("05-huge.png: 40000 × 40000 pixels", "scan at 300 to 400 dpi"),
    ("06-text.jpg", "export it as"),
    ("07-locked.pdf", "remove the password"),
    ("08-empty.pdf", "copy it again from the scanner"),
    ("09-cut.zip", "copy it again from the scanner"),
    ("10-bomb.zip/p1.tif", "zip bomb"),
    ("11-traversal.zip/../../p1.jpg", "made again with plain file names"),
    ("12-nested.zip/inner.zip", "unpack the inner archive first"),
    ("14-t\\xean.jpg", "export it as"),
];

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
    assert_eq!(planned.lines().filter(|line| line.starts_with("refuse")).count(), REFUSED.len(), "{planned}");
    assert!(!store.exists(), "a dry run makes nothing");

    let mut intake = sobo(&store).unwrap();
    let (code, summary, errors) = outcome(intake.args(["intake", "--format", "json"]).arg(&scans)).unwrap();
    assert_eq!(code, 3, "{errors}");
    let summary: Value = serde_json::from_str(summary.trim()).unwrap();
    // The white page comes twice under two names: a duplicate.
    assert_eq!(summary["duplicates"].as_array().unwrap().len(), 1, "{summary}");
    let refused = summary["refused"].as_array().unwrap();
    assert_eq!(refused.len(), REFUSED.len(), "{summary}");
    for (name, advice) in REFUSED {
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

#[cfg(unix)]
#[test]
fn a_folder_that_cannot_be_read_is_named_and_the_rest_taken_in() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let (scans, locked) = (folder.path().join("scans"), folder.path().join("scans/hop 3"));
    fs::create_dir_all(&locked).unwrap();
    fs::write(scans.join("volume.toml"), VOLUME).unwrap();
    fs::write(scans.join("p1.png"), white()).unwrap();
    fs::set_permissions(&locked, fs::Permissions::from_mode(0o000)).unwrap();
    let mut intake = sobo(&folder.path().join("store")).unwrap();
    intake.args(["intake", "--format", "json"]).arg(&scans);
    let (code, summary, errors) = outcome(&mut without_override(&intake)).unwrap();
    fs::set_permissions(&locked, fs::Permissions::from_mode(0o700)).unwrap();
    assert_eq!(code, 3, "{summary}{errors}");
    let summary: Value = serde_json::from_str(summary.trim()).unwrap();
    assert_eq!(summary["taken"], 1, "{summary}");
    let reason = summary["refused"][0]["reason"].as_str().unwrap();
    assert!(reason.contains("hop 3") && reason.contains("this user may read it"), "{reason}");
}

/// The same command bound by file permissions, which root is not.
#[cfg(unix)]
fn without_override(command: &Command) -> Command {
    let mut bound = Command::new("setpriv");
    bound.args(["--bounding-set", "-dac_override,-dac_read_search", "--"]);
    let is_root = fs::metadata("/proc/self").is_ok_and(|me| std::os::unix::fs::MetadataExt::uid(&me) == 0);
    if !is_root {
        bound = Command::new("env");
    }
    bound.arg(command.get_program()).args(command.get_args());
    if let Some(folder) = command.get_current_dir() {
        bound.current_dir(folder);
    }
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => bound.env(name, value),
            None => bound.env_remove(name),
        };
    }
    bound
}

#[cfg(unix)]
#[test]
fn a_write_that_fails_half_way_leaves_nothing_half_done() {
    let folder = tempfile::tempdir().unwrap();
    let (scans, store) = (folder.path().join("scans"), folder.path().join("store"));
    fs::create_dir(&scans).unwrap();
    fs::write(scans.join("volume.toml"), VOLUME).unwrap();
    // Random bytes after the picture's end: a file of two megabytes that is a good PNG.
    let mut large = white();
    large.resize(2 << 20, 7);
    fs::write(scans.join("p1.png"), large).unwrap();
    let (code, _, _) = outcome(sobo(&store).unwrap().args(["intake", "--dry-run"]).arg(&scans)).unwrap();
    assert_eq!(code, 0);
    // A limit on file size stands for the disk: the write fails after the first megabyte.
    let intake = sobo(&store).unwrap();
    let mut limited = Command::new("sh");
    limited.args(["-c", "trap '' XFSZ; ulimit -f 2048; exec \"$@\"", "sh"]).arg(intake.get_program());
    limited.args(intake.get_args()).arg("intake").arg(&scans).current_dir(root());
    let (code, _, errors) = outcome(&mut limited).unwrap();
    assert_eq!(code, 1, "{errors}");
    assert!(errors.contains("check its disk space"), "{errors}");
    let (_, text, _) = outcome(sobo(&store).unwrap().args(["status", "--format", "json"])).unwrap();
    let status: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(status["queue"]["waiting"], 0, "{text}");
    // With room it is taken in as if nothing had been.
    let (code, summary, errors) =
        outcome(sobo(&store).unwrap().args(["intake", "--format", "json"]).arg(&scans)).unwrap();
    assert_eq!(code, 0, "{errors}");
    let summary: Value = serde_json::from_str(summary.trim()).unwrap();
    assert_eq!((&summary["taken"], &summary["already"]), (&1.into(), &0.into()), "{summary}");
}

#[test]
fn an_original_that_vanishes_fails_its_page_and_an_unknown_form_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let (scans, store) = (folder.path().join("scans"), folder.path().join("store"));
    fs::create_dir(&scans).unwrap();
    fs::write(scans.join("volume.toml"), format!("{VOLUME}form = 'C-brith'\n")).unwrap();
    fs::write(scans.join("p1.png"), white()).unwrap();
    fs::write(scans.join("p2.jpg"), scan("photo.jpg")).unwrap();
    let (code, _, errors) = outcome(sobo(&store).unwrap().arg("intake").arg(&scans)).unwrap();
    assert_eq!(code, 0, "{errors}");
    let mut originals = Vec::new();
    files_below(&store.join("vault"), &mut originals);
    let first = originals.iter().find(|path| fs::read(path).unwrap() == white()).unwrap();
    fs::remove_file(first).unwrap();
    let (code, text, errors) = outcome(sobo(&store).unwrap().args(["run", "--format", "json"])).unwrap();
    assert_eq!(code, 3, "{text}{errors}");
    let run: Value = serde_json::from_str(&text).unwrap();
    let reason = |at: usize| run["failed"][at]["reason"].as_str().unwrap().to_owned();
    assert!(reason(0).contains("p1.png") && reason(0).contains("restore it from a copy"), "{text}");
    assert!(reason(1).contains("C-brith") && reason(1).contains("sobo form list"), "{text}");
    assert_eq!(run["remaining"], 0, "{text}");
}

fn files_below(folder: &Path, files: &mut Vec<std::path::PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { files_below(&path, files) } else { files.push(path) }
    }
}

#[test]
fn a_page_no_form_fits_says_so_and_the_others_are_read() {
    let folder = tempfile::tempdir().unwrap();
    let (scans, store) = (folder.path().join("scans"), folder.path().join("store"));
    fs::create_dir(&scans).unwrap();
    // A page of the forms of 2016 in a volume said to be a ledger.
    fs::write(scans.join("volume.toml"), format!("{VOLUME}form = 'B-death'\n")).unwrap();
    fs::copy(root().join("samples/volumes/KS.2022.15.D/p001.jpg"), scans.join("p1.jpg")).unwrap();
    fs::write(scans.join("p2.png"), white()).unwrap();
    outcome(sobo(&store).unwrap().arg("intake").arg(&scans)).unwrap();
    let (code, text, errors) = outcome(sobo(&store).unwrap().args(["run", "--format", "json"])).unwrap();
    assert_eq!(code, 3, "{text}{errors}");
    let run: Value = serde_json::from_str(&text).unwrap();
    let failed = &run["failed"][0];
    assert!(failed["source"].as_str().unwrap().ends_with("p1.jpg"), "{text}");
    let reason = failed["reason"].as_str().unwrap();
    assert!(reason.contains("no form fits") && reason.contains("choose the form by hand"), "{reason}");
    assert_eq!((&run["blank"], &run["remaining"]), (&1.into(), &0.into()), "{text}");
}

#[test]
fn what_asks_for_a_store_that_is_not_there_does_not_make_one() {
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path().join("mistyped");
    for command in ["status", "run", "report", "search"] {
        let (code, _, errors) = outcome(sobo(&store).unwrap().arg(command)).unwrap();
        assert_eq!(code, 1, "{command}");
        assert!(errors.contains("mistyped") && errors.contains("--store"), "{errors}");
    }
    assert!(!store.exists());
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

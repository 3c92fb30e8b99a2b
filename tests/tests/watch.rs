//! `sobo intake --watch`: what appears in a folder is taken in once it is complete.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::process::{Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use serde_json::Value;
use sobo_tests::{outcome, root, sobo};

const VOLUME: &str =
    "name = 'KS.2001.01'\noffice = 'UBND phường 1'\nregister_type = 'birth'\nyear_from = 2001\n";

/// The next summary the watch prints: files taken, pages, refused.
fn summary(lines: &Receiver<String>) -> (u64, u64, Vec<String>) {
    let line = lines.recv_timeout(Duration::from_secs(120)).expect("the watch says what it took in");
    let summary: Value = serde_json::from_str(&line).unwrap();
    let refused = summary["refused"].as_array().unwrap();
    let reasons = refused.iter().map(|file| file["reason"].as_str().unwrap().to_owned()).collect();
    (summary["taken"].as_u64().unwrap(), summary["pages"].as_u64().unwrap(), reasons)
}

#[test]
fn files_are_taken_when_complete_bad_ones_named_and_ctrl_c_ends_it() {
    let folder = tempfile::tempdir().unwrap();
    let (store, scans) = (folder.path().join("store"), folder.path().join("scans"));
    fs::create_dir(&scans).unwrap();
    let mut watch = sobo(&store).unwrap();
    watch.args(["intake", "--format", "json", "--settle", "2", "--watch"]).arg(&scans);
    let mut watch = watch.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let output = BufReader::new(watch.stdout.take().unwrap());
    let (sender, lines) = channel();
    std::thread::spawn(move || output.lines().map_while(Result::ok).for_each(|line| drop(sender.send(line))));

    // A scanner writes slowly, and before anybody has said what volume it is.
    let whole = fs::read(root().join("crates/sobo-intake/tests/data/photo.jpg")).unwrap();
    let mut growing = fs::File::create(scans.join("p001.jpg")).unwrap();
    for part in whole.chunks(whole.len().div_ceil(6)) {
        growing.write_all(part).unwrap();
        growing.flush().unwrap();
        std::thread::sleep(Duration::from_millis(700));
    }
    drop(growing);
    std::thread::sleep(Duration::from_secs(4));
    assert!(lines.try_recv().is_err(), "nothing can be taken in without a descriptor");
    fs::write(scans.join("volume.toml"), VOLUME).unwrap();
    assert_eq!(summary(&lines), (1, 1, vec![]));

    // A bad file is refused by name, a good one beside it taken in.
    fs::write(scans.join("p002.jpg"), "no picture").unwrap();
    fs::copy(root().join("tests/data/white.png"), scans.join("p003.png")).unwrap();
    let (taken, pages, refused) = summary(&lines);
    assert_eq!((taken, pages), (0, 0));
    assert!(refused[0].contains("p002.jpg") && refused[0].contains("export it as"), "{refused:?}");
    assert_eq!(summary(&lines), (1, 1, vec![]));

    // Replaced by a good one, it is looked at again.
    fs::copy(root().join("crates/sobo-intake/tests/data/scan.jp2"), scans.join("p002.jpg")).unwrap();
    assert_eq!(summary(&lines), (1, 1, vec![]));

    let interrupted = Command::new("kill").args(["-INT", &watch.id().to_string()]).status().unwrap();
    assert!(interrupted.success());
    let code = watch.wait().unwrap().code();
    let mut errors = String::new();
    watch.stderr.take().unwrap().read_to_string(&mut errors).unwrap();
    assert_eq!(code, Some(3), "a file was refused: {errors}");
    assert_eq!(
        errors.matches("which volume is this of?").count(),
        1,
        "said once, not at every look: {errors}"
    );
    assert!(lines.recv().is_err(), "nothing else was taken in");

    let (_, text, _) = outcome(sobo(&store).unwrap().args(["status", "--format", "json"])).unwrap();
    let status: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(status["queue"]["waiting"], 3, "{text}");
}

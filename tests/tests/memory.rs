//! Originals larger than what may be held in memory go through intake all the same.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

use std::fs::{self, File};
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use serde_json::Value;
use sobo_tests::sobo;

const SIDE: u32 = 12_000;
const PAGES: u32 = 3;

/// A TIFF of three uncompressed grey pages of 137 MB each; the pixels are a hole in the file.
fn large_tiff(path: &Path) {
    let mut tiff = b"II*\0\x08\0\0\0".to_vec();
    let (pixels, directory) = (SIDE * SIDE, 2 + 9 * 12 + 4);
    let first_pixels = 8 + PAGES * directory;
    for page in 0..PAGES {
        let next = if page + 1 < PAGES { 8 + (page + 1) * directory } else { 0 };
        let fields: [(u16, u16, u32); 9] = [
            (256, 4, SIDE),                         // width
            (257, 4, SIDE),                         // length
            (258, 3, 8),                            // bits a sample
            (259, 3, 1),                            // no compression
            (262, 3, 1),                            // black is zero
            (273, 4, first_pixels + page * pixels), // where the strip begins
            (277, 3, 1),                            // samples a pixel
            (278, 4, SIDE),                         // rows a strip
            (279, 4, pixels),                       // bytes of the strip
        ];
        tiff.extend(9_u16.to_le_bytes());
        for (tag, kind, value) in fields {
            tiff.extend(tag.to_le_bytes());
            tiff.extend(kind.to_le_bytes());
            tiff.extend(1_u32.to_le_bytes());
            tiff.extend(value.to_le_bytes());
        }
        tiff.extend(next.to_le_bytes());
    }
    let mut file = File::create(path).unwrap();
    file.write_all(&tiff).unwrap();
    file.set_len(u64::from(first_pixels + PAGES * pixels)).unwrap();
}

/// Runs a command to its end; gives its output, exit code, and the most memory it held, in MB.
fn peak(command: &mut Command) -> (Option<i32>, String, f64) {
    let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
    let status = format!("/proc/{}/status", child.id());
    let mut peak = 0.0_f64;
    while child.try_wait().unwrap().is_none() {
        let text = fs::read_to_string(&status).unwrap_or_default();
        let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let now = line.and_then(|line| line.split_whitespace().next()?.parse::<f64>().ok());
        peak = peak.max(now.unwrap_or(0.0) / 1024.0);
        std::thread::sleep(Duration::from_millis(5));
    }
    let ended = child.wait_with_output().unwrap();
    (ended.status.code(), String::from_utf8(ended.stdout).unwrap(), peak)
}

#[test]
fn a_file_larger_than_memory_allows_is_taken_in() {
    let folder = tempfile::tempdir().unwrap();
    let (scans, store) = (folder.path().join("scans"), folder.path().join("store"));
    fs::create_dir(&scans).unwrap();
    fs::write(
        scans.join("volume.toml"),
        "name = 'KS.2001.01'\noffice = 'UBND phường 1'\nregister_type = 'birth'\nyear_from = 2001\n",
    )
    .unwrap();
    large_tiff(&scans.join("book.tif"));
    let bytes = fs::metadata(scans.join("book.tif")).unwrap().len();
    let mut intake = sobo(&store).unwrap();
    let (code, summary, megabytes) = peak(intake.args(["intake", "--format", "json"]).arg(&scans));
    assert_eq!(code, Some(0), "{summary}");
    let summary: Value = serde_json::from_str(summary.trim()).unwrap();
    assert_eq!((&summary["taken"], &summary["pages"]), (&1.into(), &PAGES.into()), "{summary}");
    assert!(megabytes > 1.0 && megabytes < 128.0, "{megabytes} MB for a file of {} MB", bytes >> 20);
}

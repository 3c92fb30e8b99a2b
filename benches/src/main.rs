//! Pages per second at one and two jobs and peak memory, beside the `tesseract` program on the same
//! pages in the same run: `cargo xtask bench`.
//!
//! This machine may be noisy: compare the ratios, not the figures.
#![allow(clippy::print_stdout, reason = "a bench prints its figures")]

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;

/// How often the memory of a running program is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(5);

/// A program that has ended.
struct Ran {
    seconds: f64,
    peak_megabytes: f64,
    output: String,
}

fn main() -> Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().context("benches lie in the repository")?;
    let program = root.join("target/release/sobo");
    ensure!(program.exists(), "{} is missing; `cargo xtask bench` builds it", program.display());
    let volumes = root.join("samples/volumes");
    let pages = images(&volumes)?;
    ensure!(!pages.is_empty(), "{} holds no pages", volumes.display());
    let sheets: Vec<&PathBuf> = pages.iter().filter(|(_, spread)| !spread).map(|(page, _)| page).collect();
    let spreads: Vec<&PathBuf> = pages.iter().filter(|(_, spread)| *spread).map(|(page, _)| page).collect();

    println!("{} pages: {} sheets, {} spreads\n", pages.len(), sheets.len(), spreads.len());
    println!("{:<34} {:>12} {:>12} {:>9} {:>11}", "", "pages/s", "tesseract", "ratio", "peak MB");
    for (what, set) in [("sheets, one thread", &sheets), ("spreads, one thread", &spreads)] {
        if set.is_empty() {
            continue;
        }
        let mut read = Command::new(&program);
        read.current_dir(root).arg("read").args(set.iter()).args(["--jobs", "1"]);
        let ours = run(&mut read)?;
        let mut seconds = 0.0;
        for page in set {
            let mut tesseract = Command::new("tesseract");
            tesseract.arg(page).args(["-", "-l", "vie", "--psm", "4"]).env("OMP_THREAD_LIMIT", "1");
            seconds += run(&mut tesseract)?.seconds;
        }
        let count = set.len() as f64;
        println!(
            "{what:<34} {:>12.2} {:>12.2} {:>9.2} {:>11.0}",
            count / ours.seconds,
            count / seconds,
            seconds / ours.seconds,
            ours.peak_megabytes
        );
    }
    let mut single = 0.0;
    for jobs in ["1", "2"] {
        let store = tempfile::tempdir()?;
        let mut intake = Command::new(&program);
        run(intake.current_dir(root).arg("--store").arg(store.path()).arg("intake").arg(&volumes))?;
        let mut whole = Command::new(&program);
        whole.current_dir(root).arg("--store").arg(store.path());
        let ran = run(whole.args(["run", "--format", "json", "--jobs", jobs]))?;
        let summary: Value = serde_json::from_str(&ran.output).context("`sobo run` printed no summary")?;
        let elapsed = summary["elapsed_ms"].as_f64().unwrap_or(0.0) / 1000.0;
        let rate = pages.len() as f64 / elapsed.max(1e-9);
        if jobs == "1" {
            single = rate;
        }
        println!(
            "{:<34} {rate:>12.2} {:>12} {:>9.2} {:>11.0}",
            format!("whole pipeline with a store, {jobs} jobs"),
            "",
            rate / single,
            ran.peak_megabytes
        );
    }
    Ok(())
}

/// Page images with truth, and whether they are spreads (wider than high).
fn images(folder: &Path) -> Result<Vec<(PathBuf, bool)>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).with_context(|| format!("{}", folder.display()))? {
        let path = entry?.path();
        if path.is_dir() {
            found.extend(images(&path)?);
        } else if path.extension().is_some_and(|extension| extension == "json") {
            let truth: Value = serde_json::from_slice(&std::fs::read(&path)?)?;
            let (Some(page), Some(size)) = (truth["page"].as_str(), truth["size"].as_array()) else {
                continue;
            };
            let side = |i: usize| size.get(i).and_then(Value::as_u64).unwrap_or(0);
            found.push((path.with_file_name(page), side(0) > side(1)));
        }
    }
    found.sort();
    Ok(found)
}

/// Runs a program to its end, looking at its memory on the way.
fn run(command: &mut Command) -> Result<Ran> {
    let start = Instant::now();
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .with_context(|| format!("{:?} could not be started", command.get_program()))?;
    let mut stdout = child.stdout.take().context("no standard output")?;
    let reading = std::thread::spawn(move || {
        let mut text = String::new();
        std::io::Read::read_to_string(&mut stdout, &mut text).map(|_| text)
    });
    let status = PathBuf::from(format!("/proc/{}/status", child.id()));
    let mut peak = 0.0_f64;
    let ended = loop {
        if let Some(megabytes) = high_water(&status) {
            peak = peak.max(megabytes);
        }
        if let Some(ended) = child.try_wait()? {
            break ended;
        }
        std::thread::sleep(LOOK_EVERY);
    };
    let seconds = start.elapsed().as_secs_f64();
    let output = reading.join().map_err(|_| anyhow::anyhow!("the output could not be read"))??;
    // 3 says that some pages failed, which the samples mean to.
    ensure!(matches!(ended.code(), Some(0 | 3)), "{:?} ended with {ended}", command.get_program());
    Ok(Ran { seconds, peak_megabytes: peak, output })
}

/// Most memory the process ever held, in MB (Linux).
fn high_water(status: &Path) -> Option<f64> {
    let text = std::fs::read_to_string(status).ok()?;
    let line = text.lines().find(|line| line.starts_with("VmHWM:"))?;
    Some(line.split_whitespace().nth(1)?.parse::<f64>().ok()? / 1024.0)
}

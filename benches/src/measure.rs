//! Running a program to its end and looking at what it takes (Linux: `/proc`).

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};

/// How often a running program is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(5);
/// Clock ticks a second in `/proc/PID/stat`: USER_HZ, 100 on every Linux architecture there is.
const TICKS: f64 = 100.0;

/// A program that has ended.
#[derive(Debug, Default)]
pub(crate) struct Ran {
    /// From start to end.
    pub(crate) seconds: f64,
    /// Of the processor, all threads together.
    pub(crate) cpu_seconds: f64,
    /// Most memory it ever held.
    pub(crate) peak_megabytes: f64,
    /// What it printed.
    pub(crate) output: String,
}

impl Ran {
    /// One after the other: times add up, the highest peak counts.
    pub(crate) fn add(&mut self, other: &Self) {
        self.seconds += other.seconds;
        self.cpu_seconds += other.cpu_seconds;
        self.peak_megabytes = self.peak_megabytes.max(other.peak_megabytes);
    }
}

/// Runs a program to its end.
pub(crate) fn run(command: &mut Command) -> Result<Ran> {
    let start = Instant::now();
    let shown = command.get_program().to_string_lossy().into_owned();
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .with_context(|| format!("{shown} could not be started"))?;
    let mut stdout = child.stdout.take().context("no standard output")?;
    let reading = std::thread::spawn(move || {
        let mut text = String::new();
        std::io::Read::read_to_string(&mut stdout, &mut text).map(|_| text)
    });
    let folder = Path::new("/proc").join(child.id().to_string());
    let mut ran = Ran::default();
    // Both only grow, so that the last look before the end is what counts.
    let ended = loop {
        ran.peak_megabytes = high_water(&folder).unwrap_or(0.0).max(ran.peak_megabytes);
        ran.cpu_seconds = processor(&folder).unwrap_or(0.0).max(ran.cpu_seconds);
        if let Some(ended) = child.try_wait()? {
            break ended;
        }
        std::thread::sleep(LOOK_EVERY);
    };
    ran.seconds = start.elapsed().as_secs_f64();
    ran.output = reading.join().map_err(|_| anyhow::anyhow!("the output could not be read"))??;
    // 3 says that some pages failed, which the samples mean to.
    ensure!(matches!(ended.code(), Some(0 | 3)), "{shown} ended with {ended}");
    Ok(ran)
}

/// Most memory the process ever held, in MB.
fn high_water(folder: &Path) -> Option<f64> {
    let text = std::fs::read_to_string(folder.join("status")).ok()?;
    let line = text.lines().find(|line| line.starts_with("VmHWM:"))?;
    Some(line.split_whitespace().nth(1)?.parse::<f64>().ok()? / 1024.0)
}

/// Seconds of the processor the process has taken.
fn processor(folder: &Path) -> Option<f64> {
    let text = std::fs::read_to_string(folder.join("stat")).ok()?;
    // The name in brackets may hold blanks; what follows it does not.
    let mut after = text.rsplit_once(')')?.1.split_whitespace().skip(11);
    let (user, system) = (after.next()?.parse::<f64>().ok()?, after.next()?.parse::<f64>().ok()?);
    Some((user + system) / TICKS)
}

//! Pages per second at one and two jobs, peak memory and the time of the page side alone, beside the `tesseract` program
//! on the same pages in the same run: `cargo xtask bench`.
//!
//! Other work on the machine moves the rates; the processor's seconds a page move much less. Both are printed.
#![allow(clippy::print_stdout, reason = "a bench prints its figures")]

mod measure;
mod page_side;
mod pages;

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::{Context as _, Result, bail, ensure};
use serde_json::Value;

use crate::measure::{Ran, run};
use crate::page_side::PageSide;
use crate::pages::{Page, chosen, volumes_of};

const HELP: &str = "\
cargo xtask bench [--pages N]

Reads the sample pages with `sobo read`, `sobo run` at one and two jobs, and the `tesseract` program; times the page
side (decoding, restoration, layout) alone.
  --pages N   of the sheets and of the spreads only the first N each (all)";

/// Most memory one page may take: an A3 spread at 300 dpi.
const LIMIT_MB: f64 = 400.0;
/// Milliseconds that decoding, restoration and layout of an A4 sheet may take on one thread.
const SHEET_MS: f64 = 200.0;
/// The same of an A3 spread at 300 dpi.
const SPREAD_MS: f64 = 500.0;
/// From this many pixels on a page is an A3 spread at 300 dpi (4961 × 3508, a little cropped).
const SPREAD_PIXELS: u64 = 16_000_000;

fn main() -> Result<ExitCode> {
    let mut most = usize::MAX;
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--pages" => {
                most = arguments.next().and_then(|n| n.parse().ok()).context("--pages wants a number")?;
            }
            "--help" | "-h" => {
                println!("{HELP}");
                return Ok(ExitCode::SUCCESS);
            }
            other => bail!("bench has no option `{other}`\n\n{HELP}"),
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().context("benches lie in the repository")?;
    let program = std::env::current_exe()?.with_file_name("sobo");
    ensure!(program.exists(), "{} is missing; `cargo xtask bench` builds it", program.display());
    let bench = Bench { root: root.to_owned(), program };
    let pages = chosen(&root.join("samples/volumes"), most)?;
    let (spreads, sheets): (Vec<&Page>, Vec<&Page>) = pages.iter().partition(|page| page.is_spread());
    println!(
        "{} pages: {} sheets, {} spreads; rates are wall clock\n",
        pages.len(),
        sheets.len(),
        spreads.len()
    );
    println!("{:<44}{:>9}{:>14}{:>10}", "", "pages/s", "CPU s/page", "peak MB");
    let page_side = PageSide::load(&bench.root)?;
    for (what, set, limit) in [("sheets", &sheets, SHEET_MS), ("spreads", &spreads, SPREAD_MS)] {
        if set.is_empty() {
            continue;
        }
        let ours = bench.read(set)?;
        row(&format!("{what}: sobo read, one thread"), &ours, set.len());
        let theirs = bench.tesseract(set)?;
        row(&format!("{what}: tesseract -l vie --psm 4, one thread"), &theirs, set.len());
        println!(
            "{:<44}{:>9.2}{:>14.2}",
            format!("{what}: sobo against tesseract, times"),
            theirs.seconds / ours.seconds,
            theirs.cpu_seconds / ours.cpu_seconds
        );
        print_page_side(what, &page_side, set, limit, theirs.seconds)?;
    }
    for jobs in [1, 2] {
        let (ran, read) = bench.whole(&pages, jobs)?;
        row(&format!("with a store: sobo run --jobs {jobs}"), &ran, read);
    }
    let Some(spread) =
        spreads.iter().filter(|page| page.pixels() >= SPREAD_PIXELS).max_by_key(|page| page.pixels())
    else {
        return Ok(ExitCode::SUCCESS);
    };
    let alone = bench.read(&[*spread])?;
    let (width, height) = spread.size;
    let within = alone.peak_megabytes <= LIMIT_MB;
    println!(
        "\npeak of an A3 spread at 300 dpi ({width} × {height}): {:.0} MB, limit {LIMIT_MB:.0} MB: {}",
        alone.peak_megabytes,
        if within { "within" } else { "OVER" }
    );
    Ok(if within { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// What decoding, restoration and layout take of each page, against what is asked and against tesseract.
fn print_page_side(
    what: &str,
    page_side: &PageSide,
    set: &[&Page],
    limit: f64,
    tesseract: f64,
) -> Result<()> {
    let spent = page_side.run(set)?;
    let count = spent.len().max(1) as f64;
    let mean = |of: fn(&page_side::Spent) -> f64| spent.iter().map(of).sum::<f64>() / count;
    let mut all: Vec<f64> = spent.iter().map(page_side::Spent::all).collect();
    all.sort_by(f64::total_cmp);
    println!(
        "{what}: page side, ms a page: decode {:.0} + restore {:.0} + layout {:.0} = {:.0}, median {:.0}, most {:.0} (asked: {limit:.0})",
        mean(|s| s.decode),
        mean(|s| s.restore),
        mean(|s| s.layout),
        mean(page_side::Spent::all),
        all.get(all.len() / 2).copied().unwrap_or_default(),
        all.last().copied().unwrap_or_default(),
    );
    println!(
        "{:<44}{:>9.1}\n",
        format!("{what}: page side against tesseract, times"),
        1000.0 * tesseract / all.iter().sum::<f64>().max(1e-9)
    );
    Ok(())
}

fn row(what: &str, ran: &Ran, pages: usize) {
    let count = pages as f64;
    println!(
        "{what:<44}{:>9.2}{:>14.2}{:>10.0}",
        count / ran.seconds.max(1e-9),
        ran.cpu_seconds / count.max(1.0),
        ran.peak_megabytes
    );
}

/// The programs that are compared.
struct Bench {
    root: PathBuf,
    program: PathBuf,
}

impl Bench {
    fn sobo(&self) -> Command {
        let mut command = Command::new(&self.program);
        command.current_dir(&self.root).env("OMP_THREAD_LIMIT", "1");
        for variable in ["SOBO_STORE", "SOBO_CONFIG", "SOBO_DATABASE", "SOBO_VAULT"] {
            command.env_remove(variable);
        }
        command
    }

    /// All pages in one process, one after the other.
    fn read(&self, pages: &[&Page]) -> Result<Ran> {
        run(self.sobo().arg("read").args(pages.iter().map(|page| &page.image)).args(["--jobs", "1"]))
    }

    /// The program on each page, one after the other: times add up, the highest peak counts.
    fn tesseract(&self, pages: &[&Page]) -> Result<Ran> {
        let mut all = Ran::default();
        for page in pages {
            let mut tesseract = Command::new("tesseract");
            tesseract.arg(&page.image).args(["-", "-l", "vie", "--psm", "4"]).env("OMP_THREAD_LIMIT", "1");
            all.add(&run(&mut tesseract)?);
        }
        Ok(all)
    }

    /// Intake, then everything a store's page goes through; gives the run's figures and the number of pages.
    fn whole(&self, pages: &[Page], jobs: usize) -> Result<(Ran, usize)> {
        let folder = tempfile::tempdir()?;
        let volumes = volumes_of(pages, &folder.path().join("volumes"))?;
        let store = folder.path().join("store");
        run(self.sobo().arg("--store").arg(&store).arg("intake").arg(volumes))?;
        let mut command = self.sobo();
        command.arg("--store").arg(&store).args(["run", "--format", "json", "--jobs", &jobs.to_string()]);
        let ran = run(&mut command)?;
        let summary: Value = serde_json::from_str(&ran.output).context("`sobo run` printed no summary")?;
        let count = |what: &str| summary[what].as_u64().unwrap_or(0) as usize;
        let failed = summary["failed"].as_array().map_or(0, Vec::len);
        let read = count("done") + count("blank") + count("rescan_wanted") + failed;
        ensure!(read == pages.len(), "{read} of {} pages have an outcome", pages.len());
        Ok((ran, read))
    }
}

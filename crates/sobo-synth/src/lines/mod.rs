//! Labelled line crops for training, streamed from memory.
//!
//! Stream: a header of 16 bytes (`SOBOLINE`, version, height, both u32 little-endian), then for each
//! line the length of its description (u32), the description (JSON), the width (u32) and
//! `height * width` bytes of grey, 0 black .. 255 white, row by row.

mod blemish;
mod camera;
mod compose;
mod numbers;
mod paper;
mod preview;
mod syllables;
mod text;

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::PathBuf;
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use sobo_core::{FieldKind, Ink};

use crate::fonts::{Fonts, Share};
use crate::random::derive;

pub(crate) use compose::Fit;
pub use compose::{Mix, draw_line};

/// First bytes of a stream.
pub const MAGIC: &[u8; 8] = b"SOBOLINE";
/// Version of the stream's form.
pub const VERSION: u32 = 1;

/// Options of `sobo-synth lines`.
#[derive(Debug, Clone, clap::Args)]
pub struct Options {
    /// Seed; line `i` of a seed is always the same.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// How many lines, or `forever`.
    #[arg(long, default_value = "forever")]
    pub count: Count,
    /// First line.
    #[arg(long, default_value_t = 0)]
    pub skip: u64,
    /// Height of the crops in pixels.
    #[arg(long, default_value_t = 48)]
    pub height: u32,
    /// Which font families.
    #[arg(long, value_enum, default_value = "train")]
    pub fonts: Share,
    /// Kinds of writing, `handwritten,typed,printed`; all in their usual proportion if absent.
    #[arg(long, value_delimiter = ',')]
    pub kinds: Vec<String>,
    /// Where the fonts are.
    #[arg(long, alias = "font-dir", default_value = "var/fonts")]
    pub fonts_dir: PathBuf,
    /// Use whichever fonts of the list are there, in place of a share.
    #[arg(long)]
    pub present: bool,
    /// File to write to; `-` is standard output.
    #[arg(long, default_value = "-")]
    pub out: PathBuf,
    /// Threads that draw.
    #[arg(long, default_value_t = 1)]
    pub threads: usize,
    /// Print counts and the rate to standard error at the end: by the clock and, with one thread, by the processor
    /// time it took, which other work on the machine does not change.
    #[arg(long)]
    pub stats: bool,
    /// Write a contact sheet and its texts into this folder instead of streaming (120 lines unless
    /// `--count` is given).
    #[arg(long)]
    pub preview: Option<PathBuf>,
}

/// A number of lines or no end.
#[derive(Debug, Copy, Clone, PartialEq, Eq)]
pub struct Count(pub Option<u64>);

impl std::str::FromStr for Count {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "forever" {
            return Ok(Self(None));
        }
        text.parse().map(|n| Self(Some(n))).map_err(|_| format!("{text}: neither a number nor `forever`"))
    }
}

/// What a line shows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Description {
    /// The text, NFC; empty where nothing is written.
    pub text: String,
    /// How the ink came onto the paper.
    pub ink: Ink,
    /// Kind of field.
    pub field: FieldKind,
    /// Identifies the writer.
    pub writer: u64,
    /// Family of the writer's font.
    pub font: String,
    /// Style of that family.
    pub style: String,
    /// Decay: `light`, `medium`, `heavy`.
    pub level: String,
}

/// A crop with its description.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Crop {
    /// What it shows.
    pub description: Description,
    /// Columns.
    pub width: u32,
    /// Rows.
    pub height: u32,
    /// Grey, row by row.
    pub pixels: Vec<u8>,
}

/// Streams lines.
///
/// # Errors
/// When fonts are missing, a kind is unknown, or the output fails (a closed pipe ends quietly).
pub fn run(options: &Options) -> Result<()> {
    ensure!((16..=256).contains(&options.height), "--height {}: 16 to 256", options.height);
    let loaded = if options.present {
        Fonts::load_present(&options.fonts_dir)
    } else {
        Fonts::load(&options.fonts_dir, options.fonts)
    };
    let fonts = loaded.with_context(|| format!("{}: fonts", options.fonts_dir.display()))?;
    let mix = Mix::parse(&options.kinds)?;
    if let Some(folder) = &options.preview {
        return preview::write(folder, options, &fonts, &mix);
    }
    let sink: Box<dyn Write> = if options.out.as_os_str() == "-" {
        Box::new(io::stdout().lock())
    } else {
        Box::new(File::create(&options.out).with_context(|| options.out.display().to_string())?)
    };
    let mut out = BufWriter::with_capacity(1 << 20, sink);
    match stream(options, &fonts, &mix, &mut out) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => other.with_context(|| options.out.display().to_string()),
    }
}

fn stream(options: &Options, fonts: &Fonts, mix: &Mix, out: &mut impl Write) -> io::Result<()> {
    out.write_all(MAGIC)?;
    out.write_all(&VERSION.to_le_bytes())?;
    out.write_all(&options.height.to_le_bytes())?;
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(options.threads.max(1))
        .build()
        .map_err(|e| io::Error::other(e.to_string()))?;
    let (started, used) = (Instant::now(), processor_seconds());
    let mut counts: BTreeMap<String, u64> = BTreeMap::new();
    let mut pixels = 0u64;
    let end = options.count.0.map_or(u64::MAX, |count| options.skip.saturating_add(count));
    let mut at = options.skip;
    while at < end {
        let batch = at..end.min(at.saturating_add(64 * options.threads.max(1) as u64));
        let draw =
            |index: u64| draw_line(derive(options.seed, index), options.seed, options.height, fonts, mix);
        let crops: Vec<Crop> = if options.threads > 1 {
            pool.install(|| batch.clone().into_par_iter().map(draw).collect())
        } else {
            batch.clone().map(draw).collect()
        };
        for crop in &crops {
            write_crop(crop, out)?;
            if options.stats {
                let d = &crop.description;
                for key in
                    [format!("style {}", d.style), format!("level {}", d.level), format!("ink {:?}", d.ink)]
                {
                    *counts.entry(key).or_default() += 1;
                }
                pixels += u64::from(crop.width);
            }
        }
        at = batch.end;
    }
    out.flush()?;
    if options.stats {
        let lines = at - options.skip;
        let seconds = started.elapsed().as_secs_f64();
        for (key, count) in counts {
            eprintln!("{key}: {count}");
        }
        eprintln!("mean width: {:.0} px", pixels as f64 / lines.max(1) as f64);
        eprintln!("{lines} lines in {seconds:.1} s: {:.0} a second", lines as f64 / seconds.max(1e-9));
        if let (Some(before), Some(after), true) = (used, processor_seconds(), options.threads <= 1) {
            let used = (after - before).max(1e-9);
            eprintln!("{used:.1} s of processor time: {:.0} a second of it", lines as f64 / used);
        }
    }
    Ok(())
}

/// Seconds this thread has been on a processor, where the system tells (Linux).
fn processor_seconds() -> Option<f64> {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    let nanoseconds: f64 = text.split(' ').next()?.parse().ok()?;
    Some(nanoseconds / 1e9)
}

fn write_crop(crop: &Crop, out: &mut impl Write) -> io::Result<()> {
    let description = serde_json::to_vec(&crop.description)?;
    out.write_all(&(description.len() as u32).to_le_bytes())?;
    out.write_all(&description)?;
    out.write_all(&crop.width.to_le_bytes())?;
    out.write_all(&crop.pixels)
}

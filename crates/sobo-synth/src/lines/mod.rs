//! Labelled line crops for training, streamed from memory.

use std::path::PathBuf;

use anyhow::Result;

/// Options of `sobo-synth lines`.
#[derive(Debug, Clone, clap::Args)]
pub struct Options {
    /// Seed; the same seed gives the same bytes.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Where the fonts are.
    #[arg(long, default_value = "var/fonts")]
    pub fonts_dir: PathBuf,
}

/// Streams lines.
pub fn run(_options: &Options) -> Result<()> {
    Ok(())
}

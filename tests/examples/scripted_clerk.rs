//! Keys and clicks an entry takes, beside typing it from nothing: `scripted_clerk FOLDER READINGS.jsonl [--format json]`.
//! FOLDER holds pages with truth, READINGS what `sobo read FOLDER/*.jpg --format jsonl` printed of them.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use sobo_tests::scripted;

fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let usage = "scripted_clerk FOLDER READINGS.jsonl [--format json]";
    let folder = PathBuf::from(arguments.next().context(usage)?);
    let readings = PathBuf::from(arguments.next().context(usage)?);
    let json = arguments.collect::<Vec<_>>() == ["--format", "json"];
    let forms = scripted::forms(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../pipelines/forms"))?;
    let text = std::fs::read_to_string(&readings).with_context(|| format!("{}", readings.display()))?;
    let report = scripted::measure(&folder, &text, &forms)?;
    let shown = if json { serde_json::to_string_pretty(&report)? } else { scripted::table(&report) };
    writeln!(std::io::stdout(), "{shown}")?;
    Ok(())
}

//! Restores one image and writes what layout would see, for looking: `restore IMAGE OUT.png [ink|paper|seal]`.
#![allow(clippy::print_stdout, reason = "an example prints its figures")]

use anyhow::Context as _;
use sobo_restore::{Settings, restore};

fn main() -> anyhow::Result<()> {
    let mut args = std::env::args().skip(1);
    let input = args.next().context("usage: restore IMAGE OUT.png [grey|ink|paper|seal]")?;
    let output = args.next().context("usage: restore IMAGE OUT.png [grey|ink|paper|seal]")?;
    let page = image::open(&input).with_context(|| format!("cannot read {input}"))?;
    let start = std::time::Instant::now();
    let restored = restore(&page, None, &Settings::default());
    eprintln!(
        "{input}: {:?}, skew {:.2}°, {:?}, {:?} in {:.0?}",
        restored.transform.orientation(),
        restored.skew,
        restored.transform.restored_size(),
        restored.quality,
        start.elapsed(),
    );
    let image = match args.next().as_deref() {
        None | Some("grey") => restored.grey,
        Some("ink") => restored.ink,
        Some("paper") => restored.paper,
        Some("seal") => restored.seal,
        Some(other) => anyhow::bail!("unknown picture {other}: choose grey, ink, paper or seal"),
    };
    image.save(&output).with_context(|| format!("cannot write {output}"))?;
    Ok(())
}

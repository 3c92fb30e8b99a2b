//! Turns every page of a folder all four ways and counts how often restoration finds the turn: `orientation DIR…`.
#![allow(clippy::print_stdout, reason = "an example prints its figures")]

use anyhow::Context as _;
use sobo_restore::{Orientation, Settings, restore};

fn main() -> anyhow::Result<()> {
    let dirs: Vec<String> = std::env::args().skip(1).collect();
    anyhow::ensure!(!dirs.is_empty(), "usage: orientation DIR…");
    let mut right = [0u32; 4];
    let mut all = 0u32;
    for dir in &dirs {
        let mut pages: Vec<_> = std::fs::read_dir(dir)
            .with_context(|| format!("cannot list {dir}"))?
            .filter_map(|e| Some(e.ok()?.path()))
            .filter(|p| p.extension().is_some_and(|e| e == "jpg" || e == "png"))
            .collect();
        pages.sort();
        for path in pages {
            let page = image::open(&path).with_context(|| format!("cannot read {}", path.display()))?;
            all += 1;
            let turned = [page.clone(), page.rotate270(), page.rotate180(), page.rotate90()];
            let mut found = Vec::new();
            for (i, (image, wanted)) in turned.iter().zip(Orientation::ALL).enumerate() {
                let restored = restore(image, None, &Settings { dewarp: false, ..Settings::default() });
                let got = restored.transform.orientation();
                right[i] += u32::from(got == wanted);
                found.push(format!(
                    "{got:?}{} {:?}",
                    if got == wanted { "" } else { "(wrong)" },
                    restored.evidence
                ));
            }
            println!("{} {}", path.file_name().unwrap_or_default().to_string_lossy(), found.join("  "));
        }
    }
    for (wanted, n) in Orientation::ALL.iter().zip(right) {
        println!("{wanted:?}: {n} of {all} right");
    }
    Ok(())
}

//! The sample pages the bench reads.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;

/// A page image with truth beside it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Page {
    pub(crate) image: PathBuf,
    pub(crate) size: (u64, u64),
}

impl Page {
    /// Wider than high: two pages of an open ledger.
    pub(crate) fn is_spread(&self) -> bool {
        self.size.0 > self.size.1
    }

    pub(crate) fn pixels(&self) -> u64 {
        self.size.0 * self.size.1
    }
}

/// The pages of a folder of volumes in their order; of the sheets and of the spreads at most `most` each.
pub(crate) fn chosen(folder: &Path, most: usize) -> Result<Vec<Page>> {
    let mut pages = images(folder)?;
    ensure!(!pages.is_empty(), "{} holds no pages", folder.display());
    pages.sort();
    let (mut sheets, mut spreads) = (0, 0);
    pages.retain(|page| {
        let count = if page.is_spread() { &mut spreads } else { &mut sheets };
        *count += 1;
        *count <= most
    });
    Ok(pages)
}

fn images(folder: &Path) -> Result<Vec<Page>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).with_context(|| format!("{}", folder.display()))? {
        let path = entry?.path();
        if path.is_dir() {
            found.extend(images(&path)?);
        } else if path.extension().is_some_and(|extension| extension == "json") {
            let truth: Value = serde_json::from_slice(&std::fs::read(&path)?)?;
            let side = |i: usize| truth["size"][i].as_u64();
            if let (Some(page), Some(width), Some(height)) = (truth["page"].as_str(), side(0), side(1)) {
                found.push(Page { image: path.with_file_name(page), size: (width, height) });
            }
        }
    }
    Ok(found)
}

/// The volumes of these pages as folders with their descriptors, in `target`.
pub(crate) fn volumes_of(pages: &[Page], target: &Path) -> Result<PathBuf> {
    for page in pages {
        let volume = page.image.parent().context("a page lies in its volume")?;
        let (name, image) = volume.file_name().zip(page.image.file_name()).context("a page has a name")?;
        let folder = target.join(name);
        std::fs::create_dir_all(&folder)?;
        std::fs::copy(volume.join("volume.toml"), folder.join("volume.toml"))?;
        std::fs::copy(&page.image, folder.join(image))?;
    }
    Ok(target.to_owned())
}

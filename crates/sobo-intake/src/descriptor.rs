//! The volume descriptor that comes with the scans.

use std::cmp::Ordering;
use std::path::Path;

use sobo_core::VolumeDescriptor;

use crate::{IntakeError, Refusal};

/// Reads `volume.toml`.
///
/// # Errors
/// When the file cannot be read, is not TOML, lacks a key or has one too many, or its years are in
/// the wrong order; the message names file and key.
pub fn load_descriptor(path: &Path) -> Result<VolumeDescriptor, IntakeError> {
    let name = path.display().to_string();
    let text = std::fs::read_to_string(path).map_err(|error| IntakeError::io(&name, &error))?;
    let refuse = |detail: String| IntakeError::new(name.clone(), Refusal::Descriptor, detail);
    let volume: VolumeDescriptor =
        toml::from_str(&text).map_err(|error| refuse(error.to_string().trim_end().replace('\n', " ")))?;
    if volume.name.trim().is_empty() {
        return Err(refuse("`name` is empty".to_owned()));
    }
    if volume.year_to.is_some_and(|to| to < volume.year_from) {
        return Err(refuse("`year_to` is before `year_from`".to_owned()));
    }
    Ok(volume)
}

/// Puts names in page order: those the manifest lists first, in its order, the rest in natural
/// order (`p2` before `p10`). A manifest entry matches the whole name or its last component.
pub fn order_pages<T>(manifest: &[String], items: &mut [T], name: impl Fn(&T) -> &str) {
    let place = |item: &T| {
        let full = name(item);
        let last = full.rsplit(['/', '\\']).next().unwrap_or(full);
        manifest.iter().position(|listed| listed == full || listed == last).unwrap_or(manifest.len())
    };
    items.sort_by(|a, b| place(a).cmp(&place(b)).then_with(|| natural(name(a), name(b))));
}

/// Natural order: runs of digits compare as numbers, everything else by character.
pub(crate) fn natural(a: &str, b: &str) -> Ordering {
    natord::compare_ignore_case(a, b).then_with(|| a.cmp(b))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn manifest_first_then_natural_order() {
        let mut names = vec!["x/p10.jpg", "x/p2.jpg", "x/cover.jpg", "x/p1.jpg"];
        order_pages(&["cover.jpg".to_owned()], &mut names, |n| n);
        assert_eq!(names, ["x/cover.jpg", "x/p1.jpg", "x/p2.jpg", "x/p10.jpg"]);
    }
}

//! Packs of pre-drawn synthetic lines (`models/training/pack.py` writes them).

use std::path::Path;

use anyhow::{Context as _, Result, bail};
use image::GrayImage;
use serde::Deserialize;
use sobo_core::FieldKind;

const MAGIC: &[u8] = b"SOBOPACK";
const VERSION: u32 = 1;

/// What stands on a line of a pack.
#[derive(Debug, Deserialize)]
struct About {
    text: String,
    #[serde(default)]
    field: FieldKind,
}

/// One labelled line.
pub(super) struct Line {
    /// Its pixels.
    pub(super) image: GrayImage,
    /// What is written.
    pub(super) text: String,
    /// In which kind of field.
    pub(super) kind: FieldKind,
}

/// The lines of a pack.
///
/// # Errors
/// When the file is missing, no pack, or ends too early.
pub(super) fn read(path: &Path) -> Result<Vec<Line>> {
    let shown = path.display();
    let data = std::fs::read(path)
        .with_context(|| format!("{shown}: the synthetic lines cannot be read; they ship with the models"))?;
    let mut rest = data.as_slice();
    let head =
        take(&mut rest, 16).filter(|head| head.starts_with(MAGIC) && head[8..12] == VERSION.to_le_bytes());
    if head.is_none() {
        bail!("{shown}: this is no pack of lines, or one of another version");
    }
    let mut lines = Vec::new();
    while !rest.is_empty() {
        let number = lines.len() + 1;
        let line =
            next(&mut rest).with_context(|| format!("{shown}: line {number} of the pack is damaged"))?;
        lines.push(line);
    }
    Ok(lines)
}

fn next(rest: &mut &[u8]) -> Result<Line> {
    let about: About = serde_json::from_slice(sized(rest).context("its description is cut off")?)?;
    let picture = sized(rest).context("its picture is cut off")?;
    let image = image::load_from_memory_with_format(picture, image::ImageFormat::Jpeg)?.to_luma8();
    Ok(Line { image, text: about.text, kind: about.field })
}

fn sized<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
    let size = take(rest, 4)?;
    take(rest, u32::from_le_bytes([size[0], size[1], size[2], size[3]]) as usize)
}

fn take<'a>(rest: &mut &'a [u8], count: usize) -> Option<&'a [u8]> {
    let (head, tail) = rest.split_at_checked(count)?;
    *rest = tail;
    Some(head)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_pack_is_read_and_a_cut_one_refused() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../models/rehearsal/judge.lines");
        let lines = read(&path).unwrap();
        assert!(lines.len() >= 500, "{}", lines.len());
        assert!(lines.iter().all(|line| line.image.height() == 48 && line.image.width() <= 640));
        assert!(lines.iter().any(|line| line.kind == FieldKind::PersonName && line.text.contains(' ')));
        let folder = std::env::temp_dir().join(format!("sobo-pack-{}", std::process::id()));
        let bytes = std::fs::read(&path).unwrap();
        std::fs::write(&folder, &bytes[..bytes.len() - 7]).unwrap();
        let error = read(&folder).err().unwrap();
        std::fs::remove_file(&folder).unwrap();
        assert!(format!("{error:#}").contains("cut off"), "{error:#}");
    }
}

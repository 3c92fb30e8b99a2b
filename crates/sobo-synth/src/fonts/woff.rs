//! WOFF 1.0 to sfnt (W3C Recommendation, 13 December 2012): npm's font packages come in it.

use std::io::Read;

use anyhow::{Context, Result, bail, ensure};
use flate2::read::ZlibDecoder;

/// No table of the fonts used here comes near this size.
const LARGEST_TABLE: u32 = 16 << 20;

/// Unpacks a WOFF file; files that are sfnt already pass unchanged.
pub(super) fn to_sfnt(bytes: &[u8]) -> Result<Vec<u8>> {
    if bytes.get(..4) != Some(b"wOFF") {
        ensure!(
            matches!(bytes.get(..4), Some(b"OTTO" | b"true" | &[0, 1, 0, 0])),
            "is neither WOFF nor OpenType"
        );
        return Ok(bytes.to_vec());
    }
    let count = u16_at(bytes, 12)?;
    let mut tables = Vec::with_capacity(usize::from(count));
    for index in 0..usize::from(count) {
        let at = 44 + 20 * index;
        let tag = bytes.get(at..at + 4).context("table directory is cut off")?;
        let (offset, packed, length) =
            (u32_at(bytes, at + 4)?, u32_at(bytes, at + 8)?, u32_at(bytes, at + 12)?);
        if length > LARGEST_TABLE || packed > length {
            bail!("table {} claims {length} bytes", String::from_utf8_lossy(tag));
        }
        let stored = bytes
            .get(offset as usize..offset as usize + packed as usize)
            .with_context(|| format!("table {} is cut off", String::from_utf8_lossy(tag)))?;
        let data = if packed < length {
            let mut data = Vec::with_capacity(length as usize);
            ZlibDecoder::new(stored).take(u64::from(length)).read_to_end(&mut data)?;
            data
        } else {
            stored.to_vec()
        };
        ensure!(data.len() == length as usize, "table {} is short", String::from_utf8_lossy(tag));
        tables.push((
            tag.to_vec(),
            bytes.get(at + 16..at + 20).context("directory is cut off")?.to_vec(),
            data,
        ));
    }
    let mut sfnt = Vec::new();
    sfnt.extend_from_slice(bytes.get(4..8).context("header is cut off")?);
    let power = (15 - count.max(1).leading_zeros() as u16).min(15);
    let range = 16u16 << power;
    for value in [count, range, power, (16 * count).wrapping_sub(range)] {
        sfnt.extend_from_slice(&value.to_be_bytes());
    }
    let mut offset = 12 + 16 * u32::from(count);
    for (tag, checksum, data) in &tables {
        sfnt.extend_from_slice(tag);
        sfnt.extend_from_slice(checksum);
        sfnt.extend_from_slice(&offset.to_be_bytes());
        sfnt.extend_from_slice(&(data.len() as u32).to_be_bytes());
        offset += (data.len() as u32).next_multiple_of(4);
    }
    for (_, _, data) in &tables {
        sfnt.extend_from_slice(data);
        sfnt.resize(sfnt.len().next_multiple_of(4), 0);
    }
    Ok(sfnt)
}

fn u16_at(bytes: &[u8], at: usize) -> Result<u16> {
    let slice = bytes.get(at..at + 2).context("is cut off")?;
    Ok(u16::from_be_bytes([slice[0], slice[1]]))
}

fn u32_at(bytes: &[u8], at: usize) -> Result<u32> {
    let slice = bytes.get(at..at + 4).context("is cut off")?;
    Ok(u32::from_be_bytes([slice[0], slice[1], slice[2], slice[3]]))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;

    #[test]
    fn broken_files_are_errors() {
        assert!(to_sfnt(b"").is_err());
        assert!(to_sfnt(b"GIF89a").is_err());
        let mut cut = b"wOFF".to_vec();
        cut.resize(44, 0);
        cut[13] = 3;
        assert!(to_sfnt(&cut).unwrap_err().to_string().contains("cut off"));
        cut.extend_from_slice(b"glyf");
        cut.extend_from_slice(&[0, 0, 0, 0, 0, 0, 0, 9, 255, 255, 255, 255, 0, 0, 0, 0]);
        assert!(to_sfnt(&cut).unwrap_err().to_string().contains("claims"));
    }
}

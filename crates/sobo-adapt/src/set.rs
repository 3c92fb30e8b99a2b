//! The set of lines behind a model: known by its hash, without a word of what the lines say.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

/// Share of the verified lines that judge and never teach.
const HELD_OUT_SHARE: f64 = 1.0 / 6.0;

/// One line of a set. Ids and a digest: neither text nor pixels can be had from it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct LineNote {
    /// The entry it was verified in.
    pub entry: i64,
    /// Name of its field.
    pub field: String,
    /// Place among the lines of the field, from 0.
    pub line: u32,
    /// Its volume.
    pub volume: i64,
    /// First year of its volume.
    #[serde(default)]
    pub year: i32,
    /// Identifier of the form it was read with.
    #[serde(default)]
    pub form: String,
    /// Its page.
    pub page: i64,
    /// Judges models instead of teaching them.
    pub held_out: bool,
    /// sha256 over pixels and text, hex.
    pub digest: String,
}

impl LineNote {
    /// The digest of a line: sha256 over its size, its pixels and what is written on it.
    pub fn digest_of(width: u32, height: u32, pixels: &[u8], text: &str, lacuna: &str) -> String {
        let mut hasher = Sha256::new();
        hasher.update(width.to_be_bytes());
        hasher.update(height.to_be_bytes());
        hasher.update(pixels);
        hasher.update((text.len() as u64).to_be_bytes());
        hasher.update(text.as_bytes());
        hasher.update(lacuna.as_bytes());
        hex::encode(hasher.finalize())
    }
}

/// The set of lines a model was trained and judged with.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SetManifest {
    /// Its lines, in their order.
    pub lines: Vec<LineNote>,
}

impl SetManifest {
    /// A set; the order in which lines come makes no difference.
    pub fn new(mut lines: Vec<LineNote>) -> Self {
        lines.sort();
        lines.dedup();
        Self { lines }
    }

    /// sha256 over all lines, hex.
    pub fn hash(&self) -> String {
        let mut hasher = Sha256::new();
        for line in &self.lines {
            let row = format!(
                "{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\n",
                line.entry,
                line.field,
                line.line,
                line.volume,
                line.year,
                line.form,
                line.page,
                line.held_out,
                line.digest
            );
            hasher.update(row.as_bytes());
        }
        hex::encode(hasher.finalize())
    }

    /// Lines that teach, and lines that judge.
    pub fn counts(&self) -> (usize, usize) {
        let held = self.lines.iter().filter(|line| line.held_out).count();
        (self.lines.len() - held, held)
    }

    /// The entries behind the set.
    pub fn entries(&self) -> BTreeSet<i64> {
        self.lines.iter().map(|line| line.entry).collect()
    }
}

/// What judges models and never teaches one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HeldOut {
    /// Whole volumes: the judgement holds for hands nobody showed the model.
    Volumes(BTreeSet<i64>),
    /// Pages of the only volume there is: the judgement holds for that volume alone.
    Pages(BTreeSet<i64>),
}

impl HeldOut {
    /// Whether a line of this volume and page judges.
    pub fn holds(&self, volume: i64, page: i64) -> bool {
        match self {
            Self::Volumes(volumes) => volumes.contains(&volume),
            Self::Pages(pages) => pages.contains(&page),
        }
    }
}

/// Chooses what judges. `lines` is the volume and page of every verified line; `before` says of volumes used by earlier
/// models whether they were held out: they stay what they were, so that no model judges by what another was taught.
///
/// New volumes are held out, in the order of their ids, while fewer than a sixth of the lines judge; at least one
/// teaches. Of a single volume, every sixth page judges.
pub fn divide(lines: &[(i64, i64)], before: &BTreeMap<i64, bool>) -> HeldOut {
    let mut volumes: BTreeMap<i64, usize> = BTreeMap::new();
    for (volume, _) in lines {
        *volumes.entry(*volume).or_default() += 1;
    }
    let taught = volumes.keys().any(|volume| before.get(volume) == Some(&false));
    let fresh: Vec<i64> = volumes.keys().copied().filter(|volume| !before.contains_key(volume)).collect();
    let mut held: BTreeSet<i64> =
        volumes.keys().copied().filter(|volume| before.get(volume) == Some(&true)).collect();
    let mut judging: usize = held.iter().map(|volume| volumes[volume]).sum();
    // The first fresh volume teaches where none does yet.
    for volume in fresh.iter().skip(usize::from(!taught)) {
        if (judging as f64) < HELD_OUT_SHARE * lines.len() as f64 {
            held.insert(*volume);
            judging += volumes[volume];
        }
    }
    if !held.is_empty() && held.len() < volumes.len() {
        return HeldOut::Volumes(held);
    }
    let pages: BTreeSet<i64> = lines.iter().map(|(_, page)| *page).collect();
    // From the middle on: first pages are often title pages and trial entries.
    HeldOut::Pages(pages.into_iter().skip(1).step_by(6).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn note(entry: i64, digest: &str) -> LineNote {
        LineNote {
            entry,
            field: "child_name".to_owned(),
            line: 0,
            volume: 1,
            year: 1958,
            form: "A-birth".to_owned(),
            page: 2,
            held_out: false,
            digest: digest.to_owned(),
        }
    }

    #[test]
    fn the_hash_knows_the_set_and_not_its_order() {
        let (a, b) = (note(1, "x"), note(2, "y"));
        let set = SetManifest::new(vec![a.clone(), b.clone()]);
        assert_eq!(set.hash(), SetManifest::new(vec![b.clone(), a.clone()]).hash());
        assert_ne!(set.hash(), SetManifest::new(vec![a.clone()]).hash());
        assert_ne!(set.hash(), SetManifest::new(vec![a, note(2, "z")]).hash());
        let line = |text: &str, lacuna: &str| LineNote::digest_of(2, 1, &[0, 9], text, lacuna);
        assert_ne!(line("một", ""), line("mốt", ""));
        assert_ne!(line("", "blank"), line("", "torn"));
    }

    #[test]
    fn whole_volumes_judge_and_stay_what_they_were() {
        let lines: Vec<(i64, i64)> = (0..60).map(|i| (1 + i / 20, 100 + i)).collect();
        let HeldOut::Volumes(held) = divide(&lines, &BTreeMap::new()) else { unreachable!("three volumes") };
        assert_eq!(held, BTreeSet::from([2]));
        let before = BTreeMap::from([(2, true), (1, false), (3, false)]);
        let more: Vec<(i64, i64)> = lines.iter().copied().chain((0..200).map(|i| (4, 500 + i))).collect();
        let HeldOut::Volumes(held) = divide(&more, &before) else { unreachable!("four volumes") };
        assert_eq!(held, BTreeSet::from([2, 4]), "1 and 3 were taught and never judge");
    }

    #[test]
    fn of_one_volume_pages_judge() {
        let lines: Vec<(i64, i64)> = (0..36).map(|i| (1, i / 3)).collect();
        let held = divide(&lines, &BTreeMap::new());
        assert!(matches!(&held, HeldOut::Pages(pages) if pages.len() == 2));
        let judging = lines.iter().filter(|(volume, page)| held.holds(*volume, *page)).count();
        assert_eq!(judging, 6);
    }
}

//! Which way up a page is, from its writing alone.

use image::GrayImage;
use serde::{Deserialize, Serialize};

use crate::lines::{STRIP, Strips, Trace};
use crate::raster;

/// Writing must be this much longer down the page than across it before the page is laid on its side.
const SIDEWAYS: f64 = 1.25;
/// Evidence, in standard errors, before a page is turned on its head.
const UPSIDE_DOWN: f64 = 4.5;
/// What narrow rows at one end of a ruled table only, its head, are worth in standard errors.
const HEAD: f64 = 3.0;

/// How much longer runs of writing are across the page than down it; above 1 for upright or upside-down pages, below
/// for pages on their side. `darkness` has about 150 dots per inch.
pub(crate) fn anisotropy(darkness: &GrayImage) -> f64 {
    let small = raster::shrink(darkness, 2);
    let (w, h) = (small.width() as usize, small.height() as usize);
    if w < 64 || h < 64 {
        return 1.0;
    }
    let data = small.as_raw().iter().map(|&v| if v > 24 { 255 } else { 0 }).collect();
    let ink = GrayImage::from_raw(small.width(), small.height(), data).unwrap_or_default();
    // Rulings of both directions go: 7 mm without a bend is no writing.
    let thick = raster::dilate(&ink, 1);
    let across = opened(&thick, 11, 0);
    let down = opened(&thick, 0, 11);
    let data = ink
        .as_raw()
        .iter()
        .zip(across.as_raw().iter().zip(down.as_raw()))
        .map(|(&i, (&a, &d))| i & !(a | d))
        .collect();
    let writing = GrayImage::from_raw(small.width(), small.height(), data).unwrap_or_default();
    let words = raster::dilate(&writing, 3);
    let words = words.as_raw();
    let (mut beside, mut below) = (0u64, 0u64);
    for (y, row) in words.chunks_exact(w).enumerate() {
        beside += row.windows(2).filter(|p| p[0] != p[1]).count() as u64;
        if y + 1 < h {
            let next = &words[(y + 1) * w..(y + 2) * w];
            below += row.iter().zip(next).filter(|(a, b)| a != b).count() as u64;
        }
    }
    if beside + below < 400 {
        return 1.0;
    }
    below as f64 / beside.max(1) as f64
}

fn opened(image: &GrayImage, rx: u32, ry: u32) -> GrayImage {
    raster::extremum_with(&raster::extremum_with(image, rx, ry, u8::min), rx, ry, u8::max)
}

/// What speaks for and against a page's orientation.
#[derive(Debug, Copy, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct OrientationEvidence {
    /// How much longer runs of writing are across the image than down it; well below 1 on a page lying on its side.
    pub anisotropy: f64,
    /// Standard errors by which more ink hangs below the rulings than stands on them.
    pub hanging: f64,
    /// Standard errors by which the tails of lines of text lie below rather than above.
    pub tails: f64,
    /// Where a ruled table has its narrow rows: negative for the upper end, positive for the lower, 0 for none.
    pub head: f64,
}

impl OrientationEvidence {
    /// Whether the page lies on its side.
    pub(crate) fn is_sideways(&self) -> bool {
        self.anisotropy > 0.0 && self.anisotropy * SIDEWAYS < 1.0
    }

    /// Whether the evidence says strongly, and the writing nowhere denies, that the page stands on its head.
    pub(crate) fn is_upside_down(&self) -> bool {
        let sum = self.hanging + self.tails + self.head;
        sum > UPSIDE_DOWN && self.hanging > -1.5 && self.tails > -1.5
    }
}

/// Gathers evidence whether a page whose lines run across stands on its head.
///
/// Two things are counted. Writing stands on dotted leaders and rulings rather than hanging from them. And Latin
/// script with Vietnamese marks has a sharp lower edge with few descenders and a ragged upper one with capitals,
/// ascenders and accents, so that the darkness of a line of text has its longer tail above.
pub(crate) fn upside_down(strips: &Strips, rulings: &[Trace], evidence: &mut OrientationEvidence) {
    evidence.hanging = hanging(strips, rulings);
    evidence.tails = tails(strips, rulings);
    evidence.head = head(strips, rulings);
}

/// Standard errors by which more ink hangs below the rulings than stands on them.
fn hanging(strips: &Strips, rulings: &[Trace]) -> f64 {
    let mut votes = Vec::new();
    for trace in rulings {
        let (mut above, mut below) = (0u64, 0u64);
        for &(along, across) in &trace.points {
            let Some(profile) = strips.profiles.get(along as usize / STRIP) else { continue };
            let y = across as usize;
            if y < 24 || y + 24 >= profile.len() {
                continue;
            }
            above += profile[y - 20..y - 4].iter().map(|&v| u64::from(v)).sum::<u64>();
            below += profile[y + 5..y + 21].iter().map(|&v| u64::from(v)).sum::<u64>();
        }
        if above + below > 4000 {
            votes.push((below as f64 - above as f64) / (below + above) as f64);
        }
    }
    standard_errors(&votes)
}

/// Which end of a ruled table has narrow rows, the head with its labels.
fn head(strips: &Strips, rulings: &[Trace]) -> f64 {
    let wide = 0.28 * (strips.profiles.len() * STRIP) as f32;
    let long: Vec<&Trace> = rulings.iter().filter(|t| t.span().1 - t.span().0 > wide).collect();
    // The rulings of a table begin at its edge; dotted leaders begin where their labels end.
    let beginning = |t: &Trace| long.iter().filter(|u| (u.span().0 - t.span().0).abs() < 28.0).count();
    let Some(first) = long.iter().max_by_key(|t| beginning(t)) else { return 0.0 };
    let mut levels: Vec<f32> = long
        .iter()
        .filter(|t| (t.span().0 - first.span().0).abs() < 28.0)
        .map(|t| t.points.iter().map(|p| p.1).sum::<f32>() / t.points.len() as f32)
        .collect();
    levels.sort_by(f32::total_cmp);
    // Double rules are one level.
    levels.dedup_by(|b, a| *b - *a < 14.0);
    let gaps: Vec<f32> = levels.windows(2).map(|p| p[1] - p[0]).collect();
    if gaps.len() < 5 {
        return 0.0;
    }
    let mut sorted = gaps.clone();
    sorted.sort_by(f32::total_cmp);
    let row = sorted[sorted.len() / 2];
    let narrow = |gap: &f32| *gap < 0.65 * row;
    let (top, bottom) = (gaps.iter().take(2).any(narrow), gaps.iter().rev().take(2).any(narrow));
    match (top, bottom) {
        (true, false) => -HEAD,
        (false, true) => HEAD,
        _ => 0.0,
    }
}

/// Standard errors by which the tails of lines of text lie below rather than above.
fn tails(strips: &Strips, rulings: &[Trace]) -> f64 {
    const WINDOW: usize = 5;
    let mut clean = strips.profiles.clone();
    for trace in rulings {
        for &(along, across) in &trace.points {
            if let Some(profile) = clean.get_mut(along as usize / STRIP) {
                let y = across as usize;
                let (from, to) = (y.saturating_sub(4), (y + 5).min(profile.len()));
                profile[from..to].fill(0);
            }
        }
    }
    let mut votes = Vec::new();
    for window in clean.chunks(WINDOW) {
        let mut sum = vec![0u32; strips.length];
        for profile in window {
            for (s, &v) in sum.iter_mut().zip(profile) {
                *s += u32::from(v);
            }
        }
        let least = 60 * window.len() as u32;
        let mut y = 0;
        while y < sum.len() {
            if sum[y] < least {
                y += 1;
                continue;
            }
            let from = y;
            while y < sum.len() && sum[y] >= least {
                y += 1;
            }
            if (14..=70).contains(&(y - from)) {
                votes.push(skewness(&sum[from..y]));
            }
        }
    }
    standard_errors(&votes)
}

/// Skewness of a profile, positive where its tail lies at higher indices, within ±1.
fn skewness(profile: &[u32]) -> f64 {
    let total: f64 = profile.iter().map(|&v| f64::from(v)).sum();
    let moment = |centre: f64, power: i32| {
        profile.iter().enumerate().map(|(i, &v)| f64::from(v) * (i as f64 - centre).powi(power)).sum::<f64>()
            / total.max(1.0)
    };
    let mean = moment(0.0, 1);
    (moment(mean, 3) / moment(mean, 2).max(1e-6).powf(1.5)).clamp(-1.0, 1.0)
}

fn standard_errors(votes: &[f64]) -> f64 {
    if votes.len() < 5 {
        return 0.0;
    }
    let n = votes.len() as f64;
    let mean = votes.iter().sum::<f64>() / n;
    let variance = votes.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / (n - 1.0);
    mean / (variance / n).sqrt().max(0.02)
}

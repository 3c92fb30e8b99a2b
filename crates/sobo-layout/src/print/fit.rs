//! Laying one page's places on another's.

/// `y = a + b·x`.
#[derive(Debug, Copy, Clone, PartialEq)]
pub(crate) struct Line {
    a: f32,
    b: f32,
}

/// Pages of a book differ in size by no more than this; a photograph's resolution is a guess.
const SIZES: std::ops::RangeInclusive<f32> = 0.9..=1.1;

impl Line {
    pub(crate) fn at(&self, x: f32) -> f32 {
        self.a + self.b * x
    }

    /// Least squares through pairs `(x, y)`.
    fn through(pairs: &[(f32, f32)]) -> Option<Self> {
        let n = pairs.len() as f32;
        if pairs.len() < 2 {
            return None;
        }
        let (mx, my) =
            (pairs.iter().map(|p| p.0).sum::<f32>() / n, pairs.iter().map(|p| p.1).sum::<f32>() / n);
        let spread: f32 = pairs.iter().map(|p| (p.0 - mx).powi(2)).sum();
        let b = pairs.iter().map(|p| (p.0 - mx) * (p.1 - my)).sum::<f32>() / spread.max(1e-3);
        SIZES.contains(&b).then_some(Self { a: my - b * mx, b })
    }
}

/// How places `from` lie on places `to`, both ascending, where which belongs to which is unknown and either may have
/// places the other lacks; and how many lie together. `None` where fewer than three do.
pub(crate) fn grid(from: &[f32], to: &[f32], near: f32) -> Option<(Line, usize)> {
    let span = |v: &[f32]| v.last().copied().unwrap_or(0.0) - v.first().copied().unwrap_or(0.0);
    let least = 0.3 * span(from).min(span(to));
    let mut best: Option<(f32, Line)> = None;
    for (i, x0) in from.iter().enumerate() {
        for x1 in from[i + 1..].iter().filter(|x1| *x1 - x0 >= least) {
            for (k, y0) in to.iter().enumerate() {
                for y1 in &to[k + 1..] {
                    let b = (y1 - y0) / (x1 - x0).max(1.0);
                    if !SIZES.contains(&b) {
                        continue;
                    }
                    let line = Line { a: y0 - b * x0, b };
                    let score = agreement(from, to, near, line) - 0.5 * (b - 1.0).abs();
                    if best.is_none_or(|(known, _)| score > known) {
                        best = Some((score, line));
                    }
                }
            }
        }
    }
    let (_, line) = best?;
    let line = Line::through(&pairs(from, to, near, line)).unwrap_or(line);
    let matched = pairs(from, to, near, line).len();
    (matched >= 3).then_some((line, matched))
}

/// Places that lie together, against those of `from` that ought to be seen and are not.
fn agreement(from: &[f32], to: &[f32], near: f32, line: Line) -> f32 {
    let (Some(first), Some(last)) = (to.first(), to.last()) else { return 0.0 };
    let mut score = 0.0;
    for x in from {
        let y = line.at(*x);
        let off = nearest(to, y).map_or(f32::MAX, |t| (t - y).abs());
        if off <= near {
            score += 1.0 - 0.5 * off / near;
        } else if y > first + near && y < last - near {
            score -= 0.5;
        }
    }
    score
}

fn nearest(sorted: &[f32], y: f32) -> Option<f32> {
    let i = sorted.partition_point(|t| *t < y);
    let around = [i.checked_sub(1), Some(i)].into_iter().flatten().filter_map(|i| sorted.get(i).copied());
    around.min_by(|a, b| (a - y).abs().total_cmp(&(b - y).abs()))
}

fn pairs(from: &[f32], to: &[f32], near: f32, line: Line) -> Vec<(f32, f32)> {
    from.iter()
        .filter_map(|x| nearest(to, line.at(*x)).map(|y| (*x, y)))
        .filter(|(x, y)| (line.at(*x) - y).abs() <= near)
        .collect()
}

/// A line through known pairs `(x, y)` of which some are wrong: the median of slopes between distant pairs, then least
/// squares through those within `near` of it, and their number.
pub(crate) fn robust(pairs: &[(f32, f32)], near: f32) -> Option<(Line, usize)> {
    let (low, high) = pairs.iter().fold((f32::MAX, f32::MIN), |(a, b), p| (a.min(p.0), b.max(p.0)));
    let mut slopes: Vec<f32> = Vec::new();
    for (i, p) in pairs.iter().enumerate() {
        for q in &pairs[i + 1..] {
            if (q.0 - p.0).abs() >= 0.3 * (high - low).max(1.0) {
                slopes.push((q.1 - p.1) / (q.0 - p.0));
            }
        }
    }
    // Too short a stretch says nothing of sizes.
    let b = if high - low < 100.0 { 1.0 } else { median(&mut slopes)? };
    if !SIZES.contains(&b) {
        return None;
    }
    let mut offsets: Vec<f32> = pairs.iter().map(|p| p.1 - b * p.0).collect();
    let line = Line { a: median(&mut offsets)?, b };
    let kept: Vec<(f32, f32)> =
        pairs.iter().copied().filter(|p| (line.at(p.0) - p.1).abs() <= near).collect();
    let line = if high - low < 100.0 { line } else { Line::through(&kept).unwrap_or(line) };
    Some((line, kept.len()))
}

/// Middle value; sorts.
pub(crate) fn median(values: &mut [f32]) -> Option<f32> {
    values.sort_by(f32::total_cmp);
    values.get(values.len() / 2).copied()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_grid_is_found_under_shift_size_losses_and_strangers() {
        let from: Vec<f32> = vec![0.0, 50.0, 130.0, 170.0, 300.0, 420.0, 460.0, 600.0];
        let mut to: Vec<f32> = from.iter().map(|x| 40.0 + 1.03 * x).collect();
        to.remove(3);
        to.push(333.0);
        to.sort_by(f32::total_cmp);
        let (line, matched) = grid(&from, &to, 5.0).unwrap();
        assert_eq!(matched, 7);
        assert!((line.at(170.0) - 215.1).abs() < 1.0, "{line:?}");
    }

    #[test]
    fn a_line_holds_against_wrong_pairs() {
        let mut pairs: Vec<(f32, f32)> = (0..12).map(|i| (90.0 * i as f32, 12.0 + 88.0 * i as f32)).collect();
        pairs[3].1 += 200.0;
        pairs[8].1 -= 150.0;
        let (line, kept) = robust(&pairs, 8.0).unwrap();
        assert_eq!(kept, 10);
        assert!((line.at(270.0) - 276.0).abs() < 2.0, "{line:?}");
    }
}

//! The angle of the lines of a page, from sums of darkness along slanted rows.

use crate::lines::{STRIP, Strips};

impl Strips {
    /// How strongly the rows, sheared to `slope` (rise of y per x), are bunched into lines.
    fn sharpness(&self, slope: f64) -> f64 {
        let mut sum = vec![0u32; self.length];
        let middle = self.profiles.len() as f64 / 2.0;
        for (i, profile) in self.profiles.iter().enumerate() {
            let shift = ((i as f64 + 0.5 - middle) * STRIP as f64 * slope).round() as isize;
            let (from, to) = if shift >= 0 { (shift as usize, 0) } else { (0, shift.unsigned_abs()) };
            if from >= self.length || to >= self.length {
                continue;
            }
            for (s, &v) in sum[to..].iter_mut().zip(&profile[from..]) {
                *s += u32::from(v);
            }
        }
        sum.windows(2).map(|p| (f64::from(p[1]) - f64::from(p[0])).powi(2)).sum()
    }

    /// The slope in `±limit` along which lines are sharpest, to about 0.02 degrees, with how much sharper they are
    /// there than at a typical slope (1 = not at all).
    pub(crate) fn best_slope(&self, limit: f64) -> (f64, f64) {
        if self.profiles.len() < 4 || self.length < 32 {
            return (0.0, 1.0);
        }
        let coarse = 0.5f64.to_radians();
        let n = (limit / coarse).ceil() as i32;
        let mut scores: Vec<(f64, f64)> = (-n..=n)
            .map(|i| f64::from(i) * coarse)
            .map(|angle| (angle, self.sharpness(angle.tan())))
            .collect();
        let mut levels: Vec<f64> = scores.iter().map(|s| s.1).collect();
        levels.sort_by(f64::total_cmp);
        let typical = levels[levels.len() / 2].max(1.0);
        if levels.last().is_none_or(|&l| l < 1.0) {
            return (0.0, 1.0);
        }
        for step in [0.1f64, 0.02] {
            let centre = peak(&scores);
            let step = step.to_radians();
            scores = (-6..=6)
                .map(|i| centre + f64::from(i) * step)
                .map(|angle| (angle, self.sharpness(angle.tan())))
                .collect();
        }
        let best = peak(&scores);
        (best.tan(), self.sharpness(best.tan()) / typical)
    }
}

/// Angle of the highest score, refined by a parabola through its neighbours.
fn peak(scores: &[(f64, f64)]) -> f64 {
    let Some(at) = (0..scores.len()).max_by(|&a, &b| scores[a].1.total_cmp(&scores[b].1)) else { return 0.0 };
    if at == 0 || at + 1 == scores.len() {
        return scores[at].0;
    }
    let (a, b, c) = (scores[at - 1].1, scores[at].1, scores[at + 1].1);
    let curve = a - 2.0 * b + c;
    let offset = if curve < 0.0 { (0.5 * (a - c) / curve).clamp(-0.5, 0.5) } else { 0.0 };
    scores[at].0 + offset * (scores[at].0 - scores[at - 1].0)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use image::{GrayImage, Luma};

    use super::*;

    fn lines(slope: f64) -> GrayImage {
        GrayImage::from_fn(800, 900, |x, y| {
            let v = (f64::from(y) - slope * f64::from(x)).rem_euclid(42.0);
            // Words with gaps between them, so that the lines are broken.
            let word = (x * 7919 + (y / 42) * 104_729) % 97 < 60;
            Luma([if v < 9.0 && word { 200 } else { 0 }])
        })
    }

    #[test]
    fn the_slope_of_lines_is_found_to_a_twentieth_of_a_degree() {
        for degrees in [-7.3f64, -2.0, -0.4, 0.0, 0.15, 3.35, 9.8] {
            let slope = degrees.to_radians().tan();
            let (found, sharpness) = Strips::of_rows(&lines(slope)).best_slope(12f64.to_radians());
            let error = (found.atan().to_degrees() - degrees).abs();
            assert!(error < 0.05, "{degrees}: off by {error}");
            assert!(sharpness > 3.0);
        }
    }

    #[test]
    fn an_empty_page_has_no_slope() {
        let (slope, sharpness) = Strips::of_rows(&GrayImage::new(400, 400)).best_slope(0.2);
        assert_eq!((slope, sharpness), (0.0, 1.0));
    }
}

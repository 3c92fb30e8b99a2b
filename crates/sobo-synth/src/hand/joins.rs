//! Going on to the next letter with the pen on the paper.

use crate::canvas::Point;
use crate::random::Rng;

/// An end of a letter's stroke where the pen may come or leave.
#[derive(Debug, Copy, Clone)]
pub(super) struct End {
    /// Where, px.
    pub(super) at: Point,
    /// Outward along the stroke, of length one; nothing for a guessed end.
    pub(super) out: Option<Point>,
}

impl End {
    /// The end of a stroke that comes from `inner`.
    pub(super) fn of(at: Point, inner: Point) -> Self {
        let (dx, dy) = (at.0 - inner.0, at.1 - inner.1);
        let length = (dx * dx + dy * dy).sqrt();
        Self { at, out: (length > 1e-3).then(|| (dx / length, dy / length)) }
    }

    /// An end where none was found.
    pub(super) fn guessed(at: Point) -> Self {
        Self { at, out: None }
    }
}

/// The pen's way from one letter to the next: it leaves as the last stroke ran and comes in as the next one begins, and
/// hangs through a little in between.
pub(super) fn way(exit: &End, entry: &End, size: f32, rng: &mut Rng) -> Vec<Point> {
    let (a, d) = (exit.at, entry.at);
    let (dx, dy) = (d.0 - a.0, d.1 - a.1);
    let length = (dx * dx + dy * dy).sqrt();
    let pull = (0.38 * length + 0.03 * size) * rng.range(0.6, 1.2);
    // Against the line of writing no pen goes on: it turns below.
    let leave = exit.out.filter(|out| out.0 > 0.1).unwrap_or((0.75, 0.5));
    let come = entry.out.filter(|out| out.0 < -0.1).unwrap_or((-0.7, 0.45));
    let sag = 0.05 * size * rng.unit();
    let b = (a.0 + leave.0 * pull, a.1 + leave.1 * pull + sag);
    let c = (d.0 + come.0 * pull, d.1 + come.1 * pull + sag);
    let pieces = ((length / 4.0) as usize).clamp(3, 9);
    (0..=pieces)
        .map(|step| {
            let t = step as f32 / pieces as f32;
            let u = 1.0 - t;
            let weights = [u * u * u, 3.0 * u * u * t, 3.0 * u * t * t, t * t * t];
            let sum =
                |f: fn(&Point) -> f32| [a, b, c, d].iter().zip(weights).map(|(p, w)| f(p) * w).sum::<f32>();
            (sum(|p| p.0), sum(|p| p.1))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_join_begins_and_ends_on_the_strokes_and_leaves_along_them() {
        let exit = End::of((0.0, 0.0), (-5.0, 5.0));
        let entry = End::of((30.0, -4.0), (34.0, -10.0));
        let points = way(&exit, &entry, 40.0, &mut Rng::new(1));
        assert_eq!(points.first(), Some(&(0.0, 0.0)));
        let last = points[points.len() - 1];
        assert!((last.0 - 30.0).abs() < 0.01 && (last.1 + 4.0).abs() < 0.01);
        // Up and to the right, as the stroke ran.
        assert!(points[1].0 > 0.0 && points[1].1 < 0.0, "{points:?}");
        assert!(points.windows(2).all(|w| w[1].0 > w[0].0), "{points:?}");
        // A stroke that ends backwards is left in the direction of writing.
        let back = End::of((0.0, 0.0), (5.0, 0.0));
        assert!(way(&back, &entry, 40.0, &mut Rng::new(1))[1].0 > 0.0);
    }
}

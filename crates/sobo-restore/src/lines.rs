//! Traces of the long lines of a page (rulings, dotted leaders), to deskew by and to dewarp by.

use image::GrayImage;

/// Width of the strips a page is cut into across its lines, in pixels.
pub(crate) const STRIP: usize = 16;

/// Least ridge a ruling or dotted leader must show in a strip: summed darkness over [`STRIP`] pixels.
const LEAST_RIDGE: f32 = 150.0;
/// Strips a trace may jump over (text, holes, faded rulings).
const LONGEST_GAP: usize = 7;
/// Fewest strips a trace must be seen in.
const FEWEST: usize = 9;

/// Sums of darkness over [`STRIP`] neighbouring pixels: one profile for each strip.
pub(crate) struct Strips {
    /// Length of a profile.
    pub(crate) length: usize,
    pub(crate) profiles: Vec<Vec<u16>>,
}

impl Strips {
    /// Vertical strips of a darkness map (0 paper, 255 ink), whose profiles run down the page: for lines that run
    /// across it.
    pub(crate) fn of_rows(darkness: &GrayImage) -> Self {
        let (w, h) = (darkness.width() as usize, darkness.height() as usize);
        let mut profiles = vec![vec![0u16; h]; w / STRIP];
        for (y, row) in darkness.as_raw().chunks_exact(w.max(1)).enumerate() {
            for (profile, block) in profiles.iter_mut().zip(row.chunks_exact(STRIP)) {
                profile[y] = block.iter().map(|&v| u16::from(v)).sum();
            }
        }
        Self { length: h, profiles }
    }

    /// Horizontal strips, whose profiles run across the page: for lines that run down it.
    pub(crate) fn of_columns(darkness: &GrayImage) -> Self {
        let (w, h) = (darkness.width() as usize, darkness.height() as usize);
        let mut profiles = vec![vec![0u16; w]; h / STRIP];
        for (profile, rows) in profiles.iter_mut().zip(darkness.as_raw().chunks_exact(w.max(1) * STRIP)) {
            for row in rows.chunks_exact(w) {
                for (sum, &v) in profile.iter_mut().zip(row) {
                    *sum += u16::from(v);
                }
            }
        }
        Self { length: w, profiles }
    }
}

/// A long thin line: positions `(along, across)` in pixels, in order of `along`.
#[derive(Debug, Clone)]
pub(crate) struct Trace {
    pub(crate) points: Vec<(f32, f32)>,
}

impl Trace {
    fn slope(&self, last: usize, fallback: f32) -> f32 {
        let from = self.points.len().saturating_sub(last);
        let part = &self.points[from..];
        if part.len() < 4 {
            return fallback;
        }
        let n = part.len() as f32;
        let (mx, my) = (part.iter().map(|p| p.0).sum::<f32>() / n, part.iter().map(|p| p.1).sum::<f32>() / n);
        let (mut xx, mut xy) = (0.0, 0.0);
        for (x, y) in part {
            xx += (x - mx) * (x - mx);
            xy += (x - mx) * (y - my);
        }
        // Few points say little: lean to the fallback as if it had been seen over four strips.
        let prior = 4.0 * 16.0 * STRIP as f32 * STRIP as f32;
        (xy + prior * fallback) / (xx + prior)
    }

    /// First and last position along the line.
    pub(crate) fn span(&self) -> (f32, f32) {
        (self.points.first().map_or(0.0, |p| p.0), self.points.last().map_or(0.0, |p| p.0))
    }
}

/// Ridges of one profile: `(position, strength)` of thin dark lines, to a fraction of a pixel.
fn ridges(profile: &[u16]) -> Vec<(f32, f32)> {
    let n = profile.len();
    let mut found = Vec::new();
    if n < 16 {
        return found;
    }
    let soft = |i: usize| f32::from(profile[i - 1]) + 2.0 * f32::from(profile[i]) + f32::from(profile[i + 1]);
    let mut values = vec![0f32; n];
    for (i, v) in values.iter_mut().enumerate().take(n - 1).skip(1) {
        *v = soft(i) / 2.0;
    }
    for i in 6..n - 6 {
        let v = values[i];
        if v < LEAST_RIDGE || v < values[i - 1] || v <= values[i + 1] {
            continue;
        }
        let strength = v - values[i - 5].max(values[i + 5]).max(values[i - 4].max(values[i + 4]) * 0.8);
        if strength < LEAST_RIDGE {
            continue;
        }
        let (a, c) = (values[i - 1], values[i + 1]);
        let curve = a - 2.0 * v + c;
        let offset = if curve < 0.0 { (0.5 * (a - c) / curve).clamp(-0.5, 0.5) } else { 0.0 };
        found.push((i as f32 + 0.5 + offset, strength));
    }
    found
}

/// Lower edges of text in one profile: where darkness above ends in paper below, over about an x-height.
fn feet(profile: &[u16]) -> Vec<(f32, f32)> {
    const REACH: usize = 6;
    const LEAST: f32 = 1000.0;
    let n = profile.len();
    let mut found = Vec::new();
    if n < 4 * REACH {
        return found;
    }
    let mut sums = vec![0u32; n + 1];
    for (i, &v) in profile.iter().enumerate() {
        sums[i + 1] = sums[i] + u32::from(v);
    }
    let edge = |i: usize| (sums[i] - sums[i - REACH]) as f32 - (sums[i + REACH] - sums[i]) as f32;
    let mut i = REACH;
    while i + REACH < n {
        let v = edge(i);
        if v < LEAST || (1..=REACH).any(|d| i + d + REACH <= n && edge(i + d) > v) {
            i += 1;
            continue;
        }
        found.push((i as f32, v));
        i += REACH;
    }
    found
}

/// Follows thin lines from strip to strip along `slope` (across per along), which may vary by `freedom`.
pub(crate) fn trace(strips: &Strips, slope: f32, freedom: f32) -> Vec<Trace> {
    follow(
        strips,
        slope,
        freedom,
        &Kind { marks: ridges, memory: 12, reach: 1.6, fewest: FEWEST, roughest: 0.45 },
    )
}

/// Follows the lower edges of lines of text.
pub(crate) fn trace_text(strips: &Strips, slope: f32, freedom: f32) -> Vec<Trace> {
    follow(strips, slope, freedom, &Kind { marks: feet, memory: 24, reach: 3.0, fewest: 6, roughest: 2.0 })
}

/// How a kind of line is followed.
struct Kind {
    /// Positions and strengths of its marks in a profile, in order.
    marks: fn(&[u16]) -> Vec<(f32, f32)>,
    /// Strips whose slope predicts the next.
    memory: usize,
    /// Pixels a mark may lie off its predicted place.
    reach: f32,
    /// Fewest strips a trace must be seen in.
    fewest: usize,
    /// Largest typical second difference, in pixels.
    roughest: f32,
}

fn follow(strips: &Strips, slope: f32, freedom: f32, kind: &Kind) -> Vec<Trace> {
    let mut open: Vec<(Trace, usize)> = Vec::new();
    let mut done = Vec::new();
    for (k, profile) in strips.profiles.iter().enumerate() {
        let along = (k * STRIP) as f32 + STRIP as f32 / 2.0;
        let ridges = (kind.marks)(profile);
        // All possible steps, best first: near the predicted place, strong, and for long traces before short ones.
        let mut steps: Vec<(f32, usize, usize)> = Vec::new();
        for (t, (trace, last)) in open.iter().enumerate() {
            let Some(&(x, y)) = trace.points.last() else { continue };
            let local = trace.slope(kind.memory, slope).clamp(slope - freedom, slope + freedom);
            let predicted = y + local * (along - x);
            let reach = kind.reach + 0.25 * (k - last) as f32;
            let start = ridges.partition_point(|r| r.0 < predicted - reach);
            for (r, ridge) in ridges.iter().enumerate().skip(start) {
                if ridge.0 > predicted + reach {
                    break;
                }
                let cost = (ridge.0 - predicted).abs() / reach - 0.02 * (trace.points.len().min(40) as f32);
                steps.push((cost, t, r));
            }
        }
        steps.sort_by(|a, b| a.0.total_cmp(&b.0));
        let mut taken = vec![false; ridges.len()];
        let mut moved = vec![false; open.len()];
        for (_, t, r) in steps {
            if !taken[r] && !moved[t] {
                (taken[r], moved[t]) = (true, true);
                open[t].0.points.push((along, ridges[r].0));
                open[t].1 = k;
            }
        }
        for (ridge, _) in ridges.iter().zip(&taken).filter(|(_, taken)| !**taken) {
            open.push((Trace { points: vec![(along, ridge.0)] }, k));
        }
        let mut still = Vec::with_capacity(open.len());
        for (trace, last) in open {
            // A trace just begun must go on at once; a long one may pass under a word or a hole.
            let patience = (trace.points.len() / 2).clamp(1, LONGEST_GAP);
            if k - last <= patience {
                still.push((trace, last));
            } else {
                done.push(trace);
            }
        }
        open = still;
    }
    done.extend(open.into_iter().map(|(trace, _)| trace));
    done.retain(|t| is_line(t, kind));
    done.sort_by(|a, b| {
        a.points[0].1.total_cmp(&b.points[0].1).then(a.points[0].0.total_cmp(&b.points[0].0))
    });
    done
}

/// Whether a trace is dense and smooth enough to be a drawn line and not a row of strokes.
fn is_line(trace: &Trace, kind: &Kind) -> bool {
    let n = trace.points.len();
    if n < kind.fewest {
        return false;
    }
    let (from, to) = trace.span();
    let possible = (to - from) / STRIP as f32 + 1.0;
    if (n as f32) < 0.55 * possible {
        return false;
    }
    // Second differences of a drawn line are a fraction of a pixel; those of strokes are not.
    let mut bends: Vec<f32> = trace
        .points
        .windows(3)
        .map(|p| {
            let t = (p[1].0 - p[0].0) / (p[2].0 - p[0].0);
            (p[1].1 - (p[0].1 + (p[2].1 - p[0].1) * t)).abs()
        })
        .collect();
    let middle = bends.len() / 2;
    *bends.select_nth_unstable_by(middle, f32::total_cmp).1 < kind.roughest
}

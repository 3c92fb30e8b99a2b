//! Ruled lines and dotted leaders, found as ridges of darkness and tracked across the page.
//!
//! A ridge is looked for in averages along the line, so that a ruling that faded below the
//! binarisation, is broken by stains or bends with the sheet is still one line. Tracking follows
//! the peaks from step to step with a predicted position, in the manner of the line following of
//! Zheng, Li and Doermann, "A parallel-line detection algorithm based on HMM decoding" (PAMI 2005),
//! with a greedy predictor in place of the HMM.

use crate::raster::Page;

/// What a ruling is made of.
#[derive(Debug, Copy, Clone, PartialEq, Eq)]
pub enum Stroke {
    /// A drawn or printed line.
    Solid,
    /// A row of dots or dashes to write on: a leader.
    Dotted,
}

/// One line, nearly parallel to an axis. `along` is x for horizontal rulings and y for vertical.
#[derive(Debug, Clone)]
pub struct Ruling {
    /// First position along the line.
    pub start: f32,
    /// Last position along the line.
    pub end: f32,
    /// Support points `(along, across)`, ascending.
    pub points: Vec<(f32, f32)>,
    /// Solid or dotted.
    pub stroke: Stroke,
    /// Mean height of the ridge above its surroundings, in grey levels.
    pub strength: f32,
    /// Share of the length that is supported by pixels.
    pub support: f32,
    /// Self-likeness of the line at each shift in pixels, for leaders.
    rhythm: Vec<f32>,
    /// Mean distance from dot to dot, in pixels.
    pitch: f32,
}

impl Ruling {
    /// Position across the line at `along`, interpolated, and extrapolated level with the line's
    /// general slope beyond its ends.
    pub fn at(&self, along: f32) -> f32 {
        let points = &self.points;
        let (Some(first), Some(last)) = (points.first(), points.last()) else { return 0.0 };
        if points.len() == 1 || last.0 - first.0 < 1.0 {
            return first.1;
        }
        let slope = |a: (f32, f32), b: (f32, f32)| (b.1 - a.1) / (b.0 - a.0).max(1.0);
        let reach = points.len().min(24) - 1;
        if along <= first.0 {
            return first.1 + slope(*first, points[reach]) * (along - first.0);
        }
        if along >= last.0 {
            return last.1 + slope(points[points.len() - 1 - reach], *last) * (along - last.0);
        }
        let i = points.partition_point(|p| p.0 <= along).clamp(1, points.len() - 1);
        let (a, b) = (points[i - 1], points[i]);
        a.1 + slope(a, b) * (along - a.0)
    }

    /// A straight vertical line that is not drawn but kept by the print.
    pub(crate) fn upright(x: f32, start: f32, end: f32) -> Self {
        let points = vec![(start, x), (end, x)];
        let (strength, support, pitch) = (0.0, 0.0, 0.0);
        Self { start, end, points, stroke: Stroke::Solid, strength, support, rhythm: Vec::new(), pitch }
    }

    /// A level horizontal line that is not drawn.
    pub(crate) fn level(y: f32, start: f32, end: f32) -> Self {
        Self::upright(y, start, end)
    }

    /// Length along the line.
    pub fn length(&self) -> f32 {
        self.end - self.start
    }

    /// Position across in the middle of the line.
    pub fn middle(&self) -> f32 {
        self.at((self.start + self.end) / 2.0)
    }

    /// Length shared with `start..end`.
    pub fn overlap(&self, start: f32, end: f32) -> f32 {
        (self.end.min(end) - self.start.max(start)).max(0.0)
    }
}

/// Sampling step along the line, in pixels at 150 dpi.
const STEP: f32 = 8.0;
/// Half the averaging window along the line.
const HALF_WINDOW: f32 = 12.0;
/// How far beside the line its surroundings are taken.
const ASIDE: f32 = 5.0;

/// Horizontal rulings and leaders of a page.
pub(crate) fn horizontal(page: &Page) -> Vec<Ruling> {
    find(page, true)
}

/// Vertical rulings of a page; leaders are not looked for.
pub(crate) fn vertical(page: &Page) -> Vec<Ruling> {
    find(&page.transposed_dark(), false)
}

struct Track {
    points: Vec<(usize, f32, f32)>,
    slope: f32,
}

fn find(page: &Page, leaders: bool) -> Vec<Ruling> {
    let (w, h) = (page.width, page.height);
    let step = page.px(STEP).round().max(2.0) as usize;
    let half = page.px(HALF_WINDOW).round() as usize;
    let aside = page.px(ASIDE).round().max(3.0) as usize;
    if w < 4 * half || h < 4 * aside {
        return Vec::new();
    }
    let steps = w / step;
    let ridge = ridges(page, steps, step, half, aside);
    let noise = deviation(&ridge);
    let threshold = (3.5 * noise).clamp(3.5, 10.0);
    let mut peaks: Vec<Vec<(f32, f32)>> = vec![Vec::new(); steps];
    for y in aside..h - aside {
        let row = &ridge[y * steps..(y + 1) * steps];
        for (k, value) in row.iter().enumerate() {
            if *value < threshold {
                continue;
            }
            let above = ridge[(y - 1) * steps + k];
            let below = ridge[(y + 1) * steps + k];
            if *value > above && *value >= below {
                let bend = above - 2.0 * value + below;
                let shift = if bend < -1e-3 { 0.5 * (above - below) / bend } else { 0.0 };
                peaks[k].push((y as f32 + shift.clamp(-0.5, 0.5), *value));
            }
        }
    }
    let tracks = follow(&peaks, step as f32, page.scale);
    let mut rulings = Vec::new();
    for track in tracks {
        if let Some(ruling) = judge(page, &track, step, aside, threshold, leaders) {
            rulings.extend(split_at_gaps(page, ruling, aside));
        }
    }
    if leaders {
        keep_rhythm(&mut rulings, page.scale);
        keep_bare(&mut rulings, page);
    }
    join(rulings, page, leaders)
}

/// Ridge height at every row and step: the mean darkness along the line less that beside it.
fn ridges(page: &Page, steps: usize, step: usize, half: usize, aside: usize) -> Vec<f32> {
    let (w, h) = (page.width, page.height);
    let mut means = vec![0f32; steps * h];
    let mut prefix = vec![0u32; w + 1];
    for y in 0..h {
        let row = &page.dark[y * w..(y + 1) * w];
        for (x, value) in row.iter().enumerate() {
            // A cap keeps blots and heavy writing from drowning thin lines.
            prefix[x + 1] = prefix[x] + u32::from((*value).min(110));
        }
        for k in 0..steps {
            let centre = k * step + step / 2;
            let (a, b) = (centre.saturating_sub(half), (centre + half).min(w));
            means[y * steps + k] = (prefix[b] - prefix[a]) as f32 / (b - a) as f32;
        }
    }
    let mut ridge = vec![0f32; steps * h];
    for y in aside + 1..h.saturating_sub(aside + 1) {
        for k in 0..steps {
            let at = |row: usize| means[row * steps + k];
            let line = 0.25 * (at(y - 1) + at(y + 1)) + 0.5 * at(y);
            let beside = |row: usize| 0.25 * (at(row - 1) + at(row + 1)) + 0.5 * at(row);
            let (above, below) = (beside(y - aside), beside(y + aside));
            // Mostly the brighter side counts: writing above a leader must not hide it.
            ridge[y * steps + k] = line - 0.5 * above.min(below) - 0.5 * (0.5 * (above + below));
        }
    }
    ridge
}

/// Robust standard deviation of the ridge values, of which most lie on bare paper.
fn deviation(values: &[f32]) -> f32 {
    let mut sample: Vec<f32> = values.iter().step_by(97).map(|v| v.abs()).collect();
    if sample.is_empty() {
        return 1.0;
    }
    let middle = sample.len() / 2;
    sample.select_nth_unstable_by(middle, f32::total_cmp);
    1.48 * sample[middle]
}

fn follow(peaks: &[Vec<(f32, f32)>], step: f32, scale: f32) -> Vec<Track> {
    let mut open: Vec<Track> = Vec::new();
    let mut done = Vec::new();
    for (k, column) in peaks.iter().enumerate() {
        let mut taken = vec![false; column.len()];
        // Long tracks choose first, so that a stray stroke cannot steal their peak.
        open.sort_by(|a, b| {
            b.points.len().cmp(&a.points.len()).then(a.points[0].1.total_cmp(&b.points[0].1))
        });
        for track in &mut open {
            let Some((last_k, last_y, _)) = track.points.last().copied() else { continue };
            let gap = (k - last_k) as f32;
            let predicted = last_y + track.slope * gap * step;
            let reach = (1.4 + 0.25 * (gap - 1.0).min(6.0)) * scale;
            let near = column
                .iter()
                .enumerate()
                .filter(|(i, p)| !taken[*i] && (p.0 - predicted).abs() <= reach)
                .min_by(|(_, a), (_, b)| {
                    ((a.0 - predicted).abs() - 0.01 * a.1).total_cmp(&((b.0 - predicted).abs() - 0.01 * b.1))
                });
            let Some((i, peak)) = near else { continue };
            taken[i] = true;
            track.points.push((k, peak.0, peak.1));
            let back = track.points[track.points.len().saturating_sub(16)];
            let fresh = (peak.0 - back.1) / ((k - back.0).max(1) as f32 * step);
            let weight = if track.points.len() < 6 { 0.3 } else { 0.6 };
            track.slope = (track.slope * (1.0 - weight) + fresh * weight).clamp(-0.06, 0.06);
        }
        let mut index = 0;
        while index < open.len() {
            let (last_k, hits) = (open[index].points.last().map_or(0, |p| p.0), open[index].points.len());
            let patience = if hits >= 12 { 6 } else { 2 };
            if k - last_k > patience { done.push(open.swap_remove(index)) } else { index += 1 }
        }
        for (i, peak) in column.iter().enumerate() {
            if !taken[i] {
                open.push(Track { points: vec![(k, peak.0, peak.1)], slope: 0.0 });
            }
        }
    }
    done.append(&mut open);
    done.retain(|t| t.points.len() >= 4);
    done.sort_by(|a, b| (a.points[0].0, a.points.len()).cmp(&(b.points[0].0, b.points.len())));
    done
}

/// Turns a track into a ruling if its pixels bear it out; a solid line and a leader that touch end
/// to end stay one.
fn judge(
    page: &Page,
    track: &Track,
    step: usize,
    aside: usize,
    threshold: f32,
    leaders: bool,
) -> Option<Ruling> {
    let (first, last) = (track.points.first()?, track.points.last()?);
    let span = (last.0 - first.0 + 1) as f32;
    let density = track.points.len() as f32 / span;
    if span * (step as f32) < page.px(40.0) || density < 0.5 {
        return None;
    }
    let points: Vec<(f32, f32)> =
        track.points.iter().map(|p| ((p.0 * step + step / 2) as f32, p.1)).collect();
    // Handwriting wanders; a ruling is smooth.
    let rough = roughness(&points);
    if rough > 0.75 * page.scale {
        return None;
    }
    let strength = track.points.iter().map(|p| p.2).sum::<f32>() / track.points.len() as f32;
    let mut ruling = Ruling {
        start: points[0].0,
        end: points[points.len() - 1].0,
        points,
        stroke: Stroke::Solid,
        strength,
        support: density,
        rhythm: Vec::new(),
        pitch: 0.0,
    };
    let reach = page.px(28.0);
    let from = (ruling.start - reach).max(0.0) as usize;
    let to = ((ruling.end + reach) as usize).min(page.width.saturating_sub(1));
    let profile: Vec<f32> = (from..=to).map(|x| height_at(page, x, ruling.at(x as f32), aside)).collect();
    let inside = |x: f32| (x as usize).saturating_sub(from).min(profile.len() - 1);
    let (a, b) = (inside(ruling.start), inside(ruling.end));
    let (stroke, support, pitch) = texture(&profile[a..=b], page.scale);
    if stroke == Stroke::Dotted && !leaders {
        // Vertical rows of dots are not used; a faded vertical ruling looks dotted.
        ruling.stroke = Stroke::Solid;
    } else {
        ruling.stroke = stroke;
    }
    ruling.support = support;
    ruling.pitch = pitch;
    if support < 0.12 || strength < threshold {
        return None;
    }
    // Rows of letters also make ridges, but their strokes go on above and below.
    if thinness(page, &ruling, &profile[a..=b], from + a) < 0.5 {
        return None;
    }
    if ruling.stroke == Stroke::Solid && (ruling.length() < page.px(110.0) || support < 0.6) {
        return None;
    }
    if ruling.stroke == Stroke::Dotted {
        ruling.rhythm = rhythm(&profile[a..=b], page.scale);
    }
    // The true ends: the stretch whose sum of (height - half the mean) is greatest.
    let mean = profile[a..=b].iter().sum::<f32>() / (b - a + 1) as f32;
    let floor = 0.5 * mean;
    let grow = page.px(30.0) as usize;
    let start = best_end(profile.iter().copied().take((a + grow).min(b) + 1).rev(), floor);
    let end = best_end(profile.iter().copied().skip(b.saturating_sub(grow).max(a)), floor);
    ruling.start = ((from + (a + grow).min(b)) as f32 - start as f32).max(0.0);
    ruling.end = (from + b.saturating_sub(grow).max(a) + end) as f32;
    (ruling.length() >= page.px(36.0)).then_some(ruling)
}

/// Parts a leader where its dots stop for longer than dots do: under the label of another field.
fn split_at_gaps(page: &Page, ruling: Ruling, aside: usize) -> Vec<Ruling> {
    if ruling.stroke == Stroke::Solid {
        return vec![ruling];
    }
    let (from, to) =
        (ruling.start.max(0.0) as usize, (ruling.end as usize).min(page.width.saturating_sub(1)));
    let profile: Vec<f32> = (from..=to).map(|x| height_at(page, x, ruling.at(x as f32), aside)).collect();
    let mean = profile.iter().sum::<f32>() / profile.len().max(1) as f32;
    let window = page.px(16.0) as usize;
    if profile.len() < 4 * window {
        return vec![ruling];
    }
    // Mean over a window to the right of each position.
    let mut sum: f32 = profile[..window].iter().map(|v| v.clamp(-20.0, 60.0)).sum();
    let mut weak = Vec::with_capacity(profile.len());
    for i in 0..=profile.len() - window {
        if i > 0 {
            sum += profile[i + window - 1].clamp(-20.0, 60.0) - profile[i - 1].clamp(-20.0, 60.0);
        }
        weak.push(sum / (window as f32) < 0.3 * mean);
    }
    let shortest = page.px(8.0) as usize;
    let mut pieces = Vec::new();
    let (mut start, mut i) = (0usize, 0usize);
    while i < weak.len() {
        if !weak[i] {
            i += 1;
            continue;
        }
        let run = weak[i..].iter().take_while(|w| **w).count();
        if run >= shortest {
            pieces.push((start, i + window / 4));
            start = i + run + window - window / 4;
        }
        i += run;
    }
    pieces.push((start, profile.len()));
    if pieces.len() == 1 {
        return vec![ruling];
    }
    let parts = pieces.into_iter().filter(|(a, b)| b.saturating_sub(*a) as f32 >= page.px(36.0));
    parts
        .map(|(a, b)| {
            let mut part = ruling.clone();
            part.start = (from + a) as f32;
            part.end = (from + b - 1) as f32;
            part.points.retain(|p| p.0 >= part.start && p.0 <= part.end);
            if part.points.len() < 2 {
                part.points = vec![(part.start, ruling.at(part.start)), (part.end, ruling.at(part.end))];
            }
            part
        })
        .collect()
}

/// Shortest and longest distance between the dots of a leader, at 150 dpi.
const DOTS: (f32, f32) = (3.0, 15.0);

/// Autocorrelation of a profile for shifts up to a little over the longest distance of dots.
fn rhythm(profile: &[f32], scale: f32) -> Vec<f32> {
    let longest = (DOTS.1 * scale * 1.1).ceil() as usize;
    let n = profile.len();
    if n < 3 * longest {
        return Vec::new();
    }
    // Writing over the dots must not outweigh them.
    let mut sorted = profile.to_vec();
    sorted.sort_by(f32::total_cmp);
    let cap = 1.3 * sorted[n * 7 / 10];
    let values: Vec<f32> = profile.iter().map(|v| v.clamp(-5.0, cap.max(1.0))).collect();
    let mean = values.iter().sum::<f32>() / n as f32;
    let power: f32 = values.iter().map(|v| (v - mean) * (v - mean)).sum::<f32>().max(1e-3);
    (0..=longest)
        .map(|lag| {
            let sum: f32 = (0..n - lag).map(|i| (values[i] - mean) * (values[i + lag] - mean)).sum();
            sum / power * n as f32 / (n - lag) as f32
        })
        .collect()
}

/// Keeps only the leaders that have the rhythm of the page's dots: all leaders of a print are made
/// of the same dots, while rows of letters have no rhythm.
fn keep_rhythm(rulings: &mut Vec<Ruling>, scale: f32) {
    let (low, high) = ((DOTS.0 * scale).round() as usize, (DOTS.1 * scale).round() as usize);
    let mut votes = vec![0f32; high + 2];
    for r in rulings.iter().filter(|r| r.stroke == Stroke::Dotted && r.rhythm.len() > high + 1) {
        // The first peak after the first valley: its multiples are no periods of their own.
        let start = (2..=high).find(|i| r.rhythm[*i] > r.rhythm[*i - 1]).unwrap_or(high).max(low);
        let best = (start..=high).max_by(|a, b| r.rhythm[*a].total_cmp(&r.rhythm[*b]));
        let Some(best) = best else { continue };
        let first = (start..best)
            .find(|i| {
                r.rhythm[*i] >= 0.75 * r.rhythm[best]
                    && r.rhythm[*i] >= r.rhythm[*i - 1]
                    && r.rhythm[*i] >= r.rhythm[*i + 1]
            })
            .unwrap_or(best);
        if r.rhythm[first] > 0.3 {
            votes[first] += r.length() * r.rhythm[first];
        }
    }
    let smooth = |i: usize| votes[i] + 0.6 * (votes[i.saturating_sub(1)] + votes[(i + 1).min(high)]);
    let period = (low..=high).max_by(|a, b| smooth(*a).total_cmp(&smooth(*b))).unwrap_or(low);
    if smooth(period) <= 0.0 {
        rulings.retain(|r| r.stroke == Stroke::Solid);
        return;
    }
    rulings.retain(|r| {
        if r.stroke == Stroke::Solid {
            return true;
        }
        let even = r.pitch / period as f32;
        if r.rhythm.is_empty() || !(0.55..=1.9).contains(&even) {
            return false;
        }
        let best = (period - 1..=period + 1).map(|i| r.rhythm[i.min(r.rhythm.len() - 1)]).fold(0.0, f32::max);
        best > if r.length() > 150.0 * scale { 0.13 } else { 0.22 }
    });
}

/// Height of the writing that stands on a leader, and the shortest stretch without any that is no blank between
/// letters, in pixels at 150 dpi.
const WRITING: (f32, f32) = (4.0, 18.0);
const BARE: f32 = 30.0;
/// Least length of leaders that nothing is written on, in widths of the page, on a page that has leaders at all.
const LEAST_BARE: f32 = 1.0;

/// Takes out the leaders of a page that has none: the feet of worn letters are dots with the rhythm of typing, but such
/// dots lie under letters only, while nobody fills every line of a form to its end.
fn keep_bare(rulings: &mut Vec<Ruling>, page: &Page) {
    let dotted = rulings.iter().filter(|r| r.stroke == Stroke::Dotted);
    let bare: usize = dotted.map(|r| bare_length(r, page)).sum();
    if (bare as f32) < LEAST_BARE * page.width.min(page.height) as f32 {
        rulings.retain(|r| r.stroke == Stroke::Solid);
    }
}

/// Length of the stretches of a leader over which nothing stands.
fn bare_length(ruling: &Ruling, page: &Page) -> usize {
    let (from, to) = (ruling.start.max(0.0) as usize, (ruling.end as usize).min(page.width));
    let inked = |x: usize| {
        let y = ruling.at(x as f32);
        let top = (y - page.px(WRITING.1)).max(0.0) as usize;
        let bottom = ((y - page.px(WRITING.0)).max(0.0) as usize).min(page.height);
        (top..bottom).any(|y| page.ink[y * page.width + x] != 0)
    };
    let (mut bare, mut run) = (0, 0);
    let least = page.px(BARE) as usize;
    for x in from..to {
        run = if inked(x) { 0 } else { run + 1 };
        if run == least {
            bare += least;
        } else if run > least {
            bare += 1;
        }
    }
    bare
}

/// Share of the dark positions along a ruling where the darkness ends within a few pixels on both
/// sides.
fn thinness(page: &Page, ruling: &Ruling, profile: &[f32], from: usize) -> f32 {
    let high = profile.iter().copied().fold(0.0, f32::max);
    let reach = page.px(3.6).round().max(2.0) as usize;
    let (mut thin, mut dark) = (0u32, 0u32);
    for (i, value) in profile.iter().enumerate() {
        if *value < 0.35 * high.min(60.0) {
            // A stroke through the line hides its height: the surroundings are as dark.
            let x = from + i;
            let row = (ruling.at(x as f32).round().max(0.0) as usize).min(page.height - 1);
            if page.dark[row * page.width + x] > 50 {
                dark += 1;
            }
            continue;
        }
        let x = from + i;
        let row = ruling.at(x as f32).round() as isize;
        let at = |y: isize| {
            let y = y.clamp(0, page.height as isize - 1) as usize;
            f32::from(page.dark[y * page.width + x].min(110))
        };
        let line = at(row - 1).max(at(row)).max(at(row + 1));
        let r = reach as isize;
        dark += 1;
        if at(row - r) < 0.5 * line && at(row + r) < 0.5 * line {
            thin += 1;
        }
    }
    thin as f32 / dark.max(1) as f32
}

/// How many values to take from the start so that the sum of (value - floor) is greatest.
fn best_end(values: impl Iterator<Item = f32>, floor: f32) -> usize {
    let (mut sum, mut best, mut at) = (0f32, 0f32, 0usize);
    for (i, value) in values.enumerate() {
        sum += (value.min(3.0 * floor)) - floor;
        if sum > best {
            (best, at) = (sum, i);
        }
    }
    at
}

/// Height of the line above its surroundings at one pixel along it.
fn height_at(page: &Page, x: usize, y: f32, aside: usize) -> f32 {
    let w = page.width;
    let row = (y.round() as usize).clamp(aside + 1, page.height.saturating_sub(aside + 2));
    let at = |r: usize| f32::from(page.dark[r * w + x].min(110));
    let line = at(row - 1).max(at(row)).max(at(row + 1));
    line - 0.5 * (at(row - aside) + at(row + aside))
}

/// Mean absolute second difference of the positions across.
fn roughness(points: &[(f32, f32)]) -> f32 {
    if points.len() < 5 {
        return 0.0;
    }
    let bends = points.windows(5).map(|p| (p[0].1 - 2.0 * p[2].1 + p[4].1).abs());
    bends.sum::<f32>() / (points.len() - 4) as f32
}

/// Solid or dotted, by how often the height rises and falls along the line, with the share of the
/// pixels that stand above half the line's height.
fn texture(profile: &[f32], scale: f32) -> (Stroke, f32, f32) {
    let mut sorted = profile.to_vec();
    sorted.sort_by(f32::total_cmp);
    let at = |q: f32| sorted[((sorted.len() - 1) as f32 * q) as usize];
    let (low, high) = (at(0.15), at(0.85));
    let cut = 0.5 * high;
    let support = profile.iter().filter(|v| **v > cut).count() as f32 / profile.len() as f32;
    let middle = 0.5 * (low + high);
    let swings = profile.windows(2).filter(|p| (p[0] > middle) != (p[1] > middle)).count() as f32;
    let pitch = 2.0 * profile.len() as f32 / swings.max(1.0);
    let contrast = (high - low) / (high + low).abs().max(1.0);
    let dotted = support < 0.72 && contrast > 0.45 && pitch < 16.0 * scale;
    (if dotted { Stroke::Dotted } else { Stroke::Solid }, support, pitch)
}

/// Joins pieces of one line: solid pieces over wide gaps, leaders only where they nearly touch.
fn join(mut rulings: Vec<Ruling>, page: &Page, leaders: bool) -> Vec<Ruling> {
    rulings.sort_by(|a, b| a.start.total_cmp(&b.start).then(a.middle().total_cmp(&b.middle())));
    let mut joined: Vec<Ruling> = Vec::new();
    'next: for ruling in rulings {
        for other in joined.iter_mut().rev() {
            let gap = ruling.start - other.end;
            let both_dotted = ruling.stroke == Stroke::Dotted && other.stroke == Stroke::Dotted;
            let limit = if both_dotted && leaders { page.px(14.0) } else { page.px(160.0) };
            if gap > limit || gap < page.px(-60.0) {
                continue;
            }
            if ruling.stroke != other.stroke && gap > page.px(14.0) {
                continue;
            }
            let meet = (ruling.start + other.end) / 2.0;
            let reach = page.px(2.5) + 0.012 * gap.max(0.0);
            let chord = other.at(ruling.start + page.px(10.0)) - ruling.at(ruling.start + page.px(10.0));
            if (other.at(meet) - ruling.at(meet)).abs() > reach || chord.abs() > 1.5 * reach {
                continue;
            }
            if ruling.end <= other.end {
                continue 'next;
            }
            let (a, b) = (other.length(), ruling.length());
            if b > a {
                other.stroke = ruling.stroke;
            }
            let total = (a + b).max(1.0);
            other.strength = (other.strength * a + ruling.strength * b) / total;
            other.support = (other.support * a + ruling.support * b) / total;
            let keep = other.points.last().map_or(f32::MIN, |p| p.0);
            other.points.extend(ruling.points.iter().filter(|p| p.0 > keep));
            other.end = ruling.end;
            continue 'next;
        }
        joined.push(ruling);
    }
    joined
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dotted(y: f32, start: f32, end: f32) -> Ruling {
        let points = vec![(start, y), (end, y)];
        Ruling {
            start,
            end,
            points,
            stroke: Stroke::Dotted,
            strength: 20.0,
            support: 0.4,
            rhythm: Vec::new(),
            pitch: 6.0,
        }
    }

    /// A page with letters all along some rows, 12 pixels high, feet at the given heights.
    fn page(rows: &[usize]) -> Page {
        let (width, height) = (600, 800);
        let mut ink = vec![0u8; width * height];
        for foot in rows {
            for y in foot - 16..foot - 4 {
                for x in (0..width).filter(|x| x % 12 < 8) {
                    ink[y * width + x] = 1;
                }
            }
        }
        Page { width, height, dark: vec![0; width * height], ink, scale: 1.0 }
    }

    #[test]
    fn dots_under_letters_alone_are_no_leaders() {
        let mut rulings: Vec<Ruling> = (1..6).map(|i| dotted(100.0 * i as f32, 50.0, 350.0)).collect();
        keep_bare(&mut rulings, &page(&[100, 200, 300, 400, 500]));
        assert!(rulings.is_empty());
        // Of real ones most of the length lies bare.
        let mut rulings: Vec<Ruling> = (1..6).map(|i| dotted(100.0 * i as f32, 50.0, 550.0)).collect();
        keep_bare(&mut rulings, &page(&[100, 200]));
        assert_eq!(rulings.len(), 5);
    }
}

//! A smooth displacement that makes traced lines straight, level and upright.

use crate::lines::Trace;
use crate::transform::Mesh;

/// Distance of spline knots along and across the lines, in restored pixels (about 11 and 22 mm).
const KNOTS: (f64, f64) = (64.0, 128.0);
/// Weight of the bending penalty along and across the lines, and of staying near zero.
const STIFF: (f64, f64) = (0.35, 3.0);
const RIDGE: f64 = 1e-3;
/// Weight of the penalty on changes of shape from line to line: a page is curled alike from top to bottom.
const ALIKE: f64 = 0.3;

/// Lines this level, in restored pixels, are left as they are.
const LEVEL_ENOUGH: f64 = 0.4;
/// Dewarping pays where it leaves less than this share of the unevenness.
const PAYS: f64 = 0.7;

/// Fewer lines than this fix the coarse shape of a page only.
const FEWEST_LINES: usize = 1;

/// What a point of the edge of a line of text counts against one of a ruling.
const TEXT_TRUST: f64 = 0.06;

/// A traced line in the deskewed plane: `(x, y)` positions.
pub(crate) struct Line {
    pub(crate) points: Vec<(f64, f64)>,
    /// Lines of the same group are one line (a row on both sides of a gutter).
    pub(crate) group: usize,
    /// How much each point counts: 1 for a drawn line, less for the edge of a line of text.
    pub(crate) trust: f64,
}

/// A cubic B-spline surface over a page.
#[derive(Debug, Clone)]
pub(crate) struct Surface {
    columns: usize,
    rows: usize,
    knots: (f64, f64),
    values: Vec<f64>,
}

impl Surface {
    fn flat(width: f64, height: f64, knots: (f64, f64)) -> Self {
        let columns = (width / knots.0).ceil() as usize + 3;
        let rows = (height / knots.1).ceil() as usize + 3;
        Self { columns, rows, knots, values: vec![0.0; columns * rows] }
    }

    /// Index of the first of 4 × 4 coefficients that act at `(x, y)`, with their weights.
    fn weights(&self, x: f64, y: f64) -> (usize, [f64; 4], [f64; 4]) {
        let place = |v: f64, knot: f64, n: usize| {
            let t = (v / knot).clamp(0.0, (n - 3) as f64 - 1e-9);
            (t as usize, basis(t.fract()))
        };
        let (c, wx) = place(x, self.knots.0, self.columns);
        let (r, wy) = place(y, self.knots.1, self.rows);
        (r * self.columns + c, wx, wy)
    }

    /// Height of the surface at `(x, y)`; beyond the rim that of the rim.
    pub(crate) fn at(&self, x: f64, y: f64) -> f64 {
        let (start, wx, wy) = self.weights(x, y);
        let mut sum = 0.0;
        for (j, b) in wy.iter().enumerate() {
            let row = &self.values[start + j * self.columns..][..4];
            sum += b * row.iter().zip(wx).map(|(v, a)| v * a).sum::<f64>();
        }
        sum
    }
}

fn basis(t: f64) -> [f64; 4] {
    let s = 1.0 - t;
    [
        s * s * s / 6.0,
        (3.0 * t * t * t - 6.0 * t * t + 4.0) / 6.0,
        (3.0 * s * s * s - 6.0 * s * s + 4.0) / 6.0,
        t * t * t / 6.0,
    ]
}

/// The coarse shape of a page's lines: shear and perspective, over coordinates scaled to ±1.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Bend {
    centre: (f64, f64),
    half: (f64, f64),
    /// Coefficients of x and xy.
    terms: [f64; 2],
}

impl Bend {
    fn terms_at(&self, x: f64, y: f64) -> [f64; 2] {
        let (u, v) = ((x - self.centre.0) / self.half.0, (y - self.centre.1) / self.half.1);
        [u, u * v]
    }

    fn at(&self, x: f64, y: f64) -> f64 {
        self.terms_at(x, y).iter().zip(self.terms).map(|(t, c)| t * c).sum()
    }

    /// Fits the slopes of lines, those that do not go with the others counting less and less.
    fn fit(lines: &[Line], width: f64, height: f64) -> Self {
        let half = (width / 2.0, height / 2.0);
        let mut bend = Self { centre: half, half, terms: [0.0; 2] };
        let points: usize = lines.iter().map(|l| l.points.len()).sum();
        // Perspective must be earned by lines far apart; a shear needs one.
        let ridge = [0.01, 5.0].map(|r| r * (20.0 + 0.01 * points as f64));
        let mut weights: Vec<f64> = lines.iter().map(|l| l.trust).collect();
        for _ in 0..6 {
            let mut normal = [[ridge[0], 0.0, 0.0], [0.0, ridge[1], 0.0]];
            for (line, &weight) in lines.iter().zip(&weights) {
                let n = line.points.len() as f64;
                let mut mean = [0.0; 3];
                let row = |&(x, y): &(f64, f64)| {
                    let [a, b] = bend.terms_at(x, y);
                    [a, b, -y]
                };
                for point in &line.points {
                    for (m, v) in mean.iter_mut().zip(row(point)) {
                        *m += v / n;
                    }
                }
                for point in &line.points {
                    let row = row(point);
                    for i in 0..2 {
                        for j in 0..3 {
                            normal[i][j] += weight * (row[i] - mean[i]) * (row[j] - mean[j]);
                        }
                    }
                }
            }
            let [[a, b, e], [c, d, f]] = normal;
            let det = a * d - b * c;
            bend.terms = [(e * d - b * f) / det, (a * f - e * c) / det];
            let slopes: Vec<f64> = lines.iter().map(|l| bend.slope_left(l)).collect();
            let spread = typical(lines, slopes.iter().map(|s| s.abs()));
            let cut = (5.0 * spread).max(0.004);
            for ((weight, slope), line) in weights.iter_mut().zip(&slopes).zip(lines) {
                let r = slope / cut;
                *weight = if r.abs() < 1.0 { line.trust * (1.0 - r * r).powi(2) } else { 0.0 };
            }
        }
        bend
    }

    /// Slope that a line still has under this bend.
    fn slope_left(&self, line: &Line) -> f64 {
        let n = line.points.len() as f64;
        let mx = line.points.iter().map(|p| p.0).sum::<f64>() / n;
        let (mut xx, mut xy) = (0.0, 0.0);
        for &(x, y) in &line.points {
            xx += (x - mx) * (x - mx);
            xy += (x - mx) * (y + self.at(x, y));
        }
        xy / xx.max(1e-9)
    }
}

/// The median of `values` of lines, each line counting by its points.
fn typical(lines: &[Line], values: impl Iterator<Item = f64>) -> f64 {
    let mut weighted: Vec<(f64, f64)> =
        values.zip(lines).map(|(v, l)| (v, l.points.len() as f64 * l.trust)).collect();
    weighted.sort_by(|a, b| a.0.total_cmp(&b.0));
    let total: f64 = weighted.iter().map(|w| w.1).sum();
    let mut seen = 0.0;
    for (value, n) in weighted {
        seen += n;
        if seen * 2.0 >= total {
            return value;
        }
    }
    0.0
}

/// How far each place of a page must move for its lines to be level.
#[derive(Debug, Clone)]
pub(crate) struct Levelling {
    bend: Bend,
    surface: Option<Surface>,
}

impl Levelling {
    /// What to add to `y` at `(x, y)`.
    pub(crate) fn at(&self, x: f64, y: f64) -> f64 {
        self.bend.at(x, y) + self.surface.as_ref().map_or(0.0, |s| s.at(x, y))
    }
}

/// One observation: the level of `group` minus the surface here is `value`.
struct Observation {
    start: usize,
    wx: [f64; 4],
    wy: [f64; 4],
    line: usize,
    group: usize,
    value: f64,
    trust: f64,
    weight: f64,
}

/// Fits a levelling so that `y` plus it is constant along each group of lines, robustly. Also gives back the level of
/// each group.
fn fit(lines: &[Line], bend: Bend, width: f64, height: f64) -> (Surface, Vec<f64>) {
    let mut surface = Surface::flat(width, height, KNOTS);
    let groups = lines.iter().map(|l| l.group + 1).max().unwrap_or(0);
    let mut observations: Vec<Observation> = lines
        .iter()
        .enumerate()
        .flat_map(|(i, line)| line.points.iter().map(move |p| (i, line.group, line.trust, *p)))
        .map(|(line, group, trust, (x, y))| {
            let (start, wx, wy) = surface.weights(x, y);
            Observation { start, wx, wy, line, group, value: y + bend.at(x, y), trust, weight: trust }
        })
        .collect();
    let mut levels = vec![0.0; groups];
    let mut counts = vec![0.0; groups];
    for o in &observations {
        levels[o.group] += o.value * o.weight;
        counts[o.group] += o.weight;
    }
    for (level, n) in levels.iter_mut().zip(&counts) {
        *level /= f64::max(*n, 1e-6);
    }
    for round in 0..4 {
        solve(&mut surface, &mut levels, &observations, if round == 0 { 60 } else { 30 });
        // Tukey's biweight on the residuals: a stroke taken for a line loses its say.
        let residual = |o: &Observation, s: &Surface, l: &[f64]| l[o.group] - value_of(s, o) - o.value;
        let drawn = observations.iter().filter(|o| o.trust >= 1.0);
        let mut sizes: Vec<f64> = drawn.map(|o| residual(o, &surface, &levels).abs()).collect();
        if sizes.is_empty() {
            sizes = observations.iter().map(|o| residual(o, &surface, &levels).abs()).collect();
        }
        if sizes.is_empty() {
            break;
        }
        let middle = sizes.len() / 2;
        let median = *sizes.select_nth_unstable_by(middle, f64::total_cmp).1;
        let cut = (6.0 * median).max(1.5);
        let mut inside = vec![(0u32, 0u32); lines.len()];
        for o in &mut observations {
            let r = residual(o, &surface, &levels) / cut;
            // Text is rougher than rulings, and counts less anyway.
            let r = if o.trust < 1.0 { r / 2.0 } else { r };
            o.weight = if r.abs() < 1.0 { o.trust * (1.0 - r * r).powi(2) } else { 0.0 };
            inside[o.line].0 += u32::from(r.abs() < 0.7);
            inside[o.line].1 += 1;
        }
        // A line of which a good part does not go with the others is a fold, a stain's rim or a tear: the rest of it,
        // where nothing contradicts it, is not believed either.
        if round > 0 {
            for o in &mut observations {
                let (good, all) = inside[o.line];
                if good * 10 < all * 7 {
                    o.weight = 0.0;
                }
            }
        }
    }
    (surface, levels)
}

fn value_of(surface: &Surface, o: &Observation) -> f64 {
    let mut sum = 0.0;
    for (j, b) in o.wy.iter().enumerate() {
        let row = &surface.values[o.start + j * surface.columns..][..4];
        sum += b * row.iter().zip(&o.wx).map(|(v, a)| v * a).sum::<f64>();
    }
    sum
}

/// Conjugate gradients on the normal equations of surface coefficients and line levels together.
fn solve(surface: &mut Surface, levels: &mut [f64], observations: &[Observation], rounds: usize) {
    let (columns, rows) = (surface.columns, surface.rows);
    let n = columns * rows;
    let total = n + levels.len();
    // The bending penalty is scaled by the mean number of observations per coefficient.
    let density = (observations.iter().map(|o| o.trust).sum::<f64>() / n as f64).max(0.1);
    let apply = |v: &[f64], out: &mut [f64]| {
        out.fill(0.0);
        for o in observations {
            let mut sum = -v[n + o.group];
            for (j, b) in o.wy.iter().enumerate() {
                let row = &v[o.start + j * columns..][..4];
                sum += b * row.iter().zip(&o.wx).map(|(v, a)| v * a).sum::<f64>();
            }
            let sum = sum * o.weight;
            out[n + o.group] -= sum;
            for (j, b) in o.wy.iter().enumerate() {
                let row = &mut out[o.start + j * columns..][..4];
                for (r, a) in row.iter_mut().zip(&o.wx) {
                    *r += sum * b * a;
                }
            }
        }
        let mut bend = |a: usize, b: usize, c: usize, k: f64| {
            let d = (v[a] - 2.0 * v[b] + v[c]) * k;
            out[a] += d;
            out[b] -= 2.0 * d;
            out[c] += d;
        };
        for r in 0..rows {
            for c in 1..columns - 1 {
                let i = r * columns + c;
                bend(i - 1, i, i + 1, STIFF.0 * density);
            }
        }
        for r in 1..rows - 1 {
            for c in 0..columns {
                let i = r * columns + c;
                bend(i - columns, i, i + columns, STIFF.1 * density);
            }
        }
        for i in 0..n - columns {
            let d = (v[i + columns] - v[i]) * ALIKE * density;
            out[i + columns] += d;
            out[i] -= d;
        }
        for (o, v) in out[..n].iter_mut().zip(&v[..n]) {
            *o += RIDGE * density * v;
        }
    };
    let mut x: Vec<f64> = surface.values.iter().chain(levels.iter()).copied().collect();
    let mut b = vec![0.0; total];
    for o in observations {
        let value = -o.value * o.weight;
        b[n + o.group] -= value;
        for (j, wy) in o.wy.iter().enumerate() {
            for (i, wx) in o.wx.iter().enumerate() {
                b[o.start + j * columns + i] += value * wx * wy;
            }
        }
    }
    let mut scratch = vec![0.0; total];
    apply(&x, &mut scratch);
    let mut residual: Vec<f64> = b.iter().zip(&scratch).map(|(b, a)| b - a).collect();
    let mut direction = residual.clone();
    let mut size: f64 = residual.iter().map(|r| r * r).sum();
    let enough = size * 1e-10 + 1e-12;
    for _ in 0..rounds {
        if size < enough {
            break;
        }
        apply(&direction, &mut scratch);
        let along: f64 = direction.iter().zip(&scratch).map(|(d, a)| d * a).sum();
        if along <= 0.0 {
            break;
        }
        let step = size / along;
        for ((x, d), (r, a)) in x.iter_mut().zip(&direction).zip(residual.iter_mut().zip(&scratch)) {
            *x += step * d;
            *r -= step * a;
        }
        let next: f64 = residual.iter().map(|r| r * r).sum();
        let keep = next / size;
        size = next;
        for (d, r) in direction.iter_mut().zip(&residual) {
            *d = r + keep * *d;
        }
    }
    surface.values.copy_from_slice(&x[..n]);
    levels.copy_from_slice(&x[n..]);
}

/// How far lines are from level: of the distances of their points from their own line's median, that which three
/// quarters stay below.
fn unevenness(lines: &[Line], levelling: Option<&Levelling>) -> f64 {
    let mut all: Vec<f64> = Vec::new();
    let any_drawn = lines.iter().any(|l| l.trust >= 1.0);
    for line in lines.iter().filter(|l| l.trust >= 1.0 || !any_drawn) {
        let mut levels: Vec<f64> =
            line.points.iter().map(|&(x, y)| y + levelling.map_or(0.0, |s| s.at(x, y))).collect();
        if levels.is_empty() {
            continue;
        }
        let middle = levels.len() / 2;
        let median = *levels.select_nth_unstable_by(middle, f64::total_cmp).1;
        all.extend(levels.iter().map(|l| (l - median).abs()));
    }
    if all.is_empty() {
        return 0.0;
    }
    let at = all.len() * 3 / 4;
    *all.select_nth_unstable_by(at, f64::total_cmp).1
}

/// The traces as lines of the plane reached by `map`.
pub(crate) fn lines_of(
    drawn: &[Trace],
    written: &[Trace],
    map: impl Fn(f32, f32) -> (f64, f64),
) -> Vec<Line> {
    let trusted = drawn.iter().map(|t| (t, 1.0)).chain(written.iter().map(|t| (t, TEXT_TRUST)));
    trusted
        .enumerate()
        .map(|(group, (t, trust))| Line {
            points: t.points.iter().map(|&(a, b)| map(a, b)).collect(),
            group,
            trust,
        })
        .collect()
}

/// What levels `lines` on a plane of `size`, or `None` where they are level already or where it would not pay.
pub(crate) fn straighten(mut lines: Vec<Line>, size: (u32, u32)) -> Option<Levelling> {
    let (width, height) = (f64::from(size.0), f64::from(size.1));
    let longest = lines.iter().map(|l| l.points.len()).max().unwrap_or(0);
    if (longest * crate::lines::STRIP) as f64 <= width * 0.25 {
        return None;
    }
    let bend = Bend::fit(&lines, width, height);
    let before = unevenness(&lines, None);
    if before < LEVEL_ENOUGH {
        return None;
    }
    let mut levelling = Levelling { bend, surface: None };
    if lines.len() >= FEWEST_LINES {
        let (_, levels) = fit(&lines, bend, width, height);
        join(&mut lines, &levels);
        let (surface, _) = fit(&lines, bend, width, height);
        levelling.surface = Some(surface);
    }
    (unevenness(&lines, Some(&levelling)) < PAYS * before).then_some(levelling)
}

/// The mesh of a page of `width` × `height` whose lines become level with `down` and upright with `across`.
/// `across` is a surface over the page with x and y exchanged.
pub(crate) fn mesh(width: u32, height: u32, across: Option<&Levelling>, down: Option<&Levelling>) -> Mesh {
    let steepest = 0.45;
    let mut mesh = Mesh::from_fn(width, height, 16.0, |x, y| {
        let (mut u, mut v) = (x, y);
        for _ in 0..8 {
            (u, v) = (x - across.map_or(0.0, |s| s.at(v, u)), y - down.map_or(0.0, |s| s.at(u, v)));
        }
        (u - x, v - y)
    });
    mesh.limit_steepness(steepest);
    mesh
}

/// Gives lines that continue each other one group: pieces at the same level, and the two halves of ruled rows on
/// both sides of a gutter, where the whole pattern of one side fits that of the other at one offset.
pub(crate) fn join(lines: &mut [Line], levels: &[f64]) {
    let spans: Vec<(f64, f64)> = lines
        .iter()
        .map(|l| {
            l.points.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), p| (a.min(p.0), b.max(p.0)))
        })
        .collect();
    let level: Vec<f64> = lines.iter().map(|l| levels.get(l.group).copied().unwrap_or(0.0)).collect();
    let follows = |a: usize, b: usize| (-4.0..400.0).contains(&(spans[b].0 - spans[a].1));
    let mut pairs: Vec<(usize, usize)> = Vec::new();
    for a in 0..lines.len() {
        for b in 0..lines.len() {
            if a != b
                && lines[a].trust >= 1.0
                && lines[b].trust >= 1.0
                && follows(a, b)
                && (level[a] - level[b]).abs() < 2.5
            {
                pairs.push((a, b));
            }
        }
    }
    pairs.extend(gutter_pairs(lines, &spans, &level));
    for (a, b) in pairs {
        let (from, to) = (lines[b].group, lines[a].group);
        if from != to && !clashes(lines, &spans, from, to) {
            for line in lines.iter_mut().filter(|l| l.group == from) {
                line.group = to;
            }
        }
    }
}

/// Whether two groups have pieces one above the other, which one line cannot have.
fn clashes(lines: &[Line], spans: &[(f64, f64)], a: usize, b: usize) -> bool {
    let of = |g: usize| lines.iter().zip(spans).filter(move |(l, _)| l.group == g).map(|(_, s)| *s);
    of(a).any(|s| of(b).any(|t| s.0 < t.1 - 8.0 && t.0 < s.1 - 8.0))
}

/// Pairs of long lines that meet across a gap at the one offset that fits nearly all of them.
fn gutter_pairs(lines: &[Line], spans: &[(f64, f64)], level: &[f64]) -> Vec<(usize, usize)> {
    let long = |i: usize| lines[i].trust >= 1.0 && spans[i].1 - spans[i].0 > 300.0;
    let candidates: Vec<(usize, usize, f64)> = (0..spans.len())
        .flat_map(|a| (0..spans.len()).map(move |b| (a, b)))
        .filter(|&(a, b)| long(a) && long(b) && (20.0..260.0).contains(&(spans[b].0 - spans[a].1)))
        .map(|(a, b)| (a, b, level[b] - level[a]))
        .filter(|c| c.2.abs() < 60.0)
        .collect();
    let support = |offset: f64| candidates.iter().filter(|c| (c.2 - offset).abs() < 3.0).count();
    let Some(best) = candidates.iter().map(|c| c.2).max_by_key(|&o| support(o)) else { return Vec::new() };
    let votes = support(best);
    let rival =
        candidates.iter().map(|c| c.2).filter(|o| (o - best).abs() > 8.0).map(support).max().unwrap_or(0);
    if votes < 5 || rival * 3 > votes * 2 {
        return Vec::new();
    }
    candidates.iter().filter(|c| (c.2 - best).abs() < 4.0).map(|c| (c.0, c.1)).collect()
}

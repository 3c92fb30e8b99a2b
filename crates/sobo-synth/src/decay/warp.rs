//! From sheet to image: waves of the paper, folds, curl at the binding, skew, perspective.

use crate::random::{Rng, sine};

use super::{Capture, Fold, Level};

/// A wave of the paper.
#[derive(Debug, Copy, Clone)]
struct Wave {
    amplitude: f64,
    kx: f64,
    ky: f64,
    phase: f64,
    vertical: bool,
}

/// The way of every point of the sheet into the image.
#[derive(Debug, Clone)]
pub struct Warp {
    sheet: (f64, f64),
    /// Size of the image.
    pub image: (usize, usize),
    waves: Vec<Wave>,
    folds: Vec<Fold>,
    /// Where the binding is (sheet x), how far it reaches, lift, bow and squeeze, px.
    curl: Option<(f64, f64, f64, f64, f64)>,
    /// Rows of the homography.
    h: [[f64; 3]; 3],
    inverse: [[f64; 3]; 3],
}

/// A sine good to 0.002, exact enough for waves and equal on every machine.
fn wave(turns: f64) -> f64 {
    let turns = turns - turns.floor();
    f64::from(sine(turns as f32))
}

impl Warp {
    /// A warp of this level.
    pub fn draw(
        sheet: (usize, usize),
        folds: &[Fold],
        level: Level,
        capture: Capture,
        spread: bool,
        rng: &mut Rng,
    ) -> Self {
        let (w, h) = (sheet.0 as f64, sheet.1 as f64);
        let phone = capture == Capture::Phone;
        let amplitude = level.of(1.2, 3.0, 6.0) * if phone { 1.8 } else { 1.0 };
        let mut waves = Vec::new();
        for _ in 0..rng.between(2, 4) {
            let length = f64::from(rng.range(900.0, 3200.0));
            waves.push(Wave {
                amplitude: amplitude * f64::from(rng.range(0.2, 1.0)),
                kx: f64::from(rng.range(-1.0, 1.0)) / length,
                ky: f64::from(rng.range(-1.0, 1.0)) / length,
                phase: f64::from(rng.unit()),
                vertical: rng.chance(0.75),
            });
        }
        let curl = if spread || rng.chance(0.35) {
            let at = if spread {
                w / 2.0
            } else if rng.chance(0.6) {
                0.0
            } else {
                w
            };
            let reach = f64::from(rng.range(130.0, 420.0));
            let lift = f64::from(rng.normal())
                * f64::from(level.of(5.0f32, 11.0, 18.0))
                * if spread { 1.6 } else { 1.0 };
            let bow = f64::from(rng.range(0.0, level.of(8.0, 16.0, 30.0)));
            let squeeze = f64::from(rng.range(0.0, level.of(0.03, 0.07, 0.13)));
            Some((at, reach, lift, bow, squeeze))
        } else {
            None
        };
        let (iw, ih) = image_size(sheet, capture, rng);
        let (fw, fh) = (iw as f64, ih as f64);
        let fill = f64::from(if phone {
            rng.range(0.80, 0.95)
        } else {
            rng.range(level.of(0.972, 0.965, 0.955), 0.992)
        });
        let scale = (fw / w).min(fh / h) * fill;
        let degrees = f64::from(rng.normal())
            * f64::from(level.of(0.22f32, 0.55, 0.95))
            * if phone { 1.6 } else { 1.0 };
        let (sin, cos) = (wave(degrees / 360.0), wave(degrees / 360.0 + 0.25));
        // Small angles: the sine above is only good to 0.002, so take the first terms of the series.
        let radians = degrees * std::f64::consts::PI / 180.0;
        let (sin, cos) = if radians.abs() < 0.2 {
            (radians - radians * radians * radians / 6.0, 1.0 - radians * radians / 2.0)
        } else {
            (sin, cos)
        };
        let slack = (fw * (1.0 - fill)).max(4.0) * 0.22;
        let (dx, dy) = (f64::from(rng.normal()) * slack, f64::from(rng.normal()) * slack);
        let (cx, cy) = (fw / 2.0 + dx, fh / 2.0 + dy);
        let affine = [
            [scale * cos, -scale * sin, cx - scale * (cos * w / 2.0 - sin * h / 2.0)],
            [scale * sin, scale * cos, cy - scale * (sin * w / 2.0 + cos * h / 2.0)],
            [0.0, 0.0, 1.0],
        ];
        let tilt = if phone {
            1.0
        } else if rng.chance(0.25) {
            0.12
        } else {
            0.0
        };
        let (px, py) =
            (f64::from(rng.normal()) * 0.035 * tilt / fw, f64::from(rng.normal()) * 0.05 * tilt / fh);
        // Perspective about the middle of the image, so that the sheet stays in view.
        let (mx, my) = (fw / 2.0, fh / 2.0);
        let to_middle = [[1.0, 0.0, -mx], [0.0, 1.0, -my], [0.0, 0.0, 1.0]];
        let bend = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [px, py, 1.0]];
        let back = [[1.0, 0.0, mx], [0.0, 1.0, my], [0.0, 0.0, 1.0]];
        let h3 = product(&back, &product(&bend, &product(&to_middle, &affine)));
        Self {
            sheet: (w, h),
            image: (iw, ih),
            waves,
            folds: folds.to_vec(),
            curl,
            h: h3,
            inverse: inverse(&h3),
        }
    }

    /// The image that a flat, straight scan would give: sheet pixels are image pixels.
    pub fn identity(sheet: (usize, usize)) -> Self {
        let h = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]];
        Self {
            sheet: (sheet.0 as f64, sheet.1 as f64),
            image: sheet,
            waves: Vec::new(),
            folds: Vec::new(),
            curl: None,
            h,
            inverse: h,
        }
    }

    fn displacement(&self, x: f64, y: f64) -> (f64, f64) {
        let (mut dx, mut dy) = (0.0, 0.0);
        for w in &self.waves {
            let value = w.amplitude * wave(w.kx * x + w.ky * y + w.phase);
            if w.vertical {
                dy += value;
            } else {
                dx += value;
            }
        }
        if let Some((at, reach, lift, bow, squeeze)) = self.curl {
            let t = (x - at) / reach;
            let near = 1.0 / (1.0 + t * t);
            let height = (y / self.sheet.1 - 0.5) * 2.0;
            dy += near * (lift + bow * height);
            dx -= near * squeeze * (x - at) * 0.7;
        }
        for fold in &self.folds {
            let (fx, fy) = fold.displacement(x, y);
            dx += fx;
            dy += fy;
        }
        (dx, dy)
    }

    /// Where a point of the sheet is in the image.
    pub fn forward(&self, x: f64, y: f64) -> (f64, f64) {
        let (dx, dy) = self.displacement(x, y);
        apply(&self.h, x + dx, y + dy)
    }

    /// Where a point of the image is on the sheet (perhaps outside of it).
    pub fn backward(&self, x: f64, y: f64) -> (f64, f64) {
        let (tx, ty) = apply(&self.inverse, x, y);
        let (mut sx, mut sy) = (tx, ty);
        for _ in 0..7 {
            let (dx, dy) = self.displacement(sx, sy);
            (sx, sy) = (tx - dx, ty - dy);
        }
        (sx, sy)
    }

    /// Whether the binding is in the middle of the sheet, as sheet x.
    pub fn binding(&self) -> Option<(f64, f64)> {
        self.curl.map(|(at, reach, ..)| (at, reach))
    }
}

fn image_size(sheet: (usize, usize), capture: Capture, rng: &mut Rng) -> (usize, usize) {
    let (w, h) = (sheet.0 as f32, sheet.1 as f32);
    match capture {
        Capture::Phone => {
            // Twelve megapixels, the long side along the sheet's.
            let (long, short) = (4032, 3024);
            if w > h { (long, short) } else { (short, long) }
        }
        _ if rng.chance(0.6) && (sheet == (2480, 3508) || sheet == (4961, 3508) || sheet == (3508, 2480)) => {
            sheet
        }
        _ => ((w * rng.range(1.0, 1.05)) as usize, (h * rng.range(1.0, 1.045)) as usize),
    }
}

fn apply(m: &[[f64; 3]; 3], x: f64, y: f64) -> (f64, f64) {
    let z = m[2][0] * x + m[2][1] * y + m[2][2];
    ((m[0][0] * x + m[0][1] * y + m[0][2]) / z, (m[1][0] * x + m[1][1] * y + m[1][2]) / z)
}

fn product(a: &[[f64; 3]; 3], b: &[[f64; 3]; 3]) -> [[f64; 3]; 3] {
    let mut out = [[0.0; 3]; 3];
    for (i, row) in out.iter_mut().enumerate() {
        for (j, value) in row.iter_mut().enumerate() {
            *value = (0..3).map(|k| a[i][k] * b[k][j]).sum();
        }
    }
    out
}

fn inverse(m: &[[f64; 3]; 3]) -> [[f64; 3]; 3] {
    let c = |i: usize, j: usize| {
        let (a, b) = ((i + 1) % 3, (i + 2) % 3);
        let (d, e) = ((j + 1) % 3, (j + 2) % 3);
        m[a][d] * m[b][e] - m[a][e] * m[b][d]
    };
    let determinant = (0..3).map(|j| m[0][j] * c(0, j)).sum::<f64>();
    let mut out = [[0.0; 3]; 3];
    for (i, row) in out.iter_mut().enumerate() {
        for (j, value) in row.iter_mut().enumerate() {
            *value = c(j, i) / determinant;
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_and_back_is_the_same_place() {
        for seed in 0..40 {
            let mut rng = Rng::new(seed);
            let level = Level::ALL[seed as usize % 3];
            let capture = [Capture::Scanner, Capture::Phone][seed as usize % 2];
            let spread = seed % 3 == 0;
            let sheet = if spread { (4961, 3508) } else { (2480, 3508) };
            let folds = Fold::draw(sheet, level, &mut rng);
            let warp = Warp::draw(sheet, &folds, level, capture, spread, &mut rng);
            for i in 0..20 {
                for j in 0..20 {
                    let (x, y) = (sheet.0 as f64 * f64::from(i) / 19.0, sheet.1 as f64 * f64::from(j) / 19.0);
                    let (ix, iy) = warp.forward(x, y);
                    let (bx, by) = warp.backward(ix, iy);
                    assert!(
                        (bx - x).abs() < 0.6 && (by - y).abs() < 0.6,
                        "seed {seed}: {x},{y} came back as {bx},{by}"
                    );
                }
            }
        }
    }
}

//! Ink or paper, pixel by pixel: our own rule for flattened pages, and the rules of the literature it is measured
//! against.

use image::GrayImage;

use crate::background::Background;
use crate::raster;

/// The threshold that splits a histogram into its two most distinct classes (Otsu 1979).
pub fn otsu_level(image: &GrayImage) -> u8 {
    let mut histogram = [0u64; 256];
    for &v in image.as_raw() {
        histogram[usize::from(v)] += 1;
    }
    let total: u64 = histogram.iter().sum();
    let sum: f64 = histogram.iter().enumerate().map(|(v, &n)| v as f64 * n as f64).sum();
    let (mut below, mut sum_below, mut best, mut level) = (0u64, 0.0, -1.0, 0u8);
    for (v, &n) in histogram.iter().enumerate() {
        below += n;
        sum_below += v as f64 * n as f64;
        let above = total - below;
        if below == 0 || above == 0 {
            continue;
        }
        let gap = sum_below / below as f64 - (sum - sum_below) / above as f64;
        let between = below as f64 * above as f64 * gap * gap;
        if between > best {
            (best, level) = (between, v as u8);
        }
    }
    level
}

/// 255 where `image` is at or below one global threshold (Otsu 1979).
pub fn otsu(image: &GrayImage) -> GrayImage {
    let level = otsu_level(image);
    let data = image.as_raw().iter().map(|&v| if v <= level { 255 } else { 0 }).collect();
    GrayImage::from_raw(image.width(), image.height(), data).unwrap_or_default()
}

/// 255 where `image` is darker than `mean × (1 + k × (deviation / 128 − 1))` over a square of side `2 × radius + 1`
/// (Sauvola and Pietikäinen 2000; k is 0.2 to 0.5).
pub fn sauvola(image: &GrayImage, radius: u32, k: f32) -> GrayImage {
    local(image, radius, |mean, deviation| mean * (1.0 + k * (deviation / 128.0 - 1.0)))
}

/// As Sauvola, with contrast and brightness measured against the page's own (Wolf and Jolion 2004).
pub fn wolf(image: &GrayImage, radius: u32, k: f32) -> GrayImage {
    let darkest = f32::from(image.as_raw().iter().copied().min().unwrap_or(0));
    let mut widest = 1f32;
    local(image, radius, |_, deviation| {
        widest = widest.max(deviation);
        0.0
    });
    local(image, radius, |mean, deviation| mean - k * (1.0 - deviation / widest) * (mean - darkest))
}

/// Thresholds by the mean and deviation of the square around each pixel, from running sums.
fn local(image: &GrayImage, radius: u32, mut threshold: impl FnMut(f32, f32) -> f32) -> GrayImage {
    let (w, h) = (image.width() as usize, image.height() as usize);
    let mut out = vec![0u8; w * h];
    let r = radius as usize;
    let data = image.as_raw();
    let row = |y: usize| &data[y * w..(y + 1) * w];
    let (mut sums, mut squares) = (vec![0u32; w], vec![0u32; w]);
    let add = |sums: &mut [u32], squares: &mut [u32], y: usize| {
        for ((s, q), &v) in sums.iter_mut().zip(squares.iter_mut()).zip(row(y)) {
            *s += u32::from(v);
            *q += u32::from(v) * u32::from(v);
        }
    };
    for y in 0..r.min(h) {
        add(&mut sums, &mut squares, y);
    }
    for y in 0..h {
        if y + r < h {
            add(&mut sums, &mut squares, y + r);
        }
        if y > r {
            for ((s, q), &v) in sums.iter_mut().zip(squares.iter_mut()).zip(row(y - r - 1)) {
                *s -= u32::from(v);
                *q -= u32::from(v) * u32::from(v);
            }
        }
        let rows = (y + r).min(h - 1) - y.saturating_sub(r) + 1;
        let (mut sum, mut square) = (0u64, 0u64);
        for x in 0..r.min(w) {
            sum += u64::from(sums[x]);
            square += u64::from(squares[x]);
        }
        for x in 0..w {
            if x + r < w {
                sum += u64::from(sums[x + r]);
                square += u64::from(squares[x + r]);
            }
            if x > r {
                sum -= u64::from(sums[x - r - 1]);
                square -= u64::from(squares[x - r - 1]);
            }
            let n = ((((x + r).min(w - 1) - x.saturating_sub(r)) + 1) * rows) as f64;
            let mean = sum as f64 / n;
            let deviation = (square as f64 / n - mean * mean).max(0.0).sqrt();
            let t = threshold(mean as f32, deviation as f32);
            out[y * w + x] = if f32::from(data[y * w + x]) < t { 255 } else { 0 };
        }
    }
    GrayImage::from_raw(image.width(), image.height(), out).unwrap_or_default()
}

/// 255 where a flattened page (paper near 250) holds ink: by one level, which lies 35 % of the way from paper to the
/// page's ink and well above the grain of the paper. For a page at working resolution, in a few milliseconds.
pub fn flattened(flat: &GrayImage) -> GrayImage {
    let level = flat_level(flat);
    let data = flat.as_raw().iter().map(|&v| if v <= level { 255 } else { 0 }).collect();
    GrayImage::from_raw(flat.width(), flat.height(), data).unwrap_or_default()
}

fn flat_level(flat: &GrayImage) -> u8 {
    let mut histogram = [0u64; 256];
    for &v in flat.as_raw() {
        histogram[usize::from(v)] += 1;
    }
    let total: u64 = histogram.iter().sum();
    let upper = |share: f64| {
        let mut seen = 0;
        for v in (0..=255usize).rev() {
            seen += histogram[v];
            if seen as f64 >= share * total as f64 {
                return v as f64;
            }
        }
        0.0
    };
    let paper = upper(0.5);
    // A sixth of the paper is darker than a standard deviation below its middle.
    let grain = (paper - upper(0.84)).clamp(1.0, 8.0);
    // Ink is what is darker than any grain; its typical darkness is the median of that.
    let from = (paper - 6.0 * grain).clamp(0.0, 255.0) as usize;
    let dark: u64 = histogram[..from].iter().sum();
    let mut seen = 0;
    let ink = (0..from).find(|&v| {
        seen += histogram[v];
        seen * 2 >= dark.max(1)
    });
    let ink = ink.unwrap_or(from) as f64;
    (paper - (0.35 * (paper - ink)).max(5.0 * grain).max(20.0)).clamp(0.0, 255.0) as u8
}

/// 255 where ink lies by the contrast of its own edges: pixels of high local contrast are taken for stroke edges, and a
/// pixel is ink where enough of them are near and it is no brighter than they are on average (after Su, Lu and Tan
/// 2010). `radius` is a few stroke widths. For images at full resolution, when strokes must be exact.
pub fn local_contrast(image: &GrayImage, radius: u32) -> GrayImage {
    let (low, high) = (raster::erode(image, 1), raster::dilate(image, 1));
    let contrast: Vec<u8> = low
        .as_raw()
        .iter()
        .zip(high.as_raw())
        .map(|(&a, &b)| (255 * u32::from(b - a) / (u32::from(a) + u32::from(b) + 1)) as u8)
        .collect();
    let contrast = GrayImage::from_raw(image.width(), image.height(), contrast).unwrap_or_default();
    let level = otsu_level(&contrast).max(8);
    let (w, h) = (image.width() as usize, image.height() as usize);
    let (data, edge) = (image.as_raw(), contrast.as_raw());
    let mut out = vec![0u8; w * h];
    let r = radius.max(1) as usize;
    // Per column and then per window: number of edge pixels, their brightness and its square.
    let mut columns = vec![[0f64; 3]; w];
    let change = |columns: &mut [[f64; 3]], y: usize, sign: f64| {
        for ((c, &v), &e) in columns.iter_mut().zip(&data[y * w..(y + 1) * w]).zip(&edge[y * w..(y + 1) * w])
        {
            if e > level {
                let v = f64::from(v);
                c[0] += sign;
                c[1] += sign * v;
                c[2] += sign * v * v;
            }
        }
    };
    for y in 0..r.min(h) {
        change(&mut columns, y, 1.0);
    }
    for y in 0..h {
        if y + r < h {
            change(&mut columns, y + r, 1.0);
        }
        if y > r {
            change(&mut columns, y - r - 1, -1.0);
        }
        let mut window = [0f64; 3];
        let add = |window: &mut [f64; 3], x: usize, sign: f64| {
            for (s, v) in window.iter_mut().zip(columns[x]) {
                *s += sign * v;
            }
        };
        for x in 0..r.min(w) {
            add(&mut window, x, 1.0);
        }
        for x in 0..w {
            if x + r < w {
                add(&mut window, x + r, 1.0);
            }
            if x > r {
                add(&mut window, x - r - 1, -1.0);
            }
            let [n, sum, square] = window;
            if n >= r as f64 {
                let mean = sum / n;
                let deviation = (square / n - mean * mean).max(0.0).sqrt();
                if f64::from(data[y * w + x]) <= mean + deviation / 2.0 {
                    out[y * w + x] = 255;
                }
            }
        }
    }
    GrayImage::from_raw(image.width(), image.height(), out).unwrap_or_default()
}

/// Our own rule for a page as scanned: the majority of three that fail on different pages. Local contrast on the
/// flattened page follows faint pens, Wolf's rule on the page as it is keeps broad print whole, and a wide one on the
/// flattened page drops the grain both find in empty paper. `dpi` is the resolution, about.
pub fn page(image: &GrayImage, dpi: f64) -> GrayImage {
    let radius = |inches: f64| (dpi * inches).round().clamp(3.0, 80.0) as u32;
    let flat = Background::estimate(image, dpi).flatten(image);
    let votes = [
        local_contrast(&raster::box_blur(&flat, 1), radius(0.05)),
        wolf(image, radius(0.05), 0.5),
        wolf(&flat, radius(0.1), 0.3),
    ];
    let [a, b, c] = votes.each_ref().map(|v| v.as_raw());
    let data = a.iter().zip(b).zip(c).map(|((&a, &b), &c)| (a & b) | (a & c) | (b & c)).collect();
    GrayImage::from_raw(image.width(), image.height(), data).unwrap_or_default()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use image::Luma;

    use super::*;

    fn shaded() -> GrayImage {
        GrayImage::from_fn(160, 120, |x, y| {
            let paper = 220.0 - f64::from(x) * 0.8;
            let ink = (y % 20 < 3) && (10..150).contains(&x);
            Luma([if ink { paper * 0.6 } else { paper } as u8])
        })
    }

    #[test]
    fn otsu_splits_two_levels() {
        let image = GrayImage::from_fn(10, 10, |x, _| Luma([if x < 3 { 40 } else { 200 }]));
        assert!((40..200).contains(&otsu_level(&image)));
        assert_eq!(otsu(&image).as_raw().iter().filter(|&&v| v == 255).count(), 30);
    }

    #[test]
    fn local_rules_follow_a_shadow_that_a_global_one_cannot() {
        let image = shaded();
        let truth = |x: u32, y: u32| (y % 20 < 3) && (10..150).contains(&x);
        let errors = |mask: &GrayImage| {
            mask.enumerate_pixels().filter(|(x, y, p)| truth(*x, *y) != (p.0[0] == 255)).count()
        };
        assert!(errors(&sauvola(&image, 12, 0.2)) < 300);
        assert!(errors(&wolf(&image, 12, 0.3)) < 300);
        assert!(errors(&otsu(&image)) > 3000);
        assert!(errors(&page(&image, 100.0)) < 300, "{}", errors(&page(&image, 100.0)));
    }
}

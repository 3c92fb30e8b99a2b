//! The restored page as the screen shows it: pixel for pixel in the original's place, so that boxes fit both.

use image::{DynamicImage, GrayImage, Luma};
use sobo_core::{Original, Point};
use sobo_restore::{Restoration, Settings, restore};

/// Distance of the points the way between the two pages is worked out at, in pixels of the original; between them it is
/// interpolated. Curved lines bend over hundreds of pixels.
const GRID: u32 = 16;

/// What restoration makes of a page, laid back over the original.
pub(crate) fn in_place(page: &DynamicImage, dpi: Option<f64>, settings: &Settings) -> DynamicImage {
    DynamicImage::ImageLuma8(laid_back(&restore(page, dpi, settings), page.width(), page.height()))
}

fn laid_back(restored: &Restoration, width: u32, height: u32) -> GrayImage {
    let (across, down) = (width.div_ceil(GRID) + 1, height.div_ceil(GRID) + 1);
    let mut nodes = Vec::with_capacity((across * down) as usize);
    for row in 0..down {
        for column in 0..across {
            let point: Point<Original> = Point::new(f64::from(column * GRID), f64::from(row * GRID));
            let to = restored.transform.to_restored(point);
            nodes.push((to.x as f32, to.y as f32));
        }
    }
    let node = |column: u32, row: u32| nodes[(row * across + column) as usize];
    GrayImage::from_fn(width, height, |x, y| {
        let (column, row) = (x / GRID, y / GRID);
        let (u, v) = ((x % GRID) as f32 / GRID as f32, (y % GRID) as f32 / GRID as f32);
        let mix = |a: (f32, f32), b: (f32, f32), t: f32| (a.0 + (b.0 - a.0) * t, a.1 + (b.1 - a.1) * t);
        let above = mix(node(column, row), node(column + 1, row), u);
        let below = mix(node(column, row + 1), node(column + 1, row + 1), u);
        let (sx, sy) = mix(above, below, v);
        Luma([sample(&restored.grey, sx, sy)])
    })
}

/// Bilinear; white outside.
fn sample(image: &GrayImage, x: f32, y: f32) -> u8 {
    let (w, h) = (image.width() as f32, image.height() as f32);
    if x < 0.0 || y < 0.0 || x > w - 1.0 || y > h - 1.0 || w < 2.0 || h < 2.0 {
        return 250;
    }
    let (column, row) = ((x as u32).min(image.width() - 2), (y as u32).min(image.height() - 2));
    let (u, v) = (x - column as f32, y - row as f32);
    let at = |dx: u32, dy: u32| f32::from(image.get_pixel(column + dx, row + dy)[0]);
    let above = at(0, 0) * (1.0 - u) + at(1, 0) * u;
    let below = at(0, 1) * (1.0 - u) + at(1, 1) * u;
    (above * (1.0 - v) + below * v).round() as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A dark block stays where the original has it, whatever restoration turned or cut.
    #[test]
    fn ink_stays_in_its_place() {
        let mut page = image::RgbImage::from_pixel(1240, 1754, image::Rgb([226, 216, 190]));
        for line in 0..20 {
            for x in 200..1000 {
                for y in 0..6 {
                    // Broken into words, as writing is.
                    if x % 90 < 70 {
                        page.put_pixel(x, 200 + line * 60 + y, image::Rgb([40, 40, 60]));
                    }
                }
            }
        }
        let page = DynamicImage::ImageRgb8(page);
        let shown = in_place(&page, Some(150.0), &Settings::default()).into_luma8();
        assert_eq!(shown.dimensions(), (1240, 1754));
        let dark = |y: u32| (380..430).filter(|x| shown.get_pixel(*x, y)[0] < 150).count();
        assert!(dark(563) > 25, "the line at 560 is dark: {}", dark(563));
        assert!(dark(590) < 5, "between lines is paper: {}", dark(590));
    }
}

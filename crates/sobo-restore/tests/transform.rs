//! The way from a restored page to its original and back, on random transforms and on a page restored for real.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use image::{DynamicImage, GrayImage, Luma};
use proptest::prelude::*;
use sobo_core::{Original, Point, Rect, Restored};
use sobo_restore::{Homography, Mesh, Orientation, Settings, Transform, restore};

/// Random transforms of the kind restoration makes: any quarter turn, skew to 12 degrees, keystone, curl.
fn transforms() -> impl Strategy<Value = Transform> {
    (
        0usize..4,
        -0.21f64..0.21,
        0.6f64..3.0,
        -2e-5f64..2e-5,
        -2e-5f64..2e-5,
        0.0f64..30.0,
        1.0f64..4.0,
        any::<bool>(),
    )
        .prop_map(|(turn, angle, scale, px, py, curl, waves, bent)| {
            let (sin, cos) = angle.sin_cos();
            let h =
                Homography([cos * scale, -sin * scale, 40.0, sin * scale, cos * scale, -25.0, px, py, 1.0]);
            // Steepest slope of the curl stays below what restoration allows.
            let amplitude = curl.min(0.4 * 1240.0 / (2.0 * std::f64::consts::PI * waves));
            let mesh = bent.then(|| {
                Mesh::from_fn(1240, 1754, 16.0, |x, y| {
                    let phase = 2.0 * std::f64::consts::PI * waves * x / 1240.0;
                    (0.3 * amplitude * (y / 1754.0), amplitude * phase.sin())
                })
            });
            Transform::new((2480, 3508), (1240, 1754), Orientation::ALL[turn], h, mesh).unwrap()
        })
}

proptest! {
    #[test]
    fn round_trips_stay_within_a_pixel_and_a_half(
        transform in transforms(),
        x in 0.0f64..1240.0,
        y in 0.0f64..1754.0,
    ) {
        let there = transform.to_original(Point::<Restored>::new(x, y));
        let back = transform.to_restored(there);
        prop_assert!(back.distance(Point::new(x, y)) < 0.05, "{back:?}");
        let again = transform.to_original(back);
        prop_assert!(again.distance(there) < 1.5 * 0.1, "{again:?} {there:?}");
    }

    #[test]
    fn boxes_hold_what_they_held(
        transform in transforms(),
        x in 0.0f64..1000.0,
        y in 0.0f64..1500.0,
        w in 5.0f64..240.0,
        h in 5.0f64..200.0,
        u in 0.0f64..1.0,
        v in 0.0f64..1.0,
    ) {
        let rect = Rect::<Restored>::new(x, y, w, h);
        let bounds = transform.rect_to_original(rect).grown(2.0, 2.0);
        let p = transform.to_original(Point::new(x + u * w, y + v * h));
        prop_assert!(p.x >= bounds.x && p.x <= bounds.right() && p.y >= bounds.y && p.y <= bounds.bottom());
    }

    #[test]
    fn a_transform_survives_being_written_down(transform in transforms()) {
        let json = serde_json::to_string(&transform).unwrap();
        let back: Transform = serde_json::from_str(&json).unwrap();
        let p = Point::<Restored>::new(333.0, 777.0);
        prop_assert!(back.to_original(p).distance(transform.to_original(p)) < 1e-6);
    }
}

/// A ruled page drawn level, then bent and skewed: `bend` maps a place on the image to where it was drawn.
fn page(bend: impl Fn(f64, f64) -> (f64, f64)) -> DynamicImage {
    DynamicImage::ImageLuma8(GrayImage::from_fn(1240, 1754, |px, py| {
        let (x, y) = bend(f64::from(px), f64::from(py));
        let inside = x > 120.0 && x < 1120.0 && y > 200.0 && y < 1600.0;
        let row = (y - 200.0).rem_euclid(70.0);
        let column = (x - 120.0).rem_euclid(250.0);
        let word = (x * 0.11).sin() > -0.4 && (30.0..44.0).contains(&row) && (x * 0.9).sin() > 0.2;
        Luma([if inside && (row < 2.0 || column < 2.0 || word) { 60 } else { 235 }])
    }))
}

fn original(x: f64, y: f64) -> Point<Original> {
    Point::new(x, y)
}

#[test]
fn a_skewed_and_curled_page_becomes_level() {
    // Skew of two degrees, and a curl that falls away towards the left edge as at a gutter.
    let slope = 2f64.to_radians().tan();
    let curl = |x: f64| 24.0 * (-x / 160.0).exp();
    let image = page(|x, y| (x + slope * y, y - slope * x - curl(x)));
    let restored = restore(&image, Some(150.0), &Settings::default());
    for row in [300.0, 700.0, 1100.0, 1400.0] {
        let heights: Vec<f64> = [150.0, 300.0, 600.0, 900.0, 1050.0]
            .map(|x| restored.transform.to_restored(original(x, row + slope * x + curl(x))).y)
            .to_vec();
        let spread = heights.iter().copied().fold(f64::MIN, f64::max)
            - heights.iter().copied().fold(f64::MAX, f64::min);
        assert!(spread < 3.0, "row {row}: {heights:?}");
    }
}

#[test]
fn a_level_page_is_left_alone() {
    let restored = restore(&page(|x, y| (x, y)), Some(150.0), &Settings::default());
    assert!(restored.transform.mesh().is_none());
    assert!(restored.skew.abs() < 0.03, "{}", restored.skew);
    assert!(!restored.quality.rescan, "{:?}", restored.quality);
}

#[test]
fn crops_are_upright_evenly_lit_and_as_high_as_asked() {
    let slope = 3f64.to_radians().tan();
    let image = page(|x, y| (x + slope * y, y - slope * x));
    let restored = restore(&image, Some(150.0), &Settings::default());
    // A ruling and the paper around it.
    let at = restored.transform.to_restored(original(500.0, 620.0 + slope * 500.0));
    let crop = restored.crop(Rect::new(at.x - 150.0, at.y - 12.0, 300.0, 24.0), 48);
    assert_eq!((crop.width(), crop.height()), (600, 48));
    let row_mean = |y: u32| (0..600).map(|x| f64::from(crop.get_pixel(x, y).0[0])).sum::<f64>() / 600.0;
    let darkest = (0..48).min_by(|&a, &b| row_mean(a).total_cmp(&row_mean(b))).unwrap();
    assert!((20..=28).contains(&darkest), "ruling at {darkest}");
    assert!(row_mean(darkest) < 130.0 && row_mean(4) > 240.0, "{} {}", row_mean(darkest), row_mean(4));
}

#[test]
fn shares_of_ink_and_loss_are_what_the_page_shows() {
    let restored = restore(&page(|x, y| (x, y)), Some(150.0), &Settings::default());
    let t = &restored.transform;
    let here = |x: f64, y: f64, w: f64, h: f64| t.rect_to_restored(Rect::new(x, y, w, h));
    assert!(restored.ink_share(here(300.0, 220.0, 40.0, 6.0)) < 0.02);
    assert!(restored.ink_share(here(200.0, 269.0, 160.0, 4.0)) > 0.3);
    assert!(restored.lost_share(here(300.0, 300.0, 100.0, 100.0)) < 0.01);
    assert!(restored.lost_share(here(-200.0, 300.0, 100.0, 100.0)) > 0.99);
}

#[test]
fn hopeless_pages_are_sent_back_with_the_reason() {
    use sobo_restore::Defect;
    let settings = Settings::default();
    let blank = DynamicImage::ImageLuma8(GrayImage::from_pixel(1240, 1754, Luma([240])));
    assert_eq!(restore(&blank, Some(150.0), &settings).quality.defects, [Defect::Blank]);
    let small = page(|x, y| (x, y)).resize_exact(500, 707, image::imageops::FilterType::Triangle);
    let quality = restore(&small, None, &settings).quality;
    assert!(quality.rescan && quality.defects.contains(&Defect::LowResolution), "{quality:?}");
    // Four times a mean over five by five: about half a millimetre of blur.
    let mean = |image: &GrayImage| {
        GrayImage::from_fn(1240, 1754, |x, y| {
            let near = |v: u32, d: u32, n: u32| (v + d).saturating_sub(2).min(n - 1);
            let sum: u32 = (0..25)
                .map(|i| u32::from(image.get_pixel(near(x, i % 5, 1240), near(y, i / 5, 1754)).0[0]))
                .sum();
            Luma([(sum / 25) as u8])
        })
    };
    let blurred = (0..4).fold(page(|x, y| (x, y)).to_luma8(), |image, _| mean(&image));
    let blurred = DynamicImage::ImageLuma8(blurred);
    let quality = restore(&blurred, Some(150.0), &settings).quality;
    assert!(quality.rescan && quality.defects.contains(&Defect::Blur), "{quality:?}");
    let dark = DynamicImage::ImageLuma8(GrayImage::from_fn(1240, 1754, |x, y| Luma([page_at(x, y) / 8])));
    let quality = restore(&dark, Some(150.0), &settings).quality;
    assert!(quality.rescan && quality.defects.contains(&Defect::TooDark), "{quality:?}");
}

fn page_at(x: u32, y: u32) -> u8 {
    if x > 100 && x < 1100 && y % 70 < 3 { 60 } else { 235 }
}

#[test]
fn tiny_and_empty_images_do_no_harm() {
    for (w, h) in [(1, 1), (3, 200), (17, 5), (64, 64)] {
        let image = DynamicImage::ImageRgb8(image::RgbImage::from_pixel(w, h, image::Rgb([200, 190, 170])));
        let restored = restore(&image, None, &Settings::default());
        assert!(restored.quality.rescan);
        let (rw, rh) = restored.transform.restored_size();
        assert_eq!(restored.grey.dimensions(), (rw, rh));
    }
}

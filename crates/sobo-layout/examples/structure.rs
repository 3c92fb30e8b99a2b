//! Draws the structure found on page images: `structure OUT_DIR IMAGE…`. For development.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout, missing_docs)]
use image::{GrayImage, Rgb, RgbImage, imageops};
use sobo_layout::{Page, Stroke, analyse};
use std::time::Instant;

fn main() {
    let mut args = std::env::args().skip(1);
    let out = args.next().unwrap();
    for path in args {
        let img = image::open(&path).unwrap().to_luma8();
        let grey = imageops::resize(&img, img.width() / 2, img.height() / 2, imageops::FilterType::Triangle);
        let (flat, bin) = flatten(&grey);
        let t = Instant::now();
        let page = Page::new(&flat, &bin, 150.0);
        let s = analyse(page);
        println!(
            "{path}: {:?} th {:.1} h {} v {} tables {:?} lines {}",
            t.elapsed(),
            s.text_height,
            s.horizontals.len(),
            s.verticals.len(),
            s.tables.iter().map(|t| (t.columns(), t.rows())).collect::<Vec<_>>(),
            s.lines.len()
        );
        let mut canvas = RgbImage::from_fn(flat.width(), flat.height(), |x, y| {
            let v = flat.get_pixel(x, y).0[0];
            Rgb([v, v, v])
        });
        for r in &s.horizontals {
            let col = if r.stroke == Stroke::Solid { Rgb([255, 0, 0]) } else { Rgb([0, 160, 255]) };
            for x in r.start as u32..=r.end as u32 {
                let y = r.at(x as f32).round() as u32;
                if x < canvas.width() && y < canvas.height() {
                    canvas.put_pixel(x, y, col);
                }
            }
        }
        for r in &s.verticals {
            for y in r.start as u32..=r.end as u32 {
                let x = r.at(y as f32).round() as u32;
                if x < canvas.width() && y < canvas.height() {
                    canvas.put_pixel(x, y, Rgb([255, 0, 200]));
                }
            }
        }
        for l in &s.lines {
            let b = l.bbox;
            rect(
                &mut canvas,
                b.x,
                b.y,
                b.right(),
                b.bottom(),
                if l.ruled { Rgb([0, 180, 0]) } else { Rgb([220, 140, 0]) },
            );
            for sl in &l.slots {
                if sl.leader && sl.label_ink {
                    let b = sl.label;
                    rect(
                        &mut canvas,
                        b.x + 2.0,
                        b.y + 2.0,
                        b.right() - 1.0,
                        b.bottom() - 2.0,
                        Rgb([160, 0, 255]),
                    );
                }
            }
        }
        let name = std::path::Path::new(&path).file_stem().unwrap().to_string_lossy().to_string();
        canvas.save(format!("{out}/{name}.png")).unwrap();
    }
}

fn rect(c: &mut RgbImage, x0: f64, y0: f64, x1: f64, y1: f64, col: Rgb<u8>) {
    let (w, h) = (c.width() as f64 - 1.0, c.height() as f64 - 1.0);
    let (x0, x1, y0, y1) =
        (x0.clamp(0.0, w) as u32, x1.clamp(0.0, w) as u32, y0.clamp(0.0, h) as u32, y1.clamp(0.0, h) as u32);
    for x in x0..=x1 {
        c.put_pixel(x, y0, col);
        c.put_pixel(x, y1, col);
    }
    for y in y0..=y1 {
        c.put_pixel(x0, y, col);
        c.put_pixel(x1, y, col);
    }
}

fn flatten(grey: &GrayImage) -> (GrayImage, GrayImage) {
    let small = imageops::resize(grey, grey.width() / 16, grey.height() / 16, imageops::FilterType::Triangle);
    let (w, h) = small.dimensions();
    let bg = GrayImage::from_fn(w, h, |x, y| {
        let mut v: Vec<u8> = Vec::new();
        for dy in -2i32..=2 {
            for dx in -2i32..=2 {
                let (a, b) = ((x as i32 + dx).clamp(0, w as i32 - 1), (y as i32 + dy).clamp(0, h as i32 - 1));
                v.push(small.get_pixel(a as u32, b as u32).0[0]);
            }
        }
        v.sort();
        image::Luma([v[v.len() * 7 / 10]])
    });
    let bg = imageops::resize(&bg, grey.width(), grey.height(), imageops::FilterType::Triangle);
    let flat = GrayImage::from_fn(grey.width(), grey.height(), |x, y| {
        let b = bg.get_pixel(x, y).0[0].max(40) as f32;
        image::Luma([(grey.get_pixel(x, y).0[0] as f32 / b * 240.0).min(255.0) as u8])
    });
    let bin = GrayImage::from_fn(grey.width(), grey.height(), |x, y| {
        image::Luma([if flat.get_pixel(x, y).0[0] < 185 { 255 } else { 0 }])
    });
    (flat, bin)
}

//! Compares the lines and columns found on ruled pages with ALTO: `ruled [--out DIR] IMAGE…`, an ALTO file of the same
//! name beside each image. For development; works on any ruled page, whatever its language.
//!
//! A line of the truth is found where one line of writing covers most of its base line and stands at its height; a line
//! that was found is invented where it covers no base line of the truth. Columns are those blocks of the truth that are
//! much taller than wide; a column is found where one found column has both its edges.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout, missing_docs)]
use std::path::{Path, PathBuf};

use image::{Rgb, RgbImage};
use sobo_core::{Point, Rect, Restored};
use sobo_layout::{Page, Structure, analyse};
use sobo_restore::{Restoration, Settings, restore};

/// Attributes of the elements of one name, without a parser of XML: ALTO files are plain.
fn elements(text: &str, name: &str) -> Vec<Vec<(String, String)>> {
    let open = format!("<{name}");
    let mut found = Vec::new();
    for part in text.split(&open).skip(1).filter(|p| p.starts_with(char::is_whitespace)) {
        let inside = part.split('>').next().unwrap_or_default();
        let mut pieces = inside.split('"');
        let mut attributes = Vec::new();
        while let (Some(key), Some(value)) = (pieces.next(), pieces.next()) {
            attributes.push((key.trim().trim_end_matches('=').trim().to_owned(), value.to_owned()));
        }
        found.push(attributes);
    }
    found
}

fn numbers(attributes: &[(String, String)], key: &str) -> Vec<f64> {
    let value = attributes.iter().find(|a| a.0 == key).map(|a| a.1.as_str()).unwrap_or_default();
    value.split([' ', ',']).filter_map(|n| n.parse().ok()).collect()
}

/// Base lines and columns of the truth, in restored pixels.
struct Truth {
    lines: Vec<Vec<Point<Restored>>>,
    columns: Vec<(f64, f64)>,
    body: Rect<Restored>,
}

fn truth(text: &str, r: &Restoration) -> Truth {
    let restored = |x: f64, y: f64| r.transform.to_restored(Point::new(x, y));
    let lines = elements(text, "TextLine")
        .iter()
        .map(|e| numbers(e, "BASELINE").chunks_exact(2).map(|p| restored(p[0], p[1])).collect::<Vec<_>>())
        .filter(|l| l.len() > 1)
        .collect();
    let mut columns = Vec::new();
    let mut body: Option<Rect<Restored>> = None;
    for e in elements(text, "TextBlock") {
        let n: Vec<f64> = ["HPOS", "VPOS", "WIDTH", "HEIGHT"].iter().flat_map(|k| numbers(&e, k)).collect();
        let [x, y, w, h] = n[..] else { continue };
        if h < 2.0 * w {
            continue;
        }
        let (a, b) = (restored(x, y + h / 2.0), restored(x + w, y + h / 2.0));
        columns.push((a.x, b.x));
        let (a, b) = (restored(x, y), restored(x + w, y + h));
        let block = Rect::from_edges(a.x, a.y, b.x, b.y);
        body = Some(body.map_or(block, |r| r.union(&block)));
    }
    columns.sort_by(|a, b| a.0.total_cmp(&b.0));
    Truth { lines, columns, body: body.unwrap_or_default() }
}

/// Every line of writing on a page: those outside tables, and those of each cell.
fn found_lines(s: &Structure) -> Vec<Rect<Restored>> {
    let mut lines: Vec<Rect<Restored>> = Vec::new();
    for line in &s.lines {
        lines.extend(line.slots.iter().map(|slot| slot.ink));
    }
    for table in &s.tables {
        for row in 0..table.rows() {
            for column in 0..table.columns() {
                let cell = table.cell(row, row, column);
                lines.extend(s.lines_in(&cell).iter().map(|l| l.bbox));
            }
        }
    }
    // Specks are no lines.
    let th = f64::from(s.text_height);
    lines.retain(|l| l.w > 0.8 * th && l.h > 0.4 * th);
    lines
}

/// Share of a base line at whose height and place one of the boxes lies.
fn covered(line: &[Point<Restored>], boxes: &[Rect<Restored>], th: f64) -> f64 {
    let (mut on, mut all) = (0.0, 0.0);
    for p in line.windows(2) {
        let steps = ((p[1].x - p[0].x).abs() / 4.0).ceil().max(1.0) as usize;
        for i in 0..steps {
            let t = (i as f64 + 0.5) / steps as f64;
            let (x, y) = (p[0].x + t * (p[1].x - p[0].x), p[0].y + t * (p[1].y - p[0].y));
            all += 1.0;
            // Letters stand on the base line: their middle lies half a letter over it.
            let hit = boxes.iter().any(|b| {
                x > b.x - 0.5 * th
                    && x < b.right() + 0.5 * th
                    && y > b.y + 0.25 * th
                    && y < b.bottom() + 0.6 * th
            });
            on += f64::from(u8::from(hit));
        }
    }
    on / f64::max(all, 1.0)
}

/// Length of a base line that a box covers.
fn overlap(line: &[Point<Restored>], b: &Rect<Restored>, th: f64) -> f64 {
    covered(line, &[*b], th) * (line[line.len() - 1].x - line[0].x).abs()
}

fn middle(line: &[Point<Restored>]) -> f64 {
    line.iter().map(|p| p.y).sum::<f64>() / line.len() as f64
}

fn draw(
    r: &Restoration,
    s: &Structure,
    boxes: &[Rect<Restored>],
    lost: &[&Vec<Point<Restored>>],
    out: &Path,
) {
    let grey = &r.grey;
    let mut picture = RgbImage::from_fn(grey.width(), grey.height(), |x, y| {
        let v = grey.get_pixel(x, y).0[0];
        Rgb([v, v, v])
    });
    let mut dot = |x: f64, y: f64, colour: [u8; 3]| {
        let (x, y) = (x.max(0.0) as u32, y.max(0.0) as u32);
        if x < picture.width() && y < picture.height() {
            picture.put_pixel(x, y, Rgb(colour));
        }
    };
    for table in &s.tables {
        for v in &table.verticals {
            (v.start as u32..v.end as u32).for_each(|y| dot(v.at(y as f32).into(), y.into(), [230, 0, 230]));
        }
        for h in &table.horizontals {
            (h.start as u32..h.end as u32).for_each(|x| dot(x.into(), h.at(x as f32).into(), [0, 160, 0]));
        }
    }
    for b in boxes {
        for x in b.x as u32..b.right() as u32 {
            dot(x.into(), b.y, [0, 0, 255]);
            dot(x.into(), b.bottom(), [0, 0, 255]);
        }
        for y in b.y as u32..b.bottom() as u32 {
            dot(b.x, y.into(), [0, 0, 255]);
            dot(b.right(), y.into(), [0, 0, 255]);
        }
    }
    for line in lost {
        for p in line.windows(2) {
            for i in 0..400 {
                let t = f64::from(i) / 400.0;
                let (x, y) = (p[0].x + t * (p[1].x - p[0].x), p[0].y + t * (p[1].y - p[0].y));
                dot(x, y, [255, 0, 0]);
                dot(x, y + 1.0, [255, 0, 0]);
            }
        }
    }
    picture.save(out).unwrap();
}

fn main() {
    let mut args: Vec<String> = std::env::args().skip(1).collect();
    let out: Option<PathBuf> = args.iter().position(|a| a == "--out").map(|i| {
        args.remove(i);
        PathBuf::from(args.remove(i))
    });
    let mut all_merged = 0;
    let (mut all, mut hit, mut boxes_all, mut invented, mut columns, mut columns_hit) = (0, 0, 0, 0, 0, 0);
    for path in &args {
        let text = std::fs::read_to_string(Path::new(path).with_extension("xml")).unwrap();
        let r = restore(&image::open(path).unwrap(), None, &Settings::default());
        let s = analyse(Page::new(&r.grey, &r.ink, r.dpi));
        let t = truth(&text, &r);
        let th = f64::from(s.text_height);
        let boxes = found_lines(&s);
        // A box over several lines is no line of writing: it counts for one of them.
        let mut own: Vec<Vec<Rect<Restored>>> = vec![Vec::new(); t.lines.len()];
        let mut merged = 0;
        for b in &boxes {
            let shares: Vec<f64> = t.lines.iter().map(|l| overlap(l, b, th)).collect();
            let best = (0..shares.len()).max_by(|i, j| shares[*i].total_cmp(&shares[*j]));
            let Some(best) = best.filter(|i| shares[*i] > 0.0) else { continue };
            let level = |i: usize| (middle(&t.lines[i]) - middle(&t.lines[best])).abs() < 0.8 * th;
            merged += u32::from((0..shares.len()).any(|i| !level(i) && shares[i] > 0.5 * shares[best]));
            // Pieces of the truth that stand beside each other at one height may be one line.
            (0..shares.len()).filter(|i| shares[*i] > 0.0 && level(*i)).for_each(|i| own[i].push(*b));
        }
        let lost: Vec<&Vec<Point<Restored>>> =
            t.lines.iter().zip(&own).filter(|(l, own)| covered(l, own, th) < 0.6).map(|l| l.0).collect();
        // Only what stands in the body can be invented: the truth leaves out much of the heads.
        let in_body: Vec<&Rect<Restored>> = boxes
            .iter()
            .filter(|b| {
                let c = b.centre();
                c.x > t.body.x && c.x < t.body.right() && c.y > t.body.y && c.y < t.body.bottom()
            })
            .collect();
        let free: Vec<_> = in_body
            .iter()
            .filter(|b| {
                !t.lines.iter().any(|l| {
                    let length = (l[l.len() - 1].x - l[0].x).abs();
                    overlap(l, b, th) > 0.4 * b.w.min(length)
                })
            })
            .collect();
        let near = |x: f64| {
            s.tables.iter().flat_map(|t| &t.verticals).any(|v| {
                let y = (t.body.y + t.body.bottom()) / 2.0;
                (f64::from(v.at(y as f32)) - x).abs() < 1.2 * th
            })
        };
        let right = t.columns.iter().filter(|c| near(c.0) && near(c.1)).count();
        println!(
            "{}: {:?} lines {} of {} found, {} of {} boxes invented, {merged} over several lines; columns {} of {}; tables {:?} letters {th:.0}",
            Path::new(path).file_stem().unwrap().to_string_lossy(),
            r.transform.orientation(),
            t.lines.len() - lost.len(),
            t.lines.len(),
            free.len(),
            in_body.len(),
            right,
            t.columns.len(),
            s.tables.iter().map(|t| (t.columns(), t.rows(), t.head_rows())).collect::<Vec<_>>(),
        );
        all += t.lines.len();
        all_merged += merged;
        hit += t.lines.len() - lost.len();
        boxes_all += in_body.len();
        invented += free.len();
        columns += t.columns.len();
        columns_hit += right;
        if let Some(out) = &out {
            let name = format!("{}.png", Path::new(path).file_stem().unwrap().to_string_lossy());
            draw(&r, &s, &boxes, &lost, &out.join(name));
        }
    }
    println!(
        "lines {hit} of {all} found, {invented} of {boxes_all} boxes in the body invented, {all_merged} boxes over several lines, columns {columns_hit} of {columns}"
    );
}

//! Compares the planned boxes of pages with their truth: `measure [--oracle] [--print N] [--out DIR] [--list] FORMS
//! IMAGE…`. With `--oracle`, labels are taken from the truth file instead of a recogniser (the models of the working
//! folder). With `--print N`, the images are pages of one book: the print is learned from the first N and used for
//! all. For development.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout, missing_docs)]
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Instant;

use image::{Rgb, RgbImage};
use serde_json::Value;
use sobo_core::{CharSpan, Original, Reading, Rect, Restored};
use sobo_layout::{
    Anchor, AnchorRequest, LoadedForm, Page, PagePlan, Print, Stroke, Structure, align, analyse,
    anchor_requests, body_requests, learn, load_forms, sight,
};
use sobo_read::{LineInput, Recognizer, default_reader};
use sobo_restore::{Restoration, Settings, restore};

fn rect_of(v: &Value) -> Rect<Original> {
    let n: Vec<f64> = v.as_array().unwrap().iter().map(|x| x.as_f64().unwrap()).collect();
    Rect::new(n[0], n[1], n[2], n[3])
}

fn to_original(r: &Restoration, b: &Rect<Restored>) -> Rect<Original> {
    let ps = b.corners().map(|p| r.transform.to_original(p));
    let x0 = ps.iter().map(|p| p.x).fold(f64::MAX, f64::min);
    let x1 = ps.iter().map(|p| p.x).fold(f64::MIN, f64::max);
    let y0 = ps.iter().map(|p| p.y).fold(f64::MAX, f64::min);
    let y1 = ps.iter().map(|p| p.y).fold(f64::MIN, f64::max);
    Rect::from_edges(x0, y0, x1, y1)
}

fn oracle(truth: &Value, r: &Restoration, rect: &Rect<Restored>) -> Reading {
    let b = to_original(r, rect);
    // A recogniser reads one line: of several that a box touches, that with most letters in it.
    type Row = (f64, f64, Vec<(f64, f64, char)>);
    let mut rows: Vec<Row> = Vec::new();
    let mut add = |text: &str, bbox: Rect<Original>| {
        let cy = bbox.centre().y;
        if cy < b.y || cy > b.bottom() {
            return;
        }
        let mut chars = Vec::new();
        let n = text.chars().count().max(1) as f64;
        for (i, c) in text.chars().enumerate() {
            let (x0, x1) = (bbox.x + bbox.w * i as f64 / n, bbox.x + bbox.w * (i + 1) as f64 / n);
            let cx = (x0 + x1) / 2.0;
            if cx > b.x && cx < b.right() {
                chars.push((x0, x1, c));
            }
        }
        if chars.is_empty() {
            return;
        }
        chars.push((bbox.right(), bbox.right() + 1.0, ' '));
        match rows.iter_mut().find(|row| (row.0 - cy).abs() < 0.6 * row.1.max(bbox.h)) {
            Some(row) => row.2.extend(chars),
            None => rows.push((cy, bbox.h, chars)),
        }
    };
    for p in truth["printed"].as_array().unwrap() {
        if p["lost"].as_f64().unwrap_or(0.0) < 0.5 {
            add(p["text"].as_str().unwrap(), rect_of(&p["bbox"]));
        }
    }
    for e in truth["entries"].as_array().unwrap() {
        for f in e["fields"].as_object().unwrap().values() {
            if let Some(ls) = f["lines"].as_array() {
                for l in ls {
                    if let Some(t) = l["text"].as_str() {
                        add(t, rect_of(&l["bbox"]));
                    }
                }
            }
        }
    }
    let mut chars = rows.into_iter().map(|row| row.2).max_by_key(Vec::len).unwrap_or_default();
    chars.sort_by(|a, c| a.0.total_cmp(&c.0));
    let text: String = chars.iter().map(|c| c.2).collect();
    let chars = chars
        .iter()
        .map(|c| CharSpan {
            ch: c.2,
            x0: ((c.0 - b.x) / b.w) as f32,
            x1: ((c.1 - b.x) / b.w) as f32,
            probability: 1.0,
        })
        .collect();
    Reading { text, chars, confidence: 1.0, ..Reading::default() }
}

/// What stands in the requested places, by the recogniser or the truth.
fn read(
    r: &Restoration,
    requests: Vec<AnchorRequest>,
    truth: &Value,
    reader: Option<&dyn Recognizer>,
) -> Vec<Anchor> {
    let readings: Vec<Reading> = match reader {
        Some(reader) => {
            let crops: Vec<_> = requests.iter().map(|q| r.crop(q.rect, 64)).collect();
            let inputs: Vec<_> = crops.iter().map(LineInput::new).collect();
            reader.read(&inputs).unwrap()
        }
        None => requests.iter().map(|q| oracle(truth, r, &q.rect)).collect(),
    };
    requests.into_iter().zip(readings).map(|(request, reading)| Anchor { request, reading }).collect()
}

fn truth_of(path: &str) -> Value {
    serde_json::from_str(&std::fs::read_to_string(Path::new(path).with_extension("json")).unwrap()).unwrap()
}

/// The print that the given pages of a book show.
fn print_of(paths: &[String], forms: &[LoadedForm], reader: Option<&dyn Recognizer>) -> Option<Print> {
    let mut sightings = Vec::new();
    for path in paths {
        let truth = truth_of(path);
        let r = restore(&image::open(path).unwrap(), truth["dpi"].as_f64(), &Settings::default());
        let s = analyse(Page::new(&r.grey, &r.ink, r.dpi));
        let anchors = read(&r, anchor_requests(&s), &truth, reader);
        sightings.extend(sight(&s, forms, &anchors));
    }
    learn(&sightings)
}

#[derive(Default, Clone)]
struct Sum {
    pages: u32,
    form: u32,
    entries: u32,
    found: u32,
    invented: u32,
    fields: u32,
    right: u32,
    loose: u32,
    extra: u32,
    iou: f64,
    planned: u32,
    /// Lines of values of several lines, and those in no planned line.
    lines: u32,
    lines_lost: u32,
}

fn main() {
    let mut args: Vec<String> = std::env::args().skip(1).collect();
    let flag = |args: &mut Vec<String>, name: &str| {
        let i = args.iter().position(|a| a == name);
        if let Some(i) = i {
            args.remove(i);
            true
        } else {
            false
        }
    };
    let use_oracle = flag(&mut args, "--oracle");
    let list = flag(&mut args, "--list");
    let verbose = flag(&mut args, "--verbose");
    let out: Option<PathBuf> = args.iter().position(|a| a == "--out").map(|i| {
        args.remove(i);
        PathBuf::from(args.remove(i))
    });
    let reader = (!use_oracle).then(|| default_reader(Path::new("models")).unwrap());
    let learn_from: usize = args.iter().position(|a| a == "--print").map_or(0, |i| {
        args.remove(i);
        args.remove(i).parse().unwrap()
    });
    let forms = load_forms(Path::new(&args.remove(0))).unwrap();
    let print = print_of(&args[..learn_from.min(args.len())], &forms, reader.as_deref());
    if learn_from > 0 {
        println!("print: {:?}", print.as_ref().map(|p| (&p.form, p.pages, p.columns.len(), p.labels.len())));
    }
    let mut sums: BTreeMap<(String, String, String), Sum> = BTreeMap::new();
    let mut by_field: BTreeMap<(String, String), (u32, u32)> = BTreeMap::new();
    let mut t_cells = 0;
    let (mut t_restore, mut t_layout, mut t_read, mut t_align) = (0u128, 0u128, 0u128, 0u128);
    for path in &args {
        let truth = truth_of(path);
        let img = image::open(path).unwrap();
        let t = Instant::now();
        let r = restore(&img, truth["dpi"].as_f64(), &Settings::default());
        t_restore += t.elapsed().as_millis();
        let t = Instant::now();
        let mut s = analyse(Page::new(&r.grey, &r.ink, r.dpi));
        if let Some(print) = &print {
            print.mend(&mut s);
        }
        let requests = anchor_requests(&s);
        t_layout += t.elapsed().as_millis();
        let t = Instant::now();
        let mut anchors = read(&r, requests, &truth, reader.as_deref());
        let more = body_requests(&s, &forms, &anchors);
        let cells = more.len();
        anchors.extend(read(&r, more, &truth, reader.as_deref()));
        t_cells += cells;
        t_read += t.elapsed().as_millis();
        if verbose {
            for table in &s.tables {
                for v in &table.verticals {
                    println!(
                        "   V x {:.0} y {:.0}..{:.0} strength {:.1} support {:.2}",
                        v.middle(),
                        v.start,
                        v.end,
                        v.strength,
                        v.support
                    );
                }
            }
            for a in
                anchors.iter().filter(|a| !matches!(a.request.place, sobo_layout::AnchorPlace::Slot { .. }))
            {
                let b = a.request.rect;
                println!(
                    "   H {:?} [{:.0},{:.0},{:.0},{:.0}] {:?}",
                    a.request.place, b.x, b.y, b.w, b.h, a.reading.text
                );
            }
        }
        let t = Instant::now();
        let plan = align(&s, &forms, &anchors, print.as_ref());
        t_align += t.elapsed().as_millis();
        if verbose && let Some(i) = plan.form {
            for (b, t) in sobo_layout::explain(&s, &forms[i], &anchors) {
                let a = anchors.iter().find(|a| {
                    (a.request.rect.y - b.y).abs() < 60.0
                        && a.request.rect.x <= b.x
                        && a.request.rect.x > b.x - 20.0
                });
                println!(
                    "   R [{:4.0},{:4.0},{:4.0},{:4.0}] {t:32} {:?}",
                    b.x,
                    b.y,
                    b.w,
                    b.h,
                    a.map(|a| a.reading.text.clone())
                );
            }
        }
        let get = |k: &str| truth[k].as_str().unwrap().to_string();
        let key = (get("family"), get("register_type"), get("level"));
        let sum = sums.entry(key.clone()).or_default();
        sum.pages += 1;
        let form = plan.form.map(|i| forms[i].form.clone());
        let right_form =
            form.as_ref().is_some_and(|f| f.family == key.0 && f.register_type.as_str() == key.1);
        sum.form += u32::from(right_form);
        let name = Path::new(path).file_stem().unwrap().to_string_lossy().to_string();
        if !right_form {
            println!(
                "{name} {key:?}: form {:?} score {:.1} coverage {:.2} tables {:?} lines {}",
                form.as_ref().map(|f| f.id.clone()),
                plan.score,
                plan.coverage,
                s.tables.iter().map(|t| (t.columns(), t.rows())).collect::<Vec<_>>(),
                s.lines.len()
            );
        }
        let mut used = vec![false; plan.entries.len()];
        let truth_entries = truth["entries"].as_array().unwrap();
        let mut misses = Vec::new();
        for e in truth_entries {
            sum.entries += 1;
            let tb = rect_of(&e["bbox"]);
            let best = plan
                .entries
                .iter()
                .enumerate()
                .filter(|(i, _)| !used[*i])
                .map(|(i, p)| (i, to_original(&r, &p.bbox).iou(&tb)))
                .max_by(|a, b| a.1.total_cmp(&b.1));
            let matched = best.filter(|b| b.1 >= 0.5).map(|b| b.0);
            if let Some(i) = matched {
                used[i] = true;
                sum.found += 1;
                sum.iou += best.unwrap().1;
            } else {
                misses.push(format!("ENTRY missed iou {:.2}", best.map_or(0.0, |b| b.1)));
            }
            let fields = e["fields"].as_object().unwrap();
            for (k, f) in fields {
                if f["lost"].as_f64().unwrap_or(0.0) > 0.5 {
                    continue;
                }
                sum.fields += 1;
                let tb = rect_of(&f["bbox"]);
                let planned = matched.and_then(|i| plan.entries[i].fields.iter().find(|p| p.name == *k));
                let boxed = planned
                    .filter(|p| !p.lines.is_empty())
                    .map(|p| p.lines.iter().map(|l| to_original(&r, l)).reduce(|a, b| a.union(&b)).unwrap());
                let ok = boxed.as_ref().is_some_and(|b| {
                    let c = tb.centre();
                    c.x > b.x && c.x < b.right() && c.y > b.y && c.y < b.bottom()
                });
                let c = by_field.entry((key.0.clone(), k.clone())).or_default();
                c.1 += 1;
                let written = f["lines"].as_array().map(Vec::as_slice).unwrap_or_default();
                if written.len() > 1 && f["lost"].as_f64().unwrap_or(0.0) <= 0.05 && boxed.is_some() {
                    let read: Vec<Rect<Original>> =
                        planned.iter().flat_map(|p| p.lines.iter().map(|l| to_original(&r, l))).collect();
                    for (index, line) in written.iter().enumerate() {
                        let b = rect_of(&line["bbox"]);
                        let c = b.centre();
                        let found = read.iter().any(|l| {
                            // A box over two lines is read as one of them.
                            let middle = (l.centre().y - c.y).abs() < 0.45 * b.h.max(24.0);
                            middle && c.x > l.x && c.x < l.right()
                        });
                        sum.lines += 1;
                        if !found {
                            sum.lines_lost += 1;
                            misses.push(format!(
                                "line {} of {} of {k} {:?} lost: {:?} got {:?}",
                                index + 1,
                                written.len(),
                                line["text"].as_str().unwrap_or_default(),
                                (b.x, b.y, b.w, b.h),
                                read.iter()
                                    .map(|l| (l.x.round(), l.y.round(), l.w.round(), l.h.round()))
                                    .collect::<Vec<_>>()
                            ));
                        }
                    }
                }
                if ok {
                    sum.right += 1;
                    c.0 += 1;
                    let b = boxed.unwrap();
                    let cover = b.intersection(&tb).map_or(0.0, |i| i.area()) / tb.area();
                    if cover < 0.8 || b.w > tb.w * 1.5 + 80.0 || b.h > tb.h * 1.6 + 50.0 {
                        sum.loose += 1;
                        misses.push(format!(
                            "loose {k} {:?} got {:?}",
                            (tb.x, tb.y, tb.w, tb.h),
                            (b.x.round(), b.y.round(), b.w.round(), b.h.round())
                        ));
                    }
                } else {
                    misses.push(format!(
                        "{k} {:?} {:?} got {:?}",
                        f["text"].as_str().unwrap(),
                        (tb.x, tb.y, tb.w, tb.h),
                        boxed.map(|b| (b.x.round(), b.y.round(), b.w.round(), b.h.round()))
                    ));
                }
            }
            if let Some(i) = matched {
                for p in &plan.entries[i].fields {
                    if p.lines.is_empty() {
                        continue;
                    }
                    sum.planned += 1;
                    if !fields.contains_key(&p.name) {
                        sum.extra += 1;
                        misses.push(format!("extra {} {:?}", p.name, to_original(&r, &p.lines[0])));
                    }
                }
            }
        }
        let invented = used.iter().filter(|u| !**u).count() as u32;
        sum.invented += invented;
        if invented > 0 {
            misses.push(format!("{invented} entries invented"));
        }
        if list && !misses.is_empty() {
            println!(
                "== {name} {key:?} {:?} second {:?} score {:.1}",
                form.as_ref().map(|f| f.id.clone()),
                plan.runner_up.map(|x| (forms[x.0].form.id.clone(), x.1)),
                plan.score
            );
            for m in &misses {
                println!("   {m}");
            }
        }
        if let Some(out) = &out {
            draw(&r, &s, &plan).save(out.join(format!("{name}.png"))).unwrap();
        }
    }
    let n = args.len().max(1) as u128;
    println!("cells read for columns: {t_cells}");
    println!(
        "per page: restore {} ms, layout {} ms, read {} ms, align {} ms",
        t_restore / n,
        t_layout / n,
        t_read / n,
        t_align / n
    );
    let mut rows: Vec<_> = sums.into_iter().collect();
    rows.sort_by(|a, b| {
        (a.1.right as f64 / a.1.fields.max(1) as f64)
            .total_cmp(&(b.1.right as f64 / b.1.fields.max(1) as f64))
    });
    let mut total = Sum::default();
    println!("slice                      pages form   entries found inv  fields  right%  loose% extra%");
    for (k, s) in rows.iter() {
        row(&format!("{} {} {}", k.0, k.1, k.2), s);
        total.pages += s.pages;
        total.form += s.form;
        total.entries += s.entries;
        total.found += s.found;
        total.invented += s.invented;
        total.fields += s.fields;
        total.right += s.right;
        total.loose += s.loose;
        total.extra += s.extra;
        total.iou += s.iou;
        total.planned += s.planned;
        total.lines += s.lines;
        total.lines_lost += s.lines_lost;
    }
    row("all", &total);
    let mut f: Vec<_> = by_field.into_iter().filter(|f| f.1.0 < f.1.1).collect();
    f.sort_by(|a, b| (a.1.0 as f64 / a.1.1 as f64).total_cmp(&(b.1.0 as f64 / b.1.1 as f64)));
    for x in f.iter().take(25) {
        println!("  {} {} {}/{}", x.0.0, x.0.1, x.1.0, x.1.1);
    }
}

fn row(name: &str, s: &Sum) {
    println!(
        "{name:26} {:5} {:5.1}% {:5} {:6.1}% {:3} {:6} {:6.2}% {:6.2}% {:6.2}%  iou {:.2} lines {:5} lost {:4}",
        s.pages,
        100.0 * s.form as f64 / s.pages as f64,
        s.entries,
        100.0 * s.found as f64 / s.entries.max(1) as f64,
        s.invented,
        s.fields,
        100.0 * s.right as f64 / s.fields.max(1) as f64,
        100.0 * s.loose as f64 / s.fields.max(1) as f64,
        100.0 * s.extra as f64 / s.planned.max(1) as f64,
        s.iou / s.found.max(1) as f64,
        s.lines,
        s.lines_lost
    );
}

fn draw(r: &Restoration, s: &Structure, plan: &PagePlan) -> RgbImage {
    let g = &r.grey;
    let mut canvas = RgbImage::from_fn(g.width(), g.height(), |x, y| {
        let v = g.get_pixel(x, y).0[0];
        Rgb([v, v, v])
    });
    for q in &s.horizontals {
        let col = if q.stroke == Stroke::Solid { Rgb([255, 0, 0]) } else { Rgb([0, 160, 255]) };
        for x in q.start.max(0.0) as u32..=q.end.max(0.0) as u32 {
            let y = q.at(x as f32).round() as u32;
            if x < canvas.width() && y < canvas.height() {
                canvas.put_pixel(x, y, col);
            }
        }
    }
    for q in &s.verticals {
        for y in q.start.max(0.0) as u32..=q.end.max(0.0) as u32 {
            let x = q.at(y as f32).round() as u32;
            if x < canvas.width() && y < canvas.height() {
                canvas.put_pixel(x, y, Rgb([255, 0, 200]));
            }
        }
    }
    for l in &s.lines {
        if !l.ruled {
            boxed(&mut canvas, &l.bbox, Rgb([220, 160, 0]));
        }
        for sl in &l.slots {
            boxed(&mut canvas, &sl.ink, Rgb([190, 150, 255]));
        }
    }
    for e in &plan.entries {
        boxed(&mut canvas, &e.bbox, Rgb([255, 90, 0]));
        for f in &e.fields {
            for l in &f.lines {
                boxed(&mut canvas, l, if f.certainty > 0.6 { Rgb([0, 170, 0]) } else { Rgb([0, 60, 200]) });
            }
        }
    }
    canvas
}

fn boxed(c: &mut RgbImage, b: &Rect<Restored>, col: Rgb<u8>) {
    let (w, h) = (f64::from(c.width()) - 1.0, f64::from(c.height()) - 1.0);
    let (x0, x1, y0, y1) = (
        b.x.clamp(0.0, w) as u32,
        b.right().clamp(0.0, w) as u32,
        b.y.clamp(0.0, h) as u32,
        b.bottom().clamp(0.0, h) as u32,
    );
    for x in x0..=x1 {
        c.put_pixel(x, y0, col);
        c.put_pixel(x, y1, col);
    }
    for y in y0..=y1 {
        c.put_pixel(x0, y, col);
        c.put_pixel(x1, y, col);
    }
}

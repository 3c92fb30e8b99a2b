//! Measures restored geometry on pages with truth: `geometry DIR [STEM…]`.
//!
//! The truth gives every printed text and every line a quadrilateral that follows the page's warp. After restoration
//! their baselines should be level and their sides upright, and numbers printed over the columns of a ledger should
//! stand at one height on both sides of the gutter.
#![allow(clippy::print_stdout, reason = "an example prints its figures")]

use std::path::PathBuf;

use anyhow::Context as _;
use serde_json::Value;
use sobo_core::Point;
use sobo_restore::{Restoration, Settings, restore};

fn main() -> anyhow::Result<()> {
    let mut args = std::env::args().skip(1);
    let dir = PathBuf::from(args.next().context("usage: geometry DIR [STEM…]")?);
    let wanted: Vec<String> = args.collect();
    let mut pages: Vec<PathBuf> = std::fs::read_dir(&dir)
        .with_context(|| format!("cannot list {}", dir.display()))?
        .filter_map(|e| Some(e.ok()?.path()))
        .filter(|p| p.extension().is_some_and(|e| e == "json"))
        .filter(|p| {
            wanted.is_empty() || p.file_stem().is_some_and(|s| wanted.iter().any(|w| s == w.as_str()))
        })
        .collect();
    pages.sort();
    println!(
        "page  family level   skew0   median  worst  upright worst-up row-gap round-trip orient  cpu_ms quality"
    );
    let mut totals: Vec<[f64; 7]> = Vec::new();
    for path in pages {
        let truth: Value = serde_json::from_str(&std::fs::read_to_string(&path)?)?;
        let file = truth["page"].as_str().context("no page")?;
        let image = image::open(dir.join(file)).with_context(|| format!("cannot read {file}"))?;
        let dpi = truth["dpi"].as_f64();
        let start = cpu();
        let restored = restore(&image, dpi, &Settings::default());
        let ms = (cpu() - start) * 1e3;
        let g = measure(&truth, &restored, !wanted.is_empty());
        println!(
            "{:5} {:6} {:7} {:6.2} {:7.3} {:7.3} {:7.3} {:7.3} {:7.2} {:7.3}     {:9} {:6.0} {:.2} {:?}",
            path.file_stem().unwrap_or_default().to_string_lossy(),
            truth["family"].as_str().unwrap_or("?"),
            truth["level"].as_str().unwrap_or("?"),
            restored.skew,
            g[0],
            g[1],
            g[2],
            g[3],
            g[4],
            g[5],
            format!("{:?}", restored.transform.orientation()),
            ms,
            restored.quality.score,
            restored.quality.defects,
        );
        totals.push([g[0], g[1], g[2], g[3], g[4], g[5], ms]);
    }
    for (i, name) in
        ["median skew", "worst skew", "median upright", "worst upright", "row gap", "round trip", "cpu ms"]
            .into_iter()
            .enumerate()
    {
        let mut v: Vec<f64> = totals.iter().map(|t| t[i]).filter(|v| v.is_finite()).collect();
        v.sort_by(f64::total_cmp);
        if let Some(last) = v.last() {
            println!(
                "{name}: median {:.3}, 90 % {:.3}, worst {last:.3}",
                v[v.len() / 2],
                v[v.len() * 9 / 10]
            );
        }
    }
    Ok(())
}

/// Seconds this thread has computed.
fn cpu() -> f64 {
    std::fs::read_to_string("/proc/thread-self/schedstat")
        .ok()
        .and_then(|s| s.split(' ').next()?.parse::<f64>().ok())
        .map_or(0.0, |ns| ns / 1e9)
}

/// Median and worst baseline angle, median and worst side angle (degrees), spread of the ledger's column numbers and
/// worst round trip (pixels).
fn measure(truth: &Value, restored: &Restoration, verbose: bool) -> [f64; 6] {
    let mut angles = Vec::new();
    let mut sides = Vec::new();
    let mut trip: f64 = 0.0;
    for item in truth["printed"].as_array().into_iter().flatten() {
        let corner = |i: usize| {
            Point::new(item["quad"][i][0].as_f64().unwrap_or(0.0), item["quad"][i][1].as_f64().unwrap_or(0.0))
        };
        for i in 0..4 {
            let back = restored.transform.to_original(restored.transform.to_restored(corner(i)));
            trip = trip.max(back.distance(corner(i)));
        }
        let at = |i: usize| restored.transform.to_restored(corner(i));
        let (tl, br, bl) = (at(0), at(2), at(3));
        let width = bl.distance(br);
        if width > 60.0 {
            angles.push(((br.y - bl.y).atan2(br.x - bl.x).to_degrees(), width));
            if verbose {
                println!(
                    "    {:+.2}° lean {:+.2}° at {:.0},{:.0} w {width:.0}: {}",
                    (br.y - bl.y).atan2(br.x - bl.x).to_degrees(),
                    (bl.x - tl.x).atan2(bl.y - tl.y).to_degrees(),
                    bl.x,
                    bl.y,
                    item["text"],
                );
            }
            sides.push((bl.x - tl.x).atan2(bl.y - tl.y).to_degrees());
        }
    }
    let mut sizes: Vec<f64> = angles.iter().map(|a| a.0.abs()).collect();
    sizes.sort_by(f64::total_cmp);
    let mut lean: Vec<f64> = sides.iter().map(|a| a.abs()).collect();
    lean.sort_by(f64::total_cmp);
    let spread = if truth["family"] == "B" { row_gap(truth, restored) } else { f64::NAN };
    let worst = angles.iter().filter(|a| a.1 > 120.0).map(|a| a.0.abs()).fold(0.0, f64::max);
    let middle = |v: &[f64]| v.get(v.len() / 2).copied().unwrap_or(f64::NAN);
    [middle(&sizes), worst, middle(&lean), lean.last().copied().unwrap_or(f64::NAN), spread, trip]
}

/// How much higher the writing of a row stands right of the gutter than left of it: the median over the rows of a
/// ledger, in restored pixels. Single words jitter; over a page the two sides should agree.
fn row_gap(truth: &Value, restored: &Restoration) -> f64 {
    let middle = |mut v: Vec<f64>| -> Option<f64> {
        v.sort_by(f64::total_cmp);
        v.get(v.len() / 2).copied()
    };
    let gutter = f64::from(restored.transform.original_size().0) / 2.0;
    let gaps = truth["entries"].as_array().into_iter().flatten().filter_map(|entry| {
        let (mut left, mut right) = (Vec::new(), Vec::new());
        for field in entry["fields"].as_object()?.values() {
            let quad = &field["quad"];
            let (mut x, mut y) = (0.0, 0.0);
            for i in 0..4 {
                x += quad[i][0].as_f64()? / 4.0;
                y += quad[i][1].as_f64()? / 4.0;
            }
            let side = if x < gutter { &mut left } else { &mut right };
            side.push(restored.transform.to_restored(Point::new(x, y)).y);
        }
        Some(middle(right)? - middle(left)?)
    });
    middle(gaps.collect()).map_or(f64::NAN, f64::abs)
}

//! What lies over the writing on training lines: tide lines, seals, holes, fading.

use super::paper::Sheet;
use crate::random::{Rng, noise, sine};

/// A ring, wavering: the border of a stain or of a seal.
pub(super) fn ring(sheet: &mut Sheet, cx: f32, cy: f32, radius: f32, half: f32, depth: f32, seed: u64) {
    let w = sheet.width;
    for (i, light) in sheet.light.iter_mut().enumerate() {
        let (dx, dy) = ((i % w) as f32 - cx, (i / w) as f32 - cy);
        let distance = (dx * dx + dy * dy).sqrt();
        if (distance - radius).abs() > 4.0 * half {
            continue;
        }
        let wobble = noise(seed, (dx + dy * 1.7) / (half * 9.0)) * half * 2.0;
        let off = (distance - radius + wobble).abs();
        *light *= 1.0 - depth * (1.0 - off / half).max(0.0);
    }
}

/// A piece of a round seal over the line.
pub(super) fn seal(sheet: &mut Sheet, size: f32, rng: &mut Rng) {
    let (w, h) = (sheet.width as f32, sheet.height as f32);
    let radius = size * rng.range(2.5, 5.0);
    let cx = rng.unit() * w;
    let cy = h * 0.5 + radius * rng.range(-1.0, 1.0);
    let depth = rng.range(0.12, 0.5);
    let seed = rng.next_u64();
    ring(sheet, cx, cy, radius, h * 0.03, depth, seed);
    ring(sheet, cx, cy, radius * 0.93, h * 0.015, depth, seed ^ 1);
    ring(sheet, cx, cy, radius * 0.6, h * 0.015, depth, seed ^ 2);
    // Letters of its legend, as blunt strokes.
    for step in 0..26 {
        let turn = step as f32 / 26.0 + rng.range(-0.006, 0.006);
        let (dx, dy) = (sine(turn + 0.25), sine(turn));
        let (inner, outer) = (radius * 0.68, radius * 0.86);
        if rng.chance(0.75) {
            let from = (cx + dx * inner, cy + dy * inner);
            let to = (cx + dx * outer - dy * h * 0.06, cy + dy * outer + dx * h * 0.06);
            sheet.line(from, to, h * 0.018, depth * rng.range(0.4, 1.0));
        }
    }
}

pub(super) fn hole(sheet: &mut Sheet, cx: f32, cy: f32, radius: f32) {
    let w = sheet.width;
    for (i, light) in sheet.light.iter_mut().enumerate() {
        let (dx, dy) = ((i % w) as f32 - cx, (i / w) as f32 - cy);
        if dx * dx + dy * dy * 1.3 < radius * radius {
            *light = 0.99;
        }
    }
}

pub(super) fn fade(sheet: &mut Sheet, rng: &mut Rng) {
    let w = sheet.width as f32;
    let (centre, half) = (rng.unit() * w, w * rng.range(0.1, 0.4));
    let strength = rng.range(0.2, 0.65);
    let width = sheet.width;
    for (i, light) in sheet.light.iter_mut().enumerate() {
        let off = ((i % width) as f32 - centre).abs() / half;
        if off < 1.0 {
            let amount = strength * (1.0 - off * off);
            *light += (0.96 - *light).max(0.0) * amount;
        }
    }
}

//! Seals, rubber stamps and signatures.

use std::f32::consts::TAU;

use crate::canvas::{Canvas, PenPoint, Shape};
use crate::ink::GrayMask;
use crate::random::{Rng, noise2, sine};
use crate::writer::Writer;

use super::sheet::{Fade, Sheet, StampMark};

fn cosine(turns: f32) -> f32 {
    sine(turns + 0.25)
}

/// The angle of a vector in turns, -0.5..=0.5, from a polynomial: the same on every machine.
fn turns_of(x: f32, y: f32) -> f32 {
    let (ax, ay) = (x.abs(), y.abs());
    if ax.max(ay) < 1e-6 {
        return 0.0;
    }
    let ratio = ax.min(ay) / ax.max(ay);
    let square = ratio * ratio;
    let mut angle =
        ((-0.046_496_476 * square + 0.159_314_22) * square - 0.327_622_77) * square * ratio + ratio;
    if ay > ax {
        angle = TAU / 4.0 - angle;
    }
    if x < 0.0 {
        angle = TAU / 2.0 - angle;
    }
    if y < 0.0 {
        angle = -angle;
    }
    angle / TAU
}

/// Uneven contact between rubber and paper.
fn worn(mask: &mut GrayMask, rng: &mut Rng, strength: f32) {
    let seed = rng.next_u64();
    let (dx, dy) = (rng.range(-1.0, 1.0), rng.range(-1.0, 1.0));
    let (w, h) = (mask.width as f32, mask.height as f32);
    for y in 0..mask.height {
        for x in 0..mask.width {
            let at = y * mask.width + x;
            if mask.data[at] == 0 {
                continue;
            }
            let (fx, fy) = (x as f32, y as f32);
            let tilt = 0.5 + 0.35 * ((fx / w - 0.5) * dx + (fy / h - 0.5) * dy) * 2.0;
            let grain =
                noise2(seed, fx / 3.1, fy / 3.1) * 0.35 + noise2(seed ^ 7, fx / 42.0, fy / 42.0) * 0.5;
            let press = (tilt + grain + 0.25).clamp(0.08, 1.0) * strength;
            mask.data[at] = (f32::from(mask.data[at]) * press) as u8;
        }
    }
}

/// Colour of stamping ink.
fn stamp_colour(rng: &mut Rng, old: bool) -> [u8; 3] {
    let inks = [[196, 34, 44], [178, 40, 60], [120, 50, 120], [60, 60, 140], [50, 46, 50]];
    inks[rng.weighted(if old { &[5.0, 2.0, 1.5, 0.8, 0.4] } else { &[7.0, 3.0, 0.3, 0.2, 0.3] })]
}

/// A round seal with words around a star or its middle words.
pub(super) fn seal(
    sheet: &mut Sheet,
    rng: &mut Rng,
    press: &Writer,
    words: &[String],
    centre: (f32, f32),
    old: bool,
) {
    let radius = rng.range(150.0, 208.0);
    let size = (radius * 2.0) as usize + 8;
    let mut mask = GrayMask::new(size, size);
    let around =
        words.iter().take(if old { 2 } else { words.len() }).cloned().collect::<Vec<_>>().join(" * ");
    let around = super::typeset::drawable(press, &format!("{around} * "));
    let band = radius * 0.27;
    let letters = band * rng.range(0.42, 0.55);
    let strip = press.write(&around, letters, rng);
    let advance = strip.advance.max(1.0);
    let turn = rng.unit();
    let inner = radius - band;
    let middle = radius * 0.56;
    let c = size as f32 / 2.0;
    for y in 0..size {
        for x in 0..size {
            let (dx, dy) = (x as f32 + 0.5 - c, y as f32 + 0.5 - c);
            let r = (dx * dx + dy * dy).sqrt();
            let ring = |at: f32, half: f32| (half + 0.5 - (r - at).abs()).clamp(0.0, 1.0);
            let mut value = ring(radius, 3.2).max(ring(radius - 9.0, 1.2)).max(ring(middle.min(inner), 1.8));
            if r > inner - 4.0 && r < radius - 10.0 {
                let along = (turns_of(dx, dy) + turn + 2.0).fract();
                let column = strip.origin_x + along * advance;
                let row = strip.baseline - (r - inner - band * 0.14);
                value = value.max(sample(&strip.mask, column, row));
            }
            if !old && r < middle * 0.55 {
                value = value.max(star(dx, dy, middle * 0.5));
            }
            mask.data[y * size + x] = (value * 255.0) as u8;
        }
    }
    if old && let Some(word) = words.last() {
        let line = press.write(&super::typeset::drawable(press, word), letters * 0.9, rng);
        let left = (c - line.advance / 2.0 - line.origin_x) as isize;
        mask.blit(&line.mask, left, (c + letters / 2.0 - line.baseline) as isize);
    }
    worn(&mut mask, rng, 0.85);
    let (left, top) = (centre.0 - c, centre.1 - c);
    sheet.lay(&mask, left as isize, top as isize, stamp_colour(rng, old), Fade::NONE);
    let (right, bottom) = (centre.0 + c, centre.1 + c);
    sheet.stamps.push(StampMark {
        text: words.join(" * "),
        corners: [(left, top), (right, top), (right, bottom), (left, bottom)],
    });
}

fn sample(mask: &GrayMask, x: f32, y: f32) -> f32 {
    let (fx, fy) = ((x - 0.5).floor(), (y - 0.5).floor());
    let (tx, ty) = (x - 0.5 - fx, y - 0.5 - fy);
    let at = |dx: isize, dy: isize| f32::from(mask.at(fx as isize + dx, fy as isize + dy)) / 255.0;
    let top = at(0, 0) * (1.0 - tx) + at(1, 0) * tx;
    let bottom = at(0, 1) * (1.0 - tx) + at(1, 1) * tx;
    top * (1.0 - ty) + bottom * ty
}

/// A five-pointed star of this radius around the origin.
fn star(x: f32, y: f32, radius: f32) -> f32 {
    // A point is inside if it lies within at least four of the pentagram's five half planes.
    let limit = radius * 0.309;
    let inside = (0..5)
        .filter(|i| {
            let turns = *i as f32 / 5.0 + 0.25;
            x * cosine(turns) + y * sine(turns) < limit
        })
        .count();
    f32::from(u8::from(inside >= 4))
}

/// A rectangular rubber stamp, turned by a few degrees.
pub(super) fn rubber_stamp(sheet: &mut Sheet, rng: &mut Rng, press: &Writer, text: &str, centre: (f32, f32)) {
    let size = rng.range(34.0, 56.0);
    let line = press.write(&super::typeset::drawable(press, text), size, rng);
    let pad = size * rng.range(0.55, 1.0);
    let framed = rng.chance(0.8);
    let (w, h) = (line.advance + pad * 2.0, size + pad * 2.0);
    let mut flat = GrayMask::new(w as usize + 10, h as usize + 10);
    flat.blit(&line.mask, (5.0 + pad - line.origin_x) as isize, (5.0 + pad + size - line.baseline) as isize);
    if framed {
        let double = rng.chance(0.2);
        for y in 0..flat.height {
            for x in 0..flat.width {
                let edge = x.min(y).min(flat.width - 1 - x).min(flat.height - 1 - y);
                if (3..7).contains(&edge) || (double && (10..12).contains(&edge)) {
                    flat.data[y * flat.width + x] = 235;
                }
            }
        }
    }
    worn(&mut flat, rng, 0.8);
    let angle = rng.normal() * 0.012;
    let (s, c) = (sine(angle), cosine(angle));
    let (fw, fh) = (flat.width as f32, flat.height as f32);
    let (bw, bh) = ((fw * c.abs() + fh * s.abs()).ceil(), (fw * s.abs() + fh * c.abs()).ceil());
    let mut turned = GrayMask::new(bw as usize, bh as usize);
    for y in 0..turned.height {
        for x in 0..turned.width {
            let (dx, dy) = (x as f32 + 0.5 - bw / 2.0, y as f32 + 0.5 - bh / 2.0);
            let value = sample(&flat, c * dx + s * dy + fw / 2.0, -s * dx + c * dy + fh / 2.0);
            turned.data[y * turned.width + x] = (value * 255.0) as u8;
        }
    }
    sheet.lay(
        &turned,
        (centre.0 - bw / 2.0) as isize,
        (centre.1 - bh / 2.0) as isize,
        stamp_colour(rng, false),
        Fade::NONE,
    );
    let corner = |x: f32, y: f32| {
        let (x, y) = (x * fw / 2.0, y * fh / 2.0);
        (centre.0 + c * x - s * y, centre.1 + s * x + c * y)
    };
    sheet.stamps.push(StampMark {
        text: text.to_owned(),
        corners: [corner(-1.0, -1.0), corner(1.0, -1.0), corner(1.0, 1.0), corner(-1.0, 1.0)],
    });
}

/// A signature of at most this width: loops and a flourish of one pen.
pub(super) fn signature(
    sheet: &mut Sheet,
    rng: &mut Rng,
    centre: (f32, f32),
    most: f32,
    colour: [u8; 3],
    fade: Fade,
) {
    let (w, h) = (rng.range(150.0, 420.0), rng.range(70.0, 170.0));
    let smaller = (most / w).clamp(0.3, 1.0);
    let (w, h) = (w * smaller, h * smaller.max(0.5));
    let lean = rng.range(-0.1, 0.5);
    let mut points: Vec<(f32, f32)> = Vec::new();
    if rng.chance(0.4) {
        let knots = rng.between(6, 13) as usize;
        for i in 0..knots {
            let t = i as f32 / (knots - 1) as f32;
            let up = if i % 2 == 0 { -1.0 } else { 1.0 };
            let size = (1.0 - 0.6 * t) * rng.range(0.25, 1.0);
            let y = up * size * h / 2.0;
            points.push((w * (t - 0.5) + rng.normal() * w * 0.06 - y * lean, y + rng.normal() * h * 0.07));
        }
    } else {
        // A capital's tall stroke, then loops that shrink.
        points.push((-w * 0.5, h * rng.range(0.1, 0.5)));
        points.push((-w * rng.range(0.38, 0.46), -h * rng.range(0.4, 0.8)));
        let loops = rng.between(2, 6);
        let steps = loops * 5;
        let squash = rng.range(0.35, 0.9);
        let mut size = 0.5;
        for step in 0..=steps {
            let t = step as f32 / steps as f32;
            if step % 5 == 0 {
                size = (1.0 - 0.65 * t) * rng.range(0.18, 0.5);
            }
            let turn = step as f32 / 5.0;
            let (x, y) = (sine(turn + 0.25) * size * h * squash, -sine(turn) * size * h);
            points.push((w * (t * 0.85 - 0.4) + x - y * lean, y + rng.normal() * h * 0.03));
        }
    }
    if rng.chance(0.6) {
        points.push((-w * rng.range(0.1, 0.5), h * rng.range(0.3, 0.6)));
        points.push((w * rng.range(0.4, 0.75), h * rng.range(-0.1, 0.4)));
    }
    let radius = rng.range(1.6, 3.6);
    let margin = 60.0;
    let (mw, mh) = (w * 2.0 + margin * 2.0, h * 2.4 + margin * 2.0);
    let mut canvas = Canvas::new(mw as usize, mh as usize);
    let mut path = Vec::new();
    for i in 0..points.len().saturating_sub(1) {
        let p = |k: isize| points[(i as isize + k).clamp(0, points.len() as isize - 1) as usize];
        let (p0, p1, p2, p3) = (p(-1), p(0), p(1), p(2));
        for step in 0..14 {
            let t = step as f32 / 14.0;
            let spline = |a: f32, b: f32, c: f32, d: f32| {
                b + 0.5 * t * (c - a + t * (2.0 * a - 5.0 * b + 4.0 * c - d + t * (3.0 * (b - c) + d - a)))
            };
            path.push(PenPoint {
                x: spline(p0.0, p1.0, p2.0, p3.0) + mw / 2.0,
                y: spline(p0.1, p1.1, p2.1, p3.1) + mh / 2.0,
                radius: radius * (0.7 + 0.5 * sine((i as f32 + t) * 0.31).abs()),
                flow: 0.9,
            });
        }
    }
    canvas.draw(&Shape::Stroke(path), 0.0, 0.0, 1.0);
    let mask = canvas.into_mask();
    sheet.lay(&mask, (centre.0 - mw / 2.0) as isize, (centre.1 - mh / 2.0) as isize, colour, fade);
}

/// A fingerprint of those who cannot sign.
pub(super) fn fingerprint(sheet: &mut Sheet, rng: &mut Rng, centre: (f32, f32)) {
    let (rx, ry) = (rng.range(55.0, 75.0), rng.range(75.0, 100.0));
    let (w, h) = ((rx * 2.0) as usize + 8, (ry * 2.0) as usize + 8);
    let mut mask = GrayMask::new(w, h);
    let seed = rng.next_u64();
    for y in 0..h {
        for x in 0..w {
            let (dx, dy) = ((x as f32 - w as f32 / 2.0) / rx, (y as f32 - h as f32 / 2.0) / ry);
            let r = dx * dx + dy * dy;
            if r > 1.0 {
                continue;
            }
            let bend = noise2(seed, dx * 2.0, dy * 2.0) * 0.7;
            let ridge = sine((dx * dx * 4.0 + (dy + 0.3) * (dy + 0.3) * 5.0 + bend).sqrt() * 5.5);
            let press = (1.2 - r) * (0.7 + 0.5 * noise2(seed ^ 3, dx * 3.0, dy * 3.0));
            mask.data[y * w + x] = ((0.5 + ridge).clamp(0.0, 1.0) * press.clamp(0.0, 1.0) * 200.0) as u8;
        }
    }
    let colour = [[40, 36, 60], [180, 40, 50], [50, 50, 120]][rng.below(3)];
    sheet.lay(
        &mask,
        (centre.0 - w as f32 / 2.0) as isize,
        (centre.1 - h as f32 / 2.0) as isize,
        colour,
        Fade::NONE,
    );
}

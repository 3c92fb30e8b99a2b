//! Outlines of glyphs as polygons, taken apart into letter and marks.

use skrifa::MetadataProvider as _;
use skrifa::instance::{LocationRef, Size};
use skrifa::outline::{DrawSettings, OutlinePen};
use skrifa::{FontRef, GlyphId};

/// A closed polygon in em units, y up.
pub type Contour = Vec<(f32, f32)>;

/// A box in em units, y up.
#[derive(Debug, Copy, Clone, PartialEq)]
pub struct EmBox {
    /// Left.
    pub left: f32,
    /// Bottom.
    pub bottom: f32,
    /// Right.
    pub right: f32,
    /// Top.
    pub top: f32,
}

impl EmBox {
    /// The box of these contours; `None` for none.
    pub fn of<'a>(contours: impl IntoIterator<Item = &'a Contour>) -> Option<Self> {
        let mut points = contours.into_iter().flatten();
        let first = points.next()?;
        let start = Self { left: first.0, right: first.0, bottom: first.1, top: first.1 };
        Some(points.fold(start, |b, p| Self {
            left: b.left.min(p.0),
            right: b.right.max(p.0),
            bottom: b.bottom.min(p.1),
            top: b.top.max(p.1),
        }))
    }
}

/// A glyph, in em units with y up and the pen at the origin.
#[derive(Debug, Clone, PartialEq)]
pub struct Glyph {
    /// How far the pen moves.
    pub advance: f32,
    /// The letter itself, horn and bar of `ơ ư đ` included.
    pub body: Vec<Contour>,
    /// Marks standing free above the letter, each of one or more contours, lowest first.
    pub above: Vec<Vec<Contour>>,
    /// Marks standing free below the letter.
    pub below: Vec<Vec<Contour>>,
    /// Box of `body`; `None` for a blank.
    pub bbox: Option<EmBox>,
}

struct Flattener {
    contours: Vec<Contour>,
    scale: f32,
    at: (f32, f32),
}

impl Flattener {
    fn push(&mut self, x: f32, y: f32) {
        self.at = (x, y);
        if let Some(contour) = self.contours.last_mut() {
            contour.push((x * self.scale, y * self.scale));
        }
    }
}

/// Pieces a curve is cut into: one per 0.035 em of its control polygon, two to eight.
fn pieces(length: f32) -> usize {
    ((length / 0.035) as usize + 2).min(8)
}

impl OutlinePen for Flattener {
    fn move_to(&mut self, x: f32, y: f32) {
        self.contours.push(Vec::new());
        self.push(x, y);
    }

    fn line_to(&mut self, x: f32, y: f32) {
        // Long straight sides are cut up too, so that they can bend.
        let (x0, y0) = self.at;
        let n = ((((x - x0).abs() + (y - y0).abs()) * self.scale / 0.12) as usize + 1).min(8);
        for i in 1..=n {
            let t = i as f32 / n as f32;
            self.push(x0 + (x - x0) * t, y0 + (y - y0) * t);
        }
    }

    fn quad_to(&mut self, cx: f32, cy: f32, x: f32, y: f32) {
        let (x0, y0) = self.at;
        let length = (cx - x0).abs() + (cy - y0).abs() + (x - cx).abs() + (y - cy).abs();
        let n = pieces(length * self.scale);
        for i in 1..=n {
            let t = i as f32 / n as f32;
            let (a, b, c) = ((1.0 - t) * (1.0 - t), 2.0 * t * (1.0 - t), t * t);
            self.push(a * x0 + b * cx + c * x, a * y0 + b * cy + c * y);
        }
    }

    fn curve_to(&mut self, cx0: f32, cy0: f32, cx1: f32, cy1: f32, x: f32, y: f32) {
        let (x0, y0) = self.at;
        let length = (cx0 - x0).abs()
            + (cy0 - y0).abs()
            + (cx1 - cx0).abs()
            + (cy1 - cy0).abs()
            + (x - cx1).abs()
            + (y - cy1).abs();
        let n = pieces(length * self.scale);
        for i in 1..=n {
            let t = i as f32 / n as f32;
            let u = 1.0 - t;
            let (a, b, c, d) = (u * u * u, 3.0 * u * u * t, 3.0 * u * t * t, t * t * t);
            self.push(a * x0 + b * cx0 + c * cx1 + d * x, a * y0 + b * cy0 + c * cy1 + d * y);
        }
    }

    fn close(&mut self) {}
}

/// The polygons and the advance of a character; `None` if the font lacks it.
pub(super) fn extract(font: &FontRef<'_>, character: char) -> Option<(f32, Vec<Contour>)> {
    let id: GlyphId = font.charmap().map(character)?;
    let location = LocationRef::default();
    let em = f32::from(font.metrics(Size::unscaled(), location).units_per_em.max(1));
    let advance = font.glyph_metrics(Size::unscaled(), location).advance_width(id)? / em;
    let mut pen = Flattener { contours: Vec::new(), scale: 1.0 / em, at: (0.0, 0.0) };
    font.outline_glyphs().get(id)?.draw(DrawSettings::unhinted(Size::unscaled(), location), &mut pen).ok()?;
    pen.contours.retain(|contour| contour.len() > 2);
    // An outline that turns counter-clockwise is made to turn clockwise, so that all fonts agree.
    if pen.contours.iter().map(|c| area(c)).sum::<f32>() > 0.0 {
        pen.contours.iter_mut().for_each(|contour| contour.reverse());
    }
    Some((advance, pen.contours))
}

/// Signed area, positive counter-clockwise with y up.
pub(super) fn area(contour: &[(f32, f32)]) -> f32 {
    let mut sum = 0.0;
    for (index, a) in contour.iter().enumerate() {
        let b = contour[(index + 1) % contour.len()];
        sum += a.0 * b.1 - b.0 * a.1;
    }
    sum / 2.0
}

impl Glyph {
    /// Takes a glyph apart. `letter` is the box of the bare letter (`a` for `ẫ`); without it all
    /// contours are body.
    pub(super) fn new(advance: f32, contours: Vec<Contour>, letter: Option<EmBox>) -> Self {
        let (mut body, mut above, mut below) = (Vec::new(), Vec::new(), Vec::new());
        match letter {
            None => body = contours,
            Some(letter) => {
                let slack = (letter.top - letter.bottom) * 0.12;
                for contour in contours {
                    match EmBox::of([&contour]) {
                        Some(b) if b.bottom > letter.top - slack => above.push(contour),
                        Some(b) if b.top < letter.bottom + slack => below.push(contour),
                        _ => body.push(contour),
                    }
                }
                if body.is_empty() {
                    body.append(&mut above);
                    body.append(&mut below);
                }
            }
        }
        let bbox = EmBox::of(&body);
        Self { advance, body, above: group(above), below: group(below), bbox }
    }

    /// All contours.
    pub fn contours(&self) -> impl Iterator<Item = &Contour> {
        self.body.iter().chain(self.above.iter().flatten()).chain(self.below.iter().flatten())
    }
}

/// Contours whose boxes overlap are one mark (a hook and its counter).
fn group(contours: Vec<Contour>) -> Vec<Vec<Contour>> {
    let mut groups: Vec<(EmBox, Vec<Contour>)> = Vec::new();
    for contour in contours {
        let Some(b) = EmBox::of([&contour]) else { continue };
        let inside = groups
            .iter_mut()
            .find(|(g, _)| b.left >= g.left && b.right <= g.right && b.bottom >= g.bottom && b.top <= g.top);
        match inside {
            Some((_, group)) => group.push(contour),
            None => groups.push((b, vec![contour])),
        }
    }
    groups.sort_by(|a, b| a.0.bottom.total_cmp(&b.0.bottom));
    groups.into_iter().map(|(_, group)| group).collect()
}

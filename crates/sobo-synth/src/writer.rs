//! Writers: a pen in a hand, a typewriter, a press. Each has traits that persist; no two letters
//! are equal.

use std::sync::Arc;

use anyhow::Result;
use sobo_core::Ink;

use crate::canvas::{Canvas, Shape};
use crate::fonts::{Face, Fonts, Style};
use crate::hand::Hand;
use crate::ink::{GlyphBox, PixelBox, WrittenLine};
use crate::lines::Fit;
use crate::print::Press;
use crate::random::{Rng, derive, noise2};
use crate::typewriter::Typewriter;

/// The shapes of one character. `character` is `None` for ink that is not part of the text
/// (joins, strike-through strokes, struck-out letters, blots).
#[derive(Debug, Clone, Default)]
pub(crate) struct Drawn {
    pub(crate) character: Option<char>,
    pub(crate) shapes: Vec<Shape>,
    /// Amount of ink, 0..=1.
    pub(crate) ink: f32,
}

/// Someone or something that writes. The same seed and fonts give the same writer.
#[derive(Debug, Clone)]
pub struct Writer {
    /// Identifies the writer; equals the seed.
    pub id: u64,
    /// How the ink comes onto the paper.
    pub ink: Ink,
    /// Family of the font that gives most of the letters.
    pub font: String,
    /// Whether that family is kept from training.
    pub held_out: bool,
    /// Style of that family.
    pub style: Style,
    /// Colour of undiluted ink, RGB.
    pub colour: [u8; 3],
    tool: Tool,
}

#[derive(Debug, Clone)]
enum Tool {
    Hand(Box<Hand>),
    Typewriter(Typewriter),
    Press(Press),
}

impl Writer {
    /// A writer of this kind; handwriting is spread over school, cursive and print hands.
    ///
    /// # Errors
    /// When the share of fonts has none of the style.
    pub fn new(seed: u64, ink: Ink, fonts: &Fonts) -> Result<Self> {
        let mut rng = Rng::new(derive(seed, 1));
        let style = match ink {
            Ink::Typed => Style::Typewriter,
            Ink::Printed => Style::Print,
            Ink::Handwritten => {
                [Style::School, Style::Cursive, Style::Printhand][rng.weighted(&[0.27, 0.43, 0.30])]
            }
        };
        Self::of_style(seed, style, fonts)
    }

    /// A writer of this style.
    ///
    /// # Errors
    /// When the share of fonts has none of the style.
    pub fn of_style(seed: u64, style: Style, fonts: &Fonts) -> Result<Self> {
        let face = fonts.pick(style, &mut Rng::new(derive(seed, 2)))?;
        Ok(Self::with_face(seed, face, fonts))
    }

    /// A writer whose letters come from this face (`fonts` may lend a hand single letters).
    pub fn with_face(seed: u64, face: Arc<Face>, fonts: &Fonts) -> Self {
        let mut rng = Rng::new(derive(seed, 3));
        let (family, style, held_out) = (face.family.clone(), face.style, face.held_out);
        let (ink, colour, tool) = match style {
            Style::Typewriter => {
                let colour = typewriter_colour(&mut rng);
                (Ink::Typed, colour, Tool::Typewriter(Typewriter::new(face, &mut rng)))
            }
            Style::Print => (Ink::Printed, [28, 27, 30], Tool::Press(Press::new(face, &mut rng))),
            Style::School | Style::Cursive | Style::Printhand => {
                let colour = pen_colour(&mut rng);
                (Ink::Handwritten, colour, Tool::Hand(Box::new(Hand::new(face, fonts, &mut rng))))
            }
        };
        Self { id: seed, ink, font: family, held_out, style, colour, tool }
    }

    /// Whether every character of `text` can be written.
    pub fn covers(&self, text: &str) -> bool {
        match &self.tool {
            Tool::Hand(hand) => hand.face.covers(text),
            Tool::Typewriter(machine) => machine.covers(text),
            Tool::Press(press) => press.face.covers(text),
        }
    }

    /// About how far the pen would move, in pixels (hands vary by some per cent).
    ///
    /// `size` is the nominal height of capitals in pixels.
    pub fn measure(&self, text: &str, size: f32) -> f32 {
        match &self.tool {
            Tool::Hand(hand) => hand.measure(text, size),
            Tool::Typewriter(machine) => machine.measure(text, size),
            Tool::Press(press) => press.measure(text, size),
        }
    }

    /// Writes one line; characters the writer cannot write are left out (see [`Self::covers`]).
    ///
    /// `size` is the nominal height of capitals in pixels, `rng` the chance of this one line.
    pub fn write(&self, text: &str, size: f32, rng: &mut Rng) -> WrittenLine {
        self.write_struck("", text, size, rng)
    }

    /// As [`Self::write_struck`], bent as the page is, and scaled to a height.
    pub(crate) fn write_within(
        &self,
        struck: &str,
        text: &str,
        size: f32,
        fit: &Fit,
        bend: &Bend,
        rng: &mut Rng,
    ) -> Sized {
        let (mut drawn, mut advance) = self.drawn(struck, text, size, rng);
        bend.apply(&mut drawn, advance, size);
        let bounds =
            drawn.iter().flat_map(|d| d.shapes.iter().filter_map(Shape::bounds)).reduce(PixelBox::union);
        let height = bounds.map_or(size, |b| b.h).max(size * 0.55);
        let factor =
            (fit.extent.unwrap_or(height) / height).min(fit.most / height).min(fit.most * 0.75 / size);
        for shape in drawn.iter_mut().flat_map(|d| &mut d.shapes) {
            shape.scale(factor);
        }
        advance *= factor;
        Sized { line: lay_out(text, drawn, advance), size: size * factor }
    }

    fn drawn(&self, struck: &str, text: &str, size: f32, rng: &mut Rng) -> (Vec<Drawn>, f32) {
        match &self.tool {
            Tool::Hand(hand) => hand.draw(struck, text, size, rng),
            Tool::Typewriter(machine) => machine.draw(struck, text, size, rng),
            Tool::Press(press) => press.draw(struck, text, size, rng),
        }
    }

    /// Writes `struck`, strikes it out, and writes `text` after it. The result's text, glyphs and
    /// ink box are those of `text` alone.
    pub fn write_struck(&self, struck: &str, text: &str, size: f32, rng: &mut Rng) -> WrittenLine {
        let (drawn, advance) = self.drawn(struck, text, size, rng);
        lay_out(text, drawn, advance)
    }
}

/// A line and the size it came out at.
pub(crate) struct Sized {
    pub(crate) line: WrittenLine,
    pub(crate) size: f32,
}

/// How the page under a line is bent.
#[derive(Debug, Copy, Clone, Default)]
pub(crate) struct Bend {
    /// Rise per pixel.
    pub(crate) slope: f32,
    /// Sag of the middle, share of the line's length.
    pub(crate) curl: f32,
    /// Most that the line may drift, in sizes.
    pub(crate) most: f32,
    /// Fine unevenness, by a shaking hand, cockled paper or a rolling scan, in sizes.
    pub(crate) tremor: f32,
    /// Chance of the tremor.
    pub(crate) seed: u64,
    /// A fold across the line: where, as a share of its length, and how much steeper the line runs beyond it.
    pub(crate) fold: Option<(f32, f32)>,
}

impl Bend {
    fn apply(&self, drawn: &mut [Drawn], advance: f32, size: f32) {
        if self.tremor > 0.0 {
            let amount = self.tremor * size;
            let step = size * 0.3;
            for shape in drawn.iter_mut().flat_map(|d| &mut d.shapes) {
                shape.map(|(x, y)| {
                    let (u, v) = (x / step, y / step);
                    (x + amount * noise2(self.seed, u, v), y + amount * noise2(self.seed ^ 1, u, v))
                });
            }
        }
        let most = self.most * size;
        if let Some((at, slope)) = self.fold {
            let crease = at * advance;
            for shape in drawn.iter_mut().flat_map(|d| &mut d.shapes) {
                shape.map(|(x, y)| (x, y + (slope * (x - crease).max(0.0)).clamp(-most, most)));
            }
        }
        if self.slope == 0.0 && self.curl == 0.0 {
            return;
        }
        let length = advance.max(1.0);
        let slope = self.slope.clamp(-most / length, most / length);
        let curl = (self.curl * length).clamp(-most, most);
        for shape in drawn.iter_mut().flat_map(|d| &mut d.shapes) {
            shape.map(|(x, y)| {
                let t = x / length;
                (x, y + slope * x + 4.0 * curl * t * (1.0 - t))
            });
        }
    }
}

fn pen_colour(rng: &mut Rng) -> [u8; 3] {
    let inks =
        [[32, 40, 92], [24, 26, 40], [44, 60, 130], [60, 44, 40], [70, 50, 110], [30, 30, 34], [120, 40, 44]];
    let ink = inks[rng.weighted(&[5.0, 4.0, 4.0, 3.0, 2.0, 3.0, 0.2])];
    ink.map(|channel: u8| channel.saturating_add_signed(rng.between(-12, 12) as i8))
}

fn typewriter_colour(rng: &mut Rng) -> [u8; 3] {
    [[34, 32, 38], [50, 48, 66], [46, 40, 96], [70, 66, 70]][rng.weighted(&[6.0, 2.0, 1.0, 1.0])]
}

/// Draws the shapes into a mask just large enough.
fn lay_out(text: &str, drawn: Vec<Drawn>, advance: f32) -> WrittenLine {
    let bounds = drawn.iter().flat_map(|d| d.shapes.iter().filter_map(Shape::bounds)).reduce(PixelBox::union);
    let bounds = bounds.unwrap_or_default();
    let origin_x = (2.0 - bounds.x).ceil().max(2.0);
    let baseline = (2.0 - bounds.y).ceil().max(2.0);
    let width = ((bounds.x + bounds.w).max(advance) + origin_x).ceil().max(1.0) as usize + 2;
    let height = (bounds.y + bounds.h + baseline).ceil().max(1.0) as usize + 2;
    let mut canvas = Canvas::new(width, height);
    let mut glyphs = Vec::new();
    for item in &drawn {
        let mut glyph_box: Option<PixelBox> = None;
        for shape in &item.shapes {
            canvas.draw(shape, origin_x, baseline, item.ink);
            if let Some(b) = shape.bounds() {
                let b = PixelBox { x: b.x + origin_x, y: b.y + baseline, ..b };
                glyph_box = Some(glyph_box.map_or(b, |g| g.union(b)));
            }
        }
        if let (Some(character), Some(bbox)) = (item.character, glyph_box) {
            glyphs.push(GlyphBox { character, bbox });
        }
    }
    let ink = glyphs.iter().map(|g| g.bbox).reduce(PixelBox::union);
    WrittenLine { text: text.to_owned(), mask: canvas.into_mask(), origin_x, baseline, advance, ink, glyphs }
}

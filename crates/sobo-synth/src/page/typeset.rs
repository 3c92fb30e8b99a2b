//! Setting words into the room they have.

use crate::canvas::{Canvas, PenPoint, Shape};
use crate::content::{Written, strip_marks};
use crate::ink::{GrayMask, PixelBox};
use crate::random::Rng;
use crate::writer::Writer;

use super::sheet::{Fade, FieldMark, LineMark, Sheet};

/// A line of room for writing.
#[derive(Debug, Copy, Clone)]
pub struct Room {
    /// Left end.
    pub x0: f32,
    /// Right end.
    pub x1: f32,
    /// Baseline.
    pub y: f32,
}

/// A writer at work on a page.
#[derive(Debug, Clone, Copy)]
pub struct Pen<'a> {
    /// The writer.
    pub writer: &'a Writer,
    /// Height of capitals, px.
    pub size: f32,
    /// How the ink faded.
    pub fade: Fade,
    /// Share of values with a struck-out word before them.
    pub slips: f32,
}

/// `text` with letters the writer has not replaced by ones it has.
pub fn drawable(writer: &Writer, text: &str) -> String {
    if writer.covers(text) {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        let mut one = c.to_string();
        if !writer.covers(&one) {
            one = strip_marks(&one);
        }
        if writer.covers(&one) {
            out.push_str(&one);
        }
    }
    out.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Breaks words over rooms; `None` if they do not fit.
fn wrap<'t>(writer: &Writer, words: &[&'t str], widths: &[f32], size: f32) -> Option<Vec<Vec<&'t str>>> {
    let mut lines: Vec<Vec<&str>> = Vec::new();
    let mut at = 0;
    for width in widths {
        let mut line: Vec<&str> = Vec::new();
        while at < words.len() {
            let mut attempt = line.clone();
            attempt.push(words[at]);
            if writer.measure(&attempt.join(" "), size) > *width && !(line.is_empty() && widths.len() == 1) {
                break;
            }
            line = attempt;
            at += 1;
        }
        lines.push(line);
    }
    let fits = widths.len() > 1
        || lines.first().is_some_and(|line| writer.measure(&line.join(" "), size) <= widths[0]);
    (at == words.len() && fits).then_some(lines)
}

impl Pen<'_> {
    /// Writes a value into rooms, smaller if it does not fit, over the edge if it still does not.
    ///
    /// Returns `None` for a text of which nothing can be written.
    pub fn write(
        &self,
        sheet: &mut Sheet,
        rng: &mut Rng,
        entry: usize,
        name: &str,
        written: &Written,
        rooms: &[Room],
    ) -> Option<PixelBox> {
        let text = drawable(self.writer, &written.text);
        if text.is_empty() || rooms.is_empty() {
            return None;
        }
        let struck = self.slip(rng, &text);
        let words: Vec<&str> = text.split(' ').collect();
        let mut size = self.size;
        let extra = struck.as_ref().map_or(0.0, |s| self.writer.measure(&format!("{s}  "), size));
        let widths: Vec<f32> = rooms
            .iter()
            .enumerate()
            .map(|(i, room)| room.x1 - room.x0 - if i == 0 { extra } else { 0.0 })
            .collect();
        let mut lines = wrap(self.writer, &words, &widths, size);
        for _ in 0..7 {
            if lines.is_some() {
                break;
            }
            size *= 0.94;
            lines = wrap(self.writer, &words, &widths, size);
        }
        let lines = lines.unwrap_or_else(|| self.overflow(&words, &widths, size));
        let mut mark = FieldMark {
            entry,
            name: name.to_owned(),
            written: Written { text: text.clone(), value: written.value.clone() },
            struck: struck.clone(),
            kind: self.writer.ink,
            font: self.writer.font.clone(),
            writer: self.writer.id,
            lines: Vec::new(),
        };
        let first = lines.iter().position(|line| !line.is_empty());
        for (index, (line, room)) in lines.iter().zip(rooms).enumerate() {
            if line.is_empty() {
                continue;
            }
            let forgot =
                struck.is_none() && line.len() > 2 && self.slips > 0.0 && rng.chance(self.slips * 0.25);
            if forgot && self.writer.ink == sobo_core::Ink::Handwritten {
                mark.lines.push(self.inserted(sheet, rng, line, size, *room));
                continue;
            }
            let line = line.join(" ");
            let written = match &struck {
                Some(struck) if Some(index) == first => self.writer.write_struck(struck, &line, size, rng),
                _ => self.writer.write(&line, size, rng),
            };
            let placed = sheet.put(written, room.x0, room.y, self.writer.colour, self.fade);
            if placed.bbox.w > 0.0 {
                mark.lines.push(placed);
            }
        }
        let bbox = mark.lines.iter().map(|line| line.bbox).reduce(PixelBox::union)?;
        sheet.fields.push(mark);
        Some(bbox)
    }

    /// A line from which a word was forgotten and put in above it, with a caret.
    fn inserted(&self, sheet: &mut Sheet, rng: &mut Rng, words: &[&str], size: f32, room: Room) -> LineMark {
        let at = 1 + rng.below(words.len() - 1);
        let before = words[..at].join(" ");
        let rest: Vec<&str> = words.iter().enumerate().filter(|(i, _)| *i != at).map(|(_, w)| *w).collect();
        let base = self.writer.write(&rest.join(" "), size, rng);
        let mut mark = sheet.put(base, room.x0, room.y, self.writer.colour, self.fade);
        let gap = room.x0 + self.writer.measure(&before, size) + size * 0.15;
        let small = size * rng.range(0.66, 0.82);
        let word = self.writer.write(words[at], small, rng);
        let (x, y) = (gap - word.advance * 0.4, room.y - size * rng.range(1.15, 1.35));
        let above = sheet.put(word, x, y, self.writer.colour, self.fade);
        let mut caret = Canvas::new((size * 0.7) as usize + 6, (size * 0.8) as usize + 6);
        let pen = |x: f32, y: f32| PenPoint {
            x: 3.0 + x * size * 0.6,
            y: 3.0 + y * size * 0.7,
            radius: 1.8,
            flow: 0.9,
        };
        caret.draw(&Shape::Stroke(vec![pen(0.0, 1.0), pen(0.5, 0.0), pen(1.0, 1.0)]), 0.0, 0.0, 1.0);
        let place = ((gap - size * 0.35) as isize, (room.y - size * 0.55) as isize);
        sheet.lay(&caret.into_mask(), place.0, place.1, self.writer.colour, self.fade);
        // One mask for both, for the share of ink lost.
        let (x0, y0) = (mark.x.min(above.x), mark.y.min(above.y));
        let right = (mark.x + mark.mask.width as isize).max(above.x + above.mask.width as isize);
        let bottom = (mark.y + mark.mask.height as isize).max(above.y + above.mask.height as isize);
        let mut mask = GrayMask::new((right - x0) as usize, (bottom - y0) as usize);
        mask.blit(&mark.mask, mark.x - x0, mark.y - y0);
        mask.blit(&above.mask, above.x - x0, above.y - y0);
        mark.bbox = mark.bbox.union(above.bbox);
        LineMark { text: words.join(" "), x: x0, y: y0, mask, ..mark }
    }

    /// Greedy lines, the rest on the last one.
    fn overflow<'t>(&self, words: &[&'t str], widths: &[f32], size: f32) -> Vec<Vec<&'t str>> {
        let mut lines: Vec<Vec<&str>> = vec![Vec::new()];
        for word in words {
            let at = lines.len() - 1;
            let mut attempt = lines[at].clone();
            attempt.push(word);
            if self.writer.measure(&attempt.join(" "), size) > widths[at]
                && at + 1 < widths.len()
                && !lines[at].is_empty()
            {
                lines.push(vec![word]);
            } else {
                lines[at].push(word);
            }
        }
        lines
    }

    /// A word begun wrongly and struck out.
    fn slip(&self, rng: &mut Rng, text: &str) -> Option<String> {
        if !rng.chance(self.slips) || text.chars().count() < 2 {
            return None;
        }
        let first = text.split(' ').next().unwrap_or(text);
        let wrong = match rng.below(4) {
            0 => first.to_owned(),
            1 => first.chars().take(2).collect(),
            2 => text.split(' ').next_back().unwrap_or(text).to_owned(),
            _ => ["Nguyễn", "Văn", "An", "Tỷ", "Việt", "21", "Hậu", "số", "Trần"][rng.below(9)].to_owned(),
        };
        (self.writer.covers(&wrong) && !wrong.is_empty()).then_some(wrong)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use sobo_core::Ink;

    #[test]
    fn a_forgotten_word_stands_above_its_line_and_in_the_text() {
        let fonts = crate::book::test_fonts();
        let writer = Writer::new(4, Ink::Handwritten, &fonts).unwrap();
        let pen = Pen { writer: &writer, size: 40.0, fade: Fade::NONE, slips: 0.0 };
        let room = Room { x0: 100.0, x1: 1500.0, y: 300.0 };
        let mut sheet = Sheet::new(1600, 400);
        let words = ["Trần", "Thị", "Bạch", "Tuyết"];
        let with = pen.inserted(&mut sheet, &mut Rng::new(1), &words, 40.0, room);
        let without =
            sheet.put(writer.write("Trần Thị", 40.0, &mut Rng::new(1)), 100.0, 300.0, [0; 3], Fade::NONE);
        assert_eq!(with.text, "Trần Thị Bạch Tuyết");
        assert!(with.bbox.y < without.bbox.y - 12.0, "{:?} {:?}", with.bbox, without.bbox);
    }
}

//! Typesetting a page from a printing and its entries, flat and undamaged, with exact boxes.

// Drawing takes the sheet, the tools, the place and the chance: bundling them would only hide them.
#![allow(clippy::too_many_arguments)]

mod act;
mod furniture;
mod ledger;
mod sheet;
mod typeset;

use crate::content::{Act, Office, Written};
use crate::forms::{Layout, Printing};
use crate::random::Rng;
use crate::writer::Writer;

pub use sheet::{Fade, FieldMark, LineMark, Sheet, StampMark};
pub use typeset::{Pen, Room, drawable};

/// An entry ready to be written.
#[derive(Debug, Clone)]
pub struct EntryContent {
    /// Registration number.
    pub number: Written,
    /// Its act.
    pub act: Act,
    /// Which clerk writes it.
    pub clerk: usize,
    /// Who signs.
    pub officer: String,
    /// What the signer is.
    pub officer_title: String,
}

/// Everything on one page.
#[derive(Debug)]
pub struct PageContent<'a> {
    /// The printing of the book.
    pub printing: &'a Printing,
    /// The office.
    pub office: &'a Office,
    /// Year of the register.
    pub year: i32,
    /// Year in words, for titles.
    pub year_words: String,
    /// Book number as written (`01/2006`).
    pub book_number: String,
    /// Page number.
    pub page_number: usize,
    /// Entries, fewer than the form holds at the end of a book.
    pub entries: Vec<EntryContent>,
    /// Words of the closing statement, written below the last entry.
    pub closing: Option<String>,
}

/// The hands at work on a page.
#[derive(Debug)]
pub struct Tools<'a> {
    /// Face of labels.
    pub label: &'a Writer,
    /// Face of titles.
    pub title: &'a Writer,
    /// The book's clerks.
    pub clerks: &'a [Writer],
    /// The hand of later notes.
    pub later: &'a Writer,
    /// Height of capitals of the clerks relative to the line pitch.
    pub scale: f32,
    /// How writing faded.
    pub fade: Fade,
    /// How print faded.
    pub print_fade: Fade,
    /// Share of values with a struck-out word.
    pub slips: f32,
}

impl PageContent<'_> {
    /// What is written under a field name.
    fn written(&self, entry: &EntryContent, field: &str) -> Option<Written> {
        match field {
            "entry_number" => Some(entry.number.clone()),
            "book_number" => Some(Written::plain(self.book_number.clone())),
            "page_number" => {
                Some(Written::valued(self.page_number.to_string(), self.page_number.to_string()))
            }
            "officer_name" => Some(Written::plain(entry.officer.clone())),
            "officer_title" => Some(Written::plain(entry.officer_title.clone())),
            // "As above" says nothing where the mother comes first.
            "mother_residence" if self.mother_first() => entry.act.get("residence").cloned(),
            field => entry.act.get(field).cloned(),
        }
    }

    fn mother_first(&self) -> bool {
        let place = |field: &str| self.printing.items.iter().position(|item| item.field == field);
        place("mother_residence") < place("father_residence") || place("father_residence").is_none()
    }

    fn subtitle(&self) -> String {
        self.printing
            .subtitle
            .replace("{year_words}", &self.year_words)
            .replace("{year}", &self.year.to_string())
            .replace("{book}", &self.book_number)
    }
}

/// Draws the flat page.
pub fn typeset(content: &PageContent<'_>, tools: &Tools<'_>, rng: &Rng) -> Sheet {
    let (width, height) = content.printing.size;
    let mut sheet = Sheet::new(width, height);
    match content.printing.form.layout {
        Layout::Ledger => ledger::draw(&mut sheet, content, tools, rng),
        Layout::Act | Layout::Blocks => act::draw(&mut sheet, content, tools, rng),
    }
    sheet
}

impl Tools<'_> {
    fn pen(&self, clerk: usize, size: f32) -> Pen<'_> {
        let writer = &self.clerks[clerk.min(self.clerks.len().saturating_sub(1))];
        let slips = if writer.ink == sobo_core::Ink::Handwritten { self.slips } else { self.slips * 0.3 };
        // A typewriter has one size.
        let size = if writer.ink == sobo_core::Ink::Typed { 31.0 } else { size };
        Pen { writer, size, fade: self.fade, slips }
    }

    fn later_pen(&self, size: f32) -> Pen<'_> {
        Pen { writer: self.later, size, fade: self.fade, slips: self.slips }
    }

    /// Prints centred words.
    fn print_centred(
        &self,
        sheet: &mut Sheet,
        writer: &Writer,
        text: &str,
        size: f32,
        at: (f32, f32),
        colour: [u8; 3],
        rng: &mut Rng,
    ) {
        if text.is_empty() {
            return;
        }
        let line = writer.write(&drawable(writer, text), size, rng);
        let x = at.0 - line.advance / 2.0;
        sheet.print(line, x, at.1, colour, self.print_fade);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    #[test]
    fn every_box_holds_ink() {
        let fonts = crate::book::test_fonts();
        for (seed, family) in [(1, "A"), (2, "B"), (3, "C"), (4, "D"), (5, "A")] {
            let volume =
                crate::book::Volume::draw(seed, &crate::book::Wanted::family(family), &fonts).unwrap();
            let (sheet, _) = volume.flat_page(0).unwrap();
            assert!(sheet.fields.len() > 5, "{family}: {}", sheet.fields.len());
            let lines = sheet.fields.iter().flat_map(|field| &field.lines).chain(&sheet.printed);
            for line in lines {
                let b = line.bbox;
                let mut dark = 0u32;
                for y in b.y.max(0.0) as usize..((b.y + b.h) as usize).min(sheet.height) {
                    for x in b.x.max(0.0) as usize..((b.x + b.w) as usize).min(sheet.width) {
                        dark += u32::from(sheet.ink[(y * sheet.width + x) * 3] < 200);
                    }
                }
                assert!(dark > 3, "{family}: no ink under {:?} {b:?}", line.text);
            }
        }
    }
}

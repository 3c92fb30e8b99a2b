//! Books: volumes whose entries follow each other, and their pages as images with truth.

use anyhow::{Context, Result, ensure};
use indexmap::IndexMap;
use sobo_core::{Ink, RegisterType, Statement, VolumeDescriptor};

use crate::content::{
    ActContext, Date, Era, Habits, Office, Tables, WordStyle, Written, draw_act, draw_person_name,
    number_in_words, office,
};
use crate::decay::{Capture, Level, Shot, decay};
use crate::fonts::{Fonts, Style};
use crate::forms::{FormSpec, Layout, Printing, forms};
use crate::page::{EntryContent, PageContent, Sheet, Tools, typeset};
use crate::random::{Rng, derive};
use crate::truth::{TruthEntry, TruthField, TruthLine, TruthPage, TruthPrint, TruthStamp};
use crate::writer::Writer;

/// What kind of book is wanted; everything else is drawn.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    /// Family letter.
    pub family: Option<String>,
    /// What is recorded.
    pub register_type: Option<RegisterType>,
    /// Stem of the form.
    pub form: Option<String>,
    /// Year.
    pub year: Option<i32>,
    /// How its writing came onto the paper.
    pub ink: Option<Ink>,
}

impl Wanted {
    /// Any book of a family.
    pub fn family(family: &str) -> Self {
        Self { family: Some(family.to_owned()), ..Self::default() }
    }
}

/// A book.
#[derive(Debug)]
pub struct Volume {
    /// Its seed.
    pub seed: u64,
    /// Its printing.
    pub printing: Printing,
    /// Its office.
    pub office: Office,
    /// Its year.
    pub year: i32,
    /// Book number as written.
    pub book_number: String,
    /// Pages that hold entries.
    pub pages: usize,
    era: Era,
    clerks: Vec<Writer>,
    habits: Vec<Habits>,
    label: Writer,
    title: Writer,
    later: Writer,
    officer: (String, String),
    scale: f32,
    first: usize,
    book: usize,
    per_year: usize,
    entries: usize,
    number_style: usize,
    year_words: String,
}

/// A page as an image with its truth.
#[derive(Debug)]
pub struct Page {
    /// The picture.
    pub shot: Shot,
    /// Its truth; `page` is still empty.
    pub truth: TruthPage,
}

impl Volume {
    /// Draws a book.
    ///
    /// # Errors
    /// No form fits, or the share of fonts lacks a style.
    pub fn draw(seed: u64, wanted: &Wanted, fonts: &Fonts) -> Result<Self> {
        let tables = Tables::get()?;
        let mut rng = Rng::new(derive(seed, 71));
        let fits = |form: &&FormSpec| {
            wanted.family.as_ref().is_none_or(|f| *f == form.family)
                && wanted.register_type.is_none_or(|t| t == form.register_type)
                && wanted.form.as_ref().is_none_or(|id| *id == form.id)
                && wanted.year.is_none_or(|y| (form.years[0]..=form.years[1]).contains(&y))
        };
        let candidates: Vec<&'static FormSpec> = forms()?.iter().filter(fits).collect();
        let weight = |form: &&FormSpec| match form {
            form if form.id.ends_with("-fr") => 0.28,
            form if form.half_sheet => 0.22,
            _ => 1.0,
        };
        let weights: Vec<f32> = candidates.iter().map(weight).collect();
        let form =
            *candidates.get(rng.weighted(&weights)).with_context(|| format!("no form fits {wanted:?}"))?;
        let year = wanted.year.unwrap_or_else(|| rng.between(form.years[0], form.years[1]));
        let era = form.era();
        let mut printing = Printing::draw(&mut rng.fork(1), form);
        let office = office(&mut rng.fork(2), tables, era, year);
        let mut label = Writer::of_style(derive(printing.face_seed, 1), Style::Print, fonts)?;
        let mut title = Writer::of_style(
            derive(printing.face_seed, if printing.own_title_face { 2 } else { 1 }),
            Style::Print,
            fonts,
        )?;
        label.colour = printing.colour;
        title.colour = printing.colour;
        // A face that lacks letters of the form is replaced by one that has them.
        for attempt in 3..12 {
            let words = printing
                .items
                .iter()
                .map(|item| item.label.as_str())
                .chain(office.header.iter().map(String::as_str));
            if words.chain([printing.title.as_str()]).all(|w| label.covers(&w.replace('|', " "))) {
                break;
            }
            label = Writer::of_style(derive(printing.face_seed, attempt), Style::Print, fonts)?;
        }
        let clerks = clerks(&mut rng, &printing, wanted, year, fonts)?;
        let habits = (0..clerks.len()).map(|i| Habits::draw(&mut rng.fork(200 + i as u64), era)).collect();
        let later = Writer::new(derive(seed, 900), Ink::Handwritten, fonts)?;
        let officer_sex = rng.chance(0.6);
        let officer = draw_person_name(&mut rng.fork(5), tables, officer_sex, era);
        let officer_title = match era {
            Era::Digital | Era::Blocks => ["Chủ tịch", "Phó Chủ tịch", "Phó chủ tịch", "Công chức TP-HT"]
                [rng.weighted(&[2.0, 5.0, 1.0, 0.5])],
            Era::Ledger => ["Ủy viên thư ký", "Phó chủ tịch", "Chủ tịch", "Cán bộ hộ tịch"]
                [rng.weighted(&[4.0, 3.0, 1.0, 1.0])],
            Era::French | Era::Republic => "Hộ-lại",
        };
        let rate = match printing.form.family.as_str() {
            "A" => rng.between(260, 4600),
            "B" => rng.between(150, 1600),
            _ => rng.between(90, 900),
        } as usize;
        let pages = rng.between(12, 60) as usize;
        let entries = pages * printing.entries - rng.below(printing.entries);
        let first =
            if rng.chance(0.35) || rate <= entries { 0 } else { rng.below(rate - entries.min(rate - 1)) };
        let book = first / entries.max(1) + 1;
        let book_number = match rng.below(5) {
            0 => format!("{book:02}/{year}"),
            1 => format!("{book:02}/{year}"),
            2 => format!("{book:02}"),
            3 => format!("{book}/{year}"),
            _ => format!("{book:02}-{year}"),
        };
        let words =
            WordStyle { leading_day: false, capital: false, ..WordStyle::draw(&mut rng.fork(6), era) };
        let year_words = number_in_words(year as u32, words);
        if printing.subtitle.is_empty() && printing.form.layout == Layout::Ledger {
            printing.subtitle = "NĂM {year}".to_owned();
        }
        Ok(Self {
            seed,
            scale: rng.range(0.36, 0.5),
            officer: (officer, officer_title.to_owned()),
            printing,
            office,
            year,
            book_number,
            pages,
            era,
            clerks,
            habits,
            label,
            title,
            later,
            first,
            book,
            per_year: rate.max(entries + first),
            entries,
            number_style: rng.weighted(&[8.0, 1.6, 0.8, 0.5, 0.5]),
            year_words,
        })
    }

    /// Ends the book after this many pages.
    pub fn shorten(&mut self, pages: usize) {
        self.pages = pages.min(self.pages);
        self.entries = (self.pages * self.printing.entries).min(self.entries);
    }

    /// Number of entries in the book.
    pub fn entries(&self) -> usize {
        self.entries
    }

    /// The running number of each entry of the book, with its rare gaps and repeats.
    fn numbers(&self) -> Vec<i64> {
        let rng = Rng::new(derive(self.seed, 72));
        let mut number = self.first as i64;
        (0..self.entries)
            .map(|index| {
                let mut own = rng.fork(index as u64);
                number += match own.weighted(&[0.985, 0.009, 0.006]) {
                    1 => i64::from(own.between(2, 4)),
                    2 if index > 0 => 0,
                    _ => 1,
                };
                number
            })
            .collect()
    }

    fn registered(&self, index: usize) -> Date {
        let at = (self.first + index) as i64 * 356 / self.per_year.max(1) as i64;
        let date = Date::new_year(self.year).plus(2 + at);
        // Offices are closed on Sundays (1970-01-01 was a Thursday).
        if (date.days() + 4).rem_euclid(7) == 0 { date.plus(1) } else { date }
    }

    fn number(&self, number: i64) -> Written {
        let text = match (self.number_style, self.printing.form.layout) {
            (1, _) => format!("{number}/{:02}", self.year % 100),
            (2, _) => format!("{number}/{}", self.year),
            (3, _) => format!("{number:03}"),
            (4, Layout::Act) => format!("{number:04}"),
            _ if self.era == Era::Digital && self.seed.is_multiple_of(3) => format!("{number}/{}", self.year),
            _ => number.to_string(),
        };
        Written::valued(text, number.to_string())
    }

    /// Entries of one page.
    ///
    /// # Errors
    /// As [`Tables::get`].
    pub fn content(&self, page: usize) -> Result<Vec<EntryContent>> {
        let tables = Tables::get()?;
        let numbers = self.numbers();
        let rng = Rng::new(derive(self.seed, 73));
        let from = page * self.printing.entries;
        let to = (from + self.printing.entries).min(self.entries);
        // Clerks take turns in runs of entries.
        let run = 9 + (self.seed % 37) as usize;
        Ok((from..to)
            .map(|index| {
                let clerk = (index / run + index / (run * 3)) % self.clerks.len();
                let context = ActContext {
                    tables,
                    era: self.era,
                    register_type: self.printing.form.register_type,
                    office: &self.office,
                    registered: self.registered(index),
                    habits: &self.habits[clerk],
                };
                EntryContent {
                    number: self.number(numbers[index]),
                    act: draw_act(rng.fork(index as u64), context),
                    clerk,
                    officer: self.officer.0.clone(),
                    officer_title: self.officer.1.clone(),
                }
            })
            .collect())
    }

    fn page_content(&self, page: usize) -> Result<PageContent<'_>> {
        let entries = self.content(page)?;
        let closing = (page + 1 == self.pages && entries.len() < self.printing.entries).then(|| {
            let numbers = self.numbers();
            let last = numbers.last().copied().unwrap_or_default();
            if self.era == Era::French {
                format!("Clos le présent registre contenant {} actes, dernier numéro {last}", self.entries)
            } else {
                format!(
                    "Khóa sổ ngày {} gồm {} tờ, {} việc, số cuối {last}",
                    self.registered(self.entries - 1)
                        .plus(1)
                        .iso()
                        .split('-')
                        .rev()
                        .collect::<Vec<_>>()
                        .join("/"),
                    self.pages,
                    self.entries
                )
            }
        });
        Ok(PageContent {
            printing: &self.printing,
            office: &self.office,
            year: self.year,
            year_words: self.year_words.clone(),
            book_number: self.book_number.clone(),
            page_number: page + 1,
            entries,
            closing,
        })
    }

    /// A page flat and undamaged.
    ///
    /// # Errors
    /// As [`Tables::get`].
    pub fn flat_page(&self, page: usize) -> Result<(Sheet, Vec<EntryContent>)> {
        self.draw_flat(page, Level::Light)
    }

    fn draw_flat(&self, page: usize, level: Level) -> Result<(Sheet, Vec<EntryContent>)> {
        ensure!(page < self.pages, "page {page} of a book with {} pages", self.pages);
        let content = self.page_content(page)?;
        let rng = Rng::new(derive(derive(self.seed, 74), page as u64));
        let mut chance = rng.fork(1);
        let tools = Tools {
            label: &self.label,
            title: &self.title,
            clerks: &self.clerks,
            later: &self.later,
            scale: self.scale,
            fade: level.ink_fade(&mut chance),
            print_fade: level.print_fade(&mut chance),
            slips: 0.022,
        };
        let sheet = typeset(&content, &tools, &rng.fork(2));
        Ok((sheet, content.entries))
    }

    /// A page as an image.
    ///
    /// # Errors
    /// A page number beyond the end.
    pub fn page(&self, page: usize, level: Level, capture: Capture) -> Result<Page> {
        let (mut sheet, _) = self.draw_flat(page, level)?;
        let rng = Rng::new(derive(derive(self.seed, 75), page as u64));
        let mut chance = rng.fork(1);
        let reverse = if chance.chance(level.of(0.12, 0.35, 0.6)) && self.pages > 1 {
            let other = if page + 1 < self.pages { page + 1 } else { page - 1 };
            Some(self.draw_flat(other, level)?.0)
        } else {
            None
        };
        let shot = decay(&mut sheet, reverse.as_ref(), level, capture, self.printing.spread, &rng.fork(2));
        let truth = self.truth(&sheet, &shot, level, capture);
        Ok(Page { shot, truth })
    }

    fn truth(&self, sheet: &Sheet, shot: &Shot, level: Level, capture: Capture) -> TruthPage {
        let mut entries: Vec<TruthEntry> = sheet
            .entries
            .iter()
            .map(|area| TruthEntry { bbox: shot.place(*area).0, fields: IndexMap::new() })
            .collect();
        let ledger = self.printing.form.layout == Layout::Ledger;
        for field in &sheet.fields {
            let Some(entry) = entries.get_mut(field.entry) else { continue };
            let lines: Vec<TruthLine> = field
                .lines
                .iter()
                .map(|line| {
                    let (bbox, quad) = shot.place(line.bbox);
                    TruthLine { text: line.text.clone(), bbox, quad }
                })
                .collect();
            let Some(whole) = field.lines.iter().map(|line| line.bbox).reduce(crate::PixelBox::union) else {
                continue;
            };
            let (bbox, quad) = shot.place(whole);
            // Outside ledgers an ethnic group or nationality is as written; there it may stand for a ditto.
            let plain = field.name.ends_with("ethnicity")
                || field.name.ends_with("nationality")
                || field.name.ends_with("_age")
                || field.name.ends_with("birth_year");
            let value = if plain && !ledger { None } else { field.written.value.clone() };
            entry.fields.insert(
                field.name.clone(),
                TruthField {
                    text: field.written.text.clone(),
                    value,
                    bbox,
                    quad,
                    kind: field.kind,
                    struck: field.struck.clone(),
                    lost: shot.lost(&field.lines),
                    font: field.font.clone(),
                    writer: format!("{:016x}", field.writer),
                    lines,
                },
            );
        }
        let printed = sheet
            .printed
            .iter()
            .filter(|line| line.bbox.w > 0.0)
            .map(|line| {
                let (bbox, quad) = shot.place(line.bbox);
                TruthPrint {
                    text: line.text.clone(),
                    bbox,
                    quad,
                    lost: shot.lost(std::slice::from_ref(line)),
                }
            })
            .collect();
        let stamps = sheet
            .stamps
            .iter()
            .map(|stamp| {
                let (bbox, quad) = shot.place_corners(stamp.corners);
                TruthStamp { text: stamp.text.clone(), bbox, quad }
            })
            .collect();
        TruthPage {
            page: String::new(),
            size: [shot.image.width(), shot.image.height()],
            dpi: 300,
            family: self.printing.form.family.clone(),
            level: level.as_str().to_owned(),
            register_type: self.printing.form.register_type,
            office: self.office.name.clone(),
            year: self.year,
            entries,
            printed,
            stamps,
            form: self.printing.form.id.clone(),
            volume: self.name(),
            capture: capture.as_str().to_owned(),
            seed: self.seed,
        }
    }

    /// Name of the volume, such as `KS.2006.01`.
    pub fn name(&self) -> String {
        let kind = match self.printing.form.register_type {
            RegisterType::Marriage => "KH",
            RegisterType::Death => "KT",
            _ => "KS",
        };
        format!("{kind}.{}.{:02}", self.year, self.book)
    }

    /// The descriptor that comes with the scans.
    pub fn descriptor(&self) -> VolumeDescriptor {
        let numbers = self.numbers();
        let text = |number: Option<&i64>| number.map(|n| self.number(*n).text);
        let statement = |entries: bool| Statement {
            pages: Some(self.pages as u32),
            entries: entries.then_some(self.entries as u32),
            first_entry: text(numbers.first()),
            last_entry: if entries { text(numbers.last()) } else { None },
        };
        VolumeDescriptor {
            name: self.name(),
            office: self.office.name.clone(),
            custodian: None,
            register_type: self.printing.form.register_type,
            form: "auto".to_owned(),
            number: Some(self.book_number.clone()),
            year_from: self.year,
            year_to: None,
            opening: statement(false),
            closing: statement(true),
            shelf: Some(format!(
                "kho {} → kệ {} → hộp {}",
                1 + self.seed % 3,
                1 + self.seed / 3 % 18,
                1 + self.seed / 54 % 40
            )),
            pages: Vec::new(),
        }
    }
}

/// The book's hands: one to three pens, a typewriter or a printer.
fn clerks(
    rng: &mut Rng,
    printing: &Printing,
    wanted: &Wanted,
    year: i32,
    fonts: &Fonts,
) -> Result<Vec<Writer>> {
    let typed = match printing.form.family.as_str() {
        "A" => 0.3,
        "B" => 0.06,
        "C" => 0.1,
        _ => 0.03,
    };
    let printed = match printing.form.family.as_str() {
        "D" => 0.45,
        "C" if year >= 2008 => 0.08,
        _ => 0.0,
    };
    let ink = wanted.ink.unwrap_or_else(|| {
        [Ink::Typed, Ink::Printed, Ink::Handwritten][rng.weighted(&[typed, printed, 1.0 - typed - printed])]
    });
    if ink != Ink::Handwritten {
        return Ok(vec![Writer::new(rng.next_u64(), ink, fonts)?]);
    }
    let count = 1 + rng.weighted(&[4.0, 3.0, 1.5]);
    (0..count).map(|_| Writer::new(rng.next_u64(), ink, fonts)).collect()
}

/// The few fonts shipped for tests.
#[cfg(test)]
pub(crate) fn test_fonts() -> Fonts {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fonts");
    let mut faces = Vec::new();
    for source in crate::fonts::sources().unwrap() {
        let Ok(folder) = std::fs::read_dir(root.join(source.folder())) else { continue };
        let mut files: Vec<std::path::PathBuf> = folder.map(|file| file.unwrap().path()).collect();
        files.retain(|file| file.extension().is_some_and(|e| e == "woff" || e == "otf"));
        // Vietnamese first, as the fonts are asked in use.
        files.sort_by(|a, b| b.cmp(a));
        let face = |style| crate::fonts::Face::from_files(&source.family, style, false, &files).unwrap();
        faces.push(face(source.style));
        // Stands in for the school hands, of which none is shipped.
        if source.style == Style::Printhand {
            faces.push(face(Style::School));
        }
    }
    Fonts::from_faces(faces)
}

#[cfg(test)]
mod tests;

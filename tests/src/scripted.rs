//! A scripted clerk: counts the keys and clicks that entry, check 1 and the blind check 2 of every entry of a folder take
//! on the screen as it works, beside typing the entries from nothing.
//!
//! The clerk trusts accepted fields and corrects every error where the cursor stops: Enter where a field is right, a digit
//! (with Alt where digits are written) where a candidate is, else the cheapest of retyping the field, replacing single words (double-click and type)
//! and replacing its tail (End, Ctrl+Backspace for each word). What the cursor does not stop at and the page has takes a
//! click more. Typing is counted in keystrokes of Telex on both sides. Which fields the cursor stops at is asked of
//! `sobo-verify`, not told again here.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};
use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use sobo_core::{Entry, Field, FieldKind, Form, Lacuna, Original, PageReading, Rect};
use sobo_verify::{Actor, Chain, Event, Role, Sheet, Stage, State, Statement, StepKind};
use unicode_normalization::UnicodeNormalization as _;

/// Entries are the same from this overlap on.
const SAME_ENTRY: f64 = 0.5;
/// More of a value's ink lost than this, and the right answer is a lacuna.
const LOST: f64 = 0.5;
/// Menu, line of the menu, the box: what an entry the machine missed takes before it is typed.
const ADD_ENTRY: usize = 3;
/// Menu, line of the menu, a reason of one word, Enter: what an entry that is none takes.
const REMOVE_ENTRY: usize = 8;

/// Truth of a page, as far as needed.
#[derive(Debug, Deserialize)]
struct Truth {
    page: String,
    family: String,
    entries: Vec<TruthEntry>,
}

#[derive(Debug, Deserialize)]
struct TruthEntry {
    bbox: Rect<Original>,
    fields: IndexMap<String, TruthField>,
}

#[derive(Debug, Deserialize)]
struct TruthField {
    text: String,
    #[serde(default)]
    lost: f64,
}

impl TruthField {
    /// What a person can read there.
    fn legible(&self) -> Option<&str> {
        (self.lost <= LOST && !self.text.is_empty()).then_some(self.text.as_str())
    }
}

/// Keys and clicks, summed over entries.
#[derive(Debug, Default, Clone, PartialEq, Serialize)]
pub struct Sums {
    /// Entries of the truth.
    pub entries: usize,
    /// Of them, not found by the machine.
    pub missed: usize,
    /// Entries the machine found where none is.
    pub invented: usize,
    /// Fields a person can read.
    pub fields: usize,
    /// Fields offered as right.
    pub accepted: usize,
    /// Of them, wrong: trusted, and left for the checks.
    pub trusted_wrong: usize,
    /// Fields for which the form that was read with has no place.
    pub no_place: usize,
    /// Keys and clicks of the entry step.
    pub entry: usize,
    /// Of check 1.
    pub check: usize,
    /// Of the blind check 2.
    pub blind: usize,
    /// Of typing everything from nothing.
    pub nothing: usize,
}

impl Sums {
    fn add(&mut self, other: &Self) {
        self.entries += other.entries;
        self.missed += other.missed;
        self.invented += other.invented;
        self.fields += other.fields;
        self.accepted += other.accepted;
        self.trusted_wrong += other.trusted_wrong;
        self.no_place += other.no_place;
        self.entry += other.entry;
        self.check += other.check;
        self.blind += other.blind;
        self.nothing += other.nothing;
    }

    /// Entry and check 1 as a share of typing from nothing.
    pub fn share(&self) -> f64 {
        (self.entry + self.check) as f64 / self.nothing.max(1) as f64
    }
}

/// What a run found: everything, and by form family.
#[derive(Debug, Default, Serialize)]
pub struct Report {
    /// All pages.
    pub all: Sums,
    /// By family.
    pub families: BTreeMap<String, Sums>,
}

/// Keystrokes of Telex for a text: one for each letter, one more for each mark of a vowel, for đ and for the tone.
pub fn telex(text: &str) -> usize {
    text.nfd().count() + text.chars().filter(|c| matches!(c, 'đ' | 'Đ')).count()
}

fn words(text: &str) -> Vec<&str> {
    text.split_whitespace().collect()
}

fn same(a: &str, b: &str) -> bool {
    words(&sobo_text::nfc(a)) == words(&sobo_text::nfc(b))
}

/// Keys and clicks that turn what is shown into what is written, without the Enter that confirms.
pub fn correct(shown: &str, written: &str) -> usize {
    let (from, to) = (words(shown), words(written));
    let all = telex(written);
    let singly = (from.len() == to.len()).then(|| {
        let differing = from.iter().zip(&to).filter(|(a, b)| a != b);
        differing.map(|(_, word)| 2 + telex(word)).sum::<usize>()
    });
    let head = from.iter().zip(&to).take_while(|(a, b)| a == b).count();
    let tail =
        1 + 2 * (from.len() - head) + telex(&to[head..].join(" ")) + usize::from(head > 0 && head < to.len());
    [Some(all), singly, (!from.is_empty()).then_some(tail)].into_iter().flatten().min().unwrap_or(all)
}

/// One matched entry worked through the screen.
fn matched(read: &Entry, form: Option<&Form>, truth: &TruthEntry) -> Result<Sums> {
    let mut sums = Sums { entries: 1, ..Sums::default() };
    let state = State::begin(Chain::full(), Sheet::of_entry(read, form), 0);
    let attention = state.attention();
    let mut statements: IndexMap<String, Statement> = IndexMap::new();
    for (name, start) in &state.sheet().fields {
        let written = truth.fields.get(name).and_then(TruthField::legible);
        let shown = start.reading.as_ref();
        let right = match (shown, written) {
            (Some(shown), Some(written)) => shown.lacuna.is_none() && same(&shown.text, written),
            (Some(shown), None) => shown.lacuna.is_some(),
            (None, written) => written.is_none(),
        };
        sums.accepted += usize::from(start.accepted);
        sums.trusted_wrong += usize::from(start.accepted && !right);
        let stops = attention.contains(name);
        if !stops && (start.accepted || right) {
            continue;
        }
        // A field the cursor does not stop at is clicked.
        sums.entry += usize::from(!stops);
        let statement =
            match written {
                Some(written) => Statement::of_text(written),
                None => Statement::of_lacuna(shown.and_then(|shown| shown.lacuna).unwrap_or(
                    if truth.fields.contains_key(name) { Lacuna::Illegible } else { Lacuna::Blank },
                )),
            };
        let field: Option<&Field> = read.fields.get(name);
        let offered = field.into_iter().flat_map(|field| &field.candidates);
        let mut offered: Vec<&str> = offered.map(|candidate| candidate.text.as_str()).collect();
        offered.retain(|text| !text.is_empty() && shown.is_none_or(|shown| shown.text != *text));
        sums.entry += match written {
            // Enter confirms; without anything shown there is nothing to confirm.
            _ if right && shown.is_some() => 1,
            None => 2,
            Some(written) if offered.iter().take(5).any(|text| same(text, written)) => {
                if bare_digit_chooses(form, name) { 1 } else { 2 }
            }
            Some(written) => correct(shown.map_or("", |shown| shown.text.as_str()), written) + 1,
        };
        statements.insert(name.clone(), statement);
    }
    for (name, field) in &truth.fields {
        if let Some(written) = field.legible() {
            sums.fields += 1;
            if !state.sheet().fields.contains_key(name) {
                sums.no_place += 1;
                sums.entry += 1 + telex(written) + 1;
            }
        }
    }
    sums.entry += 1;

    let clerk = Actor::new(1, &[Role::Clerk]);
    let state = state.apply(Event::Submit { step: StepKind::Entry, statements }, &clerk, "")?;
    // Everything the cursor stops at in check 1 was entered rightly: Enter confirms it, Enter ends it.
    let looked: IndexMap<String, Statement> = state
        .attention()
        .into_iter()
        .map(|name| {
            let value = state.values().get(&name).cloned();
            (name, value.unwrap_or_else(|| Statement::of_lacuna(Lacuna::Blank)))
        })
        .collect();
    sums.check += looked.len() + 1;
    let checker = Actor::new(2, &[Role::Checker]);
    let state = state.apply(Event::Submit { step: StepKind::Check, statements: looked }, &checker, "")?;
    ensure!(state.stage() == Stage::Awaiting(StepKind::Blind), "the chain reads blind after check 1");
    for name in state.attention() {
        sums.blind += match truth.fields.get(&name).and_then(TruthField::legible) {
            Some(written) => telex(written) + 1,
            None => 2,
        };
    }
    sums.blind += 1;
    Ok(sums)
}

/// Where digits are not written a bare digit chooses a candidate; elsewhere Alt and the digit (`sheet.js`).
fn bare_digit_chooses(form: Option<&Form>, field: &str) -> bool {
    use FieldKind::{Age, Date, DateWords, Identity, Number, Place, Text, Time, Year};
    let kind = form.and_then(|form| form.field(field)).map_or(Text, |field| field.kind);
    !matches!(kind, Date | DateWords | Time | Number | Identity | Year | Age | Place | Text)
}

fn typed(truth: &TruthEntry) -> usize {
    truth.fields.values().filter_map(TruthField::legible).map(|text| telex(text) + 1).sum::<usize>() + 1
}

fn page(reading: Option<&PageReading>, truth: &Truth, forms: &BTreeMap<String, Form>) -> Result<Sums> {
    let mut sums = Sums::default();
    let mut free: Vec<&Entry> = reading.iter().flat_map(|reading| &reading.entries).collect();
    for entry in &truth.entries {
        let best = free
            .iter()
            .enumerate()
            .map(|(at, read)| (read.bbox.iou(&entry.bbox), at))
            .max_by(|a, b| a.0.total_cmp(&b.0))
            .filter(|(overlap, _)| *overlap >= SAME_ENTRY);
        let mut one = match (best, reading) {
            (Some((_, at)), Some(reading)) => matched(free.remove(at), forms.get(&reading.form), entry)?,
            _ => {
                // Drawn, then typed; the second person looks at every field, the third types those that matter.
                let fields = entry.fields.values().filter(|field| field.legible().is_some()).count();
                let blind =
                    forms.get(&format!("{}-birth", truth.family)).into_iter().flat_map(|form| &form.fields);
                let blind =
                    blind.filter(|field| field.blind).filter_map(|field| entry.fields.get(&field.name));
                Sums {
                    entries: 1,
                    missed: 1,
                    fields,
                    entry: ADD_ENTRY + typed(entry),
                    check: fields + 1,
                    blind: blind.filter_map(TruthField::legible).map(|text| telex(text) + 1).sum::<usize>()
                        + 1,
                    ..Sums::default()
                }
            }
        };
        one.nothing = typed(entry);
        sums.add(&one);
    }
    sums.invented = free.len();
    sums.entry += free.len() * REMOVE_ENTRY;
    Ok(sums)
}

fn truth_files(folder: &Path, found: &mut Vec<PathBuf>) -> Result<()> {
    for file in std::fs::read_dir(folder).with_context(|| format!("{}", folder.display()))? {
        let path = file?.path();
        if path.is_dir() {
            truth_files(&path, found)?;
        } else if path.extension().is_some_and(|extension| extension == "json") {
            found.push(path);
        }
    }
    Ok(())
}

/// Forms of a folder of TOML files.
///
/// # Errors
/// A file cannot be read.
pub fn forms(folder: &Path) -> Result<BTreeMap<String, Form>> {
    let mut forms = BTreeMap::new();
    for file in std::fs::read_dir(folder).with_context(|| format!("{}", folder.display()))? {
        let path = file?.path();
        if path.extension().is_some_and(|extension| extension == "toml") {
            let form: Form = toml::from_str(&std::fs::read_to_string(&path)?)
                .with_context(|| format!("{}", path.display()))?;
            forms.insert(form.id.clone(), form);
        }
    }
    Ok(forms)
}

/// Works through every page of `folder` that has a truth file, with the readings of `readings`: what `sobo read --format
/// jsonl` printed of the same pages.
///
/// # Errors
/// A file cannot be read, or no page of the readings has a truth.
pub fn measure(folder: &Path, readings: &str, forms: &BTreeMap<String, Form>) -> Result<Report> {
    let mut by_page: HashMap<String, PageReading> = HashMap::new();
    for (number, line) in readings.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let reading: PageReading =
            serde_json::from_str(line).with_context(|| format!("line {} of the readings", number + 1))?;
        by_page.insert(key(&reading.page), reading);
    }
    let mut files = Vec::new();
    truth_files(folder, &mut files)?;
    files.sort();
    let mut report = Report::default();
    for path in files {
        let text = std::fs::read_to_string(&path)?;
        let truth: Truth = serde_json::from_str(&text).with_context(|| format!("{}", path.display()))?;
        // Pages of one name in several folders are told apart by their folder.
        let own = path.with_file_name(&truth.page).display().to_string();
        let reading = by_page.get(&key(&own)).or_else(|| by_page.get(&truth.page));
        if reading.is_none() && by_page.len() > 1 {
            continue;
        }
        let sums = page(reading, &truth, forms).with_context(|| format!("{}", path.display()))?;
        report.all.add(&sums);
        report.families.entry(truth.family).or_default().add(&sums);
    }
    ensure!(report.all.entries > 0, "{}: no page with truth is among the readings", folder.display());
    Ok(report)
}

/// The last folder and the name of a page.
fn key(page: &str) -> String {
    let parts: Vec<&str> = page.split('/').collect();
    parts[parts.len().saturating_sub(2)..].join("/")
}

/// The report as a table.
pub fn table(report: &Report) -> String {
    let mut text = format!(
        "{:<8} {:>7} {:>7} {:>8} {:>8} {:>8} {:>8} {:>9} {:>7} {:>8} {:>9} {:>9}\n",
        "",
        "entries",
        "missed",
        "invented",
        "entry",
        "check 1",
        "blind",
        "nothing",
        "share",
        "fields",
        "coverage",
        "trusted ✗"
    );
    let rows = report.families.iter().map(|(name, sums)| (name.as_str(), sums)).chain([("all", &report.all)]);
    for (name, sums) in rows {
        let per = |keys: usize| keys as f64 / sums.entries.max(1) as f64;
        text.push_str(&format!(
            "{name:<8} {:>7} {:>7} {:>8} {:>8.1} {:>8.1} {:>8.1} {:>9.1} {:>7.3} {:>8} {:>8.1}% {:>9}\n",
            sums.entries,
            sums.missed,
            sums.invented,
            per(sums.entry),
            per(sums.check),
            per(sums.blind),
            per(sums.nothing),
            sums.share(),
            sums.fields,
            100.0 * sums.accepted as f64 / sums.fields.max(1) as f64,
            sums.trusted_wrong,
        ));
    }
    text
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;

    #[test]
    fn telex_counts_marks_and_tones() {
        assert_eq!(telex("Nam"), 3);
        assert_eq!(telex("Nguyễn"), 8); // Nguyeexn
        assert_eq!(telex("Đường"), 9); // DDuwowngf
        assert_eq!(telex("12-8-1958"), 9);
    }

    #[test]
    fn a_correction_takes_the_cheapest_way() {
        // Double-click on the last word, "Bas".
        assert_eq!(correct("Trần Văn Ba", "Trần Văn Bá"), 2 + 3);
        assert_eq!(correct("", "Bá"), 3);
        // Nothing in common: typed whole.
        assert_eq!(correct("x y z", "Bá"), 3);
        // A word too many at the end: End, Ctrl+Backspace.
        assert_eq!(correct("Trần Văn Bá xã", "Trần Văn Bá"), 1 + 2);
    }

    fn field(text: &str, accepted: bool, candidates: &[&str]) -> Field {
        Field {
            text: text.to_owned(),
            accepted,
            candidates: candidates
                .iter()
                .map(|text| sobo_core::Candidate { text: (*text).to_owned(), probability: 0.1 })
                .collect(),
            ..Field::default()
        }
    }

    #[test]
    fn an_entry_costs_what_its_keys_are() {
        let read = Entry {
            bbox: Rect::new(0.0, 0.0, 10.0, 10.0),
            fields: IndexMap::from([
                ("child_name".to_owned(), field("Trần Văn Bá", true, &[])),
                ("father_name".to_owned(), field("Trần Văn Tu", false, &["Trần Văn Tú"])),
                ("mother_name".to_owned(), field("Lê Thị Hoa", false, &[])),
                ("birth_place".to_owned(), field("Sai Gon", false, &[])),
                ("notes".to_owned(), field("rác", true, &[])),
            ]),
        };
        let written = |text: &str| TruthField { text: text.to_owned(), lost: 0.0 };
        let truth = TruthEntry {
            bbox: read.bbox,
            fields: IndexMap::from([
                ("child_name".to_owned(), written("Trần Văn Bá")),
                ("father_name".to_owned(), written("Trần Văn Tú")),
                ("mother_name".to_owned(), written("Lê Thị Hoa")),
                ("birth_place".to_owned(), written("Sài Gòn")),
            ]),
        };
        let sums = matched(&read, None, &truth).unwrap();
        // Alt+1, Enter, two words replaced (shorter: typed whole, "Saif Gonf") and Enter, Enter for the entry.
        assert_eq!(sums.entry, 2 + 1 + (9 + 1) + 1);
        // Three fields not offered, and the end.
        assert_eq!(sums.check, 3 + 1);
        assert_eq!((sums.accepted, sums.trusted_wrong), (2, 1));
        assert_eq!(sums.blind, 1, "nothing is marked to be read blind without a form");
    }

    #[test]
    fn pages_without_a_reading_are_typed() {
        let truth = Truth {
            page: "1.jpg".to_owned(),
            family: "A".to_owned(),
            entries: vec![TruthEntry {
                bbox: Rect::new(0.0, 0.0, 10.0, 10.0),
                fields: IndexMap::from([(
                    "child_name".to_owned(),
                    TruthField { text: "Ba".to_owned(), lost: 0.0 },
                )]),
            }],
        };
        let sums = page(None, &truth, &BTreeMap::new()).unwrap();
        assert_eq!((sums.missed, sums.nothing, sums.entry, sums.check), (1, 4, 7, 2));
        assert!(sums.share() > 1.0);
    }
}

//! Which form a page is, and where its fields lie.

use sobo_core::{Rect, Restored};
use sobo_text::fold;

use crate::anchor::{Anchor, AnchorPlace};
use crate::forms::LoadedForm;
use crate::matching::{Folded, find_inside};
use crate::plan::PagePlan;
use crate::print::Print;
use crate::structure::Structure;
use crate::{faint, labelled, ledger};

/// Share of a form's labels that have to be found before a page is taken for it.
const LEAST_COVERAGE: f32 = 0.3;
/// `Quyển số`, folded: the label of the book's number, which has the year in it.
const BOOK: &str = "quyen";
/// What a form loses that was not in use in the latest year a page tells of.
const OUT_OF_USE: f32 = 8.0;
/// Least log-odds, in letters of print that agree.
const LEAST_SCORE: f32 = 12.0;

/// Chooses the form that explains best what was read and lays the page on it.
///
/// The result depends on its arguments alone. A page that no form explains gives a plan without
/// form and entries. `print`, where the book's is known, tells of labels and columns that cannot be read; one that was
/// learned with another state of its form is left aside.
pub fn align(
    structure: &Structure,
    forms: &[LoadedForm],
    anchors: &[Anchor],
    print: Option<&Print>,
) -> PagePlan {
    let printed = print.and_then(|print| {
        let index = forms.iter().position(|f| f.form.id == print.form && f.hash == print.form_hash)?;
        Some((index, print))
    });
    let titles: Vec<Title> = anchors
        .iter()
        .filter_map(|a| match a.request.place {
            // A heading may share its line with the number of the entry: then it begins the line.
            AnchorPlace::Slot { line, slot } => {
                let line = structure.lines.get(line)?;
                let alone = !line.ruled || line.slots.len() < 2;
                (alone || slot == 0).then(|| Title { reading: Folded::new(&a.reading), alone })
            }
            AnchorPlace::Header { .. } | AnchorPlace::Body { .. } => None,
        })
        .collect();
    let mut ranked: Vec<(f32, f32, usize)> = Vec::new();
    let mut labelled = labelled::Slots::new(structure, anchors);
    if let Some((index, print)) = printed.filter(|(_, print)| !print.labels.is_empty()) {
        labelled = labelled.with_print(&forms[index], print);
    }
    let latest = latest_year(anchors);
    let ledger = ledger::Columns::new(structure, anchors, printed.map(|(_, print)| print));
    for (index, form) in forms.iter().enumerate() {
        let title = title_score(form, &titles);
        let (score, coverage) =
            if form.form.layout == "ledger" { ledger.score(form) } else { labelled.score(form) };
        let age = latest.map_or(0.0, |year| out_of_use(form, year));
        ranked.push((score + title + age, coverage, index));
    }
    // A form whose labels are not there explains nothing, however well its fields might lie.
    let fits = |r: &(f32, f32, usize)| r.1 >= LEAST_COVERAGE && r.0 >= LEAST_SCORE;
    ranked.sort_by(|a, b| fits(b).cmp(&fits(a)).then(b.0.total_cmp(&a.0)).then(a.2.cmp(&b.2)));
    let mut plan = PagePlan::default();
    let Some((score, coverage, index)) = ranked.first().copied() else { return plan };
    plan.score = score;
    plan.coverage = coverage;
    plan.runner_up = ranked.get(1).map(|second| (second.2, second.0));
    plan.year = anchors.iter().find_map(|a| year_in(&a.reading.text));
    if coverage < LEAST_COVERAGE || score < LEAST_SCORE {
        return plan;
    }
    let Some(form) = forms.get(index) else { return plan };
    plan.form = Some(index);
    plan.register_type = Some(form.form.register_type);
    let is_ledger = form.form.layout == "ledger";
    plan.entries = if is_ledger { ledger.entries(form) } else { labelled.with_siblings(form).entries(form) };
    faint::leave_out(structure, &mut plan.entries, is_ledger);
    plan
}

/// What every stretch of ink on a page of labels, or every column of a ledger, was taken for on a
/// form, in reading order: for those who write forms.
pub fn explain(
    structure: &Structure,
    form: &LoadedForm,
    anchors: &[Anchor],
) -> Vec<(Rect<Restored>, String)> {
    if form.form.layout == "ledger" {
        ledger::Columns::new(structure, anchors, None).explain(form)
    } else {
        labelled::Slots::new(structure, anchors).explain(form)
    }
}

/// What may be a title of the page.
struct Title {
    reading: Folded,
    /// Nothing else stands on its line.
    alone: bool,
}

/// What the page's titles say for a form.
fn title_score(form: &LoadedForm, titles: &[Title]) -> f32 {
    let best = form.titles.iter().flat_map(|title| {
        titles.iter().map(move |Title { reading, alone }| {
            let found = find_inside(title, reading);
            // A title that is the whole line says more than one inside a sentence.
            let whole = found.last.saturating_sub(found.first) as f32 / reading.len().max(1) as f32;
            if found.likeness > 0.7 && (*alone || found.first <= 1) {
                found.score * (0.5 + 0.5 * whole.min(1.0))
            } else {
                0.0
            }
        })
    });
    best.fold(0.0, f32::max).min(10.0)
}

/// What a form loses that was not in use in the latest year a page tells of, in letters of print that agree: prints of
/// neighbouring eras share most labels. A year beside the form's own proves nothing, old stocks were used up.
fn out_of_use(form: &LoadedForm, year: i32) -> f32 {
    let before = form.form.year_from.is_some_and(|from| year < from - 1);
    let after = form.form.year_to.is_some_and(|to| year > to + 1);
    if before || after { -OUT_OF_USE } else { 0.0 }
}

/// The latest year that was read on a page, if another reading says the same to a year or it stands in the number of
/// the book: nothing is registered before it happens.
fn latest_year(anchors: &[Anchor]) -> Option<i32> {
    let of_book = |anchor: &&Anchor| fold(&anchor.reading.text).contains(BOOK);
    let book = anchors.iter().filter(of_book).flat_map(|anchor| years_in(&anchor.reading.text)).max();
    let mut years: Vec<i32> = anchors.iter().flat_map(|anchor| years_in(&anchor.reading.text)).collect();
    years.sort_unstable();
    let twice = years.windows(2).rev().find(|pair| pair[1] - pair[0] <= 1).map(|pair| pair[1]);
    book.max(twice)
}

/// A year between 1860 and 2099 in four digits.
fn year_in(text: &str) -> Option<i32> {
    years_in(text).next()
}

fn years_in(text: &str) -> impl Iterator<Item = i32> + '_ {
    let digits = text.split(|c: char| !c.is_ascii_digit()).filter(|digits| digits.len() == 4);
    digits.filter_map(|digits| digits.parse().ok()).filter(|year| (1860..2100).contains(year))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::path::Path;

    use sobo_core::Reading;

    use crate::anchor::AnchorRequest;

    use super::*;

    fn read(texts: &[&str]) -> Vec<Anchor> {
        let anchor = |text: &&str| Anchor {
            request: AnchorRequest { rect: Rect::default(), place: AnchorPlace::Slot { line: 0, slot: 0 } },
            reading: Reading { text: (*text).to_owned(), ..Reading::default() },
        };
        texts.iter().map(anchor).collect()
    }

    #[test]
    fn the_latest_year_is_one_that_another_reading_bears_out() {
        assert_eq!(latest_year(&read(&["Sinh ngày: 3-2-1988", "Số: 12/1988", "Năm sinh: 1951"])), Some(1988));
        assert_eq!(latest_year(&read(&["12/2091", "3-2-1988", "4.2.1987"])), Some(1988));
        assert_eq!(latest_year(&read(&["12/1988", "023418867"])), None);
        assert_eq!(latest_year(&read(&["Quyển số 01-2012", "Sinh ngày 3-2-1988"])), Some(2012));
    }

    #[test]
    fn a_form_out_of_use_loses() {
        let text = "id = \"X\"\nfamily = \"X\"\nregister_type = \"birth\"\nlayout = \"blocks\"\nmax_entries = 2\n\
                    year_from = 1976\nyear_to = 1998\n[[field]]\nname = \"child_name\"\nlabels = [\"Họ và tên\"]\n";
        let form = LoadedForm::parse(text, Path::new("X.toml")).unwrap();
        assert_eq!([1975, 1988, 1999].map(|year| out_of_use(&form, year)), [0.0; 3]);
        assert_eq!([1961, 2004].map(|year| out_of_use(&form, year)), [-OUT_OF_USE; 2]);
    }
}

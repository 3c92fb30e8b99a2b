//! Which form a page is, and where its fields lie.

use sobo_core::{Rect, Restored};

use crate::anchor::{Anchor, AnchorPlace};
use crate::forms::LoadedForm;
use crate::matching::{Folded, find_inside};
use crate::plan::PagePlan;
use crate::print::Print;
use crate::structure::Structure;
use crate::{faint, labelled, ledger};

/// Share of a form's labels that have to be found before a page is taken for it.
const LEAST_COVERAGE: f32 = 0.3;
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
    let titles: Vec<Folded> = anchors
        .iter()
        .filter(|a| match a.request.place {
            AnchorPlace::Slot { line, .. } => {
                structure.lines.get(line).is_some_and(|l| !l.ruled || l.slots.len() < 2)
            }
            AnchorPlace::Header { .. } => false,
        })
        .map(|a| Folded::new(&a.reading))
        .collect();
    let mut ranked: Vec<(f32, f32, usize)> = Vec::new();
    let mut labelled = labelled::Slots::new(structure, anchors);
    if let Some((index, print)) = printed.filter(|(_, print)| !print.labels.is_empty()) {
        labelled = labelled.with_print(&forms[index], print);
    }
    let ledger = ledger::Columns::new(structure, anchors, printed.map(|(_, print)| print));
    for (index, form) in forms.iter().enumerate() {
        let title = title_score(form, &titles);
        let (score, coverage) =
            if form.form.layout == "ledger" { ledger.score(form) } else { labelled.score(form) };
        ranked.push((score + title, coverage, index));
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
    plan.entries =
        if is_ledger { ledger.entries(form) } else { labelled.with_siblings(form).entries(form) };
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

/// What the page's titles say for a form.
fn title_score(form: &LoadedForm, titles: &[Folded]) -> f32 {
    let best = form.titles.iter().flat_map(|title| {
        titles.iter().map(move |reading| {
            let found = find_inside(title, reading);
            // A title that is the whole line says more than one inside a sentence.
            let whole = found.last.saturating_sub(found.first) as f32 / reading.len().max(1) as f32;
            if found.likeness > 0.7 { found.score * (0.5 + 0.5 * whole.min(1.0)) } else { 0.0 }
        })
    });
    best.fold(0.0, f32::max).min(10.0)
}

/// A year between 1860 and 2099 in four digits.
fn year_in(text: &str) -> Option<i32> {
    let digits: Vec<&str> = text.split(|c: char| !c.is_ascii_digit()).collect();
    digits.iter().filter(|d| d.len() == 4).find_map(|d| d.parse().ok().filter(|y| (1860..2100).contains(y)))
}

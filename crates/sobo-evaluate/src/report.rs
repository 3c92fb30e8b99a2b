//! The report of an evaluation, for people and for machines.

use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::figures::{Figures, Scores, Slice};
use crate::interval::Interval;
use crate::page::FieldOutcome;

/// What a page costs, and the peer on the same pages in the same run.
#[derive(Debug, Clone, Default, serde::Serialize)]
pub struct Cost {
    /// Mean seconds a page, one thread each.
    pub seconds_a_page: f64,
    /// Peak resident memory in MB, where the system tells.
    pub peak_megabytes: Option<f64>,
    /// Mean seconds a page of the `tesseract` program, where it was asked for.
    pub tesseract_seconds_a_page: Option<f64>,
}

fn percent(i: Interval) -> String {
    format!("{:5.1} [{:.1}–{:.1}]", i.value * 100.0, i.low * 100.0, i.high * 100.0)
}

fn row(out: &mut String, name: &str, f: &Figures) {
    let _ = writeln!(
        out,
        "{name:<34} {:>6}  {:>18}  {:>18}  {:>18}  {:>18}  {:>18}  {:>16}",
        f.fields,
        percent(f.cer),
        percent(f.exact),
        percent(f.assignment),
        percent(f.accepted),
        percent(f.accepted_error),
        percent(f.invented),
    );
}

/// The report as text, the weakest slice first.
pub fn text(scores: &Scores, cost: &Cost) -> String {
    let mut out = String::new();
    let slices = scores.slices();
    let (found, missed, invented) = scores.entries();
    let head = format!(
        "{:<34} {:>6}  {:>18}  {:>18}  {:>18}  {:>18}  {:>18}  {:>16}",
        "% [95 % interval over pages]",
        "fields",
        "CER",
        "exact",
        "assignment",
        "accepted",
        "accepted wrong",
        "invented"
    );
    let mut cut = "";
    for wanted in ["ink × level × family", "family × level", "ink", "level", "family", "register", "field"]
    {
        for (slice, figures) in slices.iter().filter(|(slice, _)| slice.cut == wanted) {
            if cut != wanted {
                let _ = writeln!(out, "\n== {wanted}, weakest first\n{head}");
                cut = wanted;
            }
            row(&mut out, &slice.name, figures);
        }
    }
    let all = scores.overall();
    let _ = writeln!(out, "\n== all\n{head}");
    row(&mut out, "all", &all);
    let _ = writeln!(
        out,
        "CER of fields read {} · without diacritics {} · value exact {}",
        percent(all.cer_read),
        percent(all.cer_bare),
        percent(all.value_exact)
    );
    let _ = writeln!(
        out,
        "partly lost fields: {} of {} right or lacuna · mostly lost: {} of {} left as lacuna",
        all.partial.1, all.partial.0, all.lost.1, all.lost.0
    );
    let _ = writeln!(
        out,
        "entries: {found} found, {missed} missed, {invented} invented · forms right {}",
        percent(scores.forms_right())
    );
    let (bins, error) = scores.calibration();
    let _ = writeln!(out, "\n== calibration (expected error {:.2} %)", error * 100.0);
    for (index, bin) in bins.iter().enumerate().filter(|(_, bin)| bin.fields > 0) {
        let _ = writeln!(
            out,
            "{:.1}–{:.1}  {:>6} fields  confidence {:5.1} %  accuracy {:5.1} %",
            index as f64 / 10.0,
            (index + 1) as f64 / 10.0,
            bin.fields,
            bin.confidence * 100.0,
            bin.accuracy * 100.0
        );
    }
    let _ = writeln!(out, "\n== threshold → coverage, error");
    for point in scores.curve() {
        let _ = writeln!(
            out,
            "{:.3}  {:5.1} %  {:5.2} %",
            point.threshold,
            point.coverage * 100.0,
            point.error * 100.0
        );
    }
    let _ = writeln!(out, "\n== ten worst pages");
    for (page, figures) in scores.worst_pages(10) {
        let _ = writeln!(
            out,
            "{:<24} {} {:<6}  CER {:5.1} %  assigned {:5.1} %  entries {}/{} (+{}){}",
            page.page,
            page.family,
            page.level.as_str(),
            figures.cer.value * 100.0,
            figures.assignment.value * 100.0,
            page.entries_found,
            page.entries_true,
            page.entries_invented,
            if page.form_right { "" } else { "  form wrong" }
        );
    }
    let families: std::collections::BTreeSet<&str> =
        scores.pages.iter().map(|page| page.family.as_str()).collect();
    for family in families {
        let _ = writeln!(out, "\n== twenty worst fields of family {family}");
        for field in scores.worst_fields(family, 20) {
            let _ = writeln!(out, "{}", field_line(field));
        }
    }
    let _ = write!(out, "\n== cost\n{:.3} s a page on one thread", cost.seconds_a_page);
    if let Some(peak) = cost.peak_megabytes {
        let _ = write!(out, " · peak memory {peak:.0} MB");
    }
    if let Some(peer) = cost.tesseract_seconds_a_page {
        let _ = write!(
            out,
            " · tesseract {peer:.3} s a page: {:.2} × its pages per second",
            peer / cost.seconds_a_page.max(1e-9)
        );
    }
    out.push('\n');
    out
}

fn field_line(field: &FieldOutcome) -> String {
    let mark = match (field.verdict, field.accepted) {
        (crate::Verdict::Invented, true) => "invented, accepted",
        (crate::Verdict::Invented, false) => "invented",
        (_, true) => "accepted",
        _ => "",
    };
    let b = field.bbox;
    format!(
        "{} entry {} {:<24} [{:.0},{:.0},{:.0},{:.0}] {:.2} {mark:<10} «{}» read «{}»",
        field.page,
        field.entry,
        field.field,
        b.x,
        b.y,
        b.w,
        b.h,
        field.confidence,
        field.reference,
        field.text
    )
}

/// The report as JSON: every figure, and every field with its verdict when `with_fields` is set.
pub fn json(scores: &Scores, cost: &Cost, with_fields: bool) -> Value {
    let (found, missed, invented) = scores.entries();
    let (bins, error) = scores.calibration();
    let slices: Vec<Value> = scores
        .slices()
        .iter()
        .map(|(Slice { cut, name }, figures)| json!({"cut": cut, "name": name, "figures": figures}))
        .collect();
    let mut report = json!({
        "pages": scores.pages.len(),
        "all": scores.overall(),
        "entries": {"found": found, "missed": missed, "invented": invented},
        "forms_right": scores.forms_right(),
        "slices": slices,
        "calibration": {"bins": bins, "expected_error": error},
        "curve": scores.curve(),
        "cost": cost,
    });
    if with_fields && let Some(object) = report.as_object_mut() {
        let fields: Vec<&FieldOutcome> = scores.pages.iter().flat_map(|page| page.fields.iter()).collect();
        object.insert("fields".to_owned(), json!(fields));
    }
    report
}

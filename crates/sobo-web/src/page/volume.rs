//! Volumes: the list with progress, and one volume with its pages.

use askama::Template;
use axum::Extension;
use axum::extract::{Path, State};
use axum::response::Response;
use sobo_core::Outcome;
use sobo_db::{StageCount, Volume};

use super::{Shell, bar, percent, render};
use crate::access::Person;
use crate::error::{Result, WebError};
use crate::state::AppState;
use crate::texts::Language;

/// The years of a volume, as one reads them.
pub(crate) fn years(volume: &Volume) -> String {
    let descriptor = &volume.descriptor;
    match descriptor.year_to {
        Some(to) if to != descriptor.year_from => format!("{}–{to}", descriptor.year_from),
        _ => descriptor.year_from.to_string(),
    }
}

pub(crate) fn kind_text(language: Language, volume: &Volume) -> &'static str {
    let key = format!("register_type.{}", volume.descriptor.register_type.as_str());
    language.find(&key).unwrap_or_default()
}

/// Records by how far they are: signed off, waiting for the signature, at work.
pub(crate) fn verified_bar(counts: &[StageCount], volume: i64, entries: i64) -> (String, String) {
    let of = |stages: &[&str]| -> i64 {
        let rows =
            counts.iter().filter(|row| row.volume_id == volume && stages.contains(&row.stage.as_str()));
        rows.map(|row| row.records).sum()
    };
    let signed = of(&["signed_off"]);
    let agreed = of(&["sign_off"]);
    let work = of(&["check", "blind", "arbitrate"]);
    let svg = bar(entries, &[("s-signed", signed), ("s-agreed", agreed), ("s-work", work)]);
    (svg, format!("{signed} / {entries}"))
}

pub(crate) struct VolumeLine {
    id: i64,
    name: String,
    kind: &'static str,
    office: String,
    years: String,
    pages: i64,
    waiting: i64,
    to_mend: i64,
    entries: i64,
    accepted: String,
    bar: String,
    bar_text: String,
}

#[derive(Template)]
#[template(path = "volumes.html")]
struct VolumesPage {
    shell: Shell,
    volumes: Vec<VolumeLine>,
}

fn share(language: Language, part: i64, whole: i64) -> String {
    if whole > 0 { percent(language, part as f64 / whole as f64) } else { "–".to_owned() }
}

pub(crate) async fn volumes(
    State(state): State<AppState>,
    Extension(person): Extension<Person>,
    Extension(language): Extension<Language>,
) -> Result<Response> {
    let progress = state.db.progress().await?;
    let counts = state.db.stage_counts(person.id()).await?;
    let mut lines = Vec::new();
    for volume in state.db.volumes().await? {
        if !person.account.offices.covers(&volume.descriptor.office) {
            continue;
        }
        let known = progress.iter().find(|row| row.volume_id == volume.id).cloned().unwrap_or_default();
        let (bar, bar_text) = verified_bar(&counts, volume.id, known.entries);
        lines.push(VolumeLine {
            id: volume.id,
            kind: kind_text(language, &volume),
            years: years(&volume),
            name: volume.descriptor.name,
            office: volume.descriptor.office,
            pages: known.pages,
            waiting: known.waiting,
            to_mend: known.rescan_wanted + known.failed,
            entries: known.entries,
            accepted: share(language, known.accepted, known.fields),
            bar,
            bar_text,
        });
    }
    render(&VolumesPage { shell: Shell::of(&person, language, "volumes.title", "/volumes"), volumes: lines })
}

pub(crate) struct PageTile {
    id: i64,
    number: i64,
    href: String,
    outcome: String,
    class: &'static str,
    bad: bool,
    reason: String,
    entries: String,
    notes: String,
}

#[derive(Template)]
#[template(path = "volume.html")]
struct VolumePage {
    shell: Shell,
    name: String,
    subtitle: String,
    figures: Vec<(&'static str, String)>,
    statement: Vec<String>,
    statement_class: &'static str,
    work: Vec<(String, String)>,
    refused: Vec<(String, String)>,
    pages: Vec<PageTile>,
}

/// How an outcome is shown: its name, the class of its badge, the reason.
pub(crate) fn outcome_text(language: Language, outcome: Option<&Outcome>) -> (String, &'static str, String) {
    let (key, class) = match outcome {
        None => ("outcome.waiting", ""),
        Some(Outcome::Done) => ("outcome.done", "ok"),
        Some(Outcome::Blank) => ("outcome.blank", ""),
        Some(Outcome::RescanWanted { .. }) => ("outcome.rescan_wanted", "warn"),
        Some(Outcome::Failed { .. }) => ("outcome.failed", "bad"),
    };
    let reason = match outcome {
        Some(Outcome::RescanWanted { reasons }) => {
            let named = reasons.iter().map(|reason| {
                language.find(&format!("rescan.{reason}")).map_or_else(|| reason.clone(), str::to_owned)
            });
            named.collect::<Vec<_>>().join(", ")
        }
        Some(Outcome::Failed { reason }) => reason.clone(),
        _ => String::new(),
    };
    (language.find(key).unwrap_or_default().to_owned(), class, reason)
}

pub(crate) async fn volume(
    State(state): State<AppState>,
    Extension(person): Extension<Person>,
    Extension(language): Extension<Language>,
    Path(id): Path<i64>,
) -> Result<Response> {
    let volume = state.db.volume(id).await?;
    if !person.account.offices.covers(&volume.descriptor.office) {
        return Err(WebError::NotFound(format!("volume {id}")));
    }
    crate::work::begin_new_records(&state).await?;
    let t = |key| language.text(key);
    let report = state.db.volume_report(id).await?;
    let counts = state.db.stage_counts(person.id()).await?;
    let progress = &report.progress;
    let signed: i64 = counts
        .iter()
        .filter(|row| row.volume_id == id && row.stage == "signed_off")
        .map(|row| row.records)
        .sum();
    let figures = vec![
        (t("volume.pages"), progress.pages.to_string()),
        (t("volume.waiting"), progress.waiting.to_string()),
        (t("volume.to_mend"), (progress.rescan_wanted + progress.failed).to_string()),
        (t("volume.entries"), progress.entries.to_string()),
        (t("volume.accepted"), share(language, progress.accepted, progress.fields)),
        (t("volume.lacunae"), progress.lacunae.to_string()),
        (t("volume.verified"), signed.to_string()),
    ];

    let mut statement = Vec::new();
    let closing = &volume.descriptor.closing;
    let mut whole = true;
    for (stated, found, key) in [
        (closing.pages, progress.pages, "volume.statement_pages"),
        (closing.entries, progress.entries, "volume.statement_entries"),
    ] {
        if let Some(stated) = stated {
            whole &= i64::from(stated) == found;
            let line = language.find(key).unwrap_or_default();
            statement
                .push(line.replace("{stated}", &stated.to_string()).replace("{found}", &found.to_string()));
        }
    }
    // Which numbers were read is kept from those who may read them blind.
    let tells_numbers = !state.settings.reads_blind(&person.account.roles);
    if tells_numbers && !report.numbering.gaps.is_empty() {
        whole = false;
        let gaps: Vec<String> =
            report
                .numbering
                .gaps
                .iter()
                .take(12)
                .map(|gap| {
                    if gap.from == gap.to {
                        gap.from.to_string()
                    } else {
                        format!("{}–{}", gap.from, gap.to)
                    }
                })
                .collect();
        statement.push(format!("{} {}", t("volume.gaps"), gaps.join(", ")));
    }
    if tells_numbers && !report.numbering.repeats.is_empty() {
        whole = false;
        let repeats: Vec<String> =
            report.numbering.repeats.iter().take(12).map(|repeat| repeat.number.to_string()).collect();
        statement.push(format!("{} {}", t("volume.repeats"), repeats.join(", ")));
    }

    let steps = state.settings.steps_for(&person.account.roles);
    let work = steps
        .iter()
        .rev()
        .filter_map(|step| {
            let free: i64 = counts
                .iter()
                .filter(|row| row.volume_id == id && row.stage == step.as_str())
                .map(|row| row.free)
                .sum();
            let caption = language.find(&format!("step.{}", step.as_str())).unwrap_or_default();
            (free > 0)
                .then(|| (format!("/work?step={}&volume={id}", step.as_str()), format!("{caption} ({free})")))
        })
        .collect();
    let notes = state.db.open_notes(None).await?;
    let records = state.db.records_of_volume(id).await?;
    let pages = state
        .db
        .pages_of_volume(id)
        .await?
        .into_iter()
        .map(|page| {
            let of_page: Vec<_> = records.iter().filter(|record| record.page_id == page.id).collect();
            let signed = of_page.iter().filter(|record| record.stage == "signed_off").count();
            let (outcome, class, reason) = outcome_text(language, page.outcome.as_ref());
            let mine = notes.iter().filter(|note| note.page_id == page.id);
            PageTile {
                id: page.id,
                number: page.sequence,
                href: of_page.first().map_or_else(
                    || format!("/pages/{}", page.id),
                    |record| format!("/entries/{}", record.entry_id),
                ),
                outcome,
                class,
                bad: class == "bad",
                reason,
                entries: if of_page.is_empty() {
                    String::new()
                } else {
                    t("volume.page_entries")
                        .replace("{entries}", &of_page.len().to_string())
                        .replace("{signed}", &signed.to_string())
                },
                notes: mine
                    .map(|note| {
                        let key = format!("note.{}", note.kind);
                        format!("{}: {}", language.find(&key).unwrap_or(&note.kind), note.reason)
                    })
                    .collect::<Vec<_>>()
                    .join("; "),
            }
        })
        .collect();
    let mut shell = Shell::of(&person, language, "volumes.title", "/volumes");
    shell.title.clone_from(&volume.descriptor.name);
    let subtitle = [
        kind_text(language, &volume).to_owned(),
        volume.descriptor.office.clone(),
        years(&volume),
        volume.descriptor.number.clone().unwrap_or_default(),
        volume.descriptor.shelf.clone().unwrap_or_default(),
        t("volume.custodian").replace("{custodian}", &volume.custodian),
    ];
    let subtitle: Vec<String> = subtitle.into_iter().filter(|part| !part.is_empty()).collect();
    render(&VolumePage {
        shell,
        name: volume.descriptor.name.clone(),
        subtitle: subtitle.join(" · "),
        figures,
        statement,
        statement_class: if whole { "ok" } else { "warn" },
        work,
        refused: report.refused_files.into_iter().map(|file| (file.source, file.reason)).collect(),
        pages,
    })
}

#[derive(Template)]
#[template(path = "page.html")]
struct SinglePage {
    shell: Shell,
    id: i64,
    volume_id: i64,
    volume: String,
    number: i64,
    outcome: String,
    class: &'static str,
    reason: String,
    source: String,
}

/// A page without entries: its picture and what became of it.
pub(crate) async fn single_page(
    State(state): State<AppState>,
    Extension(person): Extension<Person>,
    Extension(language): Extension<Language>,
    Path(id): Path<i64>,
) -> Result<Response> {
    let (page, volume) = crate::image::page_in_scope(&state, &person, id).await?;
    let (outcome, class, reason) = outcome_text(language, page.outcome.as_ref());
    let mut shell = Shell::of(&person, language, "entry.page", "/volumes");
    shell.title = format!("{} · {} {}", volume.descriptor.name, language.text("entry.page"), page.sequence);
    render(&SinglePage {
        shell,
        id,
        volume_id: volume.id,
        volume: volume.descriptor.name,
        number: page.sequence,
        outcome,
        class,
        reason,
        source: page.source,
    })
}

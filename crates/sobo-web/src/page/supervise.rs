//! The supervisor's page: progress, pace, agreement by field, with intervals; and the same as CSV.

use std::collections::BTreeMap;

use askama::Template;
use axum::Extension;
use axum::extract::{Path, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use sobo_db::{Tally, VolumeProgress};

use super::{Shell, percent, render, verified_bar};
use crate::access::Person;
use crate::error::{Result, WebError};
use crate::state::AppState;
use crate::texts::Language;

/// Stages in the order of the chain, for columns.
const STAGES: [&str; 6] = ["entry", "check", "blind", "arbitrate", "sign_off", "signed_off"];
/// How far back the pace is told.
const PACE_DAYS: i64 = 30;

/// Wilson's score interval at 95 % for `part` of `whole` (E. B. Wilson, JASA 22, 1927).
pub(crate) fn wilson(part: i64, whole: i64) -> Option<(f64, f64)> {
    if whole <= 0 {
        return None;
    }
    const Z: f64 = 1.959_963_984_540_054;
    let (n, p) = (whole as f64, part as f64 / whole as f64);
    let centre = (p + Z * Z / (2.0 * n)) / (1.0 + Z * Z / n);
    let half = Z * (p * (1.0 - p) / n + Z * Z / (4.0 * n * n)).sqrt() / (1.0 + Z * Z / n);
    Some(((centre - half).max(0.0), (centre + half).min(1.0)))
}

pub(crate) struct Rate {
    name: String,
    step: String,
    compared: i64,
    differing: i64,
    rate: String,
    interval: String,
}

fn rate(language: Language, name: String, step: String, compared: i64, differing: i64) -> Rate {
    let (rate, interval) = match wilson(differing, compared) {
        Some((low, high)) => (
            percent(language, differing as f64 / compared as f64),
            format!("{}–{}", percent(language, low).trim_end_matches(" %"), percent(language, high)),
        ),
        None => ("–".to_owned(), "–".to_owned()),
    };
    Rate { name, step, compared, differing, rate, interval }
}

pub(crate) struct VolumeLine {
    id: i64,
    name: String,
    entries: i64,
    counts: Vec<i64>,
    bar: String,
}

#[derive(Template)]
#[template(path = "supervise.html")]
struct SupervisePage {
    shell: Shell,
    figures: Vec<(&'static str, String)>,
    quality: Vec<Rate>,
    fields: Vec<Rate>,
    pace: Vec<(String, String, String, i64)>,
    stages: Vec<&'static str>,
    volumes: Vec<VolumeLine>,
}

fn step_text(language: Language, step: &str) -> String {
    language.find(&format!("step.{step}")).unwrap_or(step).to_owned()
}

fn day_text(day: i64) -> String {
    super::time_text(day * 86_400_000).split(' ').next().unwrap_or_default().to_owned()
}

/// Volumes within the person's scope.
async fn scope(state: &AppState, person: &Person) -> Result<Vec<sobo_db::Volume>> {
    let volumes = state.db.volumes().await?;
    Ok(volumes
        .into_iter()
        .filter(|volume| person.account.offices.covers(&volume.descriptor.office))
        .collect())
}

/// Sums of compared and differing over tallies, by a key.
fn sums<K: Ord>(tallies: &[Tally], key: impl Fn(&Tally) -> Option<K>) -> BTreeMap<K, (i64, i64)> {
    let mut sums = BTreeMap::new();
    for tally in tallies {
        if let Some(key) = key(tally) {
            let sum: &mut (i64, i64) = sums.entry(key).or_default();
            sum.0 += tally.compared;
            sum.1 += tally.differing;
        }
    }
    sums
}

pub(crate) async fn supervise(
    State(state): State<AppState>,
    Extension(person): Extension<Person>,
    Extension(language): Extension<Language>,
) -> Result<Response> {
    let t = |key| language.text(key);
    let volumes = scope(&state, &person).await?;
    let in_scope = |id: i64| volumes.iter().any(|volume| volume.id == id);
    let progress = state.db.progress().await?;
    let counts = state.db.stage_counts(person.id()).await?;
    let tallies: Vec<Tally> =
        state.db.tallies().await?.into_iter().filter(|tally| in_scope(tally.volume_id)).collect();

    let sum = |part: fn(&VolumeProgress) -> i64| -> i64 {
        progress.iter().filter(|row| in_scope(row.volume_id)).map(part).sum()
    };
    let (entries, fields, accepted) =
        (sum(|row| row.entries), sum(|row| row.fields), sum(|row| row.accepted));
    let at = |stage: &str| -> i64 {
        counts.iter().filter(|row| in_scope(row.volume_id) && row.stage == stage).map(|row| row.records).sum()
    };
    let coverage =
        if fields > 0 { percent(language, accepted as f64 / fields as f64) } else { "–".to_owned() };
    let figures = vec![
        (t("volume.pages"), sum(|row| row.pages).to_string()),
        (t("volume.entries"), entries.to_string()),
        (t("supervise.coverage"), coverage),
        (t("stage.signed_off"), at("signed_off").to_string()),
        (t("stage.arbitrate"), at("arbitrate").to_string()),
        (t("volume.to_mend"), (sum(|row| row.rescan_wanted) + sum(|row| row.failed)).to_string()),
    ];

    // How often a person changed what the machine offered as right, and what it did not; how often a second, blind
    // person differed, and how often the arbiter then left the first value.
    let quality = [
        ("supervise.accepted_wrong", "entry", Some(true)),
        ("supervise.offered_wrong", "entry", Some(false)),
        ("supervise.check_differs", "check", None),
        ("supervise.blind_differs", "blind", None),
        ("supervise.accepted_blind", "blind", Some(true)),
        ("supervise.arbiter_changed", "arbitrate", None),
    ]
    .into_iter()
    .map(|(key, step, accepted)| {
        let all = sums(&tallies, |tally| {
            (tally.step == step && accepted.is_none_or(|is| is == tally.accepted)).then_some(())
        });
        let (compared, differing) = all.get(&()).copied().unwrap_or_default();
        rate(language, language.find(key).unwrap_or(key).to_owned(), String::new(), compared, differing)
    })
    .collect();
    let mut by_field: Vec<Rate> = sums(&tallies, |tally| Some((tally.field.clone(), tally.step.clone())))
        .into_iter()
        .map(|((field, step), (compared, differing))| {
            let name = crate::view::caption(&state, "", &field, language);
            rate(language, name, step_text(language, &step), compared, differing)
        })
        .collect();
    by_field.sort_by(|a, b| {
        let share = |row: &Rate| row.differing as f64 / row.compared.max(1) as f64;
        share(b).total_cmp(&share(a)).then_with(|| a.name.cmp(&b.name))
    });

    let accounts = state.db.accounts().await?;
    let pace = pace_rows(&state, &accounts, language).await?;
    let lines = volumes
        .iter()
        .map(|volume| {
            let entries = progress.iter().find(|row| row.volume_id == volume.id).map_or(0, |row| row.entries);
            VolumeLine {
                id: volume.id,
                name: volume.descriptor.name.clone(),
                entries,
                counts: STAGES
                    .iter()
                    .map(|stage| {
                        let rows =
                            counts.iter().filter(|row| row.volume_id == volume.id && row.stage == *stage);
                        rows.map(|row| row.records).sum()
                    })
                    .collect(),
                bar: verified_bar(&counts, volume.id, entries).0,
            }
        })
        .collect();
    render(&SupervisePage {
        shell: Shell::of(&person, language, "supervise.title", "/supervise"),
        figures,
        quality,
        fields: by_field,
        pace,
        stages: STAGES.iter().filter_map(|stage| language.find(&format!("stage.{stage}"))).collect(),
        volumes: lines,
    })
}

async fn pace_rows(
    state: &AppState,
    accounts: &[sobo_db::Account],
    language: Language,
) -> Result<Vec<(String, String, String, i64)>> {
    let now = time::OffsetDateTime::now_utc().unix_timestamp() * 1000;
    let pace = state.db.pace(now - PACE_DAYS * 86_400_000).await?;
    Ok(pace
        .into_iter()
        .map(|row| {
            let name = accounts.iter().find(|account| account.id == row.person);
            let name = name.map_or_else(|| row.person.to_string(), |account| account.name.clone());
            (day_text(row.day), name, step_text(language, &row.step), row.entries)
        })
        .collect())
}

/// A cell of a CSV file. Cells that a spreadsheet would take for a formula get an apostrophe.
fn cell(text: &str) -> String {
    let text =
        if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{text}") } else { text.to_owned() };
    if text.contains([',', '"', '\n', '\r']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text }
}

pub(crate) async fn export(
    State(state): State<AppState>,
    Extension(person): Extension<Person>,
    Extension(language): Extension<Language>,
    Path(name): Path<String>,
) -> Result<Response> {
    let volumes = scope(&state, &person).await?;
    let volume_name =
        |id: i64| volumes.iter().find(|volume| volume.id == id).map(|volume| volume.descriptor.name.clone());
    let mut rows: Vec<Vec<String>> = Vec::new();
    match name.as_str() {
        "fields.csv" => {
            rows.push(
                ["volume", "field", "step", "person", "accepted", "compared", "differing"]
                    .map(str::to_owned)
                    .to_vec(),
            );
            for tally in state.db.tallies().await? {
                let Some(volume) = volume_name(tally.volume_id) else { continue };
                rows.push(vec![
                    volume,
                    tally.field,
                    tally.step,
                    tally.person.to_string(),
                    tally.accepted.to_string(),
                    tally.compared.to_string(),
                    tally.differing.to_string(),
                ]);
            }
        }
        "pace.csv" => {
            rows.push(["day", "person", "step", "entries"].map(str::to_owned).to_vec());
            let accounts = state.db.accounts().await?;
            for (day, person, step, entries) in pace_rows(&state, &accounts, language).await? {
                rows.push(vec![day, person, step, entries.to_string()]);
            }
        }
        "volumes.csv" => {
            let mut head = vec!["volume".to_owned(), "office".to_owned(), "entries".to_owned()];
            head.extend(STAGES.map(str::to_owned));
            rows.push(head);
            let counts = state.db.stage_counts(person.id()).await?;
            let progress = state.db.progress().await?;
            for volume in &volumes {
                let entries =
                    progress.iter().find(|row| row.volume_id == volume.id).map_or(0, |row| row.entries);
                let mut row = vec![
                    volume.descriptor.name.clone(),
                    volume.descriptor.office.clone(),
                    entries.to_string(),
                ];
                for stage in STAGES {
                    let here = counts.iter().filter(|row| row.volume_id == volume.id && row.stage == stage);
                    row.push(here.map(|row| row.records).sum::<i64>().to_string());
                }
                rows.push(row);
            }
        }
        _ => return Err(WebError::NotFound(name)),
    }
    // The mark lets spreadsheets read the letters as UTF-8.
    let mut text = String::from("\u{feff}");
    for row in rows {
        text.push_str(&row.iter().map(|text| cell(text)).collect::<Vec<_>>().join(","));
        text.push_str("\r\n");
    }
    let disposition = format!("attachment; filename=\"{name}\"");
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()),
        (header::CONTENT_DISPOSITION, disposition),
    ];
    Ok((headers, text).into_response())
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;

    /// Values of R's `binom.confint(x, n, methods = "wilson")`.
    #[test]
    fn wilson_interval() {
        for (part, whole, low, high) in
            [(0, 10, 0.0, 0.277_533), (5, 10, 0.236_593, 0.763_407), (1, 200, 0.000_883, 0.027_774)]
        {
            let (l, h) = wilson(part, whole).unwrap();
            assert!((l - low).abs() < 1e-5 && (h - high).abs() < 1e-5, "{part}/{whole}: {l} {h}");
        }
        assert_eq!(wilson(0, 0), None);
    }

    #[test]
    fn cells_are_quoted_and_never_formulas() {
        assert_eq!(cell("Quận 1"), "Quận 1");
        assert_eq!(cell("a,b"), "\"a,b\"");
        assert_eq!(cell("a\"b"), "\"a\"\"b\"");
        assert_eq!(cell("=1+1"), "'=1+1");
    }
}

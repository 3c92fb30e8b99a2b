//! The supervisor's page: progress, pace, agreement by field, with intervals; the same as tables; reopening a volume.

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use axum::{Extension, Form};
use sobo_db::{Tally, VolumeProgress};
use sobo_verify::{Event, StepKind, wilson};

use super::pace::{self, PacePart, pace_table};
use super::{Shell, era, percent, render, verified_bar};
use crate::access::Person;
use crate::error::{Result, WebError};
use crate::state::AppState;
use crate::table::{Cell, Table, download};
use crate::texts::Language;

/// Stages in the order of the chain, for columns.
const STAGES: [&str; 6] = ["entry", "check", "blind", "arbitrate", "sign_off", "signed_off"];

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
    years: String,
    entries: i64,
    counts: Vec<i64>,
    bar: String,
    reopens: i64,
}

#[derive(Template)]
#[template(path = "supervise.html")]
struct SupervisePage {
    shell: Shell,
    figures: Vec<(&'static str, String)>,
    quality: Vec<Rate>,
    fields: Vec<Rate>,
    steps: Vec<&'static str>,
    pace: Vec<PacePart>,
    stages: Vec<&'static str>,
    volumes: Vec<VolumeLine>,
}

pub(crate) fn step_text(language: Language, step: &str) -> String {
    language.find(&format!("step.{step}")).unwrap_or(step).to_owned()
}

/// Volumes within the person's scope.
pub(crate) async fn scope(state: &AppState, person: &Person) -> Result<Vec<sobo_db::Volume>> {
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
    let pace = pace::parts(&pace::recent(&state, &volumes).await?, &volumes, &counts, &accounts, language);
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
                years: super::years(volume),
                reopens: counts
                    .iter()
                    .filter(|row| {
                        row.volume_id == volume.id && !matches!(row.stage.as_str(), "entry" | "withdrawn")
                    })
                    .map(|row| row.records)
                    .sum(),
                bar: verified_bar(&counts, volume.id, entries).0,
            }
        })
        .collect();
    render(&SupervisePage {
        shell: Shell::of(&person, language, "supervise.title", "/supervise"),
        figures,
        quality,
        fields: by_field,
        steps: StepKind::ALL
            .iter()
            .filter_map(|step| language.find(&format!("step.{}", step.as_str())))
            .collect(),
        pace,
        stages: STAGES.iter().filter_map(|stage| language.find(&format!("stage.{stage}"))).collect(),
        volumes: lines,
    })
}

pub(crate) fn person_name(accounts: &[sobo_db::Account], person: i64) -> String {
    let account = accounts.iter().find(|account| account.id == person);
    account.map_or_else(|| person.to_string(), |account| account.name.clone())
}

/// The figures of the page as tables: `fields`, `pace`, `volumes`, each as `.csv` or `.xlsx`, or all as
/// `supervision.xlsx`.
pub(crate) async fn export(
    State(state): State<AppState>,
    Extension(person): Extension<Person>,
    Extension(language): Extension<Language>,
    Path(name): Path<String>,
) -> Result<Response> {
    let volumes = scope(&state, &person).await?;
    let stem = name.rsplit_once('.').map_or(name.as_str(), |(stem, _)| stem);
    let tables = match stem {
        "fields" => vec![fields_table(&state, &volumes, language).await?],
        "pace" => vec![pace_table(&state, &volumes, language).await?],
        "volumes" => vec![volumes_table(&state, &person, &volumes, language).await?],
        "supervision" => vec![
            volumes_table(&state, &person, &volumes, language).await?,
            fields_table(&state, &volumes, language).await?,
            pace_table(&state, &volumes, language).await?,
        ],
        _ => return Err(WebError::NotFound(name)),
    };
    download(&name, &tables)
}

async fn fields_table(state: &AppState, volumes: &[sobo_db::Volume], language: Language) -> Result<Table> {
    let t = |key| language.text(key);
    let mut table = Table::new(
        t("supervise.by_field"),
        &[
            t("volume.name"),
            t("supervise.field"),
            t("supervise.step"),
            t("supervise.person"),
            t("supervise.offered"),
            t("supervise.compared"),
            t("supervise.differing"),
        ],
    );
    let accounts = state.db.accounts().await?;
    for tally in state.db.tallies().await? {
        let Some(volume) = volumes.iter().find(|volume| volume.id == tally.volume_id) else { continue };
        table.rows.push(vec![
            volume.descriptor.name.clone().into(),
            crate::view::caption(state, "", &tally.field, language).into(),
            step_text(language, &tally.step).into(),
            person_name(&accounts, tally.person).into(),
            Cell::Count(i64::from(tally.accepted)),
            tally.compared.into(),
            tally.differing.into(),
        ]);
    }
    Ok(table)
}

async fn volumes_table(
    state: &AppState,
    person: &Person,
    volumes: &[sobo_db::Volume],
    language: Language,
) -> Result<Table> {
    let t = |key| language.text(key);
    let mut heads =
        vec![t("volume.name"), t("volume.office"), t("volume.years"), t("samples.era"), t("volume.entries")];
    heads.extend(STAGES.iter().filter_map(|stage| language.find(&format!("stage.{stage}"))));
    let mut table = Table::new(t("supervise.volumes"), &heads);
    let counts = state.db.stage_counts(person.id()).await?;
    let progress = state.db.progress().await?;
    for volume in volumes {
        let entries = progress.iter().find(|row| row.volume_id == volume.id).map_or(0, |row| row.entries);
        let mut row: Vec<Cell> = vec![
            volume.descriptor.name.clone().into(),
            volume.descriptor.office.clone().into(),
            super::years(volume).into(),
            t(era(volume)).into(),
            entries.into(),
        ];
        for stage in STAGES {
            let here = counts.iter().filter(|row| row.volume_id == volume.id && row.stage == stage);
            row.push(here.map(|row| row.records).sum::<i64>().into());
        }
        table.rows.push(row);
    }
    Ok(table)
}

#[derive(serde::Deserialize)]
pub(crate) struct ReopenForm {
    reason: String,
}

/// Opens every record of a volume again that has come past entry: each begins its chain anew, with its history kept.
pub(crate) async fn reopen_volume(
    State(state): State<AppState>,
    Extension(person): Extension<Person>,
    Extension(language): Extension<Language>,
    Path(id): Path<i64>,
    Form(form): Form<ReopenForm>,
) -> Result<Response> {
    let volume = state.db.volume(id).await?;
    if !person.account.offices.covers(&volume.descriptor.office) {
        return Err(WebError::NotFound(format!("volume {id}")));
    }
    let reason = form.reason.trim().to_owned();
    if reason.is_empty() {
        return Err(WebError::Bad(language.text("supervise.reason_needed").to_owned()));
    }
    let actor = person.account.actor();
    for record in state.db.records_of_volume(id).await? {
        if matches!(record.stage.as_str(), "entry" | "withdrawn") {
            continue;
        }
        // Somebody at work at this moment keeps the turn; the supervisor sees what is left and may do it again.
        let event = Event::Reopen { reason: reason.clone() };
        state.db.act(record.entry_id, record.deeds, event, &actor, person.who()).await?;
    }
    let done =
        sobo_db::AuditEvent::new(person.who(), "volume.reopen", [format!("volume/{id}")]).because(reason);
    state.db.record_events(&[done]).await?;
    Ok(Redirect::to("/supervise#volumes").into_response())
}

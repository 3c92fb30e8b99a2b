//! Sampled quality: a random sample drawn to a wanted interval, keyed blind by another person, reported with intervals.

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use axum::{Extension, Form};
use rand::SeedableRng as _;
use rand::seq::SliceRandom as _;
use serde::Deserialize;
use sobo_db::{NewSample, Sample, SampleField, Sampled, Verdict, Volume};
use sobo_verify::{Statement, sample_size, wilson};

use super::{Shell, percent, render, scope, time_text};
use crate::access::Person;
use crate::error::{Result, WebError};
use crate::state::AppState;
use crate::table::{Cell, Table, download};
use crate::texts::Language;
use crate::view::{caption, statement_text, tell_of_view};

/// Eras by their forms: their first years, and the keys of their names.
const ERAS: [(i32, &str); 4] =
    [(i32::MIN, "samples.era_a"), (1976, "samples.era_b"), (1999, "samples.era_c"), (2016, "samples.era_d")];

/// The era of a volume: the key of its name, `samples.era_…`.
pub(crate) fn era(volume: &Volume) -> &'static str {
    let year = volume.descriptor.year_from;
    ERAS.iter().rev().find(|(from, _)| year >= *from).map_or(ERAS[0].1, |(_, key)| key)
}

pub(crate) struct SampleLine {
    id: i64,
    at: String,
    scope: String,
    entries: i64,
    done: i64,
    population: i64,
    wanted: String,
}

#[derive(Template)]
#[template(path = "samples.html")]
struct SamplesPage {
    shell: Shell,
    message: Option<String>,
    samples: Vec<SampleLine>,
    volumes: Vec<(i64, String)>,
    eras: Vec<(&'static str, &'static str)>,
    forms: Vec<String>,
    population: String,
}

pub(crate) async fn samples(
    State(state): State<AppState>,
    Extension(person): Extension<Person>,
    Extension(language): Extension<Language>,
) -> Result<Response> {
    list(&state, &person, language, None).await
}

async fn list(
    state: &AppState,
    person: &Person,
    language: Language,
    message: Option<String>,
) -> Result<Response> {
    let volumes = scope(state, person).await?;
    let population = population(state, &volumes).await?;
    let fields: i64 = population.iter().map(|(entry, _)| entry.fields_read).sum();
    let mut forms: Vec<String> = population.iter().map(|(entry, _)| entry.form.clone()).collect();
    forms.sort();
    forms.dedup();
    let samples = state
        .db
        .samples()
        .await?
        .into_iter()
        .map(|sample| SampleLine {
            id: sample.id,
            at: time_text(sample.at_ms),
            wanted: wanted_text(language, &sample),
            scope: sample.scope,
            entries: sample.entries,
            done: sample.done,
            population: sample.population,
        })
        .collect();
    render(&SamplesPage {
        shell: Shell::of(person, language, "samples.title", "/supervise"),
        message,
        samples,
        volumes: volumes.iter().map(|volume| (volume.id, volume.descriptor.name.clone())).collect(),
        eras: ERAS.iter().filter_map(|(_, key)| Some((*key, language.find(key)?))).collect(),
        forms,
        population: language
            .text("samples.population")
            .replace("{entries}", &population.len().to_string())
            .replace("{fields}", &fields.to_string()),
    })
}

fn wanted_text(language: Language, sample: &Sample) -> String {
    format!("{} ± {}", percent(language, sample.expected), percent(language, sample.half_width))
}

/// Entries that may be drawn, within the volumes given.
async fn population<'a>(state: &AppState, volumes: &'a [Volume]) -> Result<Vec<(Sampled, &'a Volume)>> {
    let entries = state.db.sample_population().await?;
    Ok(entries
        .into_iter()
        .filter_map(|entry| {
            let volume = volumes.iter().find(|volume| volume.id == entry.volume_id)?;
            Some((entry, volume))
        })
        .collect())
}

#[derive(Debug, Deserialize)]
pub(crate) struct DrawForm {
    #[serde(default)]
    volume: String,
    #[serde(default)]
    era: String,
    #[serde(default)]
    form: String,
    /// Share of errors expected, per cent.
    expected: String,
    /// Half width of the interval wanted, per cent.
    half_width: String,
    #[serde(default)]
    all_fields: Option<String>,
}

/// A share in per cent as people type it: `0,5`, `0.5`, `1`.
fn share(text: &str) -> Option<f64> {
    let share: f64 = text.trim().trim_end_matches('%').trim().replace(',', ".").parse().ok()?;
    (share > 0.0 && share < 100.0).then_some(share / 100.0)
}

/// Draws a sample: the size from the interval wanted, the entries at random with a seed that is kept.
pub(crate) async fn draw_sample(
    State(state): State<AppState>,
    Extension(person): Extension<Person>,
    Extension(language): Extension<Language>,
    Form(form): Form<DrawForm>,
) -> Result<Response> {
    let t = |key| language.text(key).to_owned();
    let (Some(expected), Some(half_width)) = (share(&form.expected), share(&form.half_width)) else {
        return list(&state, &person, language, Some(t("samples.bad_share"))).await;
    };
    let volumes = scope(&state, &person).await?;
    let volume = form.volume.parse::<i64>().ok();
    let population: Vec<(Sampled, &Volume)> = population(&state, &volumes)
        .await?
        .into_iter()
        .filter(|(entry, of)| {
            volume.is_none_or(|id| id == entry.volume_id)
                && (form.era.is_empty() || era(of) == form.era)
                && (form.form.is_empty() || entry.form == form.form)
        })
        .collect();
    if population.is_empty() {
        return list(&state, &person, language, Some(t("samples.nothing_to_draw"))).await;
    }
    let all_fields = form.all_fields.is_some();
    // What is keyed of an entry: every field read, or those that matter.
    let keyed = |entry: &Sampled| -> i64 {
        let matter =
            state.forms.get(&entry.form).map(|form| form.fields.iter().filter(|field| field.blind).count());
        match matter {
            Some(matter) if !all_fields => (matter as i64).clamp(1, entry.fields_read.max(1)),
            _ => entry.fields_read.max(1),
        }
    };
    let fields: i64 = population.iter().map(|(entry, _)| keyed(entry)).sum();
    let wanted = sample_size(fields.unsigned_abs(), expected, half_width) as i64;
    let seed: i64 = rand::random_range(1..1 << 31);
    let mut order: Vec<&(Sampled, &Volume)> = population.iter().collect();
    order.shuffle(&mut rand::rngs::StdRng::seed_from_u64(seed.unsigned_abs()));
    // Whole entries are drawn until they hold the fields wanted.
    let mut entries = Vec::new();
    let mut drawn = 0;
    for (entry, _) in order {
        if drawn >= wanted {
            break;
        }
        drawn += keyed(entry);
        entries.push(entry.entry_id);
    }
    let mut parts = Vec::new();
    if let Some(volume) = volume.and_then(|id| volumes.iter().find(|volume| volume.id == id)) {
        parts.push(volume.descriptor.name.clone());
    }
    parts.extend(language.find(&form.era).map(str::to_owned));
    parts.extend((!form.form.is_empty()).then(|| form.form.clone()));
    if parts.is_empty() {
        parts.push(t("samples.everything"));
    }
    let sample = NewSample {
        person: person.id(),
        scope: &parts.join(" · "),
        all_fields,
        expected,
        half_width,
        population: population.len() as i64,
        population_fields: fields,
        fields_wanted: wanted,
        seed,
        entries: &entries,
    };
    let id = state.db.create_sample(person.who(), &sample).await?;
    Ok(Redirect::to(&format!("/samples/{id}")).into_response())
}

/// What the keyed fields of a group say.
#[derive(Debug, Clone, Copy, Default)]
struct Sums {
    fields: i64,
    /// Records found wrong.
    wrong: i64,
    /// Offered by the machine as right.
    accepted: i64,
    /// Of these, wrong.
    accepted_wrong: i64,
}

impl Sums {
    fn add(&mut self, field: &SampleField) {
        self.fields += 1;
        self.wrong += i64::from(field.record_wrong());
        self.accepted += i64::from(field.accepted);
        self.accepted_wrong += i64::from(field.accepted && field.machine_wrong());
    }
}

pub(crate) struct Group {
    name: String,
    fields: i64,
    wrong: i64,
    rate: String,
    interval: String,
    coverage: String,
    accepted_wrong: i64,
    accepted_rate: String,
    accepted_interval: String,
}

fn interval(language: Language, part: i64, whole: i64) -> (String, String) {
    match wilson(part, whole) {
        Some((low, high)) => (
            fine(language, part as f64 / whole as f64),
            format!("{}–{}", fine(language, low).trim_end_matches(" %"), fine(language, high)),
        ),
        None => ("–".to_owned(), "–".to_owned()),
    }
}

/// A share with two digits: errors are rare.
fn fine(language: Language, share: f64) -> String {
    let text = format!("{:.2} %", share * 100.0);
    match language {
        Language::Vietnamese => text.replace('.', ","),
        Language::English => text,
    }
}

fn group(language: Language, name: String, sums: Sums) -> Group {
    let (rate, range) = interval(language, sums.wrong, sums.fields);
    let (accepted_rate, accepted_interval) = interval(language, sums.accepted_wrong, sums.accepted);
    let coverage = if sums.fields > 0 {
        percent(language, sums.accepted as f64 / sums.fields as f64)
    } else {
        "–".to_owned()
    };
    Group {
        name,
        fields: sums.fields,
        wrong: sums.wrong,
        rate,
        interval: range,
        coverage,
        accepted_wrong: sums.accepted_wrong,
        accepted_rate,
        accepted_interval,
    }
}

/// A report on a sample: all of it, then by era, form and field, the worst first.
struct Report {
    parts: Vec<(&'static str, Vec<(String, Sums)>)>,
    /// Entries keyed, and those of them with an error.
    entries: (i64, i64),
}

fn report(state: &AppState, fields: &[SampleField], volumes: &[Volume], language: Language) -> Report {
    let by = |key: &dyn Fn(&SampleField) -> String| -> Vec<(String, Sums)> {
        let mut groups: BTreeMap<String, Sums> = BTreeMap::new();
        for field in fields {
            groups.entry(key(field)).or_default().add(field);
        }
        let mut groups: Vec<_> = groups.into_iter().collect();
        let rate = |sums: &Sums| sums.wrong as f64 / sums.fields.max(1) as f64;
        groups.sort_by(|a, b| rate(&b.1).total_cmp(&rate(&a.1)).then_with(|| a.0.cmp(&b.0)));
        groups
    };
    let era_of = |field: &SampleField| {
        let volume = volumes.iter().find(|volume| volume.id == field.volume_id);
        volume.map_or_else(String::new, |volume| language.text(era(volume)).to_owned())
    };
    let mut wrong: BTreeMap<i64, bool> = BTreeMap::new();
    for field in fields {
        *wrong.entry(field.entry_id).or_default() |= field.record_wrong();
    }
    Report {
        parts: vec![
            ("samples.all", by(&|_| language.text("samples.all_fields").to_owned())),
            ("samples.by_era", by(&era_of)),
            ("samples.by_form", by(&|field| field.form.clone())),
            ("samples.by_field", by(&|field| caption(state, &field.form, &field.field, language))),
        ],
        entries: (wrong.len() as i64, wrong.values().filter(|wrong| **wrong).count() as i64),
    }
}

pub(crate) struct Differs {
    entry: i64,
    field: String,
    caption: String,
    strip: String,
    record: String,
    sample: String,
    verdict: String,
}

#[derive(Template)]
#[template(path = "sample.html")]
struct SamplePage {
    shell: Shell,
    id: i64,
    about: String,
    figures: Vec<(&'static str, String)>,
    parts: Vec<(&'static str, Vec<Group>)>,
    differing: Vec<Differs>,
}

/// A sample with its fields, those outside the person's scope left out.
async fn load(state: &AppState, person: &Person, id: i64) -> Result<(Sample, Vec<SampleField>, Vec<Volume>)> {
    let sample = state.db.sample(id).await?;
    let volumes = scope(state, person).await?;
    let mut fields = state.db.sample_fields(id).await?;
    fields.retain(|field| volumes.iter().any(|volume| volume.id == field.volume_id));
    Ok((sample, fields, volumes))
}

/// Where record and sample differ the values of the record are shown: a view like any other.
async fn tell_of_differing(state: &AppState, person: &Person, fields: &[SampleField]) -> Result<()> {
    let mut entries: Vec<i64> =
        fields.iter().filter(|field| field.record_differs).map(|field| field.entry_id).collect();
    entries.sort_unstable();
    entries.dedup();
    tell_of_view(state, person, "sample", &entries).await
}

fn said(json: &str, language: Language) -> String {
    let statement: Option<Statement> = serde_json::from_str(json).unwrap_or_default();
    statement_text(statement.as_ref(), language)
}

pub(crate) async fn sample(
    State(state): State<AppState>,
    Extension(person): Extension<Person>,
    Extension(language): Extension<Language>,
    Path(id): Path<i64>,
) -> Result<Response> {
    let (sample, fields, volumes) = load(&state, &person, id).await?;
    let report = report(&state, &fields, &volumes, language);
    let mut differing = Vec::new();
    for field in fields.iter().filter(|field| field.record_differs) {
        let reading = state.db.entry(field.entry_id).await?;
        let bbox = reading.fields.get(&field.field).map(|read| read.bbox).filter(|bbox| bbox.area() > 0.0);
        differing.push(Differs {
            entry: field.entry_id,
            caption: caption(&state, &field.form, &field.field, language),
            strip: bbox.map_or_else(String::new, |b| {
                format!("/pages/{}/strips/{:.0}_{:.0}_{:.0}_{:.0}.jpg", field.page_id, b.x, b.y, b.w, b.h)
            }),
            record: said(&field.record_says, language),
            sample: said(&field.sample_says, language),
            verdict: field.verdict.clone().unwrap_or_default(),
            field: field.field.clone(),
        });
    }
    tell_of_differing(&state, &person, &fields).await?;
    let t = |key| language.text(key);
    let (keyed, wrong) = report.entries;
    let (rate, range) = interval(language, wrong, keyed);
    let figures = vec![
        (t("samples.keyed"), format!("{} / {}", sample.done, sample.entries)),
        (t("samples.keyed_fields"), format!("{} / {}", fields.len(), sample.fields_wanted)),
        (t("samples.entries_wrong"), format!("{wrong} / {keyed}")),
        (t("samples.entry_rate"), rate),
        (t("samples.entry_interval"), range),
    ];
    let mut shell = Shell::of(&person, language, "samples.title", "/supervise");
    shell.title = format!("{} {id}", t("samples.one"));
    let about = t("samples.about")
        .replace("{scope}", &sample.scope)
        .replace("{at}", &time_text(sample.at_ms))
        .replace("{population}", &sample.population.to_string())
        .replace("{fields}", &sample.population_fields.to_string())
        .replace("{wanted}", &wanted_text(language, &sample))
        .replace("{seed}", &sample.seed.to_string());
    let parts = report
        .parts
        .into_iter()
        .map(|(key, rows)| {
            (t(key), rows.into_iter().map(|(name, sums)| group(language, name, sums)).collect::<Vec<_>>())
        })
        .collect();
    render(&SamplePage { shell, id, about, figures, parts, differing })
}

#[derive(Debug, Deserialize)]
pub(crate) struct Judgement {
    entry: i64,
    field: String,
    #[serde(default)]
    verdict: String,
}

pub(crate) async fn judge_sample(
    State(state): State<AppState>,
    Extension(person): Extension<Person>,
    Path(id): Path<i64>,
    Form(form): Form<Judgement>,
) -> Result<Response> {
    // In scope, or as if it were not there.
    crate::view::load(&state, &person, form.entry).await?;
    let verdict = Verdict::parse(&form.verdict);
    state.db.judge_sample(person.who(), id, form.entry, &form.field, verdict).await?;
    Ok(Redirect::to(&format!("/samples/{id}#differing")).into_response())
}

/// The report as `report.csv`, the report and the differences as `report.xlsx`, the differences as `differences.csv`.
pub(crate) async fn export_sample(
    State(state): State<AppState>,
    Extension(person): Extension<Person>,
    Extension(language): Extension<Language>,
    Path((id, name)): Path<(i64, String)>,
) -> Result<Response> {
    let (_, fields, volumes) = load(&state, &person, id).await?;
    let t = |key| language.text(key);
    let mut groups = Table::new(
        t("samples.report"),
        &[
            t("samples.part"),
            t("samples.group"),
            t("supervise.compared"),
            t("samples.wrong"),
            t("supervise.rate"),
            t("samples.low"),
            t("samples.high"),
            t("samples.accepted"),
            t("samples.coverage"),
            t("samples.accepted_wrong"),
            t("samples.accepted_rate"),
            t("samples.low"),
            t("samples.high"),
        ],
    );
    let share = |part: i64, whole: i64| {
        if whole > 0 { Cell::Share(part as f64 / whole as f64) } else { Cell::Empty }
    };
    let ends = |part: i64, whole: i64| match wilson(part, whole) {
        Some((low, high)) => [Cell::Share(low), Cell::Share(high)],
        None => [Cell::Empty, Cell::Empty],
    };
    for (key, rows) in report(&state, &fields, &volumes, language).parts {
        for (name, sums) in rows {
            let [low, high] = ends(sums.wrong, sums.fields);
            let [accepted_low, accepted_high] = ends(sums.accepted_wrong, sums.accepted);
            groups.rows.push(vec![
                t(key).into(),
                name.into(),
                sums.fields.into(),
                sums.wrong.into(),
                share(sums.wrong, sums.fields),
                low,
                high,
                sums.accepted.into(),
                share(sums.accepted, sums.fields),
                sums.accepted_wrong.into(),
                share(sums.accepted_wrong, sums.accepted),
                accepted_low,
                accepted_high,
            ]);
        }
    }
    let mut differing = Table::new(
        t("samples.differing"),
        &[
            t("samples.entry"),
            t("supervise.field"),
            t("samples.record_says"),
            t("samples.sample_says"),
            t("samples.verdict"),
        ],
    );
    for field in fields.iter().filter(|field| field.record_differs) {
        let verdict = match field.verdict.as_deref() {
            Some("record") => t("samples.record_right"),
            Some("sample") => t("samples.record_wrong"),
            _ => "",
        };
        differing.rows.push(vec![
            field.entry_id.into(),
            caption(&state, &field.form, &field.field, language).into(),
            said(&field.record_says, language).into(),
            said(&field.sample_says, language).into(),
            verdict.into(),
        ]);
    }
    tell_of_differing(&state, &person, &fields).await?;
    let event = sobo_db::AuditEvent::new(person.who(), "sample.export", [format!("sample/{id}")]);
    state.db.record_events(&[event]).await?;
    match name.as_str() {
        "report.csv" | "report.xlsx" => download(&name, &[groups, differing]),
        "differences.csv" => download(&name, &[differing]),
        _ => Err(WebError::NotFound(name)),
    }
}

#[cfg(test)]
mod tests {
    use super::share;

    #[test]
    fn shares_as_people_type_them() {
        assert_eq!(share("0,5"), Some(0.005));
        assert_eq!(share(" 1 % "), Some(0.01));
        assert_eq!(share("0"), None);
        assert_eq!(share("100"), None);
        assert_eq!(share("ít"), None);
    }
}

//! Readers taught by verification: figures, promotion and roll-back by a person, consent of offices, drift.

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use axum::{Extension, Form};
use serde::Deserialize;
use sobo_adapt::{Card, Comparison, Scope};
use sobo_db::{DbError, Reread, Volume};

use super::{Shell, percent, render, time_text};
use crate::access::Person;
use crate::error::{Result, WebError};
use crate::state::AppState;
use crate::texts::Language;

/// How far back disagreement is told.
const DRIFT_DAYS: i64 = 12 * 7;
/// Share of values offered as right that may be wrong: fields are accepted from a confidence of 0.98.
const PROMISED: f64 = 0.02;

pub(crate) struct Figure {
    name: &'static str,
    old: String,
    new: String,
    interval: String,
    lines: usize,
    won: usize,
    lost: usize,
}

pub(crate) struct ModelCard {
    id: String,
    scope: String,
    lines: usize,
    minutes: String,
    made: String,
    judged_by: &'static str,
    figures: Vec<Figure>,
    offered: String,
    verdict: &'static str,
    class: &'static str,
    in_use: bool,
    may_promote: bool,
    withdrawn: i64,
}

pub(crate) struct OfficeRow {
    name: String,
    allowed: bool,
}

pub(crate) struct DriftRow {
    week: String,
    volume: String,
    compared: i64,
    differing: i64,
    rate: String,
    interval: String,
    /// More than was promised, and more than chance.
    broken: bool,
}

pub(crate) struct InUse {
    scope: String,
    model: String,
    who: String,
    reason: String,
    at: String,
    may_roll_back: bool,
}

#[derive(Template)]
#[template(path = "models.html")]
struct ModelsPage {
    shell: Shell,
    message: Option<String>,
    in_use: Vec<InUse>,
    models: Vec<ModelCard>,
    offices: Vec<OfficeRow>,
    drift: Vec<DriftRow>,
}

/// Volumes within the person's scope.
async fn volumes(state: &AppState, person: &Person) -> Result<Vec<Volume>> {
    let volumes = state.db.volumes().await?;
    Ok(volumes.into_iter().filter(|v| person.account.offices.covers(&v.descriptor.office)).collect())
}

/// Whether every volume a model would read is within the person's scope, and there is one.
async fn may_decide(state: &AppState, person: &Person, scope: &str) -> Result<Option<Vec<i64>>> {
    let Ok(scope) = scope.parse::<Scope>() else { return Ok(None) };
    let all = state.db.volumes().await?;
    let covered: Vec<&Volume> = all.iter().filter(|volume| scope.covers(&volume.descriptor)).collect();
    let within = covered.iter().all(|volume| person.account.offices.covers(&volume.descriptor.office));
    Ok((within && !covered.is_empty()).then(|| covered.iter().map(|volume| volume.id).collect()))
}

fn figure(language: Language, key: &'static str, compared: &Comparison) -> Figure {
    let points = |value: f64| {
        let text = format!("{:+.2}", 100.0 * value);
        if language == Language::Vietnamese { text.replace('.', ",") } else { text }
    };
    Figure {
        name: language.find(key).unwrap_or(key),
        old: percent(language, compared.old),
        new: percent(language, compared.new),
        interval: format!("{} … {}", points(compared.difference.0), points(compared.difference.1)),
        lines: compared.lines,
        won: compared.won_lost.0,
        lost: compared.won_lost.1,
    }
}

fn card(language: Language, model: &sobo_db::Model, in_use: bool) -> ModelCard {
    let t = |key: &'static str| language.find(key).unwrap_or(key);
    let card: Option<Card> = serde_json::from_str(&model.card).ok();
    let judged = card.as_ref().and_then(|card| card.judged.as_ref());
    let (verdict, class) = match model.verdict.as_str() {
        "better" => (t("models.better"), "ok"),
        "forgets" => (t("models.forgets"), "bad"),
        "not_better" => (t("models.not_better"), "warn"),
        _ => (t("models.not_judged"), "warn"),
    };
    ModelCard {
        id: model.id.clone(),
        scope: model.scope.clone(),
        lines: card.as_ref().map_or(0, |card| card.terms.lines),
        minutes: card.as_ref().map_or_else(String::new, |card| {
            let text = format!("{:.1}", card.terms.minutes);
            if language == Language::Vietnamese { text.replace('.', ",") } else { text }
        }),
        made: time_text(model.made_ms),
        judged_by: match judged {
            Some(judged) if judged.unseen_volumes => t("models.unseen_volumes"),
            Some(_) => t("models.other_pages"),
            None => "",
        },
        figures: judged.map_or_else(Vec::new, |judged| {
            vec![
                figure(language, "models.on_verified", &judged.verified),
                figure(language, "models.on_fixed", &judged.fixed),
            ]
        }),
        offered: judged.map_or_else(String::new, |judged| {
            let share = percent(language, judged.confidence.accepted);
            let wrong = percent(language, judged.confidence.accepted_wrong);
            let lines = t("models.offered").replace("{share}", &share).replace("{wrong}", &wrong);
            let fields = &judged.fields;
            if fields.fields == 0 {
                return lines;
            }
            let said = t("models.offered_fields")
                .replace("{share}", &percent(language, fields.accepted))
                .replace("{wrong}", &percent(language, fields.accepted_wrong))
                .replace("{fields}", &fields.fields.to_string())
                .replace("{pages}", &fields.pages.to_string());
            format!("{lines} {said}")
        }),
        verdict,
        class,
        in_use,
        may_promote: !in_use && model.verdict == "better" && model.withdrawn == 0,
        withdrawn: model.withdrawn,
    }
}

async fn page(
    state: &AppState,
    person: &Person,
    language: Language,
    message: Option<String>,
) -> Result<Response> {
    let own = volumes(state, person).await?;
    let promoted = state.db.promoted().await?;
    let (mut in_use, mut models) = (Vec::new(), Vec::new());
    for row in &promoted {
        if may_decide(state, person, &row.scope).await?.is_some() {
            in_use.push(InUse {
                scope: row.scope.clone(),
                model: row.model.clone().unwrap_or_else(|| language.text("models.shipped").to_owned()),
                who: row.who.clone(),
                reason: row.reason.clone(),
                at: time_text(row.at_ms),
                may_roll_back: row.model.is_some(),
            });
        }
    }
    for model in state.db.models().await? {
        if may_decide(state, person, &model.scope).await?.is_some() {
            let used = promoted.iter().any(|row| row.model.as_deref() == Some(&model.id));
            models.push(card(language, &model, used));
        }
    }
    let allowed = state.db.teaching_offices().await?;
    let mut names: Vec<String> = own.iter().map(|volume| volume.descriptor.office.clone()).collect();
    names.sort();
    names.dedup();
    let offices =
        names.into_iter().map(|name| OfficeRow { allowed: allowed.contains(&name), name }).collect();
    let now = time::OffsetDateTime::now_utc().unix_timestamp() * 1000;
    let drift = state.db.drift(now - DRIFT_DAYS * 86_400_000).await?;
    let drift = drift
        .into_iter()
        .filter_map(|row| {
            let volume = own.iter().find(|volume| volume.id == row.volume_id)?;
            let (low, high) = sobo_verify::wilson(row.differing, row.compared)?;
            Some(DriftRow {
                week: time_text(row.monday_ms).split(' ').next().unwrap_or_default().to_owned(),
                volume: volume.descriptor.name.clone(),
                compared: row.compared,
                differing: row.differing,
                rate: percent(language, row.differing as f64 / row.compared as f64),
                interval: format!(
                    "{}–{}",
                    percent(language, low).trim_end_matches(" %"),
                    percent(language, high)
                ),
                broken: low > PROMISED,
            })
        })
        .collect();
    render(&ModelsPage {
        shell: Shell::of(person, language, "models.title", "/models"),
        message,
        in_use,
        models,
        offices,
        drift,
    })
}

pub(crate) async fn models(
    State(state): State<AppState>,
    Extension(person): Extension<Person>,
    Extension(language): Extension<Language>,
) -> Result<Response> {
    page(&state, &person, language, None).await
}

#[derive(Deserialize)]
pub(crate) struct Decision {
    /// A model's identifier, or a scope to roll back.
    subject: String,
    reason: String,
    /// Read pages again that nobody has worked at.
    #[serde(default)]
    reread: Option<String>,
}

/// Lets a model judged better read its scope.
pub(crate) async fn promote(
    State(state): State<AppState>,
    Extension(person): Extension<Person>,
    Extension(language): Extension<Language>,
    Form(form): Form<Decision>,
) -> Result<Response> {
    let model = state.db.model(&form.subject).await?;
    let Some(covered) = may_decide(&state, &person, &model.scope).await? else {
        return Err(WebError::NotFound("model".to_owned()));
    };
    match state.db.promote_model(person.who(), &model.id, &form.reason).await {
        Ok(()) => {}
        Err(DbError::Conflict { .. }) => {
            let refused = language.text("models.promote_refused").to_owned();
            return page(&state, &person, language, Some(refused)).await;
        }
        Err(error) => return Err(error.into()),
    }
    again(&state, &person, &form, &covered, &model.id).await?;
    Ok(Redirect::to("/models").into_response())
}

/// Gives a scope back to what read it before.
pub(crate) async fn roll_back(
    State(state): State<AppState>,
    Extension(person): Extension<Person>,
    Extension(language): Extension<Language>,
    Form(form): Form<Decision>,
) -> Result<Response> {
    let Some(covered) = may_decide(&state, &person, &form.subject).await? else {
        return Err(WebError::NotFound("model".to_owned()));
    };
    let before = match state.db.roll_back_model(person.who(), &form.subject, &form.reason).await {
        Ok(before) => before.unwrap_or_default(),
        Err(DbError::Conflict { .. }) => {
            let refused = language.text("models.roll_back_refused").to_owned();
            return page(&state, &person, language, Some(refused)).await;
        }
        Err(error) => return Err(error.into()),
    };
    again(&state, &person, &form, &covered, &before).await?;
    Ok(Redirect::to("/models").into_response())
}

async fn again(
    state: &AppState,
    person: &Person,
    form: &Decision,
    covered: &[i64],
    model: &str,
) -> Result<()> {
    if form.reread.is_some() {
        let which = Reread { volumes: covered, model };
        state.db.reread_untouched(person.who(), &which, &form.reason).await?;
    }
    Ok(())
}

#[derive(Deserialize)]
pub(crate) struct Consent {
    office: String,
    #[serde(default)]
    allowed: Option<String>,
}

/// Says whether the verified lines of an office may teach.
pub(crate) async fn teaching(
    State(state): State<AppState>,
    Extension(person): Extension<Person>,
    Form(form): Form<Consent>,
) -> Result<Response> {
    if !volumes(&state, &person).await?.iter().any(|volume| volume.descriptor.office == form.office) {
        return Err(WebError::NotFound("office".to_owned()));
    }
    state.db.set_teaching_office(person.who(), &form.office, form.allowed.is_some()).await?;
    Ok(Redirect::to("/models").into_response())
}

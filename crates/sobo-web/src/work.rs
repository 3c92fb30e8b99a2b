//! The work at entries: queues and leases, turns, drafts, everything that happens to a record.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use indexmap::IndexMap;
use serde::Deserialize;
use serde_json::{Value, json};
use sobo_core::{Original, Rect};
use sobo_db::{Acted, NewRecord, PageNote, QueueOrder, SampleSubmitted, Wish};
use sobo_verify::{Event, Role, Stage, Statement, StepKind};

use crate::access::Person;
use crate::error::{Result, WebError};
use crate::image::page_in_scope;
use crate::state::{AppState, PagePlace};
use crate::texts::Language;
use crate::typed::normalise;
use crate::view::{Mode, check_json, entry_json, field_kind, kept_back, load, notes_json, sampled_fields};

/// Begins records for entries that have none, at most so many at a time.
const BEGIN_AT_ONCE: i64 = 500;

/// Begins a record for every entry the pipeline has read since, and drops those a new reading replaced.
///
/// # Errors
/// The database fails.
pub async fn begin_new_records(state: &AppState) -> std::result::Result<u64, sobo_db::DbError> {
    crate::rescan::carry_over(state).await?;
    let mut begun = 0;
    loop {
        let found = state.db.entries_without_record(BEGIN_AT_ONCE).await?;
        if found.is_empty() {
            break;
        }
        let mut records = Vec::with_capacity(found.len());
        for entry in &found {
            let reading = state.db.entry(entry.entry_id).await?;
            records.push(NewRecord {
                entry_id: entry.entry_id,
                page_id: entry.page_id,
                volume_id: entry.volume_id,
                office: entry.office.clone(),
                form: entry.form.clone(),
                place: entry.place,
                chain: state.settings.chain_of(&entry.office).clone(),
                draw: rand::random_range(0..1000),
                sheet: crate::rescan::sheet(state, &reading, &entry.form).await?,
            });
        }
        state.db.begin_records(&records).await?;
        begun += records.len() as u64;
    }
    state.db.drop_stale_records().await?;
    Ok(begun)
}

/// The queue of samples, beside the steps of the chain.
pub(crate) const SAMPLE: &str = "sample";

/// Which entry is wanted next.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct NextWanted {
    volume: Option<i64>,
    step: Option<String>,
    order: Option<String>,
    after: Option<i64>,
    except: Vec<i64>,
}

pub(crate) async fn next(
    State(state): State<AppState>,
    Extension(person): Extension<Person>,
    Extension(language): Extension<Language>,
    Json(wanted): Json<NextWanted>,
) -> Result<Response> {
    let actor = person.account.actor();
    let mut steps = state.settings.steps_for(&actor.roles);
    if let Some(step) = wanted.step.as_deref().filter(|step| !step.is_empty() && *step != SAMPLE) {
        let step = StepKind::parse(step).ok_or_else(|| WebError::Bad(format!("step {step}")))?;
        steps.retain(|known| *known == step);
    }
    let wish = Wish {
        actor: &actor,
        offices: &person.account.offices,
        steps: &steps,
        volume: wanted.volume,
        order: match wanted.order.as_deref() {
            Some("doubt") => QueueOrder::Doubt,
            Some("oldest") => QueueOrder::Oldest,
            Some("teaching") => QueueOrder::Teaching,
            _ => QueueOrder::Reading,
        },
        after: wanted.after.unwrap_or(-1),
        except: &wanted.except,
        lease_ms: state.settings.lease_ms,
    };
    if wanted.step.as_deref() == Some(SAMPLE) {
        let leased = state.db.lease_sample(&actor, wish.offices, wish.except, wish.lease_ms).await?;
        return match leased {
            Some((sample, entry)) => {
                let json = entry_json(&state, &person, language, entry, Mode::Sample(sample)).await?;
                Ok(Json(json).into_response())
            }
            None => Ok(StatusCode::NO_CONTENT.into_response()),
        };
    }
    // Of all volumes the server weighs one after the other by itself; a single one is weighed before it is asked for.
    if let (QueueOrder::Teaching, Some(volume)) = (wish.order, wish.volume) {
        crate::teaching::weigh_if_new(&state, volume).await?;
    }
    let mut found = state.db.lease_next(&wish).await?;
    if found.is_none() && begin_new_records(&state).await? > 0 {
        found = state.db.lease_next(&wish).await?;
    }
    match found {
        Some(entry) => {
            let json = entry_json(&state, &person, language, entry, Mode::Turn).await?;
            Ok(Json(json).into_response())
        }
        None => Ok(StatusCode::NO_CONTENT.into_response()),
    }
}

pub(crate) async fn show(
    State(state): State<AppState>,
    Extension(person): Extension<Person>,
    Extension(language): Extension<Language>,
    Path(entry): Path<i64>,
) -> Result<Json<Value>> {
    // Whoever holds the lease goes on with the turn, also after a reload.
    let (record, _, _) = load(&state, &person, entry).await?;
    if let Some(sample) = state.db.sample_of(entry, person.id()).await? {
        return Ok(Json(entry_json(&state, &person, language, entry, Mode::Sample(sample)).await?));
    }
    let now = (time::OffsetDateTime::now_utc().unix_timestamp_nanos() / 1_000_000) as i64;
    let mine = record.lease_person == Some(person.id()) && record.lease_until_ms > now;
    let mode = if mine { Mode::Turn } else { Mode::View };
    Ok(Json(entry_json(&state, &person, language, entry, mode).await?))
}

pub(crate) async fn take(
    State(state): State<AppState>,
    Extension(person): Extension<Person>,
    Extension(language): Extension<Language>,
    Path(entry): Path<i64>,
) -> Result<Json<Value>> {
    let (_, verification, _) = load(&state, &person, entry).await?;
    let step = verification.may_take(&person.account.actor())?;
    if step == StepKind::Blind && state.db.has_seen(entry, person.id()).await? {
        return Err(WebError::Bad(language.text("entry.why_seen").to_owned()));
    }
    if !state.db.lease(entry, person.id(), state.settings.lease_ms).await? {
        return Err(WebError::Leased);
    }
    Ok(Json(entry_json(&state, &person, language, entry, Mode::Turn).await?))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Entries {
    entries: Vec<i64>,
    samples: Vec<i64>,
}

pub(crate) async fn renew(
    State(state): State<AppState>,
    Extension(person): Extension<Person>,
    Json(body): Json<Entries>,
) -> Result<Json<Value>> {
    let mut lost = Vec::new();
    let actor = person.account.actor();
    for entry in body.entries.into_iter().take(10) {
        // Only what the person may do is held: renewing must not be a way to keep entries from others.
        let (_, verification, _) = load(&state, &person, entry).await?;
        let may = verification.may_take(&actor).is_ok();
        if !may || !state.db.lease(entry, person.id(), state.settings.lease_ms).await? {
            lost.push(entry);
        }
    }
    for entry in body.samples.into_iter().take(10) {
        if !state.db.renew_sample(entry, person.id(), state.settings.lease_ms).await? {
            lost.push(entry);
        }
    }
    Ok(Json(json!({ "lost": lost })))
}

pub(crate) async fn release(
    State(state): State<AppState>,
    Extension(person): Extension<Person>,
    Json(body): Json<Entries>,
) -> Result<StatusCode> {
    for entry in body.entries.into_iter().take(10) {
        state.db.release(entry, person.id()).await?;
    }
    for entry in body.samples.into_iter().take(10) {
        state.db.renew_sample(entry, person.id(), 0).await?;
    }
    Ok(StatusCode::NO_CONTENT)
}

/// A draft must not become a store for anything else.
const DRAFT: usize = 64 << 10;

pub(crate) async fn save_draft(
    State(state): State<AppState>,
    Extension(person): Extension<Person>,
    Path(entry): Path<i64>,
    Json(body): Json<Value>,
) -> Result<StatusCode> {
    load(&state, &person, entry).await?;
    let body = body.to_string();
    if body.len() > DRAFT {
        return Err(WebError::Bad("draft too large".to_owned()));
    }
    state.db.save_draft(entry, person.id(), &body).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Debug, Deserialize)]
pub(crate) struct Submission {
    step: String,
    deeds: i64,
    #[serde(default)]
    sample: Option<i64>,
    statements: IndexMap<String, Statement>,
}

pub(crate) async fn submit(
    State(state): State<AppState>,
    Extension(person): Extension<Person>,
    Extension(language): Extension<Language>,
    Path(entry): Path<i64>,
    Json(submission): Json<Submission>,
) -> Result<Json<Value>> {
    let (record, verification, _) = load(&state, &person, entry).await?;
    let volume = state.db.volume(record.volume_id).await?;
    let last_year = volume.descriptor.year_to.unwrap_or(volume.descriptor.year_from);
    let mut statements = submission.statements;
    for (field, statement) in &mut statements {
        let typed = normalise(field_kind(&state, &record.form, field), &statement.text, last_year);
        statement.text = typed.text;
        statement.value = typed.value;
    }
    if let Some(sample) = submission.sample {
        return submit_sample(&state, &person, sample, entry, &verification, &statements).await;
    }
    let step = StepKind::parse(&submission.step);
    let step = step.ok_or_else(|| WebError::Bad(format!("step {}", submission.step)))?;
    // Who has seen the values does not read them blind, however the entry was opened.
    let due = verification.stage() == Stage::Awaiting(StepKind::Blind) && record.deeds == submission.deeds;
    if due && step == StepKind::Blind && state.db.has_seen(entry, person.id()).await? {
        return Err(WebError::Bad(language.text("entry.why_seen").to_owned()));
    }
    let event = Event::Submit { step, statements };
    let acted =
        state.db.act(entry, submission.deeds, event.clone(), &person.account.actor(), person.who()).await?;
    match acted {
        Acted::Moved => {
            // The answer to a first attempt may have been lost: the same submission again has already happened.
            let (_, now) = state.db.record(entry).await?;
            let same = usize::try_from(submission.deeds)
                .ok()
                .and_then(|index| now.history().get(index))
                .is_some_and(|deed| deed.event == event && deed.actor.person.0 == person.id());
            if same { Ok(Json(json!({ "stage": now.stage().as_str() }))) } else { Err(WebError::Moved) }
        }
        other => answer(other),
    }
}

/// Keeps what a person keyed of an entry drawn into a sample. The same again, after a lost answer, does no harm.
async fn submit_sample(
    state: &AppState,
    person: &Person,
    sample: i64,
    entry: i64,
    verification: &sobo_verify::State,
    statements: &IndexMap<String, Statement>,
) -> Result<Json<Value>> {
    let all = state.db.sample(sample).await?.all_fields;
    let fields = sampled_fields(verification, all);
    if statements.values().any(|statement| !statement.is_well_formed()) {
        return Err(WebError::Bad("statement".to_owned()));
    }
    let submitted =
        state.db.submit_sample(person.who(), sample, entry, person.id(), &fields, statements).await?;
    match submitted {
        SampleSubmitted::Done => Ok(Json(json!({ "stage": SAMPLE }))),
        SampleSubmitted::NotYours => Err(WebError::Moved),
    }
}

fn answer(acted: Acted) -> Result<Json<Value>> {
    match acted {
        Acted::Done(state) => {
            Ok(Json(json!({ "stage": state.stage().as_str(), "deeds": state.history().len() })))
        }
        Acted::Refused(refusal) => Err(WebError::Refused(refusal)),
        Acted::Moved => Err(WebError::Moved),
        Acted::Leased => Err(WebError::Leased),
    }
}

#[derive(Debug, Deserialize)]
pub(crate) struct ActionBody {
    deeds: i64,
    #[serde(default)]
    reason: String,
}

pub(crate) async fn act(
    State(state): State<AppState>,
    Extension(person): Extension<Person>,
    Path((entry, action)): Path<(i64, String)>,
    Json(body): Json<ActionBody>,
) -> Result<Json<Value>> {
    load(&state, &person, entry).await?;
    let reason = body.reason.trim().to_owned();
    let event = match action.as_str() {
        "return" => Event::Return { reason },
        "withdraw" => Event::Withdraw { reason },
        "restore" => Event::Restore,
        "reopen" => Event::Reopen { reason },
        "take_back" => Event::TakeBack,
        _ => return Err(WebError::NotFound(action)),
    };
    answer(state.db.act(entry, body.deeds, event, &person.account.actor(), person.who()).await?)
}

#[derive(Debug, Deserialize)]
pub(crate) struct Normalise {
    kind: sobo_core::FieldKind,
    text: String,
    volume: i64,
}

pub(crate) async fn normalise_text(
    State(state): State<AppState>,
    Json(body): Json<Normalise>,
) -> Result<Json<Value>> {
    let volume = state.db.volume(body.volume).await?;
    let last_year = volume.descriptor.year_to.unwrap_or(volume.descriptor.year_from);
    let text: String = body.text.chars().take(400).collect();
    let typed = normalise(body.kind, &text, last_year);
    Ok(Json(json!({ "text": typed.text, "value": typed.value, "shown": typed.shown })))
}

#[derive(Debug, Deserialize)]
pub(crate) struct Typing {
    fields: IndexMap<String, String>,
}

/// Fields at most, and characters of each, that are held against one another.
const TYPED: (usize, usize) = (200, 400);

/// Warnings about what is typed, by field. Of the entry nothing goes in but its form and its book: who reads blind is
/// told of what the own words say against one another, and of nothing else.
pub(crate) async fn check_typing(
    State(state): State<AppState>,
    Extension(person): Extension<Person>,
    Extension(language): Extension<Language>,
    Path(entry): Path<i64>,
    Json(body): Json<Typing>,
) -> Result<Response> {
    let (record, _, _) = load(&state, &person, entry).await?;
    let Some(reader) = state.reader.clone() else { return Ok(StatusCode::NO_CONTENT.into_response()) };
    let volume = state.db.volume(record.volume_id).await?.descriptor;
    let years = (volume.year_from, volume.year_to.unwrap_or(volume.year_from));
    let typed: Vec<(String, String)> = body
        .fields
        .into_iter()
        .take(TYPED.0)
        .map(|(name, text)| (name, text.chars().take(TYPED.1).collect()))
        .collect();
    let mut found: IndexMap<String, Vec<Value>> = IndexMap::new();
    for (field, check) in reader.contradictions(&record.form, years, &typed) {
        found.entry(field).or_default().push(check_json(&state, &record.form, &check, language));
    }
    Ok(Json(found).into_response())
}

#[derive(Debug, Deserialize)]
pub(crate) struct Reread {
    field: String,
    bbox: Rect<Original>,
}

pub(crate) async fn reread(
    State(state): State<AppState>,
    Extension(person): Extension<Person>,
    Path(entry): Path<i64>,
    Json(body): Json<Reread>,
) -> Result<Response> {
    let (record, verification, _) = load(&state, &person, entry).await?;
    // Who reads blind, or may yet, draws the box and types: the machine would read any other field's box as well.
    let hidden = verification.stage() == Stage::Awaiting(StepKind::Blind)
        || !kept_back(&state, &record.form, &verification, &person.account.actor()).is_empty()
        || state.db.sample_of(entry, person.id()).await?.is_some();
    let Some(reader) = state.reader.clone().filter(|_| !hidden) else {
        return Ok(StatusCode::NO_CONTENT.into_response());
    };
    let (page, _) = page_in_scope(&state, &person, record.page_id).await?;
    let place = PagePlace { volume: page.volume_id, original: page.original, page_index: page.page_index };
    let event = sobo_db::AuditEvent::new(person.who(), "field.read_again", [format!("entry/{entry}")])
        .with(json!({ "field": body.field, "bbox": body.bbox }));
    state.db.record_events(&[event]).await?;
    let field =
        tokio::task::spawn_blocking(move || reader.read_field(&place, &record.form, &body.field, body.bbox))
            .await?
            .map_err(|error| {
                tracing::info!(entry, %error, "a box could not be read");
                WebError::Said("action.read_failed")
            })?;
    Ok(Json(json!({
        "text": field.text,
        "lacuna": field.lacuna,
        "candidates": field.candidates.iter().map(|candidate| &candidate.text).collect::<Vec<_>>(),
    }))
    .into_response())
}

#[derive(Debug, Deserialize)]
pub(crate) struct NewNote {
    kind: String,
    reason: String,
    entry: Option<i64>,
}

/// What may be noted of a page for others to do; what a clerk can do is done (`page_work`).
const NOTES: [&str; 1] = ["rescan"];

pub(crate) async fn note(
    State(state): State<AppState>,
    Extension(person): Extension<Person>,
    Path(page): Path<i64>,
    Json(body): Json<NewNote>,
) -> Result<Json<Value>> {
    page_in_scope(&state, &person, page).await?;
    let reason = body.reason.trim();
    if !NOTES.contains(&body.kind.as_str()) || reason.is_empty() || reason.chars().count() > 1000 {
        return Err(WebError::Bad("note".to_owned()));
    }
    let note = PageNote {
        id: 0,
        page_id: page,
        entry_id: body.entry,
        kind: body.kind,
        reason: reason.to_owned(),
        person: person.id(),
        at_ms: 0,
        closed_ms: None,
        closed_by: None,
    };
    let note = state.db.note_page(person.who(), &note).await?;
    Ok(Json(json!({ "note": note, "notes": notes_json(&state, &person, page).await? })))
}

pub(crate) async fn close_note(
    State(state): State<AppState>,
    Extension(person): Extension<Person>,
    Path(id): Path<i64>,
) -> Result<StatusCode> {
    let note = state.db.open_notes(None).await?.into_iter().find(|note| note.id == id);
    let note = note.ok_or_else(|| WebError::NotFound(format!("note {id}")))?;
    page_in_scope(&state, &person, note.page_id).await?;
    let settles = person.account.holds_any(&[Role::Archive, Role::Supervisor]);
    if note.person != person.id() && !settles {
        return Err(WebError::Forbidden);
    }
    state.db.close_note(person.who(), person.id(), id).await?;
    Ok(StatusCode::NO_CONTENT)
}

//! One entry as one person may see it.

use serde_json::{Value, json};
use sobo_core::{Check, CheckEffect, FieldKind, FormField};
use sobo_db::{EntryRecord, Record};
use sobo_verify::{Actor, Refusal, Role, Stage, State as Verification, Statement, StepKind, Turn};

use crate::access::Person;
use crate::error::{Result, WebError};
use crate::image::{describe, page_in_scope};
use crate::state::AppState;
use crate::texts::Language;

/// How an entry is opened.
#[derive(Debug, Copy, Clone, PartialEq, Eq)]
pub(crate) enum Mode {
    /// To take the step that is due: the person holds the lease.
    Turn,
    /// To look.
    View,
    /// To key it blind for this sample.
    Sample(i64),
}

/// The fields a person keys of an entry drawn into a sample: every one, or those that matter.
pub(crate) fn sampled_fields(verification: &Verification, all: bool) -> Vec<String> {
    let fields = verification.sheet().fields.iter();
    fields.filter(|(_, start)| all || start.blind).map(|(name, _)| name.clone()).collect()
}

/// A record with its state and its reading, if it lies within the person's scope.
pub(crate) async fn load(
    state: &AppState,
    person: &Person,
    entry: i64,
) -> Result<(Record, Verification, EntryRecord)> {
    let (record, verification) = state.db.record(entry).await?;
    if !person.account.offices.covers(&record.office) {
        return Err(WebError::NotFound(format!("entry {entry}")));
    }
    let reading = state.db.entry(entry).await?;
    Ok((record, verification, reading))
}

/// Fields that must be kept from someone who may yet read the record blind: holds the role of the blind step, took no
/// step in this round, and that step is still to come.
pub(crate) fn hidden_fields(verification: &Verification, actor: &Actor) -> Vec<String> {
    let round = verification.round();
    let mut this_round = verification.snapshots().iter().filter(|snapshot| snapshot.round == round);
    let took_part = this_round.clone().any(|snapshot| snapshot.person == actor.person);
    let read_blind = this_round.any(|snapshot| snapshot.step == StepKind::Blind);
    let may_be_asked = verification
        .chain()
        .steps
        .iter()
        .any(|step| step.kind == StepKind::Blind && actor.holds_any(&step.roles));
    let to_come = matches!(verification.stage(), Stage::Awaiting(_)) && !read_blind;
    if !may_be_asked || took_part || !to_come {
        return Vec::new();
    }
    let fields = verification.sheet().fields.iter();
    fields.filter(|(_, start)| start.blind).map(|(name, _)| name.clone()).collect()
}

/// [`hidden_fields`] with the fields that would give them away: a name that the margin repeats, free text that may hold
/// one. These are not asked of the blind reader, only kept from sight.
pub(crate) fn kept_back(
    state: &AppState,
    form: &str,
    verification: &Verification,
    actor: &Actor,
) -> Vec<String> {
    let mut kept = hidden_fields(verification, actor);
    if !kept.is_empty() {
        let telling =
            |name: &String| matches!(field_kind(state, form, name), FieldKind::PersonName | FieldKind::Text);
        let fields = verification.sheet().fields.iter();
        kept.extend(
            fields.filter(|(name, start)| !start.blind && telling(name)).map(|(name, _)| name.clone()),
        );
    }
    kept
}

/// Tells the audit that a person saw the values of records, and why; the person will not be asked to read these blind.
///
/// # Errors
/// The database fails: then nothing may be shown.
pub(crate) async fn tell_of_view(
    state: &AppState,
    person: &Person,
    why: &str,
    entries: &[i64],
) -> Result<()> {
    if entries.is_empty() {
        return Ok(());
    }
    let subjects = entries.iter().map(|entry| format!("entry/{entry}"));
    let event = sobo_db::AuditEvent::new(person.who(), "entry.view", subjects).because(why);
    state.db.record_events(&[event]).await?;
    Ok(state.db.mark_seen(entries, person.id()).await?)
}

/// The kind of a field, by its form or, where the form does not know it, by its name.
pub(crate) fn field_kind(state: &AppState, form: &str, field: &str) -> FieldKind {
    if let Some(known) = state.forms.get(form).and_then(|form| form.field(field)) {
        return known.kind;
    }
    match field {
        name if name.ends_with("_date_words") => FieldKind::DateWords,
        name if name.ends_with("_date") => FieldKind::Date,
        name if name.ends_with("_name") => FieldKind::PersonName,
        name if name.ends_with("_age") || name == "age" => FieldKind::Age,
        name if name.ends_with("_birth_year") => FieldKind::Year,
        name if name.ends_with("ethnicity") => FieldKind::Ethnicity,
        name if name.ends_with("nationality") => FieldKind::Nationality,
        name if name.ends_with("id_number") => FieldKind::Identity,
        "sex" => FieldKind::Sex,
        "entry_number" | "book_number" => FieldKind::Number,
        "registration_type" => FieldKind::RegistrationType,
        _ => FieldKind::Text,
    }
}

/// What a field is called on the screen.
pub(crate) fn caption(state: &AppState, form: &str, field: &str, language: Language) -> String {
    let of_form = |known: &FormField| match language {
        Language::Vietnamese => known.caption_vi.clone(),
        Language::English => known.caption_en.clone(),
    };
    let of_form = state.forms.get(form).and_then(|form| form.field(field)).map(of_form);
    of_form
        .filter(|caption| !caption.is_empty())
        .or_else(|| language.find(&format!("field.{field}")).map(str::to_owned))
        .unwrap_or_else(|| field.replace('_', " "))
}

/// The JSON the entry screen shows. A view of values is recorded in the audit.
pub(crate) async fn entry_json(
    state: &AppState,
    person: &Person,
    language: Language,
    entry: i64,
    mode: Mode,
) -> Result<Value> {
    let (record, verification, reading) = load(state, person, entry).await?;
    let actor = person.account.actor();
    let opened = Turn::open(&verification, &actor);
    let sample = match mode {
        Mode::Sample(sample) => {
            let sample = state.db.sample(sample).await?;
            Some((sample.id, sampled_fields(&verification, sample.all_fields)))
        }
        Mode::Turn | Mode::View => None,
    };
    let (mode, why) = match (&opened, mode) {
        (_, Mode::Sample(_)) => (mode, None),
        (Ok(_), Mode::Turn) => (Mode::Turn, None),
        (Err(refusal), _) => (Mode::View, explain(refusal, language)),
        (Ok(_), Mode::View) => (Mode::View, None),
    };
    let turn = opened.ok();
    let step = turn.as_ref().filter(|_| mode == Mode::Turn).map(Turn::step);
    let hidden = match (&sample, step) {
        (Some(_), _) => verification.sheet().fields.keys().cloned().collect(),
        (None, Some(step)) if step != StepKind::Blind => Vec::new(),
        (None, _) => kept_back(state, &record.form, &verification, &actor),
    };
    if hidden.is_empty() {
        state.db.mark_seen(&[entry], person.id()).await?;
    }
    let event = sobo_db::AuditEvent::new(
        person.who(),
        "entry.view",
        [format!("entry/{entry}"), format!("page/{}", record.page_id)],
    )
    .because(if sample.is_some() { crate::work::SAMPLE } else { step.map_or("view", StepKind::as_str) });
    state.db.record_events(&[event]).await?;

    let (page, volume) = page_in_scope(state, person, record.page_id).await?;
    let values = verification.values();
    let earlier = Earlier::of(state, &verification).await?;
    let fields: Vec<Value> = verification
        .sheet()
        .fields
        .iter()
        .filter(|(name, _)| sample.as_ref().is_none_or(|(_, fields)| fields.contains(name)))
        .map(|(name, start)| {
            let read = reading.fields.get(name);
            let in_turn =
                turn.as_ref().filter(|_| mode == Mode::Turn).and_then(|turn| turn.fields().get(name));
            let is_hidden = hidden.contains(name);
            // Kept from a blind reader's sight, and not asked.
            let is_closed = is_hidden && !start.blind && sample.is_none();
            let shown = match (is_hidden, in_turn) {
                (true, _) => None,
                (false, Some(field)) => field.shown.clone(),
                (false, None) => values.get(name).cloned(),
            };
            let form = state.forms.get(&record.form);
            let known = form.and_then(|form| form.field(name));
            // Of a box that was read as ticked a clerk sees what is printed beside it.
            let ticked = |statement: Statement| match form
                .zip(statement.value.as_deref())
                .and_then(|(form, value)| form.box_caption(name, value))
            {
                Some(caption) if statement.text == TICK => {
                    Statement { text: caption.to_owned(), ..statement }
                }
                _ => statement,
            };
            let shown = shown.map(ticked);
            let mut json = json!({
                "name": name,
                "caption": caption(state, &record.form, name, language),
                "kind": field_kind(state, &record.form, name),
                "max_lines": known.map_or(1, |known| known.max_lines),
                "bbox": read.map(|read| read.bbox).filter(|bbox| bbox.area() > 0.0),
                "shown": shown,
                "hidden": is_hidden,
                "attention": in_turn.is_some_and(|field| field.attention && !is_closed)
                    || (sample.is_some()
                        && (start.reading.is_some() || start.required || values.contains_key(name))),
                "open": sample.is_some() || in_turn.is_some_and(|field| field.open && !is_closed),
                "required": start.required,
            });
            if let Some(other) = in_turn.and_then(|field| field.other.clone()) {
                json["other"] = json!(other);
            }
            json["disputed"] =
                json!(step == Some(StepKind::Arbitrate) && verification.disputed().contains(name));
            if !is_hidden && let Some(read) = read {
                json["accepted"] = json!(start.accepted);
                json["confidence"] = json!(read.confidence);
                json["candidates"] = json!(candidates(read, shown_text(&json)));
                json["checks"] = checks(state, &record.form, read, language);
            }
            if !is_hidden && start.carried {
                json["carried"] = json!(true);
                json["earlier_strip"] = json!(earlier.as_ref().and_then(|earlier| earlier.strip(name)));
            }
            json
        })
        .collect();

    let draft = match mode {
        Mode::Turn | Mode::Sample(_) => state.db.draft(entry, person.id()).await?,
        Mode::View => None,
    };
    let draft = draft.and_then(|(body, _)| serde_json::from_str::<Value>(&body).ok());
    let notes = notes_json(state, person, record.page_id).await?;
    let descriptor = &volume.descriptor;
    let years = match descriptor.year_to {
        Some(to) if to != descriptor.year_from => format!("{}–{to}", descriptor.year_from),
        _ => descriptor.year_from.to_string(),
    };
    Ok(json!({
        "id": entry,
        "person": person.id(),
        "mode": if mode == Mode::View { "view" } else { "turn" },
        "sample": sample.as_ref().map(|(id, _)| id),
        "earlier": earlier.as_ref().map(|earlier| earlier.page),
        "why": why,
        "can_take": mode == Mode::View && turn.is_some(),
        "can_restore": verification.stage() == Stage::Withdrawn
            && person.account.holds_any(&[Role::Clerk, Role::Checker, Role::Supervisor]),
        "can_reopen": person.holds(Role::Supervisor) && verification.stage() == Stage::SignedOff,
        "stage": record.stage,
        "step": if sample.is_some() { Some(crate::work::SAMPLE) } else { step.map(StepKind::as_str) },
        "deeds": record.deeds,
        "place": record.place,
        "form": record.form,
        "bbox": reading.head.bbox,
        "chain": chain_json(&verification),
        "volume": { "id": volume.id, "name": descriptor.name, "office": descriptor.office, "years": years },
        "page": describe(state, &page).await,
        "entries": entries_json(state, record.page_id).await?,
        "fields": fields,
        "draft": draft,
        "notes": notes,
    }))
}

/// The same entry on the scan before a rescan.
struct Earlier {
    page: i64,
    entry: EntryRecord,
}

impl Earlier {
    async fn of(state: &AppState, verification: &Verification) -> Result<Option<Self>> {
        let Some(old) = verification.sheet().carried_from else { return Ok(None) };
        let entry = state.db.entry(old).await?;
        Ok(Some(Self { page: entry.head.page_id, entry }))
    }

    /// Address of the picture of a field on the old scan.
    fn strip(&self, field: &str) -> Option<String> {
        let bbox = self.entry.fields.get(field).map(|field| field.bbox).filter(|bbox| bbox.area() > 0.0)?;
        Some(format!(
            "/pages/{}/strips/{:.0}_{:.0}_{:.0}_{:.0}.jpg",
            self.page, bbox.x, bbox.y, bbox.w, bbox.h
        ))
    }
}

/// What a reading has for a mark in a box to tick.
const TICK: &str = "x";

fn shown_text(json: &Value) -> &str {
    json["shown"]["text"].as_str().unwrap_or_default()
}

/// Alternatives worth offering: at most five, without the one already shown.
fn candidates(read: &sobo_core::Field, shown: &str) -> Vec<String> {
    // The reading itself comes first where something else is shown: a value carried over, or keyed before.
    let texts = read.candidates.iter().map(|candidate| &candidate.text);
    let texts = std::iter::once(&read.text).chain(texts).cloned();
    let mut texts: Vec<String> = texts.filter(|text| !text.is_empty() && text != shown).collect();
    let mut seen = std::collections::HashSet::new();
    texts.retain(|text| seen.insert(text.clone()));
    texts.truncate(5);
    texts
}

/// Rules that only the entries around can tell: they are not asked anew while somebody types.
const OF_PAGE: [&str; 3] = ["entry_number_sequence", "previous_page", "ditto_without_source"];

/// Warnings of cross-checks, in words.
fn checks(state: &AppState, form: &str, read: &sobo_core::Field, language: Language) -> Value {
    let contradictions = read.checks.iter().filter(|check| check.effect == CheckEffect::Contradicts);
    contradictions.map(|check| check_json(state, form, check, language)).collect()
}

/// One warning.
pub(crate) fn check_json(state: &AppState, form: &str, check: &Check, language: Language) -> Value {
    let key = format!("check.{}", check.rule);
    let rule = language.find(&key).unwrap_or(language.text("check.other"));
    let other = check.other.as_deref().map(|other| caption(state, form, other, language));
    json!({
        "rule": check.rule, "text": rule.replace("{other}", &other.unwrap_or_default()),
        "of_page": OF_PAGE.contains(&check.rule.as_str()),
    })
}

fn chain_json(verification: &Verification) -> Value {
    let round = verification.round();
    let done: Vec<StepKind> = verification
        .snapshots()
        .iter()
        .filter(|snapshot| snapshot.round == round)
        .map(|snapshot| snapshot.step)
        .collect();
    let stage = verification.stage();
    let steps = verification.chain().steps.iter().map(|step| {
        json!({
            "kind": step.kind.as_str(),
            "done": done.contains(&step.kind),
            "due": stage == Stage::Awaiting(step.kind),
        })
    });
    steps.collect()
}

/// The entries of a page: for the boxes beside the one at work.
pub(crate) async fn entries_json(state: &AppState, page: i64) -> Result<Value> {
    let records = state.db.records_of_page(page).await?;
    let mut entries = Vec::with_capacity(records.len());
    let heads = state.db.entries_of_page(page).await?;
    let mut number = 0;
    for record in &records {
        // Those taken out are not counted.
        number += usize::from(record.stage != Stage::Withdrawn.as_str());
        let head = heads.iter().find(|head| head.head.id == record.entry_id);
        entries.push(json!({
            "id": record.entry_id,
            "stage": record.stage,
            "label": if record.stage == Stage::Withdrawn.as_str() { "–".to_owned() } else { number.to_string() },
            "bbox": head.map(|head| head.head.bbox),
        }));
    }
    Ok(Value::from(entries))
}

/// Open notes of a page.
pub(crate) async fn notes_json(state: &AppState, person: &Person, page: i64) -> Result<Value> {
    let notes = state.db.open_notes(Some(page)).await?;
    Ok(notes
        .iter()
        .map(|note| {
            json!({
                "id": note.id, "kind": note.kind, "reason": note.reason, "mine": note.person == person.id(),
            })
        })
        .collect())
}

/// Why the person may only look; nothing where the stage itself says it.
fn explain(refusal: &Refusal, language: Language) -> Option<String> {
    let key = match refusal {
        Refusal::OwnWork { .. } => "entry.why_own_work",
        Refusal::WrongRole { .. } => "entry.why_other_role",
        _ => return None,
    };
    language.find(key).map(str::to_owned)
}

/// What a statement says, for the history.
pub(crate) fn statement_text(statement: Option<&Statement>, language: Language) -> String {
    match statement {
        None => "–".to_owned(),
        Some(statement) => match statement.lacuna {
            Some(lacuna) => {
                let key = format!("lacuna.{}", lacuna.as_str());
                format!("[{}]", language.find(&key).unwrap_or(lacuna.as_str()))
            }
            None => statement.text.clone(),
        },
    }
}

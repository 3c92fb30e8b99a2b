//! What a clerk does to the division of a page into entries: split, merge, add, remove, another form or volume, no
//! entries at all. What changes hands is read again at once.

use axum::extract::{Path, State};
use axum::{Extension, Json};
use serde::Deserialize;
use serde_json::{Value, json};
use sobo_core::{Entry, Original, Rect, RegisterType};
use sobo_db::{EntryRecord, Page, PageOperation, PageWorkKind, PageWorked};

use crate::access::Person;
use crate::error::{Result, WebError};
use crate::image::page_in_scope;
use crate::state::{AppState, FieldReader, PagePlace};
use crate::texts::Language;
use crate::view::entries_json;
use crate::work::begin_new_records;

/// Smallest side of a box, in pixels of the original: less is a slip of the hand.
const SMALLEST: f64 = 8.0;

#[derive(Debug, Deserialize)]
pub(crate) struct Wanted {
    kind: PageWorkKind,
    /// The entry it is about.
    entry: Option<i64>,
    /// Split: the part that becomes the second entry. Add: the entry.
    bbox: Option<Rect<Original>>,
    form: Option<String>,
    volume: Option<i64>,
    #[serde(default)]
    reason: String,
}

impl Wanted {
    fn drawn(&self) -> Result<Rect<Original>> {
        self.bbox
            .filter(|bbox| bbox.w >= SMALLEST && bbox.h >= SMALLEST)
            .ok_or_else(|| WebError::Said("action.box_small"))
    }
}

fn missing(what: &str) -> WebError {
    WebError::Bad(format!("{what} is missing"))
}

/// Reads parts of a page on a thread for such work.
struct Reader {
    reader: Option<std::sync::Arc<dyn FieldReader>>,
    place: PagePlace,
}

impl Reader {
    fn of(state: &AppState, page: &Page) -> Self {
        let place = PagePlace {
            volume: page.volume_id,
            original: page.original.clone(),
            page_index: page.page_index,
        };
        Self { reader: state.reader.clone(), place }
    }

    /// What the machine reads inside a box; nothing where it cannot, for then a person keys it.
    async fn entry(&self, form: &str, bbox: Rect<Original>) -> Result<Entry> {
        let empty = Entry { bbox, ..Entry::default() };
        let Some(reader) = self.reader.clone() else { return Ok(empty) };
        let (place, form) = (self.place.clone(), form.to_owned());
        let read = tokio::task::spawn_blocking(move || reader.read_entry(&place, &form, bbox))
            .await?
            .unwrap_or(empty);
        // The box is the person's.
        Ok(Entry { bbox, ..read })
    }

    /// All entries of the page by another form.
    async fn page(&self, form: &str) -> Result<Option<Vec<Entry>>> {
        let Some(reader) = self.reader.clone() else { return Ok(None) };
        let (place, form) = (self.place.clone(), form.to_owned());
        let read = tokio::task::spawn_blocking(move || reader.read_page(&place, &form)).await?;
        Ok(read.ok().filter(|entries| !entries.is_empty()))
    }
}

/// What is left of a box without the part a person drew: the largest of the strips above, below, left and right.
fn rest_of(whole: Rect<Original>, part: Rect<Original>) -> Rect<Original> {
    let (right, bottom) = (whole.x + whole.w, whole.y + whole.h);
    [
        Rect::new(whole.x, whole.y, whole.w, (part.y - whole.y).max(0.0)),
        Rect::new(whole.x, part.y + part.h, whole.w, (bottom - part.y - part.h).max(0.0)),
        Rect::new(whole.x, whole.y, (part.x - whole.x).max(0.0), whole.h),
        Rect::new(part.x + part.w, whole.y, (right - part.x - part.w).max(0.0), whole.h),
    ]
    .into_iter()
    .max_by(|a, b| a.area().total_cmp(&b.area()))
    .unwrap_or(whole)
}

fn holds(rect: Rect<Original>, inner: Rect<Original>) -> bool {
    let (x, y) = (inner.x + inner.w / 2.0, inner.y + inner.h / 2.0);
    x >= rect.x && x <= rect.x + rect.w && y >= rect.y && y <= rect.y + rect.h
}

/// Gives an entry the fields of another that lie in its box and that it does not have.
fn take_over(entry: &mut Entry, from: &EntryRecord) {
    for (name, field) in &from.fields {
        if holds(entry.bbox, field.bbox) && entry.fields.get(name).is_none_or(|own| own.text.is_empty()) {
            entry.fields.insert(name.clone(), field.clone());
        }
    }
}

/// Two entries as one: what the machine reads in both together, else what it read in the first, else in the second.
fn merged(mut read: Entry, first: &EntryRecord, second: &EntryRecord) -> Entry {
    for from in [first, second] {
        for (name, field) in &from.fields {
            match read.fields.get_mut(name) {
                Some(own) if !own.text.is_empty() => {
                    if own.text != field.text && !field.text.is_empty() {
                        // Two readings of one field: a person decides.
                        own.accepted = false;
                        own.candidates
                            .push(sobo_core::Candidate { text: field.text.clone(), probability: 0.0 });
                    }
                }
                _ => {
                    read.fields.insert(name.clone(), field.clone());
                }
            }
        }
    }
    read
}

fn union(a: Rect<Original>, b: Rect<Original>) -> Rect<Original> {
    let (x, y) = (a.x.min(b.x), a.y.min(b.y));
    Rect::new(x, y, (a.x + a.w).max(b.x + b.w) - x, (a.y + a.h).max(b.y + b.h) - y)
}

/// What is withdrawn and what is put in its place.
#[derive(Default)]
struct Plan {
    withdraw: Vec<i64>,
    add: Vec<Entry>,
    form: Option<(String, RegisterType)>,
    volume: Option<i64>,
}

async fn plan(state: &AppState, person: &Person, page: &Page, wanted: &Wanted) -> Result<Plan> {
    let entries = state.db.entries_of_page(page.id).await?;
    let reader = Reader::of(state, page);
    let ids = || entries.iter().map(|entry| entry.head.id).collect::<Vec<_>>();
    let one = || {
        let at = entries.iter().position(|entry| Some(entry.head.id) == wanted.entry);
        at.ok_or_else(|| WebError::NotFound("entry".to_owned()))
    };
    Ok(match wanted.kind {
        PageWorkKind::Split => {
            let whole = &entries[one()?];
            let second = wanted.drawn()?;
            let first = rest_of(whole.head.bbox, second);
            if first.w < SMALLEST || first.h < SMALLEST {
                return Err(WebError::Said("action.box_whole"));
            }
            let mut add = Vec::new();
            for bbox in [first, second] {
                let mut part = reader.entry(&page.form, bbox).await?;
                take_over(&mut part, whole);
                add.push(part);
            }
            Plan { withdraw: vec![whole.head.id], add, ..Plan::default() }
        }
        PageWorkKind::Merge => {
            let at = one()?;
            // With the one before; the first of a page with the one after.
            let (first, second) = if at > 0 { (at - 1, at) } else { (at, at + 1) };
            let (Some(first), Some(second)) = (entries.get(first), entries.get(second)) else {
                return Err(WebError::Said("action.one_entry"));
            };
            let bbox = union(first.head.bbox, second.head.bbox);
            let read = reader.entry(&page.form, bbox).await?;
            Plan {
                withdraw: vec![first.head.id, second.head.id],
                add: vec![merged(read, first, second)],
                ..Plan::default()
            }
        }
        PageWorkKind::Add => {
            Plan { add: vec![reader.entry(&page.form, wanted.drawn()?).await?], ..Plan::default() }
        }
        PageWorkKind::Remove => Plan { withdraw: vec![entries[one()?].head.id], ..Plan::default() },
        PageWorkKind::Form => {
            let form = wanted.form.as_deref().and_then(|form| state.forms.get(form));
            let form = form.ok_or_else(|| missing("form"))?;
            let add = match reader.page(&form.id).await? {
                Some(read) => read,
                // Read by hand, where the machine saw entries before.
                None => {
                    entries.iter().map(|entry| Entry { bbox: entry.head.bbox, ..Entry::default() }).collect()
                }
            };
            Plan { withdraw: ids(), add, form: Some((form.id.clone(), form.register_type)), volume: None }
        }
        PageWorkKind::Volume => {
            let volume = state.db.volume(wanted.volume.ok_or_else(|| missing("volume"))?).await?;
            if !person.account.offices.covers(&volume.descriptor.office) {
                return Err(WebError::NotFound("volume".to_owned()));
            }
            Plan { volume: Some(volume.id), ..Plan::default() }
        }
        PageWorkKind::Blank => Plan { withdraw: ids(), ..Plan::default() },
    })
}

pub(crate) async fn work_at_page(
    State(state): State<AppState>,
    Extension(person): Extension<Person>,
    Extension(language): Extension<Language>,
    Path(page): Path<i64>,
    Json(wanted): Json<Wanted>,
) -> Result<Json<Value>> {
    let (found, _) = page_in_scope(&state, &person, page).await?;
    let reason = wanted.reason.trim();
    let reason = if reason.is_empty() { wanted.kind.as_str() } else { reason };
    if reason.chars().count() > 1000 {
        return Err(WebError::Bad("reason".to_owned()));
    }
    let plan = plan(&state, &person, &found, &wanted).await?;
    let operation = PageOperation {
        kind: wanted.kind,
        page,
        withdraw: &plan.withdraw,
        add: &plan.add,
        form: plan.form.as_ref().map(|(form, kind)| (form.as_str(), *kind)),
        volume: plan.volume,
        reason,
    };
    let worked = state.db.work_at_page(&operation, &person.account.actor(), person.who()).await?;
    answer(&state, page, worked, language).await
}

pub(crate) async fn undo(
    State(state): State<AppState>,
    Extension(person): Extension<Person>,
    Extension(language): Extension<Language>,
    Path(work): Path<i64>,
) -> Result<Json<Value>> {
    let page = state.db.page_of_work(work).await?;
    page_in_scope(&state, &person, page).await?;
    let worked = state.db.undo_page_work(work, &person.account.actor(), person.who()).await?;
    answer(&state, page, worked, language).await
}

async fn answer(state: &AppState, page: i64, worked: PageWorked, language: Language) -> Result<Json<Value>> {
    match worked {
        PageWorked::Done { work, entries } => {
            begin_new_records(state).await?;
            Ok(Json(json!({ "work": work, "made": entries, "entries": entries_json(state, page).await? })))
        }
        PageWorked::Refused(refusal) => Err(WebError::Refused(refusal)),
        PageWorked::Leased => Err(WebError::Leased),
        PageWorked::WorkedAt => Err(WebError::Conflict(language.text("action.worked_at").to_owned())),
        PageWorked::There => Err(WebError::Conflict(language.text("action.there").to_owned())),
    }
}

/// What a person may choose from for a page: other forms, other volumes.
pub(crate) async fn choices(
    State(state): State<AppState>,
    Extension(person): Extension<Person>,
    Extension(language): Extension<Language>,
    Path(page): Path<i64>,
) -> Result<Json<Value>> {
    let (page, volume) = page_in_scope(&state, &person, page).await?;
    let mut others: Vec<_> = state.forms.values().filter(|form| form.id != page.form).collect();
    // Most often it is the same kind of register, printed otherwise.
    others.sort_by_key(|form| (form.register_type != volume.descriptor.register_type, form.id.clone()));
    let forms: Vec<Value> = others
        .into_iter()
        .map(|form| {
            let kind = format!("register_type.{}", form.register_type.as_str());
            let kind = language.find(&kind).unwrap_or(form.register_type.as_str());
            let years = match (form.year_from, form.year_to) {
                (Some(from), Some(to)) => format!(" ({from}–{to})"),
                (Some(from), None) => format!(" ({from}–)"),
                (None, Some(to)) => format!(" (–{to})"),
                (None, None) => String::new(),
            };
            let name = format!("{kind}, {} {}{years}", language.text("entry.form"), form.family);
            json!({ "id": form.id, "name": name })
        })
        .collect();
    let volumes: Vec<Value> = state
        .db
        .volumes()
        .await?
        .into_iter()
        .filter(|other| other.id != volume.id && person.account.offices.covers(&other.descriptor.office))
        .map(|other| {
            let name = format!(
                "{} · {} · {}",
                other.descriptor.name,
                other.descriptor.office,
                crate::page::years(&other)
            );
            json!({ "id": other.id, "name": name })
        })
        .collect();
    Ok(Json(json!({ "forms": forms, "volumes": volumes })))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;

    #[test]
    fn a_split_leaves_the_larger_strip() {
        let whole = Rect::new(100.0, 100.0, 1000.0, 200.0);
        assert_eq!(
            rest_of(whole, Rect::new(90.0, 210.0, 1020.0, 100.0)),
            Rect::new(100.0, 100.0, 1000.0, 110.0)
        );
        assert_eq!(
            rest_of(whole, Rect::new(100.0, 100.0, 1000.0, 90.0)),
            Rect::new(100.0, 190.0, 1000.0, 110.0)
        );
        assert_eq!(
            rest_of(whole, Rect::new(600.0, 90.0, 510.0, 220.0)),
            Rect::new(100.0, 100.0, 500.0, 200.0)
        );
        assert_eq!(rest_of(whole, Rect::new(90.0, 90.0, 1020.0, 220.0)).area(), 0.0);
    }

    #[test]
    fn two_readings_of_a_field_are_put_before_a_person() {
        let field = |text: &str| sobo_core::Field {
            text: text.to_owned(),
            accepted: true,
            ..sobo_core::Field::default()
        };
        let head = |id| sobo_db::EntryHead {
            id,
            page_id: 1,
            volume_id: 1,
            place: 1,
            provenance: None,
            state: sobo_db::EntryState::Current,
            register_type: None,
            bbox: Rect::new(0.0, 0.0, 1.0, 1.0),
            entry_number: None,
            fields: 0,
            accepted: 0,
            lacunae: 0,
            doubt: 0.0,
        };
        let record = |id, fields: &[(&str, &str)]| EntryRecord {
            head: head(id),
            fields: fields.iter().map(|(name, text)| ((*name).to_owned(), field(text))).collect(),
        };
        let first = record(1, &[("child_name", "Trần Văn Ba"), ("notes", "")]);
        let second = record(2, &[("child_name", "Trần Văn Bá"), ("notes", "kết hôn 1979"), ("sex", "Nam")]);
        let one = merged(Entry::default(), &first, &second);
        assert_eq!(one.fields["child_name"].text, "Trần Văn Ba");
        assert!(!one.fields["child_name"].accepted);
        assert_eq!(one.fields["child_name"].candidates[0].text, "Trần Văn Bá");
        assert_eq!(one.fields["notes"].text, "kết hôn 1979");
        assert!(one.fields["sex"].accepted);
    }
}

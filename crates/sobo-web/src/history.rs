//! What happened to an entry and to its page, as one person may see it, each with its undo where there is one.

use std::cmp::Reverse;

use axum::extract::{Path, State};
use axum::{Extension, Json};
use serde_json::{Value, json};
use sobo_verify::{Deed, Difference, Event, Role, Snapshot, Statement};

use crate::access::Person;
use crate::error::Result;
use crate::page::{short_time, time_text};
use crate::state::AppState;
use crate::texts::Language;
use crate::view::{caption, kept_back, load, statement_text, tell_of_view};

/// How one person is shown an entry's history.
struct Reader<'a> {
    state: &'a AppState,
    language: Language,
    form: &'a str,
    /// Fields kept from the person, who may yet read the entry blind.
    kept: Vec<String>,
    accounts: Vec<sobo_db::Account>,
}

impl Reader<'_> {
    fn name(&self, id: i64) -> String {
        let account = self.accounts.iter().find(|account| account.id == id);
        account.map_or_else(|| id.to_string(), |account| account.name.clone())
    }

    fn text(&self, key: &str) -> String {
        self.language.find(key).unwrap_or(key).to_owned()
    }

    /// A reason is free text: what was wrong with a name may stand in it.
    fn reason(&self, reason: String) -> String {
        if self.kept.is_empty() || reason.is_empty() { reason } else { self.text("history.kept") }
    }

    fn difference(&self, difference: &Difference) -> String {
        let caption = caption(self.state, self.form, &difference.field, self.language);
        let said = |statement: Option<&Statement>| {
            statement.map(|statement| (statement.text.clone(), statement.lacuna))
        };
        let drawn = |statement: Option<&Statement>| statement.and_then(|statement| statement.bbox);
        let (from, to) = (difference.from.as_ref(), difference.to.as_ref());
        let redrawn = (drawn(from) != drawn(to)).then(|| self.text("history.redrawn"));
        match redrawn {
            Some(redrawn) if said(from) == said(to) => format!("{caption}: {redrawn}"),
            redrawn => {
                let redrawn = redrawn.map(|text| format!(" ({text})")).unwrap_or_default();
                let (from, to) = (statement_text(from, self.language), statement_text(to, self.language));
                format!("{caption}: {from} → {to}{redrawn}")
            }
        }
    }

    /// What a deed was and what it changed; `snapshot` is what a submission left.
    fn deed(&self, deed: &Deed, snapshot: Option<&Snapshot>) -> Value {
        let (what, detail) = match &deed.event {
            Event::Submit { step, .. } => {
                let changed = snapshot.map(|snapshot| snapshot.changed.as_slice()).unwrap_or_default();
                let seen = changed.iter().filter(|difference| !self.kept.contains(&difference.field));
                let lines: Vec<String> = seen.map(|difference| self.difference(difference)).collect();
                let detail = match lines.is_empty() {
                    false => lines.join("; "),
                    // Whether a field kept back was changed is kept back as well.
                    true if !self.kept.is_empty() => self.text("history.kept"),
                    true => self.text("event.unchanged"),
                };
                (self.text(&format!("step.{}", step.as_str())), detail)
            }
            event => {
                let reason = match event {
                    Event::Return { reason } | Event::Reopen { reason } => reason.clone(),
                    Event::Withdraw { reason } => withdrawn_by(reason, self.language),
                    Event::Submit { .. } | Event::Restore | Event::TakeBack => String::new(),
                };
                (self.text(&format!("event.{}", event.as_str())), self.reason(reason))
            }
        };
        json!({ "at": short_time(&deed.at), "who": self.name(deed.actor.person.0), "what": what, "detail": detail })
    }
}

pub(crate) async fn history(
    State(state): State<AppState>,
    Extension(person): Extension<Person>,
    Extension(language): Extension<Language>,
    Path(entry): Path<i64>,
) -> Result<Json<Value>> {
    let (record, verification, _) = load(&state, &person, entry).await?;
    // Whoever keys the entry blind for a sample sees nothing of it.
    let kept = match state.db.sample_of(entry, person.id()).await? {
        Some(_) => verification.sheet().fields.keys().cloned().collect(),
        None => kept_back(&state, &record.form, &verification, &person.account.actor()),
    };
    if kept.is_empty() {
        tell_of_view(&state, &person, "history", &[entry]).await?;
    }
    let accounts = state.db.accounts().await?;
    let reader = Reader { state: &state, language, form: &record.form, kept, accounts };
    let mut snapshots = verification.snapshots().iter();
    let mut rows: Vec<Value> = verification
        .history()
        .iter()
        .map(|deed| {
            let snapshot = matches!(deed.event, Event::Submit { .. }).then(|| snapshots.next()).flatten();
            reader.deed(deed, snapshot)
        })
        .collect();
    if verification.may_take_back(&person.account.actor())
        && let Some(last) = rows.last_mut()
    {
        last["take_back"] = json!({ "deeds": record.deeds });
    }
    Ok(Json(json!({ "rows": rows, "works": page_works(&state, &person, &reader, record.page_id).await? })))
}

/// What was done to the page and what was wished for it, the newest first.
async fn page_works(state: &AppState, person: &Person, reader: &Reader<'_>, page: i64) -> Result<Vec<Value>> {
    let may_undo = person.account.holds_any(&[Role::Clerk, Role::Checker, Role::Supervisor]);
    let settles = person.account.holds_any(&[Role::Archive, Role::Supervisor]);
    let done = |text: &str, at: i64, by: i64| {
        format!("{} {}, {}", reader.text(text), reader.name(by), time_text(at))
    };
    let mut works: Vec<(i64, Value)> = Vec::new();
    for work in state.db.page_works(page).await? {
        let undone = work.undone_ms.zip(work.undone_by).map(|(at, by)| done("page_work.undone", at, by));
        let detail = if work.reason == work.kind { String::new() } else { reader.reason(work.reason) };
        works.push((
            work.at_ms,
            json!({
                "id": work.id, "at": time_text(work.at_ms), "who": reader.name(work.person),
                "what": reader.text(&format!("page_work.{}", work.kind)), "detail": detail, "undone": undone,
                "can_undo": may_undo && work.undone_ms.is_none(),
            }),
        ));
    }
    for note in state.db.notes_of_page(page).await? {
        let closed = note.closed_ms.zip(note.closed_by).map(|(at, by)| done("note.closed", at, by));
        let detail = reader.reason(note.reason);
        works.push((
            note.at_ms,
            json!({
                "note": note.id, "at": time_text(note.at_ms), "who": reader.name(note.person),
                "what": reader.text(&format!("note.{}", note.kind)), "undone": closed.map(|closed| format!("{detail} · {closed}")),
                "detail": detail, "can_undo": note.closed_ms.is_none() && (settles || note.person == person.id()),
            }),
        ));
    }
    works.sort_by_key(|(at, _)| Reverse(*at));
    Ok(works.into_iter().map(|(_, work)| work).collect())
}

/// Why an entry was taken out; what was done to its page (`kind: reason`) in words.
fn withdrawn_by(reason: &str, language: Language) -> String {
    let Some((kind, why)) = reason.split_once(": ") else { return reason.to_owned() };
    match language.find(&format!("page_work.{kind}")) {
        Some(what) if why == kind => what.to_owned(),
        Some(what) => format!("{what}: {why}"),
        None => reason.to_owned(),
    }
}

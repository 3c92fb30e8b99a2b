//! The clerk's start page, and the shell of the entry screen.

use askama::Template;
use axum::Extension;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use serde_json::json;
use sobo_verify::{Role, StepKind};

use super::{Shell, render};
use crate::access::Person;
use crate::error::Result;
use crate::state::AppState;
use crate::texts::Language;

pub(crate) struct Card {
    step: &'static str,
    caption: &'static str,
    free: i64,
    note: String,
    href: String,
    button: &'static str,
}

pub(crate) struct VolumeRow {
    id: i64,
    name: String,
    office: String,
    years: String,
    cells: Vec<(i64, &'static str)>,
}

#[derive(Template)]
#[template(path = "home.html")]
struct HomePage {
    shell: Shell,
    cards: Vec<Card>,
    volumes: Vec<VolumeRow>,
}

pub(crate) async fn home(
    State(state): State<AppState>,
    Extension(person): Extension<Person>,
    Extension(language): Extension<Language>,
) -> Result<Response> {
    // Those without work at records start where their work is.
    let to = match () {
        () if person.account.holds_any(&[Role::Clerk, Role::Checker, Role::Arbiter, Role::Registrar]) => None,
        () if person.holds(Role::Supervisor) => Some("/supervise"),
        () if person.holds(Role::Archive) => Some("/archive"),
        () if person.holds(Role::Administrator) => Some("/accounts"),
        () if person.holds(Role::Auditor) => Some("/audit"),
        () => None,
    };
    if let Some(to) = to {
        return Ok(Redirect::to(to).into_response());
    }
    crate::work::begin_new_records(&state).await?;
    let steps = state.settings.steps_for(&person.account.roles);
    let counts = state.db.stage_counts(person.id()).await?;
    let volumes = state.db.volumes().await?;
    let volumes: Vec<_> =
        volumes.iter().filter(|volume| person.account.offices.covers(&volume.descriptor.office)).collect();
    let in_scope = |id: i64| volumes.iter().any(|volume| volume.id == id);
    let mut cards = Vec::new();
    // In the order of the chain.
    for step in steps.iter().rev().copied() {
        let rows = || counts.iter().filter(|row| row.stage == step.as_str() && in_scope(row.volume_id));
        let (free, all): (i64, i64) = (rows().map(|row| row.free).sum(), rows().map(|row| row.records).sum());
        let attention: i64 = rows().map(|row| row.attention).sum();
        let note = if step == StepKind::SignOff {
            String::new()
        } else {
            language
                .text("home.note")
                .replace("{all}", &all.to_string())
                .replace("{attention}", &attention.to_string())
        };
        cards.push(Card {
            step: step.as_str(),
            caption: language.find(&format!("step.{}", step.as_str())).unwrap_or_default(),
            free,
            note,
            href: if step == StepKind::SignOff {
                "/sign-off".to_owned()
            } else {
                format!("/work?step={}", step.as_str())
            },
            button: language.text("home.start"),
        });
    }
    let sampled = state.db.samples_waiting(person.id()).await?;
    if sampled > 0 && person.account.holds_any(&[Role::Clerk, Role::Checker, Role::Arbiter]) {
        cards.push(Card {
            step: crate::work::SAMPLE,
            caption: language.text("step.sample"),
            free: sampled,
            note: language.text("home.sample_note").to_owned(),
            href: "/work?step=sample".to_owned(),
            button: language.text("home.start"),
        });
    }
    let rows = volumes
        .iter()
        .map(|volume| VolumeRow {
            id: volume.id,
            name: volume.descriptor.name.clone(),
            office: volume.descriptor.office.clone(),
            years: super::years(volume),
            cells: steps
                .iter()
                .rev()
                .map(|step| {
                    let free = counts
                        .iter()
                        .filter(|row| row.volume_id == volume.id && row.stage == step.as_str())
                        .map(|row| row.free)
                        .sum();
                    (free, step.as_str())
                })
                .collect(),
        })
        .filter(|row: &VolumeRow| row.cells.iter().any(|(free, _)| *free > 0))
        .collect();
    render(&HomePage { shell: Shell::of(&person, language, "home.title", "/"), cards, volumes: rows })
}

#[derive(Template)]
#[template(path = "entry.html")]
struct EntryPage {
    shell: Shell,
    texts: String,
    settings: String,
    keys: Vec<(&'static str, &'static str)>,
}

/// Which queue the entry screen works on, and where it begins.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct WorkQuery {
    volume: Option<i64>,
    step: Option<String>,
    order: Option<String>,
    field: Option<String>,
    queue: Option<String>,
}

fn entry_page(person: &Person, language: Language, query: WorkQuery, entry: Option<i64>) -> Result<Response> {
    let wish = match &query.queue {
        // The queue an entry was opened from, kept across a reload.
        Some(queue) => {
            let mut parts = queue.split('.');
            json!({
                "volume": parts.next().and_then(|part| part.parse::<i64>().ok()),
                "step": parts.next().filter(|part| !part.is_empty()),
                "order": parts.next().filter(|part| !part.is_empty()),
            })
        }
        None => json!({ "volume": query.volume, "step": query.step, "order": query.order }),
    };
    let queue = query.queue.clone().unwrap_or_else(|| {
        format!(
            "{}.{}.{}",
            query.volume.map(|volume| volume.to_string()).unwrap_or_default(),
            query.step.clone().unwrap_or_default(),
            query.order.clone().unwrap_or_default(),
        )
    });
    let settings = json!({
        "entry": entry,
        "person": person.id(),
        "field": query.field,
        "wish": wish,
        "queue": queue,
        // A reload in the middle of work takes the entry up again.
        "resume": query.queue.is_some(),
    })
    .to_string();
    let t = |key| language.text(key);
    let keys = vec![
        ("<kbd>Enter</kbd>", t("help.enter")),
        ("<kbd>Shift Enter</kbd>", t("help.shift_enter")),
        ("<kbd>↑</kbd> <kbd>↓</kbd> <kbd>Tab</kbd>", t("help.arrows")),
        ("<kbd>Ctrl Enter</kbd>", t("help.ctrl_enter")),
        ("<kbd>Alt 1</kbd>…<kbd>5</kbd>", t("help.candidates")),
        ("<kbd>1</kbd>…<kbd>5</kbd>", t("help.bare_digits")),
        ("<kbd>Alt I</kbd>", t("help.illegible")),
        ("<kbd>Alt T</kbd>", t("help.torn")),
        ("<kbd>Alt B</kbd>", t("help.blank")),
        ("<kbd>Alt S</kbd>", t("help.struck_out")),
        ("<kbd>Ctrl Z</kbd>", t("help.undo")),
        ("<kbd>Esc</kbd>", t("help.escape")),
        ("<kbd>F2</kbd>", t("help.whole")),
        ("<kbd>F3</kbd>", t("help.invert")),
        ("<kbd>F4</kbd>", t("help.contrast")),
        ("<kbd>F6</kbd>", t("help.rotate")),
        ("<kbd>F7</kbd>", t("help.restored")),
        ("<kbd>Alt</kbd> <kbd>←</kbd> <kbd>→</kbd> <kbd>↑</kbd> <kbd>↓</kbd>", t("help.look_around")),
        ("<kbd>Alt</kbd> <kbd>Home</kbd> <kbd>End</kbd>", t("help.page_head")),
        ("<kbd>Alt</kbd> <kbd>+</kbd> <kbd>-</kbd> <kbd>0</kbd>", t("help.closer")),
        ("<kbd>F8</kbd>", t("help.redraw")),
        ("<kbd>F9</kbd>", t("help.menu")),
        ("<kbd>F10</kbd>", t("help.history")),
        ("<kbd>F1</kbd> <kbd>?</kbd>", t("help.help")),
    ];
    render(&EntryPage {
        shell: Shell::of(person, language, "entry.title", "/"),
        texts: language.for_scripts(),
        settings: settings.replace('<', "\\u003c"),
        keys,
    })
}

pub(crate) async fn work(
    Extension(person): Extension<Person>,
    Extension(language): Extension<Language>,
    Query(query): Query<WorkQuery>,
) -> Result<Response> {
    entry_page(&person, language, query, None)
}

pub(crate) async fn entry(
    Extension(person): Extension<Person>,
    Extension(language): Extension<Language>,
    Path(entry): Path<i64>,
    Query(query): Query<WorkQuery>,
) -> Result<Response> {
    entry_page(&person, language, query, Some(entry))
}

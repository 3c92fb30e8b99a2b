//! The audit log, with the check of its chain.

use askama::Template;
use axum::Extension;
use axum::extract::{Query, State};
use axum::response::Response;
use serde::Deserialize;

use super::{Shell, render, time_text};
use crate::access::Person;
use crate::error::Result;
use crate::state::AppState;
use crate::texts::Language;

/// Records on one page.
const AT_ONCE: i64 = 100;

#[derive(Template)]
#[template(path = "audit.html")]
struct AuditPage {
    shell: Shell,
    class: &'static str,
    verdict: String,
    subject: String,
    rows: Vec<(i64, String, String, String, String, String)>,
    earlier: i64,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct AuditQuery {
    subject: String,
    before: Option<i64>,
}

pub(crate) async fn audit(
    State(state): State<AppState>,
    Extension(person): Extension<Person>,
    Extension(language): Extension<Language>,
    Query(query): Query<AuditQuery>,
) -> Result<Response> {
    let report = state.db.verify_chain().await?;
    let subject = query.subject.trim().to_owned();
    let mut records = if subject.is_empty() {
        let before = query.before.unwrap_or(report.records + 1);
        state.db.audit_after((before - AT_ONCE - 1).max(0), AT_ONCE.min(before - 1)).await?
    } else {
        state.db.audit_of(&subject).await?
    };
    records.reverse();
    let earlier = if subject.is_empty() { records.last().map_or(0, |record| record.sequence) } else { 0 };
    let (class, verdict) = if report.faults.is_empty() {
        ("ok", language.text("audit.whole").replace("{records}", &report.records.to_string()))
    } else {
        ("bad", format!("{} {}", language.text("audit.broken"), report.faults.join("; ")))
    };
    let rows = records
        .into_iter()
        .map(|record| {
            (
                record.sequence,
                time_text(record.at_ms),
                record.who,
                record.what,
                record.subjects,
                record.reason,
            )
        })
        .collect();
    render(&AuditPage {
        shell: Shell::of(&person, language, "audit.title", "/audit"),
        class,
        verdict,
        subject,
        rows,
        earlier: if earlier > 1 { earlier } else { 0 },
    })
}

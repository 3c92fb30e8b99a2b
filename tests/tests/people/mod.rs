//! People who say what the truth files say, step by step to the registrar: for tests and trials of what comes after
//! verification.

use std::path::Path;

use anyhow::{Context as _, Result, ensure};
use indexmap::IndexMap;
use serde_json::Value;
use sobo_core::{Lacuna, Original, Rect};
use sobo_db::{Acted, Database, NewRecord, Page};
use sobo_verify::{Actor, Chain, Event, Role, Sheet, Stage, Statement, StepKind};

/// More of a value's ink lost than this, and nobody can read it.
const LOST: f64 = 0.5;

/// What is written in an entry.
pub(crate) type Written = IndexMap<String, Statement>;

/// The truth file of a page.
///
/// # Errors
/// It cannot be read.
pub(crate) fn truth_of(folder: &Path, page: &Page) -> Result<Value> {
    let source = Path::new(&page.source).with_extension("json");
    let path = folder.join(source.file_name().context("a page has a file")?);
    let text = std::fs::read_to_string(&path).with_context(|| format!("{}", path.display()))?;
    Ok(serde_json::from_str(&text)?)
}

/// What is written in the entry of the truth that lies where `bbox` does.
///
/// # Errors
/// The truth has no entries.
pub(crate) fn written_at(page: &Value, bbox: Rect<Original>) -> Result<Written> {
    let entries = page["entries"].as_array().context("a truth has entries")?;
    let place =
        |value: &Value| serde_json::from_value::<Rect<Original>>(value["bbox"].clone()).unwrap_or_default();
    let best = entries.iter().max_by(|a, b| place(a).iou(&bbox).total_cmp(&place(b).iou(&bbox)));
    let fields =
        best.and_then(|entry| entry["fields"].as_object()).context("an entry of the truth has fields")?;
    Ok(fields
        .iter()
        .map(|(name, field)| {
            let lost = field["lost"].as_f64().unwrap_or(0.0) > LOST;
            let said = match field["text"].as_str().filter(|text| !lost && !text.is_empty()) {
                Some(text) => Statement::of_text(text),
                None => Statement::of_lacuna(Lacuna::Illegible),
            };
            (name.clone(), said)
        })
        .collect())
}

/// Begins the record of an entry where the server has not done so yet.
async fn begin(database: &Database, page: &Page, office: &str, place: usize, entry: i64) -> Result<()> {
    let sheet = Sheet::of_entry(&database.entry(entry).await?.entry(), None);
    let record = NewRecord {
        entry_id: entry,
        page_id: page.id,
        volume_id: page.volume_id,
        office: office.to_owned(),
        form: page.form.clone(),
        place: page.volume_id * 1_000_000_000 + page.sequence * 10_000 + place as i64,
        chain: Chain::full(),
        draw: 0,
        sheet,
    };
    Ok(database.begin_records(&[record]).await?)
}

/// Everybody says what is written, from the step that is due to the last. Each step has a person of its own.
///
/// # Errors
/// The rules refuse a step.
pub(crate) async fn sign_off(database: &Database, entry: i64, written: &Written) -> Result<()> {
    for person in 901..909 {
        let (record, state) = database.record(entry).await?;
        let Stage::Awaiting(step) = state.stage() else { return Ok(()) };
        let said =
            |name: &String| written.get(name).cloned().unwrap_or_else(|| Statement::of_lacuna(Lacuna::Blank));
        let statements = match step {
            StepKind::SignOff => IndexMap::new(),
            _ => state.sheet().fields.keys().map(|name| (name.clone(), said(name))).collect(),
        };
        let event = Event::Submit { step, statements };
        let acted = database.act(entry, record.deeds, event, &Actor::new(person, &Role::ALL), "test").await?;
        ensure!(matches!(acted, Acted::Done(_)), "entry {entry}: {acted:?}");
    }
    Ok(())
}

/// Verifies every entry of these pages by the truth files in `folder`; gives their number.
///
/// # Errors
/// The database, a truth file or the rules of verification fail.
pub(crate) async fn verify(
    database: &Database,
    folder: &Path,
    office: &str,
    pages: &[Page],
) -> Result<usize> {
    let mut verified = 0;
    for page in pages {
        let truth = truth_of(folder, page)?;
        for (place, record) in database.entries_of_page(page.id).await?.iter().enumerate() {
            let written = written_at(&truth, record.entry().bbox)?;
            begin(database, page, office, place, record.head.id).await?;
            sign_off(database, record.head.id, &written).await?;
            verified += 1;
        }
    }
    Ok(verified)
}

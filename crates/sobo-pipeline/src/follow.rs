//! Bringing an index up to date from the change feed.

use std::collections::BTreeSet;

use sobo_db::{Database, DbError, EntryRecord, EntryState, Page, Subject, Volume};

use crate::{PipelineError, Result};

/// Changes taken at a time.
const STEP: i64 = 500;

/// A current entry with what an index says of it.
#[derive(Debug, Clone)]
pub struct IndexEntry {
    /// The entry, with its fields as read.
    pub record: EntryRecord,
    /// Its page.
    pub page: Page,
    /// Its volume.
    pub volume: Volume,
    /// The registrar signed it off.
    pub signed_off: bool,
    /// What people state of its fields so far; what stands here goes before what was read.
    pub stated: Vec<Stated>,
}

/// What people state of a field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stated {
    /// The field.
    pub field: String,
    /// Its text; empty for a lacuna.
    pub text: String,
    /// Its normal form, where one exists.
    pub value: Option<String>,
}

/// An index that follows the change feed. It keeps the place up to which it was brought together with its content, so
/// that both are there or neither is.
pub trait Follower: Send {
    /// Sequence of the last change it holds; 0 for an empty index.
    fn cursor(&self) -> Result<i64, Box<dyn std::error::Error + Send + Sync>>;

    /// Takes entries that are there and ids that are gone, and remembers `cursor`, all or nothing. An entry it holds is
    /// replaced: taking the same changes twice is the same as taking them once.
    fn apply(
        &mut self,
        entries: Vec<IndexEntry>,
        gone: Vec<i64>,
        cursor: i64,
    ) -> Result<(), Box<dyn std::error::Error + Send + Sync>>;
}

/// Brings an index up to the newest change; gives the number of changes taken. It may be interrupted at any point and
/// is simply called again.
pub async fn follow(database: &Database, follower: &mut dyn Follower) -> Result<u64> {
    let mut taken = 0;
    loop {
        let cursor = follower.cursor().map_err(PipelineError::Follower)?;
        let changes = database.changes_after(cursor, STEP).await?;
        let Some(last) = changes.last().map(|change| change.sequence) else { return Ok(taken) };
        let mut ids = BTreeSet::new();
        for change in &changes {
            match change.subject {
                Subject::Entry => {
                    ids.insert(change.id);
                }
                // Office, kind and years stand in every entry of the volume; pages have changes for each entry.
                Subject::Volume => {
                    ids.extend(
                        database.entries_of_volume(change.id).await?.into_iter().map(|entry| entry.id),
                    );
                }
                Subject::Page => {}
            }
        }
        let (mut entries, mut gone) = (Vec::new(), Vec::new());
        for id in ids {
            match entry(database, id).await? {
                Some(entry) => entries.push(entry),
                None => gone.push(id),
            }
        }
        taken += changes.len() as u64;
        follower.apply(entries, gone, last).map_err(PipelineError::Follower)?;
    }
}

async fn entry(database: &Database, id: i64) -> Result<Option<IndexEntry>> {
    let record = match database.entry(id).await {
        Ok(record) if record.head.state == EntryState::Current => record,
        Ok(_) | Err(DbError::NotFound { .. }) => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    let page = database.page(record.head.page_id).await?;
    let volume = database.volume(record.head.volume_id).await?;
    let (signed_off, stated) = match database.record(id).await {
        Ok((verification, state)) => (
            verification.stage == "signed_off",
            state
                .values()
                .into_iter()
                .map(|(field, statement)| Stated { field, text: statement.text, value: statement.value })
                .collect(),
        ),
        Err(DbError::NotFound { .. }) => (false, Vec::new()),
        Err(error) => return Err(error.into()),
    };
    Ok(Some(IndexEntry { record, page, volume, signed_off, stated }))
}

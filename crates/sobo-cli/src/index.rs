//! The search index as a follower of the change feed.

use std::error::Error;
use std::path::Path;
use std::str::FromStr as _;

use anyhow::{Context as _, Result};
use sobo_core::PartialDate;
use sobo_pipeline::{Follower, IndexEntry, Store, follow};
use sobo_search::{DocField, Document, Index, Role, SearchError, Writer};

/// Brings the index up to the newest change; gives the number of changes taken. An index of another
/// version, or a broken one, is rebuilt: it is never a source of truth.
///
/// # Errors
/// When database or index fail.
pub(crate) async fn update(store: &Store) -> Result<u64> {
    let folder = &store.config.index_dir;
    if let Err(error) = Index::open_or_create(folder) {
        if matches!(error, SearchError::OtherVersion { .. }) {
            std::fs::remove_dir_all(folder).context("the old index cannot be removed")?;
            Index::open_or_create(folder).context("the index cannot be made")?;
        } else {
            return Err(error).context("the index cannot be opened; it may be deleted and is rebuilt");
        }
    }
    let mut follower = IndexFollower::open(folder)?;
    follow(&store.database, &mut follower).await.context("the index cannot follow the changes")
}

struct IndexFollower {
    index: Index,
    writer: Writer,
}

impl IndexFollower {
    fn open(folder: &Path) -> Result<Self> {
        Ok(Self { index: Index::open(folder)?, writer: Writer::open(folder)? })
    }
}

type Fallible<T> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

impl Follower for IndexFollower {
    fn cursor(&self) -> Fallible<i64> {
        self.index.refresh()?;
        Ok(self.index.cursor()?.and_then(|cursor| cursor.parse().ok()).unwrap_or(0))
    }

    fn apply(&mut self, entries: Vec<IndexEntry>, gone: Vec<i64>, cursor: i64) -> Fallible<()> {
        for entry in &entries {
            self.writer.put(&document(entry))?;
        }
        for id in gone {
            self.writer.remove(&id.to_string());
        }
        self.writer.commit(&cursor.to_string())?;
        Ok(())
    }
}

/// What is indexed of an entry.
fn document(entry: &IndexEntry) -> Document {
    let volume = &entry.volume.descriptor;
    let mut read = entry.record.entry();
    for stated in &entry.stated {
        let field = read.fields.entry(stated.field.clone()).or_default();
        field.text.clone_from(&stated.text);
        field.value.clone_from(&stated.value);
    }
    let value = |name: &str| read.fields.get(name).and_then(|field| field.value.clone());
    let registration_date = ["registration_date", "registration_date_words", "marriage_date"]
        .into_iter()
        .find_map(value)
        .and_then(|date| PartialDate::from_str(&date).ok());
    Document {
        entry_id: entry.record.head.id.to_string(),
        page_id: entry.page.id.to_string(),
        volume: volume.name.clone(),
        office: volume.office.clone(),
        custodian: entry.volume.custodian.clone(),
        register_type: volume.register_type,
        year: registration_date.map(|date| date.year()).or(Some(volume.year_from)),
        registration_date,
        entry_number: value("entry_number"),
        verified: entry.signed_off,
        bbox: read.bbox,
        fields: read
            .fields
            .iter()
            .filter(|(_, field)| !field.text.is_empty())
            .map(|(name, field)| DocField {
                name: name.clone(),
                role: Role::of_field(name),
                text: field.text.clone(),
                value: field.value.clone(),
                bbox: field.bbox,
            })
            .collect(),
    }
}

/// Offices whose name, as written or as custodian, holds these words, with or without diacritics.
///
/// # Errors
/// When the store fails.
pub(crate) async fn offices(store: &Store, part: &str) -> Result<Vec<String>> {
    let wanted = sobo_text::fold(part);
    let mut offices: Vec<String> = store
        .database
        .volumes()
        .await?
        .into_iter()
        .flat_map(|volume| [volume.descriptor.office, volume.custodian])
        .filter(|office| sobo_text::fold(office).contains(&wanted))
        .collect();
    offices.sort();
    offices.dedup();
    anyhow::ensure!(!offices.is_empty(), "no volume's office holds «{part}»");
    Ok(offices)
}

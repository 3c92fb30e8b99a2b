//! The search index as a follower of the change feed: what is indexed of an entry, and how the index is kept up.

use std::error::Error;
use std::path::Path;
use std::str::FromStr as _;

use sobo_core::PartialDate;
use sobo_search::{DocField, Document, Index, Role, SearchError, Writer};

use crate::{Follower, IndexEntry, PipelineError, Result, Store, follow};

impl Store {
    /// Brings the search index up to the newest change; gives the number of changes taken. An index of another version
    /// is made anew: it is never a source of truth.
    ///
    /// # Errors
    /// When database or index fail, or another process is writing to the index.
    pub async fn update_index(&self) -> Result<u64> {
        let mut follower = self.open_index().map_err(PipelineError::Follower)?;
        follow(&self.database, &mut follower).await
    }

    fn open_index(&self) -> Fallible<SearchFollower> {
        let folder = &self.config.index_dir;
        match Index::open_or_create(folder) {
            Err(SearchError::OtherVersion { .. }) => std::fs::remove_dir_all(folder)?,
            opened => drop(opened?),
        }
        SearchFollower::open(folder)
    }
}

/// The search index open for writing.
pub struct SearchFollower {
    index: Index,
    writer: Writer,
}

type Fallible<T> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

impl SearchFollower {
    /// Opens the index in `folder`, making an empty one where there is none.
    ///
    /// # Errors
    /// When it cannot be opened, or another writer holds it.
    pub fn open(folder: &Path) -> Fallible<Self> {
        Ok(Self { index: Index::open_or_create(folder)?, writer: Writer::open(folder)? })
    }
}

impl Follower for SearchFollower {
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

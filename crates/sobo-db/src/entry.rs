//! Entries: the acts read from pages, with their fields.

use indexmap::IndexMap;
use serde::Serialize;
use sobo_core::{Entry, Field, Lacuna, Original, Rect, RegisterType};

use crate::volume::register_type;
use crate::{DbError, Result};

/// Where an entry stands among the entries of its page.
#[derive(Debug, Copy, Clone, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum EntryState {
    /// It counts.
    Current,
    /// A later reading or a rescan took its place.
    Superseded,
    /// A person removed it: it is no act.
    Removed,
}

impl EntryState {
    /// The identifier in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Current => "current",
            Self::Superseded => "superseded",
            Self::Removed => "removed",
        }
    }

    fn parse(id: i64, text: &str) -> Result<Self> {
        [Self::Current, Self::Superseded, Self::Removed]
            .into_iter()
            .find(|state| state.as_str() == text)
            .ok_or_else(|| DbError::stored("entry", id, "state", text))
    }
}

/// An entry without its fields.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct EntryHead {
    /// Its id.
    pub id: i64,
    /// Its page.
    pub page_id: i64,
    /// Its volume.
    pub volume_id: i64,
    /// Place on the page, from 1.
    pub place: i64,
    /// Key of the reading it came from; `None` where a person added it.
    pub provenance: Option<String>,
    /// Whether it counts.
    pub state: EntryState,
    /// What it records.
    pub register_type: Option<RegisterType>,
    /// Box around the act.
    pub bbox: Rect<Original>,
    /// `entry_number` as read.
    pub entry_number: Option<String>,
    /// Number of its fields.
    pub fields: i64,
    /// Of these, offered as right.
    pub accepted: i64,
    /// Of these, lacunae.
    pub lacunae: i64,
    /// Expected number of wrong fields among those not accepted.
    pub doubt: f64,
}

#[derive(Debug, sqlx::FromRow)]
struct HeadRow {
    id: i64,
    page_id: i64,
    volume_id: i64,
    place: i64,
    provenance: Option<String>,
    state: String,
    register_type: String,
    x: i64,
    y: i64,
    width: i64,
    height: i64,
    entry_number: Option<String>,
    fields: i64,
    accepted: i64,
    lacunae: i64,
    doubt: f64,
}

fn rect(x: i64, y: i64, width: i64, height: i64) -> Rect<Original> {
    Rect::new(x as f64, y as f64, width as f64, height as f64)
}

impl HeadRow {
    fn into_head(self) -> Result<EntryHead> {
        Ok(EntryHead {
            id: self.id,
            page_id: self.page_id,
            volume_id: self.volume_id,
            place: self.place,
            provenance: self.provenance,
            state: EntryState::parse(self.id, &self.state)?,
            register_type: register_type("entry", self.id, &self.register_type)?,
            bbox: rect(self.x, self.y, self.width, self.height),
            entry_number: self.entry_number,
            fields: self.fields,
            accepted: self.accepted,
            lacunae: self.lacunae,
            doubt: self.doubt,
        })
    }
}

#[derive(Debug, sqlx::FromRow)]
struct FieldRow {
    entry_id: i64,
    name: String,
    text: String,
    value: Option<String>,
    lacuna: Option<String>,
    x: i64,
    y: i64,
    width: i64,
    height: i64,
    confidence: f64,
    accepted: bool,
    reader: String,
    candidates: String,
    checks: String,
    lines: String,
}

impl FieldRow {
    fn into_field(self) -> Result<(i64, String, Field)> {
        let unknown = |column, value: &str| DbError::stored("field of entry", self.entry_id, column, value);
        let lacuna = match &self.lacuna {
            None => None,
            Some(text) => Some(Lacuna::parse(text).ok_or_else(|| unknown("lacuna", text))?),
        };
        let field = Field {
            candidates: serde_json::from_str(&self.candidates)
                .map_err(|_| unknown("candidates", &self.candidates))?,
            checks: serde_json::from_str(&self.checks).map_err(|_| unknown("checks", &self.checks))?,
            lines: serde_json::from_str(&self.lines).map_err(|_| unknown("lines", &self.lines))?,
            text: self.text,
            value: self.value,
            bbox: rect(self.x, self.y, self.width, self.height),
            lacuna,
            confidence: self.confidence as f32,
            accepted: self.accepted,
            reader: self.reader,
        };
        Ok((self.entry_id, self.name, field))
    }
}

/// An entry with its fields as read.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct EntryRecord {
    /// The entry.
    pub head: EntryHead,
    /// Its fields by name, in the order of the form.
    pub fields: IndexMap<String, Field>,
}

impl EntryRecord {
    /// The entry as the pipeline speaks of it.
    pub fn entry(&self) -> Entry {
        Entry { bbox: self.head.bbox, fields: self.fields.clone() }
    }
}

queries! {
    inside {
        async fn with_fields(connection: &mut Connection, heads: Vec<HeadRow>, page_id: i64, entry_id: i64)
            -> Result<Vec<EntryRecord>> {
            let mut records: IndexMap<i64, EntryRecord> = IndexMap::with_capacity(heads.len());
            for head in heads {
                let head = head.into_head()?;
                records.insert(head.id, EntryRecord { head, fields: IndexMap::new() });
            }
            let fields: Vec<FieldRow> = sqlx::query_as(
                "SELECT field.* FROM field JOIN entry ON entry.id = field.entry_id
                 WHERE (entry.page_id = $1 OR entry.id = $2) ORDER BY field.entry_id, field.place",
            )
            .bind(page_id)
            .bind(entry_id)
            .fetch_all(connection)
            .await?;
            for row in fields {
                let (entry_id, name, field) = row.into_field()?;
                if let Some(record) = records.get_mut(&entry_id) {
                    record.fields.insert(name, field);
                }
            }
            Ok(records.into_values().collect())
        }
    }

    /// One entry with its fields as read, whatever its state.
    pub async fn entry(pools, id: i64) -> Result<EntryRecord> {
        let mut connection = pools.read.acquire().await?;
        let heads = sqlx::query_as("SELECT * FROM entry WHERE id = $1").bind(id).fetch_all(&mut *connection).await?;
        let mut records = with_fields(&mut connection, heads, 0, id).await?;
        records.pop().ok_or(DbError::NotFound { what: "entry", id: id.to_string() })
    }

    /// The current entries of a page with their fields as read, in their order.
    pub async fn entries_of_page(pools, page_id: i64) -> Result<Vec<EntryRecord>> {
        let mut connection = pools.read.acquire().await?;
        let heads = sqlx::query_as("SELECT * FROM entry WHERE page_id = $1 AND state = 'current' ORDER BY place")
            .bind(page_id)
            .fetch_all(&mut *connection)
            .await?;
        with_fields(&mut connection, heads, page_id, 0).await
    }

    /// The current entries of a volume in page order, without their fields.
    pub async fn entries_of_volume(pools, volume_id: i64) -> Result<Vec<EntryHead>> {
        let rows: Vec<HeadRow> = sqlx::query_as(
            "SELECT entry.* FROM entry JOIN page ON page.id = entry.page_id
             WHERE entry.volume_id = $1 AND entry.state = 'current' ORDER BY page.sequence, entry.place",
        )
        .bind(volume_id)
        .fetch_all(&pools.read)
        .await?;
        rows.into_iter().map(HeadRow::into_head).collect()
    }

    /// Ids of current entries after `after`, in their order, at most `limit`: what a rebuild of an index walks over.
    pub async fn entry_ids_after(pools, after: i64, limit: i64) -> Result<Vec<i64>> {
        let ids = sqlx::query_scalar("SELECT id FROM entry WHERE state = 'current' AND id > $1 ORDER BY id LIMIT $2");
        Ok(ids.bind(after).bind(limit).fetch_all(&pools.read).await?)
    }
}

//! Volumes: the bound books whose pages are taken in.

use serde::Serialize;
use sobo_core::{RegisterType, VolumeDescriptor};

use crate::{AuditEvent, Change, DbError, Result, Subject};

/// A volume.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Volume {
    /// Its id.
    pub id: i64,
    /// Office as of the volume's date, where it is known to differ from the office as written.
    pub office_at_date: String,
    /// Present custodian.
    pub custodian: String,
    /// The descriptor; `descriptor.office` is the office as written.
    pub descriptor: VolumeDescriptor,
    /// The descriptor exactly as it was written (TOML).
    pub descriptor_text: String,
    /// When it was first described, Unix milliseconds UTC.
    pub created_ms: i64,
}

#[derive(Debug, sqlx::FromRow)]
struct Row {
    id: i64,
    office_at_date: String,
    custodian: String,
    descriptor: String,
    descriptor_text: String,
    created_ms: i64,
}

impl Row {
    fn into_volume(self) -> Result<Volume> {
        let descriptor = serde_json::from_str(&self.descriptor)
            .map_err(|_| DbError::stored("volume", self.id, "descriptor", &self.descriptor))?;
        Ok(Volume {
            id: self.id,
            office_at_date: self.office_at_date,
            custodian: self.custodian,
            descriptor,
            descriptor_text: self.descriptor_text,
            created_ms: self.created_ms,
        })
    }
}

/// What `describe_volume` writes.
#[derive(Debug, Clone)]
pub struct VolumeDescription<'a> {
    /// The descriptor.
    pub descriptor: &'a VolumeDescriptor,
    /// The text it was parsed from, kept as written.
    pub text: &'a str,
    /// Office as of the volume's date; the office as written where `None`.
    pub office_at_date: Option<&'a str>,
}

/// How far a volume is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, sqlx::FromRow)]
pub struct VolumeProgress {
    /// The volume.
    pub volume_id: i64,
    /// Pages that count: not replaced by a rescan.
    pub pages: i64,
    /// Not yet read.
    pub waiting: i64,
    /// Read.
    pub done: i64,
    /// Without writing.
    pub blank: i64,
    /// To be scanned again.
    pub rescan_wanted: i64,
    /// Failed.
    pub failed: i64,
    /// Current entries.
    pub entries: i64,
    /// Fields of current entries.
    pub fields: i64,
    /// Fields offered as right.
    pub accepted: i64,
    /// Fields that are lacunae.
    pub lacunae: i64,
}

queries! {
    inside {
        pub(crate) async fn find(connection: &mut Connection, name: &str) -> Result<Option<Volume>> {
            let row: Option<Row> =
                sqlx::query_as("SELECT * FROM volume WHERE name = $1").bind(name).fetch_optional(connection).await?;
            row.map(Row::into_volume).transpose()
        }
    }

    /// Writes a volume's description; a volume of that name is described anew. Nothing happens where nothing changed.
    pub async fn describe_volume(pools, who: &str, description: &VolumeDescription<'_>) -> Result<Volume> {
        let descriptor = description.descriptor;
        let json = serde_json::to_string(descriptor).map_err(|error| DbError::Conflict {
            what: "volume",
            id: descriptor.name.clone(),
            why: error.to_string(),
        })?;
        let mut transaction = pools.begin().await?;
        // Locks out another intake that describes the same volume at this moment.
        let next = backend::count(&mut transaction, "volume", 1).await?;
        let known = find(&mut transaction, &descriptor.name).await?;
        let office_at_date = match (description.office_at_date, &known) {
            (Some(office), _) => office.to_owned(),
            (None, Some(known)) => known.office_at_date.clone(),
            (None, None) => descriptor.office.clone(),
        };
        if let Some(known) = &known
            && known.descriptor == *descriptor
            && known.descriptor_text == description.text
            && known.office_at_date == office_at_date
        {
            return Ok(known.clone());
        }
        let id = known.as_ref().map_or(next, |known| known.id);
        let now = backend::now_ms(&mut transaction).await?;
        sqlx::query(
            "INSERT INTO volume (id, name, office, office_at_date, custodian, register_type, form, year_from, year_to,
                                 descriptor, descriptor_text, created_ms)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
             ON CONFLICT (id) DO UPDATE SET office = excluded.office, office_at_date = excluded.office_at_date,
                custodian = excluded.custodian, register_type = excluded.register_type, form = excluded.form,
                year_from = excluded.year_from, year_to = excluded.year_to, descriptor = excluded.descriptor,
                descriptor_text = excluded.descriptor_text",
        )
        .bind(id)
        .bind(&descriptor.name)
        .bind(&descriptor.office)
        .bind(&office_at_date)
        .bind(descriptor.custodian.as_ref().unwrap_or(&descriptor.office))
        .bind(descriptor.register_type.as_str())
        .bind(&descriptor.form)
        .bind(i64::from(descriptor.year_from))
        .bind(i64::from(descriptor.year_to.unwrap_or(descriptor.year_from)))
        .bind(&json)
        .bind(description.text)
        .bind(now)
        .execute(&mut *transaction)
        .await?;
        if known.is_some() {
            // The number taken above goes back, so that ids stay without gaps.
            backend::count(&mut transaction, "volume", -1).await?;
        }
        let volume = find(&mut transaction, &descriptor.name).await?;
        let what = if known.is_some() { "volume.describe_anew" } else { "volume.describe" };
        let event = AuditEvent::new(who, what, [format!("volume/{id}")])
            .with(serde_json::json!({ "name": descriptor.name }));
        backend::finish(transaction, &[Change::of(Subject::Volume, id)], &[event]).await?;
        volume.ok_or(DbError::NotFound { what: "volume", id: descriptor.name.clone() })
    }

    /// Every volume, by name.
    pub async fn volumes(pools) -> Result<Vec<Volume>> {
        let rows: Vec<Row> = sqlx::query_as("SELECT * FROM volume ORDER BY name").fetch_all(&pools.read).await?;
        rows.into_iter().map(Row::into_volume).collect()
    }

    /// One volume.
    pub async fn volume(pools, id: i64) -> Result<Volume> {
        let row: Option<Row> =
            sqlx::query_as("SELECT * FROM volume WHERE id = $1").bind(id).fetch_optional(&pools.read).await?;
        row.ok_or(DbError::NotFound { what: "volume", id: id.to_string() })?.into_volume()
    }

    /// The volume of this name.
    pub async fn volume_named(pools, name: &str) -> Result<Option<Volume>> {
        find(&mut *pools.read.acquire().await?, name).await
    }

    /// How far each volume is, by volume id.
    pub async fn progress(pools) -> Result<Vec<VolumeProgress>> {
        // A sum over BIGINT is NUMERIC on PostgreSQL: cast back.
        let rows = sqlx::query_as(
            "SELECT volume.id AS volume_id,
                    COALESCE(p.pages, 0) AS pages, COALESCE(p.waiting, 0) AS waiting, COALESCE(p.done, 0) AS done,
                    COALESCE(p.blank, 0) AS blank, COALESCE(p.rescan_wanted, 0) AS rescan_wanted,
                    COALESCE(p.failed, 0) AS failed, COALESCE(e.entries, 0) AS entries,
                    COALESCE(e.fields, 0) AS fields, COALESCE(e.accepted, 0) AS accepted,
                    COALESCE(e.lacunae, 0) AS lacunae
             FROM volume
             LEFT JOIN (
                SELECT volume_id, COUNT(*) AS pages,
                       COUNT(CASE WHEN state = 'waiting' THEN 1 END) AS waiting,
                       COUNT(CASE WHEN state = 'done' THEN 1 END) AS done,
                       COUNT(CASE WHEN state = 'blank' THEN 1 END) AS blank,
                       COUNT(CASE WHEN state = 'rescan_wanted' THEN 1 END) AS rescan_wanted,
                       COUNT(CASE WHEN state = 'failed' THEN 1 END) AS failed
                FROM page WHERE superseded_by IS NULL GROUP BY volume_id
             ) p ON p.volume_id = volume.id
             LEFT JOIN (
                SELECT volume_id, COUNT(*) AS entries, CAST(SUM(fields) AS BIGINT) AS fields,
                       CAST(SUM(accepted) AS BIGINT) AS accepted, CAST(SUM(lacunae) AS BIGINT) AS lacunae
                FROM entry WHERE state = 'current' GROUP BY volume_id
             ) e ON e.volume_id = volume.id
             ORDER BY volume.id",
        );
        Ok(rows.fetch_all(&pools.read).await?)
    }
}

/// The kind of register of a stored volume row, for rows that carry only the identifier.
pub(crate) fn register_type(what: &'static str, id: i64, text: &str) -> Result<Option<RegisterType>> {
    if text.is_empty() {
        return Ok(None);
    }
    RegisterType::parse(text).map(Some).ok_or_else(|| DbError::stored(what, id, "register_type", text))
}

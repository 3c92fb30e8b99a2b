//! Prints of volumes: where labels and columns stand on their pages, as data known by its hash.

use crate::{AuditEvent, Result};

queries! {
    /// The print of a volume that is in force: the newest, as the text it was kept as.
    pub async fn print_of_volume(pools, volume_id: i64) -> Result<Option<String>> {
        let body = sqlx::query_scalar(
            "SELECT body FROM print WHERE volume_id = $1 ORDER BY created_ms DESC, hash LIMIT 1",
        );
        Ok(body.bind(volume_id).fetch_optional(&pools.read).await?)
    }

    /// The print with this hash, as the text it was kept as: what a reading was made with.
    pub async fn print_with_hash(pools, hash: &str) -> Result<Option<String>> {
        let body = sqlx::query_scalar("SELECT body FROM print WHERE hash = $1 LIMIT 1");
        Ok(body.bind(hash).fetch_optional(&pools.read).await?)
    }

    /// Keeps the print of a volume. One that is kept already stays as it is.
    pub async fn keep_print(pools, who: &str, volume_id: i64, hash: &str, body: &str) -> Result<()> {
        let mut transaction = pools.begin().await?;
        let now = backend::now_ms(&mut transaction).await?;
        let kept = sqlx::query(
            "INSERT INTO print (volume_id, hash, body, created_ms) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
        )
        .bind(volume_id)
        .bind(hash)
        .bind(body)
        .bind(now)
        .execute(&mut *transaction)
        .await?
        .rows_affected();
        let event = AuditEvent::new(who, "volume.print_learned", [format!("volume/{volume_id}")])
            .with(serde_json::json!({ "print": hash }));
        let events = if kept > 0 { vec![event] } else { Vec::new() };
        backend::finish(transaction, &[], &events).await
    }
}

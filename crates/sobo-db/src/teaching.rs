//! In which order entries teach the reader: what `sobo-adapt` finds out is kept with the records, so that a queue can
//! follow it without reading a volume.

use crate::Result;

queries! {
    /// A volume with untouched entries that were not weighed yet; the one with the lowest id.
    pub async fn volume_to_weigh(pools) -> Result<Option<i64>> {
        let volume = sqlx::query_scalar("SELECT MIN(volume_id) FROM record WHERE teaches < 0");
        Ok(volume.fetch_one(&pools.read).await?)
    }

    /// Whether a volume has entries that were not weighed yet.
    pub async fn is_to_weigh(pools, volume: i64) -> Result<bool> {
        let found: Option<i64> =
            sqlx::query_scalar("SELECT volume_id FROM record WHERE teaches < 0 AND volume_id = $1 LIMIT 1")
                .bind(volume)
                .fetch_optional(&pools.read)
                .await?;
        Ok(found.is_some())
    }

    /// Keeps what each untouched entry of a volume would teach, the more the better. `known` are the entries that were
    /// looked at: those among them that are not in `worth` teach nothing more, later ones stay to be weighed.
    pub async fn keep_teaching_worth(pools, known: &[i64], worth: &[(i64, i64)]) -> Result<()> {
        let worth: std::collections::HashMap<i64, i64> = worth.iter().copied().collect();
        let mut transaction = pools.begin().await?;
        for entry in known {
            sqlx::query("UPDATE record SET teaches = $2 WHERE entry_id = $1")
                .bind(entry)
                .bind(worth.get(entry).copied().unwrap_or(0).max(0))
                .execute(&mut *transaction)
                .await?;
        }
        Ok(transaction.commit().await?)
    }
}

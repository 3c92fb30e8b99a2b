//! What people have typed and not yet submitted.

use crate::Result;

queries! {
    /// Keeps what a person has typed so far.
    pub async fn save_draft(pools, entry: i64, person: i64, body: &str) -> Result<()> {
        let now = crate::backend::system_now_ms();
        sqlx::query(
            "INSERT INTO draft (entry_id, person, saved_ms, body) VALUES ($1, $2, $3, $4)
             ON CONFLICT (entry_id, person) DO UPDATE SET saved_ms = excluded.saved_ms, body = excluded.body",
        )
        .bind(entry)
        .bind(person)
        .bind(now)
        .bind(body)
        .execute(&pools.write)
        .await?;
        Ok(())
    }

    /// What a person had typed, and when it was kept, Unix milliseconds.
    pub async fn draft(pools, entry: i64, person: i64) -> Result<Option<(String, i64)>> {
        let draft = sqlx::query_as("SELECT body, saved_ms FROM draft WHERE entry_id = $1 AND person = $2");
        Ok(draft.bind(entry).bind(person).fetch_optional(&pools.read).await?)
    }
}

//! Settings of a store: small named values that every program at it shares.

use crate::Result;

queries! {
    /// The value of a setting.
    pub async fn setting(pools, name: &str) -> Result<Option<String>> {
        let value = sqlx::query_scalar("SELECT value FROM setting WHERE name = $1");
        Ok(value.bind(name).fetch_optional(&pools.read).await?)
    }

    /// Settings whose names are like this (`%` for any end), with when they were set, Unix milliseconds UTC; by name.
    pub async fn settings_like(pools, like: &str) -> Result<Vec<(String, String, i64)>> {
        let rows = sqlx::query_as("SELECT name, value, changed_ms FROM setting WHERE name LIKE $1 ORDER BY name");
        Ok(rows.bind(like).fetch_all(&pools.read).await?)
    }

    /// Sets a setting, replacing its value.
    pub async fn set_setting(pools, name: &str, value: &str) -> Result<()> {
        let mut transaction = pools.begin().await?;
        let now = backend::now_ms(&mut transaction).await?;
        sqlx::query(
            "INSERT INTO setting (name, value, changed_ms) VALUES ($1, $2, $3)
             ON CONFLICT (name) DO UPDATE SET value = excluded.value, changed_ms = excluded.changed_ms",
        )
        .bind(name)
        .bind(value)
        .bind(now)
        .execute(&mut *transaction)
        .await?;
        Ok(transaction.commit().await?)
    }
}

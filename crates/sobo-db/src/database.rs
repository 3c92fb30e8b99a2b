//! Opening a database, whichever of the two it is.

use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};

use crate::backend;
use crate::{DbError, Result};

/// How long a writer waits for the lock of an SQLite file that another process holds.
const BUSY_TIMEOUT: Duration = Duration::from_secs(30);
/// Readers of an SQLite file in one process.
const SQLITE_READERS: u32 = 8;
/// Connections to a PostgreSQL server from one process.
const POSTGRES_CONNECTIONS: u32 = 16;

/// A database with its migrations applied. Cheap to clone; clones share their connections.
#[derive(Debug, Clone)]
pub struct Database {
    pools: Pools,
    url: String,
}

/// The pools of the one backend that is open.
#[derive(Debug, Clone)]
pub(crate) enum Pools {
    Sqlite(backend::sqlite::Pools),
    Postgres(backend::postgres::Pools),
}

impl Database {
    /// Opens `sqlite:///path/to/file` (made if missing) or `postgres://user@host/name` and applies missing migrations.
    pub async fn connect(url: &str) -> Result<Self> {
        let shown = without_password(url);
        if let Some(path) = url.strip_prefix("sqlite:") {
            let path = PathBuf::from(path.strip_prefix("//").unwrap_or(path));
            if path.as_os_str().is_empty() || path == Path::new(":memory:") {
                return Err(DbError::Address { url: shown });
            }
            let pools = open_sqlite(&path, &shown).await?;
            return Ok(Self { pools: Pools::Sqlite(pools), url: shown });
        }
        if url.starts_with("postgres:") || url.starts_with("postgresql:") {
            let pools = open_postgres(url, &shown).await?;
            return Ok(Self { pools: Pools::Postgres(pools), url: shown });
        }
        Err(DbError::Address { url: shown })
    }

    /// The address, without its password.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The backend's name, `sqlite` or `postgres`.
    pub fn backend(&self) -> &'static str {
        match self.pools {
            Pools::Sqlite(_) => "sqlite",
            Pools::Postgres(_) => "postgres",
        }
    }

    /// Closes every connection; on SQLite the write-ahead log is folded into the file.
    pub async fn close(&self) {
        match &self.pools {
            Pools::Sqlite(pools) => {
                pools.read.close().await;
                pools.write.close().await;
            }
            Pools::Postgres(pools) => pools.write.close().await,
        }
    }

    pub(crate) fn pools(&self) -> &Pools {
        &self.pools
    }
}

async fn open_sqlite(path: &Path, url: &str) -> Result<backend::sqlite::Pools> {
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        std::fs::create_dir_all(folder)
            .map_err(|source| DbError::Io { path: folder.display().to_string(), source })?;
    }
    let options = SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        // A committed page is on the disk, also after a power cut: NORMAL could lose the last commits.
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .busy_timeout(BUSY_TIMEOUT);
    let open = |source| DbError::Open { url: url.to_owned(), source };
    let write =
        SqlitePoolOptions::new().max_connections(1).connect_with(options.clone()).await.map_err(open)?;
    {
        // SQLite has no lock for migrations: two programs that start at once on a new file would both apply them.
        let lock = path.with_added_extension("migration-lock");
        let io = |source| DbError::Io { path: lock.display().to_string(), source };
        let file = std::fs::File::create(&lock).map_err(io)?;
        file.lock().map_err(io)?;
        sqlx::migrate!("migrations/sqlite")
            .run(&write)
            .await
            .map_err(|source| DbError::Migrate { url: url.to_owned(), source })?;
    }
    let read = SqlitePoolOptions::new()
        .max_connections(SQLITE_READERS)
        // A write through the pool of readers is a mistake in this crate: let it fail.
        .connect_with(options.pragma("query_only", "1"))
        .await
        .map_err(open)?;
    Ok(backend::sqlite::Pools { read, write })
}

async fn open_postgres(url: &str, shown: &str) -> Result<backend::postgres::Pools> {
    let open = |source| DbError::Open { url: shown.to_owned(), source };
    let options = PgConnectOptions::from_str(url).map_err(open)?.application_name("sobo");
    let pool = PgPoolOptions::new()
        .max_connections(POSTGRES_CONNECTIONS)
        .connect_with(options)
        .await
        .map_err(open)?;
    sqlx::migrate!("migrations/postgres")
        .run(&pool)
        .await
        .map_err(|source| DbError::Migrate { url: shown.to_owned(), source })?;
    Ok(backend::postgres::Pools { read: pool.clone(), write: pool })
}

/// The address as it may be shown: `user:password@` becomes `user@`.
fn without_password(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return url.to_owned() };
    let authority_end = rest.find('/').unwrap_or(rest.len());
    let (authority, path) = rest.split_at(authority_end);
    let authority = match authority.rsplit_once('@') {
        Some((user, host)) => format!("{}@{host}", user.split(':').next().unwrap_or_default()),
        None => authority.to_owned(),
    };
    // `?password=…` is the other place PostgreSQL addresses allow.
    let path = path.split('?').next().unwrap_or_default();
    format!("{scheme}://{authority}{path}")
}

#[cfg(test)]
mod tests {
    use super::without_password;

    #[test]
    fn addresses_lose_their_passwords() {
        assert_eq!(without_password("postgres://a:b@h:1/d?password=x"), "postgres://a@h:1/d");
        assert_eq!(without_password("postgres://h/d"), "postgres://h/d");
        assert_eq!(without_password("sqlite:///var/a@b.db"), "sqlite:///var/a@b.db");
    }
}

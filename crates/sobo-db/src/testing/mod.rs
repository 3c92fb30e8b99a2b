//! Databases for tests: a fresh SQLite file, and a fresh database on a PostgreSQL server.
//!
//! The server is the one `SOBO_TEST_POSTGRES_URL` names; where that is unset, a private one is started for the test
//! process from Debian's binaries. Where neither is possible the test is left out and says so, unless `CI=true` or
//! `SOBO_REQUIRE_SERVERS=1`: then it fails.
#![allow(clippy::expect_used, clippy::panic, clippy::print_stderr)]

mod server;

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use sqlx::{AssertSqlSafe, Connection as _, PgConnection};

use crate::Database;
pub use server::PrivatePostgres;

/// A database of one test, gone when dropped.
#[derive(Debug)]
pub struct TestDatabase {
    /// The open database.
    pub database: Database,
    /// Its address, password included.
    pub url: String,
    _folder: Option<tempfile::TempDir>,
}

impl TestDatabase {
    /// A fresh SQLite file.
    pub async fn sqlite() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let url = format!("sqlite://{}", folder.path().join("sobo.db").display());
        let database = Database::connect(&url).await.expect("a fresh SQLite file opens");
        Self { database, url, _folder: Some(folder) }
    }

    /// A fresh database on the PostgreSQL server of the tests, or `None` where there is none and none is demanded.
    pub async fn postgres() -> Option<Self> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let server = postgres_server()?;
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("sobo_test_{}_{count}", std::process::id());
        let mut connection =
            PgConnection::connect(&server).await.expect("the PostgreSQL server of the tests answers");
        for statement in
            [format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"), format!("CREATE DATABASE {name}")]
        {
            sqlx::query(AssertSqlSafe(statement))
                .execute(&mut connection)
                .await
                .expect("the tests may create databases on SOBO_TEST_POSTGRES_URL");
        }
        let url = with_database(&server, &name);
        let database = Database::connect(&url).await.expect("a fresh PostgreSQL database opens");
        Some(Self { database, url, _folder: None })
    }
}

/// The server's address with another database's name.
fn with_database(server: &str, name: &str) -> String {
    let (base, query) = server.split_once('?').map_or((server, None), |(base, query)| (base, Some(query)));
    let authority_start = base.find("://").map_or(0, |at| at + 3);
    let authority_end = base[authority_start..].find('/').map_or(base.len(), |at| authority_start + at);
    let query = query.map(|query| format!("?{query}")).unwrap_or_default();
    format!("{}/{name}{query}", &base[..authority_end])
}

fn postgres_server() -> Option<String> {
    static SERVER: OnceLock<Option<String>> = OnceLock::new();
    let url = SERVER.get_or_init(|| {
        if let Ok(url) = std::env::var("SOBO_TEST_POSTGRES_URL") {
            return Some(url);
        }
        match PrivatePostgres::start() {
            // Kept for the life of the process; a watcher stops it when the process ends, however it ends.
            Ok(server) => Some(Box::leak(Box::new(server)).url.clone()),
            Err(why) => {
                eprintln!("no PostgreSQL server for tests: {why}");
                None
            }
        }
    });
    if url.is_none() {
        assert!(
            !servers_required(),
            "PostgreSQL is required here (CI or SOBO_REQUIRE_SERVERS is set): install postgresql or set SOBO_TEST_POSTGRES_URL"
        );
        eprintln!("left out: the PostgreSQL half of this test");
    }
    url.clone()
}

/// Whether a test that finds no server must fail.
pub fn servers_required() -> bool {
    std::env::var("CI").is_ok_and(|ci| ci == "true")
        || std::env::var("SOBO_REQUIRE_SERVERS").is_ok_and(|it| it == "1")
}

/// Writes a test once and runs it against both backends: `on_both! { async fn name(database: Database) { … } }`.
#[macro_export]
macro_rules! on_both {
    ($($(#[$attribute:meta])* async fn $name:ident($database:ident : Database) $body:block)*) => {
        $(mod $name {
            #[allow(unused_imports)]
            use super::*;

            async fn check($database: $crate::Database) $body

            $(#[$attribute])*
            #[tokio::test]
            async fn sqlite() {
                let test = $crate::testing::TestDatabase::sqlite().await;
                check(test.database.clone()).await;
            }

            $(#[$attribute])*
            #[tokio::test]
            async fn postgres() {
                if let Some(test) = $crate::testing::TestDatabase::postgres().await {
                    check(test.database.clone()).await;
                }
            }
        })*
    };
}

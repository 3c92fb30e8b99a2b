//! How one source of queries serves SQLite and PostgreSQL.
//!
//! `queries!` stamps its functions into two modules. Inside them `backend` names the module of the backend at hand,
//! below: its `Pools`, `Connection`, `Transaction`, its `pick`, and `audit`, `change`, … the functions of other modules
//! for the same backend.

/// What both backends have in common, written once.
macro_rules! common_backend {
    () => {
        // Functions of the crate's modules for this backend, as `backend::audit::append(…)`.
        #[allow(unused_imports)]
        pub(crate) use stamped::*;

        pub(crate) type Transaction = sqlx::Transaction<'static, Driver>;

        /// Connections for reading, and those that may write.
        ///
        /// On SQLite these are two pools, the second of one connection: writers of this process queue up there in
        /// order instead of polling for the file's lock, and readers never wait for them. On PostgreSQL both are one pool.
        #[derive(Debug, Clone)]
        pub(crate) struct Pools {
            pub(crate) read: sqlx::Pool<Driver>,
            pub(crate) write: sqlx::Pool<Driver>,
        }

        impl Pools {
            /// Begins a transaction that may write.
            pub(crate) async fn begin(&self) -> crate::Result<Transaction> {
                Ok(self.write.begin_with(BEGIN).await?)
            }
        }

        /// Adds to a counter and gives its new value. The counter's row stays locked until the transaction ends, so
        /// that values are without gaps and become visible in their order.
        pub(crate) async fn count(connection: &mut Connection, counter: &str, by: i64) -> crate::Result<i64> {
            let next =
                sqlx::query_scalar("UPDATE counter SET value = value + $2 WHERE name = $1 RETURNING value");
            Ok(next.bind(counter).bind(by).fetch_one(connection).await?)
        }

        /// Ends a transaction that changed truth: writes the change feed, then the audit, and commits.
        pub(crate) async fn finish(
            mut transaction: Transaction,
            changes: &[crate::Change],
            events: &[crate::AuditEvent],
        ) -> crate::Result<()> {
            change::append(&mut transaction, changes).await?;
            audit::append(&mut transaction, events).await?;
            Ok(transaction.commit().await?)
        }
    };
}

/// Lists the modules that hold stamped queries, for `backend::module::function`.
macro_rules! stamped_modules {
    ($($module:ident),* $(,)?) => {
        #[allow(unused_imports)]
        pub(crate) mod sqlite_modules { $(pub(crate) use crate::$module::sqlite as $module;)* }
        #[allow(unused_imports)]
        pub(crate) mod postgres_modules { $(pub(crate) use crate::$module::postgres as $module;)* }
    };
}
stamped_modules!(
    adaptation,
    agreement,
    audit,
    change,
    join,
    page,
    page_work,
    queue,
    reading,
    setting,
    verification,
    volume,
);

/// Stamps functions for both backends and adds a method to [`crate::Database`] for each query.
///
/// ```ignore
/// queries! {
///     inside {
///         // Items stamped for each backend but given no method: helpers that take `&mut Connection`.
///         pub(crate) async fn helper(connection: &mut Connection, id: i64) -> Result<()> { … }
///     }
///
///     /// A query: the first parameter names the pools, the others become the method's.
///     pub async fn title(pools, id: i64) -> Result<Option<String>> { … }
/// }
/// ```
macro_rules! queries {
    (
        $(inside { $($item:item)* })?
        $(
            $(#[$attribute:meta])*
            pub async fn $name:ident($pools:ident $(, $argument:ident : $type:ty)* $(,)?) -> $result:ty $body:block
        )*
    ) => {
        queries!(@stamp sqlite [$($($item)*)?] $($name ($pools $(, $argument: $type)*) -> $result $body)*);
        queries!(@stamp postgres [$($($item)*)?] $($name ($pools $(, $argument: $type)*) -> $result $body)*);

        impl crate::Database {
            $(
                $(#[$attribute])*
                pub async fn $name(&self $(, $argument: $type)*) -> $result {
                    match self.pools() {
                        crate::database::Pools::Sqlite(pools) => sqlite::$name(pools $(, $argument)*).await,
                        crate::database::Pools::Postgres(pools) => postgres::$name(pools $(, $argument)*).await,
                    }
                }
            )*
        }
    };
    (@stamp $backend:ident [$($item:item)*] $($name:ident ($pools:ident $(, $argument:ident : $type:ty)*) -> $result:ty $body:block)*) => {
        #[allow(unused_imports, clippy::too_many_arguments)]
        pub(crate) mod $backend {
            use super::*;
            use crate::backend::$backend as backend;
            use backend::{Connection, Pools, Transaction};

            $($item)*

            $(pub(crate) async fn $name($pools: &Pools $(, $argument: $type)*) -> $result $body)*
        }
    };
}

/// Everything a stamped module needs of SQLite.
pub(crate) mod sqlite {
    pub(crate) type Driver = sqlx::Sqlite;
    pub(crate) type Connection = sqlx::SqliteConnection;
    /// Takes the write lock at once; a deferred transaction could fail at its first write.
    pub(crate) const BEGIN: &str = "BEGIN IMMEDIATE";

    /// Chooses the SQLite text.
    pub(crate) const fn pick(sqlite: &'static str, _postgres: &'static str) -> &'static str {
        sqlite
    }

    /// Milliseconds since 1970 UTC: the clock of this machine, which is the only one at an SQLite file.
    pub(crate) async fn now_ms(_connection: &mut Connection) -> crate::Result<i64> {
        Ok(crate::backend::system_now_ms())
    }

    use super::sqlite_modules as stamped;
    common_backend!();
}

/// Everything a stamped module needs of PostgreSQL.
pub(crate) mod postgres {
    pub(crate) type Driver = sqlx::Postgres;
    pub(crate) type Connection = sqlx::PgConnection;
    pub(crate) const BEGIN: &str = "BEGIN";

    /// Chooses the PostgreSQL text.
    pub(crate) const fn pick(_sqlite: &'static str, postgres: &'static str) -> &'static str {
        postgres
    }

    /// Milliseconds since 1970 UTC by the server's clock, so that leases of many machines compare.
    pub(crate) async fn now_ms(connection: &mut Connection) -> crate::Result<i64> {
        let now = sqlx::query_scalar("SELECT (extract(epoch FROM clock_timestamp()) * 1000)::BIGINT");
        Ok(now.fetch_one(connection).await?)
    }

    use super::postgres_modules as stamped;
    common_backend!();
}

/// Milliseconds since 1970 UTC by this machine's clock.
pub(crate) fn system_now_ms() -> i64 {
    (time::OffsetDateTime::now_utc().unix_timestamp_nanos() / 1_000_000) as i64
}

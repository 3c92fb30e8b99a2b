//! Everything SQL: SQLite and PostgreSQL, migrations, the queue, accounts, verification records, the append-only audit.

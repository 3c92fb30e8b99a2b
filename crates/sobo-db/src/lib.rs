//! Everything SQL: SQLite (embedded default) and PostgreSQL (shared), migrations, the queue, accounts, verification
//! records, the append-only audit.
//!
//! **Architecture invariant:** no other crate of the workspace speaks SQL.
//!
//! # One source of queries, two backends
//! A query is written once, in shared `$1` SQL, inside the crate's `queries!` macro. The macro stamps it into a module
//! `sqlite` and a module `postgres` beside it (concrete pools and rows, no `sqlx::Any`) and adds a method of the same
//! name to [`Database`]. Where the two dialects differ, `backend::pick("sqlite text", "postgres text")` chooses.
//! `src/setting.rs` is the smallest example, `tests/it/setting.rs` how both are tested.
//!
//! # Rules that keep both backends equal
//! - Integers are `BIGINT`/`i64`, times are Unix milliseconds UTC in `BIGINT` columns named `…_ms`, JSON is `TEXT`,
//!   truth values `BOOLEAN`.
//! - Reads take `pools.read`; everything that writes begins with `pools.begin()` (`BEGIN IMMEDIATE` on SQLite, so that
//!   a transaction never fails half way for want of the write lock).
//! - A transaction that changes truth ends with `backend::finish(tx, &changes, &audits)`: the change feed and the audit
//!   are written last, because their sequence rows stay locked until the commit.

#[macro_use]
mod backend;
mod account;
mod adaptation;
mod agreement;
mod audit;
mod carry;
mod change;
mod database;
mod draft;
mod entry;
mod error;
mod intake;
mod join;
mod note;
mod numbering;
mod page;
mod page_work;
mod print;
mod queue;
mod reading;
mod report;
mod sample;
mod setting;
mod teaching;
#[cfg(feature = "testing")]
pub mod testing;
mod verification;
mod volume;
mod watch;
mod work_queue;

pub use account::{Account, NewAccount, OfficeScope, Session};
pub use adaptation::{Drift, LineSet, Model, NewLineSet, Promotion, Reread, VerifiedEntry};
pub use agreement::{Pace, StageCount, Tally};
pub use audit::{AuditEvent, AuditRecord, ChainReport};
pub use carry::ToCarry;
pub use change::{Change, Subject};
pub use database::Database;
pub use entry::{EntryHead, EntryRecord, EntryState};
pub use error::{DbError, Result};
pub use intake::{Batch, FileIntake, FileOutcome, FileRecord, Handed, NewPage, Recorded};
pub use join::{Joined, JoinedEntry, PageToJoin};
pub use note::PageNote;
pub use numbering::{Gap, Numbering, Repeat, check_numbering, running_number};
pub use page::{Page, PageFilter};
pub use page_work::{PageOperation, PageWork, PageWorkKind, PageWorked};
pub use queue::{Lease, QueueLength, Requeue, Work};
pub use reading::{Completed, Completion, ENTRIES_PER_PAGE, StoredReading, provenance_key};
pub use report::{ListedPage, VolumeReport};
pub use sample::{NewSample, Sample, SampleField, SampleSubmitted, Sampled, Verdict};
pub use verification::{Acted, NewRecord, Record, Unrecorded};
pub use volume::{Volume, VolumeDescription, VolumeProgress};
pub use watch::WatchedFolder;
pub use work_queue::{QueueOrder, Wish};

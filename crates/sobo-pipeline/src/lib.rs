//! The order of stages, the worker pool, resumption, budgets, provenance and progress.
//!
//! [`Store::open`] opens the homes of a register (database and vault), [`Store::intake`] takes scans in,
//! [`Store::run`] reads the pages that wait, [`follow`] brings an index up to date. The order of what happens to a page
//! stands in `stages.rs`; what needs the page before is done after reading, in `join.rs`. Nothing here prints: progress and results are values.
//!
//! # What survives
//! A process may be killed at any instant. What it had finished is in the vault and the database; what it had begun is
//! begun again, because each step is either not there or wholly there: an original appears in the vault in one step, a
//! file with its pages and jobs in one transaction, a page's reading with its entries, outcome, change feed and audit in
//! another, and an index holds the place in the change feed up to which it was brought. Running again does nothing twice.

mod disk;
mod error;
mod field_box;
mod fixity;
mod follow;
mod form_draft;
mod intake;
mod join;
mod locate;
mod originals;
pub mod overlay;
pub mod page;
mod print;
mod progress;
mod reader;
mod run;
mod search_index;
mod stages;
mod stop;
mod store;
mod verified;
mod worker;

pub use disk::free_bytes;
pub use error::{PipelineError, Result};
pub use field_box::read_box;
pub use fixity::FixitySummary;
pub use follow::{Follower, IndexEntry, Stated, follow};
pub use form_draft::{NewForm, draft_form};
pub use intake::{IntakeRequest, IntakeSummary, PlannedFile};
pub use locate::sight_page;
pub use originals::{Original, Originals};
pub use page::ReadPage;
pub use print::PRINT_PAGES;
pub use progress::{Progress, ProgressSink, Silent};
pub use reader::{PageInput, PageReader};
pub use run::{FailedPage, RunOptions, RunSummary};
pub use search_index::SearchFollower;
pub use stop::Stop;
pub use store::{Store, StoreConfig};
pub use verified::cut_lines;

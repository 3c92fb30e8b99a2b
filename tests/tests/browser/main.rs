//! The clerk's screen in a real browser: the whole chain with two clerks and an arbiter, keys alone, drafts through a
//! cut connection, every screen by axe-core.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stderr,
    clippy::print_stdout,
    missing_docs,
    unreachable_pub
)]

mod cable;
mod chain;
mod clerks;
mod desk;
mod input_method;
mod kill;
mod learning;
mod lookahead;
mod looks;
mod models;
mod page_work;
#[path = "../people/mod.rs"]
mod people;
mod quality;
mod rescan;
mod resilience;
mod screen;
mod speed;
mod stuck;

use std::path::{Path, PathBuf};

/// Pages with truth: the samples of the repository, or those of the folder the environment names.
fn pages() -> PathBuf {
    std::env::var_os("SOBO_BROWSER_PAGES")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../samples/volumes"), PathBuf::from)
}

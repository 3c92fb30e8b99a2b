//! Intake, runs and what survives a kill, with small readers of the tests' own.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod intake;
mod kill;
mod print;
mod run;
mod support;

//! Every query against both backends.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod adaptation;
mod audit;
mod change;
mod intake;
mod page_work;
mod print;
mod queue;
mod reading;
mod register;
mod setting;
mod verification;
mod volume;

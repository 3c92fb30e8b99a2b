//! One module a command.

pub(crate) mod account;
pub(crate) mod adapt;
pub(crate) mod demo;
pub(crate) mod doctor;
pub(crate) mod evaluate;
pub(crate) mod form;
pub(crate) mod intake;
pub(crate) mod read;
pub(crate) mod report;
pub(crate) mod run;
pub(crate) mod search;
pub(crate) mod serve;
pub(crate) mod status;

//! Standard output and the exit codes.

use std::io::Write as _;
use std::process::ExitCode;

use anyhow::Result;
use serde::Serialize;

/// How a command ended.
#[derive(Debug, Copy, Clone, PartialEq, Eq)]
pub(crate) enum Ending {
    /// All went well.
    Well,
    /// Carried out, but something was refused or failed.
    Partly,
    /// Stopped by the user.
    Interrupted,
}

impl Ending {
    pub(crate) fn code(self) -> ExitCode {
        match self {
            Self::Well => ExitCode::SUCCESS,
            Self::Partly => ExitCode::from(3),
            Self::Interrupted => ExitCode::from(130),
        }
    }

    pub(crate) fn partly_if(condition: bool) -> Self {
        if condition { Self::Partly } else { Self::Well }
    }
}

/// Writes a line.
///
/// # Errors
/// When standard output is closed.
pub(crate) fn line(text: impl std::fmt::Display) -> Result<()> {
    writeln!(std::io::stdout().lock(), "{text}")?;
    Ok(())
}

/// Writes one JSON document, in lines.
///
/// # Errors
/// When standard output is closed.
pub(crate) fn json(value: &impl Serialize) -> Result<()> {
    line(serde_json::to_string_pretty(value)?)
}

/// Writes one JSON object on a line of its own.
///
/// # Errors
/// When standard output is closed.
pub(crate) fn json_line(value: &impl Serialize) -> Result<()> {
    line(serde_json::to_string(value)?)
}

/// Writes a line on standard error, for people beside a machine that listens.
pub(crate) fn note(text: impl std::fmt::Display) {
    let _ = writeln!(std::io::stderr().lock(), "{text}");
}

/// A reason with the page it is about, which many reasons name themselves.
pub(crate) fn because(page: &str, source: &str, reason: &str) -> String {
    if reason.contains(source) { reason.to_owned() } else { format!("{page}: {reason}") }
}

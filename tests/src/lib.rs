//! Helpers shared by the tests of this package.

pub mod scripted;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use anyhow::{Context as _, Result, ensure};

/// The root of the repository.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().map_or_else(|| PathBuf::from("."), Path::to_path_buf)
}

/// The `sobo` program built beside this test.
///
/// # Errors
/// When it was not built: `cargo build --workspace --bins` comes first.
pub fn program() -> Result<PathBuf> {
    let test = std::env::current_exe()?;
    let folder = test.parent().and_then(Path::parent).context("a test lies two folders deep")?;
    let program = folder.join("sobo");
    ensure!(program.exists(), "{} is missing; run `cargo build --workspace --bins` first", program.display());
    Ok(program)
}

/// A `sobo` command on a store, with the repository's models and forms.
///
/// # Errors
/// When the program was not built.
pub fn sobo(store: &Path) -> Result<Command> {
    let mut command = Command::new(program()?);
    command
        .current_dir(root())
        .env_remove("SOBO_DATABASE")
        .env_remove("SOBO_VAULT")
        .env("OMP_THREAD_LIMIT", "1")
        .arg("--store")
        .arg(store);
    Ok(command)
}

/// Runs a command and gives exit code, standard output and standard error.
///
/// # Errors
/// When it cannot be started or was killed.
pub fn outcome(command: &mut Command) -> Result<(i32, String, String)> {
    let Output { status, stdout, stderr } = command.output().context("sobo could not be started")?;
    let code = status.code().context("sobo was killed")?;
    Ok((code, String::from_utf8(stdout)?, String::from_utf8_lossy(&stderr).into_owned()))
}

/// The trainer's environment for tests of the reader that learns, or `None` where it is not installed and nobody demands
/// it (`SOBO_REQUIRE_TRAINER`); then the test says so and is left out.
#[allow(clippy::print_stderr, reason = "a test that is left out says so")]
pub fn trainer() -> Option<PathBuf> {
    let given = std::env::var_os("SOBO_TRAINER").map(PathBuf::from);
    // A folder alone may be what a broken installation left.
    if let Some(folder) = given.clone().filter(|folder| folder.join("bin/python").exists()) {
        return Some(folder);
    }
    let folder = given.unwrap_or_else(|| root().join("var/test/trainer"));
    let demanded = std::env::var_os("SOBO_REQUIRE_TRAINER").is_some();
    assert!(!demanded, "{} has no trainer: `cargo xtask test` installs it", folder.display());
    eprintln!("left out: no trainer in {}; `cargo xtask test` installs it", folder.display());
    None
}

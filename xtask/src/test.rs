//! `cargo xtask test` and `cargo xtask bench`.

use anyhow::Result;

use crate::{packages, servers, shell};

/// Format, lints, all tests.
///
/// # Errors
/// When one of them fails.
pub(crate) fn test(arguments: &[String]) -> Result<()> {
    packages::install(packages::DEMO)?;
    packages::install(packages::TEST)?;
    if !arguments.iter().any(|argument| argument == "--quick") {
        shell::run(shell::command("cargo").args(["fmt", "--all", "--check"]))?;
        shell::run(shell::command("cargo").args([
            "clippy",
            "--workspace",
            "--all-targets",
            "--quiet",
            "--",
            "-D",
            "clippy::correctness",
            "-D",
            "clippy::suspicious",
            "-D",
            "clippy::dbg_macro",
            "-D",
            "clippy::todo",
        ]))?;
    }
    // Built first, so that the browser and kill tests find the program they drive.
    // Tests among them, or what all depend on would be built once with and once without the features tests ask for.
    shell::run(shell::command("cargo").args(["build", "--workspace", "--bins", "--tests"]))?;
    let trainer = trainer()?;
    let postgres = servers::Postgres::start()?;
    let s3 = servers::S3::start()?;
    shell::run(
        shell::command("cargo")
            .args(["test", "--workspace", "--no-fail-fast"])
            .env("SOBO_REQUIRE_SERVERS", "1")
            .env("SOBO_TEST_POSTGRES_URL", postgres.url())
            .env("SOBO_TEST_S3_URL", s3.url())
            .env("SOBO_TRAINER", &trainer)
            .env("OMP_THREAD_LIMIT", "1"),
    )?;
    shell::say("All tests passed.");
    Ok(())
}

/// The trainer that the test of learning drives, in `var/test/trainer`: what the system's Python has is used, the rest
/// comes from PyPI (torch alone is half a gigabyte, with the GPU libraries it demands there over two).
///
/// # Errors
/// When it cannot be installed.
fn trainer() -> Result<std::path::PathBuf> {
    let folder = shell::root().join("var/test/trainer");
    if !folder.join("bin/python").exists() {
        let mut setup = shell::command(shell::root().join("target/debug/sobo"));
        shell::run(setup.args(["adapt", "setup"]).env("SOBO_TRAINER", &folder))?;
    }
    Ok(folder)
}

/// Pages per second and memory, beside the `tesseract` program on the same pages.
///
/// # Errors
/// When the build or the bench fails.
pub(crate) fn bench(arguments: &[String]) -> Result<()> {
    packages::install(packages::DEMO)?;
    let packages = ["--package", "sobo-cli", "--package", "sobo-benches"];
    shell::run(shell::command("cargo").args(["build", "--release"]).args(packages))?;
    shell::run(shell::command(shell::built("release", "sobo-benches")).args(arguments))
}

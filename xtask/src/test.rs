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
    let trainer = trainer();
    let postgres = servers::Postgres::start()?;
    let s3 = servers::S3::start()?;
    let mut tests = shell::command("cargo");
    tests
        .args(["test", "--workspace", "--no-fail-fast"])
        .env("SOBO_REQUIRE_SERVERS", "1")
        .env("SOBO_TEST_POSTGRES_URL", postgres.url())
        .env("SOBO_TEST_S3_URL", s3.url())
        .env("OMP_THREAD_LIMIT", "1");
    if let Some(trainer) = trainer {
        tests.env("SOBO_TRAINER", trainer).env("SOBO_REQUIRE_TRAINER", "1");
    }
    shell::run(&mut tests)?;
    shell::say("All tests passed.");
    Ok(())
}

/// The trainer that the test of learning drives, in `var/test/trainer`: what the system's Python has is used, the rest
/// comes from PyPI (torch alone is half a gigabyte, with the GPU libraries it demands there over two). Where that fails,
/// for want of disk or network, the test of learning is left out and says so; everything else needs no trainer.
fn trainer() -> Option<std::path::PathBuf> {
    let folder = shell::root().join("var/test/trainer");
    let mut setup = shell::command(shell::root().join("target/debug/sobo"));
    match shell::run(setup.args(["adapt", "setup"]).env("SOBO_TRAINER", &folder)) {
        Ok(()) => Some(folder),
        Err(error) => {
            shell::say(&format!("Without the trainer, the test of learning is left out: {error:#}"));
            None
        }
    }
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

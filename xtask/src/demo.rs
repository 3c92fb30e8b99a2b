//! `cargo xtask demo`: the main job on `samples/`, shown in a browser.

use anyhow::{Result, bail};

use crate::{packages, shell};

/// Builds the program, takes in and reads `samples/`, then serves the web interface until Ctrl-C.
///
/// # Errors
/// When packages are missing, the build fails or the program does.
pub(crate) fn demo(arguments: &[String]) -> Result<()> {
    let mut address = "127.0.0.1:8080".to_owned();
    let mut serve = true;
    let mut rest = arguments.iter();
    while let Some(argument) = rest.next() {
        match argument.as_str() {
            "--address" => match rest.next() {
                Some(value) => address.clone_from(value),
                None => bail!("--address wants HOST:PORT"),
            },
            "--no-serve" => serve = false,
            other => bail!("demo has no option `{other}`; see `cargo xtask help`"),
        }
    }
    packages::install(packages::DEMO)?;
    shell::run(shell::command("cargo").args(["build", "--release", "--package", "sobo-cli"]))?;
    let mut command = shell::command(shell::built("release", "sobo"));
    command.args(["--store", "var/demo", "demo", "samples", "--address", &address]);
    if !serve {
        command.arg("--no-serve");
    }
    shell::run(&mut command)
}

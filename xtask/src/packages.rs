//! System packages, by Debian's names.

use std::process::Command;

use anyhow::{Result, bail};

use crate::shell;

/// What building and running the product needs.
pub(crate) const DEMO: &[&str] = &[
    "build-essential",
    "pkg-config",
    "cmake",
    "libclang-dev",
    "libtesseract-dev",
    "libleptonica-dev",
    "tesseract-ocr",
    "tesseract-ocr-vie",
    "ca-certificates",
];

/// What the tests need beside it: a browser, a PostgreSQL server, Python for the S3 server.
pub(crate) const TEST: &[&str] = &["postgresql", "chromium", "chromium-driver", "python3-venv", "util-linux"];

/// Installs the packages that are missing, with apt.
///
/// # Errors
/// Where packages are missing and there is no apt, or it fails: the message lists them.
pub(crate) fn install(packages: &[&str]) -> Result<()> {
    if !shell::has("dpkg-query") || !shell::has("apt-get") {
        shell::say(&format!(
            "This system has no apt. Please see to it that what these Debian packages hold is installed:\n  {}",
            packages.join(" ")
        ));
        if shell::has("tesseract") {
            return Ok(());
        }
        bail!("the `tesseract` program is not there; install the packages above and start again");
    }
    let missing: Vec<&str> = packages.iter().copied().filter(|package| !installed(package)).collect();
    if missing.is_empty() {
        return Ok(());
    }
    shell::say(&format!("Installing {}", missing.join(" ")));
    apt(&["update", "-qq"])?;
    let mut arguments = vec!["install", "-y", "-qq", "--no-install-recommends"];
    arguments.extend(&missing);
    apt(&arguments)
}

fn apt(arguments: &[&str]) -> Result<()> {
    let mut command = if shell::is_root() {
        Command::new("apt-get")
    } else if shell::has("sudo") {
        let mut command = Command::new("sudo");
        command.args(["--preserve-env=DEBIAN_FRONTEND", "apt-get"]);
        command
    } else {
        bail!(
            "packages are missing and this user may not install them; run as root: apt-get {}",
            arguments.join(" ")
        );
    };
    shell::run(command.args(arguments).env("DEBIAN_FRONTEND", "noninteractive"))
}

fn installed(package: &str) -> bool {
    shell::output(Command::new("dpkg-query").args(["-W", "-f=${Status}", package]))
        .is_some_and(|status| status == "install ok installed")
}

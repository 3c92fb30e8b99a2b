//! The trainer: Python with torch in an environment of its own, installed beforehand, used without the network.

use std::ffi::OsStr;
use std::io::BufRead as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Once;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::{Context as _, Result, bail};
use serde_json::Value;

use crate::config::Config;
use crate::output::{Ending, line, note};

/// What the trainer imports, and what brings it.
const NEEDED: [(&str, &str); 5] = [
    ("torch", "torch>=2.8"),
    ("numpy", "numpy>=2"),
    ("PIL", "pillow>=11"),
    ("cv2", "opencv-python-headless>=4.10"),
    ("onnx", "onnx>=1.18"),
];

/// How a run of the trainer ended.
pub(super) enum Ended {
    /// It did all it had to.
    Well,
    /// It was broken off and can be gone on with.
    BrokenOff,
}

fn python(config: &Config) -> PathBuf {
    config.trainer.join("bin/python")
}

fn scripts(config: &Config) -> PathBuf {
    config.models.join("training")
}

/// Makes the trainer's environment. What the system's Python has already is used; the rest is installed.
///
/// # Errors
/// When there is no Python 3 with `venv`, or packages cannot be installed.
pub(super) fn setup(config: &Config, index: Option<&str>) -> Result<Ending> {
    let python = python(config);
    if !python.exists() {
        run(Command::new("python3").args(["-m", "venv", "--system-site-packages"]).arg(&config.trainer))
            .context("no environment for the trainer could be made; Debian has it in python3-venv")?;
    }
    let missing: Vec<&str> =
        NEEDED.iter().filter(|(module, _)| !imports(&python, module)).map(|(_, package)| *package).collect();
    if !missing.is_empty() {
        line(format!("installing {} into {}", missing.join(", "), config.trainer.display()))?;
        let mut pip = Command::new(&python);
        pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]);
        if let Some(index) = index {
            pip.args(["--extra-index-url", index]);
        }
        run(pip.args(&missing)).context("the trainer's packages could not be installed")?;
    }
    for (module, package) in NEEDED {
        anyhow::ensure!(
            imports(&python, module),
            "{package} is installed, but `import {module}` fails; see `{} -c 'import {module}'`",
            python.display()
        );
    }
    line(format!("the trainer is ready in {}", config.trainer.display()))?;
    Ok(Ending::Well)
}

fn imports(python: &Path, module: &str) -> bool {
    let mut command = Command::new(python);
    command.args(["-c", &format!("import {module}")]).stdin(Stdio::null()).stdout(Stdio::null());
    command.stderr(Stdio::null()).status().is_ok_and(|status| status.success())
}

fn run(command: &mut Command) -> Result<()> {
    let status = command.status().with_context(|| format!("{} cannot be started", shown(command)))?;
    anyhow::ensure!(status.success(), "{} ended with {status}", shown(command));
    Ok(())
}

fn shown(command: &Command) -> String {
    command.get_program().to_string_lossy().into_owned()
}

/// Whether a script of the trainer runs.
static RUNNING: AtomicBool = AtomicBool::new(false);

/// Ctrl-C at a terminal reaches the trainer too: it keeps what it has and ends, and this program after it. While no
/// script runs, this program ends at once. Must be called within a runtime; without one everything ends at once.
fn leave_interrupts_to_the_trainer() {
    static ONCE: Once = Once::new();
    let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
    ONCE.call_once(|| {
        #[cfg(unix)]
        if let Ok(mut interrupts) = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::interrupt())
        {
            runtime.spawn(async move {
                while interrupts.recv().await.is_some() {
                    if !RUNNING.load(Ordering::SeqCst) {
                        std::process::exit(130);
                    }
                }
            });
        }
    });
}

/// While it lives, a script runs.
struct Running;

impl Running {
    fn begin() -> Self {
        leave_interrupts_to_the_trainer();
        RUNNING.store(true, Ordering::SeqCst);
        Self
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        RUNNING.store(false, Ordering::SeqCst);
    }
}

/// Runs a script of `models/training`, niced, on one thread, handing every JSON line it prints to `heard`.
///
/// # Errors
/// When the trainer is not there, or ends with an error: its last words are in the message.
pub(super) fn script(
    config: &Config,
    name: &str,
    arguments: &[&OsStr],
    mut heard: impl FnMut(&Value),
) -> Result<Ended> {
    let python = python(config);
    anyhow::ensure!(
        python.exists(),
        "the trainer is not installed in {}; `sobo adapt setup` installs it once (everything else works without it)",
        config.trainer.display()
    );
    let script = scripts(config).join(name);
    anyhow::ensure!(script.exists(), "{}: the trainer's script is missing; see --models", script.display());
    let _running = Running::begin();
    let mut child = Command::new("nice")
        .args(["-n", "10"])
        .arg(&python)
        // Without -B it would write beside the models, which may not be writable.
        .arg("-B")
        .arg(&script)
        .args(arguments)
        .env("OMP_NUM_THREADS", "1")
        .env("PYTHONUNBUFFERED", "1")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .with_context(|| format!("{} cannot be started", python.display()))?;
    let errors = child.stderr.take().context("the trainer has no error output")?;
    // Read beside the other pipe, or a talkative library could fill it and stop the trainer.
    let errors = std::thread::spawn(move || {
        let mut last: Vec<String> = Vec::new();
        for line in std::io::BufReader::new(errors).lines().map_while(Result::ok) {
            if last.len() == 20 {
                last.remove(0);
            }
            last.push(line);
        }
        last
    });
    let output = child.stdout.take().context("the trainer has no output")?;
    for line in std::io::BufReader::new(output).lines() {
        let line = line.context("the trainer's output broke off")?;
        match serde_json::from_str::<Value>(&line) {
            Ok(value) => heard(&value),
            Err(_) => note(line),
        }
    }
    let status = child.wait().context("the trainer was lost")?;
    let errors = errors.join().unwrap_or_default();
    match status.code() {
        Some(0) => Ok(Ended::Well),
        Some(130) => Ok(Ended::BrokenOff),
        _ => bail!("{name} ended with {status}:\n{}", errors.join("\n")),
    }
}

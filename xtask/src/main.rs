//! Set-up, demo, test and bench: `cargo xtask <command>`.
//!
//! Kept free of heavy dependencies, because it is the first thing built on a new machine.

mod demo;
mod packages;
mod servers;
mod shell;
mod test;

use std::process::ExitCode;

const HELP: &str = "\
cargo xtask <command>

  setup          install the system packages that building and the demo need
  demo           build, take in samples/, read it, and show it in a browser on 127.0.0.1
                   --address HOST:PORT   where to listen (127.0.0.1:8080)
                   --no-serve            stop after the summary
  test           format, lints and all tests, browser tests among them
                   --quick               tests only, without format and lints
  bench          pages per second, memory and the tesseract program beside them
";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let command = arguments.first().map(String::as_str);
    let rest = arguments.get(1..).unwrap_or_default();
    let result = match command {
        Some("setup") => packages::install(packages::DEMO),
        Some("demo") => demo::demo(rest),
        Some("test") => test::test(rest),
        Some("bench") => test::bench(rest),
        Some("help" | "--help" | "-h") | None => {
            shell::say(HELP);
            return if command.is_none() { ExitCode::from(2) } else { ExitCode::SUCCESS };
        }
        Some(other) => Err(anyhow::anyhow!("there is no command `{other}`\n\n{HELP}")),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            shell::complain(&format!("xtask: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

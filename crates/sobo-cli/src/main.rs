//! The command line of sobo.

mod arguments;
mod commands;
mod config;
mod engine;
mod index;
mod output;
mod parallel;
mod progress;
mod restored;
mod store;

use std::process::ExitCode;

use clap::{CommandFactory as _, Parser as _};

use crate::arguments::{Arguments, Command};
use crate::config::Config;
use crate::output::Ending;

fn main() -> ExitCode {
    limit_tesseract_threads();
    let arguments = Arguments::parse();
    log_to_standard_error();
    match dispatch(&arguments) {
        Ok(ending) => ending.code(),
        Err(error) => {
            // A reader that closed the pipe (`sobo read … | head`) has what it wanted.
            let closed = error.downcast_ref::<std::io::Error>().map(std::io::Error::kind)
                == Some(std::io::ErrorKind::BrokenPipe);
            if closed {
                return ExitCode::SUCCESS;
            }
            output::note(format!("sobo: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

fn dispatch(arguments: &Arguments) -> anyhow::Result<Ending> {
    if let Command::Completions { shell } = &arguments.command {
        let mut script = Vec::new();
        clap_complete::generate(*shell, &mut Arguments::command(), "sobo", &mut script);
        output::line(String::from_utf8_lossy(&script))?;
        return Ok(Ending::Well);
    }
    let config = Config::load(&arguments.global)?;
    match &arguments.command {
        Command::Intake(arguments) => commands::intake::intake(&config, arguments),
        Command::Run(arguments) => commands::run::run(&config, arguments),
        Command::Status { format } => commands::status::status(&config, *format),
        Command::Report(arguments) => commands::report::report(&config, arguments),
        Command::Search(arguments) => commands::search::search(&config, arguments),
        Command::Serve(arguments) => commands::serve::serve(&config, arguments.address.as_deref()),
        Command::Read(arguments) => commands::read::read(&config, arguments),
        Command::ReadLines { folder, format } => commands::read::read_lines(&config, folder, *format),
        Command::Evaluate(arguments) => commands::evaluate::evaluate(&config, arguments),
        Command::Form(command) => commands::form::form(&config, command),
        Command::Account(command) => commands::account::account(&config, command),
        Command::Adapt(command) => commands::adapt::adapt(&config, command),
        Command::Doctor { format } => commands::doctor::doctor(&config, *format),
        Command::Demo(arguments) => commands::demo::demo(&config, arguments),
        Command::Completions { .. } => Ok(Ending::Well),
    }
}

/// Tesseract's own threads make the same work five times as long, and read their limit once, from
/// the environment, when the program starts: so it starts anew with the limit set.
fn limit_tesseract_threads() {
    #[cfg(unix)]
    {
        use std::os::unix::process::CommandExt as _;
        const LIMIT: &str = "OMP_THREAD_LIMIT";
        if std::env::var_os(LIMIT).is_none()
            && let Ok(program) = std::env::current_exe()
        {
            let mut command = std::process::Command::new(program);
            command.args(std::env::args_os().skip(1)).env(LIMIT, "1");
            // Comes back only where starting anew failed: then it is slower, not wrong.
            let error = command.exec();
            output::note(format!("sobo: {LIMIT} could not be set ({error}); set it to 1 for speed"));
        }
    }
}

/// Ids and durations only: logs never carry names or dates of birth.
fn log_to_standard_error() {
    let filter = tracing_subscriber::EnvFilter::try_from_env("SOBO_LOG")
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("warn"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
}

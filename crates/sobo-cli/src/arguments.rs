//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

/// Exit codes, shown by `sobo --help`.
const EXIT_CODES: &str = "\
Exit codes:
  0    all went well
  1    the command could not be carried out; the message says why and what to do
  2    the command line is wrong
  3    carried out, but some files or pages were refused or failed; each is named
  130  stopped with Ctrl-C; what was finished is kept, the same command goes on
       (`serve` and `intake --watch` end that way: they give 0 or 3)

A first volume:
  sobo intake scans/ --volume volume.toml     take the scans in, byte for byte
  sobo run                                    restore, read and index them
  sobo serve                                  verify them in a browser
  sobo report --html report.html              what is done, what failed, what is missing";

/// Scans of civil-status registers into verified, searchable entries.
#[derive(Debug, Parser)]
#[command(name = "sobo", version, about, after_help = EXIT_CODES, max_term_width = 110)]
pub(crate) struct Arguments {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// Where things are. Flags stand over the environment, the environment over the configuration file.
#[derive(Debug, Clone, Args)]
pub(crate) struct Global {
    /// Folder of the store: database, originals, index, work files
    #[arg(long, global = true, env = "SOBO_STORE", value_name = "DIR")]
    pub(crate) store: Option<PathBuf>,
    /// Configuration file [default: sobo.toml of the store, if there is one]
    #[arg(long, global = true, env = "SOBO_CONFIG", value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Database, as sqlite://FILE or postgres://USER@HOST/NAME
    #[arg(long, global = true, env = "SOBO_DATABASE", value_name = "URL", hide_env_values = true)]
    pub(crate) database: Option<String>,
    /// Originals, as a folder or s3://BUCKET/PREFIX
    #[arg(long, global = true, env = "SOBO_VAULT", value_name = "URL")]
    pub(crate) vault: Option<String>,
    /// Folder of the reading models
    #[arg(long, global = true, env = "SOBO_MODELS", value_name = "DIR")]
    pub(crate) models: Option<PathBuf>,
    /// Folder of the forms and settings
    #[arg(long, global = true, env = "SOBO_PIPELINES", value_name = "DIR")]
    pub(crate) pipelines: Option<PathBuf>,
    /// Folder of the trainer's Python environment [default: trainer in the store]
    #[arg(long, global = true, env = "SOBO_TRAINER", value_name = "DIR", hide = true)]
    pub(crate) trainer: Option<PathBuf>,
    /// Line reader
    #[arg(long, global = true, env = "SOBO_READER", value_enum, value_name = "NAME")]
    pub(crate) reader: Option<ReaderChoice>,
}

/// Which line reader.
#[derive(Debug, Copy, Clone, PartialEq, Eq, ValueEnum, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ReaderChoice {
    /// The neural reader if its model is there, else Tesseract
    Auto,
    /// The neural reader
    Neural,
    /// Tesseract
    Tesseract,
}

/// How results are printed.
#[derive(Debug, Copy, Clone, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people
    Text,
    /// One JSON document
    Json,
    /// One JSON object a line
    Jsonl,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Take scans into the store: files, folders, zips
    Intake(IntakeArguments),
    /// Read the pages that wait: restore, layout, read, extract, index
    Run(RunArguments),
    /// What the store holds and what waits
    Status {
        #[arg(long, value_enum, default_value = "text")]
        format: Format,
    },
    /// Pages, entries, outcomes, gaps and repeats of each volume
    Report(ReportArguments),
    /// Find entries by name, year, kind, office
    Search(SearchArguments),
    /// Serve the web interface
    Serve(ServeArguments),
    /// Read page images without a store and print what they say
    Read(ReadArguments),
    /// Read single line images of a labelled set
    ReadLines {
        /// Folder with labels.tsv and the line images
        folder: PathBuf,
        #[arg(long, value_enum, default_value = "jsonl")]
        format: Format,
    },
    /// Read a folder of pages or lines with truth and say how well
    Evaluate(EvaluateArguments),
    /// List, draft and check register forms
    #[command(subcommand)]
    Form(FormCommand),
    /// People who may sign in
    #[command(subcommand)]
    Account(AccountCommand),
    /// Let the reader learn from what clerks verified
    #[command(subcommand)]
    Adapt(AdaptCommand),
    /// Say whether everything this program needs is there
    Doctor {
        #[arg(long, value_enum, default_value = "text")]
        format: Format,
    },
    /// Take in a folder of samples, read it and show it in a browser
    Demo(DemoArguments),
    /// Print a completion script for a shell
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
}

#[derive(Debug, Args)]
pub(crate) struct IntakeArguments {
    /// Files, folders and zips
    #[arg(required_unless_present = "watch")]
    pub(crate) paths: Vec<PathBuf>,
    /// Descriptor of the volume the scans belong to [default: the volume.toml beside them]
    #[arg(long, value_name = "FILE")]
    pub(crate) volume: Option<PathBuf>,
    /// Say what would be taken in and refused, and change nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Take in what appears in this folder until Ctrl-C; a file is taken when it stops growing
    #[arg(long, value_name = "DIR", conflicts_with_all = ["paths", "dry_run"])]
    pub(crate) watch: Option<PathBuf>,
    /// With --watch: seconds a file must stay unchanged before it is taken
    #[arg(long, value_name = "SECONDS", default_value_t = 5)]
    pub(crate) settle: u64,
    #[arg(long, value_enum, default_value = "text")]
    pub(crate) format: Format,
}

#[derive(Debug, Args)]
pub(crate) struct RunArguments {
    /// Pages read at the same time [default: the number of cores]
    #[arg(long, short, env = "SOBO_JOBS", value_name = "N")]
    pub(crate) jobs: Option<usize>,
    /// Volume to read [default: all]
    #[arg(long, value_name = "NAME")]
    pub(crate) volume: Option<String>,
    /// Read failed pages and rescans wanted again
    #[arg(long)]
    pub(crate) again: bool,
    #[arg(long, value_enum, default_value = "text")]
    pub(crate) format: Format,
}

#[derive(Debug, Args)]
pub(crate) struct ReportArguments {
    /// Write an HTML report
    #[arg(long, value_name = "FILE")]
    pub(crate) html: Option<PathBuf>,
    /// Write a CSV of the volumes
    #[arg(long, value_name = "FILE")]
    pub(crate) csv: Option<PathBuf>,
    #[arg(long, value_enum, default_value = "text")]
    pub(crate) format: Format,
}

#[derive(Debug, Args)]
pub(crate) struct SearchArguments {
    /// Names, with or without diacritics
    pub(crate) words: Vec<String>,
    /// First year
    #[arg(long)]
    pub(crate) from: Option<i32>,
    /// Last year
    #[arg(long)]
    pub(crate) to: Option<i32>,
    /// birth, marriage, death, …
    #[arg(long)]
    pub(crate) kind: Option<String>,
    /// Part of the office's name
    #[arg(long)]
    pub(crate) office: Option<String>,
    /// Signed-off entries only
    #[arg(long)]
    pub(crate) verified: bool,
    /// Most results
    #[arg(long, default_value_t = 20)]
    pub(crate) limit: usize,
    #[arg(long, value_enum, default_value = "text")]
    pub(crate) format: Format,
}

#[derive(Debug, Args)]
pub(crate) struct ServeArguments {
    /// Where to listen [default: 127.0.0.1:8080]
    #[arg(long, env = "SOBO_ADDRESS", value_name = "HOST:PORT")]
    pub(crate) address: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct ReadArguments {
    /// Page images (TIFF, JPEG, PNG, JPEG 2000, PDF), folders or zips
    #[arg(required = true)]
    pub(crate) images: Vec<PathBuf>,
    #[arg(long, value_enum, default_value = "jsonl")]
    pub(crate) format: Format,
    /// Draw entries, fields, boxes and confidences on the original; a folder where there are several pages
    #[arg(long, value_name = "PNG")]
    pub(crate) overlay: Option<PathBuf>,
    /// Pages read at the same time
    #[arg(long, short, default_value_t = 1, value_name = "N")]
    pub(crate) jobs: usize,
    /// Take this form instead of recognising it
    #[arg(long, value_name = "ID")]
    pub(crate) form: Option<String>,
    /// The print of the book the pages are from, as `sobo form print` learned it
    #[arg(long, value_name = "FILE")]
    pub(crate) print: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct EvaluateArguments {
    /// Folder of page images with truth files, or of line images with labels.tsv
    pub(crate) folder: PathBuf,
    #[arg(long, value_enum, default_value = "text")]
    pub(crate) format: Format,
    /// Pages read at the same time; 1 for timing
    #[arg(long, short, default_value_t = 1, value_name = "N")]
    pub(crate) jobs: usize,
    /// Score these readings (JSON lines of `sobo read`) instead of reading
    #[arg(long, value_name = "FILE")]
    pub(crate) readings: Option<PathBuf>,
    /// Keep the readings in this file, as JSON lines
    #[arg(long, value_name = "FILE")]
    pub(crate) keep: Option<PathBuf>,
    /// Time the `tesseract` program on the same pages in the same run
    #[arg(long)]
    pub(crate) tesseract: bool,
    /// List every field with its verdict in the JSON report
    #[arg(long)]
    pub(crate) fields: bool,
    /// The print of the book the pages are from, as `sobo form print` learned it
    #[arg(long, value_name = "FILE", conflicts_with = "readings")]
    pub(crate) print: Option<PathBuf>,
    /// Fit what confidences are worth on these pages and write it to this file, as a part of settings.toml; the pages
    /// are read without the calibration that is there
    #[arg(long, value_name = "FILE", conflicts_with = "readings")]
    pub(crate) calibrate: Option<PathBuf>,
}

/// A kind of register by its identifier.
fn register_type(text: &str) -> Result<sobo_core::RegisterType, String> {
    let all = sobo_core::RegisterType::ALL;
    all.into_iter().find(|kind| kind.as_str() == text).ok_or_else(|| {
        let names: Vec<&str> = all.iter().map(|kind| kind.as_str()).collect();
        format!("write one of {}", names.join(", "))
    })
}

#[derive(Debug, Subcommand)]
pub(crate) enum FormCommand {
    /// List the forms that are known
    List,
    /// Draft a form from one sharp, upright page of it, to be mended by hand and then checked
    New {
        /// A page of the new form, of a register that is well kept
        image: PathBuf,
        /// Identifier of the form, such as E-birth: the name of its file
        #[arg(long)]
        id: String,
        /// Family of the form; the part of the identifier before its first hyphen if absent
        #[arg(long)]
        family: Option<String>,
        /// What the register records
        #[arg(long, value_parser = register_type)]
        register: sobo_core::RegisterType,
        /// File to write to; ID.toml in the forms folder of --pipelines if absent. Nothing is written over
        #[arg(long, short)]
        out: Option<PathBuf>,
    },
    /// Learn from some pages of one book where its print has labels and columns, for `sobo read --print`; `sobo run`
    /// does it by itself from the first pages of each volume
    Print {
        /// Pages of one book, ten or so
        #[arg(required = true)]
        images: Vec<PathBuf>,
        /// File to write to
        #[arg(long, short)]
        out: PathBuf,
    },
    /// Show on pages what a form finds
    Check {
        /// The form's file
        form: PathBuf,
        /// Pages
        #[arg(required = true)]
        images: Vec<PathBuf>,
        /// Folder for the overlay pictures
        #[arg(long, short, default_value = ".")]
        out: PathBuf,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum AccountCommand {
    /// Add an account; the password is read from standard input
    Add {
        /// Name to sign in with
        login: String,
        /// Name shown to others
        #[arg(long)]
        name: Option<String>,
        /// archive, clerk, checker, arbiter, registrar, supervisor, auditor, administrator
        #[arg(long, required = true, value_delimiter = ',')]
        roles: Vec<String>,
        /// Offices the account may work for [default: all]
        #[arg(long)]
        office: Vec<String>,
    },
    /// List the accounts
    List,
}

#[derive(Debug, Args)]
pub(crate) struct DemoArguments {
    /// Folder of samples
    pub(crate) samples: PathBuf,
    /// Where to listen
    #[arg(long, default_value = "127.0.0.1:8080", value_name = "HOST:PORT")]
    pub(crate) address: String,
    /// Stop after the summary
    #[arg(long)]
    pub(crate) no_serve: bool,
}

/// How the reader learns. A scope is `volume:NAME`, `office:NAME` (as written on the books) or `era:1954-1975:OFFICE`.
#[derive(Debug, Subcommand)]
pub(crate) enum AdaptCommand {
    /// Install the trainer (Python with torch) once; the only step that uses the network
    Setup {
        /// A further package index, for a build of torch without GPU libraries
        #[arg(long, value_name = "URL")]
        index: Option<String>,
    },
    /// Let the verified lines of an office teach the reader
    Allow {
        /// Office as written on the books
        office: String,
    },
    /// Let them teach no more; models they taught are marked
    Forbid {
        /// Office as written on the books
        office: String,
    },
    /// Cut the verified lines of a scope and record the set
    Lines {
        /// Which books
        #[arg(long)]
        scope: sobo_adapt::Scope,
    },
    /// Teach a new model, calibrate it and judge it against the one in use; broken off, it goes on
    Train(TrainArguments),
    /// Judge a model again
    Judge {
        /// The model's identifier, or with --lines its folder
        model: String,
        /// Labelled folder to judge by, without a store
        #[arg(long, value_name = "DIR")]
        lines: Option<PathBuf>,
    },
    /// Let a model judged better read its scope
    Promote {
        /// The model's identifier
        model: String,
        /// Why, for the audit
        #[arg(long)]
        reason: String,
        /// Read pages again that nobody has worked at
        #[arg(long)]
        reread: bool,
    },
    /// Give a scope back to what read it before
    Rollback {
        /// The scope
        scope: sobo_adapt::Scope,
        /// Why, for the audit
        #[arg(long)]
        reason: String,
        /// Read pages again that nobody has worked at
        #[arg(long)]
        reread: bool,
    },
    /// Models, their figures, and what reads which books
    List {
        #[arg(long, value_enum, default_value = "text")]
        format: Format,
    },
    /// The entries of a volume whose verification would teach most, the best first
    First {
        /// Name of the volume
        volume: String,
        /// Most entries
        #[arg(long, default_value_t = 100)]
        limit: usize,
    },
}

#[derive(Debug, Args)]
pub(crate) struct TrainArguments {
    /// Which books: their verified lines teach
    #[arg(long, conflicts_with = "lines")]
    pub(crate) scope: Option<sobo_adapt::Scope>,
    /// Labelled folder (labels.tsv and line images) that teaches instead, without a store
    #[arg(long, value_name = "DIR")]
    pub(crate) lines: Option<PathBuf>,
    /// Folder for the model, with --lines
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
    /// Use the first so many lines only
    #[arg(long, value_name = "N")]
    pub(crate) limit: Option<usize>,
    /// How many times lines are shown, all together [default: by their number]
    #[arg(long, value_name = "N")]
    pub(crate) views: Option<usize>,
    /// Seed
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
}

//! The tool `sobo-synth`: fonts, lines, books.

use std::path::PathBuf;

use anyhow::Result;
use clap::{Parser, Subcommand};
use sobo_synth::{contact, fonts, lines, pages, samples};

#[derive(Parser)]
#[command(name = "sobo-synth", version, about = "Synthetic register books with exact truth")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Fetch the fonts from npm and Debian.
    Fonts {
        /// Where to put them.
        #[arg(long, default_value = "var/fonts")]
        dir: PathBuf,
    },
    /// Stream labelled line crops for training.
    Lines(lines::Options),
    /// Draw pages with truth.
    Pages(pages::Options),
    /// Draw a book: a folder of pages with its volume.toml.
    Book(pages::BookOptions),
    /// Write the repository's samples.
    Samples(samples::Options),
    /// Put pages side by side for looking at.
    Contact(contact::Options),
}

fn main() -> Result<()> {
    match Arguments::parse().command {
        Command::Fonts { dir } => {
            let fetched = fonts::fetch(&dir)?;
            eprintln!("{fetched} fonts fetched");
            for face in fonts::Fonts::load(&dir, fonts::Share::All)?.faces() {
                if !face.missing().is_empty() {
                    eprintln!("{}: lacks {}", face.family, face.missing());
                }
            }
            Ok(())
        }
        Command::Lines(options) => lines::run(&options),
        Command::Pages(options) => pages::run(&options),
        Command::Book(options) => pages::run_book(&options),
        Command::Samples(options) => samples::run(&options),
        Command::Contact(options) => contact::run(&options),
    }
}

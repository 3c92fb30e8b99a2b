//! Trials of the reader that learns, on a store of synthetic volumes: people who say what the truth files say, and what
//! the store reads now.
//!
//! `verified_volume verify DATABASE VOLUME FOLDER PAGES` signs off every entry of the first so many pages;
//! `verified_volume readings DATABASE VOLUME FROM` prints the present entries of the pages from there on (from 1), one page
//! a line, as `sobo evaluate --readings` and `scripted_clerk` take them.

#![allow(unreachable_pub, dead_code, reason = "built from the tests' parts")]

#[path = "../tests/people/mod.rs"]
mod people;

use std::io::Write as _;
use std::path::Path;

use anyhow::{Context as _, Result, bail};
use sobo_core::{PageReading, SCHEMA_VERSION};
use sobo_db::Database;

#[tokio::main]
async fn main() -> Result<()> {
    let given: Vec<String> = std::env::args().skip(1).collect();
    let given: Vec<&str> = given.iter().map(String::as_str).collect();
    match given.as_slice() {
        ["verify", database, volume, folder, pages] => {
            let database = Database::connect(database).await?;
            let volume = database.volume_named(volume).await?.context("no such volume")?;
            let all = database.pages_of_volume(volume.id).await?;
            let some = &all[..pages.parse::<usize>()?.min(all.len())];
            let office = &volume.descriptor.office;
            let verified = people::verify(&database, Path::new(folder), office, some).await?;
            writeln!(std::io::stdout(), "{verified} entries of {} pages", some.len())?;
        }
        ["readings", database, volume, from] => {
            let database = Database::connect(database).await?;
            let volume = database.volume_named(volume).await?.context("no such volume")?;
            let from: i64 = from.parse()?;
            for page in database.pages_of_volume(volume.id).await?.iter().filter(|page| page.sequence >= from)
            {
                let mut entries = Vec::new();
                for record in database.entries_of_page(page.id).await? {
                    entries.push(record.entry());
                }
                let name = Path::new(&page.source).file_name().context("a page has a file")?;
                let reading = PageReading {
                    schema_version: SCHEMA_VERSION,
                    page: name.to_string_lossy().into_owned(),
                    page_index: page.page_index,
                    form: page.form.clone(),
                    family: page.form.split('-').next().unwrap_or_default().to_owned(),
                    register_type: Some(volume.descriptor.register_type),
                    entries,
                    issues: Vec::new(),
                    elapsed_ms: page.elapsed_ms.and_then(|ms| u64::try_from(ms).ok()).unwrap_or(0),
                };
                writeln!(std::io::stdout(), "{}", serde_json::to_string(&reading)?)?;
            }
        }
        _ => bail!("verified_volume verify DATABASE VOLUME FOLDER PAGES | readings DATABASE VOLUME FROM"),
    }
    Ok(())
}

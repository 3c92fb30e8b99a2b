//! `sobo search`.

use anyhow::{Context as _, Result};
use sobo_core::RegisterType;
use sobo_search::{Index, Query};

use crate::arguments::{Format, SearchArguments};
use crate::config::Config;
use crate::output::{Ending, json, json_line, line};
use crate::{index, store};

/// Finds entries and prints them, the best first.
///
/// # Errors
/// When the store or the index cannot be opened.
pub(crate) fn search(config: &Config, arguments: &SearchArguments) -> Result<Ending> {
    let kinds = match &arguments.kind {
        Some(kind) => vec![RegisterType::parse(kind).with_context(|| {
            let known: Vec<_> = RegisterType::ALL.iter().map(|kind| kind.as_str()).collect();
            format!("there is no kind `{kind}`; known are {}", known.join(", "))
        })?],
        None => Vec::new(),
    };
    store::runtime()?.block_on(async {
        let store = store::open_existing(config).await?;
        index::update(&store).await?;
        let offices = match &arguments.office {
            Some(part) => index::offices(&store, part).await?,
            None => Vec::new(),
        };
        let query = Query {
            text: arguments.words.join(" "),
            year_from: arguments.from,
            year_to: arguments.to,
            kinds,
            offices,
            verified: arguments.verified.then_some(true),
            limit: arguments.limit,
            ..Query::default()
        };
        let results = Index::open(&config.index)?.search(&query)?;
        match arguments.format {
            Format::Json => json(&results)?,
            Format::Jsonl => results.hits.iter().try_for_each(json_line)?,
            Format::Text => {
                line(format!(
                    "{} entries{}",
                    results.total,
                    if results.relaxed { " hold most of the words" } else { "" }
                ))?;
                for hit in &results.hits {
                    let document = &hit.document;
                    let matched: Vec<String> = hit
                        .matched
                        .iter()
                        .filter_map(|matched| document.fields.iter().find(|field| field.name == matched.name))
                        .map(|field| format!("{} «{}»", field.name, field.text))
                        .collect();
                    line(format!(
                        "entry {:<6} {:<12} {:<9} {}  {}",
                        document.entry_id,
                        document.volume,
                        document.register_type.as_str(),
                        document.year.map(|year| year.to_string()).unwrap_or_default(),
                        matched.join(", ")
                    ))?;
                }
            }
        }
        Ok(Ending::Well)
    })
}

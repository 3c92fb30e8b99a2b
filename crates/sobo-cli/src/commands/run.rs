//! `sobo run`: reads the pages that wait.

use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context as _, Result};
use sobo_core::Outcome;
use sobo_db::Requeue;
use sobo_pipeline::{Progress, RunOptions, RunSummary, Stop, Store};

use crate::arguments::{Format, RunArguments};
use crate::config::Config;
use crate::engine::Engine;
use crate::output::{Ending, because, json, line};
use crate::{index, progress, store};

/// Reads what waits, then brings the index up to date.
///
/// # Errors
/// When store, forms or reader cannot be opened; a failed page is an outcome, not an error.
pub(crate) fn run(config: &Config, arguments: &RunArguments) -> Result<Ending> {
    store::runtime()?.block_on(async {
        let store = store::open_existing(config).await?;
        let volume_id = match &arguments.volume {
            Some(name) => Some(
                store
                    .database
                    .volume_named(name)
                    .await?
                    .with_context(|| format!("there is no volume `{name}`; `sobo status` lists them"))?
                    .id,
            ),
            None => None,
        };
        if arguments.again {
            for state in ["failed", "rescan_wanted"] {
                let which = Requeue::InState { state, volume_id };
                let who = super::intake::who();
                store.database.requeue_pages(&who, &which, None, 0, "run --again").await?;
            }
        }
        // Consent taken back on the screen takes its cut lines along at the latest in the night.
        super::adapt::clear_withdrawn(config, &store).await?;
        let stop = store::stop_at_interrupt();
        let summary = run_store(config, &store, arguments.jobs, volume_id, &stop).await?;
        if arguments.format == Format::Text {
            print(&summary)?;
        } else {
            json(&summary)?;
        }
        Ok(ending(&summary))
    })
}

/// Reads the pages of an open store, with progress.
///
/// # Errors
/// When forms or reader cannot be loaded, or the store fails.
pub(crate) async fn run_store(
    config: &Config,
    store: &Store,
    jobs: Option<usize>,
    volume_id: Option<i64>,
    stop: &Stop,
) -> Result<RunSummary> {
    let waiting = store.database.queue_length(volume_id).await?;
    let waiting = waiting.waiting + waiting.leased;
    // A run that was broken off may have left pages that were read and not yet held against the page before them.
    let to_join = store.database.page_to_join(volume_id, 0).await?.is_some();
    let summary = if waiting == 0 && !to_join {
        RunSummary::default()
    } else {
        let engine = Engine::load(config)?;
        let promoted = super::adapt::promoted_readers(config, &store.database, &engine.settings).await?;
        let reader = Arc::new(store::StorePageReader::new(engine, promoted));
        let bar = progress::Progress::new("pages", u64::try_from(waiting).unwrap_or(0));
        let bar = Arc::new(Mutex::new(bar));
        let shown = Arc::clone(&bar);
        let sink = move |event: Progress| {
            let mut bar = shown.lock().unwrap_or_else(PoisonError::into_inner);
            match event {
                Progress::PageEnded { source, page_index, outcome, .. } => {
                    let page = format!("{source} page {}", page_index + 1);
                    match outcome {
                        Outcome::Failed { reason } => {
                            bar.say(format!("  failed: {}", because(&page, &source, &reason)));
                        }
                        Outcome::RescanWanted { reasons } => {
                            bar.say(format!("  scan again: {page}: {}", reasons.join(", ")));
                        }
                        Outcome::Done | Outcome::Blank => {}
                    }
                    bar.advance();
                }
                Progress::Reclaimed { pages } => {
                    bar.say(format!("  {pages} pages taken back from a run that was broken off"));
                }
                _ => {}
            }
        };
        let mut options = RunOptions {
            volume_id,
            limits: config.limits.clone(),
            who: super::intake::who(),
            ..RunOptions::default()
        };
        if let Some(jobs) = jobs.or(config.jobs) {
            options.jobs = jobs.max(1);
        }
        let ended = store.run(reader, options, Arc::new(sink), stop.clone()).await;
        bar.lock().unwrap_or_else(PoisonError::into_inner).finish();
        ended?
    };
    index::update(store).await?;
    Ok(summary)
}

/// The summary for people.
///
/// # Errors
/// When output fails.
pub(crate) fn print(summary: &RunSummary) -> Result<()> {
    let share =
        |part: u64| if summary.fields == 0 { 0.0 } else { part as f64 * 100.0 / summary.fields as f64 };
    line(format!(
        "{} pages in {:.1} s, {:.2} pages a second",
        summary.pages(),
        summary.elapsed_ms as f64 / 1000.0,
        summary.rate()
    ))?;
    line(format!(
        "  read {}, blank {}, scan again {}, failed {}, still waiting {}",
        summary.done,
        summary.blank,
        summary.rescan_wanted,
        summary.failed.len(),
        summary.remaining
    ))?;
    line(format!(
        "  {} entries, {} fields: {} accepted ({:.1} %), {} lacunae ({:.1} %)",
        summary.entries,
        summary.fields,
        summary.accepted,
        share(summary.accepted),
        summary.lacunae,
        share(summary.lacunae)
    ))?;
    for failed in &summary.failed {
        let page = format!("{} page {}", failed.source, failed.page_index + 1);
        line(format!("  failed: {}", because(&page, &failed.source, &failed.reason)))?;
    }
    Ok(())
}

fn ending(summary: &RunSummary) -> Ending {
    if summary.stopped { Ending::Interrupted } else { Ending::partly_if(!summary.failed.is_empty()) }
}

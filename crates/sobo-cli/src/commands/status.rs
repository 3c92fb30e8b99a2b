//! `sobo status`: what the store holds and what waits.

use anyhow::Result;
use serde::Serialize;
use sobo_db::{QueueLength, Volume, VolumeProgress};

use crate::arguments::Format;
use crate::config::Config;
use crate::output::{Ending, json, line};
use crate::store;

#[derive(Serialize)]
struct Status {
    queue: QueueLength,
    volumes: Vec<VolumeStatus>,
}

#[derive(Serialize)]
struct VolumeStatus {
    volume: Volume,
    progress: VolumeProgress,
}

/// Prints the state of the store.
///
/// # Errors
/// When the store cannot be opened.
pub(crate) fn status(config: &Config, format: Format) -> Result<Ending> {
    let status = look(config)?;
    if format != Format::Text {
        json(&status)?;
        return Ok(Ending::Well);
    }
    line(format!("{} pages wait, {} are being read", status.queue.waiting, status.queue.leased))?;
    line(format!(
        "{:<18} {:<10} {:>6} {:>8} {:>6} {:>6} {:>7} {:>7} {:>8}",
        "volume", "kind", "pages", "waiting", "read", "blank", "rescan", "failed", "entries"
    ))?;
    for VolumeStatus { volume, progress } in &status.volumes {
        line(format!(
            "{:<18} {:<10} {:>6} {:>8} {:>6} {:>6} {:>7} {:>7} {:>8}",
            volume.descriptor.name,
            volume.descriptor.register_type.as_str(),
            progress.pages,
            progress.waiting,
            progress.done,
            progress.blank,
            progress.rescan_wanted,
            progress.failed,
            progress.entries
        ))?;
    }
    Ok(Ending::Well)
}

/// One line on the store, for the doctor.
///
/// # Errors
/// When the store cannot be opened.
pub(crate) fn overview(config: &Config) -> Result<String> {
    if let Some(missing) = store::missing(config) {
        return Ok(format!("{missing}: none yet; `sobo intake` makes it"));
    }
    let status = look(config)?;
    Ok(format!(
        "{}: {} volumes, {} pages wait",
        config.store.display(),
        status.volumes.len(),
        status.queue.waiting
    ))
}

fn look(config: &Config) -> Result<Status> {
    store::runtime()?.block_on(async {
        let store = store::open_existing(config).await?;
        let queue = store.database.queue_length(None).await?;
        let mut progress = store.database.progress().await?;
        let volumes = store
            .database
            .volumes()
            .await?
            .into_iter()
            .map(|volume| {
                let place = progress.iter().position(|p| p.volume_id == volume.id);
                let progress = place.map(|place| progress.swap_remove(place)).unwrap_or_default();
                VolumeStatus { volume, progress }
            })
            .collect();
        Ok(Status { queue, volumes })
    })
}

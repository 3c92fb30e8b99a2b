//! The print of a volume: learned once from its first pages, kept with its hash, used for all its pages.

use std::sync::Arc;

use sobo_layout::{Print, learn};

use crate::run::Run;
use crate::{PipelineError, Result, stages};

/// From so many pages, the first in the order of the volume, its print is learned. A volume that has fewer has none: what
/// is learned must not depend on how many had arrived.
pub const PRINT_PAGES: usize = 10;

impl Run {
    /// The print of a volume, learned now where it never was. Workers that need it at once wait for the first of them.
    pub(crate) async fn print(self: &Arc<Self>, volume_id: i64) -> Result<Option<Arc<Print>>> {
        let mut prints = self.prints.lock().await;
        if let Some(known) = prints.get(&volume_id) {
            return Ok(known.clone());
        }
        let kept = self.store.database.print_of_volume(volume_id).await?;
        // What another version of the program kept and this one cannot read is learned anew.
        let print = match kept.and_then(|body| Print::parse(&body)) {
            Some(print) => Some(print),
            None => self.learn_print(volume_id).await?,
        };
        let print = print.map(Arc::new);
        prints.insert(volume_id, print.clone());
        Ok(print)
    }

    async fn learn_print(self: &Arc<Self>, volume_id: i64) -> Result<Option<Print>> {
        let pages = self.store.database.pages_of_volume(volume_id).await?;
        if pages.len() < PRINT_PAGES {
            return Ok(None);
        }
        let volume = self.volume(volume_id).await?;
        let mut sightings = Vec::new();
        for page in pages.into_iter().take(PRINT_PAGES) {
            let Ok(original) = stages::fetch(&self.originals, &page).await? else { continue };
            let (run, volume) = (Arc::clone(self), Arc::clone(&volume));
            let (sender, receiver) = tokio::sync::oneshot::channel();
            std::thread::Builder::new()
                .name(format!("print of page {}", page.id))
                .spawn(move || {
                    let seen = stages::sight(original, &page, &volume, &*run.reader, &run.options.limits);
                    // Nobody waits any more where the run was given up.
                    let _ = sender.send(seen);
                })
                .map_err(|error| PipelineError::Worker { what: format!("no thread for a page: {error}") })?;
            let ended = receiver.await;
            let seen = ended.map_err(|_| PipelineError::Worker {
                what: "a thread that learned a print ended".to_owned(),
            })?;
            sightings.extend(seen);
        }
        let Some(print) = learn(&sightings) else { return Ok(None) };
        let who = &self.options.who;
        self.store.database.keep_print(who, volume_id, &print.hash(), &print.to_text()).await?;
        Ok(Some(print))
    }
}

//! Reading the pages that wait.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use serde::Serialize;
use sobo_core::{Outcome, VolumeDescriptor};
use sobo_db::{Completed, Completion, DbError, Page, Work};
use sobo_intake::Limits;
use sobo_layout::Print;

use crate::stages::{self, Processed};
use crate::worker::{is_dead, this_worker};
use crate::{Originals, PageReader, PipelineError, Progress, ProgressSink, Result, Stop, Store};

/// How to run.
#[derive(Debug, Clone)]
pub struct RunOptions {
    /// Pages read at a time, each on a thread of its own; at most so many are in memory.
    pub jobs: usize,
    /// Only pages of this volume.
    pub volume_id: Option<i64>,
    /// At most so many pages.
    pub max_pages: Option<u64>,
    /// How much a page may ask for.
    pub limits: Limits,
    /// How long a page is held without a sign of life.
    pub lease: Duration,
    /// How often a page may be begun; a page whose reading killed the program that often has failed.
    pub max_attempts: i64,
    /// Who appears in the audit.
    pub who: String,
}

impl Default for RunOptions {
    fn default() -> Self {
        Self {
            jobs: std::thread::available_parallelism().map_or(1, usize::from),
            volume_id: None,
            max_pages: None,
            limits: Limits::default(),
            lease: Duration::from_secs(300),
            max_attempts: 5,
            who: "sobo".to_owned(),
        }
    }
}

/// A page that failed in this run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FailedPage {
    /// The page.
    pub page_id: i64,
    /// Where its file came from.
    pub source: String,
    /// Page in that file, from 0.
    pub page_index: u32,
    /// Why and what to do.
    pub reason: String,
}

/// What a run did.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct RunSummary {
    /// Pages read.
    pub done: u64,
    /// Pages without writing.
    pub blank: u64,
    /// Pages to be scanned again.
    pub rescan_wanted: u64,
    /// Pages that failed, in the order of their ids.
    pub failed: Vec<FailedPage>,
    /// Acts read.
    pub entries: u64,
    /// Fields read.
    pub fields: u64,
    /// Of these, offered as right.
    pub accepted: u64,
    /// Of these, lacunae.
    pub lacunae: u64,
    /// Pages still in the queue when it ended: it was stopped, limited, or others are at work.
    pub remaining: u64,
    /// Somebody asked to stop.
    pub stopped: bool,
    /// How long it took.
    pub elapsed_ms: u64,
}

impl RunSummary {
    /// Pages that have an outcome.
    pub fn pages(&self) -> u64 {
        self.done + self.blank + self.rescan_wanted + self.failed.len() as u64
    }

    /// Pages a second.
    pub fn rate(&self) -> f64 {
        if self.elapsed_ms == 0 { 0.0 } else { self.pages() as f64 * 1000.0 / self.elapsed_ms as f64 }
    }
}

/// What the workers of one run share.
pub(crate) struct Run {
    pub(crate) store: Store,
    pub(crate) originals: Originals,
    pub(crate) reader: Arc<dyn PageReader>,
    pub(crate) options: RunOptions,
    sink: Arc<dyn ProgressSink>,
    stop: Stop,
    worker: String,
    begun: AtomicU64,
    summary: Mutex<RunSummary>,
    volumes: Mutex<HashMap<i64, Arc<VolumeDescriptor>>>,
    /// Prints of the volumes met; none where one cannot be learned.
    pub(crate) prints: tokio::sync::Mutex<HashMap<i64, Option<Arc<Print>>>>,
}

impl Store {
    /// Reads the pages that wait, until none is left, `stop` is asked, or the batch cannot go on. Pages left by workers
    /// that died on this machine are taken back first.
    pub async fn run(
        &self,
        reader: Arc<dyn PageReader>,
        options: RunOptions,
        sink: Arc<dyn ProgressSink>,
        stop: Stop,
    ) -> Result<RunSummary> {
        let begun = Instant::now();
        self.check_disk()?;
        let reclaimed = self.reclaim().await?;
        if reclaimed > 0 {
            sink.progress(Progress::Reclaimed { pages: reclaimed });
        }
        let jobs = options.jobs.max(1);
        let waiting = self.database.queue_length(options.volume_id).await?.waiting as u64;
        sink.progress(Progress::RunBegun { waiting, jobs });
        let run = Arc::new(Run {
            store: self.clone(),
            originals: Originals::new(self.vault.clone(), &self.config.work_dir),
            reader,
            options,
            sink,
            stop,
            worker: this_worker(),
            begun: AtomicU64::new(0),
            summary: Mutex::default(),
            volumes: Mutex::default(),
            prints: tokio::sync::Mutex::default(),
        });
        let workers: Vec<_> = (0..jobs).map(|_| tokio::spawn(work(Arc::clone(&run)))).collect();
        let mut result = Ok(());
        for worker in workers {
            let ended =
                worker.await.unwrap_or_else(|error| Err(PipelineError::Worker { what: error.to_string() }));
            // One worker that cannot go on stops the others after their pages; the first cause is told.
            if ended.is_err() {
                run.stop.ask();
            }
            result = result.and(ended);
        }
        result?;
        self.join_pages(&*run.reader, &run.options.who, run.options.volume_id, &run.stop).await?;
        let mut summary = std::mem::take(&mut *lock(&run.summary));
        let left = self.database.queue_length(run.options.volume_id).await?;
        summary.remaining = (left.waiting + left.leased) as u64;
        summary.stopped = run.stop.asked();
        summary.failed.sort_by_key(|failed| failed.page_id);
        summary.elapsed_ms = begun.elapsed().as_millis() as u64;
        Ok(summary)
    }

    /// Takes back the pages of workers that died on this machine; gives their number.
    async fn reclaim(&self) -> Result<u64> {
        let mut owners: Vec<String> =
            self.database.leases().await?.into_iter().map(|lease| lease.owner).collect();
        owners.sort();
        owners.dedup();
        let mut pages = 0;
        for owner in owners.iter().filter(|owner| is_dead(owner)) {
            pages += self.database.take_leases_from(owner).await?;
        }
        Ok(pages)
    }
}

/// One worker: takes a page, reads it, records it, and takes the next.
async fn work(run: Arc<Run>) -> Result<()> {
    let result = async {
        while let Some(work) = run.next_page().await? {
            let page_id = work.page.id;
            run.sink.progress(Progress::PageBegun { page_id, attempt: work.lease.attempt });
            let begun = Instant::now();
            let processed = match run.process(&work).await {
                Ok(processed) => processed,
                Err(error) => {
                    // The page is not to blame: it goes back.
                    run.store.database.release_lease(&work.lease).await?;
                    return Err(error);
                }
            };
            run.record(&work, processed, begun.elapsed()).await?;
        }
        Ok(())
    }
    .await;
    if result.is_err() {
        run.stop.ask();
    }
    result
}

impl Run {
    async fn next_page(&self) -> Result<Option<Work>> {
        let begun = self.begun.fetch_add(1, Ordering::SeqCst);
        if self.stop.asked() || self.options.max_pages.is_some_and(|most| begun >= most) {
            return Ok(None);
        }
        self.store.check_disk()?;
        let lease_ms = self.lease_ms();
        let database = &self.store.database;
        Ok(database.claim_pages(&self.worker, lease_ms, 1, self.options.volume_id).await?.pop())
    }

    fn lease_ms(&self) -> i64 {
        i64::try_from(self.options.lease.as_millis()).unwrap_or(i64::MAX / 2)
    }

    async fn process(self: &Arc<Self>, work: &Work) -> Result<Processed> {
        let page = &work.page;
        if work.lease.attempt > self.options.max_attempts {
            let times = work.lease.attempt - 1;
            let shown = stages::shown(page);
            let reason = format!(
                "{shown}: the program was stopped {times} times while reading it; look at the scan, then queue it again"
            );
            return Ok(Processed::failed(reason));
        }
        let volume = self.volume(page.volume_id).await?;
        let print = self.print(page.volume_id).await?;
        let original = match stages::fetch(&self.originals, page).await? {
            Ok(original) => original,
            Err(reason) => return Ok(Processed::failed(reason)),
        };
        let (sender, mut receiver) = tokio::sync::oneshot::channel();
        let (run, page) = (Arc::clone(self), page.clone());
        // A thread of its own, not one of a work-stealing pool: the neural runtime waits on a pool of its own, and a
        // work-stealing thread that waits would begin another page meanwhile.
        std::thread::Builder::new()
            .name(format!("page {}", page.id))
            .spawn(move || {
                let (print, reader) = (print.as_deref(), &*run.reader);
                let processed = stages::process(original, &page, &volume, print, reader, &run.options.limits);
                // Nobody waits any more where the run was given up.
                let _ = sender.send(processed);
            })
            .map_err(|error| PipelineError::Worker { what: format!("no thread for a page: {error}") })?;
        let mut renewal = tokio::time::interval((self.options.lease / 3).max(Duration::from_millis(1)));
        renewal.tick().await;
        loop {
            tokio::select! {
                processed = &mut receiver => {
                    return processed.map_err(|_| PipelineError::Worker { what: "a reading thread ended".to_owned() });
                }
                _ = renewal.tick() => match self.store.database.renew_lease(&work.lease, self.lease_ms()).await {
                    // Recording will find it out; until then the page is read on, there is no way to stop it.
                    Ok(()) | Err(DbError::LeaseLost { .. }) => {}
                    Err(error) => return Err(error.into()),
                },
            }
        }
    }

    pub(crate) async fn volume(&self, id: i64) -> Result<Arc<VolumeDescriptor>> {
        if let Some(volume) = lock(&self.volumes).get(&id) {
            return Ok(Arc::clone(volume));
        }
        let volume = Arc::new(self.store.database.volume(id).await?.descriptor);
        lock(&self.volumes).insert(id, Arc::clone(&volume));
        Ok(volume)
    }

    async fn record(&self, work: &Work, processed: Processed, elapsed: Duration) -> Result<()> {
        let elapsed_ms = elapsed.as_millis() as u64;
        let completion = Completion {
            lease: &work.lease,
            outcome: &processed.outcome,
            reading: processed.reading.as_ref(),
            provenance: &processed.provenance,
            size: processed.size,
            dpi: processed.dpi,
            elapsed_ms,
        };
        match self.store.database.complete_page(&self.options.who, &completion).await {
            Ok(Completed::Recorded | Completed::KeptBeside) => {}
            Ok(Completed::Already) | Err(DbError::LeaseLost { .. }) => {
                self.sink.progress(Progress::PageLost { page_id: work.page.id });
                return Ok(());
            }
            Err(error) => return Err(error.into()),
        }
        let ended = ended(&work.page, processed, elapsed_ms);
        lock(&self.summary).add(&ended);
        self.sink.progress(ended);
        Ok(())
    }
}

fn ended(page: &Page, processed: Processed, elapsed_ms: u64) -> Progress {
    let entries = processed.reading.as_ref().map_or(&[][..], |reading| &reading.entries);
    let fields = || entries.iter().flat_map(|entry| entry.fields.values());
    Progress::PageEnded {
        page_id: page.id,
        source: page.source.clone(),
        page_index: page.page_index,
        entries: entries.len() as u64,
        fields: fields().count() as u64,
        accepted: fields().filter(|field| field.accepted).count() as u64,
        lacunae: fields().filter(|field| field.lacuna.is_some()).count() as u64,
        outcome: processed.outcome,
        elapsed_ms,
    }
}

impl RunSummary {
    fn add(&mut self, ended: &Progress) {
        let Progress::PageEnded {
            page_id,
            source,
            page_index,
            outcome,
            entries,
            fields,
            accepted,
            lacunae,
            ..
        } = ended
        else {
            return;
        };
        self.entries += entries;
        self.fields += fields;
        self.accepted += accepted;
        self.lacunae += lacunae;
        match outcome {
            Outcome::Done => self.done += 1,
            Outcome::Blank => self.blank += 1,
            Outcome::RescanWanted { .. } => self.rescan_wanted += 1,
            Outcome::Failed { reason } => self.failed.push(FailedPage {
                page_id: *page_id,
                source: source.clone(),
                page_index: *page_index,
                reason: reason.clone(),
            }),
        }
    }
}

/// Locks, also where a thread panicked while it held the lock: what is kept here is whole at any time.
fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

//! Opening the store, and what reads its pages.

use std::sync::Arc;

use anyhow::{Context as _, Result};
use sobo_core::{Entry, Outcome, PageReading, Provenance, VolumeDescriptor};
use sobo_layout::{LoadedForm, Sighting};
use sobo_pipeline::page;
use sobo_pipeline::{PageInput, PageReader, ReadPage, Stop, Store, StoreConfig};
use sobo_vault::VaultConfig;

use crate::commands::adapt::{PromotedReader, VolumeReader};
use crate::config::Config;
use crate::engine::{Engine, failed_reading};

/// A runtime for everything that waits for the store.
///
/// # Errors
/// When the system gives no threads.
pub(crate) fn runtime() -> Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build().context("no threads to work with")
}

/// Opens the store, making it where it is missing.
///
/// # Errors
/// When database or vault cannot be opened; the message names them.
pub(crate) async fn open(config: &Config) -> Result<Store> {
    std::fs::create_dir_all(&config.store)
        .with_context(|| format!("{}: the store's folder cannot be made", config.store.display()))?;
    Store::open(StoreConfig {
        database_url: config.database.clone(),
        vault: VaultConfig { url: config.vault_url.clone(), ..config.vault.clone() },
        index_dir: config.index.clone(),
        work_dir: config.work.clone(),
        min_free_mb: config.disk_reserve_bytes >> 20,
    })
    .await
    .context("the store cannot be opened")
}

/// Opens a store that is there; one that is not is not made by asking for it.
///
/// # Errors
/// When there is none, or it cannot be opened.
pub(crate) async fn open_existing(config: &Config) -> Result<Store> {
    if let Some(missing) = missing(config) {
        anyhow::bail!(
            "{missing}: there is no store here; `sobo intake` makes one, --store names another folder"
        );
    }
    open(config).await
}

/// The database's file, where the store is one folder and has none yet.
pub(crate) fn missing(config: &Config) -> Option<String> {
    let path = config.database.strip_prefix("sqlite:")?;
    let path = path.strip_prefix("//").unwrap_or(path);
    let path = path.split('?').next().unwrap_or(path);
    (!std::path::Path::new(path).exists()).then(|| path.to_owned())
}

/// Waits for Ctrl-C, or for the word of a service manager to end.
pub(crate) async fn interrupted() {
    #[cfg(unix)]
    if let Ok(mut terminate) = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
        tokio::select! {
            Ok(()) = tokio::signal::ctrl_c() => {}
            Some(()) = terminate.recv() => {}
            else => std::future::pending().await,
        }
        return;
    }
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
}

/// Asks to stop at the first Ctrl-C; the second ends the program as it is.
pub(crate) fn stop_at_interrupt() -> Stop {
    let stop = Stop::default();
    let asked = stop.clone();
    tokio::spawn(async move {
        interrupted().await;
        crate::output::note("finishing what is under way; Ctrl-C again to break off");
        asked.ask();
        interrupted().await;
        std::process::exit(130);
    });
    stop
}

/// Restoration, layout, reader and extraction as the pipeline's page reader.
pub(crate) struct StorePageReader {
    forms: Vec<LoadedForm>,
    shipped: VolumeReader,
    /// Models taught here, each for its volumes.
    promoted: Vec<PromotedReader>,
}

impl StorePageReader {
    pub(crate) fn new(engine: Engine, promoted: Vec<PromotedReader>) -> Self {
        let shipped =
            VolumeReader { recognizer: Arc::from(engine.reader), settings: Arc::new(engine.settings) };
        Self { forms: engine.forms, shipped, promoted }
    }

    /// What reads a volume: the narrowest model that was promoted for it, else the shipped one.
    fn reader(&self, volume: &VolumeDescriptor) -> &VolumeReader {
        sobo_adapt::choose(&self.promoted, volume).unwrap_or(&self.shipped)
    }

    fn failed(&self, input: &PageInput<'_>, reason: String) -> ReadPage {
        let reader = self.reader(input.volume);
        ReadPage {
            reading: failed_reading(input.name, input.page_index, reason.clone()),
            outcome: Outcome::Failed { reason },
            provenance: Provenance {
                model: reader.recognizer.id().to_owned(),
                form: String::new(),
                print: String::new(),
                settings: reader.settings.hash(),
                version: env!("CARGO_PKG_VERSION").to_owned(),
            },
        }
    }
}

impl PageReader for StorePageReader {
    fn read(&self, input: PageInput<'_>) -> ReadPage {
        let form = (input.form != "auto" && !input.form.is_empty()).then_some(input.form);
        if let Some(id) = form.filter(|id| self.forms.iter().all(|loaded| loaded.form.id != *id)) {
            let reason = format!(
                "the volume asks for form `{id}`, which is not known; `sobo form list` shows those that are"
            );
            return self.failed(&input, reason);
        }
        let asked = page::PageInput {
            name: input.name,
            index: input.page_index,
            dpi: input.dpi,
            form,
            context: context(input.volume),
            print: input.print,
        };
        let reader = self.reader(input.volume);
        let read =
            page::read_page(&input.image, &asked, &self.forms, reader.recognizer.as_ref(), &reader.settings);
        match read {
            Ok(read) => {
                ReadPage { reading: read.reading, outcome: read.outcome, provenance: read.provenance }
            }
            Err(error) => self.failed(&input, error.to_string()),
        }
    }

    fn sight(&self, input: PageInput<'_>) -> Option<Sighting> {
        let asked = page::PageInput {
            name: input.name,
            index: input.page_index,
            dpi: input.dpi,
            form: (!input.form.is_empty()).then_some(input.form),
            context: context(input.volume),
            print: None,
        };
        let reader = self.reader(input.volume);
        let (recognizer, settings) = (reader.recognizer.as_ref(), &reader.settings);
        // What fails here fails again, and is told, when the page is read.
        sobo_pipeline::sight_page(&input.image, &asked, &self.forms, recognizer, settings).ok()?
    }

    fn join(&self, previous: &Entry, reading: &PageReading) -> Vec<Entry> {
        match self.forms.iter().find(|loaded| loaded.form.id == reading.form) {
            Some(loaded) => {
                let settings = &self.shipped.settings.extract;
                sobo_extract::join_page(&loaded.form, previous, &reading.entries, settings)
            }
            // The form is no longer known: the page stays as it was read.
            None => reading.entries.clone(),
        }
    }
}

/// What the volume says of its pages.
pub(crate) fn context(volume: &VolumeDescriptor) -> sobo_extract::Context {
    sobo_extract::Context {
        book_year: Some(volume.year_from),
        book_year_to: volume.year_to,
        ..sobo_extract::Context::default()
    }
}

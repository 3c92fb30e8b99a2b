//! `sobo serve`: the web interface.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context as _, Result};
use image::DynamicImage;
use sobo_core::{Check, Entry, Field, Original, Rect, RegisterType};
use sobo_intake::{Limits, decode_page};
use sobo_layout::LoadedForm;
use sobo_pipeline::{IntakeRequest, Originals, Silent, Stop, Store};
use sobo_search::{Index, Query};
use sobo_tiles::{PageDecoder, Tiles};
use sobo_web::{
    AppState, FieldReader, PagePlace, ScanTaker, SearchHit, SearchQuery, SearchResults, Searcher, Settings,
    TakenIn,
};
use tokio::net::TcpListener;
use tokio::runtime::Handle;

use crate::commands::adapt::{Readers, VolumeReader};
use crate::config::Config;
use crate::engine::Engine;
use crate::output::{Ending, line, note};
use crate::{index, store};

/// How often the index is brought up to date while the server runs.
const FOLLOW_EVERY: Duration = Duration::from_secs(2);

/// Serves until Ctrl-C.
///
/// # Errors
/// When the store cannot be opened or the address is taken.
pub(crate) fn serve(config: &Config, address: Option<&str>) -> Result<Ending> {
    let address = address.unwrap_or(&config.address);
    warn_if_open(address);
    store::runtime()?.block_on(async {
        let store = store::open(config).await?;
        serve_store(config, &store, address, &[]).await
    })
}

/// Serves an open store; `greeting` is printed once the address is known.
///
/// # Errors
/// When the address is taken, or forms or index cannot be opened.
pub(crate) async fn serve_store(
    config: &Config,
    store: &Store,
    address: &str,
    greeting: &[String],
) -> Result<Ending> {
    let listener = TcpListener::bind(address)
        .await
        .with_context(|| format!("{address} cannot be listened on; another program may be there"))?;
    let local = listener.local_addr()?;
    index::update(store).await?;
    let engine = Engine::load(config)?;
    let forms: BTreeMap<_, _> =
        engine.forms.iter().map(|loaded| (loaded.form.id.clone(), loaded.form.clone())).collect();
    let decoder = Arc::new(VaultDecoder {
        originals: Originals::new(store.vault.clone(), &config.work),
        handle: Handle::current(),
        limits: config.limits.clone(),
    });
    let searcher =
        IndexSearcher { index: Index::open(&config.index)?, store: store.clone(), handle: Handle::current() };
    let restored =
        RestoredDecoder { decoder: Arc::clone(&decoder), settings: engine.settings.restore.clone() };
    let taker = Taker {
        store: store.clone(),
        handle: Handle::current(),
        limits: config.limits.clone(),
        folder: config.work.join("handed-in"),
    };
    let shipped = VolumeReader { recognizer: Arc::from(engine.reader), settings: Arc::new(engine.settings) };
    let reader = BoxReader {
        forms: engine.forms,
        readers: Readers::new(config, store.database.clone(), shipped),
        handle: Handle::current(),
        decoder: Arc::clone(&decoder),
        last: Mutex::new(None),
    };
    let state = AppState {
        db: store.database.clone(),
        restored: Some(Arc::new(Tiles::new(&config.work.join("restored"), Arc::new(restored)))),
        taker: Some(Arc::new(taker)),
        tiles: Arc::new(Tiles::new(&config.work.join("tiles"), decoder as Arc<dyn PageDecoder>)),
        forms: Arc::new(forms),
        searcher: Some(Arc::new(searcher)),
        reader: Some(Arc::new(reader)),
        settings: Arc::new(Settings {
            secure_cookies: !is_loopback(local),
            chain: config.chain.clone(),
            office_chains: config.office_chains.clone(),
            ..Settings::default()
        }),
    };
    line(format!("sobo is at http://{local}/ — Ctrl-C ends it"))?;
    for text in greeting {
        line(text)?;
    }
    let following = tokio::spawn(keep_up(store.clone(), state.clone()));
    let served = sobo_web::serve(state, listener, store::interrupted()).await;
    following.abort();
    served.context("the web server ended")?;
    Ok(Ending::Well)
}

fn is_loopback(address: SocketAddr) -> bool {
    address.ip().is_loopback()
}

/// Brings records and index up to date while pages are read by other processes.
async fn keep_up(store: Store, state: AppState) {
    loop {
        tokio::time::sleep(FOLLOW_EVERY).await;
        if let Err(error) = sobo_web::begin_new_records(&state).await {
            tracing::warn!(%error, "records could not be begun");
        }
        // One volume at a time: clerks wait for nothing here.
        if let Err(error) = sobo_web::weigh_a_volume(&state).await {
            tracing::warn!(%error, "what entries would teach could not be weighed");
        }
        if let Err(error) = index::update(&store).await {
            tracing::warn!(error = format!("{error:#}"), "the index could not follow");
        }
    }
}

/// Pages from the vault.
struct VaultDecoder {
    originals: Originals,
    handle: Handle,
    limits: Limits,
}

impl VaultDecoder {
    fn page(&self, original: &str, page_index: u32) -> Result<sobo_intake::DecodedPage, String> {
        let sha256 = original.parse().map_err(|_| format!("{original} is no sha256"))?;
        let bytes = self
            .handle
            .block_on(self.originals.get(&sha256))
            .map_err(|error| format!("the original cannot be fetched: {error}"))?;
        decode_page(bytes.content(), original, page_index, &self.limits).map_err(|error| error.to_string())
    }
}

impl PageDecoder for VaultDecoder {
    fn decode(&self, original: &str, page_index: u32) -> Result<DynamicImage, String> {
        self.page(original, page_index).map(|page| page.image)
    }
}

/// Pages from the vault as restoration leaves them.
struct RestoredDecoder {
    decoder: Arc<VaultDecoder>,
    settings: sobo_restore::Settings,
}

impl PageDecoder for RestoredDecoder {
    fn decode(&self, original: &str, page_index: u32) -> Result<DynamicImage, String> {
        let page = self.decoder.page(original, page_index)?;
        Ok(crate::restored::in_place(&page.image, page.dpi, &self.settings))
    }
}

/// Scans handed in on the screen.
struct Taker {
    store: Store,
    handle: Handle,
    limits: Limits,
    /// Where a file lies while it is taken in: its record names the folder of who handed it in, not a passing one.
    folder: PathBuf,
}

impl ScanTaker for Taker {
    fn take(
        &self,
        who: &str,
        volume: &sobo_db::Volume,
        batch: &str,
        name: &str,
        path: &Path,
    ) -> Result<TakenIn, String> {
        let folder = self.folder.join(who);
        let place = folder.join(name);
        std::fs::create_dir_all(&folder)
            .and_then(|()| std::fs::copy(path, &place))
            .map_err(|error| format!("{}: {error}", place.display()))?;
        let request = IntakeRequest {
            who: who.to_owned(),
            volume: volume.descriptor.clone(),
            volume_text: volume.descriptor_text.clone(),
            office_at_date: None,
            paths: vec![place.clone()],
            batch: Some(batch.to_owned()),
            limits: self.limits.clone(),
        };
        let taken = self.handle.block_on(self.store.intake(&request, &Silent, &Stop::default()));
        // The vault holds it now; what was refused stays with the person.
        let _ = std::fs::remove_file(&place);
        let taken = taken.map_err(|error| error.to_string())?;
        Ok(TakenIn {
            pages: taken.pages,
            duplicates: taken.duplicates.len() as u64 + taken.already,
            refused: taken.refused.into_iter().map(|file| file.reason).collect(),
        })
    }
}

/// Reads a box that a person drew.
struct BoxReader {
    forms: Vec<LoadedForm>,
    /// A model promoted for a page's volume reads its boxes too.
    readers: Readers,
    handle: Handle,
    decoder: Arc<VaultDecoder>,
    /// The page a clerk is at: boxes are drawn one after the other on one page.
    last: Mutex<Option<(PagePlace, Arc<sobo_intake::DecodedPage>)>>,
}

impl BoxReader {
    fn reader(&self, place: &PagePlace) -> Result<VolumeReader, String> {
        self.handle.block_on(self.readers.of_volume(place.volume)).map_err(|error| format!("{error:#}"))
    }

    fn page(&self, place: &PagePlace) -> Result<Arc<sobo_intake::DecodedPage>, String> {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((kept, page)) = last.as_ref()
            && kept == place
        {
            return Ok(Arc::clone(page));
        }
        let page = Arc::new(self.decoder.page(&place.original, place.page_index)?);
        *last = Some((place.clone(), Arc::clone(&page)));
        Ok(page)
    }
}

impl FieldReader for BoxReader {
    fn read_field(
        &self,
        place: &PagePlace,
        form: &str,
        field: &str,
        bbox: Rect<Original>,
    ) -> Result<Field, String> {
        let (page, reader) = (self.page(place)?, self.reader(place)?);
        let form = &self
            .forms
            .iter()
            .find(|loaded| loaded.form.id == form)
            .ok_or_else(|| format!("there is no form `{form}`"))?
            .form;
        let field = form.field(field).ok_or_else(|| format!("the form has no field `{field}`"))?;
        sobo_pipeline::read_box(
            &page.image,
            page.dpi,
            bbox,
            form,
            field,
            reader.recognizer.as_ref(),
            &reader.settings,
        )
        .map_err(|error| error.to_string())
    }

    fn read_entry(&self, place: &PagePlace, form: &str, bbox: Rect<Original>) -> Result<Entry, String> {
        self.read_page(place, form)?
            .into_iter()
            .map(|entry| (entry.bbox.iou(&bbox), entry))
            .filter(|(overlap, _)| *overlap > 0.2)
            .max_by(|a, b| a.0.total_cmp(&b.0))
            .map(|(_, entry)| entry)
            .ok_or_else(|| "no entry could be read in this box".to_owned())
    }

    fn read_page(&self, place: &PagePlace, form: &str) -> Result<Vec<Entry>, String> {
        let (page, reader) = (self.page(place)?, self.reader(place)?);
        let input = sobo_pipeline::page::PageInput {
            name: &place.original,
            index: place.page_index,
            dpi: page.dpi,
            form: Some(form),
            ..sobo_pipeline::page::PageInput::default()
        };
        let read = sobo_pipeline::page::read_page(
            &page.image,
            &input,
            &self.forms,
            reader.recognizer.as_ref(),
            &reader.settings,
        )
        .map_err(|error| error.to_string())?;
        Ok(read.reading.entries)
    }

    fn contradictions(
        &self,
        form: &str,
        years: (i32, i32),
        fields: &[(String, String)],
    ) -> Vec<(String, Check)> {
        let Some(loaded) = self.forms.iter().find(|loaded| loaded.form.id == form) else {
            return Vec::new();
        };
        let context = sobo_extract::Context {
            book_year: Some(years.0),
            book_year_to: Some(years.1),
            ..sobo_extract::Context::default()
        };
        sobo_extract::contradictions(&loaded.form, fields, &context)
    }
}

/// Questions to the index.
struct IndexSearcher {
    index: Index,
    store: Store,
    handle: Handle,
}

impl Searcher for IndexSearcher {
    fn search(&self, query: &SearchQuery) -> Result<SearchResults, String> {
        self.index.refresh().map_err(|error| error.to_string())?;
        let offices = match query.office.as_deref().filter(|office| !office.trim().is_empty()) {
            Some(office) => match self.handle.block_on(index::offices(&self.store, office)) {
                Ok(offices) => offices,
                // No such office: no result, which is an answer.
                Err(_) => return Ok(SearchResults::default()),
            },
            None => Vec::new(),
        };
        let results = self
            .index
            .search(&Query {
                text: query.text.clone(),
                year_from: query.year_from,
                year_to: query.year_to,
                kinds: query.register_type.as_deref().and_then(RegisterType::parse).into_iter().collect(),
                offices,
                verified: query.verified_only.then_some(true),
                offset: query.offset,
                limit: query.limit,
                ..Query::default()
            })
            .map_err(|error| error.to_string())?;
        let hits = results
            .hits
            .iter()
            .filter_map(|hit| {
                Some(SearchHit {
                    entry_id: hit.document.entry_id.parse().ok()?,
                    field: hit.matched.first().map(|matched| matched.name.clone()),
                })
            })
            .collect();
        Ok(SearchResults { total: results.total, hits })
    }
}

/// Says on standard error what a person should know before an address is opened to others.
pub(crate) fn warn_if_open(address: &str) {
    if address.parse::<SocketAddr>().is_ok_and(|address| !is_loopback(address)) {
        note("the interface is reachable by others: put it behind TLS");
    }
}

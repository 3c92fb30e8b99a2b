//! Models taught here, as readers of the volumes they are for.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context as _, Result};
use sobo_adapt::Scope;
use sobo_db::{Database, Promotion};
use sobo_pipeline::page::PageSettings;
use sobo_read::{NeuralReader, Recognizer};

use crate::arguments::ReaderChoice;
use crate::config::Config;
use crate::engine::own_calibration;

/// A model with the settings that go with it: what its confidence is worth belongs to the model.
#[derive(Clone)]
pub(crate) struct VolumeReader {
    /// Reads lines.
    pub(crate) recognizer: Arc<dyn Recognizer>,
    /// The settings of pages it reads.
    pub(crate) settings: Arc<PageSettings>,
}

/// A promoted model and the volumes it reads.
pub(crate) type PromotedReader = (Scope, VolumeReader);

/// Loads the models in force. Where another engine than the neural reader was asked for, there are none.
///
/// # Errors
/// When a promoted model's folder is missing or damaged: reading on with the shipped model would be a silent change.
pub(crate) async fn promoted_readers(
    config: &Config,
    database: &Database,
    settings: &PageSettings,
) -> Result<Vec<PromotedReader>> {
    let mut readers: Vec<PromotedReader> = Vec::new();
    if config.reader == ReaderChoice::Tesseract {
        return Ok(readers);
    }
    for promotion in database.promoted().await? {
        let Some(id) = &promotion.model else { continue };
        let below = database.model(id).await?.folder;
        readers.push((promotion.scope.parse()?, load(config, &promotion, id, &below, settings)?));
    }
    Ok(readers)
}

fn load(
    config: &Config,
    promotion: &Promotion,
    id: &str,
    below: &str,
    settings: &PageSettings,
) -> Result<VolumeReader> {
    let folder = folder(config, below);
    let back = || {
        format!(
            "the model {id} that reads `{}` cannot be loaded; bring its folder back, or `sobo adapt rollback '{}'`",
            promotion.scope, promotion.scope
        )
    };
    let reader = NeuralReader::load(&folder).with_context(back)?;
    anyhow::ensure!(
        reader.id() == id,
        "{}: this is {}, not the model {id} that was promoted",
        folder.display(),
        reader.id()
    );
    let mut settings = settings.clone();
    own_calibration(&folder, &mut settings).with_context(back)?;
    Ok(VolumeReader { recognizer: Arc::new(reader), settings: Arc::new(settings) })
}

/// A model's folder; the database knows it below the store's.
pub(super) fn folder(config: &Config, below: &str) -> PathBuf {
    config.store.join(below)
}

/// What reads a volume now, for a server: a promotion or a roll-back counts from the next question on.
pub(crate) struct Readers {
    config: Config,
    database: Database,
    shipped: VolumeReader,
    /// Models that were asked for, by identifier.
    loaded: Mutex<HashMap<String, VolumeReader>>,
}

impl Readers {
    pub(crate) fn new(config: &Config, database: Database, shipped: VolumeReader) -> Self {
        Self { config: config.clone(), database, shipped, loaded: Mutex::default() }
    }

    /// What reads a volume: the narrowest model that was promoted for it, else the shipped one.
    ///
    /// # Errors
    /// When the volume is unknown, the database fails, or the model cannot be loaded.
    pub(crate) async fn of_volume(&self, volume: i64) -> Result<VolumeReader> {
        if self.config.reader == ReaderChoice::Tesseract {
            return Ok(self.shipped.clone());
        }
        let descriptor = self.database.volume(volume).await?.descriptor;
        let mut in_force = Vec::new();
        for promotion in self.database.promoted().await? {
            if promotion.model.is_some() {
                in_force.push((promotion.scope.parse::<Scope>()?, promotion));
            }
        }
        let Some(promotion) = sobo_adapt::choose(&in_force, &descriptor) else {
            return Ok(self.shipped.clone());
        };
        let Some(id) = &promotion.model else { return Ok(self.shipped.clone()) };
        if let Some(known) = self.loaded.lock().unwrap_or_else(PoisonError::into_inner).get(id) {
            return Ok(known.clone());
        }
        let below = self.database.model(id).await?.folder;
        let reader = load(&self.config, promotion, id, &below, &self.shipped.settings)?;
        self.loaded.lock().unwrap_or_else(PoisonError::into_inner).insert(id.clone(), reader.clone());
        Ok(reader)
    }
}

/// Whether a folder holds a model that is loaded as `id`.
///
/// # Errors
/// When it holds none, or one that is damaged.
pub(super) fn is_there(folder: &Path) -> Result<()> {
    NeuralReader::load(folder)?;
    own_calibration(folder, &mut PageSettings::default())
}

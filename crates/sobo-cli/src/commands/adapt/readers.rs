//! The models taught here, as readers of the volumes they are for.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context as _, Result};
use sobo_adapt::Scope;
use sobo_db::Database;
use sobo_read::{NeuralReader, Recognizer};

use crate::arguments::ReaderChoice;
use crate::config::Config;

/// A promoted model and the volumes it reads.
pub(crate) type PromotedReader = (Scope, Arc<dyn Recognizer>);

/// Loads the models in force. Where another engine than the neural reader was asked for, there are none.
///
/// # Errors
/// When a promoted model's folder is missing or damaged: reading on with the shipped model would be a silent change.
pub(crate) async fn promoted_readers(config: &Config, database: &Database) -> Result<Vec<PromotedReader>> {
    let mut readers: Vec<PromotedReader> = Vec::new();
    if config.reader == ReaderChoice::Tesseract {
        return Ok(readers);
    }
    for promotion in database.promoted().await? {
        let Some(id) = &promotion.model else { continue };
        let model = database.model(id).await?;
        let folder = folder(config, &model.folder);
        let reader = NeuralReader::load(&folder).with_context(|| {
            format!(
                "the model {id} that reads `{}` cannot be loaded; bring its folder back, or `sobo adapt rollback '{}'`",
                promotion.scope, promotion.scope
            )
        })?;
        anyhow::ensure!(
            reader.id() == id,
            "{}: this is {}, not the model {id} that was promoted",
            folder.display(),
            reader.id()
        );
        readers.push((promotion.scope.parse()?, Arc::new(reader)));
    }
    Ok(readers)
}

/// A model's folder; the database knows it below the store's.
pub(super) fn folder(config: &Config, below: &str) -> PathBuf {
    config.store.join(below)
}

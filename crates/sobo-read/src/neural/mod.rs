//! The neural reader: a small convolutional and recurrent network with CTC, run by `rten` in pure Rust.

mod manifest;
mod network;
mod prepare;

use std::path::Path;
use std::sync::Arc;

use rten::ThreadPool;
use sobo_core::Reading;

use crate::decode::{Decoder, Decoding, FEATURES};
use crate::{LineInput, ReadError, Recognizer};

pub use manifest::MANIFEST_FILE;
pub(crate) use manifest::{ConfidenceEntry, Manifest, TableEntry, read_checked};
use network::Network;
pub(crate) use network::Output;

/// Reads handwriting, typewriting and print with the network of a models folder.
pub struct NeuralReader {
    id: String,
    threshold: f32,
    network: Network,
    decoder: Decoder,
}

impl NeuralReader {
    /// Loads `reader.toml` and what it names from `folder`, checking every file against its hash.
    ///
    /// # Errors
    /// [`ReadError::ModelMissing`] when there is no model, [`ReadError::ModelDamaged`] when a file is not what the
    /// description says it is; both name the file.
    pub fn load(folder: &Path) -> Result<Self, ReadError> {
        let manifest = Manifest::load(folder)?;
        let network = Network::load(folder, &manifest)?;
        let decoder = Decoder::load(folder, &manifest)?;
        let id = format!("neural:{}", manifest.identity());
        Ok(Self { id, threshold: manifest.threshold, network, decoder })
    }

    /// Readings at least this sure are right in all but half a percent of held-out lines: the threshold to ship.
    pub fn threshold(&self) -> f32 {
        self.threshold
    }

    /// The same reader with other weights between sight and language, for tuning and for measuring one alone.
    #[must_use]
    pub fn with_decoding(mut self, decoding: Decoding) -> Self {
        self.decoder.set_decoding(decoding);
        self
    }

    /// Readings with the features their confidence is made of, for calibration.
    ///
    /// # Errors
    /// As [`Recognizer::read`].
    pub fn read_with_features(
        &self,
        lines: &[LineInput<'_>],
    ) -> Result<Vec<(Reading, [f32; FEATURES])>, ReadError> {
        let pool = self.network.pool();
        let readings =
            lines.iter().enumerate().map(|(index, line)| self.read_one(index, line, &pool)).collect();
        self.network.give_back(pool);
        readings
    }

    fn read_one(
        &self,
        index: usize,
        line: &LineInput<'_>,
        pool: &Arc<ThreadPool>,
    ) -> Result<(Reading, [f32; FEATURES]), ReadError> {
        let (mut reading, features) = match prepare::prepare(line.image) {
            Some(prepared) => {
                let output = self.network.run(&prepared, pool).map_err(|reason| ReadError::Network {
                    index,
                    width: line.image.width(),
                    height: line.image.height(),
                    reason,
                })?;
                self.decoder.decode(&output, prepared.width, line.kind, line.year)
            }
            None => (Decoder::blank(), [0.0; FEATURES]),
        };
        reading.reader.clone_from(&self.id);
        Ok((reading, features))
    }
}

impl Recognizer for NeuralReader {
    fn id(&self) -> &str {
        &self.id
    }

    fn read(&self, lines: &[LineInput<'_>]) -> Result<Vec<Reading>, ReadError> {
        let readings = self.read_with_features(lines)?;
        Ok(readings.into_iter().map(|(reading, _)| reading).collect())
    }
}

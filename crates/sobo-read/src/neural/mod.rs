//! The neural reader: a small convolutional and recurrent network with CTC, run by `rten` in pure Rust.

mod manifest;
mod network;
mod prepare;

use std::collections::BTreeMap;
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
use prepare::Prepared;

/// Most lines that go through the network together, and most pixel columns: beyond these nothing is gained, and what
/// the network computes no longer fits into a core's own cache.
const LARGEST_BATCH: usize = 12;
const BATCH_COLUMNS: usize = 2560;

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
        let readings = self.read_batches(lines, &pool);
        self.network.give_back(pool);
        readings
    }

    /// Reads lines of one padded width together: the network's weights are then fetched once for all of them.
    fn read_batches(
        &self,
        lines: &[LineInput<'_>],
        pool: &Arc<ThreadPool>,
    ) -> Result<Vec<(Reading, [f32; FEATURES])>, ReadError> {
        let prepared: Vec<Option<Prepared>> = lines.iter().map(|line| prepare::prepare(line.image)).collect();
        let mut by_width: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for (index, line) in prepared.iter().enumerate() {
            if let Some(line) = line {
                by_width.entry(line.padded_width).or_default().push(index);
            }
        }
        let mut readings = vec![(Decoder::blank(), [0.0; FEATURES]); lines.len()];
        for (width, indices) in by_width {
            for batch in indices.chunks((BATCH_COLUMNS / width).clamp(1, LARGEST_BATCH)) {
                let together: Vec<&Prepared> = batch.iter().filter_map(|i| prepared[*i].as_ref()).collect();
                let outputs = self.network.run(&together, pool).map_err(|reason| {
                    let (index, image) = (batch[0], lines[batch[0]].image);
                    ReadError::Network { index, width: image.width(), height: image.height(), reason }
                })?;
                for ((&index, output), line) in batch.iter().zip(&outputs).zip(together) {
                    let input = &lines[index];
                    readings[index] = self.decoder.decode(output, line.width, input.kind, input.year);
                }
            }
        }
        for (reading, _) in &mut readings {
            reading.reader.clone_from(&self.id);
        }
        Ok(readings)
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

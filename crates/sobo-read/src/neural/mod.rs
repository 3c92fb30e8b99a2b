//! The neural reader: a small convolutional and recurrent network with CTC, computed in pure Rust.

mod convolution;
mod linear;
mod manifest;
mod network;
mod prepare;
mod recurrent;
mod weights;

use std::path::Path;

use rayon::ThreadPool;
use sobo_core::Reading;

use crate::decode::{Decoder, Decoding, FEATURES};
use crate::{LineInput, ReadError, Recognizer};

pub use manifest::MANIFEST_FILE;
pub(crate) use manifest::{ConfidenceEntry, Manifest, TableEntry, read_checked};
use network::Network;
pub(crate) use network::Output;
use prepare::Prepared;

/// Most pixel columns that go through the network together: beyond this nothing is gained, and what the network
/// computes no longer fits into a core's own cache.
const BATCH_COLUMNS: usize = 4096;

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
        let pool = self.network.pool().map_err(ReadError::NoThread)?;
        let readings = self.read_batches(lines, &pool);
        self.network.give_back(pool);
        readings
    }

    /// Reads many lines together, longest first: the network's weights are then fetched once for all of them.
    fn read_batches(
        &self,
        lines: &[LineInput<'_>],
        pool: &ThreadPool,
    ) -> Result<Vec<(Reading, [f32; FEATURES])>, ReadError> {
        let mut prepared: Vec<(usize, Prepared)> = lines
            .iter()
            .enumerate()
            .filter_map(|(index, line)| Some((index, prepare::prepare(line.image)?)))
            .collect();
        prepared.sort_by_key(|(_, line)| std::cmp::Reverse(line.padded_width));
        let mut readings = vec![(Decoder::blank(), [0.0; FEATURES]); lines.len()];
        let mut rest = &prepared[..];
        while let Some((first, _)) = rest.first() {
            let mut columns = 0;
            let fits = rest.iter().take_while(|(_, line)| {
                columns += line.padded_width;
                columns <= BATCH_COLUMNS
            });
            let (batch, later) = rest.split_at(fits.count().max(1));
            rest = later;
            let together: Vec<&Prepared> = batch.iter().map(|(_, line)| line).collect();
            let outputs = self.network.run(&together, pool).map_err(|reason| {
                let image = lines[*first].image;
                ReadError::Network { index: *first, width: image.width(), height: image.height(), reason }
            })?;
            for ((index, line), output) in batch.iter().zip(&outputs) {
                let input = &lines[*index];
                readings[*index] = self.decoder.decode(output, line.width, input.kind, input.year);
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

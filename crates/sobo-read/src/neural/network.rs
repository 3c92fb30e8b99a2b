//! The network itself: loading and running it on one thread at a time.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use rayon::{ThreadPool, ThreadPoolBuilder};

use super::convolution::{Convolution, Map};
use super::linear::Multipliers;
use super::manifest::{Manifest, read_checked};
use super::prepare::{HEIGHT, Prepared};
use super::recurrent::Recurrent;
use super::weights::NetworkWeights;
use crate::ReadError;

/// Log probabilities of one line: a row per step, a column per class.
pub(crate) struct Output {
    /// `steps × classes`, row by row.
    pub(crate) values: Vec<f32>,
    /// Columns.
    pub(crate) classes: usize,
    /// Pixels of the prepared line a step stands for.
    pub(crate) stride: usize,
}

impl Output {
    /// Log probabilities of every class at every step, first to last.
    pub(crate) fn steps(&self) -> impl ExactSizeIterator<Item = &[f32]> {
        self.values.chunks_exact(self.classes)
    }
}

/// A loaded network.
pub(crate) struct Network {
    convolutions: Vec<Convolution>,
    recurrent: Recurrent,
    stride: usize,
    /// Pools of one thread each, not in use: every caller computes on one of its own.
    idle: Mutex<Vec<Arc<ThreadPool>>>,
}

impl Network {
    pub(crate) fn load(folder: &Path, manifest: &Manifest) -> Result<Self, ReadError> {
        let bytes = read_checked(folder, &manifest.model, &manifest.model_sha256)?;
        let path = folder.join(&manifest.model);
        let damaged = |reason: String| ReadError::ModelDamaged { path: path.clone(), reason };
        let network =
            Self::from_onnx(&bytes, manifest.stride as usize, &Multipliers::new()).map_err(damaged)?;
        if manifest.height != HEIGHT {
            return Err(damaged(format!("made for lines {} pixels high, not {HEIGHT}", manifest.height)));
        }
        let classes = manifest.alphabet.chars().count() + 1;
        if network.recurrent.classes() != classes {
            let found = network.recurrent.classes();
            return Err(damaged(format!("{found} classes where the alphabet has {classes}")));
        }
        // One empty line through the net shows at once whether its parts belong together.
        let pool = network.pool().map_err(damaged)?;
        network.run(&[&Prepared::paper(32)], &pool).map_err(damaged)?;
        network.give_back(pool);
        Ok(network)
    }

    fn from_onnx(bytes: &[u8], stride: usize, multipliers: &Multipliers) -> Result<Self, String> {
        let weights = NetworkWeights::from_onnx(bytes)?;
        let convolutions: Vec<Convolution> =
            weights.convolutions.iter().map(|weights| Convolution::new(multipliers, weights)).collect();
        let recurrent = Recurrent::new(multipliers, &weights);
        let channels = convolutions.last().map_or(0, Convolution::outputs);
        if convolutions.first().map_or(0, Convolution::channels) != 1 || channels != recurrent.inputs() {
            return Err(format!("{channels} channels come where {} are taken", recurrent.inputs()));
        }
        Ok(Self { convolutions, recurrent, stride: stride.max(1), idle: Mutex::new(Vec::new()) })
    }

    /// A pool of one thread for the caller, to be given back.
    pub(crate) fn pool(&self) -> Result<Arc<ThreadPool>, String> {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        match idle {
            Some(pool) => Ok(pool),
            None => {
                let pool = ThreadPoolBuilder::new().num_threads(1).build();
                pool.map(Arc::new).map_err(|error| format!("no thread to compute on: {error}"))
            }
        }
    }

    pub(crate) fn give_back(&self, pool: Arc<ThreadPool>) {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(pool);
    }

    /// Log probabilities of lines of any widths; the steps of their padding are cut off. A line's are the same
    /// whatever it is read with.
    pub(crate) fn run(&self, lines: &[&Prepared], pool: &ThreadPool) -> Result<Vec<Output>, String> {
        let tables = pool.install(|| {
            let multipliers = Multipliers::new();
            let features: Vec<Vec<f32>> =
                lines.iter().map(|line| self.features(&multipliers, line)).collect::<Result<_, _>>()?;
            self.recurrent.run(&multipliers, &features)
        })?;
        if tables.iter().flatten().any(|value| value.is_nan()) {
            return Err("the network's output is not a number".to_owned());
        }
        let (classes, stride) = (self.recurrent.classes(), self.stride);
        let outputs = lines.iter().zip(tables).map(|(line, mut values)| {
            values.truncate(line.width.div_ceil(stride) * classes);
            Output { values, classes, stride }
        });
        Ok(outputs.collect())
    }

    /// What the convolutions make of a line, `steps × channels`.
    fn features(&self, multipliers: &Multipliers, line: &Prepared) -> Result<Vec<f32>, String> {
        let mut map = Map {
            height: HEIGHT as usize,
            width: line.padded_width,
            values: line.values.clone(),
            largest: 0.0,
        };
        for convolution in &self.convolutions {
            map = convolution.run(multipliers, &map)?;
        }
        let wanted = (1, line.padded_width / self.stride);
        if (map.height, map.width) != wanted {
            let found = (map.height, map.width);
            return Err(format!("a line {} pixels wide became {found:?}, not {wanted:?}", line.padded_width));
        }
        Ok(map.values)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn shipped(multipliers: &Multipliers) -> Network {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../models");
        let manifest = Manifest::load(&folder).unwrap();
        let bytes = read_checked(&folder, &manifest.model, &manifest.model_sha256).unwrap();
        Network::from_onnx(&bytes, manifest.stride as usize, multipliers).unwrap()
    }

    /// Strokes like a hand's, of a width of their own.
    fn line(width: usize) -> Prepared {
        let mut line = Prepared::paper(width);
        for (at, value) in line.values.iter_mut().enumerate() {
            let (x, y) = ((at % width) as f32, (at / width) as f32);
            let wave = 24.0 + 10.0 * (x * 0.21).sin() + 4.0 * (x * 0.057).cos();
            *value = (1.0 - (y - wave).abs() / 2.0).max(0.0);
        }
        line
    }

    fn run(network: &Network, lines: &[&Prepared]) -> Vec<Output> {
        network.run(lines, &network.pool().unwrap()).unwrap()
    }

    #[test]
    fn a_line_reads_the_same_alone_and_among_others() {
        let network = shipped(&Multipliers::new());
        let lines = [line(96), line(640), line(32), line(96), line(256)];
        let together = run(&network, &lines.iter().collect::<Vec<_>>());
        for (line, together) in lines.iter().zip(&together) {
            let alone = run(&network, &[line]);
            assert_eq!(alone[0].values, together.values, "width {}", line.width);
        }
    }

    #[test]
    fn bytes_see_what_numbers_see() {
        let (bytes, numbers) = (shipped(&Multipliers::new()), shipped(&Multipliers::of_numbers()));
        for width in [64, 320, 800] {
            let line = line(width);
            let (found, wanted) = (run(&bytes, &[&line]), run(&numbers, &[&line]));
            let probability = |output: &Output| output.values.iter().map(|log| log.exp()).collect::<Vec<_>>();
            let (found, wanted) = (probability(&found[0]), probability(&wanted[0]));
            let distance: f32 = found.iter().zip(&wanted).map(|(a, b)| (a - b).abs()).sum();
            let steps = (width / 4) as f32;
            assert!(distance / steps < 0.1, "width {width}: {} a step", distance / steps);
        }
    }
}

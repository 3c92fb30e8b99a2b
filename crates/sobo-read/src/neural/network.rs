//! The network itself: loading and running it on one thread at a time.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use rten::{Model, RunOptions, ThreadPool};
use rten_tensor::prelude::*;
use rten_tensor::{NdTensor, NdTensorView};

use super::manifest::{Manifest, read_checked};
use super::prepare::{HEIGHT, Prepared};
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
    model: Model,
    classes: usize,
    stride: usize,
    /// Pools of one thread each, not in use: every caller computes on one of its own.
    idle: Mutex<Vec<Arc<ThreadPool>>>,
}

impl Network {
    pub(crate) fn load(folder: &Path, manifest: &Manifest) -> Result<Self, ReadError> {
        let bytes = read_checked(folder, &manifest.model, &manifest.model_sha256)?;
        let path = folder.join(&manifest.model);
        let damaged = |reason: String| ReadError::ModelDamaged { path: path.clone(), reason };
        let model = Model::load(bytes).map_err(|error| damaged(error.to_string()))?;
        if manifest.height != HEIGHT {
            return Err(damaged(format!("made for lines {} pixels high, not {HEIGHT}", manifest.height)));
        }
        let network = Self {
            model,
            classes: manifest.alphabet.chars().count() + 1,
            stride: manifest.stride as usize,
            idle: Mutex::new(Vec::new()),
        };
        // One empty line through the net shows at once whether alphabet and output belong together.
        let pool = network.pool();
        network.run(&Prepared::paper(32), &pool).map_err(damaged)?;
        network.give_back(pool);
        Ok(network)
    }

    /// A pool of one thread for the caller, to be given back.
    pub(crate) fn pool(&self) -> Arc<ThreadPool> {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        idle.unwrap_or_else(|| Arc::new(ThreadPool::with_num_threads(1)))
    }

    pub(crate) fn give_back(&self, pool: Arc<ThreadPool>) {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(pool);
    }

    /// Log probabilities of a line; the steps of its padding are cut off.
    pub(crate) fn run(&self, line: &Prepared, pool: &Arc<ThreadPool>) -> Result<Output, String> {
        let shape = [1, 1, HEIGHT as usize, line.padded_width];
        let input = NdTensorView::from_data(shape, &line.values[..]);
        let options = RunOptions::default().with_thread_pool(Some(pool.clone()));
        let output = self.model.run_one(input.into(), Some(options)).map_err(|error| error.to_string())?;
        let output: NdTensor<f32, 3> = output.try_into().map_err(|_| "output is no table".to_owned())?;
        let [_, steps, classes] = output.shape();
        if classes != self.classes || steps != line.padded_width / self.stride {
            return Err(format!(
                "{steps} steps of {classes} classes where {} of {} were expected",
                line.padded_width / self.stride,
                self.classes
            ));
        }
        let mut values = output.into_data();
        values.truncate(line.width.div_ceil(self.stride) * classes);
        if values.iter().any(|value| value.is_nan()) {
            return Err("the network's output is not a number".to_owned());
        }
        Ok(Output { values, classes, stride: self.stride })
    }
}

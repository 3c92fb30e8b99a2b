//! The network itself: loading and running it on one thread at a time.

use std::borrow::Cow;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use rten::{Model, ModelOptions, RunOptions, ThreadPool};
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
        let model = ModelOptions::with_all_ops()
            .prepack_weights(true)
            .load(bytes)
            .map_err(|error| damaged(error.to_string()))?;
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
        network.run(&[&Prepared::paper(32)], &pool).map_err(damaged)?;
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

    /// Log probabilities of lines prepared to one and the same padded width; the steps of their padding are cut off.
    pub(crate) fn run(&self, lines: &[&Prepared], pool: &Arc<ThreadPool>) -> Result<Vec<Output>, String> {
        let Some(padded_width) = lines.first().map(|line| line.padded_width) else {
            return Ok(Vec::new());
        };
        if lines.iter().any(|line| line.padded_width != padded_width) {
            return Err("lines of different widths in one batch".to_owned());
        }
        let values: Cow<'_, [f32]> = match lines {
            [line] => Cow::Borrowed(&line.values),
            _ => Cow::Owned(lines.iter().flat_map(|line| line.values.iter().copied()).collect()),
        };
        let input = NdTensorView::from_data([lines.len(), 1, HEIGHT as usize, padded_width], &values[..]);
        let options = RunOptions::default().with_thread_pool(Some(pool.clone()));
        let output = self.model.run_one(input.into(), Some(options)).map_err(|error| error.to_string())?;
        let output: NdTensor<f32, 3> = output.try_into().map_err(|_| "output is no table".to_owned())?;
        let wanted = [lines.len(), padded_width / self.stride, self.classes];
        if output.shape() != wanted {
            return Err(format!("output of shape {:?} where {wanted:?} was expected", output.shape()));
        }
        let (classes, stride) = (self.classes, self.stride);
        let values = output.into_data();
        if values.iter().any(|value| value.is_nan()) {
            return Err("the network's output is not a number".to_owned());
        }
        let tables = values.chunks_exact(wanted[1] * classes);
        let outputs = lines.iter().zip(tables).map(|(line, table)| {
            let steps = line.width.div_ceil(stride);
            Output { values: table[..steps * classes].to_vec(), classes, stride }
        });
        Ok(outputs.collect())
    }
}

//! `reader.toml`: what the model's files are and how their output is to be understood.

use std::fs;
use std::path::Path;

use serde::Deserialize;
use sha2::{Digest, Sha256};

use crate::ReadError;

/// The description every model folder holds.
pub const MANIFEST_FILE: &str = "reader.toml";
/// Version of the description this code reads.
const FORMAT: u32 = 1;

/// The description of a model.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Manifest {
    /// Version of this file's layout.
    format: u32,
    /// File name of the network.
    pub(crate) model: String,
    /// Its sha256, hex.
    pub(crate) model_sha256: String,
    /// Characters by class; class 0 is the CTC blank, class i the i-th of these.
    pub(crate) alphabet: String,
    /// Height of the network's input in pixels.
    pub(crate) height: u32,
    /// Input pixels a step of output stands for.
    pub(crate) stride: u32,
    /// Confidence from which on readings may be accepted.
    pub(crate) threshold: f32,
    /// Language knowledge, where it ships with the model.
    #[serde(default)]
    pub(crate) language: Option<LanguageEntry>,
    /// How sure is sure.
    pub(crate) confidence: ConfidenceEntry,
}

/// The character model for decoding.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct LanguageEntry {
    /// File name.
    pub(crate) file: String,
    /// Its sha256, hex.
    pub(crate) sha256: String,
    /// Weight of the language model's log probability beside the network's.
    pub(crate) weight: f32,
    /// Reward per character, against the model's liking for short texts.
    pub(crate) bonus: f32,
    /// Prefixes kept at every step.
    pub(crate) beam: usize,
}

/// Calibration: a logistic regression, then a monotone table per kind of field.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ConfidenceEntry {
    /// Weights of the features, in the order of `decode::confidence::Features`, then the constant.
    pub(crate) weights: Vec<f32>,
    /// Tables by group of field kinds.
    #[serde(default)]
    pub(crate) table: Vec<TableEntry>,
}

/// A monotone piecewise linear map from logistic output to measured probability.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct TableEntry {
    /// Kinds it holds for, by their identifier; empty for all others.
    #[serde(default)]
    pub(crate) kinds: Vec<sobo_core::FieldKind>,
    /// Points `[raw, calibrated]`, both ascending.
    pub(crate) points: Vec<[f32; 2]>,
}

impl Manifest {
    /// Reads and checks the description in `folder`.
    pub(crate) fn load(folder: &Path) -> Result<Self, ReadError> {
        let path = folder.join(MANIFEST_FILE);
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Err(ReadError::ModelMissing {
                    folder: folder.to_owned(),
                    missing: MANIFEST_FILE.to_owned(),
                });
            }
            Err(source) => return Err(ReadError::Io { path, source }),
        };
        let damaged = |reason: String| ReadError::ModelDamaged { path: path.clone(), reason };
        let manifest: Self = toml::from_str(&text).map_err(|error| damaged(error.message().to_owned()))?;
        if manifest.format != FORMAT {
            return Err(damaged(format!("format {} where this program reads {FORMAT}", manifest.format)));
        }
        if manifest.alphabet.is_empty() || manifest.height == 0 || manifest.stride == 0 {
            return Err(damaged("alphabet, height or stride is empty".to_owned()));
        }
        Ok(manifest)
    }

    /// Short name of the model: the first digits of its hash.
    pub(crate) fn identity(&self) -> &str {
        self.model_sha256.get(..12).unwrap_or(&self.model_sha256)
    }
}

/// The bytes of a file beside the description, checked against its hash.
pub(crate) fn read_checked(folder: &Path, name: &str, sha256: &str) -> Result<Vec<u8>, ReadError> {
    let path = folder.join(name);
    let bytes = match fs::read(&path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return Err(ReadError::ModelMissing { folder: folder.to_owned(), missing: name.to_owned() });
        }
        Err(source) => return Err(ReadError::Io { path, source }),
    };
    let found = hex::encode(Sha256::digest(&bytes));
    if found.eq_ignore_ascii_case(sha256) {
        Ok(bytes)
    } else {
        Err(ReadError::ModelDamaged {
            path,
            reason: format!("its sha256 is {found}, {MANIFEST_FILE} says {sha256}"),
        })
    }
}

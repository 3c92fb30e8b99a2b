//! What can go wrong when a line is read.

use std::path::PathBuf;

/// Why a recogniser could not be made or a line could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// No model lies where it was looked for.
    #[error(
        "no reader model in {folder}: {missing} is missing; point --models or SOBO_MODELS at the folder that holds it"
    )]
    ModelMissing {
        /// Folder that was looked in.
        folder: PathBuf,
        /// File that is not there.
        missing: String,
    },
    /// A file of the model cannot be read.
    #[error("cannot read {path}: {source}")]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A file of the model is not what its description says.
    #[error("{path} is damaged or does not belong to this version: {reason}; copy it again from the release")]
    ModelDamaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// No thread could be started to compute on.
    #[error("the neural reader cannot start: {0}")]
    NoThread(String),
    /// The network failed on a line.
    #[error("the neural reader failed on line {index} ({width}×{height} pixels): {reason}")]
    Network {
        /// Index of the line in the call.
        index: usize,
        /// Width of the crop.
        width: u32,
        /// Height of the crop.
        height: u32,
        /// What the runtime said.
        reason: String,
    },
    /// Tesseract cannot start.
    #[error(
        "Tesseract cannot load language `{language}`: {reason}; install tesseract-ocr-{language} or set TESSDATA_PREFIX"
    )]
    TesseractInit {
        /// Language that was asked for.
        language: String,
        /// What Tesseract said.
        reason: String,
    },
    /// Tesseract failed on a line.
    #[error("Tesseract failed on line {index} ({width}×{height} pixels): {reason}")]
    Tesseract {
        /// Index of the line in the call.
        index: usize,
        /// Width of the crop.
        width: u32,
        /// Height of the crop.
        height: u32,
        /// What Tesseract said.
        reason: String,
    },
}

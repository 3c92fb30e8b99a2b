//! The bytes of a scan file, wherever they are.

use std::borrow::Cow;
use std::fs::File;
use std::io::{BufReader, Cursor, Read, Seek};
use std::path::{Path, PathBuf};

use crate::{Format, IntakeError, Limits, Refusal};

/// Bytes looked at to tell a format.
pub(crate) const START: u64 = 1024;

/// The bytes of a scan file: in memory, or in a file that nobody changes while it is read. A TIFF of many gigabytes is
/// read from its file page by page; everything else is one page or small, and is held in memory within
/// [`Limits::max_memory_bytes`].
#[derive(Debug, Clone, Copy)]
pub enum Content<'a> {
    /// In memory.
    Bytes(&'a [u8]),
    /// In this file.
    File(&'a Path),
}

impl<'a> From<&'a [u8]> for Content<'a> {
    fn from(bytes: &'a [u8]) -> Self {
        Self::Bytes(bytes)
    }
}

impl<'a, const N: usize> From<&'a [u8; N]> for Content<'a> {
    fn from(bytes: &'a [u8; N]) -> Self {
        Self::Bytes(bytes)
    }
}

impl<'a> From<&'a Vec<u8>> for Content<'a> {
    fn from(bytes: &'a Vec<u8>) -> Self {
        Self::Bytes(bytes)
    }
}

impl<'a> From<&'a Path> for Content<'a> {
    fn from(path: &'a Path) -> Self {
        Self::File(path)
    }
}

/// What a decoder reads from.
pub(crate) trait Input: Read + Seek {}
impl<T: Read + Seek> Input for T {}

impl<'a> Content<'a> {
    /// What a file is by its first bytes.
    pub(crate) fn format(self, name: &str) -> Result<Format, IntakeError> {
        let start = match self {
            Self::Bytes(bytes) => Cow::Borrowed(bytes.get(..START as usize).unwrap_or(bytes)),
            Self::File(path) => {
                let mut start = Vec::with_capacity(START as usize);
                let read = File::open(path).and_then(|file| file.take(START).read_to_end(&mut start));
                read.map_err(|error| IntakeError::io(name, &error))?;
                Cow::Owned(start)
            }
        };
        if start.is_empty() {
            return Err(IntakeError::new(name, Refusal::Empty, "has zero bytes"));
        }
        Format::sniff(&start).ok_or_else(|| {
            IntakeError::new(name, Refusal::UnknownFormat, "is in none of the formats this program reads")
        })
    }

    /// To be read here and there.
    pub(crate) fn input(self, name: &str) -> Result<Box<dyn Input + 'a>, IntakeError> {
        Ok(match self {
            Self::Bytes(bytes) => Box::new(Cursor::new(bytes)),
            Self::File(path) => {
                Box::new(BufReader::new(File::open(path).map_err(|error| IntakeError::io(name, &error))?))
            }
        })
    }

    /// All of it in memory.
    pub(crate) fn whole(self, name: &str, limits: &Limits) -> Result<Cow<'a, [u8]>, IntakeError> {
        let io = |error: std::io::Error| IntakeError::io(name, &error);
        let bytes = match self {
            Self::Bytes(bytes) => bytes.len() as u64,
            Self::File(path) => std::fs::metadata(path).map_err(io)?.len(),
        };
        if bytes > limits.max_memory_bytes {
            let detail = format!(
                "has {bytes} bytes; a file that is no TIFF may have {} (limits.max_memory_bytes)",
                limits.max_memory_bytes
            );
            return Err(IntakeError::new(name, Refusal::TooManyBytes, detail));
        }
        match self {
            Self::Bytes(bytes) => Ok(Cow::Borrowed(bytes)),
            Self::File(path) => std::fs::read(path).map(Cow::Owned).map_err(io),
        }
    }
}

/// A scan file opened for decoding.
#[derive(Debug)]
pub enum Opened {
    /// In memory.
    Memory(Vec<u8>),
    /// Where it was found.
    File(PathBuf),
    /// Unpacked into a file that goes with the value.
    Unpacked(tempfile::NamedTempFile),
}

impl Opened {
    /// Its bytes.
    pub fn content(&self) -> Content<'_> {
        match self {
            Self::Memory(bytes) => Content::Bytes(bytes),
            Self::File(path) => Content::File(path),
            Self::Unpacked(file) => Content::File(file.path()),
        }
    }
}

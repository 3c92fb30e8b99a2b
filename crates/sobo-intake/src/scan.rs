//! Walking what the archive team hands over: files, folders and zips, in natural order.

use std::fs::File;
use std::io::{ErrorKind, Read, Write};
use std::path::{Path, PathBuf};

use crate::descriptor::natural;
use crate::{Format, IntakeError, Limits, Opened, Refusal};

/// Where a scan file lies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// A file of its own.
    File(PathBuf),
    /// An entry of a zip.
    ZipEntry {
        /// The zip.
        archive: PathBuf,
        /// Number of the entry.
        index: usize,
    },
}

/// A scan file that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Path as a person would name it; entries of a zip as `scans.zip/p001.jpg`. Bytes that are
    /// not UTF-8 are shown as `\xNN`.
    pub name: String,
    /// Where it lies.
    pub source: Source,
}

/// What a walk found: scans in natural order, and what was refused, each with its reason.
#[derive(Debug, Default)]
pub struct Scan {
    /// Scan files, in natural order of their names.
    pub found: Vec<Found>,
    /// Refusals; the walk went on.
    pub refused: Vec<IntakeError>,
}

/// Entries from this size on that are compressed more than this many times are refused.
const SUSPICIOUS_BYTES: u64 = 64 << 20;
const SUSPICIOUS_RATIO: u64 = 200;
/// Zip entries up to this size are unpacked into memory when they are opened, larger ones into a file.
const UNPACKED_IN_MEMORY: u64 = 64 << 20;

/// Why a file could not be copied.
#[derive(Debug, thiserror::Error)]
pub enum CopyError {
    /// The file is to blame: it is refused, others go on.
    #[error(transparent)]
    Refused(#[from] IntakeError),
    /// The place it was copied to is to blame.
    #[error("the copy could not be written: {0}")]
    Target(std::io::Error),
}

impl Found {
    /// Copies the file's bytes, at most as many as `limits` allow, without holding them in memory; gives their number.
    ///
    /// # Errors
    /// When it vanished, cannot be read or is too large, or the target fails.
    pub fn copy_to(&self, target: &mut dyn Write, limits: &Limits) -> Result<u64, CopyError> {
        match &self.source {
            Source::File(path) => {
                let file = File::open(path).map_err(|error| IntakeError::io(&self.name, &error))?;
                copy(file, target, &self.name, limits.max_file_bytes)
            }
            Source::ZipEntry { archive, index } => {
                let mut archive = open_zip(archive)?;
                let entry =
                    archive.by_index(*index).map_err(|error| IntakeError::damaged(&self.name, error))?;
                copy(entry, target, &self.name, limits.max_file_bytes)
            }
        }
    }

    /// Opens the file for decoding where it lies; a zip's entry is unpacked.
    ///
    /// # Errors
    /// When it vanished, cannot be read or is too large, or there is no room to unpack it.
    pub fn open(&self, limits: &Limits) -> Result<Opened, IntakeError> {
        let (archive, index) = match &self.source {
            Source::File(path) => return Ok(Opened::File(path.clone())),
            Source::ZipEntry { archive, index } => (archive, index),
        };
        let no_room = |error: std::io::Error| {
            IntakeError::new(&self.name, Refusal::Unreadable, format!("cannot be unpacked ({error})"))
        };
        let refused = |error| match error {
            CopyError::Refused(error) => error,
            CopyError::Target(error) => no_room(error),
        };
        let size = open_zip(archive)?.by_index_raw(*index).map_or(0, |entry| entry.size());
        if size <= UNPACKED_IN_MEMORY {
            let most =
                Limits { max_file_bytes: limits.max_file_bytes.min(UNPACKED_IN_MEMORY), ..limits.clone() };
            let mut bytes = Vec::new();
            self.copy_to(&mut bytes, &most).map_err(refused)?;
            return Ok(Opened::Memory(bytes));
        }
        let mut file = tempfile::NamedTempFile::new().map_err(no_room)?;
        self.copy_to(&mut file, limits).map_err(refused)?;
        Ok(Opened::Unpacked(file))
    }
}

/// Walks `paths`. Descriptors (`*.toml`), truth (`*.json`), texts and the droppings of desktops
/// (`Thumbs.db`, `.DS_Store`, dot files) are passed over in silence; everything else is taken in
/// or refused by name. Symbolic links inside folders are not followed.
pub fn scan(paths: &[PathBuf], limits: &Limits) -> Scan {
    let mut scan = Scan::default();
    for path in paths {
        match std::fs::metadata(path) {
            Ok(meta) if meta.is_dir() => walk(path, 0, limits, &mut scan),
            Ok(_) => file(path, limits, &mut scan),
            Err(error) => scan.refused.push(IntakeError::io(&shown(path), &error)),
        }
    }
    scan
}

fn walk(folder: &Path, depth: u32, limits: &Limits, scan: &mut Scan) {
    let name = shown(folder);
    if depth > limits.max_depth {
        let detail = format!("lies more than {} folders deep", limits.max_depth);
        scan.refused.push(IntakeError::new(name, Refusal::TooManyEntries, detail));
        return;
    }
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) => {
            scan.refused.push(IntakeError::io(&name, &error));
            return;
        }
    };
    let mut children = Vec::new();
    for entry in entries {
        match entry {
            Ok(entry) => children.push(entry),
            Err(error) => scan.refused.push(IntakeError::io(&name, &error)),
        }
    }
    children.sort_by(|a, b| natural(&a.file_name().to_string_lossy(), &b.file_name().to_string_lossy()));
    for child in children {
        match child.file_type() {
            Ok(kind) if kind.is_dir() => walk(&child.path(), depth + 1, limits, scan),
            Ok(kind) if kind.is_file() => {
                if !passed_over(&child.file_name().to_string_lossy()) {
                    file(&child.path(), limits, scan);
                }
            }
            Ok(_) => {}
            Err(error) => scan.refused.push(IntakeError::io(&shown(&child.path()), &error)),
        }
    }
}

fn file(path: &Path, limits: &Limits, scan: &mut Scan) {
    let name = shown(path);
    let mut start = Vec::with_capacity(1024);
    let read = File::open(path).and_then(|file| file.take(1024).read_to_end(&mut start));
    if let Err(error) = read {
        scan.refused.push(IntakeError::io(&name, &error));
        return;
    }
    match Format::sniff(&start) {
        _ if start.is_empty() => scan.refused.push(IntakeError::new(name, Refusal::Empty, "has zero bytes")),
        Some(Format::Zip) => zip(path, &name, limits, scan),
        Some(Format::OtherArchive) => scan.refused.push(IntakeError::new(
            name,
            Refusal::Unsupported,
            "is an archive of another kind than zip",
        )),
        Some(_) => scan.found.push(Found { name, source: Source::File(path.to_owned()) }),
        None => scan.refused.push(IntakeError::new(
            name,
            Refusal::UnknownFormat,
            "is in none of the formats this program reads",
        )),
    }
}

fn zip(path: &Path, name: &str, limits: &Limits, scan: &mut Scan) {
    if let Err(error) = zip_entries(path, name, limits, scan) {
        scan.refused.push(error);
    }
}

fn zip_entries(path: &Path, name: &str, limits: &Limits, scan: &mut Scan) -> Result<(), IntakeError> {
    let mut archive = open_zip(path)?;
    if archive.len() as u64 > u64::from(limits.max_entries) {
        let detail = format!("{} entries, the limit is {}", archive.len(), limits.max_entries);
        return Err(IntakeError::new(name, Refusal::TooManyEntries, detail));
    }
    let mut unpacked = 0_u64;
    let mut found = Vec::new();
    for index in 0..archive.len() {
        // The raw entry: encrypted ones must be seen to be refused by name.
        let entry = match archive.by_index_raw(index) {
            Ok(entry) => entry,
            Err(error) => {
                scan.refused.push(IntakeError::damaged(&format!("{name}/entry {}", index + 1), error));
                continue;
            }
        };
        let inner = escaped(entry.name_raw());
        let shown = format!("{name}/{inner}");
        if entry.is_dir()
            || passed_over(inner.rsplit('/').next().unwrap_or(&inner))
            || inner.starts_with("__MACOSX/")
        {
            continue;
        }
        if entry.enclosed_name().is_none() || entry.is_symlink() {
            let detail = "would be written outside its folder".to_owned();
            scan.refused.push(IntakeError::new(shown, Refusal::PathTraversal, detail));
            continue;
        }
        if entry.encrypted() {
            scan.refused.push(IntakeError::new(shown, Refusal::Encrypted, "is encrypted"));
            continue;
        }
        unpacked = unpacked.saturating_add(entry.size());
        if entry.size() > limits.max_file_bytes || unpacked > limits.max_unpacked_bytes {
            let detail = format!("unpacks to {} bytes ({unpacked} with those before it)", entry.size());
            scan.refused.push(IntakeError::new(shown, Refusal::TooManyBytes, detail));
            continue;
        }
        // Scans are compressed already: what shrinks like this holds nothing, and would fill the disk.
        if entry.size() > SUSPICIOUS_BYTES && entry.size() / SUSPICIOUS_RATIO > entry.compressed_size() {
            let detail = format!(
                "unpacks from {} to {} bytes, as zip bombs do and scans do not",
                entry.compressed_size(),
                entry.size()
            );
            scan.refused.push(IntakeError::new(shown, Refusal::TooManyBytes, detail));
            continue;
        }
        drop(entry);
        let mut start = Vec::with_capacity(1024);
        let read = archive.by_index(index).map(|entry| entry.take(1024).read_to_end(&mut start));
        if !matches!(read, Ok(Ok(_))) {
            scan.refused.push(IntakeError::damaged(&shown, "the archive entry cannot be unpacked"));
            continue;
        }
        match Format::sniff(&start) {
            _ if start.is_empty() => {
                scan.refused.push(IntakeError::new(shown, Refusal::Empty, "has zero bytes"));
            }
            Some(Format::Zip | Format::OtherArchive) => {
                let detail = "is an archive inside an archive".to_owned();
                scan.refused.push(IntakeError::new(shown, Refusal::NestedArchive, detail));
            }
            Some(_) => found
                .push(Found { name: shown, source: Source::ZipEntry { archive: path.to_owned(), index } }),
            None => {
                let detail = "is in none of the formats this program reads".to_owned();
                scan.refused.push(IntakeError::new(shown, Refusal::UnknownFormat, detail));
            }
        }
    }
    found.sort_by(|a, b| natural(&a.name, &b.name));
    scan.found.extend(found);
    Ok(())
}

fn open_zip(path: &Path) -> Result<zip::ZipArchive<std::io::BufReader<File>>, IntakeError> {
    let name = shown(path);
    let file = File::open(path).map_err(|error| IntakeError::io(&name, &error))?;
    zip::ZipArchive::new(std::io::BufReader::new(file))
        .map_err(|error| IntakeError::damaged(&name, format!("the archive cannot be opened: {error}")))
}

/// Copies to the end, refusing more than `most` bytes however much the header promised.
fn copy(mut reader: impl Read, target: &mut dyn Write, name: &str, most: u64) -> Result<u64, CopyError> {
    let mut buffer = vec![0; 256 << 10];
    let mut copied = 0_u64;
    loop {
        let count = match reader.read(&mut buffer) {
            Ok(0) => return Ok(copied),
            Ok(count) => count,
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            Err(error) if matches!(error.kind(), ErrorKind::InvalidData | ErrorKind::InvalidInput) => {
                return Err(IntakeError::damaged(name, error).into());
            }
            Err(error) => return Err(IntakeError::io(name, &error).into()),
        };
        copied += count as u64;
        if copied > most {
            let detail = format!("has more than {most} bytes");
            return Err(IntakeError::new(name, Refusal::TooManyBytes, detail).into());
        }
        target.write_all(&buffer[..count]).map_err(CopyError::Target)?;
    }
}

fn passed_over(file_name: &str) -> bool {
    let lower = file_name.to_ascii_lowercase();
    file_name.starts_with('.')
        || matches!(lower.as_str(), "thumbs.db" | "desktop.ini")
        || [".toml", ".json", ".md", ".txt", ".csv"].iter().any(|ending| lower.ends_with(ending))
}

fn shown(path: &Path) -> String {
    escaped(path.as_os_str().as_encoded_bytes())
}

/// UTF-8 as it is; other bytes as `\xNN`, so that a name can still be told and found.
fn escaped(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        for byte in chunk.invalid() {
            text.push_str(&format!("\\x{byte:02x}"));
        }
    }
    text
}

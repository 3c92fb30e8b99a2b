//! Refusals: what was wrong with a file and what to do about it.

/// Why a file or page was refused. [`Refusal::as_str`] is what the database keeps.
#[derive(Debug, Copy, Clone, PartialEq, Eq, Hash)]
pub enum Refusal {
    /// The file or folder could not be opened or read.
    Unreadable,
    /// The file vanished between being found and being read.
    Vanished,
    /// Zero bytes.
    Empty,
    /// The data ends or breaks before the image is complete.
    Damaged,
    /// None of the formats this program reads.
    UnknownFormat,
    /// A kind of a known format this program cannot decode.
    Unsupported,
    /// More pixels than the limit.
    TooManyPixels,
    /// More pages than the limit.
    TooManyPages,
    /// More archive entries than the limit.
    TooManyEntries,
    /// More unpacked bytes than the limit, or a file larger than the limit.
    TooManyBytes,
    /// An archive inside an archive.
    NestedArchive,
    /// An archive entry that would be written outside its folder.
    PathTraversal,
    /// Encrypted.
    Encrypted,
    /// A document without pages.
    NoPages,
    /// There is no page of this number in the file.
    NoSuchPage,
    /// The volume descriptor cannot be used.
    Descriptor,
}

impl Refusal {
    /// The identifier used in files and the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unreadable => "unreadable",
            Self::Vanished => "vanished",
            Self::Empty => "empty",
            Self::Damaged => "damaged",
            Self::UnknownFormat => "unknown_format",
            Self::Unsupported => "unsupported",
            Self::TooManyPixels => "too_many_pixels",
            Self::TooManyPages => "too_many_pages",
            Self::TooManyEntries => "too_many_entries",
            Self::TooManyBytes => "too_many_bytes",
            Self::NestedArchive => "nested_archive",
            Self::PathTraversal => "path_traversal",
            Self::Encrypted => "encrypted",
            Self::NoPages => "no_pages",
            Self::NoSuchPage => "no_such_page",
            Self::Descriptor => "descriptor",
        }
    }

    /// What a person can do.
    fn advice(self) -> &'static str {
        match self {
            Self::Unreadable => "check that it exists and that this user may read it",
            Self::Vanished => "put it back and take it in again",
            Self::Empty => "the copy failed: copy it again from the scanner",
            Self::Damaged => "copy it again from the scanner, or scan the page again",
            Self::UnknownFormat => "export it as TIFF, JPEG, PNG, JPEG 2000 or PDF",
            Self::Unsupported => "export it as TIFF or JPEG, grey or colour, 8 bits",
            Self::TooManyPixels => "scan at 300 to 400 dpi, or raise limits.max_pixels",
            Self::TooManyPages => "split the file, or raise limits.max_pages",
            Self::TooManyEntries => "split the archive, or raise limits.max_entries",
            Self::TooManyBytes => "split the archive or file, or raise limits.max_unpacked_bytes",
            Self::NestedArchive => "unpack the inner archive first",
            Self::PathTraversal => "have the archive made again with plain file names",
            Self::Encrypted => "remove the password and take it in again",
            Self::NoPages => "export the document again",
            Self::NoSuchPage => "take the file in again: it changed",
            Self::Descriptor => "correct the volume descriptor",
        }
    }
}

/// A refused file or page.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{name}: {detail}; {}", .refusal.advice())]
pub struct IntakeError {
    /// File (and entry, and page) as a person would name it.
    pub name: String,
    /// What kind of refusal.
    pub refusal: Refusal,
    /// What was found.
    pub detail: String,
}

impl IntakeError {
    /// A refusal of `name`.
    pub fn new(name: impl Into<String>, refusal: Refusal, detail: impl Into<String>) -> Self {
        Self { name: name.into(), refusal, detail: detail.into() }
    }

    pub(crate) fn io(name: &str, error: &std::io::Error) -> Self {
        let refusal = match error.kind() {
            std::io::ErrorKind::NotFound => Refusal::Vanished,
            _ => Refusal::Unreadable,
        };
        Self::new(name, refusal, format!("cannot be read ({error})"))
    }

    pub(crate) fn damaged(name: &str, error: impl std::fmt::Display) -> Self {
        Self::new(name, Refusal::Damaged, format!("the image is damaged or cut short ({error})"))
    }
}

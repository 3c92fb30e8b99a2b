//! What a file is, by its first bytes: extensions lie.

/// A file format.
#[derive(Debug, Copy, Clone, PartialEq, Eq, Hash)]
pub enum Format {
    /// TIFF or BigTIFF, one or many pages.
    Tiff,
    /// JPEG.
    Jpeg,
    /// PNG.
    Png,
    /// JPEG 2000, boxed or bare codestream.
    Jpeg2000,
    /// PDF.
    Pdf,
    /// Zip archive.
    Zip,
    /// Another archive (7z, rar, gzip, xz), named so that it is refused in clear words.
    OtherArchive,
}

impl Format {
    /// The format of a file that starts with `bytes`.
    pub fn sniff(bytes: &[u8]) -> Option<Self> {
        const ARCHIVES: [&[u8]; 4] = [b"7z\xbc\xaf\x27\x1c", b"Rar!", b"\x1f\x8b", b"\xfd7zXZ\0"];
        let starts = |magic: &[u8]| bytes.starts_with(magic);
        if starts(b"II*\0") || starts(b"MM\0*") || starts(b"II+\0") || starts(b"MM\0+") {
            Some(Self::Tiff)
        } else if starts(&[0xff, 0xd8, 0xff]) {
            Some(Self::Jpeg)
        } else if starts(b"\x89PNG\r\n\x1a\n") {
            Some(Self::Png)
        } else if starts(b"\0\0\0\x0cjP  \r\n\x87\n") || starts(&[0xff, 0x4f, 0xff, 0x51]) {
            Some(Self::Jpeg2000)
        } else if bytes.get(..1024).unwrap_or(bytes).windows(5).any(|window| window == b"%PDF-") {
            Some(Self::Pdf)
        } else if starts(b"PK\x03\x04") || starts(b"PK\x05\x06") {
            Some(Self::Zip)
        } else if ARCHIVES.iter().any(|magic| starts(magic)) {
            Some(Self::OtherArchive)
        } else {
            None
        }
    }

    /// Identifier for messages and the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Tiff => "tiff",
            Self::Jpeg => "jpeg",
            Self::Png => "png",
            Self::Jpeg2000 => "jpeg2000",
            Self::Pdf => "pdf",
            Self::Zip => "zip",
            Self::OtherArchive => "archive",
        }
    }
}

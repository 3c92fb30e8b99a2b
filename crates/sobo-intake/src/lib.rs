//! Scans as they really come (TIFF, JPEG, PNG, JPEG 2000, PDF, zip, folders) into pages, within limits.
//!
//! [`scan`] walks what the archive team hands over and yields one [`Found`] for each scan file,
//! opening zips on the way; [`inspect`] says how many pages a file holds; [`decode_page`] gives the
//! pixels of one of them, upright as its own metadata says. Nothing here changes an original, and
//! every refusal is an [`IntakeError`] that names the file and what to do.

mod content;
mod decode;
mod descriptor;
mod error;
mod format;
mod limits;
mod pdf;
mod raster;
mod scan;
mod tiff;

pub use content::{Content, Opened};
pub use decode::{DecodedPage, FileInfo, decode_page, inspect};
pub use descriptor::{load_descriptor, order_pages};
pub use error::{IntakeError, Refusal};
pub use format::Format;
pub use limits::Limits;
pub use scan::{CopyError, Found, Scan, Source, scan};

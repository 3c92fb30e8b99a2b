//! The way of one page, from the queue to its outcome, read top to bottom:
//!
//! 1. [`fetch`]: the original from the vault, checked against their name;
//! 2. [`decode`]: bytes to pixels, within limits;
//! 3. [`read`]: pixels to a reading (restore ▶ layout ▶ read ▶ extract, in `page.rs`);
//! 4. the caller records outcome, reading and entries in one transaction and drops everything else;
//! 5. once the pages before it are read too, `join.rs` holds it against the page before.
//!
//! Before the first page of a volume, its print is learned from its first pages ([`sight`], `print.rs`): data with a hash.
//!
//! A stage knows nothing of its neighbours. What goes wrong with a page is its outcome; only what would go wrong with
//! every page (vault unreachable) is an error.

use std::panic::{AssertUnwindSafe, catch_unwind};

use sobo_core::{Outcome, PageReading, Provenance, VolumeDescriptor};
use sobo_db::Page;
use sobo_intake::{DecodedPage, Limits};
use sobo_layout::{Print, Sighting};
use sobo_vault::VaultError;

use crate::{Original, Originals, PageInput, PageReader};

/// What became of a page, ready to be recorded.
#[derive(Debug)]
pub(crate) struct Processed {
    pub(crate) outcome: Outcome,
    pub(crate) reading: Option<PageReading>,
    pub(crate) provenance: Provenance,
    pub(crate) size: Option<(u32, u32)>,
    pub(crate) dpi: Option<f64>,
}

impl Processed {
    /// A page that failed.
    pub(crate) fn failed(reason: String) -> Self {
        Self {
            outcome: Outcome::Failed { reason },
            reading: None,
            provenance: Provenance { version: env!("CARGO_PKG_VERSION").to_owned(), ..Provenance::default() },
            size: None,
            dpi: None,
        }
    }
}

/// Stage 1. `Ok(Err(reason))` fails the page, `Err` the run.
pub(crate) async fn fetch(
    originals: &Originals,
    page: &Page,
) -> Result<Result<Original, String>, VaultError> {
    let name = match page.original.parse() {
        Ok(name) => name,
        Err(error) => return Ok(Err(format!("{}: {error}", shown(page)))),
    };
    match originals.get(&name).await {
        Ok(original) => Ok(Ok(original)),
        Err(error @ (VaultError::Missing { .. } | VaultError::Changed { .. })) => {
            Ok(Err(format!("{}: {error}", shown(page))))
        }
        Err(error) => Err(error),
    }
}

/// Stages 2 and 3, on a thread of their own. Bytes and pixels are gone when it returns.
pub(crate) fn process(
    original: Original,
    page: &Page,
    volume: &VolumeDescriptor,
    print: Option<&Print>,
    reader: &dyn PageReader,
    limits: &Limits,
) -> Processed {
    // Decoders and engines see what strangers scanned: a panic in them is this page's failure and no other's.
    let result = catch_unwind(AssertUnwindSafe(|| {
        let decoded = match decode(&original, page, limits) {
            Ok(decoded) => decoded,
            Err(reason) => return Processed::failed(reason),
        };
        drop(original);
        let (size, dpi) = ((decoded.image.width(), decoded.image.height()), decoded.dpi);
        let read = reader.read(input(decoded, page, volume, print));
        Processed {
            outcome: read.outcome,
            reading: Some(read.reading),
            provenance: read.provenance,
            size: Some(size),
            dpi,
        }
    }));
    result.unwrap_or_else(|panic| {
        let said = panic
            .downcast_ref::<&str>()
            .map(|said| (*said).to_owned())
            .or_else(|| panic.downcast_ref::<String>().cloned())
            .unwrap_or_default();
        Processed::failed(format!(
            "{}: the program failed at this page ({said}); report it with the scan",
            shown(page)
        ))
    })
}

fn decode(original: &Original, page: &Page, limits: &Limits) -> Result<DecodedPage, String> {
    sobo_intake::decode_page(original.content(), &page.source, page.page_index, limits)
        .map_err(|error| error.to_string())
}

/// What a page shows of its book's print, on a thread of its own. A page that cannot be decoded shows nothing: it fails
/// when it is read.
pub(crate) fn sight(
    original: Original,
    page: &Page,
    volume: &VolumeDescriptor,
    reader: &dyn PageReader,
    limits: &Limits,
) -> Option<Sighting> {
    catch_unwind(AssertUnwindSafe(|| {
        let decoded = decode(&original, page, limits).ok()?;
        drop(original);
        reader.sight(input(decoded, page, volume, None))
    }))
    .unwrap_or_default()
}

fn input<'a>(
    decoded: DecodedPage,
    page: &'a Page,
    volume: &'a VolumeDescriptor,
    print: Option<&'a Print>,
) -> PageInput<'a> {
    PageInput {
        image: decoded.image,
        dpi: decoded.dpi,
        name: page.source.rsplit('/').next().unwrap_or(&page.source),
        page_index: page.page_index,
        volume,
        form: page.form_wanted.as_deref().unwrap_or(&volume.form),
        print,
    }
}

/// The page as a person would name it.
pub(crate) fn shown(page: &Page) -> String {
    match page.page_index {
        0 => page.source.clone(),
        index => format!("{} page {}", page.source, index + 1),
    }
}

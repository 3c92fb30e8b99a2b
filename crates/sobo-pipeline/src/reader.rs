//! What the pipeline asks of a page reader: a pure function from pixels to a reading. The real one strings restoration,
//! layout, recognition and extraction together; tests use small ones of their own.

use image::DynamicImage;
use sobo_core::{Entry, PageReading, VolumeDescriptor};
use sobo_layout::{Print, Sighting};

use crate::page::ReadPage;

/// A decoded page, and what is known of it.
#[derive(Debug)]
pub struct PageInput<'a> {
    /// Its pixels, upright as the file's metadata says.
    pub image: DynamicImage,
    /// Resolution in dots per inch, where the file says.
    pub dpi: Option<f64>,
    /// File name, for the reading.
    pub name: &'a str,
    /// Page in that file, from 0.
    pub page_index: u32,
    /// The volume it belongs to.
    pub volume: &'a VolumeDescriptor,
    /// Identifier of the form to read it with, or `auto`: what a person demanded for the page, else the volume's.
    pub form: &'a str,
    /// The print of the volume, where it was learned.
    pub print: Option<&'a Print>,
}

/// Reads pages. Shared by all workers; the same input must give the same output, whatever the thread.
pub trait PageReader: Send + Sync {
    /// Reads one page. A page no form fits, nobody can read or an engine fails at is an outcome; a panic
    /// is caught and becomes one.
    fn read(&self, page: PageInput<'_>) -> ReadPage;

    /// What a page shows of its book's print; `None` where it shows nothing, or this reader learns no prints. As pure as
    /// reading.
    fn sight(&self, page: PageInput<'_>) -> Option<Sighting> {
        drop(page);
        None
    }

    /// The entries of a page as they are once the last entry of the page before is known, one for each of its reading.
    /// As pure as reading, and always begun from the page's own reading.
    fn join(&self, previous: &Entry, reading: &PageReading) -> Vec<Entry> {
        let _ = previous;
        reading.entries.clone()
    }
}

impl<F: Fn(PageInput<'_>) -> ReadPage + Send + Sync> PageReader for F {
    fn read(&self, page: PageInput<'_>) -> ReadPage {
        self(page)
    }
}

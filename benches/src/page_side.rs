//! The page side alone: decoding, restoring and laying a page on its form, on one thread. What the recogniser takes to
//! read the labels in between is left out.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use image::GrayImage;
use sobo_intake::{Limits, decode_page};
use sobo_layout::{Anchor, LoadedForm, Page as Planes, align, analyse, anchor_requests, load_forms};
use sobo_read::{LineInput, Recognizer, default_reader};
use sobo_restore::{Settings, restore};

use crate::pages::Page;

/// Forms and the reader of labels.
pub(crate) struct PageSide {
    forms: Vec<LoadedForm>,
    reader: Box<dyn Recognizer>,
}

/// Milliseconds of one page.
#[derive(Debug, Default, Copy, Clone)]
pub(crate) struct Spent {
    pub(crate) decode: f64,
    pub(crate) restore: f64,
    pub(crate) layout: f64,
}

impl Spent {
    pub(crate) fn all(&self) -> f64 {
        self.decode + self.restore + self.layout
    }
}

impl PageSide {
    pub(crate) fn load(root: &Path) -> Result<Self> {
        let forms = load_forms(&root.join("pipelines/forms"))?;
        Ok(Self { forms, reader: default_reader(&root.join("models"))? })
    }

    /// What the page side takes of each page.
    pub(crate) fn run(&self, pages: &[&Page]) -> Result<Vec<Spent>> {
        pages.iter().map(|page| self.page(&page.image)).collect()
    }

    fn page(&self, path: &Path) -> Result<Spent> {
        let bytes = std::fs::read(path).with_context(|| format!("{}", path.display()))?;
        let mut spent = Spent::default();
        let name = path.to_string_lossy();
        let page = timed(&mut spent.decode, || decode_page(&bytes, &name, 0, &Limits::default()))?;
        let restored = timed(&mut spent.restore, || restore(&page.image, page.dpi, &Settings::default()));
        let (structure, requests) = timed(&mut spent.layout, || {
            let structure = analyse(Planes::new(&restored.grey, &restored.ink, restored.dpi));
            let requests = anchor_requests(&structure);
            (structure, requests)
        });
        let crops: Vec<GrayImage> = requests.iter().map(|request| restored.crop(request.rect, 64)).collect();
        let lines: Vec<LineInput<'_>> = crops.iter().map(LineInput::new).collect();
        let readings = self.reader.read(&lines)?;
        let anchors: Vec<Anchor> = requests
            .into_iter()
            .zip(readings)
            .map(|(request, reading)| Anchor { request, reading })
            .collect();
        timed(&mut spent.layout, || align(&structure, &self.forms, &anchors, None));
        Ok(spent)
    }
}

/// Runs a step and adds its milliseconds to `spent`.
fn timed<T>(spent: &mut f64, step: impl FnOnce() -> T) -> T {
    let start = Instant::now();
    let result = step();
    *spent += milliseconds(start.elapsed());
    result
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

//! Forms, settings and reader put together: what reads a page.

use std::path::Path;

use anyhow::{Context as _, Result, ensure};
use image::DynamicImage;
use sobo_core::PageReading;
use sobo_intake::{Found, Limits, decode_page, inspect};
use sobo_layout::{LoadedForm, Print, Sighting};
use sobo_pipeline::page::{PageInput, PageSettings, ReadPage, read_page};
use sobo_read::{NeuralReader, Recognizer, TesseractReader, default_reader};

use crate::arguments::ReaderChoice;
use crate::config::Config;

/// Reads pages outside a store.
pub(crate) struct Engine {
    /// Forms, in the order of their files.
    pub(crate) forms: Vec<LoadedForm>,
    /// Line reader.
    pub(crate) reader: Box<dyn Recognizer>,
    /// Settings of restoration, layout and extraction.
    pub(crate) settings: PageSettings,
    /// The print of the book that is read, where it was learned.
    pub(crate) print: Option<Print>,
}

/// One page of one scan file, read.
pub(crate) struct ReadScan {
    /// What it says; failed pages have no entries and the reason in `issues`.
    pub(crate) reading: PageReading,
    /// The page as decoded, kept where an overlay is wanted.
    pub(crate) image: Option<DynamicImage>,
    /// It could not be processed.
    pub(crate) failed: bool,
}

impl Engine {
    /// Loads forms, settings and the reader.
    ///
    /// # Errors
    /// When one of them is missing or damaged; the message names the file.
    pub(crate) fn load(config: &Config) -> Result<Self> {
        let forms = sobo_layout::load_forms(&config.pipelines.join("forms"))
            .context("the register forms cannot be used; see --pipelines")?;
        let mut settings = PageSettings::load(&config.pipelines.join("settings.toml"))
            .context("the settings cannot be used; see --pipelines")?;
        own_calibration(&config.models, &mut settings)?;
        Ok(Self { forms, reader: load_reader(config.reader, &config.models)?, settings, print: None })
    }

    /// Reads every page of a scan file, one after the other.
    pub(crate) fn read_scan(&self, found: &Found, limits: &Limits, keep: bool) -> Vec<ReadScan> {
        let name = found.name.rsplit('/').next().unwrap_or(&found.name).to_owned();
        let failed = |page_index: u32, reason: String| ReadScan {
            reading: failed_reading(&name, page_index, reason),
            image: None,
            failed: true,
        };
        let opened = match found.open(limits) {
            Ok(opened) => opened,
            Err(error) => return vec![failed(0, error.to_string())],
        };
        let pages = match inspect(opened.content(), &found.name, limits) {
            Ok(info) => info.pages,
            Err(error) => return vec![failed(0, error.to_string())],
        };
        (0..pages)
            .map(|index| {
                let start = std::time::Instant::now();
                match decode_page(opened.content(), &found.name, index, limits) {
                    Ok(page) => match self.read_image(&page.image, page.dpi, &name, index) {
                        Ok(mut read) => {
                            read.reading.elapsed_ms = start.elapsed().as_millis() as u64;
                            ReadScan {
                                reading: read.reading,
                                image: keep.then_some(page.image),
                                failed: false,
                            }
                        }
                        Err(error) => failed(index, format!("{error:#}")),
                    },
                    Err(error) => failed(index, error.to_string()),
                }
            })
            .collect()
    }

    /// Uses the print of a book, as `sobo form print` wrote it.
    ///
    /// # Errors
    /// When the file is missing or no print, or was learned with another state of its form.
    pub(crate) fn use_print(&mut self, path: &Path) -> Result<()> {
        let text = std::fs::read_to_string(path).with_context(|| format!("{}", path.display()))?;
        let print = Print::parse(&text).with_context(|| {
            format!("{}: this is no print of a book; `sobo form print` writes one", path.display())
        })?;
        ensure!(
            self.forms.iter().any(|f| f.form.id == print.form && f.hash == print.form_hash),
            "{}: it was learned with another state of form `{}`; learn it again with `sobo form print`",
            path.display(),
            print.form
        );
        self.print = Some(print);
        Ok(())
    }

    /// What the pages of a scan file show of their book's print.
    ///
    /// # Errors
    /// When the file cannot be decoded or the recogniser fails.
    pub(crate) fn sight_scan(&self, found: &Found, limits: &Limits) -> Result<Vec<Sighting>> {
        let opened = found.open(limits)?;
        let mut sightings = Vec::new();
        for index in 0..inspect(opened.content(), &found.name, limits)?.pages {
            let page = decode_page(opened.content(), &found.name, index, limits)?;
            let input = PageInput { name: &found.name, index, dpi: page.dpi, ..PageInput::default() };
            let (reader, settings) = (self.reader.as_ref(), &self.settings);
            sightings.extend(sobo_pipeline::sight_page(&page.image, &input, &self.forms, reader, settings)?);
        }
        Ok(sightings)
    }

    /// Reads one decoded page.
    fn read_image(&self, image: &DynamicImage, dpi: Option<f64>, name: &str, index: u32) -> Result<ReadPage> {
        let input = PageInput { name, index, dpi, print: self.print.as_ref(), ..PageInput::default() };
        Ok(read_page(image, &input, &self.forms, self.reader.as_ref(), &self.settings)?)
    }
}

/// File in the folder of a model taught here: what confidences of fields are worth once it reads, as a part of
/// `settings.toml`. The shipped model has none: its tables stand in the settings.
pub(crate) const FIELDS_FILE: &str = "fields.toml";

/// Puts the calibration of a model's own in the place of the shipped one, where it has one.
///
/// # Errors
/// When the file cannot be read or is damaged; the message names it.
pub(crate) fn own_calibration(model: &Path, settings: &mut PageSettings) -> Result<()> {
    #[derive(serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Part {
        extract: Extract,
    }
    #[derive(serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Extract {
        calibration: Vec<sobo_extract::Calibration>,
    }
    let path = model.join(FIELDS_FILE);
    match std::fs::read_to_string(&path) {
        Ok(text) => {
            let part: Part =
                toml::from_str(&text).with_context(|| format!("{} is damaged", path.display()))?;
            settings.extract.calibration = part.extract.calibration;
            Ok(())
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error).with_context(|| format!("{}: cannot be read", path.display())),
    }
}

/// The line reader that was chosen.
///
/// # Errors
/// When its model or Tesseract's language is missing or damaged.
pub(crate) fn load_reader(choice: ReaderChoice, models: &Path) -> Result<Box<dyn Recognizer>> {
    let reader: Box<dyn Recognizer> = match choice {
        ReaderChoice::Auto => default_reader(models)?,
        ReaderChoice::Neural => Box::new(NeuralReader::load(models)?),
        ReaderChoice::Tesseract => Box::new(TesseractReader::new()?),
    };
    Ok(reader)
}

/// The reading of a page that could not be processed.
pub(crate) fn failed_reading(name: &str, page_index: u32, reason: String) -> PageReading {
    PageReading {
        schema_version: sobo_core::SCHEMA_VERSION,
        page: name.to_owned(),
        page_index,
        form: "unknown".to_owned(),
        family: String::new(),
        register_type: None,
        entries: Vec::new(),
        issues: vec![reason],
        elapsed_ms: 0,
    }
}

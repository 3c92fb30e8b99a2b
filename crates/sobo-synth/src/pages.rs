//! `sobo-synth pages` and `sobo-synth book`: images with truth on disk.

use std::fs;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use anyhow::{Context, Result};
use clap::Args;
use image::codecs::jpeg::{JpegEncoder, PixelDensity};
use image::{ExtendedColorType, ImageEncoder, RgbImage};
use rayon::prelude::*;
use sobo_core::RegisterType;

use crate::book::{Page, Volume, Wanted};
use crate::decay::{Capture, Level};
use crate::fonts::{Fonts, Share};
use crate::random::{Rng, derive};

/// Options of `pages`.
#[derive(Debug, Args)]
pub struct Options {
    /// Seed of the run: page n is a function of seed and n.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Number of pages.
    #[arg(long, default_value_t = 9)]
    pub count: usize,
    /// Form families, in turn: A acts to 1975, B 1976–1998, C 1999–2015, D from 2016.
    #[arg(long, value_delimiter = ',', default_value = "A,B,C")]
    pub families: Vec<String>,
    /// Decay levels, in turn.
    #[arg(long, value_delimiter = ',', default_value = "light,medium,heavy")]
    pub levels: Vec<Level>,
    /// Kinds of register, in turn.
    #[arg(long, value_delimiter = ',', default_value = "birth,marriage,death")]
    pub types: Vec<Kind>,
    /// Only this form (stem of a file in `data/forms/`), in place of families and kinds.
    #[arg(long)]
    pub form: Option<String>,
    /// Way of capture; drawn where absent.
    #[arg(long)]
    pub capture: Option<Capture>,
    /// Families of fonts that may be used.
    #[arg(long, default_value = "all")]
    pub fonts: Share,
    /// Folder of the fetched fonts.
    #[arg(long, alias = "fonts-dir", default_value = "var/fonts")]
    pub font_dir: PathBuf,
    /// Folder for images and truth.
    #[arg(long)]
    pub out: PathBuf,
    /// Pages drawn at the same time.
    #[arg(long, default_value_t = 1)]
    pub jobs: usize,
}

/// A kind of register on the command line.
#[derive(Debug, Clone, Copy)]
pub struct Kind(pub RegisterType);

impl FromStr for Kind {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        RegisterType::parse(text).map(Kind).ok_or_else(|| format!("no kind of register: {text}"))
    }
}

/// Quality of the JPEG of a page.
pub(crate) fn quality(level: Level, rng: &mut Rng) -> u8 {
    rng.between(level.of(84, 74, 58), level.of(94, 88, 80)) as u8
}

/// An image as JPEG with its density; grey where `grey`.
pub(crate) fn jpeg(image: &RgbImage, quality: u8, grey: bool, dpi: u32) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut encoder = JpegEncoder::new_with_quality(&mut bytes, quality);
    encoder.set_pixel_density(PixelDensity::dpi(dpi as u16));
    if grey {
        let image = crate::decay::to_grey(image);
        encoder.write_image(image.as_raw(), image.width(), image.height(), ExtendedColorType::L8)?;
    } else {
        encoder.write_image(image.as_raw(), image.width(), image.height(), ExtendedColorType::Rgb8)?;
    }
    Ok(bytes)
}

/// One page of a run.
///
/// # Errors
/// As [`Volume::draw`] and [`Volume::page`].
pub fn page_of_run(options: &Options, fonts: &Fonts, index: usize) -> Result<(Page, u8)> {
    let seed = derive(derive(options.seed, 0x9A6E), index as u64);
    let mut rng = Rng::new(seed);
    let (f, l) = (options.families.len().max(1), options.levels.len().max(1));
    let family = options.families.get(index % f).context("no family given")?;
    let level = *options.levels.get(index / f % l).context("no level given")?;
    let kind = options.types.get(index / f / l % options.types.len().max(1)).context("no type given")?;
    let capture = options.capture.unwrap_or_else(|| Capture::draw(&mut rng, level));
    let wanted = match &options.form {
        Some(form) => Wanted { form: Some(form.clone()), ..Wanted::default() },
        None => Wanted { family: Some(family.clone()), register_type: Some(kind.0), ..Wanted::default() },
    };
    let volume = Volume::draw(seed, &wanted, fonts)?;
    let page = volume.page(rng.below(volume.pages), level, capture)?;
    Ok((page, quality(level, &mut rng)))
}

/// Writes the pages of a run.
///
/// # Errors
/// Missing fonts, an unwritable folder.
pub fn run(options: &Options) -> Result<()> {
    let fonts = Fonts::load(&options.font_dir, options.fonts)?;
    fs::create_dir_all(&options.out).with_context(|| format!("creating {}", options.out.display()))?;
    let pool = rayon::ThreadPoolBuilder::new().num_threads(options.jobs.max(1)).build()?;
    pool.install(|| {
        (0..options.count).into_par_iter().try_for_each(|index| {
            let (mut page, quality) = page_of_run(options, &fonts, index)?;
            let stem = format!("p{index:03}");
            page.truth.page = format!("{stem}.jpg");
            let grey = page.truth.capture == "grey" || page.truth.capture == "bitonal";
            write(&options.out, &stem, &page, &jpeg(&page.shot.image, quality, grey, 300)?)
        })
    })
}

/// Options of `book`.
#[derive(Debug, Args)]
pub struct BookOptions {
    /// Seed of the book.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Form family.
    #[arg(long, default_value = "C")]
    pub family: String,
    /// Kind of register.
    #[arg(long = "type", default_value = "birth")]
    pub kind: Kind,
    /// Year; drawn where absent.
    #[arg(long)]
    pub year: Option<i32>,
    /// Pages of the book; drawn where absent.
    #[arg(long)]
    pub pages: Option<usize>,
    /// Decay levels, in turn.
    #[arg(long, value_delimiter = ',', default_value = "light,medium,heavy")]
    pub levels: Vec<Level>,
    /// Families of fonts that may be used.
    #[arg(long, default_value = "all")]
    pub fonts: Share,
    /// Folder of the fetched fonts.
    #[arg(long, alias = "fonts-dir", default_value = "var/fonts")]
    pub font_dir: PathBuf,
    /// Folder for the book; `volume.toml` is put beside its pages.
    #[arg(long)]
    pub out: PathBuf,
}

/// Writes a book.
///
/// # Errors
/// Missing fonts, an unwritable folder.
pub fn run_book(options: &BookOptions) -> Result<()> {
    let fonts = Fonts::load(&options.font_dir, options.fonts)?;
    fs::create_dir_all(&options.out).with_context(|| format!("creating {}", options.out.display()))?;
    let wanted = Wanted {
        family: Some(options.family.clone()),
        register_type: Some(options.kind.0),
        year: options.year,
        ..Wanted::default()
    };
    let mut volume = Volume::draw(options.seed, &wanted, &fonts)?;
    if let Some(pages) = options.pages {
        volume.shorten(pages);
    }
    let mut rng = Rng::new(derive(options.seed, 0xB00C));
    for index in 0..volume.pages {
        let level = *options.levels.get(index % options.levels.len().max(1)).context("no level given")?;
        let mut page = volume.page(index, level, Capture::draw(&mut rng, level))?;
        let stem = format!("p{:03}", index + 1);
        page.truth.page = format!("{stem}.jpg");
        let grey = page.truth.capture == "grey" || page.truth.capture == "bitonal";
        let image = jpeg(&page.shot.image, quality(level, &mut rng), grey, 300)?;
        write(&options.out, &stem, &page, &image)?;
    }
    let path = options.out.join("volume.toml");
    fs::write(&path, toml::to_string(&volume.descriptor())?)
        .with_context(|| format!("writing {}", path.display()))
}

fn write(dir: &Path, stem: &str, page: &Page, image: &[u8]) -> Result<()> {
    let path = dir.join(format!("{stem}.jpg"));
    fs::write(&path, image).with_context(|| format!("writing {}", path.display()))?;
    let path = dir.join(format!("{stem}.json"));
    let mut text = serde_json::to_string(&page.truth)?;
    text.push('\n');
    fs::write(&path, text).with_context(|| format!("writing {}", path.display()))
}

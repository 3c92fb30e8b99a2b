//! `sobo-synth samples`: the repository's samples, as volumes and as scans really come.

mod containers;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use clap::Args;
use image::RgbImage;
use image::imageops::FilterType;
use sobo_core::{Ink, RegisterType, VolumeDescriptor};

use crate::book::{Page, Volume, Wanted};
use crate::decay::{Capture, Level};
use crate::fonts::{Fonts, Share};
use crate::pages::jpeg;
use crate::random::derive;
use crate::truth::TruthPage;

/// Options of `samples`.
#[derive(Debug, Args)]
pub struct Options {
    /// Folder to write; `volumes/`, `scans/` and `README.md` in it are replaced.
    #[arg(long, default_value = "samples")]
    pub out: PathBuf,
    /// Folder of the fetched fonts.
    #[arg(long, alias = "fonts-dir", default_value = "var/fonts")]
    pub font_dir: PathBuf,
}

/// One volume of the samples.
struct Plan {
    seed: u64,
    family: &'static str,
    form: Option<&'static str>,
    kind: RegisterType,
    ink: Option<Ink>,
    pages: &'static [(Level, Capture)],
    /// Pages the closing statement counts but that were not scanned.
    missing: usize,
    /// Resolution of the images.
    dpi: u32,
}

const THREE: &[(Level, Capture)] =
    &[(Level::Light, Capture::Scanner), (Level::Medium, Capture::Scanner), (Level::Heavy, Capture::Scanner)];
const GREY: &[(Level, Capture)] =
    &[(Level::Light, Capture::Grey), (Level::Medium, Capture::Grey), (Level::Heavy, Capture::Scanner)];
const MIXED: &[(Level, Capture)] =
    &[(Level::Light, Capture::Scanner), (Level::Medium, Capture::Bitonal), (Level::Heavy, Capture::Phone)];

fn plans() -> Vec<Plan> {
    use RegisterType::{Birth, Death, Marriage};
    let plan = |seed, family, kind, pages| Plan {
        seed,
        family,
        form: None,
        kind,
        ink: Some(Ink::Handwritten),
        pages,
        missing: 0,
        dpi: 300,
    };
    vec![
        Plan { form: Some("a-birth"), ..plan(11, "A", Birth, THREE) },
        Plan { form: Some("a-marriage-fr"), ..plan(12, "A", Marriage, THREE) },
        Plan { form: Some("a-death"), ink: Some(Ink::Typed), ..plan(13, "A", Death, GREY) },
        Plan { form: Some("b-birth"), ..plan(14, "B", Birth, THREE) },
        Plan { form: Some("b-marriage"), dpi: 200, ..plan(15, "B", Marriage, GREY) },
        Plan { form: Some("b-death"), ..plan(16, "B", Death, MIXED) },
        Plan { form: Some("b-birth-half"), ..plan(23, "B", Birth, &THREE[..2]) },
        plan(17, "C", Birth, THREE),
        Plan { ink: Some(Ink::Typed), ..plan(18, "C", Marriage, THREE) },
        Plan { missing: 1, ..plan(19, "C", Death, GREY) },
        plan(20, "D", Birth, &THREE[..1]),
        Plan { ink: Some(Ink::Printed), ..plan(21, "D", Marriage, &THREE[1..2]) },
        plan(22, "D", Death, &THREE[2..]),
    ]
}

/// A page at another resolution, its truth with it.
fn rescaled(page: Page, dpi: u32) -> (RgbImage, TruthPage) {
    let Page { shot, mut truth } = page;
    if dpi == truth.dpi {
        return (shot.image, truth);
    }
    let factor = f64::from(dpi) / f64::from(truth.dpi);
    let size = |length: u32| (f64::from(length) * factor).round() as u32;
    let (w, h) = (size(shot.image.width()), size(shot.image.height()));
    let image = image::imageops::resize(&shot.image, w, h, FilterType::CatmullRom);
    truth.scale(factor, [w, h]);
    truth.dpi = dpi;
    (image, truth)
}

fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    if let Some(dir) = path.parent() {
        fs::create_dir_all(dir).with_context(|| format!("creating {}", dir.display()))?;
    }
    fs::write(path, bytes).with_context(|| format!("writing {}", path.display()))
}

fn write_truth(path: &Path, truth: &TruthPage) -> Result<()> {
    write(path, format!("{}\n", serde_json::to_string(truth)?).as_bytes())
}

fn write_descriptor(dir: &Path, descriptor: &VolumeDescriptor) -> Result<()> {
    write(&dir.join("volume.toml"), toml::to_string(descriptor)?.as_bytes())
}

/// A page of a plan with the image's JPEG.
fn sample_page(
    volume: &Volume,
    index: usize,
    level: Level,
    capture: Capture,
    dpi: u32,
) -> Result<(RgbImage, TruthPage, Vec<u8>)> {
    let (image, mut truth) = rescaled(volume.page(index, level, capture)?, dpi);
    truth.page = format!("p{:03}.jpg", index + 1);
    let grey = matches!(capture, Capture::Grey | Capture::Bitonal);
    let bytes = jpeg(&image, level.of(78, 74, 70), grey, dpi)?;
    Ok((image, truth, bytes))
}

/// Writes the samples.
///
/// # Errors
/// Missing fonts, an unwritable folder.
pub fn run(options: &Options) -> Result<()> {
    let fonts = Fonts::load(&options.font_dir, Share::All)?;
    for part in ["volumes", "scans"] {
        let dir = options.out.join(part);
        if dir.exists() {
            fs::remove_dir_all(&dir).with_context(|| format!("clearing {}", dir.display()))?;
        }
    }
    let mut first: Option<(String, Vec<u8>, VolumeDescriptor)> = None;
    for plan in plans() {
        let wanted = Wanted {
            family: Some(plan.family.to_owned()),
            form: plan.form.map(str::to_owned),
            register_type: Some(plan.kind),
            ink: plan.ink,
            year: None,
        };
        let mut volume = Volume::draw(derive(0x5A3B1E, plan.seed), &wanted, &fonts)?;
        volume.shorten(plan.pages.len() + plan.missing);
        let mut descriptor = volume.descriptor();
        descriptor.name = format!("{}.{}", descriptor.name, plan.family);
        let dir = options.out.join("volumes").join(&descriptor.name);
        ensure!(!dir.exists(), "two sample volumes are called {}", descriptor.name);
        for (index, (level, capture)) in plan.pages.iter().enumerate() {
            let (_, mut truth, bytes) = sample_page(&volume, index, *level, *capture, plan.dpi)?;
            truth.volume.clone_from(&descriptor.name);
            write(&dir.join(&truth.page), &bytes)?;
            write_truth(&dir.join(&truth.page).with_extension("json"), &truth)?;
            first.get_or_insert_with(|| (truth.page.clone(), bytes, descriptor.clone()));
        }
        write_descriptor(&dir, &descriptor)?;
    }
    let (name, bytes, descriptor) = first.context("no sample pages")?;
    scans(&options.out.join("scans"), &fonts, (&name, &bytes, &descriptor))?;
    write(&options.out.join("README.md"), README.as_bytes())
}

const README: &str = include_str!("../data/samples-readme.md");

/// The ways scans come.
fn scans(dir: &Path, fonts: &Fonts, first: (&str, &[u8], &VolumeDescriptor)) -> Result<()> {
    let draw =
        |seed: u64, family: &str, kind: RegisterType, pages: usize| -> Result<(Volume, VolumeDescriptor)> {
            let wanted = Wanted {
                family: Some(family.to_owned()),
                register_type: Some(kind),
                ink: Some(Ink::Handwritten),
                ..Wanted::default()
            };
            let mut volume = Volume::draw(derive(0x5CA75, seed), &wanted, fonts)?;
            volume.shorten(pages);
            let mut descriptor = volume.descriptor();
            descriptor.name = format!("{}.quet", descriptor.name);
            Ok((volume, descriptor))
        };
    let save_truth = |dir: &Path, name: &str, truth: &mut TruthPage, descriptor: &VolumeDescriptor| {
        truth.page = name.to_owned();
        truth.volume.clone_from(&descriptor.name);
        write_truth(&dir.join("truth").join(format!("{name}.json")), truth)
    };

    // A contractor's zip: a folder with his own names, a list, and what Windows leaves behind.
    let (volume, descriptor) = draw(1, "C", RegisterType::Birth, 2)?;
    let here = dir.join("contractor-zip");
    let mut files = vec![("KS_2/Thumbs.db".to_owned(), vec![0u8; 64])];
    for (index, level) in [Level::Light, Level::Medium].into_iter().enumerate() {
        let (_, mut truth, bytes) = sample_page(&volume, index, level, Capture::Scanner, 200)?;
        let name = format!("KS_2/scan {}.jpg", index + 1);
        save_truth(&here, &format!("scan-{}", index + 1), &mut truth, &descriptor)?;
        files.push((name, bytes));
    }
    files
        .push(("danh sach.csv".to_owned(), "tep,so trang\nscan 1.jpg,1\nscan 2.jpg,2\n".as_bytes().to_vec()));
    write(&here.join("giao-nop-dot-2.zip"), &containers::zip(&files)?)?;
    write_descriptor(&here, &descriptor)?;

    // A multi-page TIFF: two bitonal pages in CCITT G4 and one grey page.
    let (volume, descriptor) = draw(2, "C", RegisterType::Death, 3)?;
    let here = dir.join("multipage-tiff");
    let mut pages = Vec::new();
    for (index, capture) in [Capture::Bitonal, Capture::Grey, Capture::Bitonal].into_iter().enumerate() {
        let dpi = if capture == Capture::Grey { 150 } else { 300 };
        let (image, mut truth) = rescaled(volume.page(index, Level::Medium, capture)?, dpi);
        save_truth(&here, &format!("page-{}", index + 1), &mut truth, &descriptor)?;
        let image = crate::decay::to_grey(&image);
        pages.push(if capture == Capture::Grey {
            containers::TiffPage::Grey(image, dpi)
        } else {
            containers::TiffPage::Bitonal(image, dpi)
        });
    }
    write(&here.join("so-khai-tu.tif"), &containers::tiff(&pages)?)?;
    write_descriptor(&here, &descriptor)?;

    // A scanned PDF: one page a JPEG, one a G4 image.
    let (volume, descriptor) = draw(3, "A", RegisterType::Marriage, 2)?;
    let here = dir.join("scanned-pdf");
    let (image, mut truth, bytes) = sample_page(&volume, 0, Level::Medium, Capture::Scanner, 200)?;
    save_truth(&here, "page-1", &mut truth, &descriptor)?;
    let colour = containers::PdfPage::Jpeg { bytes, width: image.width(), height: image.height(), dpi: 200 };
    let (image, mut truth) = rescaled(volume.page(1, Level::Light, Capture::Bitonal)?, 300);
    save_truth(&here, "page-2", &mut truth, &descriptor)?;
    let bitonal = containers::PdfPage::Bitonal { image: crate::decay::to_grey(&image), dpi: 300 };
    write(&here.join("hon-thu.pdf"), &containers::pdf(&[colour, bitonal]))?;
    write_descriptor(&here, &descriptor)?;

    // A phone held upright stores the picture lying on its side and says so in EXIF.
    let (volume, descriptor) = draw(4, "A", RegisterType::Birth, 1)?;
    let here = dir.join("phone-photo");
    let (image, mut truth, _) = sample_page(&volume, 0, Level::Medium, Capture::Phone, 300)?;
    save_truth(&here, "IMG_20230814_093012", &mut truth, &descriptor)?;
    let lying = image::imageops::rotate270(&image);
    write(&here.join("IMG_20230814_093012.jpg"), &containers::jpeg_with_orientation(&lying, 72, 6)?)?;
    write_descriptor(&here, &descriptor)?;

    // What goes wrong: a file cut off in copying, and the same page scanned into two folders.
    let here = dir.join("damaged-and-duplicate");
    let (name, bytes, descriptor) = first;
    write(&here.join("cut-off.jpg"), &bytes[..bytes.len() * 2 / 5])?;
    write(&here.join(format!("copy-of-{name}")), bytes)?;
    let descriptor = VolumeDescriptor { name: format!("{}.hong", descriptor.name), ..descriptor.clone() };
    write_descriptor(&here, &descriptor)
}

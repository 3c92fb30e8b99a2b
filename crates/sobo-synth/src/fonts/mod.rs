//! The fonts of synthetic books: only those of `fonts.tsv`, fetched, never committed.

mod fetch;
mod outline;
mod skeleton;
mod woff;

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use anyhow::{Context, Result, bail, ensure};
use skrifa::FontRef;
use unicode_normalization::UnicodeNormalization;

pub use fetch::fetch;
pub use outline::{Contour, EmBox, Glyph};
pub(crate) use skeleton::smooth;
pub use skeleton::{Path as PenPath, PathPoint, Skeleton};

use crate::random::Rng;

const LIST: &str = include_str!("../../fonts.tsv");
const HELD_OUT: &str = include_str!("../../held-out.txt");

/// Every character a synthetic book may hold. A text with others is an error, not a gap.
pub const ALPHABET: &str = concat!(
    " abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789",
    "àáảãạăằắẳẵặâầấẩẫậèéẻẽẹêềếểễệìíỉĩịòóỏõọôồốổỗộơờớởỡợùúủũụưừứửữựỳýỷỹỵđ",
    "ÀÁẢÃẠĂẰẮẲẴẶÂẦẤẨẪẬÈÉẺẼẸÊỀẾỂỄỆÌÍỈĨỊÒÓỎÕỌÔỒỐỔỖỘƠỜỚỞỠỢÙÚỦŨỤƯỪỨỬỮỰỲÝỶỸỴĐ",
    "çëïîûüœÇËÏÎÛÜŒ",
    ".,-/:;()'\"°&+=%«»–…?!*ºª",
);

/// What a font looks like.
#[derive(Debug, Copy, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Style {
    /// Round hand as taught at school.
    School,
    /// Running hand.
    Cursive,
    /// Separate letters written by hand.
    Printhand,
    /// Typewriter.
    Typewriter,
    /// Letterpress, offset or printer.
    Print,
}

impl Style {
    /// All styles.
    pub const ALL: [Self; 5] = [Self::School, Self::Cursive, Self::Printhand, Self::Typewriter, Self::Print];

    /// The identifier used in `fonts.tsv`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::School => "school",
            Self::Cursive => "cursive",
            Self::Printhand => "printhand",
            Self::Typewriter => "typewriter",
            Self::Print => "print",
        }
    }

    fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|style| style.as_str() == text)
    }
}

/// Which families may be used: those readers train on, those kept for judging them, or all.
#[derive(Debug, Copy, Clone, PartialEq, Eq, clap::ValueEnum)]
pub enum Share {
    /// Families not in `held-out.txt`.
    Train,
    /// Families in `held-out.txt`, about a third of every style.
    Heldout,
    /// Every family.
    All,
}

/// A row of `fonts.tsv`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Source {
    pub(crate) style: Style,
    pub(crate) family: String,
    /// npm package with version, or `debian`.
    pub(crate) package: String,
    /// For Debian the path inside its packages.
    pub(crate) file: String,
}

impl Source {
    /// Name of its folder: the stem of the file.
    pub(crate) fn folder(&self) -> String {
        let path = Path::new(&self.file);
        path.file_stem()
            .map(|stem| stem.to_string_lossy().into_owned())
            .unwrap_or_else(|| self.family.clone())
    }

    fn held_out(&self) -> bool {
        HELD_OUT.lines().any(|line| line.trim() == self.family)
    }
}

/// The rows of `fonts.tsv`.
pub(crate) fn sources() -> Result<Vec<Source>> {
    let mut sources = Vec::new();
    for (number, line) in LIST.lines().enumerate().skip(1).filter(|(_, line)| !line.trim().is_empty()) {
        let columns: Vec<&str> = line.split('\t').collect();
        let [style, family, package, file] = columns[..] else {
            bail!("fonts.tsv line {}: four columns wanted", number + 1);
        };
        sources.push(Source {
            style: Style::parse(style)
                .with_context(|| format!("fonts.tsv line {}: style {style}", number + 1))?,
            family: family.to_owned(),
            package: package.to_owned(),
            file: file.trim_start_matches("(debian) ").to_owned(),
        });
    }
    Ok(sources)
}

/// One font, with the outlines of every character of [`ALPHABET`] it can draw.
#[derive(Debug)]
pub struct Face {
    /// Family name.
    pub family: String,
    /// What it looks like.
    pub style: Style,
    /// Kept from training.
    pub held_out: bool,
    /// Height of `x`, em.
    pub x_height: f32,
    /// Height of `H`, em.
    pub cap_height: f32,
    /// Height of `h`, em.
    pub ascender: f32,
    /// Width of a blank, em.
    pub space: f32,
    /// Rightward lean of its stems per unit of height.
    pub slant: f32,
    glyphs: HashMap<char, Glyph>,
    skeletons: HashMap<char, OnceLock<Skeleton>>,
}

impl Face {
    /// The glyph of a character.
    pub fn glyph(&self, character: char) -> Option<&Glyph> {
        self.glyphs.get(&character)
    }

    /// The path of a pen writing a character without its free marks; made when first asked for.
    pub fn skeleton(&self, character: char) -> Option<&Skeleton> {
        let glyph = self.glyphs.get(&character)?;
        let cell = self.skeletons.get(&character)?;
        Some(cell.get_or_init(|| Skeleton::new(&glyph.body, self.x_height)))
    }

    /// Whether all characters of `text` can be drawn.
    pub fn covers(&self, text: &str) -> bool {
        text.chars().all(|c| c == ' ' || self.glyphs.contains_key(&c))
    }

    /// Characters of [`ALPHABET`] it cannot draw.
    pub fn missing(&self) -> String {
        ALPHABET.chars().filter(|c| *c != ' ' && !self.glyphs.contains_key(c)).collect()
    }

    /// Pixels per em at which the letters look `size` pixels high (capitals about that; faces with
    /// small x-height a little larger, as a hand would be).
    pub fn scale(&self, size: f32) -> f32 {
        size / (0.5 * (self.cap_height + 1.5 * self.x_height)).max(0.05)
    }

    /// Reads a font from the files of its character subsets, in order of preference.
    pub(crate) fn from_files(family: &str, style: Style, held_out: bool, files: &[PathBuf]) -> Result<Self> {
        ensure!(!files.is_empty(), "{family}: no font file; run `sobo-synth fonts` first");
        let mut data = Vec::new();
        for file in files {
            let bytes = std::fs::read(file).with_context(|| format!("{}: cannot be read", file.display()))?;
            data.push(woff::to_sfnt(&bytes).with_context(|| file.display().to_string())?);
        }
        let parts: Vec<&[u8]> = data.iter().map(Vec::as_slice).collect();
        Self::from_data(family, style, held_out, &parts)
    }

    fn from_data(family: &str, style: Style, held_out: bool, parts: &[&[u8]]) -> Result<Self> {
        let mut fonts = Vec::new();
        for part in parts {
            fonts.push(FontRef::new(part).map_err(|e| anyhow::anyhow!("{family}: {e}"))?);
        }
        let draw = |c: char| fonts.iter().find_map(|font| outline::extract(font, c));
        let mut letters: HashMap<char, EmBox> = HashMap::new();
        for c in "abcdefghklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZıȷ".chars() {
            if let Some(bbox) = draw(c).and_then(|(_, contours)| EmBox::of(&contours)) {
                letters.insert(c, bbox);
            }
        }
        let dotless = letters.get(&'ı').copied().or_else(|| letters.get(&'n').copied());
        if let Some(bbox) = dotless {
            letters.insert('i', bbox);
            letters.insert('j', EmBox { bottom: -1.0, ..bbox });
        }
        let mut glyphs = HashMap::new();
        for c in ALPHABET.chars().filter(|c| *c != ' ') {
            let base = c.nfd().next().unwrap_or(c);
            let marked = base != c || matches!(c, 'i' | 'j');
            let letter = if marked { letters.get(&base).copied() } else { None };
            if let Some((advance, contours)) = draw(c)
                && !contours.is_empty()
            {
                glyphs.insert(c, Glyph::new(advance, contours, letter));
            }
        }
        let top = |c: char| glyphs.get(&c).and_then(|g| g.bbox).map(|b| b.top);
        let x_height = top('x').or_else(|| top('n')).with_context(|| format!("{family}: has no x"))?;
        let cap_height = top('H').with_context(|| format!("{family}: has no H"))?;
        let ascender = top('h').unwrap_or(cap_height);
        let space = draw(' ').map_or(0.3, |(advance, _)| advance);
        let slant = glyphs.get(&'l').or_else(|| glyphs.get(&'I')).map_or(0.0, |glyph| lean(&glyph.body));
        let skeletons = glyphs.keys().map(|c| (*c, OnceLock::new())).collect();
        Ok(Self {
            family: family.to_owned(),
            style,
            held_out,
            x_height,
            cap_height,
            ascender,
            space,
            slant,
            glyphs,
            skeletons,
        })
    }
}

/// How far a stem leans to the right per unit of height: the regression of x on y.
fn lean(contours: &[Contour]) -> f32 {
    let points: Vec<&(f32, f32)> = contours.iter().flatten().collect();
    let n = points.len().max(1) as f32;
    let (mx, my) = points.iter().fold((0.0, 0.0), |m, p| (m.0 + p.0 / n, m.1 + p.1 / n));
    let (xy, yy) =
        points.iter().fold((0.0, 0.0), |s, p| (s.0 + (p.0 - mx) * (p.1 - my), s.1 + (p.1 - my) * (p.1 - my)));
    if yy > 1e-6 { (xy / yy).clamp(-0.3, 1.2) } else { 0.0 }
}

/// All fonts of a share.
#[derive(Debug, Clone)]
pub struct Fonts {
    faces: Vec<Arc<Face>>,
    own_shapes: bool,
}

impl Fonts {
    /// Reads the fonts that [`fetch`] has put under `dir`.
    ///
    /// # Errors
    /// Names the family and the file that is missing or broken.
    pub fn load(dir: &Path, share: Share) -> Result<Self> {
        let mut faces = Vec::new();
        for source in sources()? {
            let held_out = source.held_out();
            if (share == Share::Train && held_out) || (share == Share::Heldout && !held_out) {
                continue;
            }
            let files = fetch::files(&dir.join(source.folder()));
            faces.push(Arc::new(Face::from_files(&source.family, source.style, held_out, &files)?));
        }
        Ok(Self { faces, own_shapes: share != Share::Heldout })
    }

    /// Reads those fonts of the list that are under `dir`, held out or not.
    ///
    /// # Errors
    /// When there is none or one is broken.
    pub fn load_present(dir: &Path) -> Result<Self> {
        let mut faces = Vec::new();
        for source in sources()? {
            let files = fetch::files(&dir.join(source.folder()));
            if !files.is_empty() {
                let held_out = source.held_out();
                faces.push(Arc::new(Face::from_files(&source.family, source.style, held_out, &files)?));
            }
        }
        ensure!(!faces.is_empty(), "{}: no font here", dir.display());
        Ok(Self { faces, own_shapes: true })
    }

    /// Fonts given one by one (tests).
    pub fn from_faces(faces: Vec<Face>) -> Self {
        Self { faces: faces.into_iter().map(Arc::new).collect(), own_shapes: true }
    }

    /// Whether hands may write letters in shapes of their own (`data/allographs.txt`). Not in the
    /// share kept for judging: those shapes were trained on.
    pub(crate) fn own_shapes(&self) -> bool {
        self.own_shapes
    }

    /// All faces, in the order of `fonts.tsv`.
    pub fn faces(&self) -> &[Arc<Face>] {
        &self.faces
    }

    /// A face of this style.
    ///
    /// # Errors
    /// When the share has none.
    pub fn pick(&self, style: Style, rng: &mut Rng) -> Result<Arc<Face>> {
        let of_style: Vec<&Arc<Face>> = self.faces.iter().filter(|face| face.style == style).collect();
        rng.pick(&of_style)
            .map(|face| Arc::clone(face))
            .with_context(|| format!("no {} font in this share", style.as_str()))
    }

    /// The face of this family.
    pub fn family(&self, family: &str) -> Option<Arc<Face>> {
        self.faces.iter().find(|face| face.family == family).cloned()
    }
}

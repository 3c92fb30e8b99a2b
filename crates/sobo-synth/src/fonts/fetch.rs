//! Fetching fonts: npm's `@fontsource` packages and Debian's font packages, through their own clients.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};

use super::{Source, sources};

/// Debian packages that hold the OpenType files named in `fonts.tsv`.
const DEBIAN_PACKAGES: [&str; 2] = ["fonts-lmodern", "fonts-texgyre"];

/// The character subsets of an npm package, in order of preference.
const SUBSETS: [&str; 3] = ["latin", "latin-ext", "vietnamese"];

/// Fetches every font of `fonts.tsv` that is not yet under `dir`; returns how many were fetched.
///
/// # Errors
/// Names the package that could not be had.
pub fn fetch(dir: &Path) -> Result<usize> {
    let mut fetched = 0;
    for source in sources()? {
        let folder = dir.join(source.folder());
        if !files(&folder).is_empty() {
            continue;
        }
        let result =
            if source.package == "debian" { from_debian(&source, dir) } else { from_npm(&source, dir) };
        result.with_context(|| format!("{} ({})", source.family, source.package))?;
        fetched += 1;
    }
    Ok(fetched)
}

/// The font files of a folder in the order in which they are asked for a character.
pub(super) fn files(folder: &Path) -> Vec<PathBuf> {
    let names = SUBSETS.map(|subset| format!("{subset}.woff")).into_iter().chain(["font.otf".to_owned()]);
    names.map(|name| folder.join(name)).filter(|path| path.is_file()).collect()
}

fn run(command: &mut Command) -> Result<()> {
    let name = command.get_program().to_string_lossy().into_owned();
    let output = command.output().with_context(|| format!("{name} cannot be started; install it"))?;
    if !output.status.success() {
        bail!("{name} failed: {}", String::from_utf8_lossy(&output.stderr).trim());
    }
    Ok(())
}

fn from_npm(source: &Source, dir: &Path) -> Result<()> {
    let work = dir.join(format!(".{}.part", source.folder()));
    let _ = fs::remove_dir_all(&work);
    fs::create_dir_all(&work)?;
    run(Command::new("npm")
        .args(["pack", "--silent", "--pack-destination"])
        .arg(&work)
        .arg(&source.package))?;
    let archive = fs::read_dir(&work)?
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .find(|path| path.extension().is_some_and(|extension| extension == "tgz"))
        .context("npm left no archive")?;
    run(Command::new("tar").arg("xzf").arg(&archive).arg("-C").arg(&work))?;
    let package = work.join("package");
    let ready = work.join("ready");
    fs::create_dir_all(&ready)?;
    let stem = source.folder();
    for subset in SUBSETS {
        let file = ["400", "500", "300"]
            .map(|weight| package.join("files").join(format!("{stem}-{subset}-{weight}-normal.woff")))
            .into_iter()
            .find(|path| path.is_file());
        if let Some(file) = file {
            fs::copy(&file, ready.join(format!("{subset}.woff")))?;
        }
    }
    ensure!(!files(&ready).is_empty(), "the package holds no upright WOFF file");
    fs::copy(package.join("LICENSE"), ready.join("LICENSE"))?;
    fs::rename(&ready, dir.join(source.folder()))?;
    fs::remove_dir_all(&work)?;
    Ok(())
}

fn from_debian(source: &Source, dir: &Path) -> Result<()> {
    let mut root = PathBuf::from("/");
    let work = dir.join(format!(".{}.part", source.folder()));
    let _ = fs::remove_dir_all(&work);
    fs::create_dir_all(&work)?;
    if !root.join(&source.file).is_file() {
        root = work.join("root");
        run(Command::new("apt-get").arg("download").args(DEBIAN_PACKAGES).current_dir(&work))?;
        for entry in fs::read_dir(&work)?.filter_map(|entry| entry.ok().map(|entry| entry.path())) {
            if entry.extension().is_some_and(|extension| extension == "deb") {
                run(Command::new("dpkg-deb").arg("-x").arg(&entry).arg(&root))?;
            }
        }
    }
    let file = root.join(&source.file);
    ensure!(file.is_file(), "{} is in none of {DEBIAN_PACKAGES:?}", source.file);
    let ready = work.join("ready");
    fs::create_dir_all(&ready)?;
    fs::copy(&file, ready.join("font.otf"))?;
    fs::rename(&ready, dir.join(source.folder()))?;
    fs::remove_dir_all(&work)?;
    Ok(())
}

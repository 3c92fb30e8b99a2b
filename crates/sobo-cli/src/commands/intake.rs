//! `sobo intake`: scans into the store.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use anyhow::{Context as _, Result, bail};
use sobo_db::WatchedFolder;
use sobo_intake::{Limits, load_descriptor};
use sobo_pipeline::{IntakeRequest, IntakeSummary, Progress, Stop, Store, StoreConfig};

use crate::arguments::{Format, IntakeArguments};
use crate::config::Config;
use crate::output::{Ending, json_line, line, note};
use crate::{progress, store};

/// How often a watched folder is looked at.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// How often the store hears that a watch is alive; the archive desk takes silence of three such times for its end.
const TELL_EVERY: Duration = Duration::from_secs(20);

/// Takes scans in, or says what would be taken in.
///
/// # Errors
/// When there is no descriptor, or the store fails; a refused file is an outcome, not an error.
pub(crate) fn intake(config: &Config, arguments: &IntakeArguments) -> Result<Ending> {
    store::runtime()?.block_on(async {
        // A dry run changes nothing, so that where there is no store yet it compares with an empty one.
        let empty = match arguments.dry_run && store::missing(config).is_some() {
            true => Some(tempfile::tempdir().context("no temporary folder")?),
            false => None,
        };
        let store = match &empty {
            Some(folder) => {
                Store::open(StoreConfig::in_folder(folder.path())).await.context("no temporary store")?
            }
            None => store::open(config).await?,
        };
        let stop = store::stop_at_interrupt();
        if let Some(folder) = &arguments.watch {
            return watch(config, arguments, &store, folder, &stop).await;
        }
        let mut refused = false;
        for (descriptor, paths) in by_volume(&arguments.paths, arguments.volume.as_deref())? {
            let request = request(&descriptor, paths, &config.limits)?;
            if arguments.dry_run {
                refused |= plan(&store, &request, arguments.format).await?;
            } else {
                let summary = take(&store, &request, arguments.format, &stop).await?;
                refused |= !summary.refused.is_empty();
                if summary.stopped {
                    return Ok(Ending::Interrupted);
                }
            }
        }
        Ok(Ending::partly_if(refused))
    })
}

/// What is handed in under the descriptor at this path.
///
/// # Errors
/// When the descriptor cannot be used.
pub(crate) fn request(descriptor: &Path, paths: Vec<PathBuf>, limits: &Limits) -> Result<IntakeRequest> {
    let volume = load_descriptor(descriptor)?;
    let volume_text = std::fs::read_to_string(descriptor)
        .with_context(|| format!("{}: cannot be read", descriptor.display()))?;
    Ok(IntakeRequest {
        who: who(),
        volume,
        volume_text,
        office_at_date: None,
        paths,
        batch: None,
        limits: limits.clone(),
    })
}

/// Who appears in the audit: the system's user, for the command line has no sign-in.
pub(crate) fn who() -> String {
    let user =
        std::env::var("USER").or_else(|_| std::env::var("LOGNAME")).unwrap_or_else(|_| "cli".to_owned());
    format!("cli:{user}")
}

/// Paths by the descriptor they belong to: the one given, else the `volume.toml` in the folder, beside
/// the file, or `<file>.toml` beside a file. A folder without one is looked through for folders that
/// have one.
///
/// # Errors
/// When a path has no descriptor.
pub(crate) fn by_volume(paths: &[PathBuf], given: Option<&Path>) -> Result<BTreeMap<PathBuf, Vec<PathBuf>>> {
    let mut volumes: BTreeMap<PathBuf, Vec<PathBuf>> = BTreeMap::new();
    for path in paths {
        if let Some(descriptor) = given {
            volumes.entry(descriptor.to_owned()).or_default().push(path.clone());
        } else if !find_descriptors(path, 0, &mut volumes) {
            bail!(
                "{}: which volume is this of? Put a volume.toml beside it, or give one with --volume",
                path.display()
            );
        }
    }
    Ok(volumes)
}

fn find_descriptors(path: &Path, depth: u32, volumes: &mut BTreeMap<PathBuf, Vec<PathBuf>>) -> bool {
    if path.is_dir() {
        let descriptor = path.join("volume.toml");
        if descriptor.exists() {
            volumes.entry(descriptor).or_default().push(path.to_owned());
            return true;
        }
        let Ok(children) = std::fs::read_dir(path) else { return false };
        let mut children: Vec<PathBuf> = children.flatten().map(|child| child.path()).collect();
        children.sort();
        return depth < 4
            && children
                .iter()
                .filter(|child| child.is_dir())
                .map(|child| find_descriptors(child, depth + 1, volumes))
                .fold(false, |any, found| any | found);
    }
    let own = path.with_extension("toml");
    let beside = path.parent().unwrap_or(Path::new(".")).join("volume.toml");
    for descriptor in [own, beside] {
        if descriptor.exists() {
            volumes.entry(descriptor).or_default().push(path.to_owned());
            return true;
        }
    }
    false
}

/// Takes in one volume's scans and says what became of them.
///
/// # Errors
/// When the store fails.
pub(crate) async fn take(
    store: &Store,
    request: &IntakeRequest,
    format: Format,
    stop: &Stop,
) -> Result<IntakeSummary> {
    let bar = Mutex::new(None::<progress::Progress>);
    let sink = |event: Progress| {
        let mut bar = bar.lock().unwrap_or_else(PoisonError::into_inner);
        match event {
            Progress::FilesFound { files } => *bar = Some(progress::Progress::new("files", files)),
            Progress::FileRecorded { file, new } => {
                let Some(bar) = bar.as_mut() else { return };
                if new && !file.reason.is_empty() {
                    bar.say(format!("  refused: {}", file.reason));
                }
                bar.advance();
            }
            _ => {}
        }
    };
    let summary = store.intake(request, &sink, stop).await;
    if let Some(bar) = bar.lock().unwrap_or_else(PoisonError::into_inner).as_ref() {
        bar.finish();
    }
    let summary = summary?;
    if format == Format::Text {
        line(format!(
            "{}: {} files taken in ({} pages), {} there before, {} duplicates, {} refused",
            request.volume.name,
            summary.taken,
            summary.pages,
            summary.already,
            summary.duplicates.len(),
            summary.refused.len()
        ))?;
    } else {
        json_line(&summary)?;
    }
    Ok(summary)
}

async fn plan(store: &Store, request: &IntakeRequest, format: Format) -> Result<bool> {
    let planned = store.plan_intake(request).await?;
    for file in &planned {
        match (format, &file.refused) {
            (Format::Text, Some(reason)) => line(format!("refuse     {reason}"))?,
            (Format::Text, None) if file.duplicate => line(format!("duplicate  {}", file.source))?,
            (Format::Text, None) => line(format!("take in    {} ({} pages)", file.source, file.pages))?,
            _ => json_line(file)?,
        }
    }
    Ok(planned.iter().any(|file| file.refused.is_some()))
}

/// What is known of a file in a watched folder.
#[derive(Debug, Copy, Clone, PartialEq)]
struct Look {
    bytes: u64,
    changed: Option<SystemTime>,
}

/// A file seen in a watched folder.
#[derive(Debug)]
struct Seen {
    look: Look,
    /// Since when it looks like this.
    since: Instant,
    /// It was handed in looking like this.
    handed: bool,
    /// What was last said of it, so that it is said once.
    said: String,
}

/// What the store is told of a watch, for the archive desk.
struct Told {
    now: WatchedFolder,
    last: Option<(WatchedFolder, Instant)>,
}

impl Told {
    fn of(folder: &Path) -> Self {
        let folder = std::fs::canonicalize(folder).unwrap_or_else(|_| folder.to_owned());
        Self {
            now: WatchedFolder { folder: folder.display().to_string(), ..WatchedFolder::default() },
            last: None,
        }
    }

    /// Tells what changed, and now and then that the watch is alive.
    async fn tell(&mut self, store: &Store) {
        let known =
            self.last.as_ref().is_some_and(|(last, at)| *last == self.now && at.elapsed() < TELL_EVERY);
        if known {
            return;
        }
        match store.database.tell_of_watch(&self.now).await {
            Ok(()) => self.last = Some((self.now.clone(), Instant::now())),
            // The desk misses a word; the scans do not wait for it.
            Err(error) => tracing::warn!(%error, "the store could not be told of the watch"),
        }
    }
}

/// Looks at a folder until Ctrl-C and takes in what has stopped growing. Each file goes by itself: one that cannot be
/// taken in, or belongs to no volume yet, holds up no other.
async fn watch(
    config: &Config,
    arguments: &IntakeArguments,
    store: &Store,
    folder: &Path,
    stop: &Stop,
) -> Result<Ending> {
    if !folder.is_dir() {
        bail!("{}: is no folder to watch", folder.display());
    }
    let settle = Duration::from_secs(arguments.settle);
    note(format!("watching {}; Ctrl-C to end", folder.display()));
    let mut told = Told::of(folder);
    let mut seen: BTreeMap<PathBuf, Seen> = BTreeMap::new();
    let mut refused = false;
    while !stop.asked() {
        let mut files = Vec::new();
        files_below(folder, &mut files);
        sobo_intake::order_pages(&[], &mut files, |(path, _)| path.to_str().unwrap_or_default());
        let still_there: BTreeSet<&PathBuf> = files.iter().map(|(path, _)| path).collect();
        seen.retain(|path, _| still_there.contains(path));
        told.now.waiting = 0;
        told.now.said.clear();
        for (path, look) in &files {
            let now = Instant::now();
            let file = seen.entry(path.clone()).or_insert_with(|| Seen {
                look: *look,
                since: now,
                handed: false,
                said: String::new(),
            });
            if file.look != *look {
                (file.look, file.since, file.handed) = (*look, now, false);
            }
            if file.handed || now.duration_since(file.since) < settle || stop.asked() {
                told.now.waiting += u64::from(!file.handed);
                continue;
            }
            match requests(std::slice::from_ref(path), arguments.volume.as_deref(), &config.limits) {
                Ok(requests) => {
                    file.handed = true;
                    for request in requests {
                        let summary = take(store, &request, arguments.format, stop).await?;
                        told.now.taken += summary.taken;
                        told.now.refused += summary.refused.len() as u64;
                        refused |= !summary.refused.is_empty();
                    }
                }
                // Its descriptor may still come, or be mended: it is tried again, and told once.
                Err(error) => {
                    let error = format!("{error:#}");
                    told.now.waiting += 1;
                    told.now.said.clone_from(&error);
                    if file.said != error {
                        note(&error);
                        file.said = error;
                    }
                }
            }
        }
        told.tell(store).await;
        let mut waited = Duration::ZERO;
        while waited < LOOK_EVERY && !stop.asked() {
            let step = Duration::from_millis(100);
            tokio::time::sleep(step).await;
            waited += step;
        }
    }
    told.now.ended = true;
    told.tell(store).await;
    // Ctrl-C is how it ends.
    Ok(Ending::partly_if(refused))
}

fn requests(paths: &[PathBuf], given: Option<&Path>, limits: &Limits) -> Result<Vec<IntakeRequest>> {
    by_volume(paths, given)?
        .into_iter()
        .map(|(descriptor, paths)| request(&descriptor, paths, limits))
        .collect()
}

fn files_below(folder: &Path, files: &mut Vec<(PathBuf, Look)>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        let hidden = entry.file_name().as_encoded_bytes().starts_with(b".");
        match entry.metadata() {
            Ok(meta) if meta.is_dir() && !hidden => files_below(&path, files),
            Ok(meta)
                if meta.is_file()
                    && !hidden
                    && path.extension().is_none_or(|e| e != "toml" && e != "json") =>
            {
                files.push((path, Look { bytes: meta.len(), changed: meta.modified().ok() }));
            }
            _ => {}
        }
    }
}

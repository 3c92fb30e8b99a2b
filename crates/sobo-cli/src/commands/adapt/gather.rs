//! From signed-off records to training lines on disk, inside the store's folder.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use image::GrayImage;
use sobo_adapt::{
    HeldOut, LineNote, Scope, SetManifest, Teacher, VerifiedField, divide, qualify, split_text,
    teaching_order,
};
use sobo_core::FieldKind;
use sobo_db::NewLineSet;
use sobo_pipeline::Store;
use sobo_read::{LineInput, Recognizer};

use crate::config::Config;
use crate::engine::Engine;
use crate::output::{Ending, json_line, line, note};
use crate::store;

/// Of the lines that teach, every so manyth fits the calibration instead: it may not be fitted to what was learned.
const CALIBRATE_EVERY: u8 = 8;

/// A gathered set and where its lines lie.
pub(super) struct Gathered {
    /// Hash of the set.
    pub(super) hash: String,
    /// Folder with `teach`, `calibrate` and `judge`, each with `labels.tsv` and line images.
    pub(super) folder: PathBuf,
    /// Its lines.
    pub(super) manifest: SetManifest,
    /// Whether whole volumes judge.
    pub(super) unseen_volumes: bool,
}

/// One line of a verified field.
struct Cut {
    entry: i64,
    volume: i64,
    year: i32,
    form: String,
    page: i64,
    field: String,
    kind: FieldKind,
    line: u32,
    text: String,
    lacuna: &'static str,
    image: GrayImage,
}

/// Gathers the verified lines of a scope and says what they are.
///
/// # Errors
/// When the store fails, or nothing may or can teach.
pub(super) fn lines(config: &Config, scope: &Scope) -> Result<Ending> {
    store::runtime()?.block_on(async {
        let store = store::open(config).await?;
        let gathered = gather(config, &store, scope).await?;
        line(format!("set {} in {}", gathered.hash, gathered.folder.display()))?;
        Ok(Ending::Well)
    })
}

/// Cuts the verified lines of a scope into the store's `adapt` folder and records the set behind them.
///
/// # Errors
/// When the store fails, an original is missing, or nothing may or can teach; the message says what to do.
pub(super) async fn gather(config: &Config, store: &Store, scope: &Scope) -> Result<Gathered> {
    clear_withdrawn(config, store).await?;
    let volumes = super::covered(store, scope).await?;
    let allowed = store.database.teaching_offices().await?;
    let open: Vec<_> = volumes.iter().filter(|v| allowed.contains(&v.descriptor.office)).collect();
    if open.is_empty() {
        let offices: BTreeSet<_> = volumes.iter().map(|v| v.descriptor.office.as_str()).collect();
        anyhow::bail!(
            "no office of `{scope}` lets its verified lines teach ({}); `sobo adapt allow OFFICE` does, where the office agrees",
            offices.into_iter().collect::<Vec<_>>().join("; ")
        );
    }
    let engine = Engine::load(config)?;
    let mut cuts = Vec::new();
    let mut doubtful = 0;
    for volume in open {
        let mut pages: BTreeMap<i64, Vec<sobo_db::VerifiedEntry>> = BTreeMap::new();
        for entry in store.database.teaching_entries(volume.id).await? {
            pages.entry(entry.page_id).or_default().push(entry);
        }
        for (page, entries) in pages {
            doubtful += cut_page(config, store, &engine, volume, page, &entries, &mut cuts).await?;
        }
    }
    anyhow::ensure!(
        !cuts.is_empty(),
        "no entry of `{scope}` is signed off yet; only what has gone through the whole chain teaches"
    );
    if doubtful > 0 {
        note(format!(
            "{doubtful} values over several lines were left out: their words could not be told apart"
        ));
    }
    let before: BTreeMap<i64, bool> = store.database.line_set_volumes().await?.into_iter().collect();
    let places: Vec<(i64, i64)> = cuts.iter().map(|cut| (cut.volume, cut.page)).collect();
    let held = divide(&places, &before);
    let notes: Vec<LineNote> = cuts.iter().map(|cut| note_of(cut, &held)).collect();
    let manifest = SetManifest::new(notes.clone());
    let hash = manifest.hash();
    let folder = lines_folder(config, &hash);
    write(&folder, &cuts, &notes)?;
    let (taught, judging) = manifest.counts();
    // Pages of a single volume that judge leave the volume undecided for later sets.
    let volumes: Vec<(i64, bool)> = match &held {
        HeldOut::Volumes(_) => {
            let all: BTreeSet<i64> = cuts.iter().map(|cut| cut.volume).collect();
            all.into_iter().map(|volume| (volume, held.holds(volume, 0))).collect()
        }
        HeldOut::Pages(_) => cuts
            .iter()
            .map(|cut| cut.volume)
            .collect::<BTreeSet<_>>()
            .into_iter()
            .map(|v| (v, false))
            .collect(),
    };
    let entries: Vec<i64> = manifest.entries().into_iter().collect();
    let set = NewLineSet {
        hash: &hash,
        scope: &scope.to_string(),
        taught: taught as i64,
        judging: judging as i64,
        body: &serde_json::to_string(&manifest)?,
        entries: &entries,
        volumes: &volumes,
    };
    store.database.record_line_set(&super::super::intake::who(), &set).await?;
    note(format!("{taught} lines teach, {judging} judge, from {} entries", entries.len()));
    Ok(Gathered { hash, folder, manifest, unseen_volumes: matches!(held, HeldOut::Volumes(_)) })
}

fn note_of(cut: &Cut, held: &HeldOut) -> LineNote {
    let (width, height) = cut.image.dimensions();
    LineNote {
        entry: cut.entry,
        field: cut.field.clone(),
        line: cut.line,
        volume: cut.volume,
        year: cut.year,
        form: cut.form.clone(),
        page: cut.page,
        held_out: held.holds(cut.volume, cut.page),
        digest: LineNote::digest_of(width, height, cut.image.as_raw(), &cut.text, cut.lacuna),
    }
}

/// Cuts the lines of a page's verified entries; gives the number of values left out in doubt.
async fn cut_page(
    config: &Config,
    store: &Store,
    engine: &Engine,
    volume: &sobo_db::Volume,
    page_id: i64,
    entries: &[sobo_db::VerifiedEntry],
    cuts: &mut Vec<Cut>,
) -> Result<usize> {
    let page = store.database.page(page_id).await?;
    let original = page.original.parse().map_err(|_| anyhow::anyhow!("page {page_id} has no original"))?;
    let bytes =
        store.vault.get(&original).await.with_context(|| format!("page {page_id} cannot be fetched"))?;
    let decoded = sobo_intake::decode_page(&bytes, &page.source, page.page_index, &config.limits)?;
    let mut fields: Vec<(i64, VerifiedField)> = Vec::new();
    for verified in entries {
        let entry = store.database.entry(verified.entry_id).await?.entry();
        let (_, state) = store.database.record(verified.entry_id).await?;
        let Some(record) = state.verified() else { continue };
        let form =
            engine.forms.iter().find(|loaded| loaded.form.id == verified.form).map(|loaded| &loaded.form);
        fields.extend(qualify(&record, &entry, form).into_iter().map(|field| (verified.entry_id, field)));
    }
    let boxes: Vec<_> = fields
        .iter()
        // A lacuna is a place, not lines of text.
        .map(|(_, f)| (f.place, if f.lacuna.is_some() { [].as_slice() } else { f.lines.as_slice() }))
        .collect();
    let images = sobo_pipeline::cut_lines(&decoded.image, decoded.dpi, &boxes, &engine.settings);
    let mut doubtful = 0;
    for ((entry, field), images) in fields.into_iter().zip(images) {
        let parts = match field.lacuna {
            Some(_) => Some(vec![String::new(); images.len()]),
            None => parts(engine.reader.as_ref(), &field, &images, volume.descriptor.year_from)?,
        };
        let Some(parts) = parts else {
            doubtful += 1;
            continue;
        };
        for ((number, text), image) in (0..).zip(parts).zip(images) {
            cuts.push(Cut {
                entry,
                volume: volume.id,
                year: volume.descriptor.year_from,
                form: page.form.clone(),
                page: page_id,
                field: field.name.clone(),
                kind: field.kind,
                line: number,
                text,
                lacuna: field.lacuna.map_or("", sobo_core::Lacuna::as_str),
                image,
            });
        }
    }
    Ok(doubtful)
}

/// The verified text over its lines; read anew where there are several, to see which words stand where.
fn parts(
    reader: &dyn Recognizer,
    field: &VerifiedField,
    images: &[GrayImage],
    year: i32,
) -> Result<Option<Vec<String>>> {
    if images.len() < 2 {
        return Ok(split_text(&field.text, &[field.read.as_str()][..images.len()]));
    }
    let inputs: Vec<LineInput<'_>> = images
        .iter()
        .map(|image| LineInput::new(image).with_kind(field.kind).with_year(Some(year)))
        .collect();
    let readings = reader.read(&inputs)?;
    let texts: Vec<&str> = readings.iter().map(|reading| reading.text.as_str()).collect();
    Ok(split_text(&field.text, &texts))
}

/// Writes the lines, for the owner's eyes alone: they are personal data.
fn write(folder: &Path, cuts: &[Cut], notes: &[LineNote]) -> Result<()> {
    if folder.exists() {
        std::fs::remove_dir_all(folder)
            .with_context(|| format!("{}: cannot be cleared", folder.display()))?;
    }
    let mut labels: BTreeMap<&str, String> = BTreeMap::new();
    for part in ["teach", "calibrate", "judge"] {
        let path = folder.join(part);
        std::fs::create_dir_all(&path).with_context(|| format!("{}: cannot be made", path.display()))?;
        labels.insert(part, String::new());
    }
    keep_private(folder)?;
    for (cut, noted) in cuts.iter().zip(notes) {
        let digest = u8::from_str_radix(&noted.digest[..2], 16).unwrap_or(1);
        let part = match (noted.held_out, digest % CALIBRATE_EVERY) {
            (true, _) => "judge",
            (false, 0) => "calibrate",
            (false, _) => "teach",
        };
        let name = format!("{}-{}-{}.png", cut.entry, cut.field, cut.line);
        let path = folder.join(part).join(&name);
        cut.image.save(&path).with_context(|| format!("{}: cannot be written", path.display()))?;
        let kind = serde_json::to_value(cut.kind)?;
        let kind = kind.as_str().unwrap_or("text");
        let text = cut.text.replace(['\t', '\n', '\r'], " ");
        if let Some(labels) = labels.get_mut(part) {
            let _ = writeln!(labels, "{name}\t{text}\t{}\t{kind}\t{}", cut.page, cut.lacuna);
        }
    }
    for (part, text) in labels {
        let path = folder.join(part).join("labels.tsv");
        std::fs::write(&path, text).with_context(|| format!("{}: cannot be written", path.display()))?;
    }
    Ok(())
}

/// Removes the cut lines of every set of which something was withdrawn: what stays is the record that it was.
///
/// # Errors
/// When the store fails or a folder cannot be removed.
pub(crate) async fn clear_withdrawn(config: &Config, store: &Store) -> Result<()> {
    for hash in store.database.withdrawn_line_sets().await? {
        let folder = lines_folder(config, &hash);
        if folder.exists() {
            std::fs::remove_dir_all(&folder)
                .with_context(|| format!("{}: withdrawn lines cannot be removed", folder.display()))?;
            note(format!("the lines of set {hash:.16} were removed: entries behind it were withdrawn"));
        }
    }
    Ok(())
}

/// Where the lines of a set lie.
pub(super) fn lines_folder(config: &Config, hash: &str) -> PathBuf {
    config.store.join("adapt").join(&hash[..16.min(hash.len())])
}

fn keep_private(folder: &Path) -> Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o700))
            .with_context(|| format!("{}: cannot be kept from others", folder.display()))?;
    }
    Ok(())
}

/// Prints the entries of a volume in the order of what verifying them would teach, one JSON object a line.
///
/// # Errors
/// When the volume is unknown or the store fails.
pub(super) fn first(config: &Config, volume: &str, limit: usize) -> Result<Ending> {
    store::runtime()?.block_on(async {
        let store = store::open(config).await?;
        let volume = store
            .database
            .volume_named(volume)
            .await?
            .with_context(|| format!("there is no volume `{volume}`; `sobo status` lists them"))?;
        let mut pool = Vec::new();
        for record in store.database.records_of_volume(volume.id).await? {
            if record.deeds > 0 {
                continue;
            }
            pool.push(Teacher::of_entry(
                record.entry_id,
                &store.database.entry(record.entry_id).await?.entry(),
            ));
        }
        if pool.is_empty() {
            note("no entry of this volume waits untouched; `sobo serve` hands entries to the clerks once they are read");
        }
        let doubts: BTreeMap<i64, f64> = pool.iter().map(|teacher| (teacher.id, teacher.doubt)).collect();
        for (id, adds) in teaching_order(&pool).into_iter().take(limit) {
            json_line(&serde_json::json!({ "entry": id, "doubt": doubts.get(&id), "adds": adds }))?;
        }
        Ok(Ending::Well)
    })
}

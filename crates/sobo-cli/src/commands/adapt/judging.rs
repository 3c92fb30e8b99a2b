//! Calibration of a new model, and its comparison with the one in use.

use std::ffi::OsStr;
use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, Result};
use sobo_adapt::{Card, Comparison, FieldFigures, Figures, Judged, Pair, Scope, compare, judge as decide};
use sobo_pipeline::Store;
use sobo_read::{NeuralReader, Recognizer as _};

use super::labelled::{self, Labelled, Read};
use super::{gather, readers, trainer};
use crate::config::Config;
use crate::output::{Ending, line, note};
use crate::store;

/// Lines below which a model's confidence cannot be fitted.
const LEAST_FITTED: usize = 200;

/// Fits how sure is sure to lines the model was not taught, and writes it into the model's `reader.toml`. Verified lines
/// count beside the fixed ones as often as makes them weigh the same.
///
/// # Errors
/// When there are too few lines, or the trainer fails.
pub(super) fn calibrate(
    config: &Config,
    model: &Path,
    verified: &[Labelled],
    decoding: [f64; 3],
) -> Result<usize> {
    let reader = NeuralReader::load(model)?;
    let fixed = labelled::fixed(config)?;
    anyhow::ensure!(
        fixed.len() + verified.len() >= LEAST_FITTED,
        "{} lines are too few to say how sure is sure",
        fixed.len() + verified.len()
    );
    // The fixed lines judge too: those that fit are not those that judge.
    let fixed: Vec<Labelled> = fixed.into_iter().step_by(2).collect();
    let times = if verified.is_empty() { 0 } else { (fixed.len() / verified.len()).clamp(1, 8) };
    let mut rows = String::new();
    for (lines, times) in [(fixed.as_slice(), 1), (verified, times)] {
        for (line, read) in lines.iter().zip(labelled::read(&reader, lines)?) {
            let row = serde_json::json!({
                "truth": line.text, "text": read.text, "features": read.features, "meta": { "field": line.kind },
            });
            for _ in 0..times {
                let _ = writeln!(rows, "{row}");
            }
        }
    }
    let (readings, calibration) = (model.join("readings.jsonl"), model.join("calibration.json"));
    std::fs::write(&readings, rows).with_context(|| format!("{}: cannot be written", readings.display()))?;
    let arguments: [&OsStr; 3] = [readings.as_ref(), "--out".as_ref(), calibration.as_ref()];
    let fitted = trainer::script(config, "calibrate.py", &arguments, |_| {});
    // What people wrote does not stay behind in a model's folder.
    let _ = std::fs::remove_file(&readings);
    fitted?;
    let [weight, bonus, beam] = decoding.map(|value| value.to_string());
    let arguments: [&OsStr; 10] = [
        "--models".as_ref(),
        model.as_ref(),
        "--calibration".as_ref(),
        calibration.as_ref(),
        "--weight".as_ref(),
        weight.as_ref(),
        "--bonus".as_ref(),
        bonus.as_ref(),
        "--beam".as_ref(),
        beam.as_ref(),
    ];
    trainer::script(config, "export.py", &arguments, |_| {})?;
    Ok(fixed.len() + verified.len())
}

/// Compares two models on verified lines neither was taught and on the fixed ones.
///
/// # Errors
/// When a network fails or the fixed lines are missing.
pub(super) fn against(
    config: &Config,
    old: &NeuralReader,
    new: &NeuralReader,
    verified: &[Labelled],
    unseen_volumes: bool,
    scope: Option<&Scope>,
) -> Result<Judged> {
    let fixed = labelled::fixed(config)?;
    let read = labelled::read(new, verified)?;
    let on_verified = compared(&labelled::read(old, verified)?, &read);
    // Every other fixed line: the rest fitted the calibration.
    let fixed: Vec<Labelled> = fixed.into_iter().skip(1).step_by(2).collect();
    let on_fixed = compared(&labelled::read(old, &fixed)?, &labelled::read(new, &fixed)?);
    let threshold = f64::from(new.threshold());
    let offered: Vec<&Read> = read.iter().filter(|r| f64::from(r.confidence) >= threshold).collect();
    let wrong = offered.iter().filter(|r| r.errors > 0).count();
    let verdict = decide(scope, &on_verified, &on_fixed);
    Ok(Judged {
        against: old.id().to_owned(),
        verified: on_verified,
        fixed: on_fixed,
        unseen_volumes,
        confidence: Figures {
            fitted: 0,
            threshold,
            accepted: offered.len() as f64 / read.len().max(1) as f64,
            accepted_wrong: wrong as f64 / offered.len().max(1) as f64,
        },
        fields: FieldFigures::default(),
        verdict,
    })
}

fn compared(old: &[Read], new: &[Read]) -> Comparison {
    let pairs: Vec<Pair> = old
        .iter()
        .zip(new)
        .map(|(old, new)| Pair { old: old.errors, new: new.errors, length: old.length })
        .collect();
    compare(&pairs)
}

/// Judges a model of the store by its judging lines, or any model folder by a labelled folder.
///
/// # Errors
/// When model or lines are missing; the message says which.
pub(super) fn judge(config: &Config, model: &str, lines: Option<&Path>) -> Result<Ending> {
    if let Some(folder) = lines {
        let old = NeuralReader::load(&config.models)?;
        let new = NeuralReader::load(Path::new(model))?;
        let judged = against(config, &old, &new, &labelled::of_folder(folder)?, true, None)?;
        let card = Card {
            model: new.id().to_owned(),
            scope: None,
            set: String::new(),
            terms: sobo_adapt::Terms::default(),
            judged: Some(judged),
        };
        line(card.text().trim_end())?;
        return Ok(Ending::Well);
    }
    store::runtime()?.block_on(async {
        let store = store::open(config).await?;
        let card = judge_stored(config, &store, model).await?;
        line(card.text().trim_end())?;
        Ok(Ending::Well)
    })
}

/// Judges a model of the store and records what came of it.
///
/// # Errors
/// As [`judge`].
pub(super) async fn judge_stored(config: &Config, store: &Store, id: &str) -> Result<Card> {
    let model = store.database.model(id).await?;
    let mut card: Card =
        serde_json::from_str(&model.card).with_context(|| format!("the card of {id} is damaged"))?;
    let scope: Scope = model.scope.parse()?;
    let lines = gather::lines_folder(config, &model.set_hash).join("judge");
    let verified = labelled::of_folder(&lines).with_context(|| {
        format!("the judging lines of {id} are gone; `sobo adapt train --scope '{scope}'` cuts them anew")
    })?;
    if verified.is_empty() {
        note("no verified line judges yet: sign off entries of another volume, or more pages of this one");
    }
    let new = NeuralReader::load(&readers::folder(config, &model.folder))?;
    let old = in_use(config, store, &scope).await?;
    let manifest = store.database.line_set_manifest(&model.set_hash).await?;
    let manifest: sobo_adapt::SetManifest = serde_json::from_str(&manifest)?;
    let taught = |held: bool| -> std::collections::BTreeSet<i64> {
        manifest.lines.iter().filter(|line| line.held_out == held).map(|line| line.volume).collect()
    };
    let unseen = taught(true).is_disjoint(&taught(false));
    let mut judged = against(config, &old, &new, &verified, unseen, Some(&scope))?;
    // What was fitted when the model was taught stays as it is.
    if let Some(before) = &card.judged {
        judged.confidence.fitted = before.confidence.fitted;
        judged.fields = before.fields.clone();
    }
    let verdict = judged.verdict;
    card.judged = Some(judged);
    let who = super::super::intake::who();
    store.database.judge_model(&who, id, &serde_json::to_string(&card)?, verdict.as_str()).await?;
    write_card(&readers::folder(config, &model.folder), &card)?;
    Ok(card)
}

/// Puts the card beside the weights, for people without the database.
///
/// # Errors
/// When it cannot be written.
pub(super) fn write_card(folder: &Path, card: &Card) -> Result<()> {
    let path = folder.join("card.json");
    std::fs::write(&path, serde_json::to_string_pretty(card)?)
        .with_context(|| format!("{}: cannot be written", path.display()))
}

/// The model that reads a scope now: its own, else the shipped one.
async fn in_use(config: &Config, store: &Store, scope: &Scope) -> Result<Arc<NeuralReader>> {
    let scope = scope.to_string();
    let promoted = store.database.promoted().await?.into_iter().find(|promotion| promotion.scope == scope);
    let folder = match promoted.and_then(|promotion| promotion.model) {
        Some(id) => readers::folder(config, &store.database.model(&id).await?.folder),
        None => config.models.clone(),
    };
    Ok(Arc::new(NeuralReader::load(&folder)?))
}

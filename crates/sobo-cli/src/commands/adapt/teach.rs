//! `sobo adapt train`: a new model from verified lines.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use serde_json::Value;
use sobo_adapt::{Card, Scope, Terms};
use sobo_read::{NeuralReader, Recognizer as _};

use super::trainer::Ended;
use super::{fields, gather, judging, labelled, trainer};
use crate::arguments::TrainArguments;
use crate::config::Config;
use crate::output::{Ending, line, note};
use crate::store;

/// Trains on the verified lines of a scope, calibrates, judges and records the model; or trains on a labelled folder
/// without a store.
///
/// # Errors
/// When lines, trainer or shipped weights are missing, or training fails.
pub(crate) fn train(config: &Config, arguments: &TrainArguments) -> Result<Ending> {
    match (&arguments.scope, &arguments.lines) {
        (Some(_), _) => store::runtime()?.block_on(train_stored(config, arguments)),
        (None, Some(lines)) => store::runtime()?.block_on(async { train_folder(config, arguments, lines) }),
        (None, None) => anyhow::bail!("say which books with --scope, or which lines with --lines"),
    }
}

fn train_folder(config: &Config, arguments: &TrainArguments, lines: &Path) -> Result<Ending> {
    let out = arguments.out.as_deref().context("--lines needs --out, a folder for the model")?;
    let Some(terms) = taught(config, arguments, lines, out)? else { return Ok(Ending::Interrupted) };
    judging::calibrate(config, out, &[], decoding(config)?)?;
    let id = NeuralReader::load(out)?.id().to_owned();
    let card = Card { model: id, scope: None, set: String::new(), terms, judged: None };
    judging::write_card(out, &card)?;
    line(card.text().trim_end())?;
    Ok(Ending::Well)
}

async fn train_stored(config: &Config, arguments: &TrainArguments) -> Result<Ending> {
    let scope = arguments.scope.as_ref().context("a scope is needed")?;
    let store = store::open(config).await?;
    let set = gather::gather(config, &store, scope).await?;
    let models = config.store.join("models");
    // Known by its set while it grows: the same command goes on with it.
    let growing = models.join(format!("growing-{}", &set.hash[..16]));
    std::fs::create_dir_all(&growing).with_context(|| format!("{}: cannot be made", growing.display()))?;
    let Some(terms) = taught(config, arguments, &set.folder.join("teach"), &growing)? else {
        note("broken off; the same command goes on");
        return Ok(Ending::Interrupted);
    };
    let own = labelled::of_folder(&set.folder.join("calibrate"))?;
    let fitted = judging::calibrate(config, &growing, &own, decoding(config)?)?;
    let id = NeuralReader::load(&growing)?.id().to_owned();
    let name = id.replace(':', "-");
    let folder = models.join(&name);
    if folder.exists() {
        std::fs::remove_dir_all(&folder)
            .with_context(|| format!("{}: cannot be replaced", folder.display()))?;
    }
    std::fs::rename(&growing, &folder).with_context(|| format!("{}: cannot be named", growing.display()))?;
    let card =
        Card { model: id.clone(), scope: Some(scope.clone()), set: set.hash.clone(), terms, judged: None };
    judging::write_card(&folder, &card)?;
    let who = super::super::intake::who();
    let below = format!("models/{name}");
    let scope = scope.to_string();
    store.database.record_model(&who, &id, &scope, &set.hash, &below, &serde_json::to_string(&card)?).await?;
    let mut card = judging::judge_stored(config, &store, &id).await?;
    if let Some(judged) = &mut card.judged {
        judged.confidence.fitted = fitted;
        let reader = NeuralReader::load(&folder)?;
        judged.fields = fields::renew(config, &store, &set.manifest, &reader, &folder).await?;
        let verdict = judged.verdict.as_str();
        store.database.judge_model(&who, &id, &serde_json::to_string(&card)?, verdict).await?;
        judging::write_card(&folder, &card)?;
    }
    line(card.text().trim_end())?;
    if !set.unseen_volumes {
        note("judged by other pages of its own volumes: it says little of other volumes yet");
    }
    Ok(Ending::Well)
}

/// Runs the trainer; `None` where it was broken off.
fn taught(config: &Config, arguments: &TrainArguments, lines: &Path, out: &Path) -> Result<Option<Terms>> {
    let start = config.models.join("training/reader.pt");
    anyhow::ensure!(
        start.exists(),
        "{}: the weights to start from are missing; see --models",
        start.display()
    );
    let mut given: Vec<OsString> = Vec::new();
    let mut give = |name: &str, value: &OsStr| given.extend([name.into(), value.to_owned()]);
    give("--start", start.as_os_str());
    give("--lines", lines.as_os_str());
    give("--rehearsal", config.models.join("rehearsal/teach.lines").as_os_str());
    give("--out", out.as_os_str());
    give("--seed", arguments.seed.to_string().as_ref());
    if let Some(views) = arguments.views {
        give("--views", views.to_string().as_ref());
    }
    if matches!(arguments.scope, Some(Scope::Office(_) | Scope::Era { .. })) {
        // It will read hands it has not seen: half as much is forgotten for a seventh more time (docs/adaptation.md).
        give("--share", "0.6".as_ref());
        give("--hold", "2".as_ref());
    }
    if let Some(limit) = arguments.limit {
        give("--limit", limit.to_string().as_ref());
    }
    let language = config.models.join("language.bin");
    if language.exists() {
        give("--language", language.as_os_str());
    }
    given.push("--decoding".into());
    given.extend(decoding(config)?.map(|value| OsString::from(value.to_string())));
    let given: Vec<&OsStr> = given.iter().map(OsString::as_os_str).collect();
    let mut done = Value::Null;
    let mut told = std::time::Instant::now();
    let ended = trainer::script(config, "adapt.py", &given, |said| {
        let number = |key: &str| said[key].as_f64().unwrap_or(0.0);
        match said["event"].as_str() {
            Some("begin") => note(format!(
                "{} lines teach ({} left out: no text, or too long), {} synthetic ones beside them; {} views{}",
                number("lines"),
                number("left_out"),
                number("rehearsed"),
                number("views"),
                // The first steps may have shown synthetic lines alone.
                match number("step") {
                    0.0 => String::new(),
                    step => format!(", goes on after step {step} and {} views", number("seen")),
                }
            )),
            Some("progress") if told.elapsed().as_secs() >= 5 => {
                told = std::time::Instant::now();
                let (seen, views, seconds) = (number("seen"), number("views"), number("seconds"));
                note(format!(
                    "{:.0} % after {seconds:.0} s, about {:.0} s left; loss {:.3}",
                    100.0 * seen / views.max(1.0),
                    seconds * (views - seen).max(0.0) / seen.max(1.0),
                    number("loss")
                ));
            }
            Some("done") => done = said.clone(),
            _ => {}
        }
    })?;
    if matches!(ended, Ended::BrokenOff) {
        return Ok(None);
    }
    let number = |key: &str| done[key].as_f64().unwrap_or(0.0);
    Ok(Some(Terms {
        start: done["start"].as_str().unwrap_or_default().to_owned(),
        lines: number("lines") as usize,
        views: number("views") as usize,
        rehearsal: number("rehearsal") as usize,
        processor_minutes: number("processor_minutes"),
        minutes: number("minutes"),
        seed: arguments.seed,
    }))
}

/// How much language knowledge weighs in the shipped model: an adapted one keeps it.
fn decoding(config: &Config) -> Result<[f64; 3]> {
    let path: PathBuf = config.models.join(sobo_read::MANIFEST_FILE);
    let text = std::fs::read_to_string(&path)
        .with_context(|| format!("{}: the shipped model is missing; see --models", path.display()))?;
    let table: toml::Table =
        toml::from_str(&text).with_context(|| format!("{} is damaged", path.display()))?;
    let language = table.get("language");
    let number = |key: &str, otherwise: f64| {
        let value = language.and_then(|language| language.get(key));
        value.and_then(|v| v.as_float().or_else(|| v.as_integer().map(|i| i as f64))).unwrap_or(otherwise)
    };
    Ok([number("weight", 0.0), number("bonus", 0.0), number("beam", 8.0)])
}

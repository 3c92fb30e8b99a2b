//! `sobo adapt promote`, `rollback`, `list`.

use anyhow::Result;
use sobo_adapt::{Card, Scope};
use sobo_db::Reread;
use sobo_pipeline::Store;

use super::readers;
use crate::arguments::Format;
use crate::config::Config;
use crate::output::{Ending, json, line};
use crate::store;

/// Lets a model read its scope.
///
/// # Errors
/// When it was not judged better, learned from what was withdrawn, or its folder is missing or damaged.
pub(super) fn promote(config: &Config, model: &str, reason: &str, reread: bool) -> Result<Ending> {
    store::runtime()?.block_on(async {
        let store = store::open(config).await?;
        let row = store.database.model(model).await?;
        // A model that cannot be loaded would stop the next run.
        readers::is_there(&readers::folder(config, &row.folder))?;
        store.database.promote_model(&super::super::intake::who(), model, reason).await?;
        line(format!(
            "{model} reads `{}` from now on; `sobo adapt rollback '{}'` goes back",
            row.scope, row.scope
        ))?;
        if reread {
            again(&store, &row.scope.parse()?, model, reason).await?;
        }
        Ok(Ending::Well)
    })
}

/// Gives a scope back to what read it before.
///
/// # Errors
/// When nothing was promoted there.
pub(super) fn roll_back(config: &Config, scope: &Scope, reason: &str, reread: bool) -> Result<Ending> {
    store::runtime()?.block_on(async {
        let store = store::open(config).await?;
        let who = super::super::intake::who();
        let before = store.database.roll_back_model(&who, &scope.to_string(), reason).await?;
        let shown = before.as_deref().unwrap_or("the shipped model");
        line(format!("{shown} reads `{scope}` again"))?;
        if reread {
            again(&store, scope, before.as_deref().unwrap_or_default(), reason).await?;
        }
        Ok(Ending::Well)
    })
}

/// Queues the pages of a scope nobody has worked at, to be read by the model now in force.
async fn again(store: &Store, scope: &Scope, model: &str, reason: &str) -> Result<()> {
    let volumes: Vec<i64> = super::covered(store, scope).await?.iter().map(|volume| volume.id).collect();
    let which = Reread { volumes: &volumes, model };
    let pages = store.database.reread_untouched(&super::super::intake::who(), &which, reason).await?;
    line(format!(
        "{} pages nobody has worked at wait to be read again; `sobo run` reads them (verified values never change)",
        pages.len()
    ))
}

/// Lists models, what reads which scope, and offices that let their lines teach.
///
/// # Errors
/// When the store fails.
pub(super) fn list(config: &Config, format: Format) -> Result<Ending> {
    store::runtime()?.block_on(async {
        let store = store::open(config).await?;
        let database = &store.database;
        let (models, promoted, offices) =
            (database.models().await?, database.promoted().await?, database.teaching_offices().await?);
        if format != Format::Text {
            let models: Vec<_> = models
                .iter()
                .map(|model| {
                    let card: serde_json::Value = serde_json::from_str(&model.card).unwrap_or_default();
                    serde_json::json!({
                        "id": model.id, "scope": model.scope, "set": model.set_hash, "verdict": model.verdict,
                        "withdrawn": model.withdrawn, "made_ms": model.made_ms, "card": card,
                    })
                })
                .collect();
            json(
                &serde_json::json!({ "models": models, "promoted": promoted, "teaching_offices": offices }),
            )?;
            return Ok(Ending::Well);
        }
        line(format!(
            "lines of these offices may teach: {}",
            if offices.is_empty() { "none".to_owned() } else { offices.join("; ") }
        ))?;
        for model in &models {
            let reads = promoted.iter().any(|row| row.model.as_deref() == Some(&model.id));
            line("")?;
            match serde_json::from_str::<Card>(&model.card) {
                Ok(card) => line(card.text().trim_end())?,
                Err(error) => line(format!("model        {} (its card is damaged: {error})", model.id))?,
            }
            if reads {
                line("in use       it reads its scope")?;
            }
            if model.withdrawn > 0 {
                line(format!("withdrawn    {} entries it learned from; teach a new one", model.withdrawn))?;
            }
        }
        Ok(Ending::Well)
    })
}

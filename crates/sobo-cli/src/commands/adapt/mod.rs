//! `sobo adapt`: the reader learns from what clerks verify.

mod fields;
mod gather;
mod judging;
mod labelled;
mod pack;
mod promotion;
mod readers;
mod teach;
mod trainer;

use anyhow::{Context as _, Result};
use sobo_adapt::Scope;

use crate::arguments::AdaptCommand;
use crate::config::Config;
use crate::output::{Ending, line};
use crate::store;

pub(crate) use gather::clear_withdrawn;
pub(crate) use readers::{PromotedReader, Readers, VolumeReader, promoted_readers};

/// Carries out a step of adaptation.
///
/// # Errors
/// When the store, the trainer, a model or a file is missing or damaged; the message says which and what to do.
pub(crate) fn adapt(config: &Config, command: &AdaptCommand) -> Result<Ending> {
    match command {
        AdaptCommand::Setup { index } => trainer::setup(config, index.as_deref()),
        AdaptCommand::Allow { office } => allow(config, office, true),
        AdaptCommand::Forbid { office } => allow(config, office, false),
        AdaptCommand::Lines { scope } => gather::lines(config, scope),
        AdaptCommand::Train(arguments) => teach::train(config, arguments),
        AdaptCommand::Judge { model, lines } => judging::judge(config, model, lines.as_deref()),
        AdaptCommand::Promote { model, reason, reread } => promotion::promote(config, model, reason, *reread),
        AdaptCommand::Rollback { scope, reason, reread } => {
            promotion::roll_back(config, scope, reason, *reread)
        }
        AdaptCommand::List { format } => promotion::list(config, *format),
        AdaptCommand::First { volume, limit } => gather::first(config, volume, *limit),
    }
}

fn allow(config: &Config, office: &str, allowed: bool) -> Result<Ending> {
    store::runtime()?.block_on(async {
        let store = store::open(config).await?;
        let known = store.database.volumes().await?.iter().any(|volume| volume.descriptor.office == office);
        anyhow::ensure!(known, "no volume was written by `{office}`; `sobo status` shows the volumes");
        let who = super::intake::who();
        store.database.set_teaching_office(&who, office, allowed).await?;
        if allowed {
            line(format!("verified lines of `{office}` may teach the reader"))?;
        } else {
            gather::clear_withdrawn(config, &store).await?;
            line(format!(
                "verified lines of `{office}` teach no new model; `sobo adapt list` marks those they taught"
            ))?;
        }
        Ok(Ending::Well)
    })
}

/// The scope as written on the command line, where it covers at least one volume of the store.
pub(super) async fn covered(store: &sobo_pipeline::Store, scope: &Scope) -> Result<Vec<sobo_db::Volume>> {
    let volumes: Vec<_> =
        store.database.volumes().await?.into_iter().filter(|v| scope.covers(&v.descriptor)).collect();
    (!volumes.is_empty())
        .then_some(volumes)
        .with_context(|| format!("no volume belongs to `{scope}`; `sobo status` shows the volumes"))
}

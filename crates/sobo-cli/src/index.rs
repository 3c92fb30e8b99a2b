//! What the commands ask of the search index.

use anyhow::{Context as _, Result};
use sobo_pipeline::Store;

/// Brings the index up to the newest change.
///
/// # Errors
/// When database or index fail.
pub(crate) async fn update(store: &Store) -> Result<u64> {
    store.update_index().await.context("the index cannot follow the changes")
}

/// Offices whose name, as written or as custodian, holds these words, with or without diacritics.
///
/// # Errors
/// When the store fails.
pub(crate) async fn offices(store: &Store, part: &str) -> Result<Vec<String>> {
    let wanted = sobo_text::fold(part);
    let mut offices: Vec<String> = store
        .database
        .volumes()
        .await?
        .into_iter()
        .flat_map(|volume| [volume.descriptor.office, volume.custodian])
        .filter(|office| sobo_text::fold(office).contains(&wanted))
        .collect();
    offices.sort();
    offices.dedup();
    anyhow::ensure!(!offices.is_empty(), "no volume's office holds «{part}»");
    Ok(offices)
}

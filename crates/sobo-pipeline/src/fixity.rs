//! The scheduled check that originals are still what was taken in.

use serde::Serialize;
use sobo_vault::{Fixity, Sha256Hex};

use crate::{Result, Stop, Store};

/// What a check of all originals found.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct FixitySummary {
    /// Originals found intact.
    pub intact: u64,
    /// Originals the database knows and the vault has lost.
    pub missing: Vec<String>,
    /// Originals whose bytes changed.
    pub changed: Vec<String>,
    /// Objects in the vault the database does not know: an intake was interrupted and not run again.
    pub unknown: Vec<String>,
    /// Somebody asked to stop before all were checked.
    pub stopped: bool,
}

impl FixitySummary {
    /// Whether every original is there and intact.
    pub fn is_sound(&self) -> bool {
        self.missing.is_empty() && self.changed.is_empty()
    }
}

impl Store {
    /// Reads every original from its first byte to its last, records the result, and lists what is not as it should be.
    pub async fn check_fixity(&self, who: &str, stop: &Stop) -> Result<FixitySummary> {
        let mut summary = FixitySummary::default();
        let originals = self.database.originals().await?;
        for original in &originals {
            if stop.asked() {
                summary.stopped = true;
                return Ok(summary);
            }
            let name: Sha256Hex = original.parse()?;
            let fixity = self.vault.verify(&name).await?;
            match &fixity {
                Fixity::Intact => summary.intact += 1,
                Fixity::Missing => summary.missing.push(original.clone()),
                Fixity::Changed { .. } => summary.changed.push(original.clone()),
            }
            self.database.record_fixity(who, original, fixity.as_str()).await?;
        }
        let stored = self.vault.list().await?;
        summary.unknown = stored
            .into_iter()
            .map(|stored| stored.sha256.to_string())
            .filter(|name| originals.binary_search(name).is_err())
            .collect();
        Ok(summary)
    }
}

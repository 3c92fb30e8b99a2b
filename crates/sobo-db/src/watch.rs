//! Folders that are watched for scans: their watchers say here what they see, so that the archive desk can show it.

use serde::{Deserialize, Serialize};

use crate::{DbError, Result};

/// Settings of this name tell of a folder each.
const NAME: &str = "watch/";

/// What the watcher of a folder last said of it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct WatchedFolder {
    /// The folder, as the watcher was given it.
    pub folder: String,
    /// Files taken in since the watch began.
    pub taken: u64,
    /// Files refused since.
    pub refused: u64,
    /// Files that wait: still growing, or of no volume yet.
    pub waiting: u64,
    /// Why the last of them waits, empty where none does.
    #[serde(default)]
    pub said: String,
    /// The watch was ended by its person.
    #[serde(default)]
    pub ended: bool,
}

impl crate::Database {
    /// Says what a watcher sees.
    pub async fn tell_of_watch(&self, watched: &WatchedFolder) -> Result<()> {
        let value = serde_json::to_string(watched).map_err(|error| DbError::Conflict {
            what: "watched folder",
            id: watched.folder.clone(),
            why: error.to_string(),
        })?;
        self.set_setting(&format!("{NAME}{}", watched.folder), &value).await
    }

    /// Every folder a watcher told of, with when it did (Unix milliseconds UTC), by name.
    pub async fn watched_folders(&self) -> Result<Vec<(WatchedFolder, i64)>> {
        let told = self.settings_like(&format!("{NAME}%")).await?;
        told.into_iter()
            .map(|(name, value, at_ms)| {
                let id = name.trim_start_matches(NAME).to_owned();
                let watched = serde_json::from_str(&value).map_err(|error| DbError::Conflict {
                    what: "watched folder",
                    id,
                    why: error.to_string(),
                })?;
                Ok((watched, at_ms))
            })
            .collect()
    }
}

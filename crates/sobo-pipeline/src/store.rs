//! The homes of a register.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sobo_db::Database;
use sobo_vault::{Vault, VaultConfig};

use crate::disk::check_budget;
use crate::{PipelineError, Result};

/// Where everything is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StoreConfig {
    /// `sqlite:///path/to/file` or `postgres://user@host/name`. The truth: back it up.
    pub database_url: String,
    /// Where originals are kept. The truth: back it up.
    pub vault: VaultConfig,
    /// Folder of the search index; may be deleted and is rebuilt.
    pub index_dir: PathBuf,
    /// Folder for what is made on the way (tiles, derived images); may be deleted at any time.
    pub work_dir: PathBuf,
    /// Megabytes that must stay free where the store writes; beneath it intake and reading stop with a clear refusal.
    #[serde(default = "default_min_free_mb")]
    pub min_free_mb: u64,
}

fn default_min_free_mb() -> u64 {
    512
}

impl StoreConfig {
    /// Everything in one folder, on SQLite.
    pub fn in_folder(folder: &Path) -> Self {
        Self {
            database_url: format!("sqlite://{}", folder.join("sobo.db").display()),
            vault: VaultConfig::at(folder.join("vault").display().to_string()),
            index_dir: folder.join("index"),
            work_dir: folder.join("work"),
            min_free_mb: default_min_free_mb(),
        }
    }
}

/// The open homes of a register. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Store {
    /// Volumes, pages, readings, entries, queue, audit.
    pub database: Database,
    /// Originals.
    pub vault: Vault,
    /// Where everything is.
    pub config: StoreConfig,
}

impl Store {
    /// Opens database and vault, making them where they are missing.
    pub async fn open(config: StoreConfig) -> Result<Self> {
        for folder in [&config.index_dir, &config.work_dir] {
            std::fs::create_dir_all(folder)
                .map_err(|source| PipelineError::Io { path: folder.display().to_string(), source })?;
        }
        let database = Database::connect(&config.database_url).await?;
        let vault = Vault::open(&config.vault).await?;
        Ok(Self { database, vault, config })
    }

    /// Refuses to go on where the disk is too full.
    pub(crate) fn check_disk(&self) -> Result<()> {
        let database = self.config.database_url.strip_prefix("sqlite:").map(|path| {
            let path = Path::new(path.strip_prefix("//").unwrap_or(path));
            path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
        });
        let paths = database.into_iter().chain(self.vault.folder()).chain([self.config.work_dir.as_path()]);
        check_budget(paths, self.config.min_free_mb << 20)
    }
}

//! Originals by sha256 in a folder or an S3-compatible store: write-once, with fixity checks.
//!
//! The vault keeps bytes and knows nothing of what they mean. An object's key is the sha256 of its content, so that
//! putting the same bytes again is the same as having put them once, and every object can be checked against its name.
//! Nothing here changes or deletes an object.

mod digest;
mod error;
mod folder;
mod s3;
mod staging;

use std::ops::Range;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

pub use digest::{Digester, Sha256Hex, sha256};
pub use error::{Result, VaultError};
pub use staging::{Local, Staged, Staging};

/// Where a vault is and how to reach it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct VaultConfig {
    /// A folder (`/srv/sobo/vault`, `file:///srv/sobo/vault`) or a bucket (`s3://bucket/prefix`).
    pub url: String,
    /// Address of an S3-compatible server (`https://s3.example.org`); Amazon's where absent. This and what follows may
    /// also come from the usual `AWS_…` variables.
    pub endpoint: Option<String>,
    /// Region of the bucket.
    pub region: Option<String>,
    /// Access key.
    pub access_key_id: Option<String>,
    /// Its secret.
    #[serde(skip_serializing)]
    pub secret_access_key: Option<String>,
}

impl VaultConfig {
    /// A vault at this address, with everything else from the environment.
    pub fn at(url: impl Into<String>) -> Self {
        Self { url: url.into(), ..Self::default() }
    }
}

/// A store of originals. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Vault {
    home: Home,
}

#[derive(Debug, Clone)]
enum Home {
    Folder(folder::Folder),
    S3(s3::Bucket),
}

/// An object that is in the vault.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Stored {
    /// sha256 of its bytes, hex.
    pub sha256: Sha256Hex,
    /// Its size.
    pub bytes: u64,
}

/// What putting did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Put {
    /// The object.
    pub stored: Stored,
    /// It was not there before.
    pub new: bool,
}

/// Result of a fixity check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "fixity", rename_all = "snake_case")]
pub enum Fixity {
    /// The bytes are those that were put.
    Intact,
    /// There is no such object.
    Missing,
    /// There are other bytes under the name.
    Changed {
        /// sha256 of what is there.
        found: Sha256Hex,
        /// Size of what is there.
        bytes: u64,
    },
}

impl Fixity {
    /// The identifier used in the database.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Intact => "intact",
            Self::Missing => "missing",
            Self::Changed { .. } => "changed",
        }
    }
}

impl Vault {
    /// Opens a vault; a folder is made if missing, and what interrupted writers left in it is cleared away.
    pub async fn open(config: &VaultConfig) -> Result<Self> {
        let home = match config.url.split_once("://") {
            Some(("s3", place)) => Home::S3(s3::Bucket::open(config, place)?),
            Some(("file", path)) => Home::Folder(folder::Folder::open(PathBuf::from(path)).await?),
            Some(_) => return Err(VaultError::Address { url: config.url.clone() }),
            None if config.url.is_empty() => return Err(VaultError::Address { url: config.url.clone() }),
            None => Home::Folder(folder::Folder::open(PathBuf::from(&config.url)).await?),
        };
        Ok(Self { home })
    }

    /// The folder, where the vault is one: whose disk it fills.
    pub fn folder(&self) -> Option<&Path> {
        match &self.home {
            Home::Folder(folder) => Some(folder.root()),
            Home::S3(_) => None,
        }
    }

    /// Puts bytes; when it returns they are on the disk. Bytes that are there already are left as they are.
    pub async fn put(&self, content: Vec<u8>) -> Result<Put> {
        match &self.home {
            Home::Folder(folder) => folder.put(content).await,
            Home::S3(bucket) => bucket.put(content).await,
        }
    }

    /// Puts a file of any size without holding it in memory.
    pub async fn put_file(&self, path: &Path) -> Result<Put> {
        match &self.home {
            Home::Folder(folder) => folder.put_file(path).await,
            Home::S3(bucket) => bucket.put_file(path).await,
        }
    }

    /// A place for the bytes of an original that are to be looked at before they are kept; `work` is a folder for it
    /// where the vault is none itself. Blocks on the disk.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn stage(&self, work: &Path) -> Result<Staging> {
        match &self.home {
            Home::Folder(folder) => folder.stage(),
            Home::S3(_) => Staging::create(&staging_folder(work)?),
        }
    }

    /// Puts what was staged; when it returns the bytes are on the disk.
    pub async fn keep(&self, staged: Staged) -> Result<Put> {
        match &self.home {
            Home::Folder(folder) => folder.keep(staged).await,
            Home::S3(bucket) => bucket.put_file(staged.path()).await,
        }
    }

    /// An object as a file, checked against its name from the first byte to the last: the object itself where the vault
    /// is a folder, else a copy in `work` that goes with the value.
    pub async fn local(&self, sha256: &Sha256Hex, work: &Path) -> Result<Local> {
        match &self.home {
            Home::Folder(folder) => Ok(Local { path: folder.local(sha256).await?, _copy: None }),
            Home::S3(bucket) => {
                let staged = bucket.fetch(sha256, Staging::create(&staging_folder(work)?)?).await?;
                if staged.stored.sha256 != *sha256 {
                    return Err(VaultError::Changed { sha256: sha256.clone(), found: staged.stored.sha256 });
                }
                let path = staged.temporary.path.clone();
                Ok(Local { path, _copy: Some(staged.temporary) })
            }
        }
    }

    /// The bytes of an object, checked against its name.
    pub async fn get(&self, sha256: &Sha256Hex) -> Result<Vec<u8>> {
        let content = match &self.home {
            Home::Folder(folder) => folder.get(sha256).await?,
            Home::S3(bucket) => bucket.get(sha256).await?,
        };
        let (found, content) = digest::blocking(move || Ok((digest::sha256(&content), content))).await?;
        if found != *sha256 {
            return Err(VaultError::Changed { sha256: sha256.clone(), found });
        }
        Ok(content)
    }

    /// Some bytes of an object, not checked: a part cannot be.
    pub async fn get_range(&self, sha256: &Sha256Hex, range: Range<u64>) -> Result<Vec<u8>> {
        match &self.home {
            Home::Folder(folder) => folder.get_range(sha256, range).await,
            Home::S3(bucket) => bucket.get_range(sha256, range).await,
        }
    }

    /// Size of an object, or `None` where there is none.
    pub async fn size(&self, sha256: &Sha256Hex) -> Result<Option<u64>> {
        match &self.home {
            Home::Folder(folder) => folder.size(sha256).await,
            Home::S3(bucket) => bucket.size(sha256).await,
        }
    }

    /// Every object, by name.
    pub async fn list(&self) -> Result<Vec<Stored>> {
        let mut all = match &self.home {
            Home::Folder(folder) => folder.list().await?,
            Home::S3(bucket) => bucket.list().await?,
        };
        all.sort();
        Ok(all)
    }

    /// Reads an object from its first byte to its last and compares it with its name.
    pub async fn verify(&self, sha256: &Sha256Hex) -> Result<Fixity> {
        let found = match &self.home {
            Home::Folder(folder) => folder.digest(sha256).await?,
            Home::S3(bucket) => bucket.digest(sha256).await?,
        };
        Ok(match found {
            None => Fixity::Missing,
            Some(found) if found.sha256 == *sha256 => Fixity::Intact,
            Some(found) => Fixity::Changed { found: found.sha256, bytes: found.bytes },
        })
    }
}

/// The folder of this machine's copies, what dead processes left in it cleared away.
fn staging_folder(work: &Path) -> Result<PathBuf> {
    let folder = work.join("staging");
    std::fs::create_dir_all(&folder).map_err(VaultError::io("make the folder", &folder))?;
    staging::clear_leftovers(&folder)?;
    Ok(folder)
}

//! Originals as decoders want them: small ones in memory, large ones as files.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use sobo_intake::Content;
use sobo_vault::{Local, Sha256Hex, Vault, VaultError};
use tokio::sync::Mutex;

/// Originals up to this size are held in memory while a page of them is decoded.
const SMALL: u64 = 32 << 20;
/// Large originals kept at hand. Pages of one file come one after the other, so that few are enough; of a bucket each is
/// a copy on this machine's disk.
const AT_HAND: usize = 4;

/// Gives originals, checked against their names: a small one each time, a large one when it is first asked for. A book
/// in one file of many gigabytes is thus neither held in memory nor hashed once a page.
#[derive(Debug)]
pub struct Originals {
    vault: Vault,
    work: PathBuf,
    large: Mutex<VecDeque<(Sha256Hex, Arc<Local>)>>,
}

/// The bytes of an original.
#[derive(Debug)]
pub struct Original(Bytes);

#[derive(Debug)]
enum Bytes {
    Memory(Vec<u8>),
    File(Arc<Local>),
}

impl Original {
    /// Its bytes, for decoding.
    pub fn content(&self) -> Content<'_> {
        match &self.0 {
            Bytes::Memory(bytes) => Content::Bytes(bytes),
            Bytes::File(file) => Content::File(file.path()),
        }
    }
}

impl Originals {
    /// Originals of a vault; `work` is a folder for copies of those that do not lie on this machine.
    pub fn new(vault: Vault, work: &Path) -> Self {
        Self { vault, work: work.to_owned(), large: Mutex::default() }
    }

    /// An original.
    ///
    /// # Errors
    /// When it is missing or was changed, or the vault cannot be reached.
    pub async fn get(&self, sha256: &Sha256Hex) -> Result<Original, VaultError> {
        match self.vault.size(sha256).await? {
            None => return Err(VaultError::Missing { sha256: sha256.clone() }),
            Some(bytes) if bytes <= SMALL => {
                return Ok(Original(Bytes::Memory(self.vault.get(sha256).await?)));
            }
            Some(_) => {}
        }
        // Held while a file is fetched: another page of the same file must not fetch it too.
        let mut large = self.large.lock().await;
        if let Some((_, file)) = large.iter().find(|(name, _)| name == sha256) {
            return Ok(Original(Bytes::File(Arc::clone(file))));
        }
        let file = Arc::new(self.vault.local(sha256, &self.work).await?);
        if large.len() >= AT_HAND {
            large.pop_front();
        }
        large.push_back((sha256.clone(), Arc::clone(&file)));
        Ok(Original(Bytes::File(file)))
    }
}

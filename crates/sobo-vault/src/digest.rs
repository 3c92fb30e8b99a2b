//! sha256 and the names made of it.

use std::fmt;
use std::io::Read;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::{Result, Stored, VaultError};

/// A sha256 as 64 lower-case hexadecimal digits.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Sha256Hex(String);

impl Sha256Hex {
    /// The digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Sha256Hex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for Sha256Hex {
    type Err = VaultError;

    fn from_str(text: &str) -> Result<Self> {
        Self::try_from(text.to_owned())
    }
}

impl TryFrom<String> for Sha256Hex {
    type Error = VaultError;

    fn try_from(text: String) -> Result<Self> {
        let digits = text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        if text.len() == 64 && digits { Ok(Self(text)) } else { Err(VaultError::Name { text }) }
    }
}

impl From<Sha256Hex> for String {
    fn from(name: Sha256Hex) -> Self {
        name.0
    }
}

/// Takes bytes piece by piece and gives their sha256 and number.
#[derive(Debug, Clone, Default)]
pub struct Digester {
    hasher: Sha256,
    bytes: u64,
}

impl Digester {
    /// Takes the next bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        self.hasher.update(bytes);
        self.bytes += bytes.len() as u64;
    }

    /// What was taken.
    pub fn finish(self) -> Stored {
        Stored { sha256: Sha256Hex(hex::encode(self.hasher.finalize())), bytes: self.bytes }
    }

    /// Takes everything a reader gives.
    pub(crate) fn of(mut reader: impl Read) -> std::io::Result<Stored> {
        let mut digester = Self::default();
        let mut buffer = vec![0; 1 << 20];
        loop {
            match reader.read(&mut buffer) {
                Ok(0) => return Ok(digester.finish()),
                Ok(count) => digester.update(&buffer[..count]),
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }
}

/// sha256 of some bytes.
pub fn sha256(content: &[u8]) -> Sha256Hex {
    Sha256Hex(hex::encode(Sha256::digest(content)))
}

/// Runs work that waits for a disk or burns a core away from the async threads.
pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T> + Send + 'static,
) -> Result<T> {
    tokio::task::spawn_blocking(work).await.map_err(|_| VaultError::Stopped)?
}

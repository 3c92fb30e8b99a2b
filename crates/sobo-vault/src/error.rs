//! What can go wrong with the vault.

use crate::Sha256Hex;

/// Result of every call of this crate.
pub type Result<T, E = VaultError> = std::result::Result<T, E>;

/// An error of the vault, with the object or path it was about.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum VaultError {
    /// The address names no supported vault.
    #[error("vault address {url:?} is not supported: use a folder, file:///folder or s3://bucket/prefix")]
    Address {
        /// The address.
        url: String,
    },
    /// Not a sha256 in lower-case hex.
    #[error("{text:?} is no sha256: 64 lower-case hexadecimal digits are expected")]
    Name {
        /// The text.
        text: String,
    },
    /// There is no such object.
    #[error("the vault holds no original {sha256}: restore it from a copy")]
    Missing {
        /// Its name.
        sha256: Sha256Hex,
    },
    /// Other bytes stand under the name.
    #[error("original {sha256} was changed in the vault (it is {found} now): restore it from a copy")]
    Changed {
        /// Its name.
        sha256: Sha256Hex,
        /// sha256 of what is there.
        found: Sha256Hex,
    },
    /// An object of the same name has another size: the vault never overwrites it.
    #[error(
        "original {sha256} stands in the vault with {found} bytes instead of {expected}: it was damaged, restore it from a copy"
    )]
    Damaged {
        /// Its name.
        sha256: Sha256Hex,
        /// Size it must have.
        expected: u64,
        /// Size it has.
        found: u64,
    },
    /// A file changed while it was being put.
    #[error("{path} changed while it was read: take it in again when it is complete")]
    Unstable {
        /// The file.
        path: String,
    },
    /// The disk or the folder failed.
    #[error("cannot {doing} {path}: check its disk space and permissions")]
    Io {
        /// What was attempted.
        doing: &'static str,
        /// The path.
        path: String,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// The object store failed.
    #[error("cannot {doing} {key} in the object store")]
    Remote {
        /// What was attempted.
        doing: &'static str,
        /// The object's key or the bucket.
        key: String,
        /// What the store said.
        #[source]
        source: object_store::Error,
    },
    /// A task of this program was stopped.
    #[error("the vault's work was stopped half way")]
    Stopped,
}

impl VaultError {
    pub(crate) fn io(doing: &'static str, path: &std::path::Path) -> impl FnOnce(std::io::Error) -> Self {
        move |source| Self::Io { doing, path: path.display().to_string(), source }
    }

    /// Whether the disk is full: a batch cannot go on.
    pub fn is_disk_full(&self) -> bool {
        matches!(self, Self::Io { source, .. }
            if matches!(source.kind(), std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded))
    }
}

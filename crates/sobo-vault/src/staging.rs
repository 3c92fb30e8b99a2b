//! Bytes on their way into or out of the vault, in temporary files: an original of any size passes through with a
//! megabyte of memory.

use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use crate::digest::Digester;
use crate::{Result, Stored, VaultError};

/// Takes the bytes of an original and knows their sha256 at the end. Gone when dropped.
#[derive(Debug)]
pub struct Staging {
    temporary: Temporary,
    digester: Digester,
}

impl Staging {
    pub(crate) fn create(folder: &Path) -> Result<Self> {
        Ok(Self { temporary: Temporary::create(folder)?, digester: Digester::default() })
    }

    /// An error of writing here, with the file it was about.
    pub fn failed(&self, error: std::io::Error) -> VaultError {
        VaultError::io("write", &self.temporary.path)(error)
    }

    /// All bytes are there.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn finish(mut self) -> Result<Staged> {
        self.temporary.file.flush().map_err(VaultError::io("write", &self.temporary.path))?;
        Ok(Staged { temporary: self.temporary, stored: self.digester.finish() })
    }
}

impl Write for Staging {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let count = self.temporary.file.write(bytes)?;
        self.digester.update(&bytes[..count]);
        Ok(count)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.temporary.file.flush()
    }
}

/// An original that is not in the vault yet: to be looked at, then kept or dropped.
#[derive(Debug)]
pub struct Staged {
    pub(crate) temporary: Temporary,
    pub(crate) stored: Stored,
}

impl Staged {
    /// Its sha256 and size.
    pub fn stored(&self) -> &Stored {
        &self.stored
    }

    /// The file its bytes are in.
    pub fn path(&self) -> &Path {
        &self.temporary.path
    }
}

/// An object as a file on this machine, checked against its name.
#[derive(Debug)]
pub struct Local {
    pub(crate) path: PathBuf,
    /// Where it is a copy: gone when dropped.
    pub(crate) _copy: Option<Temporary>,
}

impl Local {
    /// The file. Nobody may change it.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

/// A file being written, locked for as long, gone when dropped.
#[derive(Debug)]
pub(crate) struct Temporary {
    pub(crate) file: File,
    pub(crate) path: PathBuf,
}

impl Temporary {
    pub(crate) fn create(folder: &Path) -> Result<Self> {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        loop {
            let count = COUNT.fetch_add(1, Ordering::Relaxed);
            let path = folder.join(format!("{}-{count}", std::process::id()));
            let file = match OpenOptions::new().write(true).create_new(true).open(&path) {
                // A dead process had the same number.
                Err(error) if error.kind() == ErrorKind::AlreadyExists => continue,
                opened => opened.map_err(VaultError::io("write", &path))?,
            };
            file.lock().map_err(VaultError::io("lock", &path))?;
            // Between creating and locking, another process may have taken it for a leftover.
            if std::fs::metadata(&path)
                .is_ok_and(|there| file.metadata().is_ok_and(|it| it.ino() == there.ino()))
            {
                return Ok(Self { file, path });
            }
        }
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        // Gone already where it was renamed; otherwise the next opening clears it away.
        let _ = std::fs::remove_file(&self.path);
    }
}

/// Removes temporary files whose writer is gone. A living writer holds a lock on its file.
pub(crate) fn clear_leftovers(folder: &Path) -> Result<()> {
    for entry in std::fs::read_dir(folder).map_err(VaultError::io("list", folder))? {
        let path = entry.map_err(VaultError::io("list", folder))?.path();
        let Ok(file) = File::open(&path) else { continue };
        if file.try_lock().is_ok() {
            match std::fs::remove_file(&path) {
                Err(error) if error.kind() != ErrorKind::NotFound => {
                    return Err(VaultError::io("remove", &path)(error));
                }
                _ => tracing::debug!(path = %path.display(), "removed what an interrupted writer left"),
            }
        }
    }
    Ok(())
}

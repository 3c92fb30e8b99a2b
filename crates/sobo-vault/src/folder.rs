//! A vault in a folder: `ab/cd/abcd…`, files read-only.
//!
//! An object appears in one step: its bytes go to a file under `tmp/`, reach the disk, and only then is the file linked
//! to its name, which fails if the name is taken. `object_store`'s folder does the same but never waits for the disk; a
//! power cut could then leave an empty original behind a committed page, so this home is our own.

use std::fs::{File, Permissions};
use std::io::{ErrorKind, Read as _, Seek as _, SeekFrom, Write as _};
use std::ops::Range;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::digest::{Digester, blocking};
use crate::staging::{Staged, Staging, Temporary, clear_leftovers};
use crate::{Put, Result, Sha256Hex, Stored, VaultError};

#[derive(Debug, Clone)]
pub(crate) struct Folder {
    root: Arc<Path>,
}

impl Folder {
    pub(crate) async fn open(root: PathBuf) -> Result<Self> {
        let folder = Self { root: root.into() };
        let opened = folder.clone();
        blocking(move || {
            let temporary = opened.temporary();
            std::fs::create_dir_all(&temporary).map_err(VaultError::io("make the folder", &temporary))?;
            clear_leftovers(&temporary)
        })
        .await?;
        Ok(folder)
    }

    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    pub(crate) async fn put(&self, content: Vec<u8>) -> Result<Put> {
        let folder = self.clone();
        blocking(move || {
            let stored = Stored { sha256: crate::sha256(&content), bytes: content.len() as u64 };
            // Most intakes that run again find everything in place: spare the disk.
            if let Some(put) = folder.already(&stored)? {
                return Ok(put);
            }
            let mut temporary = Temporary::create(&folder.temporary())?;
            temporary.file.write_all(&content).map_err(VaultError::io("write", &temporary.path))?;
            folder.publish(temporary, stored)
        })
        .await
    }

    pub(crate) async fn put_file(&self, path: &Path) -> Result<Put> {
        let (folder, path) = (self.clone(), path.to_owned());
        blocking(move || {
            let mut source = File::open(&path).map_err(VaultError::io("open", &path))?;
            let mut staging = folder.stage()?;
            let mut buffer = vec![0; 1 << 20];
            loop {
                match source.read(&mut buffer) {
                    Ok(0) => break,
                    Ok(count) => {
                        staging.write_all(&buffer[..count]).map_err(|error| staging.failed(error))?;
                    }
                    Err(error) if error.kind() == ErrorKind::Interrupted => {}
                    Err(error) => return Err(VaultError::io("read", &path)(error)),
                }
            }
            folder.keep_blocking(staging.finish()?)
        })
        .await
    }

    /// On the same file system as the objects, so that keeping what was staged is one link.
    pub(crate) fn stage(&self) -> Result<Staging> {
        Staging::create(&self.temporary())
    }

    pub(crate) async fn keep(&self, staged: Staged) -> Result<Put> {
        let folder = self.clone();
        blocking(move || folder.keep_blocking(staged)).await
    }

    fn keep_blocking(&self, staged: Staged) -> Result<Put> {
        match self.already(&staged.stored)? {
            Some(put) => Ok(put),
            None => self.publish(staged.temporary, staged.stored),
        }
    }

    /// Where an object lies, once its bytes were found to be those of its name.
    pub(crate) async fn local(&self, sha256: &Sha256Hex) -> Result<PathBuf> {
        match self.digest(sha256).await? {
            None => Err(VaultError::Missing { sha256: sha256.clone() }),
            Some(found) if found.sha256 != *sha256 => {
                Err(VaultError::Changed { sha256: sha256.clone(), found: found.sha256 })
            }
            Some(_) => Ok(self.path(sha256)),
        }
    }

    pub(crate) async fn get(&self, sha256: &Sha256Hex) -> Result<Vec<u8>> {
        let (path, sha256) = (self.path(sha256), sha256.clone());
        blocking(move || match std::fs::read(&path) {
            Err(error) if error.kind() == ErrorKind::NotFound => Err(VaultError::Missing { sha256 }),
            read => read.map_err(VaultError::io("read", &path)),
        })
        .await
    }

    pub(crate) async fn get_range(&self, sha256: &Sha256Hex, range: Range<u64>) -> Result<Vec<u8>> {
        let (path, sha256) = (self.path(sha256), sha256.clone());
        blocking(move || {
            let mut file = match File::open(&path) {
                Err(error) if error.kind() == ErrorKind::NotFound => {
                    return Err(VaultError::Missing { sha256 });
                }
                opened => opened.map_err(VaultError::io("open", &path))?,
            };
            let mut bytes = Vec::new();
            file.seek(SeekFrom::Start(range.start)).map_err(VaultError::io("read", &path))?;
            file.take(range.end.saturating_sub(range.start))
                .read_to_end(&mut bytes)
                .map_err(VaultError::io("read", &path))?;
            Ok(bytes)
        })
        .await
    }

    pub(crate) async fn size(&self, sha256: &Sha256Hex) -> Result<Option<u64>> {
        let path = self.path(sha256);
        blocking(move || size_of(&path)).await
    }

    pub(crate) async fn digest(&self, sha256: &Sha256Hex) -> Result<Option<Stored>> {
        let path = self.path(sha256);
        blocking(move || match File::open(&path) {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(VaultError::io("open", &path)(error)),
            Ok(file) => Digester::of(file).map(Some).map_err(VaultError::io("read", &path)),
        })
        .await
    }

    pub(crate) async fn list(&self) -> Result<Vec<Stored>> {
        let folder = self.clone();
        blocking(move || {
            let mut all = Vec::new();
            for first in subfolders(&folder.root)? {
                for second in subfolders(&first)? {
                    let entries = std::fs::read_dir(&second).map_err(VaultError::io("list", &second))?;
                    for entry in entries {
                        let entry = entry.map_err(VaultError::io("list", &second))?;
                        // Whatever else lies here is not the vault's.
                        let Some(sha256) = entry.file_name().to_str().and_then(|name| name.parse().ok())
                        else {
                            continue;
                        };
                        let meta = entry.metadata().map_err(VaultError::io("list", &second))?;
                        all.push(Stored { sha256, bytes: meta.len() });
                    }
                }
            }
            Ok(all)
        })
        .await
    }

    fn temporary(&self) -> PathBuf {
        self.root.join("tmp")
    }

    fn path(&self, sha256: &Sha256Hex) -> PathBuf {
        let name = sha256.as_str();
        self.root.join(&name[..2]).join(&name[2..4]).join(name)
    }

    /// The object, where it is there already, with its folders made sure to be on the disk: the writer that put it may
    /// have been killed before it did so.
    fn already(&self, stored: &Stored) -> Result<Option<Put>> {
        let path = self.path(&stored.sha256);
        match size_of(&path)? {
            None => Ok(None),
            Some(found) if found == stored.bytes => {
                self.sync_folders(&path)?;
                Ok(Some(Put { stored: stored.clone(), new: false }))
            }
            Some(found) => {
                Err(VaultError::Damaged { sha256: stored.sha256.clone(), expected: stored.bytes, found })
            }
        }
    }

    /// Gives a complete temporary file its name.
    fn publish(&self, temporary: Temporary, stored: Stored) -> Result<Put> {
        let path = self.path(&stored.sha256);
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent).map_err(VaultError::io("make the folder", parent))?;
        }
        temporary
            .file
            .set_permissions(Permissions::from_mode(0o444))
            .and_then(|()| temporary.file.sync_all())
            .map_err(VaultError::io("write", &temporary.path))?;
        let linked = match std::fs::hard_link(&temporary.path, &path) {
            // File systems without hard links: a rename may replace, but only the same bytes.
            Err(error) if matches!(error.kind(), ErrorKind::Unsupported | ErrorKind::PermissionDenied) => {
                if size_of(&path)?.is_none() {
                    std::fs::rename(&temporary.path, &path)
                } else {
                    Err(ErrorKind::AlreadyExists.into())
                }
            }
            linked => linked,
        };
        match linked {
            Ok(()) => {}
            // Another writer put the same bytes meanwhile.
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {
                if let Some(put) = self.already(&stored)? {
                    return Ok(put);
                }
            }
            Err(error) => return Err(VaultError::io("write", &path)(error)),
        }
        self.sync_folders(&path)?;
        Ok(Put { stored, new: true })
    }

    /// Makes the names on the way from the root to `path` durable.
    fn sync_folders(&self, path: &Path) -> Result<()> {
        for folder in path.ancestors().skip(1) {
            File::open(folder).and_then(|it| it.sync_all()).map_err(VaultError::io("write", folder))?;
            if folder == &*self.root {
                break;
            }
        }
        Ok(())
    }
}

fn size_of(path: &Path) -> Result<Option<u64>> {
    match std::fs::metadata(path) {
        Ok(meta) => Ok(Some(meta.len())),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(VaultError::io("look at", path)(error)),
    }
}

/// The two-digit folders in a folder.
fn subfolders(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(VaultError::io("list", folder))? {
        let entry = entry.map_err(VaultError::io("list", folder))?;
        let name = entry.file_name();
        let is_ours = name.len() == 2 && name.as_encoded_bytes().iter().all(u8::is_ascii_hexdigit);
        if is_ours && entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            found.push(entry.path());
        }
    }
    Ok(found)
}

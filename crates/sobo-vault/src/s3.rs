//! A vault in a bucket of an S3-compatible store: `prefix/ab/cd/abcd…`.

use std::io::Write as _;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use futures::TryStreamExt as _;
use object_store::aws::{AmazonS3, AmazonS3Builder};
use object_store::path::Path as Key;
use object_store::{ObjectStore as _, ObjectStoreExt as _, PutMode, PutOptions, PutPayload};
use tokio::io::AsyncReadExt as _;

use crate::digest::{Digester, blocking};
use crate::staging::{Staged, Staging};
use crate::{Put, Result, Sha256Hex, Stored, VaultConfig, VaultError};

/// Files up to this size go up in one conditional request; larger ones in parts of it.
const PART: usize = 16 << 20;

#[derive(Debug, Clone)]
pub(crate) struct Bucket {
    store: Arc<AmazonS3>,
    prefix: Key,
}

impl Bucket {
    /// `place` is `bucket/prefix`.
    pub(crate) fn open(config: &VaultConfig, place: &str) -> Result<Self> {
        let (bucket, prefix) = place.split_once('/').unwrap_or((place, ""));
        if bucket.is_empty() {
            return Err(VaultError::Address { url: config.url.clone() });
        }
        let mut builder = AmazonS3Builder::from_env().with_bucket_name(bucket);
        if let Some(endpoint) = &config.endpoint {
            builder = builder.with_endpoint(endpoint).with_allow_http(endpoint.starts_with("http://"));
        }
        if let Some(region) = &config.region {
            builder = builder.with_region(region);
        }
        if let Some(key) = &config.access_key_id {
            builder = builder.with_access_key_id(key);
        }
        if let Some(secret) = &config.secret_access_key {
            builder = builder.with_secret_access_key(secret);
        }
        let store = builder.build().map_err(remote("open", bucket))?;
        let prefix = Key::parse(prefix).map_err(|_| VaultError::Address { url: config.url.clone() })?;
        Ok(Self { store: Arc::new(store), prefix })
    }

    pub(crate) async fn put(&self, content: Vec<u8>) -> Result<Put> {
        let (stored, content) = blocking(move || {
            Ok((Stored { sha256: crate::sha256(&content), bytes: content.len() as u64 }, content))
        })
        .await?;
        if let Some(put) = self.already(&stored).await? {
            return Ok(put);
        }
        let key = self.key(&stored.sha256);
        let options = PutOptions { mode: PutMode::Create, ..PutOptions::default() };
        match self.store.put_opts(&key, PutPayload::from(content), options).await {
            Ok(_) => Ok(Put { stored, new: true }),
            // Another writer put the same bytes meanwhile.
            Err(object_store::Error::AlreadyExists { .. }) => Ok(Put { stored, new: false }),
            Err(error) => Err(remote("write", key.as_ref())(error)),
        }
    }

    /// Puts a file in parts. Parts are joined without a condition, which S3 does not offer for them everywhere; what
    /// could be overwritten in the race of two writers is the same bytes.
    pub(crate) async fn put_file(&self, path: &Path) -> Result<Put> {
        let source = path.to_owned();
        let stored = blocking(move || {
            let file = std::fs::File::open(&source).map_err(VaultError::io("open", &source))?;
            Digester::of(file).map_err(VaultError::io("read", &source))
        })
        .await?;
        if stored.bytes <= PART as u64 {
            let content = tokio::fs::read(path).await.map_err(VaultError::io("read", path))?;
            return self.put(content).await;
        }
        if let Some(put) = self.already(&stored).await? {
            return Ok(put);
        }
        let key = self.key(&stored.sha256);
        let mut upload = self.store.put_multipart(&key).await.map_err(remote("write", key.as_ref()))?;
        let result = async {
            let mut file = tokio::fs::File::open(path).await.map_err(VaultError::io("open", path))?;
            let mut digester = Digester::default();
            loop {
                let mut part = Vec::with_capacity(PART);
                (&mut file)
                    .take(PART as u64)
                    .read_to_end(&mut part)
                    .await
                    .map_err(VaultError::io("read", path))?;
                if part.is_empty() {
                    break;
                }
                digester.update(&part);
                upload.put_part(part.into()).await.map_err(remote("write", key.as_ref()))?;
            }
            // The name was taken from a first reading; a file still growing must not get it.
            if digester.finish() != stored {
                return Err(VaultError::Unstable { path: path.display().to_string() });
            }
            upload.complete().await.map_err(remote("write", key.as_ref()))?;
            Ok(())
        }
        .await;
        if let Err(error) = result {
            // Parts left behind cost money; the store's own rules clear away what even this cannot.
            let _ = upload.abort().await;
            return Err(error);
        }
        Ok(Put { stored, new: true })
    }

    pub(crate) async fn get(&self, sha256: &Sha256Hex) -> Result<Vec<u8>> {
        let key = self.key(sha256);
        let result = self.store.get(&key).await.map_err(self.missing_or("read", sha256))?;
        Ok(result.bytes().await.map_err(remote("read", key.as_ref()))?.into())
    }

    /// Brings an object into a file of this machine.
    pub(crate) async fn fetch(&self, sha256: &Sha256Hex, mut staging: Staging) -> Result<Staged> {
        let key = self.key(sha256);
        let result = self.store.get(&key).await.map_err(self.missing_or("read", sha256))?;
        let mut stream = result.into_stream();
        while let Some(bytes) = stream.try_next().await.map_err(remote("read", key.as_ref()))? {
            staging.write_all(&bytes).map_err(|error| staging.failed(error))?;
        }
        staging.finish()
    }

    pub(crate) async fn get_range(&self, sha256: &Sha256Hex, range: Range<u64>) -> Result<Vec<u8>> {
        let bytes =
            self.store.get_range(&self.key(sha256), range).await.map_err(self.missing_or("read", sha256))?;
        Ok(bytes.into())
    }

    pub(crate) async fn size(&self, sha256: &Sha256Hex) -> Result<Option<u64>> {
        let key = self.key(sha256);
        match self.store.head(&key).await {
            Ok(meta) => Ok(Some(meta.size)),
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(remote("look at", key.as_ref())(error)),
        }
    }

    pub(crate) async fn digest(&self, sha256: &Sha256Hex) -> Result<Option<Stored>> {
        let key = self.key(sha256);
        let result = match self.store.get(&key).await {
            Ok(result) => result,
            Err(object_store::Error::NotFound { .. }) => return Ok(None),
            Err(error) => return Err(remote("read", key.as_ref())(error)),
        };
        let mut digester = Digester::default();
        let mut stream = result.into_stream();
        while let Some(bytes) = stream.try_next().await.map_err(remote("read", key.as_ref()))? {
            digester.update(&bytes);
        }
        Ok(Some(digester.finish()))
    }

    pub(crate) async fn list(&self) -> Result<Vec<Stored>> {
        let mut all = Vec::new();
        let mut stream = self.store.list(Some(&self.prefix));
        while let Some(meta) = stream.try_next().await.map_err(remote("list", self.prefix.as_ref()))? {
            let name = meta.location.filename().and_then(|name| name.parse().ok());
            // Whatever else lies here is not the vault's.
            if let Some(sha256) = name.filter(|sha256| self.key(sha256) == meta.location) {
                all.push(Stored { sha256, bytes: meta.size });
            }
        }
        Ok(all)
    }

    async fn already(&self, stored: &Stored) -> Result<Option<Put>> {
        match self.size(&stored.sha256).await? {
            None => Ok(None),
            Some(found) if found == stored.bytes => Ok(Some(Put { stored: stored.clone(), new: false })),
            Some(found) => {
                Err(VaultError::Damaged { sha256: stored.sha256.clone(), expected: stored.bytes, found })
            }
        }
    }

    fn key(&self, sha256: &Sha256Hex) -> Key {
        let name = sha256.as_str();
        self.prefix.clone().join(&name[..2]).join(&name[2..4]).join(name)
    }

    fn missing_or(
        &self,
        doing: &'static str,
        sha256: &Sha256Hex,
    ) -> impl FnOnce(object_store::Error) -> VaultError {
        let (key, sha256) = (self.key(sha256), sha256.clone());
        move |error| match error {
            object_store::Error::NotFound { .. } => VaultError::Missing { sha256 },
            error => remote(doing, key.as_ref())(error),
        }
    }
}

fn remote(doing: &'static str, key: &str) -> impl FnOnce(object_store::Error) -> VaultError {
    let key = key.to_owned();
    move |source| VaultError::Remote { doing, key, source }
}

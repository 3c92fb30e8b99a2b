//! One suite for both homes of the vault, then what is particular to a folder.
//!
//! The bucket's half needs an S3-compatible server at `SOBO_TEST_S3_URL`; it is left out where there is none, unless
//! `CI=true` or `SOBO_REQUIRE_SERVERS=1`.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::io::{Read as _, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::sync::atomic::{AtomicU32, Ordering};

use object_store::ObjectStoreExt as _;
use sobo_vault::{Fixity, Sha256Hex, Vault, VaultConfig, VaultError, sha256};

async fn folder() -> (Vault, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let vault = Vault::open(&VaultConfig::at(folder.path().to_str().unwrap())).await.unwrap();
    (vault, folder)
}

/// A vault in a fresh bucket, and what is needed to reach round it.
async fn bucket() -> Option<(Vault, String)> {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let set = |name| std::env::var(name).ok();
    let Some(endpoint) = set("SOBO_TEST_S3_URL") else {
        let required =
            set("CI").as_deref() == Some("true") || set("SOBO_REQUIRE_SERVERS").as_deref() == Some("1");
        assert!(!required, "an S3-compatible server is required here: set SOBO_TEST_S3_URL");
        eprintln!("left out: the S3 half of this test");
        return None;
    };
    let name = format!("sobo-test-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
    let status = http(&endpoint, "PUT", &format!("/{name}"), b"");
    assert!(status.contains(" 200 "), "the test server makes no bucket: {status}");
    let config = VaultConfig {
        url: format!("s3://{name}/kho"),
        endpoint: Some(endpoint),
        region: Some("us-east-1".to_owned()),
        access_key_id: Some("test".to_owned()),
        secret_access_key: Some("test".to_owned()),
    };
    Some((Vault::open(&config).await.unwrap(), name))
}

/// One unsigned request, which a test server allows.
fn http(endpoint: &str, method: &str, path: &str, body: &[u8]) -> String {
    let host = endpoint.trim_start_matches("http://").trim_end_matches('/');
    let mut stream = std::net::TcpStream::connect(host).unwrap();
    let length = body.len();
    let head = format!(
        "{method} {path} HTTP/1.1\r\nHost: {host}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).unwrap();
    stream.write_all(body).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer.lines().next().unwrap_or_default().to_owned()
}

macro_rules! on_both {
    ($(async fn $name:ident($vault:ident: Vault) $body:block)*) => {
        $(mod $name {
            use super::*;

            async fn check($vault: Vault) $body

            #[tokio::test]
            async fn folder() {
                let (vault, _folder) = super::folder().await;
                check(vault).await;
            }

            #[tokio::test]
            async fn s3() {
                if let Some((vault, _)) = bucket().await {
                    check(vault).await;
                }
            }
        })*
    };
}

on_both! {
    async fn what_is_put_is_what_is_got(vault: Vault) {
        let put = vault.put(b"Khai sanh".to_vec()).await.unwrap();
        assert_eq!((put.new, put.stored.bytes), (true, 9));
        let name = &put.stored.sha256;
        assert_eq!(*name, sha256(b"Khai sanh"));
        assert_eq!(vault.get(name).await.unwrap(), b"Khai sanh");
        assert_eq!(vault.get_range(name, 5..8).await.unwrap(), b"san");
        assert_eq!(vault.size(name).await.unwrap(), Some(9));
        assert_eq!(vault.verify(name).await.unwrap(), Fixity::Intact);
    }

    async fn putting_again_changes_nothing(vault: Vault) {
        let first = vault.put(b"one".to_vec()).await.unwrap();
        let second = vault.put(b"one".to_vec()).await.unwrap();
        assert_eq!((second.new, &second.stored), (false, &first.stored));
        assert_eq!(vault.list().await.unwrap(), [first.stored]);
    }

    async fn a_list_is_in_order_and_complete(vault: Vault) {
        let mut names = Vec::new();
        for number in 0..20_u8 {
            names.push(vault.put(vec![number; 100]).await.unwrap().stored);
        }
        names.sort();
        assert_eq!(vault.list().await.unwrap(), names);
    }

    async fn what_is_not_there_is_missing(vault: Vault) {
        let name = sha256(b"nothing");
        assert!(matches!(vault.get(&name).await, Err(VaultError::Missing { .. })));
        assert!(matches!(vault.get_range(&name, 0..1).await, Err(VaultError::Missing { .. })));
        assert_eq!(vault.size(&name).await.unwrap(), None);
        assert_eq!(vault.verify(&name).await.unwrap(), Fixity::Missing);
        assert_eq!(vault.list().await.unwrap(), []);
    }

    async fn empty_content_has_a_name_too(vault: Vault) {
        let put = vault.put(Vec::new()).await.unwrap();
        assert_eq!(vault.get(&put.stored.sha256).await.unwrap(), b"");
    }

    async fn files_go_in_whatever_their_size(vault: Vault) {
        let folder = tempfile::tempdir().unwrap();
        // The larger one takes three parts on S3.
        for size in [10_usize, 40 << 20] {
            let path = folder.path().join("sổ bộ.tif");
            let content: Vec<u8> = (0..size).map(|at| (at * 31 % 251) as u8).collect();
            std::fs::write(&path, &content).unwrap();
            let put = vault.put_file(&path).await.unwrap();
            assert_eq!((put.new, put.stored.bytes), (true, size as u64));
            assert_eq!(put.stored.sha256, sha256(&content));
            assert!(vault.get(&put.stored.sha256).await.unwrap() == content);
            assert!(!vault.put_file(&path).await.unwrap().new);
        }
    }

    async fn what_is_staged_is_kept_or_leaves_nothing(vault: Vault) {
        use std::io::Write as _;
        let work = tempfile::tempdir().unwrap();
        let stage = |content: &[u8]| {
            let mut staging = vault.stage(work.path()).unwrap();
            for part in content.chunks(7) {
                staging.write_all(part).unwrap();
            }
            staging.finish().unwrap()
        };
        let dropped = stage(b"refused: no picture");
        let path = dropped.path().to_owned();
        assert_eq!(std::fs::read(&path).unwrap(), b"refused: no picture");
        drop(dropped);
        assert!(!path.exists());
        assert_eq!(vault.list().await.unwrap(), []);
        let staged = stage(b"an original");
        assert_eq!((staged.stored().sha256.clone(), staged.stored().bytes), (sha256(b"an original"), 11));
        let put = vault.keep(staged).await.unwrap();
        assert!(put.new);
        assert_eq!(vault.get(&put.stored.sha256).await.unwrap(), b"an original");
        assert!(!vault.keep(stage(b"an original")).await.unwrap().new);
        // As a file, for what is too large for memory.
        let local = vault.local(&put.stored.sha256, work.path()).await.unwrap();
        assert_eq!(std::fs::read(local.path()).unwrap(), b"an original");
        let missing = vault.local(&sha256(b"nothing"), work.path()).await;
        assert!(matches!(missing, Err(VaultError::Missing { .. })), "{missing:?}");
        drop(local);
        let left = std::fs::read_dir(work.path().join("staging")).map_or(0, Iterator::count);
        assert_eq!(left, 0);
        assert!(vault.size(&put.stored.sha256).await.unwrap().is_some());
    }

    async fn writers_at_once_put_one_object(vault: Vault) {
        let writers: Vec<_> = (0..8)
            .map(|_| {
                let vault = vault.clone();
                tokio::spawn(async move { vault.put(vec![7; 100_000]).await.unwrap().stored })
            })
            .collect();
        for writer in writers {
            writer.await.unwrap();
        }
        assert_eq!(vault.list().await.unwrap().len(), 1);
    }
}

#[tokio::test]
async fn a_bucket_shows_what_was_changed_in_it() {
    let Some((vault, name)) = bucket().await else { return };
    let put = vault.put(b"original".to_vec()).await.unwrap();
    let digits = put.stored.sha256.as_str();
    let around = object_store::aws::AmazonS3Builder::new()
        .with_bucket_name(name)
        .with_endpoint(std::env::var("SOBO_TEST_S3_URL").unwrap())
        .with_allow_http(true)
        .with_region("us-east-1")
        .with_access_key_id("test")
        .with_secret_access_key("test")
        .build()
        .unwrap();
    let key = object_store::path::Path::from(format!("kho/{}/{}/{digits}", &digits[..2], &digits[2..4]));
    around.put(&key, "tampered".into()).await.unwrap();
    let expected = Fixity::Changed { found: sha256(b"tampered"), bytes: 8 };
    assert_eq!(vault.verify(&put.stored.sha256).await.unwrap(), expected);
    assert!(matches!(vault.get(&put.stored.sha256).await, Err(VaultError::Changed { .. })));
}

fn path_of(folder: &tempfile::TempDir, name: &Sha256Hex) -> std::path::PathBuf {
    let name = name.as_str();
    folder.path().join(&name[..2]).join(&name[2..4]).join(name)
}

#[tokio::test]
async fn a_folder_shows_what_was_changed_in_it() {
    let (vault, folder) = folder().await;
    let put = vault.put(b"original".to_vec()).await.unwrap();
    let path = path_of(&folder, &put.stored.sha256);
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o444);
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
    std::fs::write(&path, b"tampered").unwrap();
    let expected = Fixity::Changed { found: sha256(b"tampered"), bytes: 8 };
    assert_eq!(vault.verify(&put.stored.sha256).await.unwrap(), expected);
    assert!(matches!(vault.get(&put.stored.sha256).await, Err(VaultError::Changed { .. })));
    std::fs::write(&path, b"cut").unwrap();
    // The damaged object is not overwritten in silence, not even with the right bytes.
    assert!(matches!(
        vault.put(b"original".to_vec()).await,
        Err(VaultError::Damaged { expected: 8, found: 3, .. })
    ));
    assert_eq!(std::fs::read(&path).unwrap(), b"cut");
}

#[tokio::test]
async fn leftovers_are_cleared_and_living_writers_spared() {
    let (vault, folder) = folder().await;
    vault.put(b"kept".to_vec()).await.unwrap();
    let temporary = folder.path().join("tmp");
    std::fs::write(temporary.join("999-0"), b"half an ori").unwrap();
    let living = std::fs::File::create(temporary.join("999-1")).unwrap();
    living.lock().unwrap();
    let again = Vault::open(&VaultConfig::at(format!("file://{}", folder.path().display()))).await.unwrap();
    let left: Vec<_> =
        std::fs::read_dir(&temporary).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left, ["999-1"]);
    assert_eq!(again.list().await.unwrap().len(), 1);
}

#[tokio::test]
async fn foreign_files_are_no_objects() {
    let (vault, folder) = folder().await;
    let put = vault.put(b"kept".to_vec()).await.unwrap();
    let beside = path_of(&folder, &put.stored.sha256).with_file_name("Thumbs.db");
    std::fs::write(beside, b"x").unwrap();
    std::fs::create_dir(folder.path().join("lost+found")).unwrap();
    assert_eq!(vault.list().await.unwrap(), [put.stored]);
}

#[tokio::test]
async fn addresses_that_name_no_vault_are_refused() {
    for url in ["", "ftp://host/folder", "s3://"] {
        assert!(matches!(Vault::open(&VaultConfig::at(url)).await, Err(VaultError::Address { .. })), "{url}");
    }
    assert!("ABC".parse::<Sha256Hex>().is_err());
    assert!("../../../../etc/passwd".parse::<Sha256Hex>().is_err());
}

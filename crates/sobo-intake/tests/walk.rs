//! Folders and zips as contractors deliver them, good and bad.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use sobo_intake::{
    Content, CopyError, Found, IntakeError, Limits, Opened, Refusal, Scan, decode_page, inspect,
    load_descriptor, scan,
};
use zip::write::SimpleFileOptions;

fn photo() -> Vec<u8> {
    fs::read(PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/data/photo.jpg")).unwrap()
}

fn make_zip(path: &Path, entries: &[(&str, &[u8])]) {
    let mut zip = zip::ZipWriter::new(fs::File::create(path).unwrap());
    for (name, bytes) in entries {
        zip.start_file(*name, SimpleFileOptions::default()).unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.finish().unwrap();
}

/// A file's bytes, copied as intake copies them.
fn copied(found: &Found, limits: &Limits) -> Result<Vec<u8>, IntakeError> {
    let mut bytes = Vec::new();
    match found.copy_to(&mut bytes, limits) {
        Ok(count) => {
            assert_eq!(count, bytes.len() as u64);
            Ok(bytes)
        }
        Err(CopyError::Refused(error)) => Err(error),
        Err(CopyError::Target(error)) => panic!("a Vec takes everything: {error}"),
    }
}

fn refusals(scan: &Scan) -> Vec<Refusal> {
    scan.refused.iter().map(|error| error.refusal).collect()
}

#[test]
fn folders_come_in_natural_order_and_droppings_are_passed_over() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["p10.jpg", "p2.jpg", "p1.jpg"] {
        fs::write(folder.path().join(name), photo()).unwrap();
    }
    for name in ["Thumbs.db", ".DS_Store", "volume.toml", "p1.json"] {
        fs::write(folder.path().join(name), "x").unwrap();
    }
    fs::write(folder.path().join("empty.tif"), "").unwrap();
    fs::write(folder.path().join("letter.doc"), "Dear archive").unwrap();
    let scan = scan(&[folder.path().to_owned()], &Limits::default());
    let names: Vec<_> = scan.found.iter().map(|f| f.name.rsplit('/').next().unwrap().to_owned()).collect();
    assert_eq!(names, ["p1.jpg", "p2.jpg", "p10.jpg"]);
    assert_eq!(refusals(&scan), [Refusal::Empty, Refusal::UnknownFormat]);
    assert_eq!(copied(&scan.found[0], &Limits::default()).unwrap(), photo());
}

#[test]
fn zips_are_opened_once_and_never_leave_their_folder() {
    let folder = tempfile::tempdir().unwrap();
    let inner = folder.path().join("inner.zip");
    make_zip(&inner, &[("a.jpg", &photo())]);
    let path = folder.path().join("scans.zip");
    let inner = fs::read(inner).unwrap();
    let photo = photo();
    make_zip(
        &path,
        &[
            ("quyển 1/p2.jpg", &photo),
            ("quyển 1/p1.jpg", &photo),
            ("../../escape.jpg", &photo),
            ("inner.zip", &inner),
            ("empty.jpg", b""),
            ("volume.toml", b"x"),
        ],
    );
    let scan = scan(std::slice::from_ref(&path), &Limits::default());
    assert_eq!(scan.found.len(), 2);
    assert!(scan.found[0].name.ends_with("scans.zip/quyển 1/p1.jpg"), "{}", scan.found[0].name);
    assert_eq!(copied(&scan.found[1], &Limits::default()).unwrap(), photo);
    assert_eq!(refusals(&scan), [Refusal::PathTraversal, Refusal::NestedArchive, Refusal::Empty]);
    assert!(scan.refused[0].to_string().contains("escape.jpg"));
}

#[test]
fn a_zip_bomb_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bomb.zip");
    let mut bytes = photo();
    bytes.resize(3_000_000, 0);
    make_zip(&path, &[("a.jpg", &bytes), ("b.jpg", &bytes)]);
    let paths = [path];
    let tight = Limits { max_file_bytes: 1_000_000, ..Limits::default() };
    assert_eq!(refusals(&scan(&paths, &tight)), [Refusal::TooManyBytes, Refusal::TooManyBytes]);
    let together = Limits { max_unpacked_bytes: 4_000_000, ..Limits::default() };
    let found = scan(&paths, &together);
    assert_eq!((found.found.len(), refusals(&found)), (1, vec![Refusal::TooManyBytes]));
    let few = Limits { max_entries: 1, ..Limits::default() };
    assert_eq!(refusals(&scan(&paths, &few)), [Refusal::TooManyEntries]);
}

#[test]
fn a_small_zip_of_nothing_is_refused_before_it_fills_the_disk() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bomb.zip");
    make_zip(&path, &[("p1.jpg", &photo()), ("p2.jpg", &vec![0; 70 << 20])]);
    let scan = scan(&[path], &Limits::default());
    assert_eq!((scan.found.len(), refusals(&scan)), (1, vec![Refusal::TooManyBytes]));
    let said = scan.refused[0].to_string();
    assert!(said.contains("p2.jpg") && said.contains("zip bomb"), "{said}");
}

#[test]
fn a_tiff_is_read_from_its_file_and_other_files_within_the_memory_limit() {
    let data = |name: &str| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(name);
    let limits = Limits::default();
    for (name, pages) in [("pages.tif", 4), ("scan.pdf", 2), ("photo.jpg", 1)] {
        let (path, bytes) = (data(name), fs::read(data(name)).unwrap());
        assert_eq!(inspect(path.as_path(), name, &limits).unwrap(), inspect(&bytes, name, &limits).unwrap());
        for page in 0..pages {
            let from_file = decode_page(path.as_path(), name, page, &limits).unwrap();
            let from_memory = decode_page(&bytes, name, page, &limits).unwrap();
            assert!(
                from_file.image == from_memory.image && from_file.dpi == from_memory.dpi,
                "{name} {page}"
            );
        }
    }
    let tight = Limits { max_memory_bytes: 1000, ..Limits::default() };
    assert_eq!(inspect(data("pages.tif").as_path(), "pages.tif", &tight).unwrap().pages, 4);
    let error = inspect(data("scan.pdf").as_path(), "scan.pdf", &tight).unwrap_err();
    assert_eq!(error.refusal, Refusal::TooManyBytes);
    assert!(error.to_string().contains("max_memory_bytes"), "{error}");
}

#[test]
fn a_large_entry_of_a_zip_is_unpacked_into_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("scans.zip");
    let mut large = fs::read(PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/data/pages.tif")).unwrap();
    let mut noise = 1_u32;
    large.resize_with(65 << 20, || {
        noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (noise >> 24) as u8
    });
    make_zip(&path, &[("book.tif", &large), ("p1.jpg", &photo())]);
    let scan = scan(&[path], &Limits::default());
    let book = scan.found[0].open(&Limits::default()).unwrap();
    let Content::File(unpacked) = book.content() else { panic!("{} bytes in memory", large.len()) };
    assert_eq!(fs::metadata(unpacked).unwrap().len(), large.len() as u64);
    assert_eq!(inspect(book.content(), "book.tif", &Limits::default()).unwrap().pages, 4);
    let unpacked = unpacked.to_owned();
    drop(book);
    assert!(!unpacked.exists());
    assert!(
        matches!(scan.found[1].open(&Limits::default()).unwrap(), Opened::Memory(bytes) if bytes == photo())
    );
}

#[test]
fn a_header_that_lies_about_its_size_does_not_unpack_more() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.zip");
    let mut bytes = photo();
    bytes.resize(2_000_000, 7);
    make_zip(&path, &[("a.jpg", &bytes)]);
    let loose = scan(&[path], &Limits::default());
    let tight = Limits { max_file_bytes: 10_000, ..Limits::default() };
    assert_eq!(copied(&loose.found[0], &tight).unwrap_err().refusal, Refusal::TooManyBytes);
}

#[test]
fn a_cut_zip_and_missing_paths_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("cut.zip");
    make_zip(&path, &[("a.jpg", &photo())]);
    let bytes = fs::read(&path).unwrap();
    fs::write(&path, &bytes[..bytes.len() / 2]).unwrap();
    let missing = folder.path().join("nowhere");
    let scan = scan(&[path, missing], &Limits::default());
    assert_eq!(refusals(&scan), [Refusal::Damaged, Refusal::Vanished]);
    assert!(scan.refused[1].to_string().contains("nowhere"));
}

#[test]
fn a_file_that_vanishes_after_the_walk_is_a_refusal() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("p1.jpg");
    fs::write(&path, photo()).unwrap();
    let scan = scan(std::slice::from_ref(&path), &Limits::default());
    fs::remove_file(path).unwrap();
    assert_eq!(copied(&scan.found[0], &Limits::default()).unwrap_err().refusal, Refusal::Vanished);
}

#[cfg(unix)]
#[test]
fn names_that_are_not_utf8_are_shown_and_taken_in() {
    use std::os::unix::ffi::OsStrExt as _;
    let folder = tempfile::tempdir().unwrap();
    let name = std::ffi::OsStr::from_bytes(b"trang \xe1\xbb.jpg");
    fs::write(folder.path().join(name), photo()).unwrap();
    let scan = scan(&[folder.path().to_owned()], &Limits::default());
    assert!(scan.found[0].name.ends_with("trang \\xe1\\xbb.jpg"), "{}", scan.found[0].name);
    assert_eq!(copied(&scan.found[0], &Limits::default()).unwrap(), photo());
}

#[test]
fn descriptors_name_their_faults() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("volume.toml");
    let good = "name = 'KS.1971.01'\noffice = 'XÃ BÌNH-HÒA'\nregister_type = 'birth'\nyear_from = 1971\n\
                closing = { pages = 120, entries = 118 }\n";
    fs::write(&path, good).unwrap();
    let volume = load_descriptor(&path).unwrap();
    assert_eq!((volume.form.as_str(), volume.closing.entries), ("auto", Some(118)));
    for (text, wanted) in [
        ("name = 'x'\n", "office"),
        (&format!("{good}offise = 'x'\n"), "offise"),
        (&format!("{good}year_to = 1960\n"), "year_to"),
        ("name = ", "volume.toml"),
    ] {
        fs::write(&path, text).unwrap();
        let error = load_descriptor(&path).unwrap_err();
        assert_eq!(error.refusal, Refusal::Descriptor);
        assert!(error.to_string().contains(wanted), "{error}");
    }
}

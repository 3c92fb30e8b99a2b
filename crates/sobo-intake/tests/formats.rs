//! Every way a scan comes decodes to the same sheet: black corner at the top left, white elsewhere.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

use std::path::PathBuf;

use sobo_intake::{DecodedPage, Limits, Refusal, decode_page, inspect};

fn data(name: &str) -> Vec<u8> {
    std::fs::read(PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(name)).unwrap()
}

fn assert_sheet(name: &str, page: &DecodedPage, size: (u32, u32), black: [(u32, u32); 2]) {
    let grey = page.image.to_luma8();
    assert_eq!(grey.dimensions(), size, "{name}");
    for (x, y) in black {
        assert!(grey.get_pixel(x, y).0[0] < 40, "{name}: ({x}, {y}) should be black");
    }
    let (w, h) = size;
    let corners = [(5, 5), (w - 5, 5), (5, h - 5), (w - 5, h - 5), (w / 2, h / 2)];
    for (x, y) in corners.into_iter().filter(|corner| !black.contains(corner)) {
        assert!(grey.get_pixel(x, y).0[0] > 215, "{name}: ({x}, {y}) should be white");
    }
}

#[test]
fn tiff_pages_of_all_depths_and_compressions() {
    let bytes = data("pages.tif");
    let limits = Limits::default();
    let info = inspect(&bytes, "pages.tif", &limits).unwrap();
    assert_eq!((info.pages, info.extension_differs), (4, false));
    for index in 0..4 {
        let page = decode_page(&bytes, "pages.tif", index, &limits).unwrap();
        assert_sheet(&format!("pages.tif page {index}"), &page, (120, 80), [(5, 5), (35, 15)]);
    }
    let beyond = decode_page(&bytes, "pages.tif", 4, &limits).unwrap_err();
    assert_eq!(beyond.refusal, Refusal::NoSuchPage);
    let page = decode_page(&data("jpeg.tif"), "jpeg.tif", 0, &limits).unwrap();
    assert_sheet("jpeg.tif", &page, (120, 80), [(5, 5), (35, 15)]);
    assert_eq!(page.dpi.map(f64::round), Some(300.0));
}

#[test]
fn pdf_gives_the_embedded_scan_and_turns_it() {
    let bytes = data("scan.pdf");
    let limits = Limits::default();
    assert_eq!(inspect(&bytes, "scan.pdf", &limits).unwrap().pages, 2);
    let first = decode_page(&bytes, "scan.pdf", 0, &limits).unwrap();
    assert_sheet("scan.pdf page 1", &first, (120, 80), [(5, 5), (35, 15)]);
    assert_eq!(first.dpi.map(f64::round), Some(300.0));
    let second = decode_page(&bytes, "scan.pdf", 1, &limits).unwrap();
    assert_sheet("scan.pdf page 2", &second, (80, 120), [(75, 5), (65, 35)]);
}

#[test]
fn phone_photographs_stand_upright() {
    let page = decode_page(&data("photo.jpg"), "photo.jpg", 0, &Limits::default()).unwrap();
    assert_sheet("photo.jpg", &page, (120, 80), [(5, 5), (35, 15)]);
}

#[test]
fn jpeg_2000_and_png() {
    let limits = Limits::default();
    let page = decode_page(&data("scan.jp2"), "scan.jp2", 0, &limits).unwrap();
    assert_sheet("scan.jp2", &page, (120, 80), [(5, 5), (35, 15)]);
    let mut png = std::io::Cursor::new(Vec::new());
    page.image.write_to(&mut png, image::ImageFormat::Png).unwrap();
    let bytes = png.into_inner();
    let again = decode_page(&bytes, "scan.tif", 0, &limits).unwrap();
    assert_sheet("png", &again, (120, 80), [(5, 5), (35, 15)]);
    assert!(inspect(&bytes, "scan.tif", &limits).unwrap().extension_differs);
}

#[test]
fn an_encrypted_pdf_is_refused_by_name() {
    let error = inspect(&data("encrypted.pdf"), "hộ tịch.pdf", &Limits::default()).unwrap_err();
    assert_eq!(error.refusal, Refusal::Encrypted);
    assert!(error.to_string().starts_with("hộ tịch.pdf: "), "{error}");
    assert!(error.to_string().contains("remove the password"), "{error}");
}

#[test]
fn every_cut_of_every_file_ends_in_a_page_or_a_refusal() {
    let limits = Limits::default();
    for name in ["pages.tif", "jpeg.tif", "scan.pdf", "photo.jpg", "scan.jp2"] {
        let whole = data(name);
        for length in (0..whole.len()).step_by(7) {
            let cut = &whole[..length];
            let pages = inspect(cut, name, &limits).map_or(1, |info| info.pages);
            for page in 0..pages {
                if let Err(error) = decode_page(cut, name, page, &limits) {
                    assert!(error.to_string().contains(name), "{error}");
                }
            }
        }
    }
}

#[test]
fn a_jpeg_cut_short_is_damaged_not_half_a_page() {
    let whole = data("photo.jpg");
    let error = decode_page(&whole[..whole.len() - 40], "p1.jpg", 0, &Limits::default()).unwrap_err();
    assert_eq!(error.refusal, Refusal::Damaged);
}

#[test]
fn huge_headers_are_refused_before_anything_is_allocated() {
    // A PNG header of 40,000 × 40,000 pixels.
    let mut png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec();
    png.extend(40_000_u32.to_be_bytes());
    png.extend(40_000_u32.to_be_bytes());
    png.extend([8, 0, 0, 0, 0]);
    let crc = png_crc(&png[12..]);
    png.extend(crc.to_be_bytes());
    png.extend(b"\0\0\0\0IDAT\x35\xaf\x06\x1e");
    let error = inspect(&png, "big.png", &Limits::default()).unwrap_err();
    assert_eq!(error.refusal, Refusal::TooManyPixels, "{error}");
    assert!(error.to_string().contains("40000 × 40000"), "{error}");
}

#[test]
fn limits_on_pages_hold() {
    let limits = Limits { max_pages: 3, ..Limits::default() };
    let error = inspect(&data("pages.tif"), "pages.tif", &limits).unwrap_err();
    assert_eq!(error.refusal, Refusal::TooManyPages);
}

#[test]
fn nothing_and_nonsense() {
    let limits = Limits::default();
    assert_eq!(inspect(b"", "a.jpg", &limits).unwrap_err().refusal, Refusal::Empty);
    assert_eq!(inspect(b"hello", "a.jpg", &limits).unwrap_err().refusal, Refusal::UnknownFormat);
}

fn png_crc(bytes: &[u8]) -> u32 {
    let mut crc = !0_u32;
    for &byte in bytes {
        crc ^= u32::from(byte);
        for _ in 0..8 {
            crc = if crc & 1 == 1 { crc >> 1 ^ 0xedb8_8320 } else { crc >> 1 };
        }
    }
    !crc
}

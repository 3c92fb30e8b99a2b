//! The containers scans come in: zip, multi-page TIFF, PDF, JPEG with EXIF.

use std::io::{Cursor, Write};

use anyhow::{Context, Result};
use fax::encoder::Encoder;
use fax::{Color, VecWriter};
use image::codecs::jpeg::JpegEncoder;
use image::{DynamicImage, GrayImage, ImageEncoder, RgbImage};
use tiff::encoder::{Compression, Rational, TiffEncoder, colortype};
use tiff::tags::{ResolutionUnit, Tag};

/// A zip of files by path.
pub(super) fn zip(files: &[(String, Vec<u8>)]) -> Result<Vec<u8>> {
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let options =
        zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Deflated);
    for (path, bytes) in files {
        writer.start_file(path.as_str(), options).with_context(|| format!("adding {path} to the zip"))?;
        writer.write_all(bytes)?;
    }
    Ok(writer.finish()?.into_inner())
}

/// A page of a TIFF with its resolution.
pub(super) enum TiffPage {
    /// One bit a pixel, CCITT G4.
    Bitonal(GrayImage, u32),
    /// Eight bits a pixel, LZW.
    Grey(GrayImage, u32),
}

/// The page as CCITT Group 4.
fn group4(image: &GrayImage) -> Vec<u8> {
    let width = image.width() as u16;
    let mut encoder = Encoder::new(VecWriter::new());
    for row in image.rows() {
        let colours = row.map(|pixel| if pixel.0[0] < 128 { Color::Black } else { Color::White });
        // Writing to memory cannot fail.
        let _ = encoder.encode_line(colours, width);
    }
    match encoder.finish() {
        Ok(writer) => writer.finish(),
        Err(never) => match never {},
    }
}

/// A multi-page TIFF.
pub(super) fn tiff(pages: &[TiffPage]) -> Result<Vec<u8>> {
    let mut bytes = Cursor::new(Vec::new());
    let mut encoder = TiffEncoder::new(&mut bytes)?.with_compression(Compression::Lzw);
    for page in pages {
        match page {
            TiffPage::Grey(image, dpi) => {
                let mut page = encoder.new_image::<colortype::Gray8>(image.width(), image.height())?;
                page.resolution(ResolutionUnit::Inch, Rational { n: *dpi, d: 1 });
                page.write_data(image.as_raw())?;
            }
            TiffPage::Bitonal(image, dpi) => {
                let data = group4(image);
                let mut page = encoder.image_directory()?;
                let offset = page.write_data(data.as_slice())?;
                let offset = u32::try_from(offset).context("a TIFF beyond 4 GB")?;
                page.write_tag(Tag::ImageWidth, image.width())?;
                page.write_tag(Tag::ImageLength, image.height())?;
                page.write_tag(Tag::BitsPerSample, 1u16)?;
                page.write_tag(Tag::Compression, 4u16)?;
                // White is zero.
                page.write_tag(Tag::PhotometricInterpretation, 0u16)?;
                page.write_tag(Tag::StripOffsets, offset)?;
                page.write_tag(Tag::SamplesPerPixel, 1u16)?;
                page.write_tag(Tag::RowsPerStrip, image.height())?;
                page.write_tag(Tag::StripByteCounts, data.len() as u32)?;
                page.write_tag(Tag::XResolution, Rational { n: *dpi, d: 1 })?;
                page.write_tag(Tag::YResolution, Rational { n: *dpi, d: 1 })?;
                page.write_tag(Tag::ResolutionUnit, 2u16)?;
                page.finish()?;
            }
        }
    }
    Ok(bytes.into_inner())
}

/// A page of a PDF: one image.
pub(super) enum PdfPage {
    /// A JPEG as it is.
    Jpeg {
        /// The file.
        bytes: Vec<u8>,
        /// Columns.
        width: u32,
        /// Rows.
        height: u32,
        /// Resolution.
        dpi: u32,
    },
    /// One bit a pixel, CCITT G4.
    Bitonal {
        /// The image.
        image: GrayImage,
        /// Resolution.
        dpi: u32,
    },
}

/// A PDF as scanners make them: an image a page, no text. Written by hand: seven kinds of line need no library.
pub(super) fn pdf(pages: &[PdfPage]) -> Vec<u8> {
    let mut out = b"%PDF-1.4\n%\xE2\xE3\xCF\xD3\n".to_vec();
    let mut offsets = Vec::new();
    let mut object = |out: &mut Vec<u8>, dictionary: String, stream: Option<&[u8]>| {
        offsets.push(out.len());
        out.extend(format!("{} 0 obj\n{dictionary}\n", offsets.len()).bytes());
        if let Some(stream) = stream {
            out.extend(b"stream\n");
            out.extend(stream);
            out.extend(b"\nendstream\n");
        }
        out.extend(b"endobj\n");
    };
    let kids: Vec<String> = (0..pages.len()).map(|page| format!("{} 0 R", 3 + page * 3)).collect();
    object(&mut out, "<< /Type /Catalog /Pages 2 0 R >>".to_owned(), None);
    object(&mut out, format!("<< /Type /Pages /Kids [{}] /Count {} >>", kids.join(" "), pages.len()), None);
    for (index, page) in pages.iter().enumerate() {
        let number = 3 + index * 3;
        let (bytes, width, height, dpi, coding) = match page {
            PdfPage::Jpeg { bytes, width, height, dpi } => (
                bytes.clone(),
                *width,
                *height,
                *dpi,
                "/ColorSpace /DeviceRGB /BitsPerComponent 8 /Filter /DCTDecode".to_owned(),
            ),
            PdfPage::Bitonal { image, dpi } => {
                let (width, height) = image.dimensions();
                let parameters = format!("<< /K -1 /Columns {width} /Rows {height} /BlackIs1 false >>");
                let coding = format!(
                    "/ColorSpace /DeviceGray /BitsPerComponent 1 /Filter /CCITTFaxDecode /DecodeParms {parameters}"
                );
                (group4(image), width, height, *dpi, coding)
            }
        };
        let points = |pixels: u32| f64::from(pixels) * 72.0 / f64::from(dpi);
        let (w, h) = (points(width), points(height));
        let (image, content) = (number + 1, number + 2);
        let dictionary = format!(
            "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 {w:.2} {h:.2}] \
             /Resources << /XObject << /Im0 {image} 0 R >> >> /Contents {content} 0 R >>"
        );
        object(&mut out, dictionary, None);
        let length = bytes.len();
        let dictionary = format!(
            "<< /Type /XObject /Subtype /Image /Width {width} /Height {height} {coding} /Length {length} >>"
        );
        object(&mut out, dictionary, Some(&bytes));
        let drawing = format!("q {w:.2} 0 0 {h:.2} 0 0 cm /Im0 Do Q");
        object(&mut out, format!("<< /Length {} >>", drawing.len()), Some(drawing.as_bytes()));
    }
    let start = out.len();
    out.extend(format!("xref\n0 {}\n0000000000 65535 f \n", offsets.len() + 1).bytes());
    for offset in &offsets {
        out.extend(format!("{offset:010} 00000 n \n").bytes());
    }
    let size = offsets.len() + 1;
    out.extend(format!("trailer\n<< /Size {size} /Root 1 0 R >>\nstartxref\n{start}\n%%EOF\n").bytes());
    out
}

/// A JPEG whose EXIF says how it must be turned.
pub(super) fn jpeg_with_orientation(image: &RgbImage, quality: u8, orientation: u16) -> Result<Vec<u8>> {
    // The shortest EXIF there is: little-endian TIFF, one directory, one tag (0x0112, SHORT).
    let mut exif = b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0".to_vec();
    exif.extend(orientation.to_le_bytes());
    exif.extend([0, 0, 0, 0, 0, 0]);
    let mut bytes = Vec::new();
    let mut encoder = JpegEncoder::new_with_quality(&mut bytes, quality);
    encoder.set_exif_metadata(exif).context("the encoder takes no EXIF")?;
    DynamicImage::ImageRgb8(image.clone()).write_with_encoder(encoder)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn what_is_packed_can_be_unpacked() {
        let image =
            GrayImage::from_fn(200, 90, |x, y| image::Luma([if (x / 7 + y / 5) % 3 == 0 { 0 } else { 255 }]));
        let bytes =
            tiff(&[TiffPage::Bitonal(image.clone(), 300), TiffPage::Grey(image.clone(), 150)]).unwrap();
        let mut decoder = tiff::decoder::Decoder::new(Cursor::new(&bytes)).unwrap();
        assert_eq!(decoder.dimensions().unwrap(), (200, 90));
        let tiff::decoder::DecodingResult::U8(bits) = decoder.read_image().unwrap() else {
            panic!("not bytes")
        };
        // The decoder gives rows of packed bits; which of the two values is black is its reader's to say.
        let first = bits[0] >> 7 & 1;
        for (x, y, pixel) in image.enumerate_pixels() {
            let bit = bits[y as usize * 25 + x as usize / 8] >> (7 - x % 8) & 1;
            assert_eq!(bit == first, pixel.0[0] == 0, "{x},{y}");
        }
        decoder.next_image().unwrap();
        let tiff::decoder::DecodingResult::U8(grey) = decoder.read_image().unwrap() else {
            panic!("not bytes")
        };
        assert_eq!(&grey, image.as_raw());

        let packed = zip(&[("a/b c.txt".to_owned(), vec![1, 2, 3])]).unwrap();
        let mut archive = zip::ZipArchive::new(Cursor::new(packed)).unwrap();
        assert_eq!(archive.by_index(0).unwrap().name(), "a/b c.txt");

        let pdf = pdf(&[PdfPage::Bitonal { image, dpi: 300 }]);
        // Every offset of the table points at its object.
        let table = String::from_utf8_lossy(&pdf).into_owned();
        let table = table.split("xref\n").nth(1).unwrap();
        let offsets: Vec<usize> =
            table.lines().filter(|l| l.ends_with("n ")).map(|l| l[..10].parse().unwrap()).collect();
        assert_eq!(offsets.len(), 5);
        for (index, offset) in offsets.into_iter().enumerate() {
            assert!(pdf[offset..].starts_with(format!("{} 0 obj", index + 1).as_bytes()));
        }
    }
}

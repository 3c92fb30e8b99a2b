//! What stands in a field's place but was not written there: rubber stamps and printed captions.

use sobo_core::{FieldKind, Form};
use sobo_text::similarity;

use crate::RawField;

/// Words of rubber stamps that lie over entries. Clerks write the same words by hand, but not in capitals alone.
const STAMPS: &[&str] = &[
    "Khai trễ hạn",
    "Quá hạn",
    "Trễ hạn",
    "Đăng ký quá hạn",
    "Đã cấp bản chính",
    "Đã cấp trích lục",
    "Đã cấp bản sao",
    "Sao y bản chính",
    "Bản sao",
    "Đã nhập máy",
];
/// From this likeness on a line is a stamp or a caption.
const ALIKE: f32 = 0.84;
/// Captions shorter than this resemble names.
const CAPTION: usize = 8;

/// Takes out lines that are a rubber stamp (from notes) or a printed caption (from names). A line is taken out by what
/// was read, so that one that cannot be read stays and is illegible.
pub(crate) fn leave_out(form: &Form, kind: FieldKind, name: &str, field: &mut RawField) {
    field.lines.retain(|line| {
        let text = line.reading.text.as_str();
        match kind {
            FieldKind::Text if name == "notes" => !is_stamp(text),
            FieldKind::PersonName => !is_caption(&form.furniture, text),
            _ => true,
        }
    });
}

fn is_stamp(text: &str) -> bool {
    let letters = || text.chars().filter(|c| c.is_alphabetic());
    let capitals = letters().filter(|c| c.is_uppercase()).count();
    // A letter or two of a stamp may be read as small ones.
    capitals * 10 >= letters().count() * 8 && STAMPS.iter().any(|stamp| similarity(stamp, text) >= ALIKE)
}

fn is_caption(furniture: &[String], text: &str) -> bool {
    let long = |caption: &&String| caption.chars().filter(|c| c.is_alphabetic()).count() >= CAPTION;
    furniture.iter().filter(long).any(|caption| similarity(caption, text) >= ALIKE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stamps_are_in_capitals() {
        assert!(is_stamp("ĐÃ CẤP TRÍCH LỤC"));
        assert!(is_stamp("KHAI TRỄ HAN"));
        assert!(!is_stamp("Khai trễ hạn"));
        assert!(!is_stamp("ĐÃ CẤP BẢN SAO 12/3/1998"));
        assert!(!is_stamp("CON NGOÀI GIÁ THÚ"));
        assert!(!is_stamp(""));
    }

    #[test]
    fn captions_are_no_names() {
        let furniture = ["Cán bộ tư pháp hộ tịch".to_owned(), "Chồng".to_owned()];
        assert!(is_caption(&furniture, "Cán bộ Tư pháp - Hộ tịch"));
        assert!(!is_caption(&furniture, "Chồng"));
        assert!(!is_caption(&furniture, "Trần Bộ Pháp"));
    }
}

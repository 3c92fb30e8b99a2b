//! A picture of what was read: entries, fields, names and confidences drawn on the original.

use image::{DynamicImage, Rgb, RgbImage, imageops};
use sobo_core::{Field, Lacuna, PageReading};

/// Longest side of the picture.
const LONGEST: u32 = 2400;

/// Draws a reading on its page, scaled down to a size a person can look at: entries in blue, accepted
/// fields green, the others amber, lacunae grey or red; beside each box the field's name and its
/// confidence in hundredths.
pub fn overlay(image: &DynamicImage, reading: &PageReading) -> RgbImage {
    let scale = (f64::from(LONGEST) / f64::from(image.width().max(image.height()))).min(1.0);
    let (w, h) = (f64::from(image.width()) * scale, f64::from(image.height()) * scale);
    let mut canvas =
        imageops::thumbnail(&image.to_rgb8(), (w.round() as u32).max(1), (h.round() as u32).max(1));
    for entry in &reading.entries {
        let b = entry.bbox;
        frame(
            &mut canvas,
            b.x * scale,
            b.y * scale,
            b.right() * scale,
            b.bottom() * scale,
            Rgb([40, 90, 230]),
            3,
        );
        for (name, field) in &entry.fields {
            let b = field.bbox;
            let colour = colour(field);
            frame(&mut canvas, b.x * scale, b.y * scale, b.right() * scale, b.bottom() * scale, colour, 2);
            let label = format!("{name} {:.0}", 100.0 * field.confidence);
            write(&mut canvas, (b.x * scale) as i64, (b.y * scale) as i64 - 12, &label, colour);
        }
    }
    canvas
}

fn colour(field: &Field) -> Rgb<u8> {
    match field.lacuna {
        Some(Lacuna::Blank) => Rgb([150, 150, 150]),
        Some(_) => Rgb([215, 30, 30]),
        None if field.accepted => Rgb([0, 140, 40]),
        None => Rgb([225, 120, 0]),
    }
}

fn frame(canvas: &mut RgbImage, x0: f64, y0: f64, x1: f64, y1: f64, colour: Rgb<u8>, thick: i64) {
    let (x0, y0, x1, y1) = (x0 as i64, y0 as i64, x1 as i64, y1 as i64);
    for t in 0..thick {
        for x in x0..=x1 {
            put(canvas, x, y0 + t, colour);
            put(canvas, x, y1 - t, colour);
        }
        for y in y0..=y1 {
            put(canvas, x0 + t, y, colour);
            put(canvas, x1 - t, y, colour);
        }
    }
}

fn put(canvas: &mut RgbImage, x: i64, y: i64, colour: Rgb<u8>) {
    if let (Ok(x), Ok(y)) = (u32::try_from(x), u32::try_from(y))
        && x < canvas.width()
        && y < canvas.height()
    {
        canvas.put_pixel(x, y, colour);
    }
}

/// Letters of three by five dots, row by row, high bit left: enough for names and numbers.
const GLYPHS: [(char, u16); 38] = [
    ('0', 0o75557),
    ('1', 0o26227),
    ('2', 0o71747),
    ('3', 0o71717),
    ('4', 0o55711),
    ('5', 0o74717),
    ('6', 0o74757),
    ('7', 0o71122),
    ('8', 0o75757),
    ('9', 0o75717),
    ('a', 0o25755),
    ('b', 0o65656),
    ('c', 0o34443),
    ('d', 0o65556),
    ('e', 0o74647),
    ('f', 0o74644),
    ('g', 0o34553),
    ('h', 0o55755),
    ('i', 0o72227),
    ('j', 0o11152),
    ('k', 0o55655),
    ('l', 0o44447),
    ('m', 0o57755),
    ('n', 0o65555),
    ('o', 0o25552),
    ('p', 0o65644),
    ('q', 0o25563),
    ('r', 0o65655),
    ('s', 0o34216),
    ('t', 0o72222),
    ('u', 0o55557),
    ('v', 0o55552),
    ('w', 0o55775),
    ('x', 0o55255),
    ('y', 0o55222),
    ('z', 0o71247),
    ('_', 0o00007),
    ('-', 0o00700),
];

fn write(canvas: &mut RgbImage, x: i64, y: i64, text: &str, colour: Rgb<u8>) {
    const DOT: i64 = 2;
    let mut x = x;
    for c in text.chars() {
        let glyph = GLYPHS.iter().find(|(g, _)| *g == c).map_or(0, |(_, bits)| *bits);
        for row in 0..5 {
            for column in 0..3 {
                if glyph >> (14 - (row * 3 + column)) & 1 == 1 {
                    for dy in 0..DOT {
                        for dx in 0..DOT {
                            put(canvas, x + column * DOT + dx, y + row * DOT + dy, colour);
                        }
                    }
                }
            }
        }
        x += 4 * DOT;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sobo_core::{Entry, Rect};

    #[test]
    fn boxes_are_drawn_where_they_are() {
        let image = DynamicImage::ImageRgb8(RgbImage::from_pixel(400, 300, Rgb([255, 255, 255])));
        let field = Field { bbox: Rect::new(100.0, 100.0, 80.0, 30.0), accepted: true, ..Field::default() };
        let mut entry = Entry { bbox: Rect::new(-5.0, 10.0, 380.0, 900.0), ..Entry::default() };
        entry.fields.insert("child_name".to_owned(), field);
        let reading = PageReading {
            schema_version: 1,
            page: String::new(),
            page_index: 0,
            form: String::new(),
            family: String::new(),
            register_type: None,
            entries: vec![entry],
            issues: Vec::new(),
            elapsed_ms: 0,
        };
        let drawn = overlay(&image, &reading);
        assert_eq!(drawn.get_pixel(100, 120), &Rgb([0, 140, 40]));
        assert_eq!(drawn.get_pixel(140, 115), &Rgb([255, 255, 255]));
        assert_eq!(drawn.get_pixel(200, 10), &Rgb([40, 90, 230]));
    }
}

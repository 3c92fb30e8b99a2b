//! Reading one field in a box that a person drew.

use image::{DynamicImage, GrayImage};
use sobo_core::{Field, Form, FormField, Original, Rect, Restored};
use sobo_extract::{Context, RawEntry};
use sobo_layout::FieldPlan;
use sobo_read::Recognizer;
use sobo_restore::Restoration;

use crate::page::{PageError, PageSettings, raw_field, read_lines};

/// Reads what is written inside `bbox` as the value of `field`; a box without ink gives a lacuna.
///
/// # Errors
/// When the recogniser fails.
pub fn read_box(
    image: &DynamicImage,
    dpi: Option<f64>,
    bbox: Rect<Original>,
    form: &Form,
    field: &FormField,
    recognizer: &dyn Recognizer,
    settings: &PageSettings,
) -> Result<Field, PageError> {
    let restoration = sobo_restore::restore(image, dpi, &settings.restore);
    let place = restoration.transform.rect_to_restored(bbox);
    let plan = FieldPlan {
        name: field.name.clone(),
        kind: field.kind,
        lines: rows(&restoration, place),
        place,
        certainty: 1.0,
        tick: None,
    };
    let lines: Vec<_> = plan.lines.iter().map(|line| (*line, field.kind)).collect();
    let readings = read_lines(&restoration, &lines, None, recognizer, settings)
        .map_err(|source| PageError::Read { page: "of the box".to_owned(), source })?;
    let raw = raw_field(&restoration, &plan, &mut readings.into_iter(), settings);
    let entry = RawEntry { bbox, fields: [(field.name.clone(), raw)].into_iter().collect() };
    let alone = Form { fields: vec![field.clone()], ..form.clone() };
    let context = Context { settings: settings.extract.clone(), ..Context::default() };
    let read = sobo_extract::extract(&alone, vec![entry], &context);
    let mut field = read
        .entries
        .into_iter()
        .next()
        .and_then(|mut entry| entry.fields.swap_remove(&field.name))
        .unwrap_or_default();
    field.bbox = bbox;
    Ok(field)
}

/// Boxes of the rows of writing inside `place`, top to bottom: ink parted by bands of paper. Marks
/// above and below letters lie close to them, so bands lower than a tenth of an inch part nothing.
pub(crate) fn rows(restoration: &Restoration, place: Rect<Restored>) -> Vec<Rect<Restored>> {
    let ink: &GrayImage = &restoration.ink;
    let inside = place.clamped(ink.width(), ink.height());
    let (x0, x1) = (inside.x as u32, inside.right() as u32);
    let (y0, y1) = (inside.y as u32, inside.bottom() as u32);
    let least_gap = (restoration.dpi * 0.06) as u32;
    let least_height = restoration.dpi * 0.05;
    let mut rows: Vec<(u32, u32)> = Vec::new();
    for y in y0..y1 {
        let dark = (x0..x1).filter(|x| ink.get_pixel(*x, y).0[0] > 0).count();
        if dark < 2 {
            continue;
        }
        match rows.last_mut() {
            Some((_, end)) if y - *end <= least_gap => *end = y + 1,
            _ => rows.push((y, y + 1)),
        }
    }
    let margin = restoration.dpi * 0.02;
    rows.into_iter()
        .map(|(top, bottom)| Rect::new(inside.x, f64::from(top), inside.w, f64::from(bottom - top)))
        .filter(|row| row.h >= least_height)
        .map(|row| row.grown(0.0, margin))
        .collect()
}

//! A page on which a form is to be drafted, read for its print.

use image::DynamicImage;
use sobo_core::{FieldKind, Rect, RegisterType, Restored};
use sobo_layout::{Anchor, Draft, LoadedForm, Page};
use sobo_read::Recognizer;

use crate::page::{PageError, PageSettings, read_lines};

/// What a drafted form is called and for which registers it is.
#[derive(Debug, Copy, Clone)]
pub struct NewForm<'a> {
    /// Identifier, the stem of its file.
    pub id: &'a str,
    /// Family letter or name.
    pub family: &'a str,
    /// What the register records.
    pub register_type: RegisterType,
}

/// Drafts a form from one page of it; `known` lends the labels of the forms there are.
///
/// # Errors
/// When the recogniser fails.
pub fn draft_form(
    image: &DynamicImage,
    dpi: Option<f64>,
    new: &NewForm<'_>,
    known: &[LoadedForm],
    recognizer: &dyn Recognizer,
    settings: &PageSettings,
) -> Result<Draft, PageError> {
    let restoration = sobo_restore::restore(image, dpi, &settings.restore);
    let structure = sobo_layout::analyse(Page::new(&restoration.grey, &restoration.ink, restoration.dpi));
    let requests = sobo_layout::anchor_requests(&structure);
    let lines: Vec<(Rect<Restored>, FieldKind)> =
        requests.iter().map(|request| (request.rect, FieldKind::Text)).collect();
    let readings = read_lines(&restoration, &lines, None, recognizer, settings)
        .map_err(|source| PageError::Read { page: "of the new form".to_owned(), source })?;
    let anchors: Vec<Anchor> =
        requests.into_iter().zip(readings).map(|(request, reading)| Anchor { request, reading }).collect();
    Ok(sobo_layout::draft(&structure, &anchors, known, new.id, new.family, new.register_type))
}

//! Which form a page is, where its fields lie, and which way up it stands.

use image::DynamicImage;
use sobo_core::{FieldKind, Rect, Restored};
use sobo_layout::{Anchor, AnchorRequest, LoadedForm, Page, PagePlan, Print, Sighting, Structure};
use sobo_read::{ReadError, Recognizer};
use sobo_restore::{Orientation, Restoration};

use crate::page::{PageError, PageInput, PageSettings, read_lines};

/// A page laid on its form.
pub(crate) struct Located<'f> {
    /// The restored page, in the orientation in which the form was found.
    pub(crate) restoration: Restoration,
    /// Where its fields lie.
    pub(crate) plan: PagePlan,
    /// Its form, where one fits.
    pub(crate) form: Option<&'f LoadedForm>,
}

/// Finds the form of a page and where its fields lie.
///
/// Printed labels say better than the shape of writing which way up a page stands: nothing can be read upside down. So
/// a page that no form fits as restoration turned it is tried the other three ways before it is given up. How little looks
/// like print does not matter: of a ledger on its side hardly a line is found.
pub(crate) fn locate_upright<'f>(
    image: &DynamicImage,
    restoration: Restoration,
    input: &PageInput<'_>,
    forms: &'f [LoadedForm],
    recognizer: &dyn Recognizer,
    settings: &PageSettings,
) -> Result<Located<'f>, ReadError> {
    let (plan, form) = locate(&restoration, input, forms, recognizer, settings)?;
    let first = Located { restoration, plan, form };
    if first.form.is_some() || !settings.restore.find_orientation {
        return Ok(first);
    }
    for orientation in others(first.restoration.transform.orientation()) {
        let restoration = sobo_restore::restore_turned(image, input.dpi, &settings.restore, orientation);
        let (plan, form) = locate(&restoration, input, forms, recognizer, settings)?;
        if form.is_some() {
            return Ok(Located { restoration, plan, form });
        }
    }
    Ok(first)
}

/// The other three ways, the opposite first: which side is up is told least surely.
fn others(tried: Orientation) -> [Orientation; 3] {
    let turned = |quarters: usize| {
        let at = Orientation::ALL.iter().position(|o| *o == tried).unwrap_or(0);
        Orientation::ALL[(at + quarters) % 4]
    };
    [turned(2), turned(1), turned(3)]
}

/// What a page shows of its book's print, to learn it from several pages; `None` where no form fits.
///
/// # Errors
/// When the recogniser fails.
pub fn sight_page(
    image: &DynamicImage,
    input: &PageInput<'_>,
    forms: &[LoadedForm],
    recognizer: &dyn Recognizer,
    settings: &PageSettings,
) -> Result<Option<Sighting>, PageError> {
    let alone = PageInput { print: None, context: input.context.clone(), ..*input };
    let restoration = sobo_restore::restore(image, input.dpi, &settings.restore);
    let candidates: Vec<LoadedForm> =
        candidates(forms, input.form).into_iter().map(|i| forms[i].clone()).collect();
    let (structure, anchors) = anchors(&restoration, &alone, &candidates, recognizer, settings)
        .map_err(|source| PageError::Read { page: input.name.to_owned(), source })?;
    Ok(sobo_layout::sight(&structure, &candidates, &anchors))
}

/// The forms a page may be of.
fn candidates(forms: &[LoadedForm], wanted: Option<&str>) -> Vec<usize> {
    (0..forms.len()).filter(|i| wanted.is_none_or(|id| id == "auto" || forms[*i].form.id == id)).collect()
}

/// What is on a restored page, and what its print says; of ledger columns whose heads fit no form, what stands in them.
fn anchors(
    restoration: &Restoration,
    input: &PageInput<'_>,
    forms: &[LoadedForm],
    recognizer: &dyn Recognizer,
    settings: &PageSettings,
) -> Result<(Structure, Vec<Anchor>), ReadError> {
    let mut structure = sobo_layout::analyse(Page::new(&restoration.grey, &restoration.ink, restoration.dpi));
    if let Some(print) = input.print {
        Print::mend(print, &mut structure);
    }
    let requests = sobo_layout::anchor_requests(&structure);
    let read = |requests: Vec<AnchorRequest>| -> Result<Vec<Anchor>, ReadError> {
        let lines: Vec<(Rect<Restored>, FieldKind)> =
            requests.iter().map(|r| (r.rect, FieldKind::Text)).collect();
        let readings = read_lines(restoration, &lines, input.context.book_year, recognizer, settings)?;
        Ok(requests.into_iter().zip(readings).map(|(request, reading)| Anchor { request, reading }).collect())
    };
    let mut anchors = read(requests)?;
    let more = sobo_layout::body_requests(&structure, forms, &anchors);
    if !more.is_empty() {
        anchors.extend(read(more)?);
    }
    Ok((structure, anchors))
}

/// The form of a page as it stands, and its plan.
fn locate<'f>(
    restoration: &Restoration,
    input: &PageInput<'_>,
    forms: &'f [LoadedForm],
    recognizer: &dyn Recognizer,
    settings: &PageSettings,
) -> Result<(PagePlan, Option<&'f LoadedForm>), ReadError> {
    let chosen = candidates(forms, input.form);
    let candidates: Vec<LoadedForm> = chosen.iter().map(|i| forms[*i].clone()).collect();
    let (structure, anchors) = anchors(restoration, input, &candidates, recognizer, settings)?;
    let plan = sobo_layout::align(&structure, &candidates, &anchors, input.print);
    let form = plan.form.and_then(|index| chosen.get(index)).and_then(|index| forms.get(*index));
    Ok((plan, form))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use image::GrayImage;
    use sobo_core::Reading;
    use sobo_read::LineInput;

    use super::*;

    /// Reads nothing and counts how often it was asked.
    #[derive(Default)]
    struct Counting(AtomicUsize);

    impl Recognizer for Counting {
        fn id(&self) -> &str {
            "counting"
        }

        fn read(&self, lines: &[LineInput<'_>]) -> Result<Vec<Reading>, ReadError> {
            self.0.fetch_add(1, Ordering::Relaxed);
            Ok(lines.iter().map(|_| Reading::default()).collect())
        }
    }

    #[test]
    fn a_page_with_little_print_is_tried_the_other_ways_too() {
        // Three lines of words.
        let page = DynamicImage::ImageLuma8(GrayImage::from_fn(620, 877, |x, y| {
            let line = (300..480).contains(&y) && (y % 60) < 12;
            let letter = (100..520).contains(&x) && x % 60 < 48 && x % 8 < 5;
            image::Luma([if line && letter { 30 } else { 240 }])
        }));
        let input = PageInput { name: "p.png", dpi: Some(75.0), ..PageInput::default() };
        let mut settings = PageSettings::default();
        let reads = |settings: &PageSettings| {
            let counting = Counting::default();
            let restoration = sobo_restore::restore(&page, input.dpi, &settings.restore);
            locate_upright(&page, restoration, &input, &[], &counting, settings).unwrap();
            counting.0.into_inner()
        };
        let tried = reads(&settings);
        settings.restore.find_orientation = false;
        let once = reads(&settings);
        assert_eq!(once, 1);
        assert!(tried > once);
    }

    #[test]
    fn the_three_other_ways_are_tried_and_the_opposite_first() {
        for tried in Orientation::ALL {
            let others = others(tried);
            assert_eq!((others[0].degrees() + 360 - tried.degrees()) % 360, 180);
            let mut all: Vec<u32> = others.iter().chain([&tried]).map(|o| o.degrees()).collect();
            all.sort_unstable();
            assert_eq!(all, [0, 90, 180, 270]);
        }
    }
}

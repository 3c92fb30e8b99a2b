//! A volume described on the screen, before its scans are handed in, or corrected later: what a `volume.toml` says.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use axum::{Extension, Form};
use serde::Deserialize;
use sobo_core::{RegisterType, Statement, VolumeDescriptor};
use sobo_db::{Volume, VolumeDescription};

use super::{Shell, render};
use crate::access::Person;
use crate::error::{Result, WebError};
use crate::state::AppState;
use crate::texts::Language;

/// Years a civil-status register of Viet Nam can be of.
const YEARS: std::ops::RangeInclusive<i32> = 1850..=2100;
/// Longest text of a field.
const LONGEST: usize = 200;

/// The form as it is filled in: texts, so that what cannot be understood is shown again as it was typed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub(crate) struct VolumeForm {
    name: String,
    office: String,
    custodian: String,
    register_type: String,
    form: String,
    number: String,
    year_from: String,
    year_to: String,
    closing_pages: String,
    closing_entries: String,
    first_entry: String,
    last_entry: String,
    shelf: String,
}

impl VolumeForm {
    fn of(volume: &Volume) -> Self {
        let VolumeDescriptor { name, office, custodian, register_type, form, number, .. } =
            volume.descriptor.clone();
        let descriptor = &volume.descriptor;
        let text = |number: Option<u32>| number.map(|number| number.to_string()).unwrap_or_default();
        Self {
            name,
            office,
            custodian: custodian.unwrap_or_default(),
            register_type: register_type.as_str().to_owned(),
            form,
            number: number.unwrap_or_default(),
            year_from: descriptor.year_from.to_string(),
            year_to: descriptor.year_to.map(|year| year.to_string()).unwrap_or_default(),
            closing_pages: text(descriptor.closing.pages),
            closing_entries: text(descriptor.closing.entries),
            first_entry: descriptor.closing.first_entry.clone().unwrap_or_default(),
            last_entry: descriptor.closing.last_entry.clone().unwrap_or_default(),
            shelf: descriptor.shelf.clone().unwrap_or_default(),
        }
    }

    /// The description, `before` filling in what the form does not ask; or the keys of what is wrong.
    fn descriptor(
        &self,
        before: Option<&VolumeDescriptor>,
    ) -> std::result::Result<VolumeDescriptor, Vec<&'static str>> {
        let mut wrong = Vec::new();
        let plain = |text: &str| sobo_text::collapse_spaces(&sobo_text::nfc(text));
        let filled = |text: &str| Some(plain(text)).filter(|text| !text.is_empty());
        let year = |text: &str| text.trim().parse::<i32>().ok().filter(|year| YEARS.contains(year));
        let (name, office) = (plain(&self.name), plain(&self.office));
        let texts = [&self.name, &self.office, &self.custodian, &self.number, &self.shelf];
        if name.is_empty() || texts.iter().any(|text| text.chars().count() > LONGEST) {
            wrong.push("volume_form.bad_name");
        }
        if office.is_empty() {
            wrong.push("volume_form.bad_office");
        }
        let register_type = RegisterType::parse(&self.register_type);
        if register_type.is_none() {
            wrong.push("volume_form.bad_kind");
        }
        let year_from = year(&self.year_from);
        let year_to = filled(&self.year_to).map(|text| year(&text));
        let backwards = matches!((year_from, year_to), (Some(from), Some(Some(to))) if to < from);
        if year_from.is_none() || year_to == Some(None) || backwards {
            wrong.push("volume_form.bad_years");
        }
        let count = |text: &str| filled(text).map(|text| text.parse::<u32>().ok());
        let (pages, entries) = (count(&self.closing_pages), count(&self.closing_entries));
        if pages == Some(None) || entries == Some(None) {
            wrong.push("volume_form.bad_counts");
        }
        let (Some(register_type), Some(year_from), true) = (register_type, year_from, wrong.is_empty())
        else {
            return Err(wrong);
        };
        Ok(VolumeDescriptor {
            name,
            office,
            custodian: filled(&self.custodian),
            register_type,
            form: filled(&self.form).unwrap_or_else(|| "auto".to_owned()),
            number: filled(&self.number),
            year_from,
            year_to: year_to.flatten().filter(|to| *to != year_from),
            opening: before.map(|before| before.opening.clone()).unwrap_or_default(),
            closing: Statement {
                pages: pages.flatten(),
                entries: entries.flatten(),
                first_entry: filled(&self.first_entry),
                last_entry: filled(&self.last_entry),
            },
            shelf: filled(&self.shelf),
            pages: before.map(|before| before.pages.clone()).unwrap_or_default(),
        })
    }
}

#[derive(Template)]
#[template(path = "volume_form.html")]
struct VolumeFormPage {
    shell: Shell,
    /// `new`, or the volume's id.
    id: String,
    is_new: bool,
    filled: VolumeForm,
    kinds: Vec<(&'static str, &'static str, bool)>,
    forms: Vec<(String, bool)>,
    offices: Vec<String>,
    wrong: Vec<String>,
}

async fn shown(
    state: &AppState,
    person: &Person,
    language: Language,
    id: &str,
    filled: VolumeForm,
    wrong: Vec<String>,
) -> Result<Response> {
    let kinds = RegisterType::ALL
        .into_iter()
        .map(|kind| {
            let text = language.find(&format!("register_type.{}", kind.as_str())).unwrap_or_default();
            (kind.as_str(), text, kind.as_str() == filled.register_type)
        })
        .collect();
    let forms = state.forms.keys().map(|form| (form.clone(), *form == filled.form)).collect();
    let mut offices: Vec<String> =
        super::scope(state, person).await?.into_iter().map(|volume| volume.descriptor.office).collect();
    offices.sort();
    offices.dedup();
    let is_new = id == "new";
    let title = if is_new { "volume_form.new" } else { "volume_form.change" };
    render(&VolumeFormPage {
        shell: Shell::of(person, language, title, "/archive"),
        id: id.to_owned(),
        is_new,
        filled,
        kinds,
        forms,
        offices,
        wrong,
    })
}

/// The volume an address names, within the person's scope; `None` for `new`.
async fn known(state: &AppState, person: &Person, id: &str) -> Result<Option<Volume>> {
    if id == "new" {
        return Ok(None);
    }
    let none = || WebError::NotFound(format!("volume {id}"));
    let volume = state.db.volume(id.parse().map_err(|_| none())?).await?;
    if !person.account.offices.covers(&volume.descriptor.office) {
        return Err(none());
    }
    Ok(Some(volume))
}

pub(crate) async fn volume_form(
    State(state): State<AppState>,
    Extension(person): Extension<Person>,
    Extension(language): Extension<Language>,
    Path(id): Path<String>,
) -> Result<Response> {
    let filled = known(&state, &person, &id).await?.map_or_else(
        || VolumeForm { form: "auto".to_owned(), register_type: "birth".to_owned(), ..VolumeForm::default() },
        |volume| VolumeForm::of(&volume),
    );
    shown(&state, &person, language, &id, filled, Vec::new()).await
}

/// Describes a volume, or describes it anew.
pub(crate) async fn describe_volume(
    State(state): State<AppState>,
    Extension(person): Extension<Person>,
    Extension(language): Extension<Language>,
    Path(id): Path<String>,
    Form(form): Form<VolumeForm>,
) -> Result<Response> {
    let before = known(&state, &person, &id).await?;
    let descriptor = match form.descriptor(before.as_ref().map(|volume| &volume.descriptor)) {
        Ok(descriptor) => descriptor,
        Err(wrong) => {
            let wrong = wrong.into_iter().map(|key| language.text(key).to_owned()).collect();
            return shown(&state, &person, language, &id, form, wrong).await;
        }
    };
    let refuse = |key: &'static str| vec![language.text(key).to_owned()];
    // A volume is known by its name: it is neither renamed here nor described by another's name.
    let same_name = before.as_ref().map(|volume| volume.descriptor.name.as_str()) == Some(&descriptor.name);
    let taken = state.db.volume_named(&descriptor.name).await?.is_some();
    // The scope of what was read already follows its office.
    let moved = before.as_ref().filter(|volume| volume.descriptor.office != descriptor.office);
    let worked = match moved {
        Some(volume) => !state.db.records_of_volume(volume.id).await?.is_empty(),
        None => false,
    };
    let refused = match (&before, same_name, taken) {
        (Some(_), false, _) => Some("volume_form.keep_name"),
        _ if worked => Some("volume_form.office_fixed"),
        (None, _, true) => Some("volume_form.taken"),
        _ if !person.account.offices.covers(&descriptor.office) => Some("volume_form.other_office"),
        _ => None,
    };
    if let Some(key) = refused {
        return shown(&state, &person, language, &id, form, refuse(key)).await;
    }
    let text = toml::to_string(&descriptor).map_err(|error| WebError::Internal(error.to_string()))?;
    let description = VolumeDescription { descriptor: &descriptor, text: &text, office_at_date: None };
    let volume = state.db.describe_volume(person.who(), &description).await?;
    Ok(Redirect::to(&format!("/archive#volume-{}", volume.id)).into_response())
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;

    fn filled() -> VolumeForm {
        VolumeForm {
            name: " KS.2006.01 ".to_owned(),
            office: "UBND phường 6,  quận 5".to_owned(),
            register_type: "birth".to_owned(),
            form: "auto".to_owned(),
            year_from: "2006".to_owned(),
            closing_pages: "120".to_owned(),
            ..VolumeForm::default()
        }
    }

    #[test]
    fn a_form_becomes_a_descriptor_that_a_file_could_say() {
        let descriptor = filled().descriptor(None).unwrap();
        assert_eq!(
            (descriptor.name.as_str(), descriptor.office.as_str()),
            ("KS.2006.01", "UBND phường 6, quận 5")
        );
        assert_eq!((descriptor.closing.pages, descriptor.closing.entries), (Some(120), None));
        let text = toml::to_string(&descriptor).unwrap();
        assert_eq!(toml::from_str::<VolumeDescriptor>(&text).unwrap(), descriptor);
    }

    #[test]
    fn what_cannot_be_is_named() {
        let wrong = |change: fn(&mut VolumeForm)| {
            let mut form = filled();
            change(&mut form);
            form.descriptor(None).unwrap_err()
        };
        assert_eq!(wrong(|form| form.name = "  ".to_owned()), ["volume_form.bad_name"]);
        assert_eq!(wrong(|form| form.office.clear()), ["volume_form.bad_office"]);
        assert_eq!(wrong(|form| form.register_type = "x".to_owned()), ["volume_form.bad_kind"]);
        assert_eq!(wrong(|form| form.year_from = "206".to_owned()), ["volume_form.bad_years"]);
        assert_eq!(wrong(|form| form.year_to = "2005".to_owned()), ["volume_form.bad_years"]);
        assert_eq!(wrong(|form| form.closing_entries = "nhiều".to_owned()), ["volume_form.bad_counts"]);
    }

    #[test]
    fn what_the_form_does_not_ask_stays() {
        let mut before = filled().descriptor(None).unwrap();
        before.pages = vec!["bia.tif".to_owned()];
        assert_eq!(filled().descriptor(Some(&before)).unwrap().pages, ["bia.tif"]);
    }
}

//! Register forms as data: which fields a printed form has and what is written in them.

use serde::{Deserialize, Serialize};

use crate::RegisterType;

/// What is written in a field: chooses the decoding vocabulary and the normal form.
#[derive(Debug, Copy, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FieldKind {
    /// A person's name.
    PersonName,
    /// A date in digits, perhaps partial (`12-8-1958`, `8/1958`, `1958`).
    Date,
    /// A date in words (`ngày mười hai tháng tám năm …`).
    DateWords,
    /// Time of day (`7 giờ 30`).
    Time,
    /// A registration or book number (`1423/71`, `01/2006`).
    Number,
    /// An identity number.
    Identity,
    /// A year alone.
    Year,
    /// An age in years (`34`, `34 tuổi`).
    Age,
    /// Sex (`Nam`, `con gái`, `masculin`).
    Sex,
    /// Ethnic group (`Kinh`, `Hoa`).
    Ethnicity,
    /// Nationality (`Việt Nam`).
    Nationality,
    /// An occupation.
    Occupation,
    /// An address, a village, a hospital.
    Place,
    /// Kinship or standing (`Cha`, `vợ chánh`).
    Relation,
    /// Cause of death.
    Cause,
    /// Kind of registration (`đúng hạn`, `quá hạn`, `lại`).
    RegistrationType,
    /// Anything else: notes, titles.
    #[default]
    Text,
}

/// A box to tick: what is printed beside it and what a tick in it means.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TickBox {
    /// The caption beside the box, every wording known.
    pub labels: Vec<String>,
    /// Normal form of the field where this box is ticked (`on_time`, `male`).
    pub value: String,
}

/// One field of a form.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FormField {
    /// Name as in the truth format, English snake_case, unique in the form.
    pub name: String,
    /// What is written in it.
    #[serde(default)]
    pub kind: FieldKind,
    /// Printed labels, every wording known; empty where the form prints none.
    #[serde(default)]
    pub labels: Vec<String>,
    /// Caption on the clerk's screen, Vietnamese.
    #[serde(default)]
    pub caption_vi: String,
    /// Caption on the clerk's screen, English.
    #[serde(default)]
    pub caption_en: String,
    /// Read a second time by another person who sees no first value.
    #[serde(default)]
    pub blind: bool,
    /// Expected in every entry; its absence is worth a warning.
    #[serde(default)]
    pub required: bool,
    /// Most lines of writing the field may take.
    #[serde(default = "one")]
    pub max_lines: u32,
    /// Boxes of which one is ticked, where the form prints such; some prints have them and some a line to write on.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub boxes: Vec<TickBox>,
    /// Where the field stands, for layout alone: keys of the form's own file.
    #[serde(default)]
    pub place: indexmap::IndexMap<String, String>,
}

/// A printed form: one TOML file in `pipelines/forms/`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Form {
    /// Identifier, the stem of its file.
    pub id: String,
    /// Family letter or name (`A`, `B`, `C`, `D`, …).
    pub family: String,
    /// What the register records.
    pub register_type: RegisterType,
    /// Printed titles, every wording known.
    #[serde(default)]
    pub titles: Vec<String>,
    /// First year the form was in use.
    #[serde(default)]
    pub year_from: Option<i32>,
    /// Last year the form was in use.
    #[serde(default)]
    pub year_to: Option<i32>,
    /// How entries lie on the page: `act` (one block of labelled lines), `ledger` (a ruled table,
    /// a row an entry), `blocks` (several blocks of labelled lines).
    pub layout: String,
    /// Most entries on a page.
    pub max_entries: u32,
    /// Settings of the layout, for `sobo-layout` alone.
    #[serde(default)]
    pub settings: indexmap::IndexMap<String, f64>,
    /// Printed words of the form that are no label of a field (headers, signature captions).
    #[serde(default)]
    pub furniture: Vec<String>,
    /// Fields in the order of the form.
    #[serde(rename = "field")]
    pub fields: Vec<FormField>,
}

impl Form {
    /// The field of this name.
    pub fn field(&self, name: &str) -> Option<&FormField> {
        self.fields.iter().find(|field| field.name == name)
    }

    /// What is printed beside the box of a field that means `value`: what a person says of a tick in it.
    pub fn box_caption(&self, name: &str, value: &str) -> Option<&str> {
        let option = self.field(name)?.boxes.iter().find(|option| option.value == value)?;
        option.labels.first().map(String::as_str)
    }
}

fn one() -> u32 {
    1
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_tick_is_told_by_the_caption_of_its_box() {
        let form: Form = serde_json::from_value(serde_json::json!({
            "id": "X", "family": "X", "register_type": "birth", "layout": "blocks", "max_entries": 1,
            "field": [{ "name": "sex", "boxes": [
                { "labels": ["Nam"], "value": "male" },
                { "labels": ["Nữ", "Nữ giới"], "value": "female" },
            ] }],
        }))
        .unwrap();
        assert_eq!(form.box_caption("sex", "female"), Some("Nữ"));
        assert_eq!(form.box_caption("sex", "other"), None);
        assert_eq!(form.box_caption("notes", "female"), None);
    }
}

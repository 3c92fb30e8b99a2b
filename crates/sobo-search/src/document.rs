//! What is indexed of an entry.

use serde::{Deserialize, Serialize};
use sobo_core::{Original, PartialDate, Rect, RegisterType};

/// Whom or what a field is about: search may be limited to it.
#[derive(Debug, Copy, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// The person the act is about: child, deceased, groom, bride.
    Subject,
    /// Father or mother.
    Parent,
    /// Anyone else: declarant, witness, spouse, officer.
    Person,
    /// No name: places, occupations, notes.
    Text,
}

impl Role {
    /// The role by the field's name in the truth format.
    pub fn of_field(name: &str) -> Self {
        match name {
            "child_name" | "deceased_name" | "groom_name" | "bride_name" | "margin_name" => Self::Subject,
            _ if name.ends_with("father_name") || name.ends_with("mother_name") => Self::Parent,
            _ if name.ends_with("_name") => Self::Person,
            _ => Self::Text,
        }
    }
}

/// One field of an entry as indexed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DocField {
    /// Name in the form.
    pub name: String,
    /// Whom it is about.
    pub role: Role,
    /// What is written.
    pub text: String,
    /// Normal form, where one exists: dates become searchable by it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    /// Box on the page.
    pub bbox: Rect<Original>,
}

/// An entry as indexed. Lacunae are not: there is nothing to find.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Document {
    /// Identifier of the entry: adding it again replaces it.
    pub entry_id: String,
    /// Identifier of the page.
    pub page_id: String,
    /// Name of the volume.
    pub volume: String,
    /// Office as written on the book.
    pub office: String,
    /// Who keeps the book today.
    pub custodian: String,
    /// What the register records.
    pub register_type: RegisterType,
    /// Year of the register.
    pub year: Option<i32>,
    /// When the act was registered.
    pub registration_date: Option<PartialDate>,
    /// Registration number, normal form.
    pub entry_number: Option<String>,
    /// Confirmed by the people whose task it is.
    pub verified: bool,
    /// Box of the entry on its page.
    pub bbox: Rect<Original>,
    /// Fields with text.
    pub fields: Vec<DocField>,
}

//! What is written in the books: invented people, places, dates and occupations of their period.

mod acts;
mod addresses;
mod dates;
mod names;
mod notes;
mod tables;

pub use acts::{Act, ActContext, Habits, draw_act};
pub use addresses::{Office, office};
pub use dates::{Date, DateStyle, WordStyle, date_in_french_words, date_in_words, number_in_words};
pub use names::{Group, Name, Sex, draw_name, draw_person_name};
pub use tables::Tables;

pub use names::without_marks as strip_marks;

/// `text` without marks if `strip`.
fn without_marks_if(text: &str, strip: bool) -> String {
    if strip { names::without_marks(text) } else { text.to_owned() }
}

/// The period whose spelling, occupations, streets and wording are used.
#[derive(Debug, Copy, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Era {
    /// Acts in French on bilingual forms, up to 1955.
    French,
    /// Acts up to 1975: `sanh`, `nhứt`, `Quận Nhì`.
    Republic,
    /// Ledgers 1976–1998.
    Ledger,
    /// Form blocks 1999–2015.
    Blocks,
    /// Forms from 2016.
    Digital,
}

impl Era {
    /// Key of the occupation and hospital tables.
    fn key(self) -> &'static str {
        match self {
            Self::French => "french",
            Self::Republic => "old",
            Self::Ledger => "mid",
            Self::Blocks | Self::Digital => "new",
        }
    }

    /// Key of the tables that know only before and after 1975.
    fn coarse_key(self) -> &'static str {
        match self {
            Self::French => "french",
            Self::Republic => "old",
            _ => "new",
        }
    }
}

/// What is written in one field.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Written {
    /// The words, NFC, as the writer spells them.
    pub text: String,
    /// Normal form, where one exists.
    pub value: Option<String>,
}

impl Written {
    /// Words without a normal form.
    pub fn plain(text: impl Into<String>) -> Self {
        Self { text: text.into(), value: None }
    }

    /// Words with their normal form.
    pub fn valued(text: impl Into<String>, value: impl Into<String>) -> Self {
        Self { text: text.into(), value: Some(value.into()) }
    }
}

//! Names of the fields by role.

/// Field names of one role.
pub(super) struct Names {
    pub(super) name: &'static str,
    pub(super) occupation: &'static str,
    pub(super) residence: &'static str,
    pub(super) birth_year: &'static str,
    pub(super) ethnicity: &'static str,
    pub(super) nationality: &'static str,
    pub(super) age: &'static str,
    pub(super) identity: &'static str,
}

macro_rules! names {
    ($role:literal) => {
        Names {
            name: concat!($role, "_name"),
            occupation: concat!($role, "_occupation"),
            residence: concat!($role, "_residence"),
            birth_year: concat!($role, "_birth_year"),
            ethnicity: concat!($role, "_ethnicity"),
            nationality: concat!($role, "_nationality"),
            age: concat!($role, "_age"),
            identity: concat!($role, "_id_number"),
        }
    };
}

pub(super) const FATHER: Names = names!("father");
pub(super) const MOTHER: Names = names!("mother");

/// Field names of a spouse.
pub(super) struct SpouseNames {
    pub(super) person: Names,
    pub(super) birth_date: &'static str,
    pub(super) birth_date_words: &'static str,
    pub(super) birth_place: &'static str,
    pub(super) father_name: &'static str,
    pub(super) mother_name: &'static str,
}

macro_rules! spouse {
    ($role:literal) => {
        SpouseNames {
            person: names!($role),
            birth_date: concat!($role, "_birth_date"),
            birth_date_words: concat!($role, "_birth_date_words"),
            birth_place: concat!($role, "_birth_place"),
            father_name: concat!($role, "_father_name"),
            mother_name: concat!($role, "_mother_name"),
        }
    };
}

pub(super) const GROOM: SpouseNames = spouse!("groom");
pub(super) const BRIDE: SpouseNames = spouse!("bride");

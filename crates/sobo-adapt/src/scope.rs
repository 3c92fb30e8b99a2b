//! Where a model of one's own is used: one volume, one office, the books of an office from some years.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use sobo_core::VolumeDescriptor;

/// The volumes a model is for. Written `volume:KS.2006.01`, `office:UBND phường 6`, `era:1954-1975:UBND phường 6`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub enum Scope {
    /// One volume, by its name.
    Volume(String),
    /// The books an office wrote in these years.
    Era {
        /// Office as written on the books.
        office: String,
        /// First year.
        from: i32,
        /// Last year.
        to: i32,
    },
    /// Every book of an office, as written on the books.
    Office(String),
}

/// A scope that is written otherwise.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is no scope; write volume:NAME, office:NAME or era:1954-1975:OFFICE")]
pub struct ScopeError {
    text: String,
}

impl Scope {
    /// Whether a volume belongs to it. A volume belongs to an era when it begins within it.
    pub fn covers(&self, volume: &VolumeDescriptor) -> bool {
        match self {
            Self::Volume(name) => volume.name == *name,
            Self::Era { office, from, to } => {
                volume.office == *office && (*from..=*to).contains(&volume.year_from)
            }
            Self::Office(office) => volume.office == *office,
        }
    }

    /// The office, where the scope names one.
    pub fn office(&self) -> Option<&str> {
        match self {
            Self::Volume(_) => None,
            Self::Era { office, .. } | Self::Office(office) => Some(office),
        }
    }

    /// The narrower a scope, the lower: a volume's own model stands over its era's, that over its office's.
    fn breadth(&self) -> (u8, i64) {
        match self {
            Self::Volume(_) => (0, 0),
            Self::Era { from, to, .. } => (1, i64::from(*to) - i64::from(*from)),
            Self::Office(_) => (2, 0),
        }
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Volume(name) => write!(f, "volume:{name}"),
            Self::Era { office, from, to } => write!(f, "era:{from}-{to}:{office}"),
            Self::Office(office) => write!(f, "office:{office}"),
        }
    }
}

impl From<Scope> for String {
    fn from(scope: Scope) -> Self {
        scope.to_string()
    }
}

impl TryFrom<String> for Scope {
    type Error = ScopeError;

    fn try_from(text: String) -> Result<Self, ScopeError> {
        text.parse()
    }
}

impl FromStr for Scope {
    type Err = ScopeError;

    fn from_str(text: &str) -> Result<Self, ScopeError> {
        let wrong = || ScopeError { text: text.to_owned() };
        let (kind, rest) = text.split_once(':').ok_or_else(wrong)?;
        let rest = rest.trim();
        if rest.is_empty() {
            return Err(wrong());
        }
        match kind {
            "volume" => Ok(Self::Volume(rest.to_owned())),
            "office" => Ok(Self::Office(rest.to_owned())),
            "era" => {
                let (years, office) = rest.split_once(':').ok_or_else(wrong)?;
                let (from, to) = years.split_once('-').ok_or_else(wrong)?;
                let year = |text: &str| text.trim().parse::<i32>().map_err(|_| wrong());
                let (from, to, office) = (year(from)?, year(to)?, office.trim());
                if from > to || office.is_empty() {
                    return Err(wrong());
                }
                Ok(Self::Era { office: office.to_owned(), from, to })
            }
            _ => Err(wrong()),
        }
    }
}

/// What reads a volume: that of the narrowest scope that covers it; `None` where no scope does.
pub fn choose<'a, M>(models: &'a [(Scope, M)], volume: &VolumeDescriptor) -> Option<&'a M> {
    models
        .iter()
        .filter(|(scope, _)| scope.covers(volume))
        .min_by_key(|(scope, _)| scope.breadth())
        .map(|(_, model)| model)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn volume(name: &str, office: &str, year: i32) -> VolumeDescriptor {
        VolumeDescriptor {
            name: name.to_owned(),
            office: office.to_owned(),
            custodian: None,
            register_type: sobo_core::RegisterType::Birth,
            form: "auto".to_owned(),
            number: None,
            year_from: year,
            year_to: None,
            opening: sobo_core::Statement::default(),
            closing: sobo_core::Statement::default(),
            shelf: None,
            pages: Vec::new(),
        }
    }

    #[test]
    fn scopes_are_read_as_they_are_written() {
        for text in ["volume:KS.2006.01", "office:UBND phường 6, quận 5", "era:1954-1975:Hộ tịch Sài Gòn"]
        {
            assert_eq!(text.parse::<Scope>().unwrap().to_string(), text);
        }
        for text in ["", "office:", "era:1975-1954:x", "era:1954:x", "everywhere:x"] {
            assert!(text.parse::<Scope>().is_err(), "{text}");
        }
    }

    #[test]
    fn the_narrowest_scope_reads_a_volume() {
        let models = [("office:A", 1), ("era:1950-1960:A", 2), ("era:1950-1954:A", 3), ("volume:V", 4)];
        let models: Vec<(Scope, i32)> = models.iter().map(|(s, m)| (s.parse().unwrap(), *m)).collect();
        let chosen = |name: &str, office: &str, year| choose(&models, &volume(name, office, year)).copied();
        assert_eq!(chosen("V", "A", 1970), Some(4));
        assert_eq!(chosen("W", "A", 1952), Some(3));
        assert_eq!(chosen("W", "A", 1958), Some(2));
        assert_eq!(chosen("W", "A", 1990), Some(1));
        assert_eq!(chosen("W", "B", 1952), None);
    }
}

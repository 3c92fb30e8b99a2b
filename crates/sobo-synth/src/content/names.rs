//! Names of persons: surname, middle name, given name, with the South's frequencies and its long tail.

use crate::random::Rng;

use super::Era;
use super::tables::Tables;

/// A person's sex as the book records it.
#[derive(Debug, Copy, Clone, PartialEq, Eq)]
pub enum Sex {
    /// `male`.
    Male,
    /// `female`.
    Female,
}

impl Sex {
    /// The identifier of the truth format.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Male => "male",
            Self::Female => "female",
        }
    }
}

/// The community a person's name comes from.
#[derive(Debug, Copy, Clone, PartialEq, Eq)]
pub enum Group {
    /// Vietnamese (Kinh).
    Kinh,
    /// Chinese (Hoa).
    Hoa,
    /// Khmer.
    Khmer,
    /// Chăm.
    Cham,
    /// French and other foreigners.
    Foreign,
}

impl Group {
    fn key(self) -> &'static str {
        match self {
            Self::Kinh => "kinh",
            Self::Hoa => "hoa",
            Self::Khmer => "khmer",
            Self::Cham => "cham",
            Self::Foreign => "tay",
        }
    }

    /// A group; some quarters are half Chinese.
    pub fn draw(rng: &mut Rng, chinese_share: f32) -> Self {
        [Self::Kinh, Self::Hoa, Self::Khmer, Self::Cham, Self::Foreign]
            [rng.weighted(&[1.0, chinese_share, 0.016, 0.009, 0.006])]
    }

    /// The ethnicity written for a person of this group.
    pub fn ethnicity(self, rng: &mut Rng) -> &'static str {
        match self {
            Self::Kinh => {
                if rng.chance(0.012) {
                    ["Tày", "Nùng", "Mường", "Thái", "Ê đê", "Chơ ro"][rng.below(6)]
                } else {
                    "Kinh"
                }
            }
            Self::Hoa => "Hoa",
            Self::Khmer => ["Khmer", "Khơ me", "Khơme"][rng.weighted(&[6.0, 2.0, 2.0])],
            Self::Cham => "Chăm",
            Self::Foreign => ["Pháp", "Ấn", "Mỹ"][rng.below(3)],
        }
    }
}

/// A name in its parts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Name {
    /// Surname.
    pub surname: String,
    /// Middle name or names, perhaps empty.
    pub middle: String,
    /// Given name or names.
    pub given: String,
    /// Given name stands before the surname (European names).
    pub western: bool,
}

impl Name {
    /// Surname, middle, given, separated by spaces.
    pub fn full(&self) -> String {
        let parts: [&str; 3] = if self.western {
            [&self.given, &self.middle, &self.surname]
        } else {
            [&self.surname, &self.middle, &self.given]
        };
        parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
    }
}

/// Draws a name; `surname` fixes the family.
pub fn draw_name(
    rng: &mut Rng,
    tables: &Tables,
    group: Group,
    sex: Sex,
    era: Era,
    surname: Option<&str>,
) -> Name {
    let key = group.key();
    let surname = match surname {
        Some(surname) => surname.to_owned(),
        None => tables.surnames.draw(rng, &[key]).to_owned(),
    };
    let own_given = group != Group::Kinh && rng.chance(if group == Group::Hoa { 0.35 } else { 0.85 });
    let given = tables.given.draw(rng, &[sex.as_str(), if own_given { key } else { "kinh" }]).to_owned();
    let single_word = !given.contains(' ');
    let middle = match group {
        Group::Foreign => String::new(),
        Group::Khmer | Group::Cham if rng.chance(0.7) => {
            if sex == Sex::Female && rng.chance(0.5) {
                "Thị".to_owned()
            } else {
                String::new()
            }
        }
        Group::Hoa if own_given && !single_word => String::new(),
        _ => draw_middle(rng, tables, sex, era, &given),
    };
    Name { surname, middle, given, western: group == Group::Foreign }
}

fn draw_middle(rng: &mut Rng, tables: &Tables, sex: Sex, era: Era, given: &str) -> String {
    // Văn and Thị are for everybody in old books and fade away in new ones.
    let plain = match era {
        Era::French => 0.55,
        Era::Republic => 0.3,
        Era::Ledger => 0.18,
        Era::Blocks => 0.02,
        Era::Digital => 0.0,
    };
    let typical = if sex == Sex::Male { "Văn" } else { "Thị" };
    if rng.chance(plain) {
        return typical.to_owned();
    }
    for _ in 0..6 {
        let middle = tables.middles.draw(rng, &[sex.as_str()]);
        let middle = if middle == "-" { "" } else { middle };
        if middle.split(' ').any(|word| word == given) {
            continue;
        }
        if era >= Era::Blocks && middle == typical && rng.chance(if era == Era::Digital { 0.8 } else { 0.55 })
        {
            continue;
        }
        return middle.to_owned();
    }
    String::new()
}

/// The full name of somebody of the majority, as signatories mostly are.
pub fn draw_person_name(rng: &mut Rng, tables: &Tables, male: bool, era: Era) -> String {
    let sex = if male { Sex::Male } else { Sex::Female };
    let name = draw_name(rng, tables, Group::Kinh, sex, era, None);
    if era == Era::French { french_orthography(&name, true) } else { name.full() }
}

/// The name as French and colonial clerks wrote it: hyphens, small middle names, no marks.
pub(super) fn french_orthography(name: &Name, strip_marks: bool) -> String {
    let mut parts = vec![name.surname.clone()];
    parts.extend(name.middle.split(' ').filter(|p| !p.is_empty()).map(str::to_lowercase));
    parts.push(name.given.clone());
    let joined = parts.join("-");
    if strip_marks { without_marks(&joined) } else { joined }
}

/// Vietnamese letters without their marks (`đ` becomes `d`).
pub fn without_marks(text: &str) -> String {
    use unicode_normalization::UnicodeNormalization;
    text.nfd()
        .filter(|c| !unicode_normalization::char::is_combining_mark(*c))
        .map(|c| match c {
            'đ' => 'd',
            'Đ' => 'D',
            c => c,
        })
        .nfc()
        .collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn names_fit_their_sex_and_keep_a_long_tail() {
        let tables = Tables::get().unwrap();
        let mut rng = Rng::new(5);
        let mut surnames = std::collections::BTreeMap::new();
        for _ in 0..4000 {
            let name = draw_name(&mut rng, tables, Group::Kinh, Sex::Male, Era::Republic, None);
            assert!(!name.full().split(' ').any(|word| word == "Thị"), "{}", name.full());
            assert!(!name.full().contains("  "));
            *surnames.entry(name.surname).or_insert(0) += 1;
        }
        let nguyen = surnames["Nguyễn"];
        assert!((1000..1700).contains(&nguyen), "{nguyen}");
        assert!(surnames.len() > 80, "{}", surnames.len());
    }

    #[test]
    fn french_clerks_wrote_hyphens() {
        let name =
            Name {
                surname: "Nguyễn".into(), middle: "Văn".into(), given: "Đặng".into(), western: false
            };
        assert_eq!(french_orthography(&name, true), "Nguyen-van-Dang");
    }
}

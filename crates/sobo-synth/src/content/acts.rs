//! One birth, marriage or death, its people consistent with each other, as fields ready to be written.

mod birth;
mod death;
mod fields;
mod marriage;

use sobo_core::RegisterType;

use crate::random::Rng;

use self::fields::Names;
use super::addresses::{AddressStyle, Office, address, institution, province};
use super::dates::{Date, DateStyle, WordStyle, capitalised, date_in_french_words, date_in_words};
use super::names::{Group, Name, Sex, draw_name, french_orthography};
use super::notes::note;
use super::tables::Tables;
use super::{Era, Written};

/// A clerk's habits: they persist through the book.
#[derive(Debug, Clone, Copy)]
pub struct Habits {
    dates: DateStyle,
    words: WordStyle,
    addresses: AddressStyle,
    capital_names: bool,
    capital_words: bool,
    sex: usize,
    nationality: usize,
    age_word: bool,
    strip_french_marks: bool,
    hyphen_names: bool,
}

impl Habits {
    /// Habits usual in `era`.
    pub fn draw(rng: &mut Rng, era: Era) -> Self {
        Self {
            dates: DateStyle::draw(rng, era),
            words: WordStyle::draw(rng, era),
            addresses: AddressStyle::draw(rng, era),
            capital_names: rng.chance(match era {
                Era::French | Era::Republic => 0.12,
                Era::Ledger => 0.15,
                Era::Blocks => 0.4,
                Era::Digital => 0.6,
            }),
            capital_words: rng.chance(0.4),
            sex: rng.below(3),
            nationality: rng.weighted(&[5.0, 2.0, 1.0, 1.0]),
            age_word: rng.chance(0.25),
            strip_french_marks: rng.chance(0.75),
            hyphen_names: rng.chance(0.12),
        }
    }
}

/// Where and when an act is written.
#[derive(Debug, Clone, Copy)]
pub struct ActContext<'a> {
    /// Word lists.
    pub tables: &'a Tables,
    /// Period.
    pub era: Era,
    /// What is recorded.
    pub register_type: RegisterType,
    /// The office.
    pub office: &'a Office,
    /// Date of registration.
    pub registered: Date,
    /// The writer's habits.
    pub habits: &'a Habits,
}

/// The fields of an act by name; empty cells are absent.
#[derive(Debug, Clone)]
pub struct Act {
    /// Date of registration.
    pub registered: Date,
    /// Registered long after the event.
    pub late: bool,
    /// Field name and what is written.
    pub fields: Vec<(&'static str, Written)>,
}

impl Act {
    /// What is written in a field.
    pub fn get(&self, name: &str) -> Option<&Written> {
        self.fields.iter().find(|(field, _)| *field == name).map(|(_, written)| written)
    }
}

struct Person {
    name: Name,
    group: Group,
    born: Date,
    occupation: String,
    residence: String,
    ethnicity: String,
    identity: String,
}

struct Scribe<'a> {
    rng: Rng,
    c: ActContext<'a>,
    fields: Vec<(&'static str, Written)>,
}

/// Draws an act.
pub fn draw_act(rng: Rng, context: ActContext<'_>) -> Act {
    let mut scribe = Scribe { rng, c: context, fields: Vec::with_capacity(48) };
    let late = match context.register_type {
        RegisterType::Marriage => scribe.marriage(),
        RegisterType::Death => scribe.death(),
        _ => scribe.birth(),
    };
    Act { registered: context.registered, late, fields: scribe.fields }
}

impl Scribe<'_> {
    fn put(&mut self, name: &'static str, text: impl Into<String>) {
        let text = text.into();
        if !text.is_empty() {
            self.fields.push((name, Written::plain(text)));
        }
    }

    fn put_valued(&mut self, name: &'static str, text: impl Into<String>, value: impl Into<String>) {
        self.fields.push((name, Written::valued(text, value)));
    }

    fn era(&self) -> Era {
        self.c.era
    }

    fn case(&self, text: &str) -> String {
        if self.c.habits.capital_words { capitalised(text) } else { text.to_owned() }
    }

    fn name(&self, name: &Name, principal: bool) -> String {
        if self.era() == Era::French {
            return french_orthography(name, self.c.habits.strip_french_marks);
        }
        let mut text = name.full();
        if self.era() == Era::Republic && self.c.habits.hyphen_names {
            text = text.replace(' ', "-");
        }
        if principal && self.c.habits.capital_names { text.to_uppercase() } else { text }
    }

    fn person(
        &mut self,
        sex: Sex,
        age: std::ops::Range<i32>,
        at: Date,
        surname: Option<(&str, Group)>,
    ) -> Person {
        let share = if self.c.office.chinese { 0.5 } else { 0.07 };
        let group = surname.map_or_else(|| Group::draw(&mut self.rng, share), |(_, group)| group);
        let name = draw_name(
            &mut self.rng,
            self.c.tables,
            group,
            sex,
            self.c.era,
            surname.map(|(surname, _)| surname),
        );
        let years = self.rng.between(age.start, (age.end - 1).max(age.start));
        let born =
            at.plus(-i64::from(years) * 365 - i64::from(years / 4) - i64::from(self.rng.between(1, 360)));
        let occupation = if years < 15 {
            String::new()
        } else if years > 68 && self.rng.chance(0.5) && self.c.era > Era::French {
            "già yếu".to_owned()
        } else {
            self.c.tables.occupations.draw(&mut self.rng, &[self.c.era.key(), sex.as_str()]).to_owned()
        };
        let residence =
            address(&mut self.rng, self.c.tables, self.c.era, self.c.office, self.c.habits.addresses);
        let ethnicity = group.ethnicity(&mut self.rng).to_owned();
        let identity = self.identity(born.year);
        Person { name, group, born, occupation, residence, ethnicity, identity }
    }

    fn identity(&mut self, year_of_birth: i32) -> String {
        let r = &mut self.rng;
        match self.c.era {
            Era::Digital if r.chance(0.5) => {
                let sex = if year_of_birth >= 2000 { r.between(2, 3) } else { r.between(0, 1) };
                format!("079{sex}{:02}{:06}", year_of_birth.rem_euclid(100), r.between(1, 24_999))
            }
            Era::French | Era::Republic => format!("{:08}", r.between(100_000, 9_999_999)),
            _ => format!("0{}", r.between(20_000_000, 25_999_999)),
        }
    }

    fn nationality(&mut self, group: Group) -> Written {
        let text = match (group, self.era()) {
            (Group::Foreign, _) => {
                let name = ["Pháp", "Mỹ", "Ấn Độ", "Đài Loan", "Hàn Quốc"]
                    [self.rng.weighted(&[4.0, 2.0, 1.0, 1.0, 1.0])];
                return Written::valued(name, name);
            }
            (Group::Hoa, Era::Ledger) if self.rng.chance(0.08) => {
                return Written::valued("Trung Quốc", "Trung Quốc");
            }
            (_, Era::Ledger) => ["Việt Nam", "VN", "Việt nam", "V.N"][self.c.habits.nationality],
            (_, Era::French) => "annamite",
            _ => {
                if self.c.habits.nationality == 2 {
                    "Việt nam"
                } else {
                    "Việt Nam"
                }
            }
        };
        Written::valued(text, "Việt Nam")
    }

    fn sex_word(&mut self, sex: Sex) -> Written {
        let male = sex == Sex::Male;
        let word = match self.era() {
            Era::French => ["masculin|féminin", "garçon|fille", "Masculin|Féminin"][self.c.habits.sex],
            Era::Republic => ["con trai|con gái", "Nam|Nữ", "Trai|Gái"]
                [(self.c.habits.sex + usize::from(self.rng.chance(0.12))) % 3],
            Era::Ledger => ["Nam|Nữ", "nam|nữ", "Nam|Nữ"][self.c.habits.sex],
            _ => "Nam|Nữ",
        };
        let (m, f) = word.split_once('|').unwrap_or((word, word));
        let word = if male { m } else { f };
        let word = if self.era() == Era::Republic { self.case(word) } else { word.to_owned() };
        Written::valued(word, sex.as_str())
    }

    fn date(&mut self, field: &'static str, date: Date) {
        self.put_valued(field, self.c.habits.dates.write(date), date.iso());
    }

    fn date_words(&mut self, field: &'static str, date: Date, hour: bool) {
        let mut text = if self.era() == Era::French {
            date_in_french_words(date)
        } else {
            let mut style = self.c.habits.words;
            if self.rng.chance(0.1) {
                style.leading_day = !style.leading_day;
            }
            date_in_words(date, style)
        };
        if hour && self.rng.chance(0.4) {
            let time = self.hour_words();
            text = if self.era() == Era::French {
                format!("{text} à {time}")
            } else {
                format!("{text}, {time}")
            };
        }
        self.put_valued(field, text, date.iso());
    }

    fn hour_words(&mut self) -> String {
        let hour = self.rng.between(1, 12);
        if self.era() == Era::French {
            return format!("{hour} heures du {}", ["matin", "soir"][self.rng.below(2)]);
        }
        let part = ["sáng", "chiều", "tối", "khuya", "trưa"][self.rng.below(5)];
        let minutes = ["", " 30", " 15", " rưỡi"][self.rng.weighted(&[6.0, 2.0, 1.0, 1.0])];
        let lead = ["hồi ", "lúc ", ""][self.rng.below(3)];
        format!("{lead}{hour} giờ{minutes} {part}")
    }

    fn age(&mut self, field: &'static str, person: &Person) {
        let age = person.born.age_at(self.c.registered);
        let text = match self.era() {
            Era::French => format!("{age} ans"),
            _ if self.c.habits.age_word => format!("{age} tuổi"),
            _ => age.to_string(),
        };
        self.put_valued(field, text, age.to_string());
    }

    fn occupation(&self, person: &Person) -> String {
        self.case(&person.occupation)
    }

    /// Name, occupation, residence, year, ethnicity, nationality, identity under a prefix's names.
    fn describe(&mut self, names: &Names, person: &Person) {
        let text = self.name(&person.name, true);
        self.put(names.name, text);
        let occupation = self.occupation(person);
        self.unless_unknown(names.occupation, 0.008, Written::plain(occupation));
        self.unless_unknown(names.residence, 0.01, Written::plain(person.residence.clone()));
        let year = person.born.year.to_string();
        self.unless_unknown(names.birth_year, 0.012, Written::valued(year.clone(), year));
        self.put_valued(names.ethnicity, person.ethnicity.clone(), person.ethnicity.clone());
        let nationality = self.nationality(person.group);
        self.fields.push((names.nationality, nationality));
        self.age(names.age, person);
        self.put(names.identity, person.identity.clone());
    }

    /// Writes a value, or, with this chance, that the declarant did not know it.
    fn unless_unknown(&mut self, field: &'static str, chance: f32, written: Written) {
        if !self.rng.chance(chance) {
            self.fields.push((field, written));
            return;
        }
        let text = match self.era() {
            Era::French => ["inconnu", "ne sait"][self.rng.below(2)],
            _ => {
                ["không rõ", "không nhớ", "không biết", "Không rõ"][self.rng.weighted(&[5.0, 1.5, 1.0, 2.0])]
            }
        };
        self.put(field, text);
    }

    fn common(&mut self, sex: Sex, birth: bool, late: bool) {
        let date = self.c.registered;
        self.date("registration_date", date);
        self.date_words("registration_date_words", date, false);
        let (text, value) = if late {
            (
                ["Quá hạn", "quá hạn", "Đăng ký quá hạn", "Trễ hạn"]
                    [self.rng.weighted(&[5.0, 2.0, 2.0, 1.0])],
                "late",
            )
        } else if self.rng.chance(0.05) {
            (["Đăng ký lại", "Lại"][self.rng.below(2)], "again")
        } else {
            (["Đúng hạn", "đúng hạn", "Đăng ký đúng hạn"][self.rng.weighted(&[5.0, 2.0, 1.0])], "on_time")
        };
        self.put_valued("registration_type", text, value);
        let place = self.c.office.place.clone();
        if let Some(note) = note(&mut self.rng, self.c.tables, self.c.era, &place, date, sex, birth) {
            self.put("notes", note);
        } else if late && self.era() == Era::Ledger && self.rng.chance(0.6) {
            let text = ["Khai trễ hạn", "Trễ hạn", "Quá hạn"][self.rng.below(3)];
            self.put("notes", text);
        }
    }

    fn witnesses(&mut self) {
        for field in ["witness_1_name", "witness_2_name"] {
            let sex = if self.rng.chance(0.7) { Sex::Male } else { Sex::Female };
            let person = self.person(sex, 21..70, self.c.registered, None);
            let text = self.name(&person.name, false);
            self.put(field, text);
        }
    }

    fn declarant(&mut self, person: &Person, relation: &str) {
        let name = self.name(&person.name, false);
        self.put("declarant_name", name);
        self.age("declarant_age", person);
        let occupation = self.occupation(person);
        self.put("declarant_occupation", occupation);
        self.put("declarant_residence", person.residence.clone());
        self.put("declarant_relation", self.case(relation));
        self.put("declarant_id_number", person.identity.clone());
    }

    fn delay(&mut self) -> (i64, bool) {
        let late = self.rng.chance(if self.era() == Era::Ledger { 0.12 } else { 0.06 });
        let days = if late {
            self.rng.between(70, 2600)
        } else {
            self.rng.between(1, if self.era() <= Era::Republic { 12 } else { 45 })
        };
        (i64::from(days), late)
    }

    fn place_of_birth(&mut self, home: &str) -> String {
        let era = self.era();
        let habits = self.c.habits.addresses;
        let tables = self.c.tables;
        match self.rng.weighted(if era <= Era::Republic { &[5.0, 3.0, 1.0] } else { &[7.0, 0.5, 2.0] }) {
            0 => institution(&mut self.rng, tables, era, habits),
            1 => home.to_owned(),
            _ => province(&mut self.rng, tables, era),
        }
    }

    fn number(&mut self, field: &'static str, year: i32) {
        let text = self.identity(year);
        self.put(field, text);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::content::addresses::office;

    fn acts(era: Era, register_type: RegisterType, year: i32, count: u64) -> Vec<Act> {
        let tables = Tables::get().unwrap();
        let mut rng = Rng::new(3);
        let office = office(&mut rng, tables, era, year);
        let habits = Habits::draw(&mut rng, era);
        let registered = Date { year, month: 6, day: 14 };
        let context = ActContext { tables, era, register_type, office: &office, registered, habits: &habits };
        (0..count).map(|i| draw_act(rng.fork(i), context)).collect()
    }

    fn value(act: &Act, field: &str) -> String {
        act.get(field).and_then(|w| w.value.clone()).unwrap_or_default()
    }

    #[test]
    fn births_are_consistent() {
        for (era, year) in
            [(Era::French, 1938), (Era::Republic, 1966), (Era::Ledger, 1984), (Era::Blocks, 2004)]
        {
            let mut known = 0;
            for act in acts(era, RegisterType::Birth, year, 200) {
                assert!(value(&act, "birth_date") < value(&act, "registration_date"));
                assert_eq!(value(&act, "birth_date"), value(&act, "birth_date_words"));
                let born: i32 = value(&act, "birth_date")[..4].parse().unwrap();
                // Now and then nobody knew the year.
                if let Ok(mother) = value(&act, "mother_birth_year").parse::<i32>() {
                    known += 1;
                    assert!((16..45).contains(&(born - mother)), "{born} {mother}");
                    let age: i32 = value(&act, "mother_age").parse().unwrap();
                    assert!((year - mother - age).abs() <= 1);
                }
                let split = if era == Era::French { '-' } else { ' ' };
                if let Some(father) =
                    act.get("father_name").filter(|_| act.get("father_birth_year").is_some())
                {
                    let surname =
                        |name: &str| name.to_lowercase().split([split, '-', ' ']).next().map(str::to_owned);
                    let last = |name: &str| {
                        name.to_lowercase().split([split, '-', ' ']).next_back().map(str::to_owned)
                    };
                    let child = &act.get("child_name").unwrap().text;
                    assert!(
                        surname(&father.text) == surname(child) || last(&father.text) == last(child),
                        "{} {child}",
                        father.text
                    );
                }
            }
            assert!((185..=200).contains(&known), "{known} of 200 years of birth are known");
        }
    }

    #[test]
    fn the_dead_died_after_birth_and_before_registration() {
        for act in acts(Era::Ledger, RegisterType::Death, 1990, 200) {
            assert!(value(&act, "death_date") < value(&act, "registration_date"));
            assert!(value(&act, "birth_date") < value(&act, "death_date"));
        }
    }

    #[test]
    fn every_letter_can_be_drawn() {
        let known = |c: char| crate::fonts::ALPHABET.contains(c);
        for era in [Era::French, Era::Republic, Era::Ledger, Era::Blocks, Era::Digital] {
            for kind in [RegisterType::Birth, RegisterType::Marriage, RegisterType::Death] {
                let year = if era == Era::French { 1940 } else { 1970 };
                for act in acts(era, kind, year, 150) {
                    for (field, written) in &act.fields {
                        assert!(written.text.chars().all(known), "{field}: {}", written.text);
                        assert!(
                            !written.text.contains("  ") && written.text.trim() == written.text,
                            "{field}"
                        );
                    }
                }
            }
        }
    }

    #[test]
    fn the_same_seed_tells_the_same_story() {
        let one = acts(Era::Blocks, RegisterType::Marriage, 2008, 5);
        let two = acts(Era::Blocks, RegisterType::Marriage, 2008, 5);
        assert!(one.iter().zip(&two).all(|(a, b)| a.fields == b.fields));
    }
}

//! Births: a child, its parents and where it was born.

use super::Scribe;
use super::fields::{FATHER, MOTHER};
use crate::content::addresses::province;
use crate::content::names::{Sex, draw_name};
use crate::content::{Era, Written};

impl Scribe<'_> {
    pub(super) fn birth(&mut self) -> bool {
        let (days, late) = self.delay();
        let born = self.c.registered.plus(-days);
        let sex = if self.rng.chance(0.515) { Sex::Male } else { Sex::Female };
        let mut mother = self.person(Sex::Female, 17..43, born, None);
        let father = self.person(Sex::Male, 20..50, born, None);
        let known = !self.rng.chance(0.05);
        if self.rng.chance(0.75) {
            mother.residence.clone_from(&father.residence);
        }
        let family = if known { &father } else { &mother };
        let (surname, group) = (family.name.surname.clone(), family.group);
        let era = self.c.era;
        let mut name = draw_name(&mut self.rng, self.c.tables, group, sex, era, Some(&surname));
        if name.given == family.name.given {
            name = draw_name(&mut self.rng, self.c.tables, group, sex, era, Some(&surname));
        }
        let text = self.name(&name, true);
        self.put("child_name", text.clone());
        self.put("margin_name", text);
        let word = self.sex_word(sex);
        self.fields.push(("sex", word));
        self.date("birth_date", born);
        self.date_words("birth_date_words", born, era <= Era::Republic);
        let home = mother.residence.clone();
        let place = self.place_of_birth(&home);
        self.put("birth_place", place);
        let ethnicity = family.ethnicity.clone();
        self.put_valued("ethnicity", ethnicity.clone(), ethnicity);
        let nationality = self.nationality(group);
        self.fields.push(("nationality", nationality));
        let native = province(&mut self.rng, self.c.tables, era);
        self.put("native_place", native);
        if known {
            self.describe(&FATHER, &father);
        } else if era <= Era::Republic {
            let text = ["vô danh", "không rõ", "không khai"][self.rng.below(3)];
            self.put("father_name", text);
        } else if self.rng.chance(0.5) {
            self.put("father_name", "không rõ");
        }
        let at = self.fields.len();
        self.describe(&MOTHER, &mother);
        if known && father.residence == mother.residence && self.rng.chance(0.35) {
            let same = match era {
                Era::French => "même adresse",
                Era::Republic => ["như trên", "nt", "cùng chỗ"][self.rng.weighted(&[5.0, 2.0, 1.0])],
                _ => ["nt", "như trên", "-nt-"][self.rng.below(3)],
            };
            if let Some(field) = self.fields[at..].iter_mut().find(|(field, _)| *field == MOTHER.residence) {
                let value = if same.contains("nt") { Some(father.residence.clone()) } else { None };
                field.1 = Written { text: same.to_owned(), value };
            }
        }
        self.put("residence", mother.residence.clone());
        let rank = match era {
            Era::French => ["1er rang", "femme de 1er rang", "2e rang", "concubine"]
                [self.rng.weighted(&[5.0, 3.0, 1.0, 0.5])],
            _ => ["vợ chánh", "chánh", "vợ thứ", "không hôn thú"][self.rng.weighted(&[8.0, 3.0, 1.0, 0.5])],
        };
        self.put("mother_rank", self.case(rank));
        self.common(sex, true, late);
        let french = era == Era::French;
        let (person, relation) = match self.rng.weighted(&[5.0, 2.5, 1.0, 1.0, 0.8]) {
            0 if known => (None, if french { "père" } else { "cha" }),
            2 => (
                Some(self.person(
                    Sex::Female,
                    45..75,
                    born,
                    Some((&mother.name.surname.clone(), mother.group)),
                )),
                "bà ngoại",
            ),
            3 if known => (Some(self.person(Sex::Male, 48..78, born, Some((&surname, group)))), "ông nội"),
            4 => (
                Some(self.person(Sex::Female, 25..60, born, None)),
                if era <= Era::Republic { "cô mụ" } else { "dì" },
            ),
            _ => (None, if french { "mère" } else { "mẹ" }),
        };
        let declarant = person.as_ref().unwrap_or(if relation == "cha" || relation == "père" {
            &father
        } else {
            &mother
        });
        let relation = if french && person.is_some() { "parent" } else { relation };
        self.declarant(declarant, relation);
        self.witnesses();
        self.number("personal_id_number", born.year);
        self.number("father_personal_id_number", father.born.year);
        self.number("mother_personal_id_number", mother.born.year);
        late
    }
}

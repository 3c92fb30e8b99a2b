//! Marriages: groom and bride, each with parents.

use super::Scribe;
use super::fields::{BRIDE, GROOM};
use crate::content::Era;
use crate::content::addresses::province;
use crate::content::names::Sex;

impl Scribe<'_> {
    pub(super) fn marriage(&mut self) -> bool {
        let date = self.c.registered;
        let groom = self.person(Sex::Male, 20..42, date, None);
        let bride = self.person(Sex::Female, 18..38, date, None);
        let era = self.c.era;
        for (names, person) in [(&GROOM, &groom), (&BRIDE, &bride)] {
            self.describe(&names.person, person);
            if self.rng.chance(0.12) {
                self.put_valued(names.birth_date, person.born.year.to_string(), person.born.year.to_string());
            } else {
                self.date(names.birth_date, person.born);
            }
            self.date_words(names.birth_date_words, person.born, false);
            let place = province(&mut self.rng, self.c.tables, era);
            self.put(names.birth_place, place);
            let (father_dead, mother_dead) = (self.rng.chance(0.2), self.rng.chance(0.12));
            let surname = person.name.surname.clone();
            let father = self.person(Sex::Male, 42..75, date, Some((&surname, person.group)));
            let mother = self.person(Sex::Female, 40..72, date, None);
            for (field, parent, dead) in
                [(names.father_name, father, father_dead), (names.mother_name, mother, mother_dead)]
            {
                let mut text = self.name(&parent.name, false);
                if dead && self.rng.chance(0.7) {
                    text.push_str(match era {
                        Era::French => " (décédé)",
                        Era::Republic => " (chết)",
                        _ => " (chết)",
                    });
                }
                self.put(field, text);
            }
        }
        let married =
            if self.rng.chance(0.8) { date } else { date.plus(-i64::from(self.rng.between(1, 20))) };
        self.date("marriage_date", married);
        self.date_words("marriage_date_words", married, era <= Era::Republic);
        let text = self.name(&groom.name, true);
        self.put("margin_name", text);
        self.common(Sex::Male, false, false);
        let (declarant, relation) = if self.rng.chance(0.7) { (&groom, "chồng") } else { (&bride, "vợ") };
        self.declarant(declarant, relation);
        self.witnesses();
        false
    }
}

//! Deaths: who died, when, where and of what.

use super::Scribe;
use super::fields::{FATHER, MOTHER};
use crate::content::addresses::province;
use crate::content::names::Sex;
use crate::content::{Era, Written};

impl Scribe<'_> {
    pub(super) fn death(&mut self) -> bool {
        let (days, late) = self.delay();
        let died = self.c.registered.plus(-(days.min(900) / if late { 1 } else { 4 }).max(1));
        let sex = if self.rng.chance(0.53) { Sex::Male } else { Sex::Female };
        let age = match self.rng.weighted(&[0.12, 0.28, 0.6]) {
            0 => 0..15,
            1 => 15..55,
            _ => 55..93,
        };
        let person = self.person(sex, age, died, None);
        let era = self.c.era;
        let years = person.born.age_at(died);
        let text = self.name(&person.name, true);
        self.put("deceased_name", text.clone());
        self.put("margin_name", text);
        let word = self.sex_word(sex);
        self.fields.push(("sex", word));
        let text = match era {
            Era::French => format!("{} ans", years.max(1)),
            _ if years < 1 => {
                let months = ((died.days() - person.born.days()) / 30).max(1);
                format!("{months} tháng")
            }
            _ if self.c.habits.age_word => format!("{years} tuổi"),
            _ => years.to_string(),
        };
        self.put("age", text);
        if self.rng.chance(0.45) {
            self.put_valued("birth_date", person.born.year.to_string(), person.born.year.to_string());
        } else {
            self.date("birth_date", person.born);
        }
        self.date_words("birth_date_words", person.born, false);
        let place = province(&mut self.rng, self.c.tables, era);
        self.put("birth_place", place.clone());
        self.put("native_place", place);
        self.put_valued("ethnicity", person.ethnicity.clone(), person.ethnicity.clone());
        let nationality = self.nationality(person.group);
        self.fields.push(("nationality", nationality));
        let occupation = self.occupation(&person);
        self.put("occupation", occupation);
        self.put("residence", person.residence.clone());
        self.date("death_date", died);
        self.date_words("death_date_words", died, era <= Era::Republic);
        let (hour, minute) = (self.rng.between(0, 23), self.rng.between(0, 11) * 5);
        let time = match era {
            Era::French => format!("{hour} heures"),
            _ if minute == 0 => format!("{hour} giờ"),
            _ if self.rng.chance(0.3) => format!("{hour}g{minute:02}"),
            _ => format!("{hour} giờ {minute:02}"),
        };
        self.put("death_time", time);
        let place = match self.rng.weighted(&[4.0, 3.0, 2.0, 0.7]) {
            0 => match era {
                Era::French => "à son domicile".to_owned(),
                Era::Republic => ["tại nhà", "tại gia", "nhà riêng"][self.rng.below(3)].to_owned(),
                _ => ["tại nhà", "Tại nhà", "nhà riêng", "Tại gia"][self.rng.weighted(&[4.0, 3.0, 1.0, 0.5])]
                    .to_owned(),
            },
            1 => self.death_hospital(),
            2 => person.residence.clone(),
            _ => province(&mut self.rng, self.c.tables, era),
        };
        self.put("death_place", place);
        let cause = self.c.tables.causes.draw(&mut self.rng, &[era.coarse_key()]).to_owned();
        let cause = self.case(&cause);
        self.unless_unknown("cause_of_death", 0.03, Written::plain(cause));
        let notice = self.rng.between(1, 999);
        let text = ["", "/GBT", "/BT", "/GBT-BV"][self.rng.below(4)];
        self.put("death_notice_number", format!("{notice:02}{text}"));
        let other = if sex == Sex::Male { Sex::Female } else { Sex::Male };
        if years > 20 && self.rng.chance(0.7) {
            let spouse = self.person(other, years.saturating_sub(6).max(18)..years + 6, died, None);
            let text = self.name(&spouse.name, false);
            self.put("spouse_name", text);
        }
        let surname = person.name.surname.clone();
        let father = self.person(Sex::Male, years + 20..years + 45, died, Some((&surname, person.group)));
        let mother = self.person(Sex::Female, years + 17..years + 42, died, None);
        // Parents of the old are often known to nobody who is left.
        let forgotten = if years > 50 { 0.12 } else { 0.02 };
        for (names, parent) in [(&FATHER, &father), (&MOTHER, &mother)] {
            self.describe(names, parent);
            if self.rng.chance(forgotten) {
                let text = if era == Era::French {
                    "inconnu"
                } else {
                    ["không rõ", "Không rõ"][self.rng.below(2)]
                };
                if let Some(field) = self.fields.iter_mut().find(|(field, _)| *field == names.name) {
                    field.1 = Written::plain(text);
                }
            }
        }
        self.common(sex, false, late);
        let french = era == Era::French;
        let (declarant, relation) = match self.rng.weighted(&[5.0, 2.0, 1.5, 1.0]) {
            0 if years > 40 => {
                let own = (sex == Sex::Male).then(|| surname.clone());
                let child_sex = if self.rng.chance(0.6) { Sex::Male } else { Sex::Female };
                let group = person.group;
                let child = self.person(child_sex, 18..years - 18, died, own.as_deref().map(|s| (s, group)));
                (child, if french { "enfant" } else { "con" })
            }
            1 if years > 24 => (
                self.person(other, 22..70, died, None),
                if french {
                    "conjoint"
                } else if sex == Sex::Male {
                    "vợ"
                } else {
                    "chồng"
                },
            ),
            2 if years < 60 => (
                self.person(Sex::Male, 20..70, died, Some((&surname, person.group))),
                if french { "frère" } else { "anh" },
            ),
            _ => (self.person(Sex::Male, 22..70, died, None), if french { "voisin" } else { "cháu" }),
        };
        self.declarant(&declarant, relation);
        self.witnesses();
        self.number("personal_id_number", person.born.year);
        late
    }

    fn death_hospital(&mut self) -> String {
        let era = self.c.era;
        let list: &[&str] = match era {
            Era::French => {
                &["hôpital de Choquan", "hôpital indigène de Cholon", "hôpital Drouhet", "hôpital de Cho-Ray"]
            }
            Era::Republic => &[
                "bịnh viện Chợ-Rẫy",
                "nhà thương Chợ-Quán",
                "bịnh viện Bình-Dân",
                "Dưỡng đường Saint Paul",
                "bịnh viện Nguyễn Văn Học",
                "Tổng Y-viện Cộng-Hòa",
            ],
            _ => &[
                "Bệnh viện Chợ Rẫy",
                "BV Chợ Rẫy",
                "Bệnh viện 115",
                "Bệnh viện Bình Dân",
                "Bệnh viện Nguyễn Trãi",
                "Bệnh viện Nhân dân Gia Định",
                "BV Phạm Ngọc Thạch",
                "Bệnh viện Ung Bướu",
                "Bệnh viện Thống Nhất",
            ],
        };
        list[self.rng.below(list.len())].to_owned()
    }
}

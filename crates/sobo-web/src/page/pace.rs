//! Progress and pace: what each era, volume and person got through, and how long what is left takes at that pace.

use std::collections::{BTreeMap, BTreeSet};

use sobo_db::{Account, Pace, StageCount, Volume};
use sobo_verify::StepKind;

use crate::error::Result;
use crate::page::{era, percent, time_text};
use crate::state::AppState;
use crate::table::Table;
use crate::texts::Language;

/// How far back the pace is told.
const DAYS: i64 = 30;

/// What was done and what is left of an era, a volume or by a person.
pub(crate) struct PaceLine {
    pub(crate) name: String,
    /// Entries by step, in the order of the chain.
    pub(crate) steps: Vec<i64>,
    /// Steps on a day on which any was taken.
    pub(crate) a_day: String,
    /// Share of the entries signed off; empty for a person.
    pub(crate) signed: String,
    /// Working days left at this pace; empty for a person.
    pub(crate) left: String,
}

/// A table of the page: what it is by, and its lines.
pub(crate) struct PacePart {
    pub(crate) by: &'static str,
    pub(crate) is_person: bool,
    pub(crate) lines: Vec<PaceLine>,
}

/// Steps taken in the volumes given, by person, volume, step and day.
pub(crate) async fn recent(state: &AppState, volumes: &[Volume]) -> Result<Vec<Pace>> {
    let now = time::OffsetDateTime::now_utc().unix_timestamp() * 1000;
    let mut pace = state.db.pace(now - DAYS * 86_400_000).await?;
    pace.retain(|row| volumes.iter().any(|volume| volume.id == row.volume_id));
    Ok(pace)
}

#[derive(Default)]
struct Done {
    steps: BTreeMap<String, i64>,
    days: BTreeSet<i64>,
}

impl Done {
    fn add(&mut self, row: &Pace) {
        *self.steps.entry(row.step.clone()).or_default() += row.entries;
        self.days.insert(row.day);
    }

    fn a_day(&self) -> Option<f64> {
        let all: i64 = self.steps.values().sum();
        (!self.days.is_empty()).then(|| all as f64 / self.days.len() as f64)
    }
}

/// Steps a record at a stage still has to take, the arbiter's apart.
fn steps_left(stage: &str) -> i64 {
    match stage {
        "entry" => 4,
        "check" => 3,
        "blind" | "arbitrate" => 2,
        "sign_off" => 1,
        _ => 0,
    }
}

fn line(language: Language, name: String, done: &Done, counts: Option<&[&StageCount]>) -> PaceLine {
    let steps =
        StepKind::ALL.iter().map(|step| done.steps.get(step.as_str()).copied().unwrap_or(0)).collect();
    let a_day = done.a_day().map_or_else(|| "–".to_owned(), |pace| format!("{pace:.0}"));
    let (mut signed, mut left) = (String::new(), String::new());
    if let Some(counts) = counts {
        let sum = |weight: &dyn Fn(&str) -> i64| -> i64 {
            counts.iter().map(|row| weight(&row.stage) * row.records).sum()
        };
        let all = sum(&|stage| i64::from(stage != "withdrawn"));
        let done_all = sum(&|stage| i64::from(stage == "signed_off"));
        signed = if all > 0 { percent(language, done_all as f64 / all as f64) } else { "–".to_owned() };
        left = match (sum(&steps_left), done.a_day()) {
            (0, _) => "0".to_owned(),
            (steps, Some(pace)) if pace > 0.0 => format!("{:.0}", (steps as f64 / pace).ceil()),
            _ => "–".to_owned(),
        };
    }
    PaceLine { name, steps, a_day, signed, left }
}

/// The tables by era, volume and person.
pub(crate) fn parts(
    pace: &[Pace],
    volumes: &[Volume],
    counts: &[StageCount],
    accounts: &[Account],
    language: Language,
) -> Vec<PacePart> {
    let of = |belongs: &dyn Fn(&Pace) -> bool| {
        let mut done = Done::default();
        pace.iter().filter(|row| belongs(row)).for_each(|row| done.add(row));
        done
    };
    let within = |ids: &[i64]| -> Vec<&StageCount> {
        counts.iter().filter(|row| ids.contains(&row.volume_id)).collect()
    };
    let mut eras: BTreeMap<&'static str, Vec<i64>> = BTreeMap::new();
    for volume in volumes {
        eras.entry(era(volume)).or_default().push(volume.id);
    }
    let by_era = eras
        .iter()
        .map(|(era, ids)| {
            let name = language.text(era).to_owned();
            line(language, name, &of(&|row| ids.contains(&row.volume_id)), Some(&within(ids)))
        })
        .collect();
    let by_volume = volumes
        .iter()
        .map(|volume| {
            let done = of(&|row| row.volume_id == volume.id);
            line(language, volume.descriptor.name.clone(), &done, Some(&within(&[volume.id])))
        })
        .collect();
    let people: BTreeSet<i64> = pace.iter().map(|row| row.person).collect();
    let by_person = people
        .into_iter()
        .map(|person| {
            line(language, super::person_name(accounts, person), &of(&|row| row.person == person), None)
        })
        .collect();
    vec![
        PacePart { by: language.find("samples.era").unwrap_or_default(), is_person: false, lines: by_era },
        PacePart { by: language.find("volume.name").unwrap_or_default(), is_person: false, lines: by_volume },
        PacePart {
            by: language.find("supervise.person").unwrap_or_default(),
            is_person: true,
            lines: by_person,
        },
    ]
}

fn day_text(day: i64) -> String {
    time_text(day * 86_400_000).split(' ').next().unwrap_or_default().to_owned()
}

/// Every day, person, volume and step.
pub(crate) async fn pace_table(state: &AppState, volumes: &[Volume], language: Language) -> Result<Table> {
    let t = |key| language.text(key);
    let heads = [
        t("supervise.day"),
        t("supervise.person"),
        t("volume.name"),
        t("samples.era"),
        t("supervise.step"),
        t("supervise.entries"),
    ];
    let mut table = Table::new(t("supervise.pace"), &heads);
    let accounts = state.db.accounts().await?;
    for row in recent(state, volumes).await? {
        let Some(volume) = volumes.iter().find(|volume| volume.id == row.volume_id) else { continue };
        table.rows.push(vec![
            day_text(row.day).into(),
            super::person_name(&accounts, row.person).into(),
            volume.descriptor.name.clone().into(),
            language.text(era(volume)).into(),
            super::step_text(language, &row.step).into(),
            row.entries.into(),
        ]);
    }
    Ok(table)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;

    fn count(stage: &str, records: i64) -> StageCount {
        StageCount { volume_id: 1, stage: stage.to_owned(), records, free: 0, attention: 0 }
    }

    #[test]
    fn what_is_left_is_told_in_days_of_work() {
        let mut done = Done::default();
        for (day, entries) in [(10, 30), (12, 50)] {
            done.add(&Pace { person: 1, volume_id: 1, step: "entry".to_owned(), day, entries });
        }
        let counts =
            [count("entry", 20), count("sign_off", 10), count("signed_off", 10), count("withdrawn", 5)];
        let rows: Vec<&StageCount> = counts.iter().collect();
        let told = line(Language::English, String::new(), &done, Some(&rows));
        // 80 steps on two days; 20 × 4 + 10 steps to come; 10 of 40 signed off.
        assert_eq!((told.a_day.as_str(), told.left.as_str(), told.signed.as_str()), ("40", "3", "25.0 %"));
        assert_eq!(told.steps, [80, 0, 0, 0, 0]);
        let idle = line(Language::English, String::new(), &Done::default(), Some(&rows));
        assert_eq!((idle.a_day.as_str(), idle.left.as_str()), ("–", "–"));
    }
}

//! The weighted word lists under `data/`.

use std::sync::OnceLock;

use anyhow::{Context, Result, bail};

use crate::random::Rng;

/// One row: a text, its weight and up to two further columns.
#[derive(Debug, Clone)]
pub struct Row {
    /// The word or name.
    pub text: String,
    /// How often, relative to its list.
    pub weight: f32,
    /// Further columns (era, sex, group).
    pub keys: Vec<String>,
}

/// A weighted list.
#[derive(Debug, Clone, Default)]
pub struct Table {
    rows: Vec<Row>,
}

impl Table {
    fn parse(name: &str, text: &str) -> Result<Self> {
        let mut rows = Vec::new();
        for (number, line) in text.lines().enumerate() {
            if line.starts_with('#') || line.trim().is_empty() {
                continue;
            }
            let mut columns = line.split('\t');
            let (Some(word), Some(weight)) = (columns.next(), columns.next()) else {
                bail!("data/{name} line {}: wants a text and a weight", number + 1);
            };
            let weight =
                weight.parse().with_context(|| format!("data/{name} line {}: weight", number + 1))?;
            rows.push(Row { text: word.to_owned(), weight, keys: columns.map(str::to_owned).collect() });
        }
        Ok(Self { rows })
    }

    /// A text whose further columns hold all of `keys`; the empty text if none does.
    pub fn draw(&self, rng: &mut Rng, keys: &[&str]) -> &str {
        let fits = |row: &&Row| keys.iter().all(|key| row.keys.iter().any(|k| k == key));
        let total: f32 = self.rows.iter().filter(fits).map(|row| row.weight).sum();
        let mut at = rng.unit() * total;
        let mut last = "";
        for row in self.rows.iter().filter(fits) {
            at -= row.weight;
            last = &row.text;
            if at < 0.0 {
                break;
            }
        }
        last
    }

    /// All rows.
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }
}

/// All lists.
#[derive(Debug, Clone)]
pub struct Tables {
    /// Surnames by group.
    pub surnames: Table,
    /// Middle names by sex.
    pub middles: Table,
    /// Given names by sex and group.
    pub given: Table,
    /// Occupations by era and sex.
    pub occupations: Table,
    /// Streets by era.
    pub streets: Table,
    /// Hospitals and lying-in houses by era.
    pub hospitals: Table,
    /// Provinces, districts, communes.
    pub localities: Table,
    /// Causes of death by era.
    pub causes: Table,
}

impl Tables {
    /// The lists built into the tool.
    ///
    /// # Errors
    /// A malformed line, with file and line number.
    pub fn load() -> Result<Self> {
        macro_rules! table {
            ($name:literal) => {
                Table::parse($name, include_str!(concat!("../../data/", $name)))?
            };
        }
        Ok(Self {
            surnames: table!("surnames.tsv"),
            middles: table!("middles.tsv"),
            given: table!("given.tsv"),
            occupations: table!("occupations.tsv"),
            streets: table!("streets.tsv"),
            hospitals: table!("hospitals.tsv"),
            localities: table!("localities.tsv"),
            causes: table!("causes.tsv"),
        })
    }

    /// The lists, parsed once.
    ///
    /// # Errors
    /// As [`Tables::load`].
    pub fn get() -> Result<&'static Self> {
        static TABLES: OnceLock<Tables> = OnceLock::new();
        if let Some(tables) = TABLES.get() {
            return Ok(tables);
        }
        let tables = Self::load()?;
        Ok(TABLES.get_or_init(|| tables))
    }
}

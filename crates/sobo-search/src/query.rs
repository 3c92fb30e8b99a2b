//! Questions and answers.

use std::ops::Bound;

use serde::{Deserialize, Serialize};
use sobo_core::{PartialDate, RegisterType};
use sobo_text::exact_key;
use tantivy::Term;
use tantivy::query::{
    AllQuery, BooleanQuery, ConstScoreQuery, DisjunctionMaxQuery, FuzzyTermQuery, Occur, PhraseQuery,
    Query as EngineQuery, RangeQuery, TermQuery,
};
use tantivy::schema::{Field, IndexRecordOption};

use crate::document::{Document, Role};
use crate::matching::{FieldMatch, QueryWord, query_words};
use crate::schema::Fields;

/// Which fields a query looks at.
#[derive(Debug, Copy, Clone, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// All that is written.
    #[default]
    Everything,
    /// Names of all persons.
    People,
    /// The person the act is about.
    Subject,
    /// Father and mother.
    Parents,
}

impl Scope {
    /// Whether fields of this role are looked at.
    pub(crate) fn includes(self, role: Role) -> bool {
        match self {
            Self::Everything => true,
            Self::People => role != Role::Text,
            Self::Subject => role == Role::Subject,
            Self::Parents => role == Role::Parent,
        }
    }
}

/// A question. Filters that are empty or `None` let all through.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Query {
    /// Words, with or without diacritics. Empty: all entries that pass the filters.
    pub text: String,
    /// Which fields to look at.
    pub scope: Scope,
    /// First year of the register.
    pub year_from: Option<i32>,
    /// Last year of the register.
    pub year_to: Option<i32>,
    /// Kinds of register.
    pub kinds: Vec<RegisterType>,
    /// Offices, as written on the book or as custodian: any of them.
    pub offices: Vec<String>,
    /// Names of volumes: any of them.
    pub volumes: Vec<String>,
    /// Only verified, or only unverified entries.
    pub verified: Option<bool>,
    /// A date of the act, perhaps partial: birth, death, marriage or registration.
    pub date: Option<PartialDate>,
    /// Registration number.
    pub entry_number: Option<String>,
    /// The last word may be unfinished.
    pub prefix: bool,
    /// Words may be one letter off.
    pub fuzzy: bool,
    /// Hits to leave out at the start.
    pub offset: usize,
    /// Most hits to return.
    pub limit: usize,
}

impl Default for Query {
    fn default() -> Self {
        Self {
            text: String::new(),
            scope: Scope::default(),
            year_from: None,
            year_to: None,
            kinds: Vec::new(),
            offices: Vec::new(),
            volumes: Vec::new(),
            verified: None,
            date: None,
            entry_number: None,
            prefix: true,
            fuzzy: true,
            offset: 0,
            limit: 20,
        }
    }
}

impl Query {
    /// A query for these words in all fields.
    pub fn words(text: &str) -> Self {
        Self { text: text.to_owned(), ..Self::default() }
    }
}

/// A found entry.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Hit {
    /// Rank score; only its order means something.
    pub score: f32,
    /// The entry.
    pub document: Document,
    /// Fields that matched, best first.
    pub matched: Vec<FieldMatch>,
}

/// The answer.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Results {
    /// Entries that match in all.
    pub total: usize,
    /// Those asked for, best first.
    pub hits: Vec<Hit>,
    /// No entry held all words; these hold most of them.
    pub relaxed: bool,
}

// Ranks of one word. The bonuses of a scope (up to 3 %) and of a phrase must not lift a folded word over an exact one.
const EXACT: f32 = 100.0;
const SPELLED: f32 = 60.0;
const FOLDED: f32 = 30.0;
const SPELLED_FOLDED: f32 = 20.0;
const PREFIX_EXACT: f32 = 28.0;
const PREFIX_FOLDED: f32 = 12.0;
const FUZZY: f32 = 4.0;

/// A query compiled for the engine.
pub(crate) struct Compiled {
    pub(crate) words: Vec<QueryWord>,
    pub(crate) strict: Box<dyn EngineQuery>,
    /// Most of the words; `None` where there are too few to leave one out.
    pub(crate) relaxed: Option<Box<dyn EngineQuery>>,
}

pub(crate) fn compile(query: &Query, fields: &Fields) -> Compiled {
    let words = query_words(&query.text, query.prefix, query.fuzzy);
    let filters = filters(query, fields);
    let word_queries = || -> Vec<Box<dyn EngineQuery>> {
        words.iter().map(|word| word_query(word, query.scope, fields)).collect()
    };
    let phrases = phrases(&words, query.scope, fields);
    let with_filters = |text: Box<dyn EngineQuery>| -> Box<dyn EngineQuery> {
        let mut clauses = vec![(Occur::Must, text)];
        clauses.extend(filters.iter().map(|filter| (Occur::Must, filter.box_clone())));
        clauses.extend(phrases.iter().map(|phrase| (Occur::Should, phrase.box_clone())));
        Box::new(BooleanQuery::new(clauses))
    };
    let strict = if words.is_empty() {
        with_filters(constant(Box::new(AllQuery), 0.0))
    } else {
        with_filters(Box::new(BooleanQuery::intersection(word_queries())))
    };
    // A name of three words stays whole: half of the people share two of them.
    let relaxed = (words.len() >= 4).then(|| {
        let least = (words.len() * 3).div_ceil(5).max(3);
        with_filters(Box::new(BooleanQuery::union_with_minimum_required_clauses(word_queries(), least)))
    });
    Compiled { words, strict, relaxed }
}

fn constant(query: Box<dyn EngineQuery>, score: f32) -> Box<dyn EngineQuery> {
    Box::new(ConstScoreQuery::new(query, score))
}

fn term(field: Field, text: &str, score: f32) -> Box<dyn EngineQuery> {
    constant(Box::new(TermQuery::new(Term::from_field_text(field, text), IndexRecordOption::Basic)), score)
}

fn word_query(word: &QueryWord, scope: Scope, fields: &Fields) -> Box<dyn EngineQuery> {
    let mut any: Vec<Box<dyn EngineQuery>> = Vec::new();
    let scopes = fields.scope(scope);
    for (words, bonus) in &scopes {
        any.push(term(words.exact, &word.exact, EXACT * bonus));
        any.push(term(words.spelled, &word.spelled, SPELLED_FOLDED * bonus));
        if word.exact != word.folded {
            any.push(term(words.spelled, &word.spelled, SPELLED * bonus));
        }
        any.push(term(words.folded, &word.folded, FOLDED * bonus));
        for head in &word.toneless_heads {
            any.push(term(words.spelled, head, SPELLED_FOLDED * bonus));
        }
    }
    // Expansions run over the widest scope alone: they cost most and rank last.
    if let Some((words, _)) = scopes.last() {
        if word.prefix {
            for (field, text, score) in
                [(words.exact, &word.exact, PREFIX_EXACT), (words.folded, &word.folded, PREFIX_FOLDED)]
            {
                let prefix = FuzzyTermQuery::new_prefix(Term::from_field_text(field, text), 0, true);
                any.push(constant(Box::new(prefix), score));
            }
        }
        if word.fuzzy {
            let fuzzy = FuzzyTermQuery::new(Term::from_field_text(words.folded, &word.folded), 1, true);
            any.push(constant(Box::new(fuzzy), FUZZY));
        }
    }
    Box::new(DisjunctionMaxQuery::new(any))
}

/// Words that stand together in one field rank above the same words scattered over an act.
fn phrases(words: &[QueryWord], scope: Scope, fields: &Fields) -> Vec<Box<dyn EngineQuery>> {
    if words.len() < 2 {
        return Vec::new();
    }
    let Some((widest, _)) = fields.scope(scope).pop() else { return Vec::new() };
    let count = words.len() as f32;
    let phrase = |field: Field, text: fn(&QueryWord) -> &str, score: f32| {
        let terms: Vec<Term> = words.iter().map(|word| Term::from_field_text(field, text(word))).collect();
        constant(Box::new(PhraseQuery::new(terms)), score * count)
    };
    // The three add up: an exact phrase is also one of spelling and a folded one.
    vec![
        phrase(widest.exact, |word| &word.exact, 20.0),
        phrase(widest.spelled, |word| &word.spelled, 10.0),
        phrase(widest.folded, |word| &word.folded, 10.0),
    ]
}

fn filters(query: &Query, fields: &Fields) -> Vec<Box<dyn EngineQuery>> {
    let mut out: Vec<Box<dyn EngineQuery>> = Vec::new();
    let mut any_of = |field: Field, texts: Vec<String>| {
        if !texts.is_empty() {
            let terms: Vec<Term> = texts.iter().map(|text| Term::from_field_text(field, text)).collect();
            out.push(constant(Box::new(BooleanQuery::new_multiterms_query(terms)), 0.0));
        }
    };
    any_of(fields.kind, query.kinds.iter().map(|kind| kind.as_str().to_owned()).collect());
    any_of(fields.office, query.offices.iter().map(|office| exact_key(office)).collect());
    any_of(fields.volume, query.volumes.clone());
    any_of(fields.date, query.date.iter().map(PartialDate::to_string).collect());
    any_of(fields.number, query.entry_number.iter().cloned().collect());
    if query.year_from.is_some() || query.year_to.is_some() {
        let bound = |year: Option<i32>| {
            year.map_or(Bound::Unbounded, |year| {
                Bound::Included(Term::from_field_i64(fields.year, i64::from(year)))
            })
        };
        out.push(constant(Box::new(RangeQuery::new(bound(query.year_from), bound(query.year_to))), 0.0));
    }
    if let Some(verified) = query.verified {
        let term = Term::from_field_bool(fields.verified, verified);
        out.push(constant(Box::new(TermQuery::new(term, IndexRecordOption::Basic)), 0.0));
    }
    out
}

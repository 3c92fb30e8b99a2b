//! Which fields of a found entry matched, for lighting their boxes.

use serde::{Deserialize, Serialize};
use sobo_core::{Original, Rect};
use sobo_text::{edit_distance, exact_key, fold, folded_key, spelling_key};

use crate::document::Document;
use crate::query::Scope;

/// How near a match is, best first.
#[derive(Debug, Copy, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MatchQuality {
    /// The same word with the same tones.
    Exact,
    /// Another spelling of the word.
    Spelling,
    /// The same letters, other diacritics.
    Folded,
    /// Begins with what was typed.
    Prefix,
    /// One letter off.
    Fuzzy,
}

/// A field that matched.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FieldMatch {
    /// Name of the field.
    pub name: String,
    /// Box on the page.
    pub bbox: Rect<Original>,
    /// How many words of the query it holds.
    pub words: usize,
    /// The worst of their matches.
    pub quality: MatchQuality,
}

/// One word of a query in its forms.
#[derive(Debug, Clone)]
pub(crate) struct QueryWord {
    pub(crate) exact: String,
    pub(crate) spelled: String,
    pub(crate) folded: String,
    /// Heads of spelling classes that this word may be a variant of when its tones are not typed.
    pub(crate) toneless_heads: Vec<String>,
    /// The last word may be unfinished.
    pub(crate) prefix: bool,
    pub(crate) fuzzy: bool,
}

/// Words of one letter are not matched as prefixes, nor short ones fuzzily: they would match half the book.
const LEAST_PREFIX: usize = 2;
const LEAST_FUZZY: usize = 4;
/// Words of a query beyond this are not looked at.
const MOST_WORDS: usize = 16;

/// The words of a query text.
pub(crate) fn query_words(text: &str, prefix: bool, fuzzy: bool) -> Vec<QueryWord> {
    let key = exact_key(text);
    let tokens: Vec<&str> = key.split(' ').filter(|t| !t.is_empty()).take(MOST_WORDS).collect();
    let unfinished = prefix && text.chars().last().is_some_and(|c| c.is_alphanumeric());
    tokens
        .iter()
        .enumerate()
        .map(|(index, token)| {
            let folded = folded_key(token);
            let length = folded.chars().count();
            let toneless = folded == *token;
            let mut toneless_heads: Vec<String> = Vec::new();
            if toneless {
                for (variant, head) in sobo_text::spelling::pairs() {
                    let head = fold(head);
                    if fold(variant) == folded && head != folded && !toneless_heads.contains(&head) {
                        toneless_heads.push(head);
                    }
                }
            }
            QueryWord {
                exact: (*token).to_owned(),
                spelled: spelling_key(token),
                toneless_heads,
                prefix: unfinished && index + 1 == tokens.len() && length >= LEAST_PREFIX,
                fuzzy: fuzzy && length >= LEAST_FUZZY && folded.chars().all(char::is_alphabetic),
                folded,
            }
        })
        .collect()
}

impl QueryWord {
    /// How this word matches one of an entry, given in its exact form.
    fn quality(&self, exact: &str) -> Option<MatchQuality> {
        if exact == self.exact {
            return Some(MatchQuality::Exact);
        }
        let spelled = spelling_key(exact);
        if spelled == self.spelled {
            return Some(MatchQuality::Spelling);
        }
        let folded = folded_key(exact);
        if folded == self.folded {
            return Some(MatchQuality::Folded);
        }
        let spelled_folded = fold(&spelled);
        if spelled_folded == self.spelled || self.toneless_heads.contains(&spelled_folded) {
            return Some(MatchQuality::Spelling);
        }
        if self.prefix && folded.starts_with(&self.folded) {
            return Some(MatchQuality::Prefix);
        }
        if self.fuzzy && edit_distance(&folded, &self.folded) <= 1 {
            return Some(MatchQuality::Fuzzy);
        }
        None
    }
}

/// The fields of a document that hold words of the query, those with most words and the best match first.
pub(crate) fn matched_fields(document: &Document, words: &[QueryWord], scope: Scope) -> Vec<FieldMatch> {
    let mut out: Vec<FieldMatch> = Vec::new();
    for field in document.fields.iter().filter(|field| scope.includes(field.role)) {
        let mut texts = vec![exact_key(&field.text)];
        texts.extend(field.value.iter().map(|value| exact_key(value)));
        let tokens: Vec<&str> =
            texts.iter().flat_map(|text| text.split(' ')).filter(|t| !t.is_empty()).collect();
        let found: Vec<MatchQuality> = words
            .iter()
            .filter_map(|word| tokens.iter().filter_map(|token| word.quality(token)).min())
            .collect();
        if let Some(worst) = found.iter().max() {
            out.push(FieldMatch {
                name: field.name.clone(),
                bbox: field.bbox,
                words: found.len(),
                quality: *worst,
            });
        }
    }
    out.sort_by(|a, b| b.words.cmp(&a.words).then(a.quality.cmp(&b.quality)));
    out
}

//! Aligning words read with errors to the phrases of a closed vocabulary.
//!
//! A phrase is a sequence of slots; a slot is one word in any of its spellings, or a number in digits. The cost of
//! an alignment is the sum of how far each word read is from its slot, with prices for words too many, missing,
//! run together or cut in two.

use std::collections::HashMap;

use crate::distance::weighted_distance;

/// A word read that has no place in the phrase.
const EXTRA: f32 = 0.8;
/// A word of the phrase that was not read.
const MISSING: f32 = 0.9;
/// Two words run together or one cut in two, beside the distance of the letters.
const JOIN: f32 = 0.05;
/// Above this a word is not the slot's word at all.
const UNLIKE: f32 = 0.62;

/// One place of a phrase.
#[derive(Debug, Copy, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Slot {
    /// A word in any of these spellings, by index into the vocabulary.
    Word(u8),
    /// A number in digits, leading zeros free.
    Digits(u16),
}

/// A vocabulary: for each slot index its spellings, lower case NFC.
pub(crate) type Vocabulary = [&'static [&'static str]];

/// The words of a reading with the costs of every slot, computed once.
pub(crate) struct Observed<'a> {
    tokens: Vec<String>,
    vocabulary: &'a Vocabulary,
    single: Vec<Vec<f32>>,
    merged: HashMap<(usize, Slot, Slot), f32>,
    split: HashMap<(usize, u8), f32>,
}

impl<'a> Observed<'a> {
    /// Prepares lower-case NFC words.
    pub(crate) fn new(tokens: Vec<String>, vocabulary: &'a Vocabulary) -> Self {
        let single = tokens
            .iter()
            .map(|token| vocabulary.iter().map(|spellings| spelling_cost(token, spellings)).collect())
            .collect();
        Self { tokens, vocabulary, single, merged: HashMap::new(), split: HashMap::new() }
    }

    pub(crate) fn len(&self) -> usize {
        self.tokens.len()
    }

    pub(crate) fn token(&self, at: usize) -> &str {
        self.tokens.get(at).map_or("", String::as_str)
    }

    /// Cost of reading the word at `at` where `slot` stands, `0..=1`.
    pub(crate) fn cost(&self, at: usize, slot: Slot) -> f32 {
        match slot {
            Slot::Word(word) => self.single[at][usize::from(word)],
            Slot::Digits(number) => {
                if self.tokens[at].parse::<u16>() == Ok(number) {
                    0.0
                } else {
                    1.0
                }
            }
        }
    }

    /// Least cost of any slot for the word at `at`.
    fn best(&self, at: usize) -> f32 {
        self.single[at].iter().copied().fold(1.0, f32::min)
    }

    /// Whether no other slot is nearer to the word at `at`.
    pub(crate) fn is_nearest(&self, at: usize, word: u8) -> bool {
        self.single[at][usize::from(word)] <= self.best(at)
    }

    fn merged_cost(&mut self, at: usize, first: Slot, second: Slot) -> f32 {
        let (Slot::Word(a), Slot::Word(b)) = (first, second) else { return 1.0 };
        if self.tokens[at].chars().count() < 5 || self.best(at) < 0.2 {
            return 2.0;
        }
        if let Some(cost) = self.merged.get(&(at, first, second)) {
            return *cost;
        }
        let mut least = 2.0f32;
        for left in self.vocabulary[usize::from(a)] {
            for right in self.vocabulary[usize::from(b)] {
                let joined = format!("{left}{right}");
                least = least.min(relative(&self.tokens[at], &joined));
            }
        }
        let cost = if least < 0.34 { least * 2.0 + JOIN } else { 2.0 };
        self.merged.insert((at, first, second), cost);
        cost
    }

    fn split_cost(&mut self, at: usize, slot: Slot) -> f32 {
        let Slot::Word(word) = slot else { return 2.0 };
        if let Some(cost) = self.split.get(&(at, word)) {
            return *cost;
        }
        let joined = format!("{}{}", self.tokens[at], self.tokens[at + 1]);
        let least = spelling_cost(&joined, self.vocabulary[usize::from(word)]);
        let cost = if least < 0.34 { least + JOIN } else { 2.0 };
        self.split.insert((at, word), cost);
        cost
    }

    /// Cost of aligning the words `from..to` to a whole phrase.
    pub(crate) fn align(&mut self, from: usize, to: usize, phrase: &[Slot]) -> f32 {
        let (n, m) = (to - from, phrase.len());
        let width = m + 1;
        let mut table = vec![f32::INFINITY; (n + 1) * width];
        table[0] = 0.0;
        for i in 0..=n {
            for j in 0..=m {
                let mut least = table[i * width + j];
                if i > 0 {
                    least = least.min(table[(i - 1) * width + j] + EXTRA);
                }
                if j > 0 {
                    least = least.min(table[i * width + j - 1] + MISSING);
                }
                if i > 0 && j > 0 {
                    let before = table[(i - 1) * width + j - 1];
                    least = least.min(before + self.cost(from + i - 1, phrase[j - 1]));
                }
                if i > 0 && j > 1 {
                    let before = table[(i - 1) * width + j - 2];
                    if before < least {
                        least =
                            least.min(before + self.merged_cost(from + i - 1, phrase[j - 2], phrase[j - 1]));
                    }
                }
                if i > 1 && j > 0 {
                    let before = table[(i - 2) * width + j - 1];
                    if before < least {
                        least = least.min(before + self.split_cost(from + i - 2, phrase[j - 1]));
                    }
                }
                table[i * width + j] = least;
            }
        }
        table[n * width + m]
    }
}

fn spelling_cost(token: &str, spellings: &[&str]) -> f32 {
    let mut least = 1.0f32;
    for spelling in spellings {
        least = least.min(relative(token, spelling));
    }
    if least > UNLIKE { 1.0 } else { least }
}

fn relative(token: &str, word: &str) -> f32 {
    if token == word {
        return 0.0;
    }
    let longest = token.chars().count().max(word.chars().count()).max(1);
    (weighted_distance(token, word) / longest as f32).min(1.0)
}

/// The least cost per value over a list of phrases, in the order of the values.
pub(crate) fn score_phrases(
    observed: &mut Observed<'_>,
    from: usize,
    to: usize,
    phrases: &[(u16, Vec<Slot>)],
) -> Vec<(u16, f32)> {
    let mut scores: Vec<(u16, f32)> = Vec::new();
    for (value, phrase) in phrases {
        // A phrase much longer or shorter than the words cannot be the best.
        let difference = (to - from).abs_diff(phrase.len());
        if difference > 3 {
            continue;
        }
        let cost = observed.align(from, to, phrase);
        match scores.last_mut() {
            Some((last, least)) if last == value => *least = least.min(cost),
            _ => scores.push((*value, cost)),
        }
    }
    scores
}

//! The one Vietnamese normaliser: tones, folding, old spelling, legacy encodings, dates and numbers in words, names.
//!
//! Pure functions over text. Every comparison, key and normal form of the workspace comes from here.

mod date_digits;
mod date_words;
mod distance;
mod fold;
mod french;
mod legacy;
mod names;
mod number;
mod phrase;
pub mod spelling;
mod syllable;
mod time_age;
pub mod vocabulary;

pub use date_digits::{DigitsDate, parse_date_digits, year_of_two_digits};
pub use date_words::{
    DateReading, DateStyle, date_in_words, french_date_in_words, read_date_words, read_date_words_ranked,
    read_number_words, snap_date_words, snap_date_words_to,
};
pub use distance::{PreparedLabel, edit_distance, similarity, substitution_cost, weighted_distance};
pub use fold::{
    collapse_spaces, exact_key, fold, fold_char, folded_key, in_case_of, nfc, spelling_key, strip_marks,
    words,
};
pub use french::{FRENCH_MONTHS, french_number_in_words, parse_french_number_words};
pub use legacy::{
    LegacyEncoding, decode_detected, decode_tcvn3, decode_tcvn3_capitals, decode_vni, detect_encoding,
    encode_tcvn3, encode_tcvn3_capitals, encode_vni, from_latin1,
};
pub use names::{NameParts, same_name, same_surname, sex_of_name, split_name, surname_weight, surnames};
pub use number::{NumberStyle, number_in_words, parse_number_words};
pub use syllable::{
    Placement, Syllable, Tone, alphabet, is_vietnamese_syllable, place_tone, place_tones, split_syllable,
};
pub use time_age::{Age, TimeOfDay, parse_age, parse_time};
pub use vocabulary::{Sex, Term, TermMatch, expand_abbreviations, is_ditto, match_term, nearest_term};

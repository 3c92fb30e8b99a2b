//! The one Vietnamese normaliser: tones, folding, old spelling, legacy encodings, dates and numbers in words, names.

//! Fuzzy matching of printed labels in readings that are full of recognition errors.
//!
//! A label is looked for at the start of what was read before a value. The score is a log-odds in
//! letters: every label letter that is there counts for the label, every edit against it, so that
//! of two labels that both fit the longer one wins (`Họ và tên` before `Họ và tên mẹ`).

use std::sync::OnceLock;

use sobo_core::Reading;
use sobo_text::fold;

/// A printed wording, folded to its letters and digits.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Wording {
    letters: Vec<char>,
    /// Index of the first letter of each word.
    words: Vec<usize>,
}

impl Wording {
    pub(crate) fn new(text: &str) -> Self {
        let mut wording = Self { letters: Vec::new(), words: Vec::new() };
        let mut last = None;
        for (index, c) in letters(text) {
            if begins_word(last, index) {
                wording.words.push(wording.letters.len());
            }
            last = Some(index);
            wording.letters.push(c);
        }
        wording
    }

    /// Letters and digits.
    pub(crate) fn len(&self) -> usize {
        self.letters.len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.letters.is_empty()
    }

    /// Its words of these numbers.
    fn part(&self, words: std::ops::Range<usize>) -> Self {
        let from = self.words.get(words.start).copied().unwrap_or(self.letters.len());
        let to = self.words.get(words.end).copied().unwrap_or(self.letters.len());
        let words = self.words.iter().filter(|w| (from..to).contains(*w)).map(|w| w - from).collect();
        Self { letters: self.letters[from..to.max(from)].to_vec(), words }
    }

    /// Highest score a wording can reach.
    #[cfg(test)]
    pub(crate) fn ceiling(&self) -> f32 {
        gain(self.letters.len(), self.letters.len())
    }
}

/// A reading, folded to letters that know their place.
#[derive(Debug, Clone, Default)]
pub(crate) struct Folded {
    letters: Vec<char>,
    /// Left and right edge of each letter as shares of the line's width.
    spans: Vec<(f32, f32)>,
    /// Index of the first letter of each word.
    words: Vec<usize>,
    /// Stretches in brackets: letters before the opening and up to the closing bracket.
    brackets: Vec<(usize, usize)>,
}

impl Folded {
    pub(crate) fn new(reading: &Reading) -> Self {
        let total = reading.text.chars().count();
        let placed = reading.chars.len() == total;
        let mut folded = Self::default();
        let mut last = None;
        for (index, c) in letters(&reading.text) {
            if begins_word(last, index) {
                folded.words.push(folded.letters.len());
            }
            last = Some(index);
            let span = if placed {
                (reading.chars[index].x0, reading.chars[index].x1)
            } else {
                (index as f32 / total.max(1) as f32, (index + 1) as f32 / total.max(1) as f32)
            };
            folded.letters.push(c);
            folded.spans.push(span);
        }
        folded.brackets = brackets(&reading.text);
        folded
    }

    /// Joins the readings of several lines of one header cell.
    pub(crate) fn join<'a>(readings: impl IntoIterator<Item = &'a Reading>) -> Self {
        let mut all = Self::default();
        for reading in readings {
            let part = Self::new(reading);
            let before = all.letters.len();
            all.words.extend(part.words.iter().map(|first| first + before));
            all.letters.extend(part.letters);
            all.spans.extend(part.spans);
        }
        all
    }

    /// Readings of one line, one after the other; places are lost.
    pub(crate) fn chain<'a>(parts: impl IntoIterator<Item = &'a Self>) -> Self {
        let mut all = Self::default();
        for part in parts {
            let before = all.letters.len();
            all.words.extend(part.words.iter().map(|first| first + before));
            all.letters.extend(&part.letters);
            all.spans.extend(&part.spans);
        }
        all
    }

    pub(crate) fn len(&self) -> usize {
        self.letters.len()
    }

    /// Whether letter `index` is the first of a word.
    pub(crate) fn begins_word(&self, index: usize) -> bool {
        self.words.contains(&index)
    }

    /// Whether there are three letters or more and no figure.
    pub(crate) fn words_only(&self) -> bool {
        self.letters.len() >= 3 && !self.letters.iter().any(char::is_ascii_digit)
    }

    /// Left edge of letter `index` as a share of the width.
    pub(crate) fn start(&self, index: usize) -> Option<f32> {
        self.spans.get(index).map(|s| s.0)
    }

    /// The reading without its first letters.
    pub(crate) fn from(&self, first: usize) -> Self {
        let letters = self.letters.get(first..).unwrap_or_default().to_vec();
        let spans = self.spans.get(first..).unwrap_or_default().to_vec();
        let words = self.words.iter().filter_map(|w| w.checked_sub(first)).collect();
        let brackets =
            self.brackets.iter().filter_map(|b| Some((b.0.checked_sub(first)?, b.1 - first))).collect();
        Self { letters, spans, words, brackets }
    }

    /// Right edge of letter `index` as a share of the width.
    pub(crate) fn end(&self, index: usize) -> Option<f32> {
        self.spans.get(index).map(|s| s.1)
    }
}

/// Letters and digits of a text, folded, with the index of the character they come from.
fn letters(text: &str) -> impl Iterator<Item = (usize, char)> + '_ {
    text.chars().enumerate().flat_map(|(i, c)| {
        let mut buffer = [0u8; 4];
        let folded = fold(c.encode_utf8(&mut buffer));
        folded.chars().filter(|c| c.is_alphanumeric()).map(move |c| (i, c)).collect::<Vec<_>>()
    })
}

/// Whether a letter begins a word, given the index of the character of the letter before.
fn begins_word(last: Option<usize>, index: usize) -> bool {
    last.is_none_or(|last| index > last + 1)
}

/// Stretches of a text in brackets, counted in letters.
fn brackets(text: &str) -> Vec<(usize, usize)> {
    let mut found = Vec::new();
    let (mut count, mut open) = (0, None);
    let places: Vec<usize> = letters(text).map(|(index, _)| index).collect();
    for (index, c) in text.chars().enumerate() {
        while places.get(count).is_some_and(|place| *place < index) {
            count += 1;
        }
        match (c, open) {
            ('(', _) => open = Some(count),
            (')', Some(first)) => {
                found.push((first, count));
                open = None;
            }
            _ => {}
        }
    }
    found
}

/// A wording found in a reading.
#[derive(Debug, Copy, Clone, PartialEq)]
pub(crate) struct Found {
    /// Log-odds in letters.
    pub score: f32,
    /// Share of the wording's letters that are there, `0..=1`.
    pub likeness: f32,
    /// Letters of the reading before the wording; looked up by [`find_inside`] alone.
    pub first: usize,
    /// Letters of the reading up to the wording's end.
    pub last: usize,
}

/// Gain of `matched` letters of a wording with `total`: letters beyond a dozen add little.
fn gain(matched: usize, total: usize) -> f32 {
    let weight = if total > 12 { (12.0 + 0.35 * (total as f32 - 12.0)) / total as f32 } else { 1.0 };
    matched as f32 * weight
}

/// Looks for a wording from the start of a reading, of which the first `own` letters belong to the
/// label's place and must be explained, while the rest may be a value.
pub(crate) fn find(wording: &Wording, reading: &Folded, own: usize) -> Found {
    let reach = (own + 6).max(wording.letters.len() * 2 + 4).min(reading.letters.len());
    locate(wording, &reading.letters[..reach], own, 0.6)
}

/// Looks for the words of a wording in a reading that is all label, in any order: heads of columns
/// say `Giấy CMND số` for `Số giấy CMND`.
pub(crate) fn find_words(wording: &Wording, reading: &Folded) -> Found {
    let none = Found { score: f32::MIN, likeness: 0.0, first: 0, last: 0 };
    if wording.words.len() < 2 || reading.words.len() < 2 {
        return none;
    }
    let own = words(&wording.letters, &wording.words);
    let mut open = words(&reading.letters, &reading.words);
    let (n, mut lost) = (wording.letters.len() as f32, 0.0);
    for word in own {
        let size = word.len() as f32;
        let best = (0..open.len())
            .map(|i| (distance(word, open[i]), i))
            .min_by(|a, b| a.0.total_cmp(&b.0))
            .filter(|(away, _)| *away <= 0.4 * size);
        match best {
            Some((away, i)) => {
                lost += away;
                open.remove(i);
            }
            None => lost += size,
        }
    }
    let left_over: usize = open.iter().map(|word| word.len()).sum();
    let weight = gain(wording.letters.len(), wording.letters.len()) / n;
    // Another order is a little less likely.
    let score = weight * (n - 3.0 * lost) - 0.6 * left_over as f32 - 1.0;
    Found { score, likeness: (1.0 - lost / n).max(0.0), first: 0, last: reading.len() }
}

/// Which line of a head was not read: there is ink, and no letters came of it.
#[derive(Debug, Copy, Clone, PartialEq, Eq)]
pub(crate) enum Lost {
    First,
    Last,
}

/// What guessing the words of a lost line costs, in letters of print that agree.
const GUESSED: f32 = 1.0;

/// Looks for a wording in a reading that lacks its first or last line: `Dân` of `Dân tộc`. That some words are lost
/// says nothing against the wording, and nothing for it.
pub(crate) fn find_part(wording: &Wording, reading: &Folded, lost: Lost) -> f32 {
    let n = wording.words.len();
    let parts = (1..n).map(|k| wording.part(if lost == Lost::Last { 0..k } else { k..n }));
    parts.map(|part| find(&part, reading, reading.len()).score - GUESSED).fold(f32::MIN, f32::max)
}

/// The words of folded letters.
fn words<'a>(letters: &'a [char], starts: &[usize]) -> Vec<&'a [char]> {
    let end = |i: usize| starts.get(i + 1).copied().unwrap_or(letters.len());
    starts.iter().enumerate().map(|(i, start)| &letters[*start..end(i)]).collect()
}

/// Edit distance of two words.
fn distance(a: &[char], b: &[char]) -> f32 {
    let mut row: Vec<f32> = (0..=a.len()).map(|j| j as f32).collect();
    for c in b {
        let mut diagonal = row[0];
        row[0] += 1.0;
        for j in 1..=a.len() {
            let substitute = diagonal + cost(a[j - 1], *c);
            diagonal = row[j];
            row[j] = substitute.min(row[j] + 1.0).min(row[j - 1] + 1.0);
        }
    }
    row[a.len()]
}

/// How far the label goes on behind a wording that ended at letter `last`: a bilingual print gives
/// a second wording of the same field behind a dash or in brackets (`Âge - Tuổi`).
pub(crate) fn goes_on(wordings: &[Wording], reading: &Folded, last: usize) -> Option<usize> {
    let bracket = reading.brackets.iter().find(|b| b.0 == last && b.1 > last && b.1 <= last + 26);
    if let Some((_, close)) = bracket {
        return Some(*close);
    }
    let rest = reading.letters.get(last..)?;
    let second = wordings.iter().filter(|w| w.len() >= 4).filter_map(|w| {
        let found = locate(w, &rest[..rest.len().min(w.len() + 3)], 0, 0.6);
        (found.likeness > 0.8 && found.score > 0.0).then_some(found)
    });
    let best = second.max_by(|a, b| a.score.total_cmp(&b.score))?;
    Some(last + best.last)
}

/// Looks for a wording anywhere in a reading.
pub(crate) fn find_inside(wording: &Wording, reading: &Folded) -> Found {
    let mut found = locate(wording, &reading.letters, 0, 0.0);
    if found.likeness > 0.0 {
        found.first = start_of(&wording.letters, &reading.letters, found.last, 0.0);
    }
    found
}

/// The edit table: `skip` is the cost of each letter before the wording.
fn locate(wording: &Wording, text: &[char], own: usize, skip: f32) -> Found {
    let label = &wording.letters;
    let (n, m) = (label.len(), text.len());
    let none = Found { score: f32::MIN, likeness: 0.0, first: 0, last: 0 };
    if n == 0 {
        return none;
    }
    // Rows are letters of the text; row[j] is the least cost of matching label[..j] up to there.
    let mut row: Vec<f32> = (0..=n).map(|j| j as f32).collect();
    let mut best = none;
    let weight = gain(n, n) / n as f32;
    for i in 0..=m {
        if i > 0 {
            let c = text[i - 1];
            let mut diagonal = row[0];
            row[0] = skip * i as f32;
            for j in 1..=n {
                let substitute = diagonal + cost(label[j - 1], c);
                diagonal = row[j];
                row[j] = substitute.min(row[j] + 1.0).min(row[j - 1] + 1.0);
            }
        }
        let distance = row[n];
        // Letters that belong to the label's place but to no label.
        let left_over = own.saturating_sub(i) as f32 * 0.6;
        let matched = (n as f32 - distance).max(0.0);
        let score = weight * (matched - 2.0 * distance) - left_over;
        if score > best.score {
            best = Found { score, likeness: (1.0 - distance / n as f32).max(0.0), first: 0, last: i };
        }
    }
    best
}

/// Where the best match that ends at `last` begins, by matching backwards.
fn start_of(label: &[char], text: &[char], last: usize, skip: f32) -> usize {
    let n = label.len();
    let mut row: Vec<f32> = (0..=n).map(|j| j as f32).collect();
    let mut best = (row[n] + skip * last as f32, last);
    for i in (0..last).rev() {
        let c = text[i];
        let mut diagonal = row[0];
        row[0] += 1.0;
        for j in 1..=n {
            let substitute = diagonal + cost(label[n - j], c);
            diagonal = row[j];
            row[j] = substitute.min(row[j] + 1.0).min(row[j - 1] + 1.0);
        }
        let total = row[n] + skip * i as f32;
        if total < best.0 {
            best = (total, i);
        }
    }
    best.1
}

/// Cost of one folded letter read for another: shapes that recognisers confuse cost half, and
/// so do the old spellings (`sanh` for `sinh`).
fn cost(a: char, b: char) -> f32 {
    if a == b {
        return 0.0;
    }
    match (index(a), index(b)) {
        (Some(a), Some(b)) if alike()[a * LETTERS + b] => 0.5,
        _ => 1.0,
    }
}

/// Letters and digits of folded text.
const LETTERS: usize = 36;

fn index(c: char) -> Option<usize> {
    match c {
        'a'..='z' => Some(c as usize - 'a' as usize),
        '0'..='9' => Some(26 + c as usize - '0' as usize),
        _ => None,
    }
}

/// Which letters look alike, as a table.
fn alike() -> &'static [bool; LETTERS * LETTERS] {
    static TABLE: OnceLock<[bool; LETTERS * LETTERS]> = OnceLock::new();
    TABLE.get_or_init(|| {
        const SETS: &[&str] = &[
            "nuhrm", "rvs", "ceo", "ao", "adu", "o0", "l1i", "ijt", "tl", "lk", "hkb", "gyq9", "s5", "b68",
            "z2", "vy", "pf", "ie",
        ];
        let mut table = [false; LETTERS * LETTERS];
        for set in SETS {
            for a in set.chars().filter_map(index) {
                for b in set.chars().filter_map(index) {
                    table[a * LETTERS + b] = true;
                }
            }
        }
        table
    })
}

/// Likeness of a whole reading and a wording, `0..=1`.
pub(crate) fn likeness(wording: &Wording, reading: &Folded) -> f32 {
    let longer = wording.letters.len().max(reading.letters.len());
    if longer == 0 {
        return 0.0;
    }
    let n = wording.letters.len();
    let mut row: Vec<f32> = (0..=n).map(|j| j as f32).collect();
    for c in &reading.letters {
        let mut diagonal = row[0];
        row[0] += 1.0;
        for j in 1..=n {
            let substitute = diagonal + cost(wording.letters[j - 1], *c);
            diagonal = row[j];
            row[j] = substitute.min(row[j] + 1.0).min(row[j - 1] + 1.0);
        }
    }
    (1.0 - row[n] / longer as f32).max(0.0)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;

    fn read(text: &str) -> Folded {
        Folded::new(&Reading { text: text.into(), ..Reading::default() })
    }

    #[test]
    fn the_longer_of_two_fitting_labels_wins() {
        let (short, long) = (Wording::new("Họ và tên"), Wording::new("Họ và tên mẹ"));
        let reading = read("Họ và tên mẹ: Lê Thúy Gái");
        assert!(find(&long, &reading, 9).score > find(&short, &reading, 9).score);
        let reading = read("Họ và tên: Lê Thúy Gái");
        assert!(find(&short, &reading, 7).score > find(&long, &reading, 7).score);
    }

    #[test]
    fn errors_and_old_spelling_cost_little() {
        let wording = Wording::new("Sinh ngày");
        let found = find(&wording, &read("8anh ngay Ngày mười hai"), 8);
        assert!(found.score > 0.2 * wording.ceiling() && found.likeness > 0.7, "{found:?}");
        assert_eq!(found.last, 8);
    }

    #[test]
    fn a_label_is_found_inside_a_line() {
        let found = find_inside(&Wording::new("Quyển số"), &read("Số: 140 Quyển số: 03/2000"));
        assert_eq!((found.first, found.last), (5, 12));
        assert!(found.likeness > 0.99);
    }

    #[test]
    fn words_of_a_head_may_stand_in_another_order() {
        let (number, name) = (Wording::new("Số giấy CMND"), Wording::new("Họ và tên vợ"));
        let head = read("Giấy CMND số");
        assert!(find_words(&number, &head).score > 6.0);
        assert!(find(&number, &head, head.len()).score < find_words(&number, &head).score);
        assert!(find_words(&name, &head).score < 0.0);
        assert_eq!(find_words(&name, &read("")).likeness, 0.0);
    }

    #[test]
    fn a_head_with_a_lost_line_is_found_by_the_other() {
        let (group, number) = (Wording::new("Dân tộc"), Wording::new("Số giấy CM"));
        assert!(find(&group, &read("DÂN"), 3).score < -2.5);
        assert_eq!(find_part(&group, &read("DÂN"), Lost::Last), 2.0);
        assert!(find_part(&group, &read("DÂN"), Lost::First) < -2.5);
        assert_eq!(find_part(&group, &read("tộc"), Lost::First), 2.0);
        assert!(find_part(&number, &read("giấy CM"), Lost::First) > 4.0);
        assert!(find_part(&number, &read("DÂN"), Lost::Last) < -2.5);
        assert_eq!(find_part(&Wording::new("Tuổi"), &read("DÂN"), Lost::Last), f32::MIN);
    }

    #[test]
    fn a_bilingual_label_goes_on_to_its_second_wording() {
        let wordings = [Wording::new("Âge"), Wording::new("Tuổi"), Wording::new("Bao nhiêu tuổi")];
        let reading = read("Âge - Tuổi 41 ans");
        let first = find(&wordings[0], &reading, 3);
        assert_eq!(goes_on(&wordings, &reading, first.last), Some(7));
        assert_eq!(goes_on(&wordings, &read("Âge (Bao nhiêu) 41"), 3), Some(11));
        assert_eq!(goes_on(&wordings, &read("Âge 41 ans (décédé)"), 3), None);
    }

    #[test]
    fn noise_scores_below_nothing() {
        assert!(find(&Wording::new("Người khai"), &read("xx 12"), 4).score < 0.0);
        assert_eq!(likeness(&Wording::new(""), &read("")), 0.0);
    }
}

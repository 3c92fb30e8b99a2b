//! What verified entries of a page become when a new scan takes its place.

/// What tells an entry of one scan from the others: its number as written, and where it stands on the page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntryMark {
    /// `entry_number`, white space collapsed; empty where not known.
    pub number: String,
}

/// For each entry of the new scan, in order, the entry of the old scan that is the same act. Equal numbers that stand
/// once on either side decide; what is left over between two such pairs is paired in order where both sides have as
/// many.
pub fn pair_entries(old: &[EntryMark], new: &[EntryMark]) -> Vec<Option<usize>> {
    let once = |marks: &[EntryMark], number: &str| {
        !number.is_empty() && marks.iter().filter(|mark| mark.number == number).count() == 1
    };
    let mut pairs: Vec<Option<usize>> = new
        .iter()
        .map(|mark| {
            (once(old, &mark.number) && once(new, &mark.number))
                .then(|| old.iter().position(|other| other.number == mark.number))
                .flatten()
        })
        .collect();
    // Runs without a pair, between pairs that stand in the same order on both sides.
    let mut start = 0;
    while start < new.len() {
        if pairs[start].is_some() {
            start += 1;
            continue;
        }
        let end = (start..new.len()).find(|index| pairs[*index].is_some()).unwrap_or(new.len());
        let from = if start == 0 { 0 } else { pairs[start - 1].map_or(0, |index| index + 1) };
        let to = pairs.get(end).copied().flatten().unwrap_or(old.len());
        let taken: Vec<usize> = pairs.iter().flatten().copied().collect();
        let free: Vec<usize> = (from..to.max(from)).filter(|index| !taken.contains(index)).collect();
        if free.len() == end - start {
            for (pair, index) in pairs[start..end].iter_mut().zip(free) {
                *pair = Some(index);
            }
        }
        start = end;
    }
    pairs
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn marks(numbers: &[&str]) -> Vec<EntryMark> {
        numbers.iter().map(|number| EntryMark { number: (*number).to_owned() }).collect()
    }

    #[test]
    fn numbers_decide_and_order_fills_the_rest() {
        assert_eq!(pair_entries(&marks(&["12", "13"]), &marks(&["13", "12"])), [Some(1), Some(0)]);
        assert_eq!(
            pair_entries(&marks(&["12", "", "14"]), &marks(&["12", "13", "14"])),
            [Some(0), Some(1), Some(2)]
        );
        // Two without numbers against one: nobody can say which.
        assert_eq!(pair_entries(&marks(&["12", ""]), &marks(&["12", "", ""])), [Some(0), None, None]);
        assert_eq!(pair_entries(&marks(&["7", "7"]), &marks(&["7", "7"])), [Some(0), Some(1)]);
        assert_eq!(pair_entries(&marks(&[]), &marks(&["1"])), [None]);
    }

    proptest! {
        #[test]
        fn no_old_entry_is_given_twice(
            old in prop::collection::vec("[0-3]?", 0..8), new in prop::collection::vec("[0-3]?", 0..8)
        ) {
            let marks = |numbers: &[String]| -> Vec<EntryMark> {
                numbers.iter().map(|number| EntryMark { number: number.clone() }).collect()
            };
            let pairs = pair_entries(&marks(&old), &marks(&new));
            prop_assert_eq!(pairs.len(), new.len());
            let mut taken: Vec<usize> = pairs.into_iter().flatten().collect();
            let all = taken.len();
            taken.sort_unstable();
            taken.dedup();
            prop_assert_eq!(taken.len(), all);
            prop_assert!(taken.iter().all(|index| *index < old.len()));
        }
    }
}

//! What to verify first: entries in doubt that are typical of many.

use std::cmp::Ordering;
use std::collections::{BinaryHeap, HashMap, HashSet};

use sobo_core::Entry;

/// An entry that could be verified.
#[derive(Debug, Clone, PartialEq)]
pub struct Teacher {
    /// Its identifier.
    pub id: i64,
    /// Expected share of it that is wrong, `0..=1`.
    pub doubt: f64,
    /// What the machine read in it.
    pub readings: Vec<String>,
}

impl Teacher {
    /// An entry as the machine read it; its doubt is the mean over its fields, lacunae and accepted ones counted as sure.
    pub fn of_entry(id: i64, entry: &Entry) -> Self {
        let open: Vec<_> =
            entry.fields.values().filter(|field| !field.accepted && field.lacuna.is_none()).collect();
        let sum: f64 = open.iter().map(|field| 1.0 - f64::from(field.confidence)).sum();
        Self {
            id,
            doubt: sum / entry.fields.len().max(1) as f64,
            readings: open.iter().map(|field| field.text.clone()).collect(),
        }
    }
}

/// Entries in the order of what verifying them would teach, the most first; with each what it adds to those before it.
///
/// An entry's value is its doubt times how many other entries its syllables stand for; each time a syllable has been
/// taken, it counts less (so that the order does not begin with a hundred entries of one street). Greedy choice of a
/// submodular gain: no order can do much better by it (Nemhauser, Wolsey & Fisher 1978), and each step is lazy
/// (Minoux 1978).
pub fn teaching_order(pool: &[Teacher]) -> Vec<(i64, f64)> {
    let features: Vec<Vec<u32>> = features(pool);
    let mut common: HashMap<u32, f64> = HashMap::new();
    for (teacher, own) in pool.iter().zip(&features) {
        for feature in own {
            *common.entry(*feature).or_default() += teacher.doubt;
        }
    }
    let mut taken: HashMap<u32, u32> = HashMap::new();
    let gain = |index: usize, taken: &HashMap<u32, u32>| -> f64 {
        let own = &features[index];
        let sum: f64 = own
            .iter()
            .map(|feature| {
                let times = f64::from(taken.get(feature).copied().unwrap_or(0));
                (1.0 + common[feature]).ln() / (1.0 + times)
            })
            .sum();
        pool[index].doubt * sum / (own.len().max(1) as f64).sqrt()
    };
    let mut heap: BinaryHeap<Rated> =
        (0..pool.len()).map(|index| Rated { gain: gain(index, &taken), index }).collect();
    let mut order = Vec::with_capacity(pool.len());
    while let Some(top) = heap.pop() {
        // Gains only fall: the top is right as soon as its gain of now is no lower than the next one's gain of then.
        let now = gain(top.index, &taken);
        if heap.peek().is_some_and(|next| now < next.gain) {
            heap.push(Rated { gain: now, index: top.index });
            continue;
        }
        for feature in &features[top.index] {
            *taken.entry(*feature).or_default() += 1;
        }
        order.push((pool[top.index].id, now));
    }
    order
}

/// The syllables of each entry, without case, as numbers, each once.
fn features(pool: &[Teacher]) -> Vec<Vec<u32>> {
    let mut known: HashMap<String, u32> = HashMap::new();
    pool.iter()
        .map(|teacher| {
            let mut own = HashSet::new();
            for word in teacher.readings.iter().flat_map(|text| text.split_whitespace()) {
                let word: String =
                    word.chars().filter(|c| c.is_alphabetic()).collect::<String>().to_lowercase();
                if !word.is_empty() {
                    let next = known.len() as u32;
                    own.insert(*known.entry(word).or_insert(next));
                }
            }
            let mut own: Vec<u32> = own.into_iter().collect();
            own.sort_unstable();
            own
        })
        .collect()
}

struct Rated {
    gain: f64,
    index: usize,
}

impl PartialEq for Rated {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Rated {}

impl PartialOrd for Rated {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Rated {
    fn cmp(&self, other: &Self) -> Ordering {
        self.gain.total_cmp(&other.gain).then_with(|| other.index.cmp(&self.index))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn teacher(id: i64, doubt: f64, text: &str) -> Teacher {
        Teacher { id, doubt, readings: vec![text.to_owned()] }
    }

    #[test]
    fn doubt_comes_before_certainty_and_the_typical_before_the_odd() {
        let mut pool =
            vec![teacher(1, 0.1, "phường sáu"), teacher(2, 0.5, "phường sáu"), teacher(3, 0.5, "kỳ quặc")];
        pool.extend((10..20).map(|id| teacher(id, 0.2, "phường sáu")));
        let order = teaching_order(&pool);
        assert_eq!(order[0].0, 2);
        assert_eq!(order.len(), pool.len());
        assert_eq!(order.last().map(|last| last.0), Some(1));
        assert!(order.windows(2).all(|pair| pair[0].1 >= pair[1].1), "what is added falls: {order:?}");
    }

    #[test]
    fn what_was_taken_gives_way_to_what_was_not() {
        let mut pool: Vec<Teacher> = (0..6).map(|id| teacher(id, 0.5, "đường lê lợi")).collect();
        pool.push(teacher(99, 0.45, "ấp bình hòa"));
        let place = teaching_order(&pool).iter().position(|(id, _)| *id == 99);
        // Without it, all six of the typical entries would come first.
        assert!(place.is_some_and(|place| place < 5), "{place:?}");
    }

    #[test]
    fn accepted_fields_and_lacunae_are_no_doubt() {
        let field = |text: &str, confidence, accepted, lacuna| sobo_core::Field {
            text: text.to_owned(),
            confidence,
            accepted,
            lacuna,
            ..sobo_core::Field::default()
        };
        let fields = [
            ("child_name", field("Nguyễn Văn Bá", 0.4, false, None)),
            ("sex", field("Nam", 0.5, true, None)),
            ("notes", field("", 0.0, false, Some(sobo_core::Lacuna::Blank))),
        ];
        let fields = fields.into_iter().map(|(name, field)| (name.to_owned(), field)).collect();
        let teacher = Teacher::of_entry(7, &Entry { fields, ..Entry::default() });
        assert_eq!((teacher.id, teacher.readings.as_slice()), (7, ["Nguyễn Văn Bá".to_owned()].as_slice()));
        assert!((teacher.doubt - 0.2).abs() < 1e-6);
    }

    #[test]
    fn the_same_pool_gives_the_same_order() {
        let pool: Vec<Teacher> =
            (0..40).map(|id| teacher(id, 0.3, ["nam", "nữ", "làm ruộng"][id as usize % 3])).collect();
        assert_eq!(teaching_order(&pool), teaching_order(&pool));
    }
}

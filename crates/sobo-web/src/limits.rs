//! How much one person may ask of the server: enough for the fastest hand, too little to carry a register away.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

/// Requests at once.
const BURST: f64 = 600.0;
/// Requests a second in the long run.
const STEADY: f64 = 15.0;
/// People kept in mind; those who have not asked for long are forgotten first.
const KEPT: usize = 10_000;

/// A bucket of requests for each person.
#[derive(Debug, Default)]
pub(crate) struct Limiter {
    buckets: Mutex<HashMap<i64, (f64, Instant)>>,
}

impl Limiter {
    /// Takes one request of `person` at `now`; false where there was none left.
    pub(crate) fn take(&self, person: i64, now: Instant) -> bool {
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        if buckets.len() >= KEPT {
            // A full bucket is as good as none.
            buckets.retain(|_, (left, at)| filled(*left, *at, now) < BURST);
        }
        let (left, at) = buckets.get(&person).copied().unwrap_or((BURST, now));
        let left = filled(left, at, now);
        let may = left >= 1.0;
        buckets.insert(person, (if may { left - 1.0 } else { left }, now));
        may
    }
}

fn filled(left: f64, at: Instant, now: Instant) -> f64 {
    (left + now.saturating_duration_since(at).as_secs_f64() * STEADY).min(BURST)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_person_runs_out_and_recovers_and_others_do_not_suffer() {
        let (limiter, start) = (Limiter::default(), Instant::now());
        let taken = (0..1000).filter(|_| limiter.take(1, start)).count();
        assert_eq!(taken, 600);
        assert!(limiter.take(2, start));
        let later = start + Duration::from_secs(2);
        assert_eq!((0..100).filter(|_| limiter.take(1, later)).count(), 30);
    }
}

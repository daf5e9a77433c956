//! How long something that failed is left alone: doubling, with jitter, per object.

use std::collections::HashMap;
use std::hash::{BuildHasher as _, Hash, RandomState};
use std::time::Duration;

/// The shortest and the longest pause.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BackoffLimits {
    /// Pause after the first failure.
    pub first: Duration,
    /// Pause after many failures.
    pub longest: Duration,
}

impl Default for BackoffLimits {
    /// 1 s to 5 min.
    fn default() -> Self {
        Self { first: Duration::from_secs(1), longest: Duration::from_secs(300) }
    }
}

/// Failures in a row, per key. Holds nothing for keys that succeed.
#[derive(Debug)]
pub struct Backoff<Key> {
    limits: BackoffLimits,
    failures: HashMap<Key, u32>,
}

impl<Key: Eq + Hash> Backoff<Key> {
    /// Nobody has failed yet.
    pub fn new(limits: BackoffLimits) -> Self {
        Self { limits, failures: HashMap::new() }
    }

    /// Notes a failure; how long to leave `key` alone.
    pub fn failed(&mut self, key: Key) -> Duration {
        let failures = self.failures.entry(key).or_default();
        *failures = failures.saturating_add(1);
        delay(self.limits, *failures)
    }

    /// `key` succeeded or no longer exists.
    pub fn reset(&mut self, key: &Key) {
        self.failures.remove(key);
    }

    /// How often `key` failed in a row.
    pub fn failures(&self, key: &Key) -> u32 {
        self.failures.get(key).copied().unwrap_or_default()
    }

    /// How many keys have failed last.
    pub fn len(&self) -> usize {
        self.failures.len()
    }

    /// Whether all is well.
    pub fn is_empty(&self) -> bool {
        self.failures.is_empty()
    }
}

/// The pause after `failures` in a row, with random jitter.
pub(super) fn delay(limits: BackoffLimits, failures: u32) -> Duration {
    jittered(limits, failures, chance())
}

/// Doubles per failure; `chance` in 0..1 takes away up to a quarter, so that what failed together does not
/// come back together. Never longer than the longest.
fn jittered(limits: BackoffLimits, failures: u32, chance: f64) -> Duration {
    let doublings = failures.saturating_sub(1).min(31);
    let full = limits.first.saturating_mul(1 << doublings).min(limits.longest);
    full.mul_f64(chance.clamp(0.0, 1.0).mul_add(-0.25, 1.0))
}

/// A number in 0..1, good enough to spread load: every `RandomState` hashes differently.
pub(super) fn chance() -> f64 {
    let [a, b, c, d, ..] = RandomState::new().hash_one(()).to_le_bytes();
    f64::from(u32::from_le_bytes([a, b, c, d])) / f64::from(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn pauses_double_up_to_the_longest_and_start_again_after_success() {
        let limits = BackoffLimits::default();
        let seconds: Vec<_> = (1..12).map(|n| jittered(limits, n, 0.0).as_secs()).collect();
        assert_eq!(seconds, [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300]);
        let mut backoff = Backoff::new(limits);
        for _ in 0..5 {
            backoff.failed("web");
        }
        assert_eq!((backoff.failures(&"web"), backoff.failures(&"other"), backoff.len()), (5, 0, 1));
        backoff.reset(&"web");
        assert!(backoff.is_empty());
        assert!(backoff.failed("web") <= limits.first);
    }

    #[test]
    fn jitter_differs_from_call_to_call() {
        let pauses: Vec<_> = (0..8).map(|_| delay(BackoffLimits::default(), 5)).collect();
        assert!(pauses.iter().any(|pause| pause != &pauses[0]), "{pauses:?}");
    }

    proptest! {
        #[test]
        fn a_pause_is_never_longer_than_the_longest_nor_much_shorter_than_the_first(
            failures in any::<u32>(), chance in 0.0..=1.0f64,
        ) {
            let limits = BackoffLimits::default();
            let pause = jittered(limits, failures, chance);
            prop_assert!(pause <= limits.longest);
            prop_assert!(pause >= limits.first.mul_f64(0.74));
        }
    }
}

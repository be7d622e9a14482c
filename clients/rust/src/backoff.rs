//! How long to wait before the next try.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::time::Duration;

/// Doubling from 100 ms to 10 s, of which a random half to all.
#[derive(Debug, Default)]
pub(crate) struct Backoff {
    tries: u32,
}

impl Backoff {
    const FIRST: f64 = 0.1;
    const LAST: f64 = 10.0;

    pub(crate) fn reset(&mut self) {
        self.tries = 0;
    }

    /// The pause before the next try, not less than the server asked for.
    pub(crate) fn next(&mut self, at_least: Option<Duration>) -> Duration {
        let ceiling = (Self::FIRST * f64::from(1u32 << self.tries.min(20))).min(Self::LAST);
        self.tries += 1;
        let pause = Duration::from_secs_f64(ceiling * uniform(0.5, 1.0));
        pause.max(at_least.unwrap_or_default())
    }
}

/// A number between two others; spreads load, guards nothing.
pub(crate) fn uniform(low: f64, high: f64) -> f64 {
    let unit = (random() >> 11) as f64 / (1u64 << 53) as f64;
    low + (high - low) * unit
}

/// 64 bits that differ from call to call and from process to process.
pub(crate) fn random() -> u64 {
    RandomState::new().build_hasher().finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn doubles_up_to_ten_seconds_and_starts_again() {
        let mut backoff = Backoff::default();
        let mut ceiling = 0.1f64;
        for _ in 0..40 {
            let pause = backoff.next(None).as_secs_f64();
            assert!(pause >= 0.5 * ceiling - 1e-9 && pause <= ceiling + 1e-9, "{pause} of {ceiling}");
            ceiling = (2.0 * ceiling).min(10.0);
        }
        backoff.reset();
        assert!(backoff.next(None) <= Duration::from_millis(100));
        assert!(backoff.next(Some(Duration::from_secs(60))) >= Duration::from_secs(60));
    }

    #[test]
    fn random_numbers_differ() {
        let drawn: std::collections::HashSet<u64> = (0..1000).map(|_| random()).collect();
        assert!(drawn.len() > 990);
    }
}

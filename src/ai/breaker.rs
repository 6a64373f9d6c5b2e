//! Who is not asked for a while: a model that failed several times in a row rests, longer each time, and is then tried
//! with one call before the others follow.

use std::time::{Duration, Instant};

/// Failures in a row after which a model rests: one may be chance, three are not.
const FAILURES: u32 = 3;

/// The first rest.
const SHORTEST: Duration = Duration::from_secs(2);

/// The longest rest: a provider that is back should be noticed within a minute.
const LONGEST: Duration = Duration::from_secs(30);

/// How long a call that tries it may take before another is let through.
const TRIAL: Duration = Duration::from_secs(20);

/// What is known of one model of a provider.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Breaker {
    failures: u32,
    rests: u32,
    until: Option<Instant>,
    trial: Option<Instant>,
}

impl Breaker {
    /// Whether it may be asked at `now`; if it rested, this call is the one that tries it.
    pub(super) fn admits(&mut self, now: Instant) -> bool {
        let Some(until) = self.until else { return true };
        if now < until || self.trial.is_some_and(|trial| now < trial + TRIAL) {
            return false;
        }
        self.trial = Some(now);
        true
    }

    /// It answered.
    pub(super) fn succeeded(&mut self) {
        *self = Self::default();
    }

    /// It failed. `lasting` where the next call would fail as well, as with a wrong key; `wait` where it said how long.
    pub(super) fn failed(&mut self, now: Instant, lasting: bool, wait: Option<Duration>) {
        self.failures += 1;
        let tried = self.trial.take().is_some();
        if lasting || tried || wait.is_some() || self.failures >= FAILURES {
            let rest = wait.unwrap_or(SHORTEST * 2_u32.pow(self.rests.min(8))).min(LONGEST);
            let rest = if lasting { LONGEST } else { rest };
            self.rests += 1;
            self.until = Some(now + rest);
        }
    }

    /// How long it still rests.
    pub(super) fn rests(&self, now: Instant) -> Option<Duration> {
        self.until.map(|until| until.saturating_duration_since(now))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_failures_in_a_row_are_enough_and_a_success_between_them_is_not_forgotten() {
        let (mut breaker, now) = (Breaker::default(), Instant::now());
        for _ in 0..2 {
            breaker.failed(now, false, None);
        }
        breaker.succeeded();
        for _ in 0..2 {
            breaker.failed(now, false, None);
            assert!(breaker.admits(now));
        }
        breaker.failed(now, false, None);
        assert!(!breaker.admits(now));
    }

    #[test]
    fn after_its_rest_one_call_tries_it_and_the_others_wait_for_that() {
        let (mut breaker, now) = (Breaker::default(), Instant::now());
        (0..3).for_each(|_| breaker.failed(now, false, None));
        let later = now + SHORTEST;
        assert!(breaker.admits(later) && !breaker.admits(later));
        breaker.failed(later, false, None);
        assert!(!breaker.admits(later + SHORTEST), "the second rest is longer");
        assert!(breaker.admits(later + SHORTEST * 2));
        breaker.succeeded();
        assert!(breaker.admits(later + SHORTEST * 2) && breaker.rests(later).is_none());
    }

    #[test]
    fn a_trial_that_is_not_heard_of_any_more_does_not_close_the_way_for_ever() {
        let (mut breaker, now) = (Breaker::default(), Instant::now());
        breaker.failed(now, true, None);
        assert!(breaker.admits(now + LONGEST) && !breaker.admits(now + LONGEST));
        assert!(breaker.admits(now + LONGEST + TRIAL));
    }

    #[test]
    fn no_rest_is_longer_than_half_a_minute() {
        let (mut breaker, mut now) = (Breaker::default(), Instant::now());
        for _ in 0..40 {
            breaker.failed(now, false, Some(Duration::from_hours(1)));
            assert!(breaker.rests(now).unwrap() <= LONGEST);
            now += LONGEST;
            assert!(breaker.admits(now));
        }
    }
}

//! How long each phase takes.

use std::time::{Duration, Instant};

use super::super::report::{Phase, Spent};

/// The phases so far.
#[derive(Debug, Default)]
pub struct Stopwatch {
    phases: Vec<(Phase, Duration)>,
}

impl Stopwatch {
    /// Does a phase, or some more of it, and notes how long that took, whatever came of it.
    pub fn during<T>(&mut self, phase: Phase, work: impl FnOnce() -> T) -> T {
        let begun = Instant::now();
        let done = work();
        let took = begun.elapsed();
        match self.phases.iter_mut().find(|(known, _)| *known == phase) {
            Some((_, before)) => *before += took,
            None => self.phases.push((phase, took)),
        }
        done
    }

    /// Each phase, in the order in which they were begun.
    #[must_use]
    pub fn spent(&self) -> Vec<Spent> {
        self.phases.iter().map(|(phase, took)| Spent { phase: *phase, ms: ms(*took) }).collect()
    }

    /// How long it took until everything was back and looked at: all but taking it away.
    #[must_use]
    pub fn until_back(&self) -> Duration {
        let counts = |(phase, _): &&(Phase, Duration)| *phase != Phase::Wipe;
        self.phases.iter().filter(counts).map(|(_, took)| *took).sum()
    }
}

fn ms(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn taking_away_does_not_count() {
        let mut watch = Stopwatch::default();
        let pause = |ms| std::thread::sleep(Duration::from_millis(ms));
        watch.during(Phase::Reach, || pause(2));
        watch.during(Phase::Check, || pause(2));
        watch.during(Phase::Reach, || pause(2));
        watch.during(Phase::Wipe, || pause(2));
        let phases: Vec<Phase> = watch.spent().iter().map(|spent| spent.phase).collect();
        assert_eq!(phases, [Phase::Reach, Phase::Check, Phase::Wipe]);
        let all: Duration = watch.phases.iter().map(|(_, took)| *took).sum();
        let back = watch.until_back();
        assert!(back >= Duration::from_millis(6) && back < all);
    }
}

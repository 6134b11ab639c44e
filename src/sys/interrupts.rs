//! Signals that would end this process, held back while something has to be put in order first.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM};
use signal_hook::{SigId, flag, low_level};

/// What a person or the system ends a program with.
const SIGNALS: [i32; 4] = [SIGHUP, SIGINT, SIGQUIT, SIGTERM];

/// How often somebody who waits looks whether one of them has come.
const PAUSE: Duration = Duration::from_millis(50);

/// While this lives, those signals are noted and do nothing else; afterwards they do what they
/// always did. A program that we start or become is not affected.
pub struct Interrupts {
    happened: Arc<AtomicBool>,
    passing: Arc<AtomicBool>,
    noting: Vec<SigId>,
}

impl Interrupts {
    /// Begins to hold them back.
    #[must_use]
    pub fn hold() -> Self {
        let (happened, passing) =
            (Arc::new(AtomicBool::new(false)), Arc::new(AtomicBool::new(false)));
        let mut noting = Vec::new();
        for signal in SIGNALS {
            // These fail only for signals that can not be caught, and these four can.
            flag::register_conditional_default(signal, Arc::clone(&passing)).ok();
            noting.extend(flag::register(signal, Arc::clone(&happened)).ok());
        }
        Self { happened, passing, noting }
    }

    /// Whether one of them has come.
    #[must_use]
    pub fn happened(&self) -> bool {
        self.happened.load(Ordering::Relaxed)
    }

    /// Waits for `time`, or until one of them comes.
    pub fn wait(&self, time: Duration) {
        let begun = Instant::now();
        while !self.happened() && begun.elapsed() < time {
            std::thread::sleep(PAUSE.min(time.saturating_sub(begun.elapsed())));
        }
    }
}

impl Drop for Interrupts {
    fn drop(&mut self) {
        self.noting.drain(..).for_each(|id| {
            low_level::unregister(id);
        });
        self.passing.store(true, Ordering::Relaxed);
    }
}

//! What time it is.

use jiff::Timestamp;

/// A source of the present time.
pub trait Clock {
    /// Now, in UTC.
    fn now(&self) -> Timestamp;
}

/// The machine's own clock.
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the one place that asks the real clock")]
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}

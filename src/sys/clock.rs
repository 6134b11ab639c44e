//! What time it is, and what the clock on the wall shows then.

use jiff::Timestamp;
use jiff::tz::TimeZone;

/// A source of the present time.
pub trait Clock {
    /// Now, in UTC.
    fn now(&self) -> Timestamp;

    /// Where we are, as far as clocks go.
    fn zone(&self) -> TimeZone {
        TimeZone::UTC
    }
}

/// The machine's own clock.
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the one place that asks the real clock")]
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }

    /// `TZ`, else the system's; UTC where neither says anything that is understood.
    #[expect(clippy::disallowed_methods, reason = "this is the one place that asks the system")]
    fn zone(&self) -> TimeZone {
        TimeZone::try_system().unwrap_or(TimeZone::UTC)
    }
}

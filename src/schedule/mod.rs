//! What is done by itself: when, by whom it is started, and what it left.
//!
//! A job is a few command lines of this program, each run in a process of its own. The system's own
//! scheduler starts us (systemd for users, launchd, cron), because it is awake when we are not; a
//! unit or a line of a crontab holds the path of this program and no secret. Whether a job is due is
//! decided here, by its calendar and the time of its last start, so that a night that was slept
//! through is made up for and no night runs twice, whichever scheduler it is.

mod calendar;
mod due;
mod error;
mod job;
mod name;
mod records;
mod run;
mod scheduler;
mod step;

#[cfg(test)]
mod tests;

pub use calendar::{Calendar, in_words};
pub use due::due;
pub use error::{BadCalendar, Error};
pub use job::{Destinations, Job, Step};
pub use name::Name;
pub use records::{LeftOut, Record, Records};
pub use run::{Ended, Run, When};
pub use scheduler::{Change, Plan, Scheduler, Setting};
pub use step::Child;

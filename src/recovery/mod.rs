//! The day it all burns: proving that it can be got back, and getting it back.
//!
//! A drill restores a snapshot into a scratch home, looks at what came back, measures how long that
//! took, and leaves a signed report beside the snapshots. The same looks (`checks/`) are what a real
//! recovery ends with.
//!
//! * **A drill touches nothing that is live**: all that it makes is below its own scratch folder,
//!   and goes when it ends; the next one takes away what a killed one has left.
//! * **A report names nothing that is inside a snapshot**: it lies in the clear, so it has words and
//!   numbers. Names are for whoever ran the drill.

mod checks;
mod drill;
mod error;
mod kit;
mod recover;
mod report;
mod reports;

pub use checks::{Findings, Problem, Site, check};
pub use drill::{Drill, Places, Room, Stopwatch, Tools};
pub use error::Error;
pub use kit::{IDENTITY, Kit, Purpose, REPOSITORY, Source, Step, TARGET, stock_steps};
pub use recover::{Heirs, Inherited, Journal, Phases, Servers, Stage, servers};
pub use report::{
    Checked, Depth, Drilled, Goal, Key, Omission, Outcome, Phase, Reason, Report, Spent, Verified,
    Way, Work, age,
};
pub use reports::{Filed, Standing, last_drilled, leave, newest, reports};

//! The tests that run the program, in one binary: stories, interop with the real tools, crashes,
//! and the checks that keep documents and code one.
#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_macros,
    reason = "these tests are the outside world: they make files, set variables and start programs"
)]

mod architecture;
mod exit_codes;
mod generated;
mod houserules;
mod oracle;
mod shell;
mod source;
mod stories;
mod story;
mod surface;
mod world;

//! The tests that run the program, in one binary: stories, interop with the real tools, crashes,
//! and the checks that keep documents and code one.
#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_macros,
    reason = "these tests are the outside world: they make files, set variables and start programs"
)]

mod age_interop;
mod agent;
mod architecture;
mod bucket;
mod bucket_policy;
mod bucket_server;
mod claude_code;
mod clients;
mod clipboard;
mod concurrency;
mod dice;
mod differential;
mod display;
mod docker_credential;
mod drill;
mod doctor;
mod events;
mod examples;
mod exit_codes;
mod garage;
mod generated;
mod handshake;
mod homes;
mod houserules;
mod interrupted;
mod keyring;
mod kit;
mod kill_loop;
mod mcp;
mod mcp_check;
mod mcp_clients;
mod mcp_guides;
mod mcp_homes;
mod names;
mod notify;
mod openpgp;
mod oracle;
mod otp;
mod parsers;
mod pass_callers;
mod pass_interop;
mod pass_manners;
mod qr;
mod random_trees;
mod receiver;
mod recipients;
mod recover;
mod restore;
mod runbooks;
mod schedule;
mod shell;
mod snapshot;
mod source;
mod stories;
mod story;
mod surface;
mod tools;
mod unruly;
mod world;

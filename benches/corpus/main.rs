//! Makes the home of a heavy user of Claude, and changes it as one night after another does: what
//! `benches/snapshots` and `benches/nights` take snapshots of. The same seed gives the same home,
//! byte for byte and second for second, whatever the machine.
//!
//! The proportions are those of real homes: sizes with a heavy tail, transcripts that only grow,
//! forks that are near-copies, small files that are exact copies, a few things that are compressed
//! already. The texts are made of words as frequent as Zipf has it, and the same source files are
//! read again and again, so that `zstd -3` finds about as much as it does in real transcripts.
#![allow(
    clippy::disallowed_methods,
    reason = "it makes files of no value in a folder of no value, and is not in the program"
)]

mod beside;
mod home;
mod night;
mod project;
mod random;
mod session;
#[cfg(test)]
mod tests;
mod text;
mod tree;

use std::io::{self, Write};
use std::path::PathBuf;

use clap::Parser;

use home::Home;

/// Make a home to take snapshots of
#[derive(Parser)]
enum Verb {
    /// Fill an empty folder
    Make {
        /// The home
        folder: PathBuf,
        /// Which one of all the homes there could be
        #[arg(long, default_value_t = 1)]
        seed: u64,
        /// How large; k, m and g are understood
        #[arg(long, value_parser = bytes, default_value = "1g")]
        bytes: u64,
    },
    /// Change it as one day's work does
    Night {
        /// The home
        folder: PathBuf,
        /// The one that it was made with
        #[arg(long, default_value_t = 1)]
        seed: u64,
        /// How many nights after it was made, from 1
        #[arg(long)]
        night: u64,
    },
}

fn main() -> io::Result<()> {
    let home = match Verb::parse() {
        Verb::Make { folder, seed, bytes } => {
            let home = Home::new(&folder, seed);
            home.make(bytes)?;
            home
        }
        Verb::Night { folder, seed, night } => {
            let home = Home::new(&folder, seed);
            home.night(night)?;
            home
        }
    };
    let (files, bytes) = home.totals()?;
    writeln!(io::stdout(), "{files} files, {bytes} bytes")
}

/// `64m` is 64 × 2^20.
fn bytes(text: &str) -> Result<u64, String> {
    let digits = text.trim_end_matches(['k', 'm', 'g']);
    let shift = match text.strip_prefix(digits) {
        Some("") => 0,
        Some("k") => 10,
        Some("m") => 20,
        Some("g") => 30,
        _ => return Err("a number, and k, m or g".to_owned()),
    };
    digits.parse::<u64>().map(|number| number << shift).map_err(|error| error.to_string())
}

//! A simulator: a home that changes, snapshots of it in one place or two, prunes, heals, another
//! machine that does the same at the same time, on storages where each operation may fail before it
//! was done, fail after it was done, be done twice, or be done later than anybody thinks; and
//! programs that are killed at any of them. Chance decides all of it, by a number that is told.
//!
//! After every step each listed snapshot still gives back exactly the home that it was taken of,
//! nothing that was reported stored has gone unless a prune has announced it, and at the end a run
//! that nobody disturbs succeeds.
//!
//! `VAULTCTL_SIMULATOR=4711 cargo test --lib simulator` runs the one schedule again, and
//! `VAULTCTL_SIMULATOR=10000..200000` those of other numbers. Ciphertexts are random, and so are the
//! objects' names: of several objects another one may be hit the next time.

mod baton;
#[path = "../../../../tests/it/dice.rs"]
mod dice;
mod home;
mod line;
mod oracle;
mod planted;
mod site;
mod stage;
mod world;

use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::scope;

use crate::sys::{World as Outside, processors};

use planted::Plant;
use world::World;

/// How many schedules the suite runs.
const EACH: u64 = 10_000;

/// What went wrong in one schedule.
#[derive(Debug)]
struct Found {
    seed: u64,
    what: String,
    /// What had happened before.
    story: Vec<String>,
}

/// Runs one schedule.
fn run(seed: u64, plant: Plant) -> Result<(), Found> {
    let mut world = World::new(seed, plant);
    let lived = catch_unwind(AssertUnwindSafe(|| world.live()));
    let lived = lived.unwrap_or_else(|_| Err("it panicked".to_owned()));
    lived.map_err(|what| Found { seed, what, story: world.into_story() })
}

/// Runs them all, as many at a time as there are processors; the answer is the first that fails.
fn run_all(seeds: Range<u64>, plant: Plant) -> Option<Found> {
    let (next, found) = (AtomicU64::new(seeds.start), Mutex::new(None));
    let work = || {
        let is_done = || found.lock().expect("is sound").is_some();
        while !is_done() {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed >= seeds.end {
                return;
            }
            if let Err(wrong) = run(seed, plant) {
                found.lock().expect("is sound").get_or_insert(wrong);
            }
        }
    };
    scope(|scope| (0..processors()).for_each(|_| drop(scope.spawn(work))));
    found.into_inner().expect("is sound")
}

/// The schedules that were asked for.
fn seeds() -> Range<u64> {
    let outside = Outside::real();
    let Some(asked) = outside.variables.text("VAULTCTL_SIMULATOR") else { return 0..EACH };
    let number = |text: &str| text.parse::<u64>().expect("VAULTCTL_SIMULATOR is `N` or `N..M`");
    match asked.split_once("..") {
        Some((first, end)) => number(first)..number(end),
        None => number(asked)..number(asked) + 1,
    }
}

#[test]
fn whatever_happens_every_listed_snapshot_comes_back() {
    if let Some(Found { seed, what, story }) = run_all(seeds(), Plant::Nothing) {
        panic!("VAULTCTL_SIMULATOR={seed}: {what}\n{}", story.join("\n"));
    }
}

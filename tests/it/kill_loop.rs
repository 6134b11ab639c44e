//! `kill -9` of real runs, again and again, at moments that chance chooses: of `snapshot create` and
//! of `snapshot prune`, on a folder and on a real S3 server. After each one the next run succeeds with
//! nobody there, everything verifies, and every listed snapshot comes back as it was taken.
//!
//! `VAULTCTL_KILLS=4711 cargo test --test it -- kill_loop` begins with that number again; the moments
//! are the same, what the machine makes of them is not.

use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::process::Stdio;
use std::time::{Duration, Instant};

use super::bucket::on_garage;
use super::dice::Dice;
use super::world::{PROGRAM, World};

const ROUNDS: usize = 12;

const CREATE: &str = "create";
const PRUNE: &str = "prune --yes --keep-last 2 --grace 0s";

#[test]
fn on_a_folder() {
    let world = World::new();
    let destination = "[[snapshot.destination]]\nname = \"disk\"\nurl = \"~/repository\"\n";
    world.plant(".config/vaultctl/config.toml", destination);
    kill_again_and_again(&world);
}

#[test]
fn on_a_server() {
    let (_garage, world) = on_garage("kill-loop");
    kill_again_and_again(&world);
}

fn kill_again_and_again(world: &World) {
    let seed = std::env::var("VAULTCTL_KILLS").map_or(1, |seed| seed.parse().expect("a number"));
    let mut dice = Dice::new(seed);
    world.sh("vaultctl snapshot init 2>&1").reveal().ok();
    let mut killed = 0;
    for round in 0..ROUNDS {
        for verb in [CREATE, PRUNE] {
            plant(world, 2 * round + usize::from(verb == PRUNE));
            let whole = how_long(world, verb);
            plant(world, 2 * round + usize::from(verb == PRUNE) + 1000);
            if verb == PRUNE {
                world.sh("vaultctl snapshot create").run().ok();
            }
            let moment = whole * u32::try_from(dice.roll(110)).expect("is small") / 100;
            killed += usize::from(is_killed_after(world, verb, moment));
            world.sh("vaultctl snapshot verify --level data").run().ok();
            every_snapshot_comes_back(
                world,
                &format!("VAULTCTL_KILLS={seed}, round {round}, {verb}"),
            );
        }
    }
    assert!(killed >= ROUNDS / 2, "only {killed} runs were killed, the others had ended");
}

/// A home that only its number is needed to make again: much of it new each time.
fn plant(world: &World, number: usize) {
    world.plant(".claude/agents/number.md", number.to_string());
    world.plant(".claude/projects/-srv-x/session.jsonl", transcript(number));
}

fn transcript(number: usize) -> String {
    let mut dice = Dice::new(number as u64);
    let lines = (0..2000)
        .map(|line| format!("{{\"line\":{line},\"text\":\"{:x}\"}}\n", dice.roll(usize::MAX)));
    lines.collect()
}

fn how_long(world: &World, verb: &str) -> Duration {
    let began = Instant::now();
    world.sh(&format!("vaultctl snapshot {verb}")).run().ok();
    began.elapsed()
}

/// Whether it had not ended by itself.
fn is_killed_after(world: &World, verb: &str, moment: Duration) -> bool {
    let mut command = world.command(PROGRAM);
    command.arg("snapshot").args(verb.split(' ')).stdout(Stdio::null()).stderr(Stdio::null());
    let mut running = command.spawn().expect("starts");
    std::thread::sleep(moment);
    running.kill().expect("it was ours");
    running.wait().expect("has ended").signal().is_some()
}

fn every_snapshot_comes_back(world: &World, when: &str) {
    let list = world.sh("vaultctl snapshot list").run().ok();
    for line in list.lines() {
        let name = line.split(' ').next().expect("a name");
        world.sh(&format!("vaultctl snapshot restore {name} --target restored")).run().ok();
        let home = world.path("restored/HOME/.claude");
        let read = |below: &str| fs::read_to_string(home.join(below)).expect("came back");
        let number = read("agents/number.md").parse().expect("is a number");
        assert!(read("projects/-srv-x/session.jsonl") == transcript(number), "{when}: {name}");
        fs::remove_dir_all(world.path("restored")).expect("is ours");
    }
}

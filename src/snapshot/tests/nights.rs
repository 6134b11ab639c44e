//! Sixty nights on which nobody looks: `~/.claude.json` has collapsed, each night takes a snapshot and
//! prunes, and the last one that was good is still there and comes back.

use std::time::Duration;

use jiff::Timestamp;

use super::super::*;
use super::{BEGIN, Machine, content};

const DAY: i64 = 24 * 60 * 60;

/// How many nights pass before somebody looks.
const NIGHTS: i64 = 60;

/// The ways in which a file of settings has been lost on real machines.
const COLLAPSES: [(&str, &[u8]); 4] = [
    ("emptied", b""),
    ("begun anew", b"{}\n"),
    ("cut off in the middle", b"{\"mcpServers\": {\"github\": {\"comm"),
    ("without its servers", b"{\"mcpServers\": {}, \"numStartups\": 1}\n"),
];

/// Policies from the default to the meanest.
const POLICIES: [Keep; 4] = [
    Keep { daily: 30, monthly: 12, ..Keep::NOTHING },
    Keep { daily: 7, ..Keep::NOTHING },
    Keep { last: 1, ..Keep::NOTHING },
    Keep { within: Some(Duration::from_secs(1)), ..Keep::NOTHING },
];

/// A file as a person with three servers and a hundred projects has it.
fn healthy() -> Vec<u8> {
    let projects: Vec<String> = (0..100)
        .map(|number| format!("\"/srv/{number}\": {{\"history\": [\"what was typed\"]}}"))
        .collect();
    let servers = "\"github\": {\"command\": \"a\"}, \"notes\": {\"command\": \"b\"}, \"time\": {\"command\": \"c\"}";
    format!(
        "{{\"numStartups\": 812, \"mcpServers\": {{{servers}}}, \"projects\": {{{}}}}}\n",
        projects.join(", ")
    )
    .into_bytes()
}

/// One night: the home has changed a little, a snapshot is taken, and what the policy does not keep goes.
fn night(machine: &Machine, number: i64, keep: &Keep) -> Commit {
    let now = BEGIN + number * DAY;
    machine.storage.set_clock(Timestamp::from_second(now).expect("in range"));
    machine.plant(".claude/agents/b.md", &number.to_be_bytes());
    let taken = machine.create_at(now).commit;
    let repository = machine.open().expect("opens");
    let locked = machine.state(&repository).lock().expect("nobody else");
    let pruning = Pruning {
        repository: &repository,
        known: locked.state().known().expect("reads"),
        keep: keep.clone(),
        grace: Duration::from_secs(7 * 24 * 60 * 60),
        now: Timestamp::from_second(now).expect("in range"),
        drilled: None,
        witness: None,
        gives_up: false,
    };
    let removal = pruning.plan().expect("plans");
    pruning.carry_out(&removal, &locked).expect("prunes");
    taken
}

fn listed(machine: &Machine) -> Vec<SnapshotId> {
    let listing = machine.open().and_then(|repository| repository.commits()).expect("lists");
    listing.entries.iter().map(|entry| entry.id).collect()
}

fn is_healthy(commit: &Commit) -> bool {
    matches!(commit.health, Health::Ok)
}

#[test]
fn a_collapsed_file_never_evicts_the_last_good_snapshot() {
    for (how, collapsed) in COLLAPSES {
        for keep in &POLICIES {
            let machine = Machine::new();
            machine.plant(".claude.json", &healthy());
            let good = (1..=3).map(|number| night(&machine, number, keep)).last().expect("three");
            assert!(is_healthy(&good), "{how}");
            machine.plant(".claude.json", collapsed);
            for number in 4..4 + NIGHTS {
                let taken = night(&machine, number, keep);
                assert!(!is_healthy(&taken), "{how}, night {number}: it was taken for healthy");
                assert!(listed(&machine).contains(&good.id), "{how}, night {number}, {keep:?}");
            }
            machine.assert_whole();
            machine.restore(Some(good.id)).expect("restores");
            let restored = content(&machine.path("target/HOME/.claude.json"));
            assert!(restored == healthy(), "{how}, {keep:?}");
        }
    }
}

/// Nor does one that comes and goes: each good night takes the place of the good one before.
#[test]
fn a_good_night_between_bad_ones_is_the_last_good_one() {
    let machine = Machine::new();
    let keep = Keep { last: 1, ..Keep::NOTHING };
    let mut good = None;
    for number in 1..=NIGHTS {
        let is_bad = number % 5 != 1;
        let found = if is_bad { b"{}\n".to_vec() } else { healthy() };
        machine.plant(".claude.json", &found);
        let taken = night(&machine, number, &keep);
        assert_eq!(is_healthy(&taken), !is_bad, "night {number}");
        good = if is_bad { good } else { Some(taken.id) };
        assert!(good.is_none_or(|good| listed(&machine).contains(&good)), "night {number}");
    }
    machine.assert_whole();
    machine.restore(good).expect("restores");
    assert!(content(&machine.path("target/HOME/.claude.json")) == healthy());
}

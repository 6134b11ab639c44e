//! `status` and `metrics`: what others read of them.

use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::process::Stdio;

use serde_json::Value;

use super::receiver::{Answer, Receiver};
use super::tools;
use super::world::World;

/// A store, a repository at `nas` with one snapshot, and nothing else.
fn with_snapshot() -> World {
    let world = World::with_store();
    settings(&world, "");
    world.sh("vaultctl snapshot init --to nas && vaultctl snapshot create").run().ok();
    world
}

fn settings(world: &World, more: &str) {
    let destination = format!(
        "[[snapshot.destination]]\nname = \"nas\"\nurl = \"file://{}\"\n{more}",
        world.path("backup").display()
    );
    world.plant(".config/vaultctl/config.toml", destination);
}

#[test]
fn prometheus_finds_nothing_to_say_about_the_metrics() {
    let world = with_snapshot();
    let text = world.sh("vaultctl metrics").run().ok();
    let mut promtool = world.command(tools::promtool());
    let mut promtool = promtool
        .args(["check", "metrics"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it starts");
    let mut input = promtool.stdin.take().expect("it has one");
    input.write_all(text.as_bytes()).expect("it reads");
    drop(input);
    let said = promtool.wait_with_output().expect("it ends");
    let said_text = String::from_utf8_lossy(&[said.stdout, said.stderr].concat()).into_owned();
    assert!(said.status.success() && said_text.is_empty(), "{said_text}\n{text}");
    let sample = |name: &str| {
        let line = text.lines().find(|line| line.starts_with(&format!("vaultctl_{name}{{")));
        let (_, value) = line?.rsplit_once(' ')?;
        value.parse::<f64>().ok()
    };
    assert_eq!(sample("place_reachable"), Some(1.0));
    assert_eq!(sample("snapshots"), Some(1.0));
    assert_eq!(sample("faults"), Some(0.0));
    let id = world.sh("vaultctl snapshot list --json").run().ok();
    let id: Value = serde_json::from_str(&id).expect("it is JSON");
    let time: jiff::Timestamp =
        id[0]["time"].as_str().expect("it has one").parse().expect("is one");
    assert_eq!(sample("snapshot_last_healthy_timestamp_seconds"), Some(time.as_second() as f64));
    assert_eq!(sample("verify_last_timestamp_seconds"), None, "what was never done has no date");
}

#[test]
fn the_textfile_is_whole_and_can_be_read_by_others() {
    let world = with_snapshot();
    fs::create_dir(world.path("textfiles")).expect("the folder is made");
    let call = "vaultctl metrics --textfile textfiles/vaultctl.prom";
    assert_eq!(world.sh(&format!("{call} && {call}")).run().ok(), "");
    let file = world.path("textfiles/vaultctl.prom");
    let mode = fs::metadata(&file).expect("it is there").permissions().mode();
    assert_eq!(mode & 0o777, 0o644);
    let printed = world.sh("vaultctl metrics").run().ok();
    assert_eq!(fs::read_to_string(file).expect("it is text"), printed);
    let names = fs::read_dir(world.path("textfiles")).expect("it is a folder").count();
    assert_eq!(names, 1, "nothing else is left there");
}

#[test]
fn what_is_overdue_is_told_and_that_nothing_is_too() {
    let (world, web) = (with_snapshot(), Receiver::start(Answer::Status(200)));
    world.plant("url", web.address("/"));
    world.sh("chmod 600 url").run().ok();
    settings(&world, "[[notify]]\nwebhook_file = '~/url'\non = ['overdue', 'success']\n");
    world.sh("vaultctl status --notify --max-age snapshot=26h").run().ok();
    let told: Value = serde_json::from_str(&web.next().body).expect("it is JSON");
    assert_eq!((&told["job"], &told["outcome"]), (&"status".into(), &"succeeded".into()));
    let call = "sleep 2; vaultctl status --notify --max-age snapshot=26h,verify=1s,drill=1s";
    world.sh(call).run().fails(1);
    let told: Value = serde_json::from_str(&web.next().body).expect("it is JSON");
    assert_eq!((&told["outcome"], &told["status"]), (&"overdue".into(), &1.into()));
    assert_eq!(told["numbers"]["problems"], 2);
    let reason = "nas: there was no verify that left a report in 1s (and 1 more)";
    assert_eq!(told["reason"], reason);
    world.sh("mv backup away; vaultctl status --notify --max-age 26h").run().fails(14);
    let told: Value = serde_json::from_str(&web.next().body).expect("it is JSON");
    assert_eq!(told["outcome"], "overdue");
    assert!(told["reason"].as_str().is_some_and(|reason| reason.starts_with("nas: ")), "{told}");
}

/// What a verification and a drill have left is all that another machine needs to know of them.
#[test]
fn what_was_proven_is_seen_from_another_machine() {
    let world = with_snapshot();
    world.sh("vaultctl snapshot verify --level data --report && vaultctl drill").run().ok();
    let signer =
        world.sh("ssh-keygen -lf .config/vaultctl/signing_key.pub | cut -d ' ' -f 2").run().ok();
    let elsewhere = |verb: &str| {
        let line = format!(
            "mkdir -p other; HOME=$PWD/other vaultctl {verb} --to $PWD/backup --signer {}",
            signer.trim()
        );
        world.sh(&line).run()
    };
    let status = elsewhere("status --max-age 26h").ok();
    assert!(status.contains(": verified ") && status.contains("(data, objects: "), "{status}");
    assert!(status.contains(": drilled ") && !status.contains("problem"), "{status}");
    let metrics = elsewhere("metrics").ok();
    for name in ["verify_last_success", "drill_last_success"] {
        let sample = metrics.lines().find(|line| line.starts_with(&format!("vaultctl_{name}{{")));
        assert!(sample.is_some_and(|sample| sample.ends_with(" 1")), "{metrics}");
    }
    assert!(metrics.contains("vaultctl_drill_last_recovery_time_seconds{"), "{metrics}");

    // One that has failed is a problem however new it is, and one that somebody has altered proves nothing.
    world
        .sh("chmod u+w backup/snaps/*; for file in backup/snaps/*; do echo x >> $file; done")
        .run()
        .ok();
    world.sh("sleep 1; vaultctl snapshot verify --level scrub --report").run().fails(13);
    let said = elsewhere("status --max-age snapshot=26h,verify=8d").fails(1);
    assert!(
        said.contains("the last verify failed: something is missing, or is not what was signed"),
        "{said}"
    );
    world.sh("chmod u+w backup/drills/*; for file in backup/drills/*-drill.json; do echo >> $file; done").run().ok();
    let said = elsewhere("status --max-age drill=35d").fails(1);
    assert!(said.contains("the last drill failed: its report is damaged: "), "{said}");
}

//! Events of `--json`: whatever is said, each line of standard error is one JSON object, of a kind
//! and with the fields that `docs/events.md` lists, and none other.

use std::collections::BTreeMap;

use serde_json::Value;

use super::world::World;

/// The table in the document: each event's fields.
fn documented() -> BTreeMap<String, Vec<String>> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/events.md");
    let text = std::fs::read_to_string(path).expect("the document is there");
    let words = |cell: &str| -> Vec<String> {
        cell.split('`').skip(1).step_by(2).map(str::to_owned).collect()
    };
    let row = |line: &str| {
        let cells: Vec<&str> = line.split(" | ").collect();
        let name = words(cells.first()?).first()?.clone();
        (cells.len() == 3 && name != "event").then(|| (name, words(cells[2])))
    };
    text.lines().filter(|line| line.starts_with("| `")).filter_map(row).collect()
}

/// Runs it, and gives each line of standard error as the object that it must be.
fn events(world: &World, line: &str) -> Vec<Value> {
    let output = world.sh(&format!("vaultctl --json {line}")).reveal();
    let text = String::from_utf8(output.stderr).expect("is text");
    let parsed = |line: &str| -> Value {
        serde_json::from_str(line).unwrap_or_else(|error| panic!("{line:?}: {error}"))
    };
    text.lines().map(parsed).collect()
}

#[test]
fn each_line_is_an_event_of_the_document() {
    let (world, documented) = (World::new(), documented());
    assert!(documented.len() >= 6, "{documented:?}");
    world.plant(".claude/projects/-srv-x/a.jsonl", "{\"a\": 1}\n".repeat(200_000));
    world.plant(".claude/settings.json", "{ is no JSON");
    let lines = [
        "init --recovery-out paper.txt; rm paper.txt",
        "snapshot init --to one",
        "snapshot create --to one",
        "snapshot verify --to one --level data",
        "snapshot restore --to one --target back",
        "snapshot restore --to one --in-place --yes",
        "snapshot heal --to one --from one --scrub",
        "snapshot create --to one",
        "snapshot prune --to one --keep-last 1 --yes",
        "snapshot verify --to nowhere",
    ];
    let mut seen = BTreeMap::new();
    for event in lines.iter().flat_map(|line| events(&world, line)) {
        let fields = event.as_object().expect("is an object");
        if fields.contains_key("error") {
            continue;
        }
        let name = fields["event"].as_str().expect("has a name").to_owned();
        let known = documented.get(&name).unwrap_or_else(|| panic!("{name} is not documented"));
        let others = fields.keys().filter(|field| *field != "event");
        others.for_each(|field| assert!(known.contains(field), "{name} has {field}"));
        *seen.entry(name).or_insert(0) += 1;
    }
    for name in ["progress", "stored", "note", "warning"] {
        assert!(seen.contains_key(name), "{name} was never seen: {seen:?}");
    }
}

/// Of a run that lasts, no more than a few a second, the last of which has everything.
#[test]
fn progress_ends_with_all_that_was_read() {
    let world = World::new();
    world.plant(".claude/projects/-srv-x/a.jsonl", "{\"a\": 1}\n".repeat(500_000));
    for line in ["init --recovery-out paper.txt; rm paper.txt", "snapshot init --to one"] {
        events(&world, line);
    }
    let begun = std::time::Instant::now();
    let told = events(&world, "snapshot create --to one");
    let most = begun.elapsed().as_millis() / 250 + 2;
    let progress: Vec<&Value> = told.iter().filter(|event| event["event"] == "progress").collect();
    assert!(progress.len() as u128 <= most, "{} in {most} quarters", progress.len());
    let last = progress.last().expect("there is one");
    assert_eq!((&last["bytes_done"], &last["files_done"]), (&last["bytes_total"], &1.into()));
    assert_eq!(last["bytes_total"], 4_500_000);
}

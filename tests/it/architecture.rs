//! `docs/architecture.md` is the fixture: its tables are compared with what is found in `src/`, so
//! that neither can drift from the other.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use super::source::Source;

/// The cells of the table whose header begins with the given words.
fn table(first: &str) -> Vec<Vec<String>> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/architecture.md");
    let text = fs::read_to_string(path).expect("the document is there");
    let rows = text.lines().skip_while(|line| !line.starts_with(&format!("| {first} |"))).skip(2);
    rows.take_while(|line| line.starts_with('|')).map(cells).collect()
}

fn cells(row: &str) -> Vec<String> {
    row.trim_matches('|').split('|').map(|cell| cell.trim().to_owned()).collect()
}

/// What stands in backticks, in order.
fn quoted(cell: &str) -> Vec<String> {
    cell.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

/// The rooms in order, each with those that it may use.
fn rooms() -> Vec<(String, BTreeSet<String>)> {
    let rows = table("room").into_iter();
    rows.map(|row| (quoted(&row[0]).remove(0), quoted(&row[1]).into_iter().collect())).collect()
}

fn names_of(rooms: &[(String, BTreeSet<String>)]) -> Vec<&str> {
    rooms.iter().map(|(room, _)| room.as_str()).collect()
}

/// The room that a path leads to: `crate::room`, or `super::super::room` from below.
fn room_of<'p>(path: &'p [String], rooms: &[&str]) -> Option<&'p str> {
    let climbed = path.iter().take_while(|step| *step == "super").count();
    let target = match climbed {
        0 if path[0] == "crate" => path.get(1)?,
        2.. => path.get(climbed)?,
        _ => return None,
    };
    rooms.contains(&target.as_str()).then_some(target.as_str())
}

/// Every use of one room by another, as it is in the code.
fn edges(rooms: &[&str]) -> BTreeMap<(String, String), String> {
    let mut found = BTreeMap::new();
    for source in Source::all("src") {
        let Some(from) = source.room() else { continue };
        for path in source.paths() {
            if let Some(to) = room_of(&path, rooms).filter(|to| *to != from) {
                found.insert((from.to_owned(), to.to_owned()), source.name.clone());
            }
        }
    }
    found
}

#[test]
fn the_rooms_are_those_of_the_document_in_its_order() {
    let rooms = rooms();
    let library = Source::all("src")
        .into_iter()
        .find(|source| source.name == "src/lib.rs")
        .expect("it is there");
    assert_eq!(
        library.modules(),
        names_of(&rooms),
        "`mod` lines of src/lib.rs, rows of the document"
    );
    let folders: BTreeSet<String> =
        Source::all("src").iter().filter_map(|source| source.room().map(str::to_owned)).collect();
    assert_eq!(
        folders,
        rooms.into_iter().map(|(room, _)| room).collect(),
        "folders of src, rows of the document"
    );
}

#[test]
fn a_room_uses_only_rooms_that_stand_above_it() {
    let rooms = rooms();
    let names = names_of(&rooms);
    for (number, (room, allowed)) in rooms.iter().enumerate() {
        for used in allowed {
            assert!(
                names[..number].contains(&used.as_str()),
                "`{room}` may use `{used}`, which is not above it"
            );
        }
    }
}

#[test]
fn a_room_uses_the_rooms_of_its_row_and_no_other() {
    let rooms = rooms();
    let found = edges(&names_of(&rooms));
    let allowed: BTreeSet<(String, String)> = rooms
        .iter()
        .flat_map(|(room, uses)| uses.iter().map(|used| (room.clone(), used.clone())))
        .collect();
    for ((from, to), file) in &found {
        assert!(
            allowed.contains(&(from.clone(), to.clone())),
            "{file}: `{from}` may not use `{to}`"
        );
    }
    let unused: Vec<_> = allowed.iter().filter(|edge| !found.contains_key(*edge)).collect();
    assert!(unused.is_empty(), "the document allows what nothing needs: {unused:?}");
}

/// The files that may name what a row of the second table is about; `src/git/` means all below.
fn walls() -> BTreeMap<String, Vec<String>> {
    table("outside").into_iter().map(|row| (quoted(&row[0]).remove(0), quoted(&row[1]))).collect()
}

/// The packages of `Cargo.toml`, as code calls them.
fn packages() -> BTreeSet<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml");
    let manifest: toml::Table =
        fs::read_to_string(path).expect("it is there").parse().expect("it is TOML");
    let dependencies = manifest["dependencies"].as_table().expect("it is a table");
    dependencies.keys().map(|name| name.replace('-', "_")).collect()
}

/// Which outside things a file names: packages by their first step, parts of `std` by more.
fn outside(source: &Source, walls: &BTreeMap<String, Vec<String>>) -> BTreeSet<String> {
    let own: BTreeSet<&str> = source.modules().into_iter().collect();
    let paths = source.paths();
    let foreign = paths.iter().filter(|path| !own.contains(path[0].as_str()));
    let starts = foreign.flat_map(|path| (1..=path.len()).map(|steps| path[..steps].join("::")));
    starts.filter(|name| walls.contains_key(name)).collect()
}

#[test]
fn every_package_has_a_wall() {
    let walls = walls();
    let named: BTreeSet<String> =
        walls.keys().filter(|name| !name.contains("::")).cloned().collect();
    assert_eq!(named, packages(), "rows of the document, dependencies of Cargo.toml");
}

#[test]
fn what_is_outside_is_named_only_where_the_document_says() {
    let walls = walls();
    let mut used: BTreeSet<(String, String)> = BTreeSet::new();
    let mut sources = Source::all("src");
    sources.retain(|source| !source.name.ends_with("/tests.rs"));
    for source in sources {
        for name in outside(&source, &walls) {
            let place = walls[&name].iter().find(|place| source.name.starts_with(*place));
            let place = place.unwrap_or_else(|| panic!("{} may not name `{name}`", source.name));
            used.insert((name, place.clone()));
        }
    }
    let allowed = walls
        .iter()
        .flat_map(|(name, places)| places.iter().map(|place| (name.clone(), place.clone())));
    let unused: Vec<_> = allowed.filter(|pair| !used.contains(pair)).collect();
    assert!(unused.is_empty(), "the document allows what nothing needs: {unused:?}");
}

/// How far above an opening its reason may stand: rustfmt breaks a statement into lines.
const REASON_ABOVE: usize = 4;

/// The lines that open a secret, without a reason on them or just above.
fn unexplained(source: &Source) -> Vec<usize> {
    let lines: Vec<&str> = source.text.lines().collect();
    let explained = |number: usize| {
        let near = &lines[number.saturating_sub(REASON_ABOVE)..=number];
        near.iter().any(|line| line.contains("EXPOSE:"))
    };
    let unexplained = |number: &usize| opens(lines[*number]) && !explained(*number);
    (0..lines.len()).filter(unexplained).map(|number| number + 1).collect()
}

fn opens(line: &str) -> bool {
    let calls = [".expose()", "::expose", ".expose_secret()"];
    !line.trim_start().starts_with("//") && calls.iter().any(|call| line.contains(call))
}

#[test]
fn every_opening_of_a_secret_says_why() {
    for source in Source::all("src") {
        assert!(
            unexplained(&source).is_empty(),
            "{}: no `EXPOSE:` comment at lines {:?}",
            source.name,
            unexplained(&source)
        );
    }
}

#[test]
fn secrets_are_opened_only_where_the_document_says() {
    let opening: BTreeSet<String> = Source::all("src")
        .into_iter()
        .filter(|source| source.text.lines().any(opens))
        .map(|source| source.name)
        .collect();
    let listed: BTreeSet<String> =
        table("opens secrets").iter().flat_map(|row| quoted(&row[0])).collect();
    assert_eq!(opening, listed, "files with `.expose()`, rows of the document");
}

#[test]
fn nothing_is_unsafe() {
    for source in Source::all("src").into_iter().chain(Source::all("tests")) {
        assert!(!source.says("unsafe"), "{} says `unsafe`", source.name);
    }
}

#[test]
fn no_test_file_is_forgotten() {
    let sources = Source::all("tests/it");
    let roots = sources
        .iter()
        .filter(|source| source.name.ends_with("/main.rs") || source.name.ends_with("/mod.rs"));
    for root in roots {
        let (folder, own) = root.name.rsplit_once('/').expect("it is in a folder");
        let beside = sources.iter().filter_map(|source| {
            let rest = source.name.strip_prefix(folder)?.strip_prefix('/')?;
            Some(rest.split('/').next()?.trim_end_matches(".rs"))
        });
        let files: BTreeSet<&str> =
            beside.filter(|name| *name != own.trim_end_matches(".rs")).collect();
        assert_eq!(files, root.modules().into_iter().collect(), "{folder}");
    }
}

#[test]
fn the_ways_round_a_wall_are_seen() {
    let path = |text: &str| text.split("::").map(str::to_owned).collect::<Vec<_>>();
    for text in ["crate::keys::X", "super::super::keys::X", "super::super::super::keys"] {
        assert_eq!(room_of(&path(text), &["keys"]), Some("keys"), "{text}");
    }
    for text in ["super::keys::X", "crate::other", "keys::X"] {
        assert_eq!(room_of(&path(text), &["keys"]), None, "{text}");
    }
    let source = Source::new(
        "src/a/b.rs".to_owned(),
        "// EXPOSE: x\n//\n//\n//\na.expose();\nb.expose();\n".to_owned(),
    );
    assert_eq!(unexplained(&source), [6]);
}

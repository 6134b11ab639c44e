//! The generator gives the same home again, and one that is like a real one.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use tempfile::TempDir;

use super::home::Home;
use super::{bytes, tree};

const SIZE: u64 = 3 << 20;

/// A home of this seed, after so many nights.
fn home(seed: u64, nights: u64) -> TempDir {
    home_of(SIZE, seed, nights)
}

fn home_of(size: u64, seed: u64, nights: u64) -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let home = Home::new(folder.path(), seed);
    home.make(size).expect("it is made");
    for night in 1..=nights {
        home.night(night).expect("it passes");
    }
    folder
}

/// Every path below the home, with its time and its content.
fn pictured(home: &TempDir) -> BTreeMap<PathBuf, (SystemTime, Vec<u8>)> {
    let mut found = BTreeMap::new();
    picture(home.path(), home.path(), &mut found);
    found
}

fn picture(root: &Path, folder: &Path, found: &mut BTreeMap<PathBuf, (SystemTime, Vec<u8>)>) {
    for path in tree::listed(folder).expect("it is a folder") {
        let time = path.metadata().and_then(|facts| facts.modified()).expect("it has one");
        let content = if path.is_dir() { Vec::new() } else { fs::read(&path).expect("is read") };
        found.insert(path.strip_prefix(root).expect("is below").to_owned(), (time, content));
        if path.is_dir() {
            picture(root, &path, found);
        }
    }
}

#[test]
fn the_same_seed_gives_the_same_home_and_another_one_does_not() {
    let (one, same, other) = (home(1, 2), home(1, 2), home(2, 2));
    assert!(pictured(&one) == pictured(&same), "bytes or times differ");
    assert!(pictured(&one) != pictured(&other));
}

#[test]
fn a_night_appends_begins_rewrites_and_removes() {
    let (before, after) = (pictured(&home(1, 0)), pictured(&home(1, 1)));
    let both = || before.iter().filter_map(|(path, was)| Some((&was.1, &after.get(path)?.1)));
    let grown = both().filter(|(was, is)| is.len() > was.len() && is.starts_with(was)).count();
    let rewritten = both().filter(|(was, is)| !is.starts_with(was)).count();
    let gone = before.keys().filter(|path| !after.contains_key(*path)).count();
    let fresh = after.keys().filter(|path| !before.contains_key(*path)).count();
    assert!([grown, rewritten, gone, fresh].iter().all(|count| *count > 0));
    let growth: usize = both().map(|(was, is)| is.len().saturating_sub(was.len())).sum();
    assert!((growth as u64) < SIZE / 20, "{growth} is no night's work");
}

#[test]
fn every_line_of_a_transcript_is_json_and_names_its_session() {
    for (path, (_, content)) in pictured(&home(1, 3)) {
        let session = path.file_stem().expect("it has one").to_string_lossy().into_owned();
        let is_session = path.extension().is_some_and(|it| it == "jsonl") && session.len() == 36;
        for line in
            content.split(|byte| *byte == b'\n').filter(|line| is_session && !line.is_empty())
        {
            let line: serde_json::Value = serde_json::from_slice(line).expect("it is JSON");
            assert_eq!(line["sessionId"], session.as_str(), "{}", path.display());
        }
    }
}

/// Real transcripts: between a fourth and a seventh.
#[test]
fn it_can_be_compressed_as_well_as_real_transcripts() {
    let mut encoder = zstd::Encoder::new(Vec::new(), 3).expect("memory is there");
    let mut length = 0;
    // In a small home one file that is compressed already decides.
    for (_, content) in pictured(&home_of(16 * SIZE, 1, 0)).values() {
        length += content.len();
        encoder.write_all(content).expect("memory takes it");
    }
    let packed = encoder.finish().expect("memory takes it").len();
    assert!((4 * packed..=7 * packed).contains(&length), "{length} became {packed}");
}

#[test]
fn sizes_are_read_as_people_write_them() {
    assert_eq!([bytes("7"), bytes("64k"), bytes("1g")], [Ok(7), Ok(1 << 16), Ok(1 << 30)]);
    for wrong in ["", "g", "1x", "1gk", "-1"] {
        assert!(bytes(wrong).is_err(), "{wrong}");
    }
}

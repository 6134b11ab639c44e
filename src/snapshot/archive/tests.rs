//! What is written is read back; what is hostile is refused, by name.

use std::io::Write;

use proptest::prelude::*;

use crate::snapshot::Error;
use crate::snapshot::repository::commit::Totals;

use super::hostile::compress;
use super::writer::Written;
use super::*;

const NO_LIMIT: Totals = Totals { entries: u64::MAX, bytes: u64::MAX };

fn path(text: &str) -> TreePath {
    TreePath::parse(text.as_bytes()).expect("is one")
}

fn member(path: TreePath, content: Content) -> Member {
    Member {
        path,
        content,
        mode: 0o640,
        owner: (1000, 3_000_000),
        mtime: (1_700_000_000, 123_456_789),
    }
}

fn write(members: &[(Member, Vec<u8>)]) -> Written<Vec<u8>> {
    let mut writer = Writer::begin(Vec::new(), b"{}").expect("begins");
    for (member, content) in members {
        assert!(writer.add(member, &mut &content[..]).expect("adds"));
    }
    writer.finish().expect("ends")
}

fn read(archive: &[u8], limit: Totals) -> Result<Vec<(Member, Vec<u8>)>, Error> {
    let mut members = Vec::new();
    read_archive(archive, limit, &mut |member, source| {
        let mut content = Vec::new();
        source.read_to_end(&mut content)?;
        members.push((member.clone(), content));
        Ok(())
    })?;
    Ok(members)
}

/// The member that a refusal names.
fn refused(archive: &[u8], limit: Totals) -> String {
    match read(archive, limit) {
        Err(Error::Member { member, .. }) => member,
        other => panic!("not refused: {other:?}"),
    }
}

#[test]
fn long_and_odd_names_times_and_links_are_read_back() {
    let long = format!("HOME/{}/{}", "x".repeat(255), "ü".repeat(127));
    let file = |name: &str, content: &[u8]| {
        (member(path(name), Content::File(content.len() as u64)), content.to_vec())
    };
    let mut early = file("ROOT/a b\n", b"before 1970");
    early.0.mtime = (-2, 500_000_000);
    let mut whole = file("HOME/-x", &[0; 512]);
    whole.0.mtime = (-1, 0);
    let members = vec![
        file(&long, b"content"),
        early,
        whole,
        (member(path("HOME/y"), Content::HardLink(path(&long))), vec![]),
        (member(path("HOME/link"), Content::Link(vec![b'z'; 300])), vec![]),
        (member(path("HOME/empty"), Content::Folder), vec![]),
    ];
    let written = write(&members);
    assert_eq!(written.totals, Totals { entries: 6, bytes: 7 + 11 + 512 });
    assert_eq!(read(&written.sink, written.totals).expect("reads"), members);
}

proptest! {
    #[test]
    fn any_file_is_read_back(
        name in "[^/\0.]{1,120}",
        content in any::<Vec<u8>>(),
        mtime in (-10_000_000_000_i64..10_000_000_000, 0_i64..1_000_000_000),
    ) {
        let size = content.len() as u64;
        let file = Member { mtime, ..member(path(&format!("HOME/{name}")), Content::File(size)) };
        let members = vec![(file, content)];
        prop_assert_eq!(read(&write(&members).sink, NO_LIMIT).expect("reads"), members);
    }

    #[test]
    fn nothing_crashes_the_reader(bytes in any::<Vec<u8>>()) {
        let compressed = compress(&bytes);
        prop_assert!(read(&compressed, NO_LIMIT).is_err());
    }
}

#[test]
fn a_short_source_is_made_up_for_and_told() {
    let mut writer = Writer::begin(Vec::new(), b"{}").expect("begins");
    let file = member(path("HOME/a"), Content::File(5));
    assert!(!writer.add(&file, &mut &b"abc"[..]).expect("adds"));
    let archive = writer.finish().expect("ends").sink;
    assert_eq!(read(&archive, NO_LIMIT).expect("reads"), [(file, b"abc\0\0".to_vec())]);
}

#[test]
fn no_truncation_is_accepted() {
    let members = vec![(member(path("HOME/a"), Content::File(3)), b"abc".to_vec())];
    let tar = decompress(&write(&members).sink);
    for length in (0..tar.len()).step_by(64) {
        assert!(read(&compress(&tar[..length]), NO_LIMIT).is_err(), "cut to {length}");
    }
    assert!(read(&compress(&[&tar[..], &[0]].concat()), NO_LIMIT).is_err());
}

#[test]
fn no_bit_of_a_header_or_a_file_changes_unnoticed() {
    let file = Member { mtime: (1, 0), ..member(path("HOME/a"), Content::File(3)) };
    let tar = decompress(&write(&[(file, b"abc".to_vec())]).sink);
    // META.json has the first two blocks; then come the file's header and its three bytes.
    for place in 1024..1536 + 3 {
        for bit in 0..8 {
            let mut changed = tar.clone();
            changed[place] ^= 1 << bit;
            assert!(read(&compress(&changed), NO_LIMIT).is_err(), "bit {bit} of byte {place}");
        }
    }
}

fn decompress(archive: &[u8]) -> Vec<u8> {
    zstd::decode_all(archive).expect("decompresses")
}

#[test]
fn hostile_members_are_refused_by_name() {
    for (blamed, tar) in hostile::cases() {
        assert_eq!(refused(&compress(&tar), NO_LIMIT), blamed);
    }
}

#[test]
fn long_names_are_held_to_the_same_rules() {
    for name in [&b"files/HOME/../../x\0"[..], b"/etc/x\0", b"files/HOME/a\0b\0", b"no end"] {
        let mut builder = tar::Builder::new(Vec::new());
        let file = tar::EntryType::Regular;
        hostile::add_raw(&mut builder, b"META.json", file, b"{}", "");
        hostile::add_raw(&mut builder, b"././@LongLink", tar::EntryType::GNULongName, name, "");
        hostile::add_raw(&mut builder, b"files/HOME/a", file, b"abc", "");
        let archive = compress(&builder.into_inner().expect("ends"));
        assert!(matches!(read(&archive, NO_LIMIT), Err(Error::Member { .. })), "{name:?}");
    }
}

#[test]
fn more_than_was_announced_is_refused() {
    let files = |count: usize, size: usize| {
        let file =
            |n| (member(path(&format!("HOME/{n}")), Content::File(size as u64)), vec![0; size]);
        write(&(0..count).map(file).collect::<Vec<_>>()).sink
    };
    let limit = Totals { entries: 2, bytes: 10 };
    assert!(read(&files(2, 5), limit).is_ok());
    assert_eq!(refused(&files(3, 1), limit), "files/HOME/2");
    assert_eq!(refused(&files(2, 6), limit), "files/HOME/1");
    // A hundred megabytes of zeros in a few kilobytes.
    assert_eq!(refused(&files(1, 100_000_000), limit), "files/HOME/0");
}

#[test]
fn a_window_that_eats_the_memory_is_refused() {
    let mut encoder = zstd::Encoder::new(Vec::new(), 1).expect("begins");
    encoder.window_log(28).expect("is possible");
    encoder.write_all(&[0; 4096]).expect("writes");
    let archive = encoder.finish().expect("ends");
    assert!(matches!(read(&archive, NO_LIMIT), Err(Error::Stream(_))));
}

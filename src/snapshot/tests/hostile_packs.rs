//! Recipes and packs that are hostile, and rightly encrypted and signed: nothing is written, least of
//! all a file with zeros where something is missing.

use crate::crypto::DedupKey;

use super::super::archive::hostile::raw_tar as tar;
use super::super::*;
use super::Machine;

const KEY: [u8; 32] = [7; 32];
const FILE: &str = "file";

/// A member: name, kind, content, link.
type Raw<'a> = (&'a str, &'a str, &'a str, &'a str);

/// A snapshot object with these members.
fn snapshot(members: &[Raw<'_>]) -> Vec<u8> {
    let meta = format!("{{\"dedup\": \"{}\"}}", "07".repeat(32));
    tar(&[&[("META.json", FILE, meta.as_str(), "")], members].concat())
}

fn id(content: &str) -> String {
    DedupKey::new(&KEY).id_of(content.as_bytes()).to_string()
}

/// The recipe of a file that is made of these, each with a size.
fn recipe(parts: &[(&str, usize)]) -> String {
    let lines = parts.iter().map(|(content, size)| format!("{} {size}\n", id(content)));
    lines.fold("mode 4755\n".to_owned(), |text, line| text + &line)
}

/// A pack of these parts with this index.
fn pack(parts: &[(&str, &str)], index: &str) -> Vec<u8> {
    let names: Vec<String> =
        parts.iter().map(|(named, _)| format!("blobs/{}", id(named))).collect();
    let blobs =
        names.iter().zip(parts).map(|(name, (_, content))| (name.as_str(), FILE, *content, ""));
    tar(&blobs.chain([("INDEX.jsonl", FILE, index, "")]).collect::<Vec<_>>())
}

fn line(content: &str, size: usize) -> String {
    format!("{{\"id\": \"{}\", \"size\": {size}, \"path\": \"~/a\", \"offset\": 0}}\n", id(content))
}

/// What is said when it is restored; nothing is written.
fn refusal(object: &[u8], totals: Totals, packs: &[Vec<u8>]) -> String {
    let machine = Machine::new();
    machine.plant_with_packs(object, totals, packs);
    let before = machine.everything();
    let error = machine.restore(None).expect_err("is refused").to_string();
    assert_eq!(machine.everything(), before, "{error}");
    error
}

const ENOUGH: Totals = Totals { entries: 100, bytes: 1000 };

#[test]
fn a_recipe_is_for_the_empty_file_behind_it_and_for_nothing_else() {
    let recipe = recipe(&[("abc", 3)]);
    let recipe = recipe.as_str();
    let file = ("files/HOME/a", FILE, "", "");
    let cases: [(&str, &[Raw<'_>]); 11] = [
        ("recipes/HOME/../../x", &[("recipes/HOME/../../x", FILE, recipe, ""), file]),
        ("recipes//etc/x", &[("recipes//etc/x", FILE, recipe, ""), file]),
        ("recipes/etc/x", &[("recipes/etc/x", FILE, recipe, ""), file]),
        ("recipes/HOME", &[("recipes/HOME", FILE, recipe, ""), file]),
        ("recipes/HOME/a", &[("recipes/HOME/a", "link", "", "/etc"), file]),
        (
            "files/HOME/a",
            &[("recipes/HOME/a", FILE, recipe, ""), ("files/HOME/a", "link", "", "/etc/passwd")],
        ),
        (
            "files/HOME/a",
            &[("recipes/HOME/a", FILE, recipe, ""), ("files/HOME/a", "folder", "", "")],
        ),
        ("files/HOME/a", &[("recipes/HOME/a", FILE, recipe, ""), ("files/HOME/b", FILE, "", "")]),
        (
            "files/HOME/a",
            &[("recipes/HOME/a", FILE, recipe, ""), ("files/HOME/a", FILE, "full", "")],
        ),
        ("files/HOME/a", &[file, ("recipes/HOME/a", FILE, recipe, ""), file]),
        ("files/HOME/a", &[("recipes/HOME/a", FILE, "mode 4755\n", ""), file]),
    ];
    for (blamed, members) in cases {
        let error = refusal(&snapshot(members), ENOUGH, &[]);
        assert!(error.contains(&format!("`{blamed}`")), "{blamed}: {error}");
    }
}

/// One file of `parts`, and packs.
fn refusal_of(parts: &[(&str, usize)], packs: &[Vec<u8>]) -> String {
    let size: usize = parts.iter().map(|(_, size)| size).sum();
    let (recipe, sums) = (recipe(parts), format!("1 {size} files/HOME/a\n"));
    let members: [Raw<'_>; 3] = [
        ("recipes/HOME/a", FILE, &recipe, ""),
        ("files/HOME/a", FILE, "", ""),
        ("SUMS", FILE, &sums, ""),
    ];
    refusal(&snapshot(&members), Totals { entries: 1, bytes: size as u64 }, packs)
}

#[test]
fn parts_that_are_not_what_was_promised_are_refused() {
    let (abc, whole) = (line("abc", 3), || pack(&[("abc", "abc")], &line("abc", 3)));
    let twice = abc.repeat(2);
    for (expected, parts, packs) in [
        ("in no pack", &[("abc", 3)][..], vec![]),
        ("in no pack", &[("abc", 3), ("other", 5)], vec![whole()]),
        // One name with two sizes: what is found for one of them does not fill the other.
        ("in no pack", &[("abc", 3), ("abc", 4)], vec![whole()]),
        ("not what its name says", &[("abc", 4)], vec![pack(&[("abc", "abcd")], &line("abc", 4))]),
        ("not what its name says", &[("abc", 3)], vec![pack(&[("abc", "xyz")], &abc)]),
        (
            "is there twice",
            &[("abc", 3), ("d", 1)],
            vec![pack(&[("abc", "abc"), ("abc", "abc")], &twice)],
        ),
        (
            "something else than the parts",
            &[("abc", 3), ("d", 1)],
            vec![pack(&[("abc", "abc")], &line("d", 1))],
        ),
        (
            "something else than the parts",
            &[("abc", 3), ("d", 1)],
            vec![pack(&[("abc", "abc")], &twice)],
        ),
        ("does not name every part", &[("abc", 3), ("d", 1)], vec![pack(&[("abc", "abc")], "")]),
        ("INDEX.jsonl", &[("abc", 3), ("d", 1)], vec![pack(&[("abc", "abc")], "{")]),
        ("INDEX.jsonl", &[("abc", 3)], vec![tar(&[("blobs/x", FILE, "abc", "")])]),
    ] {
        let error = refusal_of(parts, &packs);
        let expected = if error.contains("blobs/x") { "blobs/x" } else { expected };
        assert!(error.contains(expected), "{expected}: {error}");
    }
}

#[test]
fn a_pack_holds_nothing_but_parts() {
    for member in [
        ("files/HOME/x", FILE, "x", ""),
        ("files/HOME/x", "link", "", "/etc"),
        ("recipes/HOME/x", FILE, "x", ""),
        ("blobs/../x", FILE, "x", ""),
        ("/etc/x", FILE, "x", ""),
        ("META.json", FILE, "{}", ""),
    ] {
        let error = refusal_of(&[("abc", 3)], &[tar(&[member])]);
        assert!(error.contains("packs/"), "{}: {error}", member.0);
    }
}

//! The real `tree` beside ours, on random trees.

use std::ffi::OsStr;
use std::os::unix::fs::symlink;
use std::path::Path;

use proptest::prelude::*;

use super::*;
use crate::sys;

use super::super::real;

/// A test's variables.
type Said<'a> = Vec<(&'a str, &'a str)>;

fn variables<'a>(more: &[(&'a str, &'a str)]) -> Said<'a> {
    [("TERM", "dumb"), ("LC_ALL", "C.UTF-8")].iter().chain(more).copied().collect()
}

fn style(said: &Said<'_>) -> Style {
    Style::new(&said.iter().copied().collect(), false)
}

/// What pass shows: tree's lines after the first, less the endings.
fn really_drawn(root: &Path, more: &[&str], variables: &Said<'_>) -> String {
    let script = r"tree -N -C -l --noreport $MORE | tail -n +2 | sed -E 's/\.gpg(\x1B\[[0-9]+m)?( ->|$)/\1\2/g'";
    let script = script.replace("$MORE", "\"$@\"");
    let arguments = ["-c", &script, "sh"].into_iter().chain(more.iter().copied());
    let arguments: Vec<&OsStr> =
        arguments.map(OsStr::new).chain(std::iter::once(root.as_os_str())).collect();
    let outcome = real::run("sh", &arguments, b"", variables);
    String::from_utf8_lossy(&real::bytes(&outcome.stdout)).into_owned()
}

fn listed(root: &Path, variables: &Said<'_>) -> String {
    let drawn = style(variables).draw(&all_below(root, root));
    String::from_utf8_lossy(&drawn).into_owned()
}

fn found(root: &Path, terms: &[String], variables: &Said<'_>) -> String {
    let terms: Vec<Vec<u8>> = terms.iter().map(|term| term.clone().into_bytes()).collect();
    let nodes = found_below(root, &Pattern::containing(&terms));
    String::from_utf8_lossy(&style(variables).draw(&nodes)).into_owned()
}

fn really_found(root: &Path, terms: &[String], variables: &Said<'_>) -> String {
    let each: Vec<String> = terms.iter().map(|term| format!("*{term}*")).collect();
    let more = ["-P", &each.join("|"), "--prune", "--matchdirs", "--ignore-case"];
    really_drawn(root, &more, variables)
}

/// What a random tree is made of.
#[derive(Clone, Debug)]
enum Thing {
    File(String),
    Link(String, String),
}

fn path() -> impl Strategy<Value = String> {
    prop::collection::vec("(\\.|)[ab]B?( c)?", 1..4).prop_map(|parts| parts.join("/"))
}

fn thing() -> impl Strategy<Value = Thing> {
    let file = (path(), prop::sample::select(vec![".gpg", "", ".gpg.gpg", ".jpg", "é.gpg"]));
    prop_oneof![
        4 => file.prop_map(|(path, ending)| Thing::File(format!("{path}{ending}"))),
        1 => (path(), "(\\.\\./|)[ab](\\.gpg|)").prop_map(|(path, to)| Thing::Link(path, to)),
    ]
}

fn planted(things: &[Thing], links: bool) -> tempfile::TempDir {
    let root = tempfile::tempdir().expect("a folder");
    for thing in things {
        let (Thing::File(path) | Thing::Link(path, _)) = thing;
        let path = root.path().join(path);
        // What is in the way of what stays away.
        let made = sys::create_folder(path.parent().expect("it has one"));
        match thing {
            Thing::File(_) => drop(made.and_then(|()| sys::write_private(&path, b""))),
            Thing::Link(_, to) if links => drop(symlink(to, &path)),
            Thing::Link(..) => {}
        }
    }
    root
}

/// Leads further than ours goes, on purpose: out of the tree, or round.
fn is_told_apart(drawn: &str) -> bool {
    drawn.contains("[leads out")
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn lists_as_tree_does(things in prop::collection::vec(thing(), 0..14), utf8: bool) {
        let root = planted(&things, true);
        let variables = variables(if utf8 { &[] } else { &[("LC_ALL", "C")] });
        let ours = listed(root.path(), &variables);
        if !is_told_apart(&ours) {
            prop_assert_eq!(ours, really_drawn(root.path(), &[], &variables));
        }
    }

    #[test]
    fn finds_as_tree_does(
        things in prop::collection::vec(thing(), 0..14),
        terms in prop::collection::vec("[abBc.*?/-]{1,3}|\\[[ab-]{0,3}\\]?|\\\\?a\\|?b?", 1..3),
    ) {
        let (root, variables) = (planted(&things, false), variables(&[]));
        prop_assert_eq!(found(root.path(), &terms, &variables), really_found(root.path(), &terms, &variables), "{:?}", terms);
    }
}

#[test]
fn colours_are_those_that_were_chosen() {
    let root =
        planted(&["a/b.gpg", "tool.sh", "x.age"].map(|path| Thing::File(path.to_owned())), false);
    symlink("a", root.path().join("link")).expect("links");
    symlink("nowhere", root.path().join("lost")).expect("links");
    let chosen = [
        vec![],
        vec![("LS_COLORS", "di=1:*.sh=01;31:*.sh=4:ln=target:or=7:mi=8")],
        vec![("LS_COLORS", "di=1"), ("TREE_COLORS", "lc=<:rc=>:di=2:ec=!:ln=3")],
        vec![("TREE_COLORS", "")],
        vec![("NO_COLOR", "1"), ("TREE_CHARSET", "ASCII")],
    ];
    for more in chosen {
        let variables = variables(&more);
        let real = really_drawn(root.path(), &[], &variables).replace("x.age", "x");
        assert_eq!(listed(root.path(), &variables), real, "{more:?}");
    }
    let plain = Vec::new();
    assert_eq!(
        listed(root.path(), &plain),
        really_drawn(root.path(), &[], &plain).replace("x.age", "x")
    );
}

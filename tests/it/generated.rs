//! Completions, man pages and `docs/cli.md` are rendered from the one definition of the command
//! line, committed, and kept fresh by this test.
//!
//! `VAULTCTL_GENERATED=rewrite cargo test generated` writes them anew.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::fs;
use std::path::Path;

use clap_mangen::Man;
use clap_mangen::roff::{Roff, roman};

use super::exit_codes;
use super::surface::{Entry, entries};
use super::world::World;

/// A shell, and where its people look for a completion script.
const SHELLS: [(&str, &str); 5] = [
    ("bash", "completions/vaultctl.bash"),
    ("elvish", "completions/vaultctl.elv"),
    ("fish", "completions/vaultctl.fish"),
    ("powershell", "completions/_vaultctl.ps1"),
    ("zsh", "completions/_vaultctl"),
];

/// The folders that hold nothing else.
const FOLDERS: [&str; 2] = ["completions", "man"];

#[test]
fn the_committed_files_are_those_that_the_program_defines() {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    let files: BTreeMap<String, String> =
        completions().into_iter().chain(pages()).chain([reference()]).collect();
    if std::env::var("VAULTCTL_GENERATED").is_ok_and(|mode| mode == "rewrite") {
        rewrite(package, &files);
    }
    for (name, content) in &files {
        let committed = fs::read_to_string(package.join(name)).unwrap_or_default();
        assert!(
            committed == *content,
            "{name} is not what it should be; see the top of tests/it/generated.rs"
        );
    }
    let expected: BTreeSet<String> =
        files.into_keys().filter(|name| !name.starts_with("docs/")).collect();
    assert_eq!(committed(package), expected, "files of {FOLDERS:?}");
}

fn rewrite(package: &Path, files: &BTreeMap<String, String>) {
    for folder in FOLDERS {
        drop(fs::remove_dir_all(package.join(folder)));
        fs::create_dir(package.join(folder)).expect("the folder is made");
    }
    for (name, content) in files {
        fs::write(package.join(name), content).expect("the file is written");
    }
}

fn committed(package: &Path) -> BTreeSet<String> {
    let inside = |folder: &str| {
        let items = fs::read_dir(package.join(folder)).expect("the folder is there").flatten();
        items
            .map(|item| format!("{folder}/{}", item.file_name().to_string_lossy()))
            .collect::<Vec<_>>()
    };
    FOLDERS.into_iter().flat_map(inside).collect()
}

fn completions() -> Vec<(String, String)> {
    let world = World::new();
    let script = |shell: &str| world.sh(&format!("vaultctl completions {shell}")).run().ok();
    SHELLS.into_iter().map(|(shell, name)| (name.to_owned(), script(shell))).collect()
}

fn pages() -> Vec<(String, String)> {
    entries().iter().map(page).collect()
}

fn page(entry: &Entry) -> (String, String) {
    let man = Man::new(entry.command.clone())
        .source(concat!("vaultctl ", env!("CARGO_PKG_VERSION")))
        .manual("vaultctl");
    let mut page = Vec::new();
    let library = [Man::render_title, Man::render_name_section, Man::render_synopsis_section];
    let more = [Man::render_description_section, Man::render_options_section];
    for render in library.into_iter().chain(more) {
        render(&man, &mut page).expect("memory can be written");
    }
    if entry.command.has_subcommands() {
        man.render_subcommands_section(&mut page).expect("memory can be written");
    }
    sections(entry).to_writer(&mut page).expect("memory can be written");
    (format!("man/{}", man.get_filename()), String::from_utf8(page).expect("a page is text"))
}

/// What the definition of the arguments does not hold.
fn sections(entry: &Entry) -> Roff {
    let mut roff = Roff::new();
    let examples = entry.examples();
    if !examples.is_empty() {
        roff.control("SH", ["EXAMPLES"]);
    }
    for example in examples {
        roff.control("PP", []).text([roman(format!("{}:", example.what))]);
        roff.control("RS", ["4"]).control("nf", []).text([roman(example.line)]);
        roff.control("fi", []).control("RE", []);
    }
    roff.control("SH", ["EXIT STATUS"]);
    for (code, meaning) in exit_codes::documented() {
        roff.control("TP", ["6"]).text([roman(code.to_string())]).text([roman(meaning)]);
    }
    roff.control("SH", ["SEE ALSO"]).text([roman(related(entry).join(", "))]);
    roff
}

/// The pages next to this one: the command that it belongs to, and those that belong to it.
fn related(entry: &Entry) -> Vec<String> {
    let page =
        |words: &[String]| format!("{}(1)", [&["vaultctl".to_owned()], words].concat().join("-"));
    let above = entry.words.split_last().map(|(_, above)| page(above));
    let below = entry
        .command
        .get_subcommands()
        .map(|below| page(&[&entry.words[..], &[below.get_name().to_owned()]].concat()));
    above.into_iter().chain(below).collect()
}

fn reference() -> (String, String) {
    let mut text = String::from(
        "# Command line\n\nRendered from the program by `tests/it/generated.rs`; not edited by hand.\n",
    );
    for mut entry in entries() {
        let help = entry.command.render_long_help().to_string();
        write!(text, "\n## `{}`\n\n```text\n{}\n```\n", entry.title(), help.trim_end())
            .expect("text can be written");
    }
    // Help texts pad some lines; Markdown gives spaces at a line's end a meaning.
    let lines: Vec<&str> = text.lines().map(str::trim_end).collect();
    ("docs/cli.md".to_owned(), lines.join("\n") + "\n")
}

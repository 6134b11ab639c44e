//! `pass help` and `pass version`: pass's usage lines, our words.

use crate::sys::Variables;

use super::PROGRAM;

/// What programs look for to know that this is pass.
const BANNER: &str = "pass: the standard unix password manager";

pub(super) fn version() -> String {
    let command = super::super::command();
    let own = command.get_version().unwrap_or_default();
    format!("{BANNER}, as vaultctl {own} does it (after pass v1.7.4)\n")
}

/// Each verb's usage, and what it does.
const VERBS: [(&str, &str); 14] = [
    (
        "init [--path=subfolder,-p subfolder] gpg-id...",
        "Encrypt the store, or a folder of it, to these keys; re-encrypt what is there.",
    ),
    ("[ls] [subfolder]", "Draw the tree of entries."),
    ("find pass-names...", "Draw what contains one of the names."),
    (
        "[show] [--clip[=line-number],-c[line-number]] pass-name",
        "Print an entry, or put a line of it on the clipboard for {clip} seconds.",
    ),
    ("grep [GREPOPTIONS] search-string", "Decrypt every entry and search it."),
    (
        "insert [--echo,-e | --multiline,-m] [--force,-f] pass-name",
        "Store what is typed: one line, twice; seen with -e; many lines with -m.",
    ),
    ("edit pass-name", "Edit an entry, or a new one, with {editor}."),
    (
        "generate [--no-symbols,-n] [--clip,-c] [--in-place,-i | --force,-f] pass-name [pass-length]",
        "Store {length} random characters, or pass-length; -i keeps the other lines.",
    ),
    ("rm [--recursive,-r] [--force,-f] pass-name", "Remove an entry, or with -r a folder."),
    (
        "mv [--force,-f] old-path new-path",
        "Move an entry or a folder; re-encrypt where the keys differ.",
    ),
    (
        "cp [--force,-f] old-path new-path",
        "Copy an entry or a folder; re-encrypt where the keys differ.",
    ),
    ("git git-command-args...", "Run git in the store."),
    ("help", "Show this."),
    ("version", "Show what this is."),
];

pub(super) fn usage(variables: &Variables) -> String {
    let setting = |name: &str, default: &str| variables.text(name).unwrap_or(default).to_owned();
    let settings = [
        ("{clip}", setting("PASSWORD_STORE_CLIP_TIME", "45")),
        ("{editor}", setting("EDITOR", "vi")),
        ("{length}", setting("PASSWORD_STORE_GENERATED_LENGTH", "25")),
    ];
    let mut text = format!("{}\nUsage:\n", version());
    for (usage, what) in VERBS {
        let what =
            settings.iter().fold(what.to_owned(), |what, (mark, value)| what.replace(mark, value));
        text.push_str(&format!("    {PROGRAM} {usage}\n        {what}\n"));
    }
    text
}

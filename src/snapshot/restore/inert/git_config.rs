//! A repository's configuration, made anew from what it says about remotes and branches.
//!
//! Many keys of git's configuration name programs (`core.fsmonitor`, `core.sshCommand`,
//! `filter.*.clean`, `include.path` to more of them: git-config(1)), and new ones come with each
//! version. So none is taken over but those that are known to be harmless.

use std::fmt::Write;

/// A longer file is none that git wrote for a store (bytes).
const LARGEST: usize = 1024 * 1024;

/// What is taken over: section, whether it has a name of its own, keys.
const KEPT: [(&str, bool, &[&str]); 3] = [
    ("remote", true, &["url", "fetch", "pushurl"]),
    ("branch", true, &["remote", "merge"]),
    ("core", false, &CORE),
];

/// What git notes of the file system and the repository.
const CORE: [&str; 6] =
    ["bare", "filemode", "ignorecase", "logallrefupdates", "precomposeunicode", "symlinks"];

/// Without these, git can not read the repository; each with the values that are known.
const EXTENSIONS: [(&str, &[&str]); 2] =
    [("objectformat", &["sha1", "sha256"]), ("refstorage", &["files", "reftable"])];

/// One line of the configuration, understood.
struct Setting {
    section: String,
    /// Of a section `[remote "origin"]`: `origin`.
    name: Option<String>,
    key: String,
    value: String,
}

/// The configuration with what is harmless in it. What can not be understood is left out.
pub(super) fn rebuilt(bytes: &[u8]) -> Vec<u8> {
    let text = std::str::from_utf8(bytes).unwrap_or_default();
    if !text.is_empty() && text.lines().all(is_plain) {
        return bytes.to_vec();
    }
    let settings = if text.len() > LARGEST { Vec::new() } else { parse(text) };
    let extensions: Vec<&Setting> = settings.iter().filter(|found| is_extension(found)).collect();
    let version = usize::from(!extensions.is_empty());
    let mut rebuilt = format!("[core]\n\trepositoryformatversion = {version}\n");
    let mut before = ("core", None);
    let kept = settings.iter().filter(|found| is_kept(found));
    for setting in kept.chain(extensions) {
        let section = (setting.section.as_str(), setting.name.as_deref());
        if section != before {
            writeln!(rebuilt, "[{}]", heading(section)).ok();
            before = section;
        }
        writeln!(rebuilt, "\t{} = {}", setting.key, quoted(&setting.value)).ok();
    }
    rebuilt.into_bytes()
}

/// Whether a line is one that git writes into any repository, and nothing else by any reading.
fn is_plain(line: &str) -> bool {
    let line = line.trim();
    let value =
        line.split_once(" = ").filter(|(key, _)| CORE.contains(key)).map(|(_, value)| value);
    matches!(line, "[core]" | "repositoryformatversion = 0" | "")
        || matches!(value, Some("true" | "false" | "always"))
}

fn is_kept(setting: &Setting) -> bool {
    let Setting { section, name, key, value } = setting;
    let known = |(kept, named, keys): &(&str, bool, &[&str])| {
        kept == section && *named == name.is_some() && keys.contains(&key.as_str())
    };
    KEPT.iter().any(known) && !names_a_program(value)
}

/// A transport `ext::` runs a command, and other helpers are programs too (gitremote-helpers(7));
/// what begins with a dash could be taken for an option.
fn names_a_program(value: &str) -> bool {
    value.contains("::") || value.starts_with('-') || value.contains(char::is_control)
}

fn is_extension(setting: &Setting) -> bool {
    let Setting { section, name, key, value } = setting;
    let known = |(known, values): &(&str, &[&str])| known == key && values.contains(&&**value);
    section == "extensions" && name.is_none() && EXTENSIONS.iter().any(known)
}

fn heading((section, name): (&str, Option<&str>)) -> String {
    name.map_or_else(|| section.to_owned(), |name| format!("{section} {}", quoted(name)))
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

fn parse(text: &str) -> Vec<Setting> {
    let mut settings = Vec::new();
    let mut section = None;
    // A line that ends in a backslash goes on in the next.
    for line in text.replace("\r\n", "\n").replace("\\\n", "").lines() {
        let line = line.trim();
        if let Some(rest) = line.strip_prefix('[') {
            section = parse_heading(rest);
        } else if let Some((section, name)) = &section
            && let Some((key, value)) = line.split_once('=')
        {
            let (section, name): (&String, &Option<String>) = (section, name);
            let (key, value) = (key.trim().to_ascii_lowercase(), unquoted(value.trim()));
            settings.push(Setting { section: section.clone(), name: name.clone(), key, value });
        }
    }
    settings
}

/// What stands behind `[`.
fn parse_heading(text: &str) -> Option<(String, Option<String>)> {
    let end = text.rfind(']')?;
    let (inside, _) = text.split_at(end);
    match inside.split_once(' ') {
        None => Some((inside.to_ascii_lowercase(), None)),
        Some((section, name)) => {
            let name = name.trim().strip_prefix('"')?.strip_suffix('"')?;
            Some((section.to_ascii_lowercase(), Some(unquoted(name))))
        }
    }
}

/// A value without its quotes, escapes and comment.
fn unquoted(text: &str) -> String {
    let (mut value, mut quoted, mut rest) = (String::new(), false, text.chars());
    while let Some(c) = rest.next() {
        match c {
            '"' => quoted = !quoted,
            '\\' => value.extend(rest.next()),
            '#' | ';' if !quoted => break,
            c => value.push(c),
        }
    }
    if text.ends_with('"') { value } else { value.trim_end().to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn remotes_and_branches_come_back_and_nothing_that_runs() {
        let before = r#"
[core]
	repositoryformatversion = 0
	bare = false
	fsmonitor = /tmp/evil
	sshCommand = evil
[include]
	path = evil
[Remote "origin"]
	url = git@example.org:ann/store.git ; a comment
	fetch = +refs/heads/*:refs/remotes/origin/*
	uploadpack = evil
	pushurl = "https://example.org/a \"b\" # c"
[remote "bad"]
	url = ext::sh -c evil
[remote "worse"]
	url = --upload-pack=evil
[branch "main"]
	remote = origin
	merge = refs/heads/main
[filter "x"]
	clean = \
evil
[extensions]
	objectFormat = sha256
	worktreeConfig = true
[alias] x = !evil
"#;
        let after = r#"[core]
	repositoryformatversion = 1
	bare = "false"
[remote "origin"]
	url = "git@example.org:ann/store.git"
	fetch = "+refs/heads/*:refs/remotes/origin/*"
	pushurl = "https://example.org/a \"b\" # c"
[branch "main"]
	remote = "origin"
	merge = "refs/heads/main"
[extensions]
	objectformat = "sha256"
"#;
        assert_eq!(String::from_utf8_lossy(&rebuilt(before.as_bytes())), after);
        assert_eq!(rebuilt(after.as_bytes()), after.as_bytes(), "once is enough");
    }

    #[test]
    fn a_value_makes_no_lines() {
        for value in ["a\\\n[core]\\\nfsmonitor = evil", "a\\n[core]", "\"a\n[core]\nfsmonitor=x\""]
        {
            let rebuilt = rebuilt(format!("[remote \"o\"]\nurl = {value}\n").as_bytes());
            assert!(!String::from_utf8_lossy(&rebuilt).contains("\tfsmonitor"));
        }
        let plain = b"[core]\n\trepositoryformatversion = 0\n\tlogallrefupdates = true\n";
        assert_eq!(rebuilt(plain), plain);
        assert_eq!(rebuilt(b"\xff"), b"[core]\n\trepositoryformatversion = 0\n");
    }
}

//! Changing the settings file in one table, and leaving every other byte as it is.
//!
//! The library finds where the table stands and writes the values in it; what is put back is only
//! that piece of the text. It would take away carriage returns elsewhere, and move comments.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::Path;
use std::time::Duration;

use toml_edit::{Array, Document, DocumentMut, Item, Table, value};

use crate::sys::{Lock, create_folder, read, rewrite};

use super::{Error, SETTINGS_LIMIT, Server, Settings};

/// How long another writer of the settings is waited for.
const PATIENCE: Duration = Duration::from_secs(10);

/// Writes `[server.NAME]` into the settings file, which is made if it is not there. What is in the
/// table and means the same stays as it is written.
///
/// # Errors
/// [`Error::NotEditable`] where the permission is not written as a table of its own;
/// [`Error::Invalid`] for a file that is none; whatever the file system says.
pub fn put_server(settings: &Path, name: &str, server: &Server) -> Result<(), Error> {
    change(settings, |text| with_server(text, name, server))
}

/// Takes `[server.NAME]` out of the settings file; that it is not there is fine. Comments above it
/// stay.
///
/// # Errors
/// As for [`put_server`].
pub fn remove_server(settings: &Path, name: &str) -> Result<(), Error> {
    change(settings, |text| without_server(text, name))
}

/// Reads, changes and replaces the file while no other writer of ours does.
pub(super) fn change(
    settings: &Path,
    edit: impl FnOnce(&str) -> Result<String, String>,
) -> Result<(), Error> {
    let folder = settings.parent().unwrap_or(Path::new("."));
    create_folder(folder)?;
    let _lock = Lock::wait_on_folder(folder, PATIENCE)?;
    let bytes = read(settings, SETTINGS_LIMIT)?.unwrap_or_default();
    let path = || settings.display().to_string();
    let invalid = |reason| Error::Invalid { path: path(), reason };
    Settings::parse(&bytes).map_err(invalid)?;
    let before = String::from_utf8_lossy(&bytes);
    let after = edit(&before).map_err(|reason| Error::NotEditable { path: path(), reason })?;
    if after != before {
        rewrite(settings, after.as_bytes())?;
    }
    Ok(())
}

/// The text with `[server.NAME]` in it, saying what `server` says.
fn with_server(text: &str, name: &str, server: &Server) -> Result<String, String> {
    let known = parse(text)?.server.remove(name);
    if known.as_ref() == Some(server) {
        return Ok(text.to_owned());
    }
    let place = place(text, name)?;
    let (start, old, end) = match &place {
        Some(place) => cut(text, place),
        None => (text, "", ""),
    };
    let new = written(old, name, &known.unwrap_or_default(), server)?;
    let line_end = if text.contains("\r\n") { "\r\n" } else { "\n" };
    let gap = match place {
        None if !start.is_empty() && !start.ends_with('\n') => "\n\n",
        None if !start.is_empty() => "\n",
        _ => "",
    };
    let piece = format!("{gap}{new}").replace('\n', line_end);
    checked(text, format!("{start}{piece}{end}"), name, Some(server))
}

/// The text without `[server.NAME]`, and without the blank line that stood above it.
fn without_server(text: &str, name: &str) -> Result<String, String> {
    let Some(place) = place(text, name)? else {
        return Ok(text.to_owned());
    };
    let (start, _, end) = cut(text, &place);
    let is_apart = end.is_empty() || end.starts_with('\n') || end.starts_with("\r\n");
    let blank = ["\r\n\r\n", "\n\n"].into_iter().find(|blank| start.ends_with(blank));
    let start = match blank {
        Some(blank) if is_apart => start.get(..start.len() - blank.len() / 2).unwrap_or(start),
        _ => start,
    };
    checked(text, format!("{start}{end}"), name, None)
}

/// What stands before a piece, the piece, and what stands after it.
fn cut<'t>(text: &'t str, place: &Range<usize>) -> (&'t str, &'t str, &'t str) {
    let (start, rest) = text.split_at(place.start);
    let (piece, end) = rest.split_at(place.end - place.start);
    (start, piece, end)
}

/// Where `[server.NAME]` stands, from the start of its first line to the end of its last, with the
/// tables that belong to it.
fn place(text: &str, name: &str) -> Result<Option<Range<usize>>, String> {
    let document = Document::parse(text).map_err(|error| error.to_string())?;
    let Some(item) = document.get("server").and_then(|servers| servers.get(name)) else {
        return Ok(None);
    };
    let header = item.as_table().filter(|table| !table.is_dotted() && !table.is_implicit());
    let span = header.and_then(Table::span).ok_or_else(|| in_another_form(name))?;
    let last = end_of(item).max(span.end);
    let start = text.get(..span.start).and_then(|before| before.rfind('\n'));
    let end = text.get(last..).and_then(|after| after.find('\n'));
    let start = start.map_or(0, |at| at + 1);
    Ok(Some(start..end.map_or(text.len(), |at| last + at + 1)))
}

fn in_another_form(name: &str) -> String {
    format!("`server.{name}` is not written as a table of its own")
}

/// The last byte that a table or value has.
pub(super) fn end_of(item: &Item) -> usize {
    let own = item.span().map_or(0, |span| span.end);
    let below = item.as_table().into_iter().flat_map(Table::iter);
    below.map(|(_, item)| end_of(item)).fold(own, usize::max)
}

/// The piece with every value that differs written anew; from nothing, all of it.
fn written(piece: &str, name: &str, old: &Server, new: &Server) -> Result<String, String> {
    let mut document: DocumentMut = piece.parse().map_err(|error| format!("{error}"))?;
    if piece.is_empty() {
        let mut servers = Table::new();
        servers.set_implicit(true);
        servers.insert(name, Item::Table(Table::new()));
        document.insert("server", Item::Table(servers));
    }
    let table = document.get_mut("server").and_then(|servers| servers.get_mut(name));
    let table = table.and_then(Item::as_table_mut).ok_or_else(|| in_another_form(name))?;
    let mut set = |key: &str, is_same: bool, item: Option<Item>| {
        if !is_same {
            put(table, key, item);
        }
    };
    set("allow", old.allow == new.allow, list(&new.allow));
    set("command", old.command == new.command, list(&new.command));
    set("keep", old.keep == new.keep, list(&new.keep));
    set("dir", old.dir == new.dir, new.dir.as_ref().map(value));
    set("url", old.url == new.url, new.url.as_ref().map(value));
    set("headers", old.headers == new.headers, map(&new.headers));
    set("env", old.env == new.env, map(&new.env));
    Ok(document.to_string())
}

/// Replaces or removes one value; the comments round it stay with the one that takes its place.
fn put(table: &mut Table, key: &str, item: Option<Item>) {
    match (table.get_mut(key), item) {
        (_, None) => drop(table.remove(key)),
        (None, Some(item)) => drop(table.insert(key, item)),
        (Some(place), Some(mut item)) => {
            if let (Some(old), Some(new)) = (place.as_value(), item.as_value_mut()) {
                *new.decor_mut() = old.decor().clone();
            }
            *place = item;
        }
    }
}

fn list(texts: &[String]) -> Option<Item> {
    (!texts.is_empty()).then(|| value(texts.iter().collect::<Array>()))
}

fn map(pairs: &BTreeMap<String, String>) -> Option<Item> {
    let table: Table = pairs.iter().map(|(key, text)| (key.as_str(), value(text))).collect();
    (!pairs.is_empty()).then_some(Item::Table(table))
}

/// The new text, if it says about `name` what it should and about all else what the old one said.
fn checked(
    before: &str,
    after: String,
    name: &str,
    server: Option<&Server>,
) -> Result<String, String> {
    let said = parse(&after)?.server.remove(name);
    let (mut old, mut new) = (table(before)?, table(&after)?);
    for whole in [&mut old, &mut new] {
        let servers = whole.get_mut("server").and_then(toml::Value::as_table_mut);
        let is_empty = servers.is_none_or(|servers| {
            servers.remove(name);
            servers.is_empty()
        });
        if is_empty {
            whole.remove("server");
        }
    }
    if said.as_ref() == server && old == new { Ok(after) } else { Err(in_another_form(name)) }
}

fn parse(text: &str) -> Result<Settings, String> {
    Settings::parse(text.as_bytes())
}

fn table(text: &str) -> Result<toml::Table, String> {
    text.parse().map_err(|error: toml::de::Error| error.message().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn github() -> Server {
        let texts = |texts: &[&str]| texts.iter().map(ToString::to_string).collect();
        Server {
            allow: texts(&["claude/github-token"]),
            command: texts(&["npx", "-y", "server-github"]),
            env: [("PATH".to_owned(), "/bin".to_owned())].into(),
            ..Server::default()
        }
    }

    const WRITTEN: &str = "[server.github]\nallow = [\"claude/github-token\"]\n\
                           command = [\"npx\", \"-y\", \"server-github\"]\n\n\
                           [server.github.env]\nPATH = \"/bin\"\n";

    const OTHERS: &str = "# mine\n[audit]\nrequired = true   # yes\n\n[server.\"a b\"] # spaces\n\
                          allow = [\n  'x', # one\n]\n# the end\n";

    #[test]
    fn a_permission_is_added_and_taken_away_without_a_trace() {
        for text in ["", OTHERS, &OTHERS.replace('\n', "\r\n"), "# only a comment\n"] {
            let more = with_server(text, "github", &github()).expect("it can be added");
            assert!(more.starts_with(text) && more.replace("\r\n", "\n").ends_with(WRITTEN));
            assert_eq!(with_server(&more, "github", &github()).as_deref(), Ok(&*more));
            assert_eq!(without_server(&more, "github").as_deref(), Ok(text));
        }
    }

    #[test]
    fn a_line_without_an_end_gets_one() {
        let more = with_server("[audit]", "github", &github()).expect("it can be added");
        assert_eq!(more, format!("[audit]\n\n{WRITTEN}"));
    }

    #[test]
    fn only_what_differs_is_written_anew() {
        let text = "[server.b]\nallow = ['b']\n\n# why\n[server.github] # mine\n\
                    command = ['npx',\n  '-y', 'server-github'] # pinned\n# old\nallow = ['x'] # two\n\
                    env = { PATH = '/bin' }\n# after\n\n[server.c]\n";
        let expected = text.replace("['x']", "[\"claude/github-token\"]");
        assert_eq!(with_server(text, "github", &github()), Ok(expected));
        let gone = "[server.b]\nallow = ['b']\n\n# why\n# after\n\n[server.c]\n";
        assert_eq!(without_server(text, "github").as_deref(), Ok(gone));
    }

    #[test]
    fn a_name_may_be_any_text() {
        for name in ["My Server", "a.b", "é", "\"", "server", "\u{1}"] {
            let text = with_server(OTHERS, name, &github()).expect("it can be added");
            assert_eq!(parse(&text).expect("it is valid").server[name], github());
            assert_eq!(without_server(&text, name).as_deref(), Ok(OTHERS));
        }
    }

    #[test]
    fn what_is_written_in_another_form_is_left_to_its_owner() {
        for text in [
            "server.github.allow = ['a']\n",
            "server = { github = { allow = ['a'] } }\n",
            "[server]\ngithub = { allow = ['a'] }\n",
            "[server.github.env]\nA = 'b'\n",
        ] {
            let reason = "`server.github` is not written as a table of its own";
            let refused = Err(reason.to_owned());
            assert_eq!(with_server(text, "github", &github()), refused, "{text}");
            assert_eq!(without_server(text, "github"), refused, "{text}");
        }
        let apart = "[server.github]\n[audit]\n[server.github.env]\nA = 'b'\n";
        assert!(without_server(apart, "github").is_err(), "`audit` would go with it");
    }
}

//! The settings of a machine that has taken the place of another: its snapshots go to a new place.
//!
//! Where they went, and to whom they were encrypted, stays to be read, as comments.

use std::path::Path;

use toml_edit::{ArrayOfTables, Document, Item, Table, value};

use super::edit::{change, end_of};
use super::{Destination, Error, Settings};

/// What stands before what is commented out.
const MARK: &str = "# before the recovery: ";

/// Makes `new` the only destination of snapshots, encrypted to `recipients.txt`; nothing is changed if
/// that is so already.
///
/// # Errors
/// [`Error::NotEditable`] where tables are written as values in one line with others;
/// [`Error::Invalid`]; whatever the file system says.
pub fn begin_snapshots_anew(settings: &Path, new: &Destination) -> Result<(), Error> {
    change(settings, |text| begun_anew(text, new))
}

fn begun_anew(text: &str, new: &Destination) -> Result<String, String> {
    let snapshot = Settings::parse(text.as_bytes())?.snapshot;
    if snapshot.recipients.is_empty() && matches!(&*snapshot.destination, [only] if only == new) {
        return Ok(text.to_owned());
    }
    let mut after = without_old(text)?;
    if !after.is_empty() && !after.ends_with("\n\n") {
        after.push('\n');
    }
    after.push_str(&written(new));
    checked(text, &after, new).then_some(after).ok_or_else(|| {
        "`snapshot.destination` and `snapshot.recipients` are not written apart from others"
            .to_owned()
    })
}

/// The text with every line that says whither and to whom as a comment.
fn without_old(text: &str) -> Result<String, String> {
    let document = Document::parse(text).map_err(|error| error.to_string())?;
    let snapshot = document.get("snapshot");
    let part = |key: &str| snapshot.and_then(|snapshot| snapshot.get(key));
    let mut old = Vec::new();
    match part("destination") {
        Some(Item::ArrayOfTables(tables)) => {
            old.extend(tables.iter().filter_map(|table| {
                let begin = table.span()?.start;
                Some(begin..end_of(&Item::Table(table.clone())).max(table.span()?.end))
            }));
        }
        Some(item) => old.extend(item.span()),
        None => {}
    }
    old.extend(part("recipients").and_then(Item::span));
    let mut place = 0;
    let mut after = String::new();
    for line in text.split_inclusive('\n') {
        let (begin, end) = (place, place + line.len());
        place = end;
        let is_old = old.iter().any(|piece| piece.start < end && begin < piece.end);
        let is_idle = line.trim().is_empty() || line.trim_start().starts_with('#');
        if is_old && !is_idle {
            after.push_str(MARK);
        }
        after.push_str(line);
    }
    if !after.is_empty() && !after.ends_with('\n') {
        after.push('\n');
    }
    Ok(after)
}

fn written(new: &Destination) -> String {
    let mut table = Table::new();
    let mut put = |key: &str, text: Option<&String>| {
        if let Some(text) = text {
            table.insert(key, value(text));
        }
    };
    put("name", Some(&new.name));
    put("url", Some(&new.url));
    put("endpoint", new.endpoint.as_ref());
    put("region", new.region.as_ref());
    put("credentials", new.credentials.as_ref());
    put("maintenance_credentials", new.maintenance_credentials.as_ref());
    if let Some(path_style) = new.path_style {
        table.insert("path_style", value(path_style));
    }
    if let Some(patience) = new.patience.and_then(|seconds| i64::try_from(seconds).ok()) {
        table.insert("patience", value(patience));
    }
    let mut tables = ArrayOfTables::new();
    tables.push(table);
    let mut snapshot = Table::new();
    snapshot.set_implicit(true);
    snapshot.insert("destination", Item::ArrayOfTables(tables));
    let mut document = toml_edit::DocumentMut::new();
    document.insert("snapshot", Item::Table(snapshot));
    document.to_string()
}

/// Whether the new text says what it should, and about all else what the old one said.
fn checked(before: &str, after: &str, new: &Destination) -> bool {
    let rest = |text: &str| {
        let mut table: toml::Table = text.parse().ok()?;
        if let Some(snapshot) = table.get_mut("snapshot").and_then(toml::Value::as_table_mut) {
            snapshot.remove("destination");
            snapshot.remove("recipients");
            if snapshot.is_empty() {
                table.remove("snapshot");
            }
        }
        Some(table)
    };
    let said = Settings::parse(after.as_bytes()).map(|settings| settings.snapshot);
    let is_said = said.is_ok_and(|snapshot| {
        snapshot.recipients.is_empty() && matches!(&*snapshot.destination, [only] if only == new)
    });
    is_said && rest(before).is_some_and(|before| Some(before) == rest(after))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn new() -> Destination {
        Destination {
            name: "cloud".to_owned(),
            url: "s3://vault/claude-20261128".to_owned(),
            endpoint: Some("https://s3.example.net".to_owned()),
            region: None,
            path_style: Some(true),
            patience: None,
            credentials: Some("/k/s3".to_owned()),
            maintenance_credentials: None,
        }
    }

    const NEW: &str = "[[snapshot.destination]]\nname = \"cloud\"\nurl = \"s3://vault/claude-20261128\"\n\
        endpoint = \"https://s3.example.net\"\ncredentials = \"/k/s3\"\npath_style = true\n";

    #[test]
    fn old_places_stay_as_comments() {
        let before = "# mine\n[snapshot]\nrecipients = [\n  \"age1x\", # everyday\n]\nprofiles = [\"config\"]\n\n\
            [[snapshot.destination]] # the disk\nname = \"nas\"\nurl = \"/srv\"\n\n[[snapshot.destination]]\nname = \"b\"\nurl = \"/b\"\n\n\
            [audit]\nrequired = true";
        let after = begun_anew(before, &new()).expect("can be done");
        let m = MARK;
        assert_eq!(
            after,
            format!(
                "# mine\n[snapshot]\n{m}recipients = [\n{m}  \"age1x\", # everyday\n{m}]\nprofiles = [\"config\"]\n\n\
                 {m}[[snapshot.destination]] # the disk\n{m}name = \"nas\"\n{m}url = \"/srv\"\n\n{m}[[snapshot.destination]]\n{m}name = \"b\"\n{m}url = \"/b\"\n\n\
                 [audit]\nrequired = true\n\n{NEW}"
            )
        );
        assert_eq!(begun_anew(&after, &new()).as_deref(), Ok(&*after), "once is enough");
    }

    #[test]
    fn from_nothing_and_from_other_forms() {
        assert_eq!(begun_anew("", &new()).as_deref(), Ok(NEW));
        let one_line =
            "snapshot.destination = [{ name = \"a\", url = \"/b\" }]\nsnapshot.grace = \"2d\"\n";
        let after = begun_anew(one_line, &new()).expect("can be done");
        assert_eq!(after, format!("{MARK}{one_line}\n{NEW}"));
        let own =
            "[snapshot]\ndestination = [\n{ name = \"a\", url = \"/b\" },\n]\ngrace = \"2d\"\n";
        let after = begun_anew(own, &new()).expect("can be done");
        assert!(
            after.contains(&format!("{MARK}destination = [\n")) && after.ends_with(NEW),
            "{after}"
        );
        assert!(
            begun_anew("snapshot = { grace = \"2d\", recipients = [\"age1x\"] }\n", &new())
                .is_err()
        );
    }
}

//! Bitwarden's unencrypted exports: JSON, the same in a zip with attachments, and CSV.
//!
//! Formats: Bitwarden help, "Condition a Bitwarden .csv or .json" and "Export vault data"; the names
//! of an item's keys are those of `libs/common/src/models/export` in bitwarden/clients. Kinds of items
//! need no table: whatever an item holds under a key of its own (`card`, `identity`, `sshKey`, and
//! those that later releases add) becomes fields of the same names. Left out are dates, favourites,
//! re-prompts and matching rules; what else is not taken over is named.

use std::collections::BTreeMap;

use crate::secret::Secret;

use super::archive::Archive;
use super::csv::{Row, Table};
use super::draft::Draft;
use super::node::Node;
use super::{Error, Found};

const WHAT: &str = "an export of Bitwarden (.json, .csv, or .zip with attachments)";

/// The export in an archive with attachments.
const DATA: &str = "data.json";

/// Keys of an item that say nothing that an entry would hold.
const METADATA: [&str; 13] = [
    "id",
    "organizationId",
    "type",
    "reprompt",
    "favorite",
    "secureNote",
    "collectionIds",
    "folderId",
    "revisionDate",
    "creationDate",
    "deletedDate",
    "archivedDate",
    "key",
];

/// Keys of a login that do the same.
const LOGIN_METADATA: [&str; 3] = ["passwordRevisionDate", "autofillOnPageLoad", "uri"];

/// Columns of the CSV form that do the same.
const COLUMN_METADATA: [&str; 4] = ["favorite", "type", "reprompt", "archiveddate"];

/// Reads an export.
///
/// # Errors
/// [`Error::Encrypted`]; [`Error::NotThis`]; [`Error::Malformed`]; [`Error::Archive`].
pub fn read(content: &Secret) -> Result<Found, Error> {
    if Archive::is_one(content) {
        let archive = Archive::open(content)?;
        let data = archive.member(DATA)?.ok_or(Error::NotThis(WHAT))?;
        let mut found = read_json(&data)?;
        for name in archive.names().iter().filter(|name| *name != DATA) {
            found.leave_out(format!("the attachment `{name}`"));
        }
        return Ok(found);
    }
    // EXPOSE: only the first character is looked at.
    let first = content.expose().trim_ascii_start().first();
    if first == Some(&b'{') { read_json(content) } else { read_csv(content) }
}

fn read_json(content: &Secret) -> Result<Found, Error> {
    let mut node = Node::from_json(content)?;
    if node.take("encrypted").is_true() {
        return Err(Error::Encrypted);
    }
    let items @ Node::List(_) = node.take("items") else {
        return Err(Error::NotThis(WHAT));
    };
    let groups = ["folders", "collections"].map(|key| node.take(key).into_list());
    let folders = groups.into_iter().flatten();
    let folders = folders
        .map(|mut folder| (folder.take("id").into_label(), folder.take("name").into_label()))
        .collect();
    let mut found = Found::default();
    items.into_list().into_iter().for_each(|item| read_item(item, &folders, &mut found));
    Ok(found)
}

fn read_item(mut item: Node, folders: &BTreeMap<String, String>, found: &mut Found) {
    let title = item.take("name").into_label();
    let mut draft = Draft::new(folder(&mut item, folders), &title);
    let logins = item.take("login");
    read_login(logins, &mut draft, found);
    let mut card = item.take("card");
    draft.secret("number", card.take("number"));
    read_part("card", card, &mut draft, found);
    for mut field in item.take("fields").into_list() {
        draft.field(&field.take("name").into_label(), field.take("value"));
    }
    draft.notes(item.take("notes"));
    name_lost(&mut item, &title, found);
    for (key, part) in item.into_pairs() {
        if !METADATA.contains(&key.as_str()) {
            read_part(&key, part, &mut draft, found);
        }
    }
    found.add(draft);
}

/// The folder, or the first collection of an item of an organization. Bitwarden nests both by `/`.
fn folder(item: &mut Node, folders: &BTreeMap<String, String>) -> Vec<String> {
    let collections = item.take("collectionIds").into_list().into_iter();
    let ids = std::iter::once(item.take("folderId")).chain(collections).map(Node::into_label);
    let name = ids.filter_map(|id| folders.get(&id)).next();
    name.map(|name| nested(name)).unwrap_or_default()
}

fn nested(name: &str) -> Vec<String> {
    name.split('/').filter(|part| !part.trim().is_empty()).map(str::to_owned).collect()
}

fn read_login(mut login: Node, draft: &mut Draft, found: &mut Found) {
    draft.secret("password", login.take("password"));
    draft.field("user", login.take("username"));
    for mut uri in login.take("uris").into_list() {
        draft.field("url", uri.take("uri"));
    }
    draft.totp(login.take("totp"));
    if !login.take("fido2Credentials").is_empty() {
        found.leave_out(format!("the passkey of `{}`", draft.title()));
    }
    for key in LOGIN_METADATA {
        login.take(key);
    }
    read_part("login", login, draft, found);
}

/// Every text of a part of an item, under the name that it has there.
fn read_part(name: &str, part: Node, draft: &mut Draft, found: &mut Found) {
    if !matches!(part, Node::Map(_)) && !part.is_empty() {
        lost(name, draft.title(), found);
    }
    for (key, node) in part.into_pairs() {
        match node {
            Node::Text(_) => draft.field(&key, node),
            node if node.is_empty() => {}
            _ => lost(&format!("{name}.{key}"), draft.title(), found),
        }
    }
}

fn lost(key: &str, title: &str, found: &mut Found) {
    found.leave_out(format!("`{key}` of `{title}`"));
}

fn name_lost(item: &mut Node, title: &str, found: &mut Found) {
    for mut attachment in item.take("attachments").into_list() {
        let file = attachment.take("fileName").into_label();
        found.leave_out(format!("the attachment `{file}` of `{title}`"));
    }
    found.leave_out_history(item.take("passwordHistory"), title);
}

fn read_csv(content: &Secret) -> Result<Found, Error> {
    let table = Table::read(content)?;
    if !table.has(&["name", "type", "login_password"]) {
        return Err(Error::NotThis(WHAT));
    }
    let mut found = Found::default();
    for row in table.rows {
        read_row(row, &table.columns, &mut found);
    }
    Ok(found)
}

fn read_row(row: Row, columns: &[String], found: &mut Found) {
    let number = row.number;
    let Some(mut row) = row.into_node(columns) else {
        return found.leave_out(format!("row {number}, which has not as many cells as the header"));
    };
    let folders = [row.take("folder").into_label(), row.take("collections").into_label()];
    let folder = folders.iter().find(|folder| !folder.is_empty());
    let folder = folder.and_then(|folders| folders.split(',').next()).map(nested);
    let mut draft = Draft::new(folder.unwrap_or_default(), &row.take("name").into_label());
    draft.secret("password", row.take("login_password"));
    draft.field("user", row.take("login_username"));
    read_list(&row.take("login_uri"), ',', |uri| draft.field("url", Node::text(uri.trim())));
    draft.totp(row.take("login_totp"));
    read_list(&row.take("fields"), '\n', |line| {
        let (label, value) = line.split_once(": ").unwrap_or(("", line));
        draft.field(label, Node::text(value.trim_end()));
    });
    draft.notes(row.take("notes"));
    for (column, cell) in row.into_pairs() {
        if !COLUMN_METADATA.contains(&column.as_str()) {
            draft.field(&column, cell);
        }
    }
    found.add(draft);
}

/// Each piece of a cell that holds several.
fn read_list(cell: &Node, between: char, mut each: impl FnMut(&str)) {
    if let Node::Text(text) = cell {
        // EXPOSE: taken apart; each piece becomes a secret.
        text.expose().split(between).for_each(&mut each);
    }
}

#[cfg(test)]
mod tests {
    use super::super::told::{pairs, told};
    use super::*;

    #[test]
    fn the_json_export() {
        let json = include_bytes!("../../fixtures/import/bitwarden.json");
        let mut found = read(&Secret::copy_from(json)).expect("reads");
        assert_eq!(
            pairs(&told(&mut found)),
            [
                (
                    "Web/Social/Chirper",
                    "pass-{canary}|user: ann|url: https://chirper.example|url 2: https://m.chirper.example|recovery: r-{canary}|otpauth://totp/Chirper?secret=JBSWY3DPEHPK3PXP|first line|second line|"
                ),
                ("Wi-Fi", "|Psk is {canary}|"),
                ("Card", "4111{canary}|cardholderName: Ann|brand: Visa|expMonth: 4|code: 123|"),
                ("Ann", "|firstName: Ann|email: ann@example.com|ssn: {canary}|"),
                ("Server key", "|publicKey: ssh-ed25519 AAAA|keyFingerprint: SHA256:x|"),
                (
                    "Server key/privateKey",
                    "-----BEGIN TEST KEY-----|{canary}|-----END TEST KEY-----|"
                ),
                ("Account", "|bankName: Bank|accountNumber: {canary}|"),
            ]
        );
        assert_eq!(
            found.left_out,
            [
                "the passkey of `Chirper`",
                "1 earlier password of `Chirper`",
                "the attachment `plan.pdf` of `Wi-Fi`"
            ]
        );
    }

    #[test]
    fn nothing_is_dropped_unsaid() {
        let json =
            r#"{"items": [{"name": "x", "newThing": "y", "card": {"number": "1", "new": ["2"]}}]}"#;
        let mut found = read(&Secret::copy_from(json.as_bytes())).expect("reads");
        assert_eq!(pairs(&told(&mut found)), [("x", "1|")]);
        assert_eq!(found.left_out, ["`card.new` of `x`", "`newThing` of `x`"]);
    }

    #[test]
    fn the_csv_export() {
        let csv = include_bytes!("../../fixtures/import/bitwarden.csv");
        let mut found = read(&Secret::copy_from(csv)).expect("reads");
        assert_eq!(
            pairs(&told(&mut found)),
            [
                (
                    "Social/Chirper",
                    "pass,{canary}|user: ann|url: https://chirper.example|url 2: https://m.chirper.example|PIN: 1234|colour: red|otpauth://totp/x?secret=ABC|"
                ),
                ("Wi-Fi", "|Psk is {canary}|second line|"),
            ]
        );
        assert_eq!(found.left_out, ["row 3, which has not as many cells as the header"]);
    }

    #[test]
    fn what_it_is_not() {
        let read = |text: &str| read(&Secret::copy_from(text.as_bytes()));
        let encrypted = r#"{"encrypted": true, "passwordProtected": true, "data": "2.x"}"#;
        assert!(matches!(read(encrypted), Err(Error::Encrypted)));
        for text in ["{}", "", "a,b\n1,2\n", "Title,Url,Username,Password\n"] {
            assert!(matches!(read(text), Err(Error::NotThis(_))), "{text}");
        }
        assert!(matches!(read("PK\u{3}\u{4}"), Err(Error::Archive(_))));
    }
}

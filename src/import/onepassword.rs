//! 1Password's exports: 1PUX and CSV.
//!
//! 1PUX is a zip archive whose member `export.data` is JSON: 1Password support, "About the 1Password
//! Unencrypted Export format" (versions 1 to 3). A field's value is an object with one key that says
//! its kind; kinds that are not known become fields by the texts in them. The CSV form has the columns
//! `Title,Url,Username,Password,OTPAuth,Favorite,Archived,Tags,Notes`; others become fields. Left out
//! are dates, favourites, icons and layout; what else is not taken over is named.

use jiff::Timestamp;

use crate::secret::Secret;

use super::archive::Archive;
use super::csv::{Row, Table};
use super::draft::Draft;
use super::node::Node;
use super::{Error, Found};

const WHAT: &str = "an export of 1Password (.1pux or .csv)";

/// The export itself, in its archive.
const DATA: &str = "export.data";

/// What the first line of an item without a password is looked for in, by kind of value.
const SECRET_KINDS: [&str; 2] = ["concealed", "creditCardNumber"];

/// Columns of the CSV form that have a place of their own.
const USER: &str = "username";

/// Reads an export.
///
/// # Errors
/// [`Error::NotThis`]; [`Error::Malformed`]; [`Error::Archive`].
pub fn read(content: &Secret) -> Result<Found, Error> {
    if Archive::is_one(content) {
        let data = Archive::open(content)?.member(DATA)?;
        return read_data(&data.ok_or(Error::NotThis(WHAT))?);
    }
    // EXPOSE: only the first character is looked at.
    let first = content.expose().trim_ascii_start().first();
    if first == Some(&b'{') { read_data(content) } else { read_csv(content) }
}

fn read_data(content: &Secret) -> Result<Found, Error> {
    let accounts @ Node::List(_) = Node::from_json(content)?.take("accounts") else {
        return Err(Error::NotThis(WHAT));
    };
    let mut found = Found::default();
    for mut account in accounts.into_list() {
        for mut vault in account.take("vaults").into_list() {
            let name = vault.take("attrs").take("name").into_label();
            for item in vault.take("items").into_list() {
                read_item(item, &name, &mut found);
            }
        }
    }
    Ok(found)
}

fn read_item(mut item: Node, vault: &str, found: &mut Found) {
    // Version 1 has an item and its file side by side.
    let file = item.take("file");
    if let inner @ Node::Map(_) = item.take("item") {
        item = inner;
    }
    let (mut overview, mut details) = (item.take("overview"), item.take("details"));
    let mut draft = Draft::new([vault.to_owned()], &overview.take("title").into_label());
    read_login_fields(details.take("loginFields"), &mut draft);
    draft.secret("password", details.take("password"));
    read_urls(&mut overview, &mut draft);
    for section in details.take("sections").into_list() {
        read_section(section, &mut draft, found);
    }
    let tags: Vec<String> =
        overview.take("tags").into_list().into_iter().map(Node::into_label).collect();
    draft.field("tags", Node::text(&tags.join(", ")));
    if item.take("state").into_label() == "archived" {
        draft.field("archived", Node::text("true"));
    }
    draft.notes(details.take("notesPlain"));
    name_lost(&mut details, file, draft.title(), found);
    found.add(draft);
}

fn read_login_fields(fields: Node, draft: &mut Draft) {
    for mut field in fields.into_list() {
        let value = match field.take("value") {
            // A linked account has an object instead of a text.
            value @ Node::Map(_) => first_text(value),
            value => value,
        };
        match field.take("designation").into_label().as_str() {
            "username" => draft.field("user", value),
            "password" => draft.secret("password", value),
            _ => draft.field(&label(&mut field, "name"), value),
        }
    }
}

fn read_urls(overview: &mut Node, draft: &mut Draft) {
    let main = overview.take("url");
    let urls = overview.take("urls").into_list();
    if urls.is_empty() {
        draft.field("url", main);
    }
    urls.into_iter().for_each(|mut url| draft.field("url", url.take("url")));
}

fn read_section(mut section: Node, draft: &mut Draft, found: &mut Found) {
    for mut field in section.take("fields").into_list() {
        let label = label(&mut field, "title");
        match field.take("value") {
            Node::Map(values) => values
                .into_iter()
                .for_each(|(kind, value)| read_value(&label, &kind, value, draft, found)),
            value => read_value(&label, "value", value, draft, found),
        }
    }
}

fn first_text(value: Node) -> Node {
    let mut nodes = value.into_pairs().into_iter().map(|(_, node)| node);
    nodes.find(|node| matches!(node, Node::Text(_))).unwrap_or_default()
}

/// What a field is called: by a person, or else by the program.
fn label(field: &mut Node, key: &str) -> String {
    let given = field.take(key).into_label();
    if given.is_empty() { field.take("id").into_label() } else { given }
}

fn read_value(label: &str, kind: &str, value: Node, draft: &mut Draft, found: &mut Found) {
    match (kind, value) {
        (_, value) if value.is_empty() => {}
        ("totp", value) => draft.totp(value),
        ("date", value) => draft.field(label, date(value)),
        ("email", mut value @ Node::Map(_)) => draft.field(label, value.take("email_address")),
        ("sshKey", value) => read_ssh_key(label, value, draft),
        ("file", mut file) => {
            let name = file.take("fileName").into_label();
            found.leave_out(format!("the attachment `{name}` of `{}`", draft.title()));
        }
        (kind, value @ Node::Text(_)) if SECRET_KINDS.contains(&kind) => draft.secret(label, value),
        (_, value @ Node::Text(_)) => draft.field(label, value),
        (kind, value) => read_parts(label, kind, value, draft, found),
    }
}

/// A value of several parts, as an address.
fn read_parts(label: &str, kind: &str, value: Node, draft: &mut Draft, found: &mut Found) {
    let is_map = matches!(value, Node::Map(_));
    for (part, node) in value.into_pairs() {
        if let Node::Text(_) = node {
            draft.field(&format!("{label} {part}"), node);
        } else if !node.is_empty() {
            found.leave_out(format!("`{kind}.{part}` of `{}`", draft.title()));
        }
    }
    if !is_map {
        found.leave_out(format!("`{kind}` of `{}`", draft.title()));
    }
}

/// The outer form of the private key is not always the same; the inner one is PKCS #8.
fn read_ssh_key(label: &str, mut value: Node, draft: &mut Draft) {
    let mut metadata = value.take("metadata");
    let (outer, inner) = (value.take("privateKey"), metadata.take("privateKey"));
    draft.field(label, if inner.is_empty() { outer } else { inner });
    for (part, node) in metadata.into_pairs() {
        draft.field(&part, node);
    }
}

/// Seconds since 1970, at noon of the day that is meant, as that day.
fn date(value: Node) -> Node {
    let seconds = value.into_label();
    let time = seconds.parse().ok().and_then(|seconds| Timestamp::from_second(seconds).ok());
    let day = time.map(|time| time.strftime("%Y-%m-%d").to_string());
    Node::text(&day.unwrap_or(seconds))
}

fn name_lost(details: &mut Node, mut file: Node, title: &str, found: &mut Found) {
    let document = details.take("documentAttributes").take("fileName").into_label();
    let beside = file.take("attrs").take("fileName").into_label();
    for file in [document, beside].iter().filter(|file| !file.is_empty()) {
        found.leave_out(format!("the attachment `{file}` of `{title}`"));
    }
    found.leave_out_history(details.take("passwordHistory"), title);
    let unknown = std::mem::take(details).into_pairs().into_iter();
    for (key, _) in unknown.filter(|(_, node)| !node.is_empty()) {
        found.leave_out(format!("`{key}` of `{title}`"));
    }
}

fn read_csv(content: &Secret) -> Result<Found, Error> {
    let table = Table::read(content)?;
    if !table.has(&["title", USER, "password"]) {
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
    let mut draft = Draft::new([], &row.take("title").into_label());
    draft.secret("password", row.take("password"));
    draft.field("user", row.take(USER));
    draft.field("url", row.take("url"));
    draft.totp(row.take("otpauth"));
    draft.field("tags", row.take("tags"));
    draft.notes(row.take("notes"));
    row.take("favorite");
    if row.take("archived").into_label().eq_ignore_ascii_case("true") {
        draft.field("archived", Node::text("true"));
    }
    for (column, cell) in row.into_pairs() {
        draft.field(&column, cell);
    }
    found.add(draft);
}

#[cfg(test)]
mod tests {
    use super::super::told::{pairs, told};
    use super::*;

    #[test]
    fn the_data_of_a_1pux_export() {
        let data = include_bytes!("../../fixtures/import/1password-export.data");
        let mut found = read(&Secret::copy_from(data)).expect("reads");
        assert_eq!(
            pairs(&told(&mut found)),
            [
                (
                    "Personal/Chirper",
                    "pass-{canary}|user: ann|url: https://chirper.example|url 2: https://m.chirper.example|recovery code: r-{canary}|since: 2021-05-04|address street: 1 Road|address city: Town|mail: ann@example.com|tags: web, daily|otpauth://totp/Chirper?secret=JBSWY3DPEHPK3PXP|first line|second line|"
                ),
                (
                    "Personal/Card",
                    "4111{canary}|cardholder name: Ann|expiry date: 203004|archived: true|"
                ),
                (
                    "Personal/Deploy key",
                    "|publicKey: ssh-ed25519 AAAA|fingerprint: SHA256:x|keyType: ed25519|"
                ),
                (
                    "Personal/Deploy key/private key",
                    "-----BEGIN TEST KEY-----|{canary}|-----END TEST KEY-----|"
                ),
                ("Personal/API", "{canary}|username: ann|"),
                ("Team/Contract", "|see {canary}|"),
            ]
        );
        assert_eq!(
            found.left_out,
            [
                "the attachment `codes.txt` of `Chirper`",
                "1 earlier password of `Chirper`",
                "the attachment `contract.pdf` of `Contract`",
            ]
        );
    }

    #[test]
    fn nothing_is_dropped_unsaid() {
        let item = r#"{"overview": {"title": "x"}, "details": {
            "loginFields": [{"name": "alias", "value": {"string": "a@x"}}],
            "sections": [{"fields": [{"title": "plain", "value": "p"}, {"title": "odd", "value": {"new": {"a": "1", "b": ["2"]}}}]}],
            "newThing": "y"}}"#;
        let data = format!("{{\"accounts\": [{{\"vaults\": [{{\"items\": [{item}]}}]}}]}}");
        let mut found = read(&Secret::copy_from(data.as_bytes())).expect("reads");
        assert_eq!(pairs(&told(&mut found)), [("unnamed/x", "|alias: a@x|plain: p|odd a: 1|")]);
        assert_eq!(found.left_out, ["`new.b` of `x`", "`newThing` of `x`"]);
    }

    #[test]
    fn the_csv_export() {
        let csv = include_bytes!("../../fixtures/import/1password.csv");
        let mut found = read(&Secret::copy_from(csv)).expect("reads");
        assert_eq!(
            pairs(&told(&mut found)),
            [
                (
                    "Chirper",
                    "pass,\"{canary}\"|user: ann|url: https://chirper.example|tags: web|otpauth://totp/x?secret=ABC|one|two|"
                ),
                ("Old", "{canary}|user: bob|archived: true|"),
            ]
        );
    }

    #[test]
    fn what_it_is_not() {
        let read = |text: &str| read(&Secret::copy_from(text.as_bytes()));
        for text in ["{}", "", "a,b\n1,2\n", "{\"items\": []}"] {
            assert!(matches!(read(text), Err(Error::NotThis(_))), "{text}");
        }
        assert!(matches!(read("PK\u{3}\u{4}"), Err(Error::Archive(_))));
    }
}

//! Our own settings, with what starts programs, names whom to trust, or hands out secrets, as
//! comments: a person looks at it and takes away the `#`.

use toml::{Table, Value};

/// What stands before what is commented out.
const MARK: &str = "# restored: ";

/// Tables of this name say who gets which secrets, and who is told what.
const TABLES: [&str; 4] = ["server", "rotate", "agent", "notify"];

/// Keys of this name, or ending in it, name programs or whom to trust.
const KEYS: [&str; 8] =
    ["command", "commands", "plugin", "plugins", "run", "signer", "signers", "rotator"];

/// The settings without them. Where that can not be done line by line, every line is a comment.
pub(super) fn without_commands(bytes: &[u8]) -> Vec<u8> {
    let text = String::from_utf8_lossy(bytes);
    let parses = text.parse::<Table>();
    if parses.as_ref().is_ok_and(|table| !is_dangerous(table)) {
        return bytes.to_vec();
    }
    let commented = comment(&text);
    let is_harmless =
        |text: &String| text.parse::<Table>().is_ok_and(|table| !is_dangerous(&table));
    let done = Some(commented).filter(|text| parses.is_ok() && is_harmless(text));
    done.unwrap_or_else(|| text.lines().map(marked).collect()).into_bytes()
}

fn is_dangerous(table: &Table) -> bool {
    let in_value = |value: &Value| match value {
        Value::Table(table) => is_dangerous(table),
        Value::Array(values) => values.iter().filter_map(Value::as_table).any(is_dangerous),
        _ => false,
    };
    table.iter().any(|(key, value)| is_named(key) || in_value(value))
}

fn is_named(key: &str) -> bool {
    let ends = |name: &str| key == name || key.ends_with(&format!("_{name}"));
    TABLES.contains(&key) || KEYS.into_iter().any(ends)
}

/// Makes comments of dangerous tables and of dangerous keys in others.
fn comment(text: &str) -> String {
    let (mut done, mut in_dangerous_table) = (String::new(), false);
    for piece in pieces(text) {
        let heading = piece.trim_start().strip_prefix('[');
        if let Some(heading) = heading {
            in_dangerous_table = names(heading.trim_start_matches('[')).any(is_named);
        }
        let is_key =
            heading.is_none() && names(piece.split('=').next().unwrap_or_default()).any(is_named);
        let inline =
            heading.is_none() && piece.parse::<Table>().is_ok_and(|table| is_dangerous(&table));
        if in_dangerous_table || is_key || inline {
            done.extend(piece.lines().map(marked));
        } else {
            done.push_str(&piece);
        }
    }
    done
}

/// The words of a dotted name.
fn names(text: &str) -> impl Iterator<Item = &str> {
    let end = text.find([']', '=', '#']).unwrap_or(text.len());
    let (text, _) = text.split_at(end);
    text.split('.').map(|name| name.trim().trim_matches(['"', '\'']))
}

/// The lines; those of a value that goes over several lines are one piece.
fn pieces(text: &str) -> Vec<String> {
    let mut pieces = Vec::new();
    let mut piece = String::new();
    for line in text.lines() {
        piece.push_str(line);
        piece.push('\n');
        if piece.parse::<Table>().is_ok() {
            pieces.push(std::mem::take(&mut piece));
        }
    }
    pieces.extend(Some(piece).filter(|piece| !piece.is_empty()));
    pieces
}

fn marked(line: &str) -> String {
    let is_idle = line.trim().is_empty() || line.trim_start().starts_with('#');
    if is_idle { format!("{line}\n") } else { format!("{MARK}{line}\n") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(before: &str) -> String {
        String::from_utf8(without_commands(before.as_bytes())).expect("is text")
    }

    #[test]
    fn commands_plugins_signers_servers_and_rotations_are_comments() {
        let before = "# mine
[store]
path = \"~/s\"
[keys]
plugins = [
  \"yubikey\",
  # a comment
]
identity = \"~/i\"
[server.github]
allow = [\"a\"]
command = [\"npx\"]
[snapshot]
text = \"\"\"
[server]
command\"\"\"
pre_command = \"x\"
[[schedule]]
job = \"nightly\"
run = [\"exec\", \"--\", \"x\"]
[rotate.\"claude/db\"]
every = \"90d\"
[[notify]]
mail = { to = \"a@b\" }
";
        let expected = "# mine
[store]
path = \"~/s\"
[keys]
# restored: plugins = [
# restored:   \"yubikey\",
  # a comment
# restored: ]
identity = \"~/i\"
# restored: [server.github]
# restored: allow = [\"a\"]
# restored: command = [\"npx\"]
[snapshot]
text = \"\"\"
[server]
command\"\"\"
# restored: pre_command = \"x\"
[[schedule]]
job = \"nightly\"
# restored: run = [\"exec\", \"--\", \"x\"]
# restored: [rotate.\"claude/db\"]
# restored: every = \"90d\"
# restored: [[notify]]
# restored: mail = { to = \"a@b\" }
";
        assert_eq!(after(before), expected);
        assert_eq!(after(expected), expected, "once is enough");
    }

    #[test]
    fn whatever_way_it_is_written() {
        for before in [
            "server.github.command = [\"npx\"]\n",
            "server = { github = { command = [\"npx\"] } }\n",
            "a = { command = \"x\" }\n",
            "\"ser\\u0076er\".x.allow = []\n",
            "[ \"server\" . x ]\na = 1\n",
            "[a]\n[[a.'command']]\nb = 1\n",
            "broken [",
            "[server]\nbroken [",
        ] {
            let after = after(before);
            assert!(after.lines().all(|line| line.starts_with('#') || line == "[a]"), "{after}");
        }
        assert_eq!(after("[store]\npath = \"x\" # y\n\n"), "[store]\npath = \"x\" # y\n\n");
    }
}

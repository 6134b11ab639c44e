//! `vaultctl env`.

use std::collections::BTreeMap;
use std::io;

use crate::inject::{Grant, Manifest, Passing, Slot};
use crate::secret::{Secret, SecretBuffer};

use super::exec::{not_a_grant, parse_grant, resolve};
use super::{Checked, Code, Done, Example, Failure, Session, agent};

/// Print variables with what their references stand for, or with the references
#[derive(clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(clap::Subcommand)]
enum Verb {
    /// Print variables with the values that their references stand for
    ///
    /// They are the caller's variables in which references are, and those given with -e; with --server
    /// those of the permission too. What `shell` prints is for `eval` in any POSIX shell.
    Export(Export),
    /// Print variables and their references, and no secret
    Template(Source),
}

#[derive(clap::Args)]
struct Source {
    /// The variable NAME, with the reference REF; can be repeated
    #[arg(short = 'e', long = "env", value_name = "NAME=REF")]
    env: Vec<String>,
    /// Those of the permission in the settings, and only what it allows
    #[arg(long, value_name = "SERVER")]
    server: Option<String>,
}

#[derive(clap::Args)]
struct Export {
    #[command(flatten)]
    source: Source,
    /// For whom: `shell` (export NAME='value'), `dotenv` (NAME='value'), `json`
    #[arg(long, value_enum, default_value_t = Format::Shell)]
    format: Format,
}

#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    #[value(help = "export NAME='value', for any POSIX shell")]
    Shell,
    #[value(help = "NAME='value', for a .env file")]
    Dotenv,
    #[value(help = "one object")]
    Json,
}

pub(super) const EXPORT_EXAMPLES: &[Example] = &[
    Example {
        what: "Give this shell a token",
        line: "eval \"$(vaultctl env export -e GITHUB_TOKEN=vault:claude/github-token)\"",
        checked: Checked::Runs,
    },
    Example {
        what: "Feed a program that reads JSON",
        line: "vaultctl env export --format json -e TOKEN=vault:claude/github-token | python3 -m json.tool",
        checked: Checked::Parses,
    },
];

pub(super) const TEMPLATE_EXAMPLES: &[Example] = &[Example {
    what: "Write a file that can be committed",
    line: "vaultctl env template -e GITHUB_TOKEN=vault:claude/github-token > .env.template",
    checked: Checked::Runs,
}];

pub(super) fn run(args: &Args, session: &Session) -> Result<Done, Failure> {
    match &args.verb {
        Verb::Export(args) => export(args, session),
        Verb::Template(source) => template(source, session),
    }
}

fn export(args: &Export, session: &Session) -> Result<Done, Failure> {
    agent::refuse("printing secrets", session)?;
    let values = resolve(&manifest(&args.source, session)?, session)?;
    let format = if session.ui.json { Format::Json } else { args.format };
    session.ui.reveal(&written(&values, format, session)?)?;
    Ok(Done::Fully)
}

fn template(source: &Source, session: &Session) -> Result<Done, Failure> {
    let manifest = manifest(source, session)?;
    let pairs = manifest
        .granted()
        .filter_map(|(slot, template)| Some((name_of(slot)?, template.to_string())));
    if session.ui.json {
        let pairs = pairs.map(|(name, template)| (name, template.into()));
        session.ui.json(&pairs.collect::<serde_json::Map<_, _>>())?;
        return Ok(Done::Fully);
    }
    for (name, template) in pairs {
        checked(&name)?;
        let mut line = SecretBuffer::new();
        setting(&mut line, &name, template.as_bytes());
        session.ui.reveal(&line.into_secret())?;
    }
    Ok(Done::Fully)
}

fn manifest(source: &Source, session: &Session) -> Result<Manifest, Failure> {
    let caller = &session.world.variables;
    let grant = source.server.as_deref().map(|name| Grant::find(&session.config.settings, name));
    let grant = grant.transpose()?;
    let mut manifest = match &grant {
        Some(grant) => grant.manifest(caller)?,
        None => Manifest::new(caller, &Passing::Only(Vec::new())),
    };
    for (place, text) in source.env.iter().enumerate() {
        let (name, template) = parse_grant(text).ok_or_else(|| not_a_grant("-e", place + 1))?;
        let slot = Slot::Variable(name.as_str().into());
        match &grant {
            Some(grant) => grant.add(&mut manifest, slot, template)?,
            None => manifest.grant(slot, template),
        }
    }
    Ok(manifest)
}

fn name_of(slot: &Slot) -> Option<String> {
    if let Slot::Variable(name) = slot { Some(name.to_string_lossy().into_owned()) } else { None }
}

/// The name, if a shell can not take it for anything else (POSIX.1-2024, "Name").
fn checked(name: &str) -> Result<(), Failure> {
    let is_word = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    if is_word && !name.starts_with(|c: char| c.is_ascii_digit()) {
        return Ok(());
    }
    Err(Failure::new(Code::Usage, format!("variable `{name}`: no shell has such a name"))
        .hint("letters, digits and `_`; `--format json` takes any"))
}

fn written(
    values: &BTreeMap<Slot, Secret>,
    format: Format,
    session: &Session,
) -> Result<Secret, Failure> {
    let mut text = SecretBuffer::new();
    for (number, (slot, value)) in values.iter().enumerate() {
        let Some(name) = name_of(slot) else { continue };
        // EXPOSE: quoted into another secret, which is printed because that was asked for.
        let value = value.expose();
        match format {
            Format::Json => {
                text.push(if number == 0 { b"{" } else { b"," });
                pair(&mut text, &name, value)?;
            }
            _ => checked(&name)?,
        }
        match format {
            Format::Json => {}
            Format::Shell => {
                text.push(format!("export {name}='").as_bytes());
                single_quoted(&mut text, value);
                text.push(b"'\n");
            }
            Format::Dotenv if !setting(&mut text, &name, value) => session
                .ui
                .warn(&format!("variable `{name}` needs escapes, which only shells read alike")),
            Format::Dotenv => {}
        }
    }
    if format == Format::Json {
        text.push(if values.is_empty() { b"{}\n" } else { b"}\n" });
    }
    Ok(text.into_secret())
}

/// `"name":"value"`
fn pair(text: &mut SecretBuffer, name: &str, value: &[u8]) -> Result<(), Failure> {
    let no_text = || Failure::failed(format!("variable `{name}`: its value is no text"));
    let value = std::str::from_utf8(value).map_err(|_| no_text().hint("JSON holds text only"))?;
    serde_json::to_writer(&mut *text, name).map_err(io::Error::from)?;
    text.push(b":");
    serde_json::to_writer(text, value).map_err(io::Error::from)?;
    Ok(())
}

/// Within single quotes everything means itself but the quote.
fn single_quoted(text: &mut SecretBuffer, value: &[u8]) {
    for (number, piece) in value.split(|byte| *byte == b'\'').enumerate() {
        if number > 0 {
            text.push(b"'\\''");
        }
        text.push(piece);
    }
}

/// `NAME='value'` and a line end. Whether every reader of such files takes it for the same: a value
/// with both kinds of quotes, say, needs escapes.
fn setting(text: &mut SecretBuffer, name: &str, value: &[u8]) -> bool {
    let quote = if value.contains(&b'\'') { b"\"" } else { b"'" };
    let special = |byte: &u8| b"\"\\$`".contains(byte);
    text.push(format!("{name}=").as_bytes());
    text.push(quote);
    let mut is_plain = true;
    for piece in value.chunk_by(|_, next| quote == b"'" || !special(next)) {
        if quote == b"\"" && piece.first().is_some_and(special) {
            is_plain = false;
            text.push(b"\\");
        }
        text.push(piece);
    }
    text.push(quote);
    text.push(b"\n");
    is_plain
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dotenv(value: &str) -> (String, bool) {
        let mut text = SecretBuffer::new();
        let is_plain = setting(&mut text, "A", value.as_bytes());
        // EXPOSE: the test looks at what it put in.
        (String::from_utf8(text.into_secret().expose().to_vec()).expect("is text"), is_plain)
    }

    #[test]
    fn a_setting_has_the_quotes_that_its_value_has_not() {
        for (value, line, is_plain) in [
            ("", "A=''\n", true),
            ("a \"$b\" \\", "A='a \"$b\" \\'\n", true),
            ("it's", "A=\"it's\"\n", true),
            ("it's \"$5\" \\ `", "A=\"it's \\\"\\$5\\\" \\\\ \\`\"\n", false),
        ] {
            assert_eq!(dotenv(value), (line.to_owned(), is_plain));
        }
    }

    #[test]
    fn a_name_can_not_be_a_command() {
        for bad in ["A B", "A;reboot", "1A", "A-B", "$(reboot)", "é"] {
            assert!(checked(bad).is_err(), "{bad}");
        }
        assert!(checked("_A1").is_ok());
    }
}

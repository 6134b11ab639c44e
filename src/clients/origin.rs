//! Where a value comes from, without telling it.

use std::ffi::OsStr;

use crate::inject::Reference;

use super::{Client, Field, Launch, Part, ServerEntry, Variable};

/// Where the value of one field comes from.
#[derive(Debug)]
pub struct Origin {
    /// Which part of the entry it is in.
    pub part: Part,
    /// The name of the variable or header; an argument has its number, from 1.
    pub name: String,
    /// The references that it holds, as `vault:claude/github-token`.
    pub references: Vec<String>,
    /// What its client replaces in it: `TOKEN`, `env:TOKEN`, `input:token`.
    pub placeholders: Vec<String>,
    /// Whether it is in the file itself, in full or as what a placeholder falls back on.
    pub is_literal: bool,
}

impl ServerEntry {
    /// Where the values of variables and headers come from; and those of addresses and arguments, as
    /// far as they hold a reference or something that the client replaces.
    #[must_use]
    pub fn origins(&self) -> Vec<Origin> {
        let origin = |part, name: &str, field: &Field| origin(self.client, part, name, field);
        let named = |part, fields: &[(String, Field)]| -> Vec<Origin> {
            fields.iter().map(|(name, field)| origin(part, name, field)).collect()
        };
        let telling =
            |origin: &Origin| !origin.references.is_empty() || !origin.placeholders.is_empty();
        match &self.launch {
            Launch::Stdio { args, env, .. } => {
                let args = args.iter().enumerate();
                let args = args.map(|(at, field)| origin(Part::Args, &(at + 1).to_string(), field));
                named(Part::Env, env).into_iter().chain(args.filter(telling)).collect()
            }
            Launch::Remote { url, headers, .. } => {
                let url = Some(origin(Part::Url, "url", url)).filter(telling);
                named(Part::Headers, headers).into_iter().chain(url).collect()
            }
            Launch::Other => Vec::new(),
        }
    }
}

impl Variable {
    /// Where its value comes from.
    #[must_use]
    pub fn origin(&self) -> Origin {
        origin(self.client, Part::Env, &self.name, &self.field)
    }
}

fn origin(client: Client, part: Part, name: &str, field: &Field) -> Origin {
    // EXPOSE: looked through for references and placeholders, whose names are no secrets.
    let text = field.text.expose();
    let references = references(text);
    let placeholders = client.placeholders(text);
    let has_default = placeholders.iter().any(|placeholder| placeholder.has_default);
    let is_plain = !text.is_empty() && references.is_empty() && placeholders.is_empty();
    Origin {
        part,
        name: name.to_owned(),
        references,
        placeholders: placeholders.into_iter().map(|placeholder| placeholder.name).collect(),
        is_literal: is_plain || has_default,
    }
}

/// The whole text, or what stands in `{{…}}`.
fn references(text: &str) -> Vec<String> {
    let parse = |text: &str| Reference::parse(OsStr::new(text)).map(|found| found.to_string());
    let inner = text.split("{{").skip(1).filter_map(|part| part.split_once("}}"));
    let inner = inner.filter_map(|(inner, _)| parse(inner));
    parse(text).into_iter().chain(inner).collect()
}

//! What can be said against an entry without starting anything.

use std::fmt;

use crate::clients::{self, Launch, Literal, Seat, ServerEntry, Started};
use crate::secret::Why;

/// Something that works and should not stay so.
#[derive(Debug, PartialEq, Eq)]
pub enum Weakness {
    /// What is brought and run is decided by whoever publishes it next.
    Unpinned(String),
    /// A secret stands in the file. Which one is not told.
    Literal {
        /// The variable, header, option or part.
        place: String,
        /// Why it is taken for a secret.
        why: Why,
    },
    /// A reference is passed on as it is written.
    Unresolved {
        /// The variable, header, option or part.
        place: String,
        /// What stands there.
        reference: String,
    },
}

impl fmt::Display for Weakness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unpinned(package) => {
                write!(f, "`{package}` names no version: what runs may change at any start")
            }
            Self::Literal { place, why } => write!(f, "{place} {why}, and stands in the file"),
            Self::Unresolved { place, reference } => {
                write!(f, "{place} is `{reference}`, which only `vaultctl exec` would resolve")
            }
        }
    }
}

impl Weakness {
    /// All of one entry.
    #[must_use]
    pub fn all(entry: &ServerEntry) -> Vec<Self> {
        unpinned(entry).into_iter().chain(unresolved(entry)).chain(literals(entry)).collect()
    }
}

/// Launchers whose packages have versions, and what stands before a version.
const LAUNCHERS: [(&str, &str); 10] = [
    ("npx", "@"),
    ("bunx", "@"),
    ("bun", "@"),
    ("npm", "@"),
    ("pnpm", "@"),
    ("yarn", "@"),
    ("uvx", "=="),
    ("uv", "=="),
    ("pipx", "=="),
    ("uvx", "@"),
];

fn unpinned(entry: &ServerEntry) -> Option<Weakness> {
    let Started::Program { name, package: Some(package) } = entry.started() else {
        return None;
    };
    let is_local = package.starts_with(['.', '/', '~']);
    let mut marks = LAUNCHERS.iter().filter(|(launcher, _)| *launcher == name).peekable();
    marks.peek()?;
    let is_pinned = marks.any(|(_, mark)| has_version(&package, mark));
    (!is_local && !is_pinned).then_some(Weakness::Unpinned(package))
}

/// `name@1.2.3`, `@scope/name@1.2.3`, `name==1.2.3`; no `latest`, no range.
fn has_version(package: &str, mark: &str) -> bool {
    let version = package.get(1..).and_then(|rest| rest.rsplit_once(mark)).map(|(_, after)| after);
    version.is_some_and(|version| {
        let numbers = version.split(['-', '+']).next().unwrap_or_default();
        let is_number =
            |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric());
        numbers.starts_with(|c: char| c.is_ascii_digit())
            && numbers.split('.').count() >= 2
            && numbers.split('.').all(is_number)
            && !numbers.split('.').any(|part| part.eq_ignore_ascii_case("x"))
    })
}

/// References of a program that is not ours to resolve them.
fn unresolved(entry: &ServerEntry) -> Vec<Weakness> {
    if is_wrapped(entry) {
        return Vec::new();
    }
    let origins = entry.origins().into_iter();
    let one = |(place, reference)| Weakness::Unresolved { place, reference };
    let named = origins.flat_map(|origin| {
        let place = format!("`{}`", origin.name);
        origin.references.into_iter().map(move |reference| (place.clone(), reference))
    });
    named.map(one).collect()
}

/// Whether `vaultctl` is what is started.
pub(super) fn is_wrapped(entry: &ServerEntry) -> bool {
    let Launch::Stdio { command, .. } = &entry.launch else {
        return false;
    };
    // EXPOSE: compared with our own name.
    let command = command.text.expose();
    command.rsplit('/').next().is_some_and(|name| name == "vaultctl")
}

/// What `mcp adopt` would find.
fn literals(entry: &ServerEntry) -> Vec<Weakness> {
    let weakness = |literal: &Literal| Weakness::Literal {
        place: format!("`{}`", place(literal)),
        why: literal.sighting.why,
    };
    let mut found: Vec<Weakness> = clients::literals(entry).iter().map(weakness).collect();
    // A text can have several in it.
    found.dedup();
    found
}

fn place(literal: &Literal) -> String {
    match literal.seat {
        Seat::Argument(number) => format!("argument {}", number + 1),
        Seat::Variable(_) | Seat::Header(_) | Seat::Address => literal.label.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_a_whole_one() {
        for pinned in ["a@1.2.3", "@a/b@2026.8.31", "a@1.0.0-beta.1", "@a/b@1.2.3+x"] {
            assert!(has_version(pinned, "@"), "{pinned}");
        }
        for open in
            ["a", "@a/b", "a@latest", "@a/b@latest", "a@^1.2.3", "a@1", "a@1.x", "a@", "@1.2.3"]
        {
            assert!(!has_version(open, "@"), "{open}");
        }
        assert!(has_version("mcp-server-time==2026.10.19", "==") && !has_version("a>=1.2", "=="));
    }
}

//! An entry taken apart: what its secrets become, and what its server is granted.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use crate::clients::literals::{Literal, Seat, Way};
use crate::clients::{Field, Launch, ServerEntry};
use crate::config::Server;
use crate::secret::{Secret, Why};
use crate::sys;

use super::Wrapper;
use super::naming::entry_name;
use super::pool::Pool;
use super::shown::masked;

/// An entry, taken apart.
pub(super) struct Draft<'e> {
    pub(super) entry: &'e ServerEntry,
    /// New texts, by where they stand.
    pub(super) texts: BTreeMap<Seat, New>,
    /// Variables that take a secret from the arguments, with their references.
    pub(super) variables: Vec<(String, String)>,
    /// The arguments that go for that, and what comes in their place.
    pub(super) moved: Vec<(Range<usize>, Option<String>)>,
    /// What the server is granted.
    pub(super) server: Server,
}

/// A text with references in the place of its secrets.
pub(super) struct New {
    pub(super) text: String,
    /// What it was, its secrets covered.
    pub(super) before: String,
}

impl<'e> Draft<'e> {
    /// Gives each secret its entry.
    pub(super) fn new(entry: &'e ServerEntry, literals: &[Literal], pool: &mut Pool) -> Self {
        let mut draft = Self {
            entry,
            texts: BTreeMap::new(),
            variables: Vec::new(),
            moved: Vec::new(),
            server: Server::default(),
        };
        let mut seats: Vec<Seat> = literals.iter().map(|literal| literal.seat).collect();
        seats.dedup();
        for seat in seats {
            let here: Vec<&Literal> =
                literals.iter().filter(|literal| literal.seat == seat).collect();
            draft.give(seat, &here, pool);
        }
        draft.server.allow = draft.allowed();
        draft
    }

    /// Gives the secrets of one text their entries.
    fn give(&mut self, seat: Seat, literals: &[&Literal], pool: &mut Pool) {
        let Some(field) = field(self.entry, seat) else {
            return;
        };
        // EXPOSE: taken apart: what is secret goes into the pool, the rest into the new text.
        let text = field.text.expose();
        let given: Vec<(Range<usize>, String)> = literals
            .iter()
            .filter_map(|literal| {
                let place = literal.sighting.place.clone();
                let secret = Secret::copy_from(text.get(place.clone())?.as_bytes());
                let wanted = entry_name(&self.entry.name, &label(literal));
                Some((place, pool.reference(&secret, &wanted)))
            })
            .collect();
        if let ([literal], [(_, reference)]) = (literals, given.as_slice())
            && let Way::Variable { name, from, to, instead } = &literal.way
        {
            self.variables.push((name.clone(), reference.clone()));
            self.moved.push((*from..*to + 1, instead.clone()));
        }
        let places: Vec<Range<usize>> = given.iter().map(|(place, _)| place.clone()).collect();
        let new = New { before: masked(text, &places), text: replaced(text, &given) };
        self.texts.insert(seat, new);
    }

    /// The entries that its secrets become.
    pub(super) fn named(&self) -> BTreeSet<String> {
        let texts = self.texts.values().map(|new| new.text.as_str());
        let variables = self.variables.iter().map(|(_, reference)| reference.as_str());
        texts.chain(variables).flat_map(references).map(str::to_owned).collect()
    }

    /// Every entry that a reference in the new entry names.
    fn allowed(&self) -> Vec<String> {
        let before = self.entry.origins().into_iter().flat_map(|origin| origin.references);
        let before =
            before.filter_map(|found| found.strip_prefix("vault:").map(bare).map(str::to_owned));
        self.named().into_iter().chain(before).collect::<BTreeSet<_>>().into_iter().collect()
    }

    /// What a permission says that gives the new texts of variables too.
    pub(super) fn added_to(&self, server: &Server) -> Server {
        let mut server = server.clone();
        let allowed: BTreeSet<String> = server.allow.iter().cloned().collect();
        server.allow.extend(self.named().difference(&allowed).cloned());
        if let Launch::Stdio { env, .. } = &self.entry.launch {
            for (number, (name, _)) in env.iter().enumerate() {
                let new = self.texts.get(&Seat::Variable(number));
                server.env.extend(new.map(|new| (name.clone(), new.text.clone())));
            }
        }
        server
    }

    /// The same with what an entry that starts a program needs besides its secrets.
    pub(super) fn with_program(mut self, wrapper: &Wrapper) -> Self {
        let Launch::Stdio { command, env, dir, .. } = &self.entry.launch else {
            return self;
        };
        // EXPOSE: the program, which is no secret.
        self.server.command = vec![command.text.expose().to_owned()];
        self.server.command.extend(self.arguments());
        self.server.env = wrapper.ambient.clone();
        for (number, (name, field)) in env.iter().enumerate() {
            // EXPOSE: a value without a secret in it, as the file has it.
            let text = field.text.expose();
            let new = self.texts.get(&Seat::Variable(number));
            if new.is_none() && !self.entry.client.placeholders(text).is_empty() {
                self.server.keep.push(name.clone());
            } else {
                let text = new.map_or(text, |new| &new.text);
                self.server.env.insert(name.clone(), text.to_owned());
            }
        }
        self.server.env.extend(self.variables.iter().cloned());
        // EXPOSE: names of variables.
        self.server.keep.extend(self.entry.passed.iter().map(|name| name.text.expose().to_owned()));
        self.server.dir = self.folder(dir.as_ref());
        self
    }

    /// Where the server starts: where its entry says; in its project, if a part of its command is a
    /// path that leads somewhere there.
    fn folder(&self, dir: Option<&Field>) -> Option<String> {
        let project = self.entry.scope.project();
        if let Some(dir) = dir {
            // EXPOSE: the name of a folder.
            let text = dir.text.expose();
            let is_whole = text.starts_with('/') || text.starts_with("~/");
            return match project {
                Some(project) if !is_whole => Some(project.join(text).display().to_string()),
                _ => Some(text.to_owned()),
            };
        }
        let leads_somewhere = |word: &String| {
            let is_relative = !word.is_empty() && !word.starts_with(['/', '-', '~']);
            is_relative && project.is_some_and(|project| sys::exists(&project.join(word)))
        };
        let project = project.filter(|_| self.server.command.iter().any(leads_somewhere));
        project.map(|project| project.display().to_string())
    }

    /// The arguments as they are from now on, without what stands before them.
    pub(super) fn arguments(&self) -> Vec<String> {
        let Launch::Stdio { args, .. } = &self.entry.launch else {
            return Vec::new();
        };
        let mut words = Vec::new();
        for (number, arg) in args.iter().enumerate() {
            match self.moved.iter().find(|(range, _)| range.contains(&number)) {
                Some((range, instead)) if range.start == number => words.extend(instead.clone()),
                Some(_) => {}
                None => words.push(match self.texts.get(&Seat::Argument(number)) {
                    Some(new) => new.text.clone(),
                    // EXPOSE: an argument without a secret in it.
                    None => arg.text.expose().to_owned(),
                }),
            }
        }
        words
    }

    /// Whether a reference is left among the arguments.
    pub(super) fn shows_secrets(&self) -> bool {
        self.server.command.iter().skip(1).any(|word| references(word).next().is_some())
    }

    /// Where requests go and with which headers, for a server that is reached by its address.
    pub(super) fn with_address(mut self) -> Self {
        let Launch::Remote { url, headers, .. } = &self.entry.launch else {
            return self;
        };
        // EXPOSE: an address in which no secret was found.
        self.server.url = Some(url.text.expose().to_owned());
        for (number, (name, _)) in headers.iter().enumerate() {
            if let Some(new) = self.texts.get(&Seat::Header(number)) {
                self.server.headers.insert(name.clone(), new.text.clone());
            }
        }
        self
    }
}

/// The text with this seat.
pub(super) fn field(entry: &ServerEntry, seat: Seat) -> Option<&Field> {
    match (&entry.launch, seat) {
        (Launch::Stdio { env, .. }, Seat::Variable(number)) => {
            env.get(number).map(|(_, field)| field)
        }
        (Launch::Stdio { args, .. }, Seat::Argument(number)) => args.get(number),
        (Launch::Remote { headers, .. }, Seat::Header(number)) => {
            headers.get(number).map(|(_, field)| field)
        }
        (Launch::Remote { url, .. }, Seat::Address) => Some(url),
        _ => None,
    }
}

/// What a secret is called after: its variable, header or option; else the kind of key that it is.
fn label(literal: &Literal) -> String {
    match (literal.label.as_str(), literal.sighting.why) {
        ("", Why::Shape(shape)) => shape.rsplit(' ').next().unwrap_or_default().to_owned(),
        ("", Why::Address) => "url".to_owned(),
        (label, _) => label.to_owned(),
    }
}

/// The text with references in the places of secrets. One that is all of it stands alone.
pub(super) fn replaced(text: &str, given: &[(Range<usize>, String)]) -> String {
    if let [(place, reference)] = given
        && *place == (0..text.len())
    {
        return reference.clone();
    }
    let mut new = text.to_owned();
    let mut given: Vec<_> = given.iter().collect();
    given.sort_unstable_by_key(|(place, _)| place.start);
    for (place, reference) in given.into_iter().rev() {
        new.replace_range(place.clone(), &format!("{{{{{reference}}}}}"));
    }
    new
}

/// The entries that are named in a text: as all of it, or in `{{…}}`.
fn references(text: &str) -> impl Iterator<Item = &str> {
    let inner = text.split("{{").skip(1).filter_map(|part| part.split_once("}}"));
    let inner = inner.map(|(inner, _)| inner);
    inner.chain([text]).filter_map(|text| text.strip_prefix("vault:")).map(bare)
}

/// All of an entry is named by its name.
fn bare(address: &str) -> &str {
    address.strip_suffix("#*").unwrap_or(address)
}

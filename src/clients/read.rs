//! From a document to the servers that it names.

use std::path::PathBuf;

use super::description::{Description, Holds};
use super::{ClientFile, Document, Field, Launch, Part, Place, Scope, ServerEntry};

impl ClientFile {
    /// Every server in it, in its order.
    #[must_use]
    pub fn servers(&self) -> Vec<ServerEntry> {
        let mut entries = Vec::new();
        for holds in self.spot.holds {
            match holds {
                Holds::Servers(way) => {
                    entries.extend(self.servers_at(&Place::root().keys(way), &self.scope));
                }
                Holds::ServersOfProjects => {
                    for project in self.projects() {
                        let place = Place::root().keys(&["projects", project, "mcpServers"]);
                        let scope = Scope::Local(PathBuf::from(project));
                        entries.extend(self.servers_at(&place, &scope));
                    }
                }
                Holds::Settings => {}
            }
        }
        entries
    }

    fn servers_at(&self, place: &Place, scope: &Scope) -> Vec<ServerEntry> {
        let names = self.document.keys(place).unwrap_or_default();
        names.into_iter().map(|name| self.server(name, place.key(name), scope.clone())).collect()
    }

    fn server(&self, name: &str, place: Place, scope: Scope) -> ServerEntry {
        let description = self.client.description();
        let reading =
            Reading { document: &self.document, parts: parts(&self.document, &place, description) };
        ServerEntry {
            client: self.client,
            scope,
            file: self.path.clone(),
            name: name.to_owned(),
            launch: reading.launch(description.prefers_address),
            is_off: is_off(&self.document, &place),
            env_file: reading.text(Part::EnvFile),
            passed: reading.list(Part::Passed),
            header_variables: reading.map(Part::HeaderVariables),
            parts: reading.parts,
            place,
        }
    }
}

/// Where each part is: of its places those that can be reached; of these the first that is there,
/// or the first.
fn parts(document: &Document, entry: &Place, description: &Description) -> Vec<(Part, Place)> {
    let mut known: Vec<(Part, Place)> = Vec::new();
    for (part, way) in description.parts {
        let place = entry.keys(way);
        let is_reachable = place.split().is_some_and(|(above, _)| document.keys(&above).is_some());
        match known.iter_mut().find(|(listed, _)| listed == part) {
            Some((_, before)) if is_reachable && !document.has(before) && document.has(&place) => {
                *before = place;
            }
            None if is_reachable => known.push((*part, place)),
            _ => {}
        }
    }
    known
}

fn is_off(document: &Document, entry: &Place) -> bool {
    let says = |key: &str, word: &str| {
        let field = document.field(&entry.key(key));
        // EXPOSE: compared with one of the two words that a flag can be.
        field.is_some_and(|field| field.text.expose() == word)
    };
    says("disabled", "true") || says("enabled", "false")
}

/// An entry that is being read.
struct Reading<'d> {
    document: &'d Document,
    parts: Vec<(Part, Place)>,
}

impl Reading<'_> {
    fn launch(&self, prefers_address: bool) -> Launch {
        let (stdio, remote) = (|| self.stdio(), || self.remote());
        let launch =
            if prefers_address { remote().or_else(stdio) } else { stdio().or_else(remote) };
        launch.unwrap_or(Launch::Other)
    }

    fn stdio(&self) -> Option<Launch> {
        let command = self.text(Part::Command)?;
        let (args, env) = (self.list(Part::Args), self.map(Part::Env));
        Some(Launch::Stdio { command, args, env, dir: self.text(Part::Dir) })
    }

    fn remote(&self) -> Option<Launch> {
        let url = self.text(Part::Url)?;
        Some(Launch::Remote {
            url,
            headers: self.map(Part::Headers),
            helper: self.text(Part::Helper),
        })
    }

    fn place(&self, part: Part) -> Option<&Place> {
        self.parts.iter().find(|(known, _)| *known == part).map(|(_, place)| place)
    }

    fn text(&self, part: Part) -> Option<Field> {
        self.document.field(self.place(part)?)
    }

    fn list(&self, part: Part) -> Vec<Field> {
        self.place(part).map(|place| self.document.list(place)).unwrap_or_default()
    }

    fn map(&self, part: Part) -> Vec<(String, Field)> {
        self.place(part).map(|place| self.document.fields(place)).unwrap_or_default()
    }
}

//! Whether the user has said that a project's own servers may be started.
//!
//! `.mcp.json` comes with a project, and starting what it names is running the project's code. Claude
//! Code asks for each of them. What it has been told is in its main file, or in settings: the user's
//! own, and those in the project once the user trusts that folder. (It starts them in a trusted
//! folder without having asked for each when it is not on a terminal: 2.1.332. We do not.)

use std::path::Path;

use crate::clients::{Client, ClientFile, Document, Found, Place, Scope};

/// Whether Claude Code may start the server called `name` of that project.
pub(super) fn is_approved(name: &str, project: &Path, found: &Found) -> bool {
    let files = || found.files.iter().filter(|file| file.client == Client::ClaudeCode);
    let of_project = Place::root().keys(&["projects", &project.to_string_lossy()]);
    let is_trusted = files().any(|file| {
        file.scope == Scope::User && says_yes(file, &of_project.key("hasTrustDialogAccepted"))
    });
    let counts = |file: &&ClientFile| match &file.scope {
        Scope::User => true,
        Scope::Local(place) | Scope::Project(place) => is_trusted && place == project,
    };
    let names = |file: &ClientFile, list: &str| {
        let root = Place::root();
        let places = [root.key(list), of_project.key(list)];
        // What a project's file says of projects is not looked at.
        let places = if file.scope == Scope::User { &places[..] } else { &places[..1] };
        places.iter().any(|place| lists(&file.document, place, name))
    };
    let all = Place::root().key("enableAllProjectMcpServers");
    !files().any(|file| names(file, "disabledMcpjsonServers"))
        && files()
            .filter(counts)
            .any(|file| says_yes(file, &all) || names(file, "enabledMcpjsonServers"))
}

fn says_yes(file: &ClientFile, place: &Place) -> bool {
    // EXPOSE: compared with the word that a flag can be.
    file.document.field(place).is_some_and(|field| field.text.expose() == "true")
}

fn lists(document: &Document, place: &Place, name: &str) -> bool {
    // EXPOSE: names of servers, compared with one.
    document.list(place).iter().any(|field| field.text.expose() == name)
}

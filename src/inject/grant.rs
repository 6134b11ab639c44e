//! The permission of one server, `[server.NAME]` of the settings.
//!
//! Whoever writes the entry in a client's file (a project that was downloaded, say) chooses the
//! variables and arguments of our call. So the permission alone says which program runs with which
//! arguments, where, and with which plain variables; of the caller's only those count that can do
//! no more than put an allowed secret under a name that nothing else obeys.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use crate::config::{Server, Settings};
use crate::sys::{Program, Variables};

use super::origin::is_same_origin;
use super::{Allowed, Error, Manifest, Passing, Slot, Template};

/// What these variables hold is obeyed by loaders, interpreters, package managers and libraries.
const OBEYED: [&str; 7] = ["ENV", "HOME", "LANG", "PATH", "SHELL", "TERM", "TMPDIR"];
const OBEYED_STARTS: [&str; 15] = [
    "bash", "dyld_", "git_", "java_", "jdk_", "lc_", "ld_", "node_", "npm_", "perl", "pip_",
    "python", "ruby", "uv_", "xdg_",
];

/// What one server may have.
#[derive(Clone, Copy)]
pub struct Grant<'s> {
    name: &'s str,
    server: &'s Server,
}

impl<'s> Grant<'s> {
    /// The permission called `name`.
    ///
    /// # Errors
    /// [`Error::NotGranted`] when there is none.
    pub fn find(settings: &'s Settings, name: &str) -> Result<Self, Error> {
        let found = settings.server.get_key_value(name);
        let (name, server) = found.ok_or_else(|| Error::NotGranted(name.to_owned()))?;
        Ok(Self { name, server })
    }

    /// What it is called.
    #[must_use]
    pub fn name(&self) -> &'s str {
        self.name
    }

    /// The value that it says a variable has.
    #[must_use]
    pub fn says(&self, variable: &str) -> Option<&'s str> {
        self.server.env.get(variable).map(String::as_str)
    }

    /// The program that it is for, if `asked` is nothing or exactly that.
    ///
    /// # Errors
    /// [`Error::OtherProgram`]; [`Error::NotFor`] when it is for none.
    pub fn program(&self, asked: &[OsString]) -> Result<Program, Error> {
        let words: Vec<OsString> = self.server.command.iter().map(OsString::from).collect();
        if !asked.is_empty() && asked != words {
            return Err(Error::OtherProgram(self.name.to_owned()));
        }
        let mut words = words.into_iter();
        let name = words.next().ok_or_else(|| self.not_for("command"))?;
        Ok(Program { name, arguments: words.collect(), folder: None })
    }

    /// Where the program starts: the home, since programs prefer what lies in the folder that they
    /// start in (`npx`: `node_modules` and `.npmrc`).
    #[must_use]
    pub fn folder(&self, home: &Path) -> PathBuf {
        match self.server.dir.as_deref() {
            Some(dir) => home.join(dir.strip_prefix("~/").unwrap_or(dir)),
            None => home.to_owned(),
        }
    }

    /// What the program gets.
    ///
    /// # Errors
    /// [`Error::NotSaid`] for a variable of the caller's that would do more than carry a secret.
    pub fn manifest(&self, caller: &Variables) -> Result<Manifest, Error> {
        let mut manifest = Manifest::allowing(self.allowed());
        let kept = Passing::Only(self.server.keep.clone());
        for (name, value) in caller.iter() {
            if let Some(template) = Template::parse(value) {
                self.add(&mut manifest, Slot::Variable(name.to_owned()), template)?;
            } else if kept.lets(name) || is_of_the_session(name) {
                manifest.pass(name, value);
            }
        }
        for (name, value) in &self.server.env {
            match Template::parse(OsStr::new(value)) {
                Some(template) => manifest.grant(Slot::Variable(name.into()), template),
                None => manifest.pass(OsStr::new(name), OsStr::new(value)),
            }
        }
        Ok(manifest)
    }

    /// Adds what the caller asks for. That the reference is allowed is seen when it is resolved.
    ///
    /// # Errors
    /// [`Error::NotSaid`], as for [`Grant::manifest`].
    pub fn add(
        &self,
        manifest: &mut Manifest,
        slot: Slot,
        template: Template,
    ) -> Result<(), Error> {
        let (Slot::Variable(name) | Slot::File(name)) = &slot else {
            manifest.grant(slot, template);
            return Ok(());
        };
        let said = name.to_str().and_then(|name| self.says(name));
        match said {
            Some(said)
                if slot == Slot::Variable(name.clone()) && Template::of(said) == template => {}
            None if template.alone().is_some() && !is_obeyed(name) => {
                manifest.grant(slot, template);
            }
            _ => return Err(Error::NotSaid { slot, server: self.name.to_owned() }),
        }
        Ok(())
    }

    /// The headers of requests to the server at `asked`, if that is the one it is for.
    ///
    /// # Errors
    /// [`Error::OtherServer`]; [`Error::NotFor`] when it is for none, or has no headers.
    pub fn headers(&self, asked: Option<&str>) -> Result<Manifest, Error> {
        let url = self.server.url.as_deref().ok_or_else(|| self.not_for("url"))?;
        if self.server.headers.is_empty() {
            return Err(self.not_for("headers"));
        }
        if asked.is_some_and(|asked| !is_same_origin(asked, url)) {
            let (server, url) = (self.name.to_owned(), url.to_owned());
            return Err(Error::OtherServer { server, url });
        }
        let mut manifest = Manifest::allowing(self.allowed());
        for (name, text) in &self.server.headers {
            manifest.grant(Slot::Header(name.clone()), Template::of(text));
        }
        Ok(manifest)
    }

    fn allowed(&self) -> Allowed {
        Allowed::Only(self.server.allow.clone())
    }

    fn not_for(&self, key: &'static str) -> Error {
        Error::NotFor { server: self.name.to_owned(), key }
    }
}

/// Where a session keeps its things, and how it reaches the network.
fn is_of_the_session(name: &OsStr) -> bool {
    name.to_str().is_some_and(|name| name.starts_with("XDG_") || is_proxy(name))
}

fn is_proxy(name: &str) -> bool {
    name.to_ascii_lowercase().ends_with("_proxy")
}

fn is_obeyed(name: &OsStr) -> bool {
    let Some(name) = name.to_str() else {
        return true;
    };
    let lower = name.to_ascii_lowercase();
    OBEYED.contains(&name)
        || is_proxy(name)
        || OBEYED_STARTS.iter().any(|start| lower.starts_with(start))
}

//! `pass mv`, `pass cp`: the rules of where something goes, and the words of mv(1) and cp(1).

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use crate::crypto::Cipher;
use crate::store::{self, Name, Store};
use crate::sys::{self, Kind};
use crate::vault::{Place, Resealed, Transfer, Which};

use super::super::{agent, ui};
use super::getopt::{Opt, Value};
use super::init::own_entries;
use super::path::Typed;
use super::{Died, Pass, line};

const OPTIONS: [Opt; 1] = [Opt { short: b'f', long: "force", value: Value::None }];

pub(super) fn run(pass: &Pass<'_>, words: &[Vec<u8>], how: Transfer) -> Result<(), Died> {
    let parsed = pass.parse(&OPTIONS, words);
    let [old, new] = parsed.operands.as_slice() else {
        return Err(pass.usage("[--force,-f] old-path new-path"));
    };
    let (old, new) = (Typed::new(old)?, Typed::new(new)?);
    let from = pass.store().and_then(|store| find(&old, &store));
    pass.print_bytes(&[&pass.source(&old, from.as_ref()), b"\n".as_slice()].concat())?;
    if old.below_root().is_empty() && pass.root().is_dir() {
        return Err(pass.whole_store(&new, how)?);
    }
    let Some(from) = from else {
        return Err(Died::new(format!("Error: {} is not in the password store.", old.as_str())));
    };
    pass.make_all(&parent(&pass.full(new.as_str().as_bytes())))?;
    let store = Store::open(pass.root())?;
    let job = Job::plan(pass, (&old, &new), from, how, &store)?;
    job.check(pass)?;
    for name in job.after(&store)? {
        Pass::unless_agent(agent::refuse_under(&name, pass.session))?;
    }
    if parsed.has(b'f') || job.agreed(pass)? {
        job.carry_out(pass)?;
    }
    Ok(())
}

/// What is meant: an entry, a folder, or an entry's file by its own name.
fn find(old: &Typed, store: &Store) -> Option<Place> {
    let text = old.as_str().strip_suffix('/').unwrap_or(old.as_str());
    let bare = Cipher::ALL.iter().find_map(|cipher| text.strip_suffix(cipher.extension()));
    let file = || match Place::find(bare?, store) {
        Ok(Place::Entry(name)) => Some(Place::Entry(name)),
        _ => None,
    };
    Place::find(old.as_str(), store).ok().or_else(file)
}

/// One call, understood.
struct Job<'t> {
    typed: (&'t Typed, &'t Typed),
    from: Place,
    to: Name,
    how: Transfer,
    /// The paths as they are told: of the source, of what it becomes, of all that goes with it.
    source: Vec<u8>,
    target: Vec<u8>,
    pairs: Vec<(Vec<u8>, Vec<u8>)>,
}

impl<'t> Job<'t> {
    fn plan(
        pass: &Pass<'_>,
        typed: (&'t Typed, &'t Typed),
        from: Place,
        how: Transfer,
        store: &Store,
    ) -> Result<Self, Died> {
        let (old, new) = typed;
        let to = from.destination(new.as_str(), store)?;
        let source = pass.source(old, Some(&from));
        let into = new.as_str().ends_with('/') || pass.is_folder(new);
        let ending = ending(&from, store)?;
        let plain = pass.full(new.as_str().as_bytes());
        let target = match into {
            true => joined(&plain, source.rsplit(|byte| *byte == b'/').next().unwrap_or_default()),
            false => [plain.as_slice(), ending.as_bytes()].concat(),
        };
        let pairs = match &from {
            Place::Folder(_) if how == Transfer::Copy => copied(&source, &target),
            _ => vec![(source.clone(), target.clone())],
        };
        Ok(Self { typed, from, to, how, source, target, pairs })
    }

    fn is_folder(&self) -> bool {
        matches!(self.from, Place::Folder(_))
    }

    /// What the entries will be called.
    fn after(&self, store: &Store) -> Result<Vec<Name>, store::Error> {
        let Place::Folder(folder) = &self.from else {
            return Ok(vec![self.to.clone()]);
        };
        let names = store.list(Some(folder)).names.into_iter();
        let names = names.map(|name| {
            let rest = name.as_str().strip_prefix(folder.as_str()).unwrap_or_default();
            Ok(format!("{}{rest}", self.to).parse()?)
        });
        names.collect()
    }

    /// What an entry was called that is called `name` now.
    fn before(&self, name: &Name) -> Result<Name, store::Error> {
        let rest = name.as_str().strip_prefix(self.to.as_str()).unwrap_or_default();
        Ok(format!("{}{rest}", self.from.name()).parse()?)
    }

    /// Whether the folders above go when they get empty: rmdir(1) does that for an entry that was
    /// named as one, `git rm` also for one that was named by its file.
    fn prunes(&self, pass: &Pass<'_>) -> bool {
        let (root, name) = (pass.root(), self.from.name().as_str());
        let is_in_git = || {
            let mut folders = Path::new(name).ancestors().skip(1);
            folders.any(|folder| sys::exists(&root.join(folder).join(".git")))
        };
        !self.is_folder() && (self.typed.0.below_root() == name || is_in_git())
    }

    /// What is in the folder that it goes into: pass looks whether that is encrypted as it should be.
    fn neighbours(&self, store: &Store) -> Vec<Name> {
        let into = self.typed.1.below_root();
        if into == self.to.as_str() {
            return Vec::new();
        }
        let folder: Option<Name> = into.parse().ok();
        let mut names = own_entries(store, folder.as_ref());
        let is_below =
            |name: &Name, other: &Name| Path::new(name.as_str()).starts_with(other.as_str());
        let moves = |name: &Name| self.how == Transfer::Move && is_below(name, self.from.name());
        names.retain(|name| !is_below(name, &self.to) && !moves(name));
        names
    }

    fn program(&self) -> &'static str {
        if self.how == Transfer::Move { "mv" } else { "cp" }
    }

    /// What mv and cp refuse.
    fn check(&self, pass: &Pass<'_>) -> Result<(), Died> {
        let (source, target) = (pass.quoted(&self.source), pass.quoted(&self.target));
        let (source, target) = (String::from_utf8_lossy(&source), String::from_utf8_lossy(&target));
        let (from, to) = (Path::new(self.from.name().as_str()), Path::new(self.to.as_str()));
        let is_folder = self.is_folder();
        let program = self.program();
        if is_folder && to.starts_with(from) {
            return Err(Died::new(into_itself(self.how, &source, &target)));
        }
        if from == to {
            return Err(Died::new(format!("{program}: {source} and {target} are the same file")));
        }
        let there = path(&self.target);
        match sys::facts(there).ok().flatten().map(|facts| facts.kind) {
            Some(Kind::File) if is_folder => Err(Died::new(format!(
                "{program}: cannot overwrite non-directory {target} with directory {source}"
            ))),
            Some(Kind::Folder) if is_folder && self.how == Transfer::Move && !is_empty(there) => {
                Err(Died::new(format!("mv: cannot move {source} to {target}: Directory not empty")))
            }
            _ => Ok(()),
        }
    }

    /// `mv -i`, `cp -i`: asks for each file that would be replaced, where somebody can be asked.
    /// A no leaves everything as it is, and is no failure.
    fn agreed(&self, pass: &Pass<'_>) -> Result<bool, Died> {
        if !pass.session.world.stdin_is_terminal {
            return Ok(true);
        }
        let taken = |(_, target): &&(Vec<u8>, Vec<u8>)| {
            sys::facts(path(target)).ok().flatten().is_some_and(|facts| facts.kind != Kind::Folder)
        };
        for (_, target) in self.pairs.iter().filter(taken) {
            let target = pass.quoted(target);
            let question =
                format!("{}: overwrite {}? ", self.program(), String::from_utf8_lossy(&target));
            if !line::is_yes(&pass.ask(&question)?.text) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn carry_out(&self, pass: &Pass<'_>) -> Result<(), Died> {
        let (old, new) = (self.typed.0.as_str(), self.typed.1.as_str());
        let (verb, aside) = match self.how {
            Transfer::Move => ("Rename", format!("Remove {old}.")),
            Transfer::Copy => ("Copy", String::new()),
        };
        let subject = format!("{verb} {old} to {new}.");
        let resealed = pass.vault(|vault| {
            let done = vault.edit(&subject, |edit| {
                if !self.prunes(pass) {
                    edit.keep_folders_above(self.from.name());
                }
                let mut resealed = edit.transfer(&self.from, &self.to, self.how, &aside)?;
                // pass has moved it already when it finds that nobody can open it.
                for entry in resealed.iter().filter(|entry| entry.outcome.is_err()) {
                    edit.carry_over(&self.before(&entry.name)?, &entry.name, self.how)?;
                }
                resealed.extend(edit.reencrypt(&self.neighbours(vault.store()), Which::Differing)?);
                Ok(resealed)
            });
            pass.finish(done, &format!("{}: nothing was changed", self.program()))
        })?;
        self.make_copied_folders(pass)?;
        self.tell(pass)?;
        resealed.iter().try_for_each(|entry| pass.tell_resealed(self.typed.1, entry))
    }

    /// Those in which nothing is were not copied with what is in them.
    fn make_copied_folders(&self, pass: &Pass<'_>) -> Result<(), Died> {
        let copied =
            |(source, _): &&(Vec<u8>, Vec<u8>)| self.how == Transfer::Copy && path(source).is_dir();
        for (_, target) in self.pairs.iter().filter(copied) {
            sys::create_shared_folder(path(target), pass.session.umask())
                .map_err(|error| Died::new(format!("cp: {error}")))?;
        }
        Ok(())
    }

    fn tell(&self, pass: &Pass<'_>) -> Result<(), Died> {
        let verb: &[u8] = if self.how == Transfer::Move { b"renamed " } else { b"" };
        self.pairs.iter().try_for_each(|(source, target)| {
            let (source, target) = (pass.quoted(source), pass.quoted(target));
            pass.print_bytes(&[verb, &source, b" -> ", &target, b"\n"].concat())
        })
    }
}

fn into_itself(how: Transfer, source: &str, target: &str) -> String {
    match how {
        Transfer::Move => format!("mv: cannot move {source} to a subdirectory of itself, {target}"),
        Transfer::Copy => format!("cp: cannot copy a directory, {source}, into itself, {target}"),
    }
}

impl Pass<'_> {
    /// `$old_path` of pass: the entry's file, or the folder.
    fn source(&self, old: &Typed, from: Option<&Place>) -> Vec<u8> {
        let bare = old.as_str().strip_suffix('/').unwrap_or(old.as_str());
        let plain = self.full(bare.as_bytes());
        let ending = match from {
            Some(Place::Entry(name)) if old.below_root() == name.as_str() => {
                let store = self.store();
                store.and_then(|store| ending(from?, &store).ok()).unwrap_or_default()
            }
            _ => "",
        };
        [plain.as_slice(), ending.as_bytes()].concat()
    }

    /// What mv and cp say where the whole store shall go into itself.
    fn whole_store(&self, new: &Typed, how: Transfer) -> Result<Died, Died> {
        let target = self.full(new.as_str().as_bytes());
        self.make_all(&parent(&target))?;
        let (root, target) = (self.quoted(&self.full(b"")), self.quoted(&target));
        let (root, target) = (String::from_utf8_lossy(&root), String::from_utf8_lossy(&target));
        Ok(Died::new(into_itself(how, &root, &target)))
    }

    fn is_folder(&self, typed: &Typed) -> bool {
        path(&self.full(typed.as_str().as_bytes())).is_dir()
    }

    /// Of an entry that was found below `typed`.
    pub(super) fn tell_resealed(&self, typed: &Typed, entry: &Resealed) -> Result<(), Died> {
        let (name, to) = (typed.found(&entry.name), entry.to.join(" "));
        self.session.ui.line(&format!("{name}: reencrypting to {to}"))?;
        if let Err(error) = &entry.outcome {
            ui::say(&format!("{error}\n"));
        }
        Ok(())
    }
}

/// The ending of an entry's file; none of a folder's.
fn ending(from: &Place, store: &Store) -> Result<&'static str, store::Error> {
    match from {
        Place::Folder(_) => Ok(""),
        Place::Entry(name) => Ok(store.cipher_of(name)?.map_or("", Cipher::extension)),
    }
}

/// Everything that a copy takes along, as cp tells it: a folder only where it is new.
fn copied(source: &[u8], target: &[u8]) -> Vec<(Vec<u8>, Vec<u8>)> {
    let own = (!path(target).is_dir()).then(|| (source.to_vec(), target.to_vec()));
    let mut pairs: Vec<_> = own.into_iter().collect();
    for name in sys::names_in(path(source)).unwrap_or_default() {
        let name = name.as_os_str().as_bytes();
        let (before, after) = (joined(source, name), joined(target, name));
        match sys::facts(path(&before)).ok().flatten().map(|facts| facts.kind) {
            Some(Kind::Folder) => pairs.extend(copied(&before, &after)),
            _ => pairs.push((before, after)),
        }
    }
    pairs
}

fn joined(folder: &[u8], name: &[u8]) -> Vec<u8> {
    let slash: &[u8] = if folder.ends_with(b"/") { b"" } else { b"/" };
    [folder, slash, name].concat()
}

/// `${path%/*}`
fn parent(path: &[u8]) -> Vec<u8> {
    let end = path.iter().rposition(|byte| *byte == b'/').unwrap_or(path.len());
    path[..end].to_vec()
}

fn is_empty(folder: &Path) -> bool {
    sys::names_in(folder).is_ok_and(|names| names.is_empty())
}

fn path(bytes: &[u8]) -> &Path {
    Path::new(OsStr::from_bytes(bytes))
}

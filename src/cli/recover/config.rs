//! The everyday accident, on a machine that works: what clients are configured by comes back.

use serde_json::{Value, json};

use crate::cli::snapshot::places::places;
use crate::cli::snapshot::restore::{confirm, danger, record, site, tell, tell_kept, warn_of};
use crate::cli::snapshot::source::{Source, with_source};
use crate::cli::snapshot::target::{Place, Trust};
use crate::cli::{Done, Failure, Session};
use crate::recovery::{Servers, servers};
use crate::snapshot::{Danger, Replaced, Restoration, Selection, Site, TreePath, Wanted};

use super::{Args, told};

pub(super) fn run(args: &Args, session: &Session) -> Result<Done, Failure> {
    let place = Place { to: args.from.clone() };
    with_source(&place, &Trust::default(), session, |source| {
        let found = source.search()?;
        source.end_progress();
        told::found(&found, false, session);
        let verified = found.chosen?;
        told::chosen(&verified, source.signer(), session);
        let everything = Selection::everything();
        let restoration = source.restoration(&verified, &everything)?;
        let places = places(session, Vec::new());
        let site = site(&places, &restoration, session)?;
        let work = Work { args, source, restoration: &restoration, site: &site, session };
        if args.only.is_some() { work.servers() } else { work.files() }
    })
}

struct Work<'a> {
    args: &'a Args,
    source: &'a Source<'a>,
    restoration: &'a Restoration<'a>,
    site: &'a Site<'a>,
    session: &'a Session,
}

impl Work<'_> {
    /// All files of all clients.
    fn files(&self) -> Result<Done, Failure> {
        let selection = Selection::only(vec![Wanted::Clients]);
        let changed = self.changed(&selection)?;
        let selection = Selection::only(changed.iter().cloned().map(Wanted::Path).collect());
        if changed.is_empty() {
            return self.nothing();
        }
        let restoration = Restoration { selection: &selection, ..*self.restoration };
        let dangers = restoration.dangers(self.site)?;
        self.show(&changed, &dangers)?;
        if self.args.dry_run {
            return Ok(Done::Fully);
        }
        confirm(self.args.yes, "Put these files back?", self.session)?;
        let replaced = restoration.in_place(self.site);
        self.source.end_progress();
        record(restoration.verified, replaced.is_ok(), self.session);
        let Replaced { kept, restored } = replaced?;
        tell(&restored, self.session);
        tell_kept(kept.as_deref(), self.session);
        Ok(Done::Fully)
    }

    /// What is not here as it was.
    fn changed(&self, selection: &Selection) -> Result<Vec<TreePath>, Failure> {
        let restoration = Restoration { selection, ..*self.restoration };
        let changed = restoration.changed_files(self.site);
        self.source.end_progress();
        Ok(changed?)
    }

    /// Only what says which servers there are.
    fn servers(&self) -> Result<Done, Failure> {
        let found = servers(self.restoration, self.site)?;
        self.source.end_progress();
        let mut left = false;
        for one in &found {
            if let Servers::Left(path, reason) = one {
                left = true;
                self.session.ui.warn(&format!("`{}` stays as it is: {reason}", path.shown()));
            }
        }
        let todo: Vec<&Servers<'_>> =
            found.iter().filter(|one| !matches!(one, Servers::Left(..))).collect();
        if todo.is_empty() {
            return self.nothing();
        }
        let paths: Vec<TreePath> = todo.iter().map(|one| one.path().clone()).collect();
        let mut dangers = Vec::new();
        for one in &todo {
            dangers.extend(self.dangers(one)?);
        }
        self.show(&paths, &dangers)?;
        if !self.args.dry_run {
            confirm(self.args.yes, "Put these servers back?", self.session)?;
            todo.iter().try_for_each(|one| self.put(one))?;
        }
        Ok(if left { Done::WithOmissions } else { Done::Fully })
    }

    fn dangers(&self, one: &Servers<'_>) -> Result<Vec<Danger>, Failure> {
        match one {
            Servers::Part(_, part) => Ok(part.dangers()),
            Servers::Whole(path) => self.whole(path, |file| Ok(file.dangers(self.site)?)),
            Servers::Left(..) => Ok(Vec::new()),
        }
    }

    fn put(&self, one: &Servers<'_>) -> Result<(), Failure> {
        let replaced = match one {
            Servers::Part(_, part) => part.put().map_err(Failure::from),
            Servers::Whole(path) => self.whole(path, |file| Ok(file.in_place(self.site)?)),
            Servers::Left(..) => return Ok(()),
        };
        self.source.end_progress();
        record(self.restoration.verified, replaced.is_ok(), self.session);
        tell_kept(replaced?.kept.as_deref(), self.session);
        Ok(())
    }

    fn whole<T>(
        &self,
        path: &TreePath,
        work: impl FnOnce(&Restoration<'_>) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        let selection = Selection::only(vec![Wanted::Path(path.clone())]);
        work(&Restoration { selection: &selection, ..*self.restoration })
    }

    fn nothing(&self) -> Result<Done, Failure> {
        self.session.ui.note("nothing to put back: it is all as it was in that snapshot");
        if self.session.ui.json {
            self.session.ui.json(&json!({ "files": [], "dangers": [] }))?;
        }
        Ok(Done::Fully)
    }

    /// What would change, before it does.
    fn show(&self, paths: &[TreePath], dangers: &[Danger]) -> Result<(), Failure> {
        self.source.end_progress();
        let names: Vec<String> = paths.iter().map(TreePath::shown).collect();
        if self.session.ui.json {
            let dangers: Vec<Value> = dangers.iter().map(danger).collect();
            let id = self.restoration.verified.commit().id.to_string();
            return self
                .session
                .ui
                .json(&json!({ "snapshot": id, "files": names, "dangers": dangers }));
        }
        names.iter().try_for_each(|name| self.session.ui.line(name))?;
        warn_of(dangers, self.session);
        Ok(())
    }
}

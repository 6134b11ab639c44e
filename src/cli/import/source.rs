//! What all imports have in common: look, ask, write, and say what is left lying about.

use std::path::Path;

use crate::cli::{Code, Done, Failure, Session};
use crate::import::{Error, Found, Plan, State, read_file};
use crate::secret::Secret;
use crate::store::Name;
use crate::sys;
use crate::vault::Vault;

use super::How;
use super::report::Report;

/// Where secrets come from.
pub(super) struct Source<'a> {
    /// As in `import NAME`.
    pub(super) name: &'static str,
    /// The folder that its entries get if none is given.
    pub(super) folder: &'a str,
    /// The file that holds them in the clear, if somebody named one.
    pub(super) file: Option<&'a Path>,
}

/// How an import ended.
pub(super) struct Imported {
    pub(super) done: Done,
    /// The entries that the store has now; none after a mere look.
    pub(super) names: Vec<Name>,
}

impl Source<'_> {
    /// Reads the file.
    pub(super) fn read(
        &self,
        parse: impl FnOnce(&Secret) -> Result<Found, Error>,
    ) -> Result<Found, Failure> {
        let file = self.file.unwrap_or(Path::new(""));
        let content = read_file(file)?;
        parse(&content)
            .map_err(|error| Failure::from(error).about(&format!("`{}`", file.display())))
    }

    /// Shows what was found, and imports it if that is wanted.
    pub(super) fn import(
        &self,
        mut found: Found,
        how: &How,
        session: &Session,
    ) -> Result<Imported, Failure> {
        let items = found.items(how.prefix.as_deref().unwrap_or(self.folder))?;
        session.with_vault(|vault| {
            let mut plan = Plan::new(items, vault)?;
            compare(&mut plan, vault, session)?;
            let report = Report { plan: &plan, found: &found, overwrite: how.overwrite };
            report.show(session)?;
            if how.dry_run {
                return Ok(Imported { done: Done::Fully, names: Vec::new() });
            }
            self.write(&plan, how, vault, session)?;
            self.advise(report.done(), session);
            let names =
                plan.steps.iter().filter(|step| step.state != State::Differs || how.overwrite);
            Ok(Imported {
                done: report.done(),
                names: names.map(|step| step.item.name.clone()).collect(),
            })
        })
    }

    fn write(
        &self,
        plan: &Plan,
        how: &How,
        vault: &Vault<'_>,
        session: &Session,
    ) -> Result<(), Failure> {
        let count = plan.to_write(how.overwrite).count();
        if count == 0 {
            session.ui.note("nothing was imported");
            return Ok(());
        }
        confirm(count, plan, how, session)?;
        let count = plan.carry_out(self.name, how.overwrite, vault)?;
        session.ui.note(&format!("imported: {count}"));
        Ok(())
    }

    /// The file still holds all of it in the clear; it may be the only place that does.
    fn advise(&self, done: Done, session: &Session) {
        let Some(file) = self.file else {
            return;
        };
        let name = quoted(&file.display().to_string());
        let name = if name.starts_with('-') { format!("./{name}") } else { name };
        session.ui.note(&format!("`{}` still holds the secrets in the clear", file.display()));
        session.ui.note(&match done {
            Done::Fully => format!("hint: shred -u {name}"),
            Done::WithOmissions => {
                format!("hint: once you have what was not imported: shred -u {name}")
            }
        });
        if let Some(tree) = sys::work_tree(file) {
            session.ui.warn(&format!(
                "it lies in the git work tree `{}`: if it was ever committed, history keeps it, and what it holds should be replaced",
                tree.display()
            ));
        }
    }
}

/// Opens the entries that exist. Somebody is asked for a passphrase once, not for every entry.
fn compare(plan: &mut Plan, vault: &Vault<'_>, session: &Session) -> Result<(), Failure> {
    let mut existing = plan.steps.iter().filter(|step| step.state == State::Differs);
    let unlocked = existing.try_for_each(|step| vault.unlock_for(&step.item.name));
    match unlocked.map_err(Failure::from) {
        Ok(()) => Ok(plan.compare(vault)?),
        Err(failure) if failure.code() == Code::Interrupted => Err(failure),
        Err(failure) => {
            session
                .ui
                .warn(&format!("entries that exist can not be compared: {}", failure.message()));
            Ok(())
        }
    }
}

fn confirm(count: usize, plan: &Plan, how: &How, session: &Session) -> Result<(), Failure> {
    if how.yes {
        return Ok(());
    }
    if !session.world.stdin_is_terminal {
        let failure =
            Failure::new(Code::NeedsPerson, "importing needs a yes, and there is no terminal");
        return Err(failure.hint("`--yes` imports without asking; nothing was changed"));
    }
    let replaced = if how.overwrite { plan.count(State::Differs) } else { 0 };
    let question = match (count, replaced) {
        (1, 0) => "Import 1 entry?".to_owned(),
        (count, 0) => format!("Import {count} entries?"),
        (count, replaced) => format!("Import {count} entries, {replaced} of them over others?"),
    };
    match session.world.prompt.ask_yes(&question)? {
        true => Ok(()),
        false => Err(Failure::failed("nothing was changed")),
    }
}

/// As one word for a POSIX shell.
pub(super) fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "/._-+:@,~=".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

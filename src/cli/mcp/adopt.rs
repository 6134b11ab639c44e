//! `vaultctl mcp adopt`.

use std::path::PathBuf;

use serde_json::{Value, json};

use crate::cli::{Checked, Done, Example, Failure, Session, agent};
use crate::clients::adoption::{Adoption, Carried, Copies, Findings, Sought, Wrapper};
use crate::clients::{Client, ClientFile, Found, System, find};
use crate::sys;
use crate::vault::Vault;

use super::difference;
use super::surroundings;

/// Move secrets out of clients' files into the store
///
/// Finds keys that stand in the clear in the variables, headers, arguments and addresses of MCP
/// servers, in the files of every client. Each becomes an entry below `claude/`; the client's entry
/// gets a reference in its place and starts the server by `vaultctl exec --server NAME`; and the
/// settings get `[server.NAME]`, which gives these secrets to this program only. What will change is
/// shown first, without the secrets.
///
/// A sealed copy of each file is kept, from which `vaultctl mcp undo` puts it back. What can not be
/// moved is named, and the exit status is 3.
#[derive(clap::Args)]
pub(super) struct Args {
    /// Only servers of CLIENT: claude-desktop, claude-code, cursor, vscode, windsurf, zed, gemini-cli, codex
    #[arg(long, value_name = "CLIENT")]
    client: Option<Client>,
    /// Only servers called NAME
    #[arg(long, value_name = "NAME")]
    server: Option<String>,
    /// Also the variables in Claude Code's settings: what it starts gets references then
    #[arg(long)]
    settings_env: bool,
    /// Remove copies of the files that the client keeps and that hold one of the secrets
    #[arg(long)]
    remove_backups: bool,
    /// Only show what would change
    #[arg(long)]
    dry_run: bool,
    /// Change it without asking; needed where nobody can be asked
    #[arg(short, long)]
    yes: bool,
}

pub(in crate::cli) const EXAMPLES: &[Example] = &[
    Example {
        what: "See which secrets would be moved, and how",
        line: "vaultctl mcp adopt --dry-run",
        checked: Checked::Runs,
    },
    Example {
        what: "Move those of one server of one client",
        line: "vaultctl mcp adopt --client cursor --server github --yes",
        checked: Checked::Runs,
    },
];

pub(super) fn run(args: &Args, session: &Session) -> Result<Done, Failure> {
    if !args.dry_run {
        agent::refuse("granting secrets to servers", session)?;
        super::refuse_as_root(session)?;
    }
    let _alone = if args.dry_run { None } else { Some(super::alone(session)?) };
    let found = find(&surroundings(session));
    let is_whole = warn_of_broken(&found, session);
    if !args.dry_run {
        // A killed run may have left a secret there, also where nothing is to be done any more.
        found.files.iter().for_each(ClientFile::sweep);
    }
    let sought = Sought {
        client: args.client,
        server: args.server.as_deref(),
        settings: args.settings_env,
        opens: !agent::is_here(&session.world.variables),
    };
    let findings = Findings::new(found, sought);
    if findings.is_empty() {
        session.ui.note("no secret stands in the clear");
        return Ok(if is_whole { Done::Fully } else { Done::WithOmissions });
    }
    session.with_vault(|vault| {
        let granted = &session.config.settings.server;
        let adoption = findings.plan(&wrapper(session), granted, vault)?;
        show(&adoption, session)?;
        let done = match is_whole && adoption.left.is_empty() {
            true => Done::Fully,
            false => Done::WithOmissions,
        };
        if args.dry_run || adoption.files.is_empty() {
            return Ok(done);
        }
        confirm(&adoption, args, session)?;
        let carried =
            super::with_copies(session, |copies| carry_out(&adoption, vault, copies, session))?;
        tell(&adoption, &carried, args, session)?;
        Ok(if carried.failed.is_empty() { done } else { Done::WithOmissions })
    })
}

/// Whether every file could be read.
fn warn_of_broken(found: &Found, session: &Session) -> bool {
    for broken in &found.broken {
        session.ui.warn(&format!("left out: {}", broken.error));
    }
    found.broken.is_empty()
}

fn wrapper(session: &Session) -> Wrapper {
    let variables = &session.world.variables;
    let found = variables.program("vaultctl").or_else(|| sys::own_program().ok());
    let program = found.unwrap_or_else(|| PathBuf::from("vaultctl"));
    let windows = match System::of_this_machine(variables) {
        System::Wsl(users) => Some(users),
        System::Linux | System::MacOs => None,
    };
    Wrapper::new(&program.to_string_lossy(), variables, windows)
}

/// What will change, and what will not.
fn show(adoption: &Adoption, session: &Session) -> Result<(), Failure> {
    if session.ui.json {
        session.ui.json(&value(adoption))?;
    } else {
        for change in &adoption.files {
            difference::file(&change.file.path, &change.hunks, session)?;
        }
        difference::grants(&adoption.grants, &session.config.paths.settings, session)?;
        for new in &adoption.entries {
            let size = new.entry.bytes().size();
            session.ui.line(&format!("new entry: {} ({size} bytes)", new.name))?;
        }
    }
    for left in &adoption.left {
        let place = format!("`{}` in `{}`", left.name, left.path.display());
        session.ui.warn(&format!("left in the clear: {place}: {}", left.obstacle));
    }
    for server in &adoption.shown {
        session.ui.warn(&format!(
            "the process list will show a secret of `{server}`: no variable is known that it reads instead"
        ));
    }
    Ok(())
}

fn confirm(adoption: &Adoption, args: &Args, session: &Session) -> Result<(), Failure> {
    let count = adoption.files.len();
    let files = if count == 1 { "1 file".to_owned() } else { format!("{count} files") };
    super::confirm(args.yes, &format!("Change {files}?"), session)
}

fn carry_out(
    adoption: &Adoption,
    vault: &Vault<'_>,
    copies: &Copies<'_>,
    session: &Session,
) -> Result<Carried, Failure> {
    Ok(adoption.carry_out(vault, copies, &session.config.paths.settings)?)
}

/// What was done, and what a person should know now.
fn tell(
    adoption: &Adoption,
    carried: &Carried,
    args: &Args,
    session: &Session,
) -> Result<(), Failure> {
    for (_, error) in &carried.failed {
        session.ui.warn(&format!("left as it was: {error}"));
    }
    for path in &carried.overwritten {
        session
            .ui
            .note(&format!("overwritten by another program and changed again: {}", path.display()));
    }
    for path in &carried.changed {
        session.ui.note(&format!("changed: {}", path.display()));
        if let Some(tree) = sys::work_tree(path) {
            session.ui.warn(&format!(
                "it lies in the git work tree `{}`: if it was ever committed, history keeps the secret, which should be replaced",
                tree.display()
            ));
        }
    }
    for backup in adoption.backups(&carried.changed) {
        if args.remove_backups {
            sys::remove(&backup)?;
            session.ui.note(&format!("removed: {}", backup.display()));
        } else {
            session.ui.warn(&format!("a copy still holds a secret: `{}`", backup.display()));
        }
    }
    if !carried.changed.is_empty() {
        session.ui.note("restart the clients; `vaultctl mcp undo` puts the files back");
    }
    Ok(())
}

fn value(adoption: &Adoption) -> Value {
    let files = adoption.files.iter().map(|change| {
        json!({
            "client": change.file.client.word(),
            "file": change.file.path,
            "changes": change.hunks.iter().map(difference::value).collect::<Vec<_>>(),
        })
    });
    let left = adoption.left.iter().map(|left| {
        json!({
            "client": left.client.word(),
            "file": left.path,
            "name": left.name,
            "reason": left.obstacle.to_string(),
        })
    });
    let entries = adoption.entries.iter().map(|new| new.name.as_str());
    let grants = adoption.grants.iter().map(|grant| {
        json!({ "name": grant.name, "allow": grant.server.allow, "command": grant.server.command })
    });
    json!({
        "entries": entries.collect::<Vec<_>>(),
        "permissions": grants.collect::<Vec<_>>(),
        "files": files.collect::<Vec<_>>(),
        "left": left.collect::<Vec<_>>(),
    })
}

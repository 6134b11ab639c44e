//! `vaultctl snapshot restore`.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::audit::{Action, Event};
use crate::cli::{Checked, Done, Example, Failure, Session, agent};
use crate::snapshot::{
    self, Danger, JsonPointer, MovedHome, Part, Places, Replaced, Restoration, Restored, Site,
    Thing, Verified, Wanted,
};
use crate::sys::{self, harmless};

use super::choice::Choice;
use super::places::{known_profiles, places};
use super::source::with_source;
use super::target::{Place, Trust};

/// Restore a snapshot, or some of it, into a new folder or in place
///
/// What belongs below the home comes back in DIR/HOME, everything else in DIR/ROOT; it belongs to
/// you. Nothing appears in DIR before the last byte was checked.
///
/// In place, what is there now is kept in ~/.before-restore-TIME, and what snapshots leave out
/// (caches, credentials) stays. First it is shown what would change in what runs programs or says
/// where things go: hooks, MCP servers, permissions, recipients.
///
/// Git repositories come back without
/// hooks and with nothing in their configuration but remotes and branches, and what starts programs
/// is commented out in our own settings. Credentials come back to DIR/QUARANTINE, or in place to a
/// folder of our state: log in anew rather than copy them back.
#[derive(clap::Args)]
pub(super) struct Args {
    /// Which snapshot
    #[arg(value_name = "SNAP", default_value = "latest")]
    snapshot: String,
    #[command(flatten)]
    place: Place,
    /// Where to; must not exist, or be empty
    #[arg(long, value_name = "DIR", required_unless_present_any = ["in_place", "json_path", "dry_run", "resume"])]
    target: Option<PathBuf>,
    /// Restore over what is there
    #[arg(long, conflicts_with = "target")]
    in_place: bool,
    /// Put one part of the JSON file that --only names into the file that is there, as `/mcpServers`
    ///
    /// Everything else in that file stays as it is.
    #[arg(long, value_name = "POINTER", requires = "only", conflicts_with_all = ["target", "in_place", "map_home"], value_parser = JsonPointer::parse)]
    json_path: Option<JsonPointer>,
    /// Do not ask; needed where nobody can be asked
    #[arg(long)]
    yes: bool,
    /// Finish a restore in place that was interrupted
    #[arg(long, conflicts_with_all = ["target", "in_place", "json_path", "dry_run", "only", "map_home"])]
    resume: bool,
    #[command(flatten)]
    choice: Choice,
    /// Rename the folders of Claude's projects, which are called after the projects' paths, and what
    /// lay below OLD
    ///
    /// Only names change; what files say is left as it was. `-home-ann-x` may be of `/home/ann/x` or
    /// of `/home/ann-x`: both are renamed.
    #[arg(long, value_name = "OLD=NEW", value_parser = MovedHome::parse)]
    map_home: Option<MovedHome>,
    /// List what would be restored and what is dangerous about it, and restore nothing
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    trust: Trust,
}

pub(in crate::cli) const EXAMPLES: &[Example] = &[
    Example {
        what: "Restore the newest",
        line: "vaultctl snapshot restore --to /media/disk/vaultctl --target ~/restored",
        checked: Checked::Parses,
    },
    Example {
        what: "Restore on a new machine, with the identity from the paper",
        line: "vaultctl snapshot restore --to /media/disk/vaultctl --identity recovery.txt --target ~/restored",
        checked: Checked::Parses,
    },
    Example {
        what: "See what a restore in place would change",
        line: "vaultctl snapshot restore --to /media/disk/vaultctl --in-place --dry-run",
        checked: Checked::Parses,
    },
    Example {
        what: "Get one MCP server back and leave everything else in the file",
        line: "vaultctl snapshot restore --to /media/disk/vaultctl --only ~/.claude.json --json-path /mcpServers/github",
        checked: Checked::Parses,
    },
    Example {
        what: "Get one transcript back",
        line: "vaultctl snapshot restore --to /media/disk/vaultctl --only session:5e0c9b62 --target ~/restored",
        checked: Checked::Parses,
    },
];

pub(super) fn run(args: &Args, session: &Session) -> Result<Done, Failure> {
    if !args.dry_run {
        agent::refuse("restoring a snapshot", session)?;
    }
    if args.resume {
        return resume(session);
    }
    let selection = args.choice.selection(session)?;
    with_source(&args.place, &args.trust, session, |source| {
        let verified = source.prove(&args.snapshot)?;
        let restoration = source.restoration(&verified, &selection)?;
        let restoration = Restoration { moved: args.map_home.as_ref(), ..restoration };
        restore(args, &restoration, &|| source.end_progress(), session)
    })
}

/// What ends the line of progress, before anything is said or asked.
type Hush<'a> = &'a dyn Fn();

fn restore(
    args: &Args,
    restoration: &Restoration<'_>,
    hush: Hush<'_>,
    session: &Session,
) -> Result<Done, Failure> {
    if let Some(pointer) = &args.json_path {
        return part(args, pointer, restoration, session);
    }
    match &args.target {
        _ if args.dry_run => preview(restoration, hush, session),
        Some(target) => to(target, restoration, hush, session),
        None => in_place(args.yes, restoration, hush, session),
    }
}

fn preview(
    restoration: &Restoration<'_>,
    hush: Hush<'_>,
    session: &Session,
) -> Result<Done, Failure> {
    let things = restoration.preview()?;
    let places = places(session, Vec::new());
    let dangers = restoration.dangers(&site(&places, restoration, session)?)?;
    hush();
    if session.ui.json {
        let things: Vec<Value> = things.iter().map(value).collect();
        let dangers: Vec<Value> = dangers.iter().map(danger).collect();
        session.ui.json(&json!({ "things": things, "dangers": dangers }))?;
        return Ok(Done::Fully);
    }
    things.iter().try_for_each(|thing| session.ui.line(&harmless(&thing.to_string())))?;
    warn_of(&dangers, session);
    Ok(Done::Fully)
}

fn to(
    target: &Path,
    restoration: &Restoration<'_>,
    hush: Hush<'_>,
    session: &Session,
) -> Result<Done, Failure> {
    let restored = restoration.to(target);
    hush();
    record(restoration.verified, restored.is_ok(), session);
    let restored = restored?;
    tell(&restored, session);
    let id = restoration.verified.commit().id;
    if session.ui.json {
        session.ui.json(&json!({ "snapshot": id.to_string(), "target": target, "quarantine": restored.quarantine }))?;
    }
    session.ui.note(&format!("restored {id} to {}", target.display()));
    Ok(Done::Fully)
}

fn in_place(
    yes: bool,
    restoration: &Restoration<'_>,
    hush: Hush<'_>,
    session: &Session,
) -> Result<Done, Failure> {
    let (id, places) = (restoration.verified.commit().id, places(session, Vec::new()));
    let site = site(&places, restoration, session)?;
    let dangers = restoration.dangers(&site)?;
    hush();
    warn_of(&dangers, session);
    confirm(yes, &format!("Restore {id} over what is there?"), session)?;
    let replaced = restoration.in_place(&site);
    hush();
    record(restoration.verified, replaced.is_ok(), session);
    let Replaced { kept, restored } = replaced?;
    tell(&restored, session);
    if session.ui.json {
        let dangers: Vec<Value> = dangers.iter().map(danger).collect();
        session
            .ui
            .json(&json!({ "snapshot": id.to_string(), "kept": kept, "quarantine": restored.quarantine, "dangers": dangers }))?;
    }
    session.ui.note(&format!("restored {id} in place"));
    tell_kept(kept.as_deref(), session);
    Ok(Done::Fully)
}

fn part(
    args: &Args,
    pointer: &JsonPointer,
    restoration: &Restoration<'_>,
    session: &Session,
) -> Result<Done, Failure> {
    let [Wanted::Path(path)] = restoration.selection.wanted() else {
        return Err(Failure::usage("--json-path needs one file").hint("--only FILE names it"));
    };
    let places = places(session, Vec::new());
    let site = site(&places, restoration, session)?;
    let part = Part::of(restoration, &site, path, pointer)?;
    if args.dry_run && session.ui.json {
        let dangers: Vec<Value> = part.dangers().iter().map(danger).collect();
        session.ui.json(&json!({ "dangers": dangers }))?;
        return Ok(Done::Fully);
    }
    warn_of(&part.dangers(), session);
    if args.dry_run {
        return Ok(Done::Fully);
    }
    confirm(args.yes, &format!("Change {}?", path.shown()), session)?;
    let replaced = part.put();
    record(restoration.verified, replaced.is_ok(), session);
    tell_kept(replaced?.kept.as_deref(), session);
    Ok(Done::Fully)
}

fn resume(session: &Session) -> Result<Done, Failure> {
    let places = places(session, Vec::new());
    let site = Site::of(&places, &[], session.world.clock.now());
    match snapshot::resume(&site)? {
        Some((kept, id)) => {
            session.ui.note(&format!("the restore of {id} is finished"));
            tell_kept(Some(&kept), session);
        }
        None => session.ui.note("no restore was interrupted"),
    }
    Ok(Done::Fully)
}

/// This machine, as the profiles of the snapshot see it; one that is not known here takes nothing.
pub(in crate::cli) fn site<'p>(
    places: &'p Places,
    restoration: &Restoration<'_>,
    session: &Session,
) -> Result<Site<'p>, Failure> {
    let profiles = known_profiles(&restoration.verified.commit().profiles, session)?;
    Ok(Site::of(places, &profiles, session.world.clock.now()))
}

pub(in crate::cli) fn confirm(yes: bool, question: &str, session: &Session) -> Result<(), Failure> {
    if yes {
        return Ok(());
    }
    match session.world.prompt.ask_yes(question) {
        Ok(true) => Ok(()),
        Ok(false) => Err(Failure::failed("not restored; nothing was changed")),
        Err(error) => Err(Failure::from(error).hint("`--yes` restores without asking")),
    }
}

pub(in crate::cli) fn warn_of(dangers: &[Danger], session: &Session) {
    if !dangers.is_empty() {
        session.ui.warn("this would change what runs programs, or says where things go:");
        dangers.iter().for_each(|danger| session.ui.aside(&danger.to_string()));
    }
}

pub(in crate::cli) fn tell_kept(kept: Option<&Path>, session: &Session) {
    if let Some(kept) = kept.filter(|kept| sys::exists(kept)) {
        session.ui.note(&format!("what was there before is in {}", kept.display()));
    }
}

/// For `--json`.
pub(in crate::cli) fn danger(danger: &Danger) -> Value {
    let Danger { path, field, before, after } = danger;
    json!({ "path": path.shown(), "field": field, "before": before, "after": after })
}

/// For `--json`.
pub(super) fn value(thing: &Thing) -> Value {
    let kind = match thing.kind {
        sys::Kind::File if thing.leads_to.is_some() => "hard link",
        sys::Kind::File => "file",
        sys::Kind::Folder => "folder",
        sys::Kind::Link => "link",
        sys::Kind::Other => "other",
    };
    json!({
        "path": thing.path.shown(), "kind": kind, "size": thing.size, "mode": format!("{:04o}", thing.mode),
        "mtime": thing.mtime, "leads_to": thing.leads_to,
    })
}

/// What is not as it was, and what was not as it should be.
pub(in crate::cli) fn tell(restored: &Restored, session: &Session) {
    for altered in &restored.altered {
        session.ui.note(&format!("{}: {}", altered.path.shown(), altered.told));
    }
    if let Some(folder) = &restored.quarantine {
        session.ui.warn(&format!(
            "credentials are in `{}`, and not in their places: log in anew, then remove that folder",
            folder.display()
        ));
        session.ui.aside("a token that is renewed belongs to one machine; where two use it, it looks stolen, and both are shut out");
    }
    for lost in &restored.passed_over {
        session.ui.warn(&format!("`{}`: {}; another place made up for it", lost.place, lost.error));
    }
}

/// On a machine that has just been set up there may be no place for the log; that stops nobody.
pub(in crate::cli) fn record(verified: &Verified, done: bool, session: &Session) {
    let id = verified.commit().id.to_string();
    let event =
        if done { Event::ok(Action::Restore, &id) } else { Event::failed(Action::Restore, &id) };
    let logged = sys::create_folder(session.config.paths.state_folder())
        .map_err(Failure::from)
        .and_then(|()| Ok(session.log().append(session.world.clock.now(), &[event], true)?));
    if logged.is_err() {
        session.ui.warn("the access log can not be written");
    }
}

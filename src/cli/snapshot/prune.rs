//! `vaultctl snapshot prune`.

use std::time::Duration;

use serde_json::json;

use crate::audit::{Action, Event};
use crate::cli::{Checked, Done, Example, Failure, Session};
use crate::config::{self, Span};
use crate::recovery;
use crate::snapshot::{
    Choice, GivenUp, Keep, Locked, Pruning, Reason, Removal, Repository, SnapshotId,
};
use crate::sys;

use super::destination::Purpose;
use super::progress::{Phase, Report};
use super::target::{Place, Trust, all_but_lost, known, state};

/// How old an object must be that no snapshot needs, unless somebody says otherwise.
const GRACE: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// Remove the snapshots that are not worth keeping, and what only they need
///
/// Needs no passphrase. What stays is said by the settings, [snapshot.keep], else the last snapshot
/// of each of thirty days and of twelve months; any --keep option takes the place of all that. Only
/// healthy snapshots count. The newest one, the last healthy one, and the one that a drill has restored
/// last, stay whatever is said.
#[derive(clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    place: Place,
    /// Print what would go, and remove nothing
    #[arg(long)]
    dry_run: bool,
    /// Remove even over 30 % of the snapshots, or over half of the bytes
    #[arg(long)]
    yes: bool,
    #[command(flatten)]
    keep: KeepArgs,
    /// Give up snapshots that are damaged or missing, and remove what is left of them
    ///
    /// Try `vaultctl snapshot heal` first: another destination may have them.
    #[arg(long)]
    give_up_damaged: bool,
    /// Leave objects that no snapshot needs until they are so old; 7d unless the settings say otherwise
    ///
    /// Less than a day is only possible on the machine that takes the snapshots.
    #[arg(long, value_name = "SPAN")]
    grace: Option<Span>,
    #[command(flatten)]
    trust: Trust,
}

#[derive(clap::Args)]
struct KeepArgs {
    /// Keep the last N snapshots
    #[arg(long, value_name = "N")]
    keep_last: Option<u32>,
    /// Keep the last snapshot of each of N hours
    #[arg(long, value_name = "N")]
    keep_hourly: Option<u32>,
    /// Keep the last snapshot of each of N days, of UTC
    #[arg(long, value_name = "N")]
    keep_daily: Option<u32>,
    /// Keep the last snapshot of each of N weeks, from Monday
    #[arg(long, value_name = "N")]
    keep_weekly: Option<u32>,
    /// Keep the last snapshot of each of N months
    #[arg(long, value_name = "N")]
    keep_monthly: Option<u32>,
    /// Keep the last snapshot of each of N years
    #[arg(long, value_name = "N")]
    keep_yearly: Option<u32>,
    /// Keep all that are at most so much older than the newest: 36h, 14d, 8w
    #[arg(long, value_name = "SPAN")]
    keep_within: Option<Span>,
}

pub(in crate::cli) const EXAMPLES: &[Example] = &[
    Example {
        what: "See what would go",
        line: "vaultctl snapshot prune --to /media/disk/vaultctl --dry-run",
        checked: Checked::Parses,
    },
    Example {
        what: "Keep a week and a year, whatever the settings say",
        line: "vaultctl snapshot prune --to /media/disk/vaultctl --keep-daily 7 --keep-monthly 12",
        checked: Checked::Parses,
    },
];

pub(super) fn run(args: &Args, session: &Session) -> Result<Done, Failure> {
    let paths = args.trust.paths(session);
    let report = Report::new(Phase::Pruning, session);
    let reached = args.place.reach(Purpose::Maintenance, &report, session)?;
    let everywhere = args.trust.open_all(&reached, &session.keyring_of(&paths), session)?;
    let repositories = &everywhere.repositories;
    let locked = if args.dry_run { None } else { Some(lock(&repositories[0], session)?) };
    let pruned = repositories.iter().map(|repository| {
        if repositories.len() > 1 {
            session.ui.note(&format!("{}:", repository.storage().place()));
        }
        prune(args, repository, locked.as_ref(), session)
    });
    match all_but_lost(pruned, session)? {
        (done, 0) if everywhere.lost == 0 && done.iter().all(|done| *done == Done::Fully) => {
            Ok(Done::Fully)
        }
        _ => Ok(Done::WithOmissions),
    }
}

/// The same for all places: it is one repository.
fn lock(repository: &Repository<'_>, session: &Session) -> Result<Locked, Failure> {
    sys::create_folder(session.config.paths.state_folder())?;
    Ok(state(repository, session).lock()?)
}

fn prune(
    args: &Args,
    repository: &Repository<'_>,
    locked: Option<&Locked>,
    session: &Session,
) -> Result<Done, Failure> {
    let pruning = pruning(args, repository, session)?;
    let removal = pruning.plan()?;
    let Some(locked) = locked else {
        return preview(&removal, repository, session);
    };
    if !args.yes {
        removal.check_extent()?;
    }
    let done = pruning.carry_out(&removal, locked);
    record(&removal, done.is_ok(), session)?;
    done?;
    tell(&removal, repository, session)
}

fn pruning<'a>(
    args: &Args,
    repository: &'a Repository<'a>,
    session: &Session,
) -> Result<Pruning<'a>, Failure> {
    let configured = &session.config.settings.snapshot;
    let (drilled, witness) = recovery::last_drilled(repository)?.unzip();
    Ok(Pruning {
        repository,
        known: known(repository, session)?,
        keep: args.keep.given().or(configured.keep.map(keep)).unwrap_or_default(),
        grace: args.grace.or(configured.grace).map_or(GRACE, Span::duration),
        now: session.world.clock.now(),
        drilled,
        witness,
        gives_up: args.give_up_damaged,
    })
}

impl KeepArgs {
    /// What the options say; nothing, if there are none.
    fn given(&self) -> Option<Keep> {
        let counts = [
            self.keep_last,
            self.keep_hourly,
            self.keep_daily,
            self.keep_weekly,
            self.keep_monthly,
            self.keep_yearly,
        ];
        let is_given = counts.iter().any(Option::is_some) || self.keep_within.is_some();
        let [last, hourly, daily, weekly, monthly, yearly] = counts.map(Option::unwrap_or_default);
        let within = self.keep_within;
        let keep = config::Keep { last, hourly, daily, weekly, monthly, yearly, within };
        is_given.then(|| self::keep(keep))
    }
}

fn keep(said: config::Keep) -> Keep {
    let config::Keep { last, hourly, daily, weekly, monthly, yearly, within } = said;
    let within = within.map(Span::duration);
    Keep { last, hourly, daily, weekly, monthly, yearly, within }
}

/// Every removed snapshot is worth a line.
fn record(removal: &Removal, done: bool, session: &Session) -> Result<(), Failure> {
    let event = if done { Event::ok } else { Event::failed };
    let events: Vec<Event> =
        removal.going().map(|id| event(Action::Prune, &id.to_string())).collect();
    session.log().append(session.world.clock.now(), &events, true)?;
    Ok(())
}

/// What would go is data, why the others stay is talk.
fn preview(
    removal: &Removal,
    repository: &Repository<'_>,
    session: &Session,
) -> Result<Done, Failure> {
    if session.ui.json {
        return tell(removal, repository, session);
    }
    for choice in removal.choices.iter().filter(|choice| !choice.why.is_empty()) {
        session.ui.note(&format!("{} stays: {}", choice.id, reasons(choice).join(", ")));
    }
    removal.names().try_for_each(|name| session.ui.line(name.as_str()))?;
    Ok(warn(removal, session))
}

fn tell(
    removal: &Removal,
    repository: &Repository<'_>,
    session: &Session,
) -> Result<Done, Failure> {
    let going: Vec<String> = removal.going().map(|id| id.to_string()).collect();
    if session.ui.json {
        let stays = removal.choices.iter().filter(|choice| !choice.why.is_empty());
        let stays = stays
            .map(|choice| json!({ "snapshot": choice.id.to_string(), "why": reasons(choice) }));
        let objects = removal.objects.iter().map(|object| object.name.to_string());
        let objects: Vec<String> = objects.collect();
        let reports = removal.reports.iter().map(|report| report.name.to_string());
        let reports: Vec<String> = reports.collect();
        let newer: Vec<String> = removal.newer.iter().map(SnapshotId::to_string).collect();
        session.ui.json(&json!({
            "place": repository.storage().place(), "removed": going, "kept": stays.collect::<Vec<_>>(), "objects": objects, "reports": reports,
            "bytes": removal.bytes(), "newer": newer, "given_up": given_up(removal),
        }))?;
    } else {
        let (gone, objects, bytes) = (going.len(), removal.objects.len(), removal.bytes());
        let kept = removal.choices.len() - gone;
        session.ui.line(&format!(
            "snapshots: {gone} removed, {kept} kept; objects: {objects} removed, {bytes} bytes"
        ))?;
    }
    Ok(warn(removal, session))
}

fn reasons(choice: &Choice) -> Vec<String> {
    choice.why.iter().map(Reason::to_string).collect()
}

/// What nobody will see again, each once.
fn given_up(removal: &Removal) -> Vec<String> {
    let GivenUp { damaged, missing } = &removal.given_up;
    let is_damaged = |seq: u64| damaged.iter().any(|id| id.seq == seq);
    let missing = missing.iter().filter(|gap| gap.first < gap.last || !is_damaged(gap.first));
    let missing = missing.map(|gap| format!("number {} to {}", gap.first, gap.last));
    damaged.iter().map(SnapshotId::to_string).chain(missing).collect()
}

fn warn(removal: &Removal, session: &Session) -> Done {
    for lost in given_up(removal) {
        session.ui.warn(&format!("{lost} is given up"));
    }
    for id in &removal.newer {
        session.ui.warn(&format!(
            "{id} was written by a newer vaultctl; what it needs is not known, so no object goes"
        ));
    }
    if removal.newer.is_empty() { Done::Fully } else { Done::WithOmissions }
}

//! `vaultctl metrics`.

use std::path::PathBuf;

use crate::doctor;
use crate::sys;

use super::snapshot::target::{Place, Trust};
use super::{Checked, Done, Example, Failure, Session, status};

/// Print how everything stands, for Prometheus
///
/// It is the text that node exporter's textfile collector reads. A place that can not be read is in it
/// as such, and the exit status is 3.
#[derive(clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    place: Place,
    #[command(flatten)]
    trust: Trust,
    /// Write it to FILE (mode 0644), which is replaced at once, instead of printing it
    #[arg(long, value_name = "FILE")]
    textfile: Option<PathBuf>,
}

pub(in crate::cli) const EXAMPLES: &[Example] = &[Example {
    what: "Hand everything to node exporter",
    line: "vaultctl metrics --textfile /var/lib/prometheus/node-exporter/vaultctl.prom",
    checked: Checked::Parses,
}];

pub(super) fn run(args: &Args, session: &Session) -> Result<Done, Failure> {
    let (text, lost) = taken(&args.place, &args.trust, session)?;
    match &args.textfile {
        Some(file) => sys::publish(file, text.as_bytes())?,
        None => session.ui.data(text.as_bytes())?,
    }
    match lost {
        None => Ok(Done::Fully),
        Some(failure) => {
            session.ui.warn(failure.message());
            Ok(Done::WithOmissions)
        }
    }
}

/// Writes the file that the settings name, if they do, when a job has ended. What can not be written
/// is told, and changes nothing else.
pub(super) fn leave(session: &Session) {
    let Some(file) = &session.config.settings.metrics.textfile else {
        return;
    };
    let file = session.config.paths.expand(file);
    let written = taken(&Place::default(), &Trust::default(), session)
        .and_then(|(text, _)| Ok(sys::publish(&file, text.as_bytes())?));
    if let Err(failure) = written {
        session.ui.warn(&format!("no metrics were left: {}", failure.message()));
    }
}

/// The text, and why the last place that could not be read could not.
fn taken(
    place: &Place,
    trust: &Trust,
    session: &Session,
) -> Result<(String, Option<Failure>), Failure> {
    let (status, lost) = status::observe(place, trust, session)?;
    Ok((doctor::metrics(&status), lost))
}

//! How far a long run has come: a line on the terminal for whoever looks, or with `--json` an event
//! now and then for a program. `docs/events.md` describes the events.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde_json::{Value, json};

use crate::cli::{Session, ui};
use crate::snapshot::Progress;
use crate::storage::{ObjectName, Observed, Observer, Storage};

/// What stands on the line, where it is known how much there is.
const LINE: &str = "{bar:30} {bytes} of {total_bytes}, {bytes_per_sec}, {eta} left";

/// What stands there otherwise.
const OPEN_LINE: &str = "{spinner} {bytes}, {bytes_per_sec}";

/// How long at least lies between two events of progress.
const PAUSE: Duration = Duration::from_millis(250);

/// What is going on, and so what counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::cli) enum Phase {
    /// Files of this machine are read into parts.
    Reading,
    /// Objects are compared with what was signed, and opened.
    Verifying,
    /// Objects are opened, and what is in them is put together.
    Restoring,
    /// Objects are compared, and copied.
    Healing,
    /// Objects are removed.
    Pruning,
}

impl Phase {
    fn word(self) -> &'static str {
        match self {
            Self::Reading => "reading",
            Self::Verifying => "verifying",
            Self::Restoring => "restoring",
            Self::Healing => "healing",
            Self::Pruning => "pruning",
        }
    }
}

/// How one run is told.
pub(in crate::cli) struct Report {
    phase: Phase,
    voice: Voice,
    count: Mutex<Count>,
}

/// To whom.
enum Voice {
    /// A line on standard error that goes away at the end; without a terminal there is none.
    Person(ProgressBar),
    /// An event on each line of standard error.
    Program,
    /// Nobody.
    None,
}

/// How far it has come.
#[derive(Default)]
struct Count {
    files: u64,
    bytes: u64,
    total: Option<u64>,
    told: Option<Instant>,
}

impl Report {
    pub(in crate::cli) fn new(phase: Phase, session: &Session) -> Arc<Self> {
        let voice = match (session.ui.quiet, session.ui.json) {
            (true, _) => Voice::None,
            (false, true) => Voice::Program,
            (false, false) => Voice::Person(bar()),
        };
        Arc::new(Self { phase, voice, count: Mutex::default() })
    }

    /// The same storage, with an eye on it.
    pub(in crate::cli) fn watch(self: &Arc<Self>, storage: Box<dyn Storage>) -> Box<dyn Storage> {
        Box::new(Observed::new(storage, self.clone()))
    }

    /// One piece of work is done, as one place: what is said about it must not stand behind a line
    /// that moves.
    pub(in crate::cli) fn end(&self) {
        let mut count = self.count();
        match &self.voice {
            Voice::Person(bar) => bar.finish_and_clear(),
            Voice::Program if count.told.is_some() => ui::event(&self.progress(&count)),
            Voice::Program | Voice::None => {}
        }
        *count = Count::default();
    }

    fn add(&self, change: impl FnOnce(&mut Count)) {
        let mut count = self.count();
        change(&mut count);
        match &self.voice {
            Voice::Person(bar) => show(bar, &count),
            Voice::Program if count.told.is_none_or(|told| told.elapsed() >= PAUSE) => {
                count.told = Some(Instant::now());
                ui::event(&self.progress(&count));
            }
            Voice::Program | Voice::None => {}
        }
    }

    fn progress(&self, count: &Count) -> Value {
        let Count { files, bytes, total, .. } = count;
        let mut event = json!({
            "event": "progress", "phase": self.phase.word(), "bytes_done": bytes, "bytes_total": total,
        });
        if self.phase == Phase::Reading {
            event["files_done"] = json!(files);
        }
        event
    }

    fn event(&self, event: &Value) {
        if let Voice::Program = self.voice {
            ui::event(event);
        }
    }

    fn count(&self) -> MutexGuard<'_, Count> {
        self.count.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Progress for Report {
    fn will_read(&self, bytes: u64) {
        self.add(|count| *count.total.get_or_insert_default() += bytes);
    }

    fn has_read(&self, bytes: u64) {
        self.add(|count| count.bytes += bytes);
    }

    fn has_read_file(&self) {
        self.add(|count| count.files += 1);
    }
}

impl Observer for Report {
    fn has_read_objects(&self, bytes: u64) {
        // While files are read, a look at an object is no progress.
        if self.phase != Phase::Reading {
            self.has_read(bytes);
        }
    }

    fn has_stored(&self, place: &str, name: &ObjectName, bytes: u64) {
        self.event(&json!({
            "event": "stored", "place": place, "object": name.as_str(), "bytes": bytes,
        }));
    }

    fn has_removed(&self, place: &str, name: &ObjectName) {
        self.event(&json!({ "event": "removed", "place": place, "object": name.as_str() }));
    }
}

impl Drop for Report {
    fn drop(&mut self) {
        self.end();
    }
}

fn bar() -> ProgressBar {
    let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
    bar.set_style(style(OPEN_LINE));
    bar
}

fn show(bar: &ProgressBar, count: &Count) {
    if bar.is_finished() {
        bar.reset();
    }
    if bar.length() != count.total
        && let Some(total) = count.total
    {
        bar.set_style(style(LINE));
        bar.set_length(total);
    }
    bar.set_position(count.bytes);
}

fn style(line: &str) -> ProgressStyle {
    ProgressStyle::with_template(line).expect("the line is well formed")
}

//! How far a long run has come, for whoever looks at the terminal.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::cli::Session;
use crate::snapshot::Progress;

/// What stands on the line.
const LINE: &str = "{bar:30} {bytes} of {total_bytes}, {bytes_per_sec}, {eta} left";

/// A line on standard error that goes away at the end; without a terminal there is none.
pub(super) struct Bar(ProgressBar);

impl Bar {
    pub(super) fn new(session: &Session) -> Self {
        let silent = session.ui.quiet || session.ui.json;
        let target =
            if silent { ProgressDrawTarget::hidden() } else { ProgressDrawTarget::stderr() };
        let bar = ProgressBar::with_draw_target(Some(0), target);
        bar.set_style(ProgressStyle::with_template(LINE).expect("the line is well formed"));
        Self(bar)
    }
}

impl Progress for Bar {
    fn will_read(&self, bytes: u64) {
        self.0.inc_length(bytes);
    }

    fn has_read(&self, bytes: u64) {
        self.0.inc(bytes);
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}

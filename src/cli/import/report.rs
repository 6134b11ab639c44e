//! What would be imported, as it is shown: names, fields and sizes.

use serde_json::json;

use crate::cli::{Done, Failure, Session};
use crate::import::{Found, Plan, State, Step};
use crate::sys::harmless;

/// A plan, and what is not in it.
pub(super) struct Report<'a> {
    pub(super) plan: &'a Plan,
    pub(super) found: &'a Found,
    pub(super) overwrite: bool,
}

impl Report<'_> {
    pub(super) fn show(&self, session: &Session) -> Result<(), Failure> {
        if session.ui.json {
            session.ui.json(&self.json())?;
        } else {
            let mut lines = self.plan.steps.iter().map(|step| self.line(step));
            lines.try_for_each(|line| session.ui.line(&line))?;
        }
        for remark in &self.found.remarks {
            session.ui.note(remark);
        }
        for what in &self.found.left_out {
            session.ui.warn(&format!("left out: {what}"));
        }
        if self.is_holding_back() {
            session
                .ui
                .warn("entries that differ are left as they are; `--overwrite` replaces them");
        }
        Ok(())
    }

    /// How an import of all this ends.
    pub(super) fn done(&self) -> Done {
        let complete = self.found.left_out.is_empty() && !self.is_holding_back();
        if complete { Done::Fully } else { Done::WithOmissions }
    }

    fn is_holding_back(&self) -> bool {
        !self.overwrite && self.plan.count(State::Differs) > 0
    }

    fn word(&self, state: State) -> &'static str {
        match state {
            State::New => "new",
            State::Same => "unchanged",
            State::Differs if self.overwrite => "replaced",
            State::Differs => "differs",
        }
    }

    fn line(&self, step: &Step) -> String {
        let (name, parts) =
            (harmless(step.item.name.as_str()), harmless(&step.item.parts.join(", ")));
        let size = step.item.entry.bytes().size();
        format!("{}: {name} ({parts}; {size} bytes)", self.word(step.state))
    }

    fn json(&self) -> serde_json::Value {
        let entry = |step: &Step| {
            json!({
                "name": step.item.name.as_str(),
                "state": self.word(step.state),
                "parts": step.item.parts,
                "bytes": step.item.entry.bytes().size(),
            })
        };
        let entries: Vec<_> = self.plan.steps.iter().map(entry).collect();
        json!({ "entries": entries, "left_out": self.found.left_out, "remarks": self.found.remarks })
    }
}

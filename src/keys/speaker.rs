//! What an age plugin says and asks, put to whoever is there.

use std::sync::Arc;

use crate::crypto::Talk;
use crate::secret::SecretText;
use crate::sys::Prompt;

/// Passes a plugin's words on to the prompt.
pub(super) struct Speaker(pub(super) Arc<dyn Prompt>);

impl Talk for Speaker {
    fn tell(&self, message: &str) {
        self.0.tell(message);
    }

    fn ask_secret(&self, question: &str) -> Option<SecretText> {
        self.0.ask_secret(question).ok()
    }

    fn ask_yes(&self, question: &str) -> Option<bool> {
        self.0.ask_yes(question).ok()
    }
}

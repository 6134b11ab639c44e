//! What an import would do, and doing it.

use crate::store;
use crate::vault::{Error, Vault};

use super::Item;

/// How an item stands to the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// There is no entry of that name.
    New,
    /// There is one that is the same, byte for byte.
    Same,
    /// There is another one, or one that can not be opened.
    Differs,
}

/// One item, compared.
pub struct Step {
    /// What it is about.
    pub item: Item,
    /// How it stands.
    pub state: State,
}

/// All of them.
pub struct Plan {
    /// In the source's order.
    pub steps: Vec<Step>,
}

impl Plan {
    /// Finds out which items have an entry already; opens none. Those that do count as differing.
    ///
    /// # Errors
    /// What the store says.
    pub fn new(items: Vec<Item>, vault: &Vault<'_>) -> Result<Self, Error> {
        let step = |item: Item| {
            let exists = vault.store().cipher_of(&item.name)?.is_some();
            Ok(Step { item, state: if exists { State::Differs } else { State::New } })
        };
        Ok(Self { steps: items.into_iter().map(step).collect::<Result<_, Error>>()? })
    }

    /// Opens the entries that exist. One that can not be opened stays a differing one.
    ///
    /// # Errors
    /// What stops every read, as an access log that can not be written.
    pub fn compare(&mut self, vault: &Vault<'_>) -> Result<(), Error> {
        for step in self.steps.iter_mut().filter(|step| step.state == State::Differs) {
            match vault.read(&step.item.name) {
                Ok(entry) if entry.bytes().is_same_as(step.item.entry.bytes()) => {
                    step.state = State::Same;
                }
                Ok(_) | Err(Error::Entry { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// How many items stand like that.
    #[must_use]
    pub fn count(&self, state: State) -> usize {
        self.steps.iter().filter(|step| step.state == state).count()
    }

    /// The items that would be written.
    pub fn to_write(&self, overwrite: bool) -> impl Iterator<Item = &Step> {
        let wanted = move |state| state == State::New || overwrite && state == State::Differs;
        self.steps.iter().filter(move |step| wanted(step.state))
    }

    /// Writes them, as one step of the history.
    ///
    /// # Errors
    /// [`store::Error::EntryExists`] when somebody made one of the new entries meanwhile; then, and
    /// after any other error of preparing, nothing was touched.
    pub fn carry_out(
        &self,
        source: &str,
        overwrite: bool,
        vault: &Vault<'_>,
    ) -> Result<usize, Error> {
        let count = self.to_write(overwrite).count();
        let entries = if count == 1 { "entry" } else { "entries" };
        vault.edit(&format!("Import {count} {entries} from {source}."), |edit| {
            for Step { item, state } in self.to_write(overwrite) {
                if *state == State::New && vault.store().cipher_of(&item.name)?.is_some() {
                    return Err(store::Error::EntryExists(item.name.clone()).into());
                }
                edit.write(&item.name, &item.entry)?;
            }
            Ok(count)
        })
    }
}

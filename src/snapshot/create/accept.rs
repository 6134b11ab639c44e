//! Saying that the configuration is as it should be, although a snapshot called it collapsed.

use crate::secret::SecretBuffer;
use crate::snapshot::Error;
use crate::snapshot::archive::TreePath;
use crate::snapshot::state::Locked;
use crate::sys::SteadyFile;

use super::baseline::{Measure, Measures};
use super::health::Format;
use super::profile::{Item, Plan};

/// Makes the present state of the planned files what later ones are compared with; the answer is
/// which files that were.
///
/// # Errors
/// What the file system says; then nothing is changed.
pub fn accept(plan: &Plan, state: &Locked) -> Result<Vec<TreePath>, Error> {
    let mut measures = Measures::new();
    for item in plan.items.iter().filter(|item| item.format == Some(Format::Json)) {
        measures.extend(measure(item)?.map(|measure| (item.path.clone(), measure)));
    }
    state.set_baseline(&state.baseline()?.with_files(&measures).with_roots(&plan.roots))?;
    Ok(measures.into_iter().map(|(path, _)| path).collect())
}

fn measure(item: &Item) -> Result<Option<Measure>, Error> {
    let mut buffer = SecretBuffer::new();
    buffer.fill_from(&mut SteadyFile::open(&item.source)?, usize::MAX)?;
    // EXPOSE: only counted.
    Ok(Measure::of(buffer.into_secret().expose()))
}

//! `vaultctl exec --explain`: what a launch would be, without a key.

use serde_json::{Map, Value, json};

use crate::inject::{Slot, Template};
use crate::store::Store;
use crate::sys::{self, harmless};

use super::exec::Launch;
use super::{Done, Failure, Session};

/// Shows who would get what. What a permission does not allow is refused here as there.
pub(super) fn explain(launch: &Launch, session: &Session) -> Result<Done, Failure> {
    let root = &session.config.paths.store;
    if sys::exists(root) {
        launch.manifest.check(&Store::open(root)?)?;
    }
    if session.ui.json {
        as_json(launch, session)?
    } else {
        as_text(launch, session)?
    }
    Ok(Done::Fully)
}

fn words(launch: &Launch) -> Vec<String> {
    let program = std::iter::once(&launch.program.name).chain(&launch.program.arguments);
    program.map(|word| word.to_string_lossy().into_owned()).collect()
}

fn passed(launch: &Launch) -> Vec<String> {
    launch.manifest.passed().map(|(name, _)| name.to_string_lossy().into_owned()).collect()
}

/// What is granted of one kind: its name (or number) and its references.
fn granted(launch: &Launch, wanted: fn(&Slot) -> Option<String>) -> Map<String, Value> {
    let pairs = launch.manifest.granted();
    let pairs = pairs
        .filter_map(|(slot, template)| Some((wanted(slot)?, Value::from(template.to_string()))));
    pairs.collect()
}

fn variable(slot: &Slot) -> Option<String> {
    if let Slot::Variable(name) = slot { Some(name.to_string_lossy().into_owned()) } else { None }
}

fn file(slot: &Slot) -> Option<String> {
    if let Slot::File(name) = slot { Some(name.to_string_lossy().into_owned()) } else { None }
}

fn argument(slot: &Slot) -> Option<String> {
    if let Slot::Argument(number) = slot { Some(number.to_string()) } else { None }
}

fn as_json(launch: &Launch, session: &Session) -> Result<(), Failure> {
    session.ui.json(&json!({
        "server": launch.server,
        "command": words(launch),
        "folder": launch.program.folder.as_ref().map(|folder| folder.display().to_string()),
        "granted": granted(launch, variable),
        "files": granted(launch, file),
        "arguments": granted(launch, argument),
        "passed": passed(launch),
    }))
}

fn as_text(launch: &Launch, session: &Session) -> Result<(), Failure> {
    let line = |text: &str| session.ui.line(&harmless(text));
    line(&format!("program: {}", words(launch).join(" ")))?;
    if let Some(folder) = &launch.program.folder {
        line(&format!("folder: {}", folder.display()))?;
    }
    for (slot, template) in launch.manifest.granted() {
        line(&told(slot, template))?;
    }
    line(&format!("passed: {}", passed(launch).join(" ")))
}

fn told(slot: &Slot, template: &Template) -> String {
    match slot {
        Slot::Variable(name) => format!("granted: {} = {template}", name.to_string_lossy()),
        Slot::File(name) => format!("file: {} = {template}", name.to_string_lossy()),
        Slot::Argument(number) => format!("argument: {number} = {template}"),
        Slot::Header(name) => format!("header: {name} = {template}"),
    }
}

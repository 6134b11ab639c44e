//! `pass show`, `pass ls`.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use crate::store::Name;

use super::getopt::{Opt, Value};
use super::path::{self, Typed};
use super::tree::{self, Style};
use super::{Died, Pass, line};

const OPTIONS: [Opt; 2] = [
    Opt { short: b'q', long: "qrcode", value: Value::Optional },
    Opt { short: b'c', long: "clip", value: Value::Optional },
];
const USAGE: &str =
    "[--clip[=line-number],-c[line-number]] [--qrcode[=line-number],-q[line-number]] [pass-name]";

pub(super) fn run(pass: &Pass<'_>, words: &[Vec<u8>]) -> Result<(), Died> {
    let parsed = pass.parse(&OPTIONS, words);
    if !parsed.errors.is_empty() || (parsed.has(b'c') && parsed.has(b'q')) {
        return Err(pass.usage(USAGE));
    }
    let typed = Typed::new(parsed.operands.first().map_or(b"", Vec::as_slice))?;
    let entry = entry(pass, &typed)?;
    entry.iter().try_for_each(|name| pass.refuse_entry(name))?;
    match (entry, parsed.options.last()) {
        (Some(name), None) => show(pass, &name),
        (Some(name), Some((how, line))) => show_elsewhere(pass, &name, (*how, line), &typed),
        (None, _) => list(pass, &typed),
    }
}

/// `-c`, `-q`: one line, to the clipboard or as a QR code.
fn show_elsewhere(
    pass: &Pass<'_>,
    name: &Name,
    (how, line): (u8, &[u8]),
    typed: &Typed,
) -> Result<(), Died> {
    let line = if line.is_empty() { b"1" } else { line };
    let shown = String::from_utf8_lossy(line);
    let number = shown.parse::<usize>().ok().filter(|_| line.iter().all(u8::is_ascii_digit));
    let Some(number) = number else {
        return Err(Died::new(format!("Clip location '{shown}' is not a number.")));
    };
    let entry = pass.vault(|vault| Ok(vault.read(name)?))?;
    let value = line::nth(entry.bytes(), number);
    if value.is_empty() {
        return Err(Died::new(format!(
            "There is no password to put on the clipboard at line {shown}."
        )));
    }
    match how {
        b'q' => pass.qrcode(&value, typed.as_str()),
        _ => pass.clip(&value, typed.as_str()),
    }
}

/// The entry of that name, if there is one.
fn entry(pass: &Pass<'_>, typed: &Typed) -> Result<Option<Name>, Died> {
    let (Some(name), Some(store)) = (typed.name(), pass.store()) else {
        return Ok(None);
    };
    Ok(path::cipher_of(&name, &store)?.map(|_| name))
}

fn show(pass: &Pass<'_>, name: &Name) -> Result<(), Died> {
    pass.vault(|vault| {
        let entry = vault.read(name)?;
        Ok(pass.session.ui.reveal(entry.bytes())?)
    })
}

fn list(pass: &Pass<'_>, typed: &Typed) -> Result<(), Died> {
    let path = typed.as_str();
    let folder = pass.full(path.as_bytes());
    let folder = Path::new(OsStr::from_bytes(&folder));
    if !folder.is_dir() {
        return Err(match path {
            "" => Died::new("Error: password store is empty. Try \"pass init\"."),
            _ => Died::new(format!("Error: {path} is not in the password store.")),
        });
    }
    let title =
        if path.is_empty() { "Password Store" } else { path.strip_suffix('/').unwrap_or(path) };
    pass.session.ui.line(title)?;
    let style = Style::new(pass.variables(), pass.session.ui.on_terminal);
    pass.print_bytes(&style.draw(&tree::all_below(folder, pass.root())))
}

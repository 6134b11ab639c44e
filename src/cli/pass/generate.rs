//! `pass generate`.

use crate::secret::Secret;
use crate::store::Name;
use crate::sys;
use crate::vault::Entry;

use super::getopt::{Opt, Value};
use super::path::Typed;
use super::{Died, Pass, charset, line};

const OPTIONS: [Opt; 5] = [
    Opt { short: b'n', long: "no-symbols", value: Value::None },
    Opt { short: b'q', long: "qrcode", value: Value::None },
    Opt { short: b'c', long: "clip", value: Value::None },
    Opt { short: b'i', long: "in-place", value: Value::None },
    Opt { short: b'f', long: "force", value: Value::None },
];
const USAGE: &str = "[--no-symbols,-n] [--clip,-c] [--qrcode,-q] [--in-place,-i | --force,-f] pass-name [pass-length]";

const NOT_MADE: &str = "Could not generate password from /dev/urandom.";

/// More characters than this are a mistake.
const LIMIT: usize = 16 * 1024 * 1024;

pub(super) fn run(pass: &Pass<'_>, words: &[Vec<u8>]) -> Result<(), Died> {
    let parsed = pass.parse(&OPTIONS, words);
    let contradicts =
        (parsed.has(b'f') && parsed.has(b'i')) || (parsed.has(b'q') && parsed.has(b'c'));
    let (word, length) = match parsed.operands.as_slice() {
        [word] if parsed.errors.is_empty() && !contradicts => (word, None),
        [word, length] if parsed.errors.is_empty() && !contradicts => {
            (word, Some(length.as_slice()))
        }
        _ => return Err(pass.usage(USAGE)),
    };
    let typed = Typed::new(word)?;
    // `${2:-…}`: an empty length counts as none.
    let length = length.filter(|length| !length.is_empty());
    let length = length.unwrap_or_else(|| pass.setting("PASSWORD_STORE_GENERATED_LENGTH", "25"));
    let length = Length::parse(length)?;
    let name = typed.name();
    if !parsed.has(b'c') {
        name.iter().try_for_each(|name| pass.refuse_entry(name))?;
    }
    pass.prepare(&typed)?;
    let name = name.ok_or_else(|| Died::new("Password encryption aborted."))?;
    if !parsed.has(b'i') && !parsed.has(b'f') {
        pass.confirm_overwriting(&typed, &name)?;
    }
    let set = match parsed.has(b'n') {
        true => pass.setting("PASSWORD_STORE_CHARACTER_SET_NO_SYMBOLS", "[:alnum:]"),
        false => pass.setting("PASSWORD_STORE_CHARACTER_SET", "[:punct:][:alnum:]"),
    };
    let made = random(set, &length)?;
    match parsed.has(b'i') {
        true => replace(pass, &typed, &name, &made)?,
        false => {
            let subject = format!("Add generated password for {}.", typed.as_str());
            pass.save(&name, line::with_end(&made), &subject)?;
        }
    }
    match (parsed.has(b'c'), parsed.has(b'q')) {
        (true, _) => pass.clip(&made, typed.as_str()),
        (_, true) => pass.qrcode(&made, typed.as_str()),
        _ => print(pass, &typed, &made),
    }
}

/// How many characters, as bash understands a number: in arithmetic a leading zero makes it octal,
/// for `read -n` it means nothing.
struct Length {
    arithmetic: Option<u64>,
    plain: Option<usize>,
}

impl Length {
    fn parse(word: &[u8]) -> Result<Self, Died> {
        let text = String::from_utf8_lossy(word);
        if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(Died::new(format!("Error: pass-length \"{text}\" must be a number.")));
        }
        let radix = if text.starts_with('0') { 8 } else { 10 };
        let arithmetic = u64::from_str_radix(&text, radix).ok();
        if arithmetic.is_none_or(|length| length == 0) {
            return Err(Died::new("Error: pass-length must be greater than zero."));
        }
        Ok(Self { arithmetic, plain: text.parse().ok() })
    }

    /// The length, where both readings agree.
    fn agreed(&self) -> Option<usize> {
        let plain = self.plain.filter(|plain| *plain <= LIMIT);
        plain.filter(|plain| self.arithmetic == u64::try_from(*plain).ok())
    }
}

/// What `read -n` takes of random bytes of the set: no NUL bytes, no line ends, no blanks around it.
fn random(set: &[u8], length: &Length) -> Result<Secret, Died> {
    let not_made = || Died::new(NOT_MADE);
    let mut bytes = charset::parse(set).ok_or_else(not_made)?;
    bytes.retain(|byte| *byte != 0);
    let length = length.agreed().filter(|_| !bytes.is_empty()).ok_or_else(not_made)?;
    let made = sys::random_text(&bytes, length);
    if line::is_kept_whole(&made) { Ok(made) } else { Err(not_made()) }
}

/// `--in-place`: another first line, the rest byte for byte.
fn replace(pass: &Pass<'_>, typed: &Typed, name: &Name, made: &Secret) -> Result<(), Died> {
    pass.vault(|vault| {
        vault.unlock_for(name)?;
        let subject = format!("Replace generated password for {}.", typed.as_str());
        let done = vault.edit(&subject, |edit| {
            let replaced = line::replacing_first(made, edit.read(name)?.bytes());
            edit.write(name, &Entry::new(replaced))
        });
        pass.finish(done, "Could not reencrypt new password.")
    })
}

fn print(pass: &Pass<'_>, typed: &Typed, made: &Secret) -> Result<(), Died> {
    let title = typed.as_str();
    pass.print(&format!(
        "\x1b[1mThe generated password for \x1b[4m{title}\x1b[24m is:\x1b[0m\n\x1b[1m\x1b[93m"
    ))?;
    pass.session.ui.reveal(made)?;
    pass.print("\x1b[0m\n")
}

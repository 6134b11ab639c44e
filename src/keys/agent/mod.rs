//! gpg-agent, spoken to over its socket: lines of the Assuan protocol (libassuan manual, "Client
//! requests" and "Server responses"), with limits on all that comes in.
//!
//! One thing is asked of it: the secret half of a decryption. Whatever it says that is not exactly
//! expected ends the conversation, and `gpg` is asked instead.

use std::path::Path;

use crate::secret::{Secret, SecretBuffer};
use crate::sys::LineSocket;

/// The longest line, its end not counted (libassuan, `ASSUAN_LINELENGTH` less CR and LF).
const LINE_LIMIT: usize = 1000;

/// Bytes of an answer to an inquiry in one line: each may become three.
const PIECE: usize = 300;

/// More lines than this are no answer.
const ANSWER_LINES: usize = 1000;

/// The largest secret that is expected: that of RSA with 16384 bits, and a little (bytes).
const ANSWER_LIMIT: usize = 4096;

/// What gpg-agent asks for after `PKDECRYPT`.
const CIPHERTEXT: &str = "CIPHERTEXT";

/// Says that a smartcard has done the work, and how it treats padding.
const PADDING: &str = "PADDING";

/// libgpg-error's codes: the person did not answer, or not rightly. Asking again through `gpg`
/// would ask the same person the same question.
const BY_THE_PERSON: [u32; 4] = [11, 62, 99, 198];

/// libgpg-error's `GPG_ERR_NO_SECKEY`.
const NO_SECRET_KEY: u32 = 17;

/// Where an error's number is in what Assuan transmits; the rest says who found it.
const CODE_MASK: u32 = 0xffff;

/// Why there is no answer.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// The person was asked and did not unlock the key.
    Person(String),
    /// The agent does not have that key.
    NoKey,
    /// It said no for another reason.
    Other,
    /// It is not there, or talks in a way that is not understood.
    Broken,
}

/// What the secret operation is done with.
pub(super) struct SecretKey<'a> {
    /// Its keygrip.
    pub(super) grip: &'a str,
    /// What a person is told who has to unlock it.
    pub(super) description: &'a str,
}

/// A connection that is ready for requests.
pub(super) struct Agent {
    socket: LineSocket,
}

impl Agent {
    /// Connects to a running agent and tells it about the terminal and the display, as gpg does, so
    /// that it can ask for a passphrase there.
    pub(super) fn connect(path: &Path, options: &[(String, String)]) -> Option<Self> {
        let mut agent = Self { socket: LineSocket::connect(path, LINE_LIMIT).ok()? };
        agent.answer(None).ok()?;
        for (name, value) in options {
            // An option that it does not know is no reason to do without it.
            let answer = agent.request(&format!("OPTION {name}={value}"), None);
            if matches!(answer, Err(Refusal::Broken)) {
                return None;
            }
        }
        Some(agent)
    }

    /// The result of the secret operation on `question`, as an S-expression.
    pub(super) fn decrypt(
        &mut self,
        key: &SecretKey<'_>,
        question: &[u8],
    ) -> Result<Secret, Refusal> {
        self.request(&format!("SETKEY {}", key.grip), None)?;
        self.request(&format!("SETKEYDESC {}", plus_escaped(key.description)), None)?;
        self.request("PKDECRYPT", Some(question))
    }

    fn request(&mut self, line: &str, question: Option<&[u8]>) -> Result<Secret, Refusal> {
        let is_one_line = line.len() <= LINE_LIMIT && !line.contains(['\n', '\r', '\0']);
        is_one_line.then_some(()).ok_or(Refusal::Broken)?;
        self.send(format!("{line}\n").as_bytes())?;
        self.answer(question)
    }

    /// Reads up to the end of an answer: the data in it, or why there is none.
    fn answer(&mut self, question: Option<&[u8]>) -> Result<Secret, Refusal> {
        let mut data = SecretBuffer::new();
        let mut length = 0;
        for _ in 0..ANSWER_LINES {
            let line = self.socket.receive().map_err(|_| Refusal::Broken)?;
            // EXPOSE: the agent's line is parsed; its data go into a secret type.
            match Reply::parse(line.expose()).ok_or(Refusal::Broken)? {
                Reply::Done => return Ok(data.into_secret()),
                Reply::Failed { code, text } => return Err(refusal(code, text)),
                Reply::Data(escaped) => length += unescape(escaped, &mut data)?,
                Reply::Inquiry(CIPHERTEXT) => {
                    self.send(&inquiry_answer(question.ok_or(Refusal::Broken)?))?;
                }
                Reply::Inquiry(_) | Reply::Status(PADDING) => return Err(Refusal::Broken),
                Reply::Status(_) | Reply::Comment => {}
            }
            if length > ANSWER_LIMIT {
                break;
            }
        }
        Err(Refusal::Broken)
    }

    fn send(&mut self, lines: &[u8]) -> Result<(), Refusal> {
        self.socket.send(lines).map_err(|_| Refusal::Broken)
    }
}

/// One line of an answer.
#[derive(Debug, PartialEq, Eq)]
enum Reply<'a> {
    Done,
    Failed { code: u32, text: String },
    Data(&'a [u8]),
    Inquiry(&'a str),
    Status(&'a str),
    Comment,
}

impl<'a> Reply<'a> {
    fn parse(line: &'a [u8]) -> Option<Self> {
        let space = line.iter().position(|byte| *byte == b' ').unwrap_or(line.len());
        let (word, rest) = (&line[..space], line.get(space + 1..).unwrap_or_default());
        let text = || std::str::from_utf8(rest).ok();
        let first = || text()?.split(' ').next().filter(|first| !first.is_empty());
        match word {
            b"OK" => Some(Self::Done),
            b"ERR" => {
                let (code, text) = text()?.split_once(' ').unwrap_or((text()?, ""));
                let code = code.parse::<u32>().ok()? & CODE_MASK;
                Some(Self::Failed { code, text: text.to_owned() })
            }
            b"D" => Some(Self::Data(rest)),
            b"INQUIRE" => first().map(Self::Inquiry),
            b"S" => first().map(Self::Status),
            [b'#', ..] => Some(Self::Comment),
            _ => None,
        }
    }
}

fn refusal(code: u32, text: String) -> Refusal {
    match code {
        NO_SECRET_KEY => Refusal::NoKey,
        _ if BY_THE_PERSON.contains(&code) => Refusal::Person(text),
        _ => Refusal::Other,
    }
}

/// Appends what is in a line of data, and says how much that is.
fn unescape(escaped: &[u8], data: &mut SecretBuffer) -> Result<usize, Refusal> {
    let mut rest = escaped.iter();
    let mut length = 0;
    while let Some(byte) = rest.next() {
        let byte = match byte {
            b'%' => digit(rest.next())? << 4 | digit(rest.next())?,
            plain => *plain,
        };
        data.push(&[byte]);
        length += 1;
    }
    Ok(length)
}

fn digit(letter: Option<&u8>) -> Result<u8, Refusal> {
    let value = letter.and_then(|letter| char::from(*letter).to_digit(16));
    value.and_then(|value| u8::try_from(value).ok()).ok_or(Refusal::Broken)
}

/// The answer to an inquiry, as lines.
fn inquiry_answer(bytes: &[u8]) -> Vec<u8> {
    let mut lines = Vec::new();
    for piece in bytes.chunks(PIECE) {
        lines.extend(b"D ");
        for byte in piece {
            match byte {
                b'%' | b'\n' | b'\r' => lines.extend(format!("%{byte:02X}").bytes()),
                plain => lines.push(*plain),
            }
        }
        lines.push(b'\n');
    }
    lines.extend(b"END\n");
    lines
}

/// Text in one word: spaces become `+`, and what is neither letter nor digit its code.
fn plus_escaped(text: &str) -> String {
    let mut word = String::new();
    for byte in text.bytes() {
        match byte {
            b' ' => word.push('+'),
            plain if plain.is_ascii_alphanumeric() => word.push(char::from(plain)),
            other => word.push_str(&format!("%{other:02X}")),
        }
    }
    word
}

#[cfg(test)]
mod tests;

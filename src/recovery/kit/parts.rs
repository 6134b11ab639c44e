//! What stands on the sheet, in its order, whatever it is written on.

use crate::secret::{SecretBuffer, SecretText};
use crate::storage::Credentials;

use super::{Kit, Source};

/// How lines are to be read that do not fit into a row of the page.
pub(super) const ROWS: &str = "What stands in a box is one line. Where it goes on in another row, there is a space between the two, or nothing if the upper one ends in a comma or &.";

/// What a thief has changed, stock tools do not see.
const THEFT: &str = "Was the machine stolen? Then take a snapshot from before: look for it in repository/commits, and add -s with its name (without .commit) after restore.sh. A thief can lie about dates in names; when something was stored, the bucket's server says: rclone lsl --use-server-modtime, and the place as in the line that fetches.";

/// A part of the sheet.
pub(super) struct Part {
    pub(super) title: &'static str,
    /// Whether it is for another person than what stands before it, and so for another page.
    pub(super) begins_page: bool,
    pub(super) blocks: Vec<Block>,
}

/// Something in a part.
pub(super) enum Block {
    /// Words to read.
    Say(String),
    /// Words that matter to the letter, and what they are.
    Exact(Exact),
    /// Something to write by hand, and what.
    Blank(&'static str),
    /// Lines to type, one after the other.
    Lines(Vec<Typed>),
    /// Words about the lines before them, which a page puts beside their code.
    Beside(&'static str),
}

/// Words that matter to the letter. They get a code of their own.
pub(super) struct Exact {
    pub(super) what: &'static str,
    pub(super) words: Words,
}

/// A line, and why it is typed.
pub(super) struct Typed {
    pub(super) why: String,
    pub(super) line: String,
}

pub(super) enum Words {
    Open(String),
    Secret(SecretText),
}

/// What is on the sheet that nobody else should read.
impl Kit {
    /// Whether somebody who finds the sheet can read secrets on it.
    #[must_use]
    pub fn has_secrets(&self) -> bool {
        let has_key = |source: &Source| matches!(source, Source::Bucket { key: Some(_), .. });
        self.identity.is_some() || self.sources.iter().any(has_key)
    }

    pub(super) fn heading(&self) -> String {
        format!("Recovery sheet of {}", self.machine)
    }

    pub(super) fn introduction(&self) -> Vec<String> {
        let guard = if self.identity.is_some() {
            "Whoever has this sheet can read everything: lock it away, apart from the backups."
        } else {
            "Keep it apart from this machine and from the backups, with the recovery identity."
        };
        vec![
            format!("Made {} by {}.", self.made.strftime("%Y-%m-%d %H:%M UTC"), self.tool),
            guard.to_owned(),
            "After a recovery another key signs: print a new sheet then, and destroy this one."
                .to_owned(),
        ]
    }

    pub(super) fn parts(&self) -> Vec<Part> {
        let mut parts = vec![self.what_there_is(), self.with_us()];
        parts.extend(self.sources.iter().map(|source| self.without_us(source)));
        parts.push(afterwards());
        parts
    }

    fn what_there_is(&self) -> Part {
        let mut blocks: Vec<Block> = self.sources.iter().flat_map(about_source).collect();
        blocks.push(exact("Signed by", self.signer.fingerprint().to_string()));
        blocks.push(exact("The signer's public key", self.signer.to_line()));
        let recipients: Vec<String> = self.recipients.iter().map(ToString::to_string).collect();
        blocks.push(match &self.identity {
            Some(identity) => {
                let words = Words::Secret(copy(identity));
                Block::Exact(Exact { what: "The recovery identity, which opens everything", words })
            }
            None => Block::Blank("The recovery identity (AGE-SECRET-KEY-...), or where it is"),
        });
        blocks.push(Block::Say(format!(
            "Encrypted to these public keys, of which one is the recovery identity's: {}",
            recipients.join(", ")
        )));
        Part { title: "What there is", begins_page: false, blocks }
    }

    fn with_us(&self) -> Part {
        let line = |source: &Source| Typed {
            why: "It shows what would change, and asks before it changes anything".to_owned(),
            line: self.recover_line(source),
        };
        let blocks = vec![
            Block::Say("On a new machine, with an empty home. It asks for the recovery identity, and for the access key if there is one.".to_owned()),
            Block::Lines(self.sources.iter().map(line).collect()),
            Block::Say("To look first, add --dry-run. Was the machine stolen? Add when you had it last, as --before 2026-11-20T18:00:00Z: nothing that the thief has made is taken then.".to_owned()),
        ];
        Part { title: "With vaultctl: one line", begins_page: false, blocks }
    }

    fn without_us(&self, source: &Source) -> Part {
        let (title, also) = match source {
            Source::Folder(_) => ("Without vaultctl, from the disk", ""),
            Source::Bucket { .. } => ("Without vaultctl, from the bucket", ", rclone"),
        };
        let needs = format!(
            "Needs age, zstd, tar, ssh-keygen, sha256sum{also}. In an empty folder, one line after the other; stop if one fails."
        );
        let steps = self.stock_steps(source).into_iter();
        let typed = steps.map(|step| Typed { why: step.why.to_owned(), line: step.line });
        let typed = key_question(source).into_iter().chain(typed);
        let blocks = vec![Block::Say(needs), Block::Lines(typed.collect()), Block::Beside(THEFT)];
        Part { title, begins_page: true, blocks }
    }
}

/// Where the access key is not on the sheet, `rclone` has to be told it first.
fn key_question(source: &Source) -> Option<Typed> {
    let Source::Bucket { key: None, .. } = source else {
        return None;
    };
    Some(Typed {
        why: "Say who you are: type this line, then the access key's id, Enter, the secret, Enter".to_owned(),
        line: "read -r AWS_ACCESS_KEY_ID; read -r AWS_SECRET_ACCESS_KEY; export AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY".to_owned(),
    })
}

fn afterwards() -> Part {
    let blocks = [
        "Look before you copy things into the home: hooks, commands and settings in them run programs.",
        "Remove identity.txt.",
        "If somebody else has the old machine: change every secret that it could read, beginning with the access keys of the backups.",
    ];
    let blocks = blocks.map(|text| Block::Say(text.to_owned())).into();
    Part { title: "Afterwards", begins_page: false, blocks }
}

fn about_source(source: &Source) -> Vec<Block> {
    let mut blocks = vec![exact("Snapshots are in", source.url())];
    match source {
        Source::Folder(_) => {}
        Source::Bucket { key: Some(key), .. } => {
            let words = Words::Secret(exports(key));
            let what = "Its access key: type this line first, in the same terminal";
            blocks.push(Block::Exact(Exact { what, words }));
        }
        Source::Bucket { key: None, .. } => {
            blocks.push(Block::Blank("Its access key's id (one that can only read is enough)"));
            blocks.push(Block::Blank("Its secret access key"));
        }
    }
    blocks
}

/// What a shell is told, so that `rclone` and we know who is asking.
fn exports(key: &Credentials) -> SecretText {
    let mut line = SecretBuffer::new();
    let mut push = |name: &str, value: &str| {
        line.push(name.as_bytes());
        line.push(b"='");
        for piece in value.split_inclusive('\'') {
            line.push(piece.as_bytes());
            // A quote ends the word, is written apart, and begins it again.
            line.push(if piece.ends_with('\'') { b"\\''" } else { b"" });
        }
        line.push(b"'");
    };
    push("export AWS_ACCESS_KEY_ID", key.key_id());
    // EXPOSE: onto the sheet, because its owner asked for that.
    push(" AWS_SECRET_ACCESS_KEY", key.secret().expose());
    line.into_secret().to_text().expect("both are text")
}

fn copy(text: &SecretText) -> SecretText {
    // EXPOSE: from one secret into another.
    SecretText::copy_from(text.expose())
}

fn exact(what: &'static str, words: String) -> Block {
    Block::Exact(Exact { what, words: Words::Open(words) })
}

//! Writes the lines of a sequence: mostly sense, with some of every mistake that people make.

use super::sequence::{Kind, Line, Model, Shown};
use crate::dice::Dice;
use crate::shell::quoted;

use Shown::{Differently, InAnyOrder, InOrder};

/// A kind of line, and how often it comes.
type Weighted = (usize, fn(&mut Author) -> Line);

const LINES: [Weighted; 18] = [
    (14, Author::insert_many),
    (7, Author::insert_echo),
    (6, Author::insert_twice),
    (9, Author::generate),
    (9, Author::edit),
    (10, Author::rm),
    (13, Author::mv),
    (10, Author::cp),
    (7, Author::show),
    (4, Author::ls),
    (4, Author::find),
    (4, Author::grep),
    (7, Author::init_below),
    (3, Author::deinit),
    (3, Author::git),
    (6, Author::by_hand),
    (6, Author::mistake),
    (5, Author::at_a_terminal),
];

/// Steps of names; the ordinary ones come more often.
const ORDINARY: [&str; 8] = ["a", "b", "mail", "work", "bank", "web", "claude", "api-key"];
const UNUSUAL: [&str; 18] = [
    "two words",
    " edge ",
    "-dash",
    "--force",
    "ünï",
    "emoji😀",
    "CAPS",
    ".hidden",
    "it's",
    "quo\"te",
    "dollar$HOME",
    "back\\slash",
    "star*",
    "[set]",
    "per%cent",
    "semi;colon",
    "a.b",
    "..dots",
];

/// Only for entries: `pass` takes a folder `x.gpg` for an entry when it encrypts anew, and draws the
/// second line of a folder's name as if it were in it.
const LEAVES: [&str; 2] = ["x.gpg", "new\nline"];

/// Who can be encrypted to; the variables are fingerprints (see `keyring`).
const IDS: [(usize, &str); 10] = [
    (6, "ann@example.org"),
    (5, "ben@example.org"),
    (3, "cleo@work.example"),
    (3, "ann@example.org ben@example.org"),
    (2, "$BEN"),
    (2, "$ANN cleo@work.example"),
    (3, "team"),
    (2, "'our whole team'"),
    (2, "Arbor"),
    (2, "'Cleo (work)'"),
];

/// Nobody here has the secret key, nobody vouches, out of date, unknown, ambiguous.
const HARD_IDS: [&str; 6] = [
    "dora@elsewhere.example",
    "dora@elsewhere.example ann@example.org",
    "eve@elsewhere.example",
    "fred@example.org",
    "nobody@example.org",
    "example.org",
];

/// For `printf %b`: empty, without an end, with blanks, with everything that is no text.
const CONTENTS: [(usize, &str); 10] = [
    (6, "$CANARY\\n"),
    (5, "$CANARY\\nuser: ann\\nurl: https://example.org\\n"),
    (3, "$CANARY"),
    (2, ""),
    (1, "\\n"),
    (2, "$CANARY  \\n\\n\\t\\n"),
    (2, "\\n$CANARY second\\n"),
    (2, "\\0000\\0001\\0177\\0200\\0377$CANARY\\0000\\r\\n\\0033[1m"),
    (2, "grüße 😀 $CANARY\\n"),
    (1, "-----BEGIN PGP MESSAGE-----\\n"),
];

const LINES_TO_READ: [(usize, &str); 7] = [
    (6, "$CANARY\\n"),
    (2, "$CANARY"),
    (2, "  $CANARY \\t\\n"),
    (1, "\\n"),
    (1, ""),
    (1, "back\\\\\\\\slash $CANARY\\nsecond\\n"),
    (1, "ünï\\0000nul\\n"),
];

const TWICE: [(usize, &str); 6] = [
    (6, "$CANARY\\n$CANARY\\n"),
    (2, "$CANARY\\nother\\n"),
    (1, "$CANARY\\n$CANARY"),
    (1, "$CANARY\\n"),
    (1, " $CANARY\\n$CANARY \\n"),
    (1, "\\n\\n"),
];

/// Variables; most stores have none.
const SETTINGS: [(usize, &str); 9] = [
    (14, ""),
    (2, "export PASSWORD_STORE_DIR=\"$HOME/a store\"\n"),
    (1, "export PASSWORD_STORE_DIR=\"$HOME/store/\"\n"),
    (1, "export LC_ALL=C\n"),
    (1, "export PASSWORD_STORE_UMASK=022\n"),
    (1, "export PASSWORD_STORE_KEY='ben@example.org cleo@work.example'\n"),
    (2, "export PASSWORD_STORE_SIGNING_KEY=$ANN\n"),
    (1, "export PASSWORD_STORE_GENERATED_LENGTH=12\n"),
    (1, "export PASSWORD_STORE_GPG_OPTS='--trust-model always'\n"),
];

/// Passwords of one letter can be compared. `S` is the store.
const ALWAYS: &str =
    "export PASSWORD_STORE_CHARACTER_SET=x PASSWORD_STORE_CHARACTER_SET_NO_SYMBOLS=y
S=\"${PASSWORD_STORE_DIR:-$HOME/.password-store}\"
umask ${PASSWORD_STORE_UMASK:-077}
";

const EDITORS: [(usize, &str); 7] = [
    (5, "append"),
    (4, "replace"),
    (3, "anew"),
    (2, "same"),
    (1, "empty"),
    (1, "forget"),
    (1, "'append twice'"),
];

const SEARCHES: [&str; 10] = [
    "user",
    "-i USER",
    "-c cnry",
    "-v cnry",
    "-E '^cnry|nothing'",
    "nothing",
    "-n ann",
    "added",
    "-- -BEGIN",
    "'grüße'",
];

/// Whole lines; NAME is one.
const MISTAKES: [&str; 44] = [
    "pass",
    "pass NAME",
    "pass NAME NAME",
    "pass -c NAME",
    "pass help",
    "pass --help",
    "pass version",
    "pass --version",
    "pass nonsense",
    "pass ''",
    "pass -z",
    "pass show --bogus NAME",
    "pass show -c NAME",
    "pass show -c7 NAME",
    "pass show -cx NAME",
    "pass show --clip=2 NAME",
    "pass show -c -q NAME",
    "pass show NAME NAME",
    "pass show ../NAME",
    "pass show a/../b",
    "pass ls ..",
    "pass insert",
    "pass insert NAME NAME < /dev/null",
    "pass insert -m -e NAME < /dev/null",
    "pass insert -z NAME < /dev/null",
    "pass insert -m ../NAME < /dev/null",
    "pass generate",
    "pass generate NAME abc",
    "pass generate NAME 0",
    "pass generate NAME 007",
    "pass generate -f -i NAME",
    "pass generate -c -q NAME",
    "pass generate NAME 10 20",
    "pass generate --no-such NAME",
    "pass edit",
    "pass edit NAME NAME",
    "pass find",
    "pass grep",
    "pass rm",
    "pass rm NAME NAME",
    "pass mv NAME",
    "pass cp NAME NAME NAME",
    "pass mv NAME ../x",
    "pass init",
];

/// A repository below the store's own, which knows to leave it alone.
const NESTED: &str = "mkdir -p \"$S/nested\" && cd \"$S/nested\" && git init -q && \
    git commit -q --allow-empty -m nested; [ ! -d ../.git ] || echo nested/ >> ../.git/info/exclude";

/// What a person, another program or a sync does to a store. NAME is one, FOLDER too.
const BY_HAND: [(usize, &str); 12] = [
    (3, NESTED),
    (2, "ln -s -- NAME.gpg \"$S/link.gpg\""),
    (2, "ln -s -- FOLDER \"$S/linked\""),
    (1, "ln -s nowhere.gpg \"$S/dangling.gpg\""),
    (1, "echo junk > \"$S/notes.txt\""),
    (1, ": > \"$S/void.gpg\""),
    (1, "echo 'not a message' > \"$S/text.gpg\""),
    (1, "head -c 60 \"$S\"/NAME.gpg > \"$S/short.gpg\""),
    (2, "echo given | gpg -q -e -r ben@example.org -o \"$S/given.gpg\""),
    (1, "mkdir -p \"$S/hollow/deep\""),
    (1, "printf '# who\\n\\nann@example.org# me\\n' > \"$S/.gpg-id\""),
    (1, "rm -f \"$S/.gpg-id\""),
];

/// What somebody types when asked; mostly, one is not asked.
const ANSWERS: [(usize, &str); 6] =
    [(5, "y\\n"), (4, "n\\n"), (1, "Y\\n"), (1, "yes\\n"), (1, "\\n"), (1, "")];

/// What asks before it destroys something.
const ASKING: [&str; 6] = [
    "pass rm NAME",
    "pass rm -r FOLDER",
    "pass generate NAME 8",
    "pass generate -f NAME 9",
    "pass mv NAME NAME",
    "pass cp NAME NAME",
];

/// Decides, and remembers what should be in the store.
pub(super) struct Author {
    dice: Dice,
    model: Model,
}

impl Author {
    pub(super) fn new(seed: u64) -> Self {
        Self { dice: Dice::new(seed), model: Model::default() }
    }

    pub(super) fn setting(&mut self) -> String {
        format!("{}{ALWAYS}", self.dice.weigh(&SETTINGS))
    }

    pub(super) fn length(&mut self) -> usize {
        5 + self.dice.roll(8)
    }

    /// A store, if nothing goes wrong, with something in it.
    pub(super) fn beginning(&mut self, kind: Kind) -> Vec<Line> {
        let init = format!("pass init {}", self.ids());
        let mut lines = vec![Line::new(init, InAnyOrder)];
        if kind == Kind::Git {
            lines.push(Line::new("pass git init", InOrder));
        }
        lines.push(self.insert_many());
        lines
    }

    pub(super) fn line(&mut self) -> Line {
        let write = self.dice.weigh(&LINES);
        write(self)
    }

    fn ids(&mut self) -> String {
        if self.dice.chance(6) {
            return self.dice.pick(&HARD_IDS).to_owned();
        }
        self.dice.weigh(&IDS).to_owned()
    }

    fn step(&mut self) -> &'static str {
        if self.dice.chance(25) { self.dice.pick(&UNUSUAL) } else { self.dice.pick(&ORDINARY) }
    }

    /// A name that is probably free.
    fn fresh(&mut self) -> String {
        let depth = self.dice.pick(&[1, 1, 2, 2, 3]);
        let steps: Vec<&str> = (0..depth).map(|_| self.step()).collect();
        steps.join("/")
    }

    /// A name that is probably taken.
    fn known(&mut self) -> String {
        let entries = self.model.entries();
        if entries.is_empty() || self.dice.chance(6) {
            return self.fresh();
        }
        self.dice.pick(&entries).to_owned()
    }

    /// The same, and now and then in another way.
    fn taken(&mut self) -> String {
        let name = self.known();
        match self.dice.roll(40) {
            0 => format!("{name}/"),
            1 => format!("/{name}"),
            2 => format!("./{name}"),
            3 => name.replacen('/', "//", 1),
            4 => format!("{name}.gpg"),
            _ => name,
        }
    }

    fn folder(&mut self) -> String {
        let folders = self.model.folders();
        if folders.is_empty() || self.dice.chance(10) {
            return self.step().to_owned();
        }
        self.dice.pick(&folders).to_owned()
    }

    fn entry_or_folder(&mut self) -> String {
        match self.dice.roll(10) {
            0..6 => self.taken(),
            6..8 => self.folder(),
            _ => format!("{}/", self.folder()),
        }
    }

    fn entry_to_write(&mut self) -> String {
        let name = match self.dice.roll(20) {
            0 => format!("{}/{}", self.step(), self.dice.pick(&LEAVES)),
            1..9 => self.taken(),
            _ => self.fresh(),
        };
        self.model.add(&name);
        name
    }

    /// A line in which names and options come in some order, with or without the `--` they need.
    fn call(&mut self, verb: &str, options: &[&str], names: &[&str]) -> String {
        let mut options: Vec<&str> = options.to_vec();
        options.retain(|_| self.dice.chance(50));
        let names: Vec<String> = names.iter().map(|name| quoted(name)).collect();
        let names = names.join(" ");
        let dashed = names.starts_with('-') || names.starts_with("'-") || names.contains(" -");
        let words = match (dashed && self.dice.chance(85), self.dice.chance(15)) {
            (true, _) => [options.join(" "), "--".to_owned(), names],
            (false, true) => [names, options.join(" "), String::new()],
            (false, false) => [options.join(" "), names, String::new()],
        };
        let words = words.into_iter().filter(|word| !word.is_empty());
        std::iter::once(format!("pass {verb}")).chain(words).collect::<Vec<_>>().join(" ")
    }

    fn insert(&mut self, options: &[&str], must: &str, input: &str) -> Line {
        let name = self.entry_to_write();
        let verb = self.dice.pick(&["insert", "insert", "add"]);
        let call = self.call(&format!("{verb}{must}"), options, &[&name]);
        Line::new(format!("printf %b \"{input}\" | {call}"), InOrder)
    }

    fn insert_many(&mut self) -> Line {
        let input = self.dice.weigh(&CONTENTS);
        let must = self.dice.pick(&[" -m", " --multiline", " -fm", " --multi"]);
        self.insert(&["-f"], must, input)
    }

    fn insert_echo(&mut self) -> Line {
        let input = self.dice.weigh(&LINES_TO_READ);
        let must = self.dice.pick(&[" -e", " --echo", " -ef"]);
        self.insert(&["--force"], must, input)
    }

    fn insert_twice(&mut self) -> Line {
        let input = self.dice.weigh(&TWICE);
        self.insert(&["-f"], "", input)
    }

    fn generate(&mut self) -> Line {
        let name = self.entry_to_write();
        let length = self.dice.pick(&["", "", " 8", " 40", " 1"]);
        let way = self.dice.pick(&["", "-f", "-i", "--in-place", "-q", "-c"]);
        let call = self.call("generate", &["-n", way], &[&name]);
        let shown = if call.contains(" -q") { Differently } else { InOrder };
        Line::new(format!("{call}{length}"), shown)
    }

    /// `pass` tries for ever if it can not encrypt what was edited, and nobody is there to stop it.
    fn edit(&mut self) -> Line {
        let name = self.entry_to_write();
        let editor = self.dice.weigh(&EDITORS);
        Line::new(format!("EDITOR={editor} timeout 5 pass edit {}", quoted(&name)), InOrder)
    }

    fn rm(&mut self) -> Line {
        let name = self.entry_or_folder();
        let verb = self.dice.pick(&["rm", "remove", "delete"]);
        let call = self.call(verb, &["-r", "-f"], &[&name]);
        self.model.remove(&name);
        Line::new(call, InAnyOrder)
    }

    /// Where to: a new name, one that is taken, into a folder that is there, or not.
    fn destination(&mut self) -> String {
        match self.dice.roll(10) {
            0..4 => self.fresh(),
            4..6 => self.known(),
            6..8 => self.folder(),
            8 => format!("{}/", self.folder()),
            _ => format!("{}/{}/", self.step(), self.step()),
        }
    }

    /// Not a repository: what `git add` makes of one is no folder.
    fn movable(&mut self) -> String {
        let name = self.entry_or_folder();
        if is_within("nested", &name) { self.step().to_owned() } else { name }
    }

    fn mv(&mut self) -> Line {
        let (old, new) = (self.movable(), self.destination());
        let verb = self.dice.pick(&["mv", "rename"]);
        let call = self.call(verb, &["-f"], &[&old, &new]);
        self.model.copy(&old, &new);
        self.model.remove(&old);
        Line::new(call, InAnyOrder)
    }

    /// Not into itself: what then comes of it depends on the order in which names are listed.
    fn cp(&mut self) -> Line {
        let (mut old, mut new) = (self.movable(), self.destination());
        if is_within("", &old) {
            old = self.step().to_owned();
        }
        if is_within(&new, &old) {
            new = format!("{}.copy", old.trim_end_matches('/'));
        }
        let verb = self.dice.pick(&["cp", "copy"]);
        let call = self.call(verb, &["--force"], &[&old, &new]);
        self.model.copy(&old, &new);
        Line::new(call, InAnyOrder)
    }

    fn show(&mut self) -> Line {
        let name = self.entry_or_folder();
        let pictured = self.dice.chance(8);
        let must = if pictured { "show --qrcode" } else { "show" };
        let call = self.call(must, &[], &[&name]);
        Line::new(call, if pictured { Differently } else { InOrder })
    }

    fn ls(&mut self) -> Line {
        let verb = self.dice.pick(&["ls", "list", "show"]);
        if self.dice.chance(60) {
            return Line::new(format!("pass {verb}"), InOrder);
        }
        let name = self.entry_or_folder();
        Line::new(self.call(verb, &[], &[&name]), InOrder)
    }

    fn find(&mut self) -> Line {
        let verb = self.dice.pick(&["find", "search"]);
        let name = self.entry_or_folder();
        let part = name.split('/').next_back().unwrap_or_default();
        let part: String = part.chars().take(1 + self.dice.roll(5)).collect();
        let more = self.dice.pick(&["", "", " b", " 'w*k'", " ''"]);
        Line::new(format!("pass {verb} {}{more}", quoted(&part)), InOrder)
    }

    fn grep(&mut self) -> Line {
        let search = self.dice.pick(&SEARCHES);
        Line::new(format!("pass grep {search}"), InAnyOrder)
    }

    fn init_below(&mut self) -> Line {
        let (folder, ids) = (quoted(&self.folder()), self.ids());
        let whole = self.dice.chance(25);
        let path = match self.dice.roll(3) {
            _ if whole => String::new(),
            0 => format!("--path={folder} "),
            1 => format!("--path {folder} "),
            _ => format!("-p {folder} "),
        };
        Line::new(format!("pass init {path}{ids}"), InAnyOrder)
    }

    fn deinit(&mut self) -> Line {
        let folder = quoted(&self.folder());
        let path = if self.dice.chance(75) { format!("-p {folder} ") } else { String::new() };
        Line::new(format!("pass init {path}''"), InAnyOrder)
    }

    fn git(&mut self) -> Line {
        let words = self.dice.pick(&[
            "init",
            "log --format=%s",
            "status --porcelain",
            "rev-parse --is-inside-work-tree",
            "nonsense",
        ]);
        Line::new(format!("pass git {words}"), InOrder)
    }

    /// Puts names into a line of a table.
    fn filled(&mut self, line: &str) -> String {
        let folder = quoted(&self.folder());
        let mut filled = line.replace("FOLDER", &folder);
        while filled.contains("NAME") {
            filled = filled.replacen("NAME", &quoted(&self.taken()), 1);
        }
        filled
    }

    /// A link is no entry to write to: `pass` writes through it, and git does not hear of it.
    fn by_hand(&mut self) -> Line {
        let line = self.dice.weigh(&BY_HAND);
        for (part, name) in [("given.gpg", "given"), (NESTED, "nested/a")] {
            if line.contains(part) {
                self.model.add(name);
            }
        }
        Line::new(self.filled(line), InOrder)
    }

    /// What is typed is echoed when the terminal comes to it: what is shown has no fixed order.
    fn at_a_terminal(&mut self) -> Line {
        let line = self.dice.pick(&ASKING);
        let call = quoted(&self.filled(line));
        let answer = self.dice.weigh(&ANSWERS);
        Line::new(format!("printf '{answer}' | script -qec {call} /dev/null"), Differently)
    }

    fn mistake(&mut self) -> Line {
        let line = self.dice.pick(&MISTAKES);
        Line::new(self.filled(line), InOrder)
    }
}

/// Whether a folder `old` would be copied to a place in itself.
fn is_within(new: &str, old: &str) -> bool {
    let steps = |name: &str| -> Vec<String> {
        name.split('/').filter(|step| !matches!(*step, "" | ".")).map(str::to_owned).collect()
    };
    steps(new).starts_with(&steps(old))
}

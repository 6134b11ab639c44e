//! Options as GNU getopt reads them, since `pass` has always been called that way: they may follow
//! operands, short ones cluster (`-rf`), long ones may be abbreviated, an optional value is attached
//! (`-c2`, `--clip=2`), `--` ends them (getopt(1), getopt_long(3)). A test compares this with the
//! real `getopt`.

/// One option that a verb knows.
#[derive(Clone, Copy, Debug)]
pub(super) struct Opt {
    pub(super) short: u8,
    pub(super) long: &'static str,
    pub(super) value: Value,
}

/// Whether an option has a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Value {
    None,
    /// Only an attached one.
    Optional,
    Required,
}

/// A command line, taken apart.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Parsed {
    /// By their short letters, in order; an optional value that is missing is empty.
    pub(super) options: Vec<(u8, Vec<u8>)>,
    pub(super) operands: Vec<Vec<u8>>,
    /// One line for each thing that was wrong, as getopt says it.
    pub(super) errors: Vec<Vec<u8>>,
}

impl Parsed {
    /// Whether the option was given.
    pub(super) fn has(&self, short: u8) -> bool {
        self.options.iter().any(|(letter, _)| *letter == short)
    }
}

/// Takes `words` apart. What is wrong is noted and left out; the rest counts, as in getopt.
pub(super) fn parse(known: &[Opt], words: &[Vec<u8>]) -> Parsed {
    let mut parsed = Parsed::default();
    let mut rest = words.iter();
    while let Some(word) = rest.next() {
        match word.as_slice() {
            b"--" => {
                parsed.operands.extend(rest.cloned());
                break;
            }
            [b'-', b'-', long @ ..] => parsed.read_long(known, long, &mut rest),
            [b'-', cluster @ ..] if !cluster.is_empty() => {
                parsed.read_cluster(known, cluster, &mut rest);
            }
            _ => parsed.operands.push(word.clone()),
        }
    }
    parsed
}

impl Parsed {
    fn read_cluster<'w>(
        &mut self,
        known: &[Opt],
        mut cluster: &[u8],
        rest: &mut impl Iterator<Item = &'w Vec<u8>>,
    ) {
        while let [letter, attached @ ..] = cluster {
            cluster = attached;
            let Some(opt) = known.iter().find(|opt| opt.short == *letter) else {
                self.errors.push([b"invalid option -- '".as_slice(), &[*letter], b"'"].concat());
                continue;
            };
            let value = match opt.value {
                Value::None => Some(Vec::new()),
                Value::Required if attached.is_empty() => rest.next().cloned(),
                Value::Required | Value::Optional => Some(attached.to_vec()),
            };
            match value {
                Some(value) => self.options.push((*letter, value)),
                None => {
                    let what = b"option requires an argument -- '".as_slice();
                    self.errors.push([what, &[*letter], b"'"].concat());
                }
            }
            if opt.value != Value::None {
                return;
            }
        }
    }

    fn read_long<'w>(
        &mut self,
        known: &[Opt],
        word: &[u8],
        rest: &mut impl Iterator<Item = &'w Vec<u8>>,
    ) {
        let mut parts = word.splitn(2, |byte| *byte == b'=');
        let (name, attached) = (parts.next().unwrap_or_default(), parts.next());
        let opt = match find_long(known, name) {
            Found::One(opt) => opt,
            Found::None => {
                return self.errors.push([b"unrecognized option '--", word, b"'"].concat());
            }
            Found::Several(candidates) => return self.errors.push(ambiguous(word, &candidates)),
        };
        let value = match (opt.value, attached) {
            (Value::None, Some(_)) => {
                return self.complain(opt, "doesn't allow an argument");
            }
            (Value::Required, None) => match rest.next() {
                Some(next) => next.clone(),
                None => return self.complain(opt, "requires an argument"),
            },
            (_, attached) => attached.unwrap_or_default().to_vec(),
        };
        self.options.push((opt.short, value));
    }

    fn complain(&mut self, opt: &Opt, what: &str) {
        self.errors.push(format!("option '--{}' {what}", opt.long).into_bytes());
    }
}

enum Found<'o> {
    None,
    One(&'o Opt),
    Several(Vec<&'o Opt>),
}

/// The option of that name, or the only one that begins with it.
fn find_long<'o>(known: &'o [Opt], name: &[u8]) -> Found<'o> {
    if let Some(opt) = known.iter().find(|opt| opt.long.as_bytes() == name) {
        return Found::One(opt);
    }
    let fitting: Vec<&Opt> =
        known.iter().filter(|opt| opt.long.as_bytes().starts_with(name)).collect();
    match fitting.as_slice() {
        [] => Found::None,
        [opt] => Found::One(opt),
        _ => Found::Several(fitting),
    }
}

fn ambiguous(word: &[u8], candidates: &[&Opt]) -> Vec<u8> {
    let names: String = candidates.iter().map(|opt| format!(" '--{}'", opt.long)).collect();
    [b"option '--".as_slice(), word, b"' is ambiguous; possibilities:", names.as_bytes()].concat()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::real;
    use super::*;

    const fn opt(short: u8, long: &'static str, value: Value) -> Opt {
        Opt { short, long, value }
    }

    /// All of pass's options and two that share a beginning.
    const KNOWN: [Opt; 6] = [
        opt(b'q', "qrcode", Value::Optional),
        opt(b'c', "clip", Value::Optional),
        opt(b'f', "force", Value::None),
        opt(b'p', "path", Value::Required),
        opt(b'i', "in-place", Value::None),
        opt(b'x', "in-pieces", Value::None),
    ];

    /// What the real getopt(1) says: its line, its complaints.
    fn really_read(words: &[String]) -> (String, String) {
        let longs = "qrcode::,clip::,force,path:,in-place,in-pieces";
        let fixed = ["-o", "q::c::fp:ix", "-l", longs, "-n", "pass", "--"];
        let words: Vec<&str> = fixed.into_iter().chain(words.iter().map(String::as_str)).collect();
        let outcome = real::run("getopt", &words, b"", &[]);
        (String::from_utf8_lossy(&real::bytes(&outcome.stdout)).into_owned(), outcome.stderr)
    }

    /// The same, from ours, in getopt's notation.
    fn ours(words: &[String]) -> (String, String) {
        let words: Vec<Vec<u8>> = words.iter().map(|word| word.clone().into_bytes()).collect();
        let parsed = parse(&KNOWN, &words);
        let mut line = String::new();
        for (letter, value) in &parsed.options {
            line.push_str(&format!(" -{}", char::from(*letter)));
            let opt = KNOWN.iter().find(|opt| opt.short == *letter).expect("it is known");
            if opt.value != Value::None {
                line.push_str(&format!(" {}", quoted(value)));
            }
        }
        line.push_str(" --");
        parsed.operands.iter().for_each(|word| line.push_str(&format!(" {}", quoted(word))));
        let told = |error: &Vec<u8>| format!("pass: {}\n", String::from_utf8_lossy(error));
        (line + "\n", parsed.errors.iter().map(told).collect())
    }

    fn quoted(value: &[u8]) -> String {
        format!("'{}'", String::from_utf8_lossy(value).replace('\'', "'\\''"))
    }

    /// getopt keeps long options long; ours are known by their letters.
    fn short(mut line: String) -> String {
        for opt in KNOWN {
            let marked = format!(" -{} ", char::from(opt.short));
            line = line.replace(&format!(" --{} ", opt.long), &marked);
        }
        line
    }

    fn word() -> impl Strategy<Value = String> {
        let pieces =
            ["-", "--", "q", "c", "f", "p", "i", "x", "force", "clip", "in-p", "path", "="];
        let piece = prop::sample::select(pieces.to_vec()).prop_map(str::to_owned);
        prop_oneof![
            prop::collection::vec(piece, 0..4).prop_map(|pieces| pieces.concat()),
            "[a-c=' -]{0,3}",
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn reads_every_line_as_getopt_does(words in prop::collection::vec(word(), 0..6)) {
            let (line, complaints) = really_read(&words);
            prop_assert_eq!(ours(&words), (short(line), complaints));
        }
    }
}

//! Texts: prose, source code and what programs print, all of the same words.

use super::random::Random;

/// How many words there are, as a power of two.
const OCTAVES: u64 = 14;

/// How many names one project uses, as a power of two.
const NAMES: u64 = 9;

const SYLLABLES: [&str; 48] = [
    "a", "al", "an", "ar", "ba", "be", "cal", "co", "con", "de", "di", "do", "e", "el", "en", "er",
    "fi", "for", "ga", "hi", "i", "in", "ion", "ka", "la", "lo", "ma", "mi", "mo", "ne", "ni", "o",
    "on", "or", "pa", "per", "pro", "ra", "re", "ri", "se", "si", "sta", "ta", "te", "ti", "u",
    "ver",
];

/// Lines of code; `@` is a name, `#` a number.
const CODE: [&str; 20] = [
    "let @ = @.@(@);",
    "let mut @ = @::new();",
    "if @ == @ {",
    "if let Some(@) = @.@() {",
    "}",
    "}",
    "}",
    "",
    "",
    "return @(@, @);",
    "// @ @ @ @ @ @",
    "for @ in @.@() {",
    "assert_eq!(@(#), @);",
    "@: @,",
    "use @::@::@;",
    "pub fn @(@: @, @: &@) -> Result<@, @> {",
    "self.@.@(@, #)?;",
    "const @: usize = #;",
    "@.push(@ + #);",
    "match @.@(\"@ @\") {",
];

/// All words, the most frequent first.
pub(crate) struct Vocabulary(Vec<String>);

impl Vocabulary {
    pub(crate) fn new(random: &mut Random) -> Self {
        let word = |rank: u32| {
            // What is said often is short.
            let syllables = 1 + rank.checked_ilog2().unwrap_or_default() / 4;
            (0..syllables).map(|_| *random.pick(&SYLLABLES)).collect()
        };
        Self((0..1 << OCTAVES).map(word).collect())
    }

    /// Sentences and paragraphs, of about this many bytes.
    pub(crate) fn prose(&self, random: &mut Random, length: usize) -> String {
        let mut text = String::with_capacity(length + 16);
        let mut rank = 0;
        while text.len() < length {
            rank = next_rank(random, rank);
            text.push_str(&self.0[rank]);
            text.push_str(match random.below(64) {
                0 => ".\n\n",
                1 => ":\n- ",
                2..=5 => ". ",
                6..=10 => ", ",
                _ => " ",
            });
        }
        text
    }

    /// A file of this many lines, with the names of one project.
    pub(crate) fn code(&self, random: &mut Random, project: usize, lines: usize) -> Vec<String> {
        (0..lines).map(|_| self.code_line(random, project)).collect()
    }

    pub(crate) fn code_line(&self, random: &mut Random, project: usize) -> String {
        let mut line = " ".repeat(4 * random.index(4));
        for letter in random.pick(&CODE).chars() {
            match letter {
                '@' => line.push_str(self.name(random, project)),
                '#' => line.push_str(&random.below(1000).to_string()),
                _ => line.push(letter),
            }
        }
        line
    }

    /// What a build or a test run prints.
    pub(crate) fn log(&self, random: &mut Random, project: usize, lines: usize) -> String {
        let line = |random: &mut Random| {
            let (name, other) = (self.name(random, project), self.name(random, project));
            match random.below(4) {
                0 => format!("test {name}::{other} ... ok ({} ms)\n", random.below(400)),
                1 => format!("   Compiling {name} v0.{}.{}\n", random.below(30), random.below(9)),
                2 => format!("{} {name}: {other}\n", random.hex(8)),
                _ => format!("src/{name}.rs:{}: {}\n", random.below(900), self.prose(random, 40)),
            }
        };
        (0..lines).map(|_| line(random)).collect()
    }

    /// A name as one project uses it: each has other ones.
    pub(crate) fn name(&self, random: &mut Random, project: usize) -> &str {
        &self.0[(project * 769 + 64 + random.rank(NAMES)) % self.0.len()]
    }
}

/// The word after this one: often one of the four that usually come then.
fn next_rank(random: &mut Random, rank: usize) -> usize {
    if random.one_in(2) {
        return random.rank(OCTAVES);
    }
    Random::new(random.below(4), &rank.to_string()).rank(OCTAVES)
}

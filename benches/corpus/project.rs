//! A project that somebody works on with Claude: a name and source files.

use super::random::Random;
use super::text::Vocabulary;

/// How many files of a project are ever read.
const FILES: usize = 24;

/// One in so many lines is another one when the next session begins.
const CHANGED: u64 = 16;

/// A project, as a session finds it and changes it.
#[derive(Clone)]
pub(crate) struct Project {
    /// Its place among all of them, which says what names it uses.
    pub(crate) number: usize,
    /// What its folder is called.
    pub(crate) name: String,
    /// Its source files.
    pub(crate) files: Vec<SourceFile>,
}

/// A file of it.
#[derive(Clone)]
pub(crate) struct SourceFile {
    pub(crate) path: String,
    pub(crate) lines: Vec<String>,
}

impl Project {
    pub(crate) fn new(seed: u64, number: usize, vocabulary: &Vocabulary) -> Self {
        let mut random = Random::new(seed, &format!("project {number}"));
        let name = format!("{}-{number}", vocabulary.name(&mut random, number));
        let file = |_| {
            let lines = usize::try_from(random.heavy_tailed(4, 10)).expect("it is small");
            SourceFile {
                path: format!(
                    "/home/ann/src/{name}/src/{}.rs",
                    vocabulary.name(&mut random, number)
                ),
                lines: vocabulary.code(&mut random, number, lines),
            }
        };
        let files = (0..FILES).map(file).collect();
        Self { number, name, files }
    }

    /// What Claude calls its folder of transcripts.
    pub(crate) fn folder(&self) -> String {
        format!("-home-ann-src-{}", self.name)
    }

    /// As it is some days later.
    pub(crate) fn later(&self, vocabulary: &Vocabulary, random: &mut Random) -> Self {
        let mut later = self.clone();
        for line in later.files.iter_mut().flat_map(|file| &mut file.lines) {
            if random.one_in(CHANGED) {
                *line = vocabulary.code_line(random, self.number);
            }
        }
        later
    }
}

impl SourceFile {
    pub(crate) fn text(&self) -> String {
        self.lines.join("\n")
    }
}

//! The home: what lies where, and how it comes to be.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde_json::json;

use super::beside;
use super::project::Project;
use super::random::Random;
use super::session::Session;
use super::text::Vocabulary;
use super::tree;

/// When the work began that is found on the first night: 2026-01-05, 02:00 UTC, in seconds.
pub(crate) const START: i64 = 1_767_578_400;
pub(crate) const DAY: i64 = 86_400;

/// How long ago the oldest session may be.
const DAYS_BEFORE: u64 = 60;

/// On how many projects this person works.
const PROJECTS: usize = 12;

/// The powers of two between which sessions are large: a few KB, and tens of MB.
const SMALLEST: u64 = 12;
const LARGEST: u64 = 25;

/// One session in so many begins as a copy of another.
const FORKS: u64 = 12;

/// How far a fork goes on at first (bytes).
const MOST_AFTER_FORK: u64 = 1 << 16;

/// A home that is being made, or changed.
pub(crate) struct Home {
    pub(crate) folder: PathBuf,
    pub(crate) seed: u64,
    pub(crate) vocabulary: Vocabulary,
    pub(crate) projects: Vec<Project>,
}

/// A session that begins: which one, how large and when.
pub(crate) struct Order<'p> {
    pub(crate) project: &'p Project,
    pub(crate) id: String,
    pub(crate) bytes: u64,
    pub(crate) time: i64,
}

/// A session that has begun: where it is, and how large with all that lies beside it.
pub(crate) struct Begun {
    pub(crate) transcript: PathBuf,
    pub(crate) bytes: u64,
}

impl Home {
    pub(crate) fn new(folder: &Path, seed: u64) -> Self {
        let vocabulary = Vocabulary::new(&mut Random::new(seed, "vocabulary"));
        let projects =
            (0..PROJECTS).map(|number| Project::new(seed, number, &vocabulary)).collect();
        Self { folder: folder.to_owned(), seed, vocabulary, projects }
    }

    /// Fills the home, until it holds so many bytes.
    pub(crate) fn make(&self, bytes: u64) -> io::Result<()> {
        let mut random = Random::new(self.seed, "make");
        self.settings(0, START)?;
        self.instructions(&mut random)?;
        let mut sessions: Vec<PathBuf> = Vec::new();
        let mut made = 0;
        while made < bytes {
            let order = self.order(&mut random, bytes / 16);
            let session = match random.one_in(FORKS) && !sessions.is_empty() {
                true => self.fork(&mut random, &sessions, order)?,
                false => self.begin(&mut random, &order)?,
            };
            made += session.bytes;
            sessions.push(session.transcript);
        }
        self.settle()
    }

    /// Any project, any size up to this one, some day of the weeks before.
    pub(crate) fn order(&self, random: &mut Random, most: u64) -> Order<'_> {
        let age = i64::try_from(random.below(DAYS_BEFORE)).expect("it is small");
        let within = i64::try_from(random.below(DAY.unsigned_abs())).expect("it is small");
        Order {
            project: random.pick(&self.projects),
            id: random.uuid(),
            bytes: random.heavy_tailed(SMALLEST, LARGEST).min(most),
            time: START - DAY * age - within,
        }
    }

    /// A new session, and what Claude keeps beside it.
    pub(crate) fn begin(&self, random: &mut Random, order: &Order) -> io::Result<Begun> {
        let text = self.session(random, order).work(order.bytes);
        let bytes = text.len() as u64 + self.beside(random, order)?;
        let transcript = self.transcript(order);
        tree::write(&transcript, &text, order.time)?;
        Ok(Begun { transcript, bytes })
    }

    /// A session that begins as a copy of another under a new name, and goes on from there: each
    /// line tells the new name, and is else what it was.
    pub(crate) fn fork(
        &self,
        random: &mut Random,
        sessions: &[PathBuf],
        order: Order,
    ) -> io::Result<Begun> {
        let origin = random.pick(sessions);
        let order = Order { project: self.project_of(origin), ..order };
        let mut text = renamed(&fs::read(origin)?, &id_of(origin), &order.id);
        text.extend(self.session(random, &order).work(order.bytes.min(MOST_AFTER_FORK)));
        let transcript = self.transcript(&order);
        tree::write(&transcript, &text, order.time)?;
        Ok(Begun { transcript, bytes: text.len() as u64 })
    }

    /// A sitting at a session.
    pub(crate) fn session(&self, random: &mut Random, order: &Order) -> Session<'_> {
        let own = Random::new(random.next(), &order.id);
        Session::new(&self.vocabulary, own, order.project, &order.id, order.time)
    }

    /// Where a session is.
    pub(crate) fn transcript(&self, order: &Order) -> PathBuf {
        self.in_project(order.project).join(format!("{}.jsonl", order.id))
    }

    /// Claude's main file, which is beside its folder.
    fn main_file(&self) -> PathBuf {
        self.folder.join(".claude.json")
    }

    pub(crate) fn claude(&self) -> PathBuf {
        self.folder.join(".claude")
    }

    /// The project that a transcript belongs to.
    pub(crate) fn project_of(&self, transcript: &Path) -> &Project {
        let of_it = |project: &&Project| transcript.starts_with(self.in_project(project));
        self.projects.iter().find(of_it).expect("there is no other")
    }

    /// Claude's main file and settings: small, and written anew at each start.
    pub(crate) fn settings(&self, starts: u64, time: i64) -> io::Result<()> {
        let server = json!({ "command": "mcp-server-everything", "args": ["stdio"], "env": {} });
        let main = json!({
            "numStartups": 1000 + starts,
            "userID": Random::new(self.seed, "user").hex(16),
            "mcpServers": { "everything": server },
            "projects": self.projects.iter().map(|project| {
                (format!("/home/ann/src/{}", project.name), json!({ "hasTrustDialogAccepted": true }))
            }).collect::<serde_json::Map<_, _>>(),
        });
        let settings =
            json!({ "model": "opus", "permissions": { "allow": ["Bash(cargo test:*)"] } });
        tree::write(&self.main_file(), pretty(&main).as_bytes(), time)?;
        tree::write(&self.claude().join("settings.json"), pretty(&settings).as_bytes(), START)
    }

    /// What does not change: agents, instructions, memories, and the beginning of the list of prompts.
    fn instructions(&self, random: &mut Random) -> io::Result<()> {
        let claude = self.claude();
        for name in ["reviewer", "tester", "writer"] {
            let text = format!("---\nname: {name}\n---\n{}\n", self.vocabulary.prose(random, 3000));
            tree::write(&claude.join(format!("agents/{name}.md")), text.as_bytes(), START)?;
        }
        for project in &self.projects {
            let text = self.vocabulary.prose(random, 2000);
            let path = self.in_project(project).join("memory/MEMORY.md");
            tree::write(&path, text.as_bytes(), START)?;
        }
        tree::write(
            &claude.join("CLAUDE.md"),
            self.vocabulary.prose(random, 4000).as_bytes(),
            START,
        )?;
        tree::write(&claude.join("history.jsonl"), &self.prompt(random, START), START)
    }

    /// A line of the list of prompts.
    pub(crate) fn prompt(&self, random: &mut Random, time: i64) -> Vec<u8> {
        let text = self.vocabulary.prose(random, 80);
        let project = &random.pick(&self.projects).name;
        let line = json!({ "display": text, "timestamp": time * 1000, "project": project });
        format!("{line}\n").into_bytes()
    }

    /// What lies beside a transcript; answers how large it is.
    fn beside(&self, random: &mut Random, order: &Order) -> io::Result<u64> {
        let files = beside::files(self, random, order);
        for (name, content) in &files {
            tree::write(&self.claude().join(name), content, order.time)?;
        }
        Ok(files.iter().map(|(_, content)| content.len() as u64).sum())
    }

    /// The folder of a project's transcripts.
    fn in_project(&self, project: &Project) -> PathBuf {
        self.claude().join("projects").join(project.folder())
    }

    /// How many files there are, and how large they are together.
    pub(crate) fn totals(&self) -> io::Result<(u64, u64)> {
        let (files, bytes) = tree::totals(&self.claude())?;
        Ok((files + 1, bytes + self.main_file().metadata()?.len()))
    }

    /// Gives folders the times that follow from what is in them.
    pub(crate) fn settle(&self) -> io::Result<()> {
        tree::settle(&self.claude()).map(drop)
    }
}

fn pretty(value: &serde_json::Value) -> String {
    format!("{value:#}\n")
}

/// The name of a session.
pub(crate) fn id_of(transcript: &Path) -> String {
    transcript.file_stem().expect("it has a name").to_string_lossy().into_owned()
}

/// The text with one name in place of another, which is as long.
fn renamed(text: &[u8], old: &str, new: &str) -> Vec<u8> {
    let mut renamed = text.to_vec();
    let mut place = 0;
    while let Some(found) = position(&renamed[place..], old.as_bytes()) {
        place += found + new.len();
        renamed[place - new.len()..place].copy_from_slice(new.as_bytes());
    }
    renamed
}

fn position(text: &[u8], wanted: &[u8]) -> Option<usize> {
    text.windows(wanted.len()).position(|window| window == wanted)
}

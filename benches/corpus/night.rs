//! One day's work: transcripts grow, new ones and forks appear, some are compacted, old ones go.

use std::fs;
use std::io;
use std::path::PathBuf;

use super::home::{DAY, Home, Order, START, id_of};
use super::project::Project;
use super::random::Random;
use super::tree;

/// What a day adds, as a part of what is there: 2 %.
const GROWTH: u64 = 50;

/// A transcript that is larger than this part of the day's growth is not copied, compacted or removed:
/// at most a few at a time change as a whole.
const PART: u64 = 4;

/// How many old sessions are removed.
const REMOVED: usize = 2;

/// How many sessions are compacted at most.
const COMPACTED: u64 = 3;

/// A night's own numbers and limits.
struct Night<'h> {
    home: &'h Home,
    random: Random,
    /// When it is.
    time: i64,
    /// How much is to be added.
    growth: u64,
    /// All transcripts, the oldest first.
    sessions: Vec<PathBuf>,
}

impl Home {
    /// Changes the home as the day before this night did.
    pub(crate) fn night(&self, number: u64) -> io::Result<()> {
        let time = START + DAY * i64::try_from(number).expect("it is small");
        let (_, bytes) = self.totals()?;
        let night = Night {
            home: self,
            random: Random::new(self.seed, &format!("night {number}")),
            time,
            growth: bytes / GROWTH,
            sessions: self.sessions()?,
        };
        night.pass()?;
        self.settings(number, time)?;
        self.settle()
    }

    /// All transcripts of sessions, the one that was not used for longest first.
    fn sessions(&self) -> io::Result<Vec<PathBuf>> {
        let mut sessions = Vec::new();
        for project in tree::listed(&self.claude().join("projects"))? {
            let files = tree::listed(&project)?.into_iter();
            sessions.extend(files.filter(|path| path.extension().is_some_and(|it| it == "jsonl")));
        }
        sessions.sort_by_cached_key(|path| (tree::changed(path).unwrap_or_default(), path.clone()));
        Ok(sessions)
    }
}

impl Night<'_> {
    fn pass(mut self) -> io::Result<()> {
        self.remove()?;
        self.compact()?;
        self.fork()?;
        self.begin()?;
        self.append()?;
        let prompt = self.home.prompt(&mut self.random, self.time);
        tree::append(&self.home.claude().join("history.jsonl"), &prompt, self.time)
    }

    /// The oldest go, with what lies beside them.
    fn remove(&mut self) -> io::Result<()> {
        let old: Vec<PathBuf> = self.small().into_iter().take(REMOVED).collect();
        self.sessions.retain(|path| !old.contains(path));
        let claude = self.home.claude();
        for transcript in old {
            let id = id_of(&transcript);
            let beside = [claude.join("file-history").join(&id), claude.join("tasks").join(&id)];
            for path in beside.into_iter().chain([transcript.with_extension(""), transcript]) {
                tree::remove(&path)?;
            }
        }
        Ok(())
    }

    /// Some are written anew: a summary, and the last third of what was there.
    fn compact(&mut self) -> io::Result<()> {
        let small = self.small();
        let count = if small.is_empty() { 0 } else { self.random.below(COMPACTED + 1) };
        for _ in 0..count {
            let path = self.random.pick(&small);
            let text = fs::read(path)?;
            let lines: Vec<&[u8]> = text.split_inclusive(|byte| *byte == b'\n').collect();
            let kept = lines[lines.len() * 2 / 3..].concat();
            let order = self.order(self.home.project_of(path), &id_of(path));
            let summary = self.home.session(&mut self.random, &order).summary();
            tree::write(path, &[summary, kept].concat(), self.time)?;
        }
        Ok(())
    }

    fn fork(&mut self) -> io::Result<()> {
        let small = self.small();
        if small.is_empty() {
            return Ok(());
        }
        let id = self.random.uuid();
        let order = self.order(&self.home.projects[0], &id);
        let fork = self.home.fork(&mut self.random, &small, order)?;
        self.growth = self.growth.saturating_sub(fork.bytes);
        Ok(())
    }

    /// New sessions, for a quarter of the growth.
    fn begin(&mut self) -> io::Result<()> {
        let mut left = self.growth / 4;
        self.growth -= left;
        while left > 0 {
            let order = Order { time: self.time, ..self.home.order(&mut self.random, left) };
            left = left.saturating_sub(self.home.begin(&mut self.random, &order)?.bytes);
        }
        Ok(())
    }

    /// The rest is appended to sessions that were used of late.
    fn append(&mut self) -> io::Result<()> {
        let recent = self.sessions.split_off(self.sessions.len() * 3 / 4);
        let mut left = self.growth;
        while left > 0 {
            let path = self.random.pick(&recent);
            let order = self.order(self.home.project_of(path), &id_of(path));
            let bytes = self.random.heavy_tailed(12, 22).min(left);
            let more = self.home.session(&mut self.random, &order).work(bytes);
            tree::append(path, &more, self.time)?;
            left = left.saturating_sub(more.len() as u64);
        }
        Ok(())
    }

    fn order<'p>(&self, project: &'p Project, id: &str) -> Order<'p> {
        Order { project, id: id.to_owned(), bytes: self.growth / PART, time: self.time }
    }

    /// The sessions that are small enough to be changed as a whole.
    fn small(&self) -> Vec<PathBuf> {
        let most = self.growth / PART;
        let is_small = |path: &&PathBuf| path.metadata().is_ok_and(|facts| facts.len() <= most);
        self.sessions.iter().filter(is_small).cloned().collect()
    }
}

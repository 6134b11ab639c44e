//! A program's connection to a storage, on which things go wrong.

use std::io::Read;
use std::sync::Mutex;

use crate::crypto::Digest;
use crate::storage::{Body, Error, Listed, Memory, ObjectName, Put, Storage};

use super::baton::{Baton, Turn};
use super::dice::Dice;
use super::home::Witness;
use super::site::{Late, Site};
use super::stage::place;

/// One run of a program, and what chance has in store for it.
pub(super) struct Run<'w> {
    luck: Mutex<Luck>,
    turns: Option<(&'w Baton, usize)>,
    witness: &'w Witness,
}

struct Luck {
    dice: Dice,
    /// Reading goes on side by side, so it has chance of its own.
    reading: Dice,
    /// Of a hundred operations, so many go wrong.
    percent: usize,
    /// After so many more operations the program is killed.
    left: Option<usize>,
    is_dead: bool,
    story: Vec<String>,
}

/// What becomes of an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    Done,
    /// Not done, and it fails.
    Lost,
    /// Done, and it fails: the answer was lost.
    Unheard,
    /// Done twice, since the first answer was lost; the second counts.
    Twice,
    /// It fails, and is done later.
    Late,
    /// Done, and later once more.
    Echoed,
}

const WRONG: [Fate; 5] = [Fate::Lost, Fate::Unheard, Fate::Twice, Fate::Late, Fate::Echoed];

/// How a program ends with the operation at which it is killed.
const LAST: [Fate; 3] = [Fate::Lost, Fate::Unheard, Fate::Late];

impl<'w> Run<'w> {
    /// A run in which nothing goes wrong.
    pub(super) fn calm(witness: &'w Witness) -> Self {
        let (dice, reading) = (Dice::new(0), Dice::new(0));
        let (percent, left, is_dead) = (0, None, false);
        let luck = Luck { dice, reading, percent, left, is_dead, story: Vec::new() };
        Self { luck: Mutex::new(luck), turns: None, witness }
    }

    /// A run in which something may.
    pub(super) fn stormy(mut dice: Dice, witness: &'w Witness) -> Self {
        let run = Self::calm(witness);
        {
            let mut luck = run.luck.lock().expect("is sound");
            luck.percent = dice.pick(&[0, 0, 2, 10, 30]);
            luck.left = dice.chance(40).then(|| dice.roll(40));
            luck.reading = Dice::new(dice.roll(usize::MAX) as u64);
            luck.dice = dice;
        }
        run
    }

    /// The same, on the machine of this number, which takes turns with another.
    pub(super) fn taking_turns(self, baton: &'w Baton, machine: usize) -> Self {
        Self { turns: Some((baton, machine)), ..self }
    }

    pub(super) fn line(&'w self, site: &'w Site) -> Line<'w> {
        Line { site, run: self }
    }

    /// What went wrong.
    pub(super) fn into_story(self) -> Vec<String> {
        self.luck.into_inner().expect("is sound").story
    }

    fn turn(&self) -> Option<Turn<'_>> {
        self.turns.map(|(baton, machine)| baton.wait(machine))
    }

    /// What becomes of the next operation; `None` when nobody is left to do it.
    fn fate(&self, site: &Site, what: &str) -> Option<Fate> {
        let mut luck = self.luck.lock().expect("is sound");
        if luck.is_dead {
            return None;
        }
        site.drift(&mut luck.dice);
        let fate = luck.next();
        if fate != Fate::Done {
            let end = if luck.is_dead { ", and killed" } else { "" };
            luck.story.push(format!("    {what} in place {}: {fate:?}{end}", site.number));
        }
        Some(fate)
    }

    fn is_dead(&self) -> bool {
        self.luck.lock().expect("is sound").is_dead
    }

    fn reads(&self) -> bool {
        let mut luck = self.luck.lock().expect("is sound");
        let percent = luck.percent;
        !luck.is_dead && !luck.reading.chance(percent / 2)
    }
}

impl Luck {
    fn next(&mut self) -> Fate {
        if let Some(left) = &mut self.left {
            if *left == 0 {
                self.is_dead = true;
                return self.dice.pick(&LAST);
            }
            *left -= 1;
        }
        if self.dice.chance(self.percent) { self.dice.pick(&WRONG) } else { Fate::Done }
    }
}

/// A storage, as a program sees it.
pub(super) struct Line<'w> {
    pub(super) site: &'w Site,
    run: &'w Run<'w>,
}

impl Line<'_> {
    fn unreachable<T>(&self) -> Result<T, Error> {
        Err(Error::Unreachable(self.place()))
    }

    /// Does something that can be done again.
    fn attempt<T>(
        &self,
        what: &str,
        late: impl Fn() -> Option<Late>,
        operation: impl Fn(&Memory) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let _turn = self.run.turn();
        let delay = || late().into_iter().for_each(|late| self.site.delay(late));
        let memory = &self.site.memory;
        match self.run.fate(self.site, what) {
            None | Some(Fate::Lost) => self.unreachable(),
            Some(Fate::Done) => operation(memory),
            Some(Fate::Unheard) => operation(memory).and_then(|_| self.unreachable()),
            Some(Fate::Twice) => operation(memory).and_then(|_| operation(memory)),
            Some(Fate::Late) => {
                delay();
                self.unreachable()
            }
            Some(Fate::Echoed) => {
                delay();
                operation(memory)
            }
        }
    }
}

impl Storage for Line<'_> {
    fn place(&self) -> String {
        place(self.site.number)
    }

    fn put(&self, name: &ObjectName, body: &Body<'_>) -> Result<Put, Error> {
        let bytes = bytes_of(name, body)?;
        if name.as_str().ends_with(".commit") {
            self.run.witness.sees(Digest::of(&bytes));
        }
        let late = || Some(Late::Put(name.clone(), bytes.clone()));
        let put = self.attempt(&format!("put {name}"), late, |memory| memory.put(name, body));
        if !self.run.is_dead() {
            self.site.betray(name);
        }
        put
    }

    fn get(&self, name: &ObjectName) -> Result<Box<dyn Read + '_>, Error> {
        let _turn = self.run.turn();
        if self.run.reads() { self.site.memory.get(name) } else { self.unreachable() }
    }

    fn head(&self, name: &ObjectName) -> Result<Option<u64>, Error> {
        self.attempt(&format!("head {name}"), || None, |memory| memory.head(name))
    }

    fn list(&self, folder: &ObjectName) -> Result<Vec<Listed>, Error> {
        self.attempt(&format!("list {folder}"), || None, |memory| memory.list(folder))
    }

    fn delete(&self, name: &ObjectName) -> Result<(), Error> {
        let late = || Some(Late::Delete(name.clone()));
        self.attempt(&format!("delete {name}"), late, |memory| memory.delete(name))
    }
}

/// What would be stored.
fn bytes_of(name: &ObjectName, body: &Body<'_>) -> Result<Vec<u8>, Error> {
    let scratch = Memory::default();
    scratch.put(name, body).map(drop)?;
    Ok(scratch.bytes(name))
}

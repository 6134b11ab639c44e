//! One schedule: what is done, in which order, by whom; and what chance makes of it.

use std::fmt::Debug;
use std::path::PathBuf;
use std::thread::scope;
use std::time::Duration;

use crate::snapshot::tests::{BEGIN, Machine};
use crate::snapshot::{Extent, Keep, Profile, Repository};
use crate::storage::{Memory, ObjectName, Storage};
use crate::sys;

use super::baton::Baton;
use super::dice::Dice;
use super::home::{Witness, change, look};
use super::line::Run;
use super::oracle::{Oracle, Scene, expect_same};
use super::planted::Plant;
use super::site::Site;
use super::stage::{Leaving, Policy, Pruned, Stage, Taken, Who};

const HOUR: i64 = 60 * 60;
const DAY: i64 = 24 * HOUR;

/// What a run writes down once its snapshot is stored, in this order.
const MEMORY: [&str; 3] = ["pin", "object", "cache"];

pub(super) struct World {
    stage: Stage,
    /// Its name.
    repository: String,
    dice: Dice,
    oracle: Oracle,
    story: Vec<String>,
}

#[derive(Clone, Copy, Debug)]
enum Step {
    Create,
    CreateWhileHelperPrunes,
    Forget,
    Heal,
    Hurt,
    Prune,
}

const STEPS: [(usize, Step); 6] = [
    (50, Step::Create),
    (12, Step::CreateWhileHelperPrunes),
    (5, Step::Forget),
    (8, Step::Heal),
    (8, Step::Hurt),
    (20, Step::Prune),
];

impl World {
    pub(super) fn new(seed: u64, plant: Plant) -> Self {
        let mut dice = Dice::new(seed);
        let mut machine = Machine::bare();
        machine.profiles = vec![Profile::Config, Profile::History];
        let memory = Memory::default();
        let repository =
            Repository::init(&memory, &machine.signer).expect("makes").id().to_string();
        let count = if dice.chance(40) { 2 } else { 1 };
        let site = |number| Site::new(number, memory.copy(), dice.chance(30), plant);
        let sites = (0..count).map(site).collect();
        let (has_helper, witness) = (dice.chance(40), Witness::default());
        let stage = Stage { machine, sites, has_helper, witness, now: BEGIN, plant };
        Self { stage, repository, dice, oracle: Oracle::default(), story: Vec::new() }
    }

    pub(super) fn into_story(self) -> Vec<String> {
        self.story
    }

    /// Everything, to the end.
    pub(super) fn live(&mut self) -> Result<(), String> {
        for _ in 0..1 + self.dice.roll(4) {
            self.pass_time();
            self.change_home();
            let step = self.dice.weigh(&STEPS);
            self.story.push(format!("{step:?} at {}", self.stage.now - BEGIN));
            self.take(step)?;
            if self.stage.plant == Plant::ForgetsItsNumber {
                sys::remove(&self.memory_folder().join("begun")).expect("removes");
            }
            self.check(None)?;
        }
        self.story.push("the end".to_owned());
        self.end()
    }

    fn take(&mut self, step: Step) -> Result<(), String> {
        let has_mirror = self.stage.sites.len() > 1;
        match step {
            Step::Create => self.create(),
            Step::CreateWhileHelperPrunes if self.stage.has_helper => {
                self.create_while_helper_prunes();
            }
            Step::Forget => return self.forget(),
            Step::Heal if has_mirror => self.heal_in_storm(),
            Step::Hurt if has_mirror => return self.hurt(),
            Step::CreateWhileHelperPrunes | Step::Heal | Step::Hurt | Step::Prune => self.prune(),
        }
        Ok(())
    }

    /// No request is under way for an hour.
    fn pass_time(&mut self) {
        let seconds = self.dice.pick(&[0, 0, 30, HOUR, DAY, 8 * DAY]);
        if seconds >= HOUR {
            self.settle();
        }
        self.stage.now += seconds;
        let now = self.stage.time();
        self.stage.sites.iter().for_each(|site| site.memory.set_clock(now));
    }

    fn settle(&mut self) {
        for site in &self.stage.sites {
            site.settle(&mut self.dice);
        }
    }

    fn change_home(&mut self) {
        for _ in 0..self.dice.roll(4) {
            change(&self.stage.machine, &mut self.dice);
        }
    }

    /// Looks at every place; somebody may have hurt one.
    fn check(&mut self, hurt: Option<usize>) -> Result<(), String> {
        let Stage { machine, sites, witness, .. } = &self.stage;
        for (number, site) in sites.iter().enumerate() {
            let (memory, is_hurt) = (&site.memory, hurt == Some(number));
            self.oracle.check(number, &Scene { machine, witness, memory, is_hurt })?;
        }
        Ok(())
    }

    fn tell(&mut self, went_wrong: Vec<String>, came_of_it: impl Debug) {
        self.story.extend(went_wrong);
        self.story.push(format!("  {came_of_it:?}"));
    }
}

/// What is done, while things go wrong.
impl World {
    fn create(&mut self) {
        let run = Run::stormy(fork(&mut self.dice), &self.stage.witness);
        let before = self.memory();
        let taken = self.stage.take(&run);
        let story = run.into_story();
        self.tell(story, taken.as_ref().map(|taken| &taken.sites));
        if let Ok(taken) = taken {
            self.promise(&taken);
            self.perhaps_kill_at_the_end(&before);
        }
    }

    fn create_while_helper_prunes(&mut self) {
        let (policy, before) = (self.policy(Who::Helper), self.memory());
        let dice: [Dice; 3] = std::array::from_fn(|_| fork(&mut self.dice));
        let [turns, writing, helping] = dice;
        let (baton, stage) = (Baton::new(turns), &self.stage);
        let writer = Run::stormy(writing, &stage.witness).taking_turns(&baton, 0);
        let helper = Run::stormy(helping, &stage.witness).taking_turns(&baton, 1);
        let (taken, pruned) = scope(|scope| {
            let pruned = scope.spawn(|| {
                let _leaving = Leaving(&baton, 1);
                stage.prune(&helper, &policy)
            });
            let leaving = Leaving(&baton, 0);
            let taken = stage.take(&writer);
            drop(leaving);
            (taken, pruned.join().expect("does not panic"))
        });
        let (writers, helpers) = (writer.into_story(), helper.into_story());
        self.tell(helpers, &policy);
        self.release(&policy, &pruned);
        self.tell(writers, taken.as_ref().map(|taken| &taken.sites));
        if let Ok(taken) = taken {
            self.promise(&taken);
            self.perhaps_kill_at_the_end(&before);
        }
    }

    fn prune(&mut self) {
        let who = self.who();
        let policy = self.policy(who);
        if policy.grace < Duration::from_secs(HOUR.unsigned_abs()) {
            self.settle();
        }
        let run = Run::stormy(fork(&mut self.dice), &self.stage.witness);
        let pruned = self.stage.prune(&run, &policy);
        let story = run.into_story();
        self.tell(story, &policy);
        self.release(&policy, &pruned);
    }

    fn heal_in_storm(&mut self) {
        let (who, site) = (self.who(), self.dice.roll(2));
        let extent = self.dice.pick(&[Extent::Missing, Extent::Exists, Extent::Scrub]);
        let run = Run::stormy(fork(&mut self.dice), &self.stage.witness);
        let healed = self.stage.heal(&run, (who, site, extent));
        let story = run.into_story();
        self.tell(story, healed.map(|healed| format!("place {site} healed: {healed:?}")));
    }

    /// An object is damaged that the other place has too; nobody prunes until it was healed.
    fn hurt(&mut self) -> Result<(), String> {
        let site = self.dice.roll(2);
        self.damage(site);
        self.check(Some(site))?;
        if self.dice.chance(50) {
            self.create();
            self.check(Some(site))?;
        }
        if self.dice.chance(50) {
            self.heal_in_storm();
            self.check(Some(site))?;
        }
        self.settle();
        self.heal(site)
    }

    fn damage(&mut self, site: usize) {
        let [one, other] = [site, 1 - site].map(|site| &self.stage.sites[site].memory);
        let (names, needed) = (one.names(), self.stage.needed(site));
        // Only its commits show what a repository is that does not say so any more.
        let is_begun = names.iter().any(|name| name.as_str().ends_with(".commit"));
        let is_shared = |name: &ObjectName| {
            let bytes = bytes_of(one, name);
            bytes.is_some() && bytes == bytes_of(other, name)
        };
        let may_go = |name: &ObjectName| {
            let is_about = name.as_str().starts_with("vaultctl-repo");
            let is_object = name.as_str().ends_with(".age");
            let statement = name
                .as_str()
                .strip_suffix(".sig")
                .map_or(name.clone(), |statement| statement.parse().expect("is a name"));
            let is_of_use = if is_object { needed.contains(name) } else { is_shared(&statement) };
            is_shared(name) && is_of_use && (is_begun || !is_about)
        };
        let shared: Vec<ObjectName> = names.into_iter().filter(may_go).collect();
        let name = &shared[self.dice.roll(shared.len())];
        let mut bytes = one.bytes(name);
        let place = self.dice.roll(bytes.len());
        match self.dice.roll(3) {
            0 => one.delete(name).expect("deletes"),
            1 => one.tamper(name, bytes[..place].to_vec()),
            _ => {
                bytes[place] ^= 1 << self.dice.roll(8);
                one.tamper(name, bytes);
            }
        }
        self.story.push(format!("  {name} is damaged in place {site}"));
    }

    /// Some of the writer's memory is lost, or all. Who has lost all knows of the numbers only what
    /// the places say, so then they must be there.
    fn forget(&mut self) -> Result<(), String> {
        self.settle();
        let lost: &[&str] = self.dice.pick(&[
            &["cache"] as &[&str],
            &["object"],
            &["dedup-key"],
            &["begun", "pruned", "pin", "object", "cache", "dedup-key"],
        ]);
        for name in lost {
            sys::remove(&self.memory_folder().join(name)).expect("removes");
        }
        self.story.push(format!("  {lost:?} are lost"));
        if lost.contains(&"begun") { self.create_calmly() } else { Ok(()) }
    }

    fn who(&mut self) -> Who {
        let is_helper = self.stage.has_helper && self.dice.chance(50);
        if is_helper { Who::Helper } else { Who::Writer }
    }

    fn policy(&mut self, who: Who) -> Policy {
        let last = 1 + self.dice.roll(3) as u32;
        let keep = match self.dice.roll(3) {
            0 => Keep { daily: last, ..Keep::NOTHING },
            _ => Keep { last, ..Keep::NOTHING },
        };
        let short = [0, HOUR, DAY, 7 * DAY];
        let (graces, skews): (&[i64], &[i64]) = match who {
            Who::Writer => (&short, &[0]),
            Who::Helper => (&[DAY, 7 * DAY], &[0, 0, 400 * DAY]),
        };
        let grace = Duration::from_secs(self.dice.pick(graces).unsigned_abs());
        let site = self.dice.roll(self.stage.sites.len());
        Policy { who, site, keep, grace, skew: self.dice.pick(skews) }
    }
}

/// What may be relied on.
impl World {
    fn promise(&mut self, taken: &Taken) {
        for site in &taken.sites {
            self.oracle.promise(*site, taken.created.commit.id);
        }
    }

    fn release(&mut self, policy: &Policy, pruned: &Pruned) {
        self.story.push(format!("  of {:?}: {:?}", pruned.going, pruned.ended));
        for id in &pruned.going {
            self.oracle.release(policy.site, id);
        }
    }

    /// The files that the writer remembers in, in the order of [`MEMORY`].
    fn memory(&self) -> Vec<Option<Vec<u8>>> {
        let folder = self.memory_folder();
        let file = |name: &&str| sys::read(&folder.join(name), 1 << 20).expect("reads");
        MEMORY.iter().map(file).collect()
    }

    /// A run that has stored its commit may be killed before it has written down all that it wanted.
    fn perhaps_kill_at_the_end(&mut self, before: &[Option<Vec<u8>>]) {
        if !self.dice.chance(25) {
            return;
        }
        let written = self.dice.roll(MEMORY.len());
        let folder = self.memory_folder();
        for (name, bytes) in MEMORY.iter().zip(before).skip(written) {
            match bytes {
                Some(bytes) => sys::write_private(&folder.join(name), bytes).expect("writes"),
                None => sys::remove(&folder.join(name)).expect("removes"),
            }
        }
        sys::write_private(&folder.join(".vaultctl-half.tmp"), b"half").expect("writes");
        self.story.push(format!("  killed before {} was written", MEMORY[written]));
    }

    fn memory_folder(&self) -> PathBuf {
        self.stage.machine.path("state/snapshots").join(&self.repository)
    }
}

/// What succeeds when nobody disturbs it.
impl World {
    fn end(&mut self) -> Result<(), String> {
        if self.dice.chance(50) {
            self.settle();
        }
        self.stage.machine.plant(".claude.json", b"{\"mcpServers\": {}}\n");
        self.create_calmly()?;
        self.settle();
        self.check(None)?;
        if self.stage.sites.len() > 1 {
            self.heal(0)?;
            self.heal(1)?;
        }
        for site in 0..self.stage.sites.len() {
            self.prune_calmly(site)?;
            self.expect_sound(site)?;
        }
        self.check(None)?;
        if self.dice.chance(25) { self.restore_one() } else { Ok(()) }
    }

    fn create_calmly(&mut self) -> Result<(), String> {
        let run = Run::calm(&self.stage.witness);
        let taken = self.stage.take(&run).map_err(|error| format!("no snapshot: {error}"))?;
        if let Some(lost) = taken.created.lost.first() {
            return Err(format!("{} was left behind: {}", lost.place, lost.error));
        }
        drop(run);
        self.promise(&taken);
        self.check(None)
    }

    fn heal(&mut self, site: usize) -> Result<(), String> {
        let run = Run::calm(&self.stage.witness);
        let healed = self.stage.heal(&run, (Who::Writer, site, Extent::Scrub));
        let healed = healed.map_err(|error| format!("place {site} is not healed: {error}"))?;
        match healed.failed.first() {
            Some(fault) => Err(format!("place {site} is not healed: {fault:?}")),
            None => self.check(None),
        }
    }

    fn expect_sound(&mut self, site: usize) -> Result<(), String> {
        let is_deep = self.dice.chance(10);
        let report =
            self.stage.verify(site, is_deep).map_err(|error| format!("no look: {error}"))?;
        match report.faults.first() {
            Some(fault) => Err(format!("in place {site}: {}: {}", fault.object, fault.reason)),
            None => Ok(()),
        }
    }

    fn prune_calmly(&mut self, site: usize) -> Result<(), String> {
        let who = self.who();
        let policy = Policy { site, ..self.policy(who) };
        let run = Run::calm(&self.stage.witness);
        let pruned = self.stage.prune(&run, &policy);
        drop(run);
        self.release(&policy, &pruned);
        pruned.ended.map_err(|error| format!("{policy:?} is not done: {error}"))
    }

    /// Through the disk, as a person does it.
    fn restore_one(&mut self) -> Result<(), String> {
        let site = self.dice.roll(self.stage.sites.len());
        self.stage.restore(site).map_err(|error| format!("no restore: {error}"))?;
        let machine = &self.stage.machine;
        let (home, restored) = (look(&machine.path("home")), look(&machine.path("target/HOME")));
        expect_same(&home, &restored)
    }
}

/// Chance that depends on this one, and leaves the rest of it alone.
fn fork(dice: &mut Dice) -> Dice {
    Dice::new(dice.roll(usize::MAX) as u64)
}

fn bytes_of(memory: &Memory, name: &ObjectName) -> Option<Vec<u8>> {
    memory.head(name).expect("answers").map(|_| memory.bytes(name))
}

//! Which snapshots stay: a policy over their numbers, times and health. It reads no clock and no
//! storage.
//!
//! Only healthy ones count. A degraded one never takes the place of a healthy one: of each period
//! the newest healthy snapshot stays, and a degraded one only where there is no healthy one, beside
//! the number that was asked for. So a week in which a file did not parse neither pushes out what
//! was good before it, nor is it thrown away itself.
//!
//! Whatever the policy says, the newest snapshot stays, the last healthy one, and the last one that
//! a drill has restored.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use crate::snapshot::Error;
use crate::snapshot::repository::commit::{Commit, Health, SnapshotId};

/// How many snapshots are kept; periods are those of UTC, weeks begin on Monday.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Keep {
    /// The last ones.
    pub last: u32,
    /// The last of each hour.
    pub hourly: u32,
    /// The last of each day.
    pub daily: u32,
    /// The last of each week.
    pub weekly: u32,
    /// The last of each month.
    pub monthly: u32,
    /// The last of each year.
    pub yearly: u32,
    /// All that are at most so much older than the newest.
    pub within: Option<Duration>,
}

impl Default for Keep {
    fn default() -> Self {
        Self { daily: 30, monthly: 12, ..Self::NOTHING }
    }
}

impl Keep {
    /// To begin with; refused as it is.
    pub const NOTHING: Self =
        Self { last: 0, hourly: 0, daily: 0, weekly: 0, monthly: 0, yearly: 0, within: None };

    /// Refuses a policy that keeps nothing: it was meant otherwise.
    pub(super) fn check(&self) -> Result<(), Error> {
        let counts = self.rules().iter().any(|(_, count)| *count > 0);
        let within = self.within.is_some_and(|span| !span.is_zero());
        if counts || within { Ok(()) } else { Err(Error::KeepsNothing) }
    }

    fn rules(&self) -> [(Rule, u32); 6] {
        [
            (Rule::Last, self.last),
            (Rule::Hourly, self.hourly),
            (Rule::Daily, self.daily),
            (Rule::Weekly, self.weekly),
            (Rule::Monthly, self.monthly),
            (Rule::Yearly, self.yearly),
        ]
    }
}

/// A rule that counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// One of the last ones.
    Last,
    /// The last of its hour.
    Hourly,
    /// The last of its day.
    Daily,
    /// The last of its week.
    Weekly,
    /// The last of its month.
    Monthly,
    /// The last of its year.
    Yearly,
}

impl Rule {
    /// The period that a snapshot belongs to, as a number of its own.
    fn period(self, id: SnapshotId) -> i128 {
        let seconds = id.time.as_second();
        let days = seconds.div_euclid(24 * 60 * 60);
        let date = || id.time.to_zoned(TimeZone::UTC).date();
        i128::from(match self {
            Self::Last => return i128::from(id.seq),
            Self::Hourly => seconds.div_euclid(60 * 60),
            Self::Daily => days,
            // The first of January 1970 was a Thursday.
            Self::Weekly => (days + 3).div_euclid(7),
            Self::Monthly => i64::from(date().year()) * 12 + i64::from(date().month()),
            Self::Yearly => i64::from(date().year()),
        })
    }
}

/// Why a snapshot stays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// There is no newer one.
    Newest,
    /// There is no newer healthy one.
    LastHealthy,
    /// A drill has restored it, and no newer one.
    LastDrilled,
    /// A rule of the policy.
    Rule(Rule),
    /// It is young enough.
    Within,
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Newest => "newest",
            Self::LastHealthy => "last healthy",
            Self::LastDrilled => "last drilled",
            Self::Rule(Rule::Last) => "last",
            Self::Rule(Rule::Hourly) => "hourly",
            Self::Rule(Rule::Daily) => "daily",
            Self::Rule(Rule::Weekly) => "weekly",
            Self::Rule(Rule::Monthly) => "monthly",
            Self::Rule(Rule::Yearly) => "yearly",
            Self::Within => "within",
        })
    }
}

/// What the policy knows of a snapshot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Candidate {
    pub(super) id: SnapshotId,
    pub(super) is_healthy: bool,
}

impl From<&Commit> for Candidate {
    fn from(commit: &Commit) -> Self {
        Self { id: commit.id, is_healthy: commit.health == Health::Ok }
    }
}

/// What the policy says of a snapshot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// Which one.
    pub id: SnapshotId,
    /// Why it stays; it goes when there is no reason.
    pub why: Vec<Reason>,
}

/// What counts beside the policy.
#[derive(Clone, Copy, Debug)]
pub(super) struct Circumstances {
    /// The time: a snapshot from the future makes nothing older.
    pub(super) now: Timestamp,
    /// The last snapshot that a drill has restored.
    pub(super) drilled: Option<SnapshotId>,
}

/// Chooses among all snapshots of a repository, which come by number.
pub(super) fn choose(keep: &Keep, all: &[Candidate], given: Circumstances) -> Vec<Choice> {
    let mut choices: Vec<Choice> =
        all.iter().map(|candidate| Choice { id: candidate.id, why: Vec::new() }).collect();
    let mut stays = |index: usize, why| choices[index].why.push(why);
    all.len().checked_sub(1).into_iter().for_each(|newest| stays(newest, Reason::Newest));
    let healthy = all.iter().rposition(|candidate| candidate.is_healthy);
    healthy.into_iter().for_each(|index| stays(index, Reason::LastHealthy));
    let drilled = all.iter().rposition(|candidate| Some(candidate.id) == given.drilled);
    drilled.into_iter().for_each(|index| stays(index, Reason::LastDrilled));
    for (rule, count) in keep.rules() {
        last_of_each(rule, count, all)
            .into_iter()
            .for_each(|index| stays(index, Reason::Rule(rule)));
    }
    young(keep.within, all, given.now).for_each(|index| stays(index, Reason::Within));
    choices
}

/// The last healthy one of each of the `count` last periods that have one; and the last one of each
/// of the `count` last periods, where none is healthy.
fn last_of_each(rule: Rule, count: u32, all: &[Candidate]) -> Vec<usize> {
    let mut last: BTreeMap<i128, usize> = BTreeMap::new();
    for (index, candidate) in all.iter().enumerate() {
        let of_period = last.entry(rule.period(candidate.id)).or_insert(index);
        if candidate.is_healthy || !all[*of_period].is_healthy {
            *of_period = index;
        }
    }
    // By the time, and not by the number: where a clock went backwards, what is removed must not
    // change the order of what is left.
    let mut newest_first: Vec<usize> = last.into_values().rev().collect();
    let (mut periods, mut healthy) = (0, 0);
    newest_first.retain(|index| {
        periods += 1;
        healthy += u32::from(all[*index].is_healthy);
        if all[*index].is_healthy { healthy <= count } else { periods <= count }
    });
    newest_first
}

fn young(
    within: Option<Duration>,
    all: &[Candidate],
    now: Timestamp,
) -> impl Iterator<Item = usize> + '_ {
    let until = all.last().map_or(now, |newest| newest.id.time.min(now));
    let span = within.map(|span| SignedDuration::try_from(span).unwrap_or(SignedDuration::MAX));
    let is_young =
        move |id: SnapshotId| span.is_some_and(|span| until.duration_since(id.time) <= span);
    let young = all.iter().enumerate().filter(move |(_, candidate)| is_young(candidate.id));
    young.map(|(index, _)| index)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const HOUR: i64 = 60 * 60;
    const DAY: i64 = 24 * HOUR;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(seconds).expect("in range")
    }

    /// One snapshot after the other: how much later, and whether it is healthy.
    fn candidates(steps: &[(i64, bool)]) -> Vec<Candidate> {
        let (mut time, mut seq) = (1_800_000_000, 0);
        let next = |(later, is_healthy): &(i64, bool)| {
            (time, seq) = (time + later, seq + 1);
            Candidate { id: SnapshotId { time: at(time), seq }, is_healthy: *is_healthy }
        };
        steps.iter().map(next).collect()
    }

    fn chosen(keep: &Keep, all: &[Candidate], drilled: Option<SnapshotId>) -> Vec<Choice> {
        let now = all.last().map_or(at(0), |newest| newest.id.time);
        choose(keep, all, Circumstances { now, drilled })
    }

    fn kept(keep: &Keep, all: &[Candidate]) -> Vec<u64> {
        let stays = |choice: &Choice| (!choice.why.is_empty()).then_some(choice.id.seq);
        chosen(keep, all, None).iter().filter_map(stays).collect()
    }

    prop_compose! {
        fn keep()(
            (last, hourly, daily) in (0..4_u32, 0..4_u32, 0..4_u32),
            (weekly, monthly, yearly) in (0..4_u32, 0..4_u32, 0..3_u32),
            within in proptest::option::of((0..200 * 24_u64).prop_map(|hours| Duration::from_secs(hours * 3600))),
        ) -> Keep {
            Keep { last, hourly, daily, weekly, monthly, yearly, within }
        }
    }

    /// Mostly a night later, sometimes months, and sometimes the clock was set back.
    fn steps() -> impl Strategy<Value = Vec<(i64, bool)>> {
        let later = prop_oneof![6 => 0..2 * DAY, 2 => 0..90 * DAY, 1 => -40 * DAY..0];
        proptest::collection::vec((later, proptest::bool::weighted(0.7)), 1..60)
    }

    /// A clock that went backwards four times: found by the property below.
    #[test]
    fn pruning_again_finds_nothing_where_a_clock_went_backwards() {
        let keep = Keep { hourly: 2, daily: 3, ..Keep::NOTHING };
        let steps = [
            (71_896, false),
            (56_564, false),
            (4_958_004, false),
            (119_737, false),
            (6_326_008, true),
            (78_750, true),
            (171_975, true),
            (-569_621, false),
            (3144, true),
            (-586_645, false),
            (2_667_125, false),
            (155_550, false),
            (-1_903_688, false),
        ];
        let (once, twice) = kept_twice(&keep, &steps);
        assert_eq!(twice, once);
    }

    /// What stays, and what of that stays.
    fn kept_twice(keep: &Keep, steps: &[(i64, bool)]) -> (Vec<u64>, Vec<u64>) {
        let mut all = candidates(steps);
        let once = kept(keep, &all);
        all.retain(|candidate| once.contains(&candidate.id.seq));
        let twice = kept(keep, &all);
        (once, twice)
    }

    proptest! {
        #[test]
        fn what_must_stay_stays(keep in keep(), steps in steps(), drilled in any::<prop::sample::Index>()) {
            let all = candidates(&steps);
            let drilled = drilled.index(all.len());
            let choices = chosen(&keep, &all, Some(all[drilled].id));
            let last_healthy = all.iter().rposition(|candidate| candidate.is_healthy);
            prop_assert_eq!(choices.len(), all.len());
            prop_assert!(choices[drilled].why.contains(&Reason::LastDrilled));
            prop_assert!(choices[all.len() - 1].why.contains(&Reason::Newest));
            prop_assert!(last_healthy.is_none_or(|index| choices[index].why.contains(&Reason::LastHealthy)));
        }

        #[test]
        fn pruning_again_finds_nothing(keep in keep(), steps in steps()) {
            let (once, twice) = kept_twice(&keep, &steps);
            prop_assert_eq!(twice, once);
        }

        #[test]
        fn keeping_more_loses_none(keep in keep(), more in keep(), steps in steps()) {
            let sum = Keep {
                last: keep.last + more.last,
                hourly: keep.hourly + more.hourly,
                daily: keep.daily + more.daily,
                weekly: keep.weekly + more.weekly,
                monthly: keep.monthly + more.monthly,
                yearly: keep.yearly + more.yearly,
                within: keep.within.max(more.within),
            };
            let all = candidates(&steps);
            let (fewer, more) = (kept(&keep, &all), kept(&sum, &all));
            prop_assert!(fewer.iter().all(|seq| more.contains(seq)), "{:?} of {:?}", fewer, more);
        }

        /// The rules give a healthy snapshot the same reasons whatever degraded ones are beside it.
        #[test]
        fn only_healthy_ones_count(keep in keep(), steps in steps()) {
            let keep = Keep { within: None, ..keep };
            let all = candidates(&steps);
            let healthy: Vec<Candidate> =
                all.iter().filter(|candidate| candidate.is_healthy).copied().collect();
            let rules = |choices: Vec<Choice>| -> Vec<(u64, Vec<Reason>)> {
                let of_policy = |why: &Reason| matches!(why, Reason::Rule(_));
                let why = |choice: &Choice| choice.why.iter().copied().filter(of_policy).collect();
                choices.iter().map(|choice| (choice.id.seq, why(choice))).collect()
            };
            let mut with = rules(chosen(&keep, &all, None));
            with.retain(|(seq, _)| healthy.iter().any(|candidate| candidate.id.seq == *seq));
            prop_assert_eq!(with, rules(chosen(&keep, &healthy, None)));
        }

        /// No rule keeps more than it says, of healthy ones; nor of degraded ones.
        #[test]
        fn rules_keep_as_many_as_they_say(keep in keep(), steps in steps()) {
            let all = candidates(&steps);
            for (rule, count) in keep.rules() {
                let (healthy, degraded): (Vec<usize>, Vec<usize>) =
                    last_of_each(rule, count, &all).into_iter().partition(|index| all[*index].is_healthy);
                prop_assert!(healthy.len() <= count as usize && degraded.len() <= count as usize);
            }
        }
    }

    #[test]
    fn each_rule_keeps_the_last_of_its_periods() {
        // 1_800_000_000 is 2027-01-15T08:00:00Z, a Friday; one snapshot every twelve hours.
        let all = candidates(&[(12 * HOUR, true); 200]);
        let only = |keep: Keep| kept(&keep, &all);
        assert_eq!(only(Keep { last: 3, ..Keep::NOTHING }), [198, 199, 200]);
        assert_eq!(only(Keep { hourly: 2, ..Keep::NOTHING }), [199, 200]);
        // Two a day, at 8 and at 20: the last one is at 8, and so are those of even numbers.
        assert_eq!(only(Keep { daily: 3, ..Keep::NOTHING }), [197, 199, 200]);
        let times = |keep: Keep| -> Vec<String> {
            let of =
                |seq: u64| all[usize::try_from(seq).expect("is small") - 1].id.time.to_string();
            only(keep).into_iter().map(of).collect()
        };
        assert_eq!(
            times(Keep { weekly: 3, ..Keep::NOTHING }),
            ["2027-04-11T20:00:00Z", "2027-04-18T20:00:00Z", "2027-04-25T08:00:00Z"]
        );
        assert_eq!(
            times(Keep { monthly: 3, ..Keep::NOTHING }),
            ["2027-02-28T20:00:00Z", "2027-03-31T20:00:00Z", "2027-04-25T08:00:00Z"]
        );
        assert_eq!(times(Keep { yearly: 3, ..Keep::NOTHING }), ["2027-04-25T08:00:00Z"]);
        let within = Some(Duration::from_secs(36 * 3600));
        assert_eq!(only(Keep { within, ..Keep::NOTHING }), [197, 198, 199, 200]);
    }

    #[test]
    fn a_degraded_one_stays_only_where_no_healthy_one_is() {
        let night = |is_healthy| (DAY, is_healthy);
        let all = candidates(&[
            night(true),
            night(true),
            night(false),
            (HOUR, true),
            night(false),
            night(false),
        ]);
        // Of the third day the healthy one stays; of the last two days what there is.
        assert_eq!(kept(&Keep { daily: 3, ..Keep::NOTHING }, &all), [1, 2, 4, 5, 6]);
        assert_eq!(kept(&Keep { daily: 1, ..Keep::NOTHING }, &all), [4, 6]);
    }

    #[test]
    fn a_snapshot_from_the_future_makes_nothing_old() {
        let all = candidates(&[(DAY, true), (DAY, true), (3650 * DAY, true)]);
        let keep = Keep { within: Some(Duration::from_secs(7 * 24 * 3600)), ..Keep::NOTHING };
        let choices = choose(&keep, &all, Circumstances { now: all[1].id.time, drilled: None });
        assert!(choices.iter().all(|choice| choice.why.contains(&Reason::Within)), "{choices:?}");
    }

    #[test]
    fn a_policy_that_keeps_nothing_is_refused() {
        assert!(matches!(Keep::NOTHING.check(), Err(Error::KeepsNothing)));
        let nothing = Keep { within: Some(Duration::ZERO), ..Keep::NOTHING };
        assert!(matches!(nothing.check(), Err(Error::KeepsNothing)));
        assert!(Keep::default().check().is_ok());
    }
}

//! Stories: one readable file per behaviour, each run in a world of its own.
//!
//! ```text
//! # Prose: what this is about, and what taught it.
//! $ vaultctl set claude/github-token      a command line for sh
//! > ghp-{canary}                          what it reads
//! the lines that it prints                standard output and standard error, as they come
//! ? 20                                    its exit status, unless that is 0
//! $! vaultctl get claude/github-token     a step that may show secrets: no other may
//! ghp-{canary}
//! $= vaultctl get no/such-entry           a step that changes nothing in the home (but the state folder)
//! -- .config/vaultctl/config.toml --      at the end: files that are there from the start
//! ```
//!
//! Prose follows a blank line. Other blank lines belong to what is expected, but for those at its
//! end. In what is expected, `[..]` stands for anything within a line and a line `...` for any lines;
//! `{canary}` is the mark of this world's secrets, `{home}` its home. A last line without an end
//! is followed by `[no line end]`.

use std::fmt::Write;

use super::shell::Output;
use super::world::World;

/// What a step is allowed to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Plain,
    Reveals,
    ChangesNothing,
}

impl Kind {
    const ALL: [Self; 3] = [Self::Plain, Self::Reveals, Self::ChangesNothing];

    fn mark(self) -> &'static str {
        match self {
            Self::Plain => "$ ",
            Self::Reveals => "$! ",
            Self::ChangesNothing => "$= ",
        }
    }
}

/// One command and what it should do.
#[derive(Debug)]
pub(crate) struct Step {
    pub(crate) kind: Kind,
    pub(crate) command: String,
    pub(crate) input: Vec<String>,
    pub(crate) expected: Vec<String>,
    pub(crate) status: i32,
}

/// A line of a story, or several that belong together.
#[derive(Debug)]
pub(crate) enum Part {
    /// Prose and blank lines, kept for rewriting.
    Text(String),
    Step(Step),
}

impl Part {
    /// Blank lines at the end of what is expected only stand before the next step.
    fn settled(self) -> Vec<Self> {
        let Self::Step(mut step) = self else {
            return vec![self];
        };
        let mut after = Vec::new();
        while step.expected.pop_if(|line| line.is_empty()).is_some() {
            after.push(Self::Text(String::new()));
        }
        after.insert(0, Self::Step(step));
        after
    }
}

/// A whole story.
#[derive(Debug, Default)]
pub(crate) struct Story {
    pub(crate) parts: Vec<Part>,
    pub(crate) files: Vec<(String, String)>,
}

impl Story {
    pub(crate) fn parse(text: &str) -> Self {
        let mut story = Self::default();
        for line in text.lines() {
            let section = line.strip_prefix("-- ").and_then(|rest| rest.strip_suffix(" --"));
            match (section, story.files.last_mut()) {
                (Some(name), _) => story.files.push((name.to_owned(), String::new())),
                (None, Some((_, content))) => content.extend([line, "\n"]),
                (None, None) => story.read_line(line),
            }
        }
        story.parts = story.parts.into_iter().flat_map(Part::settled).collect();
        story
    }

    fn read_line(&mut self, line: &str) {
        let begun =
            Kind::ALL.iter().find_map(|kind| Some((*kind, line.strip_prefix(kind.mark())?)));
        if let Some((kind, command)) = begun {
            let command = command.to_owned();
            let step = Step { kind, command, input: Vec::new(), expected: Vec::new(), status: 0 };
            return self.parts.push(Part::Step(step));
        }
        match self.parts.last_mut() {
            Some(Part::Step(step)) if !step.ends_before(line) => step.read_line(line),
            _ => self.parts.push(Part::Text(line.to_owned())),
        }
    }

    /// Plays it: the same story with what really came out, and everything that is wrong.
    pub(crate) fn play(&self) -> (String, Vec<String>) {
        let world = World::new();
        for (name, content) in &self.files {
            let home = world.path("").display().to_string();
            let content = fill(content, &world).replace("{home}", home.trim_end_matches('/'));
            world.plant(name, content);
        }
        let mut told = Told::default();
        for part in &self.parts {
            match part {
                Part::Text(line) => told.line(line),
                Part::Step(step) => told.step(step, &world),
            }
        }
        for (name, content) in &self.files {
            write!(told.text, "-- {name} --\n{content}").expect("text can be written");
        }
        told.problems
            .extend(world.leaks().into_iter().map(|leak| format!("a secret was left: {leak}")));
        world.forget();
        (told.text, told.problems)
    }
}

impl Step {
    /// Whether the line is prose that follows a blank line.
    fn ends_before(&self, line: &str) -> bool {
        line.starts_with("# ") && self.expected.last().is_some_and(String::is_empty)
    }

    fn read_line(&mut self, line: &str) {
        if let Some(input) = line.strip_prefix("> ") {
            self.input.push(input.to_owned());
        } else if let Some(status) = line.strip_prefix("? ") {
            self.status = status.parse().expect("`?` is followed by an exit status");
        } else {
            self.expected.push(line.to_owned());
        }
    }
}

/// A story as it really went.
#[derive(Default)]
struct Told {
    text: String,
    problems: Vec<String>,
}

impl Told {
    fn line(&mut self, line: &str) {
        writeln!(self.text, "{line}").expect("text can be written");
    }

    fn step(&mut self, step: &Step, world: &World) {
        let before = world.fingerprint();
        let output = perform(step, world);
        if let (Some(form), true) =
            (world.oracle().find(&output.stdout), step.kind != Kind::Reveals)
        {
            self.problem(step, &format!("shows a secret ({form}) and is not marked `$!`"));
        }
        if step.kind == Kind::ChangesNothing && world.fingerprint() != before {
            self.problem(step, "changed something and is marked `$=`");
        }
        let actual = actual_lines(&output, world);
        let expected: Vec<String> = step.expected.iter().map(|line| fill(line, world)).collect();
        let as_expected = matches(&expected, &actual);
        if !as_expected || output.status != step.status {
            self.problem(
                step,
                &format!("printed:\n{}\nand ended with {}", actual.join("\n"), output.status),
            );
        }
        let lines = if as_expected { step.expected.clone() } else { unfill(&actual, world) };
        self.retell(step, &lines, output.status);
    }

    fn problem(&mut self, step: &Step, what: &str) {
        self.problems.push(format!("`{}` {what}", step.command));
    }

    fn retell(&mut self, step: &Step, lines: &[String], status: i32) {
        self.line(&format!("{}{}", step.kind.mark(), step.command));
        step.input.iter().for_each(|line| self.line(&format!("> {line}")));
        lines.iter().for_each(|line| self.line(line));
        if status != 0 {
            self.line(&format!("? {status}"));
        }
    }
}

fn perform(step: &Step, world: &World) -> Output {
    let input: String = step.input.iter().map(|line| format!("{line}\n")).collect();
    let script = format!("exec 2>&1; {}", fill(&step.command, world));
    world.sh(&script).input(fill(&input, world)).reveal()
}

fn actual_lines(output: &Output, world: &World) -> Vec<String> {
    let home = world.path("").display().to_string();
    let text =
        String::from_utf8_lossy(&output.stdout).replace(home.trim_end_matches('/'), "{home}");
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    match lines.last_mut() {
        Some(last) if !text.ends_with('\n') => last.push_str("[no line end]"),
        _ => {}
    }
    lines
}

fn fill(text: &str, world: &World) -> String {
    text.replace("{canary}", world.canary())
}

/// As a story would have it: a blank line at the end would not be seen to be expected.
fn unfill(lines: &[String], world: &World) -> Vec<String> {
    let unfilled = lines.iter().map(|line| line.replace(world.canary(), "{canary}"));
    let mut lines: Vec<String> = unfilled.collect();
    if let Some(last) = lines.last_mut().filter(|last| last.is_empty()) {
        last.push_str("[..]");
    }
    lines
}

/// Whether the lines are as expected, with `...` for any number of them.
fn matches(expected: &[String], actual: &[String]) -> bool {
    match expected.split_first() {
        None => actual.is_empty(),
        Some((line, rest)) if line == "..." => {
            (0..=actual.len()).any(|skip| matches(rest, &actual[skip..]))
        }
        Some((line, rest)) => actual
            .split_first()
            .is_some_and(|(first, others)| line_matches(line, first) && matches(rest, others)),
    }
}

/// Whether the line is as expected, with `[..]` for anything.
fn line_matches(expected: &str, actual: &str) -> bool {
    match expected.split_once("[..]") {
        None => expected == actual,
        Some((start, rest)) => actual.strip_prefix(start).is_some_and(|tail| {
            tail.char_indices()
                .map(|(at, _)| at)
                .chain([tail.len()])
                .any(|at| tail.get(at..).is_some_and(|tail| line_matches(rest, tail)))
        }),
    }
}

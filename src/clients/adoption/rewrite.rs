//! The changes of a file that make an entry start its server through us.

use crate::clients::literals::Seat;
use crate::clients::{Document, Edit, Field, Launch, Part, Place, Value};

use super::draft::Draft;
use super::{Hunk, Line, Wrapper};

/// What is done to a file for one entry.
pub(super) struct Rewritten {
    pub(super) edits: Vec<Edit>,
    /// Everything that is different afterwards.
    pub(super) places: Vec<Place>,
    pub(super) hunk: Hunk,
    /// The program and its arguments, as they are from now on; empty for an address.
    pub(super) command: Vec<String>,
}

/// An entry that is being rewritten.
struct Pen<'d> {
    draft: &'d Draft<'d>,
    document: &'d Document,
    done: Rewritten,
}

/// Makes the entry start its server as the permission `grant` says.
pub(super) fn rewritten(
    draft: &Draft<'_>,
    document: &Document,
    grant: &str,
    wrapper: &Wrapper,
) -> Rewritten {
    let hunk = Hunk { place: draft.entry.place.to_string(), lines: Vec::new() };
    let done = Rewritten { edits: Vec::new(), places: Vec::new(), hunk, command: Vec::new() };
    let program = wrapper.program_for(&draft.entry.scope);
    let mut pen = Pen { draft, document, done };
    match &draft.entry.launch {
        Launch::Stdio { command, args, env, .. } => {
            pen.command(command, program);
            pen.arguments(args, &pen.first_words(command, grant));
            pen.variables(env);
            let words = pen.first_words(command, grant).into_iter().chain(draft.arguments());
            pen.done.command = [program.to_owned()].into_iter().chain(words).collect();
        }
        Launch::Remote { headers, .. } => pen.headers(headers, &Wrapper::helper(program, grant)),
        Launch::Other => {}
    }
    pen.done
}

/// Puts references in the places of the secrets in the variables, and changes nothing else.
pub(super) fn with_references(draft: &Draft<'_>, document: &Document) -> Rewritten {
    let hunk = Hunk { place: draft.entry.place.to_string(), lines: Vec::new() };
    let done = Rewritten { edits: Vec::new(), places: Vec::new(), hunk, command: Vec::new() };
    let mut pen = Pen { draft, document, done };
    if let Launch::Stdio { env, .. } = &draft.entry.launch {
        pen.variables(env);
    }
    pen.done
}

impl Pen<'_> {
    /// What stands between us and the arguments that were there.
    fn first_words(&self, command: &Field, grant: &str) -> Vec<String> {
        let mut words = vec!["exec", "--server", grant];
        words.extend(self.draft.shows_secrets().then_some("--argv"));
        // EXPOSE: the program, which is no secret.
        words.extend(["--", command.text.expose()]);
        words.into_iter().map(str::to_owned).collect()
    }

    fn command(&mut self, command: &Field, program: &str) {
        // EXPOSE: the program, which is shown because it goes.
        self.gone("command", command.text.expose());
        self.added("command", program);
        self.done.places.push(command.place.clone());
        self.done.edits.push(Edit::Replace(command.place.clone(), Value::text(program)));
    }

    /// From the last to the first, so that the numbers of those before stay.
    fn arguments(&mut self, args: &[Field], first: &[String]) {
        let Some(place) = self.draft.entry.place_of(Part::Args).cloned() else {
            return;
        };
        self.added("args", &first.join(" "));
        for number in (0..args.len()).rev() {
            self.argument(number, &args[number]);
        }
        if self.document.has(&place) {
            let insert =
                |(at, word): (usize, &String)| Edit::Insert(place.index(at), Value::text(word));
            self.done.edits.extend(first.iter().enumerate().map(insert));
        } else {
            let list = Value::texts(first.iter().map(String::as_str));
            self.done.edits.push(Edit::Insert(place.clone(), list));
        }
        self.done.places.push(place);
    }

    fn argument(&mut self, number: usize, arg: &Field) {
        let new = self.draft.texts.get(&Seat::Argument(number));
        let moved = self.draft.moved.iter().find(|(range, _)| range.contains(&number));
        let after = match (moved, new) {
            (Some((range, instead)), _) => instead.as_deref().filter(|_| range.start == number),
            (None, Some(new)) => Some(new.text.as_str()),
            (None, None) => return,
        };
        let name = format!("args[{number}]");
        // EXPOSE: an argument without a secret in it, shown because it goes.
        let before = new.map_or(arg.text.expose(), |new| &new.before);
        self.gone(&name, before);
        // Not the number: what is no text in a list is not among the arguments.
        let here = arg.place.clone();
        self.done.edits.push(match after {
            Some(text) => Edit::Replace(here, Value::text(text)),
            None => Edit::Remove(here),
        });
        if let Some(text) = after {
            self.added(&name, text);
        }
    }

    fn variables(&mut self, env: &[(String, Field)]) {
        for (number, (name, field)) in env.iter().enumerate() {
            if let Some(new) = self.draft.texts.get(&Seat::Variable(number)) {
                self.gone(&format!("env.{name}"), &new.before);
                self.added(&format!("env.{name}"), &new.text);
                self.done.places.push(field.place.clone());
                self.done.edits.push(Edit::Replace(field.place.clone(), Value::text(&new.text)));
            }
        }
        let Some(place) = self.draft.entry.place_of(Part::Env).cloned() else {
            return;
        };
        let mut is_there = self.document.has(&place);
        for (name, reference) in &self.draft.variables {
            let here = place.key(name);
            let value = Value::text(reference);
            self.added(&format!("env.{name}"), reference);
            self.done.edits.push(match is_there {
                true if self.document.has(&here) => Edit::Replace(here.clone(), value),
                true => Edit::Insert(here.clone(), value),
                false => Edit::Insert(place.clone(), Value::Map(vec![(name.clone(), value)])),
            });
            self.done.places.push(here);
            is_there = true;
        }
    }

    /// The headers that hold a secret go; a command prints them.
    fn headers(&mut self, headers: &[(String, Field)], helper: &str) {
        let entry = self.draft.entry;
        let Some(place) = entry.place_of(Part::Helper) else {
            return;
        };
        for (number, (name, field)) in headers.iter().enumerate() {
            let Some(new) = self.draft.texts.get(&Seat::Header(number)) else {
                continue;
            };
            self.done.hunk.lines.push(Line::Gone(format!("headers.{name}"), new.before.clone()));
            self.done.places.push(field.place.clone());
            self.done.edits.push(Edit::Remove(field.place.clone()));
        }
        self.added("headersHelper", helper);
        self.done.places.push(place.clone());
        self.done.edits.push(Edit::Insert(place.clone(), Value::text(helper)));
    }

    fn gone(&mut self, name: &str, text: &str) {
        self.done.hunk.lines.push(Line::Gone(name.to_owned(), text.to_owned()));
    }

    fn added(&mut self, name: &str, text: &str) {
        self.done.hunk.lines.push(Line::New(name.to_owned(), text.to_owned()));
    }
}

//! Secrets that stand in the clear in an entry.

use crate::secret::{Sighting, sightings, sightings_in_address};

use super::known_servers::variable_for;
use super::{Launch, ServerEntry};

/// A secret in an entry.
#[derive(Debug)]
pub struct Literal {
    /// In which of the entry's texts.
    pub seat: Seat,
    /// Which bytes of that text, and why they are taken for a secret.
    pub sighting: Sighting,
    /// What the text is called: a variable, a header, an option; empty if it has no name.
    pub label: String,
    /// How an argument can do without it.
    pub way: Way,
}

/// One of the texts of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Seat {
    /// The variable with this number in the entry's order, from 0.
    Variable(usize),
    /// The header with this number.
    Header(usize),
    /// The argument with this number.
    Argument(usize),
    /// The address.
    Address,
}

/// What becomes of the text that had a secret in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Way {
    /// A reference stands in the secret's place.
    Reference,
    /// A variable has it, and the arguments from here to there are these instead.
    Variable {
        /// Which variable.
        name: String,
        /// The first argument that goes.
        from: usize,
        /// The last one.
        to: usize,
        /// What stands there instead.
        instead: Option<String>,
    },
}

/// The secrets in an entry, in its order.
#[must_use]
pub fn literals(entry: &ServerEntry) -> Vec<Literal> {
    match &entry.launch {
        Launch::Stdio { command, args, env, .. } => {
            // EXPOSE: looked at for what is secret in it; what is found is a place.
            let words: Vec<&str> = args.iter().map(|arg| arg.text.expose()).collect();
            // EXPOSE: the same.
            let found = in_arguments(command.text.expose(), &words);
            let variables = env.iter().enumerate().flat_map(|(number, (name, field))| {
                // EXPOSE: the same.
                named(Seat::Variable(number), name, field.text.expose())
            });
            variables.chain(found).collect()
        }
        Launch::Remote { url, headers, .. } => {
            let headers = headers.iter().enumerate().flat_map(|(number, (name, field))| {
                // EXPOSE: the same.
                named(Seat::Header(number), name, field.text.expose())
            });
            // EXPOSE: the same.
            let address = sightings_in_address(url.text.expose()).into_iter();
            headers.chain(address.map(|sighting| literal(Seat::Address, "url", sighting))).collect()
        }
        Launch::Other => Vec::new(),
    }
}

fn named(seat: Seat, name: &str, text: &str) -> Vec<Literal> {
    sightings(name, text).into_iter().map(|sighting| literal(seat, name, sighting)).collect()
}

fn literal(seat: Seat, label: &str, sighting: Sighting) -> Literal {
    Literal { seat, sighting, label: label.to_owned(), way: Way::Reference }
}

/// The secrets in the arguments of a program.
fn in_arguments(program: &str, args: &[&str]) -> Vec<Literal> {
    let literals = args.iter().enumerate().flat_map(|(number, arg)| {
        let argument = Argument::of(arg, number.checked_sub(1).map(|before| args[before]));
        let seen = sightings(argument.name, argument.value);
        let start = arg.len() - argument.value.len();
        seen.into_iter().map(move |sighting| Literal {
            seat: Seat::Argument(number),
            label: argument.name.to_owned(),
            way: argument.way(program, args, number, &sighting),
            sighting: Sighting {
                place: start + sighting.place.start..start + sighting.place.end,
                ..sighting
            },
        })
    });
    literals.collect()
}

/// An argument, and what it is called.
#[derive(Debug, PartialEq, Eq)]
struct Argument<'a> {
    /// Empty, if it has no name.
    name: &'a str,
    value: &'a str,
    form: Form,
}

/// How an argument gets its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    /// `value`
    Bare,
    /// `--name value`
    After,
    /// `--name=value`, `NAME=value`
    Assigned,
    /// `--env NAME=value`, `-e NAME=value`
    Env,
    /// `--header 'Name: value'`
    Header,
}

impl<'a> Argument<'a> {
    fn of(arg: &'a str, before: Option<&'a str>) -> Self {
        let option = before.filter(|word| word.starts_with('-') && !word.contains('='));
        // `TOKEN=… exec server` is a script: what follows its `=` is not all one value.
        let is_one = |(name, value): &(&str, &str)| {
            is_name(name) && (name.starts_with('-') || !value.contains(char::is_whitespace))
        };
        let assigned = arg.split_once('=').filter(is_one);
        match (option, assigned) {
            (Some("-e" | "--env"), Some((name, value))) => Self { name, value, form: Form::Env },
            (Some("-H" | "--header"), _) => match arg.split_once(':') {
                Some((name, value)) => Self { name, value, form: Form::Header },
                None => Self { name: "", value: arg, form: Form::Bare },
            },
            (_, Some((name, value))) => Self { name, value, form: Form::Assigned },
            _ if arg.starts_with('-') => Self { name: "", value: arg, form: Form::Bare },
            (Some(name), None) => Self { name, value: arg, form: Form::After },
            (None, None) => Self { name: "", value: arg, form: Form::Bare },
        }
    }

    /// How the argument, which is this one of all, can do without its secret.
    fn way(&self, program: &str, args: &[&str], number: usize, sighting: &Sighting) -> Way {
        let is_whole = sighting.place == (0..self.value.len());
        let words = std::iter::once(program).chain(args.iter().copied());
        let variable = variable_for(words, self.name).filter(|_| is_whole);
        let instead = |name: &str, from, instead: Option<&str>| Way::Variable {
            name: name.to_owned(),
            from,
            to: number,
            instead: instead.map(str::to_owned),
        };
        match (self.form, variable) {
            // Docker gives the container its own variable when only the name is there.
            (Form::Env, _) if is_whole && is_container(program) => {
                instead(self.name, number, Some(self.name))
            }
            (Form::Assigned, Some(variable)) => instead(variable, number, None),
            (Form::After, Some(variable)) => instead(variable, number - 1, None),
            _ => Way::Reference,
        }
    }
}

/// What stands before a `=` that gives something a name.
fn is_name(text: &str) -> bool {
    let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    text.chars().all(is_part) && text.contains(|c: char| c.is_ascii_alphabetic())
}

fn is_container(program: &str) -> bool {
    matches!(program.rsplit('/').next(), Some("docker" | "podman" | "nerdctl"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "q8WzT5u3KbV0nR7yLx2PfD9sHg4JmC6a";

    /// What is seen: the number of the argument, its name, the secret.
    fn seen(program: &str, args: &[&str]) -> Vec<(usize, String, String, Way)> {
        let tell = |literal: Literal| {
            let Seat::Argument(number) = literal.seat else { panic!("it is no argument") };
            let text = args[number].get(literal.sighting.place).expect("it is within the text");
            (number, literal.label, text.to_owned(), literal.way)
        };
        in_arguments(program, args).into_iter().map(tell).collect()
    }

    fn variable(name: &str, from: usize, to: usize, instead: Option<&str>) -> Way {
        Way::Variable { name: name.to_owned(), from, to, instead: instead.map(str::to_owned) }
    }

    #[test]
    fn secrets_in_arguments_are_seen_in_every_form() {
        let one = |args: &[&str]| match seen("npx", args).as_slice() {
            [(number, label, text, Way::Reference)] => (*number, label.clone(), text.clone()),
            other => panic!("{other:?}"),
        };
        let pair = |number, label: &str, text: &str| (number, label.to_owned(), text.to_owned());
        assert_eq!(one(&["-y", "x", "--api-key", "hunter2"]), pair(3, "--api-key", "hunter2"));
        assert_eq!(one(&["--api-key=hunter2"]), pair(0, "--api-key", "hunter2"));
        assert_eq!(one(&["x", KEY]), pair(1, "", KEY));
        let url = "postgresql://ann:hunter2@db/app";
        assert_eq!(one(&["-y", "@modelcontextprotocol/server-postgres", url]), pair(2, "", url));
        let header = format!("Authorization: Bearer {KEY}");
        assert_eq!(
            one(&["mcp-remote", "https://h/mcp", "--header", &header]),
            pair(3, "Authorization", KEY)
        );
        let script = format!("TOKEN=1 exec npx server --key sk-ant-{KEY}");
        assert_eq!(one(&["-c", &script]).2, format!("sk-ant-{KEY}"));
    }

    #[test]
    fn a_variable_takes_the_place_of_an_argument_where_the_server_has_one() {
        let ways = |program, args: &[&str]| -> Vec<Way> {
            seen(program, args).into_iter().map(|(_, _, _, way)| way).collect()
        };
        assert_eq!(
            ways("npx", &["-y", "figma-developer-mcp", "--figma-api-key", "hunter2", "--stdio"]),
            [variable("FIGMA_API_KEY", 2, 3, None)]
        );
        assert_eq!(
            ways("npx", &["figma-developer-mcp@1", "--figma-api-key=hunter2"]),
            [variable("FIGMA_API_KEY", 1, 1, None)]
        );
        let docker = ["run", "-i", "-e", "GITHUB_TOKEN=hunter2", "mcp/github"];
        assert_eq!(ways("docker", &docker), [variable("GITHUB_TOKEN", 3, 3, Some("GITHUB_TOKEN"))]);
        assert_eq!(ways("other", &docker), [Way::Reference]);
    }

    #[test]
    fn ordinary_arguments_are_left_alone() {
        for args in [
            &["-y", "@modelcontextprotocol/server-filesystem", "/home/ann/Documents"][..],
            &[
                "run",
                "-i",
                "--rm",
                "-e",
                "GITHUB_PERSONAL_ACCESS_TOKEN",
                "ghcr.io/github/github-mcp-server",
            ],
            &["--directory", "/srv/app", "run", "server.py", "--token-file", "/run/secrets/token"],
            &[
                "mcp-remote",
                "https://mcp.linear.app/mcp",
                "--header",
                "Authorization:${AUTH_HEADER}",
            ],
            &["--read-only", "--project-ref=abcdefghijklmnopqrst", "--features", "database,docs"],
            &["-c", "exec npx -y server"],
            &["--api-key", "--verbose"],
        ] {
            assert_eq!(seen("npx", args), [], "{args:?}");
        }
    }
}

//! Which program and package an entry starts: enough to recognise it, and never a value.

use super::{Field, Launch, ServerEntry};

/// What an entry starts or asks, as far as it may be shown.
#[derive(Debug, PartialEq, Eq)]
pub enum Started {
    /// A program.
    Program {
        /// Its name, without a path.
        name: String,
        /// What it is to bring and run: a package of npm or PyPI, an image.
        package: Option<String>,
    },
    /// Scheme, host and port of an address; all else may be a key.
    Origin(String),
    /// Nothing of what is known here.
    Nothing,
}

/// A program that runs another.
struct Launcher {
    name: &'static str,
    /// What comes first.
    words: &'static [&'static str],
    /// Options that stand alone.
    alone: &'static [&'static str],
    /// Options that a value follows.
    valued: &'static [&'static str],
    /// Options that the package follows.
    naming: &'static [&'static str],
}

const fn launcher(name: &'static str, words: &'static [&'static str]) -> Launcher {
    Launcher {
        name,
        words,
        alone: &["-y", "--yes", "-q", "--quiet", "--bun"],
        valued: &[],
        naming: &["-p", "--package"],
    }
}

const fn python(name: &'static str, words: &'static [&'static str]) -> Launcher {
    Launcher {
        name,
        words,
        alone: &["-q", "--quiet", "--isolated", "--no-cache", "--refresh", "--offline"],
        valued: &["-p", "--python", "--with", "--index-url", "--default-index", "--directory"],
        naming: &["--from", "--spec"],
    }
}

const fn container(name: &'static str) -> Launcher {
    Launcher {
        name,
        words: &["run"],
        alone: &[
            "-i",
            "-t",
            "-it",
            "-ti",
            "--rm",
            "--init",
            "--interactive",
            "--tty",
            "--privileged",
        ],
        valued: &[
            "-e",
            "--env",
            "--env-file",
            "-v",
            "--volume",
            "--mount",
            "--network",
            "--net",
            "--name",
            "-p",
            "--publish",
            "-u",
            "--user",
            "-w",
            "--workdir",
            "--platform",
            "--pull",
            "--add-host",
            "-l",
            "--label",
        ],
        naming: &[],
    }
}

const fn module(name: &'static str) -> Launcher {
    Launcher { name, words: &[], alone: &["-u", "-I", "-E"], valued: &[], naming: &["-m"] }
}

const LAUNCHERS: &[Launcher] = &[
    launcher("npx", &[]),
    launcher("bunx", &[]),
    launcher("bun", &["x"]),
    launcher("npm", &["exec"]),
    launcher("pnpm", &["dlx"]),
    launcher("yarn", &["dlx"]),
    python("uvx", &[]),
    python("uv", &["tool", "run"]),
    python("uv", &["run"]),
    python("pipx", &["run"]),
    container("docker"),
    container("podman"),
    module("python"),
    module("python3"),
];

/// Those that run what follows them, whatever it is: its name, and the word after which it follows.
const WRAPPERS: [(&str, &str); 3] = [("vaultctl", "--"), ("cmd", "/c"), ("cmd", "/C")];

impl ServerEntry {
    /// What it starts or asks.
    #[must_use]
    pub fn started(&self) -> Started {
        match &self.launch {
            Launch::Stdio { command, args, .. } => {
                // EXPOSE: looked through for a program's and a package's name.
                let text = |field: &'_ Field| field.text.expose().to_owned();
                let words: Vec<String> = args.iter().map(text).collect();
                let words: Vec<&str> = words.iter().map(String::as_str).collect();
                // EXPOSE: as above.
                program(command.text.expose(), &words)
            }
            Launch::Remote { url, .. } => {
                // EXPOSE: only scheme, host and port are taken.
                origin(url.text.expose()).map_or(Started::Nothing, Started::Origin)
            }
            Launch::Other => Started::Nothing,
        }
    }
}

fn program(command: &str, words: &[&str]) -> Started {
    let name = name(command);
    let plain = without_ending(&name);
    let wrapper = WRAPPERS.iter().filter(|(wrapper, _)| *wrapper == plain);
    let inner = wrapper.filter_map(|(_, mark)| words.iter().position(|word| word == mark));
    if let Some([command, words @ ..]) = inner.min().and_then(|at| words.get(at + 1..)) {
        return program(command, words);
    }
    let launchers = LAUNCHERS.iter().filter(|launcher| launcher.name == plain);
    let package = launchers.filter_map(|launcher| launcher.package(words)).next();
    Started::Program { name, package }
}

impl Launcher {
    /// `None` as soon as something is not known: what follows may be anything.
    fn package(&self, words: &[&str]) -> Option<String> {
        let mut rest = words.strip_prefix(self.words)?;
        loop {
            let [word, after @ ..] = rest else { return None };
            let (option, attached) =
                word.split_once('=').map_or((*word, None), |(option, value)| (option, Some(value)));
            let value = || attached.or(after.first().copied());
            rest = match option {
                option if self.naming.contains(&option) => return value().and_then(package),
                option if self.alone.contains(&option) && attached.is_none() => after,
                option if self.valued.contains(&option) && attached.is_some() => after,
                option if self.valued.contains(&option) => after.get(1..)?,
                option if option.starts_with('-') => return None,
                _ => return package(word),
            };
        }
    }
}

/// A name with its version, as registries have them; nothing that could carry a password.
fn package(word: &str) -> Option<String> {
    let is_of_a_name = |c: char| {
        c.is_ascii_alphanumeric()
            || matches!(c, '@' | '/' | '.' | '_' | '-' | ':' | '=' | '~' | '^' | '[' | ']' | ',')
    };
    let is_plain = word.len() <= 214 && word.chars().all(is_of_a_name) && !word.contains("://");
    (is_plain && !word.is_empty()).then(|| word.to_owned())
}

/// The last part of a path. Somebody may have written a whole command line there.
fn name(command: &str) -> String {
    let is_path = [".exe", ".cmd", ".bat"].iter().any(|ending| command.ends_with(ending));
    let first = command.split_whitespace().next().unwrap_or_default();
    let path = if is_path { command } else { first };
    let name = path.rsplit(['/', '\\']).next().unwrap_or_default();
    if name.is_empty() || name.contains('=') { "…".to_owned() } else { name.to_owned() }
}

fn without_ending(name: &str) -> &str {
    let endings = [".exe", ".cmd", ".bat"];
    endings.iter().find_map(|ending| name.strip_suffix(ending)).unwrap_or(name)
}

/// Scheme, host and port.
fn origin(url: &str) -> Option<String> {
    let (scheme, rest) = url.split_once("://")?;
    let authority = rest.split(['/', '?', '#', '\\']).next().unwrap_or_default();
    let host = authority.rsplit('@').next().unwrap_or_default();
    let is_scheme = scheme.chars().all(|c| c.is_ascii_alphanumeric());
    // A client's `${HOST:-…}` may fall back on anything.
    let is_plain = !host.is_empty() && !host.contains(":-");
    (is_scheme && is_plain).then(|| format!("{scheme}://{host}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(line: &str) -> String {
        let words: Vec<&str> = line.split(' ').collect();
        match program(words[0], &words[1..]) {
            Started::Program { name, package } => {
                [Some(name), package].into_iter().flatten().collect::<Vec<_>>().join(" ")
            }
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_package_is_recognised_behind_known_options_only() {
        for (line, expected) in [
            (
                "npx -y @modelcontextprotocol/server-github@2025.4.8 --key sk-1",
                "npx @modelcontextprotocol/server-github@2025.4.8",
            ),
            ("/opt/homebrew/bin/npx --yes -p a-package a-command", "npx a-package"),
            ("npx --registry=https://ann:sk-1@example.com a-package", "npx"),
            (
                "uvx --from mcp-server-sentry==2026.1.2 mcp-server-sentry --auth-token sk-1",
                "uvx mcp-server-sentry==2026.1.2",
            ),
            ("uvx --index-url https://sk-1@example.com mcp-server-time", "uvx mcp-server-time"),
            ("uvx git+https://sk-1@github.com/a/b", "uvx"),
            ("uv --directory /home/ann/x run server.py", "uv"),
            ("uv tool run mcp-server-git", "uv mcp-server-git"),
            (
                "docker run -i --rm -e KEY=sk-1 ghcr.io/github/github-mcp-server:1.0",
                "docker ghcr.io/github/github-mcp-server:1.0",
            ),
            ("docker run --secret sk-1 image", "docker"),
            ("python3 -m mcp_server sk-1", "python3 mcp_server"),
            ("node /opt/server.js sk-1", "node"),
            ("cmd /c npx -y a-package", "npx a-package"),
            ("vaultctl exec --server github -- npx -y a-package", "npx a-package"),
            ("vaultctl exec", "vaultctl"),
            ("vaultctl exec --", "vaultctl"),
            ("TOKEN=sk-1", "…"),
        ] {
            assert_eq!(shown(line), expected, "{line}");
        }
        assert_eq!(name("C:\\Program Files\\nodejs\\npx.cmd"), "npx.cmd");
        assert_eq!(name("sh -c 'curl example.com/sk-1'"), "sh");
        assert_eq!(name(""), "…");
    }

    #[test]
    fn of_an_address_only_the_origin_is_shown() {
        for (url, expected) in [
            (
                "https://ann:sk-1@mcp.example.com:8443/sk-2?key=sk-3#sk-4",
                Some("https://mcp.example.com:8443"),
            ),
            ("http://[::1]:80", Some("http://[::1]:80")),
            ("https://${env:HOST}/x", Some("https://${env:HOST}")),
            ("https://${HOST:-sk-1}/x", None),
            ("https://?sk-1", None),
            ("sk-1", None),
        ] {
            assert_eq!(origin(url).as_deref(), expected, "{url}");
        }
    }
}

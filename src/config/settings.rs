//! What the settings file may say.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use super::{Agent, Notify, Schedule, Server, Span};

/// The settings file, as it is written; every key is optional.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// `[store]`
    pub store: Store,
    /// `[keys]`
    pub keys: Keys,
    /// `[audit]`
    pub audit: Audit,
    /// `[snapshot]`
    pub snapshot: Snapshot,
    /// `[[schedule]]`
    pub schedule: Vec<Schedule>,
    /// `[server.NAME]`
    pub server: BTreeMap<String, Server>,
    /// `[agent]`
    pub agent: Agent,
    /// `[[notify]]`
    pub notify: Vec<Notify>,
    /// `[metrics]`
    pub metrics: Metrics,
}

/// `[store]`: where entries are.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Store {
    /// The store's root; `~/` is the home.
    pub path: Option<String>,
}

/// `[keys]`: which keys are used.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Keys {
    /// The age identity file, or several; `~/` is the home.
    pub identity: OneOrMany,
    /// The age plugins that may be run: `yubikey` for `age-plugin-yubikey`.
    pub plugins: Vec<String>,
}

/// One text, or a list of them.
#[derive(Debug, Deserialize)]
#[serde(untagged, expecting = "expected a text or a list of texts")]
pub enum OneOrMany {
    /// `"a"`
    One(String),
    /// `["a", "b"]`
    Many(Vec<String>),
}

impl Default for OneOrMany {
    fn default() -> Self {
        Self::Many(Vec::new())
    }
}

impl OneOrMany {
    /// All of them.
    #[must_use]
    pub fn as_slice(&self) -> &[String] {
        match self {
            Self::One(one) => std::slice::from_ref(one),
            Self::Many(many) => many,
        }
    }
}

/// `[audit]`: the access log.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Audit {
    /// Whether a read is refused when it can not be logged; otherwise it goes on with a warning.
    pub required: bool,
}

/// `[metrics]`: what is left for Prometheus.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Metrics {
    /// The file that is written when a job has ended; `~/` is the home.
    pub textfile: Option<String>,
}

/// `[snapshot]`: what is backed up, to whom and whither.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Snapshot {
    /// age recipients; by default those of `recipients.txt`.
    pub recipients: Vec<String>,
    /// Which profiles are taken; by default `config` and `history`.
    pub profiles: Option<Vec<String>>,
    /// `[snapshot.profile.NAME]`
    pub profile: BTreeMap<String, Profile>,
    /// `[snapshot.keep]`; by default thirty days and twelve months.
    pub keep: Option<Keep>,
    /// `snapshot.objectives`
    pub objectives: Objectives,
    /// How old an object must be that no snapshot needs before it is removed; seven days.
    pub grace: Option<Span>,
    /// Whether another machine prunes: then a gap in the numbers is no fault here.
    pub pruned_elsewhere: bool,
    /// `[[snapshot.destination]]`
    pub destination: Vec<Destination>,
}

/// `[snapshot.profile.NAME]`: more that is taken.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    /// Files and folders; `~/` is the home.
    pub paths: Vec<String>,
    /// What is left out of them, as in a `.gitignore`.
    #[serde(default)]
    pub exclude: Vec<String>,
    /// How files are stored.
    #[serde(default)]
    pub store: StoredAs,
}

/// How the files of a profile are stored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum StoredAs {
    /// Each in the snapshot object: for what is small.
    #[default]
    Whole,
    /// In parts that snapshots share: for what is bulky.
    Parts,
}

/// `[snapshot.keep]`: how many snapshots `prune` leaves; what is not named is none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
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
    pub within: Option<Span>,
}

/// `snapshot.objectives`: what a drill must meet.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Objectives {
    /// How old the newest snapshot may be: as much is lost at most (recovery point objective).
    pub rpo: Span,
    /// How long it may take until everything is back (recovery time objective).
    pub rto: Span,
}

impl Default for Objectives {
    /// A snapshot each night, and two hours to spare.
    fn default() -> Self {
        let span = |text: &str| text.parse().expect("it is a length of time");
        Self { rpo: span("26h"), rto: span("15m") }
    }
}

/// `[[snapshot.destination]]`: a place for snapshots.
#[derive(Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Destination {
    /// What `--to` calls it.
    pub name: String,
    /// `file:///folder`, or the folder; `s3://bucket/prefix`.
    pub url: String,
    /// The server of a bucket; without it, AWS.
    pub endpoint: Option<String>,
    /// The region of a bucket.
    pub region: Option<String>,
    /// Whether the bucket's name stands in the path of a request, instead of the host's name.
    pub path_style: Option<bool>,
    /// For how many seconds a server that does not answer is asked again.
    pub patience: Option<u64>,
    /// Who we are when snapshots are taken: a file, or `vault:ENTRY`.
    #[serde(alias = "credentials_file")]
    pub credentials: Option<String>,
    /// Who we are when objects are read or removed, if that is somebody else.
    #[serde(alias = "maintenance_credentials_file")]
    pub maintenance_credentials: Option<String>,
}

impl Destination {
    /// One with nothing but a name and a place.
    #[must_use]
    pub fn folder(name: String, url: String) -> Self {
        Self {
            name,
            url,
            endpoint: None,
            region: None,
            path_style: None,
            patience: None,
            credentials: None,
            maintenance_credentials: None,
        }
    }

    /// Whether anything is said that is about a server.
    fn has_server(&self) -> bool {
        let texts =
            [&self.endpoint, &self.region, &self.credentials, &self.maintenance_credentials];
        texts.iter().any(|text| text.is_some())
            || self.path_style.is_some()
            || self.patience.is_some()
    }
}

impl Settings {
    /// Parses the file's bytes; the error says where and what.
    pub(super) fn parse(bytes: &[u8]) -> Result<Self, String> {
        let text = std::str::from_utf8(bytes).map_err(|error| error.to_string())?;
        let settings: Self = toml::from_str(text).map_err(|error| one_line(text, &error))?;
        settings.check()
    }

    /// What no single value shows.
    fn check(self) -> Result<Self, String> {
        if self.snapshot.keep == Some(Keep::default()) {
            return Err("`snapshot.keep` keeps nothing".to_owned());
        }
        let mut names: Vec<&str> =
            self.snapshot.destination.iter().map(|place| &*place.name).collect();
        names.sort_unstable();
        match names.windows(2).find(|pair| pair[0] == pair[1]) {
            Some(pair) => Err(format!("two destinations are called `{}`", pair[0])),
            None => self.check_folders()?.check_channels(),
        }
    }

    /// A folder has no server, and no credentials: whoever says so has mistyped the URL.
    fn check_folders(self) -> Result<Self, String> {
        let mut folders =
            self.snapshot.destination.iter().filter(|place| !place.url.starts_with("s3://"));
        match folders.find(|place| place.has_server()) {
            Some(place) => Err(format!(
                "destination `{}`: only `s3://` has a server and credentials",
                place.name
            )),
            None => Ok(self),
        }
    }

    /// Each says what it is, and no two have one name.
    fn check_channels(self) -> Result<Self, String> {
        let mut titles = BTreeSet::new();
        for (number, channel) in (1..).zip(&self.notify) {
            channel.check().map_err(|reason| format!("notify {number}: {reason}"))?;
            let title = channel.title(number);
            if !titles.insert(title.clone()) {
                return Err(format!("two channels of `notify` are called `{title}`"));
            }
        }
        Ok(self)
    }
}

/// The parser's message with the line it is about; its own rendering takes five lines.
fn one_line(text: &str, error: &toml::de::Error) -> String {
    let message = error.message().replace('\n', ", ");
    match error.span() {
        Some(span) => {
            let line = text.bytes().take(span.start).filter(|byte| *byte == b'\n').count() + 1;
            format!("line {line}: {message}")
        }
        None => message,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_key_is_named_with_its_line() {
        let error = Settings::parse(b"[audit]\nrequird = true\n").expect_err("the key is misspelt");
        assert!(error.starts_with("line 2: unknown field `requird`"), "{error}");
    }

    #[test]
    fn two_destinations_have_two_names() {
        let twice = "[[snapshot.destination]]\nname = \"a\"\nurl = \"/b\"\n".repeat(2);
        let error = Settings::parse(twice.as_bytes()).expect_err("which one is meant?");
        assert_eq!(error, "two destinations are called `a`");
    }

    #[test]
    fn a_policy_says_what_is_kept() {
        let parse = |text: &str| Settings::parse(text.as_bytes());
        let settings =
            parse("[snapshot]\nkeep = { daily = 7, within = \"14d\" }\n").expect("is one");
        let keep = settings.snapshot.keep.expect("is there");
        assert_eq!((keep.daily, keep.monthly), (7, 0));
        assert_eq!(keep.within.map(|span| span.to_string()), Some("2w".to_owned()));
        for (bad, reason) in [
            ("keep = {}", "`snapshot.keep` keeps nothing"),
            ("keep = { daily = 0 }", "`snapshot.keep` keeps nothing"),
            ("keep = { dayly = 7 }", "line 2: unknown field `dayly`"),
            ("keep = { daily = -1 }", "line 2: invalid value"),
            ("keep = { within = \"soon\" }", "line 2: `soon` is not a length of time"),
        ] {
            let error = parse(&format!("[snapshot]\n{bad}\n")).expect_err("keeps too little");
            assert!(error.starts_with(reason), "{bad}: {error}");
        }
    }

    #[test]
    fn objectives_are_those_of_a_night_unless_others_are_set() {
        let parse =
            |text: &str| Settings::parse(text.as_bytes()).map(|all| all.snapshot.objectives);
        let told = |all: Objectives| (all.rpo.to_string(), all.rto.to_string());
        let given = parse("[snapshot]\nobjectives = { rto = \"2h\" }\n").expect("is one");
        assert_eq!(told(parse("").expect("is fine")), ("26h".to_owned(), "15m".to_owned()));
        assert_eq!(told(given), ("26h".to_owned(), "2h".to_owned()));
        assert!(parse("[snapshot]\nobjectives = { rpo = \"soon\" }\n").is_err());
    }

    #[test]
    fn a_folder_has_no_credentials() {
        let folder =
            "[[snapshot.destination]]\nname = \"a\"\nurl = \"/b\"\ncredentials_file = \"c\"";
        let error = Settings::parse(folder.as_bytes()).expect_err("a folder has none");
        assert_eq!(error, "destination `a`: only `s3://` has a server and credentials");
    }

    #[test]
    fn the_document_shows_settings_that_are_understood() {
        let document = include_str!("../../docs/settings.md");
        let example = document.split("```toml\n").nth(1).and_then(|rest| rest.split("```").next());
        let settings = Settings::parse(example.expect("it has one").as_bytes()).expect("is valid");
        assert_eq!(settings.server["github"].allow, ["claude/github-token"]);
        assert_eq!(settings.agent.allow, Settings::default().agent.allow);
    }

    #[test]
    fn a_permission_with_a_misspelt_key_is_none() {
        let error = Settings::parse(b"[server.a]\nalow = []\n").expect_err("the key is misspelt");
        assert!(error.starts_with("line 2: unknown field `alow`"), "{error}");
    }

    #[test]
    fn nothing_means_defaults() {
        let settings = Settings::parse(b"").expect("an empty file is fine");
        assert!(!settings.audit.required && settings.snapshot.destination.is_empty());
    }
}

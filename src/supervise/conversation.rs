//! What is said in a handshake, by whom and when. Nothing here reads, writes, waits or knows a time.

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::{Value, json};

use super::Trouble;
use super::message::{
    Content, Id, Message, Refusal, answer, notification, refusal, request, result, shortened,
};

/// The version without a handshake of its own: every request says what it speaks.
const MODERN: &str = "2026-07-28";

/// The versions with `initialize`, the newest first; that one is offered.
const LEGACY: [&str; 5] = ["2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05", "2024-10-07"];

/// The error of a server that speaks other versions (MCP 2026-07-28, error codes).
const UNSUPPORTED_VERSION: i64 = -32022;

/// A server with more lines than these before it is done has something else to say.
pub(super) const LINES_LIMIT: usize = 10_000;

/// More pages of tools, or more tools, than these are no list.
const PAGES_LIMIT: usize = 100;
const TOOLS_LIMIT: usize = 10_000;

const DISCOVER: &str = "server/discover";
const INITIALIZE: &str = "initialize";
const TOOLS: &str = "tools/list";

/// What a client says first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Opening {
    /// `server/discover`; `initialize` if that is not understood. Claude Code 2.1.332, the Python SDK
    /// 2.3.
    Discover,
    /// `initialize`. The TypeScript SDK 2.4 unless told otherwise, and all clients before 2026-07-28.
    Initialize,
}

/// What a server is, in its own words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Greeting {
    /// The protocol version that the two speak.
    pub protocol: String,
    /// Its name, if it has said one.
    pub server: Option<Software>,
    /// The names of its tools.
    pub tools: Vec<String>,
}

/// A program's name and version.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Software {
    /// As it calls itself.
    pub name: String,
    /// As it counts.
    pub version: String,
}

/// What to do after a line.
#[derive(Debug)]
pub(super) enum Step {
    /// Send these, and listen.
    Go(Vec<String>),
    /// Send these. All is known; what the server still asks can be answered.
    Done(Vec<String>),
    /// It is over.
    Failed(Trouble),
}

/// How it stands with `server/discover`.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Probe {
    /// It was asked, or never will be.
    Settled,
    /// It was not answered in time, and may be answered yet.
    Unanswered,
}

/// One conversation, from the first message on.
pub(super) struct Conversation {
    root: String,
    asked: Option<&'static str>,
    number: i64,
    probe: Probe,
    is_modern: bool,
    heard: usize,
    strays: usize,
    pages: usize,
    wants_roots: bool,
    greeting: Greeting,
}

impl Conversation {
    /// Nothing is said yet. `root` is the folder (a `file:` URI) that the client would work in.
    pub(super) fn new(root: String) -> Self {
        let greeting = Greeting { protocol: String::new(), server: None, tools: Vec::new() };
        Self {
            root,
            asked: None,
            number: 0,
            probe: Probe::Settled,
            is_modern: false,
            heard: 0,
            strays: 0,
            pages: 0,
            wants_roots: true,
            greeting,
        }
    }

    /// The first line.
    pub(super) fn open(&mut self, opening: Opening) -> String {
        match opening {
            Opening::Discover => self.discover(),
            Opening::Initialize => self.initialize(),
        }
    }

    /// `server/discover` was not answered in time: what to say then, on the same connection. That is
    /// what Claude Code does (after three seconds), and so does the Python SDK.
    pub(super) fn go_on_without_probe(&mut self) -> String {
        self.probe = Probe::Unanswered;
        self.initialize()
    }

    /// Takes a line.
    pub(super) fn take(&mut self, line: &[u8]) -> Step {
        self.heard += 1;
        if self.heard > LINES_LIMIT {
            return Step::Failed(Trouble::Noise);
        }
        match Message::parse(line) {
            None => {
                self.strays += usize::from(!line.trim_ascii().is_empty());
                Step::Go(Vec::new())
            }
            Some(Message::Notification) => Step::Go(Vec::new()),
            Some(Message::Request { id, method }) => Step::Go(vec![self.respond(&id, &method)]),
            Some(Message::Answer { id, content }) if id == Id::Number(self.number) => {
                match self.asked.take() {
                    Some(asked) => self.understand(asked, &content, line),
                    None => Step::Go(Vec::new()),
                }
            }
            // To a question that is given up, or that nobody has asked.
            Some(Message::Answer { .. }) => Step::Go(Vec::new()),
        }
    }

    /// What the server has not answered yet.
    pub(super) fn asked(&self) -> &'static str {
        self.asked.unwrap_or(TOOLS)
    }

    /// Whether that is `server/discover`, which it need not know.
    pub(super) fn is_probing(&self) -> bool {
        self.asked == Some(DISCOVER) && self.probe == Probe::Settled
    }

    /// How many lines were no message.
    pub(super) fn strays(&self) -> usize {
        self.strays
    }

    /// Whether the server may yet ask for the folders: some do that some time after the handshake,
    /// and do not end while they wait for an answer.
    pub(super) fn may_be_asked(&self) -> bool {
        !self.is_modern && self.wants_roots
    }

    /// What is known.
    pub(super) fn into_greeting(self) -> Greeting {
        self.greeting
    }

    fn understand(&mut self, asked: &'static str, content: &Content, line: &[u8]) -> Step {
        match (asked, content) {
            (DISCOVER, Content::Result) => self.discovered(result(line)),
            // Whatever the error is: only a result is the mark of the new era (MCP 2026-07-28).
            (DISCOVER, Content::Error(_)) if self.probe == Probe::Settled => {
                Step::Go(vec![self.initialize()])
            }
            (INITIALIZE, Content::Result) => self.initialized(result(line)),
            (INITIALIZE, Content::Error(error)) if self.was_answered_late(error) => {
                Step::Go(vec![self.discover()])
            }
            (TOOLS, Content::Result) => self.listed(result(line)),
            (_, Content::Result) => Step::Failed(Trouble::Unusable(asked)),
            (_, Content::Error(error)) => Step::Failed(Trouble::Refused {
                asked,
                code: error.code,
                message: shortened(&error.message),
            }),
        }
    }

    /// The server has understood `server/discover` after all, after we had given it up: the
    /// connection is in the new era, and we say so again.
    fn was_answered_late(&self, error: &Refusal) -> bool {
        let is_modern = error.supported().any(|version| version == MODERN);
        self.probe == Probe::Unanswered && error.code == UNSUPPORTED_VERSION && is_modern
    }

    fn discovered(&mut self, discovered: Option<Discovered>) -> Step {
        let knows = |found: &Discovered| found.supported_versions.iter().any(|own| own == MODERN);
        match discovered.filter(knows) {
            Some(found) => {
                self.is_modern = true;
                MODERN.clone_into(&mut self.greeting.protocol);
                self.greeting.server = found.meta.server.map(Software::shortened);
                self.list_tools(&found.capabilities, Vec::new())
            }
            None if self.probe == Probe::Settled => Step::Go(vec![self.initialize()]),
            None => Step::Failed(Trouble::Unusable(DISCOVER)),
        }
    }

    fn initialized(&mut self, initialized: Option<Initialized>) -> Step {
        let Some(found) = initialized else {
            return Step::Failed(Trouble::Unusable(INITIALIZE));
        };
        if !LEGACY.contains(&found.protocol_version.as_str()) {
            return Step::Failed(Trouble::Version(shortened(&found.protocol_version)));
        }
        self.greeting.protocol = found.protocol_version;
        self.greeting.server = Some(found.server_info.shortened());
        self.list_tools(&found.capabilities, vec![notification("notifications/initialized")])
    }

    fn list_tools(&mut self, capabilities: &Capabilities, mut lines: Vec<String>) -> Step {
        if capabilities.tools.is_none() {
            return Step::Done(lines);
        }
        lines.push(self.ask(TOOLS, json!({})));
        Step::Go(lines)
    }

    fn listed(&mut self, listed: Option<Listed>) -> Step {
        let Some(found) = listed else {
            return Step::Failed(Trouble::Unusable(TOOLS));
        };
        self.pages += 1;
        self.greeting.tools.extend(found.tools.iter().map(|tool| shortened(&tool.name)));
        let is_endless = self.pages > PAGES_LIMIT || self.greeting.tools.len() > TOOLS_LIMIT;
        match found.next_cursor {
            _ if is_endless => Step::Failed(Trouble::Endless),
            None => Step::Done(Vec::new()),
            Some(cursor) => Step::Go(vec![self.ask(TOOLS, json!({ "cursor": cursor }))]),
        }
    }

    fn discover(&mut self) -> String {
        self.ask(DISCOVER, json!({}))
    }

    fn initialize(&mut self) -> String {
        let params = json!({
            "protocolVersion": LEGACY[0], "capabilities": capabilities(), "clientInfo": ourselves(),
        });
        self.ask(INITIALIZE, params)
    }

    /// A request, under the next number. In the new era each says what it speaks, the first too.
    fn ask(&mut self, method: &'static str, mut params: Value) -> String {
        self.asked = Some(method);
        self.number += 1;
        if self.is_modern || method == DISCOVER {
            params["_meta"] = json!({
                "io.modelcontextprotocol/protocolVersion": MODERN,
                "io.modelcontextprotocol/clientCapabilities": capabilities(),
                "io.modelcontextprotocol/clientInfo": ourselves(),
            });
        }
        request(&Id::Number(self.number), method, &params)
    }

    fn respond(&mut self, id: &Id, method: &str) -> String {
        match method {
            "ping" => answer(id, &json!({})),
            "roots/list" => {
                self.wants_roots = false;
                answer(id, &json!({ "roots": [{ "uri": self.root }] }))
            }
            _ => refusal(id),
        }
    }
}

/// What we can do for a server: say where we are, as editors and coding agents do.
fn capabilities() -> Value {
    json!({ "roots": { "listChanged": true } })
}

#[expect(clippy::disallowed_macros, reason = "the version of this very program")]
fn ourselves() -> Value {
    json!({ "name": "vaultctl", "version": env!("CARGO_PKG_VERSION") })
}

impl Software {
    fn shortened(self) -> Self {
        Self { name: shortened(&self.name), version: shortened(&self.version) }
    }
}

#[derive(Deserialize)]
struct Capabilities {
    tools: Option<IgnoredAny>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Discovered {
    supported_versions: Vec<String>,
    capabilities: Capabilities,
    #[serde(rename = "_meta", default)]
    meta: Meta,
}

#[derive(Default, Deserialize)]
struct Meta {
    #[serde(rename = "io.modelcontextprotocol/serverInfo")]
    server: Option<Software>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Initialized {
    protocol_version: String,
    capabilities: Capabilities,
    server_info: Software,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Listed {
    tools: Vec<Tool>,
    next_cursor: Option<String>,
}

#[derive(Deserialize)]
struct Tool {
    name: String,
}

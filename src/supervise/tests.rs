//! Conversations without a process.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::conversation::{Conversation, Step};
use super::{Greeting, Opening, Trouble};

const METHOD_NOT_FOUND: i64 = -32601;

/// A server as a function: what it says to a message, line by line.
type Server<'s> = &'s dyn Fn(&Value) -> Vec<Value>;

/// What came of a whole conversation, and the methods that the client used in order.
fn talk(opening: Opening, server: Server<'_>) -> (Result<Greeting, Trouble>, Vec<String>) {
    let mut conversation = Conversation::new("file:///project".to_owned());
    let mut to_server = vec![conversation.open(opening)];
    let mut methods = Vec::new();
    let mut round = 0;
    while let Some(line) = to_server.pop() {
        round += 1;
        assert!(round < 1000, "it goes on and on");
        let message: Value = serde_json::from_str(&line).expect("we write JSON");
        assert!(!line.contains('\n') && message["jsonrpc"] == "2.0", "{line}");
        methods.extend(message["method"].as_str().map(str::to_owned));
        for reply in server(&message) {
            match conversation.take(reply.to_string().as_bytes()) {
                Step::Go(lines) => to_server.splice(0..0, lines.into_iter().rev()).for_each(drop),
                Step::Done(_) => return (Ok(conversation.into_greeting()), methods),
                Step::Failed(trouble) => return (Err(trouble), methods),
            }
        }
    }
    panic!("nobody says anything after {methods:?}")
}

fn result(to: &Value, result: &Value) -> Value {
    json!({ "jsonrpc": "2.0", "id": to["id"], "result": result })
}

fn error(to: &Value, code: i64, data: &Value) -> Value {
    let error = json!({ "code": code, "message": "no", "data": data });
    json!({ "jsonrpc": "2.0", "id": to["id"], "error": error })
}

fn welcome(version: &str) -> Value {
    json!({
        "protocolVersion": version, "capabilities": { "tools": {} },
        "serverInfo": { "name": "old", "version": "1" },
    })
}

fn discovery() -> Value {
    json!({
        "resultType": "complete", "supportedVersions": ["2026-07-28"],
        "capabilities": { "tools": { "listChanged": false } },
        "_meta": { "io.modelcontextprotocol/serverInfo": { "name": "new", "version": "2" } },
    })
}

/// As the reference servers with the TypeScript SDK 1.30.
fn legacy(message: &Value) -> Vec<Value> {
    match message["method"].as_str() {
        Some("server/discover") => vec![error(message, METHOD_NOT_FOUND, &Value::Null)],
        Some("initialize") => vec![result(message, &welcome("2025-11-25"))],
        Some("tools/list") => vec![result(message, &json!({ "tools": [{ "name": "echo" }] }))],
        _ => vec![],
    }
}

/// As the reference servers with the Python SDK 2.3, once they were asked in the new way.
fn modern(message: &Value) -> Vec<Value> {
    let meta = &message["params"]["_meta"]["io.modelcontextprotocol/protocolVersion"];
    match message["method"].as_str() {
        Some("initialize") => {
            vec![error(message, -32022, &json!({ "supported": ["2026-07-28"] }))]
        }
        _ if meta != "2026-07-28" => vec![error(message, -32602, &Value::Null)],
        Some("server/discover") => vec![result(message, &discovery())],
        Some("tools/list") => vec![result(message, &json!({ "tools": [{ "name": "time" }] }))],
        _ => vec![],
    }
}

fn greeting(protocol: &str, name: &str, version: &str, tool: &str) -> Greeting {
    let server = super::Software { name: name.to_owned(), version: version.to_owned() };
    let tools = vec![tool.to_owned()];
    Greeting { protocol: protocol.to_owned(), server: Some(server), tools }
}

#[test]
fn each_era_is_greeted_in_its_own_way() {
    let (found, methods) = talk(Opening::Discover, &modern);
    assert_eq!(found.expect("it is modern"), greeting("2026-07-28", "new", "2", "time"));
    assert_eq!(methods, ["server/discover", "tools/list"]);

    let (found, methods) = talk(Opening::Discover, &legacy);
    assert_eq!(found.expect("it is legacy"), greeting("2025-11-25", "old", "1", "echo"));
    let expected = ["server/discover", "initialize", "notifications/initialized", "tools/list"];
    assert_eq!(methods, expected);

    let (found, methods) = talk(Opening::Initialize, &legacy);
    assert_eq!(found.expect("it is legacy"), greeting("2025-11-25", "old", "1", "echo"));
    assert_eq!(methods, expected[1..]);
}

/// A client that begins with `initialize` never asks for the other era.
#[test]
fn an_older_client_does_not_follow_into_the_new_era() {
    let (found, methods) = talk(Opening::Initialize, &modern);
    assert!(matches!(found, Err(Trouble::Refused { asked: "initialize", code: -32022, .. })));
    assert_eq!(methods, ["initialize"]);
}

/// The server starts slowly: it understands `server/discover` when it was already given up.
#[test]
fn a_late_answer_to_the_probe_is_made_good() {
    let mut conversation = Conversation::new("file:///".to_owned());
    let probe: Value = read(&conversation.open(Opening::Discover));
    assert!(conversation.is_probing());
    let hello = read(&conversation.go_on_without_probe());
    assert!(hello["method"] == "initialize" && !conversation.is_probing());
    let mut take = |line: &Value| conversation.take(line.to_string().as_bytes());
    assert!(matches!(take(&result(&probe, &discovery())), Step::Go(lines) if lines.is_empty()));
    let again = sent(take(&modern(&hello)[0]));
    assert_eq!(again["method"], "server/discover");
    let list = sent(take(&modern(&again)[0]));
    assert!(matches!(take(&modern(&list)[0]), Step::Done(_)));
    assert_eq!(conversation.into_greeting().protocol, "2026-07-28");
}

fn read(line: &str) -> Value {
    serde_json::from_str(line).expect("we write JSON")
}

fn sent(step: Step) -> Value {
    match step {
        Step::Go(lines) if lines.len() == 1 => read(&lines[0]),
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_the_server_asks_is_answered() {
    let mut conversation = Conversation::new("file:///project".to_owned());
    conversation.open(Opening::Initialize);
    let mut ask = |id: Value, method: &str| {
        let line = json!({ "jsonrpc": "2.0", "id": id, "method": method }).to_string();
        sent(conversation.take(line.as_bytes()))
    };
    let pong = ask(json!("a"), "ping");
    assert_eq!(pong, json!({ "jsonrpc": "2.0", "id": "a", "result": {} }));
    let roots = ask(json!(0), "roots/list");
    assert_eq!(roots["result"], json!({ "roots": [{ "uri": "file:///project" }] }));
    assert_eq!(ask(json!(9), "sampling/createMessage")["error"]["code"], METHOD_NOT_FOUND);
    assert!(!conversation.may_be_asked(), "it was, once");
}

#[test]
fn pages_are_turned_to_the_end_and_not_for_ever() {
    let paged = |pages: u64| {
        move |message: &Value| match message["method"].as_str() {
            Some("tools/list") => {
                let page = message["params"]["cursor"]
                    .as_str()
                    .map_or(0, |cursor| cursor.parse::<u64>().expect("it is one of ours"));
                let next = (page + 1 < pages).then(|| (page + 1).to_string());
                let tools = json!([{ "name": format!("tool-{page}") }]);
                vec![result(message, &json!({ "tools": tools, "nextCursor": next }))]
            }
            _ => legacy(message),
        }
    };
    let found = talk(Opening::Initialize, &paged(3)).0.expect("there are three");
    assert_eq!(found.tools, ["tool-0", "tool-1", "tool-2"]);
    assert!(matches!(talk(Opening::Initialize, &paged(u64::MAX)).0, Err(Trouble::Endless)));
}

#[test]
fn nonsense_is_named() {
    let with = |method: &'static str, reply: Value| {
        move |message: &Value| match message["method"].as_str() {
            Some(asked) if asked == method => vec![result(message, &reply)],
            _ => legacy(message),
        }
    };
    let trouble = |server: Server<'_>| talk(Opening::Initialize, server).0.expect_err("it is bad");
    let said = |server: Server<'_>| trouble(server).to_string();
    assert_eq!(
        said(&with("initialize", welcome("1999-01-01"))),
        "wants protocol version `1999-01-01`, which is not known"
    );
    assert_eq!(
        said(&with("initialize", json!({ "protocolVersion": 1 }))),
        "its answer to `initialize` is not what the protocol says"
    );
    assert_eq!(
        said(&with("tools/list", json!({ "tools": 1 }))),
        "its answer to `tools/list` is not what the protocol says"
    );
    assert_eq!(
        said(&|message| vec![error(message, -1, &Value::Null)]),
        "answers `initialize` with error -1: no"
    );
    let chatty = |message: &Value| {
        let told = json!({ "jsonrpc": "2.0", "method": "notifications/message" });
        [vec![told; 20_000], legacy(message)].concat()
    };
    assert!(matches!(trouble(&chatty), Trouble::Noise));
}

/// What a server could say at any time.
fn any_line() -> impl Strategy<Value = Vec<u8>> {
    let id = prop_oneof![Just(json!(1)), Just(json!(2)), Just(json!("x")), Just(Value::Null)];
    let word = prop_oneof![
        Just("initialize"),
        Just("ping"),
        Just("roots/list"),
        Just("tools"),
        Just("nextCursor"),
        Just("2025-11-25"),
        Just("2026-07-28"),
        Just("supportedVersions"),
    ];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<i64>().prop_map(Value::from),
        word.prop_map(Value::from),
        Just(welcome("2025-11-25")),
        Just(discovery()),
        Just(json!({ "tools": [], "nextCursor": "a" })),
    ];
    let message = (id, leaf.clone(), leaf.clone(), leaf).prop_map(|(id, method, result, error)| {
        let mut message = json!({ "jsonrpc": "2.0", "id": id });
        for (key, value) in [("method", method), ("result", result), ("error", error)] {
            if !value.is_null() {
                message[key] = value;
            }
        }
        message.to_string().into_bytes()
    });
    prop_oneof![3 => message, 1 => any::<Vec<u8>>()]
}

proptest! {
    /// No panic, every line of ours is one JSON message, and it comes to an end.
    #[test]
    fn whatever_a_server_says_is_survived(
        lines in prop::collection::vec(any_line(), 0..40),
        discovers in any::<bool>(),
        gives_up in 0_usize..40,
    ) {
        let opening = if discovers { Opening::Discover } else { Opening::Initialize };
        let mut conversation = Conversation::new("file:///".to_owned());
        conversation.open(opening);
        for (number, line) in lines.iter().enumerate() {
            if number == gives_up && conversation.is_probing() {
                conversation.go_on_without_probe();
            }
            match conversation.take(line) {
                Step::Go(lines) | Step::Done(lines) => for line in lines {
                    prop_assert!(!line.contains('\n'));
                    prop_assert!(serde_json::from_str::<Value>(&line).is_ok());
                },
                Step::Failed(_) => break,
            }
        }
    }

    /// Whatever comes between the messages changes nothing, but that it is counted.
    #[test]
    fn stray_lines_change_nothing(stray in "[^{\n]{0,40}", times in 0_usize..5) {
        let mut conversation = Conversation::new("file:///".to_owned());
        let mut waiting = vec![conversation.open(Opening::Discover)];
        let mut counted = 0;
        while let Some(line) = waiting.pop() {
            for reply in modern(&read(&line)) {
                for _ in 0..times {
                    let step = conversation.take(stray.as_bytes());
                    prop_assert!(matches!(step, Step::Go(lines) if lines.is_empty()));
                    counted += usize::from(!stray.trim_ascii().is_empty());
                }
                if let Step::Go(lines) = conversation.take(reply.to_string().as_bytes()) {
                    waiting.extend(lines);
                }
            }
        }
        prop_assert_eq!(conversation.strays(), counted);
        prop_assert_eq!(conversation.into_greeting(), greeting("2026-07-28", "new", "2", "time"));
    }
}

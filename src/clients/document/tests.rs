//! Documents by example, and random ones: what an edit does not name stays, byte for byte.

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;

fn parse(format: Format, text: &str) -> Result<Document, Malformed> {
    Document::parse(format, Secret::copy_from(text.as_bytes()))
}

fn parsed(format: Format, text: &str) -> Document {
    parse(format, text).expect("it is a document")
}

fn place(pointer: &str) -> Place {
    pointer.split('/').skip(1).fold(Place::root(), |place, step| match step.parse() {
        Ok(index) => place.index(index),
        Err(_) => place.key(step),
    })
}

/// Does one edit: `= PLACE` replaces, `+ PLACE` inserts, `- PLACE` removes.
fn edit(line: &str) -> Edit {
    let place = place(line.get(2..).expect("a place follows"));
    match line.get(..1) {
        Some("=") => Edit::Replace(place, Value::text("new")),
        Some("+") => Edit::Insert(place, Value::text("new")),
        _ => Edit::Remove(place),
    }
}

fn edited(format: Format, before: &str, line: &str) -> Result<String, EditError> {
    Ok(parsed(format, before).edited(&[edit(line)])?.text().to_owned())
}

/// `before | edit | after`, with `¶` for the end of a line and `¬` for one of Windows.
fn check(format: Format, examples: &[(&str, &str, &str)]) {
    let text = |example: &str| example.replace('¶', "\n").replace('¬', "\r\n");
    for (before, line, after) in examples {
        let result = edited(format, &text(before), line).expect("it can be edited");
        assert_eq!(result, text(after), "{before} {line}");
    }
}

#[test]
fn json_is_edited_in_place() {
    check(
        Format::Jsonc,
        &[
            (r#"{"a":1,"b":[2]}"#, "= /a", r#"{"a":"new","b":[2]}"#),
            (r#"{"a": 1, "b" : 2}"#, "+ /c", r#"{"a": 1, "b" : 2, "c" : "new"}"#),
            (r#"{"a":1,"b":2}"#, "+ /c", r#"{"a":1,"b":2,"c":"new"}"#),
            ("{}", "+ /a", r#"{"a": "new"}"#),
            ("{ // c¶}", "+ /a", "{\"a\": \"new\" // c¶}"),
            ("{¶  \"a\": 1 // c¶}", "+ /b", "{¶  \"a\": 1, // c¶  \"b\": \"new\"¶}"),
            ("{¬\t\"a\": 1,¬}", "+ /b", "{¬\t\"a\": 1,¬\t\"b\": \"new\",¬}"),
            ("[1,¶ 2 /* d¶ */ ]", "+ /2", "[1,¶ 2,¶ \"new\" /* d¶ */ ]"),
            (r#"["a", "b"]"#, "+ /0", r#"["new", "a", "b"]"#),
            ("[¶  \"a\",¶  \"b\"¶]", "+ /0", "[¶  \"new\",¶  \"a\",¶  \"b\"¶]"),
            (r#"{"a": 1, "b": 2, "c": 3}"#, "- /a", r#"{"b": 2, "c": 3}"#),
            (r#"{ "a": 1, "b": 2 }"#, "- /b", r#"{ "a": 1 }"#),
            (r#"{ "a": 1 }"#, "- /a", "{ }"),
            ("{¬  \"a\": 1,¬  \"b\": 2¬}", "- /b", "{¬  \"a\": 1¬}"),
            (
                "{¶  \"a\": 1, // c¶  \"b\": {¶  }, // d¶  \"e\": 3¶}",
                "- /b",
                "{¶  \"a\": 1, // c¶  // d¶  \"e\": 3¶}",
            ),
            (
                "{¶  \"a\": 1 /* , */ , // c¶  \"b\": 2 // d¶}",
                "- /b",
                "{¶  \"a\": 1 /* , */  // c¶  // d¶}",
            ),
            ("[1 /* c */, 2]", "- /0", "[/* c */ 2]"),
            ("[1, 2,]", "- /1", "[1, ]"),
            ("\u{feff}{\"a\": 1}", "= /a", "\u{feff}{\"a\": \"new\"}"),
        ],
    );
}

#[test]
fn toml_is_edited_in_place() {
    let file = "# top¬a = 1 # one¬¬[s.x] # head¬  'command' = 'npx' # run¬  args = [ 'a', # c¬    'b', ]¬  env.A = 'é'¬  env.B = '2'¬# last¬¬[s.x.h]¬K='v'¬[[l]]¬z=1";
    let changed =
        |line: &str, from: &str, to: &str| (file, line.to_owned(), file.replace(from, to));
    for (before, line, after) in [
        changed("= /s/x/command", "'npx'", "\"new\""),
        changed("+ /s/x/args/0", "[ 'a'", "[ \"new\", 'a'"),
        changed("+ /s/x/args/2", "'b', ]", "'b',¬    \"new\", ]"),
        changed("+ /s/x/cwd", "env.B = '2'¬", "env.B = '2'¬  cwd = \"new\"¬"),
        changed("+ /s/x/env/C c", "env.B = '2'¬", "env.B = '2'¬  env.\"C c\" = \"new\"¬"),
        changed("- /s/x/env/A", "  env.A = 'é'¬", ""),
        changed("- /s/x/env", "  env.A = 'é'¬  env.B = '2'¬", ""),
        changed("- /s/x/h", "[s.x.h]¬K='v'¬", ""),
        changed("- /s/x/command", "'command' = 'npx' # run", "# run"),
        changed("+ /s/x/h/L", "K='v'¬", "K='v'¬L=\"new\"¬"),
        changed("+ /b", "# one¬", "# one¬b = \"new\"¬"),
        changed("- /l", "[[l]]¬z=1", ""),
    ] {
        check(Format::Toml, &[(before, &line, &after)]);
    }
    let whole = parsed(Format::Toml, &file.replace('¬', "\r\n"));
    let whole = whole.edited(&[edit("- /s/x")]).expect("it can be edited");
    assert_eq!(
        whole.text(),
        "# top\r\na = 1 # one\r\n\r\n# head\r\n  # run\r\n# last\r\n\r\n[[l]]\r\nz=1"
    );
    check(
        Format::Toml,
        &[
            ("", "+ /a", "a = \"new\"¶"),
            ("[t]", "+ /t/a", "[t]¶a = \"new\""),
            ("\u{feff}a.b=1", "+ /a/c", "\u{feff}a.b=1¶a.c=\"new\""),
            ("\u{feff}a=1¶b=2", "- /a", "\u{feff}b=2"),
            ("e = { A = '1' }", "+ /e/B", "e = { A = '1', B = \"new\" }"),
            ("e = { A = '1', B = '2' }", "- /e/B", "e = { A = '1' }"),
            ("e = {}", "+ /e/B", "e = {B = \"new\"}"),
        ],
    );
}

#[test]
fn what_can_not_be_done_is_said() {
    for (format, before, line, error) in [
        (Format::Json, "{\"a\": 1}", "= /b", EditError::Missing("/b".to_owned())),
        (Format::Json, "{\"a\": 1}", "- /b/c", EditError::Missing("/b/c".to_owned())),
        (Format::Json, "{\"a\": [1]}", "+ /a/2", EditError::Missing("/a/2".to_owned())),
        (Format::Json, "{\"a\": 1}", "+ /a", EditError::Occupied("/a".to_owned())),
        (Format::Toml, "[a.b]\nc=1", "+ /a/d", EditError::Unusual("/a".to_owned())),
        (Format::Toml, "a={b.c=1}", "+ /a/b/d", EditError::Unusual("/a/b".to_owned())),
        (Format::Toml, "a={b.c=1}", "- /a/b/c", EditError::Unusual("/a/b/c".to_owned())),
        (Format::Toml, "[a]", "= /a", EditError::Unusual("/a".to_owned())),
    ] {
        assert_eq!(edited(format, before, line), Err(error), "{before} {line}");
    }
    assert!(parsed(Format::Json, "{}").edited(&[Edit::Remove(Place::root())]).is_err());
}

#[test]
fn edits_follow_each_other_and_leave_the_first_document_alone() {
    let before = parsed(Format::Json, r#"{"command": "npx", "args": ["-y", "p"]}"#);
    let after = before.edited(&[
        Edit::Replace(place("/command"), Value::text("/usr/bin/vaultctl")),
        Edit::Insert(place("/args/0"), Value::text("npx")),
        Edit::Insert(place("/args/0"), Value::text("--")),
        Edit::Insert(
            place("/env"),
            Value::Map(vec![("A\"\u{7}".to_owned(), Value::texts(["\n\\"]))]),
        ),
    ]);
    let after = after.expect("it can be edited");
    assert_eq!(
        after.text(),
        r#"{"command": "/usr/bin/vaultctl", "args": ["--", "npx", "-y", "p"], "env": {"A\"\u0007": ["\n\\"]}}"#
    );
    assert_eq!(before.text(), r#"{"command": "npx", "args": ["-y", "p"]}"#);
}

#[test]
fn what_is_broken_is_named_with_its_line_and_nothing_of_it() {
    let deep = format!("{}{}", "[".repeat(600), "]".repeat(600));
    let deep_toml = format!("a = {deep}");
    for (format, text, line, reason) in [
        (Format::Json, "", 1, "it is empty"),
        (Format::Json, "{\n \"a\": sk-secret\n}", 2, "this is no JSON"),
        (Format::Json, "{\n // c\n}", 2, "its client allows no comments"),
        (Format::Json, "{\"a\": 1,\n}", 1, "its client allows no comma after the last"),
        (Format::Json, "{\"a\": 1\n", 1, "what begins here does not end"),
        (Format::Jsonc, "{\"a\": 1,\n\n\"a\": 2}", 3, "a name is there twice"),
        (Format::Jsonc, "{'a': 1}", 1, "this is no JSON"),
        (Format::Jsonc, "{\"a\": \"b\nc\"}", 1, "a text goes on over the end of a line"),
        (Format::Jsonc, "{} {}", 1, "this is no JSON"),
        (Format::Jsonc, &deep, 1, "it is nested too deeply"),
        (Format::Toml, "a = 1\n[b]\nc = sk-secret", 3, "this is no TOML"),
        (Format::Toml, "a = 1\na = 2", 2, "a name is there twice"),
        (Format::Toml, &deep_toml, 1, "it is nested too deeply"),
    ] {
        let fault = parse(format, text).expect_err("it is broken");
        assert_eq!((fault.line, fault.reason), (line, reason), "{text}");
    }
    let fault = Document::parse(Format::Json, Secret::copy_from(b"{\n\xff}")).expect_err("broken");
    assert_eq!((fault.line, fault.reason), (2, "this is no UTF-8"));
}

/// What a document says, whatever it looks like.
#[derive(Clone, Debug, PartialEq)]
enum Model {
    Text(String),
    Number(u32),
    List(Vec<Model>),
    Map(Vec<(String, Model)>),
}

impl Model {
    fn of(node: &Node, document: &Document) -> Self {
        match &node.content {
            // EXPOSE: a test's own text.
            Content::Text(text) => Self::Text(text.expose().to_owned()),
            Content::Plain => Self::Number(document.slice(&node.span).parse().expect("a number")),
            Content::Null => panic!("there is none in these documents"),
            Content::List(nodes) => {
                Self::List(nodes.iter().map(|node| Self::of(node, document)).collect())
            }
            Content::Map(_, members) => {
                let member =
                    |member: &Member| (member.key.clone(), Self::of(&member.value, document));
                Self::Map(members.iter().map(member).collect())
            }
        }
    }

    /// With members by name: tables of TOML come after what is above them.
    fn sorted(self) -> Self {
        match self {
            Self::List(models) => Self::List(models.into_iter().map(Self::sorted).collect()),
            Self::Map(mut members) => {
                members.sort_by(|one, other| one.0.cmp(&other.0));
                Self::Map(members.into_iter().map(|(key, value)| (key, value.sorted())).collect())
            }
            other => other,
        }
    }

    fn places(&self, at: &Place, found: &mut Vec<Place>) {
        found.push(at.clone());
        match self {
            Self::List(models) => {
                models
                    .iter()
                    .enumerate()
                    .for_each(|(index, model)| model.places(&at.index(index), found));
            }
            Self::Map(members) => {
                members.iter().for_each(|(key, model)| model.places(&at.key(key), found));
            }
            _ => {}
        }
    }

    fn at(&mut self, place: &Place) -> &mut Self {
        place.steps().iter().fold(self, |model, step| match (step, model) {
            (Step::Key(key), Self::Map(members)) => {
                &mut members.iter_mut().find(|(known, _)| known == key).expect("is there").1
            }
            (Step::Index(index), Self::List(models)) => &mut models[*index],
            _ => panic!("there is no such place"),
        })
    }

    fn apply(&mut self, edit: &Edit) {
        let new = || Self::Text("new".to_owned());
        match edit {
            Edit::Replace(place, _) => *self.at(place) = new(),
            Edit::Insert(place, _) => {
                let (above, step) = place.split().expect("it is below something");
                match (step, self.at(&above)) {
                    (Step::Key(key), Self::Map(members)) => members.push((key.clone(), new())),
                    (Step::Index(index), Self::List(models)) => models.insert(*index, new()),
                    _ => panic!("nothing can be put there"),
                }
            }
            Edit::Remove(place) => {
                let (above, step) = place.split().expect("it is below something");
                match (step, self.at(&above)) {
                    (Step::Key(key), Self::Map(members)) => {
                        members.retain(|(known, _)| known != key)
                    }
                    (Step::Index(index), Self::List(models)) => drop(models.remove(*index)),
                    _ => panic!("nothing is there"),
                }
            }
        }
    }
}

/// Writes a model as a person might have: spaces, lines, comments, all by chance.
struct Untidy {
    text: String,
    chance: Vec<u8>,
    drawn: usize,
    comments: Vec<(usize, String)>,
    format: Format,
    newline: &'static str,
}

impl Untidy {
    fn new(format: Format, chance: Vec<u8>) -> Self {
        let newline = if chance[0].is_multiple_of(2) { "\n" } else { "\r\n" };
        let text =
            if chance[0].is_multiple_of(5) { BYTE_ORDER_MARK.to_owned() } else { String::new() };
        Self { text, chance, drawn: 0, comments: Vec::new(), format, newline }
    }

    fn draw(&mut self, sides: u8) -> u8 {
        self.drawn += 1;
        let noise = self.chance[self.drawn % self.chance.len()];
        noise.wrapping_add(u8::try_from(self.drawn / self.chance.len() % 251).expect("is small"))
            % sides
    }

    fn put(&mut self, text: &str) {
        self.text.push_str(text);
    }

    fn comment(&mut self, open: &str, close: &str) {
        let name = format!("c{}x", self.comments.len());
        self.comments.push((self.text.len(), name.clone()));
        self.put(&format!("{open} {name}, \" {{ {close}"));
    }

    /// What may stand between two signs of JSON, or in an array of TOML.
    fn space(&mut self) {
        let toml = self.format == Format::Toml;
        match self.draw(9) {
            0 | 1 => self.put(" "),
            2 => self.put("\t"),
            3 | 4 => self.put(&format!("{}  ", self.newline)),
            5 if self.format == Format::Jsonc => self.comment("/*", "*/"),
            6 if self.format == Format::Jsonc => {
                self.comment("//", "");
                self.put(self.newline);
            }
            6 if toml => {
                self.comment("#", "");
                self.put(self.newline);
            }
            _ => {}
        }
    }

    fn string(&mut self, text: &str) {
        let quoted = serde_json::to_string(text).expect("text can be written");
        if self.format == Format::Toml && !text.contains(['\'', '\n']) && self.draw(2) == 0 {
            self.put(&format!("'{text}'"));
        } else {
            self.put(&quoted);
        }
    }

    fn json(&mut self, model: &Model) {
        let (open, close) = if matches!(model, Model::List(_)) { ("[", "]") } else { ("{", "}") };
        let count = match model {
            Model::Text(text) => return self.string(text),
            Model::Number(number) => return self.put(&number.to_string()),
            Model::List(models) => models.len(),
            Model::Map(members) => members.len(),
        };
        self.put(open);
        self.space();
        for index in 0..count {
            match model {
                Model::List(models) => self.json(&models[index]),
                Model::Map(members) => {
                    self.string(&members[index].0);
                    self.space();
                    self.put(":");
                    self.space();
                    self.json(&members[index].1);
                }
                _ => {}
            }
            self.space();
            let is_last = index + 1 == count;
            if !is_last || (self.format == Format::Jsonc && self.draw(3) == 0) {
                self.put(",");
                self.space();
            }
        }
        self.put(close);
    }

    fn toml_key(&mut self, key: &str) {
        if !key.is_empty() && key.chars().all(|c| c.is_ascii_alphanumeric()) && self.draw(3) > 0 {
            self.put(key);
        } else {
            self.string(key);
        }
    }

    fn toml_value(&mut self, model: &Model) {
        match model {
            Model::Text(text) => self.string(text),
            Model::Number(number) => self.put(&number.to_string()),
            Model::List(models) => {
                self.put("[");
                self.space();
                for (index, model) in models.iter().enumerate() {
                    self.toml_value(model);
                    self.space();
                    if index + 1 < models.len() || self.draw(3) == 0 {
                        self.put(",");
                        self.space();
                    }
                }
                self.put("]");
            }
            Model::Map(members) => {
                self.put("{ ");
                for (index, (key, model)) in members.iter().enumerate() {
                    self.put(if index > 0 { ", " } else { "" });
                    self.toml_key(key);
                    self.put(" = ");
                    self.toml_value(model);
                }
                self.put(" }");
            }
        }
    }

    fn toml_line_end(&mut self) {
        if self.draw(4) == 0 {
            self.put(" ");
            self.comment("#", "");
        }
        let lines = if self.draw(5) == 0 { 2 } else { 1 };
        (0..lines).for_each(|_| self.put(self.newline));
    }

    /// A table: its own lines, some of them dotted, then tables with headers.
    fn toml(&mut self, above: &str, members: &[(String, Model)]) {
        let mut later = Vec::new();
        for (key, model) in members {
            match model {
                Model::Map(below) if self.draw(3) == 0 => later.push((key, below)),
                Model::Map(below) if !below.is_empty() && self.draw(2) == 0 => {
                    for (inner, model) in below {
                        let indentation = if self.draw(2) == 0 { "  " } else { "" };
                        self.put(indentation);
                        let quoted = serde_json::to_string(key).expect("text can be written");
                        self.put(&format!("{quoted}."));
                        self.toml_key(inner);
                        self.put(" = ");
                        self.toml_value(model);
                        self.toml_line_end();
                    }
                }
                model => {
                    self.toml_key(key);
                    let between = if self.draw(2) == 0 { "=" } else { " = " };
                    self.put(between);
                    self.toml_value(model);
                    self.toml_line_end();
                }
            }
        }
        for (key, below) in later {
            let quoted = serde_json::to_string(key).expect("text can be written");
            let way = if above.is_empty() { quoted } else { format!("{above}.{quoted}") };
            // Without lines of its own a table needs no header.
            self.put(&format!("[{way}]"));
            self.toml_line_end();
            self.toml(&way, below);
        }
    }
}

fn models() -> impl Strategy<Value = Model> {
    let text = "[a-c \"'\\\\/#é{},:]{0,6}|[a-c]{1,3}\n";
    let leaf = prop_oneof![text.prop_map(Model::Text), any::<u32>().prop_map(Model::Number)];
    let any = leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Model::List),
            maps(inner).prop_map(Model::Map),
        ]
    });
    maps(any).prop_map(Model::Map)
}

fn maps(inner: impl Strategy<Value = Model>) -> impl Strategy<Value = Vec<(String, Model)>> {
    vec(("[a-c.é \"]{0,3}", inner), 0..4).prop_map(|mut members| {
        members.sort_by(|one, other| one.0.cmp(&other.0));
        members.dedup_by(|one, other| one.0 == other.0);
        members
    })
}

/// One of the edits that can be made in a model.
fn some_edit(model: &mut Model, which: prop::sample::Index, kind: u8) -> Option<Edit> {
    let mut places = Vec::new();
    model.places(&Place::root(), &mut places);
    let place = which.get(&places).clone();
    let new = || Value::text("new");
    match (kind, model.at(&place)) {
        (0, _) if !place.steps().is_empty() => Some(Edit::Replace(place, new())),
        (1, _) if !place.steps().is_empty() => Some(Edit::Remove(place)),
        (_, Model::List(models)) => {
            Some(Edit::Insert(place.index(which.index(models.len() + 1)), new()))
        }
        (_, Model::Map(_)) => Some(Edit::Insert(place.key("new key"), new())),
        _ => None,
    }
}

/// The bytes without those that a list is laid out with.
fn bare(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace() && *c != ',').collect()
}

fn is_within(part: &str, whole: &str) -> bool {
    let mut rest = whole.bytes();
    part.bytes().all(|byte| rest.any(|other| other == byte))
}

/// What must be true of the bytes, whatever the format: this looks at texts only.
fn check_bytes(before: &Document, after: &Document, edit: &Edit, untidy: &Untidy) {
    let (old, new) = (before.text(), after.text());
    match edit {
        Edit::Replace(place, _) => {
            let span = before.node(place).expect("is there").span.clone();
            let (head, rest) = old.split_at(span.start);
            let expected = format!("{head}\"new\"{}", rest.split_at(span.len()).1);
            assert_eq!(new, expected);
        }
        Edit::Insert(..) => {
            assert!(is_within(old, new), "{old:?} is not in {new:?}");
            let added = bare(new).len() - bare(old).len();
            assert!(added <= "\"new key\":\"new\"".len() + 12, "{old:?} became {new:?}");
        }
        Edit::Remove(_) => {
            assert!(is_within(new, old), "{new:?} is not in {old:?}");
            let kept = untidy.comments.iter().filter(|(_, name)| new.contains(name.as_str()));
            let gone = untidy.comments.len() - kept.count();
            let (above, step) =
                edit_place(edit).split().map(|(above, step)| (above, step.clone())).expect("below");
            let inside = inside(before, &above, &step);
            let within = |at: &usize| inside.iter().any(|span| span.contains(at));
            let expected = untidy.comments.iter().filter(|(at, _)| within(at)).count();
            assert_eq!(gone, expected, "{old:?} became {new:?}");
        }
    }
}

fn edit_place(edit: &Edit) -> &Place {
    match edit {
        Edit::Replace(place, _) | Edit::Insert(place, _) | Edit::Remove(place) => place,
    }
}

/// The bytes that belong to a member or element, from the first to the last of each of its pieces.
fn inside(document: &Document, above: &Place, step: &Step) -> Vec<Range<usize>> {
    fn pieces(node: &Node, found: &mut Vec<Range<usize>>) {
        found.push(node.span.clone());
        for member in node.members() {
            found.push(member.key_span.start..member.key_span.end);
            if !member.value.is_spread_out() {
                found.push(member.span());
            }
            pieces(&member.value, found);
        }
        if let (Content::List(nodes), true) = (&node.content, node.is_spread_out()) {
            nodes.iter().for_each(|node| pieces(node, found));
        }
    }
    let node = document.node(above).expect("is there");
    let mut found = Vec::new();
    match (step, &node.content) {
        (Step::Index(index), Content::List(nodes)) => found.push(nodes[*index].span.clone()),
        (Step::Key(key), Content::Map(_, members)) => {
            let member = members.iter().find(|member| member.key == *key).expect("is there");
            if member.value.is_spread_out() {
                pieces(&member.value, &mut found);
            } else {
                found.push(member.span());
            }
        }
        _ => {}
    }
    found
}

/// A table of TOML that only its members name goes with the last of them.
fn drop_nameless(before: &Document, model: &mut Model, edit: &Edit) {
    let Edit::Remove(place) = edit else { return };
    let mut way = place.split().map(|(above, _)| above);
    while let Some(above) = way {
        let is_scattered = matches!(
            before.node(&above).expect("is there").content,
            Content::Map(Style::Scattered, _)
        );
        if !is_scattered || *model.at(&above) != Model::Map(Vec::new()) {
            return;
        }
        way = above.split().map(|(above, _)| above);
        model.apply(&Edit::Remove(above));
    }
}

fn try_edit(
    format: Format,
    model: &mut Model,
    untidy: &Untidy,
    which: prop::sample::Index,
    kind: u8,
) {
    let before = parsed(format, &untidy.text);
    assert_eq!(
        Model::of(&before.root, &before).sorted(),
        model.clone().sorted(),
        "{}",
        untidy.text
    );
    let Some(edit) = some_edit(model, which, kind) else { return };
    let result = before.edited(std::slice::from_ref(&edit));
    match result {
        Ok(after) => {
            model.apply(&edit);
            drop_nameless(&before, model, &edit);
            let meant = Model::of(&after.root, &after).sorted();
            assert_eq!(
                meant,
                model.clone().sorted(),
                "{:?} became {:?}",
                untidy.text,
                after.text()
            );
            check_bytes(&before, &after, &edit, untidy);
        }
        Err(error) => {
            let allowed = format == Format::Toml && matches!(error, EditError::Unusual(_));
            assert!(allowed, "{error}: {edit:?} in {:?}", untidy.text);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn an_edit_of_json_changes_what_it_names_and_nothing_else(
        mut model in models(), chance in vec(any::<u8>(), 16..64),
        which in any::<prop::sample::Index>(), kind in 0u8..3, comments in any::<bool>(),
    ) {
        let format = if comments { Format::Jsonc } else { Format::Json };
        let mut untidy = Untidy::new(format, chance);
        untidy.space();
        untidy.json(&model);
        untidy.space();
        try_edit(format, &mut model, &untidy, which, kind);
    }

    #[test]
    fn an_edit_of_toml_changes_what_it_names_and_nothing_else(
        mut model in models(), chance in vec(any::<u8>(), 16..64),
        which in any::<prop::sample::Index>(), kind in 0u8..3,
    ) {
        let mut untidy = Untidy::new(Format::Toml, chance);
        if let Model::Map(members) = &model {
            untidy.toml("", members);
        }
        try_edit(Format::Toml, &mut model, &untidy, which, kind);
    }

    /// Whatever stands in a file: an answer, and no edit that breaks it.
    #[test]
    fn any_text_gets_an_answer(
        text in "[\\[\\]{}\",:=.#/*'a\\\\ \r\n\u{feff}é1-]{0,40}|\\PC{0,40}",
        kind in 0u8..3,
    ) {
        for format in [Format::Json, Format::Jsonc, Format::Toml] {
            let Ok(document) = parse(format, &text) else { continue };
            for place in places_of(&document) {
                let edit = match kind {
                    0 => Edit::Replace(place, Value::text("new")),
                    1 => Edit::Remove(place),
                    _ => Edit::Insert(place.key("new"), Value::text("new")),
                };
                if let Ok(after) = document.edited(&[edit]) {
                    prop_assert!(parse(format, after.text()).is_ok());
                }
            }
        }
    }

    #[test]
    fn any_bytes_get_an_answer(bytes in vec(any::<u8>(), 0..200)) {
        for format in [Format::Json, Format::Jsonc, Format::Toml] {
            drop(Document::parse(format, Secret::copy_from(&bytes)));
        }
    }

    /// What another reader of JSON takes, and no name twice in it, is taken.
    #[test]
    fn json_of_others_is_read(model in models()) {
        let mut plain = Untidy::new(Format::Json, vec![1; 16]);
        plain.json(&model);
        let other: serde_json::Value = serde_json::from_str(&plain.text).expect("it is JSON");
        let pretty = serde_json::to_string_pretty(&other).expect("it can be written");
        let document = parsed(Format::Json, &pretty);
        prop_assert_eq!(Model::of(&document.root, &document), model);
    }
}

fn places_of(document: &Document) -> Vec<Place> {
    fn below(node: &Node, at: &Place, found: &mut Vec<Place>) {
        found.push(at.clone());
        if let Content::List(nodes) = &node.content {
            nodes.iter().enumerate().for_each(|(index, node)| below(node, &at.index(index), found));
        }
        node.members().iter().for_each(|member| below(&member.value, &at.key(&member.key), found));
    }
    let mut found = Vec::new();
    below(&document.root, &Place::root(), &mut found);
    found
}

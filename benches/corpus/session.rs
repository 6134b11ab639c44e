//! A transcript: the lines that Claude Code appends while somebody works with it. The fields are
//! those of version 2; what they hold is made up.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::project::Project;
use super::random::Random;
use super::text::Vocabulary;

/// Most lines that one reading of a file shows.
const SHOWN: usize = 400;

/// One sitting at a transcript.
pub(crate) struct Session<'v> {
    vocabulary: &'v Vocabulary,
    random: Random,
    project: Project,
    id: String,
    /// The line before; none when a sitting begins.
    parent: Option<String>,
    /// Milliseconds since 1970.
    clock: i64,
    out: Vec<u8>,
}

impl<'v> Session<'v> {
    /// Begins at this second, in a project that has changed since it was looked at last.
    pub(crate) fn new(
        vocabulary: &'v Vocabulary,
        mut random: Random,
        project: &Project,
        id: &str,
        begin: i64,
    ) -> Self {
        let project = project.later(vocabulary, &mut random);
        let (id, clock) = (id.to_owned(), begin * 1000);
        Self { vocabulary, random, project, id, parent: None, clock, out: Vec::new() }
    }

    /// Works until the transcript has grown by about so many bytes, and answers what was appended.
    pub(crate) fn work(mut self, bytes: u64) -> Vec<u8> {
        self.ask();
        while (self.out.len() as u64) < bytes {
            self.turn();
        }
        self.out
    }

    /// A summary of what was said before, as it stands at the head of a compacted transcript.
    pub(crate) fn summary(mut self) -> Vec<u8> {
        let text = self.vocabulary.prose(&mut self.random, 6000);
        self.line("user", &json!({ "role": "user", "content": text }), None);
        self.out
    }

    fn turn(&mut self) {
        match self.random.below(64) {
            0..=3 => self.ask(),
            4..=17 => self.say(),
            18..=29 => self.think(),
            30..=41 => self.read(),
            42..=55 => self.run(),
            56..=62 => self.edit(),
            _ => self.look(),
        }
    }

    fn ask(&mut self) {
        let length = 40 + self.random.index(600);
        let text = self.vocabulary.prose(&mut self.random, length);
        self.line("user", &json!({ "role": "user", "content": text }), None);
    }

    fn say(&mut self) {
        let length = 100 + self.random.index(2000);
        let text = self.vocabulary.prose(&mut self.random, length);
        self.answer(&json!({ "type": "text", "text": text }));
    }

    /// Thoughts are signed, and signatures cannot be compressed.
    fn think(&mut self) {
        let (length, signature) = (200 + self.random.index(1500), 300 + self.random.index(500));
        let text = self.vocabulary.prose(&mut self.random, length);
        let signature = self.random.base64(signature);
        self.answer(&json!({ "type": "thinking", "thinking": text, "signature": signature }));
    }

    fn read(&mut self) {
        let file = self.random.pick(&self.project.files).clone();
        let shown = file.lines.len().min(SHOWN);
        let first = self.random.index(file.lines.len() - shown + 1);
        let lines = &file.lines[first..first + shown];
        let numbered =
            |(number, line): (usize, &String)| format!("{:>6}→{line}\n", first + number + 1);
        let text: String = lines.iter().enumerate().map(numbered).collect();
        let result = json!({ "type": "text", "file": {
            "filePath": file.path, "content": lines.join("\n"), "numLines": shown,
            "startLine": first + 1, "totalLines": file.lines.len(),
        }});
        self.tool("Read", &json!({ "file_path": file.path }), &text, &result);
    }

    fn run(&mut self) {
        let lines = usize::try_from(self.random.heavy_tailed(0, 9)).expect("it is small");
        let text = self.vocabulary.log(&mut self.random, self.project.number, lines);
        let name = self.vocabulary.name(&mut self.random, self.project.number).to_owned();
        let input = json!({
            "command": format!("cargo test --test {name} 2>&1 | tail -n {lines}"),
            "description": self.vocabulary.prose(&mut self.random, 30),
        });
        let result =
            json!({ "stdout": text, "stderr": "", "interrupted": false, "isImage": false });
        self.tool("Bash", &input, &text, &result);
    }

    /// Claude keeps the whole file as it was before the change.
    fn edit(&mut self) {
        let number = self.random.index(self.project.files.len());
        let fresh = self.vocabulary.code(&mut self.random, self.project.number, 6);
        let file = &mut self.project.files[number];
        let (before, path) = (file.text(), file.path.clone());
        let place = self.random.index(file.lines.len() - 6);
        let old: Vec<String> = file.lines.splice(place..place + 6, fresh.clone()).collect();
        let input = json!({
            "file_path": path, "old_string": old.join("\n"), "new_string": fresh.join("\n"),
        });
        let result = json!({
            "filePath": path, "oldString": old.join("\n"), "newString": fresh.join("\n"),
            "originalFile": before, "userModified": false, "replaceAll": false,
        });
        let text = format!("The file {path} has been updated.");
        self.tool("Edit", &input, &text, &result);
    }

    /// A picture, compressed already.
    fn look(&mut self) {
        let length = usize::try_from(self.random.heavy_tailed(12, 17)).expect("it is small");
        let data = self.random.base64(length);
        let result = json!({ "type": "image", "file": { "base64": data, "type": "image/png" } });
        let input = json!({ "file_path": format!("/tmp/{}.png", self.random.hex(8)) });
        self.tool("Read", &input, "[image]", &result);
    }

    /// A call and its result, which is there twice: as Claude saw it and as the program knows it.
    fn tool(&mut self, name: &str, input: &Value, text: &str, result: &Value) {
        let id = self.random.tagged("toolu");
        self.answer(&json!({ "type": "tool_use", "id": id, "name": name, "input": input }));
        let content = json!([{ "tool_use_id": id, "type": "tool_result", "content": text }]);
        self.line("user", &json!({ "role": "user", "content": content }), Some(result));
    }

    fn answer(&mut self, content: &Value) {
        let message = json!({
            "model": "claude-opus-4-5", "id": self.random.tagged("msg"), "type": "message",
            "role": "assistant", "content": [content], "stop_reason": null, "stop_sequence": null,
            "usage": {
                "input_tokens": self.random.below(9), "output_tokens": self.random.below(2000),
                "cache_creation_input_tokens": self.random.below(9000),
                "cache_read_input_tokens": self.random.below(190_000), "service_tier": "standard",
            },
        });
        self.line("assistant", &message, None);
    }

    fn line(&mut self, kind: &str, message: &Value, result: Option<&Value>) {
        let uuid = self.random.uuid();
        let step = i64::try_from(self.random.heavy_tailed(6, 16)).expect("it is small");
        self.clock += step;
        let time = Timestamp::from_millisecond(self.clock).expect("it is in this century");
        let mut line = json!({
            "parentUuid": self.parent, "isSidechain": false, "userType": "external",
            "cwd": format!("/home/ann/src/{}", self.project.name), "sessionId": self.id,
            "version": "2.0.42", "gitBranch": "main", "type": kind, "message": message,
            "uuid": uuid, "timestamp": format!("{time:.3}"),
        });
        if let Some(result) = result {
            line["toolUseResult"] = result.clone();
        }
        serde_json::to_writer(&mut self.out, &line).expect("memory takes it");
        self.out.push(b'\n');
        self.parent = Some(uuid);
    }
}

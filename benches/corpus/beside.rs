//! What Claude keeps beside a transcript.

use serde_json::json;

use super::home::{Home, Order};
use super::random::Random;

/// A file below Claude's folder: its name and what is in it.
pub(crate) type File = (String, Vec<u8>);

/// All that lies beside one session.
pub(crate) fn files(home: &Home, random: &mut Random, order: &Order) -> Vec<File> {
    let mut files = versions(random, order);
    files.extend(tasks(home, random, order));
    files.extend(plan(home, random));
    files.extend(long_result(home, random, order));
    files.extend(fetched(random, order));
    files.extend(helper(home, random, order));
    files
}

/// Files as they were before Claude changed them: exact copies, when it took two of the same.
fn versions(random: &mut Random, order: &Order) -> Vec<File> {
    let count = random.below(4);
    let version = |number| {
        let text = random.pick(&order.project.files).text();
        let name = format!("file-history/{}/{}@v{number}", order.id, random.hex(16));
        (name, text.into_bytes())
    };
    (1..=count).map(version).collect()
}

fn tasks(home: &Home, random: &mut Random, order: &Order) -> Vec<File> {
    let count = random.below(3);
    let task = |number| {
        let subject = home.vocabulary.prose(random, 200);
        let task = json!({ "id": number, "subject": subject, "status": "completed" });
        (format!("tasks/{}/{number}.json", order.id), format!("{task:#}\n").into_bytes())
    };
    (1..=count).map(task).collect()
}

fn plan(home: &Home, random: &mut Random) -> Option<File> {
    let text = home.vocabulary.prose(random, 5000);
    random.one_in(4).then(|| (format!("plans/{}.md", random.hex(12)), text.into_bytes()))
}

/// What was too long for the transcript.
fn long_result(home: &Home, random: &mut Random, order: &Order) -> Option<File> {
    let text = home.vocabulary.log(random, order.project.number, 800);
    let name = format!("{}/tool-results/{}.txt", own(order), random.tagged("toolu"));
    random.one_in(3).then(|| (name, text.into_bytes()))
}

/// Something that is compressed already.
fn fetched(random: &mut Random, order: &Order) -> Option<File> {
    let length = usize::try_from(random.heavy_tailed(15, 20)).expect("it is small");
    let name = format!("{}/tool-results/{}.pdf", own(order), random.hex(12));
    random.one_in(30).then(|| (name, random.bytes(length)))
}

/// The transcript of a helper that Claude started.
fn helper(home: &Home, random: &mut Random, order: &Order) -> Option<File> {
    let bytes = random.heavy_tailed(12, 17);
    let name = format!("{}/subagents/agent-{}.jsonl", own(order), random.hex(8));
    random.one_in(3).then(|| (name, home.session(random, order).work(bytes)))
}

/// The folder that bears the session's name.
fn own(order: &Order) -> String {
    format!("projects/{}/{}", order.project.folder(), order.id)
}

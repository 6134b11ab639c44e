//! Names and contents at the edge of what files can hold: whatever one program writes, every other
//! reads to the byte.

use std::path::Path;

use super::keyring::Keyring;
use super::shell::quoted;
use super::tools;
use super::world::{PROGRAM, World};

/// How a program is called: NAME is the entry's, FILE its place.
struct Program {
    name: &'static str,
    write: String,
    read: String,
}

/// An entry, and what tells it from an ordinary one.
struct Case {
    what: &'static str,
    name: String,
    content: Vec<u8>,
}

/// What a program can not do, tried all the same: this list is as true as the rest.
struct Limit {
    program: &'static str,
    does: Does,
    what: &'static str,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Does {
    Write,
    Read,
}

/// Debian's `gopass` is aviau's, 1.5.0. Its `show` ends whatever it prints with exactly one line end,
/// its `insert` waits for ever for a `gpg` that waits for it.
const LIMITS: [Limit; 7] = [
    Limit { program: "gopass", does: Does::Read, what: "nothing" },
    Limit { program: "gopass", does: Does::Read, what: "no line end" },
    Limit { program: "gopass", does: Does::Read, what: "many line ends" },
    Limit { program: "gopass", does: Does::Read, what: "every byte" },
    Limit { program: "gopass", does: Does::Read, what: "NULs only" },
    Limit { program: "gopass", does: Does::Read, what: "a megabyte" },
    Limit { program: "gopass", does: Does::Write, what: "a megabyte" },
];

/// It takes its input from an editor, whose copy stays behind when it is killed.
const GOPASS_INSERT: &str =
    "cat > given; EDITOR=copy timeout 3 gopass insert -m -f -- NAME < /dev/null
    rm -f given \"$TMPDIR\"/gopass*";

fn programs() -> Vec<Program> {
    let ours = Program {
        name: "vaultctl",
        write: "vaultctl insert -m -f -- NAME".to_owned(),
        read: "vaultctl show -- NAME".to_owned(),
    };
    let as_pass = Program {
        name: "vaultctl as pass",
        write: "pass insert -m -f -- NAME".to_owned(),
        read: "pass show -- NAME".to_owned(),
    };
    vec![ours, as_pass]
}

fn openpgp_programs() -> Vec<Program> {
    let pass = Program {
        name: "pass",
        write: "PATH=${PATH#*:} pass insert -m -f -- NAME".to_owned(),
        read: "PATH=${PATH#*:} pass show -- NAME".to_owned(),
    };
    let gopass = Program {
        name: "gopass",
        write: GOPASS_INSERT.to_owned(),
        read: "timeout 3 gopass show -- NAME".to_owned(),
    };
    let gpg = Program {
        name: "gpg",
        write: "mkdir -p \"$(dirname FILE)\" && gpg -q --yes -e -r ann -o FILE".to_owned(),
        read: "gpg -q -d FILE".to_owned(),
    };
    let mut programs = programs();
    programs.extend([pass, gopass, gpg]);
    programs
}

fn age_programs() -> Vec<Program> {
    let age = |name: &'static str, program: &str| Program {
        name,
        write: format!(
            "mkdir -p \"$(dirname FILE)\" && {program} -R .password-store/.age-recipients -o FILE"
        ),
        read: format!("{program} -d -i .config/vaultctl/identity.txt FILE"),
    };
    let mut programs = programs();
    programs.extend([age("age", "age"), age("rage", &tools::rage().display().to_string())]);
    programs
}

/// Names, with a file's ending of four bytes: 251 and 4 make the 255 that a step may have.
fn names() -> Vec<(&'static str, String)> {
    vec![
        ("spaces", " two  words ".to_owned()),
        ("a line end", "new\nline/last\n".to_owned()),
        ("emoji", "emoji 😀/👩‍💻".to_owned()),
        ("other scripts", "ünï/ключ/鍵/مفتاح".to_owned()),
        ("a dash first", "-dash".to_owned()),
        ("an option", "--force".to_owned()),
        ("a dot first", "folder/.hidden".to_owned()),
        ("an ending", "folder/x.gpg".to_owned()),
        ("signs", "tab\t\\back `it's` \"$HOME\" *?[a-z] %s {}".to_owned()),
        ("255 bytes", "n".repeat(251)),
        ("255 bytes that are not 255 letters", format!("{}ab", "ü".repeat(124) + "n")),
        ("thirty folders", vec!["a folder of many"; 30].join("/")),
    ]
}

fn contents(canary: &str) -> Vec<(&'static str, Vec<u8>)> {
    let bytes = |times: usize| (0..=255).cycle().take(256 * times);
    let with = |rest: Vec<u8>| [canary.as_bytes(), &rest].concat();
    vec![
        ("nothing", Vec::new()),
        ("no line end", canary.into()),
        ("many line ends", with(b"  \r\n\n\t\n\n".to_vec())),
        ("every byte", with(bytes(2).collect())),
        ("NULs only", vec![0; 64]),
        ("a megabyte", with(bytes(4096).collect())),
    ]
}

fn cases(world: &World) -> Vec<Case> {
    let text = format!("{}\nuser: ann\n", world.canary());
    let names = names().into_iter();
    let names = names.map(|(what, name)| Case { what, name, content: text.clone().into() });
    let contents = contents(world.canary()).into_iter();
    let contents =
        contents.map(|(what, content)| Case { what, name: format!("contents/{what}"), content });
    names.chain(contents).collect()
}

fn can(program: &Program, does: Does, case: &Case) -> bool {
    !LIMITS
        .iter()
        .any(|limit| limit.program == program.name && limit.does == does && limit.what == case.what)
}

/// Runs one of a program's lines; what it prints is the content, if it is to read it.
fn call(world: &World, line: &str, ending: &str, case: &Case, input: &[u8]) -> Vec<u8> {
    let file = format!(".password-store/{}.{ending}", case.name);
    let line = line.replace("NAME", &quoted(&case.name)).replace("FILE", &quoted(&file));
    world.sh(&line).input(input).reveal().stdout
}

/// Every program writes the case; every other reads it.
fn check(world: &World, programs: &[Program], ending: &str, case: &Case) -> Vec<String> {
    let mut wrong = Vec::new();
    for writer in programs {
        call(world, "rm -f FILE", ending, case, b"");
        call(world, &writer.write, ending, case, &case.content);
        for reader in programs {
            let same = call(world, &reader.read, ending, case, b"") == case.content;
            if same != (can(writer, Does::Write, case) && can(reader, Does::Read, case)) {
                let told = if same { "can be read" } else { "can not be read" };
                let (from, to) = (writer.name, reader.name);
                wrong.push(format!("{}: what {from} writes {told} by {to}", case.what));
            }
        }
    }
    wrong
}

fn check_all(world: &World, programs: &[Program], ending: &str) {
    let cases = cases(world);
    let wrong: Vec<String> =
        cases.iter().flat_map(|case| check(world, programs, ending, case)).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_name_and_content_in_an_openpgp_store() {
    let world = Keyring::shared().home(Some(Path::new(PROGRAM)));
    world.sh("export PATH=${PATH#*:}; pass init ann@example.org && pass git init").run().ok();
    world.script("copy", "cat given > \"$1\"");
    check_all(&world, &openpgp_programs(), "gpg");
}

#[test]
fn every_name_and_content_in_an_age_store() {
    let world = World::with_store();
    world.link("pass", Path::new(PROGRAM));
    check_all(&world, &age_programs(), "age");
}

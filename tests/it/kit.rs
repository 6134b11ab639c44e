//! The recovery sheet: a real browser prints it, a real reader reads its codes, and whoever has nothing
//! but it restores word for word what stands on it.

use std::fs;
use std::path::PathBuf;

use super::shell::quoted;
use super::world::World;

/// A line, or several, to be typed.
pub(crate) struct Sheet(pub(crate) String);

impl Sheet {
    /// What stands below the words that begin with `what`.
    pub(crate) fn below(&self, what: &str) -> String {
        let mut lines = self.0.lines().skip_while(|line| !line.trim_start().starts_with(what));
        let heading = lines.next();
        assert!(heading.is_some(), "the sheet has no `{what}`:\n{}", self.0);
        let line = lines.next().and_then(|line| line.strip_prefix("    "));
        line.expect("a line follows").to_owned()
    }

    /// The part of this title, to the next one.
    pub(crate) fn part(&self, title: &str) -> Self {
        let is_title = |line: &&str| {
            line.split_once(". ").is_some_and(|(number, _)| number.parse::<u8>().is_ok())
        };
        let mut lines = self.0.lines().skip_while(|line| !line.contains(title));
        let first = lines.next();
        assert!(first.is_some(), "the sheet has no part `{title}`:\n{}", self.0);
        Self(lines.take_while(|line| !is_title(line)).map(|line| format!("{line}\n")).collect())
    }

    /// All lines to be typed, in their order.
    pub(crate) fn lines(&self) -> Vec<String> {
        let typed = self.0.lines().filter_map(|line| line.strip_prefix("    "));
        typed.map(str::to_owned).collect()
    }
}

/// Prints a page as a person would, and photographs each sheet of paper.
pub(crate) fn printed(world: &World, page: &str) -> Vec<PathBuf> {
    let browser = format!(
        "chromium --headless --no-sandbox --disable-gpu --user-data-dir=browser --no-pdf-header-footer \
         --print-to-pdf=page.pdf {} 2> /dev/null && pdftoppm -r 150 -png page.pdf page && rm -r browser page.pdf",
        quoted(&format!("file://{}", world.path(page).display()))
    );
    world.sh(&browser).run().ok();
    let mut pages: Vec<PathBuf> = fs::read_dir(world.path(""))
        .expect("lists")
        .map(|entry| entry.expect("is there").path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "png"))
        .collect();
    pages.sort();
    pages
}

/// All codes of the pictures.
pub(crate) fn codes(world: &World, pictures: &[PathBuf]) -> Vec<String> {
    let names: Vec<String> =
        pictures.iter().map(|path| quoted(&path.display().to_string())).collect();
    let read =
        format!("zbarimg --quiet --xml -Sdisable -Sqrcode.enable {} 2> /dev/null", names.join(" "));
    let xml = world.sh(&read).reveal().ok();
    let found = xml.split("<data><![CDATA[").skip(1);
    found.map(|data| data.split("]]>").next().expect("it ends").to_owned()).collect()
}

/// A store, a snapshot, and the paper.
fn backed_up() -> World {
    let world = World::new();
    world
        .sh("vaultctl init --recovery-out paper && vaultctl snapshot init --to backup && vaultctl snapshot create --to backup")
        .reveal()
        .ok();
    world
}

#[test]
fn a_browser_prints_it_and_the_codes_say_what_the_words_say() {
    let world = backed_up();
    world.sh("vaultctl recovery-kit --to backup --identity paper --html sheet.html").run().ok();
    let text = world.sh("vaultctl recovery-kit --to backup --identity paper").reveal().ok();
    let sheet = Sheet(text);
    let pictures = printed(&world, "sheet.html");
    assert_eq!(pictures.len(), 2, "one page with vaultctl, one without");
    let codes = codes(&world, &pictures);
    let place = sheet.below("Snapshots are in");
    assert_eq!(place, world.path("backup").display().to_string());
    let expected = [
        place,
        sheet.below("Signed by"),
        sheet.below("The signer's public key"),
        sheet.below("The recovery identity"),
        sheet.part("With vaultctl").lines().join("\n"),
        sheet.part("Without vaultctl").lines().join(" &&\n"),
    ];
    for words in &expected {
        assert!(codes.contains(words), "no code says {words:?}: {codes:#?}");
    }
    assert_eq!(codes.len(), expected.len());
    let key = fs::read_to_string(world.path("paper")).expect("is there");
    assert_eq!(key.lines().last(), Some(expected[3].as_str()), "exactly the identity's line");
    world.sh("rm paper sheet.html page*.png").run().ok();
}

/// By a person who has the disk, the sheet, and a machine without us.
#[test]
fn its_lines_restore_without_us() {
    let world = World::with_store();
    world.plant(".claude/agents/a.md", "an agent\n");
    world.sh("vaultctl set claude/token").input(world.canary()).run().ok();
    world
        .sh("rm -r .config/vaultctl .password-store && vaultctl init --recovery-out paper")
        .run()
        .ok();
    world.sh("vaultctl set claude/token").input(world.canary()).run().ok();
    world
        .sh("vaultctl snapshot init --to 'my disk' && vaultctl snapshot create --to 'my disk'")
        .run()
        .ok();
    let sheet = Sheet(world.sh("vaultctl recovery-kit --to 'my disk'").run().ok());
    follow(&world, &sheet.part("Without vaultctl, from the disk"), "", "");
    let back = fs::read_to_string(world.path("elsewhere/restored/HOME/.claude/agents/a.md"));
    assert_eq!(back.expect("came back"), "an agent\n");
    let opened = world
        .sh("age -d -i paper elsewhere/restored/HOME/.password-store/claude/token.age")
        .reveal()
        .ok();
    assert_eq!(opened.trim_end(), world.canary());

    // A script that somebody has changed is not run.
    world
        .sh("chmod u+w 'my disk/restore.sh' && echo 'echo stolen' >> 'my disk/restore.sh'")
        .run()
        .ok();
    let lines = sheet.part("Without vaultctl, from the disk").lines();
    let check = lines.iter().find(|line| line.contains("sha256sum")).expect("it is on the sheet");
    let said = world.sh(&format!("cd elsewhere && {check}")).run().fails(1);
    assert!(said.contains("WARNING"), "{said}");
    world.sh("rm -r paper elsewhere").run().ok();
}

/// Types the lines into a shell in an empty folder, `elsewhere`, after the line `before`, which is
/// answered by `answers`; the recovery identity of `paper` is typed where the sheet asks for it.
pub(crate) fn follow(world: &World, lines: &Sheet, before: &str, answers: &str) {
    let typed = lines.lines().join("\n");
    let script = format!("set -e; mkdir elsewhere; cd elsewhere; {before}\n{typed}\n");
    let identity = world.sh("grep '^AGE' paper").reveal().ok();
    let output = world.sh(&script).input(format!("{answers}{identity}")).run();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status, 0, "{said}{errors}");
    for answer in ["repository/restore.sh: OK", "Good \"vaultctl-repo\" signature"] {
        assert!(said.contains(answer), "{said}");
    }
}

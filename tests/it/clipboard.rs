//! The clipboard on real displays, with the programs that `pass` uses.

use std::fs;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use super::display::Display;
use super::world::World;

/// Far longer than a test takes.
const LONG: &str = "PASSWORD_STORE_CLIP_TIME=100";

/// How long something may take that takes no time.
const SOON: Duration = Duration::from_secs(20);

/// How one display's clipboard is reached without us.
struct Board {
    world: World,
    display: Display,
    copy: &'static str,
    paste: &'static str,
}

impl Board {
    fn x11() -> Self {
        Self::new(Display::x11(), "xclip -selection clipboard", "xclip -o -selection clipboard")
    }

    fn wayland() -> Self {
        Self::new(Display::wayland(), "wl-copy", "wl-paste -n")
    }

    /// A store with two entries, and something on the clipboard.
    fn new(display: Display, copy: &'static str, paste: &'static str) -> Self {
        let world = World::with_store();
        for name in ["one", "two"] {
            let value = format!("{name} {}\nuser: ann\n", world.canary());
            world.sh(&format!("vaultctl insert -m {name}")).input(value).run().ok();
        }
        let board = Self { world, display, copy, paste };
        board.put("original\n\n");
        board
    }

    /// Somebody copies something.
    fn put(&self, content: &str) {
        // What the program leaves behind would hold the standard streams.
        let line = format!("{} > /dev/null 2>&1", self.copy);
        self.world.sh(&self.display.line(&line)).input(content).reveal().ok();
        self.comes(content);
    }

    /// We copy something: what is printed is told.
    fn vaultctl(&self, line: &str) -> String {
        let line = self.display.line(&format!("{line} 2>&1"));
        self.world.sh(&line).run().ok()
    }

    fn content(&self) -> String {
        let line = self.display.line(&format!("{} || :", self.paste));
        String::from_utf8(self.world.sh(&line).reveal().stdout).expect("it is text")
    }

    fn secret(&self, name: &str) -> String {
        format!("{name} {}", self.world.canary())
    }

    /// Waits until it is there.
    fn comes(&self, content: &str) {
        let begun = Instant::now();
        while self.content() != content {
            assert!(begun.elapsed() < SOON, "{content:?} does not come: {:?}", self.content());
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// The processes that wait: their ids.
    fn keepers(&self) -> Vec<String> {
        let home = self.world.path("").display().to_string();
        let is_ours = |line: &String| line.contains("clipboard-keeper") && line.contains(&home);
        let found = command_lines().into_iter().filter(|(_, line)| is_ours(line));
        found.filter_map(|(id, _)| Some(id.file_name()?.to_str()?.to_owned())).collect()
    }

    fn stop_keepers(&self) {
        for id in self.keepers() {
            self.world.sh(&format!("kill {id}")).run().ok();
        }
        let begun = Instant::now();
        while !self.keepers().is_empty() {
            assert!(begun.elapsed() < SOON, "a keeper does not end");
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Board {
    /// No process outlives its test.
    fn drop(&mut self) {
        if !std::thread::panicking() {
            self.stop_keepers();
        }
    }
}

/// The command line of every process.
fn command_lines() -> Vec<(PathBuf, String)> {
    let processes = fs::read_dir("/proc").expect("it is mounted").flatten().map(|item| item.path());
    processes
        .filter_map(|path| {
            let line = fs::read(path.join("cmdline")).ok()?;
            Some((path, String::from_utf8_lossy(&line).into_owned()))
        })
        .collect()
}

fn a_value_comes_and_goes(board: &Board) {
    assert_eq!(
        board.vaultctl("PASSWORD_STORE_CLIP_TIME=1.5 vaultctl get -c one"),
        "copied one to the clipboard; what was there comes back in 1.5 s\n"
    );
    assert_eq!(board.content(), board.secret("one"));
    board.comes("original\n\n");
}

fn two_copies_keep_the_original(board: &Board) {
    board.vaultctl(&format!("{LONG} vaultctl get -c one; {LONG} vaultctl get -c two"));
    assert_eq!(board.content(), board.secret("two"));
    assert_eq!(board.keepers().len(), 1, "the second takes the place of the first");
    board.stop_keepers();
    assert_eq!(board.content(), "original\n\n", "a signal puts it back at once");
}

fn what_somebody_copies_stays(board: &Board) {
    board.vaultctl(&format!("{LONG} vaultctl get -c one"));
    board.put("newer");
    board.stop_keepers();
    assert_eq!(board.content(), "newer");
}

#[test]
fn a_value_comes_and_goes_on_x11() {
    a_value_comes_and_goes(&Board::x11());
}

#[test]
fn a_value_comes_and_goes_on_wayland() {
    a_value_comes_and_goes(&Board::wayland());
}

#[test]
fn two_copies_keep_the_original_on_x11() {
    two_copies_keep_the_original(&Board::x11());
}

#[test]
fn two_copies_keep_the_original_on_wayland() {
    two_copies_keep_the_original(&Board::wayland());
}

#[test]
fn what_somebody_copies_stays_on_x11() {
    what_somebody_copies_stays(&Board::x11());
}

#[test]
fn what_somebody_copies_stays_on_wayland() {
    what_somebody_copies_stays(&Board::wayland());
}

/// Five at once: one of them is there in the end, one process waits, and nothing else is ever "put
/// back" than what was there at first.
#[test]
fn copies_at_once_keep_the_original() {
    let board = Board::x11();
    let one = format!("{LONG} vaultctl get -c one 2> /dev/null &");
    board.vaultctl(&format!("{} wait", one.repeat(5)));
    assert_eq!(board.content(), board.secret("one"));
    assert_eq!(board.keepers().len(), 1);
    board.stop_keepers();
    assert_eq!(board.content(), "original\n\n");
}

/// While it waits: no process shows the value on its command line, and nobody who reads our
/// standard output has to wait too.
#[test]
fn waiting_shows_nothing_and_holds_nothing() {
    let board = Board::x11();
    let begun = Instant::now();
    board.vaultctl(&format!("answer=$({LONG} vaultctl get -c one) && test -z \"$answer\""));
    assert!(begun.elapsed() < SOON, "standard output is held open");
    assert_eq!(board.keepers().len(), 1);
    let shown = command_lines().into_iter().find(|(_, line)| line.contains(board.world.canary()));
    assert!(shown.is_none(), "{shown:?}");
}

#[test]
fn show_and_generate_copy_too() {
    let board = Board::x11();
    board.vaultctl(&format!("{LONG} vaultctl show -c2 one"));
    assert_eq!(board.content(), "user: ann");
    board.vaultctl(&format!("{LONG} vaultctl show --clip one"));
    assert_eq!(board.content(), board.secret("one"));
    let told = board.vaultctl(&format!("{LONG} vaultctl generate --clip new 30"));
    assert_eq!(told, "copied new to the clipboard; what was there comes back in 100 s\n");
    let made = board.world.sh("vaultctl get --no-newline new").reveal().ok();
    assert_eq!((board.content(), made.len()), (made, 30));
}

#[test]
fn the_other_selection_is_the_other_selection() {
    let board = Board::x11();
    board.vaultctl(&format!("PASSWORD_STORE_X_SELECTION=primary {LONG} vaultctl get -c one"));
    assert_eq!(board.content(), "original\n\n");
    let line = board.display.line("xclip -o -selection primary");
    assert_eq!(board.world.sh(&line).reveal().ok(), board.secret("one"));
}

/// An empty clipboard is empty again.
#[test]
fn nothing_comes_back_as_nothing() {
    let (world, display) = (World::with_store(), Display::x11());
    let board = Board { world, display, copy: "", paste: "xclip -o -selection clipboard" };
    board.world.sh("vaultctl insert -m one").input(board.secret("one")).run().ok();
    board.vaultctl(&format!("{LONG} vaultctl get -c one"));
    assert_eq!(board.content(), board.secret("one"));
    board.stop_keepers();
    assert_eq!(board.content(), "");
}

/// A display that is not there is a failure, and nothing waits.
#[test]
fn a_display_that_is_not_there_is_told() {
    let world = World::with_store();
    world.sh("vaultctl insert one").input(world.canary()).run().ok();
    let error = world.sh("DISPLAY=:9999 vaultctl get -c one").run().fails(1);
    assert!(error.starts_with("error: `xclip` could not copy to the clipboard\n"), "{error}");
}

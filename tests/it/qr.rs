//! QR codes, read back by zbar, which knows nothing of how they were made.

use std::io::Write;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use proptest::prelude::*;

use super::display::Display;
use super::world::World;

/// Pixels for each module.
const SCALE: usize = 4;

/// What a reader finds in a picture; what the picture is made of is for it to find out.
fn read_picture(picture: &[u8]) -> Vec<u8> {
    let mut reader = Command::new("zbarimg");
    reader
        .args(["--quiet", "--raw", "--oneshot", "-Sdisable", "-Sqrcode.enable", "-Sbinary", "-"])
        .stderr(Stdio::null());
    let mut reader =
        reader.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("zbarimg starts");
    let written = reader.stdin.take().expect("it was piped").write_all(picture);
    written.expect("it reads the picture");
    reader.wait_with_output().expect("it ends").stdout
}

/// A photograph of the terminal: block characters as black and white pixels (PBM).
fn photograph(drawing: &str) -> Vec<u8> {
    let half = |block: char, upper: bool| match block {
        '█' => '0',
        '▀' => {
            if upper {
                '0'
            } else {
                '1'
            }
        }
        '▄' => {
            if upper {
                '1'
            } else {
                '0'
            }
        }
        ' ' => '1',
        other => panic!("{other:?} is no block"),
    };
    let rows: Vec<String> = drawing
        .lines()
        .flat_map(|line| [true, false].map(|upper| scaled(line.chars().map(|c| half(c, upper)))))
        .flat_map(|row| std::iter::repeat_n(row, SCALE))
        .collect();
    format!("P1\n{} {}\n{}\n", rows[0].len(), rows.len(), rows.join("\n")).into_bytes()
}

fn scaled(pixels: impl Iterator<Item = char>) -> String {
    pixels.flat_map(|pixel| std::iter::repeat_n(pixel, SCALE)).collect()
}

fn drawn(value: &[u8]) -> String {
    let drawn = vaultctl::qr::drawn(&vaultctl::secret::Secret::copy_from(value));
    String::from_utf8(drawn.expect("it fits").expose().to_vec()).expect("it is text")
}

fn by_qrencode(value: &[u8]) -> String {
    let world = World::new();
    world.sh("qrencode -t utf8").input(value).reveal().ok()
}

#[test]
fn what_show_draws_can_be_read() {
    let world = World::with_store();
    let entry = format!("first {}\nsecond {}\n", world.canary(), world.canary());
    world.sh("vaultctl insert -m a").input(entry).run().ok();
    for (line, word) in
        [("show -q a", "first"), ("show --qrcode=2 a", "second"), ("get -q a", "first")]
    {
        let drawing = world.sh(&format!("vaultctl {line}")).reveal().ok();
        let read = String::from_utf8(read_picture(&photograph(&drawing))).expect("it is text");
        assert_eq!(read.trim_end(), format!("{word} {}", world.canary()), "{line}");
    }
}

/// With a display, `qrencode` and feh, a window shows it, as with `pass`. What is on the screen is read.
#[test]
fn a_window_shows_it_where_there_is_one() {
    let (world, display) = (World::with_store(), Display::x11());
    world.sh("vaultctl insert a").input(world.canary()).run().ok();
    let script = "vaultctl show -q a & until xwd -root -silent > picture.xwd && zbarimg --quiet --raw -Sdisable -Sqrcode.enable picture.xwd \
        || ! kill -0 $!; do sleep 0.1; done; kill $!";
    let begun = Instant::now();
    let output = world.sh(&display.line(script)).reveal();
    assert_eq!(String::from_utf8_lossy(&output.stdout).trim_end(), world.canary());
    assert!(begun.elapsed() < Duration::from_secs(60));
    // The picture of the screen was taken by this test.
    std::fs::remove_file(world.path("picture.xwd")).expect("it was taken");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Whatever the bytes: it reads as the same. (Its size is qrencode's or the next: the two do not
    /// always divide a text into the same modes.)
    #[test]
    fn any_text_can_be_read(text in "[ -~]{1,300}|[0-9]{1,300}|[A-Z0-9]{1,300}") {
        let drawing = drawn(text.as_bytes());
        // One version more is four modules more, and two of them make a line.
        let theirs = by_qrencode(text.as_bytes()).lines().count();
        prop_assert!((theirs - 2..=theirs + 2).contains(&drawing.lines().count()));
        prop_assert_eq!(read_picture(&photograph(&drawing)), text.as_bytes());
    }

    #[test]
    fn any_bytes_can_be_read(bytes in proptest::collection::vec(any::<u8>(), 1..400)) {
        prop_assert_eq!(read_picture(&photograph(&drawn(&bytes))), bytes);
    }
}

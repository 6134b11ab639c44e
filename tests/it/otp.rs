//! One-time passwords beside `oathtool` and the real `pass otp`.

use std::process::Command;

use proptest::prelude::*;
use vaultctl::otp::{Moving, Otp};
use vaultctl::secret::Secret;

use super::pass_interop::{CURVE, person};
use super::world::World;

/// A key of any length that base32 has, as sites write it.
const KEYS: &str = "([A-Z2-7]{8}){1,8}([A-Z2-7]{2}|[A-Z2-7]{4}|[A-Z2-7]{5}|[A-Z2-7]{7})?";

fn oathtool(arguments: &[String]) -> String {
    let output = Command::new("oathtool").arg("-b").args(arguments).output().expect("it starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("it is text").trim_end().to_owned()
}

fn moving(uri: &str) -> Moving {
    Otp::parse(&Secret::copy_from(uri.as_bytes())).expect("it is one").moving
}

fn text(secret: &Secret) -> String {
    String::from_utf8(secret.expose().to_vec()).expect("it is text")
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn codes_that_follow_the_time_are_those_of_oathtool(
        key in KEYS,
        hash in prop::sample::select(vec!["sha1", "sha256", "sha512"]),
        (digits, period, time) in (6..=8, 1..=3600_u32, 0..=99_999_999_999_u64),
    ) {
        let uri = format!("otpauth://totp/a?secret={key}&algorithm={hash}&digits={digits}&period={period}");
        let Moving::Timed(timed) = moving(&uri) else { panic!("it follows the time") };
        let theirs = oathtool(&[
            format!("--totp={hash}"), format!("--digits={digits}"),
            format!("--time-step-size={period}s"), format!("--now=@{time}"), key,
        ]);
        prop_assert_eq!(text(&timed.at(time).digits), theirs);
    }

    #[test]
    fn codes_that_follow_a_counter_are_those_of_oathtool(
        key in KEYS, (digits, counter) in (6..=8, 0..u64::MAX / 2),
    ) {
        let uri = format!("otpauth://hotp/a?secret={key}&counter={counter}&digits={digits}");
        let Moving::Counted(counted) = moving(&uri) else { panic!("it follows a counter") };
        let next = counter + 1;
        let theirs = oathtool(&[
            "--hotp".to_owned(), format!("--counter={next}"), format!("--digits={digits}"), key,
        ]);
        let step = counted.next().expect("there is a next one");
        prop_assert_eq!(text(&step.digits), theirs);
        prop_assert_eq!(text(&step.uri), uri.replace(&format!("counter={counter}"), &format!("counter={next}")));
    }

    /// A line is taken or refused: whatever it holds, nothing panics.
    #[test]
    fn any_line_is_taken_or_refused(rest in "((totp|hotp)/)?.{0,20}[?]((secret|counter|period|digits)=[%0-9A-Z=?&]{0,9}&?){0,4}") {
        drop(Otp::parse(&Secret::copy_from(format!("otpauth://{rest}").as_bytes())));
    }
}

/// The code and the program's own clock, beside oathtool's.
#[test]
fn the_code_of_the_moment_is_the_one_of_oathtool() {
    let world = World::with_store();
    let uri = format!("otpauth://totp/{}?secret=JBSWY3DPEHPK3PXP&period=3", world.canary());
    world.sh("vaultctl otp insert a").input(uri).run().ok();
    let both = "oathtool -b --totp --time-step-size=3s JBSWY3DPEHPK3PXP";
    // One of oathtool's two is of the same moment, unless this takes longer than a period.
    let same = |_| {
        let lines = world.sh(&format!("{both}; vaultctl otp a; {both}")).run().ok();
        let codes: Vec<&str> = lines.lines().collect();
        codes[1] == codes[0] || codes[1] == codes[2]
    };
    assert!((0..5).any(same));
}

/// Ten at once get ten codes, and the counter has come ten further.
#[test]
fn two_who_ask_at_once_get_two_codes() {
    let world = World::with_store();
    let uri = format!("otpauth://hotp/{}?secret=JBSWY3DPEHPK3PXP&counter=0", world.canary());
    world.sh("vaultctl otp insert a").input(uri.as_str()).run().ok();
    let script = "for _ in 1 2 3 4 5 6 7 8 9 10; do vaultctl otp a & done | sort -u | wc -l";
    assert_eq!(world.sh(script).run().ok().trim(), "10");
    let line = world.sh("vaultctl otp uri a").reveal().ok();
    assert_eq!(line.trim_end(), uri.replace("counter=0", "counter=10"));
}

/// pass-otp 1.1.1 writes a wrong line under bash 5.2, where `&` in a replacement means something new.
const OLD_BASH: &str = "shopt -u patsub_replacement 2> /dev/null || true\n";

/// One entry, counted by pass-otp and by us in turn: each goes on from where the other was.
#[test]
fn pass_otp_and_we_count_together() {
    let world = person(CURVE);
    let canary = world.canary();
    let uri = format!("otpauth://hotp/{canary}?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&counter=0");
    world
        .sh("vaultctl init ann@example.org && vaultctl insert -m shop")
        .input(format!("{canary}\nuser: ann\n"))
        .run()
        .ok();
    world.sh("vaultctl otp append shop").input(uri.as_str()).run().ok();
    world.plant("old-bash", OLD_BASH);
    let theirs = "BASH_ENV=$HOME/old-bash pass otp shop";
    let codes = ["vaultctl otp shop", theirs, "vaultctl otp shop", theirs]
        .map(|line| world.sh(line).run().ok());
    // RFC 4226, appendix D.
    let codes = codes.map(|said| said.lines().last().unwrap_or_default().to_owned());
    assert_eq!(codes, ["287082", "359152", "969429", "338314"]);
    let entry = world.sh("vaultctl show shop").reveal().ok();
    let line = uri.replace("counter=0", "counter=4");
    assert_eq!(entry, format!("{canary}\nuser: ann\n{line}\n"));
    assert_eq!(world.sh("pass otp uri shop").reveal().ok().trim_end(), line);
    let subjects = world.sh("pass git log --format=%s -n 5").run().ok();
    let increment = "Increment HOTP counter for shop.\n";
    assert_eq!(subjects, format!("{}Append OTP secret for shop.\n", increment.repeat(4)));
}

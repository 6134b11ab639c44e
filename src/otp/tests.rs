//! The vectors of the standards, and what a line may and may not be.

use super::*;

/// The keys of RFC 6238's vectors: "1234567890" again and again, 20, 32 and 64 bytes of it.
const KEY_20: &str = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";
const KEY_32: &str = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQGEZA====";
const KEY_64: &str = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ\
    GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQGEZDGNA=";

fn secret(text: &str) -> Secret {
    Secret::copy_from(text.as_bytes())
}

fn text(secret: &Secret) -> String {
    // EXPOSE: the test compares it.
    String::from_utf8_lossy(secret.expose()).into_owned()
}

fn parse(uri: &str) -> Result<Otp, Error> {
    Otp::parse(&secret(uri))
}

fn error(uri: &str) -> Option<Error> {
    parse(uri).err()
}

fn at(uri: &str, seconds: u64) -> (String, u64) {
    match parse(uri).expect("it is one").moving {
        Moving::Timed(timed) => {
            let code = timed.at(seconds);
            (text(&code.digits), code.valid_for)
        }
        Moving::Counted(_) => panic!("it follows the time"),
    }
}

fn next(uri: &str) -> Result<(String, String), Error> {
    match parse(uri)?.moving {
        Moving::Counted(counted) => {
            counted.next().map(|step| (text(&step.digits), text(&step.uri)))
        }
        Moving::Timed(_) => panic!("it follows a counter"),
    }
}

/// RFC 4226, appendix D. Its codes begin with counter 0, which is the next one of no line: the
/// first is asked of the key itself.
#[test]
fn the_vectors_of_hotp() {
    let codes = "755224 287082 359152 969429 338314 254676 287922 162583 399871 520489";
    let mut uri = format!("otpauth://hotp/a?secret={KEY_20}&counter=0");
    let Moving::Counted(first) = parse(&uri).expect("it is one").moving else {
        panic!("it follows a counter");
    };
    assert_eq!(text(&first.key.code(0)), "755224");
    for code in codes.split(' ').skip(1) {
        let (digits, after) = next(&uri).expect("there is a next one");
        assert_eq!(digits, code);
        uri = after;
    }
    assert_eq!(uri, format!("otpauth://hotp/a?secret={KEY_20}&counter=9"));
}

/// RFC 6238, appendix B (with the keys of its errata 2866).
#[test]
fn the_vectors_of_totp() {
    let times = [59, 1_111_111_109, 1_111_111_111, 1_234_567_890, 2_000_000_000, 20_000_000_000];
    for (hash, key, codes) in [
        ("SHA1", KEY_20, "94287082 07081804 14050471 89005924 69279037 65353130"),
        ("SHA256", KEY_32, "46119246 68084774 67062674 91819424 90698825 77737706"),
        ("sha512", KEY_64, "90693936 25091201 99943326 93441116 38618901 47863826"),
    ] {
        let uri = format!("otpauth://totp/a?secret={key}&algorithm={hash}&digits=8");
        let made: Vec<String> = times.map(|time| at(&uri, time).0).to_vec();
        assert_eq!(made.join(" "), codes, "{hash}");
    }
}

#[test]
fn a_code_is_good_until_its_period_ends() {
    let uri = format!("otpauth://totp/a?secret={KEY_20}&period=60");
    assert_eq!([0, 1, 59, 60].map(|time| at(&uri, time).1), [60, 59, 1, 60]);
    assert_eq!(at(&uri, 0).0, at(&uri, 59).0);
}

#[test]
fn a_label_names_issuer_and_account() {
    let names = |label: &str| {
        let otp = parse(&format!("otpauth://totp/{label}?secret=AAAAAAAA"))?;
        Ok((otp.issuer.unwrap_or_default(), otp.account))
    };
    let pair = |issuer: &str, account: &str| Ok((issuer.to_owned(), account.to_owned()));
    assert_eq!(names("ann"), pair("", "ann"));
    assert_eq!(names("A%20C:ann%40example.org"), pair("A C", "ann@example.org"));
    assert_eq!(names("ACME%3A%20ann+1"), pair("ACME", "ann+1"));
    assert_eq!(names("ACME:"), pair("", "ACME"));
    for label in ["", ":", "%20", "a:b:c"] {
        assert_eq!(names(label), Err(Error::NoAccount), "{label}");
    }
    assert_eq!(names("%ff"), Err(Error::NotText));
    assert_eq!(names("%4"), Err(Error::NotText));
    let otp = parse("otpauth://totp/a:b?secret=AAAAAAAA&issuer=C+D").expect("it is one");
    assert_eq!(otp.issuer.as_deref(), Some("C D"));
}

#[test]
fn a_key_may_be_written_as_sites_write_it() {
    let code = |key: &str| at(&format!("otpauth://totp/a?secret={key}&digits=8"), 59).0;
    for key in ["gezdgnbvgy3tqojqgezdgnbvgy3tqojq", "GEZDGNBV GY3TQOJQ GEZDGNBV GY3TQOJQ"] {
        assert_eq!(code(key), "94287082");
    }
    assert_eq!(code(&KEY_20.replacen('G', "%47", 1)), "94287082");
    assert_eq!(code("MZXW6YQ%3D"), code("MZXW6YQ"));
}

#[test]
fn a_line_that_is_wrong_is_refused() {
    let with = |rest: &str| error(&format!("otpauth://totp/a?secret=AAAAAAAA{rest}"));
    assert_eq!(with("&image=x&&="), None);
    assert_eq!(with("&digits=7&period=15&algorithm=Sha256&issuer="), None);
    assert_eq!(with("&digits=9"), Some(Error::Bad("digits", "6, 7 or 8")));
    assert_eq!(with("&digits=+6"), Some(Error::Bad("digits", "a number")));
    assert_eq!(with("&period=0"), Some(Error::Bad("period", "a number of seconds")));
    assert_eq!(with("&period=18446744073709551616"), Some(Error::Bad("period", "a number")));
    assert_eq!(with("&algorithm=MD5"), Some(Error::Bad("algorithm", "SHA1, SHA256 or SHA512")));
    assert_eq!(with("&secret=B"), Some(Error::Twice("secret")));
    assert_eq!(with("1"), Some(Error::Bad("secret", "base32")));
    assert_eq!(error("otpauth://totp/a?secret="), Some(Error::Missing("secret")));
    assert_eq!(error("otpauth://totp/a"), Some(Error::Missing("secret")));
    assert_eq!(error("otpauth://hotp/a?secret=AAAAAAAA"), Some(Error::Missing("counter")));
    for uri in
        ["", "otpauth://steam/a?secret=AAAAAAAA", "https://a/?secret=AAAAAAAA", "otpauth:totp/a"]
    {
        assert_eq!(error(uri), Some(Error::NotOne), "{uri}");
    }
    let not_text = Otp::parse(&Secret::copy_from(b"otpauth://totp/\xff")).err();
    assert_eq!(not_text, Some(Error::NotText));
}

#[test]
fn only_the_counter_is_counted() {
    let line = |rest: &str| format!("otpauth://hotp/a?{rest}");
    for (before, after) in [
        ("counter=9&secret=AAAAAAAA&x=counter", "counter=10&secret=AAAAAAAA&x=counter"),
        ("x=?counter=1&counter=2&secret=AAAAAAAA", "x=?counter=1&counter=3&secret=AAAAAAAA"),
        ("secret=AAAAAAAA&counters=1&counter=007", "secret=AAAAAAAA&counters=1&counter=8"),
    ] {
        assert_eq!(next(&line(before)).map(|(_, uri)| uri), Ok(line(after)));
    }
    let last = line("secret=AAAAAAAA&counter=18446744073709551615");
    assert_eq!(next(&last), Err(Error::Exhausted));
}

#[test]
fn a_line_is_found_and_replaced_where_it_stands() {
    let (old, new) = ("otpauth://totp/a?secret=AAAAAAAA", secret("new"));
    let replaced = |entry: &str| text(&with_line(&secret(entry), &new));
    assert_eq!(
        line(&secret(&format!("pw\r\n  {old} \r\n"))).as_ref().map(text).as_deref(),
        Some(old)
    );
    assert_eq!(replaced(&format!("pw\r\n  {old}\r\nrest")), "pw\r\n  new\r\nrest");
    assert_eq!(replaced(&format!("{old}\n{old}")), format!("new\n{old}"));
    assert_eq!(replaced("pw"), "pw\nnew\n");
    assert_eq!(replaced("pw\n"), "pw\nnew\n");
    assert_eq!(replaced(""), "new\n");
    assert!(matches!(of(&secret("pw\nsee otpauth://")), Err(Error::NoLine)));
}

//! What a permission lets through.

use std::ffi::OsString;

use crate::config::Settings;
use crate::sys::Variables;

use super::{Error, Grant};

const SETTINGS: &str = r#"
    [server.a]
    allow = ["a", "b#url"]
    command = ["npx", "-y", "a"]
    keep = ["KEPT"]
    [server.a.env]
    PATH = "/bin"
    URL = "https://{{vault:a}}@a"
    PLAIN = "1"
    [server.b]
    url = "https://b.example/mcp"
    headers = { Authorization = "Bearer {{vault:b}}", X-Plain = "1" }
"#;

fn granted(caller: &[(&str, &str)]) -> Result<Vec<String>, String> {
    let settings: Settings = toml::from_str(SETTINGS).expect("they are valid");
    let caller: Variables = caller.iter().copied().collect();
    let grant = Grant::find(&settings, "a").expect("is there");
    let manifest = grant.manifest(&caller).map_err(|error| error.to_string())?;
    let granted = manifest.granted().map(|(slot, value)| format!("{slot} {value}"));
    let passed = manifest.passed();
    let passed = passed.map(|(name, value)| format!("{}={}", name.display(), value.display()));
    Ok(granted.chain(passed).collect())
}

const ALONE: [&str; 3] = ["variable `URL` https://{{vault:a}}@a", "PATH=/bin", "PLAIN=1"];

#[test]
fn what_the_permission_says_wins_over_what_the_caller_has() {
    let same = [("PATH", "/evil"), ("PLAIN", "2"), ("NODE_OPTIONS", "--require=evil")];
    assert_eq!(granted(&same), Ok(ALONE.map(str::to_owned).to_vec()));
    let caller = [("URL", "https://{{vault:a}}@a"), ("KEPT", "1"), ("TOKEN", "vault:a")];
    let expected = ["variable `TOKEN` vault:a", ALONE[0], "KEPT=1", "PATH=/bin", "PLAIN=1"];
    assert_eq!(granted(&caller), Ok(expected.map(str::to_owned).to_vec()));
}

/// The text round a reference, and names that something obeys, are the attacker's words.
#[test]
fn a_caller_can_not_put_a_secret_into_words_of_its_own() {
    for (name, value) in [
        ("URL", "https://{{vault:a}}@evil"),
        ("API_URL", "https://evil/{{vault:a}}"),
        ("PLAIN", "vault:a"),
        ("LD_PRELOAD", "vault:a"),
        ("npm_config_registry", "vault:a"),
        ("NODE_OPTIONS", "vault:a"),
        ("HTTPS_PROXY", "vault:a"),
        ("PATH", "vault:a"),
    ] {
        let reason = format!("variable `{name}`: the permission `a` does not say so");
        assert_eq!(granted(&[(name, value)]), Err(reason), "{value}");
    }
}

/// However each side writes it.
#[test]
fn a_reference_in_braces_is_the_same() {
    let text = "[server.a]\nallow = ['a']\ncommand = ['a']\nenv = { T = '{{vault:a}}' }";
    let settings: Settings = toml::from_str(text).expect("they are valid");
    let grant = Grant::find(&settings, "a").expect("is there");
    for value in ["vault:a", "{{vault:a}}"] {
        let caller: Variables = [("T", value)].into_iter().collect();
        assert!(grant.manifest(&caller).is_ok(), "{value}");
    }
}

#[test]
fn only_its_own_program_is_run() {
    let settings: Settings = toml::from_str(SETTINGS).expect("they are valid");
    let grant = Grant::find(&settings, "a").expect("is there");
    let program = |words: &[&str]| {
        let words: Vec<OsString> = words.iter().map(OsString::from).collect();
        grant.program(&words).map(|program| program.arguments).map_err(|error| error.to_string())
    };
    assert_eq!(program(&[]), program(&["npx", "-y", "a"]));
    assert_eq!(program(&[]), Ok(vec!["-y".into(), "a".into()]));
    for other in [&["npx"][..], &["npx", "-y", "a", "b"], &["/bin/npx", "-y", "a"], &["sh"]] {
        let reason = "the permission `a` is not for this program and these arguments";
        assert_eq!(program(other), Err(reason.to_owned()));
    }
    let headers_only = Grant::find(&settings, "b").expect("is there").program(&[]);
    assert!(matches!(headers_only, Err(Error::NotFor { key: "command", .. })));
    assert!(matches!(Grant::find(&settings, "c"), Err(Error::NotGranted(_))));
}

#[test]
fn headers_are_for_one_origin() {
    let settings: Settings = toml::from_str(SETTINGS).expect("they are valid");
    let headers =
        |name, asked| Grant::find(&settings, name).expect("is there").headers(asked).map(|_| ());
    assert!(headers("b", None).is_ok() && headers("b", Some("https://b.example")).is_ok());
    assert!(matches!(headers("b", Some("https://evil/")), Err(Error::OtherServer { .. })));
    assert!(matches!(headers("a", None), Err(Error::NotFor { key: "url", .. })));
}

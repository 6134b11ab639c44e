//! The stories of `tests/it/stories`, one test each, and the tests of what plays them.
//!
//! `VAULTCTL_STORIES=rewrite cargo test stories` writes what really came out into the files.

use std::fs;
use std::path::{Path, PathBuf};

use super::story::Story;

/// Makes one test of each story, and the list of them.
macro_rules! stories {
    ($($name:ident),* $(,)?) => {
        const LISTED: &[&str] = &[$(stringify!($name)),*];
        $(
            #[test]
            fn $name() {
                play(stringify!($name));
            }
        )*
    };
}

stories! {
    age_damage,
    age_keys,
    age_plugins,
    audit,
    audit_damage,
    bad_input,
    bucket,
    clipboard,
    completions,
    credentials,
    damage,
    destinations,
    drill,
    edit,
    env,
    events,
    exec,
    forged,
    full_disk,
    git,
    headers,
    heal,
    history,
    hostile_store,
    import_1password,
    import_bitwarden,
    import_env,
    import_gh,
    import_locked,
    injection,
    interrupted_restore,
    mcp_adopt,
    mcp_again,
    mcp_killed,
    mcp_left,
    mcp_check,
    mcp_list,
    mcp_odd,
    mcp_undo,
    missing,
    moving,
    names_and_fields,
    notify,
    others_hands,
    otp,
    passage,
    permission,
    places,
    prune,
    races,
    read_only,
    recipients,
    recover,
    recover_config,
    recover_shared,
    recovery_kit,
    replaced,
    schedule,
    schedule_launchd,
    schedule_unattended,
    rotten,
    searching,
    snapshot,
    status,
    store,
    terminal,
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/stories")
}

fn play(name: &str) {
    let path = folder().join(name).with_extension("txt");
    let text = fs::read_to_string(&path).expect("the story is there");
    let (told, problems) = Story::parse(&text).play();
    if std::env::var("VAULTCTL_STORIES").is_ok_and(|mode| mode == "rewrite") {
        fs::write(&path, told).expect("the story is written");
    } else {
        assert!(problems.is_empty(), "{}:\n{}", path.display(), problems.join("\n"));
    }
}

#[test]
fn no_story_is_forgotten() {
    let files = fs::read_dir(folder()).expect("the folder is there").flatten();
    let mut names: Vec<String> = files
        .map(|file| file.file_name().to_string_lossy().trim_end_matches(".txt").to_owned())
        .collect();
    names.sort();
    let mut listed = LISTED.to_vec();
    listed.sort_unstable();
    assert_eq!(names, listed);
}

/// The problems of a story that is told here.
fn problems(text: &str) -> Vec<String> {
    Story::parse(text).play().1
}

/// Everything that a story can hold.
const TRUE_STORY: &str = r"# prose

$ cat; exit 3
> one {home}
> two
one [..]
...
? 3

$! cat file
> {canary}
{canary}

# more prose
$= printf 'a\n\n# b\n\nc\n'
a

...
c
$ printf x; pwd >&2
x{home}
$ printf x
x[no line end]
-- file --
{canary}
";

#[test]
fn a_true_story_passes_and_is_retold_as_it_was() {
    let (told, problems) = Story::parse(TRUE_STORY).play();
    assert_eq!((told.as_str(), problems), (TRUE_STORY, Vec::new()));
}

#[test]
fn wrong_lines_and_a_wrong_status_are_found() {
    for text in [
        "$ echo a\nb\n",
        "$ echo a\n",
        "$ true\na\n",
        "$ echo abc\na[..]d\n",
        "$ seq 3\n1\n...\n4\n",
        "$ false\n",
        "$ true\n? 1\n",
        "$ printf a\na\n",
    ] {
        assert_eq!(problems(text).len(), 1, "{text}");
    }
}

#[test]
fn a_rewritten_story_holds_what_came_out() {
    let (told, _) =
        Story::parse("$! echo {canary}; exit 1\nold\n\n# next\n$ seq 2\n1\n...\n$ echo\n").play();
    assert_eq!(
        told,
        "$! echo {canary}; exit 1\n{canary}\n? 1\n\n# next\n$ seq 2\n1\n...\n$ echo\n[..]\n"
    );
}

#[test]
fn a_step_that_shows_a_secret_unmarked_is_found() {
    assert!(problems("$ echo {canary} | base64\n[..]\n")[0].contains("shows a secret (base64)"));
    assert!(problems("$ echo {canary} | rev >&2\n[..]\n")[0].contains("shows a secret (reversed)"));
}

#[test]
fn a_secret_that_is_left_behind_is_found() {
    assert!(problems("$ cat > left\n> {canary}\n")[0].contains("left: as it is"));
}

#[test]
fn a_step_that_changes_something_unmarked_is_found() {
    for change in
        ["echo > new", "chmod 700 file", "echo >> file", "ln -s a link", "mkdir folder", "rm file"]
    {
        let text = format!("$= true\n$= {change}\n-- file --\n");
        assert_eq!(problems(&text).len(), 1, "{change}");
    }
    assert!(problems("$= mkdir -p .local/state/vaultctl/logs\n").is_empty());
}

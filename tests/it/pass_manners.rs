//! The real `pass` and ours side by side: every line below is run in two worlds that began alike,
//! and must print the same, say the same, end the same and leave the same tree.
//!
//! Before a line, `~` leaves its standard error out of the comparison (gpg's and bash's own words),
//! and `=` keeps the order of its lines, which otherwise follows whatever order a folder has.
//! `{canary}` is the mark of the world's secrets. What differs on purpose is in `docs/pass.md`.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};

use super::shell::Output;
use super::world::{PROGRAM, World};

/// Two people with the same keys and the same habits, one with pass and one with us.
struct Pair {
    real: World,
    ours: World,
}

const GIT: &str =
    "[user]\n\tname = Ann\n\temail = ann@example.org\n[init]\n\tdefaultBranch = main\n";

/// Types each line of its input when a question stands there.
const ON_TERMINAL: &str = include_str!("on_terminal.sh");

impl Pair {
    fn new() -> Self {
        let pair = Self { real: World::new(), ours: World::new() };
        for world in [&pair.real, &pair.ours] {
            world.plant(".gitconfig", GIT);
            let script = world.plant("on-terminal", ON_TERMINAL);
            fs::set_permissions(script, fs::Permissions::from_mode(0o700)).expect("it is ours");
        }
        let make = |who| {
            format!(
                "gpg -q --batch --passphrase '' --quick-gen-key '{who}' future-default default never"
            )
        };
        let make = format!(
            "{} && {}; gpgconf --kill all",
            make("Ann <ann@example.org>"),
            make("Bob <bob@example.org>")
        );
        pair.real.sh(&make).run().ok();
        let keys = pair.real.path(".gnupg");
        pair.ours.sh(&format!("cp -a {}/. .gnupg", keys.display())).run().ok();
        fs::create_dir(pair.ours.path("bin")).expect("it is ours");
        symlink(PROGRAM, pair.ours.path("bin/pass")).expect("it is ours");
        pair
    }

    fn all(lines: &[&str]) {
        let pair = Self::new();
        lines.iter().for_each(|line| pair.line(line));
        let plaintexts = "cd .password-store && find . -name '*.gpg' -type f | LC_ALL=C sort | \
            while IFS= read -r file; do echo \"$file\"; gpg -qd \"$file\"; echo; done";
        pair.same(
            plaintexts,
            &pair.real.sh(plaintexts).reveal(),
            &pair.ours.sh(plaintexts).reveal(),
        );
    }

    fn line(&self, line: &str) {
        let run = |world: &World| {
            let line = line.trim_start_matches(['~', '=']).replace("{canary}", world.canary());
            world.sh(&format!("PATH=$HOME/bin:$PATH; {line}")).reveal()
        };
        let (real, ours) = (run(&self.real), run(&self.ours));
        self.same(line, &real, &ours);
        let tree = "[ ! -d .password-store ] || find .password-store -name .git -prune -o -printf '%p %M %l\\n' | LC_ALL=C sort";
        let (real, ours) = (self.real.sh(tree).run().ok(), self.ours.sh(tree).run().ok());
        assert_eq!(ours, real, "the tree after `{line}` (ours, pass's)");
    }

    fn same(&self, line: &str, real: &Output, ours: &Output) {
        let sorted = !line.starts_with('=');
        let stdout = |output: &Output, world| normal(&output.stdout, world, sorted);
        assert_eq!(
            stdout(ours, &self.ours),
            stdout(real, &self.real),
            "`{line}` printed (ours, pass's)"
        );
        assert_eq!(ours.status, real.status, "`{line}` ended (ours, pass's)");
        if !line.starts_with('~') {
            let stderr = |output: &Output, world| normal(&output.stderr, world, false);
            assert_eq!(
                stderr(ours, &self.ours),
                stderr(real, &self.real),
                "`{line}` said (ours, pass's)"
            );
        }
    }
}

/// What git tells of a commit: pass hands it on, and we make commits ourselves.
const CHATTER: [&str; 7] =
    ["[main ", " create mode", " delete mode", " rename ", " copy ", " rewrite ", " 1 file"];

fn normal(bytes: &[u8], world: &World, sorted: bool) -> Vec<String> {
    let home = world.path("").display().to_string();
    let text = String::from_utf8_lossy(bytes);
    let text =
        text.replace(home.trim_end_matches('/'), "{home}").replace(world.canary(), "{canary}");
    let is_chatter = |line: &str| {
        CHATTER.iter().any(|start| line.starts_with(start)) || line.contains(" files changed, ")
    };
    let mut lines: Vec<String> =
        text.split('\n').filter(|line| !is_chatter(line)).map(str::to_owned).collect();
    if sorted {
        lines.sort();
    }
    lines
}

/// Lines about reading and writing entries.
const ENTRIES: &[&str] = &[
    "pass",
    "pass ls",
    "pass show nothing",
    "pass ls ../x",
    "pass show a/../b",
    "~pass init ann@example.org",
    "=pass",
    "=printf '{canary}\\n{canary}\\n' | pass insert a/b",
    "=printf '{canary}\\nother\\n' | pass insert a/c",
    "=printf '{canary}\\n{canary}' | pass insert a/c",
    "=printf '{canary}' | pass insert a/c",
    "=printf '  {canary}\\t \\nmore\\n' | pass insert -e a/d",
    "=printf '{canary}' | pass add --ech a/e",
    "=printf '' | pass insert -e a/nothing",
    "=printf '{canary}\\0x\\n\\n' | pass insert -m \"b c/it's\"",
    "=printf '{canary}' | pass insert --multiline /lead//ing/",
    "=printf '{canary}' | pass insert -fm -- -dash",
    "=printf '{canary}' | pass insert -m \"$(printf 'new\\nline')/é/🔑\"",
    "=printf '{canary}' | pass insert -m a/b",
    "pass insert",
    "pass insert x y",
    "pass insert -e -m x",
    "pass insert -x x",
    "pass insert --forc=1 x",
    "pass insert ../x",
    "pass add",
    "=pass show a/b",
    "=pass a/b",
    "=pass show a/d",
    "=pass \"b c/it's\"",
    "=pass show a/nothing",
    "=pass -- -dash",
    "=pass show -dash",
    "=pass a",
    "=pass a/",
    "=pass ls a//",
    "=pass list /a",
    "=pass ls ''",
    "=pass ls a/b a",
    "pass show -c -q a/b",
    "pass show --clip=x a/b",
    "pass show -c0x a/b",
    "pass show -c9 a/b",
    "pass show -c1 a/nothing",
    "pass show --cl a/b",
    "pass -c a/b",
    "=pass show -c a",
    "=pass show -q2 a/e",
    "=TERM= pass ls",
    "=env -u TERM pass",
    "=LC_ALL=C pass",
    "=LS_COLORS='di=1:*.gpg=7' pass",
    "=ln -s b.gpg .password-store/a/l.gpg; ln -s a .password-store/folder; touch .password-store/x.txt; mkdir .password-store/empty; pass",
    "=pass folder",
    "=pass folder/b",
    "=pass show a/l",
    "=pass empty",
    "pass edit",
    "pass edit x y",
    "pass edit ../x",
    "=EDITOR=true pass edit a/b",
    "=EDITOR=true pass edit a/new",
    "=EDITOR='rm -f' pass edit a/b",
    "=EDITOR='sed -i s/^/new-/' pass edit a/b; pass a/b",
    "=EDITOR='cp /dev/null' pass edit q/empty; pass q/empty",
    "=EDITOR='sed -i d' pass edit a/e; pass a/e",
    "~EDITOR='no-such-editor at all' pass edit a/b",
    "=EDITOR='sh -c \"echo {canary} > \\$1; exit 3\" sh' pass edit sub/dir/new; pass sub/dir/new",
];

#[test]
fn entries_are_written_and_shown() {
    Pair::all(ENTRIES);
}

#[test]
fn passwords_are_generated() {
    Pair::all(&[
        "pass generate x 5 > /dev/null",
        "~pass init ann@example.org",
        "pass generate",
        "pass generate a b c",
        "pass generate -f -i x",
        "pass generate -c -q x",
        "pass generate -y x",
        "pass generate x 0",
        "pass generate x -- -5",
        "pass generate x ten",
        "pass generate x 5x",
        "pass generate ../x 5",
        "~pass generate x 08",
        "pass generate x 010",
        "PASSWORD_STORE_GENERATED_LENGTH=no pass generate x",
        "=PASSWORD_STORE_CHARACTER_SET=a pass generate s/x 10",
        "=PASSWORD_STORE_CHARACTER_SET=a PASSWORD_STORE_GENERATED_LENGTH=7 pass generate s/x ''",
        "=PASSWORD_STORE_CHARACTER_SET=a pass generate s/x",
        "=PASSWORD_STORE_CHARACTER_SET=a PASSWORD_STORE_CHARACTER_SET_NO_SYMBOLS=b pass generate --no-s s/x 03",
        "=PASSWORD_STORE_CHARACTER_SET='[=c=]' pass generate -f s/x 3",
        "~PASSWORD_STORE_CHARACTER_SET='[:none:]' pass generate s/x 3",
        "~PASSWORD_STORE_CHARACTER_SET='z-a' pass generate s/x 3",
        "~PASSWORD_STORE_CHARACTER_SET=' ' pass generate s/x 3",
        "printf 'old\\nuser: {canary}\\n\\nlast' | pass insert -m s/y",
        "=PASSWORD_STORE_CHARACTER_SET=q pass generate -i s/y 4; pass s/y",
        "printf 'old' | pass insert -m s/z; PASSWORD_STORE_CHARACTER_SET=q pass generate --in s/z 4; pass s/z",
        "~PASSWORD_STORE_CHARACTER_SET=q pass generate -i s/none 4",
        "=pass generate s/v 40 | sed 1d | tr -d '\\n' | wc -c",
        "pass generate -n s/w 40 | tail -n 1 | LC_ALL=C tr -d 'a-zA-Z0-9' | od -c",
        "pass generate -c s/x 5",
        "pass generate -q s/q 5 | wc -l",
        "rm .password-store/s/[qvwx].gpg",
    ]);
}

#[test]
fn entries_and_folders_are_removed() {
    Pair::all(&[
        "~pass init ann@example.org",
        "for n in a a/b a/c a/d/e one/two/three odd\\ name \"it's\"; do echo {canary} | pass insert -m \"$n\"; done",
        "pass rm",
        "pass rm a b",
        "pass rm nothing",
        "pass rm ../x",
        "pass delete a/d",
        "pass remove a/",
        "pass rm -x nothing",
        "mkdir .password-store/empty; pass rm empty",
        "pass rm one/two/three",
        "pass rm -y a/b",
        "pass rm \"it's\"",
        "pass rm -rf \"odd name\"",
        "pass rm a",
        "pass rm a",
        "pass rm --rec a",
        "pass ls",
        "touch .password-store/.hidden; echo {canary} | pass insert -m z/y; touch .password-store/z/note; pass rm -r z/; pass ls",
    ]);
}

#[test]
fn entries_and_folders_are_moved_and_copied() {
    Pair::all(&[
        "~pass init ann@example.org",
        "for n in a a/b a/c/d top \"it's\"; do echo {canary} | pass insert -m \"$n\"; done",
        "pass mv",
        "pass cp a",
        "pass mv a b c",
        "pass mv ../a b",
        "pass mv a ../b",
        "pass cp nothing b",
        "pass mv -x nothing/ b",
        "pass cp top copy",
        "pass cp top copy",
        "pass cp top top",
        "pass mv top top",
        "pass cp top new/folder/",
        "pass cp top a",
        "pass mv top deep/er/name",
        "pass mv deep/er/name top",
        "pass rename top deep/",
        "pass mv deep/top .",
        "pass copy \"it's\" \"new/it's\"",
        "=pass cp a/c copied",
        "=pass cp a/c copied",
        "=pass cp a/c copied",
        "pass mv a/ b",
        "pass mv copied b/",
        "pass mv b/ b/c",
        "pass mv -f a b/x",
        "pass cp -f copy b",
        "echo x > .password-store/file; pass mv b/ file",
        "mkdir .password-store/e; pass mv e b",
        "pass mv b/ e/",
        "pass ls",
        "mkdir -p .password-store/full/z; touch .password-store/full/z/x; echo {canary} | pass insert -m z/y; pass mv z full",
    ]);
}

#[test]
fn recipients_are_set_and_entries_follow() {
    Pair::all(&[
        "pass init",
        "pass init -p",
        "pass init -p ../x a",
        "pass init --nothing a",
        "pass init ''",
        "pass init -p sub ''",
        "pass init ann@example.org",
        "pass init ann@example.org",
        "for n in a sub/b sub/deep/c; do echo {canary} | pass insert -m $n; done",
        "pass init -p sub/deep bob@example.org",
        "pass init --path=sub ann@example.org bob@example.org",
        "cat .password-store/sub/.gpg-id",
        "pass init -p a.gpg ann@example.org",
        "pass cp a sub/a",
        "pass mv sub/a sub/deep/",
        "pass cp sub two",
        "pass mv sub/deep out",
        "pass init -p sub ''",
        "pass init -p sub ''",
        "pass init bob@example.org",
        "~pass init nobody@example.org",
        "pass init -p new/er ann@example.org; pass init -p new/er '' 2>/dev/null",
        "pass init '' > /dev/null",
    ]);
}

#[test]
fn entries_are_found() {
    Pair::all(&[
        "pass find x",
        "~pass init ann@example.org",
        "for n in a/user a/User2 b/a/c top 'x|y' b/user/z; do printf '%s: {canary}\\nlast\\n' \"$n\" | pass insert -m \"$n\"; done",
        "pass find",
        "pass search",
        "=pass find user",
        "=pass find USER top",
        "=pass find nothing",
        "=pass find a",
        "=pass find 'u*r'",
        "=pass find '|'",
        "=pass find '[xy]' z",
        "=pass find gpg",
        "=pass find /",
        "pass grep",
        "pass grep {canary}",
        "pass grep -i USER",
        "pass grep -l last",
        "pass grep -c :",
        "pass grep 'a.*:'",
        "pass grep -E 'top|user'",
        "pass grep -v last",
        "pass grep nothing",
        "pass grep -F 'x|y'",
        "pass grep -n -i LAST",
        "pass grep '[' | wc -l",
        "pass grep -- -x",
    ]);
}

#[test]
fn git_remembers_the_same() {
    let subjects =
        "git -C .password-store log --format=%s; git -C .password-store status --porcelain";
    Pair::all(&[
        "pass git log",
        "pass init ann@example.org",
        "echo {canary} | pass insert -m before",
        "~pass git init -q",
        "cat .password-store/.gitattributes; git -C .password-store config --local --get-regexp 'diff.*'",
        subjects,
        "echo {canary} | pass insert -m a/b",
        "echo {canary} | pass insert -m a/c",
        "echo x | pass insert -m 'spaced name/'",
        "echo {canary} | EDITOR='tee' pass edit n",
        "EDITOR='sed -i s/^/x/' pass edit a/b",
        "PASSWORD_STORE_CHARACTER_SET=a pass generate a/g 3",
        "PASSWORD_STORE_CHARACTER_SET=b pass generate -i a/g 3",
        subjects,
        "pass mv a/b x/y",
        "pass cp x/y z",
        "pass mv a moved",
        "pass rm z",
        "pass rm -r moved",
        subjects,
        "pass init -p x bob@example.org",
        "pass init ann@example.org bob@example.org",
        "pass init -p x ''",
        subjects,
        "~git -C .password-store init -q inner; cp .password-store/.gpg-id .password-store/inner; git -C .password-store add inner 2>/dev/null; true",
        "echo {canary} | pass insert -m inner/one",
        "pass mv inner/one out",
        "pass mv out inner/back",
        "git -C .password-store/inner log --format=%s",
        "pass git rev-parse --show-toplevel",
        "~pass git no-such-command",
        "pass git log -1 --format=%s",
        "GIT_DIR=/nowhere pass git log -1 --format=%an",
    ]);
}

#[test]
fn the_environment_is_heeded() {
    Pair::all(&[
        "PASSWORD_STORE_KEY=ann@example.org; export PASSWORD_STORE_KEY; echo {canary} | pass insert -m a; pass a; pass ls",
        "PASSWORD_STORE_DIR=$HOME/other/ pass init ann@example.org; echo {canary} | PASSWORD_STORE_DIR=$HOME/other/ pass insert -m x/y; PASSWORD_STORE_DIR=$HOME/other/ pass",
        "PASSWORD_STORE_DIR=other pass rm -r x",
        "PASSWORD_STORE_DIR=none pass",
        "PASSWORD_STORE_UMASK=027 pass init ann@example.org; echo {canary} | PASSWORD_STORE_UMASK=027 pass insert -m group/x",
        "umask 0; echo {canary} | pass insert -m mine/x",
        "PASSWORD_STORE_CLIP_TIME=7 PASSWORD_STORE_GENERATED_LENGTH=9 pass help | grep -o -e ' 7 ' -e ' 9 ' | sort -u",
        "pass help | grep '^    pass'",
        "pass --help | grep -c 'pass: the standard unix password manager'",
        "pass version | grep -c 'pass: the standard unix password manager'",
        "PASSWORD_STORE_GPG_OPTS='--no-such-option' pass show group/x 2>/dev/null",
    ]);
}

/// pass-otp, as Debian ships it, and the user's own extensions.
#[test]
fn extensions_find_what_they_rely_on() {
    Pair::all(&[
        "~pass init ann@example.org",
        "echo 'otpauth://totp/Ex:ann?secret={canary}&issuer=Ex' | pass otp insert tok",
        "pass tok",
        "echo 'otpauth://totp/Ex:ann?secret={canary}&issuer=Ex' | pass otp insert",
        "printf 'pw\\nuser: ann\\n' | pass insert -m acct",
        "echo 'otpauth://totp/Ex:ann?secret={canary}' | pass otp append acct",
        "=pass acct",
        "pass otp uri acct",
        "pass otp validate 'otpauth://totp/x?secret=A'",
        "pass otp validate nonsense",
        "pass otp help",
        "pass otp ../x",
        "pass otp",
        "pass otp nothing",
        "echo 'otpauth://hotp/Ex:bob?secret=JBSWY3DPEHPK3PXP&counter=3' | pass otp insert hot; pass otp code hot; pass hot",
        "mkdir -p .password-store/.extensions; printf '%s\\n' 'echo \"$PROGRAM $COMMAND $PREFIX $EXTENSIONS $CLIP_TIME $GENERATED_LENGTH $X_SELECTION $*\"' \
            'cmd_show acct; set_gpg_recipients sub; echo \"${GPG_RECIPIENTS[@]} ${GPG_RECIPIENT_ARGS[*]}\"; yesno sure; set_git \"$PREFIX/x\"; echo \"<$INNER_GIT_DIR>\"' \
            'tmpdir; [[ -d $SECURE_TMPDIR ]] && echo private; cmd_find acct; cmd_copy_move copy acct copied; check_sneaky_paths a/b ../c; echo never' \
            > .password-store/.extensions/hey.bash",
        "pass hey",
        "chmod +x .password-store/.extensions/hey.bash; pass hey",
        "=PASSWORD_STORE_ENABLE_EXTENSIONS=true pass hey one 'two three'",
        "PASSWORD_STORE_ENABLE_EXTENSIONS=yes pass hey",
        "PASSWORD_STORE_SIGNING_KEY=0123456789012345678901234567890123456789 PASSWORD_STORE_ENABLE_EXTENSIONS=true pass hey",
        "gpg -q --detach-sign .password-store/.extensions/hey.bash; PASSWORD_STORE_SIGNING_KEY=0123456789012345678901234567890123456789 PASSWORD_STORE_ENABLE_EXTENSIONS=true pass hey",
        "key=$(gpg --list-keys --with-colons ann@example.org | sed -n 's/^fpr:*\\([0-9A-F]*\\):/\\1/p' | head -n 1); PASSWORD_STORE_SIGNING_KEY=$key PASSWORD_STORE_ENABLE_EXTENSIONS=true pass hey",
    ]);
}

/// Without pass-otp, ours: the system's folder of extensions is covered for as long as this runs.
#[test]
fn one_time_passwords_need_no_extension() {
    let pair = Pair::new();
    let script = "PATH=$HOME/bin:$PATH; mount -t tmpfs none /usr/lib/password-store/extensions && pass init ann@example.org && \
        echo 'otpauth://totp/Ex:ann?secret=JBSWY3DPEHPK3PXP' | pass otp insert a && pass otp uri a && pass otp a | grep -cx '[0-9]\\{6\\}' && \
        ! pass otp nothing && ! pass otp --nothing";
    let told = pair.ours.sh(&format!("unshare --mount sh -c \"{script}\"")).run().ok();
    assert!(told.ends_with("\notpauth://totp/Ex:ann?secret=JBSWY3DPEHPK3PXP\n1\n"), "{told}");
}

#[test]
fn signed_recipients_are_checked() {
    let key = "key=$(gpg --list-keys --with-colons ann@example.org | sed -n 's/^fpr:*\\([0-9A-F]*\\):/\\1/p' | head -n 1); export PASSWORD_STORE_SIGNING_KEY=$key;";
    let line = |rest: &str| format!("~{key} {rest}");
    let lines = [
        "~git init -q .password-store".to_owned(),
        line("pass init ann@example.org"),
        line("echo {canary} | pass insert -m a"),
        line("echo bob@example.org >> .password-store/.gpg-id; echo {canary} | pass insert -m b"),
        line("pass show a; pass generate c 5; EDITOR=true pass edit a"),
        line("rm .password-store/.gpg-id.sig; echo {canary} | pass insert -m b"),
        "git -C .password-store log --format=%s | sed 's/[0-9A-F]\\{40\\}/KEY/'".to_owned(),
    ];
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    Pair::all(&lines);
}

#[test]
fn questions_are_asked_on_a_terminal() {
    Pair::all(&[
        "~pass init ann@example.org",
        "=printf '{canary}\\n{canary}\\n' | ./on-terminal 'pass insert a/b'",
        "=printf '{canary}\\nother\\n' | ./on-terminal 'pass insert a/c'",
        "=printf 'n\\n' | ./on-terminal 'pass insert a/b'",
        "=printf 'yes\\n' | ./on-terminal 'pass insert a/b'",
        "=printf 'Y\\nx\\nx\\n' | ./on-terminal 'pass insert a/b'; pass a/b",
        "=printf '{canary}\\n' | ./on-terminal 'pass insert -f -e a/b'; pass a/b",
        "=printf 'n\\n' | ./on-terminal 'PASSWORD_STORE_CHARACTER_SET=a pass generate a/b 3'",
        "=printf 'y\\n' | ./on-terminal 'PASSWORD_STORE_CHARACTER_SET=a pass generate a/b 3'",
        "=./on-terminal 'PASSWORD_STORE_CHARACTER_SET=b pass generate -f a/b 3' < /dev/null",
        "=printf 'n\\n' | ./on-terminal 'pass cp a/b a/d; pass mv a/b a/d'",
        "=printf 'y\\n' | ./on-terminal 'pass mv a/b a/d'",
        "=printf 'n\\n' | ./on-terminal 'pass rm a/d'",
        "=printf 'y\\n' | ./on-terminal 'pass rm a/d'",
        "=./on-terminal 'pass rm -f a' < /dev/null",
    ]);
}

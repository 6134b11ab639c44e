//! `vaultctl demo`.

use std::os::unix::fs::symlink;
use std::path::Path;

use crate::sys::{self, Helper, Interrupts, Scratch, Variables};

use super::{Checked, Code, Done, Example, Failure, Session};

/// Show the main job from end to end, in a throwaway home
///
/// Every line that is shown is run, by this program, on real files; nothing of yours is read or
/// changed, and nothing is left behind. Takes a few seconds.
#[derive(clap::Args)]
pub(super) struct Args {}

pub(super) const EXAMPLES: &[Example] =
    &[Example { what: "Watch it work", line: "vaultctl demo", checked: Checked::Runs }];

/// One thing that happens: what it is, the line that does it, the exit status that is right.
struct Step {
    says: &'static str,
    line: &'static str,
    status: i32,
}

const fn step(says: &'static str, line: &'static str) -> Step {
    Step { says, line, status: 0 }
}

const STORY: &[Step] = &[
    step(
        "Make a store. The recovery identity would be printed; here it goes to a file.",
        "vaultctl init --recovery-out paper.txt",
    ),
    step(
        "A client's file with a key in it (a random one), as most guides have you write it.",
        r#"mkdir .cursor && printf '{"mcpServers": {"github": {"command": "sh", "args": ["server.sh"], "env": {"GITHUB_TOKEN": "ghp_%s"}}}}\n' \
     "$(od -An -v -tx1 -N18 /dev/urandom | tr -d ' \n')" > .cursor/mcp.json && cat .cursor/mcp.json \
     && echo 'echo "the server got GITHUB_TOKEN=$GITHUB_TOKEN MINE=$MINE"' > server.sh"#,
    ),
    step(
        "Move the key into the store. You would be asked, when you have seen what changes.",
        "vaultctl mcp adopt --yes",
    ),
    step(
        "It lies in the store, encrypted, and the file has a reference.",
        "head -c 40 .password-store/claude/github-token.age; echo; cat .cursor/mcp.json",
    ),
    step(
        "Launch the server as the file says it now: it gets exactly its secret, and nothing of the caller's.",
        "MINE=private GITHUB_TOKEN=vault:claude/github-token vaultctl exec --server github -- sh server.sh",
    ),
    step(
        "The next server was granted nothing, and gets nothing, whatever the caller exports.",
        "MINE=private vaultctl exec --clean -- sh -c 'echo \"the next one got GITHUB_TOKEN=$GITHUB_TOKEN MINE=$MINE\"'",
    ),
    Step {
        says: "A reference to nothing starts nothing.",
        line: "vaultctl exec -e KEY=vault:claude/githb-token -- echo started",
        status: 20,
    },
    step(
        "Claude has a configuration worth keeping.",
        "mkdir -p .claude/agents && echo '{\"mcpServers\":{}}' > .claude.json && echo '{\"model\":\"opus\"}' > .claude/settings.json \
         && echo 'Be brief.' > .claude/CLAUDE.md && echo 'Review.' > .claude/agents/review.md && ls -A .claude",
    ),
    step(
        "Make a place for snapshots and take one: encrypted, signed, read back.",
        "vaultctl snapshot init --to backup && vaultctl snapshot create --to backup",
    ),
    step(
        "Check all of it: signatures, objects, contents.",
        "vaultctl snapshot verify --to backup --level data",
    ),
    Step {
        says: "Damage eight bytes of a copy. The check finds it and names the object.",
        line: "cp -R backup damaged && chmod u+w damaged/snaps/* && printf 'damaged!' | dd of=\"$(ls damaged/snaps/*)\" bs=1 seek=300 \
               conv=notrunc 2>/dev/null; vaultctl snapshot verify --to damaged",
        status: 13,
    },
    step(
        "Restore the good one with the identity from the paper, and compare.",
        "vaultctl snapshot restore --to backup --identity paper.txt --target restored && diff -r .claude restored/HOME/.claude \
         && cmp .claude.json restored/HOME/.claude.json && echo identical",
    ),
    step(
        "Who read what is in the access log, each line chained to the one before.",
        "vaultctl audit verify",
    ),
];

const NEXT: &str = "
Next, for real:
  vaultctl init                                       your own store
  vaultctl mcp adopt                                  moves keys out of your clients' files; shows what changes, and asks
  vaultctl mcp check                                  starts each server, and says whether it answers
  vaultctl snapshot init --to DIR                     then, every night: vaultctl snapshot create --to DIR
";

pub(super) fn run(_args: &Args, session: &Session) -> Result<Done, Failure> {
    // Held back, so that the throwaway home is taken away whatever happens.
    let interrupts = Interrupts::hold();
    let scratch = Scratch::new(&session.world.variables)?;
    let world = world(scratch.path(), session)?;
    for (number, step) in STORY.iter().enumerate() {
        session.ui.line(&format!("{}. {}\n   $ {}", number + 1, step.says, step.line))?;
        tell(step, &world, session)?;
        if interrupts.happened() {
            return Err(Failure::new(Code::Interrupted, "interrupted"));
        }
    }
    session.ui.data(NEXT.as_bytes())?;
    Ok(Done::Fully)
}

/// An environment with nothing of the caller's but the PATH, and this program first on it.
fn world(home: &Path, session: &Session) -> Result<Variables, Failure> {
    let programs = home.join(".bin");
    sys::create_folder(&programs)?;
    symlink(sys::own_program()?, programs.join("vaultctl"))?;
    let path = format!(
        "{}:{}",
        programs.display(),
        session.world.variables.text("PATH").unwrap_or("/usr/bin:/bin")
    );
    let home = home.display().to_string();
    Ok([("HOME", home), ("PATH", path), ("USER", "demo".to_owned())].into_iter().collect())
}

fn tell(step: &Step, world: &Variables, session: &Session) -> Result<(), Failure> {
    let line = format!("exec 2>&1; cd; {}", step.line);
    let outcome = Helper::new("sh", world).args(["-c", &line]).run(b"")?;
    session.ui.reveal(&outcome.stdout)?;
    session.ui.line("")?;
    match outcome.code {
        Some(code) if code == step.status => Ok(()),
        code => Err(Failure::failed(format!(
            "that ended with {code:?}, and should have with {}",
            step.status
        ))),
    }
}

//! `kill -9` at a chosen step, by `strace`: whoever comes next finishes unattended.

use std::thread;

use super::world::World;

/// The system calls by which a file, a folder or a name comes into being, each counted apart. No
/// processor has all of those with a `?`.
pub(crate) const STEPS: [&str; 7] =
    ["?mkdir", "mkdirat", "?rename", "renameat", "?renameat2", "?link", "linkat"];

/// More of one kind of step than any command takes.
const MOST: usize = 60;

/// Runs `command` and kills it as it begins its `nth` of `calls`; whether it came that far.
pub(crate) fn killed(world: &World, calls: &str, nth: usize, command: &str) -> bool {
    let inject = format!("inject={calls}:signal=KILL:when={nth}");
    let output = world
        .sh(&format!("strace -qqq -o /dev/null -e trace={calls} -e {inject} {command}"))
        .input(world.canary())
        .reveal();
    assert!(
        [0, 137].contains(&output.status),
        "`{command}` ended with {}, {calls} {nth}: {}",
        output.status,
        String::from_utf8_lossy(&output.stderr)
    );
    output.status != 0
}

/// Calls `each` for every step of `command` at which it can be killed, in a world from `make`; how
/// many there were. Each kind of step goes its own way: most of the time is the disk's.
fn at_every_step(
    make: impl Fn() -> World + Sync,
    command: &str,
    each: impl Fn(&World, &str) + Sync,
) -> usize {
    let at_each = |call: &str| {
        let whether = |nth: &usize| {
            let world = make();
            let killed = killed(&world, call, *nth, command);
            each(&world, &format!("{call}, number {nth}"));
            killed
        };
        (1..MOST).take_while(whether).count()
    };
    thread::scope(|scope| {
        let counting = STEPS.map(|call| scope.spawn(|| at_each(call)));
        counting.into_iter().map(|count| count.join().expect("it was killed well")).sum()
    })
}

/// The store's repository is sound and is what is in the tree; nothing of the dead is left.
fn is_whole(world: &World, when: &str) {
    let checks = [
        ("git -C .password-store fsck --strict --no-dangling 2>&1", ""),
        ("git -C .password-store status --porcelain", ""),
        (
            "find .password-store -name '.vaultctl*' -o -name '*.lock' -o -name '*.tmp' -o -name 'tmp_*'; find .local -name '*.journal'",
            "",
        ),
    ];
    for (check, expected) in checks {
        let output = world.sh(check).run();
        assert_eq!(
            String::from_utf8_lossy(&output.stdout),
            expected,
            "killed at {when}: `{check}`"
        );
    }
}

/// No `init` is half done: the next one, or the next writer, has what it needs. (That no private
/// key lies in a file of another name is for the world's last look.)
#[test]
fn an_init_that_is_killed_is_finished_by_whoever_comes_next() {
    let kills = at_every_step(World::new, "vaultctl init", |world, when| {
        // It is refused where only the last steps are missing, and those are the next writer's.
        let again = world.sh("vaultctl init").reveal();
        assert!([0, 1].contains(&again.status), "killed at {when}");
        world.sh("vaultctl set claude/token").input(world.canary()).run().ok();
        let read = world.sh("vaultctl get claude/token").reveal().ok();
        assert_eq!(read.trim_end(), world.canary(), "killed at {when}");
        let recorded = world.sh("git -C .password-store ls-tree -r --name-only HEAD").run().ok();
        assert_eq!(recorded, ".age-recipients\nclaude/token.age\n", "killed at {when}");
        is_whole(world, when);
        world.sh("vaultctl audit verify").run().ok();
    });
    assert!(kills > 20, "only {kills} steps were found");
}

/// A store that is a linked working tree: its index is in another place than its branches.
fn linked() -> World {
    let world = World::new();
    let make = "git init -q -b main main && cd main && git -c user.name=m -c user.email=m@m commit -q --allow-empty -m main \
        && git worktree add -q -b store ../.password-store && vaultctl init && echo old | vaultctl set claude/token";
    drop(world.sh(make).reveal().ok());
    world
}

#[test]
fn a_writer_in_a_linked_working_tree_that_is_killed_is_finished_by_the_next() {
    let kills = at_every_step(linked, "vaultctl set claude/token", |world, when| {
        let read = world.sh("vaultctl get claude/token").reveal().ok();
        assert!(["old", world.canary()].contains(&read.trim_end()), "killed at {when}");
        world.sh("vaultctl set claude/other").input(world.canary()).run().ok();
        is_whole(world, when);
        let branches = "git -C main status --porcelain; git -C main rev-list --count main; git -C .password-store log -1 --format=%s store";
        let told = world.sh(branches).run().ok();
        assert_eq!(told, "1\nAdd given password for claude/other to store.\n", "killed at {when}");
    });
    assert!(kills > 5, "only {kills} steps were found");
}

/// A folder of two entries, and another folder that is encrypted to somebody else, too.
fn two_folders() -> World {
    let world = World::new();
    let make = "vaultctl init; printf %s-1 \"$(cat canary)\" | vaultctl insert -m from/one; \
        printf %s-2 \"$(cat canary)\" | vaultctl insert -m from/deep/two; age-keygen -o other.txt; \
        vaultctl recipients add -p to \"$(age-keygen -y other.txt)\"; rm other.txt canary";
    world.plant("canary", world.canary());
    drop(world.sh(make).reveal().ok());
    world
}

/// Each of the two entries can be read, at its old place or at its new one.
fn both_are_there(world: &World, [old, new]: [&str; 2], when: &str) {
    for (entry, number) in [("one", 1), ("deep/two", 2)] {
        let read =
            format!("vaultctl show {old}/{entry} 2>/dev/null || vaultctl show {new}/{entry}");
        let read = world.sh(&read).reveal().ok();
        assert_eq!(read, format!("{}-{number}", world.canary()), "killed at {when}");
    }
}

fn can_be_killed(command: &str, places: [&str; 2]) {
    let kills = at_every_step(two_folders, command, |world, when| {
        both_are_there(world, places, when);
        world.sh("vaultctl set claude/other").input(world.canary()).run().ok();
        both_are_there(world, places, when);
        is_whole(world, when);
    });
    assert!(kills > 5, "only {kills} steps were found");
}

#[test]
fn a_move_that_is_killed_loses_no_entry() {
    can_be_killed("vaultctl mv from elsewhere", ["from", "elsewhere"]);
}

#[test]
fn a_move_to_other_recipients_that_is_killed_loses_no_entry() {
    can_be_killed("vaultctl mv from to", ["from", "to/from"]);
}

#[test]
fn new_encryption_that_is_killed_loses_no_entry() {
    can_be_killed("vaultctl reencrypt", ["from", "from"]);
}

/// What a killed writer had begun is finished by the next one: no entry stays twice, and nobody who
/// was taken away can open what is written.
#[test]
fn a_change_of_recipients_that_is_killed_is_finished() {
    let make = || {
        let world = two_folders();
        let other = "age-keygen -o bob.txt; vaultctl recipients add \"$(age-keygen -y bob.txt)\"";
        drop(world.sh(other).reveal().ok());
        world
    };
    // The list of recipients is old or new, and every entry is encrypted to what it says.
    let agrees = "bob=$(age-keygen -y bob.txt); grep -q $bob .password-store/.age-recipients; listed=$?; \
        for entry in one deep/two; do age -d -i bob.txt .password-store/from/$entry.age >/dev/null 2>&1; \
        [ $? -eq $listed ] || [ $listed -eq 0 ] || echo $entry; done; rm bob.txt";
    let kills =
        at_every_step(make, "vaultctl recipients rm $(age-keygen -y bob.txt)", |world, when| {
            world.sh("vaultctl set claude/other").input(world.canary()).run().ok();
            assert_eq!(world.sh(agrees).run().ok(), "", "killed at {when}");
            both_are_there(world, ["from", "from"], when);
            is_whole(world, when);
        });
    assert!(kills > 5, "only {kills} steps were found");
}

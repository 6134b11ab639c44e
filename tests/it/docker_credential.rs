//! Docker's credential helper for `pass` (Debian: golang-docker-credential-helpers), with the real
//! `pass` and with ours: it sees no difference, and each opens what came through the other.

use std::path::Path;

use super::keyring::Keyring;
use super::world::{PROGRAM, World};

const SERVERS: [(&str, &str); 3] = [
    ("https://index.docker.io/v1/", "ann"),
    ("registry.example:5000/a?b=c", "ann@example.org"),
    ("https://ghcr.io", "robot$ann"),
];

fn home(program: Option<&Path>) -> World {
    let world = Keyring::shared().home(program);
    world.sh("pass init ann@example.org && pass git init").run().ok();
    world
}

/// What the helper says to a request, and how it ends.
fn helper(world: &World, action: &str, request: &str) -> (i32, String) {
    let output = world.sh(&format!("docker-credential-pass {action}")).input(request).reveal();
    let told = String::from_utf8_lossy(&output.stdout).replace(world.canary(), "[canary]");
    (output.status, told)
}

fn credentials(world: &World, (server, user): (&str, &str)) -> String {
    let secret = format!("{}\\n second \\\"line\\\"", world.canary());
    format!(r#"{{"ServerURL":"{server}","Username":"{user}","Secret":"{secret}"}}"#)
}

/// Everything that Docker does: log in, look, pull, log in again, log out.
fn everything(world: &World) -> Vec<(i32, String)> {
    let mut told = vec![helper(world, "list", ""), helper(world, "get", "https://nowhere")];
    for server in SERVERS.iter().chain(&SERVERS[..1]) {
        told.push(helper(world, "store", &credentials(world, *server)));
        told.push(helper(world, "get", server.0));
    }
    told.push(helper(world, "list", ""));
    told.push(helper(world, "erase", SERVERS[1].0));
    told.push(helper(world, "get", SERVERS[1].0));
    told.push(helper(world, "list", ""));
    told
}

#[test]
fn docker_sees_no_difference() {
    let (real, ours) = (home(None), home(Some(Path::new(PROGRAM))));
    let told = everything(&ours);
    assert_eq!(told, everything(&real));
    assert!(told.iter().any(|(_, text)| text.contains("[canary]")), "{told:?}");
    let left = "cd .password-store && find . -name .git -prune -o -name .vaultctl -prune -o -print";
    let left = format!("{left} | sort; git status --porcelain");
    assert_eq!(ours.sh(&left).run().ok(), real.sh(&left).run().ok());
}

#[test]
fn a_login_through_one_is_used_through_the_other() {
    let (ours, real) = ("docker-credential-pass", "PATH=${PATH#*:} docker-credential-pass");
    for (first, second) in [(ours, real), (real, ours)] {
        let world = home(Some(Path::new(PROGRAM)));
        let through = |program: &str, action: &str, request: &str| {
            world.sh(&format!("{program} {action}")).input(request).reveal().ok()
        };
        through(first, "store", &credentials(&world, SERVERS[0]));
        assert!(through(second, "get", SERVERS[0].0).contains(world.canary()), "{second}");
        assert!(through(second, "list", "").contains(SERVERS[0].0), "{second}");
        through(second, "erase", SERVERS[0].0);
        assert_eq!(through(first, "list", "").trim(), "{}", "{first}");
    }
}

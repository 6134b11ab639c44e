//! Homes with the files of every client, from `fixtures/clients`.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use super::oracle::everything_below;
use super::world::World;

/// Puts the files of a fixture home into a world's home, filled in: `{canary}` is its secret,
/// `{home}` its home.
pub(crate) fn plant(world: &World, fixture: &str) {
    let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/clients").join(fixture);
    let home = world.path("").display().to_string();
    let files = everything_below(&from).into_iter().filter(|path| path.is_file());
    for file in files {
        let text = fs::read_to_string(&file).expect("fixtures are text");
        let text = text.replace("{canary}", world.canary());
        let text = text.replace("{home}", home.trim_end_matches('/'));
        let below = file.strip_prefix(&from).expect("it is below").to_str().expect("it is text");
        world.plant(below, text);
    }
}

/// Adds the programs of `fixtures/mcp/programs` to those of a world: a server that needs its key, and
/// what starts it.
pub(crate) fn programs(world: &World) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/mcp/programs");
    for program in fs::read_dir(folder).expect("it is there").flatten() {
        let name = program.file_name().into_string().expect("it is text");
        let text = fs::read(program.path()).expect("it is read");
        let path = world.plant(&format!("bin/{name}"), text);
        fs::set_permissions(path, fs::Permissions::from_mode(0o700)).expect("it is ours");
    }
}

//! Snapshots in a bucket: on a real server (Garage), with credentials that may only do what the
//! printed policy says, and on servers and networks that misbehave.

use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::bucket_policy::Policy;
use super::bucket_server::{Asked, BucketServer};
use super::garage::{self, Garage};
use super::shell::Output;
use super::unruly::{Manner, Request, Unruly};
use super::world::{PROGRAM, World};

/// Claude's home with a token in it, and settings that name a bucket as the destination.
fn world_with(endpoint: &str, bucket: &str, key: (&str, &str)) -> World {
    let world = World::new();
    let token = format!("{{\"env\":{{\"TOKEN\":\"{}\"}}}}", world.canary());
    world.plant(".claude/settings.json", token);
    plant_transcript(&world, 1);
    plant_key(&world, "s3", key);
    world.plant(
        ".config/vaultctl/config.toml",
        format!(
            "[[snapshot.destination]]\nname = \"cloud\"\nurl = \"s3://{bucket}/laptop\"\nendpoint = \"http://{endpoint}\"\nregion = \"garage\"\ncredentials_file = \"~/s3\"\npatience = 20\n"
        ),
    );
    world
}

/// Larger than the buffers on the way; a later one begins as the one before.
fn plant_transcript(world: &World, nights: u64) {
    let line = |n: u64| {
        let noise = n.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ n.rotate_left(17);
        format!("{{\"n\":{n},\"text\":\"{noise:016x}{:016x}\"}}\n", noise.wrapping_mul(n | 1))
    };
    let text: String = (0..nights * 20_000).map(line).collect();
    world.plant(".claude/projects/-srv-x/session.jsonl", text);
}

fn plant_key(world: &World, name: &str, (id, secret): (&str, &str)) {
    let file = format!("aws_access_key_id = {id}\naws_secret_access_key = {secret}\n");
    let path = world.plant(name, file);
    fs::set_permissions(path, fs::Permissions::from_mode(0o600)).expect("it is ours");
}

fn init(world: &World) -> String {
    world.sh("vaultctl snapshot init 2>&1").reveal().ok()
}

fn snapshots(world: &World) -> Vec<String> {
    let list = world.sh("vaultctl snapshot list").run().ok();
    list.lines().map(|line| line.split(' ').next().expect("a name").to_owned()).collect()
}

/// Everything is there as it was signed, opens, and comes back.
fn expect_usable(world: &World, restored: &str) {
    world.sh("vaultctl snapshot verify --level data").run().ok();
    world.sh(&format!("vaultctl snapshot restore --target {restored}")).run().ok();
    expect_restored(world, restored);
}

/// The transcript came back as it is. What was restored is removed: there are secrets in it.
fn expect_restored(world: &World, restored: &str) {
    let session = ".claude/projects/-srv-x/session.jsonl";
    let (live, back) = (world.path(session), world.path(restored).join("HOME").join(session));
    assert!(fs::read(live).expect("is there") == fs::read(back).expect("came back"));
    fs::remove_dir_all(world.path(restored)).expect("is ours");
}

pub(crate) fn on_garage(bucket: &str) -> (Arc<Garage>, World) {
    let garage = Garage::shared();
    garage.make_bucket(bucket);
    let world = world_with(garage.address(), bucket, garage::KEY);
    (garage, world)
}

#[test]
fn garage_keeps_snapshots() {
    let (_garage, world) = on_garage("whole-life");
    let said = init(&world);
    for line in [
        "writes that must not replace anything: ignored by the server; vaultctl looks before each write",
        "checksums of uploads: checked by the server",
        "deleting: these credentials may",
        "snapshot repository made at s3://whole-life/laptop",
    ] {
        assert!(said.contains(line), "{said}");
    }
    world.sh("vaultctl snapshot create").run().ok();
    world.sh("vaultctl snapshot create").run().ok();
    plant_transcript(&world, 2);
    world.sh("vaultctl snapshot create").run().ok();
    assert_eq!(snapshots(&world).len(), 3);
    for level in ["history", "exists", "scrub", "data"] {
        world.sh(&format!("vaultctl snapshot verify --level {level}")).run().ok();
    }
    expect_usable(&world, "restored");
    world.sh("vaultctl snapshot prune --yes").run().ok();
    world.sh("vaultctl snapshot init").run().fails(1);
}

/// Copies all that is there into the folder `fetched`, by a tool that is not ours.
fn fetch(world: &World, garage: &Garage, place: &str) {
    let (id, secret) = garage::KEY;
    let remote = format!(
        "export RCLONE_CONFIG=/dev/null RCLONE_CONFIG_G_TYPE=s3 RCLONE_CONFIG_G_PROVIDER=Other RCLONE_CONFIG_G_REGION=garage RCLONE_CONFIG_G_ENDPOINT=http://{} RCLONE_CONFIG_G_ACCESS_KEY_ID={id} RCLONE_CONFIG_G_SECRET_ACCESS_KEY={secret}",
        garage.address()
    );
    world.sh(&format!("{remote}; rclone sync G:{place} fetched")).run().ok();
}

/// The same bytes in both; each makes good what the other has lost, and neither stops the other.
#[test]
fn a_folder_and_a_bucket_hold_the_same() {
    let (garage, world) = on_garage("mirrored");
    let settings = ".config/vaultctl/config.toml";
    let cloud = fs::read_to_string(world.path(settings)).expect("is there");
    let disk = "[[snapshot.destination]]\nname = \"disk\"\nurl = \"~/disk\"\n";
    world.plant(settings, format!("{cloud}{disk}"));
    world.sh("vaultctl snapshot init --to disk").reveal().ok();
    world.sh("vaultctl snapshot init --to cloud").run().ok();
    world.sh("vaultctl snapshot create").run().ok();
    fetch(&world, &garage, "mirrored/laptop");
    world.sh("diff -r disk fetched").run().ok();

    world.sh("rm -r disk/packs disk/commits").run().ok();
    world.sh("vaultctl snapshot heal --to disk").run().ok();
    world.sh("diff -r disk fetched").run().ok();

    // One night the server is away.
    let away =
        cloud.replace(garage.address(), "127.0.0.1:1").replace("patience = 20", "patience = 0");
    world.plant(settings, format!("{away}{disk}"));
    plant_transcript(&world, 2);
    let said = world.sh("vaultctl snapshot create").run().fails(3);
    assert!(said.contains("can not be reached: Connection refused"), "{said}");
    world.plant(settings, format!("{cloud}{disk}"));
    world.sh("vaultctl snapshot heal --to cloud").run().ok();
    fetch(&world, &garage, "mirrored/laptop");
    world.sh("diff -r disk fetched").run().ok();
    for place in ["disk", "cloud"] {
        world.sh(&format!("vaultctl snapshot verify --to {place} --level data")).run().ok();
    }
}

/// By whoever has the paper, on a machine without us: fetched by rclone, restored by the script.
#[test]
fn a_bucket_is_restored_without_us() {
    let (garage, world) = on_garage("without-us");
    init(&world);
    world.sh("vaultctl snapshot create").run().ok();
    fetch(&world, &garage, "without-us/laptop");
    let identity = ".config/vaultctl/identity.txt";
    let signer = world.sh("ssh-keygen -lf .config/vaultctl/signing_key").run().ok();
    let signer = signer.split(' ').nth(1).expect("a fingerprint").to_owned();
    world.plant("paper.txt", {
        let key = fs::read_to_string(world.path(identity)).expect("is there");
        format!("# signer: {signer}\n{key}")
    });
    world.sh("sh fetched/restore.sh -i paper.txt fetched restored").run().ok();
    expect_restored(&world, "restored");
}

#[test]
fn everything_can_stand_in_one_url() {
    let garage = Garage::shared();
    garage.make_bucket("one-url");
    let world = World::new();
    world.plant(".claude/settings.json", "{}");
    let place = format!(
        "'s3://one-url/a/b?endpoint=http://{}&region=garage&path_style=true&patience=5'",
        garage.address()
    );
    let (id, secret) = garage::KEY;
    let keys = format!("export AWS_ACCESS_KEY_ID={id} AWS_SECRET_ACCESS_KEY={secret};");
    let settings = world.sh(&format!("{keys} vaultctl snapshot init --to {place}")).reveal().ok();
    for line in ["url = \"s3://one-url/a/b\"", "region = \"garage\"", "path_style = true"] {
        assert!(settings.contains(line), "{settings}");
    }
    world.sh(&format!("{keys} vaultctl snapshot create --to {place}")).run().ok();
    // AWS's own file, and one of its profiles.
    let profile = format!("[work]\naws_access_key_id = {id}\naws_secret_access_key = {secret}\n");
    world.plant(".aws/credentials", profile);
    world.sh(&format!("AWS_PROFILE=work vaultctl snapshot list --to {place}")).run().ok();
    world.sh(&format!("vaultctl snapshot list --to {place}")).run().fails(1);
}

#[test]
fn credentials_can_be_an_entry_of_the_store() {
    let garage = Garage::shared();
    garage.make_bucket("an-entry");
    let (id, secret) = garage::KEY;
    let world = World::with_store();
    world
        .sh("vaultctl insert -m backup/garage")
        .input(format!("{secret}\naccess_key_id: {id}\n"))
        .run()
        .ok();
    world.plant(
        ".config/vaultctl/config.toml",
        format!(
            "[[snapshot.destination]]\nname = \"cloud\"\nurl = \"s3://an-entry?endpoint=http://{}&region=garage\"\ncredentials = \"vault:backup/garage\"\n",
            garage.address()
        ),
    );
    init(&world);
    let audit = world.sh("vaultctl audit show").run().ok();
    assert!(audit.contains("backup/garage"), "{audit}");
    world.plant(
        ".config/vaultctl/config.toml",
        "[[snapshot.destination]]\nname = \"cloud\"\nurl = \"s3://an-entry\"\ncredentials = \"vault:backup/none\"\n",
    );
    world.sh("vaultctl snapshot list").run().fails(20);
}

#[test]
fn each_trouble_with_the_bucket_is_one_clear_line() {
    let (garage, world) = on_garage("troubles");
    init(&world);
    let settings = world.path(".config/vaultctl/config.toml");
    let proper = fs::read_to_string(&settings).expect("is there");
    let gone = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
        listener.local_addr().expect("has one").to_string()
    };
    let cases: [(&str, &str, i32, &str); 5] = [
        ("s3://troubles/laptop", "s3://no-such-bucket/laptop", 10, "there is no bucket"),
        ("s3://troubles/laptop", "s3://troubles/other", 10, "no snapshot repository"),
        ("\"garage\"", "\"elsewhere\"", 1, "is in another region"),
        (garage.address(), &gone, 14, "can not be reached: Connection refused"),
        ("~/s3", "~/none", 20, "there is no `"),
    ];
    for (from, to, status, said) in cases {
        let changed = proper.replacen(from, to, 1).replace("patience = 20", "patience = 1");
        assert_ne!(changed, proper);
        fs::write(&settings, changed).expect("is written");
        let error = world.sh("vaultctl snapshot list").run().fails(status);
        assert!(error.contains(said) && error.lines().count() == 2, "{to}: {error}");
    }
    fs::write(&settings, proper).expect("is written");
    for (id, secret) in
        [("GK000000000000000000000000", garage::KEY.1), (garage::KEY.0, &"0".repeat(64))]
    {
        plant_key(&world, "s3", (id, secret));
        let error = world.sh("vaultctl snapshot create").run().fails(1);
        assert!(error.contains("does not accept the credentials"), "{error}");
        assert!(!error.contains(secret), "{error}");
    }
}

#[test]
fn a_file_of_credentials_is_private_and_in_no_snapshot() {
    let (_garage, world) = on_garage("private");
    init(&world);
    let session = world.path(".claude");
    fs::rename(world.path("s3"), session.join("s3")).expect("is moved");
    let settings = world.path(".config/vaultctl/config.toml");
    let text = fs::read_to_string(&settings).expect("is there").replace("~/s3", "~/.claude/s3");
    fs::write(&settings, text).expect("is written");
    world.sh("vaultctl snapshot create").run().ok();
    let taken = world.sh("vaultctl snapshot restore --dry-run").run().ok();
    assert!(taken.contains("settings.json") && !taken.contains(".claude/s3"), "{taken}");
    fs::set_permissions(session.join("s3"), fs::Permissions::from_mode(0o640)).expect("is ours");
    let error = world.sh("vaultctl snapshot list").run().fails(1);
    assert!(error.contains("others can read it"), "{error}");
}

#[test]
fn a_full_bucket_is_told_and_stays_usable() {
    let (garage, world) = on_garage("full");
    init(&world);
    world.sh("vaultctl snapshot create").run().ok();
    let before = snapshots(&world);
    garage.limit_bucket("full", 1_000);
    plant_transcript(&world, 3);
    let error = world.sh("vaultctl snapshot create").run().fails(1);
    assert!(error.contains("no space is left in `s3://full/laptop`"), "{error}");
    assert_eq!(snapshots(&world), before);
    world.sh("vaultctl snapshot verify --level data").run().ok();
    garage.limit_bucket("full", 1_000_000_000);
    world.sh("vaultctl snapshot create").run().ok();
    expect_usable(&world, "restored");
}

const KILLS: u32 = 8;

/// `kill -9` at moments spread over the whole of a run: what is listed is whole, and the next run,
/// with nobody there, goes well.
#[test]
fn killed_runs_leave_a_usable_repository() {
    let (_garage, world) = on_garage("killed");
    init(&world);
    expect_kills_survived(&world, "create", |_| {});
    expect_kills_survived(&world, "prune --yes --keep-last 1 --grace 0s", |world| {
        world.sh("vaultctl snapshot create").run().ok();
    });
}

fn expect_kills_survived(world: &World, verb: &str, prepare: impl Fn(&World)) {
    plant_transcript(world, 9);
    prepare(world);
    let began = Instant::now();
    world.sh(&format!("vaultctl snapshot {verb}")).run().ok();
    let mut whole = began.elapsed();
    let mut killed = 0;
    for moment in 0..KILLS {
        plant_transcript(world, u64::from(moment) % 4 + 2);
        prepare(world);
        if is_killed_after(world, verb, whole * moment / KILLS) {
            killed += 1;
        } else {
            // It takes less than it did: the machine is less busy, or there is less to do.
            whole = whole * 2 / 3;
        }
        world.sh("vaultctl snapshot verify").run().ok();
    }
    assert!(killed >= KILLS / 4, "{killed} runs of `{verb}` were killed, the others had ended");
    world.sh(&format!("vaultctl snapshot {verb}")).run().ok();
    world.sh("vaultctl snapshot create").run().ok();
    expect_usable(world, "restored");
}

/// Whether it had not ended by itself.
fn is_killed_after(world: &World, verb: &str, moment: Duration) -> bool {
    let mut command = world.command(PROGRAM);
    command.arg("snapshot").args(verb.split(' ')).stdout(Stdio::null()).stderr(Stdio::null());
    let mut running = command.spawn().expect("starts");
    std::thread::sleep(moment);
    running.kill().expect("it was ours");
    running.wait().expect("has ended").signal().is_some()
}

/// A server in this process, in whose bucket everything lies as files of the world: what is uploaded
/// is searched for secrets too.
struct Cloud {
    world: World,
    server: BucketServer,
}

const WRITER: &str = "AKIDWRITER";
const MAINTAINER: &str = "AKIDMAINTAINER";

/// For what has to go well, and for what has to fail.
const PATIENT: &str = "patience = 20";
const IMPATIENT: &str = "patience = 5";

impl Cloud {
    fn new(rule: impl Fn(&Asked) -> bool + Send + Sync + 'static) -> Self {
        let place = World::new();
        let (writer, maintainer) =
            (format!("{}writer", place.canary()), format!("{}maintainer", place.canary()));
        fs::create_dir_all(place.path("server/vault")).expect("is made");
        let keys = [(WRITER, writer.as_str()), (MAINTAINER, maintainer.as_str())];
        let server = BucketServer::start(&place.path("server"), &keys, Arc::new(rule));
        plant_key(&place, "s3", (WRITER, &writer));
        plant_key(&place, "s3-all", (MAINTAINER, &maintainer));
        place.plant(".claude/settings.json", format!("{{\"token\":\"{}\"}}", place.canary()));
        plant_transcript(&place, 1);
        let cloud = Self { world: place, server };
        cloud.reach(cloud.server.address(), PATIENT);
        cloud
    }

    /// Settings by which the bucket is at that address.
    fn reach(&self, address: &str, more: &str) {
        self.world.plant(
            ".config/vaultctl/config.toml",
            format!(
                "[[snapshot.destination]]\nname = \"cloud\"\nurl = \"s3://vault/laptop\"\nendpoint = \"http://{address}\"\ncredentials = \"~/s3\"\n{more}\n"
            ),
        );
    }

    fn reach_directly(&self) {
        self.reach(self.server.address(), PATIENT);
    }
}

/// What `--policy` prints, applied by a server to one of two credentials; the other may do anything.
/// A share of the objects may be empty, and then there is nothing that could be refused.
fn what_is_not_allowed_at_night_is_named(world: &World) {
    for _ in 0..20 {
        // There are several snapshots of one day, of which `prune` removes none unasked: 3.
        drop(world.sh("vaultctl schedule run nightly").run());
        let listed = world.sh("vaultctl schedule list").run().ok();
        if listed.contains("  left out: snapshot verify --level scrub --subset ") {
            assert!(listed.contains(", exit status 3: snapshot prune: "), "no failure: {listed}");
            return assert!(listed.contains("may not read this object (s3:GetObject)"), "{listed}");
        }
    }
    panic!("something was read that the policy does not allow");
}

#[test]
fn the_printed_policy_is_enough_to_take_snapshots_and_for_nothing_else() {
    let printed =
        World::new().sh("vaultctl snapshot init --policy --to s3://vault/laptop").run().ok();
    let policy = Policy::parse(&printed);
    let cloud = Cloud::new(move |asked| asked.key_id == MAINTAINER || policy.allows(asked));
    let world = &cloud.world;

    // Init with the writer's credentials: they can not remove the probe, and that is said.
    let said = init(world);
    assert!(said.contains("writes that must not replace anything: kept by the server"), "{said}");
    assert!(said.contains("deleting: these credentials may not"), "{said}");
    world.sh("vaultctl snapshot create").run().ok();
    world.sh("vaultctl snapshot create").run().ok();
    plant_transcript(world, 2);
    world.sh("vaultctl snapshot create").run().ok();
    assert_eq!(snapshots(world).len(), 3);
    world.sh("vaultctl snapshot verify --level history").run().ok();
    world.sh("vaultctl snapshot verify --level exists").run().ok();

    for refused in ["verify", "verify --level data", "restore --target restored"] {
        let error = world.sh(&format!("vaultctl snapshot {refused}")).run().fails(15);
        assert!(error.contains("may not read this object (s3:GetObject)"), "{refused}: {error}");
        assert!(error.contains("maintenance_credentials"), "{refused}: {error}");
    }
    assert!(!world.path("restored").exists());
    what_is_not_allowed_at_night_is_named(world);

    let more = format!("{PATIENT}\nmaintenance_credentials = \"~/s3-all\"");
    cloud.reach(cloud.server.address(), &more);
    expect_usable(world, "restored");
    world.sh("vaultctl snapshot create").run().ok();
}

/// A folder that was away can only catch up from the bucket by whoever may read that.
#[test]
fn what_may_not_be_read_is_not_copied_elsewhere() {
    let printed = World::new().sh("vaultctl snapshot init --policy --to s3://vault/laptop").run();
    let policy = Policy::parse(&printed.ok());
    let cloud = Cloud::new(move |asked| asked.key_id == MAINTAINER || policy.allows(asked));
    let world = &cloud.world;
    let disk = "[[snapshot.destination]]\nname = \"disk\"\nurl = \"~/disk\"";
    cloud.reach(cloud.server.address(), &format!("{PATIENT}\n{disk}"));
    world.sh("vaultctl snapshot init --to cloud").reveal().ok();
    world.sh("vaultctl snapshot init --to disk").run().ok();
    world.sh("vaultctl snapshot create").run().ok();
    world.sh("mv disk away").run().ok();
    plant_transcript(world, 2);
    world.sh("vaultctl snapshot create").run().fails(3);
    world.sh("mv away disk").run().ok();
    // The next ones are there in full, night after night; that one is missing is told.
    for _ in 3..5 {
        let said = world.sh("vaultctl snapshot create").run().fails(3);
        assert!(said.contains("disk` has the new snapshot, and lacks older ones"), "{said}");
        assert!(said.contains("another destination has: 2\n"), "{said}");
    }
    world.sh("vaultctl snapshot restore --to disk --target restored").run().ok();
    expect_restored(world, "restored");
    let said = world.sh("vaultctl snapshot verify --to disk").run().fails(13);
    assert!(said.contains("the snapshot before it, number 2, is missing"), "{said}");
    let more = format!("{PATIENT}\nmaintenance_credentials = \"~/s3-all\"\n{disk}");
    cloud.reach(cloud.server.address(), &more);
    world.sh("vaultctl snapshot heal --to disk").run().ok();
    world.sh("vaultctl snapshot verify --to disk --level data").run().ok();
    world.sh("vaultctl snapshot create").run().ok();
}

/// What `docs/status.md` says that it takes to look from another machine, which has no more than that.
#[test]
fn a_reader_of_what_is_signed_sees_how_everything_stands() {
    let is_signed = |asked: &Asked| {
        let own = ["vaultctl-repo", "commits/", "drills/"];
        let starts = own.map(|name| format!("arn:aws:s3:::vault/laptop/{name}"));
        match asked.action.as_str() {
            "s3:ListBucket" => true,
            "s3:GetObject" => starts.iter().any(|start| asked.resource.starts_with(start)),
            _ => false,
        }
    };
    let cloud = Cloud::new(move |asked| asked.key_id == MAINTAINER || is_signed(asked));
    let world = &cloud.world;
    world.sh("mv s3 reader; cp -p s3-all s3").run().ok();
    init(world);
    world.sh("vaultctl snapshot create; vaultctl snapshot verify --report").run().ok();
    world.sh("mv reader s3").run().ok();
    let signer = "$(ssh-keygen -lf .config/vaultctl/signing_key.pub | cut -d ' ' -f 2)";
    let bucket = format!("s3://vault/laptop?endpoint=http://{}&patience=5", cloud.server.address());
    let call = format!(
        "mkdir other; AWS_SHARED_CREDENTIALS_FILE=$PWD/s3 HOME=$PWD/other vaultctl status --max-age 26h --to '{bucket}' --signer {signer}"
    );
    let status = world.sh(&call).run().ok();
    assert!(status.contains("newest snapshot ") && status.contains(": verified "), "{status}");
    assert!(!status.contains("fault") && !status.contains("problem"), "{status}");
}

/// Asked directly, without our program's good manners.
#[test]
fn the_printed_policy_refuses_what_a_thief_would_want() {
    let printed =
        World::new().sh("vaultctl snapshot init --policy --to s3://vault/laptop").run().ok();
    let policy = Policy::parse(&printed);
    let asked = |action: &str, key: &str, is_conditional: bool| Asked {
        key_id: WRITER.to_owned(),
        action: action.to_owned(),
        resource: format!("arn:aws:s3:::vault/{key}"),
        prefix: None,
        is_conditional,
    };
    for (action, key, is_conditional) in [
        ("s3:PutObject", "laptop/packs/aa/x", true),
        ("s3:PutObject", "laptop/commits/x.commit", true),
        ("s3:GetObject", "laptop/commits/x.commit", false),
        ("s3:GetObject", "laptop/vaultctl-repo.sig", false),
    ] {
        assert!(policy.allows(&asked(action, key, is_conditional)), "{action} {key}");
    }
    for (action, key, is_conditional) in [
        ("s3:PutObject", "laptop/packs/aa/x", false),
        ("s3:PutObject", "laptop/commits/x.commit", false),
        ("s3:PutObject", "other/commits/x.commit", true),
        ("s3:GetObject", "laptop/packs/aa/x", false),
        ("s3:GetObject", "laptop/snaps/x", false),
        ("s3:GetObject", "other/commits/x.commit", false),
        ("s3:DeleteObject", "laptop/packs/aa/x", false),
        ("s3:DeleteObject", "laptop/commits/x.commit", false),
        ("s3:CreateMultipartUpload", "laptop/packs/aa/x", false),
    ] {
        assert!(!policy.allows(&asked(action, key, is_conditional)), "{action} {key}");
    }
}

fn anything(_: &Asked) -> bool {
    true
}

/// What a test wants to happen, and how `create` has to end.
struct Case {
    what: &'static str,
    times: usize,
    manner: Manner,
    meant: fn(&Request) -> bool,
    /// The exit status, and a part of the error.
    ends: Option<(i32, &'static str)>,
}

const ALWAYS: usize = usize::MAX;

/// Runs `create` through each trouble. Whatever came of it: what is reported stored is there, what
/// is listed is whole, and when the trouble is over the next run goes well.
fn survives(cases: &[Case]) {
    let cloud = Cloud::new(anything);
    init(&cloud.world);
    cloud.world.sh("vaultctl snapshot create").run().ok();
    for (number, case) in cases.iter().enumerate() {
        plant_transcript(&cloud.world, number as u64 + 2);
        let before = snapshots(&cloud.world);
        let output = create_amid(&cloud, case);
        let after = snapshots(&cloud.world);
        match case.ends {
            None => {
                let created = output.ok();
                assert_eq!(after.last().map(String::as_str), Some(created.trim()), "{}", case.what);
            }
            Some((status, said)) => {
                assert!(output.stdout.is_empty(), "{}: nothing is reported stored", case.what);
                let error = output.fails(status);
                assert!(error.contains(said), "{}: {error}", case.what);
                assert!(after.len() <= before.len() + 1, "{}", case.what);
            }
        }
        cloud.world.sh("vaultctl snapshot verify --level data").run().ok();
        cloud.world.sh("vaultctl snapshot create").run().ok();
        expect_usable(&cloud.world, "restored");
    }
}

/// Runs `create` while that happens; afterwards the network is a good one again.
fn create_amid(cloud: &Cloud, case: &Case) -> Output {
    let unruly = Unruly::before(cloud.server.address());
    unruly.misbehaves(case.times, case.manner, case.meant);
    cloud.reach(unruly.address(), if case.ends.is_none() { PATIENT } else { IMPATIENT });
    let output = cloud.world.sh("vaultctl snapshot create").run();
    cloud.reach_directly();
    output
}

#[test]
fn a_server_that_is_busy_for_a_moment_stops_nobody() {
    let busy = |what, status, meant| Case {
        what,
        times: 2,
        manner: Manner::Answers(status),
        meant,
        ends: None,
    };
    survives(&[
        busy("500 on packs", 500, |asked| asked.stores("/packs/")),
        busy("503 on the object", 503, |asked| asked.stores("/snaps/")),
        busy("409 on the commit", 409, |asked| asked.stores(".commit")),
        busy("503 on lists", 503, |asked| asked.lists()),
        busy("429 on everything", 429, |_| true),
        Case {
            what: "every answer takes a while",
            times: ALWAYS,
            manner: Manner::Delays(Duration::from_millis(100)),
            meant: |_| true,
            ends: None,
        },
    ]);
}

#[test]
fn connections_that_break_stop_nobody() {
    let cut = |what, manner, meant| Case { what, times: 2, manner, meant, ends: None };
    survives(&[
        cut("an upload is cut", Manner::CutsUpload(300_000), |asked| asked.stores("/packs/")),
        cut("an upload is cut at once", Manner::CutsUpload(0), |asked| asked.stores("/snaps/")),
        cut("a listing is cut", Manner::CutsDownload(250), |asked| asked.lists()),
        cut("a commit is cut while it comes", Manner::CutsDownload(300), |asked| {
            asked.reads(".commit")
        }),
        cut("answers to packs are lost", Manner::LosesAnswer, |asked| asked.stores("/packs/")),
        cut("the answer to the object is lost", Manner::LosesAnswer, |asked| {
            asked.stores("/snaps/")
        }),
        cut("answers to signature and commit are lost", Manner::LosesAnswer, |asked| {
            asked.stores("/commits/")
        }),
    ]);
}

#[test]
fn a_server_that_will_not_is_one_clear_error() {
    let case = |what, manner, meant, ends| Case { what, times: ALWAYS, manner, meant, ends };
    survives(&[
        case(
            "it fails at every pack",
            Manner::Answers(500),
            |asked| asked.stores("/packs/"),
            Some((14, "can not be reached: the server answers 500")),
        ),
        case(
            "it fails at every commit",
            Manner::Answers(503),
            |asked| asked.stores(".commit"),
            Some((14, "can not be reached: the server answers 503")),
        ),
        case(
            "it is full",
            Manner::Answers(507),
            |asked| asked.stores("/packs/"),
            Some((1, "no space is left in `s3://vault/laptop`")),
        ),
        case(
            "it knows no conditional writes",
            Manner::Answers(501),
            |asked| asked.stores("/packs/"),
            Some((1, "refuses: the server answers 501")),
        ),
        case(
            "it never takes an upload to its end",
            Manner::CutsUpload(300_000),
            |asked| asked.stores("/packs/"),
            Some((14, "can not be reached")),
        ),
        case(
            "it says that it has packs, and throws them away",
            Manner::AnswersEarly(200),
            |asked| asked.stores("/packs/"),
            Some((13, "it is not there as it was written")),
        ),
        case(
            "it says that it has the commit, and throws it away",
            Manner::AnswersEarly(200),
            |asked| asked.stores(".commit"),
            Some((13, "has not kept")),
        ),
    ]);
}

#[test]
fn a_server_that_never_answers_is_not_waited_for_for_ever() {
    let case = |what, manner, meant, ends| Case { what, times: ALWAYS, manner, meant, ends };
    survives(&[
        case(
            "it takes packs and never answers",
            Manner::Hangs,
            |asked| asked.stores("/packs/"),
            Some((14, "it does not answer in time")),
        ),
        case(
            "it never answers",
            Manner::Hangs,
            |asked| asked.lists(),
            Some((14, "it does not answer in time")),
        ),
    ]);
}

/// Condition and checksum are headers: a server that does not know them refuses whoever sends them.
#[test]
fn a_server_that_refuses_what_it_does_not_know_is_asked_for_less() {
    const CONDITION: &str = "not known to the server; vaultctl looks before each write";
    const CHECKSUM: &str = "checksums of uploads: not checked by the server";
    for (headers, condition, checksum) in [
        (&["if-none-match"][..], false, true),
        (&["x-amz-checksum-sha256"], true, false),
        (&["if-none-match", "x-amz-checksum-sha256"], false, false),
    ] {
        let cloud = Cloud::new(anything);
        let world = &cloud.world;
        let unruly = Unruly::before(cloud.server.address());
        unruly.behaves(|asked| {
            let is_known = !headers.iter().any(|header| asked.has_header(header));
            if is_known { Manner::Proper } else { Manner::Answers(501) }
        });
        cloud.reach(unruly.address(), PATIENT);
        let said = init(world);
        assert_eq!(said.contains(CONDITION), !condition, "{headers:?}: {said}");
        assert_eq!(said.contains(CHECKSUM), !checksum, "{headers:?}: {said}");
        world.sh("vaultctl snapshot create").run().ok();
        expect_usable(world, "restored");
    }
}

/// TLS in front of a server, by a certificate of its own that no system trusts.
struct Encrypted {
    folder: tempfile::TempDir,
    process: Child,
    address: String,
}

const TLS_PROXY: &str = r#"
const [server, folder] = process.argv.slice(2), fs = require('fs'), net = require('net');
const read = name => fs.readFileSync(`${folder}/${name}`);
require('tls').createServer({ key: read('key.pem'), cert: read('cert.pem') }, client => {
  const [host, port] = server.split(':'), plain = net.connect(port, host);
  client.on('error', () => plain.destroy()), plain.on('error', () => client.destroy());
  client.pipe(plain).pipe(client);
}).on('tlsClientError', () => {}).listen(0, '127.0.0.1', function () {
  console.log(this.address().port);
});
"#;

impl Encrypted {
    fn before(server: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let made = Command::new("openssl")
            .args("req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=test -addext subjectAltName=IP:127.0.0.1 -addext basicConstraints=critical,CA:FALSE -keyout key.pem -out cert.pem".split(' '))
            .current_dir(folder.path())
            .output()
            .expect("openssl starts");
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        fs::write(folder.path().join("proxy.js"), TLS_PROXY).expect("is written");
        let mut process = Command::new("node")
            .args([folder.path().join("proxy.js").as_os_str(), server.as_ref()])
            .arg(folder.path())
            .stdout(Stdio::piped())
            .spawn()
            .expect("node starts");
        let mut port = String::new();
        let stdout = process.stdout.take().expect("it was piped");
        BufReader::new(stdout).read_line(&mut port).expect("it tells its port");
        Self { folder, process, address: format!("127.0.0.1:{}", port.trim()) }
    }
}

impl Drop for Encrypted {
    fn drop(&mut self) {
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

#[test]
fn a_server_is_believed_by_its_certificate_only() {
    let cloud = Cloud::new(anything);
    let world = &cloud.world;
    init(world);
    let encrypted = Encrypted::before(cloud.server.address());
    let (https, http) = (format!("https://{}", encrypted.address), cloud.server.address());
    let settings = world.path(".config/vaultctl/config.toml");
    let text = fs::read_to_string(&settings).expect("is there");
    world.plant(".config/vaultctl/config.toml", text.replace(&format!("http://{http}"), &https));
    let began = Instant::now();
    let error = world.sh("vaultctl snapshot create").run().fails(1);
    assert!(error.contains("refuses: invalid peer certificate"), "{error}");
    assert!(began.elapsed() < Duration::from_secs(5), "it is not tried again");
    let trust = format!("SSL_CERT_FILE={}", encrypted.folder.path().join("cert.pem").display());
    world.sh(&format!("{trust} vaultctl snapshot create")).run().ok();
    world.sh(&format!("{trust} vaultctl snapshot verify --level data")).run().ok();
}

#[test]
fn a_download_that_is_cut_goes_on_where_it_was() {
    let cloud = Cloud::new(anything);
    let world = &cloud.world;
    init(world);
    world.sh("vaultctl snapshot create").run().ok();
    let unruly = Unruly::before(cloud.server.address());
    cloud.reach(unruly.address(), IMPATIENT);
    for bytes in [400, 10_000, 200_000] {
        unruly.misbehaves(4, Manner::CutsDownload(bytes), |asked| asked.reads("/packs/"));
        expect_usable(world, "restored");
    }
    unruly.misbehaves(1, Manner::Stalls(200_000), |asked| asked.reads("/packs/"));
    expect_usable(world, "restored");
    // A network that never gets so far is no damage of the snapshot.
    unruly.misbehaves(ALWAYS, Manner::CutsDownload(200), |asked| asked.reads("/packs/"));
    for checked in ["verify", "verify --level data", "restore --target restored"] {
        let began = Instant::now();
        let error = world.sh(&format!("vaultctl snapshot {checked}")).run().fails(14);
        assert!(error.contains("can not be reached"), "{checked}: {error}");
        assert!(began.elapsed() < Duration::from_secs(60), "{checked}");
    }
    assert!(!world.path("restored").exists());
}

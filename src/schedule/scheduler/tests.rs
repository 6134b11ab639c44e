use std::path::Path;

use super::*;

fn job(at: &str) -> Job {
    let settings =
        format!("[[schedule]]\njob = \"x\"\nat = \"{at}\"\nrun = [\"ls\"]\njitter = \"5m\"\n");
    Job::all(&toml::from_str(&settings).expect("is well-formed")).expect("is fine").swap_remove(0)
}

fn setting<'a>(home: &'a Path, variables: &'a Variables, program: &str) -> Setting<'a> {
    let environment = vec![("PATH".to_owned(), "/usr/bin:/bin".into())];
    Setting { program: program.into(), home, variables, environment }
}

/// The text of the one file of that ending.
fn written(scheduler: Scheduler, at: &str, program: &str, ending: &str) -> String {
    let home = tempfile::tempdir().expect("a folder");
    let variables = Variables::default();
    let setting = setting(home.path(), &variables, program);
    let plan = scheduler.plan(&[job(at)], &setting).expect("can be said");
    let texts = plan.changes.into_iter().filter_map(|change| match change {
        Change::Write { path, text } => path.to_string_lossy().ends_with(ending).then_some(text),
        Change::Crontab { text } => Some(text),
        Change::Remove { .. } => None,
    });
    texts.collect()
}

fn lines_with<'t>(text: &'t str, word: &str) -> Vec<&'t str> {
    text.lines().filter(|line| line.contains(word)).collect()
}

#[test]
fn a_timer_has_each_rule_and_the_hour_after_a_gap() {
    let events = |at: &str| {
        let timer = written(Scheduler::Systemd, at, "/bin/vaultctl", ".timer");
        assert!(timer.contains("\nPersistent=true\nRandomizedDelaySec=300\n"));
        lines_with(&timer, "OnCalendar=").iter().map(|line| (*line).to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(events("30 2 * * *"), ["OnCalendar=*-*-* 02:30:00", "OnCalendar=*-*-* 03:00:00"]);
    assert_eq!(events("0 12 * * 1-5"), ["OnCalendar=Mon,Tue,Wed,Thu,Fri *-*-* 12:00:00"]);
    assert_eq!(
        events("0 12 13 * 5"),
        ["OnCalendar=*-*-13 12:00:00", "OnCalendar=Fri *-*-* 12:00:00"]
    );
    assert_eq!(events("*/15 * * * *"), ["OnCalendar=*-*-* *:00,15,30,45:00"]);
}

#[test]
fn a_path_with_odd_characters_is_still_one_path() {
    let service = written(Scheduler::Systemd, "@daily", "/o d/50%$\"x", ".service");
    assert_eq!(
        lines_with(&service, "ExecStart"),
        ["ExecStart=\"/o d/50%%$$\\\"x\" --no-input --quiet schedule run --due x"]
    );
    let agent = written(Scheduler::Launchd, "@daily", "/o d/<&>", ".plist");
    assert!(agent.contains("<string>/o d/&lt;&amp;&gt;</string>"), "{agent}");
    let block = written(Scheduler::Cron, "@daily", "/o d/50%'x", "");
    assert!(
        block.contains("0 0 * * * PATH=/usr/bin:/bin '/o d/50\\%'\\''x' --no-input"),
        "{block}"
    );
    let home = tempfile::tempdir().expect("a folder");
    let variables = Variables::default();
    let setting = setting(home.path(), &variables, "/two\nlines");
    for scheduler in Scheduler::ALL {
        let plan = scheduler.plan(&[job("@daily")], &setting);
        assert!(matches!(plan, Err(Error::Unspeakable(_))), "{}", scheduler.word());
    }
}

#[test]
fn cron_and_launchd_start_too_often_rather_than_too_seldom() {
    let block = written(Scheduler::Cron, "Mon *-*-01 3:00", "/bin/vaultctl", "");
    assert_eq!(
        lines_with(&block, "run --due --jitter x"),
        [
            "0 3 1 * * PATH=/usr/bin:/bin /bin/vaultctl --no-input --quiet schedule run --due --jitter x"
        ]
    );
    let agent = written(Scheduler::Launchd, "Mon *-*-01 3:00", "/bin/vaultctl", ".plist");
    assert!(!agent.contains("Weekday"), "{agent}");
    let agent = written(Scheduler::Launchd, "30 2,14 * * 0,1", "/bin/vaultctl", ".plist");
    assert_eq!(lines_with(&agent, "<dict><key>Weekday").len(), 4);
}

#[test]
fn files_of_others_with_names_like_ours_stay() {
    let home = tempfile::tempdir().expect("a folder");
    let variables = Variables::default();
    let setting = setting(home.path(), &variables, "/bin/vaultctl");
    let folder = systemd::folder(&setting);
    sys::create_folder(&folder).expect("makes");
    let own = folder.join("vaultctl-agent.service");
    sys::write_private(&own, b"[Service]\nExecStart=/bin/true\n").expect("writes");
    let plan = Scheduler::Systemd.plan(&[], &setting).expect("looks");
    assert!(plan.changes.is_empty(), "{:?}", plan.changes);
    sys::write_private(&folder.join("vaultctl-x.timer"), b"[Timer]\n").expect("writes");
    let plan = Scheduler::Systemd.plan(&[job("@daily")], &setting);
    assert!(matches!(plan, Err(Error::Foreign(path)) if path.ends_with("vaultctl-x.timer")));
    assert!(Scheduler::Systemd.installed(&setting).expect("looks").is_empty());
}

#[test]
fn what_launchd_would_have_to_list_for_pages_is_refused() {
    let home = tempfile::tempdir().expect("a folder");
    let variables = Variables::default();
    let setting = setting(home.path(), &variables, "/bin/vaultctl");
    let plan = Scheduler::Launchd.plan(&[job("*/2 1-20 * * *")], &setting);
    let error = plan.expect_err("is too much").to_string();
    assert_eq!(error, "`*/2 1-20 * * *` is too much for launchd: 600 times, one by one");
}

#[test]
fn a_cron_that_refuses_stops_no_other_scheduler() {
    use std::os::unix::fs::PermissionsExt as _;
    let home = tempfile::tempdir().expect("a folder");
    let script = home.path().join("crontab");
    let refusal = "#!/bin/sh\necho 'You are not allowed to use this program' >&2\nexit 1\n";
    sys::write_private(&script, refusal.as_bytes()).expect("writes");
    std::fs::set_permissions(&script, std::fs::Permissions::from_mode(0o700)).expect("is ours");
    let path = ("PATH".into(), home.path().as_os_str().to_owned());
    let variables = Variables::default().with([path]);
    let setting = setting(home.path(), &variables, "/bin/vaultctl");
    assert!(Scheduler::Cron.installed(&setting).expect("looks").is_empty());
    assert!(Scheduler::Cron.plan(&[], &setting).expect("looks").changes.is_empty());
    let plan = Scheduler::Cron.plan(&[job("@daily")], &setting);
    assert!(matches!(plan, Err(Error::Refused { .. })), "who wants cron is told");
}

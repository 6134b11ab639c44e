//! The recovery sheet, followed line by line: `restore.sh` of the repository itself, with `age`,
//! `zstd`, `tar`, `sha256sum` and `ssh-keygen`.
//!
//! Only what the sheet's first line does is done otherwise: instead of fetching a whole bucket, or
//! giving a folder a name, what this snapshot needs is put into the folder `repository`. The script
//! and what the repository says of itself are copied there and compared with what was signed, so that
//! nobody exchanges them between the check and the use. The other lines are given to `sh` as they
//! stand on the sheet, with nothing of our surroundings but where programs are.

use std::path::{Path, PathBuf};

use crate::crypto::{Digest, Verifier};
use crate::secret::{Secret, SecretBuffer, SecretText};
use crate::snapshot::SnapshotId;
use crate::sys::{self, FileError, Folder, Helper, ScratchHome, Variables};

use super::super::checks::PREFIX;
use super::super::kit::{IDENTITY, Purpose, REPOSITORY, Source, Step, stock_steps};
use super::super::report::Phase;
use super::{Drill, Error, Stopwatch};

/// What the lines call; of each group one is enough.
const PROGRAMS: [&[&str]; 5] =
    [&["age", "rage"], &["zstd"], &["tar"], &["ssh-keygen"], &["sha256sum"]];

/// Whether everything is here that the sheet asks for.
pub(super) fn check_programs(variables: &Variables) -> Result<(), Error> {
    let is_missing = |group: &&&[&str]| !group.iter().any(|program| variables.has_program(program));
    let missing: Vec<&str> = PROGRAMS.iter().filter(is_missing).map(|group| group[0]).collect();
    if missing.is_empty() { Ok(()) } else { Err(Error::NoPrograms(missing.join(", "))) }
}

/// Restores below `scratch`.
pub(super) fn restore(
    drill: &Drill<'_>,
    folder: Option<&Path>,
    key: &SecretText,
    scratch: &Path,
    watch: &mut Stopwatch,
) -> Result<(), Error> {
    watch.during(Phase::Fetch, || fetch(drill, folder, scratch))?;
    watch.during(Phase::Restore, || follow(drill, key, scratch))
}

fn fetch(drill: &Drill<'_>, folder: Option<&Path>, scratch: &Path) -> Result<(), Error> {
    let place = scratch.join(REPOSITORY);
    sys::create_folder(&place)?;
    let to = open(&place)?;
    match folder {
        Some(folder) => drill.repository.link(&sys::absolute(folder.to_owned()), &to)?,
        None => {
            let go_on = || Ok(drill.go_on()?);
            drill.repository.fetch(drill.verified.commit(), &to, &go_on)?;
        }
    }
    Ok(())
}

fn open(path: &Path) -> Result<Folder, FileError> {
    let missing = || FileError::new("open", path, std::io::ErrorKind::NotFound.into());
    Folder::open(path)?.ok_or_else(missing)
}

fn follow(drill: &Drill<'_>, key: &SecretText, scratch: &Path) -> Result<(), Error> {
    let keys = folder_for_key(scratch)?;
    let place = keys.path().join(IDENTITY);
    let here = open(scratch)?;
    here.make_link(Path::new(IDENTITY), place.as_os_str().as_encoded_bytes(), (0, 0))?;
    let runner = Runner { drill, key, scratch, variables: bare(drill, scratch)? };
    let (signer, script) = (drill.repository.verifier(), drill.repository.restore_script());
    steps(signer, script).iter().try_for_each(|step| runner.run(step))
}

/// The lines but the first, which is about where the repository lies.
fn steps(signer: &Verifier, script: Digest) -> Vec<Step> {
    let mut steps = stock_steps(&Source::Folder(PathBuf::from(REPOSITORY)), signer, script);
    steps.retain(|step| step.purpose != Purpose::Fetch);
    steps
}

/// In memory, where the system has such a place: the key is on no disk then.
fn folder_for_key(scratch: &Path) -> Result<ScratchHome, FileError> {
    let in_memory = sys::memory_folder().and_then(|base| ScratchHome::make(base, PREFIX).ok());
    in_memory.map_or_else(|| ScratchHome::make(scratch, PREFIX), Ok)
}

/// What the lines get to know of us.
fn bare(drill: &Drill<'_>, scratch: &Path) -> Result<Variables, FileError> {
    let home = scratch.join("home");
    sys::create_folder(&home)?;
    let place = home.display().to_string();
    let path = drill.live.variables.text("PATH").unwrap_or(sys::SYSTEM_PATH);
    let all = [("PATH", path), ("HOME", &place), ("TMPDIR", &place), ("LC_ALL", "C")];
    Ok(all.map(|(name, value)| (name, value.to_owned())).into_iter().collect())
}

/// Somebody who types the lines.
struct Runner<'a> {
    drill: &'a Drill<'a>,
    key: &'a SecretText,
    scratch: &'a Path,
    variables: Variables,
}

impl Runner<'_> {
    fn run(&self, step: &Step) -> Result<(), Error> {
        self.drill.go_on()?;
        let line = for_snapshot(&step.line, self.drill.verified.commit().id);
        let typed =
            if step.purpose == Purpose::Identity { self.typed() } else { Secret::copy_from(b"") };
        let helper = Helper::new("sh", &self.variables).args(["-c", &line]);
        let helper = helper.in_folder(self.scratch);
        // EXPOSE: over a pipe to the line of the sheet that writes the private file.
        let outcome = helper.run_unless(self.drill.interrupts, typed.expose())?;
        self.drill.go_on()?;
        if outcome.code == Some(0) {
            return Ok(());
        }
        let said = outcome.stderr.lines().rev().find(|line| !line.trim().is_empty());
        let said = said.map_or_else(|| "it said nothing".to_owned(), str::to_owned);
        Err(Error::Stock { line, said })
    }

    /// The line on the paper, as whoever types it.
    fn typed(&self) -> Secret {
        let mut buffer = SecretBuffer::new();
        // EXPOSE: from one secret type into another.
        buffer.push(self.key.expose().as_bytes());
        buffer.push(b"\n");
        buffer.into_secret()
    }
}

/// The line that restores, for one snapshot instead of the newest.
fn for_snapshot(line: &str, id: SnapshotId) -> String {
    line.replacen("/restore.sh -i ", &format!("/restore.sh -s {id} -i "), 1)
}

#[cfg(test)]
mod tests {
    use crate::crypto::{Digest, Signer};

    use super::*;

    #[test]
    fn the_line_that_restores_names_the_snapshot_and_the_others_stay_as_they_are() {
        let signer = Signer::from_seed(&[1; 32], "test").verifier();
        let id: SnapshotId = "20261120T020000Z-000001".parse().expect("is one");
        let steps = steps(&signer, Digest::of(b"script"));
        assert!(
            steps.iter().all(|step| !step.line.contains("rclone") && !step.line.starts_with("ln "))
        );
        for Step { purpose, line, .. } in steps {
            let is_other = for_snapshot(&line, id) != line;
            assert_eq!(is_other, purpose == Purpose::Restore, "{line}");
        }
    }
}

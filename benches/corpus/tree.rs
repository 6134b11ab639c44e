//! Files and folders with given times, and walks over them in a fixed order.

use std::fs::{self, File, FileTimes, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// Writes a file whole, as a new one, with the folders above it.
pub(crate) fn write(path: &Path, content: &[u8], time: i64) -> io::Result<()> {
    fs::create_dir_all(path.parent().expect("it is in a folder"))?;
    let fresh = path.with_extension("fresh");
    let mut file = File::create(&fresh)?;
    file.write_all(content)?;
    dated(&file, time)?;
    fs::rename(fresh, path)
}

/// Appends to a file, which stays the same one.
pub(crate) fn append(path: &Path, content: &[u8], time: i64) -> io::Result<()> {
    let mut file = OpenOptions::new().append(true).open(path)?;
    file.write_all(content)?;
    dated(&file, time)
}

/// Removes a file or a folder, if there is one.
pub(crate) fn remove(path: &Path) -> io::Result<()> {
    let removed = if path.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) };
    match removed {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        removed => removed,
    }
}

/// What a folder holds, in order.
pub(crate) fn listed(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut paths: Vec<PathBuf> =
        fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<io::Result<_>>()?;
    paths.sort();
    Ok(paths)
}

/// How many files are below this one, and how large they are together.
pub(crate) fn totals(path: &Path) -> io::Result<(u64, u64)> {
    if !path.is_dir() {
        return Ok((1, path.symlink_metadata()?.len()));
    }
    listed(path)?.iter().try_fold((0, 0), |(files, bytes), path| {
        let (more, larger) = totals(path)?;
        Ok((files + more, bytes + larger))
    })
}

/// Gives every folder the time of the newest thing in it; theirs come from the clock otherwise.
pub(crate) fn settle(path: &Path) -> io::Result<SystemTime> {
    let found = path.symlink_metadata()?.modified()?;
    if !path.is_dir() {
        return Ok(found);
    }
    let times = listed(path)?.iter().map(|path| settle(path)).collect::<io::Result<Vec<_>>>()?;
    let newest = times.into_iter().max().unwrap_or(SystemTime::UNIX_EPOCH);
    // A folder in which nothing happened is not touched: that would be a change too.
    if newest != found {
        File::open(path)?.set_times(FileTimes::new().set_modified(newest))?;
    }
    Ok(newest)
}

/// When it was changed last, in seconds since 1970.
pub(crate) fn changed(path: &Path) -> io::Result<u64> {
    let time = path.symlink_metadata()?.modified()?;
    Ok(time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs())
}

/// Not a whole second: a snapshot has to keep what is below one too.
fn dated(file: &File, time: i64) -> io::Result<()> {
    let seconds = u64::try_from(time).expect("it is after 1970");
    let nanoseconds = u32::try_from(seconds % 997).expect("it is small") * 1_000_003;
    let time = SystemTime::UNIX_EPOCH + Duration::new(seconds, nanoseconds);
    file.set_times(FileTimes::new().set_accessed(time).set_modified(time))
}

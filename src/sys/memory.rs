//! Keeping the process's memory to itself.

/// Forbids core dumps of this process, and reading its memory by others of the same user.
///
/// The flag is per process and reset by execve, so a server launched by us can be debugged as
/// before; a resource limit would be inherited (prctl(2), `PR_SET_DUMPABLE`).
/// Elsewhere than on Linux there is no such flag, and this does nothing.
pub fn forbid_dumps() {
    #[cfg(target_os = "linux")]
    {
        use rustix::process::{DumpableBehavior, set_dumpable_behavior};
        // It can fail only for an argument the kernel does not know.
        set_dumpable_behavior(DumpableBehavior::NotDumpable).ok();
    }
}

//! The operating system, and nothing that knows what a store, a token or a snapshot is.
//!
//! The standard library's files, processes, variables and clock are used in this room only (a
//! lint sees to it), so "where does it write?" and "what does it run?" are answered by one folder.
//! Whatever depends on the outside (variables, clock, terminal) is a value in [`World`], made once
//! in `main` and handed down; nothing here is global and nothing is switched by a variable.

mod append;
mod clock;
mod exchange;
mod file;
mod folder;
mod folder_lock;
mod interrupts;
mod lines;
mod lock;
mod memory;
mod parallel;
mod partner;
mod planting;
mod process;
mod random;
mod replacement;
mod scratch;
mod scratch_home;
mod seat;
mod socket;
mod spool;
mod staging;
mod stdio;
mod terminal;
mod tree;
mod umask;
mod user;
mod world;

pub use append::{AppendFile, Line, each_line};
pub use clock::{Clock, SystemClock};
pub use exchange::{exchange, graft, inode, move_new};
pub use file::{
    FileError, absolute, create_folder, create_private, create_secret, create_shared_folder,
    exists, publish, read, read_private, read_secret, remove, remove_if_empty, rewrite,
    write_private,
};
pub use folder::{Folder, Item, Kind, Stamp};
pub use folder_lock::FolderLock;
pub use interrupts::Interrupts;
use lines::{Lines, Tail};
pub use lock::{Lock, LockError};
pub use memory::forbid_dumps;
pub use parallel::{DISK_WORKERS, in_parallel, processors};
pub use partner::{Effort, Exit, Heard, Partner};
pub use planting::Finish;
pub use process::{
    Environment, Helper, HelperError, Outcome, Program, into_argument, leave_behind,
    leave_terminal, replace_self,
};
pub use random::{random_below, random_hex, random_seed, random_text};
pub use replacement::{Replacement, sweep_replacements};
pub use scratch::Scratch;
pub use scratch_home::{ScratchHome, free_space, memory_folder};
pub use seat::Seat;
pub use socket::{LineSocket, is_private_folder, runtime_folder};
pub use spool::{DetachedReader, Spool, SpoolReader};
pub use staging::Staging;
pub use stdio::{StandardInput, StandardOutput};
pub use terminal::{
    NoTerminal, Prompt, PromptError, Terminal, UnseenInput, harmless, terminal_name,
};
pub use tree::{Facts, SteadyFile, facts, link_text, names_in, without_links, work_tree};
pub use umask::PrivateUmask;
pub use user::{
    Account, account, host_name, is_root_elsewhere, is_trusted_owner, parent_process, user_id,
    user_name,
};
pub use world::{SYSTEM_PATH, Variables, World, arguments, can_run, own_program};

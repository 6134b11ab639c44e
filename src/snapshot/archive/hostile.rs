//! Archives by somebody else's hand, for tests: the `tar` crate writes them, not our own writer.

use tar::{Builder, EntryType, Header};

/// The member that is to be blamed, and what the archive holds.
const CASES: &str = "
files/HOME/../x    | file files/HOME/../x
files/HOME/../../x | file files/HOME/../../x = x
/etc/x             | file /etc/x
files/etc          | file files/etc
files/HOME/d       | char files/HOME/d
files/HOME/d       | block files/HOME/d
files/HOME/f       | fifo files/HOME/f
files/HOME/s       | sparse files/HOME/s
files/HOME/g       | global files/HOME/g
files/HOME/a       | file files/HOME/a = 1; file files/HOME/a = 2
files/HOME/a       | folder files/HOME/a; folder files/HOME/a
files/HOME/a/b     | link files/HOME/a > /tmp; file files/HOME/a/b = x
files/HOME/a       | file files/HOME/a/b = x; link files/HOME/a > /tmp
files/HOME/a/b     | file files/HOME/a; file files/HOME/a/b
files/HOME/h       | hard files/HOME/h > /etc/passwd
files/HOME/h       | hard files/HOME/h > files/HOME/../../../etc/passwd
files/HOME/h       | hard files/HOME/h > files/HOME/not-there
files/HOME/h       | link files/HOME/l > /etc/passwd; hard files/HOME/h > files/HOME/l
files/HOME/l       | link files/HOME/l = content
META.json          | file META.json = {}
SUMS               | file files/HOME/a
SUMS               | file files/HOME/a; file SUMS = 0 0 files/HOME/a
PaxHeaders/x       | pax PaxHeaders/x = 20 size=99999999999; file files/HOME/a = x
PaxHeaders/x       | pax PaxHeaders/x = 18 path=/etc/pwned; file files/HOME/a = x
PaxHeaders/x       | pax PaxHeaders/x = 30 mtime=1.000000000 garbage..; file files/HOME/a = x
";

/// Each case: whom to blame, and the tar.
pub(crate) fn cases() -> impl Iterator<Item = (&'static str, Vec<u8>)> {
    let cases = CASES.lines().filter_map(|line| line.split_once('|'));
    cases.map(|(blamed, members)| (blamed.trim(), tar(members)))
}

/// Builds a tar: `META.json`, and then each `KIND NAME = CONTENT` or `KIND NAME > LINK`.
pub(crate) fn tar(members: &str) -> Vec<u8> {
    let mut builder = Builder::new(Vec::new());
    add(&mut builder, "file META.json = {}");
    members.split(';').for_each(|member| add(&mut builder, member.trim()));
    builder.into_inner().expect("ends")
}

/// A tar of these: name, kind, content, link.
pub(crate) fn raw_tar(members: &[(&str, &str, &str, &str)]) -> Vec<u8> {
    let mut builder = Builder::new(Vec::new());
    for (name, kind, content, link) in members {
        add_raw(&mut builder, name.as_bytes(), entry_type(kind), content.as_bytes(), link);
    }
    builder.into_inner().expect("ends")
}

fn add(builder: &mut Builder<Vec<u8>>, member: &str) {
    let (head, content) = member.split_once(" = ").unwrap_or((member, ""));
    let (head, link) = head.split_once(" > ").unwrap_or((head, ""));
    let (kind, name) = head.split_once(' ').expect("a kind and a name");
    let is_text = matches!(kind, "pax") || name == "SUMS";
    let content = if is_text { format!("{content}\n") } else { content.to_owned() };
    add_raw(builder, name.as_bytes(), entry_type(kind), content.as_bytes(), link);
}

/// As it lies in a snapshot object.
pub(crate) fn compress(tar: &[u8]) -> Vec<u8> {
    zstd::encode_all(tar, 1).expect("compresses")
}

/// Adds a member whose name and content may be anything.
pub(crate) fn add_raw(
    builder: &mut Builder<Vec<u8>>,
    name: &[u8],
    kind: EntryType,
    content: &[u8],
    link: &str,
) {
    let mut header = Header::new_ustar();
    header.set_entry_type(kind);
    header.set_mode(0o4755);
    header.set_uid(0);
    header.set_gid(0);
    header.set_mtime(0);
    header.set_size(content.len() as u64);
    let fields = header.as_ustar_mut().expect("is one");
    fields.name[..name.len()].copy_from_slice(name);
    fields.linkname[..link.len()].copy_from_slice(link.as_bytes());
    header.set_cksum();
    builder.append(&header, content).expect("appends");
}

fn entry_type(kind: &str) -> EntryType {
    match kind {
        "file" => EntryType::Regular,
        "folder" => EntryType::Directory,
        "link" => EntryType::Symlink,
        "hard" => EntryType::Link,
        "char" => EntryType::Char,
        "block" => EntryType::Block,
        "fifo" => EntryType::Fifo,
        "sparse" => EntryType::GNUSparse,
        "global" => EntryType::XGlobalHeader,
        "pax" => EntryType::XHeader,
        other => panic!("no kind `{other}`"),
    }
}

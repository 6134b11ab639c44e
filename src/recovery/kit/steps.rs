//! The lines that restore: the one place where they are made. The sheet shows them, a drill follows
//! them, and the tests type them.
//!
//! They are for a POSIX shell in an empty folder, one after the other. The repository is called
//! `repository` there, whatever it is and wherever it lies, so that only the first line differs.

use crate::crypto::{Digest, Verifier};
use crate::storage::Bucket;

use super::{Kit, Source};

/// What the lines call the copy of the repository, or the link to it.
pub const REPOSITORY: &str = "repository";

/// What they call the file with the recovery identity.
pub const IDENTITY: &str = "identity.txt";

/// Where they restore to.
pub const TARGET: &str = "restored";

/// The region of a server of one's own for which none was said; it is AWS's word for none.
const NO_REGION: &str = "us-east-1";

/// What a line is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// The repository gets its name in the folder.
    Fetch,
    /// The identity comes from the paper: the line reads it from its standard input.
    Identity,
    /// What is there is compared with the paper.
    Check,
    /// Files come back.
    Restore,
}

/// One line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// What it is for.
    pub purpose: Purpose,
    /// The same in words, for whoever types it.
    pub why: &'static str,
    /// The line.
    pub line: String,
}

/// The lines that restore from `source` without us: with `age`, `zstd`, `tar`, `ssh-keygen`,
/// `sha256sum`, and `rclone` for a bucket. Who one is for a bucket's server, the variables
/// `AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY` say. `script` is the SHA-256 of `restore.sh`.
#[must_use]
pub fn stock_steps(source: &Source, signer: &Verifier, script: Digest) -> Vec<Step> {
    let mut steps = vec![fetch(source)];
    steps.extend(identity(signer));
    steps.extend(check(signer, script));
    steps.push(Step {
        purpose: Purpose::Restore,
        why: "Restore. What was in the home is in restored/HOME then",
        line: format!("sh {REPOSITORY}/restore.sh -i {IDENTITY} {REPOSITORY} {TARGET}"),
    });
    steps
}

impl Kit {
    /// As [`stock_steps`], from one of the places on this sheet.
    #[must_use]
    pub fn stock_steps(&self, source: &Source) -> Vec<Step> {
        stock_steps(source, &self.signer, self.script)
    }

    /// The one line that does it all, with us.
    #[must_use]
    pub fn recover_line(&self, source: &Source) -> String {
        let signer = self.signer.fingerprint();
        format!("vaultctl recover --from {} --signer {signer}", word(&source.url()))
    }
}

fn fetch(source: &Source) -> Step {
    let (why, line) = match source {
        Source::Folder(folder) => (
            "Give the snapshots a name here (change the path if the disk is elsewhere now)",
            format!("ln -s {} {REPOSITORY}", word(&folder.display().to_string())),
        ),
        Source::Bucket { bucket, .. } => (
            "Fetch the snapshots",
            format!("rclone copy {} {REPOSITORY}", word(&rclone_place(bucket))),
        ),
    };
    Step { purpose: Purpose::Fetch, why, line }
}

/// A place that rclone understands without a configuration of its own.
fn rclone_place(bucket: &Bucket) -> String {
    let provider = if bucket.endpoint.is_some() { "Other" } else { "AWS" };
    let region = bucket.region.as_deref().unwrap_or(NO_REGION);
    let path_style = bucket.path_style.unwrap_or(bucket.endpoint.is_some());
    let endpoint = bucket.endpoint.iter().map(|url| format!(",endpoint=\"{url}\""));
    let endpoint: String = endpoint.collect();
    let place = bucket.place();
    let place = place.trim_start_matches("s3://");
    format!(
        ":s3,provider={provider},env_auth=true,region={region},force_path_style={path_style}{endpoint}:{place}"
    )
}

fn identity(signer: &Verifier) -> [Step; 2] {
    let signer = signer.fingerprint();
    let lines = [
        (
            "Begin a private file with the name of the signer whom you trust",
            format!("(umask 077 && echo '# signer: {signer}' > {IDENTITY})"),
        ),
        (
            "Type the recovery identity into it (AGE-SECRET-KEY-...), then Enter, then Ctrl-D",
            format!("cat >> {IDENTITY}"),
        ),
    ];
    lines.map(|(why, line)| Step { purpose: Purpose::Identity, why, line })
}

fn check(signer: &Verifier, script: Digest) -> [Step; 3] {
    let lines = [
        (
            "Is the script the one that belongs to this sheet? It must say OK",
            format!("echo '{script} *{REPOSITORY}/restore.sh' | sha256sum -c -"),
        ),
        ("Write down the signer", format!("echo 'vaultctl {}' > signers", signer.to_line())),
        (
            "Is it your repository? It must say: Good \"vaultctl-repo\" signature",
            format!(
                "ssh-keygen -Y verify -f signers -I vaultctl -n vaultctl-repo -s {REPOSITORY}/vaultctl-repo.sig < {REPOSITORY}/vaultctl-repo"
            ),
        ),
    ];
    lines.map(|(why, line)| Step { purpose: Purpose::Check, why, line })
}

/// One word for a shell.
fn word(text: &str) -> String {
    format!("'{}'", text.replace('\'', "'\\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_one_word_whatever_is_in_it() {
        assert_eq!(word("/srv/Ann's disk"), "'/srv/Ann'\\''s disk'");
    }

    #[test]
    fn rclone_is_told_all_of_the_bucket() {
        let bucket = |url: &str| url.parse().expect("is one");
        let own = bucket("s3://vault/claude?endpoint=http://127.0.0.1:3900&region=garage");
        assert_eq!(
            rclone_place(&own),
            ":s3,provider=Other,env_auth=true,region=garage,force_path_style=true,endpoint=\"http://127.0.0.1:3900\":vault/claude"
        );
        assert_eq!(
            rclone_place(&bucket("s3://vault")),
            ":s3,provider=AWS,env_auth=true,region=us-east-1,force_path_style=false:vault"
        );
    }
}

//! The keys that a new user needs, made in one go.

use crate::crypto::{Fingerprint, Identity, Recipient};
use crate::secret::{Secret, SecretText};

use super::identity;

/// What [`super::Keyring::establish`] has made; what was there already is left out.
#[derive(Default)]
pub struct Established {
    /// The everyday identity's file.
    pub identity: Option<std::path::PathBuf>,
    /// Whether that file has a passphrase.
    pub has_passphrase: bool,
    /// The signing key's fingerprint.
    pub signer: Option<Fingerprint>,
}

/// A second key to everything, for paper. It vouches for the signer, so that whoever restores with
/// it need not believe what a repository says of itself.
pub struct RecoveryIdentity {
    file: Secret,
    recipient: Recipient,
}

impl RecoveryIdentity {
    pub(super) fn make(signer: &Fingerprint, at: jiff::Timestamp, host: &str) -> Self {
        let (text, recipient): (SecretText, Recipient) = Identity::make();
        let comments = format!(
            "# vaultctl recovery identity, made {at:.0} on {host}\n# public key: {recipient}\n# signer: {signer}\n"
        );
        Self { file: identity::render(&comments, &text), recipient }
    }

    /// The identity file's text.
    #[must_use]
    pub fn file(&self) -> &Secret {
        &self.file
    }

    /// Its public half.
    #[must_use]
    pub fn recipient(&self) -> &Recipient {
        &self.recipient
    }
}

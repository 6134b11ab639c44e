//! Why there is no code.

/// Says which part is wrong; never what it holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// No line of the entry is a key.
    #[error("there is no `otpauth://` line")]
    NoLine,
    /// It is not UTF-8, or says so of what it encodes.
    #[error("the `otpauth://` line is not text")]
    NotText,
    /// It does not begin as one.
    #[error("a one-time password's line begins with `otpauth://totp/` or `otpauth://hotp/`")]
    NotOne,
    /// The label is empty, or has more than one colon.
    #[error("the `otpauth://` line does not say whose it is: `issuer:account`")]
    NoAccount,
    /// A parameter is missing.
    #[error("the `otpauth://` line has no `{0}`")]
    Missing(&'static str),
    /// A parameter stands there twice.
    #[error("the `otpauth://` line has more than one `{0}`")]
    Twice(&'static str),
    /// A parameter is not what it should be.
    #[error("the `{0}` of the `otpauth://` line is not {1}")]
    Bad(&'static str, &'static str),
    /// A counter that can not be counted further.
    #[error("the `counter` of the `otpauth://` line has come to its end")]
    Exhausted,
}

//! A secret as a QR code, to be read by a phone.
//!
//! As with `pass`, a window shows it where there is a display, `qrencode` and a viewer; otherwise it
//! is drawn for the terminal, with the margin, error correction and blocks of `qrencode -t utf8`, but
//! in this process: no other program sees the value. For a page it is a picture, likewise made here. The
//! encoder's own buffers are not wiped.

mod drawing;
mod picture;
mod window;

pub use drawing::drawn;
pub use picture::picture;
pub use window::shown;

/// Why there is no code.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The largest code is too small for it.
    #[error("the value does not fit into a QR code, which holds at most 2953 bytes")]
    TooLong,
    /// The program that should show it failed.
    #[error("`{0}` could not show the QR code")]
    NotShown(&'static str),
}

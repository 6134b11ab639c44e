//! A code out of blocks, two modules to a character.

use qrcode::{Color, EcLevel, QrCode};

use crate::secret::{Secret, SecretBuffer};

use super::Error;

/// The empty modules round a code (ISO/IEC 18004, "Quiet zone").
pub(super) const QUIET: usize = 4;

/// The code as lines of text. Modules are dark where the terminal's background is, as `qrencode`
/// has it.
///
/// # Errors
/// [`Error::TooLong`].
pub fn drawn(value: &Secret) -> Result<Secret, Error> {
    // EXPOSE: encoded for a person who asked to see it.
    let code = QrCode::with_error_correction_level(value.expose(), EcLevel::L);
    let code = code.map_err(|_| Error::TooLong)?;
    let side = QUIET + code.width() + QUIET;
    let mut lines = SecretBuffer::new();
    for upper in (0..side).step_by(2) {
        for x in 0..side {
            lines.push(block(is_dark(&code, x, upper), is_dark(&code, x, upper + 1)).as_bytes());
        }
        lines.push(b"\n");
    }
    Ok(lines.into_secret())
}

/// Whether a module is dark; the quiet zone, and what is beyond it, is not.
fn is_dark(code: &QrCode, x: usize, y: usize) -> bool {
    let inside = QUIET..QUIET + code.width();
    inside.contains(&x) && inside.contains(&y) && code[(x - QUIET, y - QUIET)] == Color::Dark
}

fn block(upper_is_dark: bool, lower_is_dark: bool) -> &'static str {
    match (upper_is_dark, lower_is_dark) {
        (false, false) => "█",
        (false, true) => "▀",
        (true, false) => "▄",
        (true, true) => " ",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(value: &[u8]) -> Vec<String> {
        // EXPOSE: the test looks at what was drawn.
        let drawn = drawn(&Secret::copy_from(value)).expect("it fits");
        let text = String::from_utf8(drawn.expose().to_vec()).expect("it is text");
        text.lines().map(str::to_owned).collect()
    }

    /// That it can be read is proved with a real reader in tests/it/qr.rs.
    #[test]
    fn the_smallest_code_has_21_modules_and_its_quiet_zone() {
        let lines = lines(b"a");
        assert_eq!(lines.len(), (21 + 2 * QUIET).div_ceil(2));
        assert!(lines.iter().all(|line| line.chars().count() == 21 + 2 * QUIET));
        assert_eq!(lines[0], "█".repeat(29));
        assert_eq!(lines[2].chars().take(11).collect::<String>(), "████ ▄▄▄▄▄ ");
    }

    #[test]
    fn the_largest_value_fits_and_no_larger_one() {
        assert_eq!(lines(&[0; 2953])[0].chars().count(), 177 + 2 * QUIET);
        assert!(matches!(drawn(&Secret::copy_from(&[0; 2954])), Err(Error::TooLong)));
    }
}

//! A code for a page: SVG that needs nothing else, to be put into HTML as it is.

use std::io::Write;

use qrcode::{Color, EcLevel, QrCode};

use crate::secret::{Secret, SecretBuffer};

use super::Error;
use super::drawing::QUIET;

/// The code as an `<svg>` of one unit for each module, with its quiet zone. Paper gets stains and
/// folds, so more of it may be unreadable than on a screen: 15 % (level M), where the value is short
/// enough for that; else 7 % (level L).
///
/// # Errors
/// [`Error::TooLong`].
pub fn picture(value: &Secret) -> Result<Secret, Error> {
    // EXPOSE: encoded for a page that a person asked for.
    let code = |level| QrCode::with_error_correction_level(value.expose(), level);
    let code = code(EcLevel::M).or_else(|_| code(EcLevel::L)).map_err(|_| Error::TooLong)?;
    let side = QUIET + code.width() + QUIET;
    let mut svg = SecretBuffer::new();
    let begin = format!(
        "<svg class=\"code\" xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {side} {side}\" \
         shape-rendering=\"crispEdges\" role=\"img\"><rect width=\"{side}\" height=\"{side}\" fill=\"#fff\"/><path d=\""
    );
    svg.push(begin.as_bytes());
    for y in 0..code.width() {
        push_row(&code, y, &mut svg);
    }
    svg.push(b"\"/></svg>");
    Ok(svg.into_secret())
}

/// Each run of dark modules is one rectangle: seams between modules would show in print.
fn push_row(code: &QrCode, y: usize, svg: &mut SecretBuffer) {
    let row: Vec<bool> = (0..code.width()).map(|x| code[(x, y)] == Color::Dark).collect();
    let mut x = 0;
    for run in row.chunk_by(|one, next| one == next) {
        if run[0] {
            let (left, top, length) = (QUIET + x, QUIET + y, run.len());
            write!(svg, "M{left} {top}h{length}v1h-{length}z").ok();
        }
        x += run.len();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// That it can be read is proved with a real browser and a real reader in tests/it/kit.rs.
    #[test]
    fn the_smallest_code_has_its_finder_and_its_quiet_zone() {
        let svg = picture(&Secret::copy_from(b"a")).expect("it fits");
        // EXPOSE: the test looks at what was drawn.
        let svg = String::from_utf8(svg.expose().to_vec()).expect("it is text");
        assert!(svg.contains("viewBox=\"0 0 29 29\"") && svg.contains("M4 4h7v1h-7z"), "{svg}");
        assert!(matches!(picture(&Secret::copy_from(&[0; 2954])), Err(Error::TooLong)));
    }
}

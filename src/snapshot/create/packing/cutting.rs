//! Where a bulky file is cut into parts.

/// A file up to this size is one part (bytes); a larger one is cut at the line end nearest to it.
pub(super) const PIECE: usize = 8 * 1024 * 1024;

/// How far from [`PIECE`] a line end is looked for (bytes).
const REACH: usize = 1024 * 1024;

/// How much of a file must be in view to cut the next part off (bytes).
pub(super) const VIEW: usize = PIECE + REACH;

/// The length of the next part, where `view` is the rest of the file, or its first [`VIEW`] bytes.
///
/// Where a file is cut depends on nothing but what comes before, so a file that has only grown is
/// cut at the same places again.
pub(super) fn cut(view: &[u8]) -> usize {
    if view.len() <= PIECE {
        return view.len();
    }
    let is_end = |byte: &u8| *byte == b'\n';
    let before = view[PIECE - REACH..PIECE].iter().rposition(is_end);
    let behind = view[PIECE..].iter().position(is_end);
    match (before.map(|place| REACH - place - 1), behind.map(|place| place + 1)) {
        (Some(less), Some(more)) if less > more => PIECE + more,
        (Some(less), _) => PIECE - less,
        (None, Some(more)) => PIECE + more,
        (None, None) => PIECE,
    }
}

/// The number of parts that a file of this size has when it is cut anew, at the least.
pub(super) fn fewest(size: u64) -> u64 {
    size.div_ceil(VIEW as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cuts_at_the_nearest_line_end() {
        let with_ends = |ends: &[usize]| {
            let mut view = vec![b'x'; VIEW];
            ends.iter().for_each(|end| view[*end] = b'\n');
            cut(&view)
        };
        assert_eq!(with_ends(&[]), PIECE);
        assert_eq!(with_ends(&[PIECE - 1]), PIECE);
        assert_eq!(with_ends(&[PIECE - 10, PIECE + 4]), PIECE + 5);
        assert_eq!(with_ends(&[PIECE - 4, PIECE + 10]), PIECE - 3);
        assert_eq!(with_ends(&[10, VIEW - 1]), VIEW);
        assert_eq!(cut(b"short\nfile"), 10);
        assert_eq!(cut(&vec![b'\n'; PIECE]), PIECE);
    }
}

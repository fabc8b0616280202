//! One PJL command line: `@PJL`, anything, line feed.

/// Longest command line that is read completely; the rest of a longer one is passed over.
pub const LINE_BYTES_MAX: usize = 16 * 1024;

const PREFIX: &[u8] = b"@PJL";

/// What a stream begins with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Line<'a> {
    /// A line, without its end, and its length with it.
    Whole {
        /// The bytes from `@PJL` to before the line end.
        line: &'a [u8],
        /// Length in the stream, line feed included.
        len: usize,
    },
    /// The beginning of a line of more than [`LINE_BYTES_MAX`] bytes.
    TooLong {
        /// The first [`LINE_BYTES_MAX`] bytes.
        line: &'a [u8],
    },
    /// Not decided yet.
    NeedsMore,
    /// Something else.
    NotPjl,
}

/// Looks for a command line at the start of `view`. A line ends with a line feed, or where a Universal Exit
/// Language sequence begins (some drivers forget the line feed).
#[must_use]
pub fn line(view: &[u8]) -> Line<'_> {
    let head = &view[..view.len().min(PREFIX.len())];
    if !head.eq_ignore_ascii_case(&PREFIX[..head.len()]) {
        return Line::NotPjl;
    }
    if head.len() < PREFIX.len() {
        return Line::NeedsMore;
    }
    let window = &view[..view.len().min(LINE_BYTES_MAX)];
    match memchr::memchr2(b'\n', 0x1b, window) {
        Some(end) if window[end] == b'\n' => {
            Line::Whole { line: window[..end].trim_ascii_end(), len: end + 1 }
        }
        Some(end) => Line::Whole { line: window[..end].trim_ascii_end(), len: end },
        None if window.len() == LINE_BYTES_MAX => Line::TooLong { line: window },
        None => Line::NeedsMore,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_cut() {
        assert_eq!(line(b"@PJL SET A=1\r\nmore"), Line::Whole { line: b"@PJL SET A=1", len: 14 });
        assert_eq!(line(b"@pjl\nx"), Line::Whole { line: b"@pjl", len: 5 });
        assert_eq!(line(b"@PJL EOJ\x1b%-12345X"), Line::Whole { line: b"@PJL EOJ", len: 8 });
        assert_eq!(line(b"@PJ"), Line::NeedsMore);
        assert_eq!(line(b"@PJL SET"), Line::NeedsMore);
        assert_eq!(line(b"@home"), Line::NotPjl);
        let long = [&b"@PJL COMMENT "[..], &[b'x'; LINE_BYTES_MAX]].concat();
        assert!(matches!(line(&long), Line::TooLong { .. }));
    }
}

//! The owner's logon in the data of a job: what stands behind a given string (guide, "Configure Use job data
//! logon"), for programs that print everybody's documents under one name.

use crate::text_codec::decode;

/// How far into the data a rule may look, bytes.
pub const SEARCH_BYTES_MAX: u64 = 1024 * 1024;

/// Longest logon that is taken, bytes; something longer is none.
pub const LOGON_BYTES_MAX: usize = 256;

/// Where a logon stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogonRule {
    /// What precedes it ("Job data string"); not empty.
    pub string: Vec<u8>,
    /// The string begins within so many bytes ("Max search length"); at most [`SEARCH_BYTES_MAX`].
    pub search_bytes: u64,
    /// Passed over behind the string, however often ("Characters to skip").
    pub skip: Option<u8>,
    /// Stands directly in front of the logon ("Start character").
    pub start: Option<u8>,
    /// Stands directly behind it ("Stop character"). A line end always does.
    pub stop: Option<u8>,
}

/// Looks for a logon while the data streams by. Memory is bounded by the rule's search length.
///
/// ```
/// use pdl::logon::{LogonFinder, LogonRule};
/// let rule = LogonRule { string: b"Name=".to_vec(), search_bytes: 1000, skip: None, start: Some(b'"'), stop: Some(b'"') };
/// let mut finder = LogonFinder::new(rule);
/// for chunk in [&b"Date=\"2007.01.01\"Na"[..], b"me=\"JS\",File=\"letter.txt\""] {
///     finder.push(chunk);
/// }
/// assert_eq!(finder.finish().as_deref(), Some("JS"));
/// ```
#[derive(Debug)]
pub struct LogonFinder {
    rule: LogonRule,
    /// The data so far, as much of it as can matter.
    seen: Vec<u8>,
}

impl LogonFinder {
    /// At the start of a job's data.
    #[must_use]
    pub fn new(rule: LogonRule) -> Self {
        Self { rule, seen: Vec::new() }
    }

    /// Takes the next bytes.
    pub fn push(&mut self, bytes: &[u8]) {
        let room = self.bytes_max().saturating_sub(self.seen.len());
        self.seen.extend_from_slice(&bytes[..bytes.len().min(room)]);
    }

    /// The first logon the rule finds in what was pushed.
    #[must_use]
    pub fn finish(self) -> Option<String> {
        let string = &self.rule.string;
        if string.is_empty() {
            return None;
        }
        memchr::memmem::find_iter(&self.seen, string)
            .take_while(|at| (*at as u64) < self.search_bytes())
            .find_map(|at| self.logon_at(&self.seen[at + string.len()..]))
    }

    /// The logon at the start of `rest`, behind what is skipped.
    fn logon_at(&self, rest: &[u8]) -> Option<String> {
        let skipped = rest.iter().take_while(|byte| Some(**byte) == self.rule.skip).count();
        let mut rest = &rest[skipped..];
        if let Some(start) = self.rule.start {
            rest = rest.strip_prefix(&[start])?;
        }
        let window = &rest[..rest.len().min(LOGON_BYTES_MAX + 1)];
        let end = window
            .iter()
            .position(|byte| matches!(byte, b'\r' | b'\n') || Some(*byte) == self.rule.stop)
            .or((window.len() <= LOGON_BYTES_MAX).then_some(window.len()))?;
        let logon = decode(&rest[..end]).trim().to_owned();
        (!logon.is_empty()).then_some(logon)
    }

    fn search_bytes(&self) -> u64 {
        self.rule.search_bytes.min(SEARCH_BYTES_MAX)
    }

    /// The search length, and room for a string and a logon that begin at its end.
    fn bytes_max(&self) -> usize {
        self.search_bytes() as usize + self.rule.string.len() + 2 * LOGON_BYTES_MAX
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find(
        string: &str,
        (skip, start, stop): (&str, &str, &str),
        search_bytes: u64,
        data: &[u8],
    ) -> Option<String> {
        let one = |text: &str| text.bytes().next();
        let rule = LogonRule {
            string: string.into(),
            search_bytes,
            skip: one(skip),
            start: one(start),
            stop: one(stop),
        };
        let mut whole = LogonFinder::new(rule.clone());
        whole.push(data);
        let mut parts = LogonFinder::new(rule);
        data.chunks(1).for_each(|byte| parts.push(byte));
        let found = whole.finish();
        assert_eq!(parts.finish(), found, "in chunks");
        found
    }

    #[test]
    fn the_examples_of_the_guide() {
        let quoted = b"Date=\"2007.01.01\"Name=\"JS\",File=\"letter.txt\"";
        assert_eq!(find("Name=", ("", "\"", "\""), 1000, quoted).as_deref(), Some("JS"));
        let spaced = b"Time: 12:15:32 User:   JS Doc: letter.txt";
        assert_eq!(find("User:", (" ", "", " "), 1000, spaced).as_deref(), Some("JS"));
    }

    #[test]
    fn edges() {
        let data = b"@PJL SET USER=\"\"\r\n@PJL SET USER=anna\r\nrest USER=late\n";
        assert_eq!(find("USER=", ("", "", ""), 1000, data).as_deref(), Some("\"\""));
        assert_eq!(find("USER=", ("", "\"", "\""), 1000, data), None, "an empty one is none");
        assert_eq!(find("USER=", ("\"", "", ""), 1000, data).as_deref(), Some("anna"));
        assert_eq!(find("rest USER=", ("", "", ""), 10, data), None, "too far");
        assert_eq!(find("USER=", ("", "", ""), 1000, b"USER="), None);
        assert_eq!(find("USER=", ("", "", ""), 1000, b"USER=cut"), Some("cut".to_owned()));
        let long = [b"USER=".to_vec(), vec![b'x'; LOGON_BYTES_MAX + 1]].concat();
        assert_eq!(find("USER=", ("", "", ""), 1000, &long), None);
        assert_eq!(find("", ("", "", ""), 1000, b"abc"), None);
        assert_eq!(find("U=", ("", "", "\""), 1000, "U=Jürgen\"".as_bytes()).as_deref(), Some("Jürgen"));
    }
}

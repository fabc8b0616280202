//! A command line taken apart: the command word, then `NAME=VALUE` pairs and words.

/// One option of a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pair<'a> {
    /// Name, as written.
    pub name: &'a [u8],
    /// Value without its quotes; `None` for a word that stands alone.
    pub value: Option<&'a [u8]>,
}

/// The command word of a line that begins with `@PJL`, and what follows it.
#[must_use]
pub fn split(line: &[u8]) -> (&[u8], &[u8]) {
    let rest = line.get(4..).unwrap_or_default().trim_ascii_start();
    let end = rest.iter().position(|byte| byte.is_ascii_whitespace() || *byte == b'=').unwrap_or(rest.len());
    (&rest[..end], rest[end..].trim_ascii_start())
}

/// The options of a command, in order. White space around `=` does not matter; a quoted value ends at the
/// next quote or at the end of the line.
pub fn pairs(mut rest: &[u8]) -> impl Iterator<Item = Pair<'_>> {
    std::iter::from_fn(move || {
        rest = rest.trim_ascii_start();
        if rest.is_empty() {
            return None;
        }
        if rest[0] == b'"' {
            let (value, after) = quoted(rest);
            rest = after;
            return Some(Pair { name: value, value: None });
        }
        let end =
            rest.iter().position(|byte| byte.is_ascii_whitespace() || *byte == b'=').unwrap_or(rest.len());
        let name = &rest[..end];
        let after = rest[end..].trim_ascii_start();
        let Some(value) = after.strip_prefix(b"=") else {
            rest = &rest[end..];
            return Some(Pair { name, value: None });
        };
        let value = value.trim_ascii_start();
        if value.first() == Some(&b'"') {
            let (value, after) = quoted(value);
            rest = after;
            return Some(Pair { name, value: Some(value) });
        }
        let end = value.iter().position(u8::is_ascii_whitespace).unwrap_or(value.len());
        rest = &value[end..];
        Some(Pair { name, value: Some(&value[..end]) })
    })
}

/// The text between the quote `text` begins with and the next one, and what follows that.
fn quoted(text: &[u8]) -> (&[u8], &[u8]) {
    let inner = &text[1..];
    match memchr::memchr(b'"', inner) {
        Some(end) => (&inner[..end], &inner[end + 1..]),
        None => (inner, &[]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pair<'a>(name: &'a str, value: &'a str) -> Pair<'a> {
        Pair { name: name.as_bytes(), value: Some(value.as_bytes()) }
    }

    #[test]
    fn commands_come_apart() {
        assert_eq!(split(b"@PJL"), (&b""[..], &b""[..]));
        assert_eq!(split(b"@PJL  SET COPIES=2"), (&b"SET"[..], &b"COPIES=2"[..]));
        assert_eq!(split(b"@PJL ENTER LANGUAGE = PCL"), (&b"ENTER"[..], &b"LANGUAGE = PCL"[..]));
    }

    #[test]
    fn pairs_come_apart() {
        let list = |text: &'static [u8]| pairs(text).collect::<Vec<_>>();
        assert_eq!(list(b"COPIES=2"), [pair("COPIES", "2")]);
        assert_eq!(
            list(b"NAME = \"a = b\" DISPLAY = \"1 x\""),
            [pair("NAME", "a = b"), pair("DISPLAY", "1 x")]
        );
        assert_eq!(list(b"LPARM : PCL PTSIZE=12").last(), Some(&pair("PTSIZE", "12")));
        assert_eq!(list(b"NAME=\"open"), [pair("NAME", "open")]);
        assert_eq!(list(b"A= B"), [pair("A", "B")]);
        assert_eq!(list(b"="), [pair("", "")]);
    }
}

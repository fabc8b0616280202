//! Document structuring comments (Adobe Technical Note 5001): names, and the paper when the program sets none.
//!
//! What comments say of pages is not believed: the program says what is printed.

use crate::media::Paper;

/// What the comments of a job said.
#[derive(Debug, Default)]
pub(super) struct Dsc {
    pub(super) title: Option<String>,
    pub(super) user: Option<String>,
    pub(super) creator: Option<String>,
    /// The paper named by `%%DocumentMedia`, `%%DocumentPaperSizes` or a `*PageSize` feature.
    pub(super) paper: Option<Paper>,
    /// The first line says that this is an encapsulated file, to be printed without a `showpage`.
    pub(super) encapsulated: bool,
    seen_first: bool,
    /// Documents, fonts and other things inside the document: their comments are not the job's.
    depth: u32,
    part: Part,
}

/// The part of the document the comments are in: only the header and the trailer speak for all of it.
#[derive(Debug, Default, Eq, PartialEq)]
enum Part {
    #[default]
    Header,
    Body,
    Trailer,
}

impl Dsc {
    /// Takes one comment line, `%` included.
    pub(super) fn comment(&mut self, line: &[u8]) {
        if !self.seen_first {
            self.seen_first = true;
            self.encapsulated =
                line.starts_with(b"%!PS-Adobe-") && memchr::memmem::find(line, b"EPSF-").is_some();
        }
        if line.starts_with(b"%!") && self.depth == 0 {
            self.part = Part::Header;
        }
        let Some(rest) = line.strip_prefix(b"%%") else { return };
        let split = rest.iter().position(|byte| matches!(byte, b':' | b' ' | b'\t')).unwrap_or(rest.len());
        let keyword = &rest[..split];
        let value = rest.get(split + 1..).unwrap_or_default().trim_ascii();
        match keyword {
            _ if INNER.iter().any(|inner| keyword == [b"Begin", *inner].concat()) => {
                self.depth += 1;
                self.part = Part::Body;
            }
            _ if INNER.iter().any(|inner| keyword == [b"End", *inner].concat()) => {
                self.depth = self.depth.saturating_sub(1)
            }
            _ if self.depth > 0 => {}
            b"EndComments" | b"BeginProlog" | b"EndProlog" | b"BeginSetup" | b"Page" => {
                self.part = Part::Body
            }
            b"Trailer" => self.part = Part::Trailer,
            b"Title" if self.part != Part::Body => claim(&mut self.title, value),
            b"For" if self.part != Part::Body => claim(&mut self.user, value),
            b"Creator" if self.part != Part::Body => claim(&mut self.creator, value),
            b"DocumentMedia" => self.claim_paper(media(value)),
            b"DocumentPaperSizes" => self.claim_paper(common(value)),
            b"PaperSize" => self.claim_paper(common(value)),
            b"BeginFeature" => {
                if let Some(option) =
                    value.strip_prefix(b"*PageSize ").or(value.strip_prefix(b"*PageRegion "))
                {
                    self.claim_paper(common(option));
                }
            }
            _ => {}
        }
    }

    fn claim_paper(&mut self, paper: Option<Paper>) {
        if self.paper.is_none() {
            self.paper = paper;
        }
    }
}

/// What begins and ends inside a document and may have a header of its own.
const INNER: [&[u8]; 7] = [b"Document", b"Resource", b"Font", b"ProcSet", b"File", b"Defaults", b"Emulation"];

/// The first value stays, but `(atend)` is none.
fn claim(held: &mut Option<String>, value: &[u8]) {
    if held.is_none() && value != b"(atend)" {
        *held = Some(text(value)).filter(|text| !text.is_empty());
    }
}

/// `name width height weight colour type` of the first medium.
fn media(value: &[u8]) -> Option<Paper> {
    let rest = match value.first()? {
        b'(' => {
            let end = value.iter().position(|byte| *byte == b')')?;
            &value[end + 1..]
        }
        _ => &value[value.iter().position(u8::is_ascii_whitespace)?..],
    };
    let rest = std::str::from_utf8(rest).ok()?;
    let mut edges = rest.split_ascii_whitespace().map(str::parse::<f64>);
    Paper::from_points(edges.next()?.ok()?, edges.next()?.ok()?)
}

fn common(value: &[u8]) -> Option<Paper> {
    let word = value.split(u8::is_ascii_whitespace).next()?;
    Paper::from_common_name(&text(word))
}

/// The text of a comment: a PostScript string with its escapes, a hexadecimal string, or the line as it is; in
/// UTF-8, UTF-16 with its mark, or Latin-1.
fn text(value: &[u8]) -> String {
    let bytes = match value {
        [b'(', rest @ ..] => unescape(rest),
        [b'<', rest @ .., b'>']
            if rest.len() > 1 && rest.iter().all(|b| b.is_ascii_hexdigit() || b.is_ascii_whitespace()) =>
        {
            crate::codec::decode_all(&mut crate::codec::AsciiHex::default(), rest, rest.len())
        }
        plain => plain.to_vec(),
    };
    match &bytes[..] {
        [0xfe, 0xff, units @ ..] => {
            let units = units.chunks_exact(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]]));
            char::decode_utf16(units)
                .map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER))
                .filter(|c| !c.is_control())
                .collect()
        }
        [0xef, 0xbb, 0xbf, rest @ ..] => crate::text_codec::decode(rest),
        bytes => crate::text_codec::decode(bytes),
    }
}

/// Up to the closing parenthesis, or to the end of the line where it is missing.
fn unescape(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut depth = 1;
    let mut rest = bytes;
    while let [byte, tail @ ..] = rest {
        rest = tail;
        match byte {
            b'(' => depth += 1,
            b')' => {
                depth -= 1;
                if depth == 0 {
                    break;
                }
            }
            b'\\' => {
                let Some((escape, tail)) = rest.split_first() else { break };
                rest = tail;
                match escape {
                    b'n' => out.push(b'\n'),
                    b'r' => out.push(b'\r'),
                    b't' => out.push(b'\t'),
                    b'b' => out.push(8),
                    b'f' => out.push(12),
                    b'0'..=b'7' => {
                        let mut value = escape - b'0';
                        for _ in 0..2 {
                            let [digit @ b'0'..=b'7', tail @ ..] = rest else { break };
                            value = value.wrapping_mul(8).wrapping_add(digit - b'0');
                            rest = tail;
                        }
                        out.push(value);
                    }
                    other => out.push(*other),
                }
                continue;
            }
            _ => {}
        }
        out.push(*byte);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_in_every_spelling() {
        let rows: [(&[u8], &str); 7] = [
            (b"%%Title: (Delivery \\(note\\) 88)", "Delivery (note) 88"),
            (b"%%Title: Plain text ", "Plain text"),
            (b"%%Title:(a\\101b (c) d", "aAb (c) d"),
            (b"%%Title: <48656c6c6f>", "Hello"),
            (b"%%Title: (caf\\351)", "café"),
            (b"%%Title: <FEFF0041017E>", "A\u{17e}"),
            ("%%Title: žluť".as_bytes(), "žluť"),
        ];
        for (line, want) in rows {
            let mut dsc = Dsc::default();
            dsc.comment(line);
            assert_eq!(dsc.title.as_deref(), Some(want), "{}", line.escape_ascii());
        }
    }

    #[test]
    fn an_inner_document_does_not_name_the_job() {
        let mut dsc = Dsc::default();
        for line in [
            "%!PS-Adobe-3.0",
            "%%Title: (atend)",
            "%%BeginDocument: x.eps",
            "%%Title: inner",
            "%%EndDocument",
            "%%Trailer",
            "%%Title: outer",
        ] {
            dsc.comment(line.as_bytes());
        }
        assert_eq!(dsc.title.as_deref(), Some("outer"));
        assert!(!dsc.encapsulated);
    }

    #[test]
    fn papers_are_named() {
        for (line, want) in [
            ("%%DocumentMedia: A4 595 842 0 () ()", "iso_a4_210x297mm"),
            ("%%DocumentMedia: (My paper) 612 792 80 white ( )", "na_letter_8.5x11in"),
            ("%%DocumentPaperSizes: Legal A4", "na_legal_8.5x14in"),
            ("%%BeginFeature: *PageSize A3", "iso_a3_297x420mm"),
        ] {
            let mut dsc = Dsc::default();
            dsc.comment(line.as_bytes());
            assert_eq!(dsc.paper.map(|paper| paper.name()).as_deref(), Some(want), "{line}");
        }
    }
}

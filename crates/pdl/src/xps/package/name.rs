//! Names of parts and references to them (ECMA-376 part 2, section 6.2).

use std::hash::{DefaultHasher, Hasher};

/// The name of a part: absolute, percent-decoded, in lower case (names differing in case are the same part).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(in super::super) struct PartName(String);

impl PartName {
    /// From the name of a zip entry or an absolute reference.
    pub(in super::super) fn new(name: &str) -> PartName {
        let mut clean = String::with_capacity(name.len());
        for segment in decoded(name).split(['/', '\\']) {
            match segment {
                "" | "." => {}
                ".." => clean.truncate(clean.rfind('/').unwrap_or(0)),
                _ => {
                    clean.push('/');
                    clean.push_str(&segment.to_ascii_lowercase());
                }
            }
        }
        PartName(clean)
    }

    /// What `reference` means inside this part.
    pub(in super::super) fn resolve(&self, reference: &str) -> PartName {
        let reference = reference.trim();
        let reference = reference.split(['#', '?']).next().unwrap_or_default();
        let reference = reference
            .strip_prefix("pack://")
            .and_then(|r| r.find('/').map(|at| &r[at..]))
            .unwrap_or(reference);
        if reference.starts_with('/') {
            return PartName::new(reference);
        }
        let folder = self.0.rfind('/').map_or("", |at| &self.0[..at]);
        PartName::new(&format!("{folder}/{reference}"))
    }

    /// The part that lists the relationships of this one (section 6.5.2).
    pub(in super::super) fn relationships(&self) -> PartName {
        let at = self.0.rfind('/').unwrap_or(0);
        let (folder, file) = self.0.split_at(at);
        PartName(format!("{folder}/_rels/{}.rels", file.trim_start_matches('/')))
    }

    pub(in super::super) fn ends_with(&self, suffix: &str) -> bool {
        self.0.ends_with(suffix)
    }

    /// What stands for the name in the directory.
    pub(super) fn digest(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        hasher.write(self.0.as_bytes());
        hasher.finish()
    }

    /// Splits the marker of an interleaved piece off (annex C.3): `/a.xml/[3].piece`, `/a.xml/[4].last.piece`.
    pub(super) fn without_piece(self) -> (PartName, u32) {
        let Some((name, marker)) = self.0.rsplit_once('/') else { return (self, 0) };
        let number = marker
            .strip_suffix(".last.piece")
            .or_else(|| marker.strip_suffix(".piece"))
            .and_then(|m| m.strip_prefix('['))
            .and_then(|m| m.strip_suffix(']'))
            .and_then(|m| m.parse().ok());
        match number {
            Some(number) => (PartName(name.to_owned()), number),
            None => (self, 0),
        }
    }
}

/// `%20` and the like; what is no such sequence stays.
fn decoded(name: &str) -> String {
    if !name.contains('%') {
        return name.to_owned();
    }
    let bytes = name.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let hex = |i: usize| bytes.get(i).and_then(|b| char::from(*b).to_digit(16));
        match (bytes[at], hex(at + 1), hex(at + 2)) {
            (b'%', Some(high), Some(low)) => {
                out.push((high * 16 + low) as u8);
                at += 3;
            }
            (byte, _, _) => {
                out.push(byte);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_resolved() {
        for (base, reference, name) in [
            ("/Documents/1/FixedDocument.fdoc", "Pages/1.fpage", "/documents/1/pages/1.fpage"),
            ("/Documents/1/Pages/1.fpage", "../Resources/a%20b.png", "/documents/1/resources/a b.png"),
            ("/Documents/1/Pages/1.fpage", "/Resources/x.PNG", "/resources/x.png"),
            ("/FixedDocSeq.fdseq", "./Documents/1/f.fdoc", "/documents/1/f.fdoc"),
            ("/a/b", "../../../c", "/c"),
        ] {
            assert_eq!(PartName::new(base).resolve(reference), PartName(name.to_owned()));
        }
        assert_eq!(PartName::new("/a/b.fdoc").relationships().0, "/a/_rels/b.fdoc.rels");
        assert_eq!(PartName::new("").relationships().0, "/_rels/.rels");
    }

    #[test]
    fn pieces_are_numbered() {
        for (entry, name, piece) in [
            ("Documents/1.fpage/[0].piece", "/documents/1.fpage", 0),
            ("Documents/1.fpage/[12].last.piece", "/documents/1.fpage", 12),
            ("Documents/1.fpage", "/documents/1.fpage", 0),
            ("[Content_Types].xml", "/[content_types].xml", 0),
        ] {
            assert_eq!(PartName::new(entry).without_piece(), (PartName(name.to_owned()), piece));
        }
    }
}

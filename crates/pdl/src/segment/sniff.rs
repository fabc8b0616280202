//! What a stretch of bytes is, from how it begins.

use crate::language::Language;
use crate::raster;

/// How many bytes a decision may need. Text is only text when so many bytes (or all there are) look like it.
pub const SNIFF_BYTES: usize = 4 * 1024;

/// Share of control bytes that text may have: one in so many.
const TEXT_CONTROLS_ONE_IN: usize = 32;

/// What the first bytes say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sniffed {
    /// More bytes could change the answer.
    NeedsMore,
    /// This language; [`Language::Unknown`] is an answer too.
    Language(Language),
}

/// Signatures that leave no doubt, matched at the first byte that is not padding.
const SIGNATURES: &[(&[u8], Language)] = &[
    (b"%!", Language::PostScript),
    (b"\xc5\xd0\xd3\xc6", Language::PostScript),
    (b"\xef\xbb\xbf%!", Language::PostScript),
    (b") HP-PCL XL", Language::PclXl),
    (b"( HP-PCL XL", Language::PclXl),
    (b"' HP-PCL XL", Language::PclXl),
    (b"PK\x03\x04", Language::Xps),
    (b"UNIRAST\0", Language::Urf),
    (b"RaSt", Language::CupsRaster),
    (b"tSaR", Language::CupsRaster),
    (b"RaS3", Language::CupsRaster),
    (b"3SaR", Language::CupsRaster),
    (b"2SaR", Language::CupsRaster),
    (b"JZJZ", Language::ZjStream),
    (b"ZJZJ", Language::ZjStream),
    (b",XQX", Language::ZjStream),
    (b"\xff\xd8\xff", Language::Jpeg),
    (b"II*\0", Language::Tiff),
    (b"MM\0*", Language::Tiff),
    (b"\x1bS\x1b\x1bS", Language::EscPage),
    // Minolta magicolor and PagePro: commands with a number and a length. Dymo: escapes until the printer listens.
    (b"\x1b@\0\x02\0", Language::Unknown),
    (b"\x1b\x1b\x1b\x1b", Language::Unknown),
    (b"\x1b@", Language::EscP),
    (b"\x1b(R", Language::EscP),
    (b"\x1b%@", Language::Lips),
    (b"\x1b<", Language::Lips),
    // CaPSL of the LBP-8, which LIPS grew from.
    (b"\x1b;\x1bc\x1b;", Language::Lips),
    (b"\x1bc\x1b;", Language::Lips),
    // Canon BJ: initialise, then counted commands (Canon BJC Programmer's Manual). Not read.
    (b"\x1b[K\x02\0", Language::Unknown),
    (b"\x1b[K", Language::Lips),
    // Makers' languages that begin like PCL: Oki MICROLINE 4w, ML600 and its kin, Lexmark inkjets, Xerox XES.
    (b"\x1b%-98765X", Language::Unknown),
    (b"\x1b/\xf2", Language::Unknown),
    (b"\x1b*m\0", Language::Unknown),
    (b"\x1b*\x80", Language::Unknown),
    (b"\x1b+X", Language::Unknown),
    // DEC: device control strings and private sequences (sixel printers).
    (b"\x1bP", Language::Unknown),
    (b"\x1bc\x1bP", Language::Unknown),
    (b"\x1b[!p", Language::Unknown),
    (b"\x1b%-1B", Language::HpGl2),
    (b"IN;", Language::HpGl2),
    (b"BP;", Language::HpGl2),
    (b"BPIN", Language::HpGl2),
    (b"\x03INP", Language::HpGl2),
    (b"\x1b.", Language::HpGl2),
];

/// Second bytes of the escape sequences a PCL job can begin with (PCL 5 Technical Reference, chapter 2:
/// parameterised characters and two-character sequences).
const PCL_SECOND: &[u8] = b"E%&*()9=YZzA!\"#$'+,-./";

/// What these bytes are. `complete` says that no more bytes will come or that [`SNIFF_BYTES`] are here. The
/// answer for a beginning of a stream never changes with the bytes behind it.
#[must_use]
pub fn sniff(bytes: &[u8], complete: bool) -> Sniffed {
    if bytes.is_empty() {
        return Sniffed::NeedsMore;
    }
    if let Some(found) = pdf(bytes, complete).or_else(|| raster_version_2(bytes, complete)) {
        return found;
    }
    let mut undecided = false;
    for (signature, language) in SIGNATURES {
        if bytes.starts_with(signature) {
            // A shorter signature further down must not win over a longer one that is still possible.
            return if undecided { Sniffed::NeedsMore } else { Sniffed::Language(*language) };
        }
        if !complete && signature.starts_with(bytes) {
            undecided = true;
        }
    }
    if undecided {
        return Sniffed::NeedsMore;
    }
    // No PCL sequence goes on with a character that does not print.
    let impossible = matches!(
        bytes,
        [0x1b, b'%' | b'&' | b'*' | b'(' | b')', third, ..] if !(b' '..=b'~').contains(third)
    );
    match bytes {
        [0x1b] if !complete => return Sniffed::NeedsMore,
        [0x1b, b'%' | b'&' | b'*' | b'(' | b')'] if !complete => return Sniffed::NeedsMore,
        [0x1b, second, ..] if !impossible && PCL_SECOND.contains(second) => {
            return Sniffed::Language(Language::Pcl5);
        }
        _ if !complete => return Sniffed::NeedsMore,
        _ => {}
    }
    if bytes[0] != 0x1b
        && let Some(found) = pdf_further_on(bytes)
    {
        return found;
    }
    let is_text = is_text(bytes);
    Sniffed::Language(if looks_like_escp(bytes) {
        Language::EscP
    } else if is_text && looks_like_pcl(bytes) {
        Language::Pcl5
    } else if is_text && !looks_like_control_language(bytes) {
        Language::Text
    } else {
        Language::Unknown
    })
}

/// A PDF from its first byte on. PCLm says so in the comment after the header.
fn pdf(bytes: &[u8], complete: bool) -> Option<Sniffed> {
    if bytes.starts_with(PDF_HEADER) {
        return Some(pdf_or_pclm(bytes, complete));
    }
    (!complete && PDF_HEADER.starts_with(bytes)).then_some(Sniffed::NeedsMore)
}

/// A PDF may have other bytes before its header (ISO 32000-1, annex H.3 note 13: within the first 1024), but
/// not such that begin another language.
fn pdf_further_on(bytes: &[u8]) -> Option<Sniffed> {
    let at = memchr::memmem::find(&bytes[..bytes.len().min(1024)], PDF_HEADER)?;
    Some(pdf_or_pclm(&bytes[at..], true))
}

fn pdf_or_pclm(bytes: &[u8], complete: bool) -> Sniffed {
    const PCLM: &[u8] = b"%PCLm";
    let line_end = bytes.iter().position(|byte| matches!(byte, b'\r' | b'\n'));
    let Some(line_end) = line_end.filter(|end| *end < 64) else {
        return if complete || bytes.len() >= 64 {
            Sniffed::Language(Language::Pdf)
        } else {
            Sniffed::NeedsMore
        };
    };
    let second = &bytes[line_end..];
    let second = &second[second.iter().take_while(|byte| byte.is_ascii_whitespace()).count()..];
    if second.starts_with(PCLM) {
        Sniffed::Language(Language::Pclm)
    } else if !complete && PCLM.starts_with(second) {
        Sniffed::NeedsMore
    } else {
        Sniffed::Language(Language::Pdf)
    }
}

const PDF_HEADER: &[u8] = b"%PDF-";

/// PWG raster is CUPS raster version 2 with the big end first; its first page header tells the two apart.
fn raster_version_2(bytes: &[u8], complete: bool) -> Option<Sniffed> {
    const SYNC: &[u8] = b"RaS2";
    if !bytes.starts_with(SYNC) {
        return (!complete && SYNC.starts_with(bytes)).then_some(Sniffed::NeedsMore);
    }
    if !complete && bytes.len() < raster::PWG_SNIFF_BYTES {
        return Some(Sniffed::NeedsMore);
    }
    let is_pwg = raster::is_pwg(bytes);
    Some(Sniffed::Language(if is_pwg { Language::PwgRaster } else { Language::CupsRaster }))
}

/// Matrix printer data without an initialising `ESC @`: its first escape sequences are graphics or line feeds.
fn looks_like_escp(bytes: &[u8]) -> bool {
    const SEQUENCES: usize = 3;
    let mut escapes = memchr::memchr_iter(0x1b, bytes).take(SEQUENCES).peekable();
    let begins = escapes.peek().is_some_and(|first| *first < 16);
    begins && escapes.all(|at| {
        matches!(
            bytes[at + 1..],
            [b'*', 0..=7 | 32..=73, ..] | [b'3' | b'J' | b'A' | b'K' | b'L' | b'P' | b'l' | b'Q' | b'U', ..]
        )
    })
}

/// Text with PCL escape sequences further on.
fn looks_like_pcl(bytes: &[u8]) -> bool {
    memchr::memchr_iter(0x1b, bytes).any(|at| {
        matches!(&bytes[at + 1..], [b'E', ..] | [b'&' | b'*' | b'(' | b')', b'a'..=b'z' | b'0'..=b'9', ..])
    })
}

/// Text full of control strings of a terminal's printer (ANSI X3.64 `CSI`, DEC `DCS`), or behind a control code
/// that no text begins with: a printer of that language draws something else.
fn looks_like_control_language(bytes: &[u8]) -> bool {
    let strings = memchr::memchr_iter(0x1b, bytes)
        .filter(|at| matches!(bytes.get(at + 1), Some(b'P' | b'[' | b'\\')))
        .take(2)
        .count();
    strings > 0 && bytes.first() == Some(&0x1b) || matches!(bytes[0], 0x01..=0x03 | 0x05..=0x06 | 0x0e..=0x19)
}

fn is_text(bytes: &[u8]) -> bool {
    const CONTROLS: [u8; 256] = {
        let mut table = [0; 256];
        let mut byte = 0;
        while byte < 256 {
            table[byte] = matches!(byte as u8, 0..=0x07 | 0x0e..=0x1a | 0x1c..=0x1f | 0x7f) as u8;
            byte += 1;
        }
        table
    };
    let controls: usize = bytes.iter().map(|byte| usize::from(CONTROLS[usize::from(*byte)])).sum();
    if controls * TEXT_CONTROLS_ONE_IN > bytes.len() {
        return false;
    }
    match std::str::from_utf8(bytes) {
        Ok(_) => true,
        Err(error) if error.error_len().is_none() => true,
        Err(_) => bytes.iter().filter(|byte| **byte >= 0x80).count() * 3 <= bytes.len(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn beginnings_are_recognised() {
        for (bytes, language) in [
            (&b"%!PS-Adobe-3.0\n"[..], Language::PostScript),
            (b"%PDF-1.7\n%\xe2\xe3", Language::Pdf),
            (b"junk\r\n%PDF-1.7\n", Language::Pdf),
            (b"%PDF-1.7\n%PCLm 1.0\n", Language::Pclm),
            (b") HP-PCL XL;2;0;x\n", Language::PclXl),
            (b"\x1bE\x1b&l0O", Language::Pcl5),
            (b"\x1b%0BIN;", Language::Pcl5),
            (b"\x1b%-1BIN;", Language::HpGl2),
            (b"hello\x1b&l1Oworld", Language::Pcl5),
            (b"hello\r\nworld\x0c", Language::Text),
            ("déjà vu".as_bytes(), Language::Text),
            (b"d\xe9j\xe0 vu, cette ann\xe9e", Language::Text),
            (b"RaS2\0\0", Language::CupsRaster),
            (b"UNIRAST\0\0\0\0\x01", Language::Urf),
            (b"\x1b[K\x02\0\0\x0f\x1b(a", Language::Unknown),
            (b"\x1b@\0\x02\0\xbf\x82\x10\xae\x1bP", Language::Unknown),
            (&[0x1b; 64], Language::Unknown),
            (b"\x1b*m\0@\x10\x03\x10", Language::Unknown),
            (b"\x1b%-98765X\x1c\x14", Language::Unknown),
            (b"\x1bPq----!148?!22_-!148?", Language::Unknown),
            (b"\x14??????????", Language::Unknown),
            (b"\x93\x11\x9a\xff\x00\x01\x02\xfe\x1e\x07", Language::Unknown),
        ] {
            assert_eq!(sniff(bytes, true), Sniffed::Language(language), "{bytes:?}");
        }
    }

    #[test]
    fn a_decision_stands() {
        for bytes in
            [&b"%PDF-1.7\n%PCLm 1.0\n"[..], b"RaS2PwgRaster\0", b"\x1b%-1BIN;", b"\x1bE", b"text\nand more"]
        {
            let last = sniff(bytes, true);
            for end in 1..bytes.len() {
                let early = sniff(&bytes[..end], false);
                assert!(early == Sniffed::NeedsMore || early == last, "{:?}", &bytes[..end]);
            }
        }
    }
}

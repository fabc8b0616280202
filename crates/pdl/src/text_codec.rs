//! Text out of print data: UTF-8 where it is, Windows-1252/Latin-1 where it is not.

/// Bytes as text. Bytes that are not UTF-8 are taken one by one as Latin-1, with the letters and quotes
/// Windows-1252 puts into 0x80-0x9F; control characters are dropped.
#[must_use]
pub fn decode(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) => text.chars().filter(|c| !c.is_control()).collect(),
        Err(_) => bytes.iter().map(|&byte| windows_1252(byte)).filter(|c| !c.is_control()).collect(),
    }
}

/// 0x80-0x9F of Windows-1252; unused codes are control characters as in Latin-1.
const HIGH: [char; 32] = [
    '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž', '\u{8f}', '\u{90}',
    '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9d}', 'ž', 'Ÿ',
];

fn windows_1252(byte: u8) -> char {
    match byte {
        0x80..=0x9f => HIGH[usize::from(byte - 0x80)],
        _ => char::from(byte),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_kinds_are_read() {
        assert_eq!(decode("Übersicht.docx".as_bytes()), "Übersicht.docx");
        assert_eq!(decode(b"\xdcbersicht \x96 \x80"), "Übersicht – €");
        assert_eq!(decode(b"a\x00b\x1bc"), "abc");
    }
}

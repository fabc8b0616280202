//! What must hold for any text that people, readers and files give: checked here over the corpora, and by the fuzz targets, which
//! include this file.

use domain::mail::{Kind, Template};
use domain::people::card_number::{Filter, magnetic};
use domain::people::id_code::{Pattern, RANDOM_LEN};
use domain::people::import;
use domain::people::link::DelegateLink;
use domain::secret::CardCode;

/// A filter on the first line, card numbers on the others: no panic, and what comes out is a card number.
pub(crate) fn card_filter(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    let (filter, cards) = text.split_once('\n').unwrap_or((&text, "0457AB12"));
    let Ok(filter) = Filter::parse(filter) else { return };
    for card in cards.lines().take(20) {
        let Ok(card) = CardCode::parse(card) else { continue };
        let filtered = filter.apply(&card);
        assert_eq!(CardCode::parse(filtered.expose()).as_ref(), Ok(&filtered), "it can be stored and found");
        assert_eq!(filter.apply(&card), filtered, "the same card is the same number each time");
    }
}

/// A track of a magnetic card: no panic, and what comes out is a card number.
pub(crate) fn magnetic_card(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    if let Ok(code) = magnetic(&text) {
        assert_eq!(CardCode::parse(code.expose()).as_ref(), Ok(&code));
        assert!(
            code.expose().bytes().all(|letter| letter.is_ascii_hexdigit()),
            "a reader tells hexadecimal digits"
        );
    }
}

/// A pattern of ID codes and random numbers: a code has what the pattern asks for.
pub(crate) fn id_code(input: &[u8]) {
    let (pattern, random) = input.split_at(input.len().min(60));
    let pattern = String::from_utf8_lossy(pattern);
    let pattern = pattern.split('\n').next().unwrap_or_default();
    let Ok(parsed) = Pattern::parse(pattern) else { return };
    let mut numbers = [0; RANDOM_LEN];
    for (number, octets) in numbers.iter_mut().zip(random.chunks(4)) {
        *number = octets.iter().fold(0, |number, octet| number << 8 | u32::from(*octet));
    }
    let code = parsed.code(&numbers);
    let code = code.expose();
    let wanted = |letter| pattern.chars().filter(|&known| known == letter).count();
    assert_eq!(code.chars().count(), pattern.chars().count());
    assert!(code.bytes().filter(u8::is_ascii_digit).count() >= wanted('1'), "{pattern}: {code}");
    assert!(code.bytes().filter(u8::is_ascii_lowercase).count() >= wanted('x'), "{pattern}: {code}");
}

/// A mail's template, the first octet says of which kind: no panic, a subject of one line, and work in proportion.
pub(crate) fn template(input: &[u8]) {
    let Some((&first, text)) = input.split_first() else { return };
    let kind = Kind::ALL[usize::from(first) % Kind::ALL.len()];
    let text = String::from_utf8_lossy(text);
    match Template::parse(&text, kind) {
        Ok(template) => {
            let filled = template.fill(&kind.sample());
            assert!(!filled.subject.contains(['\n', '\r']), "a subject is one line");
            assert!(filled.body.len() <= 1_000 + text.len() * 2_000, "a tag is no longer than its value");
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}

/// A file of people, the first octet is the separator: no panic, the same rows in whatever pieces it is read, lines that never fall,
/// and values of a length that is bounded.
pub(crate) fn import(input: &[u8]) {
    let Some((&separator, file)) = input.split_first() else { return };
    let mut rows = Vec::new();
    let outcome = import::rows(file, separator, |row| rows.push(row)).map_err(|bad| bad.to_string());
    let mut again = Vec::new();
    let slowly =
        import::rows(Slowly(file, 16), separator, |row| again.push(row)).map_err(|bad| bad.to_string());
    assert_eq!((&outcome, &rows), (&slowly, &again));
    assert!(rows.windows(2).all(|two| two[0].line <= two[1].line), "lines never fall");
    for row in rows {
        let lists = row.codes.iter().chain(&row.aliases).chain(&row.groups);
        for value in lists.chain([&row.logon, &row.domain, &row.full_name, &row.email, &row.unit, &row.pin]) {
            assert!(value.len() <= import::VALUE_BYTES_MAX && value.trim() == value);
        }
    }
    if let Err(said) = outcome {
        assert!(said.starts_with("line "), "{said}");
    }
}

/// Gives so many octets at first, for a byte order mark is looked for in what the first reading gives, then one at a time.
struct Slowly<'a>(&'a [u8], usize);

impl std::io::Read for Slowly<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let length = self.0.len().min(buffer.len()).min(std::mem::replace(&mut self.1, 1));
        let (now, later) = self.0.split_at(length);
        buffer[..length].copy_from_slice(now);
        self.0 = later;
        Ok(length)
    }
}

/// What stands in an address: only what was written by us is a link, and in one way only.
pub(crate) fn link(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    if let Some((link, signature)) = DelegateLink::parse(&text) {
        assert_eq!(link.text(&signature), text);
    }
}

//! Where the objects lie (ISO 32000-1 7.5.4, 7.5.8): cross-reference tables, streams, both at once, and chains of
//! them from incremental updates.

use std::collections::HashSet;

use super::document::{Document, PdfError};
use super::lexer::Lexer;
use super::object::{Dict, Object, Stream};
use super::stream::StreamBytes;

/// Where one object lies.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(super) enum Entry {
    /// Nothing is known of it.
    #[default]
    Unknown,
    /// It was deleted.
    Free,
    /// At this offset.
    At { offset: u64, generation: u16 },
    /// In an object stream, at this place of it.
    In { stream: u32, index: u32 },
}

/// All entries by object number.
#[derive(Debug, Default)]
pub(super) struct Xref {
    entries: Vec<Entry>,
}

/// The largest object number (ISO 32000-1 annex C).
const OBJECT_NUMBER_MAX: u32 = 8_388_607;
/// Sections a chain of updates may have.
const SECTIONS_MAX: usize = 4_096;
/// How much of the end of the file is searched for `startxref`.
const TAIL_BYTES: u64 = 4_096;
/// A line of a cross-reference table.
const LINE_BYTES: usize = 20;

impl Xref {
    /// Where the object lies.
    pub(super) fn entry(&self, number: u32) -> Entry {
        self.entries.get(number as usize).copied().unwrap_or_default()
    }

    /// All object numbers with their entries.
    pub(super) fn iter(&self) -> impl Iterator<Item = (u32, Entry)> + '_ {
        (0..).zip(self.entries.iter().copied())
    }

    /// Sets an entry that an earlier read, and so newer, section has not set.
    pub(super) fn set_older(&mut self, number: u32, entry: Entry) {
        if self.entry(number) == Entry::Unknown {
            self.set(number, entry);
        }
    }

    /// Sets an entry whatever was there.
    pub(super) fn set(&mut self, number: u32, entry: Entry) {
        if number > OBJECT_NUMBER_MAX {
            return;
        }
        let index = number as usize;
        if index >= self.entries.len() {
            self.entries.resize(index + 1, Entry::Unknown);
        }
        self.entries[index] = entry;
    }
}

/// Reads the whole chain, newest section first; returns the merged trailer, or `None` where the chain is broken.
///
/// # Errors
/// Only when the source cannot be read.
pub(super) fn load(document: &mut Document<'_>) -> Result<Option<Dict>, PdfError> {
    let Some(start) = start_of_chain(document)? else {
        document.note_truncated();
        return Ok(None);
    };
    let mut seen = HashSet::new();
    let mut trailer: Option<Dict> = None;
    let mut waiting = vec![start];
    while let Some(offset) = waiting.pop() {
        if seen.len() >= SECTIONS_MAX || !seen.insert(offset) {
            continue;
        }
        let Some(section) = read_section(document, offset)? else {
            // A broken older section leaves the newer ones; without any the whole chain is broken.
            if trailer.is_none() {
                return Ok(None);
            }
            document.note_damage("a cross-reference section is unreadable");
            continue;
        };
        if let Some(previous) = section.raw(b"Prev").as_int().and_then(|at| u64::try_from(at).ok()) {
            waiting.push(previous);
        }
        // Hybrid files: the stream is older than the table beside it and newer than the previous section.
        if let Some(stream) = section.raw(b"XRefStm").as_int().and_then(|at| u64::try_from(at).ok()) {
            waiting.push(stream);
        }
        if trailer.is_none() {
            trailer = Some(section);
        }
    }
    Ok(trailer)
}

fn start_of_chain(document: &Document<'_>) -> Result<Option<u64>, PdfError> {
    let length = document.source.len();
    let from = length.saturating_sub(TAIL_BYTES);
    let found = document.source.with(from, TAIL_BYTES as usize, |tail| {
        let at = memchr::memmem::rfind(tail, b"startxref")?;
        let mut lexer = Lexer::file(&tail[at + b"startxref".len()..], true);
        lexer.value().ok()?.as_int()
    })?;
    // An offset outside the file is still the sign of a whole one.
    Ok(found.map(|at| u64::try_from(at).unwrap_or(u64::MAX).min(length)))
}

/// Reads one section into the document's table; returns its trailer dictionary.
fn read_section(document: &mut Document<'_>, offset: u64) -> Result<Option<Dict>, PdfError> {
    let table_starts = document.source.with(offset, 64, |bytes| {
        let mut lexer = Lexer::file(bytes, true);
        lexer.keyword(b"xref").then(|| offset + lexer.position() as u64)
    })?;
    match table_starts {
        Some(at) => read_table(document, at),
        None => read_stream(document, offset),
    }
}

fn read_table(document: &mut Document<'_>, mut at: u64) -> Result<Option<Dict>, PdfError> {
    loop {
        let head = document.source.with(at, 64, |bytes| {
            let mut lexer = Lexer::file(bytes, true);
            if lexer.keyword(b"trailer") {
                return Some((None, lexer.position()));
            }
            let first = lexer.value().ok()?.as_int()?;
            let count = lexer.value().ok()?.as_int()?;
            lexer.skip_space();
            Some((Some((u32::try_from(first).ok()?, u64::try_from(count).ok()?)), lexer.position()))
        })?;
        match head {
            Some((None, used)) => {
                let trailer = document.value_at(at + used as u64)?;
                return Ok(trailer.and_then(|(value, _)| value.as_dict().cloned()));
            }
            Some((Some((first, count)), used)) => {
                at += used as u64;
                match read_lines(document, at, first, count)? {
                    Some(end) => at = end,
                    None => return Ok(None),
                }
            }
            None => return Ok(None),
        }
    }
}

/// Reads the lines of a subsection; returns the offset behind them.
fn read_lines(
    document: &mut Document<'_>,
    mut at: u64,
    first: u32,
    count: u64,
) -> Result<Option<u64>, PdfError> {
    let mut number = u64::from(first);
    let end = number + count;
    let mut entries = Vec::new();
    while number < end {
        if number > u64::from(OBJECT_NUMBER_MAX) {
            return Ok(None);
        }
        let batch = (end - number).min(1024) as usize;
        let (used, regular) = document.source.with(at, batch * LINE_BYTES, |bytes| {
            let mut used = 0;
            for line in bytes.chunks_exact(LINE_BYTES).take(batch) {
                match regular_line(line) {
                    Some(entry) => entries.push(entry),
                    None => return (used, false),
                }
                used += LINE_BYTES;
            }
            (used, used > 0)
        })?;
        at += used as u64;
        if !regular {
            // Lines of another length than 20 bytes: read one of them by its tokens.
            let loose = document.source.with(at, 64, |bytes| {
                let mut lexer = Lexer::file(bytes, true);
                let offset = lexer.value().ok()?.as_int()?;
                let generation = lexer.value().ok()?.as_int()?;
                let kind = if lexer.keyword(b"n") { b'n' } else { lexer.keyword(b"f").then_some(b'f')? };
                Some((
                    entry(u64::try_from(offset).ok()?, u64::try_from(generation).ok()?, kind),
                    lexer.position(),
                ))
            })?;
            match loose {
                Some((entry, length)) => {
                    entries.push(entry);
                    at += length as u64;
                }
                // The count lies: the trailer comes early.
                None => break,
            }
        }
        for entry in entries.drain(..) {
            document.xref.set_older(number as u32, entry);
            number += 1;
        }
    }
    for entry in entries.drain(..) {
        document.xref.set_older(number as u32, entry);
        number += 1;
    }
    Ok(Some(at))
}

fn regular_line(line: &[u8]) -> Option<Entry> {
    let digits = |bytes: &[u8]| {
        bytes
            .iter()
            .try_fold(0_u64, |value, byte| byte.is_ascii_digit().then(|| value * 10 + u64::from(byte - b'0')))
    };
    let well_formed = line[10] == b' '
        && line[16] == b' '
        && matches!(line[18], b' ' | b'\r')
        && matches!(line[19], b'\r' | b'\n');
    if !well_formed {
        return None;
    }
    Some(entry(digits(&line[..10])?, digits(&line[11..16])?, line[17]))
        .filter(|_| matches!(line[17], b'n' | b'f'))
}

fn entry(offset: u64, generation: u64, kind: u8) -> Entry {
    // Offset 0 is the header; writers that mean "not here" put it there.
    if kind == b'f' || offset == 0 {
        Entry::Free
    } else {
        Entry::At { offset, generation: generation.min(65_535) as u16 }
    }
}

fn read_stream(document: &mut Document<'_>, offset: u64) -> Result<Option<Dict>, PdfError> {
    let Some((_, Object::Stream(stream))) = document.object_at(offset)? else { return Ok(None) };
    if stream.dict.raw(b"Type").as_name() != Some(b"XRef") {
        return Ok(None);
    }
    read_stream_entries(document, &stream)?;
    Ok(Some(stream.dict.clone()))
}

/// Reads the entries of a cross-reference stream.
pub(super) fn read_stream_entries(document: &mut Document<'_>, stream: &Stream) -> Result<(), PdfError> {
    let dict = &stream.dict;
    let widths: Vec<usize> = dict
        .raw(b"W")
        .as_array()
        .map(|widths| {
            widths
                .iter()
                .map(|width| width.as_int().unwrap_or(-1))
                .filter(|w| (0..=8).contains(w))
                .map(|w| w as usize)
                .collect()
        })
        .unwrap_or_default();
    let [kind_width, second_width, third_width] = widths[..] else { return Ok(()) };
    let line = kind_width + second_width + third_width;
    if line == 0 {
        return Ok(());
    }
    let size = dict.raw(b"Size").as_int().unwrap_or(0);
    let index: Vec<i64> = match dict.raw(b"Index").as_array() {
        Some(index) => index.iter().map(|value| value.as_int().unwrap_or(0)).collect(),
        None => vec![0, size],
    };
    let mut bytes = StreamBytes::open_plain(document, stream)?;
    let mut row = vec![0; line];
    for section in index.chunks_exact(2) {
        let (Ok(first), Ok(count)) = (u32::try_from(section[0]), u32::try_from(section[1])) else { continue };
        for number in first..first.saturating_add(count).min(OBJECT_NUMBER_MAX) {
            if bytes.fill(document, &mut row)? < line {
                return Ok(());
            }
            let field = |from: usize, width: usize| {
                row[from..from + width].iter().fold(0_u64, |value, byte| value << 8 | u64::from(*byte))
            };
            let kind = if kind_width == 0 { 1 } else { field(0, kind_width) };
            let (second, third) =
                (field(kind_width, second_width), field(kind_width + second_width, third_width));
            let entry = match kind {
                0 => Entry::Free,
                1 => entry(second, third, b'n'),
                2 => Entry::In {
                    stream: second.min(u32::MAX.into()) as u32,
                    index: third.min(u32::MAX.into()) as u32,
                },
                _ => continue,
            };
            document.xref.set_older(number, entry);
        }
    }
    Ok(())
}

/// Rebuilds the table by looking for `N G obj` all over the file; of several definitions the last one counts.
/// Returns the trailers and the catalogues that were seen, the last ones first.
///
/// # Errors
/// Only when the source cannot be read.
pub(super) fn rebuild(document: &mut Document<'_>) -> Result<Dict, PdfError> {
    document.xref = Xref::default();
    let mut scan = Scan::default();
    let mut buffer = vec![0; SCAN_BYTES];
    let length = document.source.len();
    let mut at = 0;
    while at < length {
        let read = document.source.read(at, &mut buffer)?;
        let last = at + read as u64 >= length || read < buffer.len();
        // Marks in the overlap are found by the next window, with all they need behind and before them.
        let limit = if last { read } else { read - SCAN_OVERLAP };
        let floor = if at == 0 { 0 } else { SCAN_OVERLAP / 2 };
        scan.window(
            &buffer[..read],
            at,
            floor,
            limit + if last { 0 } else { SCAN_OVERLAP / 2 },
            &mut document.xref,
        );
        if last {
            break;
        }
        at += limit as u64;
    }
    scan.finish(document)
}

const SCAN_BYTES: usize = 256 * 1024;
const SCAN_OVERLAP: usize = 256;
/// Object streams and trailers remembered while rebuilding.
const REBUILD_MARKS_MAX: usize = 65_536;

#[derive(Default)]
struct Scan {
    last_object: Option<(u32, u64)>,
    object_streams: Vec<u32>,
    xref_streams: Vec<u64>,
    trailers: Vec<u64>,
    catalogues: Vec<(u32, u64)>,
}

impl Scan {
    /// Looks at the marks between `floor` and `limit` of a window that starts at `at`.
    fn window(&mut self, bytes: &[u8], at: u64, floor: usize, limit: usize, xref: &mut Xref) {
        let mut marks: Vec<(usize, &[u8])> = Vec::new();
        for needle in [b"obj".as_slice(), b"trailer", b"/ObjStm", b"/XRef", b"/Catalog"] {
            let found =
                memchr::memmem::find_iter(bytes, needle).filter(|place| (floor..limit).contains(place));
            marks.extend(found.map(|place| (place, needle)));
        }
        marks.sort_unstable();
        for (place, needle) in marks {
            match needle {
                b"obj" => {
                    if let Some((number, generation, start)) = object_head(&bytes[..place]) {
                        let offset = at + start as u64;
                        xref.set(number, Entry::At { offset, generation });
                        self.last_object = Some((number, offset));
                    }
                }
                b"trailer" => push_bounded(&mut self.trailers, at + (place + needle.len()) as u64),
                b"/ObjStm" => {
                    if let Some((number, _)) = self.last_object {
                        push_bounded(&mut self.object_streams, number);
                    }
                }
                b"/XRef" => {
                    if let Some((_, offset)) = self.last_object {
                        push_bounded(&mut self.xref_streams, offset);
                    }
                }
                _ => {
                    if let Some(object) = self.last_object {
                        push_bounded(&mut self.catalogues, object);
                    }
                }
            }
        }
    }

    fn finish(mut self, document: &mut Document<'_>) -> Result<Dict, PdfError> {
        let mut dicts = Vec::new();
        for at in self.trailers {
            if let Some((Object::Dict(dict), _)) = document.value_at(at)? {
                dicts.push((at, dict));
            }
        }
        for at in self.xref_streams {
            if let Some((_, Object::Stream(stream))) = document.object_at(at)? {
                dicts.push((at, stream.dict.clone()));
            }
        }
        dicts.sort_by_key(|(at, _)| *at);
        let mut entries = Vec::new();
        for key in [b"Root".as_slice(), b"Encrypt", b"ID", b"Info"] {
            let newest = dicts.iter().rev().map(|(_, dict)| dict.raw(key)).find(|value| !value.is_null());
            if let Some(value) = newest {
                entries.push((key.into(), value.clone()));
            }
        }
        self.object_streams.dedup();
        document.expand_later(self.object_streams);
        if !entries.iter().any(|(key, _): &(std::rc::Rc<[u8]>, Object)| &**key == b"Root") {
            for (number, offset) in self.catalogues.into_iter().rev() {
                if let Some((id, Object::Dict(dict))) = document.object_at(offset)?
                    && id.number == number
                    && dict.raw(b"Type").as_name() == Some(b"Catalog")
                {
                    entries.push((b"Root".as_slice().into(), Object::Reference(id)));
                    break;
                }
            }
        }
        Ok(Dict::new(entries))
    }
}

fn push_bounded<T>(list: &mut Vec<T>, item: T) {
    if list.len() < REBUILD_MARKS_MAX {
        list.push(item);
    }
}

/// `N G ` at the end of the slice: number, generation and where it starts.
fn object_head(before: &[u8]) -> Option<(u32, u16, usize)> {
    let number_before = |end: usize| -> Option<(u64, usize)> {
        let spaces = before[..end].iter().rev().take_while(|byte| crate::codec::is_space(**byte)).count();
        let end = end - spaces;
        let digits = before[..end].iter().rev().take(10).take_while(|byte| byte.is_ascii_digit()).count();
        let text = &before[end - digits..end];
        let value = text.iter().fold(0_u64, |value, digit| value * 10 + u64::from(digit - b'0'));
        (spaces > 0 && digits > 0 && spaces < 32).then_some((value, end - digits))
    };
    let (generation, at) = match number_before(before.len()) {
        Some(found) => found,
        None => {
            // "1 0obj" without a space.
            let digits = before.iter().rev().take(6).take_while(|byte| byte.is_ascii_digit()).count();
            let start = before.len() - digits;
            let text = &before[start..];
            (digits > 0).then_some(())?;
            (text.iter().fold(0_u64, |value, digit| value * 10 + u64::from(digit - b'0')), start)
        }
    };
    let (number, start) = number_before(at)?;
    Some((u32::try_from(number).ok()?, u16::try_from(generation).ok()?, start))
}

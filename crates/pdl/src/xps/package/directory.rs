//! The central directory of a zip file, and the way without one.

use std::io::{self, BufReader, Read};

use flate2::{Decompress, FlushDecompress, Status};
use memchr::memmem;

use super::{Entry, LOCAL_HEADER_BYTES, Method, PARTS_MAX, PartName};
use crate::source::{ReadAt, Stretch};

/// The end record without its comment (APPNOTE 4.3.16).
const END_BYTES: usize = 22;

/// Where the central directory lies.
#[derive(Debug, Clone, Copy)]
struct Directory {
    offset: u64,
    bytes: u64,
}

/// The entries of the central directory, `None` when it is missing or broken.
pub(super) fn read(source: &dyn ReadAt) -> io::Result<Option<Vec<Entry>>> {
    let Some(directory) = find(source)? else { return Ok(None) };
    let mut input =
        BufReader::with_capacity(32 * 1024, Stretch::new(source, directory.offset, directory.bytes));
    let mut entries = Vec::new();
    let mut variable = Vec::new();
    loop {
        let mut head = [0; 46];
        match input.read_exact(&mut head) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => break,
            Err(error) => return Err(error),
        }
        if !head.starts_with(b"PK\x01\x02") {
            // A digital signature may follow the entries.
            break;
        }
        let two = |at: usize| u16::from_le_bytes([head[at], head[at + 1]]);
        let four =
            |at: usize| u64::from(u32::from_le_bytes([head[at], head[at + 1], head[at + 2], head[at + 3]]));
        let (name_bytes, extra_bytes) = (usize::from(two(28)), usize::from(two(30)));
        variable.resize(name_bytes + extra_bytes + usize::from(two(32)), 0);
        if input.read_exact(&mut variable).is_err() {
            return Ok(None);
        }
        let (unpacked, mut packed, mut offset) = (four(24), four(20), four(42));
        widen(&variable[name_bytes..name_bytes + extra_bytes], unpacked, &mut packed, &mut offset);
        if entries.len() < PARTS_MAX {
            entries.push(entry(&variable[..name_bytes], two(8), two(10), offset, packed));
        }
    }
    // A directory that lists nothing is not one.
    Ok(if entries.is_empty() { None } else { Some(entries) })
}

/// Numbers that do not fit 32 bits stand in an extra field, in this order (APPNOTE 4.5.3).
fn widen(mut extra: &[u8], unpacked: u64, packed: &mut u64, offset: &mut u64) {
    const FULL: u64 = 0xFFFF_FFFF;
    while let [k0, k1, l0, l1, rest @ ..] = extra {
        let length = usize::from(u16::from_le_bytes([*l0, *l1])).min(rest.len());
        let (body, after) = rest.split_at(length);
        if u16::from_le_bytes([*k0, *k1]) == 1 {
            let mut numbers = body.as_chunks::<8>().0.iter().map(|n| u64::from_le_bytes(*n));
            if unpacked == FULL {
                numbers.next();
            }
            for slot in [packed, offset] {
                if *slot == FULL
                    && let Some(number) = numbers.next()
                {
                    *slot = number;
                }
            }
            return;
        }
        extra = after;
    }
}

/// Finds the end record: the last one whose directory lies where it says.
fn find(source: &dyn ReadAt) -> io::Result<Option<Directory>> {
    let length = source.len();
    let tail_bytes = length.min(END_BYTES as u64 + 0xFFFF);
    let mut tail = vec![0; tail_bytes as usize];
    let start = length - tail_bytes;
    let read = source.read_full_at(start, &mut tail)?;
    tail.truncate(read);
    for at in memmem::rfind_iter(&tail, b"PK\x05\x06") {
        if let Some(directory) = directory_of(source, start + at as u64, &tail[at..])? {
            return Ok(Some(directory));
        }
    }
    Ok(None)
}

/// The directory that the end record at `at` describes, if it is there.
fn directory_of(source: &dyn ReadAt, at: u64, record: &[u8]) -> io::Result<Option<Directory>> {
    let Some(record) = record.get(..END_BYTES) else { return Ok(None) };
    let four = |at: usize| {
        u64::from(u32::from_le_bytes([record[at], record[at + 1], record[at + 2], record[at + 3]]))
    };
    let mut directory = Directory { offset: four(16), bytes: four(12) };
    if directory.offset == 0xFFFF_FFFF || directory.bytes == 0xFFFF_FFFF {
        // The ZIP64 record stands where its locator, right before the end record, says.
        let mut locator = [0; 20];
        let Some(before) = at.checked_sub(20) else { return Ok(None) };
        source.read_full_at(before, &mut locator)?;
        let [0x50, 0x4B, 6, 7, _, _, _, _, place @ ..] = locator else { return Ok(None) };
        let mut wide = [0; 56];
        let [p0, p1, p2, p3, p4, p5, p6, p7, ..] = place;
        source.read_full_at(u64::from_le_bytes([p0, p1, p2, p3, p4, p5, p6, p7]), &mut wide)?;
        if !wide.starts_with(b"PK\x06\x06") {
            return Ok(None);
        }
        let eight = |at: usize| wide[at..at + 8].iter().rev().fold(0, |n: u64, b| n << 8 | u64::from(*b));
        directory = Directory { offset: eight(48), bytes: eight(40) };
    }
    let mut first = [0; 4];
    let fits = directory.offset.checked_add(directory.bytes).is_some_and(|end| end <= at);
    let there = fits && source.read_full_at(directory.offset, &mut first)? == 4 && &first == b"PK\x01\x02";
    Ok(there.then_some(directory))
}

/// Where the package that fills `source` from its start ends: behind its end record.
pub(in super::super) fn end(source: &dyn ReadAt) -> io::Result<Option<u64>> {
    let length = source.len();
    let tail_bytes = length.min(END_BYTES as u64 + 0xFFFF);
    let mut tail = vec![0; tail_bytes as usize];
    let start = length - tail_bytes;
    let read = source.read_full_at(start, &mut tail)?;
    tail.truncate(read);
    for at in memmem::rfind_iter(&tail, b"PK\x05\x06") {
        let Some(directory) = directory_of(source, start + at as u64, &tail[at..])? else { continue };
        let record = &tail[at..];
        // An end record of a later package in the same stream speaks of offsets from that one's start; its
        // directory would only by accident be found here, and ends right before its record only if it is ours.
        let gap = start + at as u64 - (directory.offset + directory.bytes);
        if gap == 0 || gap == 76 {
            let comment = u64::from(u16::from_le_bytes([record[20], record[21]]));
            return Ok(Some((start + (at + END_BYTES) as u64 + comment).min(length)));
        }
    }
    Ok(None)
}

/// Finds the parts of a package without a directory, one behind the other.
pub(super) fn scan(source: &dyn ReadAt) -> io::Result<Vec<Entry>> {
    let mut entries = Vec::new();
    let mut at = 0;
    while entries.len() < PARTS_MAX {
        let mut head = [0; LOCAL_HEADER_BYTES];
        if source.read_full_at(at, &mut head)? < LOCAL_HEADER_BYTES || !head.starts_with(b"PK\x03\x04") {
            break;
        }
        let two = |at: usize| u16::from_le_bytes([head[at], head[at + 1]]);
        let four =
            |at: usize| u64::from(u32::from_le_bytes([head[at], head[at + 1], head[at + 2], head[at + 3]]));
        let (flags, method) = (two(6), two(8));
        let mut variable = vec![0; usize::from(two(26)) + usize::from(two(28))];
        source.read_full_at(at + LOCAL_HEADER_BYTES as u64, &mut variable)?;
        let (name, extra) = variable.split_at(usize::from(two(26)));
        let (unpacked, mut packed) = (four(22), four(18));
        widen(extra, unpacked, &mut packed, &mut 0);
        let data = at + (LOCAL_HEADER_BYTES + variable.len()) as u64;
        let mut next = data.saturating_add(packed);
        if flags & STREAMED != 0 && packed == 0 {
            // The sizes stand behind the data, in a descriptor of four forms (APPNOTE 4.3.9).
            let Some(end) = data_end(source, data, method)? else {
                packed = source.len().saturating_sub(data);
                entries.push(entry(name, flags, method, at, packed));
                break;
            };
            packed = end - data;
            next = end + descriptor_bytes(source, end)?;
        }
        entries.push(entry(name, flags, method, at, packed));
        at = next;
    }
    Ok(entries)
}

/// Bit 3 of the flags: sizes follow the data.
const STREAMED: u16 = 1 << 3;

/// Where data of unknown length ends; `None` when the file ends before.
fn data_end(source: &dyn ReadAt, data: u64, method: u16) -> io::Result<Option<u64>> {
    let mut buffer = vec![0; 32 * 1024];
    let mut at = data;
    if method == 8 {
        let mut inflater = Decompress::new(false);
        let mut waste = vec![0; 64 * 1024];
        loop {
            let read = source.read_at(at, &mut buffer)?;
            if read == 0 {
                return Ok(None);
            }
            let mut used = 0;
            while used < read {
                let before = inflater.total_in();
                let status = inflater.decompress(&buffer[used..read], &mut waste, FlushDecompress::None);
                let took = (inflater.total_in() - before) as usize;
                used += took;
                match status {
                    Ok(Status::StreamEnd) => return Ok(Some(at + used as u64)),
                    Ok(Status::Ok | Status::BufError) if took > 0 => {}
                    Ok(Status::Ok) => {}
                    Ok(Status::BufError) | Err(_) => return Ok(None),
                }
            }
            at += read as u64;
        }
    }
    loop {
        let read = source.read_full_at(at, &mut buffer)?;
        if let Some(found) = memmem::find(&buffer[..read], b"PK\x07\x08") {
            return Ok(Some(at + found as u64));
        }
        if read < buffer.len() {
            return Ok(None);
        }
        at += (read - 3) as u64;
    }
}

/// The descriptor has a signature or not and sizes of 32 or 64 bits; the next header tells.
fn descriptor_bytes(source: &dyn ReadAt, at: u64) -> io::Result<u64> {
    let mut window = [0; 28];
    let read = source.read_full_at(at, &mut window)?;
    let follows = |bytes: usize| window[..read].get(bytes..bytes + 2) == Some(b"PK");
    Ok([16, 24, 12, 20].into_iter().find(|bytes| follows(*bytes)).unwrap_or(16) as u64)
}

fn entry(name: &[u8], flags: u16, method: u16, offset: u64, packed: u64) -> Entry {
    let (name, piece) = PartName::new(&String::from_utf8_lossy(name)).without_piece();
    let method = match (flags & 1, method) {
        (0, 0) => Method::Stored,
        (0, 8) => Method::Deflated,
        _ => Method::Other,
    };
    Entry { name: name.digest(), piece, is_page: name.ends_with(".fpage"), method, offset, packed }
}

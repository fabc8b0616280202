//! The file header and the image file directories (TIFF 6.0 section 2; BigTIFF).

use std::io;

use crate::source::ReadAt;

/// Entries read of one directory.
const ENTRIES_MAX: usize = 1_024;

/// Values read of one entry: offsets of strips, colour map.
const VALUES_MAX: u64 = 1 << 18;

/// Numbers of the tags that matter here.
pub(super) mod tag {
    pub(in super::super) const NEW_SUBFILE_TYPE: u16 = 254;
    pub(in super::super) const SUBFILE_TYPE: u16 = 255;
    pub(in super::super) const WIDTH: u16 = 256;
    pub(in super::super) const HEIGHT: u16 = 257;
    pub(in super::super) const BITS_PER_SAMPLE: u16 = 258;
    pub(in super::super) const COMPRESSION: u16 = 259;
    pub(in super::super) const PHOTOMETRIC: u16 = 262;
    pub(in super::super) const FILL_ORDER: u16 = 266;
    pub(in super::super) const STRIP_OFFSETS: u16 = 273;
    pub(in super::super) const SAMPLES_PER_PIXEL: u16 = 277;
    pub(in super::super) const ROWS_PER_STRIP: u16 = 278;
    pub(in super::super) const STRIP_BYTE_COUNTS: u16 = 279;
    pub(in super::super) const X_RESOLUTION: u16 = 282;
    pub(in super::super) const Y_RESOLUTION: u16 = 283;
    pub(in super::super) const PLANAR_CONFIGURATION: u16 = 284;
    pub(in super::super) const RESOLUTION_UNIT: u16 = 296;
    pub(in super::super) const PREDICTOR: u16 = 317;
    pub(in super::super) const COLOR_MAP: u16 = 320;
    pub(in super::super) const TILE_WIDTH: u16 = 322;
    pub(in super::super) const TILE_LENGTH: u16 = 323;
    pub(in super::super) const TILE_OFFSETS: u16 = 324;
    pub(in super::super) const TILE_BYTE_COUNTS: u16 = 325;
    pub(in super::super) const EXTRA_SAMPLES: u16 = 338;
    pub(in super::super) const JPEG_TABLES: u16 = 347;
}

/// Byte order and width of offsets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Layout {
    pub(super) little_endian: bool,
    big: bool,
}

impl Layout {
    /// The layout and the offset of the first directory.
    pub(super) fn read(source: &dyn ReadAt) -> io::Result<Option<(Layout, u64)>> {
        let mut start = [0; 16];
        if source.read_full_at(0, &mut start)? < 8 {
            return Ok(None);
        }
        let little_endian = match &start[..2] {
            b"II" => true,
            b"MM" => false,
            _ => return Ok(None),
        };
        let small = Layout { little_endian, big: false };
        Ok(match small.number(&start[2..4]) {
            42 => Some((small, small.number(&start[4..8]))),
            43 if small.number(&start[4..6]) == 8 => {
                Some((Layout { little_endian, big: true }, small.number(&start[8..16])))
            }
            _ => None,
        })
    }

    /// A number of up to eight bytes.
    fn number(self, bytes: &[u8]) -> u64 {
        let fold = |value: u64, byte: &u8| value << 8 | u64::from(*byte);
        if self.little_endian { bytes.iter().rev().fold(0, fold) } else { bytes.iter().fold(0, fold) }
    }
}

/// One directory: the entries as stored, and the values of those that lie elsewhere.
pub(super) struct Directory {
    pub(super) layout: Layout,
    entries: Vec<Entry>,
}

struct Entry {
    tag: u16,
    kind: u16,
    count: u64,
    values: Vec<u8>,
}

impl Directory {
    /// Reads the directory at `offset` and says where the next one is.
    pub(super) fn read(
        source: &dyn ReadAt,
        layout: Layout,
        offset: u64,
    ) -> io::Result<Option<(Directory, u64)>> {
        let (count_bytes, entry_bytes, inline_bytes) = if layout.big { (8, 20, 8) } else { (2, 12, 4) };
        let mut count = [0; 8];
        if source.read_full_at(offset, &mut count[..count_bytes])? < count_bytes {
            return Ok(None);
        }
        let count = layout.number(&count[..count_bytes]);
        if count == 0 || count > ENTRIES_MAX as u64 {
            return Ok(None);
        }
        let table_bytes = count as usize * entry_bytes;
        let mut table = vec![0; table_bytes + inline_bytes];
        let read = source.read_full_at(offset.saturating_add(count_bytes as u64), &mut table)?;
        if read < table_bytes {
            return Ok(None);
        }
        let next = if read == table.len() { layout.number(&table[table_bytes..]) } else { 0 };
        let mut entries = Vec::with_capacity(count as usize);
        for raw in table[..table_bytes].chunks_exact(entry_bytes) {
            let (head, place) = raw.split_at(entry_bytes - inline_bytes);
            let count = layout.number(&head[4..]);
            let kind = layout.number(&head[2..4]) as u16;
            let size = (count.min(VALUES_MAX) * kind_bytes(kind)) as usize;
            let values = if size <= inline_bytes {
                place[..size].to_vec()
            } else {
                let mut values = vec![0; size];
                let read = source.read_full_at(layout.number(place), &mut values)?;
                values.truncate(read);
                values
            };
            entries.push(Entry { tag: layout.number(&head[..2]) as u16, kind, count, values });
        }
        Ok(Some((Directory { layout, entries }, next)))
    }

    fn entry(&self, tag: u16) -> Option<&Entry> {
        self.entries.iter().find(|e| e.tag == tag)
    }

    /// The first value of an integer entry.
    pub(super) fn number(&self, tag: u16) -> Option<u64> {
        self.numbers(tag).next()
    }

    /// All values of an integer entry.
    pub(super) fn numbers(&self, tag: u16) -> impl Iterator<Item = u64> + '_ {
        self.entry(tag).filter(|e| matches!(e.kind, 1 | 3 | 4 | 13 | 16 | 18)).into_iter().flat_map(|e| {
            let size = kind_bytes(e.kind) as usize;
            e.values.chunks_exact(size).map(|bytes| self.layout.number(bytes))
        })
    }

    /// The first value of a rational entry.
    pub(super) fn rational(&self, tag: u16) -> Option<f64> {
        let entry = self.entry(tag).filter(|e| e.kind == 5)?;
        let numerator = self.layout.number(entry.values.get(0..4)?);
        let denominator = self.layout.number(entry.values.get(4..8)?);
        (denominator != 0).then(|| numerator as f64 / denominator as f64)
    }

    /// The bytes of an entry of any kind.
    pub(super) fn bytes(&self, tag: u16) -> Option<&[u8]> {
        self.entry(tag).map(|e| e.values.as_slice())
    }

    /// Whether every value of an entry was read.
    pub(super) fn is_whole(&self, tag: u16) -> bool {
        self.entry(tag).is_some_and(|e| e.values.len() as u64 == e.count.saturating_mul(kind_bytes(e.kind)))
    }
}

fn kind_bytes(kind: u16) -> u64 {
    match kind {
        3 | 8 => 2,
        4 | 9 | 11 | 13 => 4,
        5 | 10 | 12 | 16..=18 => 8,
        _ => 1,
    }
}

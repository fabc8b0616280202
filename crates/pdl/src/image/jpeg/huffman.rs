//! Huffman codes as T.81 annex C builds them.

/// Codes of this many bits or fewer are found by one look.
const QUICK_BITS: u32 = 9;

/// A decoding table.
pub(super) struct Huffman {
    /// Indexed by the next [`QUICK_BITS`] bits: length << 8 | value; 0 where the code is longer.
    quick: Box<[u16; 1 << QUICK_BITS]>,
    /// First code after the codes of each length, left-aligned to 16 bits.
    limit: [u32; 17],
    /// Index of a code of a length: `values[code + offset]`.
    offset: [i32; 17],
    values: Vec<u8>,
}

impl Huffman {
    /// Builds the table from the sixteen counts and the values of DHT; `None` when the counts overfill the code space.
    pub(super) fn new(counts: &[u8], values: &[u8]) -> Option<Huffman> {
        let mut table = Huffman {
            quick: Box::new([0; 1 << QUICK_BITS]),
            limit: [0; 17],
            offset: [0; 17],
            values: values.to_vec(),
        };
        let mut code: u32 = 0;
        let mut index: usize = 0;
        for length in 1..=16u32 {
            let count = usize::from(*counts.get(length as usize - 1)?);
            table.offset[length as usize] = i32::try_from(index).ok()? - i32::try_from(code).ok()?;
            for _ in 0..count {
                if code >= 1 << length {
                    return None;
                }
                if length <= QUICK_BITS {
                    let shift = QUICK_BITS - length;
                    let entry = (length as u16) << 8 | u16::from(*values.get(index)?);
                    let start = (code << shift) as usize;
                    table.quick[start..start + (1 << shift)].fill(entry);
                }
                code += 1;
                index += 1;
            }
            table.limit[length as usize] = code << (16 - length);
            code <<= 1;
        }
        Some(table)
    }

    /// Finds the code at the head of `window` (16 bits, the first bit highest): its length and value.
    #[inline]
    pub(super) fn find(&self, window: u32) -> Option<(u32, u8)> {
        let entry = self.quick[(window >> (16 - QUICK_BITS)) as usize];
        if entry != 0 {
            return Some((u32::from(entry >> 8), entry as u8));
        }
        for length in (QUICK_BITS + 1)..=16 {
            if window < self.limit[length as usize] {
                let index = (window >> (16 - length)) as i32 + self.offset[length as usize];
                let value = usize::try_from(index).ok().and_then(|i| self.values.get(i))?;
                return Some((length, *value));
            }
        }
        None
    }
}

//! Taking gzip and deflate apart, piece by piece.
//!
//! Used for HTTP's Content-Encoding and for IPP's `compression`. Output comes in bounded pieces, so
//! a small request that would unfold to a mountain meets the document's size limit early.

use std::io::Write as _;

use bytes::Bytes;
use flate2::write::MultiGzDecoder;
use flate2::{Decompress, FlushDecompress};

/// A stream being unpacked.
pub(crate) struct Inflate(Form);

enum Form {
    Gzip(Box<MultiGzDecoder<Vec<u8>>>),
    /// Deflate before its first two octets tell whether the zlib wrapper is there: HTTP says it is
    /// (RFC 9110, section 8.4.1.2), IPP says it is not (RFC 8011, section 5.4.32), clients do both.
    Undecided(Vec<u8>),
    Deflate {
        inner: Box<Decompress>,
        ended: bool,
    },
}

/// The data is not what its label says, or is cut short.
#[derive(Debug, thiserror::Error)]
#[error("the compressed data is damaged: {0}")]
pub(crate) struct Damaged(String);

/// The compressions served, as named in Content-Encoding and in `compression`.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Compression {
    /// `gzip` (RFC 1952)
    Gzip,
    /// `deflate` (RFC 1951, with or without RFC 1950 around it)
    Deflate,
}

impl Compression {
    /// The compression called `name`; `Some(None)` is no compression, `None` an unknown one.
    pub(crate) fn named(name: &str) -> Option<Option<Self>> {
        match name {
            "" | "none" | "identity" => Some(None),
            "gzip" | "x-gzip" => Some(Some(Self::Gzip)),
            "deflate" => Some(Some(Self::Deflate)),
            _ => None,
        }
    }
}

impl Inflate {
    pub(crate) fn new(compression: Compression) -> Self {
        Self(match compression {
            Compression::Gzip => Form::Gzip(Box::new(MultiGzDecoder::new(Vec::new()))),
            Compression::Deflate => Form::Undecided(Vec::new()),
        })
    }

    /// Unpacks from the front of `input` and takes what it used from it. Call again while `input`
    /// is not empty; an empty answer means that more input is needed.
    ///
    /// # Errors
    /// [`Damaged`].
    pub(crate) fn push(&mut self, input: &mut Bytes) -> Result<Bytes, Damaged> {
        match &mut self.0 {
            Form::Gzip(decoder) => {
                let piece = input.split_to(input.len().min(GZIP_INPUT_BYTES));
                decoder.write_all(&piece).map_err(|error| Damaged(error.to_string()))?;
                Ok(std::mem::take(decoder.get_mut()).into())
            }
            Form::Undecided(head) => {
                head.extend_from_slice(&input.split_to(input.len().min(2 - head.len())));
                let &[first, second] = head.as_slice() else { return Ok(Bytes::new()) };
                let wrapped = first & 0x0f == 8 && u16::from_be_bytes([first, second]).is_multiple_of(31);
                let mut head = Bytes::copy_from_slice(&[first, second]);
                self.0 = Form::Deflate { inner: Box::new(Decompress::new(wrapped)), ended: false };
                self.push(&mut head)
            }
            Form::Deflate { inner, ended } => {
                if *ended {
                    // Padding after the end says nothing.
                    input.clear();
                    return Ok(Bytes::new());
                }
                let mut output = Vec::with_capacity(DEFLATE_OUTPUT_BYTES);
                let before = inner.total_in();
                let status = inner
                    .decompress_vec(input, &mut output, FlushDecompress::None)
                    .map_err(|error| Damaged(error.to_string()))?;
                let used = usize::try_from(inner.total_in() - before).unwrap_or(usize::MAX);
                if used == 0 && output.is_empty() && !matches!(status, flate2::Status::StreamEnd) {
                    return Err(Damaged("no progress".to_owned()));
                }
                *ended = matches!(status, flate2::Status::StreamEnd);
                let _ = input.split_to(used);
                Ok(output.into())
            }
        }
    }

    /// What is left once the input is over.
    ///
    /// # Errors
    /// [`Damaged`] when the data was cut short.
    pub(crate) fn finish(self) -> Result<Bytes, Damaged> {
        match self.0 {
            Form::Gzip(decoder) => {
                decoder.finish().map(Bytes::from).map_err(|error| Damaged(error.to_string()))
            }
            Form::Undecided(_) | Form::Deflate { ended: false, .. } => {
                Err(Damaged("it ends too early".to_owned()))
            }
            Form::Deflate { ended: true, .. } => Ok(Bytes::new()),
        }
    }
}

/// Input given to the gzip reader at a time; deflate unfolds at most about 1,030 times.
const GZIP_INPUT_BYTES: usize = 512;
/// Output taken from the deflate reader at a time.
const DEFLATE_OUTPUT_BYTES: usize = 128 * 1024;

#[cfg(test)]
mod tests {
    use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};

    use super::*;

    fn unpack(compression: Compression, packed: &[u8], chunk: usize) -> Result<Vec<u8>, Damaged> {
        let mut inflate = Inflate::new(compression);
        let mut out = Vec::new();
        for chunk in packed.chunks(chunk) {
            let mut input = Bytes::copy_from_slice(chunk);
            while !input.is_empty() {
                let piece = inflate.push(&mut input)?;
                assert!(piece.len() <= 1024 * 1024, "a piece of {}", piece.len());
                out.extend_from_slice(&piece);
            }
        }
        out.extend_from_slice(&inflate.finish()?);
        Ok(out)
    }

    fn packings(plain: &[u8]) -> [(Compression, Vec<u8>); 3] {
        let level = flate2::Compression::best();
        let mut gzip = GzEncoder::new(Vec::new(), level);
        gzip.write_all(plain).unwrap();
        let mut zlib = ZlibEncoder::new(Vec::new(), level);
        zlib.write_all(plain).unwrap();
        let mut raw = DeflateEncoder::new(Vec::new(), level);
        raw.write_all(plain).unwrap();
        [
            (Compression::Gzip, gzip.finish().unwrap()),
            (Compression::Deflate, zlib.finish().unwrap()),
            (Compression::Deflate, raw.finish().unwrap()),
        ]
    }

    #[test]
    fn every_packing_comes_back_in_any_chunking_and_a_bomb_in_pieces() {
        let mut plain: Vec<u8> = (0..50_000_u32).flat_map(|n| (n * n).to_le_bytes()).collect();
        plain.resize(plain.len() + 20_000_000, 0);
        for (compression, packed) in packings(&plain) {
            for chunk in [777, 65_536, 10_000_000] {
                assert!(unpack(compression, &packed, chunk).unwrap() == plain, "{compression:?} by {chunk}");
            }
        }
        for (compression, packed) in packings(b"small") {
            assert_eq!(unpack(compression, &packed, 1).unwrap(), b"small");
        }
    }

    #[test]
    fn damage_and_an_early_end_are_told() {
        for (compression, packed) in packings(&[7; 100_000]) {
            for cut in [0, 1, packed.len() / 2, packed.len() - 1] {
                assert!(unpack(compression, &packed[..cut], 64).is_err(), "{compression:?} cut at {cut}");
            }
        }
        assert!(unpack(Compression::Gzip, b"%PDF-1.7 is not packed at all", 64).is_err());
        assert!(unpack(Compression::Deflate, b"%PDF-1.7 is not packed at all", 64).is_err());
    }
}

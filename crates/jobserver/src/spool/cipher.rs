//! The format of a spool file.
//!
//! ```text
//! header   8 bytes  "PGSPOOL1"
//!         12 bytes  nonce of the wrapped key
//!         48 bytes  the document's key, wrapped by the installation's (AES-256-GCM)
//! chunk    65,536 bytes of the document, encrypted, and a 16-byte tag; the last one may be shorter
//! chunk    ...
//! ```
//! The wrapped key is bound to the document's id: a file under another name does not open. A chunk's nonce
//! is its index and whether it is the last: chunks cannot be reordered, repeated or left out, and a file
//! that was cut at a chunk's end lacks its last one. Keys are used for one document only, so that nonces never repeat.

use domain::DocumentId;
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, MAX_TAG_LEN, NONCE_LEN, Nonce, UnboundKey};
use zeroize::Zeroizing;

use crate::keys::random;

/// Plain bytes of a chunk.
pub(super) const CHUNK_LEN: usize = 64 * 1024;
/// Bytes of a tag.
pub(super) const TAG_LEN: usize = MAX_TAG_LEN;
/// Bytes of a whole chunk in the file.
pub(super) const SEALED_LEN: usize = CHUNK_LEN + TAG_LEN;
/// Bytes before the first chunk.
pub(super) const HEADER_LEN: usize = MAGIC.len() + NONCE_LEN + KEY_LEN + TAG_LEN;

const MAGIC: &[u8; 8] = b"PGSPOOL1";
const KEY_LEN: usize = 32;

/// The key of one document.
pub(super) struct DocumentKey(LessSafeKey);

/// The header, a chunk or the file's length does not fit: it was changed, cut, or is another document's.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Damaged(pub(crate) &'static str);

impl DocumentKey {
    /// A new key, and the header that holds it.
    pub(super) fn make(wrapping: &LessSafeKey, id: DocumentId) -> (Self, [u8; HEADER_LEN]) {
        let key = Zeroizing::new(random::<KEY_LEN>());
        let nonce = random::<NONCE_LEN>();
        let mut wrapped = Zeroizing::new(*key);
        let tag = wrapping
            .seal_in_place_separate_tag(Nonce::assume_unique_for_key(nonce), binding(id), &mut *wrapped)
            .expect("a key is within the cipher's limit");
        let mut header = [0; HEADER_LEN];
        let (magic, rest) = header.split_at_mut(MAGIC.len());
        magic.copy_from_slice(MAGIC);
        let (place, rest) = rest.split_at_mut(NONCE_LEN);
        place.copy_from_slice(&nonce);
        let (place, rest) = rest.split_at_mut(KEY_LEN);
        place.copy_from_slice(&*wrapped);
        rest.copy_from_slice(tag.as_ref());
        (Self::from_bytes(&key), header)
    }

    /// The key in a header.
    pub(super) fn open(
        wrapping: &LessSafeKey,
        id: DocumentId,
        header: &[u8; HEADER_LEN],
    ) -> Result<Self, Damaged> {
        let (magic, rest) = header.split_at(MAGIC.len());
        if magic != MAGIC {
            return Err(Damaged("it does not begin like a spool file"));
        }
        let (nonce, wrapped) = rest.split_at(NONCE_LEN);
        let nonce = Nonce::try_assume_unique_for_key(nonce).expect("split to the nonce's length");
        let mut wrapped = Zeroizing::new(wrapped.to_vec());
        let key = wrapping
            .open_in_place(nonce, binding(id), &mut wrapped)
            .map_err(|_| Damaged("its header was changed or belongs to another document"))?;
        let key = Zeroizing::new(<[u8; KEY_LEN]>::try_from(&*key).expect("wrapped to the key's length"));
        Ok(Self::from_bytes(&key))
    }

    fn from_bytes(key: &[u8; KEY_LEN]) -> Self {
        Self(LessSafeKey::new(UnboundKey::new(&AES_256_GCM, key).expect("the key has the cipher's length")))
    }

    /// Encrypts a chunk in place and gives its tag.
    pub(super) fn seal(&self, index: u32, last: bool, chunk: &mut [u8]) -> [u8; TAG_LEN] {
        let tag = self
            .0
            .seal_in_place_separate_tag(nonce(index, last), Aad::empty(), chunk)
            .expect("a chunk is within the cipher's limit");
        tag.as_ref().try_into().expect("the tag has the cipher's length")
    }

    /// Decrypts a chunk that begins `shift` bytes into `buffer`, moving it to the buffer's start: chunks read
    /// in one go come out without the gaps of their tags.
    pub(super) fn open_shifted(
        &self,
        index: u32,
        last: bool,
        buffer: &mut [u8],
        shift: usize,
    ) -> Result<usize, Damaged> {
        let plain = self
            .0
            .open_within(nonce(index, last), Aad::empty(), buffer, shift..)
            .map_err(|_| Damaged("a part of it was changed, moved or cut off"))?;
        Ok(plain.len())
    }
}

/// What a file's length says about its chunks.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Layout {
    /// Chunks, at least one.
    pub(super) chunks: u32,
    /// Bytes of the document.
    pub(super) plain_len: u64,
}

impl Layout {
    pub(super) fn of_file(file_len: u64) -> Result<Self, Damaged> {
        let cut = Damaged("it was cut off");
        let body = file_len.checked_sub(HEADER_LEN as u64).filter(|&body| body > 0).ok_or(cut)?;
        let chunks = body.div_ceil(SEALED_LEN as u64);
        let last = body - (chunks - 1) * SEALED_LEN as u64;
        if last < TAG_LEN as u64 {
            return Err(cut);
        }
        let chunks32 = u32::try_from(chunks).map_err(|_| Damaged("it is too long"))?;
        Ok(Self { chunks: chunks32, plain_len: body - chunks * TAG_LEN as u64 })
    }
}

fn nonce(index: u32, last: bool) -> Nonce {
    let mut nonce = [0; NONCE_LEN];
    nonce[0] = u8::from(last);
    nonce[NONCE_LEN - 4..].copy_from_slice(&index.to_be_bytes());
    Nonce::assume_unique_for_key(nonce)
}

fn binding(id: DocumentId) -> Aad<[u8; 24]> {
    let mut binding = [0; 24];
    binding[..8].copy_from_slice(MAGIC);
    binding[8..].copy_from_slice(&id.0);
    Aad::from(binding)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_length_says_how_many_chunks_there_are() {
        let header = HEADER_LEN as u64;
        let sealed = SEALED_LEN as u64;
        let rows = [
            (header + 16, Ok(Layout { chunks: 1, plain_len: 0 })),
            (header + 17, Ok(Layout { chunks: 1, plain_len: 1 })),
            (header + sealed, Ok(Layout { chunks: 1, plain_len: 65_536 })),
            (header + sealed + 17, Ok(Layout { chunks: 2, plain_len: 65_537 })),
        ];
        for (len, expected) in rows {
            assert_eq!(Layout::of_file(len), expected, "{len}");
        }
        for len in [0, 10, header, header + 15, header + sealed + 15] {
            assert!(Layout::of_file(len).is_err(), "{len}");
        }
    }
}

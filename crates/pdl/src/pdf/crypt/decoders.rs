//! The ciphers as stages of a decoding chain.

use cbc::cipher::{Block, BlockModeDecrypt as _, KeyIvInit as _, StreamCipher as _};
use rc4::KeyInit as _;

use crate::codec::{Damaged, Decoder, Status, Step};

/// RC4: every byte by itself.
pub(super) struct Rc4Stream {
    cipher: rc4::Rc4,
}

impl Rc4Stream {
    pub(super) fn new(key: &[u8]) -> Option<Self> {
        Some(Self { cipher: rc4::Rc4::new_from_slice(key).ok()? })
    }
}

impl Decoder for Rc4Stream {
    fn decode(&mut self, input: &[u8], last: bool, output: &mut [u8]) -> Result<Step, Damaged> {
        let count = input.len().min(output.len());
        output[..count].copy_from_slice(&input[..count]);
        self.cipher.apply_keystream(&mut output[..count]);
        let status = match count == input.len() {
            true if last => Status::End,
            true => Status::NeedInput,
            false => Status::NeedOutput,
        };
        Ok(Step { consumed: count, produced: count, status })
    }
}

/// AES in CBC mode: the initialisation vector comes first, the last block is padded (PKCS 5).
pub(super) struct AesStream {
    key: Vec<u8>,
    cipher: Option<Cipher>,
    /// Bytes of the block being gathered.
    block: Vec<u8>,
    /// A decrypted block that is held back until it is known not to be the last one, and how much of it is given.
    ready: Vec<u8>,
    given: usize,
    /// The data is over and the padding is gone.
    over: bool,
}

enum Cipher {
    Aes128(cbc::Decryptor<aes::Aes128>),
    Aes256(cbc::Decryptor<aes::Aes256>),
}

const BLOCK: usize = 16;

impl AesStream {
    pub(super) fn new(key: &[u8]) -> Option<Self> {
        matches!(key.len(), 16 | 32).then(|| Self {
            key: key.to_vec(),
            cipher: None,
            block: Vec::with_capacity(BLOCK),
            ready: Vec::new(),
            given: 0,
            over: false,
        })
    }

    fn take_block(&mut self) -> Result<(), Damaged> {
        let damaged = Damaged { encoding: "AES" };
        match &mut self.cipher {
            None => {
                self.cipher = Some(if self.key.len() == 16 {
                    Cipher::Aes128(
                        cbc::Decryptor::new_from_slices(&self.key, &self.block).map_err(|_| damaged)?,
                    )
                } else {
                    Cipher::Aes256(
                        cbc::Decryptor::new_from_slices(&self.key, &self.block).map_err(|_| damaged)?,
                    )
                });
            }
            Some(cipher) => {
                let mut block = [0; BLOCK];
                block.copy_from_slice(&self.block);
                match cipher {
                    Cipher::Aes128(cipher) => {
                        let block: &mut Block<aes::Aes128> = (&mut block).into();
                        cipher.decrypt_block(block);
                    }
                    Cipher::Aes256(cipher) => {
                        let block: &mut Block<aes::Aes256> = (&mut block).into();
                        cipher.decrypt_block(block);
                    }
                }
                self.ready.clear();
                self.ready.extend_from_slice(&block);
                self.given = 0;
            }
        }
        self.block.clear();
        Ok(())
    }
}

impl Decoder for AesStream {
    fn decode(&mut self, input: &[u8], last: bool, output: &mut [u8]) -> Result<Step, Damaged> {
        let (mut at, mut produced) = (0, 0);
        loop {
            // Gather the next block before the held one is given away: it may be the last one.
            let count = (BLOCK - self.block.len()).min(input.len() - at);
            self.block.extend_from_slice(&input[at..at + count]);
            at += count;
            let whole = self.block.len() == BLOCK;
            if !whole && !last {
                return Ok(Step { consumed: at, produced, status: Status::NeedInput });
            }
            if !whole && !self.over {
                self.over = true;
                if let Some(padding) =
                    self.ready.last().map(|byte| usize::from(*byte)).filter(|p| (1..=BLOCK).contains(p))
                {
                    self.ready.truncate(BLOCK - padding);
                }
            }
            let count = (self.ready.len() - self.given).min(output.len() - produced);
            output[produced..produced + count].copy_from_slice(&self.ready[self.given..self.given + count]);
            self.given += count;
            produced += count;
            if self.given < self.ready.len() {
                return Ok(Step { consumed: at, produced, status: Status::NeedOutput });
            }
            if !whole {
                self.ready.clear();
                self.given = 0;
                return Ok(Step { consumed: at, produced, status: Status::End });
            }
            self.take_block()?;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::super::codec::testing::decode_chunked;
    use super::*;

    #[test]
    fn aes_is_undone_in_any_chunking() {
        use cbc::cipher::{BlockModeEncrypt as _, block_padding::Pkcs7};
        for length in [0, 1, 15, 16, 17, 100] {
            let plain: Vec<u8> = (0..length).collect();
            let (key, iv) = ([7; 16], [9; 16]);
            let cipher = cbc::Encryptor::<aes::Aes128>::new(&key.into(), &iv.into());
            let mut room = plain.clone();
            room.resize(plain.len() + 16, 0);
            let body = cipher.encrypt_padded::<Pkcs7>(&mut room, plain.len()).expect("room");
            let mut data = iv.to_vec();
            data.extend_from_slice(body);
            for (chunk_in, chunk_out) in [(1, 1), (5, 3), (1000, 1000)] {
                let mut decoder = AesStream::new(&key).expect("key length");
                assert_eq!(
                    decode_chunked(&mut decoder, &data, chunk_in, chunk_out),
                    Ok((plain.clone(), data.len()))
                );
            }
        }
    }

    #[test]
    fn rc4_knows_the_classic_vector() {
        let mut decoder = Rc4Stream::new(b"Key").expect("key length");
        let data = [0xbb, 0xf3, 0x16, 0xe8, 0xd9, 0x40, 0xaf, 0x0a, 0xd3];
        assert_eq!(decode_chunked(&mut decoder, &data, 2, 3), Ok((b"Plaintext".to_vec(), 9)));
    }
}

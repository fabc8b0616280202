//! From the empty user password to the file's key (algorithms 2, 2.A, 2.B, 4 to 6 and 11 of ISO 32000-2).

use aes::Aes128;
use cbc::cipher::{BlockModeDecrypt as _, BlockModeEncrypt as _, KeyIvInit as _, block_padding::NoPadding};
use md5::{Digest as _, Md5};
use rc4::{KeyInit as _, Rc4, StreamCipher as _};
use sha2::{Sha256, Sha384, Sha512};

use super::super::object::Dict;

/// What passwords are filled up with.
const PADDING: [u8; 32] = [
    0x28, 0xbf, 0x4e, 0x5e, 0x4e, 0x75, 0x8a, 0x41, 0x64, 0x00, 0x4e, 0x56, 0xff, 0xfa, 0x01, 0x08, 0x2e,
    0x2e, 0x00, 0xb6, 0xd0, 0x68, 0x3e, 0x80, 0x2f, 0x0c, 0xa9, 0xfe, 0x64, 0x53, 0x69, 0x7a,
];

/// The file's key, if the empty user password is right.
pub(super) fn key_of_empty_password(dict: &Dict, file_id: &[u8], encrypt_metadata: bool) -> Option<Vec<u8>> {
    let revision = dict.raw(b"R").as_int()?;
    let user = dict.raw(b"U").as_string()?;
    let owner = dict.raw(b"O").as_string()?;
    if revision >= 5 {
        return key_of_revision_5(dict, user, owner, revision);
    }
    let bits = dict.raw(b"Length").as_int().unwrap_or(40);
    let version = dict.raw(b"V").as_int().unwrap_or(1);
    // Some writers give the length in bytes, some leave it out with version 4.
    let length = match (version, bits) {
        (1, _) => 5,
        (4, _) => 16,
        (_, 5..=16) => bits as usize,
        (_, 40..=128) => (bits / 8) as usize,
        _ => 5,
    };
    let key = key_of_revision_2(dict, owner, file_id, revision, length, encrypt_metadata)?;
    let expected = user_entry(&key, file_id, revision)?;
    let compared = if revision == 2 { 32 } else { 16 };
    (user.get(..compared)? == expected.get(..compared)?).then_some(key)
}

/// Algorithm 2 with an empty password.
fn key_of_revision_2(
    dict: &Dict,
    owner: &[u8],
    file_id: &[u8],
    revision: i64,
    length: usize,
    encrypt_metadata: bool,
) -> Option<Vec<u8>> {
    let mut hash = Md5::new();
    hash.update(PADDING);
    hash.update(owner.get(..32)?);
    hash.update((dict.raw(b"P").as_int()? as u32).to_le_bytes());
    hash.update(file_id);
    if revision >= 4 && !encrypt_metadata {
        hash.update([0xff; 4]);
    }
    let mut key = hash.finalize();
    if revision >= 3 {
        for _ in 0..50 {
            key = Md5::digest(&key[..length]);
        }
    }
    Some(key[..length].to_vec())
}

/// Algorithms 4 and 5: what `U` must be for this key.
fn user_entry(key: &[u8], file_id: &[u8], revision: i64) -> Option<Vec<u8>> {
    if revision == 2 {
        let mut entry = PADDING.to_vec();
        Rc4::new_from_slice(key).ok()?.apply_keystream(&mut entry);
        return Some(entry);
    }
    let mut entry = Md5::new().chain_update(PADDING).chain_update(file_id).finalize().to_vec();
    for round in 0..20 {
        let key: Vec<u8> = key.iter().map(|byte| byte ^ round).collect();
        Rc4::new_from_slice(&key).ok()?.apply_keystream(&mut entry);
    }
    Some(entry)
}

/// Algorithm 2.A: the key is stored encrypted, the password opens it.
fn key_of_revision_5(dict: &Dict, user: &[u8], owner: &[u8], revision: i64) -> Option<Vec<u8>> {
    let (check, salts) = user.split_at_checked(32)?;
    let (validation, rest) = salts.split_at_checked(8)?;
    let key_salt = rest.get(..8)?;
    let (salt, owned, wrapped) = if hash(validation, &[], revision)? == check {
        (key_salt, &[][..], dict.raw(b"UE").as_string()?)
    } else {
        // The empty password may be the owner's.
        let (check, salts) = owner.split_at_checked(32)?;
        let user = user.get(..48)?;
        if hash(salts.get(..8)?, user, revision)? != check {
            return None;
        }
        (salts.get(8..16)?, user, dict.raw(b"OE").as_string()?)
    };
    let key = hash(salt, owned, revision)?;
    let mut unwrapped = wrapped.get(..32)?.to_vec();
    cbc::Decryptor::<aes::Aes256>::new_from_slices(&key, &[0; 16])
        .ok()?
        .decrypt_padded::<NoPadding>(&mut unwrapped)
        .ok()?;
    Some(unwrapped)
}

/// Algorithm 2.B with an empty password; revision 5 stops after the first hash.
fn hash(salt: &[u8], user: &[u8], revision: i64) -> Option<Vec<u8>> {
    let mut key = Sha256::new().chain_update(salt).chain_update(user).finalize().to_vec();
    if revision == 5 {
        return Some(key);
    }
    let mut round = 0;
    loop {
        let once = [&key[..], user].concat();
        let mut text = once.repeat(64);
        let length = text.len();
        let (cipher_key, iv) = key.get(..32)?.split_at(16);
        cbc::Encryptor::<Aes128>::new_from_slices(cipher_key, iv)
            .ok()?
            .encrypt_padded::<NoPadding>(&mut text, length)
            .ok()?;
        let remainder = text[..16].iter().map(|byte| u32::from(*byte)).sum::<u32>() % 3;
        key = match remainder {
            0 => Sha256::digest(&text).to_vec(),
            1 => Sha384::digest(&text).to_vec(),
            _ => Sha512::digest(&text).to_vec(),
        };
        round += 1;
        if round >= 64 && u32::from(*text.last()?) <= round - 32 {
            key.truncate(32);
            return Some(key);
        }
    }
}

//! The directory at work: how people come into being, register cards, share documents, and may use a device.
//!
//! - `born`: what a new person begins with, and the first print of somebody unknown
//! - `codes`: card numbers through the filter, hashed and sealed; generated ones
//! - `puk`: PUK codes, registering with one or by login, changing a PIN
//! - `place`: organisational units, restricted access, the home server
//! - `shared`: documents of groups and delegates
//! - `delegates`: relations of delegation, asked for, answered and ended
//! - `mail`: what people are to be told by mail
//! - `tidy`: temporary codes and relations that end

pub(crate) mod born;
pub(crate) mod codes;
pub(crate) mod delegates;
pub(crate) mod mail;
pub(crate) mod place;
pub(crate) mod puk;
pub(crate) mod shared;
pub(crate) mod tidy;

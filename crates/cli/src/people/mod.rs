//! The directory: groups, units, aliases, domains, PUK codes, delegates, search, import and export.

pub(crate) mod alias;
pub(crate) mod certificate;
pub(crate) mod delegate;
pub(crate) mod domain;
pub(crate) mod export;
pub(crate) mod find;
pub(crate) mod group;
pub(crate) mod import;
pub(crate) mod own;
pub(crate) mod profile;
pub(crate) mod puk;
pub(crate) mod unit;

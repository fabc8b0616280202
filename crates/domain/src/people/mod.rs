//! The directory: what a person has beside a name, how people are grouped, and what they may do.
//!
//! - [`profile`]: properties, and what a new person inherits from the default user
//! - [`access`]: the access-rights mask of device functions
//! - [`rights`]: who may administer what
//! - [`mod@unit`]: the tree of organisational units
//! - [`group`]: groups, and whose documents they share
//! - [`puk`]: registering a card or code with a PUK
//! - [`id_code`]: generated ID codes and reminders
//! - [`import`]: rows of a file of people
//! - [`card_number`]: magnetic-card conversion and card-number filters
//! - [`delegate`]: submitting for and collecting for others
//! - [`link`]: links in mails that let a person answer
//! - [`period`]: popular periods of temporary cards and codes
//! - [`find`]: field-based search

pub mod access;
pub mod card_number;
pub mod delegate;
pub mod find;
pub mod group;
pub mod id_code;
pub mod import;
pub mod link;
pub mod period;
pub mod profile;
pub mod puk;
pub mod rights;
pub mod unit;

pub use crate::charge::CostControl;
pub use access::Access;
pub use profile::{Billing, Profile, ProfileChange};
pub use rights::{Powers, UserLevel};

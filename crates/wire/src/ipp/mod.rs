//! The Internet Printing Protocol as values (RFC 8010 encoding, RFC 8011 model, PWG 5100.x).
//!
//! Covered: every value syntax of RFC 8010, section 3.9, with collections nested and their members
//! multi-valued; unknown groups and unknown value tags are kept as they came. Refused: messages
//! beyond the named [`Limits`].
//!
//! - [`code`]: operation ids, status codes and the enums of the model, with their keywords.
//! - [`value`]: [`Message`], [`Group`], [`Attribute`], [`Value`] and typed access to them.
//! - [`decode`]: [`Decoder`] reads the attributes incrementally and hands the document on.
//! - [`encode`]: [`Writer`] writes without building values first; [`Message::encode`] uses it.
//! - [`supply`]: what a printer says is left of its toner.
//! - [`client`]: requests as a client builds them, and what it reads from the answers.

pub mod client;
pub mod code;
pub mod decode;
pub mod encode;
pub mod supply;
pub mod value;

pub use code::{JobState, Operation, PrinterState, Status};
pub use decode::{Decoder, Error, Limits};
pub use encode::Writer;
pub use value::{Attribute, DateTime, Group, GroupTag, Message, Resolution, Units, Value, Version};

/// Media type of an IPP message over HTTP (RFC 8010, section 3).
pub const MEDIA_TYPE: &str = "application/ipp";

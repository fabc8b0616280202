//! The internal contracts (`proto/`) as Rust: generated types, conversions to and from `domain`,
//! and the one error that crosses a call.
//!
//! - [`proto`]: generated messages, clients and servers, one module per server.
//! - [`audit`]: what a call says, for the audit
//! - [`convert`]: between messages and domain values.
//! - [`person`]: who asks, when one server hands a person's call on to another.
//! - [`error`]: [`Error`] and its way through a gRPC status.

pub mod audit;
pub mod convert;
pub mod error;
pub mod person;
pub mod proto;

pub use error::{Error, Kind};

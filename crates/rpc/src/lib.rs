//! The internal contracts (`proto/`) as Rust: generated types, conversions to and from `domain`,
//! and the one error that crosses a call.
//!
//! - [`proto`]: generated messages, clients and servers, one module per server.
//! - [`audit`]: what a call says, for the audit
//! - [`convert`]: between messages and domain values.
//! - [`error`]: [`Error`] and its way through a gRPC status.

pub mod audit;
pub mod convert;
pub mod error;
pub mod proto;

pub use error::{Error, Kind};

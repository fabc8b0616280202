//! SNMP version 1 and 2c (RFC 1157, RFC 1901, RFC 3416, RFC 3417) as values: what is needed to ask a printer for its
//! counters and state, and to be a printer that is asked.
//!
//! - [`types`]: messages and what is in them. [`mib`]: the objects that matter to us, by name.
//! - [`decode()`], [`encode()`]: datagrams. Basic encoding rules, definite lengths only (RFC 3417, section 8).
//! - [`client`]: questions, and which answer belongs to which. [`agent`]: answers from a table of objects.
//! - [`limits`]: every bound.
//!
//! Understood: GetRequest, GetNextRequest, GetBulkRequest, SetRequest (refused by the agent) and Response. Not
//! understood, and said so: traps, informs, reports, and version 3.
//!
//! A community is no secret: it crosses the network readable. Nothing here should be trusted with more than counters.

pub mod agent;
mod ber;
pub mod client;
pub mod decode;
pub mod encode;
pub mod limits;
pub mod mib;
pub mod types;

#[cfg(test)]
mod tests;

pub use decode::{Unreadable, decode};
pub use encode::encode;
pub use types::{ErrorStatus, Message, Oid, Operation, Pdu, Value, VarBind, Version};

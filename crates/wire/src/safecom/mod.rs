//! The framed protocol of the legacy ports: 7500 for devices, 7700 for people's programs, 7400 for cashiers' programs and
//! 7900 for tracking records.
//!
//! `docs/PROTOCOL.md` is the specification; this module is the same thing as values. The original's bytes were never
//! published: ours are an open protocol on the same ports, with the same roles and the same status codes.
//!
//! - [`limits`]: every bound, named once
//! - [`Status`]: the table of status codes
//! - [`header`]: the sixteen bytes before every body; [`field`]: tag, length, value
//! - [`records`] and [`books`]: what bodies hold; [`Message`]: what a frame says
//! - [`auth`]: how a device and the server prove themselves to each other
//! - [`Server`] and [`Peer`]: the two ends of a connection, bytes and instants in, events and bytes out

pub mod auth;
pub mod books;
mod fault;
pub mod field;
pub mod header;
pub mod limits;
mod link;
mod message;
mod peer;
pub mod records;
mod server;
mod status;

pub use fault::Fault;
pub use field::{Blob, Ids, Secret};
pub use link::{Ended, Misuse};
pub use message::{Answer, Message, Request, Type};
pub use peer::{Peer, PeerEvent};
pub use server::{Port, Server, ServerEvent};
pub use status::Status;

#[cfg(test)]
mod tests;

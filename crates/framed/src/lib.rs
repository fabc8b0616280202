//! The ground of the legacy ports (7400, 7500, 7700, 7900): sockets that drive sessions of the framed protocol.
//!
//! `wire` knows no sockets and `service` no printing; this crate stands between them, for every server that has such a port.
//!
//! - [`accept`]: connections, how many and from where, TLS or plain.
//! - [`pump`]: one socket driving one session.
//! - [`desk`]: a port where people's programs log in and ask.
//! - [`guard`]: slows down who guesses.

pub mod accept;
pub mod desk;
pub mod guard;
pub mod pump;

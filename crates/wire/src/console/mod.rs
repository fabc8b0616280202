//! The administrator's console: lines of text as `telnet` and `nc` send them.
//!
//! - [`telnet`]: octets to lines, the options of RFC 854 refused, echo switched off while a password is typed (RFC 857).
//! - [`Command`]: what a line asks for; `help` tells the same words.
//! - [`Session`]: log-in, prompt, one command after the other, and every limit.
//!
//! The words are those of the guide, "TELNET interface".

mod command;
pub mod limits;
mod session;
pub mod telnet;
#[cfg(test)]
mod tests;

pub use command::{Command, CommandError, TraceChange, help};
pub use session::{Event, Session};

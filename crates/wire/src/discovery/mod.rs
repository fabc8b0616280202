//! How components find each other: one datagram asks, one answers (UDP 5742, docs/DISCOVERY.md).
//!
//! - [`limits`]: every bound
//! - [`Request`] and [`Answer`]: what is asked and told; [`Name`]: a word either may hold
//! - [`decode()`], [`encode_request`] and [`encode_answer`]: datagrams and values
//!
//! Anybody may ask, with any address as the sender's. So a request is always as long as the longest
//! answer: nobody gains by sending requests in another's name, and shorter ones are [`Malformed`].

pub mod limits;

mod decode;
mod encode;
mod types;

pub use decode::{Malformed, decode};
pub use encode::{encode_answer, encode_request};
pub use types::{Answer, Cookie, Datagram, Feature, Name, Request, Target};

#[cfg(test)]
mod tests;

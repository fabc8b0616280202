//! The line printer daemon protocol as a value (RFC 1179).
//!
//! Covered: all five daemon commands (section 5), receiving jobs with control and data files in
//! either order (section 6), every control line (section 7), data of unknown length. Left to the
//! server: what a queue is, who may do what, and durability, which it answers for each document.
//!
//! - [`session`]: [`Session`], one connection as the daemon sees it.
//! - [`control`]: [`ControlFile`], what a job is.
//! - [`listing`]: queue state as people read it in `lpq`.
//! - [`limits`]: every bound.

pub mod control;
pub mod limits;
pub mod listing;
pub mod session;

pub use control::{About, ControlFile};
pub use limits::Limits;
pub use session::{Answer, Error, Event, Refusal, Session};

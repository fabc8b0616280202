//! Stories of the portserver over real sockets, with an honest jobserver in memory behind it.

mod bad_input;
mod bench;
mod conformance;
mod ipp;
mod jobserver;
mod lpd;
mod page;
mod proof;
mod raw;

//! Stories of device and client sessions, over real sockets on ports of the system's choice.

mod bad_peers;
mod ground;
mod panels;
mod programs;

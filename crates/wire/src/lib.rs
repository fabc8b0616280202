//! Protocols as values: bytes in, events and bytes out. No socket, no clock, no runtime.
//!
//! - [`console`]: the administrator's console, as `telnet` speaks it (RFC 854).
//! - [`discovery`]: how components find each other over UDP 5742 (docs/DISCOVERY.md).
//! - [`ipp`]: the Internet Printing Protocol (RFC 8010, RFC 8011, PWG 5100.x).
//! - [`lpd`]: the line printer daemon protocol (RFC 1179).
//! - [`safecom`]: the framed protocol of the legacy ports 7500 and 7700 (docs/PROTOCOL.md).
//! - [`snmp`]: counters and state of printers (RFC 1157, RFC 3416).

pub mod console;
pub mod discovery;
pub mod ipp;
pub mod lpd;
pub mod safecom;
pub mod snmp;

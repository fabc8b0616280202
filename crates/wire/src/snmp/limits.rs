//! Every bound of the codec.

/// Longest datagram that is read or written, octets: what fits an Ethernet frame over IPv4 without fragments. RFC 3417
/// (section 3.2) asks for at least 484.
pub const DATAGRAM_BYTES: usize = 1472;
/// Most variables in one message.
pub const BINDINGS_MAX: usize = 128;
/// Most arcs of an object identifier (RFC 3416, section 4.1).
pub const ARCS_MAX: usize = 128;
/// Longest community, octets.
pub const COMMUNITY_BYTES_MAX: usize = 64;

//! Every bound of the protocol.

/// Bytes of every request, and the most an answer may have: one Ethernet frame, even in a tunnel.
pub const DATAGRAM_BYTES: usize = 1024;
/// Bytes of a [`super::Name`], at most.
pub const NAME_BYTES_MAX: usize = 64;
/// Features in one answer, at most; an answer with all of them at their longest fits a datagram.
pub const FEATURES_MAX: usize = 10;

const _: () = assert!(
    super::encode::HEADER_BYTES + 3 * (2 + NAME_BYTES_MAX) + FEATURES_MAX * (2 + 2 + NAME_BYTES_MAX)
        <= DATAGRAM_BYTES
);

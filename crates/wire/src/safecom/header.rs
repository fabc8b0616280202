//! The sixteen bytes before every body, and cutting a byte stream into frames.

use bytes::{BufMut, Bytes, BytesMut};

use super::fault::Fault;
use super::limits::BODY_BYTES_MAX;

/// The first four bytes of every frame: "PGSC". The first differs from a TLS record's, so both share a port.
pub const MAGIC: [u8; 4] = *b"PGSC";
/// Bytes of a header.
pub const HEADER_BYTES: usize = 16;
/// The one protocol version there is so far.
pub const VERSION: u8 = 1;

/// The frame answers the request with the same id.
pub const FLAG_ANSWER: u8 = 0b0000_0001;
/// No further frame of this kind follows for this request id: last page, last data.
pub const FLAG_LAST: u8 = 0b0000_0010;

/// A decoded header. All numbers are big-endian on the wire.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Header {
    /// Protocol version of the frame, 1.
    pub version: u8,
    /// [`FLAG_ANSWER`] and [`FLAG_LAST`]; other bits are 0.
    pub flags: u8,
    /// Number of the message type; see [`Type`](super::Type).
    pub kind: u16,
    /// The request this frame belongs to: odd when the connecting side asked, even when the server did,
    /// 0 when it belongs to none.
    pub request: u32,
    /// Bytes of the body, at most [`BODY_BYTES_MAX`].
    pub length: u32,
}

impl Header {
    /// Appends the sixteen bytes.
    pub fn encode(&self, out: &mut BytesMut) {
        out.put_slice(&MAGIC);
        out.put_u8(self.version);
        out.put_u8(self.flags);
        out.put_u16(self.kind);
        out.put_u32(self.request);
        out.put_u32(self.length);
    }

    /// Whether the answer flag is set.
    #[must_use]
    pub fn is_answer(&self) -> bool {
        self.flags & FLAG_ANSWER != 0
    }

    /// Whether the last flag is set.
    #[must_use]
    pub fn is_last(&self) -> bool {
        self.flags & FLAG_LAST != 0
    }
}

/// A header with its body, whose meaning is not known yet.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Frame {
    /// What the body is.
    pub header: Header,
    /// The body, `header.length` bytes.
    pub body: Bytes,
}

/// Takes one frame from the front of `buffer`, or none when more bytes are needed.
///
/// The header is judged as soon as its bytes are there, so a peer that speaks something else, or
/// announces too much, is refused after its first bytes and nothing of it is kept.
///
/// # Errors
/// [`Fault::Malformed`] for a wrong magic or reserved flags, [`Fault::Unsupported`] for another
/// version, [`Fault::TooLarge`] for a body over the limit.
pub fn decode(buffer: &mut BytesMut) -> Result<Option<Frame>, Fault> {
    let known = buffer.len().min(MAGIC.len());
    if buffer[..known] != MAGIC[..known] {
        return Err(Fault::Malformed { what: "the first bytes are not those of this protocol" });
    }
    if buffer.len() < HEADER_BYTES {
        return Ok(None);
    }
    let word = |at: usize| u32::from_be_bytes([buffer[at], buffer[at + 1], buffer[at + 2], buffer[at + 3]]);
    let header = Header {
        version: buffer[4],
        flags: buffer[5],
        kind: u16::from_be_bytes([buffer[6], buffer[7]]),
        request: word(8),
        length: word(12),
    };
    if header.version != VERSION {
        return Err(Fault::Unsupported {
            what: "protocol version of the frame",
            status: super::Status::SessionVersions,
        });
    }
    if header.flags & !(FLAG_ANSWER | FLAG_LAST) != 0 {
        return Err(Fault::Malformed { what: "reserved flags are set" });
    }
    let length = header.length as usize;
    if length > BODY_BYTES_MAX {
        return Err(Fault::TooLarge { what: "bytes in a frame's body", max: BODY_BYTES_MAX });
    }
    if buffer.len() < HEADER_BYTES + length {
        return Ok(None);
    }
    let mut whole = buffer.split_to(HEADER_BYTES + length);
    let body = whole.split_off(HEADER_BYTES).freeze();
    Ok(Some(Frame { header, body }))
}

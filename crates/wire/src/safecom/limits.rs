//! Every bound of the framed protocol, named once. `docs/PROTOCOL.md`, "Limits", repeats the table.

use std::time::Duration;

/// Bytes of a frame's body. A longer one is refused before it is read.
pub const BODY_BYTES_MAX: usize = 256 * 1024;
/// Bytes of document data in one [`Data`](super::Message::Data) frame that a sender of ours makes.
pub const DATA_BYTES_MAX: usize = 128 * 1024;
/// Bytes of document data that may be under way in one stream before the receiver grants more.
pub const WINDOW_BYTES: u32 = 1024 * 1024;
/// Bytes of one text field.
pub const TEXT_BYTES_MAX: usize = 4096;
/// Values of one repeated field in one record.
pub const REPEATED_MAX: usize = 4096;
/// Levels of records within records.
pub const DEPTH_MAX: usize = 4;
/// Documents in one page of a listing.
pub const DOCUMENTS_PER_PAGE_MAX: usize = 500;
/// Document ids in one print, retain or delete request.
pub const IDS_MAX: usize = 4096;
/// Requests of one peer that wait for their last answer.
pub const REQUESTS_MAX: usize = 8;
/// Streams of document data that one side has open towards the other.
pub const STREAMS_MAX: usize = 4;
/// Bytes of document data that a sender may ever be allowed to have under way in one stream.
pub const WINDOW_BYTES_MAX: u64 = 16 * 1024 * 1024;
/// Bytes waiting to be written after which a side reads no more until the peer has taken some.
pub const TRANSMIT_BYTES_MAX: usize = 2 * 1024 * 1024;
/// Accounts in one answer: who finds more has to look for less.
pub const ACCOUNTS_PER_ANSWER_MAX: usize = 100;
/// Movements in one answer, over all its pages.
pub const MOVEMENTS_MAX: usize = 10_000;
/// Tracking records in one answer, over all its pages.
pub const RECORDS_MAX: usize = 5_000;
/// Bytes of one tracking record.
pub const RECORD_BYTES_MAX: usize = 32 * 1024;
/// Copies a person may ask for.
pub const COPIES_MAX: u16 = 999;
/// Copies, faxes, scans and e-mails of one device that are under way.
pub const WALKUPS_MAX: usize = 8;
/// Characters of the id that a device gives to one.
pub const WALKUP_SESSION_MAX: usize = 64;

/// From the first byte of a connection until hello and, on 7500, the device's proof are done.
pub const HELLO_TIMEOUT: Duration = Duration::from_secs(10);
/// From the first byte of a frame to its last.
pub const FRAME_TIMEOUT: Duration = Duration::from_secs(20);
/// Silence after which a connection is closed; see [`KEEP_ALIVE_INTERVAL`].
pub const IDLE_TIMEOUT: Duration = Duration::from_secs(90);
/// Silence after which the connecting side sends a keep-alive.
pub const KEEP_ALIVE_INTERVAL: Duration = Duration::from_secs(30);

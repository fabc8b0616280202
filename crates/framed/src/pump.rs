//! One socket driving one protocol session.

use std::collections::VecDeque;
use std::io::{self, IoSlice};
use std::time::{Duration, Instant};

use bytes::{Buf as _, Bytes};
use service::Connection;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, ReadHalf, WriteHalf};
use wire::safecom::{Server, ServerEvent};

/// Moves bytes between a socket and a [`Server`] session.
pub struct Pump {
    reader: ReadHalf<Connection>,
    writer: WriteHalf<Connection>,
    /// The session; use it between two calls of [`next`](Self::next).
    pub session: Server,
    input: Box<[u8]>,
    /// Taken from the session, not written yet.
    output: VecDeque<Bytes>,
    /// Written, but perhaps still in the TLS layer.
    unflushed: bool,
    /// When output last made headway, or began.
    wrote: Instant,
    write_stall: Duration,
}

/// The monotonic clock of the runtime, so that tests may stop it.
#[must_use]
pub fn now() -> Instant {
    tokio::time::Instant::now().into_std()
}

impl Pump {
    /// A connection and its session. Reads up to `input_bytes` at once; a peer that takes nothing for `write_stall` is
    /// given up.
    pub fn new(connection: Connection, session: Server, input_bytes: usize, write_stall: Duration) -> Self {
        let (reader, writer) = tokio::io::split(connection);
        Self {
            reader,
            writer,
            session,
            input: vec![0; input_bytes].into_boxed_slice(),
            output: VecDeque::new(),
            unflushed: false,
            wrote: now(),
            write_stall,
        }
    }

    /// The next event. `None` when everything is said and written. Dropping the future loses nothing.
    pub async fn next(&mut self) -> Option<ServerEvent> {
        loop {
            if let Some(event) = self.session.poll_event() {
                return Some(event);
            }
            if self.output.is_empty() {
                self.wrote = now();
            }
            while self.output.len() < SLICES_MAX
                && let Some(bytes) = self.session.poll_transmit(now())
            {
                self.output.push_back(bytes);
            }
            let (writing, ended) = (!self.output.is_empty() || self.unflushed, self.session.is_ended());
            if ended && !writing {
                // The peer may be gone already; there is nobody to tell about it.
                let _ = tokio::time::timeout(CLOSE_LIMIT, self.writer.shutdown()).await;
                return None;
            }
            let stall = writing.then(|| self.wrote + self.write_stall);
            let due = [stall, self.session.poll_timeout()].into_iter().flatten().min();
            let due = due.unwrap_or_else(|| now() + self.write_stall);
            tokio::select! {
                written = write_some(&mut self.writer, &mut self.output, &mut self.unflushed), if writing => {
                    match written {
                        Ok(()) => self.wrote = now(),
                        Err(error) => self.lost(&error),
                    }
                }
                read = self.reader.read(&mut self.input), if !ended && !self.session.is_congested() => {
                    match read {
                        Ok(0) => self.session.handle_eof(),
                        Ok(length) => self.session.handle_input(&self.input[..length], now()),
                        Err(error) => self.lost(&error),
                    }
                }
                () = tokio::time::sleep_until(due.into()) => {
                    self.session.handle_timeout(now());
                    if stall.is_some_and(|stall| now() >= stall) {
                        self.lost(&io::Error::from(io::ErrorKind::TimedOut));
                    }
                }
            }
        }
    }

    fn lost(&mut self, error: &io::Error) {
        tracing::debug!(%error, "a connection was lost");
        self.session.handle_eof();
        self.output.clear();
        self.unflushed = false;
        // What the session still wants to say has nobody to hear it.
        while self.session.poll_transmit(now()).is_some() {}
    }
}

/// Writes some of `output`, or flushes when all is written. Dropping the future loses nothing: a write that
/// has not returned has taken nothing.
async fn write_some(
    writer: &mut WriteHalf<Connection>,
    output: &mut VecDeque<Bytes>,
    unflushed: &mut bool,
) -> io::Result<()> {
    if output.is_empty() {
        writer.flush().await?;
        *unflushed = false;
        return Ok(());
    }
    let mut slices = [IoSlice::new(&[]); SLICES_MAX];
    for (slice, bytes) in slices.iter_mut().zip(output.iter()) {
        *slice = IoSlice::new(bytes);
    }
    let count = output.len().min(SLICES_MAX);
    let mut written = writer.write_vectored(&slices[..count]).await?;
    if written == 0 {
        return Err(io::ErrorKind::WriteZero.into());
    }
    *unflushed = true;
    while let Some(first) = output.front_mut() {
        if written < first.len() {
            first.advance(written);
            break;
        }
        written -= first.len();
        output.pop_front();
    }
    Ok(())
}

/// Pieces written at once.
const SLICES_MAX: usize = 16;
/// How long saying goodbye to the TLS layer may take.
const CLOSE_LIMIT: Duration = Duration::from_secs(2);

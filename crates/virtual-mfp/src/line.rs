//! A connection that drives the connecting end of the protocol.

use std::time::{Duration, Instant};

use bytes::{Buf as _, Bytes};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, ReadHalf, WriteHalf};
use wire::safecom::auth::DeviceKey;
use wire::safecom::records::{Hello, ReleaseAnswer, Role};
use wire::safecom::{Ended, Peer, PeerEvent};

use crate::arguments::DeviceArguments;
use crate::connect::{self, Stream};
use crate::failure::Failure;
use crate::serve::counts::Counts;

/// Moves bytes between a socket and a [`Peer`].
pub struct Line {
    reader: ReadHalf<Stream>,
    writer: WriteHalf<Stream>,
    /// The protocol session; use it between two calls of [`next`](Self::next).
    pub peer: Peer,
    input: Box<[u8]>,
    output: Bytes,
    unflushed: bool,
}

/// The runtime's monotonic clock.
#[must_use]
pub fn now() -> Instant {
    tokio::time::Instant::now().into_std()
}

impl Line {
    /// Connects as the device and waits until both sides have proved themselves. `prints` says whether documents may be
    /// handed over on this connection.
    ///
    /// # Errors
    /// [`Failure::Unreachable`], or [`Failure::Refused`] when the server does not want the device.
    pub async fn open(device: &DeviceArguments, secret: &str, prints: bool) -> Result<Self, Failure> {
        let (stream, binding) = connect::connect(&device.server, device.plain).await?;
        let mut nonce = [0; 32];
        getrandom::fill(&mut nonce)
            .map_err(|error| Failure::io("take random numbers")(std::io::Error::other(error)))?;
        let hello = Hello {
            version_min: 1,
            version_max: 1,
            role: Role::Device,
            name: device.name.clone(),
            product: concat!("virtual-mfp ", env!("CARGO_PKG_VERSION")).to_owned(),
            nonce,
            mac: None,
            prints,
        };
        let key = DeviceKey::derive(&device.name, secret);
        let peer = Peer::new(hello, Some(key), binding, now());
        let (reader, writer) = tokio::io::split(stream);
        let input = vec![0; INPUT_BYTES].into_boxed_slice();
        let mut line = Self { reader, writer, peer, input, output: Bytes::new(), unflushed: false };
        loop {
            match line.next().await {
                Some(PeerEvent::Ready { .. }) => return Ok(line),
                Some(PeerEvent::Ended(ended)) => return Err(ended_failure(&ended, &device.server)),
                Some(PeerEvent::Notice(notice)) => {
                    // The server says why before it hangs up.
                    return Err(Failure::Refused { status: notice.status, text: notice.text });
                }
                Some(_) => {}
                None => return Err(ended_failure(&Ended::Lost, &device.server)),
            }
        }
    }

    /// The next event; `None` when the connection is over and everything is written. Dropping the future loses nothing.
    pub async fn next(&mut self) -> Option<PeerEvent> {
        loop {
            if let Some(event) = self.peer.poll_event() {
                return Some(event);
            }
            if self.output.is_empty() {
                self.output = self.peer.poll_transmit(now()).unwrap_or_default();
            }
            let (writing, ended) = (!self.output.is_empty() || self.unflushed, self.peer.is_ended());
            if ended && !writing {
                // The server may be gone; there is nobody to tell about it.
                let _ = tokio::time::timeout(CLOSE_LIMIT, self.writer.shutdown()).await;
                return None;
            }
            let due = self.peer.poll_timeout().unwrap_or_else(|| now() + CLOSE_LIMIT);
            tokio::select! {
                written = write_some(&mut self.writer, &mut self.output, &mut self.unflushed), if writing => {
                    if written.is_err() {
                        self.lost();
                    }
                }
                read = self.reader.read(&mut self.input), if !ended => match read {
                    Ok(length) if length > 0 => self.peer.handle_input(&self.input[..length], now()),
                    Ok(_) | Err(_) => self.peer.handle_eof(),
                },
                () = tokio::time::sleep_until(due.into()) => {
                    self.peer.handle_timeout(now());
                    if ended {
                        self.lost();
                    }
                }
            }
        }
    }

    /// Says goodbye and waits until that is written.
    pub async fn close(mut self) {
        self.peer.goodbye();
        while self.next().await.is_some() {}
    }

    fn lost(&mut self) {
        self.peer.handle_eof();
        self.output.clear();
        self.unflushed = false;
        while self.peer.poll_transmit(now()).is_some() {}
    }
}

async fn write_some(
    writer: &mut WriteHalf<Stream>,
    output: &mut Bytes,
    unflushed: &mut bool,
) -> std::io::Result<()> {
    if output.is_empty() {
        writer.flush().await?;
        *unflushed = false;
        return Ok(());
    }
    let written = writer.write(output).await?;
    if written == 0 {
        return Err(std::io::ErrorKind::WriteZero.into());
    }
    output.advance(written);
    *unflushed = true;
    Ok(())
}

/// What is told of a document that came through the session: how it ended, and what came out where that was counted.
#[must_use]
pub fn report(outcome: Result<(), String>, bytes: u64, counts: Option<Counts>) -> ReleaseAnswer {
    let number = |number: u64| u32::try_from(number).ok();
    ReleaseAnswer {
        printed: outcome.is_ok(),
        bytes,
        impressions: counts.and_then(|counts| number(counts.impressions)),
        reason: outcome.err(),
        color_impressions: counts.and_then(|counts| number(counts.color)),
        sheets: counts.and_then(|counts| number(counts.sheets)),
        toner: counts.map(Counts::toner),
    }
}

/// How the end of a connection is told to people.
#[must_use]
pub fn ended_failure(ended: &Ended, server: &str) -> Failure {
    let unreachable = |what: String| Failure::Unreachable { server: server.to_owned(), what };
    match ended {
        Ended::Refused(refusal) => Failure::Refused { status: refusal.status, text: refusal.text.clone() },
        Ended::Goodbye(status) => unreachable(format!("closed the connection: {status}")),
        Ended::Closed => unreachable("was left".to_owned()),
        Ended::Lost => unreachable(
            "closed the connection without a word; does it allow this kind of connection (TLS or --plain)?"
                .to_owned(),
        ),
        Ended::Fault(fault) => unreachable(format!("does not speak the protocol: {fault}")),
        Ended::Failure(failure) => unreachable(format!("did not understand: {}", failure.text)),
        Ended::Impostor => unreachable(
            "does not know the device's secret: it is not the server it pretends to be".to_owned(),
        ),
    }
}

/// Bytes read at once.
const INPUT_BYTES: usize = 64 * 1024;
/// How long the end of a connection may take.
const CLOSE_LIMIT: Duration = Duration::from_secs(5);

//! Raw TCP: the document's bytes, and nothing said back.
//!
//! A document counts as printed when the device took all its bytes and then closed the connection in order.
//! A reset, or a close before the end, means that it did not: the device jammed, was switched off, or gave up.
//! In the same way the device hears a reset when the document is stopped or fails here before its end.
//! Copies are sent one after the other, each on a connection of its own, because not every language may be
//! repeated within one.

use std::sync::Arc;
use std::time::Duration;

use domain::Status;
use domain::device::Attempt;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::time::{Instant, timeout};

use super::{NotDelivered, Release, WayFailed, started};
use crate::cancel::{Stopper, stopped};
use crate::rewrite::Changed;
use crate::spool::Reader;

/// Progress is told this often at most.
const PROGRESS_EVERY: Duration = Duration::from_millis(250);

pub(super) async fn deliver(
    release: &Release<'_>,
    reader: &Arc<Reader>,
    attempt: &Attempt,
) -> Result<(), WayFailed> {
    let settings = release.server.0.settings();
    let finishing = release.in_data().map_err(WayFailed::NotDelivered)?;
    let copies = release.sendings();
    let mut progress = Progress::new(release, reader.plain_len());
    for copy in 1..=copies {
        // Decrypting starts while the connection is made.
        let blocks = Changed::new(reader, &finishing);
        let connecting = TcpStream::connect((attempt.host.as_str(), attempt.port));
        let stream = match timeout(settings.connect_timeout(), connecting).await {
            Ok(Ok(stream)) => stream,
            Ok(Err(error)) if copy == 1 => return Err(WayFailed::NoWay(error.to_string())),
            Err(_) if copy == 1 => return Err(WayFailed::NoWay("no answer in time".to_owned())),
            Ok(Err(_)) | Err(_) => {
                let told = NotDelivered::new(Status::CANNOT_CONNECT, "the printer takes no more connections");
                return Err(WayFailed::NotDelivered(of_copies(told, copy, copies)));
            }
        };
        if copy == 1 {
            started(release, domain::device::Channel::Raw).await;
        }
        let limits = Limits { stall: settings.stall_timeout(), finish: settings.finish_timeout() };
        send(stream, blocks, limits, &mut progress, release.stopper)
            .await
            .map_err(|told| WayFailed::NotDelivered(of_copies(told, copy, copies)))?;
    }
    Ok(())
}

struct Limits {
    stall: Duration,
    finish: Duration,
}

async fn send(
    stream: TcpStream,
    blocks: Changed,
    limits: Limits,
    progress: &mut Progress<'_, '_>,
    stopper: &Stopper,
) -> Result<(), NotDelivered> {
    // Only a wish; a socket without it works as well.
    let _ = stream.set_nodelay(true);
    let (read, mut write) = stream.into_split();
    let mut answers = Answers::new(read);
    let written = tokio::select! {
        written = write_all(&mut write, &mut answers, blocks, &limits, progress) => written,
        () = stopper.asked() => Err(stopped()),
    };
    if written.is_err() {
        // An orderly end would make the device print what it has as if that were all.
        let _ = write.as_ref().set_zero_linger();
        return written;
    }
    // From here on the device has the whole document: what it does with it cannot be stopped any more.
    write.shutdown().await.map_err(|error| lost(format!("the connection to the printer broke: {error}")))?;
    match timeout(limits.finish, answers.ended()).await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(error)) => Err(lost(format!("the connection to the printer broke at the end: {error}"))),
        Err(_) => Err(lost("the printer did not finish in time")),
    }
}

/// Writes every block, as long as the device neither stands still nor ends.
async fn write_all(
    write: &mut OwnedWriteHalf,
    answers: &mut Answers,
    mut blocks: Changed,
    limits: &Limits,
    progress: &mut Progress<'_, '_>,
) -> Result<(), NotDelivered> {
    loop {
        let block = blocks.next().await?;
        if block.bytes().is_empty() {
            return Ok(());
        }
        let mut rest = block.bytes();
        while !rest.is_empty() {
            let written = tokio::select! {
                biased;
                written = timeout(limits.stall, write.write(rest)) => written,
                ended = answers.ended() => {
                    return Err(lost(match ended {
                        Ok(()) => "the printer closed the connection before the end".to_owned(),
                        Err(error) => format!("the connection to the printer broke: {error}"),
                    }));
                }
            };
            match written {
                Err(_) => return Err(lost("the printer took no data for too long")),
                Ok(Ok(0)) => return Err(lost("the printer takes no more data")),
                Ok(Err(error)) => return Err(lost(format!("the connection to the printer broke: {error}"))),
                Ok(Ok(count)) => {
                    rest = &rest[count..];
                    progress.add(count);
                }
            }
        }
        blocks.recycle(block);
    }
}

fn lost(message: impl Into<String>) -> NotDelivered {
    let message: String = message.into();
    let mut characters = message.chars();
    let first = characters.next().map(|first| first.to_uppercase().to_string()).unwrap_or_default();
    NotDelivered::new(Status::LOST_IN_TRANSFER, format!("{first}{}.", characters.as_str()))
}

fn of_copies(told: NotDelivered, copy: i32, copies: i32) -> NotDelivered {
    if copies == 1 {
        return told;
    }
    let message = format!("{} {} of {copies} copies came out.", told.message, copy - 1);
    NotDelivered { message, ..told }
}

/// What a device says on the way back: status messages of PJL, of no use here. Its end is.
struct Answers {
    read: OwnedReadHalf,
    buffer: Box<[u8; 1024]>,
}

impl Answers {
    fn new(read: OwnedReadHalf) -> Self {
        Self { read, buffer: Box::new([0; 1024]) }
    }

    /// Reads until the device closes its side.
    async fn ended(&mut self) -> std::io::Result<()> {
        while self.read.read(&mut *self.buffer).await? > 0 {}
        Ok(())
    }
}

/// Tells how far it is.
struct Progress<'a, 'b> {
    release: &'a Release<'b>,
    sent: u64,
    total: u64,
    told: Instant,
}

impl<'a, 'b> Progress<'a, 'b> {
    fn new(release: &'a Release<'b>, document_bytes: u64) -> Self {
        let copies = u64::try_from(release.sendings()).unwrap_or(1);
        Self { release, sent: 0, total: document_bytes * copies, told: Instant::now() }
    }

    fn add(&mut self, bytes: usize) {
        // A document that is changed on its way may be longer.
        self.sent = (self.sent + bytes as u64).min(self.total);
        let now = Instant::now();
        if now.duration_since(self.told) >= PROGRESS_EVERY || self.sent == self.total {
            self.told = now;
            self.release.events.progress(self.release.job.id, self.sent, self.total);
        }
    }
}

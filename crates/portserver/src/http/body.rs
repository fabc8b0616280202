//! A request's body, unpacked, and guarded against senders that stop sending.

use std::time::Duration;

use bytes::Bytes;
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use tokio::time::{Instant, timeout_at};

use crate::inflate::{Compression, Damaged, Inflate};

/// The octets of one request, in order.
pub(crate) struct Body {
    incoming: Incoming,
    stall_limit: Duration,
    /// Octets given back or not unpacked yet.
    front: Bytes,
    unpacking: Option<Inflate>,
    /// Instant by which the next octets must be there, whatever trickles in before.
    deadline: Option<Instant>,
    ended: bool,
}

/// Why a body ended early.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BodyError {
    /// The sender paused for too long.
    #[error("the sender stopped sending")]
    Stalled,
    /// The connection broke or the chunks make no sense.
    #[error("the request broke off: {0}")]
    Broken(#[from] hyper::Error),
    /// See [`Damaged`].
    #[error(transparent)]
    Damaged(#[from] Damaged),
}

impl Body {
    pub(crate) fn new(incoming: Incoming, encoding: Option<Compression>, stall_limit: Duration) -> Self {
        Self {
            incoming,
            stall_limit,
            front: Bytes::new(),
            unpacking: encoding.map(Inflate::new),
            deadline: None,
            ended: false,
        }
    }

    /// Everything until `deadline_clear` has to arrive within `limit`.
    pub(crate) fn deadline_set(&mut self, limit: Duration) {
        self.deadline = Some(Instant::now() + limit);
    }

    /// From now on only pauses are limited.
    pub(crate) fn deadline_clear(&mut self) {
        self.deadline = None;
    }

    /// The next octets; `None` at the end.
    ///
    /// # Errors
    /// See [`BodyError`].
    pub(crate) async fn next(&mut self) -> Result<Option<Bytes>, BodyError> {
        loop {
            if !self.front.is_empty() {
                let Some(unpacking) = &mut self.unpacking else {
                    return Ok(Some(std::mem::take(&mut self.front)));
                };
                let piece = unpacking.push(&mut self.front)?;
                if !piece.is_empty() {
                    return Ok(Some(piece));
                }
                continue;
            }
            if self.ended {
                return Ok(None);
            }
            match self.receive().await? {
                Some(octets) => self.front = octets,
                None => {
                    self.ended = true;
                    if let Some(unpacking) = self.unpacking.take() {
                        let rest = unpacking.finish()?;
                        if !rest.is_empty() {
                            return Ok(Some(rest));
                        }
                    }
                }
            }
        }
    }

    /// Reads on without a use for it, so that a client that is still sending can read the refusal;
    /// returns whether the end was reached within the bounds.
    pub(crate) async fn drain(&mut self) -> bool {
        let deadline = Instant::now() + DRAIN_LIMIT;
        self.deadline = Some(deadline);
        let mut drained = 0;
        while !self.ended && drained < DRAIN_BYTES_MAX {
            match self.receive().await {
                Ok(Some(octets)) => drained += octets.len(),
                Ok(None) => self.ended = true,
                Err(_) => return false,
            }
        }
        self.ended
    }

    async fn receive(&mut self) -> Result<Option<Bytes>, BodyError> {
        loop {
            let stall = Instant::now() + self.stall_limit;
            let until = self.deadline.map_or(stall, |deadline| deadline.min(stall));
            match timeout_at(until, self.incoming.frame()).await {
                Err(_) => return Err(BodyError::Stalled),
                Ok(None) => return Ok(None),
                Ok(Some(Err(error))) => return Err(BodyError::Broken(error)),
                Ok(Some(Ok(frame))) => {
                    if let Ok(octets) = frame.into_data()
                        && !octets.is_empty()
                    {
                        return Ok(Some(octets));
                    }
                }
            }
        }
    }
}

/// What is read and thrown away after a refusal.
pub(crate) const DRAIN_BYTES_MAX: usize = 16 * 1024 * 1024;
/// For how long.
pub(crate) const DRAIN_LIMIT: Duration = Duration::from_secs(5);

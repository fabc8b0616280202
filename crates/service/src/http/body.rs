//! What is sent.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use hyper::body::{Body as HttpBody, Frame, SizeHint};
use tokio::sync::{mpsc, oneshot};

/// A request's body: bytes that are there, or bytes that come.
pub struct Body {
    source: Source,
    /// Its length, when it is known before the end.
    length: Option<u64>,
    /// Tells the waiting caller how the body ended; dropped with the body when the connection lets go of it.
    end: Option<oneshot::Sender<Ended>>,
}

enum Source {
    Whole(Option<Bytes>),
    Channel(mpsc::Receiver<io::Result<Bytes>>),
}

/// How a body ended.
pub(super) enum Ended {
    Whole,
    Short(String),
    Dropped,
}

/// The other end of [`Body::watched`].
pub(super) struct Watch(oneshot::Receiver<Ended>);

impl Watch {
    pub(super) async fn wait(self) -> Ended {
        self.0.await.unwrap_or(Ended::Dropped)
    }
}

impl Body {
    /// A body that is there.
    pub fn whole(bytes: impl Into<Bytes>) -> Self {
        let bytes = bytes.into();
        Self { length: Some(bytes.len() as u64), source: Source::Whole(Some(bytes)), end: None }
    }

    /// A body that comes through a channel of `capacity` pieces and ends when its sender is dropped. Sending
    /// an error ends the request with [`super::HttpError::Body`], and the peer sees a broken connection, not a short document.
    pub fn channel(capacity: usize) -> (mpsc::Sender<io::Result<Bytes>>, Self) {
        let (sender, receiver) = mpsc::channel(capacity);
        (sender, Self { source: Source::Channel(receiver), length: None, end: None })
    }

    /// Says the length before the end, for peers that take no chunks.
    #[must_use]
    pub fn with_length(mut self, length: u64) -> Self {
        self.length = Some(length);
        self
    }

    pub(super) fn length(&self) -> Option<u64> {
        self.length
    }

    pub(super) fn watched(mut self) -> (Self, Watch) {
        let (sender, receiver) = oneshot::channel();
        self.end = Some(sender);
        (self, Watch(receiver))
    }

    fn ended(&mut self, how: Ended) {
        if let Some(end) = self.end.take() {
            // Nobody waits when the answer came first.
            let _ = end.send(how);
        }
    }
}

impl HttpBody for Body {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        let next = match &mut self.source {
            Source::Whole(bytes) => bytes.take().filter(|bytes| !bytes.is_empty()).map(Ok),
            Source::Channel(receiver) => std::task::ready!(receiver.poll_recv(context)),
        };
        Poll::Ready(match next {
            Some(Ok(bytes)) => Some(Ok(Frame::data(bytes))),
            Some(Err(error)) => {
                self.ended(Ended::Short(error.to_string()));
                Some(Err(error))
            }
            None => {
                self.ended(Ended::Whole);
                None
            }
        })
    }

    fn size_hint(&self) -> SizeHint {
        self.length.map_or_else(SizeHint::default, SizeHint::with_exact)
    }
}

impl Drop for Body {
    fn drop(&mut self) {
        // A body of known length is dropped right after its last byte, without being asked for more.
        if matches!(self.source, Source::Whole(None)) {
            self.ended(Ended::Whole);
        }
    }
}

//! A small HTTP/1.1 client: POST with a streaming body, over TCP or TLS.
//!
//! Made for talking to devices, so its limits are about a peer that stops moving, not about how long a document takes.
//!
//! ```no_run
//! # async fn example() -> Result<(), service::http::HttpError> {
//! use service::http::{Body, Limits, Session, Trust};
//!
//! let uri = "https://printer.example:631/ipp/print".parse().unwrap();
//! let mut session = Session::connect(&uri, &Trust::Any, Limits::default()).await?;
//! let (sender, body) = Body::channel(4);
//! tokio::spawn(async move { sender.send(Ok(bytes::Bytes::from_static(b"..."))).await });
//! let response = session.post("/ipp/print", "application/ipp", body).await?;
//! let answer = response.read(64 * 1024).await?;
//! # drop(answer); Ok(()) }
//! ```

mod body;
mod stall;

use std::io;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::header::{CONTENT_LENGTH, CONTENT_TYPE, HOST, HeaderMap, HeaderValue, USER_AGENT};
use hyper::{Method, Request, StatusCode, Uri};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

pub use crate::tls::Trust;
pub use body::Body;
use body::Ended;
use stall::Stall;

/// How long a peer may keep us waiting.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// For the connection and its handshake; default 10 s.
    pub connect: Duration,
    /// For taking the next byte of the body; default 60 s. A device without paper takes none.
    pub stall: Duration,
    /// For the answer's head after the end of the body; default 60 s.
    pub answer: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(10),
            stall: Duration::from_secs(60),
            answer: Duration::from_secs(60),
        }
    }
}

/// Why a request has no answer.
#[derive(Debug, thiserror::Error)]
pub enum HttpError {
    /// The address is not `http://host…` or `https://host…`.
    #[error("{0} is no HTTP address")]
    Address(Uri),
    /// No connection; nothing was sent.
    #[error("{peer} cannot be reached")]
    Connect {
        /// Host and port.
        peer: String,
        /// The system's word, or the handshake's.
        #[source]
        source: io::Error,
    },
    /// The connection broke, or the peer does not speak HTTP; some of the body may have arrived.
    #[error("the connection to the peer broke")]
    Broken(#[source] hyper::Error),
    /// The peer stopped taking the body or did not answer in time.
    #[error("the peer did not answer in time")]
    Late,
    /// The sender of the body gave up.
    #[error("the body ended early: {0}")]
    Body(String),
    /// The answer is longer than the caller wants to hold.
    #[error("the answer is longer than {0} bytes")]
    TooLarge(usize),
    /// A header value cannot be sent.
    #[error("a header value cannot be sent")]
    Header(#[from] hyper::header::InvalidHeaderValue),
}

/// An open connection, for one request after the other.
pub struct Session {
    sender: SendRequest<Body>,
    host: HeaderValue,
    limits: Limits,
    headers: HeaderMap,
}

impl Session {
    /// Connects to the host of `uri`: port 80 or 443 unless it names one.
    ///
    /// # Errors
    /// See [`HttpError`].
    pub async fn connect(uri: &Uri, trust: &Trust, limits: Limits) -> Result<Self, HttpError> {
        let (Some(scheme), Some(host)) = (uri.scheme_str(), uri.host()) else {
            return Err(HttpError::Address(uri.clone()));
        };
        let (secure, port) = match scheme {
            "http" => (false, uri.port_u16().unwrap_or(80)),
            "https" => (true, uri.port_u16().unwrap_or(443)),
            _ => return Err(HttpError::Address(uri.clone())),
        };
        // `[::1]` is written with brackets in an address and without them to the resolver.
        let bare = host.trim_start_matches('[').trim_end_matches(']');
        let peer = format!("{host}:{port}");
        let connecting = async {
            let stream = TcpStream::connect((bare, port)).await?;
            stream.set_nodelay(true)?;
            if secure {
                Self::over(Stall::new(trust.connect(bare, stream).await?, limits.stall)).await
            } else {
                Self::over(Stall::new(stream, limits.stall)).await
            }
        };
        let sender = match tokio::time::timeout(limits.connect, connecting).await {
            Ok(Ok(sender)) => sender,
            Ok(Err(source)) => return Err(HttpError::Connect { peer, source }),
            Err(_) => return Err(HttpError::Connect { peer, source: io::ErrorKind::TimedOut.into() }),
        };
        Ok(Self { sender, host: HeaderValue::from_str(&peer)?, limits, headers: HeaderMap::new() })
    }

    async fn over<S>(stream: S) -> io::Result<SendRequest<Body>>
    where
        S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Send + Unpin + 'static,
    {
        let (sender, connection) = handshake(TokioIo::new(stream)).await.map_err(io::Error::other)?;
        // It ends when the session is dropped or the peer closes; the request's own answer tells why.
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(%error, "a connection to a peer broke");
            }
        });
        Ok(sender)
    }

    /// A header for every request of this session, such as `Authorization`.
    ///
    /// # Errors
    /// When the value holds what a header may not.
    pub fn header(&mut self, name: hyper::header::HeaderName, value: &str) -> Result<(), HttpError> {
        let mut value = HeaderValue::from_str(value)?;
        value.set_sensitive(true);
        self.headers.insert(name, value);
        Ok(())
    }

    /// True while the peer has not closed the connection.
    pub fn is_open(&self) -> bool {
        !self.sender.is_closed()
    }

    /// Sends `body` to `path` and waits for the head of the answer. A body of unknown length is sent chunked.
    ///
    /// The answer may come before the body has ended; the body is then no longer read.
    ///
    /// # Errors
    /// See [`HttpError`]; after one the session is of no more use.
    pub async fn post(&mut self, path: &str, content_type: &str, body: Body) -> Result<Response, HttpError> {
        let uri: Uri = path.parse().map_err(|_| HttpError::Address(Uri::default()))?;
        let length = body.length();
        let (body, ended) = body.watched();
        let mut request = Request::new(body);
        *request.method_mut() = Method::POST;
        *request.uri_mut() = uri;
        *request.headers_mut() = self.headers.clone();
        let headers = request.headers_mut();
        headers.insert(HOST, self.host.clone());
        headers.insert(USER_AGENT, HeaderValue::from_static(AGENT));
        headers.insert(CONTENT_TYPE, HeaderValue::from_str(content_type)?);
        if let Some(length) = length {
            headers.insert(CONTENT_LENGTH, length.into());
        }
        self.sender.ready().await.map_err(broken)?;
        let answer = self.sender.send_request(request);
        tokio::pin!(answer);
        let ended = tokio::select! {
            // The body's end comes first: when its sender gave up, that is the reason, and the broken
            // connection only what followed.
            biased;
            ended = ended.wait() => ended,
            answer = &mut answer => return Ok(Response(answer.map_err(broken)?)),
        };
        match ended {
            Ended::Short(why) => Err(HttpError::Body(why)),
            // Dropped: the connection let go of the body before its end, and the answer says why.
            Ended::Whole | Ended::Dropped => match tokio::time::timeout(self.limits.answer, answer).await {
                Ok(answer) => Ok(Response(answer.map_err(broken)?)),
                Err(_) => Err(HttpError::Late),
            },
        }
    }
}

fn broken(error: hyper::Error) -> HttpError {
    let mut cause = std::error::Error::source(&error);
    while let Some(inner) = cause {
        if inner.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::TimedOut) {
            return HttpError::Late;
        }
        cause = inner.source();
    }
    HttpError::Broken(error)
}

/// The head of an answer, and its body to come.
pub struct Response(hyper::Response<Incoming>);

impl Response {
    /// The status line's number.
    pub fn status(&self) -> StatusCode {
        self.0.status()
    }

    /// The header fields.
    pub fn headers(&self) -> &HeaderMap {
        self.0.headers()
    }

    /// The body, if it is no longer than `limit` bytes.
    ///
    /// # Errors
    /// [`HttpError::TooLarge`], or a broken connection.
    pub async fn read(self, limit: usize) -> Result<Bytes, HttpError> {
        let mut body = self.0.into_body();
        let mut whole = BytesMut::new();
        while let Some(frame) = body.frame().await {
            let Ok(data) = frame.map_err(broken)?.into_data() else { continue };
            if whole.len() + data.len() > limit {
                return Err(HttpError::TooLarge(limit));
            }
            whole.extend_from_slice(&data);
        }
        Ok(whole.freeze())
    }

    /// The body, to be read as it comes.
    pub fn into_body(self) -> Incoming {
        self.0.into_body()
    }
}

const AGENT: &str = concat!("Papergate/", env!("CARGO_PKG_VERSION"));

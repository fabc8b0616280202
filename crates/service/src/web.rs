//! A small HTTPS server for pages: whole requests of bounded size in, whole pages out.
//!
//! Made for the few pages people reach from a mail. There is no script, no cookie, no state and nothing from elsewhere in them, and
//! the headers say so to the browser.

use std::convert::Infallible;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Incoming;
use hyper::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio_util::task::TaskTracker;

use crate::config::ChannelEncryption;
use crate::{Stop, Tls};

pub use hyper::{Method, StatusCode};

/// Connections at one time.
const CONNECTIONS_MAX: usize = 64;
/// How long a request's head, and its body, may take.
const REQUEST_LIMIT: Duration = Duration::from_secs(15);
/// Octets of a request's body: a form with a button.
const BODY_BYTES_MAX: usize = 4 * 1024;
/// Octets of a request's head.
const HEAD_BYTES_MAX: usize = 16 * 1024;
/// Out of file descriptors: accepting again at once would only burn the processor.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// What is asked for.
#[derive(Clone, Debug)]
pub struct PageRequest {
    /// GET for looking, POST for doing. HEAD is told as GET, and others are refused before.
    pub method: Method,
    /// As in the request line, without the query.
    pub path: String,
    /// The form that was sent.
    pub body: Bytes,
    /// Who asks.
    pub peer: IpAddr,
}

/// What is shown.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Page {
    /// Status of the answer.
    pub status: StatusCode,
    /// The whole document.
    pub html: String,
}

/// Serves pages over TLS until the stop.
pub async fn serve<F, Answering>(listener: TcpListener, tls: Tls, stop: Stop, tasks: TaskTracker, answer: F)
where
    F: Fn(PageRequest) -> Answering + Clone + Send + Sync + 'static,
    Answering: Future<Output = Page> + Send,
{
    let room = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    while let Some(accepted) = stop.unless_asked(listener.accept()).await {
        let Ok((stream, peer)) = accepted else {
            tokio::time::sleep(ACCEPT_PAUSE).await;
            continue;
        };
        let Ok(place) = room.clone().try_acquire_owned() else {
            tracing::warn!(%peer, limit = CONNECTIONS_MAX, "too many readers of pages; one is turned away");
            continue;
        };
        let (tls, stop, answer) = (tls.clone(), stop.clone(), answer.clone());
        tasks.spawn(async move {
            let peer = peer.ip().to_canonical();
            let serving = connection(stream, peer, tls, stop.clone(), answer);
            if stop.within(serving).await.is_none() {
                tracing::debug!(%peer, "a reader of a page was cut off by the stop");
            }
            drop(place);
        });
    }
}

async fn connection<F, Answering>(stream: TcpStream, peer: IpAddr, tls: Tls, stop: Stop, answer: F)
where
    F: Fn(PageRequest) -> Answering + Clone + Send + Sync + 'static,
    Answering: Future<Output = Page> + Send,
{
    let accepting = tls.accept(stream, ChannelEncryption::TlsOnly);
    let stream = match stop.unless_asked(accepting).await {
        Some(Ok(stream)) => stream,
        Some(Err(error)) => return tracing::debug!(%peer, %error, "a reader of pages was not taken"),
        None => return,
    };
    let service = service_fn(|request: hyper::Request<Incoming>| {
        let answer = answer.clone();
        async move { Ok::<_, Infallible>(respond(request, peer, answer).await) }
    });
    let mut server = http1::Builder::new();
    server.timer(TokioTimer::new()).header_read_timeout(REQUEST_LIMIT).max_buf_size(HEAD_BYTES_MAX);
    // One request a connection: a page is one, and a slow reader holds its place no longer than that.
    server.keep_alive(false);
    if let Err(error) = server.serve_connection(TokioIo::new(stream), service).await {
        tracing::debug!(%peer, %error, "a reader of a page was lost");
    }
}

async fn respond<F, Answering>(
    request: hyper::Request<Incoming>,
    peer: IpAddr,
    answer: F,
) -> hyper::Response<Full<Bytes>>
where
    F: Fn(PageRequest) -> Answering,
    Answering: Future<Output = Page>,
{
    let (head, body) = request.into_parts();
    let method = match head.method {
        Method::GET | Method::HEAD => Method::GET,
        Method::POST => Method::POST,
        _ => return told(plain(StatusCode::METHOD_NOT_ALLOWED, "This page can be looked at and answered.")),
    };
    let body = tokio::time::timeout(REQUEST_LIMIT, Limited::new(body, BODY_BYTES_MAX).collect()).await;
    let Ok(Ok(body)) = body else {
        return told(plain(
            StatusCode::PAYLOAD_TOO_LARGE,
            "This is more than a page takes, or it came too slowly.",
        ));
    };
    let path = head.uri.path().to_owned();
    told(answer(PageRequest { method, path, body: body.to_bytes(), peer }).await)
}

fn plain(status: StatusCode, text: &str) -> Page {
    Page { status, html: format!("<!doctype html><title>Papergate</title><p>{text}</p>\n") }
}

/// Headers that keep a page to itself: it may be framed by nobody, load nothing, be kept nowhere, and not be told to the next one.
const HEADERS: &[(&str, &str)] = &[
    (
        "content-security-policy",
        "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
    ),
    ("cache-control", "no-store"),
    ("referrer-policy", "no-referrer"),
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "DENY"),
    ("x-robots-tag", "noindex"),
];

fn told(page: Page) -> hyper::Response<Full<Bytes>> {
    let mut response = hyper::Response::new(Full::new(Bytes::from(page.html)));
    *response.status_mut() = page.status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    for (name, value) in HEADERS {
        headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    response
}

/// Text as it may stand in a page and in its attributes.
pub fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            letter => escaped.push(letter),
        }
    }
    escaped
}

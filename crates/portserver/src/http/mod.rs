//! HTTP/1.1, plain and TLS on one port: IPP for programs, a page for people.

pub(crate) mod answer;
pub(crate) mod body;
pub(crate) mod icon;
mod page;

use std::convert::Infallible;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http::header::{
    ALLOW, CACHE_CONTROL, CONNECTION, CONTENT_ENCODING, CONTENT_TYPE, HOST, HeaderValue, UPGRADE,
    WWW_AUTHENTICATE,
};
use http::{Method, Request, Response, StatusCode};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::{TokioIo, TokioTimer};
use service::{Connection, Context};
use tokio::io::AsyncWriteExt as _;
use tokio::net::{TcpListener, TcpStream};

use crate::Config;
use crate::gate::Place;
use crate::inflate::Compression;
use crate::ipp;
use crate::state::Port;
use answer::Answer;
use body::Body;

/// Where a request came from and by which name the client knows us.
#[derive(Clone, Debug)]
pub(crate) struct Origin {
    /// The client's address.
    pub(crate) peer: IpAddr,
    /// Whether the connection is TLS.
    pub(crate) tls: bool,
    /// What the client showed of itself in the handshake; empty for nothing.
    pub(crate) certificates: Arc<[Vec<u8>]>,
    /// `host[:port]` for addresses in answers.
    pub(crate) authority: String,
}

/// Accepts connections until the stop.
pub(crate) async fn serve(
    context: Context<Config>,
    port: Arc<Port>,
    listener: TcpListener,
) -> anyhow::Result<()> {
    while let Some(accepted) = context.stop.unless_asked(crate::accept(&listener)).await {
        let (stream, peer) = accepted;
        let Some(place) = port.gate.enter(peer.ip()) else {
            tracing::warn!(peer = %peer.ip(), protocol = "ipp", "too many connections; one was turned away");
            continue;
        };
        let (context, port) = (context.clone(), port.clone());
        context.tasks.clone().spawn(async move {
            connection(&context, port, stream, peer.ip().to_canonical(), place).await;
        });
    }
    Ok(())
}

async fn connection(
    context: &Context<Config>,
    port: Arc<Port>,
    stream: TcpStream,
    peer: IpAddr,
    _place: Place,
) {
    let accept = context.stop.unless_asked(port.tls.accept_either(stream));
    let connection = match accept.await {
        None => return,
        Some(Ok(connection)) => connection,
        Some(Err(error)) => {
            tracing::debug!(%peer, %error, "a connection was not taken");
            return;
        }
    };
    let Some(upgrade) = converse(context, &port, connection, peer).await else { return };
    match encrypted(&port, upgrade).await {
        Ok(connection) => drop(converse(context, &port, connection, peer).await),
        Err(error) => tracing::debug!(%peer, %error, "a connection was not upgraded to TLS"),
    }
}

/// Serves requests until the connection ends, or until the client wants TLS on it.
async fn converse(
    context: &Context<Config>,
    port: &Arc<Port>,
    connection: Connection,
    peer: IpAddr,
) -> Option<OnUpgrade> {
    let tls = connection.is_tls();
    let certificates: Arc<[Vec<u8>]> = connection.certificates().into();
    let local = connection.tcp().local_addr().map_or_else(|_| String::new(), |local| local.to_string());
    let mut builder = http1::Builder::new();
    builder
        .timer(TokioTimer::new())
        .header_read_timeout(port.config.idle_limit())
        .max_headers(HEADERS_MAX)
        .max_buf_size(BUFFER_BYTES);
    let stop = context.stop.clone();
    let upgrade = Mutex::new(None);
    let service = service_fn(|mut request: Request<Incoming>| {
        let (port, local) = (port.clone(), local.clone());
        let upgrades = !tls && wants_tls(&request);
        if upgrades {
            let on_upgrade = hyper::upgrade::on(&mut request);
            upgrade.lock().unwrap_or_else(PoisonError::into_inner).replace(on_upgrade);
        }
        let certificates = certificates.clone();
        async move {
            let response = if upgrades {
                switching()
            } else {
                respond(&port, (peer, tls, certificates), local, request).await
            };
            Ok::<_, Infallible>(response)
        }
    });
    let serving = builder.serve_connection(TokioIo::new(connection), service).with_upgrades();
    let mut serving = std::pin::pin!(serving);
    let ended = tokio::select! {
        ended = serving.as_mut() => Some(ended),
        () = stop.soft() => {
            serving.as_mut().graceful_shutdown();
            stop.within(serving.as_mut()).await
        }
    };
    if let Some(Err(error)) = ended {
        tracing::debug!(%peer, %error, "a connection ended early");
        return None;
    }
    upgrade.lock().unwrap_or_else(PoisonError::into_inner).take()
}

/// Whether a request asks for nothing but TLS (RFC 2817, section 3.2), as `lp -E` and `Encryption Required` do.
fn wants_tls(request: &Request<Incoming>) -> bool {
    let protocols = request.headers().get(UPGRADE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let tls = |protocol: &str| protocol.trim().to_ascii_uppercase().starts_with("TLS/1.");
    request.method() == Method::OPTIONS && protocols.split(',').any(tls)
}

fn switching() -> Response<Answer> {
    let mut response = Response::new(Answer::from(Bytes::new()));
    *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    response.headers_mut().insert(CONNECTION, HeaderValue::from_static("Upgrade"));
    response.headers_mut().insert(UPGRADE, HeaderValue::from_static("TLS/1.2, HTTP/1.1"));
    response
}

/// The same connection with TLS on it; the answer to the request that asked for it comes first (RFC 2817, section 3.3).
async fn encrypted(port: &Port, upgrade: OnUpgrade) -> anyhow::Result<Connection> {
    let parts = upgrade.await?.downcast::<TokioIo<Connection>>();
    let parts = parts.map_err(|_| anyhow::anyhow!("the connection is not one of ours"))?;
    anyhow::ensure!(parts.read_buf.is_empty(), "the client did not wait for the answer");
    let Connection::Plain(stream) = parts.io.into_inner() else {
        anyhow::bail!("the connection has TLS already");
    };
    let mut connection = port.tls.shake_hands(stream).await?;
    let answer = format!("HTTP/1.1 200 OK\r\nAllow: {ALLOWED}\r\nContent-Length: 0\r\n\r\n");
    connection.write_all(answer.as_bytes()).await?;
    connection.flush().await?;
    Ok(connection)
}

async fn respond(
    port: &Arc<Port>,
    (peer, tls, certificates): (IpAddr, bool, Arc<[Vec<u8>]>),
    local: String,
    request: Request<Incoming>,
) -> Response<Answer> {
    let authority = request
        .headers()
        .get(HOST)
        .and_then(|host| host.to_str().ok())
        .filter(|host| host.parse::<http::uri::Authority>().is_ok())
        .map_or(local, str::to_owned);
    let origin = Origin { peer, tls, certificates, authority };
    match *request.method() {
        Method::POST => post(port, origin, request).await,
        Method::GET | Method::HEAD => page::get(port, &origin, request.uri().path()),
        Method::OPTIONS => {
            let mut response = Response::new(Answer::from(Bytes::new()));
            response.headers_mut().insert(ALLOW, HeaderValue::from_static(ALLOWED));
            response
        }
        _ => {
            let mut response = plain(StatusCode::METHOD_NOT_ALLOWED, "This is a printer. POST prints.\n");
            response.headers_mut().insert(ALLOW, HeaderValue::from_static(ALLOWED));
            response
        }
    }
}

async fn post(port: &Arc<Port>, origin: Origin, request: Request<Incoming>) -> Response<Answer> {
    let (head, incoming) = request.into_parts();
    let is_ipp = head.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).is_some_and(|value| {
        value.split(';').next().is_some_and(|kind| kind.trim().eq_ignore_ascii_case(wire::ipp::MEDIA_TYPE))
    });
    if !is_ipp {
        return closing(plain(StatusCode::UNSUPPORTED_MEDIA_TYPE, "Only application/ipp is served here.\n"));
    }
    let encoding = head.headers.get(CONTENT_ENCODING).map_or(Ok(""), HeaderValue::to_str);
    let Some(encoding) = encoding.ok().and_then(|name| Compression::named(&name.to_ascii_lowercase())) else {
        let text = "Content-Encoding may be gzip or deflate.\n";
        return closing(plain(StatusCode::UNSUPPORTED_MEDIA_TYPE, text));
    };
    let mut body = Body::new(incoming, encoding, port.config.stall_limit());
    let reply = ipp::serve(port, &origin, &head, &mut body).await;
    let Some(reply) = reply else {
        // The request never became one; there is nobody to answer in its own words.
        return closing(plain(StatusCode::BAD_REQUEST, "The request is not IPP or ended too early.\n"));
    };
    let drained = body.drain().await;
    let reply = match reply {
        ipp::Served::Answer(reply) => reply,
        ipp::Served::Unproved => {
            let mut response = plain(StatusCode::UNAUTHORIZED, "This queue wants to know who prints.\n");
            // RFC 7617, section 2.1.
            let challenge = HeaderValue::from_static("Basic realm=\"Papergate\", charset=\"UTF-8\"");
            response.headers_mut().insert(WWW_AUTHENTICATE, challenge);
            return if drained { response } else { closing(response) };
        }
    };
    let mut response = Response::new(reply);
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(wire::ipp::MEDIA_TYPE));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    if drained { response } else { closing(response) }
}

fn plain(status: StatusCode, text: &'static str) -> Response<Answer> {
    let mut response = Response::new(Answer::from(Bytes::from_static(text.as_bytes())));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    response
}

fn closing(mut response: Response<Answer>) -> Response<Answer> {
    response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    response
}

/// Header fields of one request.
const HEADERS_MAX: usize = 64;
/// Octets of a request's header, and of one read of its body.
const BUFFER_BYTES: usize = 256 * 1024;
/// Methods served.
const ALLOWED: &str = "GET, HEAD, OPTIONS, POST";
/// Pause after a failed accept, which means that the process is out of file descriptors.
pub(crate) const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

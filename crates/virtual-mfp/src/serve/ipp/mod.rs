//! IPP and IPPS (RFC 8010, RFC 8011) on one port: what a driverless printer does with Print-Job, Create-Job and
//! Send-Document, Validate-Job, Cancel-Job, Get-Jobs, Get-Job-Attributes and Get-Printer-Attributes.
//!
//! - [`jobs`]: the jobs that the printer remembers.
//! - [`attributes`]: what printer and jobs say of themselves.
//! - [`operations`]: one function an operation.

mod attributes;
mod jobs;
mod operations;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use rustls::ServerConfig;
use rustls_pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use wire::ipp::{Decoder, Limits, MEDIA_TYPE};

use super::engine::Engine;
use super::listen::Listener;
use crate::line;

pub use jobs::Jobs;

/// The path that the printer answers at.
pub const PATH: &str = "/ipp/print";

/// What all connections share.
#[derive(Clone)]
pub struct Printer {
    name: Arc<str>,
    engine: Arc<Engine>,
    jobs: Arc<Jobs>,
    tls: Option<Arc<ServerConfig>>,
    /// When it was switched on.
    on_since: std::time::Instant,
}

impl Printer {
    /// A printer with this name. Without a certificate, which is made here, it speaks plain only.
    #[must_use]
    pub fn new(name: &str, engine: Arc<Engine>) -> Self {
        let tls = certificate(name)
            .inspect_err(|why| tracing::warn!(%why, "no certificate: IPPS is not available"))
            .ok();
        Self { name: name.into(), engine, jobs: Arc::new(Jobs::default()), tls, on_since: line::now() }
    }
}

fn certificate(name: &str) -> Result<Arc<ServerConfig>, String> {
    let names = vec![name.to_owned(), "localhost".to_owned(), "127.0.0.1".to_owned()];
    let made = rcgen::generate_simple_self_signed(names).map_err(|error| error.to_string())?;
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(made.signing_key.serialize_der()));
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config =
        ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().and_then(
            |builder| builder.with_no_client_auth().with_single_cert(vec![made.cert.der().clone()], key),
        );
    config.map(Arc::new).map_err(|error| error.to_string())
}

/// Serves for ever.
pub async fn serve(mut listener: Listener, printer: Printer) {
    let here = listener.address();
    loop {
        let (stream, from) = listener.accept().await;
        let printer = printer.clone();
        tokio::spawn(async move {
            if let Err(why) = connection(stream, from, here, printer).await {
                tracing::debug!(%from, why, "an IPP connection ended badly");
            }
        });
    }
}

/// TLS or plain, whichever the first byte says.
async fn connection(
    stream: TcpStream,
    from: SocketAddr,
    here: SocketAddr,
    printer: Printer,
) -> Result<(), String> {
    let mut first = [0];
    let peeked = tokio::time::timeout(FIRST_BYTE_LIMIT, stream.peek(&mut first)).await;
    peeked.map_err(|_| "nothing came")?.map_err(|error| error.to_string())?;
    let cut = socket2::SockRef::from(&stream).try_clone().map_err(|error| error.to_string())?;
    match (first[0] == TLS_HANDSHAKE, printer.tls.clone()) {
        (false, _) => http(TokioIo::new(stream), from, Uri { scheme: "ipp", here }, printer, cut).await,
        (true, Some(tls)) => {
            let stream = TlsAcceptor::from(tls).accept(stream).await.map_err(|error| error.to_string())?;
            http(TokioIo::new(stream), from, Uri { scheme: "ipps", here }, printer, cut).await
        }
        (true, None) => Err("TLS is not available".to_owned()),
    }
}

/// How the printer was reached, for the URIs it tells.
#[derive(Clone, Copy, Debug)]
struct Uri {
    scheme: &'static str,
    here: SocketAddr,
}

impl Uri {
    fn printer(self) -> String {
        format!("{}://{}{PATH}", self.scheme, self.here)
    }

    fn job(self, id: i32) -> String {
        format!("{}/{id}", self.printer())
    }
}

async fn http<S>(
    io: TokioIo<S>,
    from: SocketAddr,
    uri: Uri,
    printer: Printer,
    socket: socket2::Socket,
) -> Result<(), String>
where
    S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin,
{
    let service = service_fn(|request| {
        let printer = printer.clone();
        async move { answer(request, from, uri, printer).await }
    });
    let served = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(FIRST_BYTE_LIMIT)
        .serve_connection(io, service)
        .await;
    served.map_err(|error| {
        if error.is_user() {
            // The drop fault: cut so that the peer notices. The socket may be gone already.
            let _ = socket.set_linger(Some(Duration::ZERO));
        }
        error.to_string()
    })
}

/// Answers one request; an error cuts the connection.
async fn answer(
    request: Request<Incoming>,
    from: SocketAddr,
    uri: Uri,
    printer: Printer,
) -> Result<Response<Full<Bytes>>, operations::Cut> {
    let plain = |status: StatusCode| {
        let mut response = Response::new(Full::new(Bytes::from(status.to_string())));
        *response.status_mut() = status;
        Ok(response)
    };
    if request.method() != Method::POST {
        return plain(StatusCode::METHOD_NOT_ALLOWED);
    }
    if !request.uri().path().starts_with(PATH) {
        return plain(StatusCode::NOT_FOUND);
    }
    if request.headers().get(CONTENT_TYPE) != Some(&HeaderValue::from_static(MEDIA_TYPE)) {
        return plain(StatusCode::UNSUPPORTED_MEDIA_TYPE);
    }
    let mut body = request.into_body();
    let mut decoder = Decoder::new(Limits::REQUEST);
    let (message, rest) = loop {
        let Some(Ok(frame)) = body.frame().await else { return plain(StatusCode::BAD_REQUEST) };
        let Ok(bytes) = frame.into_data() else { continue };
        match decoder.push(bytes) {
            Ok(Some(complete)) => break complete,
            Ok(None) => {}
            Err(error) => {
                tracing::info!(%from, %error, "a request was not IPP");
                return plain(StatusCode::BAD_REQUEST);
            }
        }
    };
    let document = operations::Document { first: rest, body };
    let reply = operations::perform(&printer, uri, from, message, document).await?;
    let mut response = Response::new(Full::new(reply.encode()));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE));
    Ok(response)
}

/// First byte of a TLS connection (RFC 8446, section 5.1).
const TLS_HANDSHAKE: u8 = 22;
/// How long a connection may say nothing, and a request's head may take.
const FIRST_BYTE_LIMIT: Duration = Duration::from_secs(30);

//! Figures of the running process, in Prometheus' text form at `/metrics`.
//!
//! Servers count with the macros of the `metrics` crate. Where no address is configured nothing is recorded,
//! and the macros cost next to nothing.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use bytes::Bytes;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use metrics::gauge;
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use tokio::net::TcpListener;
use tokio::sync::Semaphore;

use crate::{Stop, listen};

/// Records from now on, and tells whoever asks at `address` until the stop.
///
/// # Errors
/// When the address cannot be listened on, or something else records already.
pub(crate) fn serve(address: SocketAddr, stop: Stop) -> anyhow::Result<()> {
    let handle = PrometheusBuilder::new().install_recorder().context("figures are recorded already")?;
    let listener = listen::tcp("metrics", address)?;
    tracing::info!(%address, "figures are told");
    tokio::spawn(async move { stop.unless_asked(accept(listener, handle)).await });
    Ok(())
}

async fn accept(listener: TcpListener, handle: PrometheusHandle) {
    let room = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    loop {
        let Ok(place) = room.clone().acquire_owned().await else { return };
        let Ok((stream, _)) = listener.accept().await else {
            tokio::time::sleep(ACCEPT_PAUSE).await;
            continue;
        };
        let handle = handle.clone();
        tokio::spawn(async move {
            let answer = service_fn(|request: Request<Incoming>| {
                let answer = answer(&request, &handle);
                async move { Ok::<_, Infallible>(answer) }
            });
            let mut server = http1::Builder::new();
            server.timer(TokioTimer::new()).header_read_timeout(HEADER_LIMIT).keep_alive(false);
            if let Err(error) = server.serve_connection(TokioIo::new(stream), answer).await {
                tracing::debug!(%error, "a reader of figures was lost");
            }
            drop(place);
        });
    }
}

fn answer(request: &Request<Incoming>, handle: &PrometheusHandle) -> Response<Full<Bytes>> {
    let (status, text) = match (request.method(), request.uri().path()) {
        (&Method::GET, "/metrics") => {
            process_figures();
            handle.run_upkeep();
            (StatusCode::OK, handle.render())
        }
        _ => (StatusCode::NOT_FOUND, "figures are at /metrics\n".to_owned()),
    };
    let mut response = Response::new(Full::new(Bytes::from(text)));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; version=0.0.4"));
    response
}

/// What only the system knows.
fn process_figures() {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    if let Some(pages) = statm.split_whitespace().nth(1).and_then(|pages| pages.parse::<f64>().ok()) {
        gauge!("process_resident_memory_bytes").set(pages * rustix::param::page_size() as f64);
    }
    if let Ok(files) = std::fs::read_dir("/proc/self/fd") {
        gauge!("process_open_fds").set(files.count() as f64);
    }
}

/// Readers at one time.
const CONNECTIONS_MAX: usize = 8;
/// How long a reader may take to ask.
const HEADER_LIMIT: Duration = Duration::from_secs(5);
/// Out of file descriptors: accepting again at once would only burn the processor.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

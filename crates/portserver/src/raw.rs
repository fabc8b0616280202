//! Raw TCP: one port per queue, one document per connection, its end is the end of the connection.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::BytesMut;
use rpc::proto::jobserver::{JobCreateRequest, Queue};
use service::Context;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;

use crate::Config;
use crate::gate::Place;
use crate::state::Port;
use crate::submission::{Failure, Head, Submission, submission_id};

/// Keeps one listener per queue that wants one, until the stop.
pub(crate) async fn serve(context: Context<Config>, port: Arc<Port>) -> anyhow::Result<()> {
    let mut queues = port.queues.clone();
    let mut listeners: HashMap<(i64, u32), CancellationToken> = HashMap::new();
    loop {
        let wanted: HashMap<(i64, u32), Arc<Queue>> = queues
            .borrow_and_update()
            .all()
            .into_iter()
            .filter(|queue| queue.raw_port != 0)
            .map(|queue| ((queue.id, queue.raw_port), queue))
            .collect();
        listeners.retain(|key, listening| {
            let keep = wanted.contains_key(key);
            if !keep {
                listening.cancel();
            }
            keep
        });
        let mut failed = false;
        for (key, queue) in wanted {
            if listeners.contains_key(&key) {
                continue;
            }
            match open(&context, &queue).await {
                Ok(listener) => {
                    let listening = context.stop.token().child_token();
                    listeners.insert(key, listening.clone());
                    context.tasks.spawn(listen(context.clone(), port.clone(), queue.id, listener, listening));
                }
                Err(error) => {
                    tracing::error!(queue = %queue.name, port = queue.raw_port, error = format!("{error:#}"), "a queue's raw port is not served");
                    failed = true;
                }
            }
        }
        let changed = async {
            if failed {
                let _ = tokio::time::timeout(RETRY, queues.changed()).await;
            } else if queues.changed().await.is_err() {
                std::future::pending::<()>().await;
            }
        };
        if context.stop.unless_asked(changed).await.is_none() {
            return Ok(());
        }
    }
}

async fn open(context: &Context<Config>, queue: &Queue) -> anyhow::Result<TcpListener> {
    let port = u16::try_from(queue.raw_port)?;
    Ok(context.listen_tcp(&format!("raw-{}", queue.name), port).await?)
}

async fn listen(
    context: Context<Config>,
    port: Arc<Port>,
    queue_id: i64,
    listener: TcpListener,
    listening: CancellationToken,
) {
    while let Some((stream, peer)) = listening.run_until_cancelled(crate::accept(&listener)).await {
        let peer = peer.ip().to_canonical();
        let Some(place) = port.gate.enter(peer) else {
            tracing::warn!(%peer, protocol = "raw", "too many connections; one was turned away");
            continue;
        };
        let (port, stop) = (port.clone(), context.stop.clone());
        context.tasks.spawn(async move { stop.within(document(&port, queue_id, stream, peer, place)).await });
    }
}

/// One connection. A raw client has no other sign of failure than a connection that breaks, so a
/// document that was not taken resets it.
async fn document(port: &Port, queue_id: i64, mut stream: TcpStream, peer: IpAddr, _place: Place) {
    let snapshot = port.queues.borrow().clone();
    let queue = snapshot.all().into_iter().find(|queue| queue.id == queue_id);
    let taken = match queue {
        Some(queue) if snapshot.connected && queue.accepting_jobs => {
            take(port, &queue, &mut stream, peer).await
        }
        Some(_) => Err(Refused::Away),
        None => Err(Refused::Gone),
    };
    match taken {
        Ok(()) => {
            // The peer sees the end only now that the document is durable.
            let _ = stream.shutdown().await;
        }
        Err(refused) => {
            tracing::info!(%peer, reason = %refused, protocol = "raw", "a document was refused");
            if let Err(error) = socket2::SockRef::from(&stream).set_linger(Some(Duration::ZERO)) {
                tracing::debug!(%error, "a connection is closed without a reset");
            }
        }
    }
}

#[derive(Debug, thiserror::Error)]
enum Refused {
    #[error("the queue takes no documents at present")]
    Away,
    #[error("the queue is gone")]
    Gone,
    #[error("the connection broke: {0}")]
    Broken(#[from] std::io::Error),
    #[error("the sender stopped sending")]
    Stalled,
    #[error(transparent)]
    Failed(#[from] Failure),
}

async fn take(port: &Port, queue: &Queue, stream: &mut TcpStream, peer: IpAddr) -> Result<(), Refused> {
    let mut buffer = BytesMut::new();
    let mut submission: Option<(Submission, JobCreateRequest)> = None;
    loop {
        buffer.reserve(READ_BYTES);
        let read = tokio::time::timeout(port.config.stall_limit(), stream.read_buf(&mut buffer)).await;
        if read.map_err(|_| Refused::Stalled)?? == 0 {
            break;
        }
        let (submission, _) = submission.get_or_insert_with(|| {
            let create = create(queue, peer);
            let head = Head::New(Box::new(create.clone()));
            (Submission::begin(&port.streaming, head, port.config.document_bytes_max), create)
        });
        submission.push(buffer.split().freeze()).await?;
    }
    // Probes connect and say nothing; that is no document.
    let Some((submission, create)) = submission else { return Ok(()) };
    let job = submission.finish_named_by_data(create).await?;
    port.submitted(queue, &job);
    Ok(())
}

/// Nothing but the data tells whose it is and what it is called.
fn create(queue: &Queue, peer: IpAddr) -> JobCreateRequest {
    JobCreateRequest {
        submission_id: submission_id(),
        queue: queue.name.clone(),
        source_host: peer.to_string(),
        source_protocol: "raw".to_owned(),
        document_format: "application/octet-stream".to_owned(),
        described_at_end: true,
        ..JobCreateRequest::default()
    }
}

/// Octets read at a time.
const READ_BYTES: usize = 64 * 1024;
/// Pause before a port that could not be opened is tried again.
const RETRY: Duration = Duration::from_secs(10);

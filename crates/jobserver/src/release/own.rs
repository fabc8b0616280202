//! The device's own session: the bytes are handed to the face that holds its connection.

use std::sync::Arc;

use bytes::Bytes;
use domain::Status;
use rpc::Kind;
use tokio::sync::{mpsc, oneshot};

use super::{NotDelivered, Release};
use crate::cancel::stopped;
use crate::failed::Failed;
use crate::rewrite::Changed;
use crate::session::{DocumentStream, PrintEvent, Reported};
use crate::spool::Reader;

/// Blocks that wait for the session.
const BLOCKS_WAITING_MAX: usize = 1;

pub(super) async fn deliver(release: &Release<'_>, reader: Arc<Reader>) -> Result<(), NotDelivered> {
    if release.events.is_closed() {
        return Err(NotDelivered::new(Status::CONNECTION_LOST, "The device's session ended."));
    }
    let finishing = release.in_data()?;
    let bytes = crate::rewrite::length(&reader, &finishing).await?;
    let (chunks, received) = mpsc::channel(BLOCKS_WAITING_MAX);
    let (outcome, ended) = oneshot::channel();
    let total = bytes * u64::try_from(release.sendings()).unwrap_or(1);
    let stream = DocumentStream {
        job: release.job.id,
        name: release.job.name.clone(),
        bytes,
        copies: release.sendings(),
        encrypted: release.encrypted,
        chunks: received,
        outcome,
        stopper: release.stopper.clone(),
    };
    release.events.tell(PrintEvent::Stream(stream)).await;
    let blocks = Changed::new(&reader, &finishing);
    // Whoever reads the stream says when it was stopped in time; here only the word for it is chosen.
    match stream_to_its_end(release, blocks, chunks, ended, total).await {
        Err(reason) if release.stopper.is_asked() && reason.status == Status::LOST_IN_TRANSFER => {
            Err(stopped())
        }
        outcome => outcome,
    }
}

async fn stream_to_its_end(
    release: &Release<'_>,
    mut blocks: Changed,
    chunks: mpsc::Sender<Result<Bytes, Failed>>,
    mut ended: oneshot::Receiver<Reported>,
    total: u64,
) -> Result<(), NotDelivered> {
    let mut sent = 0;
    loop {
        let block = match blocks.next().await {
            Ok(block) => block,
            Err(reason) => {
                let failed = Failed::new(Kind::Unavailable, reason.status, reason.message.clone());
                let _ = chunks.send(Err(failed)).await;
                return Err(reason);
            }
        };
        if block.bytes().is_empty() {
            break;
        }
        let data = Bytes::copy_from_slice(block.bytes());
        sent += data.len() as u64;
        blocks.recycle(block);
        tokio::select! {
            taken = chunks.send(Ok(data)) => if taken.is_err() {
                // The face gave the stream up; its outcome says why.
                break;
            },
            told = &mut ended => return said(release, told),
        }
        release.events.progress(release.job.id, sent, total);
    }
    drop(chunks);
    said(release, ended.await)
}

fn said(
    release: &Release<'_>,
    told: Result<Reported, oneshot::error::RecvError>,
) -> Result<(), NotDelivered> {
    match told {
        Ok(Reported { outcome, nothing_sent, counts, toner }) => {
            if let Some(counts) = counts {
                release.meter.report(Ok(counts));
            }
            if let Some(toner) = toner {
                release.meter.toner(toner);
            }
            let status = if nothing_sent { Status::CANNOT_CONNECT } else { Status::LOST_IN_TRANSFER };
            outcome.map_err(|message| NotDelivered::new(status, message))
        }
        Err(_) => Err(NotDelivered::new(Status::CONNECTION_LOST, "The device's session was lost.")),
    }
}

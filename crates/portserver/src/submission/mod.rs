//! One document on its way to the jobserver.

mod count;

use std::panic::AssertUnwindSafe;
use std::sync::Mutex;

use bytes::{Bytes, BytesMut};
use rpc::proto::common::PageCount;
use rpc::proto::jobserver::submission_client::SubmissionClient;
use rpc::proto::jobserver::{DocumentChunk, DocumentEnd, Job, JobCreateRequest, document_chunk::Part};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio_stream::wrappers::ReceiverStream;
use tonic::transport::Channel;

/// A document being sent. Dropped before [`Submission::finish`] it leaves nothing behind: the
/// jobserver never sees the end.
#[derive(Debug)]
pub(crate) struct Submission {
    chunks: mpsc::Sender<DocumentChunk>,
    answer: JoinHandle<Result<Job, rpc::Error>>,
    /// `None` once the inspector has given up on the data. Never locked: an inspector may not be
    /// shared between threads, and the mutex says that it is not.
    inspector: Mutex<Option<pdl::Inspector>>,
    bytes: u64,
    bytes_max: u64,
    /// Type of the document of a job made before; empty when not declared.
    document_format: String,
    /// Small pieces waiting to become one chunk.
    gathered: BytesMut,
}

/// Whose document it is.
#[derive(Debug)]
pub(crate) enum Head {
    /// A job that begins with it.
    New(Box<JobCreateRequest>),
    /// A job made before, and the type declared with its document (empty: none).
    Job(i64, String),
}

/// Why a document was not taken.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// The sender sent more than allowed.
    #[error("the document exceeds {max} bytes")]
    TooLarge {
        /// The limit.
        max: u64,
    },
    /// The jobserver said no, or is away.
    #[error("{0}")]
    Refused(rpc::Error),
}

impl Submission {
    /// Begins a document; nothing is awaited, the jobserver's refusal comes with a later call.
    pub(crate) fn begin(jobserver: &SubmissionClient<Channel>, head: Head, bytes_max: u64) -> Self {
        let (chunks, stream) = mpsc::channel(CHUNKS_WAITING_MAX);
        let (part, document_format) = match head {
            Head::New(create) => (Part::Create(*create), String::new()),
            Head::Job(id, format) => (Part::JobId(id), format),
        };
        chunks.try_send(DocumentChunk { part: Some(part) }).expect("a fresh channel has room for one");
        let mut jobserver = jobserver.clone();
        let answer = tokio::spawn(async move {
            let answer = jobserver.document_send(ReceiverStream::new(stream)).await;
            answer.map(tonic::Response::into_inner).map_err(rpc::Error::from)
        });
        Self {
            chunks,
            answer,
            inspector: Mutex::new(Some(pdl::Inspector::new(pdl::Options::default()))),
            bytes: 0,
            bytes_max,
            document_format,
            gathered: BytesMut::new(),
        }
    }

    /// Octets taken so far.
    pub(crate) const fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Takes the next octets of the document.
    ///
    /// # Errors
    /// See [`Failure`]; the document is void then.
    pub(crate) async fn push(&mut self, mut octets: Bytes) -> Result<(), Failure> {
        self.bytes += octets.len() as u64;
        if self.bytes > self.bytes_max {
            return Err(Failure::TooLarge { max: self.bytes_max });
        }
        while !octets.is_empty() {
            let piece = octets.split_to(octets.len().min(CHUNK_BYTES_MAX));
            self.inspect(&piece);
            if self.gathered.is_empty() && piece.len() >= GATHER_BYTES {
                self.send(piece).await?;
                continue;
            }
            self.gathered.extend_from_slice(&piece);
            if self.gathered.len() >= GATHER_BYTES {
                let gathered = self.gathered.split().freeze();
                self.send(gathered).await?;
            }
        }
        Ok(())
    }

    /// The document is complete. Returns when the jobserver has made it durable.
    ///
    /// # Errors
    /// [`Failure::Refused`].
    pub(crate) async fn finish(mut self, late: Option<JobCreateRequest>) -> Result<Job, Failure> {
        let count = self.count();
        self.end(count, late).await
    }

    /// As [`Submission::finish`]; what `create` does not know is taken from the data itself: the user and
    /// the name of the job that the driver wrote into it.
    ///
    /// # Errors
    /// [`Failure::Refused`].
    pub(crate) async fn finish_named_by_data(mut self, create: JobCreateRequest) -> Result<Job, Failure> {
        let count = self.count();
        let mut late = create;
        if late.network_logon.is_empty() {
            late.network_logon.clone_from(&count.user);
        }
        if late.name.is_empty() {
            late.name.clone_from(&count.job_name);
        }
        self.end(count, Some(late)).await
    }

    async fn end(mut self, count: PageCount, late: Option<JobCreateRequest>) -> Result<Job, Failure> {
        if !self.gathered.is_empty() {
            let gathered = self.gathered.split().freeze();
            self.send(gathered).await?;
        }
        let bytes = i64::try_from(self.bytes).unwrap_or(i64::MAX);
        let document_format = std::mem::take(&mut self.document_format);
        let end = DocumentEnd { count: Some(count), bytes, late, document_format };
        let end = DocumentChunk { part: Some(Part::End(end)) };
        if self.chunks.send(end).await.is_err() {
            return Err(self.refusal().await);
        }
        // Closing the channel ends the stream, for which the jobserver may wait.
        let Self { chunks, answer, .. } = self;
        drop(chunks);
        joined(answer.await)
    }

    async fn send(&mut self, data: Bytes) -> Result<(), Failure> {
        let chunk = DocumentChunk { part: Some(Part::Data(data)) };
        match self.chunks.send(chunk).await {
            Ok(()) => Ok(()),
            Err(_) => Err(self.refusal().await),
        }
    }

    /// The jobserver takes no more: its answer says why.
    async fn refusal(&mut self) -> Failure {
        match joined((&mut self.answer).await) {
            Err(failure) => failure,
            Ok(_) => Failure::Refused(rpc::Error::new(
                rpc::Kind::Internal,
                1,
                "the jobserver took the document before its end",
            )),
        }
    }

    /// Counting must never cost a document: when the reader of print data fails on it, the document
    /// goes on uncounted.
    fn inspect(&mut self, piece: &[u8]) {
        let Ok(Some(inspector)) = self.inspector.get_mut() else { return };
        if std::panic::catch_unwind(AssertUnwindSafe(|| inspector.push(piece))).is_err() {
            tracing::error!(
                bytes = self.bytes,
                "the print data reader panicked; the document goes on uncounted"
            );
            self.inspector = Mutex::new(None);
        }
    }

    fn count(&mut self) -> PageCount {
        let finished = self
            .inspector
            .get_mut()
            .ok()
            .and_then(Option::take)
            .and_then(|inspector| std::panic::catch_unwind(AssertUnwindSafe(|| inspector.finish())).ok());
        match finished {
            Some(outcome) => count::page_count(outcome),
            None => count::uncounted(),
        }
    }
}

fn joined(result: Result<Result<Job, rpc::Error>, tokio::task::JoinError>) -> Result<Job, Failure> {
    match result {
        Ok(answer) => answer.map_err(Failure::Refused),
        Err(_) => Err(Failure::Refused(rpc::Error::new(
            rpc::Kind::Unavailable,
            5,
            "the call to the jobserver was cut off",
        ))),
    }
}

/// An id for one submission that no other submission has.
pub(crate) fn submission_id() -> String {
    let mut octets = [0_u8; 16];
    getrandom::fill(&mut octets).expect("the system gives random octets");
    octets.iter().fold(String::with_capacity(32), |mut text, octet| {
        for nibble in [octet >> 4, octet & 15] {
            text.push(char::from_digit(u32::from(nibble), 16).expect("a nibble is a digit"));
        }
        text
    })
}

/// Chunks between the reader of the network and the call: with [`CHUNK_BYTES_MAX`] the memory of one document.
const CHUNKS_WAITING_MAX: usize = 4;
/// Longest chunk sent to the jobserver.
const CHUNK_BYTES_MAX: usize = 128 * 1024;
/// Shorter pieces are joined to chunks of at least this length.
const GATHER_BYTES: usize = 32 * 1024;

//! What every face of the server works with.

use std::path::Path;
use std::sync::Arc;

use rpc::proto::jobserver::proof_client::ProofClient;
use rpc::proto::jobserver::submission_client::SubmissionClient;
use rpc::proto::jobserver::{Job, Queue};
use service::tls::TlsError;
use service::{Clock, Context, Timestamp, Tls};
use sha2::{Digest as _, Sha256};
use tonic::transport::Channel;

use crate::Config;
use crate::gate::Gate;
use crate::ipp::proof::Believed;
use crate::ipp::subscription::Subscriptions;
use crate::open_jobs::OpenJobs;
use crate::queues::Queues;

/// Shared by all connections; built once in [`crate::start`].
pub(crate) struct Port {
    /// Settings.
    pub(crate) config: Config,
    /// The time.
    pub(crate) clock: Clock,
    started: Timestamp,
    /// Calls that end by a deadline.
    pub(crate) jobserver: SubmissionClient<Channel>,
    /// Calls that carry a document, as long as it takes its sender.
    pub(crate) streaming: SubmissionClient<Channel>,
    /// Proof of who prints.
    pub(crate) proof: ProofClient<Channel>,
    /// TLS of the IPP port, which asks for certificates where the configuration says so.
    pub(crate) tls: Tls,
    /// Proofs that were right a moment ago.
    pub(crate) believed: Believed,
    /// The queues; kept while the jobserver is away.
    pub(crate) queues: Queues,
    /// Room for connections.
    pub(crate) gate: Gate,
    /// Jobs that wait for their document.
    pub(crate) open_jobs: OpenJobs,
    /// Who wants to be told of events.
    pub(crate) subscriptions: Subscriptions,
    /// Names of printers and jobs that stay the same over restarts.
    pub(crate) identity: Identity,
}

impl Port {
    pub(crate) fn new(context: &Context<Config>, queues: Queues) -> Result<Self, TlsError> {
        let config = context.config.clone();
        let identity = Identity::of_installation(&context.common.data, context.common.port_offset);
        let tls = match config.client_certificates {
            true => context.tls.asking_clients()?,
            false => context.tls.clone(),
        };
        Ok(Self {
            tls,
            clock: context.clock.clone(),
            started: context.clock.now(),
            jobserver: client(context.peer("jobserver")),
            streaming: client(context.peer_streaming("jobserver")),
            proof: ProofClient::new(context.peer("jobserver")),
            believed: Believed::default(),
            queues,
            gate: Gate::new(config.connections_max, config.connections_per_peer_max),
            open_jobs: OpenJobs::new(context.clock.clone(), config.job_open_limit_s),
            subscriptions: Subscriptions::default(),
            identity,
            config,
        })
    }

    /// Now, in seconds since the epoch.
    pub(crate) fn now_s(&self) -> i64 {
        self.clock.now().0 / 1_000_000
    }

    /// The start of the server, in seconds since the epoch.
    pub(crate) const fn started_s(&self) -> i64 {
        self.started.0 / 1_000_000
    }

    /// A job was made for `queue`.
    pub(crate) fn submitted(&self, queue: &Queue, job: &Job) {
        tracing::debug!(
            job.id,
            queue = %queue.name,
            bytes = job.bytes,
            protocol = %job.source_protocol,
            "a document was accepted"
        );
        self.subscriptions.job_created(queue, job, self.now_s());
    }
}

fn client(channel: Channel) -> SubmissionClient<Channel> {
    // Pages of 500 jobs may exceed the 4 MiB that are the default.
    SubmissionClient::new(channel).max_decoding_message_size(MESSAGE_BYTES_MAX)
}

/// Longest message taken from the jobserver.
const MESSAGE_BYTES_MAX: usize = 32 * 1024 * 1024;

/// Makes UUIDs that depend on the installation and the thing only.
#[derive(Clone, Debug)]
pub(crate) struct Identity(Arc<[u8]>);

impl Identity {
    /// From what tells this installation from others: the machine, the data directory, the offset.
    fn of_installation(data: &Path, port_offset: u16) -> Self {
        let machine = std::fs::read("/etc/machine-id")
            .ok()
            .filter(|id| !id.is_empty())
            .unwrap_or_else(|| rustix::system::uname().nodename().to_bytes().to_vec());
        let mut seed = machine;
        seed.extend_from_slice(data.as_os_str().as_encoded_bytes());
        seed.extend_from_slice(&port_offset.to_be_bytes());
        Self(seed.into())
    }

    /// printer-uuid.
    pub(crate) fn printer(&self, queue: &Queue) -> String {
        format!("urn:uuid:{}", self.uuid(&["printer", &queue.id.to_string(), &queue.name]))
    }

    /// job-uuid.
    pub(crate) fn job(&self, queue: &Queue, id: i64) -> String {
        format!("urn:uuid:{}", self.uuid(&["job", &queue.id.to_string(), &id.to_string()]))
    }

    /// A UUID of version 8 (RFC 9562, section 5.8): its octets are a hash of our own.
    fn uuid(&self, parts: &[&str]) -> String {
        let mut hash = Sha256::new();
        hash.update(&self.0);
        for part in parts {
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part.as_bytes());
        }
        let digest = hash.finalize();
        let mut octets = [0_u8; 16];
        octets.copy_from_slice(&digest[..16]);
        octets[6] = octets[6] & 0x0f | 0x80;
        octets[8] = octets[8] & 0x3f | 0x80;
        let number = u128::from_be_bytes(octets);
        let (a, b, c) = (number >> 96, number >> 80 & 0xffff, number >> 64 & 0xffff);
        let (d, e) = (number >> 48 & 0xffff, number & 0xffff_ffff_ffff);
        format!("{a:08x}-{b:04x}-{c:04x}-{d:04x}-{e:012x}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stay_and_differ() {
        let here = Identity::of_installation(Path::new("/a"), 0);
        let queue = |id, name: &str| Queue { id, name: name.to_owned(), ..Queue::default() };
        let uuid = here.printer(&queue(1, "pull"));
        assert_eq!(uuid, Identity::of_installation(Path::new("/a"), 0).printer(&queue(1, "pull")));
        assert_ne!(uuid, here.printer(&queue(2, "pull")));
        assert_ne!(uuid, Identity::of_installation(Path::new("/a"), 1).printer(&queue(1, "pull")));
        assert_ne!(here.job(&queue(1, "pull"), 1), here.job(&queue(1, "pull"), 2));
        let digits = uuid.strip_prefix("urn:uuid:").unwrap();
        assert_eq!(digits.len(), 36);
        assert_eq!(&digits[14..15], "8", "the version");
    }
}

//! Whether a process serves.

use std::path::Path;
use std::time::Duration;

use tonic::transport::Channel;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;

/// The health service of one process.
pub(crate) struct Health {
    client: HealthClient<Channel>,
}

impl Health {
    /// A check that takes longer than `limit` has failed.
    pub(crate) fn new(run_dir: &Path, name: &str, limit: Duration) -> Self {
        let channel = service::grpc::unix_channel(run_dir, name, Some(limit));
        Self { client: HealthClient::new(channel) }
    }

    /// True when the process answers that it serves.
    pub(crate) async fn serves(&mut self) -> bool {
        let answer = self.client.check(HealthCheckRequest::default()).await;
        answer.is_ok_and(|answer| answer.into_inner().status() == ServingStatus::Serving)
    }
}

//! Whether the server serves: `grpc.health.v1.Health`.

use std::pin::Pin;

use tokio::sync::watch;
use tokio_stream::wrappers::WatchStream;
use tokio_stream::{Stream, StreamExt as _};
use tonic::{Request, Response, Status};
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_server::{self, HealthServer};
use tonic_health::pb::{HealthCheckRequest, HealthCheckResponse};

/// One status for the whole process: a server serves all of its services or none.
#[derive(Clone)]
pub(crate) struct Health {
    status: watch::Sender<ServingStatus>,
}

impl Health {
    pub(crate) fn new() -> Self {
        Self { status: watch::Sender::new(ServingStatus::NotServing) }
    }

    pub(crate) fn serving(&self) {
        self.status.send_replace(ServingStatus::Serving);
    }

    pub(crate) fn stopping(&self) {
        self.status.send_replace(ServingStatus::NotServing);
    }

    pub(crate) fn service(&self) -> HealthServer<Self> {
        HealthServer::new(self.clone())
    }
}

fn answer(status: ServingStatus) -> HealthCheckResponse {
    HealthCheckResponse { status: status.into() }
}

#[tonic::async_trait]
impl health_server::Health for Health {
    type WatchStream = Pin<Box<dyn Stream<Item = Result<HealthCheckResponse, Status>> + Send>>;

    async fn check(
        &self,
        _request: Request<HealthCheckRequest>,
    ) -> Result<Response<HealthCheckResponse>, Status> {
        Ok(Response::new(answer(*self.status.borrow())))
    }

    async fn watch(
        &self,
        _request: Request<HealthCheckRequest>,
    ) -> Result<Response<Self::WatchStream>, Status> {
        let changes = WatchStream::new(self.status.subscribe()).map(|status| Ok(answer(status)));
        Ok(Response::new(Box::pin(changes)))
    }
}

//! `papergate.supervisor.v1.Supervisor`.

use std::path::PathBuf;

use rpc::proto::common::Empty;
use rpc::proto::supervisor::supervisor_server::{Supervisor, SupervisorServer};
use rpc::proto::supervisor::{DownRequest, Process, StatusAnswer, StatusRequest};
use service::{Stop, listen};
use tokio::sync::watch;
use tonic::{Request, Response, Status};

use crate::memory;
use crate::view::View;

/// Answers about the processes.
pub(crate) struct Service {
    processes: Vec<(String, watch::Receiver<View>)>,
    run_dir: PathBuf,
    stop: Stop,
}

impl Service {
    pub(crate) fn new(processes: Vec<(String, watch::Receiver<View>)>, run_dir: PathBuf, stop: Stop) -> Self {
        Self { processes, run_dir, stop }
    }

    pub(crate) fn server(self) -> SupervisorServer<Self> {
        SupervisorServer::new(self)
    }
}

#[tonic::async_trait]
impl Supervisor for Service {
    async fn status(&self, _request: Request<StatusRequest>) -> Result<Response<StatusAnswer>, Status> {
        let processes = self.processes.iter().map(|(name, view)| {
            let view = view.borrow().clone();
            Process {
                name: name.clone(),
                state: view.state.into(),
                pid: view.pid.unwrap_or(0),
                restarts: view.restarts,
                since_us: view.since.0,
                last_exit: view.last_exit,
                resident_bytes: view.pid.map_or(0, memory::resident_bytes),
                // Unreadable is as good as not said: the process itself logs why.
                listens: view
                    .pid
                    .and_then(|_| listen::report_read(&self.run_dir, name).ok())
                    .unwrap_or_default(),
            }
        });
        Ok(Response::new(StatusAnswer { processes: processes.collect() }))
    }

    async fn down(&self, _request: Request<DownRequest>) -> Result<Response<Empty>, Status> {
        tracing::info!("asked to stop");
        self.stop.ask();
        Ok(Response::new(Empty {}))
    }
}

//! `papergate.supervisor.v1.Supervisor`.

use std::path::PathBuf;
use std::sync::Arc;

use rpc::proto::common::Empty;
use rpc::proto::supervisor::supervisor_server::{Supervisor, SupervisorServer};
use rpc::proto::supervisor::{
    DownRequest, Process, RestartAnswer, RestartRequest, StatusAnswer, StatusRequest,
};
use service::{Stop, listen};
use tokio::sync::{Notify, watch};
use tonic::{Request, Response, Status};

use crate::memory;
use crate::view::View;

/// Answers about the processes.
pub(crate) struct Service {
    processes: Vec<Supervised>,
    run_dir: PathBuf,
    stop: Stop,
}

/// A process as the calls know it.
pub(crate) struct Supervised {
    pub(crate) name: String,
    pub(crate) view: watch::Receiver<View>,
    /// Asks its keeper to start it again.
    pub(crate) restart: Arc<Notify>,
}

/// Stands for every process in a request for a restart.
const ALL: &str = "all";

impl Service {
    pub(crate) fn new(processes: Vec<Supervised>, run_dir: PathBuf, stop: Stop) -> Self {
        Self { processes, run_dir, stop }
    }

    pub(crate) fn server(self) -> SupervisorServer<Self> {
        SupervisorServer::new(self)
    }
}

#[tonic::async_trait]
impl Supervisor for Service {
    async fn status(&self, _request: Request<StatusRequest>) -> Result<Response<StatusAnswer>, Status> {
        let processes = self.processes.iter().map(|Supervised { name, view, .. }| {
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

    async fn restart(&self, request: Request<RestartRequest>) -> Result<Response<RestartAnswer>, Status> {
        let wanted = request.into_inner().name;
        let chosen: Vec<&Supervised> =
            self.processes.iter().filter(|process| wanted == ALL || process.name == wanted).collect();
        if chosen.is_empty() {
            let names: Vec<&str> = self.processes.iter().map(|process| process.name.as_str()).collect();
            let text = format!("there is no server '{wanted}'; there are {} and {ALL}", names.join(", "));
            return Err(Status::not_found(text));
        }
        tracing::info!(process = wanted, "asked to restart");
        for process in &chosen {
            process.restart.notify_one();
        }
        let names = chosen.iter().map(|process| process.name.clone()).collect();
        Ok(Response::new(RestartAnswer { names }))
    }
}

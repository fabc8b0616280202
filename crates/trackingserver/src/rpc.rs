//! The calls. No rule lives here.

use std::sync::Arc;

use anyhow::Context as _;
use rpc::Error;
use rpc::proto::common::Empty;
use rpc::proto::trackingserver as proto;
use rpc::proto::trackingserver::{collection_server, reports_server, tracking_server};
use service::Clock;
use storage::tracking::{Filter, Tracking};
use tokio::sync::{Notify, mpsc};
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Request, Response, Status};

use crate::collect::{self, Collector};
use crate::config::Config;
use crate::error::{blocking, store_failed};
use crate::{backup, delete, export, list, record, report};

/// Messages of a stream that wait for a slow caller.
const WAITING_MAX: usize = 4;

/// The calls and what they work with.
pub(crate) struct Calls {
    store: Tracking,
    /// Where the time comes from.
    clock: Clock,
    /// Servers whose job names are hidden.
    hidden: Arc<[String]>,
    /// A record was stored: there is something to report.
    wake: Arc<Notify>,
    /// Another server takes the records from here: what it has not is not deleted.
    collected: bool,
}

impl Calls {
    pub(crate) fn new(store: Tracking, clock: Clock, config: &Config) -> anyhow::Result<Self> {
        let hidden = config.hidden_servers().context("hide_job_names_file")?.into();
        let collected = config.collected || config.report_to.is_some();
        Ok(Self { store, clock, hidden, wake: Arc::default(), collected })
    }

    pub(crate) fn hidden(&self) -> Arc<[String]> {
        self.hidden.clone()
    }

    pub(crate) fn wake(&self) -> Arc<Notify> {
        self.wake.clone()
    }

    /// Answers with what `work` sends; it ends early when the caller hangs up.
    fn stream<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Tracking, &dyn Fn(T) -> bool) -> Result<(), Error> + Send + 'static,
    ) -> Response<ReceiverStream<Result<T, Status>>> {
        let (sender, receiver) = mpsc::channel(WAITING_MAX);
        let store = self.store.clone();
        tokio::spawn(async move {
            let failing = sender.clone();
            let outcome =
                blocking(move || work(&store, &|message| sender.blocking_send(Ok(message)).is_ok())).await;
            if let Err(error) = outcome {
                // When the caller has hung up there is nobody to tell.
                let _ = failing.send(Err(error.into())).await;
            }
        });
        Response::new(ReceiverStream::new(receiver))
    }
}

#[tonic::async_trait]
impl tracking_server::Tracking for Calls {
    async fn record(
        &self,
        request: Request<proto::RecordRequest>,
    ) -> Result<Response<proto::RecordAnswer>, Status> {
        let (store, hidden) = (self.store.clone(), self.hidden.clone());
        let records = request.into_inner().records;
        let answer = blocking(move || record::record(&store, &hidden, records)).await?;
        self.wake.notify_one();
        Ok(Response::new(answer))
    }

    type ListStream = ReceiverStream<Result<proto::RecordPage, Status>>;

    async fn list(&self, request: Request<proto::ListRequest>) -> Result<Response<Self::ListStream>, Status> {
        let request = request.into_inner();
        Ok(self.stream(move |store, send| list::list(store, &request, send)))
    }

    type ExportStream = ReceiverStream<Result<proto::ExportChunk, Status>>;

    async fn export(
        &self,
        request: Request<proto::ExportRequest>,
    ) -> Result<Response<Self::ExportStream>, Status> {
        let request = request.into_inner();
        let order = export::Order::parse(&request)?;
        Ok(self.stream(move |store, send| export::export(store, &order, send)))
    }

    async fn delete(
        &self,
        request: Request<proto::DeleteRequest>,
    ) -> Result<Response<proto::DeleteAnswer>, Status> {
        let store = self.store.clone();
        let request = request.into_inner();
        let (collected, now) = (self.collected, domain::Timestamp(self.clock.now().0));
        Ok(Response::new(blocking(move || delete::delete(&store, &request, collected, now)).await?))
    }

    async fn backup(
        &self,
        request: Request<proto::BackupRequest>,
    ) -> Result<Response<proto::BackupAnswer>, Status> {
        let store = self.store.clone();
        let request = request.into_inner();
        Ok(Response::new(blocking(move || backup::backup(&store, &request)).await?))
    }
}

/// What tracking servers say to each other.
pub(crate) struct CollectionCalls {
    store: Tracking,
    collector: Collector,
}

impl CollectionCalls {
    pub(crate) fn new(store: Tracking, collector: Collector) -> Self {
        Self { store, collector }
    }
}

#[tonic::async_trait]
impl collection_server::Collection for CollectionCalls {
    async fn batch(
        &self,
        request: Request<proto::BatchRequest>,
    ) -> Result<Response<proto::BatchAnswer>, Status> {
        let (store, limit) = (self.store.clone(), request.into_inner().limit);
        Ok(Response::new(blocking(move || collect::batch(&store, limit)).await?))
    }

    async fn confirm(&self, request: Request<proto::ConfirmRequest>) -> Result<Response<Empty>, Status> {
        let (store, last) = (self.store.clone(), request.into_inner().last_sequence);
        blocking(move || store.collected_confirm(last).map_err(store_failed)).await?;
        Ok(Response::new(Empty {}))
    }

    async fn collect(
        &self,
        request: Request<proto::CollectRequest>,
    ) -> Result<Response<proto::CollectAnswer>, Status> {
        let (collector, name) = (self.collector.clone(), request.into_inner().name);
        // It goes on when the caller hangs up: half a collection helps nobody.
        let collecting = tokio::spawn(async move { collector.collect(&name).await });
        let collected = collecting.await.map_err(|error| Status::internal(error.to_string()))??;
        Ok(Response::new(proto::CollectAnswer { collected }))
    }
}

/// The reports.
pub(crate) struct ReportCalls {
    store: Tracking,
}

impl ReportCalls {
    pub(crate) fn new(store: Tracking) -> Self {
        Self { store }
    }

    async fn answer<Q: Send + 'static, A: Send + 'static>(
        &self,
        request: Request<Q>,
        work: impl FnOnce(&Tracking, Q) -> Result<A, Error> + Send + 'static,
    ) -> Result<Response<A>, Status> {
        let (store, request) = (self.store.clone(), request.into_inner());
        Ok(Response::new(blocking(move || work(&store, request)).await?))
    }
}

#[tonic::async_trait]
impl reports_server::Reports for ReportCalls {
    async fn main(
        &self,
        request: Request<proto::MainRequest>,
    ) -> Result<Response<proto::MainAnswer>, Status> {
        self.answer(request, report::main).await
    }

    async fn subjects(
        &self,
        request: Request<proto::SubjectsRequest>,
    ) -> Result<Response<proto::SubjectsAnswer>, Status> {
        self.answer(request, report::subjects).await
    }

    async fn jobs(
        &self,
        request: Request<proto::JobsRequest>,
    ) -> Result<Response<proto::JobsAnswer>, Status> {
        self.answer(request, report::jobs).await
    }

    async fn show(&self, request: Request<proto::ShowRequest>) -> Result<Response<proto::Record>, Status> {
        self.answer(request, |store, request| report::show(store, &request)).await
    }

    async fn server(
        &self,
        request: Request<proto::ServerRequest>,
    ) -> Result<Response<proto::ServerAnswer>, Status> {
        self.answer(request, report::server).await
    }
}

/// The filter of a request: a half-open period over the stop date, and a person; 0 and empty mean any.
pub(crate) fn filter(from_us: i64, to_us: i64, logon: &str) -> Filter {
    let bound = |us: i64| (us != 0).then_some(us);
    Filter {
        from_us: bound(from_us),
        to_us: bound(to_us),
        logon: (!logon.is_empty()).then(|| logon.to_owned()),
        ..Filter::default()
    }
}

//! `Operations`: tracing, connections, stores, statistics.

use std::path::PathBuf;

use rpc::proto::jobserver as message;
use rpc::proto::jobserver::operations_server::Operations;
use service::trace::Setup;
use tonic::{Request, Response, Status};

use super::Calls;
use crate::failed::Failed;
use crate::operations::{self, TraceChange};

#[tonic::async_trait]
impl Operations for Calls {
    async fn trace_show(
        &self,
        _request: Request<message::TraceShowRequest>,
    ) -> Result<Response<message::Trace>, Status> {
        Ok(Response::new(told(self.server.blocking(|state| operations::trace(state)).await?)))
    }

    async fn trace_set(
        &self,
        request: Request<message::TraceSetRequest>,
    ) -> Result<Response<message::Trace>, Status> {
        let message::TraceSetRequest { enabled, servers, path, size_kb, count } = request.into_inner();
        let enabled = enabled.map(|enabled| (enabled, servers));
        let change = TraceChange { enabled, directory: path, size_kb, count };
        let changed = self.server.blocking(move |state| operations::trace_change(state, change));
        Ok(Response::new(told(changed.await?)))
    }

    async fn connection_list(
        &self,
        _request: Request<message::ConnectionListRequest>,
    ) -> Result<Response<message::ConnectionListAnswer>, Status> {
        let connections = self.server.0.connections.list().into_iter().map(|open| message::Connection {
            face: open.face.to_owned(),
            peer: open.peer.to_string(),
            since_us: open.since.0,
            secure: open.secure,
            who: open.who,
        });
        Ok(Response::new(message::ConnectionListAnswer { connections: connections.collect() }))
    }

    async fn store_list(
        &self,
        _request: Request<message::StoreListRequest>,
    ) -> Result<Response<message::StoreListAnswer>, Status> {
        let stores = self.server.blocking(|state| operations::stores(state)).await?;
        let stores = stores.into_iter().map(|store| message::Store {
            name: store.store,
            engine: store.engine,
            place: store.place,
            bytes: store.bytes,
            tables: store
                .tables
                .into_iter()
                .map(|(name, rows)| message::store::Table { name, rows })
                .collect(),
        });
        Ok(Response::new(message::StoreListAnswer { stores: stores.collect() }))
    }

    async fn statistics_list(
        &self,
        request: Request<message::StatisticsListRequest>,
    ) -> Result<Response<message::StatisticsListAnswer>, Status> {
        let message::StatisticsListRequest { limit, before_id } = request.into_inner();
        if !(1..=STATISTICS_MAX).contains(&limit) {
            return Err(Failed::invalid(format!("1 to {STATISTICS_MAX} can be listed at once")).into());
        }
        let rows = self.server.blocking(move |state| state.store.statistics_list(before_id, limit)).await?;
        let statistics = rows.into_iter().map(|row| message::Statistics {
            id: row.id,
            at_us: row.at.0,
            documents: row.documents,
            bytes: row.bytes,
            people: row.people,
            cards: row.cards,
            devices: row.devices,
            queues: row.queues,
            findings: row.findings,
            deleted: row.deleted,
        });
        Ok(Response::new(message::StatisticsListAnswer { statistics: statistics.collect() }))
    }
}

/// Statistics of one answer.
const STATISTICS_MAX: i64 = 1_000;

fn told((setup, directory): (Setup, PathBuf)) -> message::Trace {
    message::Trace {
        enabled: setup.enabled,
        servers: setup.servers,
        path: directory.display().to_string(),
        size_kb: setup.size_kb,
        count: setup.count,
    }
}

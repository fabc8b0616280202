//! Port 7900: programs that read and report tracking records, by the framed protocol (docs/PROTOCOL.md, "Tracking records").
//!
//! Requests become the calls of `proto/trackingserver.proto` and go by way of the jobserver, which knows the person, judges
//! what they may, and writes down what they report.

use framed::desk::{Desk, Person};
use prost::Message as _;
use rpc::Error;
use rpc::proto::trackingserver as proto;
use rpc::proto::trackingserver::tracking_client::TrackingClient;
use tonic::Status;
use tonic::transport::Channel;
use wire::safecom::books::{Records, Report, TrackingRecord};
use wire::safecom::limits::{RECORD_BYTES_MAX, RECORDS_MAX};
use wire::safecom::{Answer, Blob, Port, Request};

/// Name of the listener.
pub(crate) const TRACKING: &str = "tracking";

/// What answers on the port.
pub(crate) struct Clerk {
    /// The jobserver.
    gate: Channel,
}

impl Clerk {
    pub(crate) fn new(gate: Channel) -> Self {
        Self { gate }
    }

    async fn records(&self, person: &Person, asked: Records) -> Result<Vec<TrackingRecord>, Status> {
        let most = i64::try_from(RECORDS_MAX).unwrap_or(i64::MAX);
        let request = proto::ListRequest {
            from_us: asked.from_us,
            to_us: asked.to_us,
            logon: asked.user,
            limit: if asked.limit == 0 { most } else { most.min(asked.limit.into()) },
            after_sequence: i64::try_from(asked.after_sequence).unwrap_or(i64::MAX),
            until_sequence: 0,
        };
        let mut pages = TrackingClient::new(self.gate.clone()).list(person.call(request)).await?.into_inner();
        let mut records = Vec::new();
        while let Some(page) = pages.message().await? {
            for record in page.records {
                let bytes = record.encode_to_vec();
                if bytes.len() > RECORD_BYTES_MAX {
                    return Err(invalid(format!(
                        "record {} is too long for this protocol",
                        record.tracking_id
                    )));
                }
                records.push(TrackingRecord {
                    sequence: u64::try_from(record.sequence).unwrap_or_default(),
                    tracking_id: record.tracking_id,
                    record: Blob(bytes.into()),
                });
            }
        }
        Ok(records)
    }

    async fn report(&self, person: &Person, asked: Report) -> Result<(), Status> {
        let TrackingRecord { tracking_id, record, .. } = asked.record;
        let record = proto::Record::decode(record.0)
            .map_err(|error| invalid(format!("the record cannot be read: {error}")))?;
        if record.tracking_id != tracking_id {
            return Err(invalid("the record has another tracking id".to_owned()));
        }
        let request = proto::RecordRequest { records: vec![record] };
        let answer = TrackingClient::new(self.gate.clone()).record(person.call(request)).await?.into_inner();
        match answer.refused.into_iter().next() {
            Some(refused) => Err(invalid(refused.why)),
            None => Ok(()),
        }
    }
}

impl Desk for Clerk {
    const PORT: Port = Port::Tracking;

    async fn admit(&self, person: &Person) -> Result<(), Status> {
        let nothing = proto::RecordRequest::default();
        let reads = proto::ListRequest { limit: 1, ..proto::ListRequest::default() };
        let mut calls = TrackingClient::new(self.gate.clone());
        // Whoever may read is let in, and whoever may report.
        match calls.list(person.call(reads)).await {
            Ok(_) => Ok(()),
            Err(status) if Error::from(status.clone()).kind == rpc::Kind::Refused => {
                calls.record(person.call(nothing)).await.map(drop).map_err(|_| status)
            }
            Err(status) => Err(status),
        }
    }

    async fn answer(&self, person: &Person, request: Request) -> Result<Vec<Answer>, Status> {
        match request {
            Request::Records(asked) => Ok(Answer::records(self.records(person, asked).await?)),
            Request::Report(asked) => {
                self.report(person, asked).await?;
                Ok(vec![Answer::Done])
            }
            // The session lets nothing else through to this port.
            _ => Ok(vec![Answer::refused_as(wire::safecom::Status::UnknownRequest)]),
        }
    }
}

fn invalid(why: String) -> Status {
    Error::new(rpc::Kind::Invalid, domain::Status::NAME_INVALID.0, why).into()
}

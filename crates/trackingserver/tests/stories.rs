//! The server as its callers meet it: over its socket.

use std::path::Path;

use rpc::proto::common::page_count::Status as CountStatus;
use rpc::proto::trackingserver as proto;
use rpc::proto::trackingserver::export_chunk::Part;
use rpc::proto::trackingserver::record::JobType;
use rpc::proto::trackingserver::tracking_client::TrackingClient;
use rpc::{Error, Kind};
use service::Context;
use tonic::transport::Channel;
use trackingserver::Config;

/// 2026-01-01 00:00 UTC.
const NEW_YEAR: i64 = 1_767_225_600_000_000;
const SECOND: i64 = 1_000_000;

struct Server {
    context: Context<Config>,
    client: TrackingClient<Channel>,
}

impl Server {
    async fn start(directory: &Path, config: Config) -> Self {
        let context = Context::for_test("trackingserver", config, directory);
        trackingserver::start(context.clone()).await.unwrap();
        let client = TrackingClient::new(context.peer("trackingserver"));
        Self { context, client }
    }

    async fn stop(self) {
        self.context.stop.ask();
        self.context.tasks.close();
        self.context.tasks.wait().await;
    }

    async fn record(&mut self, records: Vec<proto::Record>) -> proto::RecordAnswer {
        self.client.record(proto::RecordRequest { records }).await.unwrap().into_inner()
    }

    async fn list(&mut self, request: proto::ListRequest) -> Vec<proto::Record> {
        let mut pages = self.client.list(request).await.unwrap().into_inner();
        let mut records = Vec::new();
        while let Some(page) = pages.message().await.unwrap() {
            assert!(page.records.len() <= 500);
            records.extend(page.records);
        }
        records
    }

    async fn export(&mut self, request: proto::ExportRequest) -> Result<(String, proto::ExportEnd), Error> {
        let mut chunks = self.client.export(request).await?.into_inner();
        let (mut data, mut end) = (Vec::new(), None);
        while let Some(chunk) = chunks.message().await? {
            match chunk.part.unwrap() {
                Part::Data(part) => data.extend(part),
                Part::Schema(_) => {}
                Part::End(summary) => end = Some(summary),
            }
        }
        Ok((String::from_utf8(data).unwrap(), end.unwrap()))
    }

    async fn delete(&mut self, request: proto::DeleteRequest) -> Result<i64, Error> {
        Ok(self.client.delete(request).await?.into_inner().deleted)
    }
}

fn record(number: i64) -> proto::Record {
    proto::Record {
        tracking_id: format!("id-{number}"),
        computer_name: "main".into(),
        accounting_model_used: "NONE".into(),
        start_us: NEW_YEAR + number * SECOND,
        stop_us: NEW_YEAR + number * SECOND,
        tracking_page_count: number,
        job_name: format!("letter {number}"),
        user_logon: if number % 2 == 0 { "anna" } else { "ben" }.into(),
        job_type: JobType::Pull.into(),
        page_count_status: CountStatus::Ok.into(),
        ..proto::Record::default()
    }
}

#[tokio::test]
async fn a_record_outlives_the_server_and_is_there_once() {
    let directory = tempfile::tempdir().unwrap();
    let mut server = Server::start(directory.path(), Config::default()).await;
    assert_eq!(server.record(vec![record(1), record(2)]).await.added, 2);
    server.stop().await;
    let mut server = Server::start(directory.path(), Config::default()).await;
    // The caller never heard the first answer.
    assert_eq!(server.record(vec![record(1), record(2), record(3)]).await.added, 1);
    let records = server.list(proto::ListRequest::default()).await;
    let expected: Vec<proto::Record> =
        [1, 2, 3].map(|number| proto::Record { sequence: number, ..record(number) }).into();
    let found: Vec<proto::Record> = records
        .into_iter()
        .map(|record| proto::Record { sequence: record.tracking_page_count, ..record })
        .collect();
    assert_eq!(found, expected);
    server.stop().await;
}

#[tokio::test]
async fn callers_that_repeat_each_other_at_once_store_each_record_once() {
    let directory = tempfile::tempdir().unwrap();
    let mut server = Server::start(directory.path(), Config::default()).await;
    let callers: Vec<_> = (0..8)
        .map(|caller| {
            let mut client = server.client.clone();
            tokio::spawn(async move {
                let mut added = 0;
                for start in 0..20 {
                    // Every caller starts elsewhere in the same two hundred records.
                    let from = (start * 10 + caller * 25) % 200;
                    let records = (from..from + 10).map(record).collect();
                    let answer = client.record(proto::RecordRequest { records }).await.unwrap();
                    added += answer.into_inner().added;
                }
                added
            })
        })
        .collect();
    let mut added = 0;
    for caller in callers {
        added += caller.await.unwrap();
    }
    let records = server.list(proto::ListRequest::default()).await;
    assert_eq!(i64::try_from(records.len()).unwrap(), added);
    assert!(records.windows(2).all(|pair| pair[0].stop_us < pair[1].stop_us), "each once, oldest first");
    server.stop().await;
}

#[tokio::test]
async fn one_record_that_makes_no_sense_does_not_stop_the_others() {
    let directory = tempfile::tempdir().unwrap();
    let mut server = Server::start(directory.path(), Config::default()).await;
    let broken = proto::Record { tracking_page_count: -1, ..record(2) };
    let answer = server.record(vec![record(1), broken, record(3)]).await;
    assert_eq!(answer.added, 2);
    assert_eq!(answer.refused.len(), 1);
    assert_eq!(answer.refused[0].tracking_id, "id-2");
    let many = (0..1_001).map(record).collect();
    let error = server.client.record(proto::RecordRequest { records: many }).await.unwrap_err();
    assert_eq!(Error::from(error).kind, Kind::Invalid);
    server.stop().await;
}

#[tokio::test]
async fn lists_are_filtered_and_paged() {
    let directory = tempfile::tempdir().unwrap();
    let mut server = Server::start(directory.path(), Config::default()).await;
    for batch in 0..3 {
        assert_eq!(server.record((batch * 400..(batch + 1) * 400).map(record).collect()).await.added, 400);
    }
    let all = proto::ListRequest::default;
    let (from_us, to_us) = (NEW_YEAR + 100 * SECOND, NEW_YEAR + 900 * SECOND);
    assert_eq!(server.list(all()).await.len(), 1_200);
    assert_eq!(server.list(proto::ListRequest { limit: 501, ..all() }).await.len(), 501);
    assert_eq!(server.list(proto::ListRequest { from_us, to_us, ..all() }).await.len(), 800);
    let of_anna = proto::ListRequest { logon: "anna".into(), from_us, to_us, ..all() };
    assert_eq!(server.list(of_anna).await.len(), 400);
    let newest = server.list(proto::ListRequest { after_sequence: 1_199, ..all() }).await;
    assert_eq!(newest.iter().map(|record| record.sequence).collect::<Vec<_>>(), [1_200]);
    server.stop().await;
}

/// TRK-6.
#[tokio::test]
async fn what_is_deleted_after_an_export_was_in_the_export() {
    let directory = tempfile::tempdir().unwrap();
    let mut server = Server::start(directory.path(), Config::default()).await;
    server.record((0..700).map(record).collect()).await;
    let csv = proto::export_request::Format::Csv.into();
    let request = proto::ExportRequest { format: csv, label: "winter".into(), ..Default::default() };
    let (text, end) = server.export(request).await.unwrap();
    assert_eq!((text.lines().count(), end.records, end.until_sequence), (701, 700, 700));
    assert!(text.lines().skip(1).all(|line| line.contains(",winter,")));
    // A record of the same period arrives between the export and the delete.
    server.record(vec![proto::Record { tracking_id: "late".into(), ..record(5) }]).await;
    let request = proto::DeleteRequest { until_sequence: end.until_sequence, ..Default::default() };
    assert_eq!(server.delete(request).await.unwrap(), 700);
    let left = server.list(proto::ListRequest::default()).await;
    assert_eq!(left.len(), 1);
    assert_eq!((left[0].tracking_id.as_str(), left[0].export_tracking_id.as_str()), ("late", ""));
    let unbound = server.delete(proto::DeleteRequest::default()).await.unwrap_err();
    assert_eq!(unbound.kind, Kind::Invalid);
    server.stop().await;
}

#[tokio::test]
async fn an_export_that_makes_no_sense_is_refused_with_its_field() {
    let directory = tempfile::tempdir().unwrap();
    let mut server = Server::start(directory.path(), Config::default()).await;
    let good = || proto::ExportRequest { format: 1, ..Default::default() };
    let table = [
        ("format", proto::ExportRequest { format: 0, ..good() }),
        ("separator", proto::ExportRequest { separator: "1".into(), ..good() }),
        ("label", proto::ExportRequest { label: "x".repeat(21), ..good() }),
    ];
    for (field, request) in table {
        let error = server.export(request).await.unwrap_err();
        assert_eq!((error.kind, error.field.as_str()), (Kind::Invalid, field));
    }
    let (text, end) = server.export(proto::ExportRequest { format: 4, ..good() }).await.unwrap();
    assert_eq!((text.as_str(), end.records), ("[]\n", 0));
    server.stop().await;
}

/// TRK-7.
#[tokio::test]
async fn job_names_of_chosen_servers_are_hidden_before_they_are_stored() {
    let directory = tempfile::tempdir().unwrap();
    let config = Config { hide_job_names_of: vec!["MAIN".into()], ..Config::default() };
    let mut server = Server::start(directory.path(), config).await;
    server.record(vec![record(1), proto::Record { computer_name: "branch".into(), ..record(2) }]).await;
    let records = server.list(proto::ListRequest::default()).await;
    assert_eq!(records[0].job_name, "********");
    assert_eq!(records[1].job_name, "letter 2");
    server.stop().await;
    for name in ["db/tracking.sqlite", "db/tracking.sqlite-wal"] {
        let bytes = std::fs::read(directory.path().join(name)).unwrap_or_default();
        assert!(!bytes.windows(8).any(|window| window == b"letter 1"), "{name}");
    }
}

#[tokio::test]
async fn a_backup_is_a_store_of_its_own() {
    let directory = tempfile::tempdir().unwrap();
    let mut server = Server::start(directory.path(), Config::default()).await;
    server.record(vec![record(1)]).await;
    let target = directory.path().join("copy/of/today");
    let request = proto::BackupRequest { directory: target.to_string_lossy().into_owned() };
    let files = server.client.backup(request.clone()).await.unwrap().into_inner().files;
    assert_eq!(files, [target.join("tracking.sqlite").to_string_lossy()]);
    server.record(vec![record(2)]).await;
    let again = server.client.backup(request).await.unwrap_err();
    assert_eq!(Error::from(again).kind, Kind::Refused, "a backup does not overwrite another");
    let relative = proto::BackupRequest { directory: "copy".into() };
    assert_eq!(Error::from(server.client.backup(relative).await.unwrap_err()).kind, Kind::Invalid);
    server.stop().await;
    let other = directory.path().join("other");
    std::fs::create_dir_all(other.join("db")).unwrap();
    std::fs::copy(&files[0], other.join("db/tracking.sqlite")).unwrap();
    let mut restored = Server::start(&other, Config::default()).await;
    assert_eq!(restored.list(proto::ListRequest::default()).await.len(), 1);
    restored.stop().await;
}

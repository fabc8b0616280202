//! The tracking record of a printed document, and its way to the tracking server.
//!
//! The record is written into the outbox by the transaction that ends the job, under an id of its own; the
//! tracking server stores an id once. So whatever dies in between, each printed document is tracked exactly once.

use std::time::Duration;

use domain::count::{CountStatus, Duplex};
use domain::device::Device;
use domain::job::Job;
use domain::price::PaperSize;
use domain::user::User;
use domain::{Timestamp, TrackingId};
use prost::Message as _;
use rpc::proto::trackingserver::{Record, RecordRequest, record::JobType, tracking_client::TrackingClient};
use tonic::Request;

use crate::keys::random;
use crate::state::{Jobserver, State};

/// Who the outbox's messages are for.
pub(crate) const RECIPIENT: &str = "trackingserver";

/// Records in one call.
const BATCH_MAX: i64 = 200;
/// A call that takes longer is repeated.
const CALL_DEADLINE: Duration = Duration::from_secs(10);
/// The pause after a failed call; it doubles up to [`PAUSE_MAX`].
const PAUSE_FIRST: Duration = Duration::from_millis(200);
const PAUSE_MAX: Duration = Duration::from_secs(30);
/// How often the outbox is looked at without being woken: a message may have been left by the last run.
const IDLE: Duration = Duration::from_secs(60);

/// A new record's id.
pub(crate) fn new_id() -> TrackingId {
    TrackingId::from_random(random())
}

/// What every record says of this server, the person and the device.
pub(crate) fn about(state: &State, id: &TrackingId, user: &User, device: &Device) -> Record {
    Record {
        tracking_id: id.0.clone(),
        computer_name: state.computer_name.clone(),
        user_id: user.id.0,
        user_logon: user.logon.to_string(),
        domain: user.domain.clone(),
        full_name: user.full_name.clone(),
        description: user.description.clone(),
        email: user.email.clone(),
        user_cost_code: user.cost_code.clone(),
        device_mac: device.mac.clone(),
        device_id: device.id.0,
        device_name: device.name.to_string(),
        device_location: device.location.clone(),
        device_ip_addr: device.target.address.host.clone(),
        device_supports_duplex: device.duplex,
        device_supports_color: device.color,
        device_model: device.model.clone(),
        ..Record::default()
    }
}

/// Writes the toner that a device measured: coverage of cyan, magenta, yellow and black in hundredths of a percent.
pub(crate) fn toner(record: &mut Record, [cyan, magenta, yellow, black]: [u16; 4]) {
    record.toner_cyan = cyan.into();
    record.toner_magenta = magenta.into();
    record.toner_yellow = yellow.into();
    record.toner_black = black.into();
}

/// The record of a document that came out just now, encoded for the outbox.
pub(crate) fn record(
    state: &State,
    id: &TrackingId,
    job: &Job,
    user: &User,
    device: &Device,
    now: Timestamp,
    settled: &crate::charge::Settled,
) -> Vec<u8> {
    let count = &job.count;
    let copies = i64::from(job.panel_copies.max(1));
    let counted = count.status == CountStatus::Ok;
    let times = |number: i64| if counted { number.saturating_mul(copies) } else { 0 };
    let pages = times(count.pages);
    let mut record = Record {
        start_us: job.processing.unwrap_or(now).0,
        stop_us: now.0,
        tracking_page_count: pages,
        parser_page_count: pages,
        job_submit_logon: job.submit_logon.clone(),
        job_name: job.name.clone(),
        job_date_us: job.created.0,
        job_size: job.bytes,
        driver_name: if count.driver.is_empty() { device.driver_name.clone() } else { count.driver.clone() },
        job_page_format: page_format(&count.paper),
        job_is_duplex: counted && count.duplex != Duplex::Unknown && count.duplex.is_duplex(),
        job_is_color: counted && count.color_pages > 0,
        job_type: JobType::Pull.into(),
        page_count_status: crate::rpc::count_status(count.status).into(),
        tracking_color_page_count: times(count.color_pages),
        job_sheet_count: times(count.sheets),
        pm_queue_name: job.queue_name.clone(),
        pm_port_name: job.source_protocol.clone(),
        pm_computer_name: state.computer_name.clone(),
        doc_computer_name: job.source_host.clone(),
        job_id: job.id.0,
        ..about(state, id, user, device)
    };
    crate::push::describe(state, job, device, &mut record);
    settled.complete(&mut record);
    record.encode_to_vec()
}

/// The guide's name of a paper (A4, Letter ...) where it has one, else the PWG name.
fn page_format(media: &str) -> String {
    match PaperSize::from_media(media) {
        PaperSize::Other => media.to_owned(),
        known => known.name().to_owned(),
    }
}

/// Delivers the outbox until the stop: oldest first, at least once.
pub(crate) async fn task(server: Jobserver) {
    let stop = server.0.stop.token();
    let mut pause = PAUSE_FIRST;
    loop {
        let wait = match deliver(&server).await {
            Ok(0) => {
                pause = PAUSE_FIRST;
                IDLE
            }
            Ok(_) => continue,
            Err(error) => {
                tracing::warn!(%error, "tracking records wait: the tracking server could not take them");
                let now = pause;
                pause = (pause * 2).min(PAUSE_MAX);
                now
            }
        };
        let woken = async {
            if wait == IDLE {
                let _ = tokio::time::timeout(wait, server.0.outbox_wake.notified()).await;
            } else {
                tokio::time::sleep(wait).await;
            }
        };
        if stop.run_until_cancelled(woken).await.is_none() {
            // One last try, so that what was printed just now need not wait for the next start.
            if let Err(error) = deliver(&server).await {
                tracing::debug!(%error, "tracking records are left for the next start");
            }
            return;
        }
    }
}

/// Sends one batch; how many messages it had.
async fn deliver(server: &Jobserver) -> Result<usize, rpc::Error> {
    let rows = server.blocking(|state| state.store.outbox_peek(RECIPIENT, BATCH_MAX)).await?;
    if rows.is_empty() {
        return Ok(0);
    }
    let mut records = Vec::with_capacity(rows.len());
    for row in &rows {
        match Record::decode(row.payload.as_slice()) {
            Ok(record) => records.push(record),
            // Cannot become readable by waiting; its bytes are in the log's stead of a blocked outbox.
            Err(error) => {
                tracing::error!(outbox.id = row.id, %error, "a tracking record cannot be read; dropped")
            }
        }
    }
    let mut request = Request::new(RecordRequest { records });
    request.set_timeout(CALL_DEADLINE);
    let answer = TrackingClient::new(server.0.tracking.clone()).record(request).await?.into_inner();
    for refused in &answer.refused {
        tracing::error!(?refused, "the tracking server refuses a record for good");
    }
    let (count, ids) = (rows.len(), rows.into_iter().map(|row| row.id).collect::<Vec<_>>());
    server.blocking(move |state| state.store.outbox_done(&ids)).await?;
    Ok(count)
}

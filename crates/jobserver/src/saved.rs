//! Documents that were deleted unprinted: told to the tracking server, which adds up what was saved.

use domain::count::{CountStatus, Duplex};
use domain::job::Job;
use domain::{Timestamp, TrackingId};
use prost::Message as _;
use rpc::proto::trackingserver::Record;
use rpc::proto::trackingserver::record::{DeletedBy, JobType};

use crate::state::State;
use crate::tracking::RECIPIENT;

/// The message that `job` was deleted at `now`, when such documents are tracked (guide, "Track deleted print jobs")
/// and there was a document to delete. `id` is made before the transaction, so that its repetition is one record.
pub(crate) fn message(
    state: &State,
    id: &TrackingId,
    job: &Job,
    by: DeletedBy,
    now: Timestamp,
) -> Option<(&'static str, String, Vec<u8>)> {
    // One that was printed before and kept saves nothing.
    let was_waiting = job.state.is_final() && job.document.is_some() && job.printed == 0;
    if !was_waiting || !state.settings().tracks_deleted() {
        return None;
    }
    let count = &job.count;
    let counted = count.status == CountStatus::Ok;
    let copies = i64::from(job.panel_copies.max(1));
    let times = |number: i64| if counted { number.saturating_mul(copies) } else { 0 };
    let record = Record {
        tracking_id: id.0.clone(),
        computer_name: state.computer_name.clone(),
        accounting_model_used: "NONE".to_owned(),
        start_us: job.created.0,
        stop_us: now.0,
        tracking_page_count: times(count.pages),
        parser_page_count: times(count.pages),
        tracking_color_page_count: times(count.color_pages),
        job_sheet_count: times(count.sheets),
        job_is_duplex: counted && count.duplex != Duplex::Unknown && count.duplex.is_duplex(),
        job_is_color: counted && count.color_pages > 0,
        job_submit_logon: job.submit_logon.clone(),
        job_name: job.name.clone(),
        job_date_us: job.created.0,
        job_size: job.bytes,
        job_type: JobType::Pull.into(),
        page_count_status: crate::rpc::count_status(count.status).into(),
        user_id: job.owner.0,
        user_logon: job.owner_logon.clone(),
        pm_queue_name: job.queue_name.clone(),
        pm_port_name: job.source_protocol.clone(),
        pm_computer_name: state.computer_name.clone(),
        doc_computer_name: job.source_host.clone(),
        job_id: job.id.0,
        deleted_by: by.into(),
        ..Record::default()
    };
    Some((RECIPIENT, id.0.clone(), record.encode_to_vec()))
}

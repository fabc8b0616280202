//! `papergate tracking ... --protocol safecom`: at port 7900, as other programs reach it.

use prost::Message as _;
use rpc::proto::trackingserver as proto;
use wire::safecom::books::{Records, RecordsAnswer, Report, TrackingRecord};
use wire::safecom::{Answer, Blob, Request};

use super::Record;
use crate::Shell;
use crate::failure::Failure;
use crate::safecom::Line;

/// The server's port when none is named.
const PORT: u16 = 7900;

async fn line(shell: &Shell<'_>) -> Result<Line, Failure> {
    Line::reach(&shell.reach, "trackingserver", "tracking", PORT).await
}

pub(super) async fn list(
    shell: &mut Shell<'_>,
    (from_us, to_us): (i64, i64),
    user: String,
    limit: u32,
) -> Result<(), Failure> {
    let mut line = line(shell).await?;
    let mut listing = shell.output.list::<Record>();
    let request = Request::Records(Records { from_us, to_us, user, after_sequence: 0, limit });
    let answered = line.each(request, |answer| {
        let Answer::Records(RecordsAnswer { records }) = answer else { return Ok(()) };
        for record in records {
            let record = proto::Record::decode(record.record.0)
                .map_err(|error| Failure::Unreachable(format!("a record cannot be read: {error}")))?;
            listing.row(&Record::from(record))?;
        }
        Ok(())
    });
    answered.await?;
    line.close().await;
    listing.finish()
}

pub(super) async fn report(shell: &Shell<'_>, record: &proto::Record) -> Result<(), Failure> {
    let mut line = line(shell).await?;
    let (tracking_id, bytes) = (record.tracking_id.clone(), record.encode_to_vec());
    let record = TrackingRecord { sequence: 0, tracking_id, record: Blob(bytes.into()) };
    line.each(Request::Report(Report { record }), |_| Ok(())).await?;
    line.close().await;
    Ok(())
}

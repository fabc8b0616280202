//! Get-Job-Attributes (RFC 8011, section 4.3.4).

use bytes::BytesMut;
use wire::ipp::Status;

use super::super::job::{Choice, View};
use super::super::reply::{self, Failed, Outcome};
use super::super::request::Request;

pub(super) async fn run(request: &Request<'_>) -> Result<Outcome, Failed> {
    let (job, queue) = request.job().await?;
    let view = View { port: request.port, queue: &queue, address: &request.address() };
    let mut out = BytesMut::with_capacity(1024);
    let mut writer = reply::begin(&mut out, request.version, Status::Ok, request.id);
    Choice::new(&request.wanted(), &[]).write(&mut writer, &view, &job, request.owns(&job));
    writer.end();
    Ok(Outcome::Pieces(out.freeze().into()))
}

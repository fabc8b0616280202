//! Get-Printer-Attributes (RFC 8011, section 4.2.5) and Get-Printer-Supported-Values (RFC 3380).

use wire::ipp::{Group, GroupTag, Status, Value};

use super::super::printer;
use super::super::reply::{Failed, Outcome, Reply};
use super::super::request::Request;
use super::super::wanted::Wanted;

pub(super) fn run(request: &Request<'_>) -> Result<Outcome, Failed> {
    let queue = request.queue()?;
    if let Some(format) = request.attributes.text("document-format")
        && !printer::takes(format)
    {
        let value = Value::mime(format.to_owned());
        return Err(Failed::unsupported(Status::DocumentFormatNotSupported, "document-format", value));
    }
    let mut wanted = request.wanted();
    if wanted.is_unsaid() {
        wanted = Wanted::new(["all"].into_iter());
    }
    let attributes = printer::attributes(request.port, &queue, &request.address(), &wanted);
    Ok(Reply::ok(vec![Group { tag: GroupTag::Printer, attributes }]).into())
}

/// No attribute can be set over IPP, so there are no values to tell.
pub(super) fn settable(request: &Request<'_>) -> Result<Outcome, Failed> {
    request.queue()?;
    Ok(Reply::ok(vec![Group::new(GroupTag::Printer)]).into())
}

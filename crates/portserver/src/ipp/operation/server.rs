//! CUPS-Get-Default and CUPS-Get-Printers: the queues of this server, as `lpstat -h` and printer
//! choosers ask for them.

use wire::ipp::{Group, GroupTag, Status};

use super::super::printer;
use super::super::reply::{Failed, Outcome, Reply};
use super::super::request::Request;
use super::super::wanted::Wanted;

pub(super) fn default(request: &Request<'_>) -> Result<Outcome, Failed> {
    let mut groups = list(request)?;
    if groups.len() != 1 {
        return Err(Failed::new(Status::NotFound, "no queue is the default one"));
    }
    Ok(Reply::ok(vec![groups.remove(0)]).into())
}

pub(super) fn printers(request: &Request<'_>) -> Result<Outcome, Failed> {
    Ok(Reply::ok(list(request)?).into())
}

fn list(request: &Request<'_>) -> Result<Vec<Group>, Failed> {
    let snapshot = request.port.queues.borrow().clone();
    if !snapshot.known {
        return Err(Failed::new(Status::ServiceUnavailable, "the job server is away"));
    }
    let mut wanted = request.wanted();
    if wanted.is_unsaid() {
        wanted = Wanted::new(["all"].into_iter());
    }
    let queues = snapshot.all();
    let told = queues.iter().take(QUEUES_MAX).map(|queue| Group {
        tag: GroupTag::Printer,
        attributes: printer::attributes(request.port, queue, &request.address(), &wanted),
    });
    Ok(told.collect())
}

/// Queues told in one answer.
const QUEUES_MAX: usize = 1_000;

//! The operations, one file for each or for a family.

mod cancel;
mod create_job;
mod document;
mod get_job_attributes;
mod get_jobs;
mod get_printer_attributes;
mod identify_printer;
mod print_job;
mod refused;
mod release_job;
mod send_document;
mod server;
mod validate_job;

use wire::ipp::Operation;

use super::reply::{Failed, Outcome};
use super::request::Request;
use super::subscription;

pub(crate) use get_jobs::WHICH_JOBS;

/// operations-supported.
pub(crate) const SUPPORTED: &[Operation] = &[
    Operation::PrintJob,
    Operation::ValidateJob,
    Operation::CreateJob,
    Operation::SendDocument,
    Operation::CancelJob,
    Operation::GetJobAttributes,
    Operation::GetJobs,
    Operation::GetPrinterAttributes,
    Operation::HoldJob,
    Operation::ReleaseJob,
    Operation::RestartJob,
    Operation::PausePrinter,
    Operation::ResumePrinter,
    Operation::PurgeJobs,
    Operation::SetPrinterAttributes,
    Operation::SetJobAttributes,
    Operation::GetPrinterSupportedValues,
    Operation::CreatePrinterSubscriptions,
    Operation::GetSubscriptionAttributes,
    Operation::GetSubscriptions,
    Operation::RenewSubscription,
    Operation::CancelSubscription,
    Operation::GetNotifications,
    Operation::EnablePrinter,
    Operation::DisablePrinter,
    Operation::CancelJobs,
    Operation::CancelMyJobs,
    Operation::CloseJob,
    Operation::IdentifyPrinter,
    Operation::CupsGetDefault,
    Operation::CupsGetPrinters,
];

/// Operations that mean no queue in particular.
pub(crate) const SERVER_WIDE: &[Operation] = &[Operation::CupsGetDefault, Operation::CupsGetPrinters];

/// Runs a checked request.
pub(crate) async fn run(request: &mut Request<'_>) -> Result<Outcome, Failed> {
    match request.operation {
        Operation::PrintJob => print_job::run(request).await,
        Operation::ValidateJob => validate_job::run(request),
        Operation::CreateJob => create_job::run(request).await,
        Operation::SendDocument => send_document::run(request).await,
        Operation::CloseJob => send_document::close(request).await,
        Operation::CancelJob => cancel::job(request).await,
        Operation::CancelMyJobs => cancel::my_jobs(request).await,
        Operation::GetJobAttributes => get_job_attributes::run(request).await,
        Operation::GetJobs => get_jobs::run(request).await,
        Operation::GetPrinterAttributes => get_printer_attributes::run(request),
        Operation::GetPrinterSupportedValues => get_printer_attributes::settable(request),
        Operation::IdentifyPrinter => identify_printer::run(request),
        Operation::HoldJob => refused::hold_job(request).await,
        Operation::ReleaseJob => release_job::run(request).await,
        Operation::RestartJob => refused::restart_job(request).await,
        Operation::SetJobAttributes => refused::set_job_attributes(request).await,
        Operation::SetPrinterAttributes => refused::set_printer_attributes(request),
        Operation::PausePrinter
        | Operation::ResumePrinter
        | Operation::EnablePrinter
        | Operation::DisablePrinter
        | Operation::PurgeJobs
        | Operation::CancelJobs => refused::operators_only(request),
        Operation::CreatePrinterSubscriptions => subscription::create(request),
        Operation::GetSubscriptionAttributes => subscription::attributes(request),
        Operation::GetSubscriptions => subscription::list(request),
        Operation::RenewSubscription => subscription::renew(request),
        Operation::CancelSubscription => subscription::cancel(request),
        Operation::GetNotifications => subscription::notifications(request),
        Operation::CupsGetDefault => server::default(request),
        Operation::CupsGetPrinters => server::printers(request),
        // `Request::check` lets through what SUPPORTED names; these are not among them.
        Operation::PrintUri
        | Operation::SendUri
        | Operation::CreateJobSubscriptions
        | Operation::PausePrinterAfterCurrentJob
        | Operation::HoldNewJobs
        | Operation::ReleaseHeldNewJobs
        | Operation::CancelCurrentJob => {
            Err(Failed::new(wire::ipp::Status::OperationNotSupported, "this operation is not supported"))
        }
    }
}

//! `papergate jobs`: documents waiting to be collected, and what became of the others.

use clap::{Args, Subcommand};
use domain::Money;
use rpc::proto::common::page_count::{Duplex, Status as CountStatus};
use rpc::proto::jobserver as proto;
use rpc::proto::jobserver::job::State;
use rpc::proto::jobserver::job_list_request::Which;
use serde::Serialize;
use serde_json::json;

use crate::failure::Failure;
use crate::output::{Listed, or_dash, or_null};
use crate::{Shell, time};

#[derive(Debug, Subcommand)]
pub(crate) enum JobsCommand {
    /// List documents, oldest first
    List(JobsList),
    /// Delete a document
    Delete {
        /// Id of the job
        #[arg(value_parser = clap::value_parser!(i64).range(1..))]
        id: i64,
    },
    /// Let a document go on in its push queue, at the price that it has now
    Release {
        /// Id of the job
        #[arg(value_parser = clap::value_parser!(i64).range(1..))]
        id: i64,
    },
    /// Keep a document after it is printed
    Retain {
        /// Id of the job
        #[arg(value_parser = clap::value_parser!(i64).range(1..))]
        id: i64,
        /// No longer keep it
        #[arg(long)]
        off: bool,
    },
}

#[derive(Debug, Args)]
pub(crate) struct JobsList {
    /// Only documents of this person
    #[arg(long, default_value = "", value_name = "LOGON")]
    user: String,
    /// Only documents of this queue
    #[arg(long, default_value = "", value_name = "NAME")]
    queue: String,
    /// Only documents that are finished
    #[arg(long, conflicts_with = "all")]
    completed: bool,
    /// Finished documents too
    #[arg(long)]
    all: bool,
    /// At most this many
    #[arg(long, default_value_t = 0, value_name = "N")]
    limit: u32,
}

pub(crate) async fn run(shell: &mut Shell<'_>, command: JobsCommand) -> Result<(), Failure> {
    match command {
        JobsCommand::List(arguments) => list(shell, arguments).await,
        JobsCommand::Delete { id } => {
            shell.reach.administration().await?.job_delete(proto::JobDeleteRequest { job_id: id }).await?;
            shell.output.done(&format!("job {id} is deleted"), &json!({ "deleted": id }))
        }
        JobsCommand::Release { id } => {
            let request = proto::JobReleaseRequest { job_id: id };
            let job = shell.reach.administration().await?.job_release(request).await?;
            shell.output.show(&Job::from(job.into_inner()))
        }
        JobsCommand::Retain { id, off } => {
            let request = proto::JobRetainRequest { job_id: id, retain: !off };
            let job = shell.reach.administration().await?.job_retain(request).await?;
            shell.output.show(&Job::from(job.into_inner()))
        }
    }
}

async fn list(shell: &mut Shell<'_>, arguments: JobsList) -> Result<(), Failure> {
    let which = match (arguments.completed, arguments.all) {
        (true, _) => Which::Completed,
        (false, true) => Which::All,
        (false, false) => Which::NotCompleted,
    };
    let request = proto::JobListRequest {
        queue: arguments.queue,
        owner_logon: arguments.user,
        which: which.into(),
        limit: arguments.limit.into(),
        after_id: 0,
        // Scripts get everything, a table has no place for it.
        brief: !shell.output.is_json(),
    };
    let mut pages = shell.reach.administration().await?.job_list(request).await?.into_inner();
    let mut listing = shell.output.list::<Job>();
    while let Some(page) = pages.message().await? {
        for job in page.jobs {
            listing.row(&Job::from(job))?;
        }
    }
    listing.finish()
}

/// A document, as scripts see one.
#[derive(Debug, Serialize)]
pub(crate) struct Job {
    id: i64,
    queue: String,
    owner: String,
    submitted_by: Option<String>,
    name: String,
    state: &'static str,
    state_reasons: Vec<String>,
    state_message: Option<String>,
    retained: bool,
    bytes: i64,
    document_format: Option<String>,
    source_host: Option<String>,
    source_protocol: Option<String>,
    created: Option<String>,
    processing: Option<String>,
    completed: Option<String>,
    panel_copies: i32,
    count_status: &'static str,
    languages: Vec<String>,
    pages: Option<i64>,
    color_pages: Option<i64>,
    sheets: Option<i64>,
    copies: Option<i64>,
    duplex: Option<bool>,
    paper: Option<String>,
    driver: Option<String>,
    price: Option<String>,
    #[serde(skip)]
    created_shown: String,
}

impl From<proto::Job> for Job {
    fn from(job: proto::Job) -> Self {
        let state = match job.state() {
            State::Unspecified => "unknown",
            State::Pending => "pending",
            State::Held => "held",
            State::Processing => "processing",
            State::Stopped => "stopped",
            State::Canceled => "canceled",
            State::Aborted => "aborted",
            State::Completed => "completed",
        };
        let count = job.count.unwrap_or_default();
        let count_status = match count.status() {
            CountStatus::Ok => "ok",
            CountStatus::Undefined | CountStatus::Unspecified => "undefined",
            CountStatus::Failure => "failure",
            CountStatus::Pending => "pending",
        };
        let counted = count.status() == CountStatus::Ok;
        // What the client asked for beside the data counts, else what the data says.
        let asked = job.ticket.as_ref().map(|ticket| i64::from(ticket.copies)).filter(|asked| *asked > 1);
        let copies = asked.or((counted && count.copies != 0).then_some(count.copies));
        let duplex = match count.duplex() {
            Duplex::Unspecified => None,
            Duplex::Simplex => Some(false),
            Duplex::LongEdge | Duplex::ShortEdge | Duplex::Mixed => Some(true),
        };
        Self {
            id: job.id,
            queue: job.queue,
            owner: job.owner_logon,
            submitted_by: or_null(job.submit_logon),
            name: job.name,
            state,
            state_reasons: job.state_reasons,
            state_message: or_null(job.state_message),
            retained: job.retained,
            bytes: job.bytes,
            document_format: or_null(job.document_format),
            source_host: or_null(job.source_host),
            source_protocol: or_null(job.source_protocol),
            created: time::rfc3339(job.created_us),
            processing: time::rfc3339(job.processing_us),
            completed: time::rfc3339(job.completed_us),
            panel_copies: job.panel_copies,
            count_status,
            languages: count.languages,
            pages: counted.then_some(count.pages),
            color_pages: counted.then_some(count.color_pages),
            sheets: counted.then_some(count.sheets),
            copies,
            duplex,
            paper: or_null(count.paper),
            driver: or_null(count.driver),
            price: job.price.map(|price| Money(price).to_string()),
            created_shown: time::local(job.created_us),
        }
    }
}

impl Listed for Job {
    const COLUMNS: &'static [&'static str] =
        &["ID", "OWNER", "QUEUE", "STATE", "PAGES", "COLOR", "BYTES", "SUBMITTED", "NAME", "REMARK"];

    fn cells(&self) -> Vec<String> {
        let number = |count: Option<i64>| count.map_or_else(|| "?".to_owned(), |count| count.to_string());
        vec![
            self.id.to_string(),
            self.owner.clone(),
            self.queue.clone(),
            if self.retained { format!("{} (retained)", self.state) } else { self.state.to_owned() },
            number(self.pages),
            number(self.color_pages),
            self.bytes.to_string(),
            self.created_shown.clone(),
            or_dash(&self.name),
            self.state_message.clone().unwrap_or_default(),
        ]
    }
}

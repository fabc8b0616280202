//! What an IPP client says, and what it reads from the answers.

use super::code::{JobState, Operation, PrinterState, Status};
use super::value::{Attribute, Group, GroupTag, Message, Text, Value, Version};

/// Builds the requests of one client to one printer, with rising request ids.
#[derive(Clone, Debug)]
pub struct Requests {
    /// Version to speak; [`Version::V2_0`] unless changed.
    pub version: Version,
    printer_uri: String,
    user: String,
    last_id: u32,
}

/// What goes with a document or a job.
#[derive(Clone, Debug, Default)]
pub struct JobOptions {
    /// job-name, also document-name; empty: none is sent.
    pub name: String,
    /// document-format; empty: none is sent and the printer decides.
    pub format: String,
    /// compression of the document data: `gzip`, `deflate`; empty: none.
    pub compression: String,
    /// Operation attributes beyond these, e.g. job-password.
    pub operation: Vec<Attribute>,
    /// Job template attributes: copies, sides, media-col, ...
    pub template: Vec<Attribute>,
}

impl Requests {
    /// Requests to `printer_uri` (e.g. `ipp://host:631/ipp/print/queue`) on behalf of `user`.
    pub fn new(printer_uri: impl Into<String>, user: impl Into<String>) -> Self {
        Self { version: Version::V2_0, printer_uri: printer_uri.into(), user: user.into(), last_id: 0 }
    }

    /// Get-Printer-Attributes; an empty `requested` means all.
    pub fn get_printer_attributes(&mut self, requested: &[&'static str]) -> Message {
        let operation = requested_of(self.operation(), requested);
        self.message(Operation::GetPrinterAttributes, operation, &[])
    }

    /// Print-Job; the document follows the encoded message.
    pub fn print_job(&mut self, options: &JobOptions) -> Message {
        let operation = self.job_operation(options, true);
        self.message(Operation::PrintJob, operation, &options.template)
    }

    /// Validate-Job: would Print-Job with these options be accepted?
    pub fn validate_job(&mut self, options: &JobOptions) -> Message {
        let operation = self.job_operation(options, true);
        self.message(Operation::ValidateJob, operation, &options.template)
    }

    /// Create-Job; documents follow with [`Requests::send_document`].
    pub fn create_job(&mut self, options: &JobOptions) -> Message {
        let operation = self.job_operation(options, false);
        self.message(Operation::CreateJob, operation, &options.template)
    }

    /// Send-Document; the document follows the encoded message. `last` closes the job.
    pub fn send_document(&mut self, job_id: i32, options: &JobOptions, last: bool) -> Message {
        let mut operation = self.job_target(job_id);
        operation = document(operation, options, "document-name").with("last-document", Value::Boolean(last));
        operation.attributes.extend(options.operation.iter().cloned());
        self.message(Operation::SendDocument, operation, &options.template)
    }

    /// Get-Job-Attributes; an empty `requested` means all.
    pub fn get_job_attributes(&mut self, job_id: i32, requested: &[&'static str]) -> Message {
        let operation = requested_of(self.job_target(job_id), requested);
        self.message(Operation::GetJobAttributes, operation, &[])
    }

    /// Get-Jobs with `which` as which-jobs (`completed`, `not-completed`, ...); `limit` 0 means none.
    pub fn get_jobs(
        &mut self,
        which: &'static str,
        mine: bool,
        limit: i32,
        requested: &[&'static str],
    ) -> Message {
        let mut operation =
            self.operation().with("which-jobs", Value::keyword(which)).with("my-jobs", Value::Boolean(mine));
        if limit > 0 {
            operation = operation.with("limit", Value::Integer(limit));
        }
        self.message(Operation::GetJobs, requested_of(operation, requested), &[])
    }

    /// Cancel-Job.
    pub fn cancel_job(&mut self, job_id: i32) -> Message {
        let operation = self.job_target(job_id);
        self.message(Operation::CancelJob, operation, &[])
    }

    /// Any operation on the printer, with further operation attributes.
    pub fn printer_operation(&mut self, operation: Operation, further: Vec<Attribute>) -> Message {
        let mut group = self.operation();
        group.attributes.extend(further);
        self.message(operation, group, &[])
    }

    /// Any operation on a job, with further operation attributes.
    pub fn job_operation_on(
        &mut self,
        operation: Operation,
        job_id: i32,
        further: Vec<Attribute>,
    ) -> Message {
        let mut group = self.job_target(job_id);
        group.attributes.extend(further);
        self.message(operation, group, &[])
    }

    fn message(&mut self, operation: Operation, group: Group, template: &[Attribute]) -> Message {
        self.last_id = if self.last_id >= i32::MAX as u32 { 1 } else { self.last_id + 1 };
        let mut message = Message::request(self.version, operation, self.last_id);
        message.groups.push(group);
        if !template.is_empty() {
            message.groups.push(Group { tag: GroupTag::Job, attributes: template.to_vec() });
        }
        message
    }

    /// The attributes every request begins with, in the order RFC 8011, section 4.1.4 demands.
    fn operation(&self) -> Group {
        self.user_of(opening().with("printer-uri", Value::uri(self.printer_uri.clone())))
    }

    fn job_target(&self, job_id: i32) -> Group {
        let group = opening()
            .with("printer-uri", Value::uri(self.printer_uri.clone()))
            .with("job-id", Value::Integer(job_id));
        self.user_of(group)
    }

    fn user_of(&self, group: Group) -> Group {
        if self.user.is_empty() {
            return group;
        }
        group.with("requesting-user-name", Value::name(self.user.clone()))
    }

    fn job_operation(&self, options: &JobOptions, with_document: bool) -> Group {
        let mut group = self.operation();
        if with_document {
            group = document(group, options, "job-name");
        } else if !options.name.is_empty() {
            group = group.with("job-name", Value::name(options.name.clone()));
        }
        group.attributes.extend(options.operation.iter().cloned());
        group
    }
}

/// A refusal as a device or server phrases it.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{keyword}{}{message}", if message.is_empty() { "" } else { ": " })]
pub struct Refused {
    /// status-code.
    pub code: u16,
    /// Its keyword, or `status-0x....` when not registered.
    pub keyword: String,
    /// status-message, possibly empty.
    pub message: String,
}

/// What an answer says of a job.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct JobStatus {
    /// job-id; 0 when not told.
    pub id: i32,
    /// job-uri, possibly empty.
    pub uri: String,
    /// job-state; `None` when not told or not registered.
    pub state: Option<JobState>,
    /// job-state-reasons without `none`.
    pub reasons: Vec<String>,
    /// job-state-message, possibly empty.
    pub message: String,
    /// job-name, possibly empty.
    pub name: String,
    /// job-originating-user-name, possibly empty.
    pub owner: String,
    /// job-impressions-completed.
    pub impressions_completed: Option<i32>,
    /// job-media-sheets-completed.
    pub sheets_completed: Option<i32>,
}

/// What an answer says of a printer.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct PrinterStatus {
    /// printer-state; `None` when not told or not registered.
    pub state: Option<PrinterState>,
    /// printer-state-reasons without `none`.
    pub reasons: Vec<String>,
    /// printer-state-message, possibly empty.
    pub message: String,
    /// printer-is-accepting-jobs; true when not told.
    pub accepting: bool,
    /// document-format-supported.
    pub formats: Vec<String>,
    /// operations-supported, those known here.
    pub operations: Vec<Operation>,
    /// printer-make-and-model, possibly empty.
    pub model: String,
}

/// Whether the operation succeeded.
///
/// # Errors
/// [`Refused`] with the status of the answer.
pub fn outcome(response: &Message) -> Result<(), Refused> {
    if Status::is_success(response.code) {
        return Ok(());
    }
    let keyword = Status::from_code(response.code)
        .map_or_else(|| format!("status-{:#06x}", response.code), |status| status.name().to_owned());
    let message = response
        .attribute(GroupTag::Operation, "status-message")
        .and_then(Attribute::first)
        .and_then(Value::as_text)
        .unwrap_or_default()
        .to_owned();
    Err(Refused { code: response.code, keyword, message })
}

impl JobStatus {
    /// Of the first job in the answer.
    #[must_use]
    pub fn of(response: &Message) -> Option<Self> {
        response.group(GroupTag::Job).map(Self::of_group)
    }

    /// Of every job in the answer.
    #[must_use]
    pub fn all(response: &Message) -> Vec<Self> {
        response.groups_of(GroupTag::Job).map(Self::of_group).collect()
    }

    fn of_group(group: &Group) -> Self {
        Self {
            id: group.integer("job-id").unwrap_or_default(),
            uri: owned(group, "job-uri"),
            state: group.integer("job-state").and_then(JobState::from_code),
            reasons: reasons(group, "job-state-reasons"),
            message: owned(group, "job-state-message"),
            name: owned(group, "job-name"),
            owner: owned(group, "job-originating-user-name"),
            impressions_completed: group.integer("job-impressions-completed"),
            sheets_completed: group.integer("job-media-sheets-completed"),
        }
    }
}

impl PrinterStatus {
    /// Of the printer in the answer.
    #[must_use]
    pub fn of(response: &Message) -> Option<Self> {
        let group = response.group(GroupTag::Printer)?;
        let operations = group.get("operations-supported").map(|attribute| {
            let codes = attribute.values.iter().filter_map(Value::as_integer);
            codes.filter_map(|code| Operation::from_code(u16::try_from(code).ok()?)).collect()
        });
        Some(Self {
            state: group.integer("printer-state").and_then(PrinterState::from_code),
            reasons: reasons(group, "printer-state-reasons"),
            message: owned(group, "printer-state-message"),
            accepting: group.boolean("printer-is-accepting-jobs").unwrap_or(true),
            formats: group.texts("document-format-supported").map(str::to_owned).collect(),
            operations: operations.unwrap_or_default(),
            model: owned(group, "printer-make-and-model"),
        })
    }
}

fn opening() -> Group {
    Group::new(GroupTag::Operation)
        .with("attributes-charset", Value::Charset(Text::Borrowed("utf-8")))
        .with("attributes-natural-language", Value::NaturalLanguage(Text::Borrowed("en")))
}

fn document(mut group: Group, options: &JobOptions, name: &'static str) -> Group {
    if !options.name.is_empty() {
        group = group.with(name, Value::name(options.name.clone()));
    }
    if !options.compression.is_empty() {
        group = group.with("compression", Value::keyword(options.compression.clone()));
    }
    if !options.format.is_empty() {
        group = group.with("document-format", Value::mime(options.format.clone()));
    }
    group
}

fn requested_of(group: Group, requested: &[&'static str]) -> Group {
    group.with_all("requested-attributes", Value::keywords(requested.iter().copied()))
}

fn owned(group: &Group, name: &str) -> String {
    group.text(name).unwrap_or_default().to_owned()
}

fn reasons(group: &Group, name: &str) -> Vec<String> {
    group.texts(name).filter(|reason| *reason != "none").map(str::to_owned).collect()
}

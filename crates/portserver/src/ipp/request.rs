//! The checks every request passes before an operation sees it (RFC 8011, sections 4.1.1 to 4.1.8).

use std::collections::HashSet;
use std::sync::Arc;

use bytes::Bytes;
use rpc::proto::jobserver::{Job, JobShowRequest, Queue};
use wire::ipp::{Attribute, Group, GroupTag, Message, Operation, Status, Value, Version};

use super::reply::Failed;
use super::target::{self, Target};
use super::wanted::Wanted;
use crate::http::Origin;
use crate::http::body::Body;
use crate::state::Port;

/// A request that may be acted upon.
pub(crate) struct Request<'a> {
    pub(crate) port: &'a Arc<Port>,
    pub(crate) origin: &'a Origin,
    pub(crate) version: Version,
    pub(crate) id: u32,
    pub(crate) operation: Operation,
    /// The operation attributes.
    pub(crate) attributes: Group,
    /// The job attributes, empty when there is no such group.
    pub(crate) template: Vec<Attribute>,
    /// The subscription groups.
    pub(crate) subscriptions: Vec<Group>,
    /// The queue meant; `None` for operations on the whole server.
    queue: Option<Arc<Queue>>,
    /// The job meant.
    job_id: Option<i32>,
    /// The token in the address the request was posted to, or in its printer-uri.
    pub(crate) token: Option<String>,
    /// The client takes this server for a CUPS scheduler.
    cups: bool,
    /// Who proved who they are; takes the place of requesting-user-name.
    pub(crate) person: Option<String>,
    /// The first octets of the document.
    pub(crate) rest: Bytes,
    /// The further octets of the document.
    pub(crate) body: &'a mut Body,
}

impl<'a> Request<'a> {
    /// Checks version, request-id, the opening attributes, the operation and the target, in the
    /// order of RFC 8011, section 4.1.
    pub(crate) fn check(
        port: &'a Arc<Port>,
        origin: &'a Origin,
        path: &str,
        message: Message,
        rest: Bytes,
        body: &'a mut Body,
    ) -> Result<Self, Failed> {
        let bad = |text: &str| Failed::new(Status::BadRequest, text);
        if !super::is_supported(message.version) {
            return Err(Failed::new(Status::VersionNotSupported, "IPP 1.1, 2.0 and 2.1 are served"));
        }
        if message.request_id == 0 || message.request_id > i32::MAX as u32 {
            return Err(bad("request-id must be 1 to 2147483647"));
        }
        let version = message.version;
        let id = message.request_id;
        let operation = message.operation();
        let mut groups = message.groups.into_iter();
        let attributes = groups.next().filter(|group| group.tag == GroupTag::Operation);
        let attributes = attributes.ok_or_else(|| bad("the operation attributes are missing"))?;
        check_opening(&attributes)?;
        check_once(&attributes)?;
        check_lengths(&attributes)?;
        let mut template = Vec::new();
        let mut subscriptions = Vec::new();
        for group in groups {
            check_once(&group)?;
            match group.tag {
                GroupTag::Job => template.extend(group.attributes),
                GroupTag::Subscription => subscriptions.push(group),
                GroupTag::Operation => return Err(bad("there are two groups of operation attributes")),
                GroupTag::Printer
                | GroupTag::Unsupported
                | GroupTag::EventNotification
                | GroupTag::Resource
                | GroupTag::Document
                | GroupTag::System
                | GroupTag::Other(_) => {}
            }
        }
        let operation = operation
            .filter(|operation| super::operation::SUPPORTED.contains(operation))
            .ok_or_else(|| Failed::new(Status::OperationNotSupported, "this operation is not supported"))?;
        let mut request = Self {
            port,
            origin,
            version,
            id,
            operation,
            attributes,
            template,
            subscriptions,
            queue: None,
            job_id: None,
            token: target::of_path(path).token.map(str::to_owned),
            cups: super::operation::SERVER_WIDE.contains(&operation),
            person: None,
            rest,
            body,
        };
        if !super::operation::SERVER_WIDE.contains(&operation) {
            request.aim(path)?;
        }
        Ok(request)
    }

    /// Finds the queue and the job the request means.
    fn aim(&mut self, path: &str) -> Result<(), Failed> {
        let uri = self.attributes.text("job-uri").or_else(|| self.attributes.text("printer-uri"));
        let uri = uri.ok_or_else(|| Failed::new(Status::BadRequest, "printer-uri is missing"))?;
        let meant = target::of_uri(uri)
            .ok_or_else(|| Failed::new(Status::BadRequest, "printer-uri is not an address of a printer"))?;
        // Some clients name the server only; then the path they post to says more.
        let meant = if meant.queue.is_some() || meant.job.is_some() { meant } else { merged(meant, path) };
        let token = meant.token.map(str::to_owned);
        let job_id = self.attributes.integer("job-id").or(meant.job);
        let snapshot = self.port.queues.borrow().clone();
        if !snapshot.known {
            return Err(Failed::new(Status::ServiceUnavailable, "the job server is away"));
        }
        let queue = match meant.queue {
            Some(name) => Some(
                snapshot
                    .find(name)
                    .ok_or_else(|| Failed::new(Status::NotFound, format!("there is no queue '{name}'")))?
                    .clone(),
            ),
            None if meant.server && snapshot.all().len() == 1 => snapshot.all().pop(),
            None => None,
        };
        if queue.is_none() && job_id.is_none() {
            return Err(Failed::new(Status::NotFound, "the address names no queue"));
        }
        self.queue = queue;
        self.job_id = job_id;
        self.cups = meant.cups;
        self.token = self.token.take().or(token);
        Ok(())
    }

    /// The queue meant.
    pub(crate) fn queue(&self) -> Result<Arc<Queue>, Failed> {
        self.queue.clone().ok_or_else(|| Failed::new(Status::NotFound, "the address names no queue"))
    }

    /// The job meant, and its queue. Jobs of other queues are not found under this one.
    pub(crate) async fn job(&self) -> Result<(Job, Arc<Queue>), Failed> {
        let id = self.job_id.ok_or_else(|| Failed::new(Status::BadRequest, "job-id is missing"))?;
        let absent = || Failed::new(Status::NotFound, format!("there is no job {id}"));
        if id <= 0 {
            return Err(absent());
        }
        let request = JobShowRequest { job_id: i64::from(id) };
        let job = self.port.jobserver.clone().job_show(request).await?.into_inner();
        let queue = self.port.queues.borrow().find(&job.queue).cloned().ok_or_else(absent)?;
        match &self.queue {
            Some(meant) if meant.id != queue.id => Err(absent()),
            _ => Ok((job, queue)),
        }
    }

    /// Who proved who they are, else requesting-user-name; empty when not told.
    pub(crate) fn user(&self) -> &str {
        if let Some(person) = &self.person {
            return person;
        }
        self.attributes.text("requesting-user-name").unwrap_or_default()
    }

    /// Whether the requester is the person who submitted or owns `job`.
    pub(crate) fn owns(&self, job: &Job) -> bool {
        same_person(self.user(), &job.submit_logon) || same_person(self.user(), &job.owner_logon)
    }

    /// requested-attributes.
    pub(crate) fn wanted(&self) -> Wanted {
        Wanted::new(self.attributes.texts("requested-attributes"))
    }

    /// The one value of an operation attribute that must be a keyword or name, if it is there.
    pub(crate) fn keyword(&self, name: &'static str) -> Option<&str> {
        self.attributes.text(name)
    }

    /// This server as the client knows it.
    pub(crate) fn address(&self) -> Address {
        let Origin { tls, authority, .. } = self.origin.clone();
        Address { authority, token: self.token.clone(), tls, cups: self.cups }
    }
}

/// How a client reaches this server, for addresses in answers.
#[derive(Clone, Debug)]
pub(crate) struct Address {
    /// `host[:port]`.
    pub(crate) authority: String,
    /// What the client's own address has behind the queue's name.
    token: Option<String>,
    /// Whether the client came by TLS.
    tls: bool,
    /// The client takes this server for a CUPS scheduler.
    cups: bool,
}

impl Address {
    /// Whether the client's address proves who it is.
    pub(crate) fn has_token(&self) -> bool {
        self.token.is_some()
    }

    /// The one scheme in which a client of CUPS is told where `queue` is; `None` for everybody else, who may choose. libcups
    /// takes all values of printer-uri-supported together for one address; cupsd only ever has one.
    pub(crate) fn one_scheme(&self, queue: &Queue) -> Option<&'static str> {
        self.cups.then(|| if self.tls || asks_for_proof(queue) { "ipps" } else { "ipp" })
    }

    /// The address of `queue`.
    pub(crate) fn of(&self, scheme: &str, queue: &Queue) -> String {
        let token = self.token.as_deref().map(|token| format!("~{token}")).unwrap_or_default();
        let folder = if self.cups { "printers" } else { "ipp/print" };
        format!("{scheme}://{}/{folder}/{}{token}", self.authority, queue.name)
    }

    /// The address of `queue` in the scheme documents are sent by.
    pub(crate) fn printing(&self, queue: &Queue) -> String {
        self.of(if asks_for_proof(queue) { "ipps" } else { "ipp" }, queue)
    }
}

/// Whether a queue takes documents only from people who prove who they are.
pub(crate) fn asks_for_proof(queue: &Queue) -> bool {
    queue.owner() == rpc::proto::jobserver::queue::Owner::Authenticated
}

/// Whether two logons mean the same person: domains are not told by every client.
pub(crate) fn same_person(left: &str, right: &str) -> bool {
    !left.is_empty() && bare(left).eq_ignore_ascii_case(bare(right))
}

/// `ann` of `DOMAIN\ann`.
pub(crate) fn bare(logon: &str) -> &str {
    logon.rsplit_once('\\').map_or(logon, |(_, name)| name)
}

fn merged<'a>(meant: Target<'a>, path: &'a str) -> Target<'a> {
    let by_path = target::of_path(path);
    if by_path.queue.is_some() { by_path } else { meant }
}

/// attributes-charset and attributes-natural-language come first, in this order (section 4.1.4.1).
fn check_opening(attributes: &Group) -> Result<(), Failed> {
    let bad = |text: &str| Failed::new(Status::BadRequest, text);
    let [charset, language, ..] = attributes.attributes.as_slice() else {
        return Err(bad("attributes-charset and attributes-natural-language are missing"));
    };
    let (Value::Charset(told), "attributes-charset") = (&charset.values[0], charset.name.as_ref()) else {
        return Err(bad("attributes-charset must come first"));
    };
    let (Value::NaturalLanguage(_), "attributes-natural-language") =
        (&language.values[0], language.name.as_ref())
    else {
        return Err(bad("attributes-natural-language must come second"));
    };
    if !told.eq_ignore_ascii_case("utf-8") && !told.eq_ignore_ascii_case("us-ascii") {
        let value = Value::Charset(told.clone());
        return Err(Failed::unsupported(Status::CharsetNotSupported, "attributes-charset", value));
    }
    Ok(())
}

/// An attribute stands once in its group (section 4.1.3).
fn check_once(group: &Group) -> Result<(), Failed> {
    let mut seen = HashSet::with_capacity(group.attributes.len());
    for attribute in &group.attributes {
        if !seen.insert(attribute.name.as_ref()) {
            let text = format!("{} stands twice in one group", attribute.name);
            return Err(Failed::new(Status::BadRequest, text));
        }
    }
    Ok(())
}

/// Longest values (sections 5.1.2 to 5.1.10). Octets, not characters, count.
fn check_lengths(group: &Group) -> Result<(), Failed> {
    for attribute in &group.attributes {
        for value in &attribute.values {
            let (length, max) = match value {
                Value::Name(text)
                | Value::NameWithLanguage { name: text, .. }
                | Value::Keyword(text)
                | Value::MimeMediaType(text) => (text.len(), 255),
                Value::Text(text) | Value::TextWithLanguage { text, .. } | Value::Uri(text) => {
                    (text.len(), 1_023)
                }
                _ => continue,
            };
            if length > max {
                let text = format!("{} is longer than {max} octets", attribute.name);
                return Err(Failed::new(Status::RequestValueTooLong, text));
            }
        }
    }
    Ok(())
}

//! Answers and refusals.

use bytes::BytesMut;
use domain::status::Status as Code;
use rpc::Kind;
use wire::ipp::encode::cut;
use wire::ipp::{Attribute, Group, GroupTag, Status, Value, Version, Writer};

use crate::http::answer::Answer;
use crate::submission::Failure;

/// A successful answer.
#[derive(Debug)]
pub(crate) struct Reply {
    /// `successful-ok`, or with remarks.
    pub(crate) status: Status,
    /// Attributes that were ignored; reported in the unsupported-attributes group.
    pub(crate) unsupported: Vec<Attribute>,
    /// What was asked for.
    pub(crate) groups: Vec<Group>,
}

/// What an operation came to.
#[derive(Debug)]
pub(crate) enum Outcome {
    /// Small enough to hold.
    Reply(Reply),
    /// Written as it is made.
    Pieces(Answer),
}

/// A refusal.
#[derive(Debug)]
pub(crate) struct Failed {
    /// status-code.
    pub(crate) status: Status,
    /// status-message: one sentence for people.
    pub(crate) message: String,
    /// The attributes at fault.
    pub(crate) unsupported: Vec<Attribute>,
}

impl Reply {
    /// `successful-ok` with `groups`.
    pub(crate) const fn ok(groups: Vec<Group>) -> Self {
        Self { status: Status::Ok, unsupported: Vec::new(), groups }
    }

    /// As [`Reply::ok`]; ignored attributes are named.
    pub(crate) fn ignoring(unsupported: Vec<Attribute>, groups: Vec<Group>) -> Self {
        let status =
            if unsupported.is_empty() { Status::Ok } else { Status::OkIgnoredOrSubstitutedAttributes };
        Self { status, unsupported, groups }
    }

    pub(crate) fn encode(self, version: Version, request_id: u32) -> Answer {
        encode(version, self.status, request_id, None, self.unsupported, self.groups)
    }
}

impl From<Reply> for Outcome {
    fn from(reply: Reply) -> Self {
        Self::Reply(reply)
    }
}

impl Failed {
    pub(crate) fn new(status: Status, message: impl Into<String>) -> Self {
        Self { status, message: message.into(), unsupported: Vec::new() }
    }

    /// The attribute `name` is not supported with `value`.
    pub(crate) fn unsupported(status: Status, name: &'static str, value: Value) -> Self {
        let message = format!("{name} is not supported with this value");
        Self { status, message, unsupported: vec![Attribute::new(name, value)] }
    }

    /// What the jobserver's refusal is in IPP. The guide's status tells most exactly what it is about;
    /// the kind speaks where it does not.
    pub(crate) fn refused(error: rpc::Error) -> Self {
        let status = match (Code(error.status), error.kind) {
            // "You are unknown": a person nobody knows may not print.
            (Code::USER_NOT_FOUND, _) => Status::NotAuthorized,
            (Code::ACCESS_DENIED, Kind::Refused) => Status::NotAuthenticated,
            (Code::DISK_FULL, Kind::Refused) => Status::RequestEntityTooLarge,
            (Code::BUSY, Kind::Refused) => Status::NotAcceptingJobs,
            (Code::BUSY, Kind::Unavailable) => Status::Busy,
            // Away, or without its store: clients try again by themselves after this one.
            (Code::CONNECTION_LOST | Code::DATABASE_DOWN, Kind::Unavailable) => Status::ServiceUnavailable,
            // RFC 8011, appendix B.1.5.6 names the full disk.
            (_, Kind::Unavailable) => Status::TemporaryError,
            (_, Kind::NotFound) => Status::NotFound,
            (_, Kind::Refused) => Status::NotAuthorized,
            (_, Kind::Conflict) => Status::NotPossible,
            (_, Kind::Invalid) => Status::BadRequest,
            (_, Kind::Internal) => Status::InternalError,
        };
        Self::new(status, error.message)
    }

    pub(crate) fn encode(self, version: Version, request_id: u32) -> Answer {
        encode(version, self.status, request_id, Some(&self.message), self.unsupported, Vec::new())
    }
}

impl From<Failure> for Failed {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::TooLarge { .. } => Self::new(Status::RequestEntityTooLarge, failure.to_string()),
            Failure::Refused(error) => Self::refused(error),
        }
    }
}

impl From<tonic::Status> for Failed {
    fn from(status: tonic::Status) -> Self {
        Self::refused(rpc::Error::from(status))
    }
}

/// Version, status and the operation attributes every answer begins with (RFC 8011, section 4.1.4.2).
pub(crate) fn begin(out: &mut BytesMut, version: Version, status: Status, request_id: u32) -> Writer<'_> {
    let mut writer = Writer::new(out);
    writer.header(version, status.code(), request_id).group(GroupTag::Operation);
    writer.attribute("attributes-charset").charset("utf-8");
    writer.attribute("attributes-natural-language").natural_language("en");
    writer
}

fn encode(
    version: Version,
    status: Status,
    request_id: u32,
    message: Option<&str>,
    unsupported: Vec<Attribute>,
    groups: Vec<Group>,
) -> Answer {
    let mut out = BytesMut::with_capacity(1024);
    let mut writer = begin(&mut out, version, status, request_id);
    if let Some(message) = message {
        // status-message is text(255) (RFC 8011, section 4.1.6.2).
        writer.attribute("status-message").text(cut(message, 255));
    }
    if !unsupported.is_empty() {
        writer.group(GroupTag::Unsupported).put_all(&unsupported);
    }
    for group in &groups {
        writer.group(group.tag).put_all(&group.attributes);
    }
    writer.end();
    Answer::from(out.freeze())
}

#[cfg(test)]
fn read(answer: Answer) -> wire::ipp::Message {
    let Answer::Whole(Some(bytes)) = answer else { panic!("the answer is not whole: {answer:?}") };
    wire::ipp::decode::decode(bytes, wire::ipp::Limits::RESPONSE).expect("our own answers are IPP").0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_refusal_of_the_jobserver_has_its_status() {
        let rows = [
            (Kind::NotFound, Code::NAME_INVALID, Status::NotFound),
            (Kind::NotFound, Code::JOB_NOT_FOUND, Status::NotFound),
            (Kind::NotFound, Code::USER_NOT_FOUND, Status::NotAuthorized),
            (Kind::Refused, Code::USER_NOT_FOUND, Status::NotAuthorized),
            (Kind::Refused, Code::ACCESS_DENIED, Status::NotAuthenticated),
            (Kind::Refused, Code::BUSY, Status::NotAcceptingJobs),
            (Kind::Refused, Code::DISK_FULL, Status::RequestEntityTooLarge),
            (Kind::Refused, Code::GENERAL_FAILURE, Status::NotAuthorized),
            (Kind::Conflict, Code::GENERAL_FAILURE, Status::NotPossible),
            (Kind::Invalid, Code::LOST_IN_TRANSFER, Status::BadRequest),
            (Kind::Unavailable, Code::CONNECTION_LOST, Status::ServiceUnavailable),
            (Kind::Unavailable, Code::DATABASE_DOWN, Status::ServiceUnavailable),
            (Kind::Unavailable, Code::BUSY, Status::Busy),
            (Kind::Unavailable, Code::DISK_FULL, Status::TemporaryError),
            (Kind::Internal, Code::GENERAL_FAILURE, Status::InternalError),
        ];
        for (kind, code, expected) in rows {
            let failed = Failed::refused(rpc::Error::new(kind, code.0, "why"));
            assert_eq!(failed.status, expected, "{kind:?} {code:?}");
            let answer = read(failed.encode(Version::V2_0, 9));
            assert_eq!(answer.code, expected.code());
            assert_eq!(answer.group(GroupTag::Operation).unwrap().text("status-message"), Some("why"));
        }
    }
}

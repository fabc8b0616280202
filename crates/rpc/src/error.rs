//! One error kind crosses a call; user wording is made only at the edge.

use prost::Message;
use tonic::{Code, Status};

use crate::proto::common::{ErrorDetail, error_detail};

/// What went wrong, coarse enough for a caller to decide on.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Kind {
    /// The named object does not exist.
    NotFound,
    /// A rule says no; repeating the call will not help.
    Refused,
    /// The object exists already, or was changed by somebody else.
    Conflict,
    /// The request itself is wrong.
    Invalid,
    /// A server or store is away; try again after `retry_after_ms`.
    Unavailable,
    /// A fault of ours, logged where it happened.
    Internal,
}

/// A failed call.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{message}")]
pub struct Error {
    /// What went wrong.
    pub kind: Kind,
    /// One sentence for people.
    pub message: String,
    /// The field or object at fault; empty when there is none.
    pub field: String,
    /// Status code of the guide's error table (docs/PROTOCOL.md); 1 is "general failure".
    pub status: i32,
    /// Milliseconds to wait before trying again; 0 when waiting does not help.
    pub retry_after_ms: i64,
}

impl Error {
    /// An error of `kind` with a sentence for people and the guide's status code.
    pub fn new(kind: Kind, status: i32, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), field: String::new(), status, retry_after_ms: 0 }
    }

    /// Names the field or object at fault.
    #[must_use]
    pub fn field(mut self, field: impl Into<String>) -> Self {
        self.field = field.into();
        self
    }
}

impl From<Error> for Status {
    fn from(error: Error) -> Self {
        let (code, kind) = match error.kind {
            Kind::NotFound => (Code::NotFound, error_detail::Kind::NotFound),
            Kind::Refused => (Code::FailedPrecondition, error_detail::Kind::Refused),
            Kind::Conflict => (Code::AlreadyExists, error_detail::Kind::Conflict),
            Kind::Invalid => (Code::InvalidArgument, error_detail::Kind::Invalid),
            Kind::Unavailable => (Code::Unavailable, error_detail::Kind::Unavailable),
            Kind::Internal => (Code::Internal, error_detail::Kind::Internal),
        };
        let detail = ErrorDetail {
            kind: kind.into(),
            field: error.field,
            retry_after_ms: error.retry_after_ms,
            status: error.status,
        };
        Self::with_details(code, error.message, detail.encode_to_vec().into())
    }
}

impl From<Status> for Error {
    fn from(status: Status) -> Self {
        let message = status.message().to_owned();
        if let Ok(detail) = ErrorDetail::decode(status.details())
            && detail.kind != 0
        {
            let kind = match detail.kind() {
                error_detail::Kind::NotFound => Kind::NotFound,
                error_detail::Kind::Refused => Kind::Refused,
                error_detail::Kind::Conflict => Kind::Conflict,
                error_detail::Kind::Invalid => Kind::Invalid,
                error_detail::Kind::Unavailable => Kind::Unavailable,
                error_detail::Kind::Internal | error_detail::Kind::Unspecified => Kind::Internal,
            };
            return Self {
                kind,
                message,
                field: detail.field,
                status: detail.status,
                retry_after_ms: detail.retry_after_ms,
            };
        }
        // Without our detail the failure was made by the transport, not by a server of ours.
        match status.code() {
            Code::Unavailable | Code::DeadlineExceeded | Code::Cancelled | Code::Unknown => {
                Self::new(Kind::Unavailable, 5, format!("the server could not be reached: {message}"))
            }
            Code::PermissionDenied | Code::Unauthenticated => Self::new(Kind::Refused, 50, message),
            Code::ResourceExhausted => Self::new(Kind::Unavailable, 12, message),
            _ => Self::new(Kind::Internal, 1, message),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_survives_the_way_through_a_status() {
        for kind in
            [Kind::NotFound, Kind::Refused, Kind::Conflict, Kind::Invalid, Kind::Unavailable, Kind::Internal]
        {
            let error = Error::new(kind, 54, "the user 'x' does not exist").field("logon");
            assert_eq!(Error::from(Status::from(error.clone())), error);
        }
    }

    #[test]
    fn a_transport_failure_reads_as_unavailable() {
        assert_eq!(Error::from(Status::unavailable("connection refused")).kind, Kind::Unavailable);
    }
}

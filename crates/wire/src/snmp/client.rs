//! Questions, and which answer belongs to which.

use bytes::Bytes;

use super::encode::encode;
use super::types::{ErrorStatus, Message, Oid, Operation, Pdu, Value, VarBind, Version};

/// Somebody who asks one agent. It numbers its questions and takes an answer only for the last one, so that an answer
/// that comes after a question was repeated or given up confuses nobody.
#[derive(Clone, Debug)]
pub struct Client {
    version: Version,
    community: Bytes,
    next_id: i32,
    waiting: Option<(i32, Vec<Oid>)>,
}

/// What an agent refuses.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum Refused {
    /// The object does not exist there (version 1 says so for the whole question).
    #[error("the device has no object {0}")]
    NoSuchName(Oid),
    /// The answer would not fit a datagram: ask for less.
    #[error("the answer would be too big")]
    TooBig,
    /// Anything else.
    #[error("the device answers with error {0}")]
    Other(i32),
}

impl Client {
    /// A client that starts its numbers at `first_id`; a random one keeps strangers from guessing it.
    #[must_use]
    pub fn new(version: Version, community: impl Into<Bytes>, first_id: i32) -> Self {
        Self { version, community: community.into(), next_id: first_id & i32::MAX, waiting: None }
    }

    /// Asks for the values of `oids`. The datagram may be sent again while no answer comes.
    pub fn get(&mut self, oids: &[Oid]) -> Bytes {
        self.ask(Operation::Get, oids)
    }

    /// Asks for what follows `oids`.
    pub fn get_next(&mut self, oids: &[Oid]) -> Bytes {
        self.ask(Operation::GetNext, oids)
    }

    fn ask(&mut self, operation: Operation, oids: &[Oid]) -> Bytes {
        let request_id = self.next_id;
        self.next_id = self.next_id.checked_add(1).unwrap_or(0);
        self.waiting = Some((request_id, oids.to_vec()));
        let bindings = oids.iter().map(|name| VarBind { name: name.clone(), value: Value::Null }).collect();
        let pdu = Pdu { request_id, operation, bindings };
        encode(&Message { version: self.version, community: self.community.clone(), pdu })
    }

    /// Takes an answer. `None` when it is not the one that is waited for: keep waiting.
    ///
    /// # Errors
    /// [`Refused`] with what the agent says.
    pub fn answer(&mut self, message: Message) -> Option<Result<Vec<VarBind>, Refused>> {
        let Operation::Response { status, index } = message.pdu.operation else { return None };
        let (_, asked) = self.waiting.take_if(|(id, _)| {
            *id == message.pdu.request_id
                && message.version == self.version
                && message.community == self.community
        })?;
        Some(match status {
            ErrorStatus::NoError => Ok(message.pdu.bindings),
            ErrorStatus::NoSuchName => {
                let at = usize::try_from(index).unwrap_or(0).saturating_sub(1);
                asked
                    .into_iter()
                    .nth(at)
                    .map_or(Err(Refused::Other(status.code())), |name| Err(Refused::NoSuchName(name)))
            }
            ErrorStatus::TooBig => Err(Refused::TooBig),
            ErrorStatus::GenErr | ErrorStatus::NotWritable | ErrorStatus::Other(_) => {
                Err(Refused::Other(status.code()))
            }
        })
    }
}

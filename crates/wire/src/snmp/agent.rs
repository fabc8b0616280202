//! Answers from a table of objects.

use std::collections::BTreeMap;
use std::ops::Bound;

use super::encode::encode;
use super::limits::{BINDINGS_MAX, DATAGRAM_BYTES};
use super::types::{ErrorStatus, Message, Oid, Operation, Pdu, Value, VarBind, Version};

/// The objects of an agent, in the order of the tree.
pub type Table = BTreeMap<Oid, Value>;

/// The answer to `request` from `table`. `None` when none is due: to another community (RFC 1157, section 4.1), and to
/// what is no question. Nothing can be changed: the table is a view.
#[must_use]
pub fn answer(request: &Message, community: &[u8], table: &Table) -> Option<Message> {
    if request.community != community {
        return None;
    }
    let asked = &request.pdu.bindings;
    let outcome = match request.pdu.operation {
        Operation::Get => each(asked, |name| get(request.version, table, name)),
        Operation::GetNext => each(asked, |name| next(request.version, table, name)),
        Operation::GetBulk { non_repeaters, max_repetitions } => {
            return Some(bulk(request, table, non_repeaters, max_repetitions));
        }
        Operation::Set => Err((
            match request.version {
                // RFC 3584, section 4.4.
                Version::V1 => ErrorStatus::NoSuchName,
                Version::V2c => ErrorStatus::NotWritable,
            },
            1,
        )),
        Operation::Response { .. } => return None,
    };
    let whole = match outcome {
        Ok(bindings) => response(request, ErrorStatus::NoError, 0, bindings),
        // A refusal repeats the question (RFC 1157, section 4.1.2; RFC 3416, section 4.2.1).
        Err((status, index)) => return Some(response(request, status, index, asked.clone())),
    };
    if encode(&whole).len() <= DATAGRAM_BYTES {
        return Some(whole);
    }
    let bindings = match request.version {
        Version::V1 => asked.clone(),
        Version::V2c => Vec::new(),
    };
    Some(response(request, ErrorStatus::TooBig, 0, bindings))
}

fn response(request: &Message, status: ErrorStatus, index: i32, bindings: Vec<VarBind>) -> Message {
    let pdu = Pdu {
        request_id: request.pdu.request_id,
        operation: Operation::Response { status, index },
        bindings,
    };
    Message { version: request.version, community: request.community.clone(), pdu }
}

/// One variable after the other; the first that fails gives its number.
fn each(
    asked: &[VarBind],
    find: impl Fn(&Oid) -> Result<VarBind, ErrorStatus>,
) -> Result<Vec<VarBind>, (ErrorStatus, i32)> {
    let found = asked.iter().zip(1..).map(|(binding, index)| find(&binding.name).map_err(|why| (why, index)));
    found.collect()
}

fn get(version: Version, table: &Table, name: &Oid) -> Result<VarBind, ErrorStatus> {
    let value = table.get(name).filter(|value| exists_in(version, value));
    let value = match (value, version) {
        (Some(value), _) => value.clone(),
        (None, Version::V1) => return Err(ErrorStatus::NoSuchName),
        (None, Version::V2c) => {
            // The last arc is the instance: something else under the same object means that the object exists.
            let object = &name.arcs()[..name.arcs().len() - 1];
            let known = table
                .range::<[u32], _>((Bound::Included(object), Bound::Unbounded))
                .next()
                .is_some_and(|(other, _)| other.is_under(object) && other.arcs().len() == name.arcs().len());
            if known { Value::NoSuchInstance } else { Value::NoSuchObject }
        }
    };
    Ok(VarBind { name: name.clone(), value })
}

fn next(version: Version, table: &Table, name: &Oid) -> Result<VarBind, ErrorStatus> {
    let after = table.range::<Oid, _>((Bound::Excluded(name), Bound::Unbounded));
    let found = after.into_iter().find(|(_, value)| exists_in(version, value));
    match (found, version) {
        (Some((name, value)), _) => Ok(VarBind { name: name.clone(), value: value.clone() }),
        (None, Version::V1) => Err(ErrorStatus::NoSuchName),
        (None, Version::V2c) => Ok(VarBind { name: name.clone(), value: Value::EndOfMibView }),
    }
}

/// Version 1 does not know numbers of 64 bits (RFC 3584, section 4.2.2.1).
fn exists_in(version: Version, value: &Value) -> bool {
    version == Version::V2c || !matches!(value, Value::Counter64(_))
}

/// As many steps as asked for and as fit (RFC 3416, section 4.2.3).
fn bulk(request: &Message, table: &Table, non_repeaters: i32, max_repetitions: i32) -> Message {
    let asked = &request.pdu.bindings;
    let once = usize::try_from(non_repeaters).unwrap_or(0).min(asked.len());
    let step = |name: &Oid| {
        next(Version::V2c, table, name)
            .unwrap_or_else(|_| VarBind { name: name.clone(), value: Value::EndOfMibView })
    };
    let mut bindings: Vec<VarBind> = asked[..once].iter().map(|binding| step(&binding.name)).collect();
    let mut names: Vec<Oid> = asked[once..].iter().map(|binding| binding.name.clone()).collect();
    for _ in 0..max_repetitions {
        let row: Vec<VarBind> = names.iter().map(step).collect();
        let ended = row.iter().all(|binding| binding.value == Value::EndOfMibView);
        names = row.iter().map(|binding| binding.name.clone()).collect();
        bindings.extend(row);
        if ended || bindings.len() >= BINDINGS_MAX {
            break;
        }
    }
    bindings.truncate(BINDINGS_MAX);
    let mut answer = response(request, ErrorStatus::NoError, 0, bindings);
    // What does not fit is left away from the end; the peer asks on from the last it got.
    while encode(&answer).len() > DATAGRAM_BYTES {
        answer.pdu.bindings.pop();
    }
    answer
}

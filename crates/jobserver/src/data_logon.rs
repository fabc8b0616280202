//! The owner's logon in print data: the queue's rule, and the search while a document comes in.

use domain::data_logon::{DataLogon, SEARCH_BYTES, character_text, parse_character};
use domain::queue::{OwnerRule, Queue};
use pdl::logon::{LogonFinder, LogonRule};
use rpc::proto::jobserver::queue as message;

use crate::failed::Failed;

/// The rule as told to administrators.
pub(crate) fn to_message(rule: &DataLogon) -> message::DataLogon {
    message::DataLogon {
        string: rule.string.clone(),
        search_bytes: rule.search_bytes,
        skip: character_text(rule.skip),
        start: character_text(rule.start),
        stop: character_text(rule.stop),
        network_fallback: rule.network_fallback,
    }
}

/// The rule an administrator gives; only a queue that takes the logon from the data has one.
pub(crate) fn parse(
    rule: Option<message::DataLogon>,
    owner: &OwnerRule,
) -> Result<Option<DataLogon>, Failed> {
    let Some(rule) = rule else { return Ok(None) };
    if *owner != OwnerRule::JobData {
        return Err(Failed::invalid(
            "only a queue that takes the owner from the job data looks for a logon there",
        ));
    }
    let invalid = |error: domain::data_logon::RuleError| Failed::invalid(error.to_string());
    let rule = DataLogon {
        search_bytes: if rule.search_bytes == 0 { SEARCH_BYTES } else { rule.search_bytes },
        skip: parse_character(&rule.skip).map_err(invalid)?,
        start: parse_character(&rule.start).map_err(invalid)?,
        stop: parse_character(&rule.stop).map_err(invalid)?,
        network_fallback: rule.network_fallback,
        string: rule.string,
    };
    rule.checked().map(Some).map_err(invalid)
}

/// Looks for the logon in a document of this queue, if the queue has a rule.
pub(crate) fn finder(queue: &Queue) -> Option<LogonFinder> {
    let rule = queue.data_logon.as_ref().filter(|_| queue.owner == OwnerRule::JobData)?;
    Some(LogonFinder::new(LogonRule {
        string: rule.string.clone().into_bytes(),
        search_bytes: u64::try_from(rule.search_bytes).unwrap_or(0),
        skip: rule.skip,
        start: rule.start,
        stop: rule.stop,
    }))
}

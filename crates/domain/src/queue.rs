//! Queues documents are sent to, and whose a document becomes.

use crate::data_logon::DataLogon;
use crate::id::QueueId;
use crate::push::Push;
use crate::text::{Logon, QueueName, TextError, split_domain};

/// A print queue.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Queue {
    /// Id in the store.
    pub id: QueueId,
    /// Unique without regard to case.
    pub name: QueueName,
    /// Held until collected, or sent on.
    pub kind: Kind,
    /// For people.
    pub description: String,
    /// For people.
    pub location: String,
    /// Whose a document becomes.
    pub owner: OwnerRule,
    /// TCP port of the queue's raw listener.
    pub raw_port: Option<u16>,
    /// Domain put before a logon that names none; empty for none.
    pub default_domain: String,
    /// Whether titles are hidden from other people.
    pub hide_document_name: bool,
    /// Offered to driverless clients.
    pub color: bool,
    /// Offered to driverless clients.
    pub duplex: bool,
    /// Refuses documents when false.
    pub accepting_jobs: bool,
    /// Where the logon stands in the data, with [`OwnerRule::JobData`]; without it whoever the driver names.
    pub data_logon: Option<DataLogon>,
    /// Documents are printed with less toner.
    pub toner_save: bool,
    /// What a push queue does with its documents; without meaning for a pull queue.
    pub push: Push,
}

/// What happens to a document.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Kind {
    /// Held until its owner collects it at a device.
    Pull,
    /// Sent on to a device at once.
    Push,
}

/// Whose a document becomes (guide, "Add a pull port", SUB-2).
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum OwnerRule {
    /// The logon the network tells.
    NetworkLogon,
    /// Always this person's or group's.
    Fixed(Logon),
    /// The logon found in the print data.
    JobData,
    /// The logon proved by password or certificate.
    Authenticated,
}

/// Why no owner could be found; each is an answer to the client, in this order.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum OwnerRefused {
    /// The queue asks for proof and there was none.
    #[error("this queue takes documents only from people who have proved who they are")]
    NotAuthenticated,
    /// The queue takes the logon from the data, where there is none.
    #[error("the document does not name its owner where this queue looks for it")]
    NotInData,
    /// The logon cannot be anyone's.
    #[error(transparent)]
    Logon(#[from] TextError),
}

/// A person as named, not yet looked up.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct NamedOwner {
    /// The logon.
    pub logon: Logon,
    /// The domain, as told or the queue's default; empty for none.
    pub domain: String,
}

impl Queue {
    /// Who owns a document that `network_logon` sent, `data_logon` being the name in the data.
    ///
    /// # Errors
    /// [`OwnerRefused`].
    pub fn owner_of(
        &self,
        network_logon: &str,
        data_logon: &str,
        authenticated: bool,
    ) -> Result<NamedOwner, OwnerRefused> {
        let told = match &self.owner {
            OwnerRule::Fixed(logon) => return Ok(NamedOwner { logon: logon.clone(), domain: String::new() }),
            OwnerRule::NetworkLogon => network_logon,
            OwnerRule::JobData if data_logon.is_empty() => {
                if self.data_logon.as_ref().is_some_and(|rule| !rule.network_fallback) {
                    return Err(OwnerRefused::NotInData);
                }
                network_logon
            }
            OwnerRule::JobData => data_logon,
            OwnerRule::Authenticated if !authenticated => return Err(OwnerRefused::NotAuthenticated),
            OwnerRule::Authenticated => network_logon,
        };
        let (domain, logon) = split_domain(told);
        Ok(NamedOwner {
            logon: Logon::parse(logon)?,
            domain: domain.unwrap_or(&self.default_domain).to_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn queue(owner: OwnerRule) -> Queue {
        Queue {
            id: QueueId(1),
            name: QueueName::parse("pull").unwrap(),
            kind: Kind::Pull,
            description: String::new(),
            location: String::new(),
            owner,
            raw_port: None,
            default_domain: "CORP".into(),
            hide_document_name: false,
            color: true,
            duplex: true,
            accepting_jobs: true,
            data_logon: None,
            toner_save: false,
            push: Push::default(),
        }
    }

    fn owner(logon: &str, domain: &str) -> Result<NamedOwner, OwnerRefused> {
        Ok(NamedOwner { logon: Logon::parse(logon).unwrap(), domain: domain.into() })
    }

    #[test]
    fn the_queue_decides_whose_a_document_is() {
        let fixed = || OwnerRule::Fixed(Logon::parse("archive").unwrap());
        let empty = || Err(OwnerRefused::Logon(TextError::Empty { what: "logon" }));
        let rows = [
            (OwnerRule::NetworkLogon, "ann", "bob", false, owner("ann", "CORP")),
            (OwnerRule::NetworkLogon, "LAB\\ann", "", false, owner("ann", "LAB")),
            (OwnerRule::NetworkLogon, "ann@lab.example", "", false, owner("ann", "lab.example")),
            (OwnerRule::NetworkLogon, "", "bob", false, empty()),
            (fixed(), "ann", "bob", false, owner("archive", "")),
            (OwnerRule::JobData, "ann", "bob", false, owner("bob", "CORP")),
            (OwnerRule::JobData, "ann", "", false, owner("ann", "CORP")),
            (OwnerRule::Authenticated, "ann", "", false, Err(OwnerRefused::NotAuthenticated)),
            (OwnerRule::Authenticated, "ann", "", true, owner("ann", "CORP")),
        ];
        for (rule, network, data, proved, expected) in rows {
            assert_eq!(queue(rule.clone()).owner_of(network, data, proved), expected, "{rule:?} {network}");
        }
    }
}

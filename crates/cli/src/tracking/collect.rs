//! `papergate tracking collect`: takes the records of secondary tracking servers.

use rpc::proto::trackingserver as proto;
use serde::Serialize;

use crate::Shell;
use crate::failure::Failure;
use crate::output::{Listed, or_dash, or_null};
use crate::reach::Patience;

/// What came from one secondary.
#[derive(Debug, Serialize)]
pub(crate) struct Collected {
    name: String,
    records: i64,
    added: i64,
    error: Option<String>,
}

impl From<proto::Collected> for Collected {
    fn from(collected: proto::Collected) -> Self {
        let proto::Collected { name, records, added, error } = collected;
        Self { name, records, added, error: or_null(error) }
    }
}

impl Listed for Collected {
    const COLUMNS: &'static [&'static str] = &["SERVER", "RECORDS", "NEW", "PROBLEM"];

    fn cells(&self) -> Vec<String> {
        vec![
            self.name.clone(),
            self.records.to_string(),
            self.added.to_string(),
            or_dash(self.error.as_deref().unwrap_or_default()),
        ]
    }
}

pub(super) async fn run(shell: &mut Shell<'_>, name: String) -> Result<(), Failure> {
    let request = proto::CollectRequest { name };
    let answer = shell.reach.collection(Patience::Unlimited).await?.collect(request).await?.into_inner();
    let mut listing = shell.output.list::<Collected>();
    let mut failed = Vec::new();
    for collected in answer.collected {
        if !collected.error.is_empty() {
            failed.push(collected.name.clone());
        }
        listing.row(&Collected::from(collected))?;
    }
    listing.finish()?;
    if failed.is_empty() {
        return Ok(());
    }
    let servers = failed.join(", ");
    Err(Failure::Unreachable(format!("not everything could be collected from {servers}; try again")))
}

//! `papergate integrity`: the spool against the job list.

use clap::Args;
use rpc::proto::jobserver as proto;
use serde_json::json;

use crate::Shell;
use crate::failure::Failure;
use crate::reach::Patience;

#[derive(Debug, Args)]
pub(crate) struct IntegrityArguments {}

pub(crate) async fn run(
    shell: &mut Shell<'_>,
    IntegrityArguments {}: IntegrityArguments,
) -> Result<(), Failure> {
    let mut client = shell.reach.administration_with(Patience::Unlimited).await?;
    let answer = client.integrity_check(proto::IntegrityCheckRequest {}).await?.into_inner();
    let mut text = format!("{} jobs and {} files compared", answer.jobs, answer.files);
    for finding in &answer.findings {
        text += &format!("\n{finding}");
    }
    let fact = json!({ "jobs": answer.jobs, "files": answer.files, "findings": answer.findings });
    shell.output.done(&text, &fact)
}

//! `papergate directory`: passwords of an LDAP directory or Active Directory.

use std::path::PathBuf;

use clap::Subcommand;
use rpc::proto::jobserver as proto;
use serde_json::json;

use crate::Shell;
use crate::failure::Failure;
use crate::secret;

#[derive(Debug, Subcommand)]
pub(crate) enum DirectoryCommand {
    /// Ask the directory about a person's password, as a login would
    Test {
        /// Logon, DOMAIN\logon or logon@domain
        logon: String,
        /// File with the password, "-" for standard input (else PAPERGATE_SECRET, else asked)
        #[arg(long, value_name = "FILE")]
        file: Option<PathBuf>,
    },
    /// Keep the password of the account that searches the directory
    Secret {
        /// File with the password, "-" for standard input (else PAPERGATE_SECRET, else asked); empty takes it away
        #[arg(long, value_name = "FILE")]
        file: Option<PathBuf>,
    },
}

pub(crate) async fn run(shell: &mut Shell<'_>, command: DirectoryCommand) -> Result<(), Failure> {
    let mut directory = shell.reach.directory().await?;
    match command {
        DirectoryCommand::Test { logon, file } => {
            let password =
                secret::read(&format!("password of {logon}"), file.as_deref(), "PAPERGATE_SECRET")?;
            let request = proto::DirectoryTestRequest { logon, password: password.as_str().to_owned() };
            let answer = directory.directory_test(request).await?.into_inner();
            let sentence = match answer.verdict.as_str() {
                "right" => "the directory knows this password".to_owned(),
                "wrong" => format!("the directory says no: {}", answer.detail),
                _ => format!("the directory cannot be asked: {}", answer.detail),
            };
            shell.output.done(&sentence, &json!({ "verdict": answer.verdict, "detail": answer.detail }))
        }
        DirectoryCommand::Secret { file } => {
            let value =
                secret::read("password of the directory account", file.as_deref(), "PAPERGATE_SECRET")?;
            let request = proto::DirectorySecretSetRequest { secret: value.as_str().to_owned() };
            directory.directory_secret_set(request).await?;
            let kept = !value.is_empty();
            let sentence = if kept { "is kept" } else { "was taken away" };
            shell
                .output
                .done(&format!("the password of the directory account {sentence}"), &json!({ "kept": kept }))
        }
    }
}

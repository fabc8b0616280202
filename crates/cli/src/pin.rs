//! `papergate pin`: PIN codes.

use std::path::PathBuf;

use clap::Subcommand;
use rpc::proto::jobserver as proto;
use serde_json::json;
use zeroize::Zeroizing;

use crate::failure::Failure;
use crate::{Shell, secret};

#[derive(Debug, Subcommand)]
pub(crate) enum PinCommand {
    /// Set a person's PIN: asked, or taken from PAPERGATE_PIN, a file or a pipe; an empty one clears it
    Set {
        /// Logon of the person
        logon: String,
        /// The PIN itself; other users of this machine can see it while the command runs
        #[arg(conflicts_with = "pin_file")]
        pin: Option<String>,
        /// File with the PIN ("-" for standard input)
        #[arg(long, value_name = "FILE")]
        pin_file: Option<PathBuf>,
    },
    /// Give a person a new random PIN and show it once
    Random {
        /// Logon of the person
        logon: String,
    },
}

pub(crate) async fn run(shell: &mut Shell<'_>, command: PinCommand) -> Result<(), Failure> {
    match command {
        PinCommand::Set { logon, pin, pin_file } => {
            let pin = match pin {
                Some(pin) => Zeroizing::new(pin),
                None => secret::read("new PIN", pin_file.as_deref(), "PAPERGATE_PIN")?,
            };
            let cleared = pin.is_empty();
            let request = proto::PinSetRequest { logon: logon.clone(), pin: pin.to_string() };
            shell.reach.administration().await?.pin_set(request).await?;
            let what = if cleared { "cleared" } else { "set" };
            shell.output.done(
                &format!("the PIN of '{logon}' is {what}"),
                &json!({ "logon": logon, "has_pin": !cleared }),
            )
        }
        PinCommand::Random { logon } => {
            let request = proto::PinRandomRequest { logon: logon.clone() };
            let pin = shell.reach.administration().await?.pin_random(request).await?.into_inner().pin;
            shell.output.done(&pin, &json!({ "logon": logon, "pin": pin }))
        }
    }
}

//! `papergate certificate`: certificates people print with over ipps instead of a password.

use std::path::PathBuf;

use clap::Subcommand;
use rpc::proto::jobserver as proto;
use serde::Serialize;
use serde_json::json;

use crate::failure::Failure;
use crate::output::{Listed, or_dash};
use crate::{Shell, time};

#[derive(Debug, Subcommand)]
pub(crate) enum CertificateCommand {
    /// Register a certificate: whoever holds its key prints as the person
    Add {
        /// Whose it is
        logon: String,
        /// File with the certificate, PEM or DER
        file: PathBuf,
    },
    /// List certificates
    List {
        /// Only those of this person
        #[arg(default_value = "", hide_default_value = true)]
        logon: String,
    },
    /// Take a certificate away: it prints no more
    Delete {
        /// Number of the certificate
        id: i64,
    },
}

pub(crate) async fn run(shell: &mut Shell<'_>, command: CertificateCommand) -> Result<(), Failure> {
    let mut certificates = shell.reach.certificates().await?;
    match command {
        CertificateCommand::Add { logon, file } => {
            let content = std::fs::read(&file)
                .map_err(|source| Failure::Io { what: format!("read {}", file.display()), source })?;
            let request = proto::CertificateAddRequest { logon, file: content };
            let added = certificates.certificate_add(request).await?.into_inner();
            shell.output.show(&Certificate::from(added))
        }
        CertificateCommand::List { logon } => {
            let answer = certificates.certificate_list(proto::CertificateListRequest { logon }).await?;
            let mut listing = shell.output.list::<Certificate>();
            for certificate in answer.into_inner().certificates {
                listing.row(&Certificate::from(certificate))?;
            }
            listing.finish()
        }
        CertificateCommand::Delete { id } => {
            certificates.certificate_delete(proto::CertificateDeleteRequest { id }).await?;
            shell.output.done(&format!("the certificate {id} is deleted"), &json!({ "deleted": id }))
        }
    }
}

/// A certificate, as scripts see one.
#[derive(Debug, Serialize)]
pub(crate) struct Certificate {
    id: i64,
    user: String,
    subject: String,
    fingerprint: String,
    created: Option<String>,
    starts: Option<String>,
    ends: Option<String>,
    #[serde(skip)]
    ends_shown: String,
}

impl From<proto::Certificate> for Certificate {
    fn from(certificate: proto::Certificate) -> Self {
        Self {
            id: certificate.id,
            user: certificate.logon,
            subject: certificate.subject,
            fingerprint: certificate.fingerprint,
            created: time::rfc3339(certificate.created_us),
            starts: time::rfc3339(certificate.starts_us),
            ends: time::rfc3339(certificate.ends_us),
            ends_shown: time::local(certificate.ends_us),
        }
    }
}

impl Listed for Certificate {
    const COLUMNS: &'static [&'static str] = &["ID", "USER", "SUBJECT", "ENDS", "SHA-256"];

    fn cells(&self) -> Vec<String> {
        vec![
            self.id.to_string(),
            or_dash(&self.user),
            or_dash(&self.subject),
            self.ends_shown.clone(),
            self.fingerprint.clone(),
        ]
    }
}

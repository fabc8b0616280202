//! What is set about sending mails.

use std::path::PathBuf;
use std::time::Duration;

use domain::event::Severity;

use super::Settings;

/// Encryption to the mail server (guide, "Connection security").
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum MailSecurity {
    None,
    Starttls,
    Tls,
}

/// How the mail server is logged in to (guide, "Authentication").
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum MailAuthentication {
    None,
    Password,
    Microsoft,
    Google,
}

/// Who is warned before a document is deleted (guide, "E-mail delete warning to").
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Warned {
    Nobody,
    Author,
    Recipients,
    Both,
}

/// Everything about sending mails.
#[derive(Clone, Debug)]
pub(crate) struct MailSettings {
    /// Empty: no mails.
    pub(crate) server: String,
    port: i64,
    pub(crate) security: MailSecurity,
    pub(crate) authentication: MailAuthentication,
    pub(crate) user: String,
    pub(crate) from: String,
    /// Empty: nobody.
    pub(crate) administrator: String,
    /// `None`: no events are mailed.
    pub(crate) event_severity: Option<Severity>,
    pub(crate) ca_file: Option<PathBuf>,
    pub(crate) delete_warning: Warned,
    pub(crate) warning_ahead: Duration,
    puk: bool,
    welcome: bool,
    job_deleted: bool,
    job_refused: bool,
    pub(crate) oauth_client_id: String,
    oauth_tenant: String,
    oauth_url: String,
}

impl MailSettings {
    /// The port, by the security when none is set (guide: 25, 587, 465).
    pub(crate) fn port(&self) -> u16 {
        match (self.port, self.security) {
            (0, MailSecurity::None) => 25,
            (0, MailSecurity::Starttls) => 587,
            (0, MailSecurity::Tls) => 465,
            (port, _) => u16::try_from(port).expect("checked before it is taken"),
        }
    }

    /// Whether mails of a kind are sent at all.
    pub(crate) fn wants(&self, kind: domain::mail::Kind) -> bool {
        use domain::mail::Kind as Mail;
        match kind {
            Mail::Puk => self.puk,
            Mail::Welcome => self.welcome,
            Mail::JobDelete => self.job_deleted,
            Mail::JobRefused => self.job_refused,
            Mail::Code
            | Mail::DeleteWarning
            | Mail::IdExpires
            | Mail::DelegateRequest
            | Mail::DelegateAccept
            | Mail::DelegateReject
            | Mail::UnfinishedJob
            | Mail::Event => true,
        }
    }

    /// Where access tokens come from.
    pub(crate) fn oauth_url(&self) -> String {
        match self.authentication {
            _ if !self.oauth_url.is_empty() => self.oauth_url.clone(),
            MailAuthentication::Google => "https://oauth2.googleapis.com/token".to_owned(),
            _ => {
                let tenant = if self.oauth_tenant.is_empty() { "common" } else { &self.oauth_tenant };
                format!("https://login.microsoftonline.com/{tenant}/oauth2/v2.0/token")
            }
        }
    }

    /// What the token may do; Google's refresh tokens carry it themselves.
    pub(crate) fn oauth_scope(&self) -> Option<&'static str> {
        let scope = "https://outlook.office.com/SMTP.Send offline_access";
        (self.authentication == MailAuthentication::Microsoft).then_some(scope)
    }
}

impl Settings {
    /// Everything about sending mails.
    pub(crate) fn mail(&self) -> MailSettings {
        let text = |name: &str| self.text(name).to_owned();
        let ca_file = self.text("mail.ca-file");
        MailSettings {
            server: text("mail.server"),
            port: self.integer("mail.port"),
            security: match self.text("mail.security") {
                "none" => MailSecurity::None,
                "tls" => MailSecurity::Tls,
                _ => MailSecurity::Starttls,
            },
            authentication: match self.text("mail.authentication") {
                "password" => MailAuthentication::Password,
                "microsoft-oauth2" => MailAuthentication::Microsoft,
                "google-oauth2" => MailAuthentication::Google,
                _ => MailAuthentication::None,
            },
            user: text("mail.user"),
            from: text("mail.from"),
            administrator: text("mail.administrator"),
            event_severity: Severity::from_level(self.integer("mail.event-severity")),
            delete_warning: match self.text("mail.delete-warning") {
                "author" => Warned::Author,
                "recipients" => Warned::Recipients,
                "both" => Warned::Both,
                _ => Warned::Nobody,
            },
            warning_ahead: self.seconds("mail.delete-warning-ahead-s"),
            puk: self.text("mail.puk") == "yes",
            welcome: self.text("mail.welcome") == "yes",
            job_deleted: self.text("mail.job-deleted") == "yes",
            job_refused: self.text("mail.job-refused") == "yes",
            ca_file: (!ca_file.is_empty()).then(|| PathBuf::from(ca_file)),
            oauth_client_id: text("mail.oauth-client-id"),
            oauth_tenant: text("mail.oauth-tenant"),
            oauth_url: text("mail.oauth-url"),
        }
    }
}

//! SMTP, by the settings: none, STARTTLS or TLS; no authentication, a password, or XOAUTH2.

use std::time::Duration;

use domain::mail::Text;
use lettre::message::Mailbox;
use lettre::message::header::ContentType;
use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::{Certificate, Tls, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use lettre::{Address, AsyncSmtpTransport, AsyncTransport as _, Message, Tokio1Executor};
use ring::digest;

use super::oauth;
use crate::secret_files::Secret;
use crate::settings::{MailAuthentication, MailSecurity, MailSettings};
use crate::state::State;

/// Longest silence of a mail server.
const TIMEOUT: Duration = Duration::from_secs(30);

/// A connection to the mail server, made when the first mail is sent over it.
pub(super) struct Transport {
    smtp: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
    host: String,
}

/// A mail was not sent.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum NotSent {
    /// This mail will never be taken: no such address.
    Refused(String),
    /// This mail was not taken now.
    Later(String),
    /// No mail can be sent now: no connection, a wrong password, a setting.
    Nothing(String),
}

impl Transport {
    /// # Errors
    /// One sentence for people: a setting or a secret is wrong, or no access token can be had.
    pub(super) async fn open(state: &State, settings: &MailSettings) -> Result<Self, String> {
        let from: Mailbox =
            settings.from.parse().map_err(|_| "the setting mail.from is no e-mail address".to_owned())?;
        let encrypted = settings.security != MailSecurity::None;
        let local = matches!(settings.server.as_str(), "localhost" | "127.0.0.1" | "::1");
        if settings.authentication != MailAuthentication::None && !encrypted && !local {
            return Err("a password or token is not sent in the clear: set mail.security to starttls or tls"
                .to_owned());
        }
        let tls = match settings.security {
            MailSecurity::None => Tls::None,
            MailSecurity::Starttls => Tls::Required(parameters(settings)?),
            MailSecurity::Tls => Tls::Wrapper(parameters(settings)?),
        };
        let mut smtp = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(&settings.server)
            .port(settings.port())
            .tls(tls)
            .hello_name(ClientId::Domain(state.computer_name.clone()))
            .timeout(Some(TIMEOUT));
        match settings.authentication {
            MailAuthentication::None => {}
            MailAuthentication::Password => {
                let password = state.secret_files.read(Secret::MailPassword);
                let password = password.map_err(|error| format!("the mail password: {error}"))?;
                let password = password.ok_or("there is no mail password: papergate mail secret password")?;
                smtp = smtp
                    .credentials(Credentials::new(settings.user.clone(), password.as_str().to_owned()))
                    .authentication(vec![Mechanism::Plain, Mechanism::Login]);
            }
            MailAuthentication::Microsoft | MailAuthentication::Google => {
                let token = oauth::access(state, settings).await?;
                smtp = smtp
                    .credentials(Credentials::new(settings.user.clone(), token.as_str().to_owned()))
                    .authentication(vec![Mechanism::Xoauth2]);
            }
        }
        Ok(Self { smtp: smtp.build(), from, host: state.computer_name.clone() })
    }

    /// Sends one mail. `key` makes the same Message-ID of the same event, so that a mail server's or a reader's own
    /// suppression of duplicates works when an answer was lost.
    pub(super) async fn send(&self, to: &str, text: &Text, key: &str) -> Result<(), NotSent> {
        let address: Address =
            to.parse().map_err(|_| NotSent::Refused(format!("{to} is no e-mail address")))?;
        let digest = digest::digest(&digest::SHA256, format!("{}\n{key}\n{to}", self.host).as_bytes());
        let id: String = digest.as_ref()[..16].iter().map(|byte| format!("{byte:02x}")).collect();
        let message = Message::builder()
            .from(self.from.clone())
            .to(Mailbox::new(None, address))
            .subject(&text.subject)
            .message_id(Some(format!("<{id}@{}>", self.host)))
            .header(AutoSubmitted)
            .header(ContentType::TEXT_PLAIN)
            .body(text.body.clone())
            .map_err(|error| NotSent::Refused(format!("the mail cannot be written: {error}")))?;
        match self.smtp.send(message).await {
            Ok(_) => Ok(()),
            Err(error) => Err(judge(&error)),
        }
    }
}

fn judge(error: &lettre::transport::smtp::Error) -> NotSent {
    use lettre::transport::smtp::response::Category;
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(inner) = cause {
        text = format!("{text}: {inner}");
        cause = inner.source();
    }
    match error.status() {
        // RFC 4954 section 6: 53x and 454 are about who logs in, not about the mail.
        Some(code) if code.category == Category::Unspecified3 => NotSent::Nothing(text),
        Some(_) if error.is_permanent() => NotSent::Refused(text),
        Some(_) => NotSent::Later(text),
        None => NotSent::Nothing(text),
    }
}

fn parameters(settings: &MailSettings) -> Result<TlsParameters, String> {
    let mut builder = TlsParameters::builder(settings.server.clone());
    if let Some(file) = &settings.ca_file {
        let failed = |error: &dyn std::fmt::Display| format!("the setting mail.ca-file: {error}");
        let pem = std::fs::read(file).map_err(|error| failed(&error))?;
        let certificates = Certificate::from_pem(&pem).map_err(|error| failed(&error))?;
        builder = builder.add_root_certificate(certificates);
    }
    builder.build().map_err(|error| format!("TLS to {}: {error}", settings.server))
}

/// RFC 3834 section 5: nobody's holiday answers a machine.
#[derive(Clone)]
struct AutoSubmitted;

impl lettre::message::header::Header for AutoSubmitted {
    fn name() -> lettre::message::header::HeaderName {
        lettre::message::header::HeaderName::new_from_ascii_str("Auto-Submitted")
    }

    fn parse(_: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Self)
    }

    fn display(&self) -> lettre::message::header::HeaderValue {
        lettre::message::header::HeaderValue::new(Self::name(), "auto-generated".to_owned())
    }
}

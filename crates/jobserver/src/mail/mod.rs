//! Mails: written into an outbox with what they tell of, and sent from there until the mail server has them.
//!
//! - [`send`]: what everybody calls. One mail an event, by its key; durable when it answers.
//! - `deliver`: the task that empties the outbox, with growing pauses and an end.
//! - `transport`: SMTP, by the settings; `oauth`: fresh access tokens.
//! - `template`: the built-in texts, and the files that override them.
//! - `deletion`: warnings before a document is deleted, and notes after.
//! - `refusal`: documents that were refused or do not come out.
//! - `alerts`: errors of the event log, mailed to the administrator.

mod alerts;
pub(crate) mod deletion;
mod deliver;
pub(crate) mod oauth;
pub(crate) mod refusal;
mod template;
mod transport;

#[cfg(test)]
pub(crate) mod tests;
#[cfg(test)]
mod tests_dovecot;

use std::collections::HashSet;
use std::path::PathBuf;

use domain::event::Severity;
use domain::mail::{Kind, Tags, Text};
use domain::user::User;
use domain::{JobId, Status};
use lettre::Address;
use storage::core::{NewMail, Posted};
use tokio::sync::{Mutex, Notify};

use crate::failed::Failed;
use crate::state::State;

pub(crate) use alerts::task as alerts_task;
pub(crate) use deliver::{task, test};
pub(crate) use template::{preview, uses};

/// Mails that may wait; more are not taken.
const WAITING_MAX: i64 = 100_000;
/// Ties a sealed mail to its place.
const SEAL: &str = "mail";

/// What the mail room shares.
pub(crate) struct Mailroom {
    /// Templates an administrator drops in: `DATA/templates`.
    pub(crate) templates: PathBuf,
    /// There is something to send.
    pub(crate) wake: Notify,
    /// One pass over the outbox at a time: two would send the same mail twice.
    pub(crate) passing: Mutex<()>,
    /// One look at the event log at a time.
    pub(crate) alerting: std::sync::Mutex<()>,
    /// Documents whose owners were warned.
    pub(crate) warned: std::sync::Mutex<HashSet<JobId>>,
    /// The access token in use.
    pub(crate) token: Mutex<Option<oauth::Token>>,
}

impl Mailroom {
    /// Whether people are mailed their cards and ID codes: when there is a template for it (guide, "EmailCode.txt").
    pub(crate) fn tells_codes(&self) -> bool {
        self.templates.join(Kind::Code.file()).exists()
    }

    pub(crate) fn new(data: &std::path::Path) -> Self {
        Self {
            templates: data.join("templates"),
            wake: Notify::new(),
            passing: Mutex::default(),
            alerting: std::sync::Mutex::default(),
            warned: std::sync::Mutex::default(),
            token: Mutex::default(),
        }
    }
}

/// Writes a mail down to be sent. `key` names what it tells of ("puk:42:1"): asked twice, one mail goes out. Answers false
/// when no mail will come of it: none is configured, the address is none, or it was written down before. Blocks.
///
/// # Errors
/// When the store cannot answer. What the mail tells of should not fail for it: see [`send_or_log`].
pub(crate) fn send(state: &State, kind: Kind, to: &str, tags: &Tags, key: &str) -> Result<bool, Failed> {
    let settings = state.settings();
    let wanted = match kind {
        // Sent when there is a template of one's own (guide, "E-mail templates": EmailCode.txt).
        Kind::Code => state.mail.tells_codes(),
        _ => settings.mail().wants(kind),
    };
    if settings.mail().server.is_empty() || to.trim().is_empty() || !wanted {
        return Ok(false);
    }
    if to.trim().parse::<Address>().is_err() {
        let subject = format!("a mail could not be sent: '{to}' is no e-mail address");
        state
            .events
            .record(state.events.event(Severity::Notice, "mail-address", &subject).object(kind.name()));
        return Ok(false);
    }
    let mut tags = tags.clone();
    tags.set("COMPUTERNAME", &state.computer_name);
    let (template, problem) = template::load(&state.mail.templates, kind);
    if let Some(problem) = problem {
        let subject = format!("the template {} is wrong; the built-in text was sent: {problem}", kind.file());
        state.events.record(state.events.event(Severity::Warning, "mail-template", &subject));
    }
    let Text { subject, body } = template.fill(&tags);
    let sealed = state.keys.seal(SEAL, format!("{subject}\n{body}").as_bytes());
    let recipient = to.trim().to_owned();
    let mail = NewMail { key: key.to_owned(), kind: kind.name(), recipient, sealed, created: state.now() };
    match state.store.mail_post(&mail, WAITING_MAX)? {
        Posted::New => {
            state.mail.wake.notify_one();
            Ok(true)
        }
        Posted::Known => Ok(false),
        Posted::Full => {
            let subject = format!("a mail was not taken: {WAITING_MAX} wait already");
            state
                .events
                .record(state.events.event(Severity::Error, "mail-full", &subject).object(kind.name()));
            Err(Failed::refused(Status::BUSY, subject))
        }
    }
}

/// As [`send`] for what must not fail because of a mail.
pub(crate) fn send_or_log(state: &State, kind: Kind, to: &str, tags: &Tags, key: &str) {
    if let Err(failed) = send(state, kind, to, tags, key) {
        tracing::warn!(kind = kind.name(), key, %failed, "a mail could not be written down");
    }
}

/// The tags that say who a person is.
pub(crate) fn tags_of(user: &User) -> Tags {
    let mut tags = Tags::default();
    let name = if user.full_name.is_empty() { user.logon.as_str() } else { &user.full_name };
    tags.set("USER", name)
        .set("USERLOGON", user.logon.as_str())
        .set("FULLNAME", &user.full_name)
        .set("EMAIL", &user.email);
    tags
}

/// Day and time of day of an instant, in the time zone of this machine, as mails write them.
pub(crate) fn day_and_time(at: domain::Timestamp) -> (String, String) {
    let zoned = jiff::Timestamp::from_microsecond(at.0).map(|at| at.to_zoned(jiff::tz::TimeZone::system()));
    zoned.map_or_else(
        |_| (String::new(), String::new()),
        |at| (at.strftime("%Y-%m-%d").to_string(), at.strftime("%H:%M").to_string()),
    )
}

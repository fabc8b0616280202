//! Empties the outbox: each mail is tried until the mail server has it or it is given up.

use std::time::Duration;

use domain::Status;
use domain::event::Severity;
use domain::mail::{Kind, Text, retry_after};
use rpc::Kind as Cause;
use storage::core::MailRow;

use super::transport::{NotSent, Transport};
use super::{SEAL, oauth};
use crate::failed::Failed;
use crate::state::Jobserver;

/// Mails of one pass, over one connection.
const BATCH_MAX: i64 = 50;
/// How often the outbox is looked at without being woken.
const IDLE: Duration = Duration::from_secs(15);
/// Pause after a pass in which no mail could be sent at all.
const PAUSE: Duration = Duration::from_secs(60);
/// Mails that ended are remembered so long, so that their keys are known.
const REMEMBERED: Duration = Duration::from_secs(400 * 86_400);
/// Longest reason that is kept.
const ERROR_MAX: usize = 500;

/// Delivers until the stop. A mail on its way when the process dies may go out twice with the same Message-ID; none is lost.
pub(crate) async fn task(server: Jobserver) {
    let stop = server.0.stop.token();
    loop {
        let wait = match pass(&server).await {
            Ok(Passed::More) => Duration::ZERO,
            Ok(Passed::Done) => IDLE,
            Ok(Passed::Stuck) => PAUSE,
            Err(error) => {
                tracing::warn!(%error, "the outbox of mails cannot be read; it is tried again");
                PAUSE
            }
        };
        let waiting = async {
            if wait == IDLE {
                let _ = tokio::time::timeout(wait, server.0.mail.wake.notified()).await;
            } else {
                tokio::time::sleep(wait).await;
            }
        };
        if stop.run_until_cancelled(waiting).await.is_none() {
            return;
        }
    }
}

/// How a pass went.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Passed {
    /// Everything that was due was tried.
    Done,
    /// There may be more.
    More,
    /// No mail can be sent now.
    Stuck,
}

/// Tries what is due.
///
/// # Errors
/// When the store cannot answer.
pub(super) async fn pass(server: &Jobserver) -> Result<Passed, Failed> {
    let _one = server.0.mail.passing.lock().await;
    let settings = server.0.settings().mail();
    if settings.server.is_empty() {
        return Ok(Passed::Done);
    }
    let due = server
        .blocking(|state| {
            state.store.mails_forget(state.now().minus(REMEMBERED), 1_000)?;
            state.store.mails_due(state.now(), BATCH_MAX)
        })
        .await?;
    if due.is_empty() {
        return Ok(Passed::Done);
    }
    let count = due.len();
    let transport = match Transport::open(&server.0, &settings).await {
        Ok(transport) => transport,
        Err(error) => {
            stuck(server, &due[0], &error).await?;
            return Ok(Passed::Stuck);
        }
    };
    for mail in due {
        let Some(text) = unsealed(server, &mail) else {
            give_up(server, &mail, "its text was sealed by other keys").await?;
            continue;
        };
        match transport.send(&mail.recipient, &text, &mail.key).await {
            Ok(()) => {
                tracing::info!(mail.id = mail.id, kind = mail.kind, "a mail was sent");
                server.blocking(move |state| state.store.mail_sent(mail.id, state.now())).await?;
            }
            Err(NotSent::Refused(error)) => give_up(server, &mail, &error).await?,
            Err(NotSent::Later(error)) => later(server, &mail, &error).await?,
            Err(NotSent::Nothing(error)) => {
                oauth::forget(&server.0).await;
                stuck(server, &mail, &error).await?;
                return Ok(Passed::Stuck);
            }
        }
    }
    Ok(if i64::try_from(count).is_ok_and(|count| count == BATCH_MAX) { Passed::More } else { Passed::Done })
}

/// Sends one mail now.
///
/// # Errors
/// Status 90 with the mail server's word.
pub(crate) async fn test(server: &Jobserver, to: &str) -> Result<(), Failed> {
    let settings = server.0.settings().mail();
    let refused = |text: String| Failed::new(Cause::Refused, Status::GENERAL_FAILURE, text);
    if settings.server.is_empty() {
        return Err(refused("no mail server is set: papergate settings set mail.server HOST".to_owned()));
    }
    let transport = Transport::open(&server.0, &settings).await.map_err(refused)?;
    let text = Text {
        subject: format!("[Papergate] Test from {}", server.0.computer_name),
        body: "This is a test. The mail settings of Papergate work.\n".to_owned(),
    };
    let key = format!("test:{}", server.0.now().0);
    match transport.send(to, &text, &key).await {
        Ok(()) => Ok(()),
        Err(NotSent::Refused(error) | NotSent::Later(error) | NotSent::Nothing(error)) => {
            oauth::forget(&server.0).await;
            Err(refused(format!("the mail was not sent: {error}")))
        }
    }
}

fn unsealed(server: &Jobserver, mail: &MailRow) -> Option<Text> {
    let text = server.0.keys.unseal(SEAL, &mail.sealed)?;
    let (subject, body) = std::str::from_utf8(&text).ok()?.split_once('\n')?;
    Some(Text { subject: subject.to_owned(), body: body.to_owned() })
}

async fn later(server: &Jobserver, mail: &MailRow, error: &str) -> Result<(), Failed> {
    let attempts = u32::try_from(mail.attempts + 1).unwrap_or(u32::MAX);
    match retry_after(attempts) {
        Some(pause) => {
            let (id, error) = (mail.id, shorten(error));
            tracing::warn!(mail.id = id, %error, "a mail was not sent; it is tried again");
            server
                .blocking(move |state| {
                    let now = state.now();
                    state.store.mail_tried(id, &error, Some(now.plus(pause)), now)
                })
                .await
        }
        None => give_up(server, mail, error).await,
    }
}

/// No mail can be sent: the first in line counts the try, the others wait without counting.
async fn stuck(server: &Jobserver, mail: &MailRow, error: &str) -> Result<(), Failed> {
    if mail.attempts == 0 {
        let subject = format!("mails cannot be sent: {}", shorten(error));
        server.0.events.record(server.0.events.event(Severity::Warning, "mail-stuck", &subject));
    }
    later(server, mail, error).await
}

async fn give_up(server: &Jobserver, mail: &MailRow, error: &str) -> Result<(), Failed> {
    let subject = format!("a mail to {} was given up: {}", mail.recipient, shorten(error));
    let kind = Kind::from_name(&mail.kind).map_or("mail", Kind::name);
    server.0.events.record(server.0.events.event(Severity::Notice, "mail-failed", &subject).object(kind));
    let (id, error) = (mail.id, shorten(error));
    server.blocking(move |state| state.store.mail_tried(id, &error, None, state.now())).await
}

fn shorten(text: &str) -> String {
    text.chars().take(ERROR_MAX).collect()
}

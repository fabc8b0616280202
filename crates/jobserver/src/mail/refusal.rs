//! Tells people by mail that a document of theirs was refused, or waits in a push queue and does not come out (guide, "User's
//! computer: Please contact your administrator"). IPP and LPD say it to the program that prints; this says it to the person.

use domain::job::Job;
use domain::mail::Kind;
use domain::user::User;
use domain::{Logon, Status, UserId};

use super::{send_or_log, tags_of};
use crate::failed::Failed;
use crate::state::{Jobserver, State};
use crate::submit::Submission;

/// A person gets one mail of refused documents in this time: a program that tries again and again must not fill a mailbox.
const PAUSE_US: i64 = 600_000_000;

/// A document was refused while or after it was sent: whom it would have belonged to is told, as far as the logon says it. Who
/// only claimed to be somebody is told nothing: it would be somebody else.
pub(crate) async fn refused(server: &Jobserver, submission: Submission, failed: &Failed) {
    if failed.status == Status::ACCESS_DENIED || !server.0.settings().mail().wants(Kind::JobRefused) {
        return;
    }
    let why = failed.message.clone();
    let told = server.blocking(move |state| {
        let Some(user) = person(state, &submission)? else { return Ok(()) };
        let key = format!("job-refused:{}:{}", user.id, state.now().0 / PAUSE_US);
        tell(state, &user, (&submission.name, &submission.queue), &why, &key);
        Ok::<_, Failed>(())
    });
    if let Err(failed) = told.await {
        tracing::debug!(%failed, "a person could not be told of a refused document");
    }
}

/// A document of a push queue did not come out and is held. Told once a document. Blocks.
pub(crate) fn held(state: &State, job: &Job) {
    if !state.settings().mail().wants(Kind::JobRefused) || job.owner == UserId(0) {
        return;
    }
    match state.store.user_show(job.owner) {
        Ok(Some((user, _))) => {
            let key = format!("job-held:{}", job.id);
            tell(state, &user, (&job.name, &job.queue_name), &job.message, &key);
        }
        Ok(None) => {}
        Err(error) => {
            tracing::debug!(%error, job.id = job.id.0, "the owner of a held document could not be told")
        }
    }
}

fn tell(state: &State, user: &User, (document, queue): (&str, &str), why: &str, key: &str) {
    let mut tags = tags_of(user);
    tags.set("DOCUMENTNAME", document).set("QUEUENAME", queue).set("REASON", why);
    send_or_log(state, Kind::JobRefused, &user.email, &tags, key);
}

/// The person of the logon that the network told.
fn person(state: &State, submission: &Submission) -> Result<Option<User>, Failed> {
    let (domain, logon) = domain::text::split_domain(&submission.network_logon);
    let Ok(logon) = Logon::parse(logon) else { return Ok(None) };
    let candidates = state.store.users_by_logon(&logon)?;
    let chosen = domain::user::choose(&candidates, |(user, _)| user, domain.unwrap_or_default());
    Ok(chosen.map(|(user, _)| user.clone()))
}

//! What a client session (port 7700) may ask for: submit, and look after one's own documents.

use domain::JobId;
use domain::event::Severity;
use domain::secret::Password;
use domain::user::User;

use crate::failed::Failed;
use crate::people::delegates::{self, OwnDelegate, Side, Wish};
use crate::session::Document;
use crate::state::Jobserver;
use crate::submit::{Incoming, Submission};

/// A person who has proved who they are by logon and password.
pub struct ClientSession {
    server: Jobserver,
    user: User,
}

/// What the server says about itself.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ServerInfo {
    /// Name of the machine.
    pub computer_name: String,
    /// Version of the program.
    pub version: &'static str,
    /// Name of the group of servers (guide, "Server group").
    pub group: String,
    /// People may register a card at a device with logon and password.
    pub registers_by_login: bool,
    /// Queues a document may be sent to.
    pub queues: Vec<String>,
}

impl Jobserver {
    /// Lets a person in by logon (with or without domain) and password.
    ///
    /// # Errors
    /// Status 15 for an unknown user or a wrong password, 51 when the account is locked.
    pub async fn client_login(&self, logon: &str, password: Password) -> Result<ClientSession, Failed> {
        let user = crate::login::by_password(self, logon, password).await?;
        let event = self.0.events.event(
            Severity::Audit,
            "login",
            &format!("{} logged in with a program", user.logon),
        );
        self.0.events.audit_or_log(event.user(user.logon.as_str())).await;
        Ok(ClientSession { server: self.clone(), user })
    }

    /// What the server says about itself; no login needed.
    ///
    /// # Errors
    /// Status 17 when the store is away.
    pub async fn server_info(&self) -> Result<ServerInfo, Failed> {
        crate::server_info::server_info(self).await
    }
}

impl ClientSession {
    /// Who.
    pub fn user(&self) -> &User {
        &self.user
    }

    /// Begins a document; the person's logon and proof are filled in here. Write the bytes to the
    /// answer and finish it with a [`domain::PageCount`] (pending is allowed: the server then counts by itself).
    ///
    /// # Errors
    /// Refusals of the queue, status 107 when the disk is full.
    pub async fn submit(&self, submission: Submission) -> Result<Incoming, Failed> {
        let submission = Submission {
            network_logon: self.user.logon.as_str().to_owned(),
            authenticated: true,
            ..submission
        };
        crate::submit::begin(&self.server, submission).await
    }

    /// The person's documents, oldest first.
    ///
    /// # Errors
    /// Status 17 when the store is away.
    pub async fn documents(&self) -> Result<Vec<Document>, Failed> {
        crate::documents::documents(&self.server, &self.user, None).await
    }

    /// Keeps a document after printing, or not.
    ///
    /// # Errors
    /// The refusals of [`domain::collect::DocumentRefused`].
    pub async fn retain(&self, job: JobId, retain: bool) -> Result<Document, Failed> {
        crate::documents::retain(&self.server, self.user.id, job, retain).await
    }

    /// Deletes a document; one that prints is deleted when it stops.
    ///
    /// # Errors
    /// The refusals of [`domain::collect::DocumentRefused`].
    pub async fn delete(&self, job: JobId) -> Result<(), Failed> {
        crate::documents::delete(&self.server, self.user.id, job).await
    }

    /// The person's delegations, of both sides.
    ///
    /// # Errors
    /// Status 17 when the store is away.
    pub async fn delegations(&self) -> Result<Vec<OwnDelegate>, Failed> {
        let person = self.user.id;
        self.server.blocking(move |state| delegates::own(state, person)).await
    }

    /// Asks for a delegation with the person of this logon, answers one, or ends it.
    ///
    /// # Errors
    /// The refusals of [`domain::people::delegate::DelegateRefused`]; status 54 for an unknown logon; busy after many
    /// requests.
    pub async fn delegate(&self, other: String, side: Side, wish: Wish) -> Result<(), Failed> {
        delegates::wish(&self.server, self.user.id, other, side, wish).await
    }
}

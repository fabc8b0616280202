//! A connection on 7700: a person's program that logs in, submits, and looks after the person's documents.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, PoisonError};

use bytes::Bytes;
use domain::PageCount;
use domain::secret::Password;
use service::{Clock, Stop};
use wire::safecom::records::{
    Delegate, DelegationsAnswer, Delete, Login, LoginAnswer, LoginStep, Retain, Submit, SubmitAnswer,
};
use wire::safecom::{Answer, Ended, Port, Request, ServerEvent, Status};

use crate::client::ClientSession;
use crate::failed::Failed;
use crate::submit::Incoming;

use super::accept::{Admitted, Opened, Place};
use super::changes::{self, Tally};
use super::pump::{self, Pump};
use super::{Shared, convert, device};
use crate::connections::Listed;

/// Serves one connection to its end.
pub(super) async fn serve(admitted: Admitted, shared: Arc<Shared>) {
    let Some(opened) = super::open(admitted, Port::Clients, &shared, INPUT_BYTES).await else { return };
    let listed = shared.listed(super::CLIENTS, &opened);
    let Opened { pump, address, clock, stop, place: _place, .. } = opened;
    let submissions = HashMap::new();
    let mut face = Face { pump, shared, address, clock, person: None, submissions, _place, listed };
    face.run(stop).await;
}

/// One program's connection.
struct Face {
    pump: Pump,
    shared: Arc<Shared>,
    address: SocketAddr,
    clock: Clock,
    person: Option<ClientSession>,
    /// Documents on their way in, by request. The protocol bounds their number.
    submissions: HashMap<u32, Arriving>,
    _place: Place,
    listed: Listed,
}

/// A document on its way in.
struct Arriving {
    incoming: Incoming,
    bytes: u64,
}

impl Face {
    async fn run(&mut self, stop: Stop) {
        let mut stopping = false;
        loop {
            if stopping && self.submissions.is_empty() && !self.pump.session.is_ended() {
                self.pump.session.goodbye(Status::Restart);
            }
            tokio::select! {
                event = self.pump.next() => match event {
                    Some(event) => self.event(event).await,
                    None => return,
                },
                () = stop.soft(), if !stopping => stopping = true,
            }
        }
    }

    async fn event(&mut self, event: ServerEvent) {
        match event {
            ServerEvent::Request { id, request } => self.request(id, request).await,
            ServerEvent::Data { id, bytes, last } => self.data(id, bytes, last).await,
            ServerEvent::Aborted { id, abort } => {
                self.submissions.remove(&id);
                self.answer(id, Answer::refused(abort.status, abort.text));
            }
            ServerEvent::Ended(ended) => {
                if let Ended::Fault(fault) = &ended {
                    tracing::warn!(peer = %self.address, %fault, "a program was cut off");
                } else {
                    tracing::debug!(peer = %self.address, ?ended, "a program's connection ended");
                }
                // A document that was not finished leaves nothing.
                self.submissions.clear();
            }
            // Devices and documents for them are served on the other port.
            ServerEvent::Authenticate { .. } | ServerEvent::Released { .. } | ServerEvent::Room { .. } => {}
        }
    }

    async fn request(&mut self, id: u32, request: Request) {
        let answer = match request {
            Request::Login(login) => self.login(&login).await,
            Request::ServerInfo => self.server_info().await,
            Request::Submit(submit) => return self.submit(id, submit).await,
            Request::Documents(wanted) => return self.list(id, wanted.after_id, wanted.limit).await,
            Request::Logout => {
                self.person = None;
                self.listed.is("");
                Answer::Done
            }
            Request::Retain(retain) => self.retain(&retain).await,
            Request::Delete(delete) => self.delete(&delete).await,
            Request::Delegations => self.delegations().await,
            Request::Delegate(delegate) => self.delegate(&delegate).await,
            // The session answers these itself, or they belong to the other side or port.
            Request::Hello(_)
            | Request::Authenticate(_)
            | Request::KeepAlive
            | Request::Print(_)
            | Request::Cancel(_)
            | Request::Register(_)
            | Request::PinChange(_)
            | Request::RegisterByLogin(_)
            | Request::WalkupBegin(_)
            | Request::WalkupCounted(_)
            | Request::WalkupEnd(_)
            | Request::Release(_)
            | Request::Accounts(_)
            | Request::Movements(_)
            | Request::Move(_)
            | Request::Totals
            | Request::Records(_)
            | Request::Report(_) => Answer::refused_as(Status::UnknownRequest),
        };
        self.answer(id, answer);
    }

    async fn login(&mut self, login: &Login) -> Answer {
        let address = self.address.ip();
        let wait = {
            let guard = self.shared.guard.lock().unwrap_or_else(PoisonError::into_inner);
            guard.wait(None, address, pump::now())
        };
        if let Some(wait) = wait {
            let text = format!("too many failed logins; try again in {} seconds", wait.as_secs() + 1);
            return Answer::refused(Status::ServerBusy, text);
        }
        let secret = login.secret.as_ref().map(wire::safecom::Secret::expose).unwrap_or_default();
        let outcome = match Password::parse(secret) {
            Ok(password) => self.shared.server.client_login(login.id.expose(), password).await,
            Err(_) => Err(domain::login::LoginRefused::UserOrPasswordWrong.into()),
        };
        match outcome {
            Ok(person) => {
                let waiting = person.documents().await.map_or(0, |documents| documents.len());
                let user =
                    convert::user(person.user(), i64::try_from(waiting).unwrap_or(i64::MAX), false, None);
                self.listed.is(person.user().logon.as_str());
                self.person = Some(person);
                let step = LoginStep::LoggedIn;
                Answer::Login(LoginAnswer { step, user: Some(user), printed: None, failed: None })
            }
            Err(failed) => {
                if device::is_guess(&failed) {
                    let mut guard = self.shared.guard.lock().unwrap_or_else(PoisonError::into_inner);
                    guard.failed(None, address, pump::now());
                }
                convert::refusal(failed)
            }
        }
    }

    async fn retain(&self, retain: &Retain) -> Answer {
        let Some(person) = &self.person else { return Answer::refused_as(Status::NotLoggedIn) };
        let mut tally = Tally::default();
        for job in convert::jobs(&retain.documents) {
            tally.note(person.retain(job, retain.retain).await);
        }
        tally.answer()
    }

    async fn delete(&self, delete: &Delete) -> Answer {
        let Some(person) = &self.person else { return Answer::refused_as(Status::NotLoggedIn) };
        let mut tally = Tally::default();
        for job in convert::jobs(&delete.documents) {
            tally.note(person.delete(job).await);
        }
        tally.answer()
    }

    async fn delegations(&self) -> Answer {
        let Some(person) = &self.person else { return Answer::refused_as(Status::NotLoggedIn) };
        match person.delegations().await {
            Ok(own) => {
                let delegations = own.iter().map(convert::delegation).collect();
                Answer::Delegations(DelegationsAnswer { delegations })
            }
            Err(failed) => convert::refusal(failed),
        }
    }

    async fn delegate(&self, asked: &Delegate) -> Answer {
        let Some(person) = &self.person else { return Answer::refused_as(Status::NotLoggedIn) };
        let (side, wish) = convert::wish(asked);
        match person.delegate(asked.person.clone(), side, wish).await {
            Ok(()) => Answer::Done,
            Err(failed) => convert::refusal(failed),
        }
    }

    async fn server_info(&self) -> Answer {
        match self.shared.server.server_info().await {
            Ok(info) => {
                Answer::ServerInfo(convert::server_info(info, self.clock.now(), self.person.is_some()))
            }
            Err(failed) => convert::refusal(failed),
        }
    }

    async fn list(&mut self, id: u32, after_id: u64, limit: u32) {
        let documents = match &self.person {
            Some(person) => person.documents().await,
            None => Err(Failed::refused(domain::Status::NOT_LOGGED_IN, "nobody is logged in")),
        };
        match documents {
            Ok(documents) => {
                let documents = changes::page(documents, after_id, limit);
                if let Err(misuse) = self.pump.session.documents(id, documents, true) {
                    tracing::debug!(%misuse, "a listing has nobody to go to");
                }
            }
            Err(failed) => self.answer(id, convert::refusal(failed)),
        }
    }

    async fn submit(&mut self, id: u32, submit: Submit) {
        let Some(person) = &self.person else {
            return self.answer(id, Answer::refused_as(Status::NotLoggedIn));
        };
        match person.submit(convert::submission(submit, self.address.ip().to_string())).await {
            Ok(incoming) => {
                self.submissions.insert(id, Arriving { incoming, bytes: 0 });
            }
            Err(failed) => self.answer(id, convert::refusal(failed)),
        }
    }

    async fn data(&mut self, id: u32, bytes: Bytes, last: bool) {
        let Some(arriving) = self.submissions.get_mut(&id) else { return };
        let length = bytes.len();
        arriving.bytes += length as u64;
        if length > 0
            && let Err(failed) = arriving.incoming.write(bytes).await
        {
            self.submissions.remove(&id);
            return self.answer(id, convert::refusal(failed));
        }
        self.pump.session.consumed(id, length);
        if last && let Some(Arriving { incoming, bytes }) = self.submissions.remove(&id) {
            // Nobody has looked into the data yet: the server counts it by itself.
            let answer = match incoming.finish(PageCount::default(), bytes).await {
                Ok(job) => Answer::Submit(SubmitAnswer { document: convert::id(job.id), bytes }),
                Err(failed) => convert::refusal(failed),
            };
            self.answer(id, answer);
        }
    }

    fn answer(&mut self, id: u32, answer: Answer) {
        if let Err(misuse) = self.pump.session.answer(id, answer, true) {
            tracing::debug!(%misuse, "an answer has nobody to go to");
        }
    }
}

/// Bytes read at once: documents come in here.
const INPUT_BYTES: usize = 64 * 1024;

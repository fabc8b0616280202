//! A connection on 7500: a device that proves itself, and the people at its panel.

use std::net::SocketAddr;
use std::sync::{Arc, PoisonError};
use std::time::Instant;

use domain::JobId;
use domain::device::LoginMethods;
use domain::finishing::Forced;
use domain::people::group::Standing;
use service::{Clock, Stop};
use tokio::sync::mpsc;
use wire::safecom::records::{
    Delete, Hello, Login, LoginAnswer, LoginMethod, LoginStep, Notice, NoticeKind, PinChange, Print,
    PrintAnswer, Retain,
};
use wire::safecom::{Answer, Ended, Ids, Port, Request, ServerEvent, Status};

use crate::failed::Failed;
use crate::people::puk::RegisterRequest;
use crate::session::{DeviceSession, DocumentStream, PrintEvent};

use super::accept::{Admitted, Opened, Place};
use super::changes::{self, Tally};
use super::printers::Registered;
use super::pump::{self, Pump};
use super::release::Releases;
use super::runs::{BeganBy, Runs, Said};
use super::{Shared, convert, walkup};
use crate::connections::Listed;

/// Serves one connection to its end.
pub(super) async fn serve(admitted: Admitted, shared: Arc<Shared>) {
    let Some(opened) = super::open(admitted, Port::Devices, &shared, INPUT_BYTES).await else { return };
    let listed = shared.listed(super::DEVICES, &opened);
    let Opened { pump, address, clock, stop, encrypted, place: _place } = opened;
    let mut face = Face {
        pump,
        shared,
        address,
        clock,
        device: None,
        runs: Runs::default(),
        releases: Releases::new(encrypted),
        documents: None,
        touched: pump::now(),
        stopping: false,
        _place,
        listed,
    };
    face.run(stop).await;
    if let Some(mut device) = face.device {
        device.logout().await;
    }
}

/// One device's connection.
struct Face {
    pump: Pump,
    shared: Arc<Shared>,
    address: SocketAddr,
    clock: Clock,
    /// The operations, once the device has proved itself.
    device: Option<DeviceSession>,
    runs: Runs,
    releases: Releases,
    /// Documents that others hand over to this connection, when it takes any.
    documents: Option<(Registered, mpsc::Receiver<DocumentStream>)>,
    /// When somebody last did something at the panel.
    touched: Instant,
    /// The server ends: what is under way is finished, nothing new begins.
    stopping: bool,
    _place: Place,
    listed: Listed,
}

impl Face {
    async fn run(&mut self, stop: Stop) {
        loop {
            if self.stopping && self.runs.is_empty() && self.releases.is_empty() {
                self.stopping = false;
                self.pump.session.goodbye(Status::Restart);
            }
            let windows = self.releases.windows(&self.pump.session);
            let stall = self.shared.limits.release_stall;
            let idle = self.person_deadline();
            let due = [self.releases.deadline(stall), idle].into_iter().flatten().min();
            tokio::select! {
                event = self.pump.next() => match event {
                    Some(ServerEvent::Ended(ended)) => self.ended(&ended),
                    Some(event) => self.event(event).await,
                    None => return,
                },
                (id, began_by, said) = self.runs.next(), if !self.runs.is_empty() => {
                    self.run_said(id, began_by, said);
                }
                fed = self.releases.fed(&windows), if !self.releases.is_empty() => {
                    self.releases.feed(&mut self.pump.session, fed);
                }
                document = next_document(&mut self.documents) => {
                    self.releases.begin(&mut self.pump.session, "", document);
                }
                () = tokio::time::sleep_until(due.unwrap_or_else(pump::now).into()), if due.is_some() => {
                    self.overdue(idle).await;
                }
                () = stop.soft(), if !self.stopping && !self.pump.session.is_ended() => self.stopping = true,
            }
            self.releases.advance(&mut self.pump.session);
        }
    }

    fn ended(&mut self, ended: &Ended) {
        let device = self.device.as_ref().map(|device| device.device().name.as_str());
        match ended {
            Ended::Goodbye(_) | Ended::Closed | Ended::Lost => {
                tracing::debug!(peer = %self.address, device, ?ended, "a device's connection ended");
            }
            Ended::Fault(fault) => {
                tracing::warn!(peer = %self.address, device, %fault, "a device was cut off")
            }
            Ended::Failure(failure) => {
                tracing::warn!(peer = %self.address, device, text = failure.text, "a device cut us off");
            }
            Ended::Refused(refusal) => {
                tracing::warn!(peer = %self.address, device, text = refusal.text, "a device was turned away");
            }
            Ended::Impostor => {}
        }
        // Documents on their way are lost with the connection: dropping them says so.
        self.releases.clear();
        self.documents = None;
    }

    async fn event(&mut self, event: ServerEvent) {
        match event {
            ServerEvent::Authenticate { hello } => self.authenticate(hello).await,
            ServerEvent::Request { id, request } => self.request(id, request).await,
            ServerEvent::Released { id, outcome } => self.releases.reported(id, outcome),
            // The loop lets every document advance after every event; submissions come in on the other port.
            ServerEvent::Room { .. } | ServerEvent::Data { .. } | ServerEvent::Aborted { .. } => {}
            ServerEvent::Ended(ended) => self.ended(&ended),
        }
    }

    /// Checks the proof of a device that says it is `hello.name`.
    async fn authenticate(&mut self, hello: Hello) {
        if self.wait(None).is_some() {
            return self.pump.session.refuse(Status::ServerBusy, "too many failed attempts; wait a minute");
        }
        let claimed = match self.shared.server.device_claimed(&hello.name).await {
            Ok(claimed) => claimed,
            Err(failed) => return self.turn_away(&failed),
        };
        let methods = convert::login_methods(claimed.device().methods);
        if !self.pump.session.authenticate(claimed.key(), methods) {
            return self.note_failure(None);
        }
        match claimed.proved().await {
            Ok(device) => {
                if hello.prints {
                    self.documents = Some(self.shared.server.0.printers.register(device.device().id));
                    // A push queue may have waited for it.
                    self.shared.server.0.push.wake();
                }
                let name = device.device().name.as_str();
                tracing::info!(device = name, peer = %self.address, product = hello.product, "a device is here");
                self.listed.is(name);
                self.device = Some(device);
            }
            Err(failed) => self.turn_away(&failed),
        }
    }

    fn turn_away(&mut self, failed: &Failed) {
        let status = convert::status(failed.status);
        if status == Status::DeviceNotFound {
            self.note_failure(None);
        }
        self.pump.session.refuse(status, &failed.message);
    }

    async fn request(&mut self, id: u32, request: Request) {
        self.touched = pump::now();
        let answer = match request {
            Request::Login(login) => return self.login(id, &login).await,
            Request::Print(print) => return self.print(id, print).await,
            Request::Documents(wanted) => return self.list(id, wanted.after_id, wanted.limit).await,
            Request::Logout => self.logout().await,
            Request::ServerInfo => self.server_info().await,
            Request::Retain(retain) => self.retain(&retain).await,
            Request::Delete(delete) => self.delete(&delete).await,
            Request::Register(asked) => self.register(|methods| convert::register(methods, &asked)).await,
            Request::RegisterByLogin(asked) => {
                self.register(|methods| convert::register_by_login(methods, &asked)).await
            }
            Request::PinChange(change) => self.pin_change(&change).await,
            // One that is over needs no stopping: the panel may have been a moment late.
            Request::Cancel(cancel) => {
                self.runs.stop(cancel.request);
                Answer::Done
            }
            Request::WalkupBegin(_) if self.stopping => Answer::refused_as(Status::Restart),
            request @ (Request::WalkupBegin(_) | Request::WalkupCounted(_) | Request::WalkupEnd(_)) => {
                self.walkup(request).await
            }
            // The session answers these itself, or they belong to the other side or port.
            Request::Hello(_)
            | Request::Authenticate(_)
            | Request::KeepAlive
            | Request::Release(_)
            | Request::Submit(_)
            | Request::Delegations
            | Request::Delegate(_)
            | Request::Accounts(_)
            | Request::Movements(_)
            | Request::Move(_)
            | Request::Totals
            | Request::Records(_)
            | Request::Report(_) => Answer::refused_as(Status::UnknownRequest),
        };
        self.answer(id, answer, true);
    }

    async fn login(&mut self, id: u32, login: &Login) {
        let device = self.device.as_ref().map(|device| device.device().id.0);
        if let Some(wait) = self.wait(device) {
            let text = format!("too many failed logins here; try again in {} seconds", wait.as_secs() + 1);
            return self.answer(id, Answer::refused(Status::ServerBusy, text), true);
        }
        if self.stopping {
            return self.answer(id, Answer::refused_as(Status::Restart), true);
        }
        let (Some(session), parsed) = (&mut self.device, convert::credential(login)) else {
            return self.answer(id, Answer::refused_as(Status::ConnectionNeverOpened), true);
        };
        let outcome = match parsed {
            Ok((credential, pin)) => session.login(credential, pin).await,
            // What has not even the form of a secret is nobody's: it is told like a wrong one, and counts like one.
            Err(_) => Err(wrong(login.method)),
        };
        match outcome {
            Ok(done) => {
                let print_all = done.printing.is_some();
                let user = Some(convert::user(&done.user, done.documents, print_all, session.balance()));
                let step = LoginStep::LoggedIn;
                let answer = Answer::Login(LoginAnswer { step, user, printed: None, failed: None });
                self.answer(id, answer, !print_all);
                if let Some(run) = done.printing {
                    self.runs.begin(id, BeganBy::Login, run);
                }
            }
            Err(failed) if failed.status == domain::Status::PIN_NEEDED => {
                let step = LoginStep::PinWanted;
                let answer = Answer::Login(LoginAnswer { step, user: None, printed: None, failed: None });
                self.answer(id, answer, true);
            }
            Err(failed) => {
                if is_guess(&failed) {
                    self.note_failure(device);
                }
                self.answer(id, convert::refusal(failed), true);
            }
        }
    }

    async fn logout(&mut self) -> Answer {
        if let Some(device) = &mut self.device {
            device.logout().await;
        }
        Answer::Done
    }

    /// Registers a card or code; guesses of PUKs and passwords count as those of cards do.
    async fn register(
        &mut self,
        parse: impl FnOnce(LoginMethods) -> Result<RegisterRequest, Failed>,
    ) -> Answer {
        let Some(session) = &self.device else { return Answer::refused_as(Status::ConnectionNeverOpened) };
        let device = Some(session.device().id.0);
        if let Some(wait) = self.wait(device) {
            let text = format!("too many failed attempts here; try again in {} seconds", wait.as_secs() + 1);
            return Answer::refused(Status::ServerBusy, text);
        }
        let outcome = match parse(session.device().methods) {
            Ok(request) => session.register(request).await,
            Err(failed) => Err(failed),
        };
        match outcome {
            Ok(()) => Answer::Done,
            Err(failed) => {
                if is_guess(&failed) {
                    self.note_failure(device);
                }
                convert::refusal(failed)
            }
        }
    }

    async fn pin_change(&self, change: &PinChange) -> Answer {
        let Some(device) = &self.device else { return Answer::refused_as(Status::NotLoggedIn) };
        let outcome = match convert::pin_change(change) {
            Ok((old, new, again)) => device.pin_change(old, new, again).await,
            Err(failed) => Err(failed),
        };
        match outcome {
            Ok(()) => Answer::Done,
            Err(failed) => {
                if is_guess(&failed) {
                    self.note_failure(Some(device.device().id.0));
                }
                convert::refusal(failed)
            }
        }
    }

    async fn walkup(&mut self, request: Request) -> Answer {
        let answer = match &mut self.device {
            Some(device) => walkup::answer(device, request).await,
            None => None,
        };
        answer.unwrap_or_else(|| Answer::refused_as(Status::ConnectionNeverOpened))
    }

    async fn retain(&self, retain: &Retain) -> Answer {
        let Some(device) = &self.device else { return Answer::refused_as(Status::NotLoggedIn) };
        let mut tally = Tally::default();
        for job in convert::jobs(&retain.documents) {
            tally.note(device.retain(job, retain.retain).await);
        }
        tally.answer()
    }

    async fn delete(&self, delete: &Delete) -> Answer {
        let Some(device) = &self.device else { return Answer::refused_as(Status::NotLoggedIn) };
        let mut tally = Tally::default();
        for job in convert::jobs(&delete.documents) {
            tally.note(device.delete(job).await);
        }
        tally.answer()
    }

    async fn server_info(&self) -> Answer {
        match self.shared.server.server_info().await {
            Ok(info) => Answer::ServerInfo(convert::server_info(info, self.clock.now(), false)),
            Err(failed) => convert::refusal(failed),
        }
    }

    async fn list(&mut self, id: u32, after_id: u64, limit: u32) {
        let Some(device) = &self.device else { return };
        match device.documents().await {
            Ok(documents) => {
                let documents = changes::page(documents, after_id, limit);
                if let Err(misuse) = self.pump.session.documents(id, documents, true) {
                    tracing::debug!(%misuse, "a listing has nobody to go to");
                }
            }
            Err(failed) => self.answer(id, convert::refusal(failed), true),
        }
    }

    async fn print(&mut self, id: u32, print: Print) {
        let Some(device) = &self.device else { return };
        let refusal = if self.stopping {
            Some(Answer::refused_as(Status::Restart))
        } else if self.runs.len() >= RUNS_MAX {
            Some(Answer::refused(Status::ServerBusy, "this panel prints enough already"))
        } else {
            None
        };
        if let Some(refusal) = refusal {
            return self.answer(id, refusal, true);
        }
        let Ids(ids) = &print.documents;
        let copies = print.copies.map(i32::from);
        let forced =
            Forced { mono: print.mono, duplex: print.duplex, toner_save: print.toner_save == Some(true) };
        let run = match (ids.is_empty(), copies) {
            (false, copies) => device.print_forced(convert::jobs(&print.documents), copies, forced).await,
            (true, None) if forced == Forced::default() => device.print_all().await,
            (true, copies) => self.print_all_changed(copies, forced).await,
        };
        match run {
            Ok(run) => self.runs.begin(id, BeganBy::Print, run),
            Err(failed) => self.answer(id, convert::refusal(failed), true),
        }
    }

    /// Printing all with other settings than asked for at submission: what waits now, oldest first.
    async fn print_all_changed(
        &self,
        copies: Option<i32>,
        forced: Forced,
    ) -> Result<crate::session::PrintRun, Failed> {
        let Some(device) = &self.device else { return Err(not_logged_in()) };
        device.may_print_all()?;
        let waiting = device.documents().await?;
        // What others share is printed by choosing it.
        let own =
            waiting.iter().filter(|document| !document.printing && document.standing == Standing::Owner);
        let jobs: Vec<JobId> = own.map(|document| document.id).collect();
        device.print_forced(jobs, copies, forced).await
    }

    fn run_said(&mut self, id: u32, began_by: BeganBy, said: Said) {
        self.touched = pump::now();
        let event = match said {
            Said::Event(event) => event,
            Said::Gone => {
                tracing::error!("a print run ended without a word");
                return self.answer(id, Answer::refused_as(Status::GeneralFailure), true);
            }
        };
        if let Some(progress) = convert::progress(&event) {
            if let Err(misuse) = self.pump.session.progress(id, progress) {
                tracing::debug!(%misuse, "news of a run has nobody to go to");
            }
            return;
        }
        match event {
            PrintEvent::Stream(document) => self.stream(document),
            PrintEvent::Warned { message, .. } => self.pump.session.notice(Notice {
                kind: NoticeKind::Message,
                status: Status::Done,
                text: message,
                server: None,
            }),
            PrintEvent::Done { printed, failed } => {
                let answer = match began_by {
                    BeganBy::Print => Answer::Print(PrintAnswer { printed, failed }),
                    BeganBy::Login => Answer::Login(LoginAnswer {
                        step: LoginStep::PrintedAll,
                        user: None,
                        printed: Some(printed),
                        failed: Some(failed),
                    }),
                };
                self.answer(id, answer, true);
            }
            PrintEvent::Started { .. }
            | PrintEvent::Progress { .. }
            | PrintEvent::Stopped { .. }
            | PrintEvent::Printed { .. }
            | PrintEvent::Failed { .. } => {}
        }
    }

    /// A document that travels through a connection of this device: this one, or that of its printer.
    fn stream(&mut self, document: DocumentStream) {
        let Some(device) = &self.device else { return };
        if self.documents.is_some() {
            let owner = device.person().map_or("", |person| person.logon.as_str()).to_owned();
            self.releases.begin(&mut self.pump.session, &owner, document);
        } else {
            self.shared.server.0.printers.hand_over(device.device().id, document);
        }
    }

    /// When the person at the panel will have been idle for too long.
    fn person_deadline(&self) -> Option<Instant> {
        let busy = !self.runs.is_empty() || !self.releases.is_empty();
        (self.pump.session.has_person() && !busy).then(|| self.touched + self.shared.limits.person_idle)
    }

    async fn overdue(&mut self, idle: Option<Instant>) {
        if self.releases.is_stalled(self.shared.limits.release_stall) {
            tracing::warn!(peer = %self.address, "a device takes no data and does not report; it is cut off");
            self.pump.session.goodbye(Status::ConnectionTimeout);
        } else if idle.is_some_and(|idle| pump::now() >= idle) {
            self.logout().await;
            self.pump.session.notice(Notice {
                kind: NoticeKind::LoggedOut,
                status: Status::NoResponse,
                text: "nobody touched the panel for too long".to_owned(),
                server: None,
            });
        }
    }

    fn wait(&self, device: Option<i64>) -> Option<std::time::Duration> {
        let guard = self.shared.guard.lock().unwrap_or_else(PoisonError::into_inner);
        guard.wait(device, self.address.ip(), pump::now())
    }

    fn note_failure(&self, device: Option<i64>) {
        let mut guard = self.shared.guard.lock().unwrap_or_else(PoisonError::into_inner);
        guard.failed(device, self.address.ip(), pump::now());
    }

    fn answer(&mut self, id: u32, answer: Answer, last: bool) {
        if let Err(misuse) = self.pump.session.answer(id, answer, last) {
            tracing::debug!(%misuse, "an answer has nobody to go to");
        }
    }
}

/// What a login with something that cannot be a secret is told.
fn wrong(method: LoginMethod) -> Failed {
    use domain::login::LoginRefused;
    match method {
        LoginMethod::Card | LoginMethod::Code => LoginRefused::CardUnknown.into(),
        LoginMethod::Logon => LoginRefused::UserOrPasswordWrong.into(),
    }
}

fn not_logged_in() -> Failed {
    Failed::refused(domain::Status::NOT_LOGGED_IN, "nobody is logged in at this device")
}

/// Whether a refused login may have been somebody guessing.
pub(super) fn is_guess(failed: &Failed) -> bool {
    let guesses =
        [Status::CardUnknown, Status::AccessViolation, Status::LogonOrPasswordWrong, Status::AccountLocked];
    guesses.contains(&convert::status(failed.status))
}

/// The next document that others hand over; never when this connection takes none.
async fn next_document(
    documents: &mut Option<(Registered, mpsc::Receiver<DocumentStream>)>,
) -> DocumentStream {
    if let Some((_, received)) = documents
        && let Some(document) = received.recv().await
    {
        return document;
    }
    std::future::pending().await
}

/// Bytes read at once: what devices say is short.
const INPUT_BYTES: usize = 4 * 1024;
/// Print runs of one panel at once.
const RUNS_MAX: usize = 2;

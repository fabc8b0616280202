//! A port where a person's program logs in with logon and password, and asks one thing after the other (7400, 7900).
//!
//! Nothing is decided here. Whoever logs in is proved, and whatever they ask is authorised and written down, by the jobserver:
//! every call goes there with the person's own credentials (`rpc::person`), and what it may not do comes back as a refusal.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use service::{Context, Timestamp};
use tonic::Request as Call;
use tonic::metadata::{Ascii, MetadataValue};
use wire::safecom::records::{Login, LoginAnswer, LoginStep, ServerInfo, User};
use wire::safecom::{Answer, Ended, Port, Request, Secret, ServerEvent, Status};
use zeroize::Zeroizing;

use crate::accept::{self, Admitted, Gate, Ground, Opened};
use crate::guard::Guard;
use crate::pump::{self, Pump};

/// Bytes read at once: requests are small.
const INPUT_BYTES: usize = 8 * 1024;

/// Bounds of such a port.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Connections at once.
    pub connections_max: usize,
    /// Connections from one address at once.
    pub per_address_max: usize,
    /// Failed logins from one address before further ones wait.
    pub failures_per_address: u32,
    /// Time in which they are forgotten.
    pub failures_forgotten: Duration,
    /// How long writing to a peer may make no headway.
    pub write_stall: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections_max: 500,
            per_address_max: 50,
            failures_per_address: 30,
            failures_forgotten: Duration::from_secs(60),
            write_stall: Duration::from_secs(60),
        }
    }
}

/// What one port does with requests of somebody who is logged in.
pub trait Desk: Send + Sync + 'static {
    /// Which port.
    const PORT: Port;

    /// Whether this person may do anything here: the cheapest call that tells.
    fn admit(&self, person: &Person) -> impl Future<Output = Result<(), tonic::Status>> + Send;

    /// Answers a request in one or more parts; the last one ends it.
    fn answer(
        &self,
        person: &Person,
        request: Request,
    ) -> impl Future<Output = Result<Vec<Answer>, tonic::Status>> + Send;
}

/// Somebody who is logged in, with what every call of theirs carries.
pub struct Person {
    logon: String,
    credentials: MetadataValue<Ascii>,
    address: SocketAddr,
}

impl Person {
    /// `None` when logon or password cannot be sent: they are nobody's then.
    fn new(logon: &str, password: &str, address: SocketAddr) -> Option<Self> {
        let pair = Zeroizing::new(format!("{logon}:{password}"));
        let text = Zeroizing::new(format!("Basic {}", STANDARD.encode(pair.as_bytes())));
        let mut credentials = MetadataValue::try_from(text.as_str()).ok()?;
        credentials.set_sensitive(true);
        Some(Self { logon: logon.to_owned(), credentials, address })
    }

    /// A call of theirs.
    pub fn call<T>(&self, message: T) -> Call<T> {
        let mut call = Call::new(message);
        call.metadata_mut().insert("authorization", self.credentials.clone());
        rpc::person::put_address(call.metadata_mut(), self.address);
        call
    }
}

/// Opens `port` and serves `desk` on it until the stop. `what` names the listener.
///
/// # Errors
/// When the port cannot be opened.
pub async fn start<C: Clone + Send + Sync + 'static, D: Desk>(
    context: &Context<C>,
    what: &'static str,
    port: u16,
    desk: D,
    limits: Limits,
) -> anyhow::Result<()> {
    let listener = context.listen_tcp(what, port).await?;
    let guard = Guard::new(u32::MAX, limits.failures_per_address, limits.failures_forgotten);
    let shared = Arc::new(Shared { desk, guard: Mutex::new(guard), limits });
    let gate = Gate::new(limits.connections_max, limits.per_address_max);
    context.tasks.spawn(accept::serve(listener, gate, Ground::of(context), shared, serve::<D>));
    Ok(())
}

struct Shared<D> {
    desk: D,
    guard: Mutex<Guard>,
    limits: Limits,
}

/// Who the server is; nothing in it is secret.
fn info(now: Timestamp) -> ServerInfo {
    ServerInfo {
        name: rustix::system::uname().nodename().to_string_lossy().into_owned(),
        product: format!("Papergate {}", env!("CARGO_PKG_VERSION")),
        group: String::new(),
        time_us: now.0,
        features: Vec::new(),
        queues: Vec::new(),
    }
}

async fn serve<D: Desk>(admitted: Admitted, shared: Arc<Shared<D>>) {
    let info = info(admitted.clock.now());
    let Some(opened) = admitted.open(D::PORT, Ok(info), INPUT_BYTES, shared.limits.write_stall) else {
        return;
    };
    let Opened { pump, address, clock, stop, place: _place, .. } = opened;
    let mut face = Face { pump, shared, address, person: None };
    let mut stopping = false;
    loop {
        if stopping && !face.pump.session.is_ended() {
            face.pump.session.goodbye(Status::Restart);
        }
        tokio::select! {
            event = face.pump.next() => match event {
                Some(ServerEvent::Request { id, request }) => face.request(id, request, &clock).await,
                Some(ServerEvent::Ended(Ended::Fault(fault))) => {
                    tracing::warn!(peer = %face.address, %fault, "a program was cut off");
                }
                // Devices, documents and their data are served on other ports.
                Some(_) => {}
                None => return,
            },
            () = stop.soft(), if !stopping => stopping = true,
        }
    }
}

struct Face<D> {
    pump: Pump,
    shared: Arc<Shared<D>>,
    address: SocketAddr,
    person: Option<Person>,
}

impl<D: Desk> Face<D> {
    async fn request(&mut self, id: u32, request: Request, clock: &service::Clock) {
        let answers = match request {
            Request::Login(login) => vec![self.login(&login).await],
            Request::Logout => {
                self.person = None;
                vec![Answer::Done]
            }
            Request::ServerInfo => vec![Answer::ServerInfo(info(clock.now()))],
            request => match &self.person {
                Some(person) => match self.shared.desk.answer(person, request).await {
                    Ok(answers) => answers,
                    Err(status) => vec![refusal(status)],
                },
                None => vec![Answer::refused_as(Status::NotLoggedIn)],
            },
        };
        let last = answers.len().saturating_sub(1);
        for (at, answer) in answers.into_iter().enumerate() {
            if let Err(misuse) = self.pump.session.answer(id, answer, at == last) {
                tracing::debug!(%misuse, "an answer has nobody to go to");
                return;
            }
        }
    }

    async fn login(&mut self, login: &Login) -> Answer {
        let address = self.address.ip();
        let wait = self.guard(|guard| guard.wait(None, address, pump::now()));
        if let Some(wait) = wait {
            let text = format!("too many failed logins; try again in {} seconds", wait.as_secs() + 1);
            return Answer::refused(Status::ServerBusy, text);
        }
        let secret = login.secret.as_ref().map(Secret::expose).unwrap_or_default();
        let Some(person) = Person::new(login.id.expose(), secret, self.address) else {
            return Answer::refused_as(Status::LogonOrPasswordWrong);
        };
        if let Err(status) = self.shared.desk.admit(&person).await {
            let error = rpc::Error::from(status.clone());
            if error.kind == rpc::Kind::Refused {
                self.guard(|guard| guard.failed(None, address, pump::now()));
            }
            return refusal(status);
        }
        let user = User {
            logon: person.logon.clone(),
            full_name: String::new(),
            rights: 0,
            documents: 0,
            print_all: false,
            domain: None,
            balance: None,
        };
        self.person = Some(person);
        Answer::Login(LoginAnswer {
            step: LoginStep::LoggedIn,
            user: Some(user),
            printed: None,
            failed: None,
        })
    }

    fn guard<T>(&self, work: impl FnOnce(&mut Guard) -> T) -> T {
        work(&mut self.shared.guard.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// What a call said, in the table's words.
fn refusal(status: tonic::Status) -> Answer {
    let error = rpc::Error::from(status);
    Answer::refused(Status::from_peer(error.status), error.message)
}

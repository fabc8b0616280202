//! The administrator's console: plain text over TCP, for `telnet` and `nc`, off unless a port is configured.
//!
//! It listens on the loopback only, because what is typed is not encrypted: whoever is elsewhere comes over `ssh`.
//! `wire::console` keeps the order; here the person is judged, as at every face for administrators, and commands are
//! carried out.

mod commands;

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};

use domain::event::Severity;
use domain::people::rights::{Need, may_call};
use domain::user::User;
use rpc::proto::supervisor::supervisor_client::SupervisorClient;
use service::{Context, Stop};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tonic::transport::Channel;
use wire::console::{Command, Event, Session};

use crate::connections::{Listed, Open};
use crate::rpc::{audit_login, prove};
use crate::state::Jobserver;

/// Name of the listener in [`Context::address`].
pub(crate) const CONSOLE: &str = "console";

/// Sessions at once.
const SESSIONS_MAX: usize = 8;
/// How long the client may take no text.
const WRITE_LIMIT: Duration = Duration::from_secs(10);
/// Octets read at once.
const INPUT_BYTES: usize = 1_024;
/// How long to wait after accepting failed, which is usually for want of descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// What sessions share.
#[derive(Clone)]
struct Console {
    server: Jobserver,
    supervisor: SupervisorClient<Channel>,
}

/// Opens the console on `port` of the loopback and serves it until the stop; port 0 is no console.
///
/// # Errors
/// When the port cannot be opened.
pub(crate) async fn start<C: Clone + Send + Sync + 'static>(
    context: &Context<C>,
    server: Jobserver,
    port: u16,
) -> anyhow::Result<()> {
    if port == 0 {
        return Ok(());
    }
    let listener = context.listen_tcp_at(CONSOLE, IpAddr::V4(Ipv4Addr::LOCALHOST), port).await?;
    let console = Console { server, supervisor: SupervisorClient::new(context.peer("supervisor")) };
    context.tasks.spawn(accept(listener, console, context.stop.clone()));
    Ok(())
}

async fn accept(listener: TcpListener, console: Console, stop: Stop) {
    let room = Arc::new(Semaphore::new(SESSIONS_MAX));
    while let Some(accepted) = stop.unless_asked(listener.accept()).await {
        let Ok((stream, peer)) = accepted else {
            tokio::time::sleep(ACCEPT_PAUSE).await;
            continue;
        };
        let Ok(place) = room.clone().try_acquire_owned() else {
            tracing::warn!(%peer, limit = SESSIONS_MAX, "too many console sessions; one is closed unheard");
            continue;
        };
        let (console, stop) = (console.clone(), stop.clone());
        console.server.0.tasks.clone().spawn(async move {
            let open = Open {
                face: CONSOLE,
                peer,
                since: console.server.0.now(),
                secure: false,
                who: String::new(),
            };
            let listed = console.server.0.connections.opened(open);
            if let Err(error) = serve(stream, peer, &console, &listed, &stop).await {
                tracing::debug!(%peer, %error, "a console session was lost");
            }
            drop(place);
        });
    }
}

/// Serves one session to its end.
async fn serve(
    mut stream: TcpStream,
    peer: SocketAddr,
    console: &Console,
    listed: &Listed,
    stop: &Stop,
) -> std::io::Result<()> {
    let greeting = format!("Papergate {} on {}", env!("CARGO_PKG_VERSION"), console.server.0.computer_name);
    let mut session = Session::new(&greeting, now());
    let mut person: Option<User> = None;
    let mut input = [0; INPUT_BYTES];
    loop {
        let output = session.take_output();
        if !output.is_empty() {
            tokio::time::timeout(WRITE_LIMIT, stream.write_all(&output)).await??;
        }
        if session.is_ended() {
            return stream.shutdown().await;
        }
        match session.poll_event() {
            Some(Event::Login { logon, password }) => match judge(console, peer, &logon, &password).await {
                Ok(user) => {
                    listed.is(user.logon.as_str());
                    session.login_answer(
                        true,
                        &format!("welcome, {}; help shows what can be typed", user.logon),
                        now(),
                    );
                    person = Some(user);
                }
                Err(why) => session.login_answer(false, &why, now()),
            },
            Some(Event::Command(command)) => {
                let answer = carry_out(console, person.as_ref(), &command).await;
                session.answer(&answer, now());
            }
            None => {
                let due = session.poll_timeout().unwrap_or_else(now);
                tokio::select! {
                    read = stream.read(&mut input) => match read? {
                        0 => session.handle_eof(),
                        length => session.handle_input(&input[..length], now()),
                    },
                    () = tokio::time::sleep_until(due.into()) => session.handle_timeout(now()),
                    () = stop.soft() => session.end("the server is stopping"),
                }
            }
        }
    }
}

/// Lets in administrators with rights for the server, as the guide says.
async fn judge(console: &Console, peer: SocketAddr, logon: &str, password: &str) -> Result<User, String> {
    let server = &console.server;
    let user = prove(server, peer.ip(), logon, password).await.map_err(|failed| failed.message)?;
    if !may_call(user.rights, user.powers, Some(Need::ServerSettings)) {
        tracing::warn!(user.logon = %user.logon, %peer, "somebody without the right tried the console");
        return Err("this person is no administrator with rights for the server".to_owned());
    }
    audit_login(server, peer, &user, server.0.now().0).await;
    Ok(user)
}

/// Carries a command out; one that changes something is written down.
async fn carry_out(console: &Console, person: Option<&User>, command: &Command) -> String {
    let who = person.map(|user| user.logon.as_str()).unwrap_or_default();
    let done = commands::run(console, command).await;
    if matches!(command, Command::ServerRestart(_) | Command::Trace(_)) {
        let ended = if done.is_ok() { "done" } else { "refused" };
        let events = &console.server.0.events;
        let subject = format!("console: {command} by {who}: {ended}");
        let event = events.event(Severity::Audit, "administration", &subject).user(who);
        events.audit_or_log(event.object("console")).await;
    }
    done.unwrap_or_else(|why| format!("refused: {why}"))
}

/// The monotonic clock of the runtime.
fn now() -> Instant {
    tokio::time::Instant::now().into_std()
}

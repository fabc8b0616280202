//! A connection of a program by the framed protocol (docs/PROTOCOL.md): 7400, 7700, 7900.

use std::io;
use std::time::Instant;

use ring::rand::{SecureRandom as _, SystemRandom};
use service::http::Trust;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;
use wire::safecom::auth::Binding;
use wire::safecom::records::{Hello, Login, LoginMethod, Role};
use wire::safecom::{Answer, Ended, Peer, PeerEvent, Request, Secret};

use crate::failure::Failure;
use crate::print::Place;
use crate::reach::Reach;

/// How a server is spoken to.
#[derive(Clone, Copy, Debug, Eq, PartialEq, clap::ValueEnum)]
pub(crate) enum Protocol {
    /// The calls of administrators (port 7723, or the local socket)
    Grpc,
    /// The framed protocol of docs/PROTOCOL.md, over TLS, with --login and a password
    Safecom,
}

/// Random bytes.
pub(crate) fn random<const N: usize>() -> Result<[u8; N], Failure> {
    let mut bytes = [0; N];
    let made = SystemRandom::new().fill(&mut bytes);
    made.map_err(|_| Failure::io("take random numbers")(io::ErrorKind::Other.into()))?;
    Ok(bytes)
}

/// A connection to the server.
pub(crate) struct Line {
    stream: TlsStream<TcpStream>,
    pub(crate) peer: Peer,
    authority: String,
}

impl Line {
    /// Connects to a server of the suite as the options say, and logs in.
    pub(crate) async fn reach(
        reach: &Reach,
        server: &str,
        listener: &str,
        port: u16,
    ) -> Result<Self, Failure> {
        let (place, trust) = match reach.server() {
            Some(named) => (Place::named_with(named, port)?, reach.http_trust()?),
            // The local suite made its certificate itself, and what stands between us is this machine.
            None => (Place::local_listener(reach.data()?, server, listener)?, Trust::Any),
        };
        let (login, password) = reach.credentials()?;
        let mut line = Self::open(&place, &trust).await?;
        line.log_in(&login, &password).await?;
        Ok(line)
    }

    /// Connects and says hello.
    pub(crate) async fn open(place: &Place, trust: &Trust) -> Result<Self, Failure> {
        let authority = place.authority();
        let away = |error: io::Error| Failure::Unreachable(format!("{authority}: {error}"));
        let stream = TcpStream::connect((place.host.as_str(), place.port)).await.map_err(away)?;
        stream.set_nodelay(true).map_err(away)?;
        let stream = trust.connect(&place.host, stream).await.map_err(away)?;
        let hello = Hello {
            version_min: 1,
            version_max: 1,
            role: Role::Client,
            name: rustix::system::uname().nodename().to_string_lossy().into_owned(),
            product: concat!("papergate ", env!("CARGO_PKG_VERSION")).to_owned(),
            nonce: random()?,
            mac: None,
            prints: false,
        };
        // The binding ties a device's proof to its channel; a program proves nothing.
        let peer = Peer::new(hello, None, Binding::Plain, Instant::now());
        let mut line = Self { stream, peer, authority };
        loop {
            if let PeerEvent::Ready { .. } = line.next().await? {
                return Ok(line);
            }
        }
    }

    /// Asks something; answers with the request's id.
    pub(crate) fn ask(&mut self, request: Request) -> Result<u32, Failure> {
        self.peer.request(request).map_err(|misuse| self.broken(&misuse.to_string()))
    }

    /// The connection did what it should not.
    pub(crate) fn broken(&self, what: &str) -> Failure {
        Failure::Unreachable(format!("{}: {what}", self.authority))
    }

    /// The answer to a request.
    pub(crate) async fn answer(&mut self, request: u32) -> Result<Answer, Failure> {
        loop {
            match self.next().await? {
                PeerEvent::Answer { id, answer: Answer::Refused(refusal), .. } if id == request => {
                    return Err(Failure::Refused { status: refusal.status.code(), message: refusal.text });
                }
                PeerEvent::Answer { id, answer, .. } if id == request => return Ok(answer),
                _ => {}
            }
        }
    }

    /// The next event, with what waits written before.
    pub(crate) async fn next(&mut self) -> Result<PeerEvent, Failure> {
        let mut buffer = [0; 16 * 1024];
        loop {
            self.write().await?;
            match self.peer.poll_event() {
                Some(PeerEvent::Ended(Ended::Refused(refusal))) => {
                    return Err(Failure::Refused { status: refusal.status.code(), message: refusal.text });
                }
                Some(PeerEvent::Notice(notice)) if !notice.status.is_done() => {
                    return Err(Failure::Refused { status: notice.status.code(), message: notice.text });
                }
                Some(PeerEvent::Ended(ended)) => {
                    return Err(self.broken(&format!("the connection ended ({ended:?})")));
                }
                Some(event) => return Ok(event),
                None => {}
            }
            let due = self.peer.poll_timeout().unwrap_or_else(Instant::now);
            tokio::select! {
                read = self.stream.read(&mut buffer) => match read {
                    Ok(0) => self.peer.handle_eof(),
                    Ok(length) => self.peer.handle_input(&buffer[..length], Instant::now()),
                    Err(error) => return Err(self.broken(&error.to_string())),
                },
                () = tokio::time::sleep_until(due.into()) => self.peer.handle_timeout(Instant::now()),
            }
        }
    }

    /// Writes what waits.
    pub(crate) async fn write(&mut self) -> Result<(), Failure> {
        let work = async {
            while let Some(bytes) = self.peer.poll_transmit(Instant::now()) {
                self.stream.write_all(&bytes).await?;
            }
            self.stream.flush().await
        };
        let written = work.await;
        written.map_err(|error| self.broken(&error.to_string()))
    }

    /// Logs in by logon and password.
    pub(crate) async fn log_in(&mut self, logon: &str, password: &str) -> Result<(), Failure> {
        let login =
            Login { method: LoginMethod::Logon, id: Secret::new(logon), secret: Some(Secret::new(password)) };
        let id = self.ask(Request::Login(login))?;
        self.answer(id).await.map(drop)
    }

    /// Asks, and hands each part of the answer to `part`.
    pub(crate) async fn each(
        &mut self,
        request: Request,
        mut part: impl FnMut(Answer) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        let request = self.ask(request)?;
        loop {
            match self.next().await? {
                PeerEvent::Answer { id, answer: Answer::Refused(refusal), .. } if id == request => {
                    return Err(Failure::Refused { status: refusal.status.code(), message: refusal.text });
                }
                PeerEvent::Answer { id, answer, last } if id == request => {
                    part(answer)?;
                    if last {
                        return Ok(());
                    }
                }
                _ => {}
            }
        }
    }

    /// Says goodbye; whether the server hears it does not matter.
    pub(crate) async fn close(mut self) {
        self.peer.goodbye();
        let _ = self.write().await;
        let _ = self.stream.shutdown().await;
    }
}

//! The protocol of port 7700: a person logs in and submits; the answer comes when the document is durable.

use std::io;
use std::time::Instant;

use bytes::BytesMut;
use ring::rand::{SecureRandom as _, SystemRandom};
use service::http::Trust;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;
use wire::safecom::auth::Binding;
use wire::safecom::records::{Hello, Login, LoginMethod, Role, Submit};
use wire::safecom::{Answer, Ended, Peer, PeerEvent, Request, Secret};

use super::place::Place;
use super::{Document, PrintArguments, Printed};
use crate::Shell;
use crate::failure::Failure;
use crate::secret;

/// The server's port when none is named.
const PORT: u16 = 7700;
/// Bytes read from the file at a time.
const CHUNK_BYTES: usize = 128 * 1024;

pub(super) async fn print(
    shell: &Shell<'_>,
    arguments: &PrintArguments,
    title: String,
    document: Document,
) -> Result<Printed, Failure> {
    let (place, trust) = match &arguments.host {
        Some(host) => (Place::named_with(host, PORT)?, shell.reach.http_trust()?),
        // The local suite made its certificate itself, and what stands between us is this machine.
        None => (Place::local_listener(shell.reach.data()?, "jobserver", "clients")?, Trust::Any),
    };
    let password = secret::read("password", arguments.password_file.as_deref(), "PAPERGATE_PASSWORD")?;
    let mut line = Line::open(&place, &trust).await?;
    let login = Login {
        method: LoginMethod::Logon,
        id: Secret::new(arguments.user.as_str()),
        secret: Some(Secret::new(password.as_str())),
    };
    let id = line.ask(Request::Login(login))?;
    line.answer(id).await?;
    let (document, bytes) = line.submit(submission(arguments, &title, &document)?, document).await?;
    line.close().await;
    Ok(Printed {
        job_id: i64::try_from(document).unwrap_or_default(),
        queue: arguments.queue.clone(),
        user: arguments.user.clone(),
        title,
        state: "pending-held".to_owned(),
        bytes,
        ..Printed::default()
    })
}

fn submission(arguments: &PrintArguments, title: &str, document: &Document) -> Result<Submit, Failure> {
    let ticket = &arguments.ticket;
    let sides = match (ticket.duplex, ticket.short_edge) {
        (false, _) => None,
        (true, false) => Some("two-sided-long-edge".to_owned()),
        (true, true) => Some("two-sided-short-edge".to_owned()),
    };
    Ok(Submit {
        submission: random::<16>()?.iter().map(|byte| format!("{byte:02x}")).collect(),
        queue: arguments.queue.clone(),
        name: title.to_owned(),
        format: document.format.clone(),
        copies: u16::try_from(ticket.copies).ok().filter(|copies| *copies > 1),
        sides,
        color_mode: ticket.mono.then(|| "monochrome".to_owned()),
        media: ticket.media.clone(),
        bytes: document.length,
    })
}

fn random<const N: usize>() -> Result<[u8; N], Failure> {
    let mut bytes = [0; N];
    let made = SystemRandom::new().fill(&mut bytes);
    made.map_err(|_| Failure::io("take random numbers")(io::ErrorKind::Other.into()))?;
    Ok(bytes)
}

/// A connection to the server.
struct Line {
    stream: TlsStream<TcpStream>,
    peer: Peer,
    authority: String,
}

impl Line {
    /// Connects and says hello.
    async fn open(place: &Place, trust: &Trust) -> Result<Self, Failure> {
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
            product: concat!("papergate print ", env!("CARGO_PKG_VERSION")).to_owned(),
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

    fn ask(&mut self, request: Request) -> Result<u32, Failure> {
        self.peer.request(request).map_err(|misuse| self.broken(&misuse.to_string()))
    }

    fn broken(&self, what: &str) -> Failure {
        Failure::Unreachable(format!("{}: {what}", self.authority))
    }

    /// The answer to a request.
    async fn answer(&mut self, request: u32) -> Result<Answer, Failure> {
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
    async fn next(&mut self) -> Result<PeerEvent, Failure> {
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

    async fn write(&mut self) -> Result<(), Failure> {
        let work = async {
            while let Some(bytes) = self.peer.poll_transmit(Instant::now()) {
                self.stream.write_all(&bytes).await?;
            }
            self.stream.flush().await
        };
        let written = work.await;
        written.map_err(|error| self.broken(&error.to_string()))
    }

    /// Sends the document as fast as the server lets it, and waits until it is durable. Returns its id and size.
    async fn submit(&mut self, submit: Submit, document: Document) -> Result<(u64, u64), Failure> {
        let id = self.ask(Request::Submit(submit))?;
        let mut source = io::Cursor::new(document.head).chain(document.rest);
        let mut over = false;
        loop {
            while !over && self.peer.window(id) > 0 {
                let room = usize::try_from(self.peer.window(id)).unwrap_or(usize::MAX).min(CHUNK_BYTES);
                let mut chunk = BytesMut::with_capacity(room);
                let read = (&mut source).take(room as u64).read_buf(&mut chunk).await;
                let length = read.map_err(Failure::io("read the document"))?;
                over = length == 0;
                let sent = self.peer.send_data(id, chunk.freeze(), over);
                sent.map_err(|misuse| self.broken(&misuse.to_string()))?;
                self.write().await?;
            }
            match self.next().await? {
                PeerEvent::Answer { id: of, answer: Answer::Refused(refusal), .. } if of == id => {
                    return Err(Failure::Refused { status: refusal.status.code(), message: refusal.text });
                }
                PeerEvent::Answer { id: of, answer: Answer::Submit(done), .. } if of == id => {
                    return Ok((done.document, done.bytes));
                }
                _ => {}
            }
        }
    }

    /// Says goodbye. The document is safe; whether the server hears it does not matter.
    async fn close(mut self) {
        self.peer.goodbye();
        let _ = self.write().await;
        let _ = self.stream.shutdown().await;
    }
}

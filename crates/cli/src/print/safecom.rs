//! The protocol of port 7700: a person logs in and submits; the answer comes when the document is durable.

use std::io;

use bytes::BytesMut;
use service::http::Trust;
use tokio::io::AsyncReadExt as _;
use wire::safecom::records::Submit;
use wire::safecom::{Answer, PeerEvent, Request};

use super::place::Place;
use super::{Document, PrintArguments, Printed};
use crate::Shell;
use crate::failure::Failure;
use crate::safecom::{Line, random};
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
    line.log_in(&arguments.user, &password).await?;
    let (document, bytes) = submit(&mut line, submission(arguments, &title, &document)?, document).await?;
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

/// Sends the document as fast as the server lets it, and waits until it is durable. Returns its id and size.
async fn submit(line: &mut Line, submit: Submit, document: Document) -> Result<(u64, u64), Failure> {
    let id = line.ask(Request::Submit(submit))?;
    let mut source = io::Cursor::new(document.head).chain(document.rest);
    let mut over = false;
    loop {
        while !over && line.peer.window(id) > 0 {
            let room = usize::try_from(line.peer.window(id)).unwrap_or(usize::MAX).min(CHUNK_BYTES);
            let mut chunk = BytesMut::with_capacity(room);
            let read = (&mut source).take(room as u64).read_buf(&mut chunk).await;
            let length = read.map_err(Failure::io("read the document"))?;
            over = length == 0;
            let sent = line.peer.send_data(id, chunk.freeze(), over);
            sent.map_err(|misuse| line.broken(&misuse.to_string()))?;
            line.write().await?;
        }
        match line.next().await? {
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

//! Clients that only believe an acknowledgement: IPP and LPD, each over a socket of its own. A raw port has none that
//! survives a death: the system closes a killed process's connections in order.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};

use anyhow::{Context, Result, ensure};

use crate::PATIENCE;
use crate::ipp::Client;

/// What an LPD server answers to a document: the first octet that is no acknowledgement, or 0 when everything was
/// acknowledged. A document that is refused while it is sent may be answered at once.
///
/// # Errors
/// When the connection breaks before there is an answer.
pub fn lpd(address: SocketAddr, queue: &str, user: &str, document: &[u8]) -> Result<u8> {
    let mut stream = connect(address)?;
    let control = format!("Hstory\nP{user}\nJstory\nldfA001story\nUdfA001story\nNstory\n");
    let mut data = document.to_vec();
    data.push(0);
    let says = [
        format!("\x02{queue}\n").into_bytes(),
        format!("\x02{} cfA001story\n", control.len()).into_bytes(),
        format!("{control}\0").into_bytes(),
        format!("\x03{} dfA001story\n", document.len()).into_bytes(),
        data,
    ];
    for say in says {
        let sent = stream.write_all(&say);
        let mut answer = [0];
        stream.read_exact(&mut answer).context("waiting for an acknowledgement")?;
        if answer != [0] {
            return Ok(answer[0]);
        }
        sent?;
    }
    Ok(0)
}

/// Sends a document to a raw port. Its only answer is how the connection ends: in order, or reset.
///
/// # Errors
/// When it does not end in order.
pub fn raw(address: SocketAddr, document: &[u8]) -> Result<()> {
    let mut stream = connect(address)?;
    stream.write_all(document)?;
    stream.shutdown(std::net::Shutdown::Write)?;
    ensure!(stream.read_to_end(&mut Vec::new())? == 0, "a raw port says nothing");
    Ok(())
}

/// How a document travels.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Protocol {
    /// Print-Job.
    Ipp,
    /// RFC 1179, control file first.
    Lpd,
}

/// Where the two listen.
#[derive(Clone, Copy, Debug)]
pub struct Doors<'a> {
    /// 631.
    pub ipp: SocketAddr,
    /// 515.
    pub lpd: SocketAddr,
    /// The queue.
    pub queue: &'a str,
}

/// Submits one document; `Ok` only after the protocol's acknowledgement.
///
/// # Errors
/// When it was not acknowledged, whatever the reason.
pub fn submit(doors: Doors<'_>, protocol: Protocol, user: &str, document: &[u8]) -> Result<()> {
    match protocol {
        Protocol::Ipp => {
            let mut client = Client::connect(doors.ipp, &format!("/ipp/print/{}", doors.queue))?;
            let answer = client.print_job(user, "story", "application/octet-stream", document)?;
            ensure!(answer.status < 0x100, "status {:#06x}", answer.status);
        }
        Protocol::Lpd => {
            let answer = lpd(doors.lpd, doors.queue, user, document)?;
            ensure!(answer == 0, "refused with {answer}");
        }
    }
    Ok(())
}

fn connect(address: SocketAddr) -> Result<TcpStream> {
    let stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    Ok(stream)
}

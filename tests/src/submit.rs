//! Clients that only believe an acknowledgement: IPP and LPD, each over a socket of its own. A raw port has none that
//! survives a death: the system closes a killed process's connections in order.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};

use anyhow::{Context, Result, ensure};

use crate::PATIENCE;
use crate::ipp::Client;

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
        Protocol::Lpd => lpd(doors.lpd, doors.queue, user, document)?,
    }
    Ok(())
}

fn connect(address: SocketAddr) -> Result<TcpStream> {
    let stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    Ok(stream)
}

fn lpd(address: SocketAddr, queue: &str, user: &str, document: &[u8]) -> Result<()> {
    let mut stream = connect(address)?;
    let control = format!("Hstory\nP{user}\nJstory\nldfA001story\nUdfA001story\nNstory\n");
    let mut say = |bytes: &[u8]| -> Result<()> {
        stream.write_all(bytes)?;
        let mut answer = [0];
        stream.read_exact(&mut answer).context("waiting for an acknowledgement")?;
        ensure!(answer == [0], "refused with {answer:?}");
        Ok(())
    };
    say(format!("\x02{queue}\n").as_bytes())?;
    say(format!("\x02{} cfA001story\n", control.len()).as_bytes())?;
    say(format!("{control}\0").as_bytes())?;
    say(format!("\x03{} dfA001story\n", document.len()).as_bytes())?;
    let mut data = document.to_vec();
    data.push(0);
    say(&data)
}

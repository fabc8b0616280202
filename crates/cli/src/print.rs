//! `papergate print`: sends a file to a queue, as an IPP client or by the protocol of port 7700.

mod ipp;
mod place;
mod safecom;

pub(crate) use place::Place;

use std::io::IsTerminal;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use serde::Serialize;
use tokio::io::{AsyncRead, AsyncReadExt};

use crate::Shell;
use crate::failure::Failure;

#[derive(Debug, Args)]
pub(crate) struct PrintArguments {
    /// File to print; "-" for standard input
    file: PathBuf,
    /// Queue to print to
    #[arg(long, value_name = "NAME")]
    queue: String,
    /// Owner of the document; who runs this command when not given
    #[arg(long, value_name = "LOGON", env = "USER", hide_env_values = true)]
    user: String,
    /// Print server; the local suite's when not given
    #[arg(long, value_name = "HOST[:PORT]")]
    host: Option<String>,
    /// How to talk to it
    #[arg(long, value_enum, default_value_t = Protocol::Ipp)]
    protocol: Protocol,
    /// With --protocol safecom: file with the password of --user, "-" for standard input (else PAPERGATE_PASSWORD,
    /// else asked)
    #[arg(long, value_name = "FILE")]
    password_file: Option<PathBuf>,
    #[command(flatten)]
    ticket: Ticket,
}

/// How to talk to the print server.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
enum Protocol {
    /// IPP
    Ipp,
    /// IPP over TLS
    Ipps,
    /// The protocol of port 7700, over TLS, with the person's password
    Safecom,
}

/// What is asked for beside the data.
#[derive(Clone, Debug, Args)]
struct Ticket {
    /// Title shown at the printer; the file's name when not given
    #[arg(long, value_name = "TEXT")]
    title: Option<String>,
    /// How many
    #[arg(long, default_value_t = 1, value_name = "N", value_parser = clap::value_parser!(i32).range(1..=9999))]
    copies: i32,
    /// Print on both sides
    #[arg(long)]
    duplex: bool,
    /// With --duplex, turn over the short edge
    #[arg(long, requires = "duplex")]
    short_edge: bool,
    /// Print without colour
    #[arg(long, alias = "monochrome")]
    mono: bool,
    /// Paper, as a PWG name (iso_a4_210x297mm)
    #[arg(long, value_name = "NAME")]
    media: Option<String>,
    /// MIME type of the file; found out when not given
    #[arg(long, value_name = "TYPE")]
    format: Option<String>,
}

/// What became of the document, as scripts see it.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Printed {
    job_id: i64,
    job_uri: Option<String>,
    queue: String,
    user: String,
    title: String,
    state: String,
    state_reasons: Vec<String>,
    bytes: u64,
}

pub(crate) async fn run(shell: &mut Shell<'_>, arguments: PrintArguments) -> Result<(), Failure> {
    let title = arguments.ticket.title.clone().unwrap_or_else(|| match arguments.file.file_name() {
        Some(name) if name != "-" => name.to_string_lossy().into_owned(),
        _ => "standard input".to_owned(),
    });
    let document = Document::open(&arguments.file, arguments.ticket.format.clone()).await?;
    let printed = match arguments.protocol {
        Protocol::Ipp | Protocol::Ipps => ipp::print(shell, &arguments, title, document).await?,
        Protocol::Safecom => safecom::print(shell, &arguments, title, document).await?,
    };
    if shell.output.is_json() {
        return shell.output.show(&printed);
    }
    let Printed { job_id, queue, user, state, bytes, .. } = &printed;
    let state = if state == "pending-held" { "held" } else { state };
    shell.output.text(&format!("job {job_id} of '{user}' is {state} in queue '{queue}' ({bytes} bytes)\n"))
}

/// A file on its way, with its first bytes looked at.
struct Document {
    /// MIME type.
    format: String,
    /// Length in bytes, when it is known.
    length: Option<u64>,
    /// What was read to find out the type.
    head: Vec<u8>,
    rest: Box<dyn AsyncRead + Send + Unpin>,
}

/// How many bytes tell what a file is: a PJL header may come first.
const HEAD_BYTES: usize = 4096;

impl Document {
    async fn open(path: &Path, format: Option<String>) -> Result<Self, Failure> {
        let name = path.display().to_string();
        let failed = || Failure::io(format!("read {name}"));
        let (mut rest, length): (Box<dyn AsyncRead + Send + Unpin>, _) = if path.as_os_str() == "-" {
            if std::io::stdin().is_terminal() {
                return Err(Failure::Usage("standard input is a terminal; name a file".to_owned()));
            }
            (Box::new(tokio::io::stdin()), None)
        } else {
            let file = tokio::fs::File::open(path).await.map_err(failed())?;
            let metadata = file.metadata().await.map_err(failed())?;
            if metadata.is_dir() {
                return Err(failed()(std::io::ErrorKind::IsADirectory.into()));
            }
            (Box::new(file), metadata.is_file().then_some(metadata.len()))
        };
        let mut head = Vec::with_capacity(HEAD_BYTES);
        (&mut rest).take(HEAD_BYTES as u64).read_to_end(&mut head).await.map_err(failed())?;
        let format = format.unwrap_or_else(|| detect(&head).to_owned());
        Ok(Self { format, length, head, rest })
    }
}

/// The MIME type by the first bytes; what is not known for sure is left to the printer.
fn detect(head: &[u8]) -> &'static str {
    let magic: [(&[u8], &str); 7] = [
        (b"%PDF-", "application/pdf"),
        (b"%!PS", "application/postscript"),
        (b"RaS2PwgR", "image/pwg-raster"),
        (b"UNIRAST\0", "image/urf"),
        (b"\xff\xd8\xff", "image/jpeg"),
        (b"\x89PNG\r\n\x1a\n", "image/png"),
        (b"\x1bE", "application/vnd.hp-pcl"),
    ];
    let known = magic.iter().find(|(magic, _)| head.starts_with(magic));
    known.map_or("application/octet-stream", |(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_sure_gets_a_type() {
        let table: [(&[u8], &str); 6] = [
            (b"%PDF-1.7 ...", "application/pdf"),
            (b"%!PS-Adobe-3.0", "application/postscript"),
            (b"\x1b%-12345X@PJL", "application/octet-stream"),
            (b"hello", "application/octet-stream"),
            (b"", "application/octet-stream"),
            (b"\x1bE\x1b&l0H", "application/vnd.hp-pcl"),
        ];
        for (head, expected) in table {
            assert_eq!(detect(head), expected);
        }
    }

    #[tokio::test]
    async fn the_bytes_that_were_looked_at_are_printed_too() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("document");
        for length in [0, 1, HEAD_BYTES - 1, HEAD_BYTES, HEAD_BYTES + 1, 3 * HEAD_BYTES] {
            let bytes: Vec<u8> = (0..length).map(|position| (position % 251) as u8).collect();
            std::fs::write(&path, &bytes).unwrap();
            let mut document = Document::open(&path, None).await.unwrap();
            let mut seen = document.head.clone();
            document.rest.read_to_end(&mut seen).await.unwrap();
            assert_eq!((seen, document.length), (bytes, Some(length as u64)));
        }
    }
}

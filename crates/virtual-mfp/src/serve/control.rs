//! Faults changed, and copies made, while the printer runs: one line in, one line out, on the loopback only.

use std::net::Ipv4Addr;
use std::sync::Arc;

use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};

use crate::failure::Failure;
use crate::fault::{self, Faults};

use super::engine::Engine;

/// Opens the control port.
///
/// # Errors
/// When it is taken.
pub async fn open(port: u16) -> Result<TcpListener, Failure> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port))
        .await
        .map_err(Failure::io(format!("listen for control on port {port}")))?;
    if let Ok(address) = listener.local_addr() {
        tracing::info!(what = "control", %address, "listening");
    }
    Ok(listener)
}

/// Takes changes for ever, one connection at a time.
pub async fn serve(listener: TcpListener, engine: Arc<Engine>) {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                let answered = tokio::time::timeout(LIMIT, answer(stream, &engine)).await;
                if !matches!(answered, Ok(Ok(()))) {
                    tracing::warn!("a control connection said nothing useful");
                }
            }
            Err(error) => {
                tracing::warn!(%error, "a control connection could not be accepted");
                tokio::time::sleep(LIMIT / 10).await;
            }
        }
    }
}

async fn answer(stream: TcpStream, engine: &Engine) -> std::io::Result<()> {
    let mut stream = BufReader::new(stream);
    let mut line = String::new();
    (&mut stream).take(LINE_BYTES_MAX).read_line(&mut line).await?;
    if let Some(step) = line.trim_end().strip_prefix("make ") {
        let answer = match fault::step(step) {
            Some((source, step)) if engine.work(source, step) => "ok\n",
            Some(_) => "jam\n",
            None => "that is no step of copying, scanning, faxing or e-mailing\n",
        };
        return stream.get_mut().write_all(answer.as_bytes()).await;
    }
    let answer = match Faults::parse(&line) {
        Ok(faults) => {
            engine.set_faults(faults);
            "ok\n".to_owned()
        }
        Err(why) => format!("{why}\n"),
    };
    stream.get_mut().write_all(answer.as_bytes()).await
}

/// Longest line of faults.
const LINE_BYTES_MAX: u64 = 1024;
/// How long a control connection may take.
const LIMIT: std::time::Duration = std::time::Duration::from_secs(2);

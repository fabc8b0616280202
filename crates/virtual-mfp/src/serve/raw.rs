//! Port 9100: whatever comes on a connection is one document.

use std::sync::Arc;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::Semaphore;

use super::engine::{Announced, Engine, Stopped};
use super::listen::Listener;

/// Takes documents for ever. Like most printers, one at a time: others wait in the system's queue of connections.
pub async fn serve(mut listener: Listener, engine: Arc<Engine>) {
    let one = Arc::new(Semaphore::new(1));
    loop {
        let (stream, from) = listener.accept().await;
        let faults = engine.faults();
        if faults.borrow().refuse() {
            reset(stream);
            continue;
        }
        let permit = one.clone().acquire_owned().await.expect("the semaphore is never closed");
        let engine = engine.clone();
        tokio::spawn(async move {
            if let Err(error) = receive(stream, from.to_string(), &engine).await {
                tracing::debug!(%from, %error, "a raw connection ended badly");
            }
            drop(permit);
        });
    }
}

async fn receive(mut stream: TcpStream, from: String, engine: &Engine) -> std::io::Result<()> {
    let mut buffer = vec![0; BUFFER_BYTES];
    // A connection that is closed without a byte is somebody looking whether we are there: no document.
    let mut length = stream.read(&mut buffer).await?;
    if length == 0 {
        return Ok(());
    }
    let mut job = engine.begin(Announced { source: "raw", from, ..Announced::default() })?;
    while length > 0 {
        match job.write(&buffer[..length]).await {
            Ok(()) => {}
            Err(Stopped::Jam) => return jam(stream).await,
            Err(Stopped::Drop) => {
                reset(stream);
                return Ok(());
            }
            Err(Stopped::Io(error)) => {
                reset(stream);
                return Err(error);
            }
        }
        length = stream.read(&mut buffer).await?;
    }
    match job.finish() {
        Ok(()) => Ok(()),
        Err(_) => jam(stream).await,
    }
}

/// What a PJL printer says on the back channel, should anybody listen; then it takes no more.
async fn jam(mut stream: TcpStream) -> std::io::Result<()> {
    let _ = stream.write_all(JAM_STATUS).await;
    reset(stream);
    Ok(())
}

/// Cuts a connection so that the peer notices: with a reset, not with an orderly end.
fn reset(stream: TcpStream) {
    let set = socket2::SockRef::from(&stream).set_linger(Some(std::time::Duration::ZERO));
    if let Err(error) = set {
        tracing::debug!(%error, "a connection was gone before it could be cut");
    }
}

/// Bytes read at once.
const BUFFER_BYTES: usize = 256 * 1024;
/// A PJL device status for a paper jam.
const JAM_STATUS: &[u8] =
    b"@PJL USTATUS DEVICE\r\nCODE=42027\r\nDISPLAY=\"13.20 JAM\"\r\nONLINE=FALSE\r\n\x0c";

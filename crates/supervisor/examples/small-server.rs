//! The smallest server there is: it answers its health check, and greets whoever connects to its port, over TLS or plain.
//!
//! The supervisor's tests start it under different names (links to this program) and tell it by a file
//! `DIR/<name>.conduct` how to behave: `exit CODE` ends it at once, `deaf` makes it ignore the wish to
//! stop, `sick` keeps it from ever being ready. What happens to it goes to `DIR/journal`.

use std::io::Write as _;
use std::path::Path;
use std::process::ExitCode;

use service::config::NoConfig;
use service::{Context, Tls};
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;
use tonic::service::Routes;

fn main() -> ExitCode {
    let own = std::env::args_os().next().unwrap_or_default();
    let name = Path::new(&own).file_name().unwrap_or_default().to_string_lossy().into_owned();
    service::main(name.leak(), start)
}

async fn start(context: Context<NoConfig>) -> anyhow::Result<()> {
    journal(&context, "started")?;
    let conduct = context.common.data.join(format!("{}.conduct", context.name));
    let conduct = std::fs::read_to_string(conduct).unwrap_or_default();
    if let Some(code) = conduct.strip_prefix("exit ") {
        std::process::exit(code.trim().parse()?);
    }
    context.serve_grpc(Routes::default()).await?;
    let listener = context.listen_tcp_at("hello", std::net::Ipv4Addr::LOCALHOST.into(), 0).await?;
    let (stopping, mut reloads) = (context.clone(), context.reloads());
    let deaf = conduct.starts_with("deaf");
    context.spawn("hello", async move {
        loop {
            tokio::select! {
                () = stopping.stop.soft() => break,
                Ok((stream, _)) = listener.accept() => greet(stopping.tls.clone(), stream),
                Ok(()) = reloads.changed() => journal(&stopping, "reloaded")?,
            }
        }
        if deaf {
            std::future::pending::<()>().await;
        }
        journal(&stopping, "stopped")
    });
    if !conduct.starts_with("sick") {
        context.ready();
    }
    Ok(())
}

fn greet(tls: Tls, stream: TcpStream) {
    tokio::spawn(async move {
        let mut connection = tls.accept_either(stream).await?;
        connection.write_all(b"hello\n").await?;
        connection.shutdown().await?;
        anyhow::Ok(())
    });
}

fn journal(context: &Context<NoConfig>, event: &str) -> anyhow::Result<()> {
    let path = context.common.data.join("journal");
    let mut journal = std::fs::OpenOptions::new().create(true).append(true).open(path)?;
    journal.write_all(format!("{} {event}\n", context.name).as_bytes())?;
    Ok(())
}

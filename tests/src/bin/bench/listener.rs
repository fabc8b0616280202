//! A raw printer that only notes when bytes come.

use std::io::Read;
use std::net::{SocketAddr, TcpListener};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

/// What one connection brought.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Received {
    /// Microseconds since the epoch at the first byte.
    pub(crate) first_us: i64,
    pub(crate) bytes: u64,
    /// Seconds from the first byte to the end.
    pub(crate) seconds: f64,
}

/// Listens on a free loopback port.
#[derive(Debug)]
pub(crate) struct Listener {
    listener: TcpListener,
}

impl Listener {
    pub(crate) fn bind() -> Self {
        Self { listener: TcpListener::bind("127.0.0.1:0").expect("a free port") }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.listener.local_addr().expect("a bound socket")
    }

    /// Takes one connection to its end.
    #[expect(clippy::disallowed_methods, reason = "the tap is compared with the panel's wall clock")]
    pub(crate) fn receive(&self) -> Received {
        loop {
            let (mut stream, _) = self.listener.accept().expect("a connection");
            let mut buffer = vec![0; 256 * 1024];
            let Ok(mut length) = stream.read(&mut buffer) else { continue };
            // A probe connects and leaves without a byte.
            if length == 0 {
                continue;
            }
            let started = Instant::now();
            let first = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970");
            let mut bytes = 0;
            while length > 0 {
                bytes += length as u64;
                length = stream.read(&mut buffer).unwrap_or(0);
            }
            let first_us = i64::try_from(first.as_micros()).expect("before the year 294441");
            return Received { first_us, bytes, seconds: started.elapsed().as_secs_f64() };
        }
    }
}

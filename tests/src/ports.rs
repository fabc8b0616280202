//! Blocks of free ports, so that suites of parallel stories never meet.

use std::fs::File;
use std::net::{Ipv4Addr, TcpListener, UdpSocket};
use std::path::PathBuf;

/// The standard ports a suite listens on; all of them are shifted by one offset.
pub const STANDARD: &[u16] = &[515, 631, 5742, 7400, 7500, 7700, 7723, 7724, 7725, 7900, 9100];

/// With steps of 83 no two of 24 blocks share a port; more would.
const BLOCKS: u16 = 24;
const STEP: u16 = 83;
const SPARES: u16 = 25;

/// An offset under which every standard port is free, held until dropped.
#[derive(Debug)]
pub struct Block {
    /// What `--port-offset` gets.
    pub offset: u16,
    number: u16,
    _lock: File,
}

impl Block {
    /// Finds a free block.
    ///
    /// # Panics
    /// When none of the blocks is free.
    #[must_use]
    pub fn take() -> Self {
        // Offsets stay below the kernel's ephemeral range (32768 and up), whose ports come and go.
        for number in 0..BLOCKS {
            let path = PathBuf::from(format!("/tmp/papergate-test-ports-{number}.lock"));
            let Ok(lock) = File::options().create(true).truncate(false).write(true).open(&path) else {
                continue;
            };
            if rustix::fs::flock(&lock, rustix::fs::FlockOperation::NonBlockingLockExclusive).is_err() {
                continue;
            }
            let offset = 10_000 + number * STEP;
            let free = STANDARD.iter().all(|port| {
                TcpListener::bind((Ipv4Addr::LOCALHOST, port + offset)).is_ok()
                    && UdpSocket::bind((Ipv4Addr::LOCALHOST, port + offset)).is_ok()
            });
            if free {
                return Self { offset, number, _lock: lock };
            }
        }
        panic!("no free block of ports below the ephemeral range");
    }

    /// The shifted number of a standard port.
    #[must_use]
    pub fn port(&self, standard: u16) -> u16 {
        standard + self.offset
    }

    /// The `n`th spare port of this block (0-24), for printers and raw queues. Not shifted further.
    ///
    /// # Panics
    /// When `n` is out of range.
    #[must_use]
    pub fn spare(&self, n: u16) -> u16 {
        assert!(n < SPARES, "a block has {SPARES} spare ports");
        29_000 + self.number * SPARES + n
    }
}

//! The load: the same client, document and schedule for every server.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use harness::ipp::Client;

/// Value tag of `keyword`.
const KEYWORD: u8 = 0x44;

/// What is sent to whom.
#[derive(Clone, Debug)]
pub(crate) struct Load {
    pub(crate) address: SocketAddr,
    pub(crate) path: String,
    pub(crate) user: String,
    /// CUPS prints at once unless told to hold; a pull queue holds anyway.
    pub(crate) hold: bool,
    pub(crate) connections: u64,
    pub(crate) jobs: u64,
    pub(crate) bytes: usize,
}

impl Load {
    /// Submits every job; how long it took. Connecting is not counted.
    ///
    /// # Panics
    /// When a job is refused.
    pub(crate) fn run(&self) -> Duration {
        let left = AtomicU64::new(self.jobs);
        let mut document =
            b"%!PS-Adobe-3.0\n%%Pages: 1\n%%EndComments\n%%Page: 1 1\nshowpage\n%%EOF\n".to_vec();
        document.resize(self.bytes.max(document.len()), b'%');
        let barrier = std::sync::Barrier::new(usize::try_from(self.connections + 1).expect("a small number"));
        std::thread::scope(|scope| {
            for _ in 0..self.connections {
                scope.spawn(|| {
                    let mut client = Client::connect(self.address, &self.path).expect("the server listens");
                    let ticket: &[(u8, &str, &[u8])] =
                        if self.hold { &[(KEYWORD, "job-hold-until", b"indefinite")] } else { &[] };
                    barrier.wait();
                    while left
                        .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |n| n.checked_sub(1))
                        .is_ok()
                    {
                        let answer = client
                            .print_job_with(
                                &self.user,
                                "bench",
                                "application/octet-stream",
                                ticket,
                                &document,
                            )
                            .expect("an answer");
                        assert!(answer.status < 0x100, "refused: {answer:?}");
                    }
                });
            }
            barrier.wait();
            let started = Instant::now();
            // The scope joins the threads; time is read after it.
            started
        })
        .elapsed()
    }

    /// Jobs a second.
    pub(crate) fn rate(&self) -> f64 {
        self.jobs as f64 / self.run().as_secs_f64()
    }
}

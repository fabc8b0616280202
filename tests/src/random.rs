//! A seeded generator, so that a failed walk can be walked again.

/// SplitMix64: small, and good enough to choose what to break next.
#[derive(Debug)]
pub struct Random {
    state: u64,
}

impl Random {
    /// Seeds from `PAPERGATE_SEED` when set, else from the process id and the monotonic clock; prints the seed.
    #[must_use]
    pub fn from_environment(story: &str) -> Self {
        let seed =
            std::env::var("PAPERGATE_SEED").ok().and_then(|text| text.parse().ok()).unwrap_or_else(|| {
                let mut bytes = [0; 8];
                rustix::rand::getrandom(&mut bytes, rustix::rand::GetRandomFlags::empty())
                    .expect("the kernel has entropy");
                u64::from_ne_bytes(bytes)
            });
        eprintln!("{story}: PAPERGATE_SEED={seed}");
        Self::new(seed)
    }

    /// A generator for one seed.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self { state: seed }
    }

    /// The next 64 bits.
    pub fn number(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `bound`.
    pub fn below(&mut self, bound: u64) -> u64 {
        self.number() % bound
    }

    /// One of `choices`.
    pub fn choose<'a, T>(&mut self, choices: &'a [T]) -> &'a T {
        &choices[usize::try_from(self.below(choices.len() as u64)).expect("below a length")]
    }

    /// `length` bytes that do not compress, so that a document's identity is its content.
    pub fn bytes(&mut self, length: usize) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(length + 8);
        while bytes.len() < length {
            bytes.extend_from_slice(&self.number().to_le_bytes());
        }
        bytes.truncate(length);
        bytes
    }
}

//! Deciding gray from DCT coefficients, without an inverse transform wherever bounds settle it.

/// The part a component plays in telling gray from colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// Lightness or black: says nothing about colour.
    Ignored,
    /// A colour difference: gray where it rounds to its middle everywhere.
    Chroma,
    /// Cyan, magenta or yellow: gray where no ink falls.
    Ink {
        /// Whether the highest sample stands for no ink.
        full_is_white: bool,
    },
    /// Red, green or blue: gray where all three are the same.
    Equal,
}

/// What has been seen of one component.
#[derive(Debug, Clone)]
pub(super) struct Judge {
    role: Role,
    colored: bool,
    /// A running digest of every coefficient, to compare planes that must be equal.
    trace: u64,
    /// DC prediction of the current scan.
    pub(super) dc: i32,
    /// Which coefficients of which block are known to be non-zero; progressive pictures only.
    pub(super) known: Vec<u64>,
}

/// The coefficients of one block that count, in zigzag order.
pub(super) struct Block {
    pub(super) dc: i32,
    /// (zigzag index 1..=63, quantised value).
    pub(super) ac: [(u8, i16); 63],
    pub(super) ac_len: usize,
}

impl Judge {
    pub(super) fn new(role: Role) -> Judge {
        Judge { role, colored: false, trace: 0xCBF2_9CE4_8422_2325, dc: 0, known: Vec::new() }
    }

    pub(super) fn role(&self) -> Role {
        self.role
    }

    pub(super) fn colored(&self) -> bool {
        self.colored
    }

    pub(super) fn trace(&self) -> u64 {
        self.trace
    }

    /// Folds an event of the decoding into the digest.
    pub(super) fn note(&mut self, event: u64) {
        self.trace = (self.trace ^ event).wrapping_mul(0x9E37_79B9_7F4A_7C15).rotate_left(23);
    }

    /// Judges a whole block of a sequential picture.
    pub(super) fn block(&mut self, block: &Block, quant: &[u16; 64], precision: u8) {
        let ac = &block.ac[..block.ac_len];
        match self.role {
            Role::Ignored => {}
            Role::Equal => {
                self.note(block.dc as u64);
                for &(k, v) in ac {
                    self.note(u64::from(k) << 32 | u64::from(v as u16));
                }
                self.note(u64::MAX);
            }
            Role::Chroma => {
                let dc = f64::from(block.dc) * f64::from(quant[0]) / 8.0;
                let mut peak = dc.abs();
                let mut energy = 0.0;
                for &(k, v) in ac {
                    let f = f64::from(v) * f64::from(quant[usize::from(k)]);
                    peak += (f * amplitude(k)).abs();
                    energy += f * f;
                }
                // The mean square of the samples is the mean square of the coefficients (Parseval).
                let certain = dc.abs() >= 0.5 || energy >= 64.0 * 0.25;
                if peak >= 0.5 {
                    self.colored |= certain || rebuilt_peak(dc, ac, quant) >= 0.5;
                }
            }
            Role::Ink { full_is_white } => {
                let ink = ink_of(block.dc, quant[0], full_is_white, precision);
                let waves = ac.iter().any(|&(k, v)| {
                    (f64::from(v) * f64::from(quant[usize::from(k)]) * amplitude(k)).abs() >= INK_LEAST
                });
                self.colored |= ink || waves;
            }
        }
    }

    /// Judges the first approximation of a DC coefficient of a progressive picture.
    pub(super) fn dc_first(&mut self, value: i32, low_bit: u32, quant: u16, precision: u8) {
        let value = value.saturating_mul(1 << low_bit);
        match self.role {
            Role::Ignored => {}
            Role::Equal => self.note(value as u64),
            Role::Chroma => {
                // Refinement may still bring a negative value one step nearer to zero.
                let nearest = if value < 0 { value + (1 << low_bit) - 1 } else { value };
                self.colored |= i64::from(nearest).abs() * i64::from(quant) >= 4;
            }
            Role::Ink { full_is_white } => {
                let highest = value.saturating_add((1 << low_bit) - 1);
                let best = if full_is_white { highest } else { value };
                self.colored |= ink_of(best, quant, full_is_white, precision);
            }
        }
    }

    /// Judges a refinement bit of a DC coefficient.
    pub(super) fn dc_refine(&mut self, bit: u32, low_bit: u32, quant: u16) {
        match self.role {
            Role::Ignored | Role::Ink { .. } => {}
            Role::Equal => self.note(u64::from(bit) << 8 | u64::from(low_bit)),
            Role::Chroma => {
                // Only a value that has been zero so far may become coloured by this bit; larger ones already are.
                self.colored |= bit == 1 && (1u32 << low_bit) * u32::from(quant) >= 8;
            }
        }
    }

    /// Judges an AC coefficient of a progressive picture when it becomes non-zero.
    pub(super) fn ac_new(&mut self, block: u64, k: u8, value: i32, quant: u16) {
        match self.role {
            Role::Ignored => {}
            Role::Equal => self.note(block << 24 ^ u64::from(k) << 56 ^ (value as u32 as u64)),
            Role::Chroma => self.colored |= (f64::from(value) * f64::from(quant) * amplitude(k)).abs() >= 0.5,
            Role::Ink { .. } => {
                self.colored |= (f64::from(value) * f64::from(quant) * amplitude(k)).abs() >= INK_LEAST
            }
        }
    }
}

/// A wave of ink lower than this many levels is rounding of the encoder around a flat plane.
const INK_LEAST: f64 = 2.0;

/// Whether a block's mean says that ink falls: further from white than quantisation explains.
fn ink_of(dc: i32, quant: u16, full_is_white: bool, precision: u8) -> bool {
    let middle = f64::from(1u32 << (precision - 1));
    let mean = f64::from(dc) * f64::from(quant) / 8.0;
    let slack = INK_LEAST + f64::from(quant) / 16.0;
    if full_is_white { mean < middle - 1.0 - slack } else { mean > -middle + slack }
}

/// Highest sample a coefficient of size one can make (T.81 A.3.3): 1/4 C(u) C(v).
fn amplitude(zigzag: u8) -> f64 {
    let natural = ZIGZAG[usize::from(zigzag & 63)];
    let c = |i: u8| if i == 0 { std::f64::consts::FRAC_1_SQRT_2 } else { 1.0 };
    0.25 * c(natural & 7) * c(natural >> 3)
}

/// The largest distance from the middle of any sample of a block, by the definition in T.81 A.3.3.
fn rebuilt_peak(dc: f64, ac: &[(u8, i16)], quant: &[u16; 64]) -> f64 {
    let mut samples = [dc; 64];
    for &(k, v) in ac {
        let natural = ZIGZAG[usize::from(k & 63)];
        let (u, w) = (natural & 7, natural >> 3);
        let f = f64::from(v) * f64::from(quant[usize::from(k & 63)]) * amplitude(k);
        for (i, sample) in samples.iter_mut().enumerate() {
            let (x, y) = ((i & 7) as f64, (i >> 3) as f64);
            let wave = |position: f64, frequency: u8| {
                ((2.0 * position + 1.0) * f64::from(frequency) * std::f64::consts::PI / 16.0).cos()
            };
            *sample += f * wave(x, u) * wave(y, w);
        }
    }
    samples.iter().fold(0.0, |peak: f64, s| peak.max(s.abs()))
}

/// Row-major position of each zigzag index (T.81 figure A.6).
const ZIGZAG: [u8; 64] = [
    0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5, 12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13, 6, 7,
    14, 21, 28, 35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51, 58, 59, 52, 45, 38, 31, 39,
    46, 53, 60, 61, 54, 47, 55, 62, 63,
];

//! Languages of printers without an interpreter: pages arrive as compressed bitmaps in a simple framing.
//!
//! Pages, copies, paper and duplex stand in the framing; colour is told by whether a colour plane holds
//! anything. The bitmaps are not decoded.

mod paper;
mod qpdl;
mod xqx;
mod zjstream;

pub use qpdl::Reader as QpdlReader;
pub use zjstream::Reader as ZjReader;

use crate::opaque::seek_uel;
use crate::reader::Step;

/// After data that cannot be followed: passed over up to the next job header.
fn pass(input: &[u8]) -> Step {
    let (passed, ended) = seek_uel(input);
    if ended { Step::Ended(passed) } else { Step::Took(passed) }
}

/// Whether a portion of a JBIG (ITU-T T.82) bitmap holds more than stripe ends of white stripes.
fn is_inked_jbig(data: &[u8]) -> bool {
    data.iter().any(|byte| !matches!(byte, 0 | 0x02 | 0xff))
}

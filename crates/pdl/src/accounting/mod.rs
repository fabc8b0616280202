//! Adding up: pages as language readers report them, sheets and copies as the printer makes them.
//!
//! - [`Page`] is one page side as the language describes it;
//! - [`Sink`] takes the pages and names of one stretch of one language, applies the job's settings;
//! - [`Tally`] is the sum; [`Ledger`] keeps the sums of all jobs of a stream and makes the report.

mod ledger;
mod names;
mod runs;
mod sink;
mod tally;

pub use ledger::{DEFERRED_MAX, Deferred, Ledger};
pub use names::{NameRank, Names};
pub use runs::{PaperRun, Runs};
pub use sink::{Ink, Page, Sheet, Sink, Trouble};
pub use tally::Tally;

/// How many jobs of one stream are reported one by one; the pages of further jobs are added to the last.
pub const JOBS_MAX: usize = 4_096;

/// How many changes of paper are kept for one stream; pages after that are counted, their paper is not listed.
pub const PAPER_RUNS_MAX: usize = 65_536;

/// How many notes about one stream are kept.
pub const NOTES_MAX: usize = 32;

/// Longest name kept (user, job, driver), in bytes; longer ones are cut at a character.
pub const NAME_BYTES_MAX: usize = 1_024;

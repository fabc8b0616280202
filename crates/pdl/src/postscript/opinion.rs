//! A second opinion on a job this crate's interpreter could not run to its end: what counts of both.
//!
//! | our reader | the other interpreter | the report |
//! |---|---|---|
//! | reached a limit | ran to the end | its pages |
//! | reached a limit | found an error | its pages, failure |
//! | reached a limit | was cut, or is not there | what we had, undefined |
//! | found an error | ran to the end | its pages |
//! | found an error | anything else | the longer of both, failure |
//! | not sure of a colour | as many pages | its colours |
//! | not sure of a colour | anything else | what we had, with the remark |

use crate::accounting::{Ink, Page, Sheet, Sink, Trouble};
use crate::counts::{Copies, Impressions};
use crate::helpers::{Consulted, Ending, Interpretation, InterpretedPage};
use crate::media::Paper;
use crate::report::Duplex;
use crate::settings::Sides;
use crate::source::{ReadAt, Slice};

/// The header of an EPS file with a preview: where its program begins and how long it is (Adobe 5002, 5.2).
const DOS_MARK: [u8; 4] = [0xc5, 0xd0, 0xd3, 0xc6];
/// What serial lines end a job with; some drivers begin one with it.
const END_OF_FILE: u8 = 4;

/// Puts the numbers of the better interpreter into a sink; `guess` is what our own reader found.
pub(crate) fn decide(mut guess: Sink, document: &Slice<'_>, helpers: &mut Consulted<'_>) -> Sink {
    let trouble = guess.trouble().cloned();
    let interpretation = match helpers.postscript(&program(document)) {
        Ok(interpretation) => interpretation,
        Err(why) => {
            guess.doubt_further(why);
            return guess;
        }
    };
    let pages = printed(&interpretation);
    let ours = guess.tally().pages();
    match (trouble, interpretation.ending) {
        (None, Ending::Complete) if pages == ours => replaced(&guess, &interpretation.pages),
        (None, _) => guess,
        // It prints nothing where a file without `showpage` is printed by whatever prints it.
        (Some(_), Ending::Complete) if pages < ours => guess,
        (Some(_), Ending::Complete) => replaced(&guess, &interpretation.pages),
        (Some(Trouble::Failure(_)), Ending::Error(_) | Ending::Cut(_)) if pages <= ours => guess,
        (Some(Trouble::Failure(why)), Ending::Error(_)) => {
            let mut sink = replaced(&guess, &interpretation.pages);
            sink.failure(why);
            sink
        }
        (Some(Trouble::Failure(_)), Ending::Cut(_)) => guess,
        (Some(Trouble::Undefined(_)), Ending::Error(error)) => {
            let mut sink = if pages < ours { guess } else { replaced(&guess, &interpretation.pages) };
            sink.failure(format!("the program stops: {error}"));
            sink
        }
        (Some(Trouble::Undefined(_)), Ending::Cut(why)) => {
            guess.doubt_further(&format!("Ghostscript could not decide it either: {why}"));
            guess
        }
    }
}

/// The program of a document, without what a device takes off ahead of it.
fn program<'a>(document: &Slice<'a>) -> Slice<'a> {
    let mut head = [0; 12];
    let read = document.read_full_at(0, &mut head).unwrap_or(0);
    if read == head.len() && head.starts_with(&DOS_MARK) {
        let long =
            |at: usize| u64::from(u32::from_le_bytes([head[at], head[at + 1], head[at + 2], head[at + 3]]));
        return document.part(long(4), long(4).saturating_add(long(8)));
    }
    let ahead = head[..read].iter().take_while(|byte| **byte == END_OF_FILE).count();
    document.part(ahead as u64, document.len())
}

fn printed(interpretation: &Interpretation) -> Impressions {
    Impressions(interpretation.pages.iter().map(|page| u64::from(page.copies)).sum())
}

/// A sink with the names of ours and these pages. An interpreter that draws into memory does not tell sides; they are
/// those of our pages, where these agree.
fn replaced(guess: &Sink, pages: &[InterpretedPage]) -> Sink {
    let sides = match guess.tally().duplex() {
        _ if guess.tally().pages() == Impressions::ZERO => None,
        Duplex::Simplex => Some(Sides::OneSided),
        Duplex::LongEdge => Some(Sides::LongEdge),
        Duplex::ShortEdge => Some(Sides::ShortEdge),
        Duplex::Mixed => None,
    };
    let mut sink = guess.begun_again();
    for page in pages {
        sink.page(Page {
            ink: if page.coloured { Ink::Color } else { Ink::Gray },
            paper: page.points.and_then(|(width, height)| Paper::from_points(width, height)),
            sides,
            copies: (page.copies > 1).then(|| Copies::from_request(i64::from(page.copies))),
            sheet: Sheet::Next,
            gray_ticket: false,
        });
    }
    sink
}

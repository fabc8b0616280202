//! Reading PWG raster and CUPS raster streams.

use super::header::{self, HEADER_BYTES, HEADER_V1_BYTES, PageSetup};
use super::lines::Lines;
use crate::accounting::{Ink, Page, Sink};
use crate::opaque::seek_uel;
use crate::reader::{LanguageReader, Step, UEL};

/// How many bytes of a stream [`is_pwg`] looks at.
pub const PWG_SNIFF_BYTES: usize = 4 + 464;

/// Whether a stream that begins like this is PWG raster rather than CUPS raster: big-endian version 2 whose
/// first string field is `PwgRaster` (PWG 5102.4 section 4.3.1.1). MuPDF leaves that field empty but sets
/// the transforms (`CrossFeedTransform`, `FeedTransform`) that only PWG raster has in these places.
#[must_use]
pub fn is_pwg(start: &[u8]) -> bool {
    let Some(header) = start.strip_prefix(b"RaS2") else { return false };
    let transform =
        |at: usize| matches!(header.get(at..at + 4), Some([0, 0, 0, 1] | [0xFF, 0xFF, 0xFF, 0xFF]));
    header.starts_with(b"PwgRaster\0") || (header.first() == Some(&0) && transform(456) && transform(460))
}

/// Reads one raster stream from its synchronisation word on.
#[derive(Debug, Default)]
pub struct CupsReader {
    version: Option<Version>,
    page: Option<(PageSetup, Lines)>,
    pages: u64,
    broken: bool,
}

/// What the synchronisation word says.
#[derive(Debug, Clone, Copy)]
struct Version {
    little_endian: bool,
    header_bytes: usize,
    compressed: bool,
    is_pwg: bool,
}

impl Version {
    fn of(sync: [u8; 4]) -> Option<Version> {
        let (little_endian, number) = match &sync {
            b"RaSt" => (false, 1),
            b"tSaR" => (true, 1),
            b"RaS2" => (false, 2),
            b"2SaR" => (true, 2),
            b"RaS3" => (false, 3),
            b"3SaR" => (true, 3),
            _ => return None,
        };
        Some(Version {
            little_endian,
            header_bytes: if number == 1 { HEADER_V1_BYTES } else { HEADER_BYTES },
            compressed: number == 2,
            is_pwg: false,
        })
    }
}

impl LanguageReader for CupsReader {
    fn read(&mut self, input: &[u8], sink: &mut Sink) -> Step {
        let mut at = 0;
        if self.broken {
            return skip_to_uel(input, 0);
        }
        loop {
            if let Some((setup, lines)) = &mut self.page {
                at += lines.take(&input[at..]);
                if !lines.done() {
                    return Step::Took(at);
                }
                sink.page(Page {
                    ink: if lines.colored() { Ink::Color } else { Ink::Gray },
                    paper: setup.paper,
                    sides: setup.sides,
                    copies: setup.copies,
                    ..Page::default()
                });
                self.pages += 1;
                self.page = None;
            }
            let rest = &input[at..];
            let Some(version) = self.version else {
                let Some((sync, after)) = rest.split_first_chunk::<4>() else { return Step::Took(at) };
                if after.len() + 4 < PWG_SNIFF_BYTES {
                    return Step::Took(at);
                }
                let Some(mut version) = Version::of(*sync) else {
                    self.broken = true;
                    sink.failure("no raster synchronisation word");
                    return skip_to_uel(input, at);
                };
                version.is_pwg = is_pwg(rest);
                self.version = Some(version);
                at += 4;
                continue;
            };
            if ends_here(rest) {
                return Step::Ended(at);
            }
            let Some(header) = rest.get(..version.header_bytes) else { return Step::Took(at) };
            match header::parse(header, version.little_endian, version.is_pwg) {
                Ok(setup) => {
                    at += version.header_bytes;
                    let lines = Lines::new(setup.pixels, setup.unit, setup.lines, version.compressed);
                    self.page = Some((setup, lines));
                }
                Err(field) => {
                    sink.failure(format!("the header of raster page {} is wrong: {field}", self.pages + 1));
                    self.broken = true;
                    return skip_to_uel(input, at);
                }
            }
        }
    }

    fn finish(&mut self, rest: &[u8], sink: &mut Sink) {
        if self.broken {
            return;
        }
        if self.page.is_some() {
            sink.failure(format!("the raster ends inside page {}", self.pages + 1));
        } else if self.pages == 0 {
            sink.failure("the raster ends before its first page");
        } else if rest.iter().any(|b| !matches!(b, 0 | b'\r' | b'\n' | b' ')) {
            sink.failure(format!("the raster ends inside the header of page {}", self.pages + 1));
        }
    }
}

/// Whether something that is no page header follows the last page: a UEL or another raster stream.
fn ends_here(rest: &[u8]) -> bool {
    rest.starts_with(UEL) || rest.first_chunk::<4>().is_some_and(|sync| Version::of(*sync).is_some())
}

/// After broken data nothing is understood but the end of the language.
pub(super) fn skip_to_uel(input: &[u8], from: usize) -> Step {
    match seek_uel(&input[from..]) {
        (passed, true) => Step::Ended(from + passed),
        (passed, false) => Step::Took(from + passed),
    }
}

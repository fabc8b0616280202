//! PDF 1.0 to 2.0 (ISO 32000-1, ISO 32000-2), read with random access.
//!
//! - [`lexer`], [`object`]: the syntax of values;
//! - [`source`], [`xref`], [`document`], [`crypt`], [`stream`]: from an object number to its bytes, whatever the
//!   file does to make that hard: updates, hybrid and broken tables, object streams, encryption, wrong lengths;
//! - [`pages`]: the page tree;
//! - [`content`], with [`space`], [`functions`] and [`fonts`]: whether a page is in colour.
//!
//! Memory is bounded by the cross-reference table and the caches named in [`document`]; no stream is held whole.

mod content;
mod crypt;
mod document;
mod fonts;
mod functions;
mod lexer;
mod object;
mod pages;
mod source;
mod space;
mod stream;
mod xref;

use std::collections::HashMap;

use crate::accounting::{Ink, Page as SinkPage, Sink};
use crate::media::Paper;
use crate::source::ReadAt;

use content::{Answer, Painter};
use document::{Document, PdfError};
use pages::{End, Page, PageWalk};

/// Reads a whole PDF and puts its pages into `sink`.
///
/// The paper of a page is its crop box inside its media box, as viewers print it. Document information (title,
/// author, creator) is not the name of a print job and is not reported as one; neither are the wishes for a
/// viewer's print dialogue (`ViewerPreferences`), which no printer heeds.
pub fn read(data: &dyn ReadAt, sink: &mut Sink) {
    match Document::open(data) {
        Ok(mut document) => {
            if let Err(error) = read_pages(&mut document, sink) {
                sink.failure(error.to_string());
            }
        }
        Err(error) => sink.failure(error.to_string()),
    }
}

/// Counts the pages and looks at nothing else; `None` when the page tree cannot be walked to its end.
#[must_use]
pub fn page_count(data: &dyn ReadAt) -> Option<u64> {
    let mut document = Document::open(data).ok()?;
    let mut walk = PageWalk::new(&mut document).ok()?;
    let mut count = 0;
    loop {
        match walk.next(&mut document).ok()? {
            Ok(_) => count += 1,
            Err(End::Complete) => return Some(count),
            Err(End::Endless) => return None,
        }
    }
}

fn read_pages(document: &mut Document<'_>, sink: &mut Sink) -> Result<(), PdfError> {
    let locked = document.is_locked();
    if locked {
        sink.undefined("the document needs a password, its colours cannot be seen");
    }
    let mut walk = PageWalk::new(document)?;
    let mut painter = Painter::new(document)?;
    let mut inks = Inks { known: HashMap::new(), locked };
    let mut count = 0_u64;
    loop {
        match walk.next(painter.document())? {
            Ok(page) => {
                count += 1;
                inks.put(&mut painter, &page, sink)?;
            }
            Err(End::Complete) => break,
            Err(End::Endless) => {
                sink.failure("the page tree is endless");
                return Ok(());
            }
        }
    }
    if count == 0 {
        painter.document().rebuild()?;
        for page in pages::loose_pages(painter.document())? {
            inks.put(&mut painter, &page, sink)?;
        }
        if !locked {
            sink.failure("the page tree cannot be found");
        }
    } else if painter.document().is_truncated() {
        sink.failure("the end of the document is missing");
    } else if let Some(damage) = painter.document().damage() {
        sink.note(damage);
    }
    if let Some(doubt) = painter.doubt() {
        sink.note(format!("may be in colour: {doubt}"));
    }
    Ok(())
}

/// What is known of pages' colours: some trees have the same page many times.
struct Inks {
    known: HashMap<u32, Ink>,
    locked: bool,
}

/// Pages whose colours are remembered.
const INKS_MAX: usize = 65_536;

impl Inks {
    fn put(&mut self, painter: &mut Painter<'_, '_>, page: &Page, sink: &mut Sink) -> Result<(), PdfError> {
        let known = page.number.and_then(|number| self.known.get(&number)).copied();
        let ink = match known {
            Some(ink) => ink,
            None if self.locked => Ink::Gray,
            None => match painter.page(page)? {
                Answer::Gray => Ink::Gray,
                Answer::Coloured => Ink::Color,
                Answer::Unknown => {
                    sink.undefined("there is too much in the pages to look for colours");
                    Ink::Color
                }
            },
        };
        if let Some(number) = page.number.filter(|_| self.known.len() < INKS_MAX) {
            self.known.insert(number, ink);
        }
        let (width, height) = page.size_points();
        sink.page(SinkPage { ink, paper: Paper::from_points(width, height), ..SinkPage::default() });
        Ok(())
    }
}

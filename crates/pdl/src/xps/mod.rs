//! XPS (ECMA-388) and OpenXPS: pages, colour, paper and print tickets of a package.
//!
//! The package names a sequence of documents, each a list of pages; the pages are read in that order, one at
//! a time, and their markup is walked for marks that are not gray. Print tickets of the job, the documents and
//! the pages say copies, sides, paper and whether the printer is to print gray.
//!
//! * [`package`]: the zip file and its parts.
//! * [`markup`]: XML in bounded memory.
//! * [`sequence`]: documents and pages in order, tickets, names.
//! * [`page`], [`paint`], [`geometry`]: the marks of a page.
//! * [`ticket`]: print tickets.
//! * [`limits`]: every bound.

mod geometry;
mod limits;
mod markup;
mod package;
mod page;
mod paint;
mod pictures;
mod sequence;
mod ticket;

use crate::accounting::Sink;
use crate::source::{ReadAt, Slice};

/// Reads a package completely.
pub fn read(source: &dyn ReadAt, sink: &mut Sink) {
    match package::Package::open(source) {
        Ok(package) => sequence::read(&package, sink),
        Err(error) => sink.failure(format!("the XPS package cannot be read: {error}")),
    }
}

/// Where the package that begins at `start` ends, if its directory tells.
#[must_use]
pub fn extent(source: &dyn ReadAt, start: u64) -> Option<u64> {
    let rest = Slice::new(source, start, source.len());
    package::end(&rest).ok().flatten().map(|end| start + end)
}

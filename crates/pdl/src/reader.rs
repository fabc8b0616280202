//! What a language reader is, and the list of them.
//!
//! A reader gets the bytes of its language in any chunking and puts pages into a [`Sink`]. Three rules make
//! the answer independent of the chunking and the memory bounded:
//! - it takes whole tokens only and says how many bytes it took; the rest comes again with more behind it;
//! - it takes payload (raster, images, streams) by length in whatever portions come;
//! - a token never needs more than [`TOKEN_BYTES_MAX`] bytes in view.

use crate::accounting::{Deferred, Sink};
use crate::escp;
use crate::escpage;
use crate::helpers::Consulted;
use crate::hostbased;
use crate::language::Language;
use crate::lips;
use crate::opaque::Opaque;
use crate::passed::Passed;
use crate::pcl5;
use crate::pclm;
use crate::pclxl;
use crate::pdf;
use crate::picture;
use crate::postscript;
use crate::raster;
use crate::source::{ReadAt, Slice};
use crate::xps;

/// The Universal Exit Language sequence that ends any language and starts PJL (PJL Technical Reference,
/// chapter 3).
pub const UEL: &[u8; 9] = b"\x1b%-12345X";

/// How many bytes a reader may leave untaken while it waits for more. A reader that takes nothing from a view
/// of this size is cut off and its stream reported as broken.
pub const TOKEN_BYTES_MAX: usize = 64 * 1024;

/// What a reader did with the bytes it was given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// It took this many and wants the rest again, with more.
    Took(usize),
    /// Its language ended after this many; the rest is something else (a [`UEL`], another language).
    Ended(usize),
}

/// Reads one stretch of one language.
pub trait LanguageReader: Send {
    /// Takes bytes from the start of `input`.
    fn read(&mut self, input: &[u8], sink: &mut Sink) -> Step;

    /// The stream is over and `rest` is what was left untaken. Not called after [`Step::Ended`].
    fn finish(&mut self, rest: &[u8], sink: &mut Sink);

    /// Whether the reader only looks for the end of its data: the document itself is read by [`resolve`].
    fn only_seeks_end(&self) -> bool {
        false
    }
}

/// A reader for `language`.
#[must_use]
pub fn open(language: Language) -> Box<dyn LanguageReader> {
    match language {
        Language::Pdf | Language::Pclm | Language::Xps | Language::Jpeg | Language::Tiff => Box::new(Passed),
        Language::PwgRaster | Language::CupsRaster => Box::new(raster::CupsReader::default()),
        Language::Urf => Box::new(raster::UrfReader::default()),
        Language::Pcl5 => Box::new(pcl5::Reader::new()),
        Language::HpGl2 => Box::new(pcl5::Reader::for_plotter()),
        Language::PclXl => Box::new(pclxl::Reader::new()),
        Language::PostScript => Box::new(postscript::PostScriptReader::new()),
        Language::Text => Box::new(pcl5::Reader::for_text()),
        Language::Lips => Box::new(lips::Reader::default()),
        Language::EscPage => Box::new(escpage::Reader::default()),
        Language::EscP => Box::new(escp::Reader::default()),
        Language::ZjStream => Box::new(hostbased::ZjReader::default()),
        Language::Qpdl => Box::new(hostbased::QpdlReader::default()),
        Language::Pjl | Language::Unknown => Box::new(Opaque::new(language)),
    }
}

/// Where a document that begins at `start` ends, if its own structure tells (a PDF's trailer, a zip's
/// directory). Saves reading it through.
#[must_use]
pub fn extent(language: Language, source: &dyn ReadAt, start: u64) -> Option<u64> {
    match language {
        Language::Xps => xps::extent(source, start),
        _ => None,
    }
}

/// Reads a stretch that asked for random access ([`Sink::needs_source`]); `guess` is what the streaming pass found.
#[must_use]
pub fn resolve(deferred: &Deferred, source: &dyn ReadAt, helpers: &mut Consulted<'_>, guess: Sink) -> Sink {
    let mut sink = Sink::new(deferred.settings.clone());
    let document = Slice::new(source, deferred.start, deferred.end);
    match deferred.language {
        Language::Pdf => pdf::read(&document, &mut sink),
        Language::Pclm => return pclm::read(&document, &deferred.settings),
        Language::Xps => xps::read(&document, &mut sink),
        Language::Jpeg => picture::read_jpeg(&document, &mut sink),
        Language::Tiff => picture::read_tiff(&document, &mut sink),
        Language::PostScript => return postscript::decide(guess, &document, helpers),
        language => sink.undefined(format!("{language} cannot be read with random access")),
    }
    sink
}

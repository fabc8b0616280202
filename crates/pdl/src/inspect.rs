//! The complete way in: a whole document with random access.

use crate::accounting::{Sink, Trouble};
use crate::helpers::{Consulted, Helpers};
use crate::inspector::{Inspector, Options};
use crate::reader;
use crate::report::Report;
use crate::source::ReadAt;

/// How much of the document is in memory at a time.
const CHUNK_BYTES: usize = 256 * 1024;

/// Reads a document completely, PDF, XPS and PostScript that needs an interpreter included.
#[must_use]
pub fn inspect(source: &dyn ReadAt, helpers: &Helpers) -> Report {
    inspect_with(source, Options::default(), helpers, &mut |_| {})
}

/// As [`inspect`], with options, telling after every step how many bytes of the document are behind.
#[must_use]
pub fn inspect_with(
    source: &dyn ReadAt,
    options: Options,
    helpers: &Helpers,
    progress: &mut dyn FnMut(u64),
) -> Report {
    let mut inspector = Inspector::new(options);
    let mut buffer = vec![0; CHUNK_BYTES];
    let mut offset = 0;
    loop {
        let read = match source.read_full_at(offset, &mut buffer) {
            Ok(0) => break,
            Ok(read) => read,
            Err(error) => {
                inspector
                    .segmenter()
                    .see_trouble(Trouble::Failure(format!("the document cannot be read: {error}")));
                break;
            }
        };
        inspector.push(&buffer[..read]);
        offset += read as u64;
        if let Some((language, start)) = inspector.segmenter().document_being_passed()
            && let Some(end) = reader::extent(language, source, start)
            && end > offset
            && end <= source.len()
        {
            inspector.segmenter().skip_to(end);
            offset = end;
        }
        progress(offset);
    }
    let (mut ledger, bytes) = inspector.into_segmenter().finish();
    let mut consulted = Consulted::new(helpers);
    for deferred in ledger.deferred().to_vec() {
        let guess = ledger.take_guess(&deferred).unwrap_or_else(|| Sink::new(deferred.settings.clone()));
        let sink = reader::resolve(&deferred, source, &mut consulted, guess);
        ledger.resolve(&deferred, sink);
        progress(deferred.end);
    }
    ledger.into_report(bytes)
}

//! Programs outside this crate that can answer what bytes alone cannot.

use std::fmt;

use crate::accounting::Sink;
use crate::source::ReadAt;

/// Runs PostScript and reports its pages: Ghostscript in a sandbox, where it is installed.
pub trait PostScriptInterpreter: Send + Sync {
    /// Interprets the document, puts its pages into `sink` with what the program set by itself (paper, copies,
    /// sides), and its trouble if it fails.
    fn interpret(&self, document: &dyn ReadAt, sink: &mut Sink);
}

/// What [`crate::inspect()`] may call upon.
#[derive(Default)]
pub struct Helpers {
    /// For PostScript that cannot be decided by scanning; without it such a stream is undefined.
    pub postscript: Option<Box<dyn PostScriptInterpreter>>,
}

impl Helpers {
    /// No helper: everything is decided from the bytes.
    #[must_use]
    pub fn none() -> Self {
        Self::default()
    }
}

impl fmt::Debug for Helpers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Helpers").field("postscript", &self.postscript.is_some()).finish()
    }
}

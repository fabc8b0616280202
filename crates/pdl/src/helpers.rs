//! Programs outside this crate that can answer what bytes alone cannot.

use std::fmt;

use crate::source::ReadAt;

/// A page side as an interpreter draws it, with its copies.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct InterpretedPage {
    /// Width and height of the sheet in points; `None` where the program asks for no size.
    pub points: Option<(f64, f64)>,
    /// Whether any point of it has unequal red, green and blue.
    pub coloured: bool,
    /// How often it is printed, at least 1.
    pub copies: u32,
}

/// How an interpretation ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ending {
    /// The program ran to its end.
    Complete,
    /// The program raised this error; what was printed before counts.
    Error(String),
    /// It was ended, or could not be run; says why. Nothing can be concluded from its pages.
    Cut(String),
}

/// What an interpreter found.
#[derive(Clone, Debug, PartialEq)]
pub struct Interpretation {
    /// Its pages, in order.
    pub pages: Vec<InterpretedPage>,
    /// How it ended.
    pub ending: Ending,
}

/// Runs PostScript and reports its pages: Ghostscript in a sandbox, where it is installed.
pub trait PostScriptInterpreter: Send + Sync {
    /// Interprets one job, bounded in time and memory.
    fn interpret(&self, document: &dyn ReadAt) -> Interpretation;
}

/// What [`crate::inspect()`] may call upon.
#[derive(Default)]
pub struct Helpers {
    /// For PostScript that this crate cannot decide; without it such a stream is undefined.
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

/// How many jobs of one stream an interpreter is asked about.
pub const CONSULTATIONS_MAX: u32 = 16;

/// The helpers while one stream is read: asked only so often, and no more after one had to be cut short, so that a
/// stream of many endless programs costs no more than one.
#[derive(Debug)]
pub struct Consulted<'a> {
    helpers: &'a Helpers,
    left: u32,
}

impl<'a> Consulted<'a> {
    /// Nobody was asked yet.
    #[must_use]
    pub fn new(helpers: &'a Helpers) -> Self {
        Self { helpers, left: CONSULTATIONS_MAX }
    }

    /// Asks about a PostScript job; says why there is no answer.
    ///
    /// # Errors
    /// A half sentence: there is nobody to ask, or enough was asked.
    pub fn postscript(&mut self, document: &dyn ReadAt) -> Result<Interpretation, &'static str> {
        let interpreter = self.helpers.postscript.as_ref().ok_or("there is no Ghostscript here to run it")?;
        self.left = self.left.checked_sub(1).ok_or("Ghostscript was asked often enough about this stream")?;
        let interpretation = interpreter.interpret(document);
        if let Ending::Cut(_) = interpretation.ending {
            self.left = 0;
        }
        Ok(interpretation)
    }
}

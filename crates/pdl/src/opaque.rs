//! Data that is recognised but not understood: it is passed over up to the next Universal Exit Language.

use memchr::memmem;

use crate::accounting::Sink;
use crate::language::Language;
use crate::reader::{LanguageReader, Step, UEL};

/// Passes over data of a language without a reader.
#[derive(Debug)]
pub struct Opaque {
    language: Language,
}

impl Opaque {
    /// For data of `language`.
    #[must_use]
    pub fn new(language: Language) -> Self {
        Self { language }
    }

    fn say_why(&self, sink: &mut Sink) {
        match self.language {
            Language::Unknown => sink.undefined("the language is not known"),
            language => sink.undefined(format!("pages of {language} data cannot be counted")),
        }
    }
}

impl LanguageReader for Opaque {
    fn read(&mut self, input: &[u8], sink: &mut Sink) -> Step {
        let (taken, ended) = seek_uel(input);
        if ended {
            self.say_why(sink);
            return Step::Ended(taken);
        }
        Step::Took(taken)
    }

    fn finish(&mut self, _rest: &[u8], sink: &mut Sink) {
        self.say_why(sink);
    }
}

/// How many bytes come before a [`UEL`] and whether there is one; without one, everything but a tail that
/// could be the beginning of one.
#[must_use]
pub fn seek_uel(input: &[u8]) -> (usize, bool) {
    if let Some(at) = memmem::find(input, UEL) {
        return (at, true);
    }
    let tail = (1..UEL.len().min(input.len() + 1)).rev().find(|&tail| input.ends_with(&UEL[..tail]));
    (input.len() - tail.unwrap_or(0), false)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_end_in_any_chunking() {
        assert_eq!(seek_uel(b"abc\x1b%-12345Xdef"), (3, true));
        assert_eq!(seek_uel(b"abc\x1b%-123"), (3, false));
        assert_eq!(seek_uel(b"abc\x1b%-123\x1b"), (9, false));
        assert_eq!(seek_uel(b""), (0, false));
    }
}

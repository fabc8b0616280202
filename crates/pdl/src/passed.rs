//! Documents that are read with random access: in the stream only their end is looked for.

use crate::accounting::Sink;
use crate::opaque::seek_uel;
use crate::reader::{LanguageReader, Step};

/// Passes over a document up to the next Universal Exit Language sequence and asks for random access.
#[derive(Debug, Default)]
pub struct Passed;

impl LanguageReader for Passed {
    fn read(&mut self, input: &[u8], sink: &mut Sink) -> Step {
        let (taken, ended) = seek_uel(input);
        if ended {
            sink.needs_source();
            return Step::Ended(taken);
        }
        Step::Took(taken)
    }

    fn finish(&mut self, _rest: &[u8], sink: &mut Sink) {
        sink.needs_source();
    }

    fn only_seeks_end(&self) -> bool {
        true
    }
}

//! Files (PLRM 3.8): the job itself, filters on it, strings to read from, and places output vanishes in.
//!
//! Every file to read from has a buffer of bytes that are decoded but not yet read. Filling a buffer takes bytes
//! out of the buffer of the file below, down to the job, which has what was pushed so far and nothing more:
//! [`Fault::NeedInput`] then stops the interpreter until there is more.

mod decoders;
mod eexec;

pub(super) use decoders::{DctCollector, Null, SubFile};
pub(super) use eexec::Eexec;

use crate::codec::{Decoder, Status};

use super::object::{ErrorName, Fault, FileId, Object};
use super::vm::Vm;

/// An open file.
#[derive(Debug)]
pub(super) struct File {
    buffer: Vec<u8>,
    at: usize,
    /// Nothing will be added to the buffer any more.
    over: bool,
    closed: bool,
    kind: Kind,
}

#[derive(Debug)]
enum Kind {
    /// The job.
    Job,
    /// A string or an answer: all of it is in the buffer.
    Memory,
    /// A decoding filter.
    Filter { source: Source, decoder: Option<BoxedDecoder> },
    /// The decryption of fonts, which gives back what it took too much.
    Eexec { source: FileId, state: Eexec },
    /// JPEG data, collected for its colours; it has no bytes to read.
    Dct { source: Source, collector: DctCollector },
    /// Where output goes: nowhere.
    Sink,
}

/// Where a filter takes its bytes from.
#[derive(Clone, Copy, Debug)]
pub(super) enum Source {
    /// Another file.
    File(FileId),
    /// A procedure that is called for every string; what it gave waits in this file.
    Procedure { procedure: Object, given: FileId },
}

/// A decoder with a name for debugging.
struct BoxedDecoder(Box<dyn Decoder + Send>);

impl std::fmt::Debug for BoxedDecoder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("decoder")
    }
}

/// Whether a buffer got longer.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Fill {
    More,
    End,
}

/// Decoded bytes per filling of a filter.
const FILL_BYTES: usize = 16 * 1024;
/// Filters on filters.
const FILTER_DEPTH_MAX: u32 = 64;

impl File {
    fn new(kind: Kind, buffer: Vec<u8>, over: bool) -> Self {
        Self { buffer, at: 0, over, closed: false, kind }
    }

    /// The job.
    pub(super) fn job() -> Self {
        Self::new(Kind::Job, Vec::new(), false)
    }

    /// A file with these bytes.
    pub(super) fn memory(bytes: Vec<u8>) -> Self {
        Self::new(Kind::Memory, bytes, true)
    }

    /// A file that gets its bytes later, by [`Self::append`].
    pub(super) fn mailbox() -> Self {
        Self::new(Kind::Memory, Vec::new(), false)
    }

    /// A place for output.
    pub(super) fn sink() -> Self {
        Self::new(Kind::Sink, Vec::new(), true)
    }

    /// A decoding filter.
    pub(super) fn filter(source: Source, decoder: Box<dyn Decoder + Send>) -> Self {
        Self::new(Kind::Filter { source, decoder: Some(BoxedDecoder(decoder)) }, Vec::new(), false)
    }

    /// The decryption of a font program.
    pub(super) fn eexec(source: FileId) -> Self {
        Self::new(Kind::Eexec { source, state: Eexec::default() }, Vec::new(), false)
    }

    /// A collector of JPEG data.
    pub(super) fn dct(source: Source, collector: DctCollector) -> Self {
        Self::new(Kind::Dct { source, collector }, Vec::new(), false)
    }

    /// The objects a collection of garbage must keep for this file.
    pub(super) fn references(&self) -> Vec<Object> {
        let file = |id| Object::File(Default::default(), id);
        match &self.kind {
            Kind::Filter { source, .. } | Kind::Dct { source, .. } => match source {
                Source::File(id) => vec![file(*id)],
                Source::Procedure { procedure, given } => vec![*procedure, file(*given)],
            },
            Kind::Eexec { source, .. } => vec![file(*source)],
            Kind::Job | Kind::Memory | Kind::Sink => Vec::new(),
        }
    }

    /// What can be read without filling.
    pub(super) fn available(&self) -> &[u8] {
        if self.closed { &[] } else { &self.buffer[self.at..] }
    }

    /// Takes bytes that were looked at.
    pub(super) fn take(&mut self, count: usize) {
        self.at = (self.at + count).min(self.buffer.len());
    }

    /// Whether [`Self::available`] is all there will be.
    pub(super) fn is_over(&self) -> bool {
        self.over || self.closed
    }

    /// Whether it was closed.
    pub(super) fn is_closed(&self) -> bool {
        self.closed
    }

    /// Whether it is a filter over JPEG data.
    pub(super) fn is_dct(&self) -> bool {
        matches!(self.kind, Kind::Dct { .. })
    }

    /// The JPEG data collected so far.
    pub(super) fn dct_collector(&mut self) -> Option<&mut DctCollector> {
        match &mut self.kind {
            Kind::Dct { collector, .. } => Some(collector),
            Kind::Job | Kind::Memory | Kind::Filter { .. } | Kind::Eexec { .. } | Kind::Sink => None,
        }
    }

    /// Whether it is the job.
    pub(super) fn is_job(&self) -> bool {
        matches!(self.kind, Kind::Job)
    }

    /// Whether output may be written to it.
    pub(super) fn is_sink(&self) -> bool {
        matches!(self.kind, Kind::Sink)
    }

    /// Adds bytes behind those in the buffer.
    pub(super) fn append(&mut self, bytes: &[u8]) {
        self.buffer.drain(..self.at);
        self.at = 0;
        self.buffer.extend_from_slice(bytes);
    }

    /// Nothing will be appended any more.
    pub(super) fn set_over(&mut self) {
        self.over = true;
    }

    /// Removes the last bytes of the buffer again, as far as they are not read.
    pub(super) fn retract(&mut self, count: usize) {
        let keep = self.buffer.len().saturating_sub(count).max(self.at);
        self.buffer.truncate(keep);
    }

    /// The read position in a file in memory, and its length.
    pub(super) fn position(&self) -> Option<(usize, usize)> {
        matches!(self.kind, Kind::Memory).then_some((self.at, self.buffer.len()))
    }

    /// Goes on reading a file in memory from another place.
    pub(super) fn seek(&mut self, at: usize) {
        self.at = at.min(self.buffer.len());
    }
}

/// Closes a file: nothing can be read from it any more.
pub(super) fn close(vm: &mut Vm, id: FileId) {
    let Some(file) = vm.file_mut(id) else { return };
    if file.closed || file.is_job() {
        return;
    }
    let unread = std::mem::take(&mut file.buffer).split_off(file.at);
    file.at = 0;
    file.closed = true;
    let given_back = match &mut file.kind {
        Kind::Eexec { source, state } => Some((*source, state.raw_of_last(unread.len()))),
        Kind::Job | Kind::Memory | Kind::Filter { .. } | Kind::Dct { .. } | Kind::Sink => None,
    };
    if let Some((source, raw)) = given_back
        && let Some(source) = vm.file_mut(source)
    {
        let mut buffer = raw;
        buffer.extend_from_slice(&source.buffer[source.at..]);
        source.buffer = buffer;
        source.at = 0;
    }
}

/// Adds at least one byte to the buffer of a file, or finds that it is over.
///
/// # Errors
/// [`Fault::NeedInput`] when the job has no more bytes yet, [`Fault::CallSource`] when a procedure must be run for
/// them.
pub(super) fn fill(vm: &mut Vm, id: FileId) -> Result<Fill, Fault> {
    fill_nested(vm, id, 0)
}

fn fill_nested(vm: &mut Vm, id: FileId, depth: u32) -> Result<Fill, Fault> {
    if depth > FILTER_DEPTH_MAX {
        return Err(Fault::Error(ErrorName::LimitCheck));
    }
    loop {
        let Some(file) = vm.file_mut(id) else { return Ok(Fill::End) };
        if file.is_over() {
            return Ok(Fill::End);
        }
        let source = match &file.kind {
            Kind::Job => return Err(Fault::NeedInput),
            Kind::Memory | Kind::Sink => return Ok(Fill::End),
            Kind::Filter { source, .. } | Kind::Dct { source, .. } => *source,
            Kind::Eexec { source, .. } => Source::File(*source),
        };
        let below = match source {
            Source::File(below) | Source::Procedure { given: below, .. } => below,
        };
        match decode_once(vm, id, below)? {
            Progress::Made => return Ok(Fill::More),
            Progress::Ended => {
                if let Some(file) = vm.file_mut(id) {
                    file.over = true;
                }
                return Ok(Fill::End);
            }
            Progress::Starved => match source {
                Source::File(below) => {
                    fill_nested(vm, below, depth + 1)?;
                }
                Source::Procedure { procedure, given } => return Err(Fault::CallSource { procedure, given }),
            },
        }
    }
}

enum Progress {
    Made,
    Ended,
    Starved,
}

/// One step of a filter's decoder from the buffer below into its own.
fn decode_once(vm: &mut Vm, id: FileId, below: FileId) -> Result<Progress, Fault> {
    let Some(file) = vm.file_mut(id) else { return Ok(Progress::Ended) };
    let placeholder = Kind::Sink;
    let mut kind = std::mem::replace(&mut file.kind, placeholder);
    let mut buffer = std::mem::take(&mut file.buffer);
    buffer.drain(..file.at);
    file.at = 0;
    let progress = match vm.file_mut(below) {
        Some(source) => {
            let last = source.is_over();
            let input = if source.closed { &[][..] } else { &source.buffer[source.at..] };
            let (consumed, progress) = match &mut kind {
                Kind::Filter { decoder: Some(decoder), .. } => {
                    run_decoder(&mut *decoder.0, input, last, &mut buffer)
                }
                Kind::Eexec { state, .. } => {
                    let (consumed, made) = state.decode(input, last, &mut buffer);
                    let progress = match (made, last && consumed == input.len()) {
                        (true, _) => Progress::Made,
                        (false, true) => Progress::Ended,
                        (false, false) => Progress::Starved,
                    };
                    (consumed, progress)
                }
                Kind::Dct { collector, .. } => {
                    let consumed = collector.push(input);
                    let progress =
                        if collector.is_done() || last { Progress::Ended } else { Progress::Starved };
                    (consumed, progress)
                }
                Kind::Filter { decoder: None, .. } | Kind::Job | Kind::Memory | Kind::Sink => {
                    (0, Progress::Ended)
                }
            };
            source.take(consumed);
            progress
        }
        None => Progress::Ended,
    };
    if let Some(file) = vm.file_mut(id) {
        file.kind = kind;
        file.buffer = buffer;
    }
    Ok(progress)
}

/// Damaged data ends where the damage begins.
fn run_decoder(
    decoder: &mut dyn Decoder,
    input: &[u8],
    last: bool,
    buffer: &mut Vec<u8>,
) -> (usize, Progress) {
    let kept = buffer.len();
    buffer.resize(kept + FILL_BYTES, 0);
    let step = decoder.decode(input, last, &mut buffer[kept..]);
    let Ok(step) = step else {
        buffer.truncate(kept);
        return (0, Progress::Ended);
    };
    buffer.truncate(kept + step.produced);
    let progress = match step.status {
        _ if step.produced > 0 => Progress::Made,
        Status::End => Progress::Ended,
        Status::NeedInput if last => Progress::Ended,
        Status::NeedInput => Progress::Starved,
        // Nothing made with room left: there is nothing.
        Status::NeedOutput => Progress::Ended,
    };
    (step.consumed, progress)
}

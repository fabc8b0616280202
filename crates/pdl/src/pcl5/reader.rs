//! The reader the segmenter drives.

use super::machine::Machine;
use super::scan::{Scan, Scanned};
use crate::accounting::{Ink, Sink};
use crate::reader::{LanguageReader, Step, TOKEN_BYTES_MAX};

/// What the data is taken for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Personality {
    /// PCL 5.
    Pcl,
    /// PCL 5 that names no paper: plain text, as a printer prints it.
    Text,
    /// A plotter: HP-GL/2 with RTL around it instead of the other way round.
    Plotter,
}

/// Reads PCL 5 or, for plotters, HP-GL/2 with RTL; plain text is PCL without commands.
#[derive(Debug)]
pub struct Reader {
    personality: Personality,
    machine: Option<Box<Machine>>,
    scan: Scan,
}

impl Reader {
    /// For PCL 5 data.
    #[must_use]
    pub fn new() -> Self {
        Self { personality: Personality::Pcl, machine: None, scan: Scan::default() }
    }

    /// For HP-GL/2 data that is not inside PCL.
    #[must_use]
    pub fn for_plotter() -> Self {
        Self { personality: Personality::Plotter, ..Self::new() }
    }
}

impl Reader {
    /// For plain text: pages of 60 lines on letter paper, 64 on A4 (half an inch off top and bottom, six lines
    /// an inch), or as many as PJL `FORMLINES` says.
    #[must_use]
    pub fn for_text() -> Self {
        Self { personality: Personality::Text, ..Self::new() }
    }
}

impl Default for Reader {
    fn default() -> Self {
        Self::new()
    }
}

impl LanguageReader for Reader {
    fn read(&mut self, input: &[u8], sink: &mut Sink) -> Step {
        let personality = self.personality;
        let machine = self.machine.get_or_insert_with(|| Box::new(Machine::new(personality, sink)));
        match self.scan.run(machine, input, sink) {
            Scanned::Took(took) => Step::Took(took),
            Scanned::Ended(took) => {
                machine.reset(sink);
                Step::Ended(took)
            }
        }
    }

    fn finish(&mut self, rest: &[u8], sink: &mut Sink) {
        let Some(machine) = &mut self.machine else { return };
        if let Some(what) = self.scan.unfinished(machine, rest) {
            sink.failure(format!("the data ends inside {what}"));
        }
        machine.reset(sink);
    }
}

/// PCL 5 or HP-GL/2 that another language puts on its page: it marks the page but ejects none.
#[derive(Debug)]
pub struct Snippet {
    machine: Machine,
    scan: Scan,
    sink: Sink,
    /// The beginning of a command whose rest comes with the next bytes.
    carry: Vec<u8>,
}

impl Snippet {
    /// For one page.
    #[must_use]
    pub fn new(sink: &Sink) -> Self {
        let sink = Sink::new(sink.settings().clone());
        let mut machine = Machine::new(Personality::Pcl, &sink);
        machine.is_snippet = true;
        Self { machine, scan: Scan::default(), sink, carry: Vec::new() }
    }

    /// Takes the next bytes; they may end anywhere. Says what marks they and those before made.
    pub fn take(&mut self, bytes: &[u8]) -> Ink {
        let mut carry = std::mem::take(&mut self.carry);
        carry.extend_from_slice(bytes);
        match self.scan.run(&mut self.machine, &carry, &mut self.sink) {
            Scanned::Took(took) if carry.len() - took < TOKEN_BYTES_MAX => {
                carry.drain(..took);
                self.carry = carry;
            }
            Scanned::Took(_) | Scanned::Ended(_) => {}
        }
        self.machine.page.ink
    }
}

//! Ghostscript as a [`PostScriptInterpreter`].
//!
//! It draws each page at 72 dots an inch in red, green and blue without colour management, so that gray stays gray and
//! any coloured mark leaves a coloured point; the size of the picture is the paper. A page whose program asks for no
//! size is drawn on a sheet no printer has, which is how that is known.

use std::path::PathBuf;
use std::sync::Arc;

use pdl::{Ending, Interpretation, InterpretedPage, PostScriptInterpreter, ReadAt};

use crate::cage::{self, Cage, End, Ended, Run};
use crate::frames::{Frame, Frames};
use crate::limits::{LINE_BYTES_MAX, Limits, PAGES_MAX, WORDS_BYTES_MAX};
use crate::prolog::{self, Mark};

/// The sheet of programs that ask for none, in points: a third of a millimetre smaller than US Letter.
const NO_SIZE: (u32, u32) = (611, 791);

/// The installed Ghostscript.
pub struct Ghostscript {
    program: PathBuf,
    cage: Cage,
    limits: Limits,
    stopping: Arc<dyn Fn() -> bool + Send + Sync>,
}

impl std::fmt::Debug for Ghostscript {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Ghostscript")
            .field("program", &self.program)
            .field("limits", &self.limits)
            .finish_non_exhaustive()
    }
}

impl Ghostscript {
    /// The Ghostscript of this machine.
    ///
    /// # Errors
    /// What is not installed, as a sentence: Ghostscript itself, or a program that sets its limits.
    pub fn find(limits: Limits) -> Result<Self, String> {
        let program = cage::find("gs").ok_or("Ghostscript is not installed")?;
        Self::at(program, limits)
    }

    /// The Ghostscript at a path.
    ///
    /// # Errors
    /// As [`Ghostscript::find`].
    pub fn at(program: PathBuf, limits: Limits) -> Result<Self, String> {
        let cage = Cage::find()
            .map_err(|missing| format!("Ghostscript is not used: there is no {missing} to limit it"))?;
        Ok(Self { program, cage, limits, stopping: Arc::new(|| false) })
    }

    /// Asks `stopping` while a document is interpreted, and ends that when the answer is yes.
    #[must_use]
    pub fn until(mut self, stopping: impl Fn() -> bool + Send + Sync + 'static) -> Self {
        self.stopping = Arc::new(stopping);
        self
    }
}

fn arguments(mark: &Mark) -> Vec<String> {
    let (width, height) = NO_SIZE;
    let size = [format!("-dDEVICEWIDTHPOINTS={width}"), format!("-dDEVICEHEIGHTPOINTS={height}")];
    [
        "-q",
        "-dSAFER",
        "-dBATCH",
        "-dNOPAUSE",
        "-dNOPROMPT",
        "-dNOCACHE",
        // What a program prints must not get between the pictures.
        "-sstdout=%stderr",
        "-sDEVICE=ppmraw",
        "-r72",
        "-dUseFastColor=true",
        // Large sheets are drawn in bands; they wait in memory, there are no files.
        "-sBandListStorage=memory",
        "-dMaxBitmap=100000000",
        "-sOutputFile=-",
    ]
    .into_iter()
    .map(str::to_owned)
    .chain(size)
    .chain(["-c".to_owned(), mark.prolog(), "-_".to_owned()])
    .collect()
}

impl PostScriptInterpreter for Ghostscript {
    fn interpret(&self, document: &dyn ReadAt) -> Interpretation {
        let mut bytes = [0; 16];
        if let Err(error) = getrandom::fill(&mut bytes) {
            return cut(format!("Ghostscript could not be started: {error}"));
        }
        let mark = Mark::from_bytes(bytes);
        let arguments = arguments(&mark);
        let mut drawn =
            Drawn { frames: Frames::default(), pages: Vec::new(), left: self.limits.output_bytes };
        let mut said =
            Said { mark, line: Vec::new(), copies: Vec::new(), error: None, left: WORDS_BYTES_MAX };
        let run = Run {
            program: &self.program,
            arguments: &arguments,
            document,
            limits: &self.limits,
            stopping: &*self.stopping,
        };
        let end = self.cage.run(&run, &mut |bytes| drawn.take(bytes), &mut |bytes| said.take(bytes));
        let ending = match end {
            Err(error) => return cut(format!("Ghostscript could not be started: {error}")),
            Ok(End::Exited(0)) => Ending::Complete,
            Ok(End::Exited(code)) => match said.error.take() {
                // Without memory it gives up by an error of its own; that says nothing of the program.
                Some(error) if error.starts_with("VMerror") => {
                    Ending::Cut("it needs too much memory".to_owned())
                }
                Some(error) => Ending::Error(error),
                None => Ending::Cut(format!("Ghostscript gave up ({code})")),
            },
            Ok(End::Killed(signal)) => {
                Ending::Cut(format!("it reached a limit of Ghostscript (signal {signal})"))
            }
            Ok(End::Ended(Ended::Time)) => {
                Ending::Cut(format!("it runs longer than {} s", self.limits.wall.as_secs()))
            }
            Ok(End::Ended(Ended::Output)) => Ending::Cut("it draws too much".to_owned()),
            Ok(End::Ended(Ended::Stop)) => Ending::Cut("the server stops".to_owned()),
        };
        Interpretation { pages: pages(&drawn.pages, &said.copies), ending }
    }
}

fn cut(why: String) -> Interpretation {
    Interpretation { pages: Vec::new(), ending: Ending::Cut(why) }
}

/// Pages from pictures, of which Ghostscript draws one a copy, and the copies each page was asked for.
fn pages(frames: &[Frame], copies: &[u32]) -> Vec<InterpretedPage> {
    let asked: usize = copies.iter().map(|copies| *copies as usize).fold(0, usize::saturating_add);
    let single = vec![1; frames.len()];
    // A program that goes around the prolog is counted by its pictures alone.
    let copies = if asked == frames.len() { copies } else { &single };
    let mut at = 0;
    let page = |copies: &u32| {
        let frame = frames[at];
        at += *copies as usize;
        let points = (f64::from(frame.width), f64::from(frame.height));
        InterpretedPage {
            points: ((frame.width, frame.height) != NO_SIZE).then_some(points),
            coloured: frame.coloured,
            copies: *copies,
        }
    };
    copies.iter().map(page).collect()
}

/// Reads the pictures.
struct Drawn {
    frames: Frames,
    pages: Vec<Frame>,
    left: u64,
}

impl Drawn {
    fn take(&mut self, bytes: &[u8]) -> bool {
        self.left = self.left.saturating_sub(bytes.len() as u64);
        let pages = &mut self.pages;
        let read = self.frames.push(bytes, &mut |frame| pages.push(frame));
        read.is_ok() && self.left > 0 && self.pages.len() < PAGES_MAX
    }
}

/// Reads what is said.
struct Said {
    mark: Mark,
    line: Vec<u8>,
    copies: Vec<u32>,
    error: Option<String>,
    left: u64,
}

impl Said {
    fn take(&mut self, bytes: &[u8]) -> bool {
        self.left = self.left.saturating_sub(bytes.len() as u64);
        for &byte in bytes {
            if byte != b'\n' {
                if self.line.len() < LINE_BYTES_MAX {
                    self.line.push(byte);
                }
                continue;
            }
            if let Some(copies) = self.mark.copies(&self.line) {
                self.copies.push(copies);
            } else if self.error.is_none() {
                self.error = prolog::error(&self.line);
            }
            self.line.clear();
        }
        self.left > 0 && self.copies.len() < PAGES_MAX
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GRAY: Frame = Frame { width: 595, height: 842, coloured: false };
    const PLAIN: Frame = Frame { width: NO_SIZE.0, height: NO_SIZE.1, coloured: true };

    #[test]
    fn copies_are_taken_together_where_the_prolog_accounts_for_every_picture() {
        let frames = [GRAY, GRAY, PLAIN];
        let seen = pages(&frames, &[2, 1]);
        assert_eq!(seen.len(), 2);
        assert_eq!((seen[0].copies, seen[0].points, seen[0].coloured), (2, Some((595.0, 842.0)), false));
        assert_eq!((seen[1].copies, seen[1].points, seen[1].coloured), (1, None, true));
        assert_eq!(pages(&frames, &[1, 1]).iter().map(|page| page.copies).sum::<u32>(), 3);
        assert_eq!(pages(&frames, &[u32::MAX, 5]).len(), 3);
    }
}

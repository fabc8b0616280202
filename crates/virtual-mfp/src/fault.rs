//! What can be made to go wrong, and changing it while the printer runs.

use std::fmt;
use std::str::FromStr;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use wire::snmp::mib::ErrorState;

use crate::arguments::FaultArguments;
use crate::failure::Failure;
use crate::serve::counts::Counts;
use crate::serve::engine::Step;

/// One thing that goes wrong.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Fault {
    /// Nothing listens; the server's session is closed.
    Offline,
    /// Connections are taken and closed at once; IPP says that it accepts no jobs.
    Refuse,
    /// The paper jams after so many bytes of a document.
    Jam(u64),
    /// The paper jams when so many impressions of a document have come out.
    JamPage(u64),
    /// The connection is cut after so many bytes of a document, without a word.
    Drop(u64),
    /// Documents are taken at so many bytes a second.
    Slow(u64),
    /// No paper is left: nothing more is taken until there is some.
    NoPaper,
    /// A door is open: nothing more is taken until it is closed.
    DoorOpen,
    /// Little toner is left.
    LowToner,
}

/// Bytes a second of a plain `slow`.
const SLOW_DEFAULT: u64 = 64 * 1024;

impl FromStr for Fault {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (word, number) = match text.split_once('@') {
            Some((word, number)) => {
                let number: u64 = number.parse().map_err(|_| format!("'{number}' is not a number"))?;
                (word, Some(number))
            }
            None => (text, None),
        };
        match (word, number) {
            ("offline", None) => Ok(Self::Offline),
            ("refuse", None) => Ok(Self::Refuse),
            ("jam", Some(bytes)) => Ok(Self::Jam(bytes)),
            ("jam-page", Some(pages)) => Ok(Self::JamPage(pages)),
            ("drop", Some(bytes)) => Ok(Self::Drop(bytes)),
            ("no-paper", None) => Ok(Self::NoPaper),
            ("door-open", None) => Ok(Self::DoorOpen),
            ("low-toner", None) => Ok(Self::LowToner),
            ("slow", None) => Ok(Self::Slow(SLOW_DEFAULT)),
            ("slow", Some(rate)) if rate > 0 => Ok(Self::Slow(rate)),
            _ => Err("a fault is offline, refuse, jam@BYTES, jam-page@IMPRESSIONS, drop@BYTES, slow, \
                      slow@BYTES-PER-SECOND, no-paper, door-open or low-toner"
                .to_owned()),
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Offline => f.write_str("offline"),
            Self::Refuse => f.write_str("refuse"),
            Self::Jam(bytes) => write!(f, "jam@{bytes}"),
            Self::JamPage(pages) => write!(f, "jam-page@{pages}"),
            Self::Drop(bytes) => write!(f, "drop@{bytes}"),
            Self::Slow(rate) => write!(f, "slow@{rate}"),
            Self::NoPaper => f.write_str("no-paper"),
            Self::DoorOpen => f.write_str("door-open"),
            Self::LowToner => f.write_str("low-toner"),
        }
    }
}

/// Everything that goes wrong at present.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Faults(pub Vec<Fault>);

/// What happens to a document at some byte.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Mishap {
    /// The paper jams.
    Jam,
    /// The connection is cut.
    Drop,
}

impl Faults {
    /// Reads a row of faults with blanks between.
    ///
    /// # Errors
    /// A sentence about the first that is none.
    pub fn parse(text: &str) -> Result<Self, String> {
        text.split_whitespace().map(str::parse).collect::<Result<_, _>>().map(Self)
    }

    /// Whether nothing listens.
    #[must_use]
    pub fn offline(&self) -> bool {
        self.0.contains(&Fault::Offline)
    }

    /// Whether connections are closed at once.
    #[must_use]
    pub fn refuse(&self) -> bool {
        self.0.contains(&Fault::Refuse)
    }

    /// Whether the printer stands still until somebody comes.
    #[must_use]
    pub fn halted(&self) -> bool {
        self.0.iter().any(|fault| matches!(fault, Fault::NoPaper | Fault::DoorOpen))
    }

    /// What the printer's MIB says of the faults.
    #[must_use]
    pub fn error_state(&self) -> ErrorState {
        self.0.iter().fold(ErrorState::default(), |state, fault| match fault {
            Fault::NoPaper => state.and(ErrorState::NO_PAPER),
            Fault::DoorOpen => state.and(ErrorState::DOOR_OPEN),
            Fault::LowToner => state.and(ErrorState::LOW_TONER),
            Fault::Offline
            | Fault::Refuse
            | Fault::Jam(_)
            | Fault::JamPage(_)
            | Fault::Drop(_)
            | Fault::Slow(_) => state,
        })
    }

    /// The first mishap of a document and the byte at which it happens.
    #[must_use]
    pub fn mishap(&self) -> Option<(u64, Mishap)> {
        let mishaps = self.0.iter().filter_map(|fault| match fault {
            Fault::Jam(at) => Some((*at, Mishap::Jam)),
            Fault::Drop(at) => Some((*at, Mishap::Drop)),
            Fault::Offline
            | Fault::Refuse
            | Fault::JamPage(_)
            | Fault::Slow(_)
            | Fault::NoPaper
            | Fault::DoorOpen
            | Fault::LowToner => None,
        });
        mishaps.min_by_key(|(at, _)| *at)
    }

    /// After how many impressions of a document the paper jams.
    #[must_use]
    pub fn jam_page(&self) -> Option<u64> {
        self.0.iter().find_map(|fault| if let Fault::JamPage(page) = fault { Some(*page) } else { None })
    }

    /// Bytes a second, when documents are taken slowly.
    #[must_use]
    pub fn rate(&self) -> Option<u64> {
        self.0.iter().find_map(|fault| if let Fault::Slow(rate) = fault { Some(*rate) } else { None })
    }
}

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words: Vec<String> = self.0.iter().map(Fault::to_string).collect();
        f.write_str(&words.join(" "))
    }
}

/// Tells a running printer its new faults: one line of faults there, one line of answer back.
pub(crate) async fn change(arguments: FaultArguments) -> Result<(), Failure> {
    let (port, faults) = (arguments.control_port, Faults(arguments.faults));
    let answer = control(port, &faults.to_string()).await?;
    if answer == "ok" {
        return Ok(());
    }
    Err(unreachable(port, format!("did not take the faults: {answer}")))
}

/// Makes a step of copying or scanning in a running printer; `false` when its paper jams.
pub(crate) async fn work(port: u16, source: &str, step: Step) -> Result<bool, Failure> {
    let Step { before, counts, prints } = step;
    let Counts { impressions, color, sheets } = counts;
    let line = format!("make {source} {before} {impressions} {color} {sheets} {}", u8::from(prints));
    match control(port, &line).await?.as_str() {
        "ok" => Ok(true),
        "jam" => Ok(false),
        answer => Err(unreachable(port, format!("did not make the page: {answer}"))),
    }
}

/// Reads what [`work`] says.
pub(crate) fn step(text: &str) -> Option<(&'static str, Step)> {
    let mut words = text.split_whitespace();
    let source = words.next()?;
    let source = ["copy", "scan", "fax", "email"].into_iter().find(|known| *known == source)?;
    let numbers: Vec<u64> = words.map(str::parse).collect::<Result<_, _>>().ok()?;
    let [before, impressions, color, sheets, prints @ 0..=1] = numbers[..] else { return None };
    let counts = Counts { impressions, color, sheets };
    Some((source, Step { before, counts, prints: prints == 1 }))
}

fn unreachable(port: u16, what: String) -> Failure {
    Failure::Unreachable { server: format!("control port {port}"), what }
}

/// One line to a running printer, and its answer.
async fn control(port: u16, line: &str) -> Result<String, Failure> {
    let talk = async {
        let mut stream = TcpStream::connect(("127.0.0.1", port)).await?;
        stream.write_all(format!("{line}\n").as_bytes()).await?;
        let mut answer = String::new();
        (&mut stream).take(ANSWER_BYTES_MAX).read_to_string(&mut answer).await?;
        Ok::<_, std::io::Error>(answer.trim().to_owned())
    };
    talk.await.map_err(|error| unreachable(port, format!("cannot be reached: {error}")))
}

/// Longest answer of a control port.
const ANSWER_BYTES_MAX: u64 = 4096;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_reads_back_and_nonsense_is_none() {
        let counts = Counts { impressions: 1, color: 1, sheets: 0 };
        let expected = Step { before: 3, counts, prints: true };
        assert_eq!(step("copy 3 1 1 0 1"), Some(("copy", expected)));
        for wrong in ["", "copy", "copy 3 1 1 0", "copy 3 1 1 0 2", "dance 3 1 1 0 1", "copy 3 -1 1 0 1"] {
            assert_eq!(step(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn faults_read_back_as_they_are_shown() {
        let faults =
            Faults::parse("offline refuse jam@100 jam-page@3 drop@7 slow@9 no-paper low-toner").unwrap();
        assert!(faults.halted() && faults.error_state() == ErrorState::NO_PAPER.and(ErrorState::LOW_TONER));
        assert_eq!(Faults::parse(&faults.to_string()), Ok(faults.clone()));
        assert_eq!(faults.mishap(), Some((7, Mishap::Drop)));
        assert_eq!(faults.jam_page(), Some(3));
        assert_eq!(faults.rate(), Some(9));
        assert_eq!(Faults::parse("slow").unwrap().rate(), Some(SLOW_DEFAULT));
        assert_eq!(Faults::parse("  ").unwrap(), Faults::default());
        for wrong in ["jam", "jam-page", "drop", "jam@x", "slow@0", "fire", "offline@3"] {
            assert!(Faults::parse(wrong).is_err(), "{wrong}");
        }
    }
}

//! One sheet path for whatever way a document comes in. What goes wrong goes wrong here.

use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use service::Clock;
use tokio::sync::watch;

use crate::failure::Failure;
use crate::fault::{Faults, Mishap};
use crate::line;

use super::counts::Counts;
use super::journal::{Ending, Entry, Journal};

/// The printing part of the printer.
#[derive(Debug)]
pub struct Engine {
    directory: PathBuf,
    journal: Journal,
    clock: Clock,
    faults: watch::Sender<Faults>,
    /// Jobs so far in this directory.
    jobs: AtomicU64,
    /// Everything that ever came out.
    counts: Mutex<Counts>,
    /// Documents that are coming in now.
    busy: AtomicUsize,
    /// The paper is jammed, until somebody mends the faults.
    jammed: AtomicBool,
}

/// A step of copying or scanning.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Step {
    /// Impressions of the same work before it.
    pub before: u64,
    /// What the step makes.
    pub counts: Counts,
    /// Whether it comes out on paper.
    pub prints: bool,
}

/// What a document brings along.
#[derive(Clone, Debug, Default)]
pub struct Announced {
    /// raw, ipp or session.
    pub source: &'static str,
    /// Who sends it.
    pub from: String,
    /// Title.
    pub title: Option<String>,
    /// Owner.
    pub user: Option<String>,
    /// Copies to make; 0 counts as 1.
    pub copies: u16,
}

impl Engine {
    /// An engine that writes into `directory`, which is made when it is missing.
    ///
    /// # Errors
    /// When the directory cannot be written.
    pub fn new(directory: &Path, faults: Faults, clock: Clock) -> Result<Self, Failure> {
        std::fs::create_dir_all(directory).map_err(Failure::io(format!("make {}", directory.display())))?;
        let (journal, counts) = Journal::open(directory)?;
        Ok(Self {
            directory: directory.to_owned(),
            journal,
            clock,
            faults: watch::Sender::new(faults),
            jobs: AtomicU64::new(last_job(directory)),
            counts: Mutex::new(counts),
            busy: AtomicUsize::new(0),
            jammed: AtomicBool::new(false),
        })
    }

    /// What goes wrong at present, and when that changes.
    #[must_use]
    pub fn faults(&self) -> watch::Receiver<Faults> {
        self.faults.subscribe()
    }

    /// Makes other things go wrong from now on.
    pub fn set_faults(&self, faults: Faults) {
        tracing::info!(%faults, "faults changed");
        self.jammed.store(false, Ordering::Relaxed);
        self.faults.send_replace(faults);
    }

    /// Everything that ever came out.
    #[must_use]
    pub fn counts(&self) -> Counts {
        *self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether a document is coming in.
    #[must_use]
    pub fn busy(&self) -> bool {
        self.busy.load(Ordering::Relaxed) > 0
    }

    /// Whether the paper is jammed.
    #[must_use]
    pub fn jammed(&self) -> bool {
        self.jammed.load(Ordering::Relaxed)
    }

    /// Makes a page or some that come from no document: copies, or what the feeder reads. `false`, and nothing is made, when the
    /// paper jams; a step has one page, so that a jam falls between two.
    pub fn work(&self, source: &'static str, step: Step) -> bool {
        let jam = self.faults.borrow().jam_page();
        if self.jammed() || jam.is_some_and(|page| step.before.saturating_add(step.counts.impressions) > page)
        {
            self.jammed.store(true, Ordering::Relaxed);
            return false;
        }
        if step.prints {
            self.counts.lock().unwrap_or_else(PoisonError::into_inner).add(step.counts);
            let now = self.clock.now().0;
            self.journal.note(&Entry {
                t: now,
                job: self.jobs.fetch_add(1, Ordering::Relaxed) + 1,
                source,
                from: String::new(),
                file: String::new(),
                bytes: 0,
                impressions: step.counts.impressions,
                color_impressions: step.counts.color,
                sheets: step.counts.sheets,
                began: now,
                first_byte: None,
                ended: Ending::Complete,
                title: None,
                user: None,
                copies: 1,
            });
        }
        true
    }

    /// Begins a document.
    ///
    /// # Errors
    /// When its file cannot be made.
    pub fn begin(&self, announced: Announced) -> std::io::Result<Job<'_>> {
        let number = self.jobs.fetch_add(1, Ordering::Relaxed) + 1;
        let path = self.directory.join(format!("job-{number:06}.part"));
        let file = File::create(&path)?;
        let began = self.clock.now().0;
        self.busy.fetch_add(1, Ordering::Relaxed);
        Ok(Job {
            engine: self,
            announced,
            number,
            path,
            file: Some(file),
            bytes: 0,
            counts: Counts::default(),
            began,
            first_byte: None,
            paced_since: line::now(),
        })
    }
}

/// The highest job number in a directory that was used before.
fn last_job(directory: &Path) -> u64 {
    let files = std::fs::read_dir(directory).into_iter().flatten().flatten();
    let numbers = files.filter_map(|entry| {
        let name = entry.file_name().into_string().ok()?;
        name.strip_prefix("job-")?.split('.').next()?.parse::<u64>().ok()
    });
    numbers.max().unwrap_or(0)
}

/// A document that is coming in. Dropped before its end, it counts as lost.
pub struct Job<'a> {
    engine: &'a Engine,
    announced: Announced,
    number: u64,
    path: PathBuf,
    /// None once it has ended.
    file: Option<File>,
    bytes: u64,
    /// What came out, once it has ended.
    counts: Counts,
    began: i64,
    first_byte: Option<i64>,
    paced_since: std::time::Instant,
}

/// Why the printer takes no more of a document.
#[derive(Debug, thiserror::Error)]
pub enum Stopped {
    /// The paper jammed.
    #[error("the paper jammed")]
    Jam,
    /// The connection is to be cut without a word.
    #[error("the connection is cut")]
    Drop,
    /// The file cannot be written.
    #[error("the document cannot be written")]
    Io(#[from] std::io::Error),
}

impl Job<'_> {
    /// Bytes taken so far.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// What came out of it; nothing before it has ended.
    #[must_use]
    pub fn counts(&self) -> Counts {
        self.counts
    }

    /// Number within the directory.
    #[must_use]
    pub fn number(&self) -> u64 {
        self.number
    }

    /// Prints the next bytes, as slowly as the faults say. What is written goes to the page cache, which does not
    /// wait for a disk: the runtime is not held up.
    ///
    /// # Errors
    /// [`Stopped`]; the document has then ended.
    pub async fn write(&mut self, bytes: &[u8]) -> Result<(), Stopped> {
        if bytes.is_empty() {
            return Ok(());
        }
        if self.first_byte.is_none() {
            self.first_byte = Some(self.engine.clock.now().0);
            self.paced_since = line::now();
        }
        let mut faults = self.engine.faults();
        // The engine outlives its documents, so the sender of faults is there.
        let _ = faults.wait_for(|faults| !faults.halted()).await;
        let (mishap, rate) = {
            let faults = self.engine.faults.borrow();
            (faults.mishap(), faults.rate())
        };
        let reached = mishap.filter(|(at, _)| self.bytes + bytes.len() as u64 > *at);
        let taken = match reached {
            // A fault that came after its byte happens now.
            Some((at, _)) => usize::try_from(at.saturating_sub(self.bytes)).unwrap_or(0),
            None => bytes.len(),
        };
        let Some(file) = &mut self.file else { return Err(Stopped::Drop) };
        for part in
            bytes[..taken].chunks(rate.map_or(usize::MAX, |rate| usize::try_from(rate / 10 + 1).unwrap_or(1)))
        {
            file.write_all(part)?;
            self.bytes += part.len() as u64;
            if let Some(rate) = rate {
                #[expect(
                    clippy::cast_precision_loss,
                    reason = "a simulated printer's pace need not be exact"
                )]
                let due = self.paced_since + Duration::from_secs_f64(self.bytes as f64 / rate as f64);
                tokio::time::sleep_until(due.into()).await;
            }
        }
        match reached {
            None => Ok(()),
            Some((_, Mishap::Jam)) => {
                self.end(Ending::Jam);
                Err(Stopped::Jam)
            }
            Some((_, Mishap::Drop)) => {
                self.end(Ending::Dropped);
                Err(Stopped::Drop)
            }
        }
    }

    /// The document is complete: it comes out as `job-NNNNNN.prn`.
    ///
    /// # Errors
    /// [`Stopped::Jam`] when the paper jams after some impressions; it has then ended as a jam.
    pub fn finish(&mut self) -> Result<(), Stopped> {
        match self.end(Ending::Complete) {
            Ending::Jam => Err(Stopped::Jam),
            Ending::Complete | Ending::Dropped | Ending::Lost => Ok(()),
        }
    }

    /// The sender gave it up: what came so far is counted.
    pub fn lose(&mut self) {
        self.end(Ending::Lost);
    }

    /// Ends it, once, and says how: a jam on a page can come in the way of completion.
    fn end(&mut self, mut ended: Ending) -> Ending {
        if self.file.take().is_none() {
            return ended;
        }
        let whole = Counts::of(&self.path).copies(self.announced.copies.max(1));
        let jam = self.engine.faults.borrow().jam_page();
        if let Some(page) = jam.filter(|page| whole.impressions > *page) {
            self.counts = whole.first(page);
            ended = Ending::Jam;
        } else {
            self.counts = whole;
        }
        self.engine.counts.lock().unwrap_or_else(PoisonError::into_inner).add(self.counts);
        if ended == Ending::Jam {
            self.engine.jammed.store(true, Ordering::Relaxed);
        }
        self.engine.busy.fetch_sub(1, Ordering::Relaxed);
        let extension = if ended == Ending::Complete { "prn" } else { "partial" };
        let path = self.path.with_extension(extension);
        if let Err(error) = std::fs::rename(&self.path, &path) {
            tracing::error!(%error, file = %path.display(), "a document cannot be put out");
        }
        let file = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let entry = Entry {
            t: self.engine.clock.now().0,
            job: self.number,
            source: self.announced.source,
            from: self.announced.from.clone(),
            file,
            bytes: self.bytes,
            impressions: self.counts.impressions,
            color_impressions: self.counts.color,
            sheets: self.counts.sheets,
            began: self.began,
            first_byte: self.first_byte,
            ended,
            title: self.announced.title.clone(),
            user: self.announced.user.clone(),
            copies: self.announced.copies.max(1),
        };
        tracing::info!(
            job = entry.job,
            source = entry.source,
            bytes = entry.bytes,
            impressions = entry.impressions,
            ended = ?ended,
            file = entry.file,
            "a document ended"
        );
        self.engine.journal.note(&entry);
        ended
    }
}

impl Drop for Job<'_> {
    fn drop(&mut self) {
        self.end(Ending::Lost);
    }
}

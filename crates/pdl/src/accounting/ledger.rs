//! The jobs of a stream, in order.

use super::names::Names;
use super::sink::{Sink, Trouble};
use super::tally::Tally;
use super::{JOBS_MAX, NOTES_MAX, PAPER_RUNS_MAX};
use crate::language::Language;
use crate::report::{JobReport, Papers, Report, Status};
use crate::settings::JobSettings;

/// A stretch of one language whose numbers wait for random access.
#[derive(Clone, Debug)]
pub struct Deferred {
    /// Its language.
    pub language: Language,
    /// Its first byte.
    pub start: u64,
    /// The byte after its last.
    pub end: u64,
    /// The settings around it.
    pub settings: JobSettings,
    job: usize,
    part: usize,
}

#[derive(Debug, Default)]
struct Job {
    languages: Vec<Language>,
    parts: Vec<Part>,
    names: Names,
}

/// A job is mostly one settled part; stretches that wait keep their place in the order of pages.
#[derive(Debug)]
enum Part {
    Settled(Tally),
    /// What the streaming pass guessed; `None` once it is resolved and being replaced.
    Waiting(Option<Box<Sink>>),
}

/// Keeps the jobs of a stream and makes the report.
#[derive(Debug, Default)]
pub struct Ledger {
    jobs: Vec<Job>,
    job_open: bool,
    paper_runs: usize,
    trouble: Option<Trouble>,
    notes: Vec<String>,
    deferred: Vec<Deferred>,
    /// Languages of stretches that printed nothing.
    void_languages: Vec<Language>,
}

/// How many stretches of one stream may wait for random access; further ones stay undefined.
pub const DEFERRED_MAX: usize = 1_024;

impl Ledger {
    /// The next stretch belongs to a new job.
    pub fn end_job(&mut self) {
        self.job_open = false;
    }

    /// Adds a stretch of `language` from byte `start` to before byte `end`; `header` are the names its header
    /// gave.
    ///
    /// A stretch that prints nothing and says nothing (a reset before a job header) makes no job.
    pub fn add(&mut self, language: Language, start: u64, end: u64, header: &Names, sink: Sink) {
        if sink.is_void() {
            if !self.void_languages.contains(&language) {
                self.void_languages.push(language);
            }
            return;
        }
        self.add_always(language, start, end, header, sink);
    }

    /// As [`Ledger::add`], whatever is in it.
    pub fn add_always(&mut self, language: Language, start: u64, end: u64, header: &Names, sink: Sink) {
        let index = self.open_job();
        let job = &mut self.jobs[index];
        if !job.languages.contains(&language) {
            job.languages.push(language);
        }
        job.names.merge(header);
        if sink.is_waiting_for_source() {
            if self.deferred.len() < DEFERRED_MAX {
                let settings = sink.settings().clone();
                let part = job.parts.len();
                job.parts.push(Part::Waiting(Some(Box::new(sink))));
                self.deferred.push(Deferred { language, start, end, settings, job: index, part });
                return;
            }
            self.see_trouble(Trouble::Undefined("too many documents in one stream".to_owned()));
        }
        let tally = self.account(index, sink);
        let room = self.paper_room();
        let job = &mut self.jobs[index];
        if let Some(Part::Settled(sum)) = job.parts.last_mut() {
            sum.append(&tally, room);
        } else {
            job.parts.push(Part::Settled(tally));
        }
    }

    /// Names from a header or footer of the current job that has no pages yet or no more.
    pub fn add_names(&mut self, names: &Names) {
        if let (true, Some(job)) = (self.job_open, self.jobs.last_mut()) {
            job.names.merge(names);
        }
    }

    /// Something about the stream as a whole.
    pub fn see_trouble(&mut self, trouble: Trouble) {
        match (&self.trouble, &trouble) {
            (None, _) | (Some(Trouble::Undefined(_)), Trouble::Failure(_)) => self.trouble = Some(trouble),
            (Some(_), _) => {}
        }
    }

    /// Whether no stretch was added that counts or waits, or whose language is known.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.jobs.is_empty() && self.void_languages.is_empty()
    }

    /// The stretches that wait for random access, to be answered in this order by [`Ledger::resolve`].
    #[must_use]
    pub fn deferred(&self) -> &[Deferred] {
        &self.deferred
    }

    /// Takes out what the streaming pass found of a deferred stretch.
    #[must_use]
    pub fn take_guess(&mut self, deferred: &Deferred) -> Option<Sink> {
        match &mut self.jobs[deferred.job].parts[deferred.part] {
            Part::Waiting(guess) => guess.take().map(|guess| *guess),
            Part::Settled(_) => None,
        }
    }

    /// Puts the numbers of a deferred stretch in place of the guess.
    pub fn resolve(&mut self, deferred: &Deferred, sink: Sink) {
        let tally = self.account(deferred.job, sink);
        self.jobs[deferred.job].parts[deferred.part] = Part::Settled(tally);
    }

    /// The report of everything added; guesses stand in for what was not resolved.
    #[must_use]
    pub fn into_report(mut self, bytes: u64) -> Report {
        self.settle_guesses();
        let mut total = Tally::default();
        let mut names = Names::default();
        let mut languages = Vec::new();
        let mut jobs = Vec::with_capacity(self.jobs.len());
        for job in &self.jobs {
            let sum = job.sum();
            total.append(&sum, PAPER_RUNS_MAX);
            names = names.or(&job.names);
            for language in &job.languages {
                if !languages.contains(language) {
                    languages.push(*language);
                }
            }
            jobs.push(job_report(job, &sum));
        }
        if languages.is_empty() {
            languages = self.void_languages;
        }
        if languages.is_empty() {
            languages.push(Language::Unknown);
        }
        let status = match self.trouble {
            None => Status::Ok,
            Some(Trouble::Undefined(why)) => Status::Undefined { why },
            Some(Trouble::Failure(why)) => Status::Failure { why },
        };
        Report {
            status,
            languages,
            pages: total.pages(),
            pages_per_copy: total.copies().map(|_| total.pages_per_copy()),
            color_pages: total.color_pages(),
            color_pages_data: total.color_pages_data(),
            sheets: total.sheets(),
            copies: total.copies(),
            duplex: total.duplex(),
            papers: Papers::from_runs(total.papers()),
            user: names.user(),
            job_name: names.job(),
            driver: names.driver(),
            jobs,
            notes: self.notes,
            bytes,
        }
    }

    fn open_job(&mut self) -> usize {
        if !self.job_open && self.jobs.len() < JOBS_MAX {
            self.jobs.push(Job::default());
        }
        self.job_open = true;
        self.jobs.len() - 1
    }

    fn settle_guesses(&mut self) {
        for index in 0..self.jobs.len() {
            for part in 0..self.jobs[index].parts.len() {
                let Part::Waiting(guess) = &mut self.jobs[index].parts[part] else { continue };
                let Some(mut guess) = guess.take() else { continue };
                guess.undefined("the document must be read with random access");
                let tally = self.account(index, *guess);
                self.jobs[index].parts[part] = Part::Settled(tally);
            }
        }
    }

    /// Takes the names and troubles of a sink; the pages are left to the caller.
    fn account(&mut self, index: usize, sink: Sink) -> Tally {
        let (tally, names, trouble, notes) = sink.into_parts();
        if let Some(trouble) = trouble {
            self.see_trouble(trouble);
        }
        for note in notes {
            if self.notes.len() < NOTES_MAX {
                self.notes.push(note);
            }
        }
        self.jobs[index].names.merge(&names);
        self.paper_runs += tally.papers().as_slice().len();
        tally
    }

    fn paper_room(&self) -> usize {
        PAPER_RUNS_MAX.saturating_sub(self.paper_runs)
    }
}

impl Job {
    fn sum(&self) -> Tally {
        let mut sum = Tally::default();
        for part in &self.parts {
            match part {
                Part::Settled(tally) => sum.append(tally, PAPER_RUNS_MAX),
                Part::Waiting(_) => {}
            }
        }
        sum
    }
}

fn job_report(job: &Job, sum: &Tally) -> JobReport {
    JobReport {
        languages: job.languages.clone(),
        pages: sum.pages(),
        pages_per_copy: sum.copies().map(|_| sum.pages_per_copy()),
        color_pages: sum.color_pages(),
        color_pages_data: sum.color_pages_data(),
        sheets: sum.sheets(),
        copies: sum.copies(),
        duplex: sum.duplex(),
        papers: Papers::from_runs(sum.papers()),
        user: job.names.user(),
        job_name: job.names.job(),
        driver: job.names.driver(),
    }
}

//! User, job and driver names, of which a stream may hold several.

use super::NAME_BYTES_MAX;

/// How much a place in a stream is worth when several places name the same thing; the higher wins, and of
/// equals the first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum NameRank {
    /// Free text such as a comment.
    Comment,
    /// Metadata of the document: DSC comments, PDF information, XPS core properties.
    Document,
    /// A job ticket around the document (XPIF, XRX, PRESCRIBE, PrintTicket).
    Ticket,
    /// PJL `JOB NAME`, account attributes.
    Job,
    /// A PJL variable made for this name: `JOBNAME`, `USERNAME`.
    Variable,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Name(Option<(NameRank, String)>);

impl Name {
    fn claim(&mut self, rank: NameRank, value: &str) {
        let value = value.trim_matches(|c: char| c.is_whitespace() || c == '\0');
        if value.is_empty() || self.0.as_ref().is_some_and(|(held, _)| *held >= rank) {
            return;
        }
        let mut end = value.len().min(NAME_BYTES_MAX);
        while !value.is_char_boundary(end) {
            end -= 1;
        }
        self.0 = Some((rank, value[..end].to_owned()));
    }

    fn merge(&mut self, other: &Self) {
        if let Some((rank, value)) = &other.0 {
            self.claim(*rank, value);
        }
    }

    fn value(&self) -> Option<String> {
        self.0.as_ref().map(|(_, value)| value.clone())
    }
}

/// The names of a job.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Names {
    user: Name,
    job: Name,
    driver: Name,
}

impl Names {
    /// Who printed it.
    pub fn claim_user(&mut self, rank: NameRank, value: &str) {
        self.user.claim(rank, value);
    }

    /// What it is called.
    pub fn claim_job(&mut self, rank: NameRank, value: &str) {
        self.job.claim(rank, value);
    }

    /// The driver or program that made the data.
    pub fn claim_driver(&mut self, rank: NameRank, value: &str) {
        self.driver.claim(rank, value);
    }

    /// Takes what `other` knows better.
    pub fn merge(&mut self, other: &Self) {
        self.user.merge(&other.user);
        self.job.merge(&other.job);
        self.driver.merge(&other.driver);
    }

    /// These names, and where there is none that of `later`.
    #[must_use]
    pub fn or(self, later: &Self) -> Self {
        let or = |first: Name, second: &Name| if first.0.is_some() { first } else { second.clone() };
        Self {
            user: or(self.user, &later.user),
            job: or(self.job, &later.job),
            driver: or(self.driver, &later.driver),
        }
    }

    /// The best user name so far.
    #[must_use]
    pub fn user(&self) -> Option<String> {
        self.user.value()
    }

    /// The best job name so far.
    #[must_use]
    pub fn job(&self) -> Option<String> {
        self.job.value()
    }

    /// The best driver name so far.
    #[must_use]
    pub fn driver(&self) -> Option<String> {
        self.driver.value()
    }
}

//! Events: what administrators should know of, from "the disk is full" to "Ann logged in".
//!
//! The guide ("Event severity") sorts them in six levels on three categories: 1 and 2 are errors, 3 and 4 warnings,
//! 5 and 6 information. What people with special rights do, and every login, is level 6 and is never mailed
//! ("View SafeCom event log").

use crate::time::Timestamp;

/// How much an event matters; 1 is the worst.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Severity {
    /// 1: the service is down, or something acknowledged is in danger.
    Critical,
    /// 2: something failed that somebody has to repair.
    Error,
    /// 3: something will fail unless somebody looks after it.
    Warning,
    /// 4: something unusual happened, and the suite coped.
    Notice,
    /// 5: something worth knowing happened.
    Information,
    /// 6: who did what (the audit).
    Audit,
}

/// The three categories of the guide.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Category {
    /// Levels 1 and 2.
    Error,
    /// Levels 3 and 4.
    Warning,
    /// Levels 5 and 6.
    Information,
}

impl Severity {
    /// All, the worst first.
    pub const ALL: [Self; 6] =
        [Self::Critical, Self::Error, Self::Warning, Self::Notice, Self::Information, Self::Audit];

    /// The guide's level, 1-6.
    pub fn level(self) -> u8 {
        match self {
            Self::Critical => 1,
            Self::Error => 2,
            Self::Warning => 3,
            Self::Notice => 4,
            Self::Information => 5,
            Self::Audit => 6,
        }
    }

    /// The severity of a level; `None` outside of 1-6.
    pub fn from_level(level: i64) -> Option<Self> {
        Self::ALL.into_iter().find(|severity| i64::from(severity.level()) == level)
    }

    /// Error, warning or information.
    pub fn category(self) -> Category {
        match self {
            Self::Critical | Self::Error => Category::Error,
            Self::Warning | Self::Notice => Category::Warning,
            Self::Information | Self::Audit => Category::Information,
        }
    }
}

impl Category {
    /// As listings show it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Information => "information",
        }
    }
}

/// Most characters of each text; what is longer is cut, because an event must never be refused.
pub mod limits {
    /// Of a code.
    pub const CODE_MAX: usize = 40;
    /// Of a source.
    pub const SOURCE_MAX: usize = 40;
    /// Of who did it.
    pub const USER_MAX: usize = 300;
    /// Of what it was done to.
    pub const OBJECT_MAX: usize = 255;
    /// Of the abstract.
    pub const SUBJECT_MAX: usize = 255;
    /// Of the description.
    pub const TEXT_MAX: usize = 4_000;
}

/// One event.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Event {
    /// When it happened.
    pub at: Timestamp,
    /// How much it matters.
    pub severity: Severity,
    /// Stable name for scripts, as `login` or `account-locked`.
    pub code: String,
    /// The part of the suite that tells it (guide: "Module"), as `jobserver`.
    pub source: String,
    /// Logon of who did it; empty when nobody did.
    pub user: String,
    /// What it was done to or with: a device, a logon, a queue; empty when there is none.
    pub object: String,
    /// One sentence (guide: "Abstract").
    pub subject: String,
    /// Everything else there is to say (guide: "Description"); may be empty.
    pub text: String,
}

impl Event {
    /// An event that nobody did to nothing; the other methods fill it in.
    pub fn new(at: Timestamp, severity: Severity, source: &str, code: &str, subject: &str) -> Self {
        Self {
            at,
            severity,
            code: clean(code, limits::CODE_MAX),
            source: clean(source, limits::SOURCE_MAX),
            user: String::new(),
            object: String::new(),
            subject: clean(subject, limits::SUBJECT_MAX),
            text: String::new(),
        }
    }

    /// Who did it.
    #[must_use]
    pub fn user(mut self, logon: &str) -> Self {
        self.user = clean(logon, limits::USER_MAX);
        self
    }

    /// What it was done to.
    #[must_use]
    pub fn object(mut self, object: &str) -> Self {
        self.object = clean(object, limits::OBJECT_MAX);
        self
    }

    /// Everything else.
    #[must_use]
    pub fn text(mut self, text: &str) -> Self {
        self.text = clean(text, limits::TEXT_MAX);
        self
    }
}

/// Cuts to `max` characters and replaces what could end a line of a log or drive a terminal.
fn clean(text: &str, max: usize) -> String {
    text.chars().take(max).map(|c| if c.is_control() { ' ' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ops_1_six_levels_on_three_categories() {
        let table = [
            (1, Category::Error),
            (2, Category::Error),
            (3, Category::Warning),
            (4, Category::Warning),
            (5, Category::Information),
            (6, Category::Information),
        ];
        for (level, category) in table {
            let severity = Severity::from_level(level).unwrap();
            assert_eq!((i64::from(severity.level()), severity.category()), (level, category));
        }
        assert_eq!((Severity::from_level(0), Severity::from_level(7)), (None, None));
        assert!(Severity::ALL.is_sorted());
    }

    #[test]
    fn an_event_is_never_too_long_and_never_more_than_a_line() {
        let long = "ü\n".repeat(5_000);
        let event = Event::new(Timestamp(1), Severity::Error, &long, &long, &long);
        let event = event.user(&long).object(&long).text(&long);
        let all = [&event.source, &event.code, &event.subject, &event.user, &event.object, &event.text];
        assert!(all.iter().all(|text| !text.contains('\n')));
        let lengths: Vec<_> = all.iter().map(|text| text.chars().count()).collect();
        assert_eq!(lengths, [40, 40, 255, 300, 255, 4_000]);
    }
}

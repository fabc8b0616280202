//! Delegates (guide, "Delegates"): one person submits, another collects.
//!
//! A relation is one thing seen from two sides, so that both always agree on its end.

use crate::id::UserId;
use crate::status::Status;
use crate::time::Timestamp;

/// Most relations a person has on each side.
pub const DELEGATES_MAX: i64 = 10;

/// A relation in the store.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct DelegateId(pub i64);

/// One person's documents may be collected by another.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Delegate {
    /// Id in the store.
    pub id: DelegateId,
    /// Whose documents they are.
    pub submitter: UserId,
    /// Who may collect them.
    pub collector: UserId,
    /// All documents, without asking for each.
    pub always: bool,
    /// Ends just before this instant; `None` never.
    pub ends: Option<Timestamp>,
    /// Agreed to, or asked for by one side and waiting for the other.
    pub state: Agreement,
}

/// Whether both sides agree.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Agreement {
    /// Both, or an administrator for them.
    Accepted,
    /// The submitter asked; the collector has to answer.
    AskedBySubmitter,
    /// The collector asked; the submitter has to answer.
    AskedByCollector,
}

impl Agreement {
    /// The word for JSON and the store.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::AskedBySubmitter => "asked-by-submitter",
            Self::AskedByCollector => "asked-by-collector",
        }
    }

    /// Reads what [`Agreement::as_str`] writes.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Accepted, Self::AskedBySubmitter, Self::AskedByCollector]
            .into_iter()
            .find(|agreement| agreement.as_str() == text)
    }
}

impl Delegate {
    /// Whether the collector may collect now.
    pub fn is_active(&self, now: Timestamp) -> bool {
        self.state == Agreement::Accepted && self.ends.is_none_or(|ends| now < ends)
    }

    /// Who has to answer, if anybody.
    pub fn awaits(&self) -> Option<UserId> {
        match self.state {
            Agreement::Accepted => None,
            Agreement::AskedBySubmitter => Some(self.collector),
            Agreement::AskedByCollector => Some(self.submitter),
        }
    }
}

/// A relation that is to be made, with what the store knows.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Wanted {
    /// Delegates are switched on.
    pub enabled: bool,
    /// Whose documents.
    pub submitter: UserId,
    /// Who collects.
    pub collector: UserId,
    /// The two have a relation in this direction.
    pub exists: bool,
    /// Relations in which the submitter submits.
    pub submits: i64,
    /// Relations in which the collector collects.
    pub collects: i64,
    /// When it is to end.
    pub ends: Option<Timestamp>,
}

/// Why a relation is refused, in the order of checking.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum DelegateRefused {
    /// Switched off.
    #[error("delegates are switched off; an administrator can set delegates.enabled")]
    Disabled,
    /// Oneself.
    #[error("nobody can be their own delegate")]
    Self_,
    /// It exists.
    #[error("the two people are delegates already")]
    Exists,
    /// Too many, on one side.
    #[error("a person has at most 10 delegates to submit to and 10 to collect from")]
    TooMany,
    /// It would be over before it begins.
    #[error("the end date has passed")]
    EndsEarly,
    /// There is none.
    #[error("there is no such delegate")]
    NotFound,
    /// Somebody else has to answer.
    #[error("the request waits for the answer of the other person")]
    NotAsked,
}

impl DelegateRefused {
    /// The code of the guide's table.
    pub fn status(self) -> Status {
        match self {
            Self::Disabled => Status::DELEGATES_DISABLED,
            Self::Self_ => Status::NAME_INVALID,
            Self::Exists => Status::DELEGATE_EXISTS,
            Self::TooMany => Status::TOO_MANY_DELEGATES,
            Self::EndsEarly => Status::DELEGATE_ENDS_EARLY,
            Self::NotFound => Status::DELEGATE_NOT_FOUND,
            Self::NotAsked => Status::ACCESS_DENIED,
        }
    }
}

/// Whether a relation may be made.
///
/// # Errors
/// The first [`DelegateRefused`] in its order.
pub fn may_add(wanted: Wanted, now: Timestamp) -> Result<(), DelegateRefused> {
    match () {
        () if !wanted.enabled => Err(DelegateRefused::Disabled),
        () if wanted.submitter == wanted.collector => Err(DelegateRefused::Self_),
        () if wanted.exists => Err(DelegateRefused::Exists),
        () if wanted.submits >= DELEGATES_MAX || wanted.collects >= DELEGATES_MAX => {
            Err(DelegateRefused::TooMany)
        }
        () => may_end(wanted.ends, now),
    }
}

/// Whether a relation may end then.
///
/// # Errors
/// [`DelegateRefused::EndsEarly`].
pub fn may_end(ends: Option<Timestamp>, now: Timestamp) -> Result<(), DelegateRefused> {
    if ends.is_some_and(|ends| ends <= now) { Err(DelegateRefused::EndsEarly) } else { Ok(()) }
}

/// Whether `person` may answer a request.
///
/// # Errors
/// [`DelegateRefused::NotAsked`].
pub fn may_answer(delegate: &Delegate, person: UserId) -> Result<(), DelegateRefused> {
    if delegate.awaits() == Some(person) { Ok(()) } else { Err(DelegateRefused::NotAsked) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sub_13_refusals_by_descending_precedence() {
        use DelegateRefused as R;
        let (ann, bob) = (UserId(1), UserId(2));
        let now = Timestamp(100);
        let good = Wanted {
            enabled: true,
            submitter: ann,
            collector: bob,
            exists: false,
            submits: 9,
            collects: 9,
            ends: Some(Timestamp(101)),
        };
        let late = Wanted { ends: Some(now), ..good };
        let many = Wanted { submits: 10, ..late };
        let full = Wanted { collects: 10, ..late };
        let again = Wanted { exists: true, ..many };
        let own = Wanted { collector: ann, ..again };
        let rows = [
            (Wanted { enabled: false, ..own }, Err(R::Disabled)),
            (own, Err(R::Self_)),
            (again, Err(R::Exists)),
            (many, Err(R::TooMany)),
            (full, Err(R::TooMany)),
            (late, Err(R::EndsEarly)),
            (good, Ok(())),
            (Wanted { ends: None, ..good }, Ok(())),
        ];
        for (wanted, expected) in rows {
            assert_eq!(may_add(wanted, now), expected, "{wanted:?}");
        }
        assert_eq!((R::TooMany.status().0, R::EndsEarly.status().0), (310, 314));
    }

    #[test]
    fn sub_13_the_side_that_did_not_ask_answers_and_the_end_counts_for_both() {
        let (ann, bob) = (UserId(1), UserId(2));
        let asked = Delegate {
            id: DelegateId(1),
            submitter: ann,
            collector: bob,
            always: true,
            ends: Some(Timestamp(10)),
            state: Agreement::AskedBySubmitter,
        };
        assert_eq!(may_answer(&asked, bob), Ok(()));
        assert_eq!(may_answer(&asked, ann), Err(DelegateRefused::NotAsked));
        let other = Delegate { state: Agreement::AskedByCollector, ..asked };
        assert_eq!(may_answer(&other, ann), Ok(()));
        assert!(!asked.is_active(Timestamp(1)), "not before it is accepted");
        let accepted = Delegate { state: Agreement::Accepted, ..asked };
        assert!(accepted.is_active(Timestamp(9)) && !accepted.is_active(Timestamp(10)));
        assert_eq!(may_answer(&accepted, bob), Err(DelegateRefused::NotAsked));
        for state in [Agreement::Accepted, Agreement::AskedBySubmitter, Agreement::AskedByCollector] {
            assert_eq!(Agreement::parse(state.as_str()), Some(state));
        }
    }
}

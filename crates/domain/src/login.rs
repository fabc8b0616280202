//! Who may log in at a device.
//!
//! The caller looks people up and verifies secrets; the rule only decides, so that the order of refusals
//! is in one place. Refusals are checked in the order of [`LoginRefused`]; that order is part of the contract.

use crate::device::LoginMethods;
use crate::secret::{CardCode, Password};
use crate::status::Status;
use crate::time::Timestamp;

/// How somebody says who they are.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Credential {
    /// A card at the reader.
    Card(CardCode),
    /// An ID code, typed.
    Code(CardCode),
    /// Logon and password; the logon may carry a domain.
    Logon {
        /// As typed.
        logon: String,
        /// As typed.
        password: Password,
    },
}

/// The person a credential names, as far as the rule must know.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Candidate {
    /// Logins that failed since the last that did not.
    pub failed_logins: i32,
    /// Cannot log in.
    pub prevent_login: bool,
    /// Has a PIN, which is then asked for with a card or code.
    pub has_pin: bool,
    /// The card is valid from this instant ...
    pub starts: Option<Timestamp>,
    /// ... until just before this one.
    pub ends: Option<Timestamp>,
}

/// What was found out about a secret that came along.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Proof {
    /// None came.
    NotGiven,
    /// It is the person's.
    Right,
    /// It is not.
    Wrong,
}

/// The setting that limits guessing.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct LoginPolicy {
    /// Failed logins that lock (guide, "Max login attempts"; the default is 3).
    pub max_attempts: i32,
}

/// Why a login is refused, in the order of checking.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum LoginRefused {
    /// The device does not offer this way.
    #[error("this way to log in is not offered here")]
    MethodNotAllowed,
    /// The card or code is nobody's.
    #[error("this card or code is not known")]
    CardUnknown,
    /// The logon is nobody's, or the password is not theirs; which one is not told.
    #[error("unknown user or wrong password")]
    UserOrPasswordWrong,
    /// The card is not valid yet, or not any more.
    #[error("this card or code is not valid now")]
    CardNotValid,
    /// Too many failures, or an administrator's decision.
    #[error("the account is locked")]
    Locked,
    /// The person has a PIN and none was given. Not a failed attempt.
    #[error("a PIN is needed")]
    PinNeeded,
    /// The PIN is not the person's.
    #[error("the PIN is wrong")]
    PinWrong,
}

impl LoginRefused {
    /// Every refusal, in the order of checking.
    pub const ALL: [Self; 7] = [
        Self::MethodNotAllowed,
        Self::CardUnknown,
        Self::UserOrPasswordWrong,
        Self::CardNotValid,
        Self::Locked,
        Self::PinNeeded,
        Self::PinWrong,
    ];

    /// The code of the guide's table.
    pub fn status(self) -> Status {
        match self {
            Self::MethodNotAllowed => Status::OPERATION_NOT_ALLOWED,
            Self::CardUnknown | Self::CardNotValid => Status::CARD_UNKNOWN,
            Self::UserOrPasswordWrong => Status::UNKNOWN_USER_OR_PASSWORD,
            Self::Locked => Status::ACCOUNT_LOCKED,
            Self::PinNeeded => Status::PIN_NEEDED,
            Self::PinWrong => Status::ACCESS_VIOLATION,
        }
    }

    /// Whether it counts towards the lock.
    pub fn is_failed_attempt(self) -> bool {
        match self {
            Self::UserOrPasswordWrong | Self::PinWrong => true,
            Self::MethodNotAllowed
            | Self::CardUnknown
            | Self::CardNotValid
            | Self::Locked
            | Self::PinNeeded => false,
        }
    }
}

/// Decides a login. `person` is whom the credential names, `password` and `pin` what was found out about
/// the secrets that came along.
///
/// # Errors
/// The first [`LoginRefused`] in its order.
pub fn login(
    methods: LoginMethods,
    credential: &Credential,
    person: Option<&Candidate>,
    password: Proof,
    pin: Proof,
    policy: LoginPolicy,
    now: Timestamp,
) -> Result<(), LoginRefused> {
    let by_card = match credential {
        Credential::Card(_) if methods.card => true,
        Credential::Code(_) if methods.code => true,
        Credential::Logon { .. } if methods.logon => false,
        Credential::Card(_) | Credential::Code(_) | Credential::Logon { .. } => {
            return Err(LoginRefused::MethodNotAllowed);
        }
    };
    let Some(person) = person else {
        return Err(if by_card { LoginRefused::CardUnknown } else { LoginRefused::UserOrPasswordWrong });
    };
    let locked = person.prevent_login || person.failed_logins >= policy.max_attempts;
    if !by_card {
        // A locked account answers the same to a right and to a wrong password: no way in, and nothing learnt.
        return match password {
            _ if locked => Err(LoginRefused::Locked),
            Proof::Right => Ok(()),
            Proof::Wrong | Proof::NotGiven => Err(LoginRefused::UserOrPasswordWrong),
        };
    }
    if person.starts.is_some_and(|starts| now < starts) || person.ends.is_some_and(|ends| now >= ends) {
        return Err(LoginRefused::CardNotValid);
    }
    if locked {
        return Err(LoginRefused::Locked);
    }
    match pin {
        _ if !person.has_pin => Ok(()),
        Proof::Right => Ok(()),
        Proof::NotGiven => Err(LoginRefused::PinNeeded),
        Proof::Wrong => Err(LoginRefused::PinWrong),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const POLICY: LoginPolicy = LoginPolicy { max_attempts: 3 };
    const NOW: Timestamp = Timestamp(1_000);
    const ANN: Candidate =
        Candidate { failed_logins: 0, prevent_login: false, has_pin: true, starts: None, ends: None };

    fn card() -> Credential {
        Credential::Card(CardCode::parse("A1").unwrap())
    }

    fn code() -> Credential {
        Credential::Code(CardCode::parse("A1").unwrap())
    }

    fn logon() -> Credential {
        Credential::Logon { logon: "ann".into(), password: Password::parse("secret").unwrap() }
    }

    #[test]
    fn refusals_by_descending_precedence() {
        use LoginRefused as R;
        use Proof::{NotGiven, Right, Wrong};
        let none = LoginMethods { card: false, code: false, logon: false };
        let locked = Candidate { prevent_login: true, ..ANN };
        let tired = Candidate { failed_logins: 3, ..ANN };
        let early = Candidate { starts: Some(Timestamp(1_001)), ..locked };
        let late = Candidate { ends: Some(NOW), ..locked };
        let in_time = Candidate { starts: Some(NOW), ends: Some(Timestamp(1_001)), ..ANN };
        let no_pin = Candidate { has_pin: false, ..ANN };
        let all = LoginMethods::ALL;
        let rows = [
            (none, card(), None, NotGiven, NotGiven, Err(R::MethodNotAllowed)),
            (none, code(), Some(ANN), NotGiven, Right, Err(R::MethodNotAllowed)),
            (none, logon(), Some(ANN), Right, NotGiven, Err(R::MethodNotAllowed)),
            (all, card(), None, NotGiven, NotGiven, Err(R::CardUnknown)),
            (all, code(), None, NotGiven, Wrong, Err(R::CardUnknown)),
            (all, logon(), None, Wrong, NotGiven, Err(R::UserOrPasswordWrong)),
            (all, logon(), Some(locked), Right, NotGiven, Err(R::Locked)),
            (all, logon(), Some(tired), Right, NotGiven, Err(R::Locked)),
            (all, logon(), Some(ANN), Wrong, Right, Err(R::UserOrPasswordWrong)),
            (all, logon(), Some(ANN), NotGiven, Right, Err(R::UserOrPasswordWrong)),
            (all, logon(), Some(ANN), Right, NotGiven, Ok(())),
            (all, card(), Some(early), NotGiven, Right, Err(R::CardNotValid)),
            (all, card(), Some(late), NotGiven, Right, Err(R::CardNotValid)),
            (all, card(), Some(locked), NotGiven, Right, Err(R::Locked)),
            (all, card(), Some(tired), NotGiven, NotGiven, Err(R::Locked)),
            (all, card(), Some(ANN), NotGiven, NotGiven, Err(R::PinNeeded)),
            (all, code(), Some(ANN), NotGiven, Wrong, Err(R::PinWrong)),
            (all, card(), Some(in_time), NotGiven, Right, Ok(())),
            (all, card(), Some(no_pin), NotGiven, NotGiven, Ok(())),
            (all, card(), Some(no_pin), NotGiven, Wrong, Ok(())),
        ];
        for (methods, credential, person, password, pin, expected) in rows {
            let answer = login(methods, &credential, person.as_ref(), password, pin, POLICY, NOW);
            assert_eq!(answer, expected, "{credential:?} {person:?} {password:?} {pin:?}");
        }
    }

    #[test]
    fn a_missing_pin_is_no_failed_attempt() {
        assert!(!LoginRefused::PinNeeded.is_failed_attempt());
        assert!(LoginRefused::PinWrong.is_failed_attempt());
    }
}

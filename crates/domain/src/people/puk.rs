//! PUK codes: how one is made, and how a person registers a card or code with it or by login (guide, "ID code" of a user,
//! "Let users register cards themselves" and "Register by Windows authentication").

use crate::id::UserId;
use crate::secret::Puk;
use crate::status::Status;
use crate::time::Timestamp;

/// What making a PUK does beside.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct PukEffect {
    /// The PIN is cleared.
    pub clears_pin: bool,
    /// Cards and codes are removed.
    pub removes_ids: bool,
}

/// No PUK is made: the person has as many IDs as allowed, one has to be deleted first.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("the person has as many cards and codes as are allowed; delete one before making a PUK")]
pub struct TooManyIds;

impl TooManyIds {
    /// The code of the guide's table.
    pub fn status(self) -> Status {
        Status::TOO_MANY_CARDS
    }
}

/// What making a PUK does for somebody who has `ids` cards and codes of `ids_max`. A new PUK replaces an open one.
///
/// # Errors
/// [`TooManyIds`] where several IDs are allowed and all are in use.
pub fn make(ids: i64, ids_max: i64) -> Result<PukEffect, TooManyIds> {
    if ids_max <= 1 {
        Ok(PukEffect { clears_pin: true, removes_ids: true })
    } else if ids >= ids_max {
        Err(TooManyIds)
    } else {
        Ok(PukEffect::default())
    }
}

/// A registration as the device sends it, with what was found out about it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Registration {
    /// Whose the PUK is, if anybody's, or who showed by login who they are.
    pub person: Option<UserId>,
    /// Whose the card or code is already, if anybody's.
    pub id_of: Option<UserId>,
    /// IDs the person has, and may have.
    pub ids: i64,
    /// See above.
    pub ids_max: i64,
    /// A PIN was typed, and both times the same.
    pub pin: PinTyped,
    /// The person needs no PIN.
    pub login_without_pin: bool,
    /// The person has a PIN that they keep when they type none. Of a PUK it is false: who registers with one chooses a PIN.
    pub keeps_pin: bool,
    /// The PIN may be set here.
    pub may_set_pin: bool,
    /// When what is registered ends.
    pub ends: RegisteredEnds,
}

/// What was typed for a new PIN.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum PinTyped {
    /// Nothing.
    None,
    /// Twice the same.
    Same,
    /// Two different ones.
    Different,
}

/// Why a registration is refused, in the order of checking.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum RegisterRefused {
    /// The PUK is nobody's. A failed attempt of the device.
    #[error("the PUK code is wrong; try again")]
    PukWrong,
    /// The PIN was not typed the same twice.
    #[error("the two PIN codes differ")]
    PinsDiffer,
    /// A new card needs a PIN.
    #[error("a PIN code is needed")]
    PinNeeded,
    /// A PIN was typed where people may not change theirs.
    #[error("PIN codes are changed by an administrator here; register without typing one")]
    PinFixed,
    /// The card or code is somebody else's.
    #[error("this card or code is registered to somebody else")]
    IdTaken,
    /// No more cards or codes.
    #[error("the person has as many cards and codes as are allowed")]
    TooManyIds,
}

impl RegisterRefused {
    /// The code of the guide's table.
    pub fn status(self) -> Status {
        match self {
            Self::PukWrong => Status::ACCESS_VIOLATION,
            Self::PinsDiffer | Self::PinNeeded => Status::PIN_NEEDED,
            Self::PinFixed => Status::ACCESS_DENIED,
            Self::IdTaken => Status::CARD_EXISTS,
            Self::TooManyIds => Status::TOO_MANY_CARDS,
        }
    }

    /// Whether it counts as somebody guessing.
    pub fn is_guess(self) -> bool {
        self == Self::PukWrong
    }
}

/// What a registration does.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Registered {
    /// For whom.
    pub user: UserId,
    /// The card or code is new; otherwise it was theirs and this is a change of PIN.
    pub adds_id: bool,
    /// The PIN typed becomes theirs, and unlocks the account.
    pub sets_pin: bool,
    /// When the card or code ends, if it is new.
    pub ends: Option<Timestamp>,
}

/// When cards and codes end that people register themselves (guide, "Users" of a server: "User registered ID number and
/// beyond expires by the end of").
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct RegisteredEnds {
    /// The first ID of a person that ends; 1 for all.
    pub from: i64,
    /// When; `None` for never.
    pub at: Option<Timestamp>,
}

/// Decides a registration. The PUK is spent by one that succeeds, and by no other.
///
/// # Errors
/// The first [`RegisterRefused`] in its order.
pub fn register(registration: Registration) -> Result<Registered, RegisterRefused> {
    let user = registration.person.ok_or(RegisterRefused::PukWrong)?;
    let adds_id = match registration.id_of {
        None => true,
        Some(holder) if holder == user => false,
        Some(_) => return Err(RegisterRefused::IdTaken),
    };
    match registration.pin {
        PinTyped::Different => return Err(RegisterRefused::PinsDiffer),
        PinTyped::None if adds_id && !registration.login_without_pin && !registration.keeps_pin => {
            return Err(RegisterRefused::PinNeeded);
        }
        PinTyped::Same if !registration.may_set_pin => return Err(RegisterRefused::PinFixed),
        PinTyped::None | PinTyped::Same => {}
    }
    if adds_id && registration.ids >= registration.ids_max {
        return Err(RegisterRefused::TooManyIds);
    }
    let ends = registration.ends.at.filter(|_| registration.ids + 1 >= registration.ends.from);
    Ok(Registered { user, adds_id, sets_pin: registration.pin == PinTyped::Same, ends })
}

/// Eight digits from a uniformly random number.
pub fn from_random(random: u64) -> Puk {
    Puk::parse(&format!("{:08}", random % 100_000_000)).expect("eight digits are a PUK")
}

#[cfg(test)]
mod tests {
    use super::*;

    const NEVER: RegisteredEnds = RegisteredEnds { from: 1, at: None };

    #[test]
    fn usr_2_what_people_register_themselves_ends_from_the_number_on_that_is_set() {
        let at = Some(Timestamp(9));
        // IDs the person has, the first one that ends, what was set, what comes of it.
        let rows = [(0, 1, at, at), (0, 2, at, None), (1, 2, at, at), (7, 2, at, at), (1, 2, None, None)];
        for (ids, from, set, expected) in rows {
            let registration = Registration {
                person: Some(UserId(1)),
                id_of: None,
                ids,
                ids_max: 9,
                pin: PinTyped::Same,
                login_without_pin: false,
                keeps_pin: false,
                may_set_pin: true,
                ends: RegisteredEnds { from, at: set },
            };
            assert_eq!(register(registration).unwrap().ends, expected, "{ids} {from}");
        }
    }

    #[test]
    fn usr_3_a_puk_for_one_id_removes_it_and_for_several_needs_room() {
        let all = PukEffect { clears_pin: true, removes_ids: true };
        let rows = [
            (0, 1, Ok(all)),
            (1, 1, Ok(all)),
            (0, 2, Ok(PukEffect::default())),
            (1, 2, Ok(PukEffect::default())),
            (2, 2, Err(TooManyIds)),
            (3, 2, Err(TooManyIds)),
        ];
        for (ids, ids_max, expected) in rows {
            assert_eq!(make(ids, ids_max), expected, "{ids} of {ids_max}");
        }
        assert_eq!(from_random(7).expose(), "00000007");
    }

    #[test]
    fn rel_7_refusals_by_descending_precedence() {
        use PinTyped::{Different, None as Nothing, Same};
        use RegisterRefused as R;
        let (ann, bob) = (UserId(1), UserId(2));
        let new = |adds_id, sets_pin| Ok(Registered { user: ann, adds_id, sets_pin, ends: None });
        let rows = [
            (None, Some(bob), 9, Different, false, Err(R::PukWrong)),
            (Some(ann), Some(bob), 9, Different, false, Err(R::IdTaken)),
            (Some(ann), None, 9, Different, false, Err(R::PinsDiffer)),
            (Some(ann), None, 9, Nothing, false, Err(R::PinNeeded)),
            (Some(ann), None, 2, Same, false, Err(R::TooManyIds)),
            (Some(ann), None, 1, Same, false, new(true, true)),
            (Some(ann), None, 0, Nothing, true, new(true, false)),
            // A card that is theirs already: the PUK changes the PIN, or leaves it.
            (Some(ann), Some(ann), 2, Same, false, new(false, true)),
            (Some(ann), Some(ann), 2, Nothing, false, new(false, false)),
        ];
        for (person, id_of, ids, pin, login_without_pin, expected) in rows {
            let (keeps_pin, may_set_pin) = (false, true);
            let registration = Registration {
                person,
                id_of,
                ids,
                ids_max: 2,
                pin,
                login_without_pin,
                keeps_pin,
                may_set_pin,
                ends: NEVER,
            };
            assert_eq!(register(registration), expected, "{registration:?}");
        }
        assert!(R::PukWrong.is_guess() && !R::IdTaken.is_guess());
    }

    #[test]
    fn usr_20_who_registers_by_login_keeps_a_pin_and_changes_it_where_people_may() {
        use PinTyped::{Different, None as Nothing, Same};
        use RegisterRefused as R;
        let (ann, bob) = (UserId(1), UserId(2));
        let new = |adds_id, sets_pin| Ok(Registered { user: ann, adds_id, sets_pin, ends: None });
        let rows = [
            // The card's holder, the person's cards, what was typed, a PIN that is there, one may be set.
            (Some(bob), 9, Different, true, false, Err(R::IdTaken)),
            (None, 9, Different, true, false, Err(R::PinsDiffer)),
            (None, 9, Nothing, false, true, Err(R::PinNeeded)),
            (None, 9, Same, true, false, Err(R::PinFixed)),
            (None, 2, Nothing, true, false, Err(R::TooManyIds)),
            (None, 1, Nothing, true, false, new(true, false)),
            (None, 1, Same, true, true, new(true, true)),
            (None, 0, Same, false, true, new(true, true)),
            (Some(ann), 2, Nothing, true, false, new(false, false)),
            (Some(ann), 2, Same, true, false, Err(R::PinFixed)),
        ];
        for (id_of, ids, pin, keeps_pin, may_set_pin, expected) in rows {
            let registration = Registration {
                person: Some(ann),
                id_of,
                ids,
                ids_max: 2,
                pin,
                login_without_pin: false,
                keeps_pin,
                may_set_pin,
                ends: NEVER,
            };
            assert_eq!(register(registration), expected, "{registration:?}");
        }
        assert_eq!(R::PinFixed.status(), Status::ACCESS_DENIED);
    }
}

//! PUK codes: how one is made, and how a person registers a card or code with it (guide, "ID code" of a user and
//! "Let users register cards themselves").

use crate::id::UserId;
use crate::secret::Puk;
use crate::status::Status;

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
    /// Whose the PUK is, if anybody's.
    pub puk_of: Option<UserId>,
    /// Whose the card or code is already, if anybody's.
    pub id_of: Option<UserId>,
    /// IDs the person of the PUK has, and may have.
    pub ids: i64,
    /// See above.
    pub ids_max: i64,
    /// A PIN was typed, and both times the same.
    pub pin: PinTyped,
    /// The person needs no PIN.
    pub login_without_pin: bool,
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
}

/// Decides a registration. The PUK is spent by one that succeeds, and by no other.
///
/// # Errors
/// The first [`RegisterRefused`] in its order.
pub fn register(registration: Registration) -> Result<Registered, RegisterRefused> {
    let user = registration.puk_of.ok_or(RegisterRefused::PukWrong)?;
    let adds_id = match registration.id_of {
        None => true,
        Some(holder) if holder == user => false,
        Some(_) => return Err(RegisterRefused::IdTaken),
    };
    match registration.pin {
        PinTyped::Different => return Err(RegisterRefused::PinsDiffer),
        PinTyped::None if adds_id && !registration.login_without_pin => {
            return Err(RegisterRefused::PinNeeded);
        }
        PinTyped::None | PinTyped::Same => {}
    }
    if adds_id && registration.ids >= registration.ids_max {
        return Err(RegisterRefused::TooManyIds);
    }
    Ok(Registered { user, adds_id, sets_pin: registration.pin == PinTyped::Same })
}

/// Eight digits from a uniformly random number.
pub fn from_random(random: u64) -> Puk {
    Puk::parse(&format!("{:08}", random % 100_000_000)).expect("eight digits are a PUK")
}

#[cfg(test)]
mod tests {
    use super::*;

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
        let new = |adds_id, sets_pin| Ok(Registered { user: ann, adds_id, sets_pin });
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
        for (puk_of, id_of, ids, pin, login_without_pin, expected) in rows {
            let registration = Registration { puk_of, id_of, ids, ids_max: 2, pin, login_without_pin };
            assert_eq!(register(registration), expected, "{registration:?}");
        }
        assert!(R::PukWrong.is_guess() && !R::IdTaken.is_guess());
    }
}

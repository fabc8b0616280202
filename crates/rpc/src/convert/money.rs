//! Orders to the books, and what the books answer.

use domain::ledger::{
    Account, Holder, Memo, Order, Policy, Purse, Receipt, Refused, Request, State, Transfer, TransferId,
};
use domain::{Money, Timestamp};

use super::invalid;
use crate::proto::moneyserver as proto;
use crate::{Error, Kind};

impl TryFrom<proto::OpenRequest> for Order {
    type Error = Error;

    fn try_from(request: proto::OpenRequest) -> Result<Self, Error> {
        new(request.header, Request::Open)
    }
}

impl TryFrom<proto::DepositRequest> for Order {
    type Error = Error;

    fn try_from(request: proto::DepositRequest) -> Result<Self, Error> {
        let account = account(request.account())?;
        new(request.header, Request::Deposit(account, Money(request.amount)))
    }
}

impl TryFrom<proto::WithdrawRequest> for Order {
    type Error = Error;

    fn try_from(request: proto::WithdrawRequest) -> Result<Self, Error> {
        let account = account(request.account())?;
        new(request.header, Request::Withdraw(account, Money(request.amount)))
    }
}

impl TryFrom<proto::SetRequest> for Order {
    type Error = Error;

    fn try_from(request: proto::SetRequest) -> Result<Self, Error> {
        let account = account(request.account())?;
        new(request.header, Request::Set(account, Money(request.balance)))
    }
}

impl TryFrom<proto::LowLimitSetRequest> for Order {
    type Error = Error;

    fn try_from(request: proto::LowLimitSetRequest) -> Result<Self, Error> {
        new(request.header, Request::LimitSet(Money(request.low_limit)))
    }
}

impl TryFrom<proto::ReserveRequest> for Order {
    type Error = Error;

    fn try_from(request: proto::ReserveRequest) -> Result<Self, Error> {
        let policy = match request.policy() {
            proto::Policy::Full => Policy::Full,
            proto::Policy::Partial => Policy::Partial,
            proto::Policy::Quota => Policy::Quota,
            proto::Policy::Unspecified => return Err(invalid("policy", "say which accounts pay")),
        };
        if request.expires_us < 0 {
            return Err(invalid("expires_us", "an instant of expiry is not negative"));
        }
        let expires = Timestamp(request.expires_us);
        let asked = match request.what {
            Some(proto::reserve_request::What::Amount(amount)) => {
                Request::Reserve { amount: Money(amount), policy, expires }
            }
            Some(proto::reserve_request::What::Everything(true)) => Request::ReserveAll { policy, expires },
            Some(proto::reserve_request::What::Everything(false)) | None => {
                return Err(invalid("what", "say how much to reserve"));
            }
        };
        new(request.header, asked)
    }
}

impl TryFrom<proto::SettleRequest> for Order {
    type Error = Error;

    fn try_from(request: proto::SettleRequest) -> Result<Self, Error> {
        Ok(Self::Settle { id: transfer_id(&request.id)?, actual: Money(request.actual) })
    }
}

impl TryFrom<proto::VoidRequest> for Order {
    type Error = Error;

    fn try_from(request: proto::VoidRequest) -> Result<Self, Error> {
        Ok(Self::Void { id: transfer_id(&request.id)? })
    }
}

impl TryFrom<proto::FreeRequest> for Order {
    type Error = Error;

    fn try_from(request: proto::FreeRequest) -> Result<Self, Error> {
        new(request.header, Request::Free(Money(request.keep)))
    }
}

fn new(header: Option<proto::Header>, request: Request) -> Result<Order, Error> {
    let header = header.ok_or_else(|| invalid("header", "a movement needs an id and a person"))?;
    Ok(Order::New {
        id: transfer_id(&header.id)?,
        holder: holder(&header.holder)?,
        request,
        memo: Memo { author: header.author, gid: header.gid, comment: header.comment },
    })
}

fn transfer_id(text: &str) -> Result<TransferId, Error> {
    TransferId::parse(text).ok_or_else(|| invalid("id", "an id has 1 to 64 printable ASCII characters"))
}

fn account(account: proto::Account) -> Result<Account, Error> {
    match account {
        proto::Account::One => Ok(Account::One),
        proto::Account::Two => Ok(Account::Two),
        proto::Account::Unspecified => Err(invalid("account", "say which account: 1 or 2")),
    }
}

/// Whose purse a request means.
///
/// # Errors
/// When the text can be no logon.
pub fn holder(text: &str) -> Result<Holder, Error> {
    Holder::parse(text).ok_or_else(|| invalid("holder", "a logon is not empty and has no control characters"))
}

/// Status codes of docs/PROTOCOL.md.
const CREDITS_TOO_LOW: i32 = 80;
const ACCOUNT_NOT_FOUND: i32 = 220;
const MONEY_DEFAULT_ERROR: i32 = 221;

/// A refusal on the wire: the name of the rule in `field`, so that a caller can tell refusals apart.
impl From<Refused> for Error {
    fn from(refused: Refused) -> Self {
        let (kind, name) = match refused {
            Refused::TextTooLong => (Kind::Invalid, "text_too_long"),
            Refused::AmountNotPositive => (Kind::Invalid, "amount_not_positive"),
            Refused::AmountTooLarge => (Kind::Invalid, "amount_too_large"),
            Refused::ExistsDifferently => (Kind::Conflict, "exists_differently"),
            Refused::HolderUnknown => (Kind::NotFound, "holder_unknown"),
            Refused::TransferUnknown => (Kind::NotFound, "transfer_unknown"),
            Refused::NotAReservation => (Kind::Refused, "not_a_reservation"),
            Refused::AlreadyPosted => (Kind::Refused, "already_posted"),
            Refused::AlreadyVoided => (Kind::Refused, "already_voided"),
            Refused::AlreadyExpired => (Kind::Refused, "already_expired"),
            Refused::NotYetExpired => (Kind::Refused, "not_yet_expired"),
            Refused::InsufficientFunds => (Kind::Refused, "insufficient_funds"),
            Refused::BalanceTooLarge => (Kind::Refused, "balance_too_large"),
        };
        let status = match refused {
            Refused::HolderUnknown => ACCOUNT_NOT_FOUND,
            Refused::InsufficientFunds => CREDITS_TOO_LOW,
            _ => MONEY_DEFAULT_ERROR,
        };
        Self::new(kind, status, refused.to_string()).field(name)
    }
}

impl From<Receipt> for proto::Receipt {
    fn from(receipt: Receipt) -> Self {
        Self { transfer: Some(receipt.transfer.into()), purse: Some(receipt.purse.into()) }
    }
}

impl From<Purse> for proto::Purse {
    fn from(purse: Purse) -> Self {
        Self {
            holder: purse.holder.as_str().to_owned(),
            balance_one: purse.balance.one.0,
            balance_two: purse.balance.two.0,
            reserved_one: purse.reserved.one.0,
            reserved_two: purse.reserved.two.0,
            low_limit: purse.low_limit.0,
            opened_us: purse.opened.0,
        }
    }
}

impl From<Transfer> for proto::Transfer {
    fn from(transfer: Transfer) -> Self {
        use proto::transfer::Kind;
        let (kind, account, amount, reservation) = match transfer.request {
            Request::Open => (Kind::Open, None, Money::ZERO, None),
            Request::Deposit(account, amount) => (Kind::Deposit, Some(account), amount, None),
            Request::Withdraw(account, amount) => (Kind::Withdrawal, Some(account), amount, None),
            Request::Set(account, amount) => (Kind::Set, Some(account), amount, None),
            Request::LimitSet(amount) => (Kind::LowLimit, None, amount, None),
            Request::Reserve { amount, policy, expires } => {
                (Kind::Print, None, amount, Some((policy, expires)))
            }
            Request::ReserveAll { policy, expires } => {
                (Kind::Copy, None, Money::ZERO, Some((policy, expires)))
            }
            Request::Free(amount) => (Kind::Free, None, amount, None),
        };
        let policy = match reservation {
            None => proto::Policy::Unspecified,
            Some((Policy::Full, _)) => proto::Policy::Full,
            Some((Policy::Partial, _)) => proto::Policy::Partial,
            Some((Policy::Quota, _)) => proto::Policy::Quota,
        };
        let account = match account {
            None => proto::Account::Unspecified,
            Some(Account::One) => proto::Account::One,
            Some(Account::Two) => proto::Account::Two,
        };
        let state = match transfer.state {
            State::Pending => proto::transfer::State::Pending,
            State::Posted => proto::transfer::State::Posted,
            State::Voided => proto::transfer::State::Voided,
            State::Expired => proto::transfer::State::Expired,
        };
        Self {
            id: transfer.id.as_str().to_owned(),
            holder: transfer.holder.as_str().to_owned(),
            kind: kind.into(),
            account: account.into(),
            amount: amount.0,
            policy: policy.into(),
            expires_us: reservation.map_or(0, |(_, expires)| expires.0),
            author: transfer.memo.author,
            gid: transfer.memo.gid,
            comment: transfer.memo.comment,
            state: state.into(),
            split_one: transfer.split.one.0,
            split_two: transfer.split.two.0,
            created_us: transfer.created.0,
            ended_us: transfer.ended.0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header() -> Option<proto::Header> {
        Some(proto::Header { id: "t-1".into(), holder: "Anna".into(), ..proto::Header::default() })
    }

    #[test]
    fn what_makes_no_sense_is_refused_with_its_field() {
        let bad_id = Some(proto::Header { id: "a b".into(), ..header().unwrap() });
        let nobody = Some(proto::Header { holder: " ".into(), ..header().unwrap() });
        let open = |header| Order::try_from(proto::OpenRequest { header });
        let deposit = proto::DepositRequest { header: header(), account: 3, amount: 1 };
        let reserve = proto::ReserveRequest { header: header(), policy: 1, ..Default::default() };
        let table = [
            ("header", open(None)),
            ("id", open(bad_id)),
            ("holder", open(nobody)),
            ("account", deposit.try_into()),
            ("what", reserve.clone().try_into()),
            ("policy", proto::ReserveRequest { policy: 0, ..reserve.clone() }.try_into()),
            ("expires_us", proto::ReserveRequest { expires_us: -1, ..reserve }.try_into()),
            ("id", proto::SettleRequest { id: "x".repeat(65), actual: 1 }.try_into()),
        ];
        for (field, answer) in table {
            let error = answer.unwrap_err();
            assert_eq!((error.kind, error.field.as_str()), (Kind::Invalid, field));
        }
    }
}

//! Accounts of people and every movement on them: double entry, by caller-made ids.
//!
//! A person's purse has two accounts: 1 is money, 2 is quota. Every movement is a [`Transfer`] between the purse
//! and a [`Counter`] of the house, so that the sum over all of them is always zero. Prints are paid in two steps: a
//! *reservation* is pending until it is settled at what was really printed, voided, or expired.
//!
//! In reading order:
//! - [`Order`], [`Request`]: what can be asked. [`Refused`]: why it is not done, in the order of checking.
//! - [`Purse`], [`Transfer`], [`Entry`]: what the books consist of.
//! - [`Book`]: the part of the books that some orders need, in memory; [`Book::apply`] is the rule.

mod apply;
mod book;
#[cfg(test)]
mod tests;

use crate::Timestamp;
use crate::money::Money;

pub use book::{Book, Changes};

/// Largest amount of one movement, and largest balance: a thousand million units of the currency.
pub const AMOUNT_MAX: Money = Money(10_000_000_000_000);

/// Longest id of a transfer, bytes.
pub const ID_MAX: usize = 64;

/// Longest name of a purse's holder, bytes.
pub const HOLDER_MAX: usize = 320;

/// Longest comment, bytes; author and GID may be as long.
pub const TEXT_MAX: usize = 1_000;

/// Made by the caller before the first try, unique per movement: the idempotency key.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct TransferId(String);

impl TransferId {
    /// 1 to [`ID_MAX`] printable ASCII characters.
    pub fn parse(text: &str) -> Option<Self> {
        let fits = (1..=ID_MAX).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic());
        fits.then(|| Self(text.to_owned()))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Whose purse: a logon, without regard to case.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Holder(String);

impl Holder {
    /// 1 to [`HOLDER_MAX`] bytes without control characters.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim().to_lowercase();
        let fits = (1..=HOLDER_MAX).contains(&text.len()) && !text.contains(char::is_control);
        fits.then_some(Self(text))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// One of a person's two accounts.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Account {
    /// Money the person paid in.
    One,
    /// Quota the person was given.
    Two,
}

/// Which accounts pay, and in which order (the guide's accounting policies).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Policy {
    /// Full cost recovery: account 1 only.
    Full,
    /// Partial cost recovery: account 2 until it is empty, then account 1.
    Partial,
    /// Quota control: account 2 only.
    Quota,
}

/// An amount on each account.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Split {
    /// On account 1.
    pub one: Money,
    /// On account 2.
    pub two: Money,
}

impl Split {
    /// `amount` on one account and nothing on the other.
    pub fn on(account: Account, amount: Money) -> Self {
        match account {
            Account::One => Self { one: amount, two: Money::ZERO },
            Account::Two => Self { one: Money::ZERO, two: amount },
        }
    }

    /// The amount on `account`.
    pub fn of(self, account: Account) -> Money {
        match account {
            Account::One => self.one,
            Account::Two => self.two,
        }
    }

    /// Both together. Amounts of purses are far below the range of [`Money`] ([`AMOUNT_MAX`]).
    pub fn sum(self) -> Money {
        Money(self.one.0 + self.two.0)
    }
}

impl std::ops::Add for Split {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self { one: Money(self.one.0 + other.one.0), two: Money(self.two.0 + other.two.0) }
    }
}

impl std::ops::Neg for Split {
    type Output = Self;

    fn neg(self) -> Self {
        Self { one: Money(-self.one.0), two: Money(-self.two.0) }
    }
}

impl std::ops::Sub for Split {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        self + -other
    }
}

/// The accounts of one person.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Purse {
    /// Whose.
    pub holder: Holder,
    /// What is on the accounts.
    pub balance: Split,
    /// Of that, what waits for a print or copy to end; not below zero.
    pub reserved: Split,
    /// What must stay after a reservation; may be negative.
    pub low_limit: Money,
    /// When it was opened.
    pub opened: Timestamp,
}

impl Purse {
    /// What can be spent: balance minus low limit minus reserved, over the accounts that pay under `policy`.
    pub fn disposable(&self, policy: Policy) -> Money {
        let free = self.balance - self.reserved;
        let paying = match policy {
            Policy::Full => free.one,
            Policy::Partial => free.sum(),
            Policy::Quota => free.two,
        };
        Money(paying.0 - self.low_limit.0)
    }
}

/// The house's side of a movement.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Counter {
    /// The till: money paid in and out on account 1.
    Cash,
    /// Quota given and taken back on account 2.
    Grants,
    /// Balances set by hand.
    Adjustments,
    /// What was printed and copied.
    Sales,
}

impl Counter {
    /// Every counter.
    pub const ALL: [Self; 4] = [Self::Cash, Self::Grants, Self::Adjustments, Self::Sales];

    /// Its name in the books.
    pub fn name(self) -> &'static str {
        match self {
            Self::Cash => "cash",
            Self::Grants => "grants",
            Self::Adjustments => "adjustments",
            Self::Sales => "sales",
        }
    }
}

/// Who did it and what for.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Memo {
    /// Logon of the cashier, or the name of the server.
    pub author: String,
    /// Id of a group of movements (the guide's GID), empty for none.
    pub gid: String,
    /// Free text: a comment, or the document's title.
    pub comment: String,
}

/// What can be asked for by a new transfer. It is stored with the transfer and never changes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Request {
    /// Opens an empty purse; does nothing when it is open.
    Open,
    /// Puts money or quota in; above zero.
    Deposit(Account, Money),
    /// Takes it out; above zero, and no more than is there and not reserved.
    Withdraw(Account, Money),
    /// Sets a balance.
    Set(Account, Money),
    /// Sets the low limit.
    LimitSet(Money),
    /// Keeps the price of a document back until [`Order::Settle`], [`Order::Void`] or the instant of expiry.
    Reserve {
        /// The price; not below zero.
        amount: Money,
        /// Which accounts pay.
        policy: Policy,
        /// When the reservation ends by itself; 0 for never.
        expires: Timestamp,
    },
    /// Keeps back everything that can be spent: a copy's price is not known before.
    ReserveAll {
        /// Which accounts pay.
        policy: Policy,
        /// When the reservation ends by itself; 0 for never.
        expires: Timestamp,
    },
    /// Gives reservations free, the newest first, until no more than so much is reserved.
    Free(Money),
}

/// What can be asked of the books.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Order {
    /// A new movement; the same again answers as the first time.
    New {
        /// Made by the caller.
        id: TransferId,
        /// Whose purse.
        holder: Holder,
        /// What.
        request: Request,
        /// Who and what for.
        memo: Memo,
    },
    /// Ends a reservation at what was really printed; more than was reserved is charged too, because it is on paper.
    Settle {
        /// The reservation.
        id: TransferId,
        /// What it really costs; not below zero.
        actual: Money,
    },
    /// Ends a reservation without a charge.
    Void {
        /// The reservation.
        id: TransferId,
    },
    /// Ends a reservation whose time has come.
    Expire {
        /// The reservation.
        id: TransferId,
    },
}

impl Order {
    /// The transfer it makes or ends.
    pub fn id(&self) -> &TransferId {
        match self {
            Self::New { id, .. } | Self::Settle { id, .. } | Self::Void { id } | Self::Expire { id } => id,
        }
    }
}

/// Where a transfer is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum State {
    /// Reserved.
    Pending,
    /// Done.
    Posted,
    /// Ended without a charge.
    Voided,
    /// Ended by time.
    Expired,
}

/// One movement.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Transfer {
    /// Made by the caller.
    pub id: TransferId,
    /// Whose purse.
    pub holder: Holder,
    /// What was asked.
    pub request: Request,
    /// Who and what for.
    pub memo: Memo,
    /// Where it is.
    pub state: State,
    /// Pending: what is reserved. Posted: what moved, seen from the purse. Otherwise nothing.
    pub split: Split,
    /// When it was made.
    pub created: Timestamp,
    /// When it was posted, voided or expired; 0 while pending.
    pub ended: Timestamp,
}

/// What happened, one line of the journal.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Event {
    /// A purse was opened.
    Opened,
    /// Deposited.
    Deposited,
    /// Withdrawn.
    Withdrawn,
    /// Set by hand.
    BalanceSet,
    /// Low limit set.
    LimitSet,
    /// Reserved.
    Reserved,
    /// A reservation became a charge.
    Settled,
    /// A reservation ended without a charge.
    Voided,
    /// A reservation ended by time.
    Expired,
    /// A part of a reservation was given free.
    Reduced,
    /// Reservations were asked to be given free; what came of it stands in the lines before.
    Freed,
}

/// A line of the journal: how one event changed one purse, and the counter on the other side.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Entry {
    /// The transfer it belongs to.
    pub transfer: TransferId,
    /// Whose purse.
    pub holder: Holder,
    /// What happened.
    pub event: Event,
    /// Change of the balances; the counter changes by the opposite of the sum.
    pub balance: Split,
    /// Change of what is reserved.
    pub reserved: Split,
    /// Change of the low limit.
    pub low_limit: Money,
    /// The other side.
    pub counter: Counter,
    /// Balances afterwards.
    pub balance_after: Split,
    /// When.
    pub at: Timestamp,
}

/// What an order came to.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Receipt {
    /// The transfer as it stands.
    pub transfer: Transfer,
    /// The purse as it stands.
    pub purse: Purse,
}

/// Why an order is not done. The order of the variants is the order of checking, and part of the contract.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd, thiserror::Error)]
pub enum Refused {
    /// Author, GID or comment is longer than [`TEXT_MAX`].
    #[error("author, GID and comment have at most {TEXT_MAX} bytes")]
    TextTooLong,
    /// Zero or less where money must move; less than zero elsewhere.
    #[error("the amount must be positive")]
    AmountNotPositive,
    /// Beyond [`AMOUNT_MAX`].
    #[error("the amount is too large")]
    AmountTooLarge,
    /// The id was used for something else.
    #[error("the id was used for another transfer")]
    ExistsDifferently,
    /// There is no such purse.
    #[error("the person has no account")]
    HolderUnknown,
    /// There is no such transfer.
    #[error("there is no such transfer")]
    TransferUnknown,
    /// The transfer was never a reservation.
    #[error("the transfer is no reservation")]
    NotAReservation,
    /// The reservation was settled, at another amount or before it could be voided.
    #[error("the reservation is settled already")]
    AlreadyPosted,
    /// The reservation was voided.
    #[error("the reservation is voided already")]
    AlreadyVoided,
    /// The reservation expired.
    #[error("the reservation has expired")]
    AlreadyExpired,
    /// The reservation's time has not come.
    #[error("the reservation has not expired yet")]
    NotYetExpired,
    /// More than can be spent or is there.
    #[error("there is not enough on the account")]
    InsufficientFunds,
    /// The balance would pass [`AMOUNT_MAX`].
    #[error("the balance would become too large")]
    BalanceTooLarge,
}

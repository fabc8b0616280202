//! The rule: an order and the books give new books, or a named refusal and the old ones.

use super::book::Change;
use super::{
    AMOUNT_MAX, Account, Book, Counter, Event, Holder, Memo, Order, Policy, Purse, Receipt, Refused, Request,
    Split, State, TEXT_MAX, Transfer, TransferId,
};
use crate::Timestamp;
use crate::money::Money;

impl Book {
    /// Does what `order` asks, or nothing at all.
    ///
    /// # Errors
    /// The first reason in the order of [`Refused`].
    pub fn apply(&mut self, order: &Order, now: Timestamp) -> Result<Receipt, Refused> {
        let transfer = match order {
            Order::New { id, holder, request, memo } => self.new_transfer(id, holder, *request, memo, now)?,
            Order::Settle { id, actual } => self.settle(id, *actual, now)?,
            Order::Void { id } => self.void(id, now)?,
            Order::Expire { id } => self.expire(id, now)?,
        };
        let purse = self.purse(&transfer.holder).ok_or(Refused::HolderUnknown)?.clone();
        Ok(Receipt { transfer, purse })
    }

    fn new_transfer(
        &mut self,
        id: &TransferId,
        holder: &Holder,
        request: Request,
        memo: &Memo,
        now: Timestamp,
    ) -> Result<Transfer, Refused> {
        if [&memo.author, &memo.gid, &memo.comment].iter().any(|text| text.len() > TEXT_MAX) {
            return Err(Refused::TextTooLong);
        }
        check_amount(request)?;
        if let Some(known) = self.transfer(id) {
            let same = known.holder == *holder && known.request == request && known.memo == *memo;
            return if same { Ok(known.clone()) } else { Err(Refused::ExistsDifferently) };
        }
        let mut transfer = Transfer {
            id: id.clone(),
            holder: holder.clone(),
            request,
            memo: memo.clone(),
            state: State::Posted,
            split: Split::default(),
            created: now,
            ended: now,
        };
        if request == Request::Open {
            // A purse that is open needs no movement, and so nothing is written.
            if self.purse(holder).is_none() {
                self.open(Purse {
                    holder: holder.clone(),
                    balance: Split::default(),
                    reserved: Split::default(),
                    low_limit: Money::ZERO,
                    opened: now,
                });
                self.write(&transfer, Event::Opened, Change::nothing(Counter::Adjustments), now);
                self.put(transfer.clone());
            }
            return Ok(transfer);
        }
        let purse = self.purse(holder).ok_or(Refused::HolderUnknown)?.clone();
        let (event, change) = match request {
            Request::Open => unreachable!("answered above"),
            Request::Deposit(account, amount) => {
                let moved = Split::on(account, amount);
                (Event::Deposited, Change::moves(moved, till(account)))
            }
            Request::Withdraw(account, amount) => {
                if amount > (purse.balance - purse.reserved).of(account) {
                    return Err(Refused::InsufficientFunds);
                }
                (Event::Withdrawn, Change::moves(-Split::on(account, amount), till(account)))
            }
            Request::Set(account, target) => {
                let moved = Split::on(account, target) - Split::on(account, purse.balance.of(account));
                (Event::BalanceSet, Change::moves(moved, Counter::Adjustments))
            }
            Request::LimitSet(limit) => {
                let low_limit = Money(limit.0 - purse.low_limit.0);
                (Event::LimitSet, Change { low_limit, ..Change::nothing(Counter::Adjustments) })
            }
            Request::Reserve { amount, policy, .. } => {
                if amount > Money::ZERO && amount > purse.disposable(policy) {
                    return Err(Refused::InsufficientFunds);
                }
                (Event::Reserved, Change::reserves(split(&purse, policy, amount)))
            }
            Request::ReserveAll { policy, .. } => {
                let amount = purse.disposable(policy);
                if amount <= Money::ZERO {
                    return Err(Refused::InsufficientFunds);
                }
                (Event::Reserved, Change::reserves(split(&purse, policy, amount)))
            }
            Request::Free(keep) => {
                self.free(holder, keep, now);
                (Event::Freed, Change::nothing(Counter::Sales))
            }
        };
        let after = purse.balance + change.balance;
        if [after.one, after.two].iter().any(|balance| balance.0.abs() > AMOUNT_MAX.0) {
            return Err(Refused::BalanceTooLarge);
        }
        transfer.split = change.balance;
        if event == Event::Reserved {
            transfer.state = State::Pending;
            transfer.split = change.reserved;
            transfer.ended = Timestamp(0);
        }
        self.write(&transfer, event, change, now);
        self.put(transfer.clone());
        Ok(transfer)
    }

    fn settle(&mut self, id: &TransferId, actual: Money, now: Timestamp) -> Result<Transfer, Refused> {
        if actual.is_negative() {
            return Err(Refused::AmountNotPositive);
        }
        if actual > AMOUNT_MAX {
            return Err(Refused::AmountTooLarge);
        }
        let (mut transfer, policy) = self.reservation(id)?;
        match transfer.state {
            State::Pending => {}
            State::Posted if transfer.split.sum() == Money(-actual.0) => return Ok(transfer),
            State::Posted => return Err(Refused::AlreadyPosted),
            State::Voided => return Err(Refused::AlreadyVoided),
            State::Expired => return Err(Refused::AlreadyExpired),
        }
        let held = transfer.split;
        let mut purse = self.purse(&transfer.holder).ok_or(Refused::HolderUnknown)?.clone();
        // What was kept back for this document is free for it.
        purse.reserved = purse.reserved - held;
        let charge = split(&purse, policy, actual);
        let after = purse.balance - charge;
        if [after.one, after.two].iter().any(|balance| balance.0.abs() > AMOUNT_MAX.0) {
            return Err(Refused::BalanceTooLarge);
        }
        transfer.state = State::Posted;
        transfer.split = -charge;
        transfer.ended = now;
        let change = Change { reserved: -held, ..Change::moves(-charge, Counter::Sales) };
        self.write(&transfer, Event::Settled, change, now);
        self.put(transfer.clone());
        Ok(transfer)
    }

    fn void(&mut self, id: &TransferId, now: Timestamp) -> Result<Transfer, Refused> {
        let (transfer, _) = self.reservation(id)?;
        match transfer.state {
            State::Pending => Ok(self.release(transfer, State::Voided, Event::Voided, now)),
            State::Voided | State::Expired => Ok(transfer),
            State::Posted => Err(Refused::AlreadyPosted),
        }
    }

    fn expire(&mut self, id: &TransferId, now: Timestamp) -> Result<Transfer, Refused> {
        let (transfer, _) = self.reservation(id)?;
        match transfer.state {
            State::Pending if is_due(&transfer, now) => {
                Ok(self.release(transfer, State::Expired, Event::Expired, now))
            }
            State::Pending => Err(Refused::NotYetExpired),
            State::Expired => Ok(transfer),
            State::Posted => Err(Refused::AlreadyPosted),
            State::Voided => Err(Refused::AlreadyVoided),
        }
    }

    /// Ends reservations, the newest first, until no more than `keep` is reserved.
    fn free(&mut self, holder: &Holder, keep: Money, now: Timestamp) {
        for mut transfer in self.pending(holder) {
            let reserved = self.purses[holder].reserved.sum();
            if reserved <= keep {
                return;
            }
            let surplus = Money(reserved.0 - keep.0);
            let held = transfer.split.sum();
            if held <= surplus {
                self.release(transfer, State::Voided, Event::Voided, now);
                continue;
            }
            // Money before quota: what the person paid for is theirs first.
            let one = surplus.min(transfer.split.one);
            let less = Split { one, two: Money(surplus.0 - one.0) };
            transfer.split = transfer.split - less;
            self.write(&transfer, Event::Reduced, Change::reserves(-less), now);
            self.put(transfer);
        }
    }

    fn release(&mut self, mut transfer: Transfer, state: State, event: Event, now: Timestamp) -> Transfer {
        let held = transfer.split;
        transfer.state = state;
        transfer.split = Split::default();
        transfer.ended = now;
        self.write(&transfer, event, Change::reserves(-held), now);
        self.put(transfer.clone());
        transfer
    }

    fn reservation(&self, id: &TransferId) -> Result<(Transfer, Policy), Refused> {
        let transfer = self.transfer(id).ok_or(Refused::TransferUnknown)?;
        match transfer.request {
            Request::Reserve { policy, .. } | Request::ReserveAll { policy, .. } => {
                Ok((transfer.clone(), policy))
            }
            Request::Open
            | Request::Deposit(..)
            | Request::Withdraw(..)
            | Request::Set(..)
            | Request::LimitSet(_)
            | Request::Free(_) => Err(Refused::NotAReservation),
        }
    }
}

fn check_amount(request: Request) -> Result<(), Refused> {
    let (amount, positive) = match request {
        Request::Open | Request::ReserveAll { .. } => return Ok(()),
        Request::Deposit(_, amount) | Request::Withdraw(_, amount) => (amount, amount > Money::ZERO),
        Request::Set(_, amount) | Request::LimitSet(amount) => (amount, true),
        Request::Reserve { amount, .. } | Request::Free(amount) => (amount, !amount.is_negative()),
    };
    if !positive {
        return Err(Refused::AmountNotPositive);
    }
    if amount > AMOUNT_MAX || amount < Money(-AMOUNT_MAX.0) {
        return Err(Refused::AmountTooLarge);
    }
    Ok(())
}

fn is_due(transfer: &Transfer, now: Timestamp) -> bool {
    match transfer.request {
        Request::Reserve { expires, .. } | Request::ReserveAll { expires, .. } => {
            expires != Timestamp(0) && expires <= now
        }
        Request::Open
        | Request::Deposit(..)
        | Request::Withdraw(..)
        | Request::Set(..)
        | Request::LimitSet(_)
        | Request::Free(_) => false,
    }
}

/// Whose hands give and take on an account.
fn till(account: Account) -> Counter {
    match account {
        Account::One => Counter::Cash,
        Account::Two => Counter::Grants,
    }
}

/// Shares `amount` out over the accounts. The last account of the policy takes what the others cannot.
fn split(purse: &Purse, policy: Policy, amount: Money) -> Split {
    match policy {
        Policy::Full => Split::on(Account::One, amount),
        Policy::Quota => Split::on(Account::Two, amount),
        Policy::Partial => {
            let quota = (purse.balance - purse.reserved).two.max(Money::ZERO).min(amount);
            Split { one: Money(amount.0 - quota.0), two: quota }
        }
    }
}

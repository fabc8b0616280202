//! `papergate account --protocol safecom`: a cashier at port 7400, as other programs of cashiers reach it.

use rpc::proto::moneyserver as proto;
use rpc::proto::moneyserver::transfer::{Kind, State};
use wire::safecom::books::{
    Account as WireAccount, Accounts, AccountsAnswer, Move, MoveAnswer, MoveKind, MoveState, Movement,
    Movements, MovementsAnswer, TotalsAnswer,
};
use wire::safecom::{Answer, Request, Secret};

use super::movements::{Choice, list_all};
use super::{Account, AccountCommand, CashFlow, Find, LowLimit, Memo, Purse, ReserveFree, Status};
use crate::failure::Failure;
use crate::safecom::Line;
use crate::{Shell, secret};

/// The server's port when none is named.
const PORT: u16 = 7400;

pub(super) async fn run(shell: &mut Shell<'_>, command: AccountCommand) -> Result<(), Failure> {
    let mut choice = Choice::default();
    let request = match command {
        AccountCommand::Show { logon } => {
            Request::Accounts(Accounts { holder: Some(logon), text: None, card: None })
        }
        AccountCommand::Find(Find { text, card_file }) => {
            let card = match &card_file {
                Some(path) => Some(secret::read("card", Some(path), "PAPERGATE_CARD")?),
                None => None,
            };
            let card = card.map(|card| Secret::new(card.trim()));
            Request::Accounts(Accounts { holder: None, text, card })
        }
        AccountCommand::Deposit(moved) => {
            movement(moved.logon, MoveKind::Deposit, moved.account.into(), moved.amount, moved.memo)?
        }
        AccountCommand::Withdraw(moved) => {
            movement(moved.logon, MoveKind::Withdraw, moved.account.into(), moved.amount, moved.memo)?
        }
        AccountCommand::Set(moved) => {
            movement(moved.logon, MoveKind::Set, moved.account.into(), moved.amount, moved.memo)?
        }
        AccountCommand::LowLimit(LowLimit { logon, amount, memo }) => {
            movement(logon, MoveKind::LowLimit, 0, amount, memo)?
        }
        AccountCommand::ReserveFree(ReserveFree { logon, keep, memo }) => {
            movement(logon, MoveKind::Free, 0, keep, memo)?
        }
        AccountCommand::Statement(asked) => {
            choice = asked.choice()?;
            Request::Movements(Movements {
                holder: Some(asked.logon),
                limit: choice.asked(),
                from_us: 0,
                to_us: 0,
                account: 0,
                author: String::new(),
                personal: false,
            })
        }
        AccountCommand::CashFlow(CashFlow { period, account, author, personal }) => {
            let (from_us, to_us) = period.instants()?;
            let account = account.map_or(0, u8::from);
            Request::Movements(Movements {
                holder: None,
                limit: 0,
                from_us,
                to_us,
                account,
                author,
                personal,
            })
        }
        AccountCommand::Status => Request::Totals,
        AccountCommand::List | AccountCommand::Unfinished | AccountCommand::Resolve(_) => {
            let text = "the framed protocol has no such request; leave --protocol safecom out";
            return Err(Failure::Usage(text.to_owned()));
        }
    };
    let mut line = Line::reach(&shell.reach, "moneyserver", "money", PORT).await?;
    let lists = matches!(&request, Request::Accounts(Accounts { holder: None, .. }));
    let moves = matches!(&request, Request::Movements(_));
    let (mut accounts, mut movements, mut totals) = (Vec::new(), Vec::new(), None);
    let answered = line.each(request, |answer| {
        match answer {
            Answer::Accounts(AccountsAnswer { accounts: more }) => {
                accounts.extend(more.into_iter().map(purse))
            }
            Answer::Move(MoveAnswer { account }) => accounts.push(purse(account)),
            Answer::Movements(MovementsAnswer { movements: more }) => movements.extend(more),
            Answer::Totals(answer) => totals = Some(answer),
            _ => {}
        }
        Ok(())
    });
    answered.await?;
    line.close().await;
    if let Some(totals) = totals {
        return shell.output.show(&Status::from(status(&totals)));
    }
    if moves {
        return list_all(shell, movements.into_iter().map(transfer), choice);
    }
    if lists {
        let mut listing = shell.output.list::<Purse>();
        for purse in accounts {
            listing.row(&Purse::from(purse))?;
        }
        return listing.finish();
    }
    shell.output.show(&Purse::from(accounts.pop().unwrap_or_default()))
}

impl From<Account> for u8 {
    fn from(account: Account) -> Self {
        match account {
            Account::One => 1,
            Account::Two => 2,
        }
    }
}

fn movement(
    holder: String,
    kind: MoveKind,
    account: u8,
    amount: domain::Money,
    memo: Memo,
) -> Result<Request, Failure> {
    let Memo { comment, gid, id } = memo;
    let id = id.map_or_else(super::fresh_id, Ok)?;
    Ok(Request::Move(Move { id, holder, kind, account, amount: amount.0, gid, comment }))
}

fn purse(account: WireAccount) -> proto::Purse {
    proto::Purse {
        holder: account.holder,
        balance_one: account.balance_one,
        balance_two: account.balance_two,
        reserved_one: account.reserved_one,
        reserved_two: account.reserved_two,
        low_limit: account.low_limit,
        opened_us: account.opened_us,
    }
}

fn status(totals: &TotalsAnswer) -> proto::AccountStatusAnswer {
    proto::AccountStatusAnswer {
        purses: i64::try_from(totals.accounts).unwrap_or(i64::MAX),
        balance_one: totals.balance_one,
        balance_two: totals.balance_two,
        reserved_one: totals.reserved_one,
        reserved_two: totals.reserved_two,
    }
}

fn transfer(movement: Movement) -> proto::Transfer {
    let kind = match movement.kind {
        MoveKind::Open => Kind::Open,
        MoveKind::Deposit => Kind::Deposit,
        MoveKind::Withdraw => Kind::Withdrawal,
        MoveKind::Set => Kind::Set,
        MoveKind::LowLimit => Kind::LowLimit,
        MoveKind::Print => Kind::Print,
        MoveKind::Copy => Kind::Copy,
        MoveKind::Free => Kind::Free,
    };
    let state = match movement.state {
        MoveState::Pending => State::Pending,
        MoveState::Posted => State::Posted,
        MoveState::Voided => State::Voided,
        MoveState::Expired => State::Expired,
    };
    proto::Transfer {
        id: movement.id,
        holder: movement.holder,
        kind: kind.into(),
        state: state.into(),
        account: movement.account.into(),
        amount: movement.asked,
        split_one: movement.split_one,
        split_two: movement.split_two,
        author: movement.author,
        gid: movement.gid,
        comment: movement.comment,
        created_us: movement.created_us,
        ended_us: movement.ended_us,
        expires_us: movement.expires_us,
        ..proto::Transfer::default()
    }
}

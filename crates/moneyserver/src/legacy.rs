//! Port 7400: programs of cashiers, by the framed protocol (docs/PROTOCOL.md, "Money").
//!
//! Requests become the calls of `proto/moneyserver.proto` and go by way of the jobserver, which knows the person, judges
//! what they may, and writes down what they do.

use framed::desk::{Desk, Person};
use rpc::Error;
use rpc::proto::charging::HolderFindRequest;
use rpc::proto::charging::charging_client::ChargingClient;
use rpc::proto::jobserver::UserShowRequest;
use rpc::proto::jobserver::administration_client::AdministrationClient;
use rpc::proto::moneyserver as proto;
use rpc::proto::moneyserver::money_client::MoneyClient;
use rpc::proto::moneyserver::money_reader_client::MoneyReaderClient;
use rpc::proto::moneyserver::transfer::{Kind, State};
use tonic::Status;
use tonic::transport::Channel;
use wire::safecom::books::{
    Account, Accounts, AccountsAnswer, Move, MoveAnswer, MoveKind, MoveState, Movement, Movements,
    TotalsAnswer,
};
use wire::safecom::limits::{ACCOUNTS_PER_ANSWER_MAX, MOVEMENTS_MAX};
use wire::safecom::{Answer, Port, Request, Secret};

/// Name of the listener.
pub(crate) const MONEY: &str = "money";

/// "The account is not known."
const ACCOUNT_NOT_FOUND: i32 = 220;

/// What answers on the port.
pub(crate) struct Teller {
    /// The jobserver.
    gate: Channel,
}

impl Teller {
    pub(crate) fn new(gate: Channel) -> Self {
        Self { gate }
    }

    fn reader(&self) -> MoneyReaderClient<Channel> {
        MoneyReaderClient::new(self.gate.clone())
    }

    /// One person's account; with nothing on it when they have none yet.
    async fn account(&self, person: &Person, holder: String) -> Result<Account, Status> {
        match self.reader().purse_show(person.call(proto::PurseShowRequest { holder: holder.clone() })).await
        {
            Ok(purse) => Ok(account(purse.into_inner())),
            Err(status) if Error::from(status.clone()).status == ACCOUNT_NOT_FOUND => {
                Ok(account(proto::Purse { holder, ..proto::Purse::default() }))
            }
            Err(status) => Err(status),
        }
    }

    async fn accounts(&self, person: &Person, asked: Accounts) -> Result<Answer, Status> {
        let holders = match asked {
            Accounts { holder: Some(holder), text: None, card: None } => {
                let purse = self.reader().purse_show(person.call(proto::PurseShowRequest { holder })).await?;
                let accounts = vec![account(purse.into_inner())];
                return Ok(Answer::Accounts(AccountsAnswer { accounts }));
            }
            Accounts { holder: None, text, card } if text.is_some() != card.is_some() => {
                let text = text.unwrap_or_default();
                let code = card.as_ref().map(Secret::expose).unwrap_or_default().to_owned();
                let found = ChargingClient::new(self.gate.clone())
                    .holder_find(person.call(HolderFindRequest { text, code }))
                    .await?;
                found.into_inner().holders
            }
            Accounts { .. } => return Err(invalid("say whose account, or what to look for, and not both")),
        };
        let mut accounts = Vec::new();
        for holder in holders.into_iter().take(ACCOUNTS_PER_ANSWER_MAX) {
            accounts.push(self.account(person, holder).await?);
        }
        Ok(Answer::Accounts(AccountsAnswer { accounts }))
    }

    async fn movements(&self, person: &Person, asked: Movements) -> Result<Vec<Answer>, Status> {
        let mut reader = self.reader();
        let mut pages = match asked.holder {
            Some(holder) => {
                let limit = i64::from(asked.limit);
                let request = proto::StatementRequest { holder, limit };
                reader.statement(person.call(request)).await?.into_inner()
            }
            None => {
                let request = proto::CashFlowRequest {
                    from_us: asked.from_us,
                    to_us: asked.to_us,
                    account: asked.account.into(),
                    author: asked.author,
                    personal: asked.personal,
                };
                reader.cash_flow(person.call(request)).await?.into_inner()
            }
        };
        let mut movements = Vec::new();
        while let Some(page) = pages.message().await? {
            for transfer in page.transfers {
                movements.push(movement(transfer));
            }
            if movements.len() >= MOVEMENTS_MAX {
                movements.truncate(MOVEMENTS_MAX);
                break;
            }
        }
        Ok(Answer::movements(movements))
    }

    async fn do_move(&self, person: &Person, asked: Move) -> Result<Answer, Status> {
        let mut answer = self.order(person, &asked).await;
        let opens = matches!(asked.kind, MoveKind::Deposit | MoveKind::Set | MoveKind::LowLimit);
        if let Err(status) = &answer
            && opens
            && Error::from(status.clone()).status == ACCOUNT_NOT_FOUND
        {
            // Somebody the jobserver knows gets accounts; a logon that was mistyped gets none.
            let shown = UserShowRequest { logon: asked.holder.clone() };
            AdministrationClient::new(self.gate.clone()).user_show(person.call(shown)).await?;
            let header = proto::Header {
                // Once for this movement, however often it is asked.
                id: format!("open-{:016x}-{:016x}", fingerprint(&asked.holder), fingerprint(&asked.id)),
                holder: asked.holder.clone(),
                ..proto::Header::default()
            };
            let open = proto::OpenRequest { header: Some(header) };
            MoneyClient::new(self.gate.clone()).open(person.call(open)).await?;
            answer = self.order(person, &asked).await;
        }
        let account = account(answer?.purse.unwrap_or_default());
        Ok(Answer::Move(MoveAnswer { account }))
    }

    async fn order(&self, person: &Person, asked: &Move) -> Result<proto::Receipt, Status> {
        let header = Some(proto::Header {
            id: asked.id.clone(),
            holder: asked.holder.clone(),
            author: String::new(),
            gid: asked.gid.clone(),
            comment: asked.comment.clone(),
        });
        let (account, amount) = (i32::from(asked.account), asked.amount);
        let mut money = MoneyClient::new(self.gate.clone());
        let receipt = match asked.kind {
            MoveKind::Deposit => {
                money.deposit(person.call(proto::DepositRequest { header, account, amount })).await?
            }
            MoveKind::Withdraw => {
                money.withdraw(person.call(proto::WithdrawRequest { header, account, amount })).await?
            }
            MoveKind::Set => {
                money.set(person.call(proto::SetRequest { header, account, balance: amount })).await?
            }
            MoveKind::LowLimit => {
                let request = proto::LowLimitSetRequest { header, low_limit: amount };
                money.low_limit_set(person.call(request)).await?
            }
            MoveKind::Free => money.free(person.call(proto::FreeRequest { header, keep: amount })).await?,
            MoveKind::Open | MoveKind::Print | MoveKind::Copy => {
                return Err(invalid("people deposit, withdraw, set, set the low limit or free"));
            }
        };
        Ok(receipt.into_inner())
    }

    async fn totals(&self, person: &Person) -> Result<TotalsAnswer, Status> {
        let totals = self.reader().account_status(person.call(proto::AccountStatusRequest {})).await?;
        let totals = totals.into_inner();
        Ok(TotalsAnswer {
            accounts: u64::try_from(totals.purses).unwrap_or_default(),
            balance_one: totals.balance_one,
            balance_two: totals.balance_two,
            reserved_one: totals.reserved_one,
            reserved_two: totals.reserved_two,
        })
    }
}

impl Desk for Teller {
    const PORT: Port = Port::Money;

    async fn admit(&self, person: &Person) -> Result<(), Status> {
        self.totals(person).await.map(drop)
    }

    async fn answer(&self, person: &Person, request: Request) -> Result<Vec<Answer>, Status> {
        let answer = match request {
            Request::Accounts(asked) => self.accounts(person, asked).await?,
            Request::Movements(asked) => return self.movements(person, asked).await,
            Request::Move(asked) => self.do_move(person, asked).await?,
            Request::Totals => Answer::Totals(self.totals(person).await?),
            // The session lets nothing else through to this port.
            _ => Answer::refused_as(wire::safecom::Status::UnknownRequest),
        };
        Ok(vec![answer])
    }
}

/// A number made of a text, which may have letters that no id may have.
fn fingerprint(text: &str) -> u64 {
    let mut hasher = std::hash::DefaultHasher::new();
    std::hash::Hash::hash(text, &mut hasher);
    std::hash::Hasher::finish(&hasher)
}

fn invalid(why: &str) -> Status {
    Error::new(rpc::Kind::Invalid, domain::Status::NAME_INVALID.0, why).into()
}

fn account(purse: proto::Purse) -> Account {
    Account {
        holder: purse.holder,
        balance_one: purse.balance_one,
        balance_two: purse.balance_two,
        reserved_one: purse.reserved_one,
        reserved_two: purse.reserved_two,
        low_limit: purse.low_limit,
        opened_us: purse.opened_us,
    }
}

fn movement(transfer: proto::Transfer) -> Movement {
    let kind = match transfer.kind() {
        Kind::Unspecified | Kind::Open => MoveKind::Open,
        Kind::Deposit => MoveKind::Deposit,
        Kind::Withdrawal => MoveKind::Withdraw,
        Kind::Set => MoveKind::Set,
        Kind::LowLimit => MoveKind::LowLimit,
        Kind::Print => MoveKind::Print,
        Kind::Copy => MoveKind::Copy,
        Kind::Free => MoveKind::Free,
    };
    let state = match transfer.state() {
        State::Unspecified | State::Posted => MoveState::Posted,
        State::Pending => MoveState::Pending,
        State::Voided => MoveState::Voided,
        State::Expired => MoveState::Expired,
    };
    let account = match transfer.account() {
        proto::Account::Unspecified => 0,
        proto::Account::One => 1,
        proto::Account::Two => 2,
    };
    Movement {
        id: transfer.id,
        holder: transfer.holder,
        kind,
        state,
        account,
        asked: transfer.amount,
        split_one: transfer.split_one,
        split_two: transfer.split_two,
        author: transfer.author,
        gid: transfer.gid,
        comment: transfer.comment,
        created_us: transfer.created_us,
        ended_us: transfer.ended_us,
        expires_us: transfer.expires_us,
    }
}

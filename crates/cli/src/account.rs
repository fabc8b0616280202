//! `papergate account`: what people have to pay with, as a cashier sees it.

mod framed;
mod movements;

use clap::{Args, Subcommand, ValueEnum};
use domain::Money;
use rpc::proto::charging;
use rpc::proto::jobserver;
use rpc::proto::moneyserver as proto;
use serde::Serialize;

use crate::failure::Failure;
use crate::output::{Listed, or_dash, or_null};
use crate::reach::Patience;
use crate::safecom::Protocol;
use crate::{Shell, secret, time};

#[cfg(test)]
pub(crate) use movements::Transfer;
use movements::{Choice, Statement};

/// Status "the account is not known" of docs/PROTOCOL.md.
const ACCOUNT_NOT_FOUND: i32 = 220;

#[derive(Debug, Args)]
pub(crate) struct AccountArguments {
    /// How the server is spoken to
    #[arg(long, value_enum, default_value = "grpc", global = true)]
    protocol: Protocol,
    #[command(subcommand)]
    command: AccountCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum AccountCommand {
    /// Show the accounts of a person
    Show {
        /// Logon of the person
        logon: String,
    },
    /// List the accounts of everybody
    List,
    /// Put money or quota in; opens the accounts of a person who has none
    Deposit(Movement),
    /// Take money or quota out
    Withdraw(Movement),
    /// Set a balance
    Set(Movement),
    /// Set the lowest amount that must stay; negative allows a debt
    LowLimit(LowLimit),
    /// Give reserved credits free
    ReserveFree(ReserveFree),
    /// Show what was moved, newest first
    Statement(Statement),
    /// Find people and their accounts by a part of logon, name or e-mail address, or by card
    Find(Find),
    /// Show what is in the system: credits and reservations of everybody
    Status,
    /// Show what went in and out by hand, oldest first
    CashFlow(CashFlow),
    /// Show documents whose reservation has not ended, oldest first
    Unfinished,
    /// End by hand a reservation that was kept after an error
    Resolve(Resolve),
}

/// Money or quota.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Account {
    /// Money
    #[value(name = "1")]
    One,
    /// Quota
    #[value(name = "2")]
    Two,
}

impl From<Account> for i32 {
    fn from(account: Account) -> Self {
        match account {
            Account::One => proto::Account::One.into(),
            Account::Two => proto::Account::Two.into(),
        }
    }
}

#[derive(Debug, Args)]
pub(crate) struct Movement {
    /// Logon of the person
    logon: String,
    /// How much, like 12.50
    #[arg(allow_negative_numbers = true)]
    amount: Money,
    /// Which account: 1 is money, 2 is quota
    #[arg(long, value_enum, default_value = "1")]
    account: Account,
    #[command(flatten)]
    memo: Memo,
}

#[derive(Debug, Args)]
pub(crate) struct LowLimit {
    /// Logon of the person
    logon: String,
    /// How much, like 5.00 or -2.50
    #[arg(allow_negative_numbers = true)]
    amount: Money,
    #[command(flatten)]
    memo: Memo,
}

#[derive(Debug, Args)]
pub(crate) struct ReserveFree {
    /// Logon of the person
    logon: String,
    /// How much may stay reserved
    #[arg(long, default_value = "0", value_name = "AMOUNT")]
    keep: Money,
    #[command(flatten)]
    memo: Memo,
}

#[derive(Debug, Args)]
pub(crate) struct Find {
    /// A part of logon, full name or e-mail address, in any case
    #[arg(required_unless_present = "card_file")]
    text: Option<String>,
    /// File with the whole number of a card or ID code ("-" for standard input, where a reader types it)
    #[arg(long, value_name = "FILE", conflicts_with = "text")]
    card_file: Option<std::path::PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct CashFlow {
    #[command(flatten)]
    period: Days,
    /// Only this account
    #[arg(long, value_enum)]
    account: Option<Account>,
    /// Only movements of this cashier
    #[arg(long, default_value = "", value_name = "LOGON", hide_default_value = true)]
    author: String,
    /// Only movements of whoever asks
    #[arg(long, conflicts_with = "author")]
    personal: bool,
}

/// A period.
#[derive(Debug, Args)]
struct Days {
    /// First day or instant
    #[arg(long, value_name = "DATE")]
    from: Option<String>,
    /// Last day, or the instant after the period
    #[arg(long, value_name = "DATE")]
    to: Option<String>,
}

impl Days {
    fn instants(&self) -> Result<(i64, i64), Failure> {
        let read = |text: &Option<String>, edge| {
            let zone = jiff::tz::TimeZone::system();
            let instant = text.as_deref().map(|text| time::parse(text, edge, &zone));
            instant.unwrap_or(Ok(0)).map_err(Failure::Usage)
        };
        Ok((read(&self.from, time::Edge::From)?, read(&self.to, time::Edge::To)?))
    }
}

#[derive(Debug, Args)]
pub(crate) struct Resolve {
    /// Id of the reservation, as `account unfinished` shows it
    id: String,
    /// Charge so much
    #[arg(long, value_name = "AMOUNT", required_unless_present = "give_back")]
    charge: Option<Money>,
    /// Charge nothing
    #[arg(long, conflicts_with = "charge")]
    give_back: bool,
}

/// Who and what for.
#[derive(Debug, Args)]
struct Memo {
    /// Free text
    #[arg(long, default_value = "", value_name = "TEXT", hide_default_value = true)]
    comment: String,
    /// Id of a group of movements
    #[arg(long, default_value = "", value_name = "TEXT", hide_default_value = true)]
    gid: String,
    /// Id of this movement: a script that repeats a command with the same id moves money once
    #[arg(long, value_name = "ID")]
    id: Option<String>,
}

impl Memo {
    fn header(self, shell: &Shell<'_>, logon: &str) -> Result<proto::Header, Failure> {
        Ok(proto::Header {
            id: self.id.map_or_else(fresh_id, Ok)?,
            holder: logon.to_owned(),
            author: shell.reach.author(),
            gid: self.gid,
            comment: self.comment,
        })
    }
}

/// Sixteen random bytes, hexadecimal.
fn fresh_id() -> Result<String, Failure> {
    let mut bytes = [0_u8; 16];
    ring::rand::SecureRandom::fill(&ring::rand::SystemRandom::new(), &mut bytes)
        .map_err(|_| Failure::io("make an id")(std::io::Error::other("the system has no random numbers")))?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

pub(crate) async fn run(shell: &mut Shell<'_>, arguments: AccountArguments) -> Result<(), Failure> {
    let AccountArguments { protocol, command } = arguments;
    if protocol == Protocol::Safecom {
        return framed::run(shell, command).await;
    }
    match command {
        AccountCommand::Show { logon } => {
            let request = proto::PurseShowRequest { holder: logon };
            let purse = shell.reach.money_reader(Patience::Call).await?.purse_show(request).await?;
            shell.output.show(&Purse::from(purse.into_inner()))
        }
        AccountCommand::List => list(shell).await,
        AccountCommand::Deposit(Movement { logon, amount, account, memo }) => {
            let header = memo.header(shell, &logon)?;
            let request = proto::DepositRequest {
                header: Some(header.clone()),
                account: account.into(),
                amount: amount.0,
            };
            let mut answer = shell.reach.money().await?.deposit(request.clone()).await;
            if open_if_missing(shell, &answer, &header).await? {
                answer = shell.reach.money().await?.deposit(request).await;
            }
            receipt(shell, answer)
        }
        AccountCommand::Withdraw(Movement { logon, amount, account, memo }) => {
            let header = Some(memo.header(shell, &logon)?);
            let request = proto::WithdrawRequest { header, account: account.into(), amount: amount.0 };
            let answer = shell.reach.money().await?.withdraw(request).await;
            receipt(shell, answer)
        }
        AccountCommand::Set(Movement { logon, amount, account, memo }) => {
            let header = memo.header(shell, &logon)?;
            let request = proto::SetRequest {
                header: Some(header.clone()),
                account: account.into(),
                balance: amount.0,
            };
            let mut answer = shell.reach.money().await?.set(request.clone()).await;
            if open_if_missing(shell, &answer, &header).await? {
                answer = shell.reach.money().await?.set(request).await;
            }
            receipt(shell, answer)
        }
        AccountCommand::LowLimit(LowLimit { logon, amount, memo }) => {
            let header = memo.header(shell, &logon)?;
            let request = proto::LowLimitSetRequest { header: Some(header.clone()), low_limit: amount.0 };
            let mut answer = shell.reach.money().await?.low_limit_set(request.clone()).await;
            if open_if_missing(shell, &answer, &header).await? {
                answer = shell.reach.money().await?.low_limit_set(request).await;
            }
            receipt(shell, answer)
        }
        AccountCommand::ReserveFree(ReserveFree { logon, keep, memo }) => {
            let header = Some(memo.header(shell, &logon)?);
            let request = proto::FreeRequest { header, keep: keep.0 };
            let answer = shell.reach.money().await?.free(request).await;
            receipt(shell, answer)
        }
        AccountCommand::Statement(asked) => {
            let choice = asked.choice()?;
            let request = proto::StatementRequest { holder: asked.logon, limit: choice.asked() };
            let mut reader = shell.reach.money_reader(Patience::Call).await?;
            let pages = reader.statement(request).await?.into_inner();
            movements::list(shell, pages, choice).await
        }
        AccountCommand::Find(asked) => find(shell, asked).await,
        AccountCommand::Status => {
            let mut reader = shell.reach.money_reader(Patience::Call).await?;
            let status = reader.account_status(proto::AccountStatusRequest {}).await?;
            shell.output.show(&Status::from(status.into_inner()))
        }
        AccountCommand::CashFlow(CashFlow { period, account, author, personal }) => {
            let author = if personal { shell.reach.author() } else { author };
            let (from_us, to_us) = period.instants()?;
            let account = account.map_or(0, i32::from);
            let mut reader = shell.reach.money_reader(Patience::Call).await?;
            let request = proto::CashFlowRequest { from_us, to_us, account, author, personal };
            let pages = reader.cash_flow(request).await?.into_inner();
            movements::list(shell, pages, Choice::default()).await
        }
        AccountCommand::Unfinished => unfinished(shell).await,
        AccountCommand::Resolve(Resolve { id, charge, give_back: _ }) => {
            use charging::unfinished_resolve_request::How;
            let how = Some(charge.map_or(How::GiveBack(true), |amount| How::Settle(amount.0)));
            let request = charging::UnfinishedResolveRequest { id: id.clone(), how };
            shell.reach.charging().await?.unfinished_resolve(request).await?;
            let text = match charge {
                Some(amount) => format!("{amount} is charged for reservation '{id}'"),
                None => format!("reservation '{id}' is given back"),
            };
            let charged = charge.unwrap_or(Money::ZERO).to_string();
            shell.output.done(&text, &serde_json::json!({ "resolved": id, "charged": charged }))
        }
    }
}

type Answer = Result<tonic::Response<proto::Receipt>, tonic::Status>;

/// Opens the accounts of a person the jobserver knows and the moneyserver does not; a logon that was mistyped
/// gets none. Answers whether it did.
async fn open_if_missing(
    shell: &Shell<'_>,
    answer: &Answer,
    header: &proto::Header,
) -> Result<bool, Failure> {
    let Err(status) = answer else { return Ok(false) };
    if rpc::Error::from(status.clone()).status != ACCOUNT_NOT_FOUND {
        return Ok(false);
    }
    let person = jobserver::UserShowRequest { logon: header.holder.clone() };
    shell.reach.administration().await?.user_show(person).await?;
    let header = proto::Header { id: fresh_id()?, comment: String::new(), ..header.clone() };
    shell.reach.money().await?.open(proto::OpenRequest { header: Some(header) }).await?;
    Ok(true)
}

fn receipt(shell: &mut Shell<'_>, answer: Answer) -> Result<(), Failure> {
    let receipt = answer?.into_inner();
    shell.output.show(&Purse::from(receipt.purse.unwrap_or_default()))
}

async fn list(shell: &mut Shell<'_>) -> Result<(), Failure> {
    let mut reader = shell.reach.money_reader(Patience::Call).await?;
    let mut pages = reader.purse_list(proto::PurseListRequest {}).await?.into_inner();
    let mut listing = shell.output.list::<Purse>();
    while let Some(page) = pages.message().await? {
        for purse in page.purses {
            listing.row(&Purse::from(purse))?;
        }
    }
    listing.finish()
}

/// People and their accounts; somebody who has none yet has nothing on them.
async fn find(shell: &mut Shell<'_>, asked: Find) -> Result<(), Failure> {
    let card = match &asked.card_file {
        Some(path) => secret::read("card", Some(path), "PAPERGATE_CARD")?.trim().to_owned(),
        None => String::new(),
    };
    let text = asked.text.unwrap_or_default();
    let request = charging::HolderFindRequest { text, code: card };
    let found = shell.reach.charging().await?.holder_find(request).await?.into_inner().holders;
    let mut reader = shell.reach.money_reader(Patience::Call).await?;
    let mut listing = shell.output.list::<Purse>();
    for holder in found {
        let purse = match reader.purse_show(proto::PurseShowRequest { holder: holder.clone() }).await {
            Ok(purse) => purse.into_inner(),
            Err(status) if rpc::Error::from(status.clone()).status == ACCOUNT_NOT_FOUND => {
                proto::Purse { holder, ..proto::Purse::default() }
            }
            Err(status) => return Err(status.into()),
        };
        listing.row(&Purse::from(purse))?;
    }
    listing.finish()
}

/// What the jobserver knows of documents, and reservations that only the money server knows.
async fn unfinished(shell: &mut Shell<'_>) -> Result<(), Failure> {
    let known = shell.reach.charging().await?.unfinished_list(charging::UnfinishedListRequest {}).await?;
    let known = known.into_inner().unfinished;
    let mut reader = shell.reach.money_reader(Patience::Call).await?;
    let mut pages = reader.unfinished(proto::UnfinishedRequest {}).await?.into_inner();
    let mut others = Vec::new();
    while let Some(page) = pages.message().await? {
        let unknown = |transfer: &proto::Transfer| known.iter().all(|charge| charge.id != transfer.id);
        others.extend(page.transfers.into_iter().filter(unknown));
    }
    let mut listing = shell.output.list::<Unfinished>();
    for charge in known {
        listing.row(&Unfinished::from(charge))?;
    }
    for transfer in others {
        listing.row(&Unfinished::from(transfer))?;
    }
    listing.finish()
}

/// The accounts of a person, as scripts see them. Amounts are text, exact to four decimals.
#[derive(Debug, Serialize)]
pub(crate) struct Purse {
    logon: String,
    account_1: String,
    account_2: String,
    low_limit: String,
    reserved: String,
    disposable: String,
    opened: Option<String>,
}

impl From<proto::Purse> for Purse {
    fn from(purse: proto::Purse) -> Self {
        let reserved = purse.reserved_one + purse.reserved_two;
        let disposable = purse.balance_one + purse.balance_two - purse.low_limit - reserved;
        let amount = |amount| Money(amount).to_string();
        Self {
            logon: purse.holder,
            account_1: amount(purse.balance_one),
            account_2: amount(purse.balance_two),
            low_limit: amount(purse.low_limit),
            reserved: amount(reserved),
            disposable: amount(disposable),
            opened: time::rfc3339(purse.opened_us),
        }
    }
}

impl Listed for Purse {
    const COLUMNS: &'static [&'static str] =
        &["LOGON", "ACCOUNT 1", "ACCOUNT 2", "LOW LIMIT", "RESERVED", "DISPOSABLE"];

    fn cells(&self) -> Vec<String> {
        [&self.logon, &self.account_1, &self.account_2, &self.low_limit, &self.reserved, &self.disposable]
            .map(Clone::clone)
            .into()
    }
}

/// A reservation that has not ended, as scripts see one.
#[derive(Debug, Serialize)]
pub(crate) struct Unfinished {
    id: String,
    logon: String,
    state: &'static str,
    reserved: String,
    job_id: Option<i64>,
    document: Option<String>,
    pages: Option<i64>,
    device: Option<String>,
    reason: Option<String>,
    created: Option<String>,
    ended: Option<String>,
    #[serde(skip)]
    created_shown: String,
}

impl From<charging::Unfinished> for Unfinished {
    fn from(charge: charging::Unfinished) -> Self {
        use charging::unfinished::State;
        let state = match charge.state() {
            State::Unspecified => "unknown",
            State::Open => "printing",
            State::Settle => "settling",
            State::Void => "voiding",
            State::Kept => "kept",
            State::Refused => "refused",
        };
        Self {
            id: charge.id,
            logon: charge.holder,
            state,
            reserved: Money(charge.price).to_string(),
            job_id: Some(charge.job_id),
            document: or_null(charge.job_name),
            pages: Some(charge.pages),
            device: or_null(charge.device),
            reason: or_null(charge.message),
            created: time::rfc3339(charge.created_us),
            ended: time::rfc3339(charge.ended_us),
            created_shown: time::local(charge.created_us),
        }
    }
}

impl From<proto::Transfer> for Unfinished {
    fn from(transfer: proto::Transfer) -> Self {
        Self {
            id: transfer.id,
            logon: transfer.holder,
            state: "reserved",
            reserved: Money(transfer.split_one + transfer.split_two).to_string(),
            job_id: None,
            document: or_null(transfer.comment),
            pages: None,
            device: None,
            reason: None,
            created: time::rfc3339(transfer.created_us),
            ended: None,
            created_shown: time::local(transfer.created_us),
        }
    }
}

impl Listed for Unfinished {
    const COLUMNS: &'static [&'static str] =
        &["ID", "DATE", "LOGON", "STATE", "RESERVED", "DOCUMENT", "DEVICE", "REASON"];

    fn cells(&self) -> Vec<String> {
        let text = |text: &Option<String>| or_dash(text.as_deref().unwrap_or_default());
        vec![
            self.id.clone(),
            self.created_shown.clone(),
            self.logon.clone(),
            self.state.to_owned(),
            self.reserved.clone(),
            text(&self.document),
            text(&self.device),
            text(&self.reason),
        ]
    }
}

/// What is in the system, as scripts see it.
#[derive(Debug, Serialize)]
pub(crate) struct Status {
    accounts: i64,
    account_1: String,
    account_2: String,
    credits: String,
    reserved: String,
}

impl From<proto::AccountStatusAnswer> for Status {
    fn from(status: proto::AccountStatusAnswer) -> Self {
        let amount = |amount| Money(amount).to_string();
        Self {
            accounts: status.purses,
            account_1: amount(status.balance_one),
            account_2: amount(status.balance_two),
            credits: amount(status.balance_one.saturating_add(status.balance_two)),
            reserved: amount(status.reserved_one.saturating_add(status.reserved_two)),
        }
    }
}

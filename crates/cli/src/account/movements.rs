//! What was moved: a person's statement, and the cash flow.

use clap::Args;
use domain::Money;
use rpc::proto::moneyserver as proto;
use rpc::proto::moneyserver::transfer::{Kind, State};
use serde::Serialize;

use super::Days;
use crate::failure::Failure;
use crate::output::{Listed, or_dash, or_null};
use crate::{Shell, time};

#[derive(Debug, Args)]
pub(crate) struct Statement {
    /// Logon of the person
    pub(super) logon: String,
    /// At most this many
    #[arg(long, default_value_t = 0, value_name = "N")]
    limit: u32,
    #[command(flatten)]
    period: Days,
    /// Leave out what is only reserved, and reservations that were given back
    #[arg(long)]
    without_reservations: bool,
}

impl Statement {
    /// Which movements it shows.
    pub(super) fn choice(&self) -> Result<Choice, Failure> {
        let (from_us, to_us) = self.period.instants()?;
        let most = (self.limit != 0).then_some(self.limit);
        Ok(Choice { from_us, to_us, done_only: self.without_reservations, most })
    }
}

/// Which of a server's movements are shown; the default shows all.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Choice {
    /// First instant; 0 for open.
    from_us: i64,
    /// The instant after the period; 0 for open.
    to_us: i64,
    /// Only what moved money or quota.
    done_only: bool,
    /// So many at most.
    most: Option<u32>,
}

impl Choice {
    /// How many movements the server is asked for; 0 for all.
    pub(super) fn asked<T: From<u32>>(&self) -> T {
        let chooses = self.from_us != 0 || self.to_us != 0 || self.done_only;
        if chooses { 0.into() } else { self.most.unwrap_or(0).into() }
    }

    /// Whether a movement is shown, and counts.
    fn takes(&mut self, transfer: &proto::Transfer) -> bool {
        let at = transfer.created_us;
        let in_time = at >= self.from_us && (self.to_us == 0 || at < self.to_us);
        let moved = !self.done_only || transfer.state() == State::Posted;
        if !in_time || !moved || self.most == Some(0) {
            return false;
        }
        self.most = self.most.map(|left| left - 1);
        true
    }
}

/// Lists the chosen of these.
pub(super) async fn list(
    shell: &mut Shell<'_>,
    mut pages: tonic::Streaming<proto::TransferPage>,
    mut choice: Choice,
) -> Result<(), Failure> {
    let mut listing = shell.output.list::<Transfer>();
    while let Some(page) = pages.message().await? {
        for transfer in page.transfers {
            if choice.takes(&transfer) {
                listing.row(&Transfer::from(transfer))?;
            }
        }
    }
    listing.finish()
}

/// As [`list`], of what is there already.
pub(super) fn list_all(
    shell: &mut Shell<'_>,
    transfers: impl Iterator<Item = proto::Transfer>,
    mut choice: Choice,
) -> Result<(), Failure> {
    let mut listing = shell.output.list::<Transfer>();
    for transfer in transfers.filter(|transfer| choice.takes(transfer)) {
        listing.row(&Transfer::from(transfer))?;
    }
    listing.finish()
}

/// A movement, as scripts see one.
#[derive(Debug, Serialize)]
pub(crate) struct Transfer {
    id: String,
    logon: String,
    kind: &'static str,
    state: &'static str,
    asked: String,
    account_1: String,
    account_2: String,
    author: Option<String>,
    gid: Option<String>,
    comment: Option<String>,
    created: Option<String>,
    ended: Option<String>,
    expires: Option<String>,
    #[serde(skip)]
    created_shown: String,
}

impl From<proto::Transfer> for Transfer {
    fn from(transfer: proto::Transfer) -> Self {
        let kind = match transfer.kind() {
            Kind::Unspecified => "unknown",
            Kind::Open => "open",
            Kind::Deposit => "deposit",
            Kind::Withdrawal => "withdrawal",
            Kind::Set => "set",
            Kind::LowLimit => "low-limit",
            Kind::Print => "print",
            Kind::Copy => "copy",
            Kind::Free => "free",
        };
        let state = match transfer.state() {
            State::Unspecified => "unknown",
            State::Pending => "reserved",
            State::Posted => "done",
            State::Voided => "voided",
            State::Expired => "expired",
        };
        Self {
            id: transfer.id,
            logon: transfer.holder,
            kind,
            state,
            asked: Money(transfer.amount).to_string(),
            account_1: Money(transfer.split_one).to_string(),
            account_2: Money(transfer.split_two).to_string(),
            author: or_null(transfer.author),
            gid: or_null(transfer.gid),
            comment: or_null(transfer.comment),
            created: time::rfc3339(transfer.created_us),
            ended: time::rfc3339(transfer.ended_us),
            expires: time::rfc3339(transfer.expires_us),
            created_shown: time::local(transfer.created_us),
        }
    }
}

impl Listed for Transfer {
    const COLUMNS: &'static [&'static str] =
        &["DATE", "LOGON", "KIND", "STATE", "ASKED", "ACCOUNT 1", "ACCOUNT 2", "AUTHOR", "COMMENT"];

    fn cells(&self) -> Vec<String> {
        vec![
            self.created_shown.clone(),
            self.logon.clone(),
            self.kind.to_owned(),
            self.state.to_owned(),
            self.asked.clone(),
            self.account_1.clone(),
            self.account_2.clone(),
            or_dash(self.author.as_deref().unwrap_or_default()),
            or_dash(self.comment.as_deref().unwrap_or_default()),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// PAY-4: "the last 20", a period, and reservations only where they are wanted.
    #[test]
    fn pay_4_a_statement_shows_what_was_chosen() {
        let transfers = [(10, State::Posted), (20, State::Pending), (30, State::Posted), (40, State::Voided)];
        let shown = |choice: Choice| {
            let mut choice = choice;
            let of = |(at, state): (i64, State)| proto::Transfer {
                created_us: at,
                state: state.into(),
                ..proto::Transfer::default()
            };
            let taken = transfers.into_iter().filter(|found| choice.takes(&of(*found)));
            taken.map(|(at, _)| at).collect::<Vec<_>>()
        };
        assert_eq!(shown(Choice::default()), [10, 20, 30, 40]);
        assert_eq!(shown(Choice { most: Some(2), ..Choice::default() }), [10, 20]);
        assert_eq!(shown(Choice { from_us: 20, to_us: 40, ..Choice::default() }), [20, 30]);
        let done = Choice { done_only: true, most: Some(1), ..Choice::default() };
        assert_eq!(shown(done), [10]);
        assert_eq!(shown(Choice { from_us: 11, ..done }), [30]);
        // The server can count, but knows no period.
        assert_eq!(Choice { most: Some(2), ..Choice::default() }.asked::<i64>(), 2);
        assert_eq!(done.asked::<u32>(), 0);
    }
}

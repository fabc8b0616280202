//! What a person could spend, for those who are not at a device: the tag CREDITS of mails.

use domain::Money;
use domain::ledger::Policy;
use domain::people::CostControl;
use domain::user::User;
use rpc::proto::moneyserver as money;
use rpc::proto::moneyserver::money_reader_client::MoneyReaderClient;
use tonic::Request;

use super::holder;
use super::terms::{ACCOUNT_NOT_FOUND, PATIENCE};
use crate::state::State;

/// What is left of a purse for printing: the accounts that pay, without what is reserved and the low limit.
pub(super) fn disposable(purse: &money::Purse, policy: Policy) -> Money {
    let (balance, reserved) = match policy {
        Policy::Full => (purse.balance_one, purse.reserved_one),
        Policy::Quota => (purse.balance_two, purse.reserved_two),
        Policy::Partial => (
            purse.balance_one.saturating_add(purse.balance_two),
            purse.reserved_one.saturating_add(purse.reserved_two),
        ),
    };
    Money(balance.saturating_sub(purse.low_limit).saturating_sub(reserved))
}

/// What the person could spend; `None` for somebody who does not pay, or while the money server is away. Blocks.
pub(crate) fn credits(state: &State, user: &User) -> Option<Money> {
    if user.profile.cost_control != CostControl::Pay {
        return None;
    }
    let settings = state.settings();
    let policy = settings.charging_policy();
    let mut request = Request::new(money::PurseShowRequest { holder: holder(user) });
    request.set_timeout(PATIENCE);
    let mut client = MoneyReaderClient::new(state.charge.money.clone());
    // Whoever writes mails is on a thread for work that blocks.
    let runtime = tokio::runtime::Handle::try_current().ok()?;
    match runtime.block_on(client.purse_show(request)) {
        Ok(purse) => Some(disposable(&purse.into_inner(), policy)),
        Err(status) if rpc::Error::from(status.clone()).status == ACCOUNT_NOT_FOUND => {
            // It is opened, with this, when it is first needed.
            Some(if policy == Policy::Full { Money::ZERO } else { settings.initial_account_two() })
        }
        Err(status) => {
            tracing::debug!(user.logon = %user.logon, %status, "a mail tells no credits: the money server is away");
            None
        }
    }
}

//! Brings the part of the books that some orders need.

use std::collections::BTreeSet;

use diesel::prelude::*;
use domain::ledger::{Book, Order, Purse, Request, Transfer};

use super::row::{PENDING, PurseRow, TransferRow};
use super::table::{purses, transfers};
use crate::AnyConnection;
use crate::error::StoreResult;

/// Every transfer and purse the orders name; for orders that give reservations free, the person's pending
/// transfers too.
pub(super) fn book(connection: &mut AnyConnection, orders: &[Order]) -> StoreResult<Book> {
    let ids: BTreeSet<&str> = orders.iter().map(|order| order.id().as_str()).collect();
    let mut rows: Vec<TransferRow> = transfers::table.filter(transfers::id.eq_any(ids)).load(connection)?;
    let freed: BTreeSet<&str> = orders
        .iter()
        .filter_map(|order| match order {
            Order::New { holder, request: Request::Free(_), .. } => Some(holder.as_str()),
            Order::New { .. } | Order::Settle { .. } | Order::Void { .. } | Order::Expire { .. } => None,
        })
        .collect();
    if !freed.is_empty() {
        let pending =
            transfers::table.filter(transfers::holder.eq_any(freed)).filter(transfers::state.eq(PENDING));
        rows.extend(pending.load::<TransferRow>(connection)?);
    }
    let mut holders: BTreeSet<&str> = rows.iter().map(|row| row.holder.as_str()).collect();
    for order in orders {
        if let Order::New { holder, .. } = order {
            holders.insert(holder.as_str());
        }
    }
    let purses: Vec<PurseRow> = purses::table.filter(purses::holder.eq_any(holders)).load(connection)?;
    let purses: Vec<Purse> = purses.into_iter().map(Purse::try_from).collect::<StoreResult<_>>()?;
    let transfers: Vec<Transfer> = rows.into_iter().map(Transfer::try_from).collect::<StoreResult<_>>()?;
    Ok(Book::new(purses, transfers))
}

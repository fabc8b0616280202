//! Lists records in pages.

use rpc::Error;
use rpc::proto::trackingserver as proto;
use storage::tracking::{Filter, Place, Stored, Tracking};

use crate::error::store_failed;
use crate::rpc::filter;

/// Most records of one page.
pub(crate) const PAGE_MAX: i64 = 500;

/// Sends pages until there is nothing left, the limit is reached, or `send` says that nobody listens.
pub(crate) fn list(
    store: &Tracking,
    request: &proto::ListRequest,
    send: &dyn Fn(proto::RecordPage) -> bool,
) -> Result<(), Error> {
    let filter = Filter {
        after_sequence: (request.after_sequence > 0).then_some(request.after_sequence),
        until_sequence: (request.until_sequence > 0).then_some(request.until_sequence),
        ..filter(request.from_us, request.to_us, &request.logon)
    };
    let limit = if request.limit > 0 { request.limit } else { i64::MAX };
    pages(store, &filter, limit, |page| {
        let records = page
            .into_iter()
            .map(|Stored { sequence, record }| proto::Record { sequence, ..proto::Record::from(record) });
        send(proto::RecordPage { records: records.collect() })
    })
}

/// Walks the matching records page by page, each page in its own short transaction.
pub(crate) fn pages(
    store: &Tracking,
    filter: &Filter,
    limit: i64,
    mut each: impl FnMut(Vec<Stored>) -> bool,
) -> Result<(), Error> {
    let (mut left, mut place) = (limit, None);
    while left > 0 {
        let size = left.min(PAGE_MAX);
        let page = store.records_page(filter, place, size).map_err(store_failed)?;
        let found = i64::try_from(page.len()).expect("a page is small");
        place = page.last().map(Place::after);
        if found > 0 && !each(page) {
            return Ok(());
        }
        if found < size {
            return Ok(());
        }
        left -= found;
    }
    Ok(())
}

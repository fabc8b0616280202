//! The calls. No rule lives here.

use domain::Timestamp;
use domain::ledger::{Account, Order, Refused, Request as Asked, Transfer};
use rpc::Error;
use rpc::convert::money::holder;
use rpc::proto::moneyserver as proto;
use rpc::proto::moneyserver::money_reader_server::MoneyReader;
use rpc::proto::moneyserver::money_server::Money;
use service::Clock;
use storage::purse::{CashFilter, Proof, Purses};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Request, Response, Status};

use crate::books::Books;
use crate::error::{blocking, store_failed};
use crate::{backup, clean};

/// Most objects of one page.
const PAGE_MAX: i64 = 500;

/// Messages of a stream that wait for a slow caller.
const WAITING_MAX: usize = 4;

type Stream<T> = ReceiverStream<Result<T, Status>>;

/// The calls and what they work with.
#[derive(Clone)]
pub(crate) struct Calls {
    store: Purses,
    books: Books,
    clock: Clock,
}

impl Calls {
    pub(crate) fn new(store: Purses, books: Books, clock: Clock) -> Self {
        Self { store, books, clock }
    }

    async fn apply<R>(&self, request: Request<R>) -> Result<Response<proto::Receipt>, Status>
    where
        Order: TryFrom<R, Error = Error>,
    {
        let person = rpc::person::name(request.metadata());
        let mut order = Order::try_from(request.into_inner())?;
        // Whoever proved who they are is the author, whatever the request says.
        if let (Some(person), Order::New { memo, .. }) = (person, &mut order) {
            memo.author = person;
        }
        Ok(Response::new(self.books.apply(order).await?.into()))
    }

    /// Answers with what `work` sends; it ends early when the caller hangs up.
    fn stream<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Purses, &dyn Fn(T) -> bool) -> Result<(), Error> + Send + 'static,
    ) -> Response<Stream<T>> {
        let (sender, receiver) = mpsc::channel(WAITING_MAX);
        let store = self.store.clone();
        tokio::spawn(async move {
            let failing = sender.clone();
            let outcome =
                blocking(move || work(&store, &|message| sender.blocking_send(Ok(message)).is_ok())).await;
            if let Err(error) = outcome {
                // When the caller has hung up there is nobody to tell.
                let _ = failing.send(Err(error.into())).await;
            }
        });
        Response::new(ReceiverStream::new(receiver))
    }
}

/// A transfer, without the document's title for whoever may not see it.
fn told(transfer: Transfer, hide: bool) -> proto::Transfer {
    let is_document = matches!(transfer.request, Asked::Reserve { .. } | Asked::ReserveAll { .. });
    let told = proto::Transfer::from(transfer);
    if hide && is_document { proto::Transfer { comment: String::new(), ..told } } else { told }
}

#[tonic::async_trait]
impl Money for Calls {
    async fn open(&self, request: Request<proto::OpenRequest>) -> Result<Response<proto::Receipt>, Status> {
        self.apply(request).await
    }

    async fn deposit(
        &self,
        request: Request<proto::DepositRequest>,
    ) -> Result<Response<proto::Receipt>, Status> {
        self.apply(request).await
    }

    async fn withdraw(
        &self,
        request: Request<proto::WithdrawRequest>,
    ) -> Result<Response<proto::Receipt>, Status> {
        self.apply(request).await
    }

    async fn set(&self, request: Request<proto::SetRequest>) -> Result<Response<proto::Receipt>, Status> {
        self.apply(request).await
    }

    async fn low_limit_set(
        &self,
        request: Request<proto::LowLimitSetRequest>,
    ) -> Result<Response<proto::Receipt>, Status> {
        self.apply(request).await
    }

    async fn reserve(
        &self,
        request: Request<proto::ReserveRequest>,
    ) -> Result<Response<proto::Receipt>, Status> {
        self.apply(request).await
    }

    async fn settle(
        &self,
        request: Request<proto::SettleRequest>,
    ) -> Result<Response<proto::Receipt>, Status> {
        self.apply(request).await
    }

    async fn void(&self, request: Request<proto::VoidRequest>) -> Result<Response<proto::Receipt>, Status> {
        self.apply(request).await
    }

    async fn free(&self, request: Request<proto::FreeRequest>) -> Result<Response<proto::Receipt>, Status> {
        self.apply(request).await
    }

    async fn clean_up(
        &self,
        request: Request<proto::CleanUpRequest>,
    ) -> Result<Response<proto::CleanUpAnswer>, Status> {
        let (store, now) = (self.store.clone(), Timestamp(self.clock.now().0));
        let request = request.into_inner();
        Ok(Response::new(blocking(move || clean::clean_up(&store, &request, now)).await?))
    }

    async fn backup(
        &self,
        request: Request<proto::BackupRequest>,
    ) -> Result<Response<proto::BackupAnswer>, Status> {
        let store = self.store.clone();
        let request = request.into_inner();
        Ok(Response::new(blocking(move || backup::backup(&store, &request)).await?))
    }
}

#[tonic::async_trait]
impl MoneyReader for Calls {
    async fn purse_show(
        &self,
        request: Request<proto::PurseShowRequest>,
    ) -> Result<Response<proto::Purse>, Status> {
        let holder = holder(&request.into_inner().holder)?;
        let store = self.store.clone();
        let purse = blocking(move || store.purse(&holder).map_err(store_failed)).await?;
        let purse = purse.ok_or_else(|| Error::from(Refused::HolderUnknown))?;
        Ok(Response::new(purse.into()))
    }

    type PurseListStream = Stream<proto::PursePage>;

    async fn purse_list(
        &self,
        _request: Request<proto::PurseListRequest>,
    ) -> Result<Response<Self::PurseListStream>, Status> {
        Ok(self.stream(|store, send| {
            let mut after = None;
            loop {
                let page = store.purses_page(after.as_ref(), PAGE_MAX).map_err(store_failed)?;
                let Some(last) = page.last() else { return Ok(()) };
                after = Some(last.holder.clone());
                if !send(proto::PursePage { purses: page.into_iter().map(proto::Purse::from).collect() }) {
                    return Ok(());
                }
            }
        }))
    }

    type StatementStream = Stream<proto::TransferPage>;

    async fn statement(
        &self,
        request: Request<proto::StatementRequest>,
    ) -> Result<Response<Self::StatementStream>, Status> {
        let hide = rpc::person::hides_documents(request.metadata());
        let request = request.into_inner();
        let holder = holder(&request.holder)?;
        let limit = if request.limit > 0 { request.limit } else { i64::MAX };
        Ok(self.stream(move |store, send| {
            if store.purse(&holder).map_err(store_failed)?.is_none() {
                return Err(Refused::HolderUnknown.into());
            }
            let (mut left, mut before) = (limit, None);
            while left > 0 {
                let page = store
                    .transfers_page(&holder, before.as_ref(), left.min(PAGE_MAX))
                    .map_err(store_failed)?;
                let Some(last) = page.last() else { return Ok(()) };
                before = Some(last.clone());
                left -= page.len() as i64;
                let transfers = page.into_iter().map(|transfer| told(transfer, hide)).collect();
                if !send(proto::TransferPage { transfers }) {
                    return Ok(());
                }
            }
            Ok(())
        }))
    }

    type UnfinishedStream = Stream<proto::TransferPage>;

    async fn unfinished(
        &self,
        request: Request<proto::UnfinishedRequest>,
    ) -> Result<Response<Self::UnfinishedStream>, Status> {
        let hide = rpc::person::hides_documents(request.metadata());
        Ok(self.stream(move |store, send| {
            // Reservations wait for prints under way: there are never many.
            let pending = store.transfers_pending(None, i64::MAX).map_err(store_failed)?;
            for page in pending.chunks(PAGE_MAX as usize) {
                let transfers = page.iter().cloned().map(|transfer| told(transfer, hide)).collect();
                if !send(proto::TransferPage { transfers }) {
                    return Ok(());
                }
            }
            Ok(())
        }))
    }

    type CashFlowStream = Stream<proto::TransferPage>;

    async fn cash_flow(
        &self,
        request: Request<proto::CashFlowRequest>,
    ) -> Result<Response<Self::CashFlowStream>, Status> {
        let person = rpc::person::name(request.metadata());
        let mut asked = request.into_inner();
        if let (true, Some(person)) = (asked.personal, person) {
            asked.author = person;
        }
        let account = match asked.account() {
            proto::Account::Unspecified => None,
            proto::Account::One => Some(Account::One),
            proto::Account::Two => Some(Account::Two),
        };
        let filter = CashFilter {
            from: Timestamp(asked.from_us),
            to: if asked.to_us == 0 { Timestamp(i64::MAX) } else { Timestamp(asked.to_us) },
            account,
            author: asked.author,
        };
        Ok(self.stream(move |store, send| {
            let mut after = None;
            loop {
                let page = store.transfers_cash(&filter, after.as_ref(), PAGE_MAX).map_err(store_failed)?;
                let Some(last) = page.last() else { return Ok(()) };
                after = Some(last.clone());
                let transfers = page.into_iter().map(proto::Transfer::from).collect();
                if !send(proto::TransferPage { transfers }) {
                    return Ok(());
                }
            }
        }))
    }

    async fn account_status(
        &self,
        _request: Request<proto::AccountStatusRequest>,
    ) -> Result<Response<proto::AccountStatusAnswer>, Status> {
        let store = self.store.clone();
        let totals = blocking(move || store.totals().map_err(store_failed)).await?;
        Ok(Response::new(proto::AccountStatusAnswer {
            purses: totals.purses,
            balance_one: totals.balance.one.0,
            balance_two: totals.balance.two.0,
            reserved_one: totals.reserved.one.0,
            reserved_two: totals.reserved.two.0,
        }))
    }

    async fn verify(
        &self,
        _request: Request<proto::VerifyRequest>,
    ) -> Result<Response<proto::VerifyAnswer>, Status> {
        let store = self.store.clone();
        let Proof { entries, purses, transfers, head, findings } =
            blocking(move || store.prove().map_err(store_failed)).await?;
        if findings.is_empty() {
            tracing::info!(entries, purses, transfers, "the books are right");
        } else {
            tracing::error!(entries, purses, transfers, findings = findings.len(), "the books are wrong");
        }
        let head = head.iter().map(|byte| format!("{byte:02x}")).collect();
        Ok(Response::new(proto::VerifyAnswer { entries, purses, transfers, head, findings }))
    }
}

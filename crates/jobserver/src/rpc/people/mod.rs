//! `People`: the directory. One file per part; this one says which call is which.

mod aliases;
mod codes;
mod delegates;
mod export;
pub(in crate::rpc) mod groups;
mod import;
mod units;
mod users;

use rpc::proto::common::Empty;
use rpc::proto::jobserver::UserPage;
use rpc::proto::people::{self as message, people_server::People};
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Request, Response, Status, Streaming};

use super::Calls;
use super::actor::Actor;

type Answer<T> = Result<Response<T>, Status>;
type Stream<T> = ReceiverStream<Result<T, Status>>;

#[tonic::async_trait]
impl People for Calls {
    type UserFindStream = Stream<UserPage>;
    type UserExportStream = Stream<message::UserExportPage>;
    type AliasListStream = Stream<message::AliasPage>;
    type CodeRevealStream = Stream<message::IdCodePage>;

    async fn user_find(&self, request: Request<message::UserFindRequest>) -> Answer<Self::UserFindStream> {
        Ok(Response::new(users::find(&self.server, request.into_inner()).await?))
    }

    async fn user_edit_many(
        &self,
        request: Request<message::UserEditManyRequest>,
    ) -> Answer<message::UserEditManyAnswer> {
        self.run_as(request, users::edit_many).await
    }

    async fn user_import(
        &self,
        request: Request<Streaming<message::UserImportChunk>>,
    ) -> Answer<message::UserImportAnswer> {
        Ok(Response::new(import::import(&self.server, request.into_inner()).await?))
    }

    async fn user_export(&self, request: Request<message::ExportRequest>) -> Answer<Self::UserExportStream> {
        let actor = Actor::of(&request);
        Ok(Response::new(export::export(&self.server, &actor, request.into_inner().after_id)?))
    }

    async fn alias_add(&self, request: Request<message::AliasAddRequest>) -> Answer<message::Alias> {
        self.run(request, aliases::add).await
    }

    async fn alias_list(&self, request: Request<message::AliasListRequest>) -> Answer<Self::AliasListStream> {
        Ok(Response::new(aliases::list(&self.server, request.into_inner()).await?))
    }

    async fn alias_delete(&self, request: Request<message::AliasDeleteRequest>) -> Answer<Empty> {
        self.run(request, aliases::delete).await
    }

    async fn domain_add(&self, request: Request<message::DomainAddRequest>) -> Answer<message::Domain> {
        self.run(request, aliases::domain_add).await
    }

    async fn domain_list(
        &self,
        request: Request<message::DomainListRequest>,
    ) -> Answer<message::DomainListAnswer> {
        self.run(request, aliases::domain_list).await
    }

    async fn domain_delete(&self, request: Request<message::DomainDeleteRequest>) -> Answer<Empty> {
        self.run(request, aliases::domain_delete).await
    }

    async fn group_add(&self, request: Request<message::GroupAddRequest>) -> Answer<message::Group> {
        self.run(request, groups::add).await
    }

    async fn group_show(
        &self,
        request: Request<message::GroupShowRequest>,
    ) -> Answer<message::GroupShowAnswer> {
        self.run(request, groups::show).await
    }

    async fn group_list(
        &self,
        request: Request<message::GroupListRequest>,
    ) -> Answer<message::GroupListAnswer> {
        self.run(request, groups::list).await
    }

    async fn group_edit(&self, request: Request<message::GroupEditRequest>) -> Answer<message::Group> {
        self.run(request, groups::edit).await
    }

    async fn group_delete(&self, request: Request<message::GroupDeleteRequest>) -> Answer<Empty> {
        self.run(request, groups::delete).await
    }

    async fn group_members_add(
        &self,
        request: Request<message::GroupMembersRequest>,
    ) -> Answer<message::GroupMembersAnswer> {
        self.run(request, |state, request| groups::members(state, &request, true)).await
    }

    async fn group_members_remove(
        &self,
        request: Request<message::GroupMembersRequest>,
    ) -> Answer<message::GroupMembersAnswer> {
        self.run(request, |state, request| groups::members(state, &request, false)).await
    }

    async fn unit_add(&self, request: Request<message::UnitAddRequest>) -> Answer<message::Unit> {
        self.run(request, units::add).await
    }

    async fn unit_list(&self, request: Request<message::UnitListRequest>) -> Answer<message::UnitListAnswer> {
        self.run(request, units::list).await
    }

    async fn unit_edit(&self, request: Request<message::UnitEditRequest>) -> Answer<message::Unit> {
        self.run(request, units::edit).await
    }

    async fn unit_delete(&self, request: Request<message::UnitDeleteRequest>) -> Answer<Empty> {
        self.run(request, units::delete).await
    }

    async fn device_place_set(
        &self,
        request: Request<message::DevicePlaceSetRequest>,
    ) -> Answer<message::DevicePlace> {
        self.run(request, units::place_set).await
    }

    async fn device_place_show(
        &self,
        request: Request<message::DevicePlaceShowRequest>,
    ) -> Answer<message::DevicePlace> {
        self.run(request, units::place_show).await
    }

    async fn puk_new(&self, request: Request<message::PukNewRequest>) -> Answer<message::Puk> {
        self.run_as(request, codes::puk_new).await
    }

    async fn puk_reveal(&self, request: Request<message::PukRevealRequest>) -> Answer<message::Puk> {
        self.run_as(request, codes::puk_reveal).await
    }

    async fn puk_clear(&self, request: Request<message::PukClearRequest>) -> Answer<Empty> {
        self.run_as(request, codes::puk_clear).await
    }

    async fn code_generate(&self, request: Request<message::CodeGenerateRequest>) -> Answer<message::IdCode> {
        self.run(request, codes::generate).await
    }

    async fn code_reveal(
        &self,
        request: Request<message::CodeRevealRequest>,
    ) -> Answer<Self::CodeRevealStream> {
        let actor = Actor::of(&request);
        Ok(Response::new(codes::reveal(&self.server, &actor, request.into_inner()).await?))
    }

    async fn code_modify(&self, request: Request<message::CodeModifyRequest>) -> Answer<message::IdCode> {
        self.run_as(request, codes::modify).await
    }

    async fn delegate_add(&self, request: Request<message::DelegateAddRequest>) -> Answer<message::Delegate> {
        self.run(request, delegates::add).await
    }

    async fn delegate_list(
        &self,
        request: Request<message::DelegateListRequest>,
    ) -> Answer<message::DelegateListAnswer> {
        self.run(request, delegates::list).await
    }

    async fn delegate_edit(
        &self,
        request: Request<message::DelegateEditRequest>,
    ) -> Answer<message::Delegate> {
        self.run(request, delegates::edit).await
    }

    async fn delegate_answer(&self, request: Request<message::DelegateAnswerRequest>) -> Answer<Empty> {
        self.run(request, delegates::answer).await
    }

    async fn delegate_delete(&self, request: Request<message::DelegateDeleteRequest>) -> Answer<Empty> {
        self.run(request, delegates::delete).await
    }
}

/// Streams pages that `next` reads one after the other, until it has no more or nobody listens.
fn pages<T: Send + 'static>(
    mut next: impl FnMut() -> Result<Option<T>, crate::failed::Failed> + Send + 'static,
) -> Stream<T> {
    let (sender, receiver) = tokio::sync::mpsc::channel(PAGES_WAITING_MAX);
    tokio::task::spawn_blocking(move || {
        loop {
            let page = match next() {
                Ok(Some(page)) => Ok(page),
                Ok(None) => return,
                Err(failed) => Err(Status::from(failed)),
            };
            let failed = page.is_err();
            if sender.blocking_send(page).is_err() || failed {
                return;
            }
        }
    });
    ReceiverStream::new(receiver)
}

/// Pages read ahead of a slow listener.
const PAGES_WAITING_MAX: usize = 2;
/// Rows of a page.
const PAGE_ROWS: i64 = 500;

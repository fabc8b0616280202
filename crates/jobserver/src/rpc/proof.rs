//! `Proof` for ports, `Tokens` for administrators.

use rpc::proto::common::Empty;
use rpc::proto::jobserver as message;
use rpc::proto::jobserver::proof_server::Proof;
use rpc::proto::jobserver::tokens_server::Tokens;
use storage::core::TokenRow;
use tonic::{Request, Response, Status};
use zeroize::Zeroizing;

use super::{Calls, convert, users};
use crate::failed::Failed;
use crate::state::State;
use crate::{certificate, proof};

#[tonic::async_trait]
impl Proof for Calls {
    async fn person_prove(
        &self,
        request: Request<message::PersonProveRequest>,
    ) -> Result<Response<message::PersonProveAnswer>, Status> {
        let request = request.into_inner();
        let password = Zeroizing::new(request.password);
        let address = request.source_host.parse().ok();
        let now_us = self.server.0.now().0;
        let failures = &self.server.0.failures;
        if let Some(address) = address {
            failures.check(address, now_us)?;
        }
        // Nobody guesses a certificate: one that is nobody's makes no address wait.
        let guessable =
            !request.token.is_empty() || !request.logon.is_empty() || request.certificates.is_empty();
        let proved = if !request.token.is_empty() {
            proof::by_token(&self.server, request.queue, request.token).await
        } else if guessable {
            proof::by_password(&self.server, &request.logon, &password).await
        } else {
            certificate::by_certificate(&self.server, request.certificates).await
        };
        let user = proved.inspect_err(|failed| {
            if let (Some(address), rpc::Kind::Refused, true) = (address, failed.kind, guessable) {
                failures.note(address, now_us);
            }
        })?;
        Ok(Response::new(message::PersonProveAnswer { logon: proof::network_logon(&user) }))
    }
}

#[tonic::async_trait]
impl Tokens for Calls {
    async fn token_add(
        &self,
        request: Request<message::TokenAddRequest>,
    ) -> Result<Response<message::Token>, Status> {
        let message::TokenAddRequest { logon, queue, ends_us } = request.into_inner();
        let added = self.server.blocking(move |state| {
            let user = users::find(state, &logon)?;
            let (token, row) = proof::token_add(state, &user, &queue, convert::instant(ends_us))?;
            Ok::<_, Failed>(message::Token { token, ..told(state, row)? })
        });
        Ok(Response::new(added.await?))
    }

    async fn token_list(
        &self,
        request: Request<message::TokenListRequest>,
    ) -> Result<Response<message::TokenListAnswer>, Status> {
        let message::TokenListRequest { logon, queue } = request.into_inner();
        let listed = self.server.blocking(move |state| {
            let user = (!logon.is_empty()).then(|| users::find(state, &logon)).transpose()?;
            let rows = proof::tokens(state, user.map(|user| user.id), &queue)?;
            rows.into_iter().map(|row| told(state, row)).collect::<Result<Vec<_>, Failed>>()
        });
        Ok(Response::new(message::TokenListAnswer { tokens: listed.await? }))
    }

    async fn token_delete(
        &self,
        request: Request<message::TokenDeleteRequest>,
    ) -> Result<Response<Empty>, Status> {
        let id = request.into_inner().id;
        if !self.server.blocking(move |state| state.store.token_delete(id)).await? {
            let text = format!("there is no token {id}");
            return Err(Failed::not_found(domain::Status::NAME_INVALID, text).into());
        }
        Ok(Response::new(Empty {}))
    }
}

fn told(state: &State, row: TokenRow) -> Result<message::Token, Failed> {
    let user = state.store.user_show(row.user)?.map(|(user, _)| user);
    let queues = state.queues();
    let queue = queues.iter().find(|queue| queue.id == row.queue);
    Ok(message::Token {
        id: row.id,
        logon: user.map(|user| user.logon.to_string()).unwrap_or_default(),
        queue: queue.map(|queue| queue.name.to_string()).unwrap_or_default(),
        token: String::new(),
        created_us: row.created.0,
        ends_us: convert::micros(row.ends),
    })
}

//! `MailRoom`: what an administrator does about mails.

use domain::Status as Code;
use domain::mail::Kind;
use lettre::Address;
use rpc::proto::common::Empty;
use rpc::proto::jobserver as message;
use rpc::proto::jobserver::mail_room_server::MailRoom;
use storage::core::MailRow;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Request, Response, Status};

use super::Calls;
use crate::failed::Failed;
use crate::mail;
use crate::secret_files::Secret;
use crate::state::State;

/// Mails of a page.
const PAGE: i64 = 500;

#[tonic::async_trait]
impl MailRoom for Calls {
    type MailListStream = ReceiverStream<Result<message::MailPage, Status>>;

    async fn mail_list(
        &self,
        request: Request<message::MailListRequest>,
    ) -> Result<Response<Self::MailListStream>, Status> {
        let message::MailListRequest { state: wanted, limit } = request.into_inner();
        if !["", "waiting", "sent", "failed"].contains(&wanted.as_str()) {
            return Err(Failed::invalid("a mail is waiting, sent or failed").into());
        }
        let left = if limit > 0 { limit } else { i64::MAX };
        let (sender, receiver) = mpsc::channel(2);
        let state = self.server.0.clone();
        tokio::task::spawn_blocking(move || pages(&state, &wanted, left, &sender));
        Ok(Response::new(ReceiverStream::new(receiver)))
    }

    async fn mail_preview(
        &self,
        request: Request<message::MailPreviewRequest>,
    ) -> Result<Response<message::MailPreviewAnswer>, Status> {
        let kind = request.into_inner().kind;
        let kind = Kind::from_name(&kind).ok_or_else(|| {
            let kinds: Vec<&str> = Kind::ALL.into_iter().map(Kind::name).collect();
            Failed::not_found(
                Code::NAME_INVALID,
                format!("there are mails of these kinds: {}", kinds.join(", ")),
            )
        })?;
        let shown = self.server.blocking(move |state| Ok::<_, Failed>(mail::preview(state, kind))).await?;
        Ok(Response::new(message::MailPreviewAnswer {
            kind: kind.name().to_owned(),
            subject: shown.text.subject,
            text: shown.text.body,
            file: shown.file,
            problem: shown.problem.unwrap_or_default(),
        }))
    }

    async fn mail_test(&self, request: Request<message::MailTestRequest>) -> Result<Response<Empty>, Status> {
        let recipient = request.into_inner().recipient;
        if recipient.parse::<Address>().is_err() {
            return Err(Failed::invalid(format!("'{recipient}' is no e-mail address")).into());
        }
        mail::test(&self.server, &recipient).await?;
        Ok(Response::new(Empty {}))
    }

    async fn mail_retry(
        &self,
        request: Request<message::MailRetryRequest>,
    ) -> Result<Response<message::MailRetryAnswer>, Status> {
        let id = request.into_inner().id;
        let retry = move |state: &std::sync::Arc<State>| {
            let mails = state.store.mails_retry((id != 0).then_some(id), state.now())?;
            if id != 0 && mails == 0 {
                return Err(Failed::not_found(
                    Code::NAME_INVALID,
                    format!("no mail {id} waits or has failed"),
                ));
            }
            Ok(mails)
        };
        let mails = self.server.blocking(retry).await?;
        self.server.0.mail.wake.notify_one();
        Ok(Response::new(message::MailRetryAnswer { mails: i64::try_from(mails).unwrap_or(i64::MAX) }))
    }

    async fn mail_secret_set(
        &self,
        request: Request<message::MailSecretSetRequest>,
    ) -> Result<Response<Empty>, Status> {
        let message::MailSecretSetRequest { name, secret } = request.into_inner();
        let secret = zeroize::Zeroizing::new(secret);
        let which = Secret::from_name(&name).ok_or_else(|| {
            let names: Vec<&str> = Secret::ALL.into_iter().map(Secret::name).collect();
            Failed::not_found(Code::NAME_INVALID, format!("there are these secrets: {}", names.join(", ")))
        })?;
        self.server
            .blocking(move |state| {
                let kept = state.secret_files.write(which, &secret);
                kept.map_err(|error| Failed::internal("keeping a secret", &error))
            })
            .await?;
        *self.server.0.mail.token.lock().await = None;
        Ok(Response::new(Empty {}))
    }
}

fn pages(
    state: &State,
    wanted: &str,
    mut left: i64,
    sender: &mpsc::Sender<Result<message::MailPage, Status>>,
) {
    let mut before = 0;
    while left > 0 {
        let rows = match state.store.mails_list(wanted, before, left.min(PAGE)) {
            Ok(rows) => rows,
            Err(error) => {
                let _ = sender.blocking_send(Err(Failed::from(error).into()));
                return;
            }
        };
        let read = i64::try_from(rows.len()).expect("a page is small");
        before = rows.last().map_or(0, |row| row.id);
        let mails = rows.into_iter().map(told).collect();
        if sender.blocking_send(Ok(message::MailPage { mails })).is_err() || read < left.min(PAGE) {
            return;
        }
        left -= read;
    }
}

fn told(row: MailRow) -> message::Mail {
    message::Mail {
        id: row.id,
        key: row.key,
        kind: row.kind,
        recipient: row.recipient,
        state: row.state,
        attempts: row.attempts,
        error: row.error,
        created_us: row.created_us,
        next_us: if row.ended_us.is_none() { row.next_us } else { 0 },
        ended_us: row.ended_us.unwrap_or(0),
    }
}

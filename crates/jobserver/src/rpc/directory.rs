//! `Directory`: what an administrator does about the directory.

use domain::secret::Password;
use rpc::proto::common::Empty;
use rpc::proto::jobserver as message;
use rpc::proto::jobserver::directory_server::Directory;
use tonic::{Request, Response, Status};
use zeroize::Zeroizing;

use super::Calls;
use crate::directory::{self, Verdict};
use crate::failed::Failed;
use crate::secret_files::Secret;

#[tonic::async_trait]
impl Directory for Calls {
    async fn directory_test(
        &self,
        request: Request<message::DirectoryTestRequest>,
    ) -> Result<Response<message::DirectoryTestAnswer>, Status> {
        let message::DirectoryTestRequest { logon, password } = request.into_inner();
        if self.server.0.settings().directory().url.is_empty() {
            let text = "no directory is set: papergate settings set directory.url ldaps://HOST";
            return Err(Failed::refused(domain::Status::NAME_INVALID, text).into());
        }
        let password = Zeroizing::new(password);
        let password = Password::parse(&password).map_err(|error| Failed::invalid(error.to_string()))?;
        let (verdict, detail) = match directory::test(&self.server, &logon, &password).await {
            Verdict::Right => ("right", String::new()),
            Verdict::Wrong(why) => ("wrong", why),
            Verdict::Away(why) => ("away", why),
        };
        Ok(Response::new(message::DirectoryTestAnswer { verdict: verdict.to_owned(), detail }))
    }

    async fn directory_secret_set(
        &self,
        request: Request<message::DirectorySecretSetRequest>,
    ) -> Result<Response<Empty>, Status> {
        let secret = Zeroizing::new(request.into_inner().secret);
        self.server
            .blocking(move |state| {
                let kept = state.secret_files.write(Secret::DirectoryPassword, &secret);
                kept.map_err(|error| Failed::internal("keeping a secret", &error))
            })
            .await?;
        Ok(Response::new(Empty {}))
    }
}

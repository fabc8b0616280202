//! `Certificates`: what people print with instead of a password.

use rpc::proto::common::Empty;
use rpc::proto::jobserver as message;
use rpc::proto::jobserver::certificates_server::Certificates;
use storage::core::CertificateRow;
use tonic::{Request, Response, Status};

use super::{Calls, users};
use crate::certificate;
use crate::failed::Failed;
use crate::state::State;

#[tonic::async_trait]
impl Certificates for Calls {
    async fn certificate_add(
        &self,
        request: Request<message::CertificateAddRequest>,
    ) -> Result<Response<message::Certificate>, Status> {
        let message::CertificateAddRequest { logon, file } = request.into_inner();
        if file.len() > FILE_BYTES_MAX {
            return Err(Failed::invalid("a certificate is not as large as that").into());
        }
        let added = self.server.blocking(move |state| {
            let user = users::find(state, &logon)?;
            told(state, certificate::add(state, &user, &file)?)
        });
        Ok(Response::new(added.await?))
    }

    async fn certificate_list(
        &self,
        request: Request<message::CertificateListRequest>,
    ) -> Result<Response<message::CertificateListAnswer>, Status> {
        let logon = request.into_inner().logon;
        let listed = self.server.blocking(move |state| {
            let user = (!logon.is_empty()).then(|| users::find(state, &logon)).transpose()?;
            let rows = state.store.certificates_list(user.map(|user| user.id))?;
            rows.into_iter().map(|row| told(state, row)).collect::<Result<Vec<_>, Failed>>()
        });
        Ok(Response::new(message::CertificateListAnswer { certificates: listed.await? }))
    }

    async fn certificate_delete(
        &self,
        request: Request<message::CertificateDeleteRequest>,
    ) -> Result<Response<Empty>, Status> {
        let id = request.into_inner().id;
        if !self.server.blocking(move |state| state.store.certificate_delete(id)).await? {
            let text = format!("there is no certificate {id}");
            return Err(Failed::not_found(domain::Status::NAME_INVALID, text).into());
        }
        Ok(Response::new(Empty {}))
    }
}

/// Bytes of a file with a certificate, and with those that sign it.
const FILE_BYTES_MAX: usize = 64 * 1024;

fn told(state: &State, row: CertificateRow) -> Result<message::Certificate, Failed> {
    let user = state.store.user_show(row.user)?.map(|(user, _)| user);
    Ok(message::Certificate {
        id: row.id,
        logon: user.map(|user| user.logon.to_string()).unwrap_or_default(),
        subject: row.subject,
        fingerprint: certificate::hex(&row.fingerprint),
        created_us: row.created.0,
        starts_us: row.starts.0,
        ends_us: row.ends.0,
    })
}

//! Who may submit documents in other people's names: the portserver, which asked them, and the suite's own machine.

use domain::Status as Code;
use service::grpc::{Caller, caller};
use tonic::{Request, Status};

use crate::failed::Failed;

/// Lets calls of the portserver through. Any other server of the installation has a certificate too, but no documents.
///
/// # Errors
/// Status 50 for everybody else.
pub(crate) fn portserver_only(request: Request<()>) -> Result<Request<()>, Status> {
    match caller(&request) {
        Some(Caller::Local { .. }) => Ok(request),
        Some(Caller::Server { name, .. }) if name == "portserver" => Ok(request),
        Some(Caller::Server { .. } | Caller::Remote { .. }) | None => {
            let message = "only the portserver submits documents here; print to one of its queues";
            Err(Failed::refused(Code::ACCESS_VIOLATION, message).into())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked_by(caller: Option<Caller>) -> Result<(), i32> {
        let mut request = Request::new(());
        request.extensions_mut().insert(caller);
        portserver_only(request).map(drop).map_err(|status| rpc::Error::from(status).status)
    }

    #[test]
    fn only_the_portserver_and_this_machine_submit() {
        let address = "192.0.2.1:7".parse().unwrap();
        let server = |name: &str| Some(Caller::Server { name: name.to_owned(), address });
        assert_eq!(asked_by(Some(Caller::Local { uid: 0, pid: None })), Ok(()));
        assert_eq!(asked_by(server("portserver")), Ok(()));
        for caller in [server("trackingserver"), server("moneyserver"), None] {
            assert_eq!(asked_by(caller), Err(50));
        }
        assert_eq!(asked_by(Some(Caller::Remote { address })), Err(50));
    }
}

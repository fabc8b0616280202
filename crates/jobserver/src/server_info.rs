//! What the server says about itself.

use crate::client::ServerInfo;
use crate::failed::Failed;
use crate::state::Jobserver;

#[expect(clippy::unused_async, reason = "the faces await every operation alike")]
pub(crate) async fn server_info(server: &Jobserver) -> Result<ServerInfo, Failed> {
    let queues = server.0.queues();
    Ok(ServerInfo {
        computer_name: server.0.computer_name.clone(),
        version: env!("CARGO_PKG_VERSION"),
        registers_by_login: server.0.settings().registers_by_login().is_some(),
        group: server.0.settings().group().to_owned(),
        queues: queues.iter().map(|queue| queue.name.to_string()).collect(),
    })
}

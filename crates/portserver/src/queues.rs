//! The queues to serve, as the jobserver tells them.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use rpc::proto::jobserver::submission_client::SubmissionClient;
use rpc::proto::jobserver::{Queue, QueueSnapshot, QueueWatchRequest};
use service::Stop;
use tokio::sync::watch;
use tonic::transport::Channel;

/// What is known of the queues now.
#[derive(Debug, Default)]
pub(crate) struct Snapshot {
    /// False until the jobserver has told its queues once.
    pub(crate) known: bool,
    /// False while the jobserver is away; the queues are those it told last.
    pub(crate) connected: bool,
    /// Counts the changes.
    pub(crate) version: u64,
    by_name: HashMap<String, Arc<Queue>>,
}

impl Snapshot {
    /// The queue `name`. Clients keep the case of a name, people do not, so a name that differs in
    /// case only is found when there is no exact one.
    pub(crate) fn find(&self, name: &str) -> Option<&Arc<Queue>> {
        self.by_name.get(name).or_else(|| {
            self.by_name.iter().find(|(other, _)| other.eq_ignore_ascii_case(name)).map(|(_, queue)| queue)
        })
    }

    /// Every queue, by name.
    pub(crate) fn all(&self) -> Vec<Arc<Queue>> {
        let mut queues: Vec<_> = self.by_name.values().cloned().collect();
        queues.sort_by(|left, right| left.name.cmp(&right.name));
        queues
    }

    fn told(&self, told: QueueSnapshot) -> Self {
        let by_name = told.queues.into_iter().map(|queue| (queue.name.clone(), Arc::new(queue))).collect();
        Self { known: true, connected: true, version: self.version + 1, by_name }
    }

    fn lost(&self) -> Self {
        Self { known: self.known, connected: false, version: self.version + 1, by_name: self.by_name.clone() }
    }
}

/// The receiving end of [`follow`].
pub(crate) type Queues = watch::Receiver<Arc<Snapshot>>;

/// A snapshot that knows nothing, and what fills it.
pub(crate) fn channel() -> (watch::Sender<Arc<Snapshot>>, Queues) {
    watch::channel(Arc::new(Snapshot::default()))
}

/// Keeps the snapshot up to date until the stop, through every absence of the jobserver.
pub(crate) async fn follow(
    mut jobserver: SubmissionClient<Channel>,
    snapshots: watch::Sender<Arc<Snapshot>>,
    stop: Stop,
) {
    let mut pause = RETRY_FIRST;
    let mut told_away = false;
    loop {
        let ended = stop.unless_asked(watch_once(&mut jobserver, &snapshots)).await;
        let Some(ended) = ended else { return };
        if snapshots.borrow().connected {
            // It worked until now: an absence begins, and the first attempt comes soon.
            pause = RETRY_FIRST;
            told_away = false;
            let lost = snapshots.borrow().lost();
            snapshots.send_replace(Arc::new(lost));
        }
        if !told_away {
            tracing::warn!(reason = %ended, "the jobserver does not tell its queues; trying again");
            told_away = true;
        }
        if stop.unless_asked(tokio::time::sleep(pause)).await.is_none() {
            return;
        }
        pause = (pause * 2).min(RETRY_LAST);
    }
}

/// Follows one stream to its end and says why it ended.
async fn watch_once(
    jobserver: &mut SubmissionClient<Channel>,
    snapshots: &watch::Sender<Arc<Snapshot>>,
) -> String {
    let mut stream = match jobserver.queue_watch(QueueWatchRequest {}).await {
        Ok(answer) => answer.into_inner(),
        Err(status) => return rpc::Error::from(status).message,
    };
    loop {
        match stream.message().await {
            Ok(Some(told)) => {
                let next = snapshots.borrow().told(told);
                if !snapshots.borrow().connected {
                    tracing::info!(queues = next.by_name.len(), "the jobserver tells its queues");
                }
                snapshots.send_replace(Arc::new(next));
            }
            Ok(None) => return "it ended the stream".to_owned(),
            Err(status) => return rpc::Error::from(status).message,
        }
    }
}

/// Pause before the first attempt after a failure, and the longest one.
const RETRY_FIRST: Duration = Duration::from_millis(50);
const RETRY_LAST: Duration = Duration::from_secs(2);

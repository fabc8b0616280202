//! `EventLog` for administrators, `EventSink` for other servers.

use domain::Timestamp;
use domain::event::{Event, Severity};
use rpc::proto::common::Empty;
use rpc::proto::jobserver as message;
use rpc::proto::jobserver::event_log_server::EventLog;
use rpc::proto::jobserver::event_sink_server::EventSink;
use storage::event::{EventFilter, EventPlace, StoredEvent};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Request, Response, Status};

use super::Calls;
use crate::failed::Failed;
use crate::state::State;

/// Events of a page, and of one call of another server.
const PAGE: i64 = 500;

#[tonic::async_trait]
impl EventLog for Calls {
    type EventListStream = ReceiverStream<Result<message::EventPage, Status>>;

    async fn event_list(
        &self,
        request: Request<message::EventListRequest>,
    ) -> Result<Response<Self::EventListStream>, Status> {
        let request = request.into_inner();
        let filter = filter(&request)?;
        let left = if request.limit > 0 { request.limit } else { i64::MAX };
        let (sender, receiver) = mpsc::channel(2);
        let state = self.server.0.clone();
        tokio::task::spawn_blocking(move || pages(&state, &filter, left, &sender));
        Ok(Response::new(ReceiverStream::new(receiver)))
    }
}

#[tonic::async_trait]
impl EventSink for Calls {
    async fn event_record(
        &self,
        request: Request<message::EventRecordRequest>,
    ) -> Result<Response<Empty>, Status> {
        let events = request.into_inner().events;
        if events.len() > usize::try_from(PAGE).expect("a small number") {
            return Err(Failed::invalid(format!("at most {PAGE} events at once")).into());
        }
        let now = self.server.0.now();
        let events: Vec<Event> =
            events.into_iter().map(|event| parse(event, now)).collect::<Result<_, _>>()?;
        // All but the last are queued before it, so its answer is theirs.
        let mut events = events.into_iter().peekable();
        while let Some(event) = events.next() {
            if events.peek().is_some() {
                self.server.0.events.queue(event).await?;
            } else {
                self.server.0.events.audit(event).await?;
            }
        }
        Ok(Response::new(Empty {}))
    }
}

fn pages(
    state: &State,
    filter: &EventFilter,
    mut left: i64,
    sender: &mpsc::Sender<Result<message::EventPage, Status>>,
) {
    let mut place = None;
    while left > 0 {
        let wanted = left.min(PAGE);
        let page = match state.events.store().events_page(filter, place, wanted) {
            Ok(page) => page,
            Err(error) => {
                let _ = sender.blocking_send(Err(Failed::from(error).into()));
                return;
            }
        };
        let read = i64::try_from(page.len()).expect("a page is small");
        place = page.last().map(EventPlace::after);
        let events = page.into_iter().map(told).collect();
        let sent = sender.blocking_send(Ok(message::EventPage { events }));
        if read < wanted || sent.is_err() {
            return;
        }
        left -= read;
    }
}

fn filter(request: &message::EventListRequest) -> Result<EventFilter, Failed> {
    let given = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    let severity = match request.severity {
        0 => None,
        level => Some(severity(level)?),
    };
    Ok(EventFilter {
        severity,
        from_us: (request.from_us != 0).then_some(request.from_us),
        to_us: (request.to_us != 0).then_some(request.to_us),
        source: given(&request.source),
        code: given(&request.code),
        user: given(&request.user),
    })
}

fn severity(level: i32) -> Result<Severity, Failed> {
    Severity::from_level(level.into()).ok_or_else(|| Failed::invalid("a severity is 1 (worst) to 6"))
}

fn parse(event: message::Event, now: Timestamp) -> Result<Event, Failed> {
    let at = if event.at_us == 0 { now } else { Timestamp(event.at_us) };
    let parsed = Event::new(at, severity(event.severity)?, &event.source, &event.code, &event.subject);
    Ok(parsed.user(&event.user).object(&event.object).text(&event.text))
}

fn told(stored: StoredEvent) -> message::Event {
    let StoredEvent { id, event } = stored;
    message::Event {
        id,
        at_us: event.at.0,
        severity: event.severity.level().into(),
        code: event.code,
        source: event.source,
        user: event.user,
        object: event.object,
        subject: event.subject,
        text: event.text,
    }
}

//! Printer subscriptions with the `ippget` pull method (RFC 3995, RFC 3996).
//!
//! They live in memory and end with the process, as their leases would; a client that finds its
//! subscription gone makes a new one.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use rpc::proto::jobserver::{Job, JobShowRequest, Queue};
use service::Stop;
use wire::ipp::{Attribute, Group, GroupTag, JobState, Status, Value};

use super::printer::as_seconds;
use super::reply::{Failed, Outcome, Reply};
use super::request::{Request, same_person};
use crate::state::Port;

/// notify-events-supported.
pub(crate) const EVENTS: &[&str] =
    &["job-created", "job-completed", "job-state-changed", "printer-state-changed"];
/// notify-lease-duration-default, seconds.
pub(crate) const LEASE_DEFAULT_S: i32 = 3_600;
/// Longest lease, seconds; 0 asks for one without end and gets this one.
pub(crate) const LEASE_MAX_S: i32 = 86_400;
/// notify-max-events-supported: events one subscription may name.
pub(crate) const EVENTS_PER_SUBSCRIPTION: i32 = 8;
/// ippget-event-life, seconds.
pub(crate) const EVENT_LIFE_S: i32 = 60;

/// Every subscription.
#[derive(Debug, Default)]
pub(crate) struct Subscriptions(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    last_id: i32,
    list: BTreeMap<i32, Subscription>,
    /// Jobs whose state is watched, with the state last seen.
    jobs: HashMap<i64, i32>,
    was_connected: bool,
}

#[derive(Debug)]
struct Subscription {
    queue_id: i64,
    queue: String,
    user: String,
    events: Vec<&'static str>,
    lease_s: i32,
    until_s: i64,
    user_data: Option<Bytes>,
    sequence: i32,
    waiting: VecDeque<Event>,
}

#[derive(Debug)]
struct Event {
    sequence: i32,
    name: &'static str,
    at_s: i64,
    text: String,
    /// job-id, job-state and its reasons.
    job: Option<(i32, i32, Vec<String>)>,
}

impl Subscriptions {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A job was made; its further states are watched while anybody subscribes.
    pub(crate) fn job_created(&self, queue: &Queue, job: &Job, now_s: i64) {
        let mut state = self.state();
        if state.list.is_empty() {
            return;
        }
        if state.jobs.len() < JOBS_WATCHED_MAX {
            state.jobs.insert(job.id, job.state);
        }
        state.tell(queue.id, "job-created", now_s, "A job was made.", Some(job));
    }
}

impl State {
    /// Adds an event to every subscription of the queue that wants it.
    fn tell(&mut self, queue_id: i64, name: &'static str, now_s: i64, text: &str, job: Option<&Job>) {
        self.list.retain(|_, subscription| subscription.until_s > now_s);
        let of_queue = self.list.values_mut().filter(|subscription| subscription.queue_id == queue_id);
        for subscription in of_queue.filter(|subscription| subscription.events.contains(&name)) {
            subscription.sequence += 1;
            if subscription.waiting.len() >= EVENTS_WAITING_MAX {
                subscription.waiting.pop_front();
            }
            subscription.waiting.push_back(Event {
                sequence: subscription.sequence,
                name,
                at_s: now_s,
                text: text.to_owned(),
                job: job.map(|job| (super::job::id(job), job.state, job.state_reasons.clone())),
            });
        }
    }
}

/// Watches the states of jobs and of the queues for the subscribers, until the stop.
pub(crate) async fn watch(port: Arc<Port>, stop: Stop) {
    while stop.unless_asked(tokio::time::sleep(WATCH_PERIOD)).await.is_some() {
        let connected = port.queues.borrow().connected;
        let queues = port.queues.borrow().all();
        let now_s = port.now_s();
        let jobs: Vec<(i64, i32)> = {
            let mut state = port.subscriptions.state();
            if state.list.is_empty() {
                state.jobs.clear();
                state.was_connected = connected;
                continue;
            }
            if state.was_connected != connected {
                state.was_connected = connected;
                let text = if connected { "The job server is back." } else { "The job server is away." };
                for queue in &queues {
                    state.tell(queue.id, "printer-state-changed", now_s, text, None);
                }
            }
            state.jobs.iter().map(|(id, seen)| (*id, *seen)).collect()
        };
        for (id, seen) in jobs {
            let shown = port.jobserver.clone().job_show(JobShowRequest { job_id: id }).await;
            match shown.map(tonic::Response::into_inner).map_err(rpc::Error::from) {
                Ok(job) if job.state != seen => {
                    let ended = JobState::from_code(job.state).is_some_and(JobState::is_terminal);
                    let mut state = port.subscriptions.state();
                    if ended {
                        state.jobs.remove(&id);
                    } else {
                        state.jobs.insert(id, job.state);
                    }
                    let Some(queue) = queues.iter().find(|queue| queue.name == job.queue) else { continue };
                    state.tell(
                        queue.id,
                        "job-state-changed",
                        now_s,
                        "The state of a job changed.",
                        Some(&job),
                    );
                    if ended {
                        state.tell(queue.id, "job-completed", now_s, "A job has ended.", Some(&job));
                    }
                }
                Ok(_) => {}
                Err(error) if error.kind == rpc::Kind::NotFound => {
                    port.subscriptions.state().jobs.remove(&id);
                }
                Err(_) => break,
            }
        }
    }
}

/// Create-Printer-Subscriptions (RFC 3995, section 11.1.2).
pub(crate) fn create(request: &Request<'_>) -> Result<Outcome, Failed> {
    let queue = request.queue()?;
    if request.subscriptions.is_empty() {
        return Err(Failed::new(Status::BadRequest, "the subscription attributes are missing"));
    }
    let now_s = request.port.now_s();
    let mut state = request.port.subscriptions.state();
    state.list.retain(|_, subscription| subscription.until_s > now_s);
    let mut groups = Vec::new();
    for asked in &request.subscriptions {
        if asked.text("notify-pull-method") != Some("ippget") {
            groups.push(refused(Status::AttributesOrValuesNotSupported));
            continue;
        }
        if state.list.len() >= SUBSCRIPTIONS_MAX {
            groups.push(refused(Status::Busy));
            continue;
        }
        let mut events: Vec<&'static str> = asked
            .texts("notify-events")
            .filter_map(|name| EVENTS.iter().copied().find(|known| *known == name))
            .collect();
        if events.is_empty() {
            events.push("job-completed");
        }
        let user_data =
            asked.get("notify-user-data").and_then(Attribute::first).and_then(|value| match value {
                Value::OctetString(octets) => Some(octets.slice(..octets.len().min(63))),
                _ => None,
            });
        let lease_s = lease(asked.integer("notify-lease-duration"));
        state.last_id += 1;
        let id = state.last_id;
        let subscription = Subscription {
            queue_id: queue.id,
            queue: queue.name.clone(),
            user: request.user().to_owned(),
            events,
            lease_s,
            until_s: now_s + i64::from(lease_s),
            user_data,
            sequence: 0,
            waiting: VecDeque::new(),
        };
        state.list.insert(id, subscription);
        groups.push(
            Group::new(GroupTag::Subscription)
                .with("notify-subscription-id", Value::Integer(id))
                .with("notify-lease-duration", Value::Integer(lease_s)),
        );
    }
    Ok(Reply::ok(groups).into())
}

/// Get-Subscription-Attributes (section 11.2.4).
pub(crate) fn attributes(request: &Request<'_>) -> Result<Outcome, Failed> {
    with_one(request, |state, id| Ok(Reply::ok(vec![describe(request, id, &state.list[&id])])))
}

/// Get-Subscriptions (section 11.2.5).
pub(crate) fn list(request: &Request<'_>) -> Result<Outcome, Failed> {
    let queue = request.queue()?;
    let mine = request.attributes.boolean("my-subscriptions").unwrap_or(false);
    let limit = request.attributes.integer("limit").and_then(|limit| usize::try_from(limit).ok());
    let mut state = request.port.subscriptions.state();
    let now_s = request.port.now_s();
    state.list.retain(|_, subscription| subscription.until_s > now_s);
    let found = state.list.iter().filter(|(_, subscription)| {
        subscription.queue_id == queue.id && (!mine || same_person(&subscription.user, request.user()))
    });
    let groups = found.take(limit.unwrap_or(usize::MAX)).map(|(id, found)| describe(request, *id, found));
    Ok(Reply::ok(groups.collect()).into())
}

/// Renew-Subscription (section 11.2.6).
pub(crate) fn renew(request: &Request<'_>) -> Result<Outcome, Failed> {
    let asked = request.subscriptions.first().and_then(|group| group.integer("notify-lease-duration"));
    let asked = asked.or_else(|| request.attributes.integer("notify-lease-duration"));
    with_one(request, |state, id| {
        let subscription = state.list.get_mut(&id).ok_or_else(absent)?;
        subscription.lease_s = lease(asked);
        subscription.until_s = request.port.now_s() + i64::from(subscription.lease_s);
        let lease = Value::Integer(subscription.lease_s);
        Ok(Reply::ok(vec![Group::new(GroupTag::Subscription).with("notify-lease-duration", lease)]))
    })
}

/// Cancel-Subscription (section 11.2.7).
pub(crate) fn cancel(request: &Request<'_>) -> Result<Outcome, Failed> {
    with_one(request, |state, id| {
        state.list.remove(&id);
        Ok(Reply::ok(Vec::new()))
    })
}

/// Get-Notifications (RFC 3996, section 5). The answer never waits: notify-wait is a wish.
pub(crate) fn notifications(request: &Request<'_>) -> Result<Outcome, Failed> {
    request.queue()?;
    let ids = request.attributes.get("notify-subscription-ids");
    let ids = ids.ok_or_else(|| Failed::new(Status::BadRequest, "notify-subscription-ids is missing"))?;
    let from: Vec<i32> = request
        .attributes
        .get("notify-sequence-numbers")
        .map(|numbers| numbers.values.iter().filter_map(Value::as_integer).collect())
        .unwrap_or_default();
    let now_s = request.port.now_s();
    let mut state = request.port.subscriptions.state();
    state.list.retain(|_, subscription| subscription.until_s > now_s);
    let mut groups = vec![];
    let mut known = false;
    for (index, id) in ids.values.iter().filter_map(Value::as_integer).enumerate() {
        let Some(subscription) = state.list.get_mut(&id) else { continue };
        if !same_person(&subscription.user, request.user()) && !subscription.user.is_empty() {
            return Err(Failed::new(Status::NotAuthorized, "the subscription belongs to somebody else"));
        }
        known = true;
        let least = from.get(index).copied().unwrap_or(1);
        subscription
            .waiting
            .retain(|event| event.sequence >= least && now_s - event.at_s <= i64::from(EVENT_LIFE_S));
        groups
            .extend(subscription.waiting.iter().map(|event| notification(request, id, subscription, event)));
    }
    if !known {
        return Err(absent());
    }
    Ok(Reply::ok(groups).into())
}

fn notification(request: &Request<'_>, id: i32, subscription: &Subscription, event: &Event) -> Group {
    let mut group = Group::new(GroupTag::EventNotification)
        .with("notify-charset", Value::Charset("utf-8".into()))
        .with("notify-natural-language", Value::NaturalLanguage("en".into()))
        .with("notify-printer-uri", printer_uri(request, subscription))
        .with("notify-subscription-id", Value::Integer(id))
        .with("notify-sequence-number", Value::Integer(event.sequence))
        .with("notify-subscribed-event", Value::keyword(event.name))
        .with("notify-text", Value::text(event.text.clone()))
        .with("printer-up-time", Value::Integer(as_seconds(event.at_s)));
    if let Some(user_data) = &subscription.user_data {
        group = group.with("notify-user-data", Value::OctetString(user_data.clone()));
    }
    if let Some((id, state, reasons)) = &event.job {
        group = group
            .with("notify-job-id", Value::Integer(*id))
            .with("job-state", Value::Enum(*state))
            .with_all("job-state-reasons", Value::keywords(reasons.iter().cloned()));
    }
    group
}

fn describe(request: &Request<'_>, id: i32, subscription: &Subscription) -> Group {
    Group::new(GroupTag::Subscription)
        .with("notify-subscription-id", Value::Integer(id))
        .with("notify-printer-uri", printer_uri(request, subscription))
        .with("notify-subscriber-user-name", Value::name(subscription.user.clone()))
        .with("notify-pull-method", Value::keyword("ippget"))
        .with_all("notify-events", Value::keywords(subscription.events.iter().copied()))
        .with("notify-lease-duration", Value::Integer(subscription.lease_s))
        .with("notify-lease-expiration-time", Value::Integer(as_seconds(subscription.until_s)))
        .with("notify-sequence-number", Value::Integer(subscription.sequence))
}

fn printer_uri(request: &Request<'_>, subscription: &Subscription) -> Value {
    Value::uri(format!("ipp://{}/ipp/print/{}", request.origin.authority, subscription.queue))
}

/// Runs `work` on the subscription named by notify-subscription-id, if it is the requester's.
fn with_one(
    request: &Request<'_>,
    work: impl FnOnce(&mut State, i32) -> Result<Reply, Failed>,
) -> Result<Outcome, Failed> {
    request.queue()?;
    let id = request.attributes.integer("notify-subscription-id");
    let id = id.ok_or_else(|| Failed::new(Status::BadRequest, "notify-subscription-id is missing"))?;
    let mut state = request.port.subscriptions.state();
    let now_s = request.port.now_s();
    state.list.retain(|_, subscription| subscription.until_s > now_s);
    let user = &state.list.get(&id).ok_or_else(absent)?.user;
    if !user.is_empty() && !same_person(user, request.user()) {
        return Err(Failed::new(Status::NotAuthorized, "the subscription belongs to somebody else"));
    }
    work(&mut state, id).map(Outcome::Reply)
}

fn refused(status: Status) -> Group {
    Group::new(GroupTag::Subscription).with("notify-status-code", Value::Enum(i32::from(status.code())))
}

fn absent() -> Failed {
    Failed::new(Status::NotFound, "there is no such subscription")
}

fn lease(asked: Option<i32>) -> i32 {
    match asked {
        None => LEASE_DEFAULT_S,
        Some(seconds) if seconds <= 0 => LEASE_MAX_S,
        Some(seconds) => seconds.min(LEASE_MAX_S),
    }
}

/// Subscriptions at one time.
const SUBSCRIPTIONS_MAX: usize = 500;
/// Events kept for one subscription.
const EVENTS_WAITING_MAX: usize = 100;
/// Jobs whose state is watched for subscribers.
const JOBS_WATCHED_MAX: usize = 1_000;
/// How often states are looked at while anybody subscribes.
const WATCH_PERIOD: Duration = Duration::from_secs(3);

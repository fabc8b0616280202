//! Domain values as messages, and back.

use domain::count::{CountStatus, Duplex};
use domain::device::{Channel, Device, Target};
use domain::job::{Job, State as JobState, Ticket};
use domain::people::unit::Tree;
use domain::people::{Powers, Profile};
use domain::push::{Push, WhenAway};
use domain::queue::{Kind, OwnerRule, Queue};
use domain::user::{Rights, User};
use domain::{DeviceName, Logon, Money, PageCount, QueueId, QueueName, Timestamp};
use rpc::proto::common::{self, page_count};
use rpc::proto::jobserver as message;
use storage::core::JobLine;

use crate::failed::Failed;
use crate::submit::Submission;

pub(crate) fn micros(instant: Option<Timestamp>) -> i64 {
    instant.map_or(0, |instant| instant.0)
}

/// 0 is "none" in messages.
pub(crate) fn instant(micros: i64) -> Option<Timestamp> {
    (micros != 0).then_some(Timestamp(micros))
}

pub(super) fn job(job: Job) -> message::Job {
    message::Job {
        id: job.id.0,
        queue: job.queue_name,
        owner_logon: job.owner_logon,
        submit_logon: job.submit_logon,
        name: job.name,
        state: state(job.state).into(),
        state_reasons: job.reason.keywords().iter().map(|&keyword| keyword.to_owned()).collect(),
        state_message: job.message,
        created_us: job.created.0,
        processing_us: micros(job.processing),
        completed_us: micros(job.completed),
        // Documents are counted once they have come, also after they were printed and deleted.
        documents: i32::from(job.bytes > 0),
        bytes: job.bytes,
        document_format: job.format,
        source_host: job.source_host,
        source_protocol: job.source_protocol,
        ticket: (job.ticket != Ticket::default()).then(|| ticket(job.ticket)),
        count: Some(count(job.count)),
        retained: job.retained,
        panel_copies: job.panel_copies,
        price: None,
    }
}

/// A job as a table shows it.
pub(super) fn job_line(line: JobLine) -> message::Job {
    message::Job {
        id: line.id.0,
        queue: line.queue_name,
        owner_logon: line.owner_logon,
        name: line.name,
        state: state(line.state).into(),
        state_message: line.message,
        retained: line.retained,
        bytes: line.bytes,
        created_us: line.created.0,
        count: Some(count(line.count)),
        ..message::Job::default()
    }
}

fn state(state: JobState) -> message::job::State {
    match state {
        JobState::Pending => message::job::State::Pending,
        JobState::Held => message::job::State::Held,
        JobState::Processing => message::job::State::Processing,
        JobState::Stopped => message::job::State::Stopped,
        JobState::Canceled => message::job::State::Canceled,
        JobState::Aborted => message::job::State::Aborted,
        JobState::Completed => message::job::State::Completed,
    }
}

/// A job with what it will cost.
pub(super) fn job_priced(job: Job, price: Option<Money>) -> message::Job {
    message::Job { price: price.map(|price| price.0), ..self::job(job) }
}

fn ticket(ticket: Ticket) -> message::JobTicket {
    message::JobTicket {
        copies: ticket.copies,
        sides: ticket.sides,
        print_color_mode: ticket.print_color_mode,
        media: ticket.media,
        attributes: ticket.attributes.into_iter().collect(),
    }
}

fn count(count: PageCount) -> common::PageCount {
    let duplex = match count.duplex {
        Duplex::Unknown => page_count::Duplex::Unspecified,
        Duplex::Simplex => page_count::Duplex::Simplex,
        Duplex::LongEdge => page_count::Duplex::LongEdge,
        Duplex::ShortEdge => page_count::Duplex::ShortEdge,
        Duplex::Mixed => page_count::Duplex::Mixed,
    };
    common::PageCount {
        status: count_status(count.status).into(),
        why: count.why,
        languages: count.languages,
        pages: count.pages,
        color_pages: count.color_pages,
        sheets: count.sheets,
        copies: count.copies,
        duplex: duplex.into(),
        paper: count.paper,
        user: count.user,
        job_name: count.job_name,
        driver: count.driver,
    }
}

pub(crate) fn count_status(status: CountStatus) -> page_count::Status {
    match status {
        CountStatus::Pending => page_count::Status::Pending,
        CountStatus::Ok => page_count::Status::Ok,
        CountStatus::Undefined => page_count::Status::Undefined,
        CountStatus::Failure => page_count::Status::Failure,
    }
}

/// A count as a caller made it; what is missing or unknown reads as still to be counted.
pub(super) fn parse_count(count: Option<common::PageCount>) -> PageCount {
    let Some(count) = count else { return PageCount::default() };
    let status = match count.status() {
        page_count::Status::Ok => CountStatus::Ok,
        page_count::Status::Undefined => CountStatus::Undefined,
        page_count::Status::Failure => CountStatus::Failure,
        page_count::Status::Pending | page_count::Status::Unspecified => CountStatus::Pending,
    };
    let duplex = match count.duplex() {
        page_count::Duplex::Unspecified => Duplex::Unknown,
        page_count::Duplex::Simplex => Duplex::Simplex,
        page_count::Duplex::LongEdge => Duplex::LongEdge,
        page_count::Duplex::ShortEdge => Duplex::ShortEdge,
        page_count::Duplex::Mixed => Duplex::Mixed,
    };
    PageCount {
        status,
        why: count.why,
        languages: count.languages,
        pages: count.pages.max(0),
        color_pages: count.color_pages.max(0),
        sheets: count.sheets.max(0),
        copies: count.copies.max(0),
        duplex,
        paper: count.paper,
        user: count.user,
        job_name: count.job_name,
        driver: count.driver,
    }
}

/// What [`pdl`] found, as it is stored.
pub(crate) fn record_count(report: &pdl::Report) -> PageCount {
    let status = match &report.status {
        pdl::Status::Ok => CountStatus::Ok,
        pdl::Status::Undefined { .. } => CountStatus::Undefined,
        pdl::Status::Failure { .. } => CountStatus::Failure,
    };
    let number = |value: u64| i64::try_from(value).unwrap_or(i64::MAX);
    PageCount {
        status,
        why: report.status.why().unwrap_or_default().to_owned(),
        languages: report.languages.iter().map(|language| language.name().to_owned()).collect(),
        pages: number(report.pages.0),
        color_pages: number(report.color_pages.0),
        sheets: number(report.sheets.0),
        copies: report.copies.map_or(0, |copies| number(copies.0.into())),
        duplex: match report.duplex {
            pdl::Duplex::Simplex => Duplex::Simplex,
            pdl::Duplex::LongEdge => Duplex::LongEdge,
            pdl::Duplex::ShortEdge => Duplex::ShortEdge,
            pdl::Duplex::Mixed => Duplex::Mixed,
        },
        paper: report.papers.summary().name().unwrap_or_default(),
        user: report.user.clone().unwrap_or_default(),
        job_name: report.job_name.clone().unwrap_or_default(),
        driver: report.driver.clone().unwrap_or_default(),
    }
}

pub(super) fn submission(create: message::JobCreateRequest) -> Submission {
    let ticket = create.ticket.unwrap_or_default();
    Submission {
        submission_id: create.submission_id,
        queue: create.queue,
        network_logon: create.network_logon,
        name: create.name,
        source_host: create.source_host,
        source_protocol: create.source_protocol,
        document_format: create.document_format,
        ticket: Ticket {
            copies: ticket.copies,
            sides: ticket.sides,
            print_color_mode: ticket.print_color_mode,
            media: ticket.media,
            attributes: ticket.attributes.into_iter().collect(),
        },
        authenticated: create.authenticated,
        described_at_end: create.described_at_end,
    }
}

pub(super) fn queue(queue: &Queue, held_jobs: i64) -> message::Queue {
    let (owner, fixed_logon) = match &queue.owner {
        OwnerRule::NetworkLogon => (message::queue::Owner::NetworkLogon, ""),
        OwnerRule::Fixed(logon) => (message::queue::Owner::Fixed, logon.as_str()),
        OwnerRule::JobData => (message::queue::Owner::JobData, ""),
        OwnerRule::Authenticated => (message::queue::Owner::Authenticated, ""),
    };
    let kind = match queue.kind {
        Kind::Pull => message::queue::Kind::Pull,
        Kind::Push => message::queue::Kind::Push,
    };
    message::Queue {
        id: queue.id.0,
        name: queue.name.to_string(),
        kind: kind.into(),
        description: queue.description.clone(),
        location: queue.location.clone(),
        owner: owner.into(),
        fixed_logon: fixed_logon.to_owned(),
        raw_port: queue.raw_port.map_or(0, u32::from),
        default_domain: queue.default_domain.clone(),
        hide_document_name: queue.hide_document_name,
        held_jobs,
        color: queue.color,
        duplex: queue.duplex,
        accepting_jobs: queue.accepting_jobs,
        device: queue.push.device.as_ref().map(ToString::to_string).unwrap_or_default(),
        forward: queue.push.forward.as_ref().map(ToString::to_string).unwrap_or_default(),
        when_away: match queue.push.when_away {
            WhenAway::Inherit => message::queue::WhenAway::Inherit,
            WhenAway::Print => message::queue::WhenAway::Print,
            WhenAway::Hold => message::queue::WhenAway::Hold,
        }
        .into(),
        cost_code: queue.push.cost_code.clone(),
        driver_name: queue.push.driver_name.clone(),
        snmp_status: queue.push.snmp_status,
        confirm_price: queue.push.confirm_price,
        data_logon: queue.data_logon.as_ref().map(crate::data_logon::to_message),
        toner_save: queue.toner_save,
        ..Default::default()
    }
}

/// A queue to be added: what is not said is a pull queue that takes the network's logon.
pub(crate) fn parse_queue(queue: message::Queue) -> Result<Queue, Failed> {
    let invalid = |error: &dyn std::fmt::Display| Failed::invalid(error.to_string());
    let owner = match queue.owner() {
        message::queue::Owner::Unspecified if !queue.fixed_logon.is_empty() => {
            OwnerRule::Fixed(Logon::parse(&queue.fixed_logon).map_err(|error| invalid(&error))?)
        }
        message::queue::Owner::Unspecified | message::queue::Owner::NetworkLogon => OwnerRule::NetworkLogon,
        message::queue::Owner::Fixed => {
            OwnerRule::Fixed(Logon::parse(&queue.fixed_logon).map_err(|error| invalid(&error))?)
        }
        message::queue::Owner::JobData => OwnerRule::JobData,
        message::queue::Owner::Authenticated => OwnerRule::Authenticated,
    };
    let kind = match queue.kind() {
        message::queue::Kind::Unspecified | message::queue::Kind::Pull => Kind::Pull,
        message::queue::Kind::Push => Kind::Push,
    };
    let push = parse_push(&queue)?;
    let data_logon = crate::data_logon::parse(queue.data_logon.clone(), &owner)?;
    let raw_port = u16::try_from(queue.raw_port).map_err(|_| Failed::invalid("a port is 1 to 65535"))?;
    let free = |what, text: &str| domain::text::free(what, text, 255).map_err(|error| invalid(&error));
    Ok(Queue {
        id: QueueId(0),
        name: QueueName::parse(&queue.name).map_err(|error| invalid(&error))?,
        kind,
        description: free("description", &queue.description)?,
        location: free("location", &queue.location)?,
        owner,
        raw_port: (raw_port != 0).then_some(raw_port),
        default_domain: free("default domain", &queue.default_domain)?,
        hide_document_name: queue.hide_document_name,
        color: queue.color,
        duplex: queue.duplex,
        accepting_jobs: queue.accepting_jobs,
        data_logon,
        toner_save: queue.toner_save,
        push,
    })
}

/// What a push queue does; of a pull queue it may say the driver's name only.
fn parse_push(queue: &message::Queue) -> Result<Push, Failed> {
    let invalid = |error: &dyn std::fmt::Display| Failed::invalid(error.to_string());
    let free = |what, text: &str| domain::text::free(what, text, 255).map_err(|error| invalid(&error));
    let name = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    let device = name(&queue.device).map(|name| DeviceName::parse(&name)).transpose();
    let forward = name(&queue.forward).map(|name| QueueName::parse(&name)).transpose();
    let push = Push {
        device: device.map_err(|error| invalid(&error))?,
        forward: forward.map_err(|error| invalid(&error))?,
        when_away: match queue.when_away() {
            message::queue::WhenAway::Inherit => WhenAway::Inherit,
            message::queue::WhenAway::Print => WhenAway::Print,
            message::queue::WhenAway::Hold => WhenAway::Hold,
        },
        cost_code: free("cost code", &queue.cost_code)?,
        driver_name: free("driver name", &queue.driver_name)?,
        snmp_status: queue.snmp_status,
        confirm_price: queue.confirm_price,
    };
    let of_pull = Push { driver_name: push.driver_name.clone(), ..Push::default() };
    if queue.kind() != message::queue::Kind::Push && push != of_pull {
        return Err(Failed::invalid(
            "only a push queue has a device or another queue to print on, and what goes with it",
        ));
    }
    Ok(push)
}

pub(super) fn device(device: Device, now: Timestamp) -> message::Device {
    let channel = match device.target.channel {
        Channel::Auto => message::device::Channel::Auto,
        Channel::Raw => message::device::Channel::Raw,
        Channel::Ipp => message::device::Channel::Ipp,
        Channel::Ipps => message::device::Channel::Ipps,
        Channel::Session => message::device::Channel::Session,
    };
    message::Device {
        id: device.id.0,
        name: device.name.to_string(),
        address: device.target.address_text(),
        channel: channel.into(),
        location: device.location,
        model: device.model,
        mac: device.mac,
        color: device.color,
        duplex: device.duplex,
        print_all_at_login: device.print_all_at_login,
        login_methods: device.methods.names().into_iter().map(str::to_owned).collect(),
        seen: device.last_seen.is_some(),
        last_seen_us: micros(device.last_seen),
        online: device.last_seen.is_some_and(|seen| now < seen.plus(ONLINE_FOR)),
        driver_name: device.driver_name,
        ..Default::default()
    }
}

/// A device that was seen within this time counts as online.
const ONLINE_FOR: std::time::Duration = std::time::Duration::from_secs(300);

pub(super) fn channel(channel: message::device::Channel) -> Channel {
    match channel {
        message::device::Channel::Unspecified | message::device::Channel::Auto => Channel::Auto,
        message::device::Channel::Raw => Channel::Raw,
        message::device::Channel::Ipp => Channel::Ipp,
        message::device::Channel::Ipps => Channel::Ipps,
        message::device::Channel::Session => Channel::Session,
    }
}

pub(super) fn target(address: &str, channel: Channel) -> Result<Target, Failed> {
    Target::parse(address, channel).map_err(|error| Failed::invalid(error.to_string()))
}

pub(crate) fn user(user: User, cards: i64, tree: &Tree) -> message::User {
    let Powers { users, devices, server, reports } = user.powers;
    let powers = message::Powers { users: users.as_str().to_owned(), devices, server, reports };
    message::User {
        id: user.id.0,
        logon: user.logon.to_string(),
        domain: user.domain,
        full_name: user.full_name,
        email: user.email,
        locked: user.prevent_login,
        prevent_login: user.prevent_login,
        failed_logins: user.failed_logins,
        print_all_at_login: user.print_all_at_login,
        has_pin: user.has_pin,
        has_password: user.has_password,
        created_us: user.created.0,
        cards: i32::try_from(cards).unwrap_or(i32::MAX),
        cost_code: user.cost_code,
        description: user.description,
        rights: user.rights.as_str().to_owned(),
        profile: Some(profile(user.profile, tree.path(user.unit))),
        powers: (user.rights == Rights::Administrator).then_some(powers),
        has_puk: user.has_puk,
    }
}

fn profile(profile: Profile, unit: String) -> message::Profile {
    message::Profile {
        home_server: profile.home_server,
        unit,
        home_folder: profile.home_folder,
        low_limit: profile.low_limit.0,
        login_without_pin: profile.login_without_pin,
        source_id: profile.source,
        billing: profile.billing.as_str().to_owned(),
        encrypt: profile.encrypt,
        allow_retain: profile.allow_retain,
        change_settings: profile.change_settings,
        cost_control: profile.cost_control.as_str().to_owned(),
        access_denied: profile.access.0,
    }
}

//! Reports: what records add up to, by kind of job, person, device and billing code, and the sorted job list.
//!
//! - [`main`], [`server`]: everything in a period.
//! - [`subjects`]: by person, device or billing code.
//! - [`jobs`], [`show`]: the list, and one record.

use domain::tracking::{DeletedBy, JobType};
use jiff::tz::TimeZone;
use rpc::proto::trackingserver as proto;
use rpc::{Error, Kind as ErrorKind};
use storage::tracking::job_list::{JobKey, JobPlace, JobQuery, JobSort};
use storage::tracking::report::{Include, Main, Period, SubjectQuery, SubjectSort};
use storage::tracking::{Kind, Stored, Totals, Tracking};

use crate::error::{GENERAL_FAILURE, invalid, store_failed};

/// Most rows of one page.
const ROWS_MAX: i64 = 1_000;
/// Most points of the course.
const POINTS_MAX: usize = 1_000;
/// Up to this length the course of a period is by the hour, microseconds: three days.
const HOURLY_US: i64 = 3 * 24 * 3_600 * 1_000_000;

/// Every kind of job, in the order of the guide.
const JOB_TYPES: [JobType; 6] =
    [JobType::Pull, JobType::Push, JobType::Copy, JobType::Fax, JobType::Scan, JobType::Email];

fn period(period: Option<proto::ReportPeriod>) -> Period {
    let proto::ReportPeriod { from_us, to_us } = period.unwrap_or_default();
    let bound = |us: i64| (us != 0).then_some(us);
    Period { from_us: bound(from_us), to_us: bound(to_us) }
}

fn include(include: proto::Include) -> Include {
    match include {
        proto::Include::All => Include::All,
        proto::Include::Completed => Include::Completed,
        proto::Include::Interrupted => Include::Interrupted,
    }
}

fn limit(limit: i64) -> i64 {
    if limit <= 0 { ROWS_MAX } else { limit.min(ROWS_MAX) }
}

fn totals(totals: &Totals) -> proto::Totals {
    proto::Totals {
        jobs: totals.jobs,
        size: totals.size,
        pages: totals.pages,
        color_pages: totals.color_pages,
        sheets: totals.sheets,
        copy_pages: totals.copy_pages,
        send_pages: totals.send_pages,
        duplex_jobs: totals.duplex_jobs,
        color_jobs: totals.color_jobs,
        price: totals.price,
        price2: totals.price2,
    }
}

fn of_job_types(main: &Main) -> Vec<proto::main_answer::OfJobType> {
    JOB_TYPES
        .into_iter()
        .map(|job_type| proto::main_answer::OfJobType {
            job_type: proto::record::JobType::from(job_type).into(),
            totals: Some(totals(&main.by_job_type.get(&job_type).copied().unwrap_or_default())),
        })
        .collect()
}

fn deleted(main: &Main, by: DeletedBy) -> Totals {
    main.deleted.get(&by).copied().unwrap_or_default()
}

/// Everything in a period, and its course.
pub(crate) fn main(store: &Tracking, request: proto::MainRequest) -> Result<proto::MainAnswer, Error> {
    let include = include(request.include());
    let zone = match request.zone.as_str() {
        "" => TimeZone::system(),
        name => {
            TimeZone::get(name).map_err(|_| invalid("zone", format!("there is no time zone '{name}'")))?
        }
    };
    let main = store.report_main(period(request.period), include).map_err(store_failed)?;
    let mut summary = Totals::default();
    for of_type in main.by_job_type.values() {
        summary.include(of_type);
    }
    let (by_user, by_system) = (deleted(&main, DeletedBy::User), deleted(&main, DeletedBy::System));
    Ok(proto::MainAnswer {
        completed: main.completed,
        interrupted: main.interrupted,
        summary: Some(totals(&summary)),
        by_job_type: of_job_types(&main),
        load: course(&main, &zone)?,
        saved_by_user: Some(totals(&by_user)),
        saved_by_system: Some(totals(&by_system)),
        saved_price: saved_price(&main),
    })
}

/// What the deleted documents would have cost: their price where it is known, else the mean price of a printed page.
fn saved_price(main: &Main) -> i64 {
    let mut printed = Totals::default();
    for job_type in [JobType::Pull, JobType::Push] {
        if let Some(of_type) = main.by_job_type.get(&job_type) {
            printed.include(of_type);
        }
    }
    let mut saved = Totals::default();
    for of_reason in main.deleted.values() {
        saved.include(of_reason);
    }
    if saved.price != 0 || printed.pages <= 0 {
        return saved.price;
    }
    let price = i128::from(printed.price) * i128::from(saved.pages) / i128::from(printed.pages);
    i64::try_from(price).unwrap_or(i64::MAX)
}

/// By the hour or by the day of a time zone, oldest first.
fn course(main: &Main, zone: &TimeZone) -> Result<Vec<proto::main_answer::LoadPoint>, Error> {
    let span = match (main.hours.keys().next(), main.hours.keys().next_back()) {
        (Some(first), Some(last)) => last - first,
        _ => return Ok(Vec::new()),
    };
    let mut points: Vec<proto::main_answer::LoadPoint> = Vec::new();
    for (hour, load) in &main.hours {
        let from_us = if span < HOURLY_US { *hour } else { day_of(*hour, zone)? };
        match points.last_mut() {
            Some(point) if point.from_us == from_us => {
                point.jobs += load.jobs;
                point.pages += load.pages;
            }
            _ => {
                points.push(proto::main_answer::LoadPoint { from_us, jobs: load.jobs, pages: load.pages });
            }
        }
    }
    let left_out = points.len().saturating_sub(POINTS_MAX);
    Ok(points.split_off(left_out))
}

/// The first instant of the day of `us`.
fn day_of(us: i64, zone: &TimeZone) -> Result<i64, Error> {
    let beyond = |_| invalid("period", "there is a record from beyond the calendar in it");
    let instant = jiff::Timestamp::from_microsecond(us).map_err(beyond)?;
    let day = instant.to_zoned(zone.clone()).start_of_day().map_err(beyond)?;
    Ok(day.timestamp().as_microsecond())
}

/// What became of documents.
pub(crate) fn server(store: &Tracking, request: proto::ServerRequest) -> Result<proto::ServerAnswer, Error> {
    let main = store.report_main(period(request.period), Include::All).map_err(store_failed)?;
    Ok(proto::ServerAnswer {
        done: of_job_types(&main),
        deleted_by_user: Some(totals(&deleted(&main, DeletedBy::User))),
        deleted_by_system: Some(totals(&deleted(&main, DeletedBy::System))),
    })
}

/// By person, device or billing code.
pub(crate) fn subjects(
    store: &Tracking,
    request: proto::SubjectsRequest,
) -> Result<proto::SubjectsAnswer, Error> {
    use proto::subjects_request::{Sort, SubjectKind};
    let kind = match request.kind() {
        SubjectKind::User => Kind::User,
        SubjectKind::Device => Kind::Device,
        SubjectKind::Billing => Kind::Billing,
        SubjectKind::Unspecified => {
            return Err(invalid("kind", "a report is by user, device or billing code"));
        }
    };
    let offset = usize::try_from(request.offset)
        .map_err(|_| invalid("offset", format!("{} rows cannot be skipped", request.offset)))?;
    let query = SubjectQuery {
        kind,
        period: period(request.period),
        include: include(request.include()),
        sort: match request.sort() {
            Sort::Name => SubjectSort::Name,
            Sort::Jobs => SubjectSort::Jobs,
            Sort::Pages => SubjectSort::Pages,
            Sort::PrintPages => SubjectSort::PrintPages,
            Sort::CopyPages => SubjectSort::CopyPages,
            Sort::Price => SubjectSort::Price,
        },
        ascending: request.ascending,
        name: (!request.name.is_empty()).then_some(request.name),
        offset,
        limit: usize::try_from(limit(request.limit)).expect("a page is small"),
    };
    let (found, total) = store.report_subjects(&query).map_err(store_failed)?;
    let subjects = found
        .into_iter()
        .map(|subject| proto::Subject {
            name: subject.name,
            domain: subject.domain,
            id: subject.detail.id,
            full_name: subject.detail.full_name,
            description: subject.detail.description,
            cost_code: subject.detail.cost_code,
            model: subject.detail.model,
            location: subject.detail.location,
            mac: subject.detail.mac,
            invoice: subject.detail.invoice,
            totals: Some(totals(&subject.totals)),
        })
        .collect();
    Ok(proto::SubjectsAnswer { subjects, total: i64::try_from(total).unwrap_or(i64::MAX) })
}

/// A page of the job list.
pub(crate) fn jobs(store: &Tracking, request: proto::JobsRequest) -> Result<proto::JobsAnswer, Error> {
    use proto::jobs_request::Sort;
    let sort = match request.sort() {
        Sort::Date => JobSort::Date,
        Sort::User => JobSort::User,
        Sort::Device => JobSort::Device,
        Sort::Pages => JobSort::Pages,
        Sort::Price => JobSort::Price,
    };
    let after = match request.place.as_str() {
        "" => None,
        text => Some(place(text, sort).ok_or_else(|| invalid("place", "no page ended here in this order"))?),
    };
    let limit = limit(request.limit);
    let query = JobQuery {
        period: period(request.period),
        include: include(request.include()),
        logon: (!request.logon.is_empty()).then_some(request.logon),
        device: (!request.device.is_empty()).then_some(request.device),
        sort,
        ascending: request.ascending,
        after,
        limit,
    };
    let found = store.report_jobs(&query).map_err(store_failed)?;
    let is_full = i64::try_from(found.len()).is_ok_and(|length| length == limit);
    let next = found.last().filter(|_| is_full).map(|last| place_text(&JobPlace::after(last, sort)));
    let records = found.into_iter().map(message).collect();
    Ok(proto::JobsAnswer { records, next: next.unwrap_or_default() })
}

/// One record.
pub(crate) fn show(store: &Tracking, request: &proto::ShowRequest) -> Result<proto::Record, Error> {
    let found = store.record_show(&request.tracking_id).map_err(store_failed)?;
    found.map(message).ok_or_else(|| {
        Error::new(ErrorKind::NotFound, GENERAL_FAILURE, "there is no tracking record of this id")
            .field("tracking_id")
    })
}

fn message(Stored { sequence, record }: Stored) -> proto::Record {
    proto::Record { sequence, ..proto::Record::from(record) }
}

/// A place as text: for the caller it has no meaning.
fn place_text(place: &JobPlace) -> String {
    let key = match &place.key {
        JobKey::None => serde_json::Value::Null,
        JobKey::Text(text) => text.as_str().into(),
        JobKey::Number(number) => (*number).into(),
    };
    serde_json::json!([key, place.stop_us, place.sequence]).to_string()
}

fn place(text: &str, sort: JobSort) -> Option<JobPlace> {
    let (key, stop_us, sequence): (serde_json::Value, i64, i64) = serde_json::from_str(text).ok()?;
    let key = match (sort, key) {
        (JobSort::Date, serde_json::Value::Null) => JobKey::None,
        (JobSort::User | JobSort::Device, serde_json::Value::String(text)) => JobKey::Text(text),
        (JobSort::Pages | JobSort::Price, serde_json::Value::Number(number)) => {
            JobKey::Number(number.as_i64()?)
        }
        _ => return None,
    };
    Some(JobPlace { key, stop_us, sequence })
}

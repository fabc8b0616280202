//! `papergate tracking stats`: what tracking records add up to.

mod main;
mod rows;

use clap::{Args, Subcommand, ValueEnum};
use jiff::tz::TimeZone;
use jiff::{ToSpan, Zoned};
use rpc::proto::trackingserver as proto;
use rpc::proto::trackingserver::subjects_request::{Sort as ProtoSort, SubjectKind};
use serde::Serialize;

use super::{Instants, Period, Record};
use crate::Shell;
use crate::failure::Failure;
use crate::output::Listed;
use crate::reach::Patience;

#[cfg(test)]
pub(crate) use main::MainShown;
pub(crate) use rows::{BillingRow, DeviceRow, ServerRow, UserRow};
#[cfg(test)]
pub(crate) use rows::{Whole, server};

#[derive(Debug, Subcommand)]
pub(crate) enum StatsCommand {
    /// Everything in a period: kinds of jobs, ratios, the course, what was saved
    Main(StatsMain),
    /// By person
    Users(StatsSubjects),
    /// By device
    Devices(StatsSubjects),
    /// By billing code
    Billing(StatsSubjects),
    /// The job list, sorted
    Jobs(StatsJobs),
    /// One record with everything it says
    Show(StatsShow),
    /// Jobs, pages and size by what became of documents
    Server(StatsServer),
}

/// Which jobs count.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
enum Include {
    All,
    Completed,
    Interrupted,
}

/// What people, devices and codes are sorted by.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
enum Sort {
    Name,
    Jobs,
    Pages,
    PrintPages,
    CopyPages,
    Cost,
}

/// What jobs are sorted by.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
enum JobSort {
    Date,
    User,
    Device,
    Pages,
    Cost,
}

/// Of which jobs.
#[derive(Clone, Debug, Args)]
pub(crate) struct Chosen {
    /// First day or instant, by the date a document was printed
    #[arg(long, value_name = "DATE")]
    from: Option<String>,
    /// Last day, or the instant after the period
    #[arg(long, value_name = "DATE")]
    to: Option<String>,
    /// Which jobs count
    #[arg(long, value_enum, default_value_t = Include::All)]
    include: Include,
}

impl Chosen {
    fn period(&self) -> Result<proto::ReportPeriod, Failure> {
        let period = Period { from: self.from.clone(), to: self.to.clone(), user: String::new() };
        let Instants { from_us, to_us } = period.instants()?;
        Ok(proto::ReportPeriod { from_us, to_us })
    }

    fn include(&self) -> proto::Include {
        match self.include {
            Include::All => proto::Include::All,
            Include::Completed => proto::Include::Completed,
            Include::Interrupted => proto::Include::Interrupted,
        }
    }
}

#[derive(Debug, Args)]
pub(crate) struct StatsMain {
    #[command(flatten)]
    chosen: Chosen,
}

#[derive(Debug, Args)]
pub(crate) struct StatsSubjects {
    #[command(flatten)]
    chosen: Chosen,
    /// Only this person, device or code
    #[arg(default_value = "", hide_default_value = true)]
    name: String,
    /// Order; largest first, names from A on
    #[arg(long, value_enum, default_value_t = Sort::Name)]
    sort: Sort,
    /// The other way round
    #[arg(long)]
    reverse: bool,
    /// At most this many rows; 0 for all
    #[arg(long, default_value_t = 0, value_name = "N")]
    limit: u32,
    /// Rows to leave out at the beginning
    #[arg(long, default_value_t = 0, value_name = "N")]
    skip: u32,
}

#[derive(Debug, Args)]
pub(crate) struct StatsJobs {
    #[command(flatten)]
    chosen: Chosen,
    /// Only jobs of this person
    #[arg(long, default_value = "", value_name = "LOGON", hide_default_value = true)]
    user: String,
    /// Only jobs at this device
    #[arg(long, default_value = "", value_name = "NAME", hide_default_value = true)]
    device: String,
    /// Order; newest, largest and dearest first, names from A on
    #[arg(long, value_enum, default_value_t = JobSort::Date)]
    sort: JobSort,
    /// The other way round
    #[arg(long)]
    reverse: bool,
    /// At most this many jobs; 0 for all
    #[arg(long, default_value_t = 100, value_name = "N")]
    limit: u32,
}

#[derive(Debug, Args)]
pub(crate) struct StatsShow {
    /// Tracking id of the record, from `tracking list --json`
    id: String,
}

/// A period that ends now.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
enum Recent {
    Today,
    Week,
    Month,
}

#[derive(Debug, Args)]
pub(crate) struct StatsServer {
    /// Since midnight, seven days ago or one month ago
    #[arg(long, value_enum, default_value_t = Recent::Today, conflicts_with_all = ["from", "to"])]
    period: Recent,
    /// First day or instant, instead of --period
    #[arg(long, value_name = "DATE")]
    from: Option<String>,
    /// Last day, or the instant after the period
    #[arg(long, value_name = "DATE")]
    to: Option<String>,
}

/// Rows asked for at once.
const PAGE: i64 = 1_000;

pub(crate) async fn run(shell: &mut Shell<'_>, command: StatsCommand) -> Result<(), Failure> {
    match command {
        StatsCommand::Main(arguments) => {
            let request = proto::MainRequest {
                period: Some(arguments.chosen.period()?),
                include: arguments.chosen.include().into(),
                zone: TimeZone::system().iana_name().unwrap_or_default().to_owned(),
            };
            let answer = shell.reach.reports(Patience::Call).await?.main(request).await?.into_inner();
            main::show(shell, &answer)
        }
        StatsCommand::Users(arguments) => subjects::<UserRow>(shell, SubjectKind::User, arguments).await,
        StatsCommand::Devices(arguments) => {
            subjects::<DeviceRow>(shell, SubjectKind::Device, arguments).await
        }
        StatsCommand::Billing(arguments) => {
            subjects::<BillingRow>(shell, SubjectKind::Billing, arguments).await
        }
        StatsCommand::Jobs(arguments) => jobs(shell, arguments).await,
        StatsCommand::Show(arguments) => {
            let request = proto::ShowRequest { tracking_id: arguments.id };
            let record = shell.reach.reports(Patience::Call).await?.show(request).await?.into_inner();
            shell.output.show(&rows::Whole::from(record))
        }
        StatsCommand::Server(arguments) => became(shell, &arguments).await,
    }
}

async fn subjects<Row: Listed + From<proto::Subject>>(
    shell: &mut Shell<'_>,
    kind: SubjectKind,
    arguments: StatsSubjects,
) -> Result<(), Failure> {
    let period = arguments.chosen.period()?;
    let include = arguments.chosen.include();
    let sort = match arguments.sort {
        Sort::Name => ProtoSort::Name,
        Sort::Jobs => ProtoSort::Jobs,
        Sort::Pages => ProtoSort::Pages,
        Sort::PrintPages => ProtoSort::PrintPages,
        Sort::CopyPages => ProtoSort::CopyPages,
        Sort::Cost => ProtoSort::Price,
    };
    let mut left = if arguments.limit == 0 { i64::MAX } else { arguments.limit.into() };
    let mut offset = i64::from(arguments.skip);
    let mut reports = shell.reach.reports(Patience::Call).await?;
    let mut listing = shell.output.list::<Row>();
    while left > 0 {
        let limit = left.min(PAGE);
        let request = proto::SubjectsRequest {
            period: Some(period),
            include: include.into(),
            kind: kind.into(),
            sort: sort.into(),
            ascending: (arguments.sort == Sort::Name) != arguments.reverse,
            offset,
            limit,
            name: arguments.name.clone(),
        };
        let answer = reports.subjects(request).await?.into_inner();
        let found = i64::try_from(answer.subjects.len()).unwrap_or(i64::MAX);
        for subject in answer.subjects {
            listing.row(&Row::from(subject))?;
        }
        if found < limit {
            break;
        }
        offset += found;
        left -= found;
    }
    listing.finish()
}

async fn jobs(shell: &mut Shell<'_>, arguments: StatsJobs) -> Result<(), Failure> {
    use proto::jobs_request::Sort;
    let (sort, ascending) = match arguments.sort {
        JobSort::Date => (Sort::Date, false),
        JobSort::User => (Sort::User, true),
        JobSort::Device => (Sort::Device, true),
        JobSort::Pages => (Sort::Pages, false),
        JobSort::Cost => (Sort::Price, false),
    };
    let period = arguments.chosen.period()?;
    let mut left = if arguments.limit == 0 { i64::MAX } else { arguments.limit.into() };
    let mut place = String::new();
    let mut reports = shell.reach.reports(Patience::Call).await?;
    let mut listing = shell.output.list::<Record>();
    while left > 0 {
        let request = proto::JobsRequest {
            period: Some(period),
            include: arguments.chosen.include().into(),
            sort: sort.into(),
            ascending: ascending != arguments.reverse,
            place,
            limit: left.min(PAGE),
            logon: arguments.user.clone(),
            device: arguments.device.clone(),
        };
        let answer = reports.jobs(request).await?.into_inner();
        left -= i64::try_from(answer.records.len()).unwrap_or(i64::MAX);
        for record in answer.records {
            listing.row(&Record::from(record))?;
        }
        if answer.next.is_empty() {
            break;
        }
        place = answer.next;
    }
    listing.finish()
}

async fn became(shell: &mut Shell<'_>, arguments: &StatsServer) -> Result<(), Failure> {
    let chosen = Chosen { from: arguments.from.clone(), to: arguments.to.clone(), include: Include::All };
    let period = if arguments.from.is_some() || arguments.to.is_some() {
        chosen.period()?
    } else {
        proto::ReportPeriod { from_us: beginning(arguments.period, &Zoned::now())?, to_us: 0 }
    };
    let request = proto::ServerRequest { period: Some(period) };
    let answer = shell.reach.reports(Patience::Call).await?.server(request).await?.into_inner();
    let mut listing = shell.output.list::<ServerRow>();
    for row in rows::server(&answer) {
        listing.row(&row)?;
    }
    listing.finish()
}

/// The first instant of a period that ends now, microseconds.
fn beginning(period: Recent, now: &Zoned) -> Result<i64, Failure> {
    let beyond = |_| Failure::Usage("the clock of this machine is beyond the calendar".to_owned());
    let start = match period {
        Recent::Today => now.start_of_day(),
        Recent::Week => now.checked_sub(7.days()),
        Recent::Month => now.checked_sub(1.month()),
    };
    Ok(start.map_err(beyond)?.timestamp().as_microsecond())
}

/// What something comes to, as scripts see it.
#[derive(Clone, Debug, Default, Serialize)]
pub(crate) struct Totals {
    jobs: i64,
    size: i64,
    pages: i64,
    color_pages: i64,
    sheets: i64,
    price: String,
    price2: String,
}

impl From<&proto::Totals> for Totals {
    fn from(totals: &proto::Totals) -> Self {
        Self {
            jobs: totals.jobs,
            size: totals.size,
            pages: totals.pages,
            color_pages: totals.color_pages,
            sheets: totals.sheets,
            price: domain::Money(totals.price).to_string(),
            price2: domain::Money(totals.price2).to_string(),
        }
    }
}

fn job_type_name(job_type: proto::record::JobType) -> &'static str {
    use proto::record::JobType;
    match job_type {
        JobType::Unspecified => "unknown",
        JobType::Pull => "pull",
        JobType::Push => "push",
        JobType::Copy => "copy",
        JobType::Fax => "fax",
        JobType::Scan => "scan",
        JobType::Email => "email",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recent_periods_begin_where_people_expect() {
        let now: Zoned = "2026-03-31T13:45:00+02:00[Europe/Berlin]".parse().unwrap();
        let table = [
            (Recent::Today, "2026-03-31T00:00:00+02:00[Europe/Berlin]"),
            // Over the change to summer time, and into a month without this day.
            (Recent::Week, "2026-03-24T13:45:00+01:00[Europe/Berlin]"),
            (Recent::Month, "2026-02-28T13:45:00+01:00[Europe/Berlin]"),
        ];
        for (period, expected) in table {
            let expected: Zoned = expected.parse().unwrap();
            assert_eq!(beginning(period, &now).unwrap(), expected.timestamp().as_microsecond(), "{period:?}");
        }
    }
}

use super::*;

fn zone() -> TimeZone {
    TimeZone::get("Europe/Berlin").expect("the system has time zones")
}

fn instant(text: &str) -> Timestamp {
    let zoned: Zoned = format!("{text}[Europe/Berlin]").parse().expect("a local time");
    Timestamp(zoned.timestamp().as_microsecond())
}

fn when(start: &str, end: &str, frequency: &str) -> When {
    When {
        start: start.parse().expect("a start"),
        end: (!end.is_empty()).then(|| end.parse().expect("an end")),
        frequency: frequency.parse().expect("a frequency"),
    }
}

fn told(moment: Option<Timestamp>) -> String {
    let Some(moment) = moment else { return "never".to_owned() };
    let moment = jiff::Timestamp::from_microsecond(moment.0).unwrap().to_zoned(zone());
    moment.strftime("%a %Y-%m-%d %H:%M %Z").to_string()
}

/// PAY-5: start, end, frequency, now, and what comes next.
#[test]
fn the_next_moment_is_on_a_day_of_the_schedule_and_after_now() {
    let summer = "monthly first-mon jan,feb,mar,apr,may,sep,oct,nov,dec";
    let table = [
        ("2026-11-21T07:00", "", "once", "2026-11-21T06:59:59", "Sat 2026-11-21 07:00 CET"),
        ("2026-11-21T07:00", "", "once", "2026-11-21T07:00", "never"),
        ("2026-11-21T07:00", "", "daily", "2026-11-20T00:00", "Sat 2026-11-21 07:00 CET"),
        ("2026-11-21T07:00", "", "daily", "2026-11-21T07:00", "Sun 2026-11-22 07:00 CET"),
        ("2026-11-21T07:00", "", "daily", "2030-01-01T00:00", "Tue 2030-01-01 07:00 CET"),
        ("2026-11-21T07:00", "2026-11-22", "daily", "2026-11-21T07:00", "Sun 2026-11-22 07:00 CET"),
        ("2026-11-21T07:00", "2026-11-22", "daily", "2026-11-22T07:00", "never"),
        ("2026-11-21T07:00", "", "daily", "2026-01-01T00:00", "Sat 2026-11-21 07:00 CET"),
        // The guide's second example: each weekday at seven.
        (
            "2026-11-21T07:00",
            "",
            "weekly mon,tue,wed,thu,fri",
            "2026-11-21T00:00",
            "Mon 2026-11-23 07:00 CET",
        ),
        (
            "2026-11-21T07:00",
            "",
            "weekly mon,tue,wed,thu,fri",
            "2026-11-27T07:00",
            "Mon 2026-11-30 07:00 CET",
        ),
        ("2026-11-21T07:00", "", "weekly sat", "2026-11-21T07:00", "Sat 2026-11-28 07:00 CET"),
        // The guide's first: midnight of the first Monday, but not in summer.
        ("2026-01-01T00:00", "", summer, "2026-11-21T00:00", "Mon 2026-12-07 00:00 CET"),
        ("2026-01-01T00:00", "", summer, "2026-05-04T00:00", "Mon 2026-09-07 00:00 CEST"),
        ("2026-01-01T00:00", "2026-06-30", summer, "2026-05-04T00:00", "never"),
        ("2026-01-31T12:00", "", "monthly 31", "2026-01-31T12:00", "Sat 2026-02-28 12:00 CET"),
        ("2026-01-31T12:00", "", "monthly 29", "2028-02-01T00:00", "Tue 2028-02-29 12:00 CET"),
        ("2026-01-31T12:00", "", "monthly last", "2026-04-01T00:00", "Thu 2026-04-30 12:00 CEST"),
        ("2026-01-31T12:00", "", "monthly last-fri feb", "2026-03-01T00:00", "Fri 2027-02-26 12:00 CET"),
        ("2026-01-31T12:00", "", "monthly 15 jan", "2026-01-15T12:00", "Fri 2027-01-15 12:00 CET"),
        ("2026-06-20T12:00", "", "monthly 15", "2026-06-01T12:00", "Wed 2026-07-15 12:00 CEST"),
        // An end that leaves no day of the frequency.
        ("2026-11-21T12:00", "2026-11-22", "weekly mon", "2026-11-01T00:00", "never"),
        // Summer time begins on 2026-03-29 at 02:00: half past two is an hour later, and is one moment.
        ("2026-01-01T02:30", "", "daily", "2026-03-28T02:30", "Sun 2026-03-29 03:30 CEST"),
        ("2026-01-01T02:30", "", "daily", "2026-03-29T03:30", "Mon 2026-03-30 02:30 CEST"),
        // It ends on 2026-10-25 at 03:00: half past two comes twice and counts once.
        ("2026-01-01T02:30", "", "daily", "2026-10-24T02:30", "Sun 2026-10-25 02:30 CEST"),
        ("2026-01-01T02:30", "", "daily", "2026-10-25T02:30", "Mon 2026-10-26 02:30 CET"),
    ];
    for (start, end, frequency, now, expected) in table {
        let next = when(start, end, frequency).next(instant(now), &zone());
        assert_eq!(told(next), expected, "{start} {end} {frequency} {now}");
    }
}

/// Every local day has one moment, whatever the clocks do, in zones where they do much.
#[test]
fn a_daily_schedule_has_one_moment_a_day_across_changes_of_the_clock() {
    for name in ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Africa/Cairo", "UTC"] {
        let zone = TimeZone::get(name).unwrap();
        for time in ["00:00", "00:30", "01:30", "02:00", "02:30", "03:00", "23:30"] {
            let when = when(&format!("2026-01-01T{time}"), "2027-12-31", "daily");
            let (mut at, mut days) = (Timestamp(0), Vec::new());
            while let Some(next) = when.next(at, &zone) {
                assert!(next > at, "{name} {time}");
                at = next;
                let local = jiff::Timestamp::from_microsecond(at.0).unwrap().to_zoned(zone.clone());
                days.push(local.date());
            }
            assert_eq!(days.len(), 730, "{name} {time}");
            days.dedup();
            assert_eq!(days.len(), 730, "{name} {time}: no day twice");
        }
    }
}

#[test]
fn frequencies_are_written_as_they_are_read() {
    for text in [
        "once",
        "daily",
        "weekly mon,wed,sun",
        "monthly 1",
        "monthly last",
        "monthly 30 feb",
        "monthly first-mon jan,dec",
        "monthly last-fri",
    ] {
        assert_eq!(text.parse::<Frequency>().unwrap().to_string(), text);
    }
    assert_eq!(" Weekly SUN,mon ".parse::<Frequency>().unwrap().to_string(), "weekly mon,sun");
    assert_eq!("monthly 31".parse::<Frequency>().unwrap().to_string(), "monthly last");
    for wrong in [
        "",
        "hourly",
        "once more",
        "weekly",
        "weekly ",
        "weekly monday",
        "weekly mon,,tue",
        "monthly",
        "monthly 0",
        "monthly 32",
        "monthly +1",
        "monthly -1",
        "monthly fifth-mon",
        "monthly first-first",
        "monthly 1 january",
        "monthly 1 jan feb",
    ] {
        assert!(wrong.parse::<Frequency>().is_err(), "{wrong}");
    }
}

#[test]
fn a_schedule_that_makes_no_sense_is_refused_in_order() {
    let good = Schedule {
        name: " Monthly credits ".into(),
        group: GroupId(1),
        enabled: true,
        account: Account::Two,
        action: Action::Set,
        amount: Money(1_000_000),
        comment: String::new(),
        when: when("2026-11-21T07:00", "", "daily"),
    };
    let now = instant("2026-11-21T12:00");
    assert_eq!(good.clone().check(now, &zone()).unwrap().name, "Monthly credits");
    type Break = fn(&mut Schedule);
    let table: [(Break, Option<ScheduleRefused>); 13] = [
        (|s| s.name = " ".into(), Some(TextError::Empty { what: "description of a schedule" }.into())),
        (|s| s.comment = "x".repeat(TEXT_MAX + 1), Some(ScheduleRefused::CommentTooLong)),
        (|s| s.amount = Money(-1), Some(ScheduleRefused::AmountNotPositive)),
        (|s| s.amount = Money(0), None),
        (|s| (s.amount, s.action) = (Money(0), Action::Add), Some(ScheduleRefused::AmountNotPositive)),
        (|s| (s.amount, s.action) = (Money(0), Action::Subtract), Some(ScheduleRefused::AmountNotPositive)),
        (|s| s.amount = Money(AMOUNT_MAX.0 + 1), Some(ScheduleRefused::AmountTooLarge)),
        (|s| s.amount = Money(i64::MIN), Some(ScheduleRefused::AmountNotPositive)),
        (
            |s| s.when = when("2026-11-21T07:00", "2026-11-20", "daily"),
            Some(ScheduleRefused::EndsBeforeStart),
        ),
        (|s| s.when = when("2026-11-21T07:00", "2026-11-21", "daily"), Some(ScheduleRefused::Never)),
        (|s| s.when = when("2026-11-21T07:00", "", "once"), Some(ScheduleRefused::Never)),
        (
            |s| s.when = when("2026-12-01T07:00", "2026-12-06", "monthly first-mon"),
            Some(ScheduleRefused::Never),
        ),
        (|s| (s.enabled, s.when) = (false, when("2020-01-01T07:00", "", "once")), None),
    ];
    for (row, (change, expected)) in table.into_iter().enumerate() {
        let mut schedule = good.clone();
        change(&mut schedule);
        assert_eq!(schedule.check(now, &zone()).err(), expected, "row {row}");
    }
}

#[test]
fn each_moment_of_each_member_has_an_id_of_its_own() {
    let ids: std::collections::BTreeSet<String> = [(1, 1, 11), (1, 11, 1), (11, 1, 1), (1, 1, 1)]
        .map(|(schedule, second, user)| {
            transfer_id(schedule, Timestamp(second * 1_000_000), UserId(user)).as_str().to_owned()
        })
        .into();
    assert_eq!(ids.len(), 4);
    assert_eq!(transfer_id(3, Timestamp(1_700_000_000_000_000), UserId(7)).as_str(), "c3-1700000000-7");
    let long = transfer_id(i64::MAX, Timestamp(i64::MIN), UserId(i64::MAX));
    assert!(long.as_str().len() <= crate::ledger::ID_MAX);
}

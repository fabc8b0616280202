//! Tests: what docs/CLI.md promises to scripts is what the command prints.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::net::IpAddr;

use clap::CommandFactory;
use rpc::proto::{charging as charging_proto, jobserver, moneyserver, people, supervisor, trackingserver};
use serde::Serialize;
use wire::discovery::{Answer, Name};
use wire::safecom::records::{DelegateSide, DelegateState, Delegation};

use crate::people::{alias, certificate, delegate, domain, group, own, unit};
use crate::tracking::stats;
use crate::{
    Arguments, account, card, charging, credit, device, driver, events, jobs, mail, operations, ping, print,
    queue, scheme, settings, status, tracking, user,
};

const DOCUMENT: &str = include_str!("../../../docs/CLI.md");

fn names<T: Serialize>(object: T) -> BTreeSet<String> {
    serde_json::to_value(object).unwrap().as_object().unwrap().keys().cloned().collect()
}

/// What the document says, by the first word of each row of its table of fields.
fn documented() -> BTreeMap<String, BTreeSet<String>> {
    let rows = DOCUMENT.lines().skip_while(|line| !line.starts_with("| Objects of")).skip(2);
    rows.take_while(|line| line.starts_with('|'))
        .map(|line| {
            let mut words = line.split('`').skip(1).step_by(2).map(str::to_owned);
            (words.next().unwrap(), words.collect())
        })
        .collect()
}

#[test]
fn json_objects_have_exactly_the_documented_fields() {
    let delegation = Delegation {
        person: String::new(),
        full_name: String::new(),
        side: DelegateSide::Submitter,
        always: false,
        ends_us: None,
        state: DelegateState::Accepted,
    };
    let printed = BTreeMap::from([
        ("user".to_owned(), names(user::User::from(jobserver::User::default()))),
        ("card".to_owned(), names(card::Card::from(jobserver::Card::default()))),
        ("card reveal".to_owned(), names(card::Code::from(people::IdCode::default()))),
        ("group".to_owned(), names(group::Group::from(people::Group::default()))),
        ("ou".to_owned(), names(unit::Unit::from(people::Unit::default()))),
        ("alias".to_owned(), names(alias::Alias::from(people::Alias::default()))),
        ("domain".to_owned(), names(domain::Domain::from(people::Domain::default()))),
        ("delegate".to_owned(), names(delegate::Delegate::from(people::Delegate::default()))),
        ("delegate own".to_owned(), names(own::Own::from(delegation))),
        ("device".to_owned(), names(device::Device::from(jobserver::Device::default()))),
        ("driver".to_owned(), names(driver::Driver::from(jobserver::Driver::default()))),
        ("queue".to_owned(), names(queue::Queue::from(jobserver::Queue::default()))),
        ("jobs".to_owned(), names(jobs::Job::from(jobserver::Job::default()))),
        ("events".to_owned(), names(events::Event::from(jobserver::Event::default()))),
        ("certificate".to_owned(), names(certificate::Certificate::from(jobserver::Certificate::default()))),
        ("trace".to_owned(), names(operations::Trace::from(jobserver::Trace::default()))),
        ("connections".to_owned(), names(operations::Connection::from(jobserver::Connection::default()))),
        ("statistics".to_owned(), names(operations::Statistics::from(jobserver::Statistics::default()))),
        ("stores".to_owned(), names(operations::Store::from(jobserver::Store::default()))),
        ("mail".to_owned(), names(mail::Mail::from(jobserver::Mail::default()))),
        ("queue token".to_owned(), names(queue::token::Token::from(jobserver::Token::default()))),
        ("settings".to_owned(), names(settings::Setting::from(jobserver::Setting::default()))),
        ("tracking list".to_owned(), names(tracking::Record::from(trackingserver::Record::default()))),
        (
            "tracking collect".to_owned(),
            names(tracking::collect::Collected::from(trackingserver::Collected::default())),
        ),
        (
            "tracking stats main".to_owned(),
            names(stats::MainShown::from(&trackingserver::MainAnswer::default())),
        ),
        ("tracking stats users".to_owned(), names(stats::UserRow::from(trackingserver::Subject::default()))),
        (
            "tracking stats devices".to_owned(),
            names(stats::DeviceRow::from(trackingserver::Subject::default())),
        ),
        (
            "tracking stats billing".to_owned(),
            names(stats::BillingRow::from(trackingserver::Subject::default())),
        ),
        ("tracking stats show".to_owned(), names(stats::Whole::from(trackingserver::Record::default()))),
        (
            "tracking stats server".to_owned(),
            names(&stats::server(&trackingserver::ServerAnswer::default())[0]),
        ),
        ("scheme".to_owned(), names(scheme::Scheme::from(charging_proto::Scheme::default()))),
        (
            "charging device".to_owned(),
            names(charging::DeviceTerms::from(charging_proto::DeviceTerms::default())),
        ),
        ("charging user".to_owned(), names(charging::UserTerms::from(charging_proto::UserTerms::default()))),
        ("credit".to_owned(), names(credit::Credit::from(charging_proto::Credit::default()))),
        ("credit runs".to_owned(), names(credit::Run::from(charging_proto::CreditRun::default()))),
        (
            "account unfinished".to_owned(),
            names(account::Unfinished::from(charging_proto::Unfinished::default())),
        ),
        (
            "account status".to_owned(),
            names(account::Status::from(moneyserver::AccountStatusAnswer::default())),
        ),
        ("account".to_owned(), names(account::Purse::from(moneyserver::Purse::default()))),
        ("account statement".to_owned(), names(account::Transfer::from(moneyserver::Transfer::default()))),
        ("print".to_owned(), names(print::Printed::default())),
        ("inspect".to_owned(), inspected()),
        ("ping".to_owned(), pinged()),
        ("status".to_owned(), names(status::Process::from(supervisor::Process::default()))),
    ]);
    assert_eq!(printed, documented());
}

fn pinged() -> BTreeSet<String> {
    let name = |text: &str| Name::parse(text).unwrap();
    let (group, host, software) = (name("g"), name("h"), name("s"));
    let answer = Answer { cookie: [0; 8], group, host, software, features: vec![] };
    names(ping::Found::new(&answer, IpAddr::from([127, 0, 0, 1])))
}

/// A broken document, because `why` is left out where there is nothing to say.
fn inspected() -> BTreeSet<String> {
    let report = pdl::Report { status: pdl::Status::Failure { why: "cut".into() }, ..pdl::Report::default() };
    names(pdl::summary::Summary::new("a.prn", &report))
}

#[test]
fn every_command_has_a_sentence_and_every_option_too() {
    fn walk(command: &clap::Command, path: &str, missing: &mut Vec<String>) {
        if command.get_about().is_none() {
            missing.push(path.to_owned());
        }
        for argument in command.get_arguments().filter(|argument| argument.get_help().is_none()) {
            missing.push(format!("{path} {}", argument.get_id()));
        }
        for sub in command.get_subcommands() {
            walk(sub, &format!("{path} {}", sub.get_name()), missing);
        }
    }
    let mut missing = Vec::new();
    Arguments::command().debug_assert();
    walk(&Arguments::command(), "papergate", &mut missing);
    assert!(missing.is_empty(), "without a sentence: {missing:?}");
}

/// Runs one command line in-process.
fn run(words: &[&str]) -> (u8, String, String) {
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let words = std::iter::once("papergate").chain(words.iter().copied()).map(OsString::from);
    let code = crate::run(words, &mut out, &mut err);
    (code, String::from_utf8(out).unwrap(), String::from_utf8(err).unwrap())
}

#[test]
fn exit_codes_tell_usage_from_a_server_that_is_away() {
    let directory = tempfile::tempdir().unwrap();
    let data = directory.path().to_str().unwrap();
    let usage: &[&[&str]] = &[
        &[],
        &["nonsense"],
        &["user"],
        &["user", "add"],
        &["jobs", "delete", "zero"],
        &["jobs", "delete", "0"],
        &["--data", data, "--server", "x", "status"],
        &["--server", "x", "--login", "a", "--login-password-file", "/dev/null", "status"],
        &["--server", "x", "--login", "a", "down"],
        &["--data", data, "card", "add", "anna", "1234", "--ends", "tomorrow"],
    ];
    for words in usage {
        let (code, out, err) = run(words);
        assert_eq!((code, out.as_str()), (2, ""), "{words:?}: {err}");
        assert!(!err.is_empty(), "{words:?}");
    }
    let away: &[&[&str]] = &[
        &["--data", data, "status"],
        &["user", "list", "--data", data],
        &["--json", "--data", data, "down"],
    ];
    for words in away {
        let (code, out, err) = run(words);
        assert_eq!((code, out.as_str()), (3, ""), "{words:?}: {err}");
        assert!(err.contains(data), "the path that was tried is said: {err}");
    }
}

#[test]
fn help_is_a_result_and_not_an_error() {
    for words in [&["--help"][..], &["user", "--help"], &["queue", "add", "--help"], &["--version"]] {
        let (code, out, err) = run(words);
        assert_eq!((code, err.as_str()), (0, ""), "{words:?}");
        assert!(out.contains("papergate"), "{out}");
    }
}

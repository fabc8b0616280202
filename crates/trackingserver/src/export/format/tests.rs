//! What goes into a file can be read back out of it by the tools people use.

use domain::money::Money;
use domain::tracking::{
    AccountingModel, Billing, Device, Job, JobType, Origin, PageCountStatus, Pages, Record, State, Toner,
    User,
};
use domain::{Timestamp, TrackingId};
use jiff::tz::{TimeZone, offset};
use quick_xml::events::Event;

use super::*;

/// 2026-11-21 08:30:00.25 UTC.
const NOON: i64 = 1_795_249_800_250_000;

const NASTY: &str = "=1+1;\"Zeilen\",\nü <&> \u{1}";

fn record() -> Record {
    Record {
        tracking_id: TrackingId("id-1".into()),
        computer_name: "server".into(),
        export_label: "spring".into(),
        transaction_id: String::new(),
        accounting_model: AccountingModel::PayAndPrint,
        start: Timestamp(NOON),
        stop: Timestamp(NOON + 1_000_000),
        state: State::Interrupted,
        job: Job {
            job_type: JobType::Pull,
            name: NASTY.into(),
            is_color: true,
            price: Money(18_500),
            price2: Money(125),
            ..Job::default()
        },
        pages: Pages { tracked: 3, parser: 10, status: PageCountStatus::Ok, ..Pages::default() },
        user: User { logon: "anna".into(), ..User::default() },
        device: Device::default(),
        billing: Billing::default(),
        origin: Origin::default(),
        toner: Toner { black: 250, ..Toner::default() },
    }
}

fn file(format: Format, separator: &str, records: &[Record]) -> String {
    let zone = TimeZone::fixed(offset(1));
    let mut encoder = Encoder::new(format, Separator::parse(separator).unwrap(), zone);
    let mut text = String::new();
    encoder.begin(&mut text);
    for record in records {
        encoder.record(&mut text, record);
    }
    encoder.end(&mut text);
    text
}

/// TRK-1, TRK-6.
#[test]
fn the_names_are_the_guides_and_in_its_order() {
    let names: Vec<&str> = FIELDS.iter().map(|field| field.name).collect();
    assert_eq!(names.len(), 59);
    assert_eq!(names[..4], ["TrackingID", "ComputerName", "ExportTrackingID", "TransactionID"]);
    assert_eq!(names[55..], ["UserCostCode", "JobSheetCount", "BillingCode2", "BillingDescription2"]);
    let mut unique = names.clone();
    unique.sort_unstable();
    unique.dedup();
    assert_eq!(unique.len(), names.len());
    let record = record();
    for field in FIELDS {
        let value = (field.value)(&record);
        let kind = match value {
            Value::Text(_) => Kind::Text,
            Value::Number(_) => Kind::Number,
            Value::Instant(_) => Kind::Instant,
            Value::YesNo(_) => Kind::YesNo,
            Value::Word(_) => Kind::Word,
            Value::Money(_) => Kind::Money,
        };
        assert_eq!(kind, field.kind, "{}", field.name);
    }
}

#[test]
fn csv_is_read_back_by_a_csv_reader() {
    for separator in ["", ";", "\t", "|"] {
        let text = file(Format::Csv, separator, &[record(), record()]);
        let delimiter = separator.bytes().next().unwrap_or(b',');
        let mut reader = csv::ReaderBuilder::new().delimiter(delimiter).from_reader(text.as_bytes());
        let headers = reader.headers().unwrap().clone();
        let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
        assert_eq!((headers.len(), rows.len()), (59, 2));
        let value = |name: &str| &rows[0][headers.iter().position(|header| header == name).unwrap()];
        let table = [
            ("TrackingID", "id-1"),
            ("ExportTrackingID", "spring"),
            ("AccountingModelUsed", "PAY_AND_PRINT"),
            ("StartDate", "2026-11-21 09:30:00"),
            ("JobDate", ""),
            ("TrackingState", "TRACKING_STATE_INTERRUPTED"),
            ("TrackingPageCount", "3"),
            ("JobName", NASTY),
            ("JobIsDuplex", "NO"),
            ("JobIsColor", "YES"),
            ("JobPrice", "1.85"),
            ("JobPrice2", "0.0125"),
            ("JobType", "JOB_TYPE_PULL"),
            ("PageCountStatus", "PAGECOUNT_STATUS_OK"),
            ("PageCountModel", "0"),
            ("TonerBlack", "250"),
        ];
        for (name, expected) in table {
            assert_eq!(value(name), expected, "{name}");
        }
    }
}

#[test]
fn txt_is_csv_without_names_and_with_a_description() {
    let csv = file(Format::Csv, ";", &[record()]);
    assert_eq!(file(Format::Txt, ";", &[record()]), csv.split_once("\r\n").unwrap().1);
    let schema = Encoder::new(Format::Txt, Separator::parse(";").unwrap(), TimeZone::UTC).schema().unwrap();
    assert!(schema.contains("Format=Delimited(;)\r\n"), "{schema}");
    assert!(schema.contains("Col6=StartDate DateTime\r\n") && schema.contains("Col59="), "{schema}");
    assert_eq!(Encoder::new(Format::Csv, Separator::parse("").unwrap(), TimeZone::UTC).schema(), None);
}

#[test]
fn json_is_one_array_with_exact_amounts() {
    assert_eq!(file(Format::Json, "", &[]), "[]\n");
    let text = file(Format::Json, "", &[record(), record()]);
    let parsed: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(parsed.as_array().unwrap().len(), 2);
    assert_eq!(parsed[0].as_object().unwrap().len(), 59);
    assert_eq!(parsed[1]["JobName"], NASTY);
    assert_eq!(parsed[1]["StartDate"], "2026-11-21T08:30:00.250000Z");
    assert_eq!(parsed[1]["JobDate"], serde_json::Value::Null);
    assert_eq!(parsed[1]["TrackingPageCount"], 3);
    assert!(text.contains("\"JobPrice\":1.85,") && text.contains("\"JobPrice2\":0.0125,"), "{text}");
}

#[test]
fn xml_is_well_formed_whatever_a_document_is_called() {
    let text = file(Format::Xml, "", &[record()]);
    let mut reader = quick_xml::Reader::from_str(&text);
    let (mut path, mut name) = (Vec::new(), String::new());
    loop {
        match reader.read_event().unwrap() {
            Event::Start(start) => path.push(AsRef::<str>::as_ref(&start.name()).to_owned()),
            Event::End(_) => drop(path.pop()),
            Event::Text(part) if path == ["TrackingData", "Tracking", "JobName"] => {
                name += &part;
            }
            Event::GeneralRef(part) if path == ["TrackingData", "Tracking", "JobName"] => {
                name += &quick_xml::escape::unescape(&format!("&{};", &*part)).unwrap();
            }
            Event::Eof => break,
            _ => {}
        }
    }
    assert_eq!(name, NASTY.replace('\u{1}', "\u{fffd}"));
    assert!(text.contains("<StopDate>2026-11-21T08:30:01.250000Z</StopDate>"), "{text}");
}

#[test]
fn a_separator_cannot_be_part_of_a_value_that_is_never_quoted() {
    for text in ["a", "1", "-", ".", ":", " ", "\"", "\n", "\r", ",,", "é"] {
        assert_eq!(Separator::parse(text), None, "{text:?}");
    }
    for text in ["", ",", ";", "|", "\t", "#"] {
        assert!(Separator::parse(text).is_some(), "{text:?}");
    }
}

use std::path::Path;

use bytes::{Bytes, BytesMut};
use proptest::collection::vec;
use proptest::prelude::*;

use wire::ipp::client::{JobOptions, JobStatus, PrinterStatus, Requests, outcome};
use wire::ipp::decode::{Decoder, Error, Limits, decode};
use wire::ipp::value::{find, *};
use wire::ipp::{JobState, Operation, PrinterState, Status, Writer};

use crate::properties;

#[test]
fn a_request_reads_as_the_octets_of_rfc_8010_appendix_a() {
    // RFC 8010, appendix A.1: Print-Job with job name, copies, sides, then the document.
    let mut octets = vec![1, 1, 0, 2, 0, 0, 0, 1, 1];
    let put = |octets: &mut Vec<u8>, tag: u8, name: &str, value: &[u8]| {
        octets.push(tag);
        octets.extend((name.len() as u16).to_be_bytes());
        octets.extend(name.as_bytes());
        octets.extend((value.len() as u16).to_be_bytes());
        octets.extend(value);
    };
    put(&mut octets, 0x47, "attributes-charset", b"utf-8");
    put(&mut octets, 0x48, "attributes-natural-language", b"en-us");
    put(&mut octets, 0x45, "printer-uri", b"ipp://printer.example.com/ipp/print/pinetree");
    put(&mut octets, 0x42, "job-name", b"foobar");
    put(&mut octets, 0x22, "ipp-attribute-fidelity", &[1]);
    octets.push(2);
    put(&mut octets, 0x21, "copies", &[0, 0, 0, 20]);
    put(&mut octets, 0x44, "sides", b"two-sided-long-edge");
    octets.push(3);
    octets.extend(b"%!PDF...");

    let (message, rest) = decode(Bytes::from(octets), Limits::REQUEST).unwrap();
    assert_eq!(message.version, Version::V1_1);
    assert_eq!(message.operation(), Some(Operation::PrintJob));
    assert_eq!(message.request_id, 1);
    let operation = message.group(GroupTag::Operation).unwrap();
    assert_eq!(operation.text("job-name"), Some("foobar"));
    assert_eq!(operation.boolean("ipp-attribute-fidelity"), Some(true));
    let job = message.group(GroupTag::Job).unwrap();
    assert_eq!(job.integer("copies"), Some(20));
    assert_eq!(job.text("sides"), Some("two-sided-long-edge"));
    assert_eq!(rest, "%!PDF...");
}

#[test]
fn a_collection_keeps_every_value_of_every_member() {
    let size = |x: i32, y: i32| {
        Value::Collection(vec![
            Attribute::new("x-dimension", Value::Integer(x)),
            Attribute::new("y-dimension", Value::Integer(y)),
        ])
    };
    let message = Message {
        groups: vec![Group::new(GroupTag::Job).with(
            "media-col",
            Value::Collection(vec![
                Attribute { name: "media-size".into(), values: vec![size(21_000, 29_700), size(1, 2)] },
                Attribute {
                    name: "media-source".into(),
                    values: vec![Value::keyword("main"), Value::keyword("envelope"), Value::NoValue],
                },
                Attribute::new("empty", Value::Collection(Vec::new())),
            ]),
        )],
        ..Message::request(Version::V2_0, Operation::PrintJob, 7)
    };
    let (decoded, rest) = decode(message.encode(), Limits::REQUEST).unwrap();
    assert!(rest.is_empty());
    assert_eq!(decoded, message);
    let members =
        decoded.attribute(GroupTag::Job, "media-col").unwrap().values[0].as_collection().unwrap().to_vec();
    assert_eq!(find(&members, "media-source").unwrap().values.len(), 3);
}

/// One row per way to be wrong: octets after the header, and what is said of them.
#[test]
fn wrong_octets_are_named() {
    let rows: &[(&[u8], &str)] = &[
        (&[0x00], "reserved delimiter tag"),
        (&[0x21, 0, 1, b'a', 0, 4, 0, 0, 0, 1], "an attribute before the first group"),
        (&[0x01, 0x21, 0, 0, 0, 4, 0, 0, 0, 1], "a further value before the first attribute"),
        (&[0x01, 0x21, 0, 1, b'a', 0, 3, 0, 0, 1], "integer not of 4 octets"),
        (&[0x01, 0x23, 0, 1, b'a', 0, 0], "enum not of 4 octets"),
        (&[0x01, 0x22, 0, 1, b'a', 0, 2, 0, 0], "boolean not of 1 octet"),
        (&[0x01, 0x31, 0, 1, b'a', 0, 1, 0], "dateTime not of 11 octets"),
        (&[0x01, 0x32, 0, 1, b'a', 0, 1, 0], "resolution not of 9 octets"),
        (&[0x01, 0x33, 0, 1, b'a', 0, 5, 0, 0, 0, 0, 0], "rangeOfInteger not of 8 octets"),
        (&[0x01, 0x35, 0, 1, b'a', 0, 3, 0, 9, 0], "textWithLanguage of wrong lengths"),
        (&[0x01, 0x36, 0, 1, b'a', 0, 5, 0, 0, 0, 2, b'x'], "nameWithLanguage of wrong lengths"),
        (&[0x01, 0x41, 0xff, 0xff], "negative name-length"),
        (&[0x01, 0x41, 0, 1, b'a', 0x80, 0], "negative value-length"),
        (&[0x01, 0x37, 0, 0, 0, 0], "endCollection without begCollection"),
        (&[0x01, 0x4a, 0, 0, 0, 1, b'm'], "memberAttrName outside a collection"),
        (
            &[0x01, 0x34, 0, 1, b'c', 0, 0, 0x21, 0, 0, 0, 4, 0, 0, 0, 1],
            "a value before the first member name",
        ),
        (&[0x01, 0x34, 0, 1, b'c', 0, 0, 0x4a, 0, 0, 0, 0], "a member without name"),
        (
            &[0x01, 0x34, 0, 1, b'c', 0, 0, 0x4a, 0, 0, 0, 1, b'm', 0x4a, 0, 0, 0, 1, b'n'],
            "a member without value",
        ),
        (&[0x01, 0x34, 0, 1, b'c', 0, 0, 0x4a, 0, 0, 0, 1, b'm', 0x37, 0, 0, 0, 0], "a member without value"),
        (&[0x01, 0x34, 0, 1, b'c', 0, 0, 0x13, 0, 1, b'x', 0, 0], "a named value inside a collection"),
        (&[0x01, 0x34, 0, 1, b'c', 0, 0, 0x02], "a group begins inside a collection"),
        (&[0x01, 0x34, 0, 1, b'c', 0, 0, 0x03], "end-of-attributes-tag inside a collection"),
    ];
    for (octets, expected) in rows {
        let mut input = vec![2, 0, 0, 0x0b, 0, 0, 0, 9];
        input.extend_from_slice(octets);
        let mut decoder = Decoder::new(Limits::REQUEST);
        match decoder.push(Bytes::from(input)) {
            Err(Error::Malformed { what, .. }) => assert_eq!(what, *expected),
            other => panic!("{expected}: {other:?}"),
        }
        assert_eq!(decoder.header(), Some((Version::V2_0, 0x0b, 9)), "an error answer can be addressed");
    }
}

#[test]
fn every_limit_holds_and_is_named() {
    let tight = Limits { bytes_max: 4_000, groups_max: 3, attributes_max: 5, values_max: 7, depth_max: 2 };
    let message = |groups| Message { groups, ..Message::request(Version::V1_1, Operation::PrintJob, 1) };
    let numbers = |count: i32| (0..count).map(Value::Integer).collect::<Vec<_>>();
    let nested = (0..3)
        .fold(Value::Collection(Vec::new()), |inner, _| Value::Collection(vec![Attribute::new("m", inner)]));
    let rows = [
        ("bytes_max", message(vec![Group::new(GroupTag::Job).with("a", Value::text("x".repeat(4_000)))])),
        ("groups_max", message(vec![Group::new(GroupTag::Job); 4])),
        (
            "attributes_max",
            message(vec![(0..6).fold(Group::new(GroupTag::Job), |group, index| {
                group.with(format!("a{index}"), Value::NoValue)
            })]),
        ),
        ("values_max", message(vec![Group::new(GroupTag::Job).with_all("a", numbers(8))])),
        ("depth_max", message(vec![Group::new(GroupTag::Job).with("a", nested)])),
    ];
    for (name, message) in rows {
        match decode(message.encode(), tight) {
            Err(Error::TooLarge { limit, .. }) => assert_eq!(limit, name),
            other => panic!("{name}: {other:?}"),
        }
    }
}

#[test]
fn nesting_of_any_depth_costs_no_stack() {
    // The request that overflows the stack of a recursive decoder.
    let mut octets = vec![2, 0, 0, 2, 0, 0, 0, 1, 1, 0x34, 0, 1, b'c', 0, 0];
    for _ in 0..20_000 {
        octets.extend([0x4a, 0, 0, 0, 1, b'm', 0x34, 0, 0, 0, 0]);
    }
    assert!(matches!(
        decode(Bytes::from(octets), Limits::REQUEST),
        Err(Error::TooLarge { limit: "depth_max", .. })
    ));
}

#[test]
fn an_endless_attribute_is_cut_off_while_it_arrives() {
    let mut decoder = Decoder::new(Limits { bytes_max: 1_000, ..Limits::REQUEST });
    let mut sent = 0;
    let error = loop {
        let chunk = if sent == 0 {
            Bytes::from_static(&[1, 1, 0, 2, 0, 0, 0, 1, 1, 0x41, 0, 1, b'a', 0x7f, 0xff])
        } else {
            Bytes::from_static(&[b'x'; 100])
        };
        sent += chunk.len();
        assert!(sent < 2_000, "the limit never spoke");
        if let Err(error) = decoder.push(chunk) {
            break error;
        }
    };
    assert!(matches!(error, Error::TooLarge { limit: "bytes_max", .. }), "{error}");
}

#[test]
fn text_that_is_not_utf_8_reads_as_latin_1() {
    let octets = [1, 1, 0, 2, 0, 0, 0, 1, 1, 0x42, 0, 1, b'n', 0, 3, b'J', 0xf8, b'n', 3];
    let (message, _) = decode(Bytes::copy_from_slice(&octets), Limits::REQUEST).unwrap();
    assert_eq!(message.group(GroupTag::Operation).unwrap().text("n"), Some("Jøn"));
}

#[test]
fn overlong_text_is_cut_at_a_character_when_written() {
    let message = Message {
        groups: vec![
            Group::new(GroupTag::Operation)
                .with("a", Value::text("é".repeat(40_000)))
                .with("b", Value::NoValue),
        ],
        ..Message::request(Version::V1_1, Operation::PrintJob, 1)
    };
    let (decoded, rest) = decode(message.encode(), Limits::REQUEST).unwrap();
    assert!(rest.is_empty());
    let group = decoded.group(GroupTag::Operation).unwrap();
    assert_eq!(group.text("a").unwrap().len(), 0x7ffe);
    assert!(group.get("b").is_some());
}

#[test]
fn instants_become_dates_of_the_gregorian_calendar() {
    let rows = [
        (0, [0x07, 0xb2, 1, 1, 0, 0, 0]),
        (951_782_399, [0x07, 0xd0, 2, 28, 23, 59, 59]),
        (951_782_400, [0x07, 0xd0, 2, 29, 0, 0, 0]),
        (951_868_800, [0x07, 0xd0, 3, 1, 0, 0, 0]),
        (1_735_689_599, [0x07, 0xe8, 12, 31, 23, 59, 59]),
        (-1, [0x07, 0xb1, 12, 31, 23, 59, 59]),
        (4_107_542_400, [0x08, 0x34, 3, 1, 0, 0, 0]),
    ];
    for (seconds, expected) in rows {
        let DateTime(octets) = DateTime::from_unix(seconds, 3);
        assert_eq!(octets[..7], expected, "{seconds}");
        assert_eq!(octets[7..], [3, b'+', 0, 0]);
    }
}

#[test]
fn codes_round_trip_and_are_unique() {
    for pair in Operation::ALL.windows(2) {
        assert!(pair[0].code() < pair[1].code());
    }
    for status in Status::ALL {
        assert_eq!(Status::from_code(status.code()), Some(*status));
        assert_eq!(Status::is_success(status.code()), status.name().starts_with("successful"));
    }
}

#[test]
fn client_and_answer_understand_each_other() {
    let mut requests = Requests::new("ipp://host/ipp/print/q", "ann");
    let options = JobOptions {
        name: "Report".into(),
        format: "application/pdf".into(),
        compression: "gzip".into(),
        template: vec![Attribute::new("copies", Value::Integer(2))],
        ..JobOptions::default()
    };
    let print = requests.print_job(&options);
    let names: Vec<_> = print.groups[0].attributes.iter().map(|attribute| attribute.name.as_ref()).collect();
    assert_eq!(
        names,
        [
            "attributes-charset",
            "attributes-natural-language",
            "printer-uri",
            "requesting-user-name",
            "job-name",
            "compression",
            "document-format"
        ]
    );
    assert_eq!(print.group(GroupTag::Job).unwrap().integer("copies"), Some(2));
    let send = requests.send_document(17, &options, true);
    assert_eq!((print.request_id, send.request_id), (1, 2));
    assert_eq!(send.groups[0].attributes[3].name, "job-id", "the target follows charset and language");
    assert_eq!(send.groups[0].boolean("last-document"), Some(true));

    let mut out = BytesMut::new();
    let mut writer = Writer::new(&mut out);
    writer.header(Version::V2_0, Status::Ok.code(), 2).group(GroupTag::Operation);
    writer.attribute("attributes-charset").charset("utf-8");
    for id in [17, 18] {
        writer.group(GroupTag::Job);
        writer.attribute("job-id").integer(id);
        writer.attribute("job-state").enumeration(JobState::PendingHeld.code());
        writer.attribute("job-state-reasons").keyword("none").keyword("job-hold-until-specified");
    }
    writer.end();
    let (answer, _) = decode(out.freeze(), Limits::RESPONSE).unwrap();
    outcome(&answer).unwrap();
    let jobs = JobStatus::all(&answer);
    assert_eq!(jobs.len(), 2);
    assert_eq!(jobs[1].id, 18);
    assert_eq!(jobs[1].state, Some(JobState::PendingHeld));
    assert_eq!(jobs[1].reasons, ["job-hold-until-specified"]);
}

#[test]
fn a_refusal_tells_keyword_and_sentence() {
    let mut answer = Message::response(Version::V2_0, Status::NotFound, 1);
    answer.groups.push(Group::new(GroupTag::Operation).with("status-message", Value::text("no such queue")));
    let refused = outcome(&answer).unwrap_err();
    assert_eq!(refused.to_string(), "client-error-not-found: no such queue");
    answer.code = 0x04f1;
    assert_eq!(outcome(&answer).unwrap_err().keyword, "status-0x04f1");
}

#[test]
fn a_printer_answer_reads_as_its_status() {
    let mut answer = Message::response(Version::V2_0, Status::Ok, 1);
    answer.groups.push(
        Group::new(GroupTag::Printer)
            .with("printer-state", Value::Enum(5))
            .with_all("printer-state-reasons", Value::keywords(["media-empty-error", "none"]))
            .with("printer-is-accepting-jobs", Value::Boolean(false))
            .with_all("operations-supported", vec![Value::Enum(2), Value::Enum(0x3fff)]),
    );
    let printer = PrinterStatus::of(&answer).unwrap();
    assert_eq!(printer.state, Some(PrinterState::Stopped));
    assert_eq!(printer.reasons, ["media-empty-error"]);
    assert!(!printer.accepting);
    assert_eq!(printer.operations, [Operation::PrintJob]);
}

#[test]
fn the_corpus_holds_the_three_properties() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus/ipp");
    let mut files = 0;
    for entry in std::fs::read_dir(&folder).expect("the corpus is committed") {
        properties::ipp(&std::fs::read(entry.unwrap().path()).unwrap());
        files += 1;
    }
    assert!(files >= 20, "only {files} files in {}", folder.display());
}

/// Requests as real clients sent them, captured at a socket; what must be found in each.
#[test]
fn golden_captures_read_as_their_clients_meant_them() {
    let rows = [
        ("cups-2.4-get-printer-attributes", Operation::GetPrinterAttributes, "requested-attributes"),
        ("cups-2.4-create-job", Operation::CreateJob, "job-name"),
        ("cups-2.4-send-document", Operation::SendDocument, "last-document"),
        ("cups-2.4-validate-job", Operation::ValidateJob, "document-format"),
        ("ipptool-2.4-print-job", Operation::PrintJob, "document-format"),
        ("ipptool-2.4-get-jobs", Operation::GetJobs, "printer-uri"),
    ];
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus/ipp");
    for (file, operation, attribute) in rows {
        let octets = std::fs::read(folder.join(file)).unwrap_or_else(|error| panic!("{file}: {error}"));
        let (message, _) = decode(octets.clone().into(), Limits::REQUEST).unwrap();
        assert_eq!(message.operation(), Some(operation), "{file}");
        assert!(message.attribute(GroupTag::Operation, attribute).is_some(), "{file} lacks {attribute}");
        let encoded = message.encode();
        assert_eq!(encoded, octets[..encoded.len()], "{file}: our encoding is the client's, octet for octet");
    }
}

fn any_text() -> impl Strategy<Value = Text> {
    "\\PC{0,40}".prop_map(Text::from)
}

fn any_name() -> impl Strategy<Value = Text> {
    "[a-z][a-z0-9-]{0,30}".prop_map(Text::from)
}

fn any_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::NoValue),
        Just(Value::Unknown),
        Just(Value::Unsupported),
        Just(Value::DeleteAttribute),
        any::<i32>().prop_map(Value::Integer),
        any::<i32>().prop_map(Value::Enum),
        any::<bool>().prop_map(Value::Boolean),
        any::<(i32, i32)>().prop_map(|(lower, upper)| Value::Range(lower, upper)),
        any::<[u8; 11]>().prop_map(|octets| Value::DateTime(DateTime(octets))),
        any::<(i32, i32)>().prop_map(|(cross_feed, feed)| Value::Resolution(Resolution {
            cross_feed,
            feed,
            units: Units::DotsPerCm
        })),
        vec(any::<u8>(), 0..60).prop_map(|octets| Value::OctetString(octets.into())),
        vec(any::<u8>(), 0..60).prop_map(|octets| Value::Other { tag: 0x5a, bytes: octets.into() }),
        any_text().prop_map(Value::Text),
        any_text().prop_map(Value::Name),
        any_name().prop_map(Value::Keyword),
        any_text().prop_map(Value::Uri),
        any_text().prop_map(Value::MimeMediaType),
        (any_name(), any_text()).prop_map(|(language, text)| Value::TextWithLanguage { language, text }),
        (any_name(), any_text()).prop_map(|(language, name)| Value::NameWithLanguage { language, name }),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        vec((any_name(), vec(inner, 1..4)), 0..4).prop_map(|members| {
            Value::Collection(members.into_iter().map(|(name, values)| Attribute { name, values }).collect())
        })
    })
}

fn any_message() -> impl Strategy<Value = Message> {
    let attribute =
        (any_name(), vec(any_value(), 1..4)).prop_map(|(name, values)| Attribute { name, values });
    let group = (1_u8..15, vec(attribute, 0..6)).prop_map(|(tag, attributes)| Group {
        tag: GroupTag::from_code(tag).unwrap_or(GroupTag::Job),
        attributes,
    });
    (any::<(u8, u8)>(), any::<u16>(), any::<u32>(), vec(group, 0..5)).prop_map(
        |((major, minor), code, request_id, groups)| Message {
            version: Version { major, minor },
            code,
            request_id,
            groups,
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_message_round_trips_in_any_chunking(message in any_message(), document in vec(any::<u8>(), 0..100)) {
        let mut octets = message.encode().to_vec();
        octets.extend_from_slice(&document);
        let (decoded, rest) = decode(Bytes::from(octets.clone()), Limits::REQUEST).unwrap();
        prop_assert_eq!(decoded, message);
        prop_assert_eq!(rest, document);
        properties::ipp(&octets);
    }

    #[test]
    fn any_octets_hold_the_properties(octets in vec(any::<u8>(), 0..300)) {
        properties::ipp(&octets);
    }

    #[test]
    fn any_damage_holds_the_three_properties(message in any_message(), at in any::<prop::sample::Index>(), with in any::<u8>()) {
        let mut octets = message.encode().to_vec();
        let index = at.index(octets.len());
        octets[index] = with;
        properties::ipp(&octets);
    }
}

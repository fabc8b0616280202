use std::path::Path;
use std::time::{Duration, Instant};

use bytes::Bytes;
use proptest::collection::vec;
use proptest::prelude::*;

use wire::lpd::listing::{Entry, state};
use wire::lpd::*;

use crate::properties::{self, accept, play};

const CONTROL: &str = "Hpc-7\nPann\nJReport\nldfA001pc-7\nUdfA001pc-7\nNreport.ps\n";

fn file(code: u8, name: &str, content: &[u8]) -> Vec<u8> {
    let mut octets = vec![code];
    octets.extend(format!("{} {name}\n", content.len()).bytes());
    octets.extend(content);
    octets.push(0);
    octets
}

fn job(parts: &[Vec<u8>]) -> Vec<u8> {
    [b"\x02pull\n".to_vec(), parts.concat()].concat()
}

fn report() -> About {
    About { user: "ann".into(), host: "pc-7".into(), title: "Report".into(), copies: 1, format: 'l' }
}

#[test]
fn control_file_first() {
    let input = job(&[file(2, "cfA001pc-7", CONTROL.as_bytes()), file(3, "dfA001pc-7", b"%!PS\nshowpage")]);
    let outcome = play([&input[..]].into_iter(), accept);
    assert_eq!(
        outcome.events,
        [
            Event::ReceiveJob { queue: "pull".into() },
            Event::DocumentBegin { document: 0, about: Some(report()), bytes: Some(13) },
            Event::DocumentData(Bytes::from_static(b"%!PS\nshowpage")),
            Event::DocumentEnd { document: 0 },
        ]
    );
    assert_eq!(outcome.written, [0; 5]);
}

#[test]
fn data_file_first() {
    let input = job(&[file(3, "dfA001pc-7", b"data"), file(2, "cfA001pc-7", CONTROL.as_bytes())]);
    let outcome = play([&input[..]].into_iter(), accept);
    assert_eq!(
        outcome.events,
        [
            Event::ReceiveJob { queue: "pull".into() },
            Event::DocumentBegin { document: 0, about: None, bytes: Some(4) },
            Event::DocumentData(Bytes::from_static(b"data")),
            Event::DocumentEnd { document: 0 },
            Event::DocumentsDescribed(vec![(0, report())]),
        ]
    );
    assert_eq!(outcome.written, [0; 5]);
}

#[test]
fn a_data_file_without_control_file_leaves_nothing() {
    let outcome = play([&job(&[file(3, "dfA001pc-7", b"data")])[..]].into_iter(), accept);
    assert_eq!(outcome.events.last(), Some(&Event::Aborted));
}

#[test]
fn two_jobs_on_one_connection_keep_their_owners() {
    let second = CONTROL.replace("ann", "bob").replace("001", "002");
    let input = job(&[
        file(2, "cfA001pc-7", CONTROL.as_bytes()),
        file(3, "dfA001pc-7", b"one"),
        file(3, "dfA002pc-7", b"two"),
        file(2, "cfA002pc-7", second.as_bytes()),
    ]);
    let outcome = play([&input[..]].into_iter(), accept);
    let Some(Event::DocumentsDescribed(described)) = outcome.events.last() else { panic!("{outcome:?}") };
    assert_eq!(described, &[(1, About { user: "bob".into(), ..report() })]);
}

#[test]
fn a_document_of_unknown_length_ends_with_the_connection() {
    for length in ["0", "4294967295", "125899906843000"] {
        let mut input = job(&[file(2, "cfA001pc-7", CONTROL.as_bytes())]);
        input.extend(format!("\x03{length} dfA001pc-7\n").bytes());
        input.extend(b"streamed\0\0");
        let outcome = play([&input[..]].into_iter(), accept);
        assert_eq!(
            outcome.events[1..],
            [
                Event::DocumentBegin { document: 0, about: Some(report()), bytes: None },
                Event::DocumentData(Bytes::from_static(b"streamed\0\0")),
                Event::DocumentEnd { document: 0 },
            ],
            "{length}"
        );
    }
}

#[test]
fn an_empty_file_is_told_from_a_streamed_one_by_the_silence_after_its_zero() {
    let mut octets = job(&[file(2, "cfA001pc-7", CONTROL.as_bytes())]);
    octets.extend(b"\x030 dfA001pc-7\n\0");
    let mut now = Instant::now();
    let mut session = Session::new(Limits::DAEMON);
    session.handle_input(octets.into(), now);
    let mut events = Vec::new();
    for _ in 0..3 {
        while let Some(event) = session.poll_event() {
            session.handle_answer(accept(&event), now);
            events.push(event);
        }
        if let Some(at) = session.poll_timeout() {
            now = at + Duration::from_millis(1);
            session.handle_timeout(now);
        }
    }
    assert_eq!(events.last(), Some(&Event::DocumentEnd { document: 0 }));
    assert!(!events.iter().any(|event| matches!(event, Event::DocumentData(_))));
    assert_eq!(session.poll_timeout(), None);

    // Epson's ESC/P-R begins with zero octets: what follows makes it a document.
    let mut input = job(&[file(2, "cfA001pc-7", CONTROL.as_bytes())]);
    input.extend(b"\x030 dfA001pc-7\n\0\0\0\x1b\x01@EJL");
    let outcome = play(input.chunks(1), accept);
    assert!(outcome.events.contains(&Event::DocumentData(Bytes::from_static(b"\0\0\0\x1b\x01@EJL"))));
}

#[test]
fn copies_are_asked_for_by_naming_the_file_again_or_by_lprng() {
    let twice = CONTROL.replace("ldfA001pc-7\n", "ldfA001pc-7\nldfA001pc-7\n");
    assert_eq!(ControlFile::parse(twice.as_bytes()).about("dfA001pc-7").unwrap().copies, 2);
    let lprng = CONTROL.replace("JReport\n", "JReport\nK3\n");
    assert_eq!(ControlFile::parse(lprng.as_bytes()).about("dfA001pc-7").unwrap().copies, 3);
    assert_eq!(ControlFile::parse(b"K999999999\nldfA").about("dfA").unwrap().copies, 9_999);
}

#[test]
fn a_title_is_the_job_name_else_the_file_name_else_the_data_file() {
    let rows = [
        ("JReport\nldfA\nNa.ps\nTtitle\n", "Report"),
        ("ldfA\nNa.ps\nTtitle\n", "a.ps"),
        ("Ttitle\nldfA\n", "title"),
        ("ldfA\n", "dfA"),
        ("J/home/ann/a/b.ps\nldfA\n", "b.ps"),
        ("J/\nldfA\n", "/"),
        ("Jeither/or\nldfA\n", "either/or"),
    ];
    for (control, title) in rows {
        assert_eq!(ControlFile::parse(control.as_bytes()).about("dfA").unwrap().title, title);
    }
    assert_eq!(ControlFile::parse(b"P\xe5se\nldfA\n").about("dfA").unwrap().user, "åse");
}

#[test]
fn commands_other_than_receiving() {
    let rows: [(&[u8], Event, &[u8]); 4] = [
        (b"\x01pull\n", Event::PrintWaiting { queue: "pull".into() }, &[0]),
        (
            b"\x03pull ann 17\n",
            Event::State { queue: "pull".into(), long: false, operands: vec!["ann".into(), "17".into()] },
            b"no entries\n",
        ),
        (b"\x04pull\n", Event::State { queue: "pull".into(), long: true, operands: vec![] }, b"no entries\n"),
        (
            b"\x05pull ann 17\n",
            Event::Remove { queue: "pull".into(), agent: "ann".into(), operands: vec!["17".into()] },
            &[0],
        ),
    ];
    for (input, event, written) in rows {
        let outcome = play([input].into_iter(), accept);
        assert_eq!(outcome.events, [event]);
        assert_eq!(outcome.written, written);
    }
}

#[test]
fn a_refusal_says_whether_to_try_again_and_ends_the_session() {
    for (refusal, octet) in [(Refusal::Later, 1), (Refusal::Never, 2)] {
        let outcome = play([&b"\x02nowhere\n\x031 dfA\nx\0"[..]].into_iter(), |_| Answer::Refuse(refusal));
        assert_eq!(outcome.events, [Event::ReceiveJob { queue: "nowhere".into() }]);
        assert_eq!(outcome.written, [octet]);
    }
}

#[test]
fn what_the_peer_takes_back_or_loses_is_aborted() {
    let rows: [&[u8]; 4] = [
        b"\x02q\n\x0310 dfA\nhalf",
        b"\x02q\n\x032 dfA\nab",
        b"\x02q\n\x0210 cfA\nhalf",
        b"\x02q\n\x032 dfA\nab\0\x01\n",
    ];
    for input in rows {
        let outcome = play([input].into_iter(), accept);
        assert_eq!(outcome.events.last(), Some(&Event::Aborted), "{input:?}");
    }
}

#[test]
fn every_limit_and_wrong_octet_is_named() {
    let mut many = b"\x02q\n".to_vec();
    (0..9).for_each(|index| many.extend(file(3, &format!("df{index}"), b"x")));
    let rows: [(Vec<u8>, Error); 9] = [
        (vec![2; 2_000], Error::TooLarge { limit: "line_bytes_max", max: 1_024 }),
        (b"\x02q\n\x0299999 cfA\n".to_vec(), Error::TooLarge { limit: "control_bytes_max", max: 65_536 }),
        (many, Error::TooLarge { limit: "undescribed_max", max: 8 }),
        (b"\n".to_vec(), Error::Malformed { what: "an empty command" }),
        (b"GET / HTTP/1.1\n".to_vec(), Error::Malformed { what: "an unknown command" }),
        (b"\x02q\n\n".to_vec(), Error::Malformed { what: "an empty subcommand" }),
        (b"\x02q\n\x07x\n".to_vec(), Error::Malformed { what: "an unknown subcommand" }),
        (b"\x02q\n\x03-1 dfA\n".to_vec(), Error::Malformed { what: "a file length that is no number" }),
        (
            b"\x02q\n\x031 dfA\nxy".to_vec(),
            Error::Malformed { what: "a file is not followed by a zero octet" },
        ),
    ];
    for (input, error) in rows {
        for size in [1, 3, 10_000] {
            let outcome = play(input.chunks(size), accept);
            assert_eq!(outcome.events.last(), Some(&Event::Failed(error.clone())), "chunks of {size}");
            assert_eq!(outcome.written.last(), Some(&2));
        }
    }
}

#[test]
fn queue_state_reads_as_people_know_it_and_cannot_steer_a_terminal() {
    let entries = [
        Entry { id: 17, owner: "ann", name: "Report", host: "pc-7", bytes: 1_234, active: true },
        Entry { id: 18, owner: "bob", name: "\u{1b}[2Jevil", host: "pc-8", bytes: 9, active: false },
    ];
    let short = state("pull is ready", &entries, false);
    assert_eq!(
        short,
        "pull is ready\n\
         Rank    Owner            Job     File(s)                         Total Size\n\
         active  ann              17      Report                          1234 bytes\n\
         2       bob              18      ?[2Jevil                        9 bytes\n"
    );
    let long = state("pull is ready", &entries, true);
    assert!(long.contains("ann: active") && long.contains("[job 17 pc-7]"), "{long}");
    assert_eq!(state("pull is ready", &[], false), "pull is ready\nno entries\n");
}

#[test]
fn the_corpus_holds_the_properties() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus/lpd");
    let mut files = 0;
    for entry in std::fs::read_dir(&folder).expect("the corpus is committed") {
        properties::lpd(&std::fs::read(entry.unwrap().path()).unwrap());
        files += 1;
    }
    assert!(files >= 10, "only {files} files in {}", folder.display());
}

/// What rlpr and the CUPS lpd backend sent, captured at a socket.
#[test]
fn golden_captures_read_as_their_clients_meant_them() {
    for (name, user, title) in [
        ("rlpr-2.05", "root", "d.pdf"),
        ("cups-2.4-backend", "ann", "Report"),
        ("cups-2.4-backend-data-first", "ann", "Report"),
    ] {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus/lpd");
        let octets = std::fs::read(folder.join(name)).unwrap_or_else(|error| panic!("{name}: {error}"));
        let outcome = play([&octets[..]].into_iter(), accept);
        let about = outcome.events.iter().find_map(|event| match event {
            Event::DocumentBegin { about: Some(about), .. } => Some(about.clone()),
            Event::DocumentsDescribed(described) => Some(described[0].1.clone()),
            _ => None,
        });
        let about = about.unwrap_or_else(|| panic!("{name}: {outcome:?}"));
        assert_eq!((about.user.as_str(), about.title.as_str()), (user, title), "{name}");
        assert!(outcome.events.iter().any(|event| matches!(event, Event::DocumentEnd { .. })), "{name}");
        assert!(outcome.written.iter().all(|&octet| octet == 0), "{name}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_octets_hold_the_properties(octets in vec(any::<u8>(), 0..200)) {
        properties::lpd(&octets);
    }

    #[test]
    fn any_job_holds_the_properties(
        data in vec(any::<u8>(), 1..200),
        control_first in any::<bool>(),
        damage in proptest::option::of((any::<prop::sample::Index>(), any::<u8>())),
    ) {
        let control = file(2, "cfA001pc-7", CONTROL.as_bytes());
        let document = file(3, "dfA001pc-7", &data);
        let mut octets = job(&if control_first { [control, document] } else { [document, control] });
        match damage {
            Some((at, with)) => {
                let index = at.index(octets.len());
                octets[index] = with;
            }
            None => {
                let outcome = play([&octets[..]].into_iter(), accept);
                prop_assert!(outcome.events.contains(&Event::DocumentData(Bytes::from(data))));
                prop_assert_eq!(outcome.written, [0; 5]);
            }
        }
        properties::lpd(&octets);
    }
}

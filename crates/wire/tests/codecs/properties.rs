//! What must hold for any octets: checked here over the corpora and generated input, and by the
//! fuzz targets, which include this file.

use std::time::Instant;

use bytes::Bytes;
use wire::ipp::decode::{Decoder, Limits as IppLimits, decode};
use wire::lpd::{Answer, Event, Limits as LpdLimits, Session};

/// Whatever the octets: no panic; what is understood survives being sent on; and cutting the same
/// octets anywhere changes nothing.
pub(crate) fn ipp(input: &[u8]) {
    let whole = decode(Bytes::copy_from_slice(input), IppLimits::REQUEST);
    if let Ok((message, _)) = &whole {
        let (again, rest) =
            decode(message.encode(), IppLimits::RESPONSE).expect("what was read can be read again");
        assert_eq!(&again, message);
        assert!(rest.is_empty());
    }
    for size in [1, 2, 7, 64] {
        let mut decoder = Decoder::new(IppLimits::REQUEST);
        let mut result = None;
        let mut document = Vec::new();
        for chunk in input.chunks(size) {
            match &mut result {
                Some(Ok(_)) => document.extend_from_slice(chunk),
                Some(Err(_)) => break,
                None => match decoder.push(Bytes::copy_from_slice(chunk)) {
                    Ok(Some((message, rest))) => {
                        document.extend_from_slice(&rest);
                        result = Some(Ok(message));
                    }
                    Ok(None) => {}
                    Err(error) => result = Some(Err(error)),
                },
            }
        }
        let chunked = result.unwrap_or_else(|| Err(decoder.truncated()));
        match (&whole, chunked) {
            (Ok((message, rest)), Ok(chunked)) => {
                assert_eq!(message, &chunked);
                assert_eq!(rest, &document);
            }
            (Err(error), Err(chunked)) => assert_eq!(error, &chunked),
            (whole, chunked) => panic!("in chunks of {size}: {whole:?} became {chunked:?}"),
        }
    }
}

/// Whatever the octets: no panic, an end, and the same events however they are cut.
pub(crate) fn lpd(input: &[u8]) {
    let whole = play([input].into_iter(), accept);
    for size in [1, 2, 7, 64] {
        assert_eq!(play(input.chunks(size), accept), whole, "in chunks of {size}");
    }
}

/// Whatever the octets: no panic, what is understood survives being sent on, and no answer is longer than a datagram.
pub(crate) fn snmp(input: &[u8]) {
    use wire::snmp::{Oid, Value, agent, decode, encode, limits::DATAGRAM_BYTES};
    let Ok(message) = decode(input) else { return };
    let again = encode(&message);
    if again.len() <= DATAGRAM_BYTES {
        assert_eq!(decode(&again).as_ref(), Ok(&message));
    }
    let names = [&[1, 3, 6, 1, 2, 1, 1, 1, 0][..], &[1, 3, 6, 1, 2, 1, 43, 10, 2, 1, 4, 1, 1]];
    let name = |arcs: &[u32]| Oid::new(arcs).expect("an identifier");
    let table = names.map(|arcs| (name(arcs), Value::OctetString(vec![7; 400].into()))).into();
    if let Some(answer) = agent::answer(&message, &message.community, &table) {
        assert_eq!(answer.pdu.request_id, message.pdu.request_id);
        // A refusal repeats the question, which may have been shorter when somebody else wrote it.
        assert!(encode(&answer).len() <= DATAGRAM_BYTES.max(again.len()));
    }
}

/// What one conversation came to: events with data joined, and octets written.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Outcome {
    pub(crate) events: Vec<Event>,
    pub(crate) written: Vec<u8>,
}

/// Plays `chunks` and the end of the connection to a session whose server answers with `answer`.
pub(crate) fn play<'a>(
    chunks: impl Iterator<Item = &'a [u8]>,
    mut answer: impl FnMut(&Event) -> Answer,
) -> Outcome {
    let now = Instant::now();
    let mut session = Session::new(LpdLimits::DAEMON);
    let mut outcome = Outcome::default();
    let mut settle = |session: &mut Session| {
        loop {
            while let Some(octets) = session.poll_transmit() {
                outcome.written.extend_from_slice(&octets);
            }
            let Some(event) = session.poll_event() else { break };
            let wants_answer = !matches!(event, Event::DocumentData(_) | Event::Aborted | Event::Failed(_));
            match (&event, outcome.events.last_mut()) {
                (Event::DocumentData(more), Some(Event::DocumentData(data))) => {
                    *data = [&data[..], &more[..]].concat().into();
                }
                _ => outcome.events.push(event.clone()),
            }
            if wants_answer {
                assert!(!session.wants_input(), "no input while an answer is due");
                session.handle_answer(answer(&event), now);
            }
        }
    };
    for chunk in chunks {
        session.handle_input(Bytes::copy_from_slice(chunk), now);
        settle(&mut session);
    }
    session.handle_end(now);
    settle(&mut session);
    assert!(session.is_closed(), "the end of the connection ends the session");
    outcome
}

pub(crate) fn accept(event: &Event) -> Answer {
    match event {
        Event::State { .. } => Answer::Text("no entries\n".into()),
        _ => Answer::Accept,
    }
}

/// Whatever the octets: no panic, nothing carried out before a log-in, and the same events however they are
/// cut.
pub(crate) fn console(input: &[u8]) {
    let whole = console_play([input].into_iter());
    for size in [1, 2, 7, 64] {
        assert_eq!(console_play(input.chunks(size)), whole, "in chunks of {size}");
    }
}

fn console_play<'a>(chunks: impl Iterator<Item = &'a [u8]>) -> (Vec<String>, Vec<u8>, bool) {
    use wire::console::{Command, Event, Session, limits};
    let now = Instant::now();
    let mut session = Session::new("console", now);
    let (mut events, mut output, mut logged_in) = (Vec::new(), session.take_output(), false);
    // Cut into less than what may wait, so that only the content decides.
    for chunk in chunks.flat_map(|chunk| chunk.chunks(limits::WAITING_BYTES_MAX / 2)) {
        session.handle_input(chunk, now);
        while let Some(event) = session.poll_event() {
            match event {
                Event::Login { logon, password } => {
                    assert!(!logged_in, "somebody logs in once");
                    logged_in = password.len() % 2 == 0;
                    events.push(format!("{logon}:{}", password.as_str()));
                    session.login_answer(logged_in, "judged", now);
                }
                Event::Command(command) => {
                    assert!(logged_in, "{command} came before the log-in");
                    let typed = command.to_string();
                    assert_eq!(Command::parse(&typed), Ok(Some(command)), "what is audited can be typed");
                    events.push(typed);
                    session.answer("done", now);
                }
            }
        }
        output.extend(session.take_output());
    }
    (events, output, session.is_ended())
}

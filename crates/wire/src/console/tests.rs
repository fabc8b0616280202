use std::time::{Duration, Instant};

use super::limits::{
    IDLE_LIMIT, LINE_BYTES_MAX, LOGIN_LIMIT, LOGINS_MAX, NEGOTIATIONS_MAX, WAITING_BYTES_MAX,
};
use super::*;

/// What a session does with `input`: its events and what it says, when every log-in is right and every command is answered
/// with "done".
fn play(input: &[&[u8]]) -> (Vec<String>, String, bool) {
    let now = Instant::now();
    let mut session = Session::new("hello", now);
    let (mut events, mut output) = (Vec::new(), session.take_output());
    for octets in input {
        session.handle_input(octets, now);
        while let Some(event) = session.poll_event() {
            match event {
                Event::Login { logon, password } => {
                    events.push(format!("{logon}/{}", password.as_str()));
                    session.login_answer(true, "welcome", now);
                }
                Event::Command(command) => {
                    events.push(command.to_string());
                    session.answer("done", now);
                }
            }
        }
        output.extend(session.take_output());
    }
    output.retain(|octet| *octet < 128);
    (events, String::from_utf8_lossy(&output).into_owned(), session.is_ended())
}

#[test]
fn ops_5_lines_of_every_kind_of_client_are_understood() {
    let rows: &[(&str, &[u8], &[&str])] = &[
        ("telnet in line mode", b"admin\r\nsecret\r\nserver info\r\n", &["admin/secret", "server info"]),
        ("nc", b"admin\nsecret\ntrace info\n", &["admin/secret", "trace info"]),
        (
            "carriage return and NUL",
            b"admin\r\0secret\r\0multiple info\r\0",
            &["admin/secret", "multiple info"],
        ),
        ("a carriage return alone", b"admin\rsecret\rmultiple info\r", &["admin/secret", "multiple info"]),
        ("backspace and delete", b"admim\x08n\rsecrex\x7ft\r", &["admin/secret"]),
        ("a character of two octets is taken back whole", b"admi\xc3\xa4\x08n\rs\r", &["admin/s"]),
        ("a line begun again", b"root\x15admin\rs\r", &["admin/s"]),
        ("a password keeps its spaces", b"admin\n se cret \n", &["admin/ se cret "]),
        (
            "options are refused and are no text",
            b"\xff\xfd\x03ad\xff\xfb\x18min\n\xff\xfd\x01s\n",
            &["admin/s"],
        ),
        ("a subnegotiation is passed over", b"ad\xff\xfa\x18\x00xterm\xff\xff\xff\xf0min\ns\n", &["admin/s"]),
        ("telnet's own erase", b"adminx\xff\xf7\nrubbish\xff\xf8s\n", &["admin/s"]),
    ];
    for (what, input, expected) in rows {
        let (events, ..) = play(&[input]);
        assert_eq!(&events, expected, "{what}");
        let octets: Vec<&[u8]> = input.chunks(1).collect();
        assert_eq!(&play(&octets).0, expected, "{what}, octet by octet");
    }
}

#[test]
fn ops_5_every_command_of_the_guide_is_read() {
    use TraceChange::{Count, Off, On, Path, Size, Store};
    let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    let rows = [
        ("help", Command::Help(String::new())),
        ("?", Command::Help(String::new())),
        ("help trace on", Command::Help("trace on".into())),
        ("LogOff", Command::Logoff),
        ("  multiple   info ", Command::MultipleInfo),
        ("server info", Command::ServerInfo),
        ("Server DB Info", Command::ServerDbInfo),
        ("server restart OK JobServer", Command::ServerRestart("jobserver".into())),
        ("trace info", Command::TraceInfo),
        ("trace on", Command::Trace(On(vec![]))),
        ("trace on jobserver portserver", Command::Trace(On(names(&["jobserver", "portserver"])))),
        ("trace off", Command::Trace(Off)),
        ("trace path /var/Trace files", Command::Trace(Path("/var/Trace files".into()))),
        ("trace path", Command::Trace(Path(String::new()))),
        ("trace size 2048", Command::Trace(Size(2_048))),
        ("trace count 3", Command::Trace(Count(3))),
        ("trace Store", Command::Trace(Store)),
    ];
    for (line, expected) in rows {
        assert_eq!(Command::parse(line), Ok(Some(expected.clone())), "{line}");
        assert_eq!(Command::parse(&expected.to_string()), Ok(Some(expected)), "what is audited can be typed");
    }
    assert_eq!(Command::parse("   "), Ok(None));
}

#[test]
fn ops_5_what_is_no_command_is_told_how_it_is_written() {
    let rows = [
        ("format c:", "unknown command"),
        ("server", "usage: server info"),
        ("server restart jobserver", "usage: server restart OK NAME"),
        ("server restart ok jobserver", "usage: server restart OK NAME"),
        ("server restart OK", "usage: server restart OK NAME"),
        ("server db", "usage: server db info"),
        ("multiple", "usage: multiple info"),
        ("trace", "usage: trace info"),
        ("trace size big", "usage: trace info"),
        ("trace size -1", "usage: trace info"),
        ("trace of", "usage: trace info"),
    ];
    for (line, expected) in rows {
        let refusal = Command::parse(line).expect_err(line).to_string();
        assert!(refusal.starts_with(expected), "{line}: {refusal}");
    }
}

#[test]
fn ops_5_help_names_every_command_and_help_of_one_only_that() {
    for line in help("").lines() {
        let usage = line.split("  ").next().unwrap_or_default();
        let typed: Vec<&str> = usage
            .split_whitespace()
            .map_while(|word| match word {
                "N" => Some("5"),
                "NAME" => Some("all"),
                word if word.starts_with('[') => None,
                word => Some(word),
            })
            .collect();
        assert!(matches!(Command::parse(&typed.join(" ")), Ok(Some(_))), "{usage}");
    }
    assert_eq!(help("trace o").lines().count(), 2);
    assert_eq!(help("no such"), help(""));
}

#[test]
fn ops_5_nothing_is_done_before_the_log_in_and_three_failures_end_the_session() {
    let now = Instant::now();
    let mut session = Session::new("hello", now);
    session.handle_input(b"server restart OK all\ntrace on\n", now);
    let Some(Event::Login { logon, .. }) = session.poll_event() else { panic!("a log-in comes first") };
    assert_eq!(logon, "server restart OK all");
    session.login_answer(false, "no", now);
    for attempt in 1..LOGINS_MAX {
        assert!(!session.is_ended());
        session.handle_input(format!("admin\nguess{attempt}\n").as_bytes(), now);
        assert!(matches!(session.poll_event(), Some(Event::Login { .. })));
        session.login_answer(false, "no", now);
    }
    assert!(session.is_ended());
    session.handle_input(b"admin\nsecret\n", now);
    assert_eq!(session.poll_event(), None);
}

#[test]
fn ops_5_a_password_is_neither_echoed_nor_said() {
    let (_, said, _) = play(&[b"admin\n", b"open sesame\n", b"help\n"]);
    assert!(!said.contains("sesame"), "{said}");
    let now = Instant::now();
    let mut session = Session::new("hello", now);
    session.handle_input(b"admin\n", now);
    assert!(session.take_output().ends_with(&telnet::ECHO_OFF_AT_CLIENT));
    session.handle_input(b"open sesame\n", now);
    assert!(session.take_output().starts_with(&telnet::ECHO_ON_AT_CLIENT));
}

#[test]
fn ops_5_input_waits_while_a_command_is_carried_out_and_is_bounded() {
    let now = Instant::now();
    let mut session = Session::new("hello", now);
    session.handle_input(b"admin\nsecret\nserver info\nmultiple info\n", now);
    assert!(session.is_busy());
    assert!(matches!(session.poll_event(), Some(Event::Login { .. })));
    session.login_answer(true, "welcome", now);
    assert_eq!(session.poll_event(), Some(Event::Command(Command::ServerInfo)));
    assert_eq!(session.poll_event(), None, "one after the other");
    session.answer("fine", now);
    assert_eq!(session.poll_event(), Some(Event::Command(Command::MultipleInfo)));
    for _ in 0..WAITING_BYTES_MAX / 512 + 1 {
        session.handle_input(&[b'x'; 512], now);
    }
    assert!(session.is_ended());
}

#[test]
fn ops_5_lines_and_requests_are_bounded() {
    let mut long = b"admin\nsecret\n".to_vec();
    long.extend(vec![b'x'; LINE_BYTES_MAX + 1]);
    long.extend(b"\nserver info\n");
    let (events, said, ended) = play(&[&long]);
    assert_eq!(events, ["admin/secret", "server info"]);
    assert!(said.contains("too long") && !ended, "{said}");

    let (events, said, _) = play(&[b"admin\nsecret\n\xc3\n"]);
    assert!(events.len() == 1 && said.contains("no UTF-8"), "{said}");

    let asking: Vec<u8> = [255, 253, 3].repeat(NEGOTIATIONS_MAX as usize + 1);
    assert!(play(&[&asking]).2);
}

#[test]
fn ops_5_silence_ends_the_session_but_not_while_a_command_is_carried_out() {
    let now = Instant::now();
    let mut session = Session::new("hello", now);
    assert_eq!(session.poll_timeout(), Some(now + LOGIN_LIMIT));
    session.handle_timeout(now + LOGIN_LIMIT - Duration::from_millis(1));
    assert!(!session.is_ended());
    session.handle_input(b"admin\nsecret\n", now);
    assert_eq!(session.poll_timeout(), None);
    session.handle_timeout(now + IDLE_LIMIT);
    session.login_answer(true, "welcome", now);
    assert_eq!(session.poll_timeout(), Some(now + IDLE_LIMIT));
    session.handle_timeout(now + IDLE_LIMIT);
    assert!(session.is_ended());
}

#[test]
fn ops_5_names_that_others_gave_do_not_reach_a_terminal_as_control_characters() {
    let now = Instant::now();
    let mut session = Session::new("hello", now);
    session.handle_input(b"admin\nsecret\nmultiple info\n", now);
    session.login_answer(true, "welcome", now);
    let _ = session.take_output();
    session.answer("device \u{1b}[2J\u{7}", now);
    let said = String::from_utf8(session.take_output()).expect("text");
    assert!(said.starts_with("device ?[2J?\r\n"), "{said:?}");
}

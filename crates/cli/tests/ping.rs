//! `papergate ping` against servers that answer, lie, and stay silent.

use std::ffi::OsString;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, UdpSocket};
use std::time::Instant;

use serde_json::Value;
use wire::discovery::{Answer, Datagram, Feature, Name, Request, decode, encode_answer};
use wire::safecom::auth::Binding;
use wire::safecom::records::ServerInfo;
use wire::safecom::{Port, Server};

#[test]
fn a_server_is_found_by_address_by_host_and_by_group() {
    let port = responder(9700, |request| vec![request.cookie]).port();
    for words in [
        &["127.0.0.1"][..],
        &["-h:localhost"],
        &["--host", "127.0.0.1"],
        &["second floor", "-b:127.255.255.255", "--wait", "400"],
        &["second floor", "--wait", "400"],
        &["--wait", "400"],
    ] {
        let (code, out, err) = ping(port, words);
        assert_eq!(code, 0, "{words:?}: {err}");
        let found: Value = serde_json::from_str(&out).unwrap();
        assert_eq!(found.as_array().unwrap().len(), 1, "{words:?}: {out}");
        let found = &found[0];
        assert_eq!((&found["host"], &found["group"]), (&"print1".into(), &"second floor".into()));
        assert_eq!(found["features"][0], "jobserver/clients 9700");
        assert_eq!(found["confirmed"], Value::Null);
    }
}

#[test]
fn silence_and_answers_to_somebody_else_are_no_answer() {
    let port = responder(9700, |request| vec![request.cookie]).port();
    let forger = responder(9700, |_| vec![[0; 8], [1; 8]]).port();
    for (port, words) in
        [(port, &["third floor", "--wait", "200"][..]), (forger, &["127.0.0.1", "--wait", "200"])]
    {
        let (code, out, err) = ping(port, words);
        assert_eq!((code, out.as_str()), (3, ""), "{err}");
        assert!(err.contains("no server answered"), "{err}");
    }
}

#[test]
fn a_server_is_confirmed_when_it_says_hello_on_its_port_for_programs() {
    let clients = TcpListener::bind("127.0.0.1:0").unwrap();
    let clients_port = clients.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for stream in clients.incoming() {
            serve_plain(stream.unwrap());
        }
    });
    let port = responder(clients_port, |request| vec![request.cookie]).port();
    let (code, out, err) = ping(port, &["127.0.0.1", "-c"]);
    assert_eq!(code, 0, "{err} {out}");
    let found: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(found[0]["confirmed"], true);
    assert_eq!(found[0]["confirmation"], "Papergate test on print1, plain");
}

#[test]
fn a_server_whose_port_for_programs_is_closed_is_not_confirmed() {
    let port = responder(closed_port(), |request| vec![request.cookie]).port();
    let (code, out, err) = ping(port, &["127.0.0.1", "-c"]);
    assert_eq!(code, 3, "{err}");
    let found: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(found[0]["confirmed"], false);
}

#[test]
fn a_port_is_tried() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    assert_eq!(ping(1, &[&format!("-x:{address}")]).0, 0);
    assert_eq!(ping(1, &["-x", &address.to_string()]).0, 0);
    assert_eq!(ping(1, &[&format!("-x:127.0.0.1:{}", closed_port())]).0, 3);
    for usage in [&["-x:localhost"][..], &["-b:nowhere"], &["g", "-h:x"], &["-x:a:1", "-c"]] {
        assert_eq!(ping(1, usage).0, 2, "{usage:?}");
    }
}

/// Runs `papergate ping` in-process.
fn ping(port: u16, words: &[&str]) -> (u8, String, String) {
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let port = port.to_string();
    let fixed = ["papergate", "--json", "ping", "--port", port.as_str()];
    let words = fixed.iter().chain(words).map(OsString::from);
    let code = cli::run(words, &mut out, &mut err);
    (code, String::from_utf8(out).unwrap(), String::from_utf8(err).unwrap())
}

/// A broadcast server with its own idea of cookies. It listens on every address, because only such a
/// socket hears broadcasts.
fn responder(clients: u16, cookies: fn(&Request) -> Vec<[u8; 8]>) -> SocketAddr {
    let socket = UdpSocket::bind("0.0.0.0:0").unwrap();
    let address = socket.local_addr().unwrap();
    let name = |text: &str| Name::parse(text).unwrap();
    std::thread::spawn(move || {
        let mut buffer = [0; 2000];
        loop {
            let (length, from) = socket.recv_from(&mut buffer).unwrap();
            let Ok(Datagram::Request(request)) = decode(&buffer[..length]) else { panic!("no request") };
            if !request.concerns(&name("second floor"), &name("print1")) {
                continue;
            }
            for cookie in cookies(&request) {
                let answer = Answer {
                    cookie,
                    group: name("second floor"),
                    host: name("print1"),
                    software: name("Papergate test"),
                    features: vec![Feature { name: name("jobserver/clients"), port: clients }],
                };
                socket.send_to(&encode_answer(&answer), from).unwrap();
            }
        }
    });
    address
}

/// The plain face of a port for programs; whoever speaks TLS to it is cut off.
fn serve_plain(mut stream: std::net::TcpStream) {
    let info = ServerInfo {
        name: "print1".to_owned(),
        product: "Papergate test".to_owned(),
        group: String::new(),
        time_us: 0,
        features: vec![],
        queues: vec![],
    };
    let mut server = Server::new(Port::Clients, info, [7; 32], Binding::Plain, Instant::now());
    let mut buffer = [0; 4096];
    while let Ok(length @ 1..) = stream.read(&mut buffer) {
        server.handle_input(&buffer[..length], Instant::now());
        while let Some(bytes) = server.poll_transmit(Instant::now()) {
            if stream.write_all(&bytes).is_err() {
                return;
            }
        }
        if server.is_ended() {
            return;
        }
    }
}

/// A port nobody listens on.
fn closed_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

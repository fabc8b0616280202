//! Whatever a peer sends: no panic at either end, chunks change nothing, and frames are written back as they were meant.
#![no_main]

use std::time::Instant;

use bytes::BytesMut;
use wire::safecom::auth::Binding;
use wire::safecom::records::{Hello, Role, ServerInfo};
use wire::safecom::{Message, Peer, Port, Server, ServerEvent, header};

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    for port in [Port::Clients, Port::Money, Port::Tracking] {
        let whole = serve(port, [data].into_iter());
        assert!(matches!(whole.last(), Some(ServerEvent::Ended(_))), "the end of the connection ends the session");
        assert_eq!(serve(port, data.chunks(1)), whole);
    }

    let now = Instant::now();
    let hello = Hello {
        version_min: 1,
        version_max: 1,
        role: Role::Client,
        name: "desk".into(),
        product: "fuzz".into(),
        nonce: [1; 32],
        mac: None,
        prints: false,
    };
    let mut peer = Peer::new(hello, None, Binding::Plain, now);
    peer.handle_input(data, now);
    while peer.poll_event().is_some() {}

    let mut buffer = BytesMut::from(data);
    while let Ok(Some(frame)) = header::decode(&mut buffer) {
        let request = frame.header.request;
        if let Ok(message) = Message::decode(frame) {
            let mut again = BytesMut::from(message.encode(request).as_ref());
            let frame = header::decode(&mut again).expect("our own frame").expect("a whole frame");
            assert_eq!(Message::decode(frame), Ok(message));
        }
    }
});

/// What a port for programs makes of the stream.
fn serve<'a>(port: Port, chunks: impl Iterator<Item = &'a [u8]>) -> Vec<ServerEvent> {
    let now = Instant::now();
    let info = ServerInfo {
        name: "print1".into(),
        product: "fuzz".into(),
        group: String::new(),
        time_us: 0,
        features: vec![],
        queues: vec![],
    };
    let mut server = Server::new(port, info, [7; 32], Binding::Plain, now);
    let mut events = Vec::new();
    for chunk in chunks {
        server.handle_input(chunk, now);
        events.extend(std::iter::from_fn(|| server.poll_event()));
        while server.poll_transmit(now).is_some() {}
    }
    server.handle_eof();
    events.extend(std::iter::from_fn(|| server.poll_event()));
    events
}

//! Whatever the datagram: no panic, and what is read is written back as it was meant.
#![no_main]

use wire::discovery::{Datagram, decode, encode_answer, encode_request};

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    if let Ok(datagram) = decode(data) {
        let bytes = match &datagram {
            Datagram::Request(request) => encode_request(request),
            Datagram::Answer(answer) => encode_answer(answer),
        };
        assert_eq!(decode(&bytes).as_ref(), Ok(&datagram));
    }
});

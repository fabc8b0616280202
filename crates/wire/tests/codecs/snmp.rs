use std::path::Path;

use proptest::prelude::*;
use wire::snmp::{Operation, Unreadable, Version, decode, encode};

use crate::properties;

fn corpus(file: &str) -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus/snmp").join(file);
    std::fs::read(path).unwrap_or_else(|error| panic!("{file}: {error}"))
}

#[test]
fn the_corpus_holds_the_properties() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus/snmp");
    let mut files = 0;
    for entry in std::fs::read_dir(&folder).expect("the corpus is committed") {
        properties::snmp(&std::fs::read(entry.unwrap().path()).unwrap());
        files += 1;
    }
    assert!(files >= 10, "only {files} files in {}", folder.display());
}

/// Questions as Net-SNMP's tools sent them, captured at a socket.
#[test]
fn golden_captures_read_as_their_clients_meant_them() {
    let life = "1.3.6.1.2.1.43.10.2.1.4.1.1";
    let bulk = Operation::GetBulk { non_repeaters: 1, max_repetitions: 7 };
    for (file, version, operation, last) in [
        ("net-snmp-get-v1", Version::V1, Operation::Get, life),
        ("net-snmp-get-v2c", Version::V2c, Operation::Get, "1.3.6.1.2.1.25.3.5.1.1.1"),
        ("net-snmp-getnext-v2c", Version::V2c, Operation::GetNext, "1.3"),
        ("net-snmp-bulk-v2c", Version::V2c, bulk, "1.3.6.1.2.1.43"),
        ("net-snmp-set-v2c", Version::V2c, Operation::Set, "1.3.6.1.2.1.1.6.0"),
    ] {
        let octets = corpus(file);
        let message = decode(&octets).unwrap_or_else(|error| panic!("{file}: {error}"));
        assert_eq!((message.version, message.pdu.operation), (version, operation), "{file}");
        let name = message.pdu.bindings.last().expect("a variable").name.to_string();
        assert_eq!(name, last, "{file}");
        assert_eq!(encode(&message), octets, "{file}: our encoding is the client's, octet for octet");
    }
    for (file, why) in [
        ("net-snmp-get-v3", Unreadable::Version(3)),
        ("net-snmp-trap-v1", Unreadable::Operation(0xa4)),
        ("net-snmp-trap-v2c", Unreadable::Operation(0xa7)),
    ] {
        assert_eq!(decode(&corpus(file)), Err(why), "{file}");
    }
    assert_eq!(decode(&corpus("all-types")).expect("SNMP").pdu.bindings.len(), 13);
}

proptest! {
    #[test]
    fn no_octet_of_a_real_datagram_can_be_changed_into_a_panic(at in 0usize..204, octet in any::<u8>()) {
        for file in ["all-types", "answer-bulk-v2c", "net-snmp-bulk-v2c"] {
            let mut octets = corpus(file);
            let at = at % octets.len();
            octets[at] = octet;
            properties::snmp(&octets);
            properties::snmp(&octets[..at]);
        }
    }
}

#![no_main]

#[expect(dead_code, reason = "a target checks one of the properties")]
#[path = "../../crates/domain/tests/parsers/properties.rs"]
mod properties;

libfuzzer_sys::fuzz_target!(|data: &[u8]| properties::import(data));

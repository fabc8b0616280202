//! Who asks, when one server hands a person's call on to another: told in the call's metadata.

use std::net::SocketAddr;

use tonic::codegen::http::{HeaderMap, HeaderValue};
use tonic::metadata::{BinaryMetadataValue, MetadataMap, MetadataValue};

/// The person's logon, with its domain; it may have any letters.
const NAME: &str = "papergate-person-bin";
/// Present when the person may not see titles of documents.
const HIDES_DOCUMENTS: &str = "papergate-hides-documents";

/// Says who asks, and takes away whatever the caller said of it. `None` is somebody on this machine, who is taken at their
/// word.
pub fn put(headers: &mut HeaderMap, name: Option<&str>, hides_documents: bool) {
    headers.remove(NAME);
    headers.remove(HIDES_DOCUMENTS);
    headers.remove(ADDRESS);
    if let Some(name) = name {
        let value: BinaryMetadataValue = MetadataValue::from_bytes(name.as_bytes());
        if let Ok(value) = HeaderValue::from_bytes(value.as_encoded_bytes()) {
            headers.insert(NAME, value);
        }
    }
    if hides_documents {
        headers.insert(HIDES_DOCUMENTS, HeaderValue::from_static("1"));
    }
}

/// Where a program is that another server asks for (7400, 7900), so that failures are counted by its address.
const ADDRESS: &str = "papergate-for";

/// Says whose program asks: with their credentials, which are judged as if the program had called itself.
pub fn put_address(metadata: &mut MetadataMap, address: SocketAddr) {
    if let Ok(value) = address.to_string().parse() {
        metadata.insert(ADDRESS, value);
    }
}

/// Where the program is, when another server asks for one.
pub fn address(headers: &HeaderMap) -> Option<SocketAddr> {
    headers.get(ADDRESS)?.to_str().ok()?.parse().ok()
}

/// Who asks; `None` when no person does, or one whom the servers take at their word.
pub fn name(metadata: &MetadataMap) -> Option<String> {
    let bytes = metadata.get_bin(NAME)?.to_bytes().ok()?;
    String::from_utf8(bytes.to_vec()).ok()
}

/// Whether titles of documents are kept from whoever asks.
pub fn hides_documents(metadata: &MetadataMap) -> bool {
    metadata.contains_key(HIDES_DOCUMENTS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_of_a_program_arrives_as_it_was() {
        for text in ["192.0.2.1:7", "[2001:db8::1]:65535"] {
            let mut metadata = MetadataMap::new();
            put_address(&mut metadata, text.parse().unwrap());
            assert_eq!(address(&metadata.into_headers()), text.parse().ok());
        }
        assert_eq!(address(&HeaderMap::new()), None);
    }

    #[test]
    fn what_the_authorising_server_says_arrives_and_what_the_caller_says_does_not() {
        for (given, hides) in [(Some("CORP\\jürgen"), true), (Some("ann"), false), (None, false)] {
            let mut headers = HeaderMap::new();
            put(&mut headers, Some("mallory"), true);
            put(&mut headers, given, hides);
            let metadata = MetadataMap::from_headers(headers);
            assert_eq!(name(&metadata).as_deref(), given);
            assert_eq!(hides_documents(&metadata), hides);
        }
    }
}

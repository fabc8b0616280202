//! What a call says, for the audit: read from the bytes of any request with the descriptors of `proto/`, so that a new
//! call is audited without a line of its own.
//!
//! Secrets are left out by the name of their field (see [`is_secret`]) and by the option `debug_redact`.

use std::sync::OnceLock;

use prost_reflect::{DescriptorPool, DynamicMessage, FieldDescriptor, MessageDescriptor, Value};

/// A call as the audit tells it.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Told {
    /// The method's name, as `UserAdd`.
    pub method: String,
    /// Whether it only reads.
    pub reads: bool,
    /// What it is done to: the request's name, logon, key or id; empty when it has none.
    pub object: String,
    /// The fields that were given, as `full_name=Ann Example, print_all_at_login=true`.
    pub fields: String,
}

/// Ends of the names of methods that only read.
const READS: &[&str] =
    &["List", "Show", "Watch", "Status", "Preview", "Info", "Statement", "Statistics", "Find"];

/// Services that only read, whatever their methods are called.
const READERS: &[&str] = &["papergate.moneyserver.v1.MoneyReader", "papergate.trackingserver.v1.Reports"];

/// Fields that name what a call is done to, the best first.
const OBJECTS: &[&str] = &["logon", "name", "holder", "key", "job_id", "id", "directory"];

/// Longest text of one field.
const FIELD_MAX: usize = 200;

fn pool() -> &'static DescriptorPool {
    static POOL: OnceLock<DescriptorPool> = OnceLock::new();
    POOL.get_or_init(|| {
        let bytes: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/descriptors.bin"));
        DescriptorPool::decode(bytes).expect("the build wrote descriptors")
    })
}

/// Tells the call of `path` (`/package.Service/Method`) whose request has these bytes (one gRPC message without its
/// prefix). A request that cannot be read is told by its method alone.
pub fn tell(path: &str, request: &[u8]) -> Told {
    let (service, method) = path.trim_start_matches('/').split_once('/').unwrap_or_default();
    let reads = READERS.contains(&service) || READS.iter().any(|end| method.ends_with(end));
    let mut told = Told { method: method.to_owned(), reads, ..Told::default() };
    let descriptor = pool()
        .get_service_by_name(service)
        .and_then(|service| service.methods().find(|known| known.name() == method));
    if let Some(descriptor) = descriptor
        && let Ok(message) = DynamicMessage::decode(descriptor.input(), request)
    {
        told.object = object(&message);
        let mut fields = Vec::new();
        list(&message, "", &mut fields);
        told.fields = fields.join(", ");
    }
    told
}

fn object(message: &DynamicMessage) -> String {
    for name in OBJECTS {
        match message.get_field_by_name(name).as_deref() {
            Some(Value::String(text)) if !text.is_empty() => return text.clone(),
            Some(Value::I64(number)) if *number != 0 => return number.to_string(),
            _ => {}
        }
    }
    // A request that carries its object whole, as QueueAdd does.
    let inner = message.fields().find_map(|(_, value)| match value {
        Value::Message(inner) => Some(inner),
        _ => None,
    });
    inner.map(object).unwrap_or_default()
}

fn list(message: &DynamicMessage, prefix: &str, fields: &mut Vec<String>) {
    for (field, value) in message.fields() {
        let name = format!("{prefix}{}", field.name());
        if is_secret(&field) {
            fields.push(format!("{name}=(secret)"));
            continue;
        }
        match value {
            Value::Message(inner) => list(inner, &format!("{name}."), fields),
            Value::Bytes(bytes) => fields.push(format!("{name}=({} bytes)", bytes.len())),
            Value::List(values) => {
                let texts: Vec<String> = values.iter().take(20).map(|value| text(&field, value)).collect();
                fields.push(format!("{name}=[{}]", shorten(&texts.join(" "))));
            }
            Value::Map(values) => fields.push(format!("{name}=({} entries)", values.len())),
            value => fields.push(format!("{name}={}", text(&field, value))),
        }
    }
}

fn text(field: &FieldDescriptor, value: &Value) -> String {
    match value {
        Value::String(text) => shorten(text),
        Value::Bool(value) => value.to_string(),
        Value::I32(number) => number.to_string(),
        Value::I64(number) => number.to_string(),
        Value::U32(number) => number.to_string(),
        Value::U64(number) => number.to_string(),
        Value::F32(number) => number.to_string(),
        Value::F64(number) => number.to_string(),
        Value::EnumNumber(number) => {
            let kind = field.kind();
            let value = kind.as_enum().and_then(|kind| kind.get_value(*number));
            value.map_or_else(|| number.to_string(), |value| value.name().to_owned())
        }
        Value::Message(inner) => {
            let mut fields = Vec::new();
            list(inner, "", &mut fields);
            format!("({})", shorten(&fields.join(", ")))
        }
        Value::Bytes(bytes) => format!("({} bytes)", bytes.len()),
        Value::List(_) | Value::Map(_) => "(...)".to_owned(),
    }
}

fn shorten(text: &str) -> String {
    let mut short: String = text.chars().take(FIELD_MAX).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    short
}

/// Whether a field may hold a secret: a password, PIN, PUK, ID code, key or token.
fn is_secret(field: &FieldDescriptor) -> bool {
    const WORDS: &[&str] =
        &["password", "pin", "puk", "code", "codes", "secret", "secrets", "token", "tokens"];
    /// Ends of names of codes that are no secrets.
    const PLAIN: &[&str] = &["cost_code", "billing_code", "status_code", "masked_code"];
    let name = field.name();
    let redacted = field
        .options()
        .fields()
        .any(|(option, value)| option.name() == "debug_redact" && value.as_bool() == Some(true));
    let flag = matches!(field.kind(), prost_reflect::Kind::Bool);
    redacted
        || (!flag
            && !PLAIN.iter().any(|plain| name.ends_with(plain))
            && name.split('_').any(|word| WORDS.contains(&word)))
}

/// Every call of `proto/`, as `Service/Method`: for a test that each needs a declared right.
pub fn calls() -> Vec<String> {
    let services = pool().services().filter(|service| service.package_name().starts_with("papergate."));
    let of = |service: prost_reflect::ServiceDescriptor| -> Vec<String> {
        service.methods().map(|method| format!("{}/{}", service.name(), method.name())).collect()
    };
    services.flat_map(of).collect()
}

/// Fields of `proto/` that are taken for secrets, as `Message.field`: for a test that somebody looks at them.
pub fn secret_fields() -> Vec<String> {
    fn of(message: &MessageDescriptor, found: &mut Vec<String>) {
        let secrets = message.fields().filter(is_secret);
        found.extend(secrets.map(|field| format!("{}.{}", message.name(), field.name())));
    }
    let mut found = Vec::new();
    pool()
        .all_messages()
        .filter(|message| message.package_name().starts_with("papergate."))
        .for_each(|message| of(&message, &mut found));
    found.sort();
    found
}

#[cfg(test)]
mod tests {
    use prost::Message as _;

    use super::*;
    use crate::proto::jobserver as message;

    const ADMINISTRATION: &str = "/papergate.jobserver.v1.Administration";

    #[test]
    fn sec_4_a_call_is_told_with_its_object_and_without_its_secrets() {
        let add = message::UserAddRequest {
            logon: "ann".into(),
            full_name: "Ann Example".into(),
            password: "sesame".into(),
            cost_code: "4711".into(),
            ..Default::default()
        };
        let told = tell(&format!("{ADMINISTRATION}/UserAdd"), &add.encode_to_vec());
        assert_eq!((told.method.as_str(), told.object.as_str(), told.reads), ("UserAdd", "ann", false));
        for part in ["full_name=Ann Example", "password=(secret)", "cost_code=4711"] {
            assert!(told.fields.contains(part), "{}", told.fields);
        }
        assert!(!told.fields.contains("sesame"));

        let card = message::CardAddRequest { logon: "ann".into(), code: "0457".into(), ..Default::default() };
        let told = tell(&format!("{ADMINISTRATION}/CardAdd"), &card.encode_to_vec());
        assert!(!told.fields.contains("0457"), "{}", told.fields);

        let queue = message::Queue { name: "pull".into(), kind: 1, ..Default::default() };
        let add = message::QueueAddRequest { queue: Some(queue) };
        let told = tell(&format!("{ADMINISTRATION}/QueueAdd"), &add.encode_to_vec());
        assert_eq!(told.object, "pull");
        assert!(told.fields.contains("queue.kind=KIND_PULL"), "{}", told.fields);
    }

    #[test]
    fn a_reading_call_is_known_and_nonsense_is_told_by_its_name() {
        assert!(tell(&format!("{ADMINISTRATION}/UserList"), b"").reads);
        assert!(!tell(&format!("{ADMINISTRATION}/UserDelete"), b"").reads);
        for (path, bytes) in [
            ("", &b""[..]),
            ("/x/y", b"abc"),
            ("/papergate.jobserver.v1.Administration/UserAdd", b"\xff\xff"),
        ] {
            let told = tell(path, bytes);
            assert_eq!((told.object.as_str(), told.fields.as_str()), ("", ""), "{path}");
        }
    }

    #[test]
    fn sec_4_secrets_are_known_by_the_names_of_their_fields() {
        let secrets = secret_fields();
        for expected in [
            "CardAddRequest.code",
            "DeviceAddRequest.secret",
            "PinSetRequest.pin",
            "UserEditRequest.password",
        ] {
            assert!(secrets.iter().any(|secret| secret == expected), "{expected} is missing in {secrets:?}");
        }
        assert!(!secrets.iter().any(|secret| secret.ends_with("cost_code")), "{secrets:?}");
    }
}

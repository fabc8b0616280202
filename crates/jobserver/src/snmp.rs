//! Asks devices by SNMP: counters and state, with a limit on how long that may take.
//!
//! [`get`] asks for any objects, [`counters`] for what a printer has printed so far, [`obstacle`] for what keeps it from
//! printing. Version 2c is asked first and version 1 when nothing comes back, because old print servers know only that.

use std::net::SocketAddr;
use std::time::Duration;

use domain::device::Device;
use tokio::net::{UdpSocket, lookup_host};
use wire::snmp::client::{Client, Refused};
use wire::snmp::limits::DATAGRAM_BYTES;
use wire::snmp::mib::{self, ErrorState};
use wire::snmp::{Oid, Value, Version, decode};

use crate::state::Jobserver;

/// The port of agents (RFC 3417, section 3.1).
pub const PORT: u16 = 161;
/// The community that devices come with.
pub const COMMUNITY: &str = "public";

/// Whom to ask, and how patiently.
#[derive(Clone, Debug)]
pub struct Target {
    /// Address or name.
    pub host: String,
    /// UDP port, normally [`PORT`].
    pub port: u16,
    /// Normally [`COMMUNITY`].
    pub community: String,
    /// How long to wait for each answer.
    pub timeout: Duration,
    /// How often a question is sent in each version before the device counts as silent.
    pub tries: u32,
}

impl Target {
    /// A device as it comes out of its box, at this address.
    #[must_use]
    pub fn new(host: impl Into<String>) -> Self {
        let (timeout, tries) = (Duration::from_millis(500), 2);
        Self { host: host.into(), port: PORT, community: COMMUNITY.to_owned(), timeout, tries }
    }
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum SnmpError {
    /// The name is not known, or the network is not there.
    #[error("{host} cannot be asked by SNMP")]
    Network {
        /// Whom.
        host: String,
        /// The system's word.
        #[source]
        source: std::io::Error,
    },
    /// Nothing came back in time: the device is off, has SNMP switched off, or wants another community.
    #[error("{host} does not answer by SNMP (is it on, and is the community right?)")]
    Silent {
        /// Whom.
        host: String,
    },
    /// The device refuses.
    #[error("{host} refuses: {refused}")]
    Refused {
        /// Whom.
        host: String,
        /// Its word.
        refused: Refused,
    },
}

/// What a printer has printed in its life.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Counters {
    /// `prtMarkerLifeCount` of the first marker: impressions on most devices.
    pub life: u32,
    /// The same of a second marker, where there is one: impressions with colour on devices that count them apart.
    pub color: Option<u32>,
}

impl Counters {
    /// What was printed between `before` and now, in impressions and those with colour. A counter may start again
    /// from 0 once in between; one that went backwards by more than it could was set back, and gives nothing.
    #[must_use]
    pub fn since(&self, before: &Self) -> Option<(u32, Option<u32>)> {
        let step = |now: u32, then: u32| Some(now.wrapping_sub(then)).filter(|step| *step <= STEP_MAX);
        let color = self.color.zip(before.color).and_then(|(now, then)| step(now, then));
        Some((step(self.life, before.life)?, color))
    }
}

/// Impressions between two looks at a counter at most; more means that somebody set it back.
const STEP_MAX: u32 = 10_000_000;

/// Asks for objects; an object that the device does not have is `None`.
///
/// # Errors
/// [`SnmpError`].
pub async fn get<const N: usize>(
    target: &Target,
    names: [&[u32]; N],
) -> Result<[Option<Value>; N], SnmpError> {
    let names = names.map(|arcs| Oid::new(arcs).expect("names of standards are identifiers"));
    let values = get_all(target, &names).await?;
    Ok(values.try_into().expect("an answer for each question"))
}

/// As [`get`], for as many objects as there are.
///
/// # Errors
/// [`SnmpError`].
pub async fn get_all(target: &Target, names: &[Oid]) -> Result<Vec<Option<Value>>, SnmpError> {
    let failed = |source| SnmpError::Network { host: target.host.clone(), source };
    let mut addresses = lookup_host((target.host.as_str(), target.port)).await.map_err(failed)?;
    let Some(address) = addresses.next() else {
        return Err(failed(std::io::Error::new(std::io::ErrorKind::NotFound, "no address")));
    };
    let here: SocketAddr = if address.is_ipv4() { ([0, 0, 0, 0], 0).into() } else { ([0u16; 8], 0).into() };
    let socket = UdpSocket::bind(here).await.map_err(failed)?;
    // Connected, so that nobody else's datagrams come in and a closed port is told.
    socket.connect(address).await.map_err(failed)?;
    match ask(target, &socket, Version::V2c, names).await? {
        Some(values) => Ok(values),
        None => match ask(target, &socket, Version::V1, names).await? {
            Some(values) => Ok(values),
            None => Err(SnmpError::Silent { host: target.host.clone() }),
        },
    }
}

/// What the printer has printed so far; `None` when it does not count.
///
/// # Errors
/// [`SnmpError`].
pub async fn counters(target: &Target) -> Result<Option<Counters>, SnmpError> {
    let [life, color] = get(target, [mib::PRT_MARKER_LIFE_COUNT, mib::PRT_MARKER_LIFE_COUNT_SECOND]).await?;
    let count = |value: Option<Value>| value?.number().and_then(|number| u32::try_from(number).ok());
    Ok(count(life).map(|life| Counters { life, color: count(color) }))
}

/// What is wrong with the printer, as bits; `None` when it does not tell.
///
/// # Errors
/// [`SnmpError`].
pub async fn state(target: &Target) -> Result<Option<ErrorState>, SnmpError> {
    let [errors] = get(target, [mib::HR_PRINTER_DETECTED_ERROR_STATE]).await?;
    let Some(Value::OctetString(octets)) = errors else { return Ok(None) };
    Ok(Some(ErrorState::of(&octets)))
}

/// What keeps the printer from printing, in a few words; `None` when it can print.
///
/// # Errors
/// [`SnmpError`].
pub async fn obstacle(target: &Target) -> Result<Option<&'static str>, SnmpError> {
    Ok(state(target).await?.and_then(ErrorState::obstacle))
}

impl Jobserver {
    /// How a device is asked; `None` when it has no address, or its settings cannot be read.
    pub(crate) async fn snmp_target(&self, device: &Device) -> Option<Target> {
        let id = device.id;
        if device.target.address.host.is_empty() {
            return None;
        }
        let charging = self.blocking(move |state| state.store.device_charging(id)).await.ok()?;
        let (port, community) = (charging.snmp_port, charging.snmp_community);
        Some(Target { port, community, ..Target::new(device.target.address.host.clone()) })
    }
}

/// One version's tries; `None` when nothing came.
async fn ask(
    target: &Target,
    socket: &UdpSocket,
    version: Version,
    names: &[Oid],
) -> Result<Option<Vec<Option<Value>>>, SnmpError> {
    let mut id = [0; 4];
    getrandom::fill(&mut id).map_err(|error| SnmpError::Network {
        host: target.host.clone(),
        source: std::io::Error::other(error),
    })?;
    let mut client = Client::new(version, target.community.clone(), i32::from_be_bytes(id));
    // What version 1 does not have is asked for no more: its refusal is for the whole question.
    let mut missing: Vec<Oid> = Vec::new();
    'asking: loop {
        let wanted: Vec<Oid> = names.iter().filter(|name| !missing.contains(name)).cloned().collect();
        if wanted.is_empty() {
            return Ok(Some(vec![None; names.len()]));
        }
        let question = client.get(&wanted);
        for _ in 0..target.tries.max(1) {
            // A port that was closed a moment ago tells it on the next call.
            let sent = socket.send(&question).await.is_ok();
            let waited = tokio::time::timeout(target.timeout, answer(socket, &mut client));
            let bindings = match waited.await {
                Ok(Ok(bindings)) => bindings,
                Ok(Err(Some(Refused::NoSuchName(name)))) if !missing.contains(&name) => {
                    missing.push(name);
                    continue 'asking;
                }
                Ok(Err(Some(refused))) => {
                    return Err(SnmpError::Refused { host: target.host.clone(), refused });
                }
                // Nothing listens there, which a device that is starting may say for a moment.
                Ok(Err(None)) if sent => {
                    tokio::time::sleep(target.timeout).await;
                    continue;
                }
                Ok(Err(None)) | Err(_) => continue,
            };
            let found = |name: &Oid| {
                let binding = bindings.iter().find(|binding| binding.name == *name)?;
                (!binding.value.is_absent() && binding.value != Value::Null).then(|| binding.value.clone())
            };
            return Ok(Some(names.iter().map(found).collect()));
        }
        return Ok(None);
    }
}

/// Waits for the answer; an error without a word means that the port is closed.
async fn answer(
    socket: &UdpSocket,
    client: &mut Client,
) -> Result<Vec<wire::snmp::VarBind>, Option<Refused>> {
    let mut buffer = [0; DATAGRAM_BYTES + 1];
    loop {
        let length = socket.recv(&mut buffer).await.map_err(|_| None)?;
        let Ok(message) = decode(&buffer[..length]) else { continue };
        if let Some(answered) = client.answer(message) {
            return answered.map_err(Some);
        }
    }
}

//! Printers people log in at, and the ways print data reaches them.

use crate::id::DeviceId;
use crate::text::DeviceName;
use crate::time::Timestamp;

/// A printer with a panel or a card reader.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Device {
    /// Id in the store.
    pub id: DeviceId,
    /// Unique without regard to case.
    pub name: DeviceName,
    /// Where print data goes.
    pub target: Target,
    /// Where it stands.
    pub location: String,
    /// Make and model.
    pub model: String,
    /// Hardware address.
    pub mac: String,
    /// Prints in colour.
    pub color: bool,
    /// Prints on both sides.
    pub duplex: bool,
    /// Prints everything at login; overrules the person's setting (guide, "Settings").
    pub print_all_at_login: bool,
    /// Ways to log in here.
    pub methods: LoginMethods,
    /// Last sign of life of its session; `None` when it never had one.
    pub last_seen: Option<Timestamp>,
    /// Driver named in tracking records.
    pub driver_name: String,
}

/// How print data reaches a device.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Channel {
    /// The first of IPPS, IPP and raw that the device answers to.
    Auto,
    /// Raw TCP, usually port 9100.
    Raw,
    /// IPP.
    Ipp,
    /// IPP over TLS.
    Ipps,
    /// The device's own session on 7500.
    Session,
}

impl Channel {
    /// The word as stored and shown.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Raw => "raw",
            Self::Ipp => "ipp",
            Self::Ipps => "ipps",
            Self::Session => "session",
        }
    }

    /// Reads what [`Channel::as_str`] writes.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Auto, Self::Raw, Self::Ipp, Self::Ipps, Self::Session]
            .into_iter()
            .find(|channel| channel.as_str() == text)
    }

    /// The port when the address names none. IPPS is spoken on 631 too (RFC 7472 section 4.2).
    pub fn default_port(self) -> Option<u16> {
        match self {
            Self::Raw => Some(9100),
            Self::Ipp | Self::Ipps => Some(631),
            Self::Auto | Self::Session => None,
        }
    }
}

/// A device's address and channel, checked against each other.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Target {
    /// How.
    pub channel: Channel,
    /// Where; empty for [`Channel::Session`].
    pub address: Address,
}

/// HOST, HOST:PORT or a URI, taken apart.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Address {
    /// Host name or address, without brackets; empty for none.
    pub host: String,
    /// Port named in the address.
    pub port: Option<u16>,
    /// Path of an IPP URI, with the leading slash; empty when not named.
    pub path: String,
}

/// Why an address and a channel do not make a target.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum TargetError {
    /// Only the device's own session needs no address.
    #[error("this channel needs an address")]
    AddressMissing,
    /// The scheme of the URI is not raw, socket, ipp or ipps.
    #[error("unknown scheme '{0}': use raw, ipp or ipps")]
    Scheme(String),
    /// The scheme of the URI and the channel contradict each other.
    #[error("the address says {scheme} and the channel says {channel}")]
    Contradiction {
        /// From the address.
        scheme: &'static str,
        /// As given beside it.
        channel: &'static str,
    },
    /// Not a host, or not a port from 1 to 65535.
    #[error("'{0}' is not HOST or HOST:PORT")]
    Authority(String),
}

impl Target {
    /// The path IPP devices have when the address names none (guide, "Printer URI").
    pub const IPP_PATH: &'static str = "/ipp/print";

    /// Makes a target of what an administrator typed; a scheme in the address decides an `Auto` channel.
    ///
    /// # Errors
    /// [`TargetError`] with the first thing that does not fit.
    pub fn parse(address: &str, channel: Channel) -> Result<Self, TargetError> {
        let address = address.trim();
        if address.is_empty() {
            return match channel {
                Channel::Auto | Channel::Session => {
                    Ok(Self { channel: Channel::Session, address: Address::default() })
                }
                Channel::Raw | Channel::Ipp | Channel::Ipps => Err(TargetError::AddressMissing),
            };
        }
        let (named, rest) = match address.split_once("://") {
            None => (None, address),
            Some((scheme, rest)) => match scheme.to_ascii_lowercase().as_str() {
                "raw" | "socket" => (Some(Channel::Raw), rest),
                "ipp" => (Some(Channel::Ipp), rest),
                "ipps" => (Some(Channel::Ipps), rest),
                _ => return Err(TargetError::Scheme(scheme.to_owned())),
            },
        };
        let channel = match (named, channel) {
            (None, channel) => channel,
            (Some(named), Channel::Auto) => named,
            (Some(named), channel) if named == channel => channel,
            (Some(named), channel) => {
                return Err(TargetError::Contradiction { scheme: named.as_str(), channel: channel.as_str() });
            }
        };
        let (authority, path) = match rest.find('/') {
            Some(slash) => rest.split_at(slash),
            None => (rest, ""),
        };
        let (host, port) = split_authority(authority)?;
        let path = if path == "/" { "" } else { path };
        Ok(Self { channel, address: Address { host, port, path: path.to_owned() } })
    }

    /// The address as it is stored and shown; `Target::parse` reads it back.
    pub fn address_text(&self) -> String {
        let Address { host, port, path } = &self.address;
        if host.is_empty() {
            return String::new();
        }
        let host = if host.contains(':') { format!("[{host}]") } else { host.clone() };
        match port {
            Some(port) => format!("{host}:{port}{path}"),
            None => format!("{host}{path}"),
        }
    }
}

/// One way to try.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Attempt {
    /// How; never `Auto` or `Session`.
    pub channel: Channel,
    /// Host name or address.
    pub host: String,
    /// Port.
    pub port: u16,
    /// Path, for IPP.
    pub path: String,
}

impl Target {
    /// The ways to reach the device, in the order to try them (guide, "High Speed Print considerations"):
    /// the channel it has, or for [`Channel::Auto`] IPPS, IPP, raw.
    ///
    /// A port in the address decides what `Auto` means there: 631 and 443 are IPP, any other is raw. A raw
    /// port must never be asked whether it speaks IPP: it would print the question.
    pub fn attempts(&self) -> Vec<Attempt> {
        let attempt = |channel: Channel| {
            let path = if self.address.path.is_empty() { Self::IPP_PATH } else { self.address.path.as_str() };
            let port = self.address.port.or(channel.default_port())?;
            Some(Attempt { channel, host: self.address.host.clone(), port, path: path.to_owned() })
        };
        let channels: &[Channel] = match (self.channel, self.address.port) {
            (Channel::Session, _) => &[],
            (Channel::Raw, _) => &[Channel::Raw],
            (Channel::Ipp, _) => &[Channel::Ipp],
            (Channel::Ipps, _) => &[Channel::Ipps],
            (Channel::Auto, None) => &[Channel::Ipps, Channel::Ipp, Channel::Raw],
            (Channel::Auto, Some(631 | 443)) => &[Channel::Ipps, Channel::Ipp],
            (Channel::Auto, Some(_)) => &[Channel::Raw],
        };
        channels.iter().filter_map(|&channel| attempt(channel)).collect()
    }
}

impl Target {
    /// As [`Target::attempts`], but only the ways that nobody can read on the network (guide, "Encrypt and ignore High Speed
    /// Print"). A device's own session is no way of these; whether it is encrypted is known when it is open.
    pub fn attempts_encrypted(&self) -> Vec<Attempt> {
        let mut attempts = self.attempts();
        attempts.retain(|attempt| attempt.channel == Channel::Ipps);
        attempts
    }
}

fn split_authority(text: &str) -> Result<(String, Option<u16>), TargetError> {
    let wrong = || TargetError::Authority(text.to_owned());
    let (host, port) = if let Some(rest) = text.strip_prefix('[') {
        let (host, rest) = rest.split_once(']').ok_or_else(wrong)?;
        match rest {
            "" => (host, None),
            _ => (host, Some(rest.strip_prefix(':').ok_or_else(wrong)?)),
        }
    } else {
        match text.split_once(':') {
            // More than one colon without brackets is a bare IPv6 address.
            Some((_, rest)) if rest.contains(':') => (text, None),
            Some((host, port)) => (host, Some(port)),
            None => (text, None),
        }
    };
    let character_fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_' | ':' | '%');
    if host.is_empty() || host.len() > 255 || !host.chars().all(character_fits) {
        return Err(wrong());
    }
    let port = match port {
        None => None,
        Some(digits) => Some(digits.parse::<u16>().ok().filter(|&port| port != 0).ok_or_else(wrong)?),
    };
    Ok((host.to_owned(), port))
}

/// Ways to log in at a device.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct LoginMethods {
    /// By card.
    pub card: bool,
    /// By ID code, typed.
    pub code: bool,
    /// By logon and password.
    pub logon: bool,
}

impl LoginMethods {
    /// Every way.
    pub const ALL: Self = Self { card: true, code: true, logon: true };

    /// The words, as stored and shown.
    pub fn names(self) -> Vec<&'static str> {
        [(self.card, "card"), (self.code, "code"), (self.logon, "logon")]
            .into_iter()
            .filter_map(|(allowed, name)| allowed.then_some(name))
            .collect()
    }

    /// Reads words; `None` at one that is no method.
    pub fn parse<'a>(names: impl IntoIterator<Item = &'a str>) -> Option<Self> {
        let mut methods = Self { card: false, code: false, logon: false };
        for name in names {
            match name {
                "card" => methods.card = true,
                "code" => methods.code = true,
                "logon" => methods.logon = true,
                _ => return None,
            }
        }
        Some(methods)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(channel: Channel, host: &str, port: Option<u16>, path: &str) -> Target {
        Target { channel, address: Address { host: host.into(), port, path: path.into() } }
    }

    #[test]
    fn an_address_and_a_channel_make_a_target() {
        use Channel::{Auto, Ipp, Ipps, Raw, Session};
        let rows = [
            ("", Auto, target(Session, "", None, "")),
            ("", Session, target(Session, "", None, "")),
            ("10.0.0.5", Auto, target(Auto, "10.0.0.5", None, "")),
            ("printer:9101", Raw, target(Raw, "printer", Some(9101), "")),
            ("raw://printer:9101", Auto, target(Raw, "printer", Some(9101), "")),
            ("SOCKET://printer/", Auto, target(Raw, "printer", None, "")),
            ("ipp://printer/ipp/print", Auto, target(Ipp, "printer", None, "/ipp/print")),
            ("ipps://[fe80::1]:443/p", Ipps, target(Ipps, "fe80::1", Some(443), "/p")),
            ("fe80::1", Raw, target(Raw, "fe80::1", None, "")),
        ];
        for (address, channel, expected) in rows {
            let made = Target::parse(address, channel);
            assert_eq!(made.as_ref(), Ok(&expected), "{address}");
            assert_eq!(Target::parse(&expected.address_text(), expected.channel), Ok(expected));
        }
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let authority = |text: &str| TargetError::Authority(text.into());
        let rows = [
            ("", Channel::Raw, TargetError::AddressMissing),
            ("http://printer", Channel::Auto, TargetError::Scheme("http".into())),
            ("ipp://p", Channel::Raw, TargetError::Contradiction { scheme: "ipp", channel: "raw" }),
            ("printer:0", Channel::Raw, authority("printer:0")),
            ("printer:70000", Channel::Raw, authority("printer:70000")),
            ("a b", Channel::Raw, authority("a b")),
            ("raw://:9100", Channel::Raw, authority(":9100")),
            ("[::1", Channel::Raw, authority("[::1")),
        ];
        for (address, channel, expected) in rows {
            assert_eq!(Target::parse(address, channel), Err(expected), "{address}");
        }
    }

    #[test]
    fn the_address_says_which_ways_are_tried() {
        type Row = (&'static str, Channel, &'static [(Channel, u16)]);
        let rows: [Row; 7] = [
            ("", Channel::Session, &[]),
            ("p", Channel::Auto, &[(Channel::Ipps, 631), (Channel::Ipp, 631), (Channel::Raw, 9100)]),
            ("p:631", Channel::Auto, &[(Channel::Ipps, 631), (Channel::Ipp, 631)]),
            ("p:19100", Channel::Auto, &[(Channel::Raw, 19_100)]),
            ("p", Channel::Raw, &[(Channel::Raw, 9100)]),
            ("ipp://p:8631/x", Channel::Auto, &[(Channel::Ipp, 8_631)]),
            ("p", Channel::Ipps, &[(Channel::Ipps, 631)]),
        ];
        for (address, channel, expected) in rows {
            let attempts = Target::parse(address, channel).unwrap().attempts();
            let ways: Vec<_> = attempts.iter().map(|attempt| (attempt.channel, attempt.port)).collect();
            assert_eq!(ways, expected, "{address}");
        }
        let attempts = Target::parse("ipp://p/x", Channel::Auto).unwrap().attempts();
        assert_eq!(attempts[0].path, "/x");
    }

    #[test]
    fn sec_1_only_ipps_is_encrypted_and_nothing_else_is_tried() {
        let rows = [
            ("p", Channel::Auto, Some(631)),
            ("p:631", Channel::Auto, Some(631)),
            ("p:9100", Channel::Auto, None),
            ("ipps://p:443/x", Channel::Auto, Some(443)),
            ("ipp://p", Channel::Auto, None),
            ("p", Channel::Raw, None),
            ("", Channel::Session, None),
        ];
        for (address, channel, port) in rows {
            let attempts = Target::parse(address, channel).unwrap().attempts_encrypted();
            let ways: Vec<_> = attempts.iter().map(|attempt| (attempt.channel, attempt.port)).collect();
            let expected: Vec<_> = port.map(|port| (Channel::Ipps, port)).into_iter().collect();
            assert_eq!(ways, expected, "{address}");
        }
    }

    #[test]
    fn login_methods_read_back() {
        assert_eq!(LoginMethods::parse(LoginMethods::ALL.names()), Some(LoginMethods::ALL));
        assert_eq!(LoginMethods::parse(["card", "face"]), None);
    }
}

//! The networks this machine is on.

use std::net::{IpAddr, Ipv4Addr};

/// Where a broadcast goes to reach all of them, and this machine itself.
///
/// 255.255.255.255 alone would leave through one interface only.
pub(super) fn broadcast_addresses() -> Vec<IpAddr> {
    let routes = std::fs::read_to_string("/proc/net/route").unwrap_or_default();
    let mut addresses = vec![Ipv4Addr::BROADCAST, LOOPBACK_BROADCAST];
    addresses.extend(parse(&routes));
    addresses.sort();
    addresses.dedup();
    addresses.into_iter().map(IpAddr::V4).collect()
}

/// Broadcast addresses of the routes without a gateway. The kernel prints an address as the number that its bytes
/// make in this machine's memory.
fn parse(routes: &str) -> Vec<Ipv4Addr> {
    let network = |line: &str| {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let number = |index: usize| u32::from_str_radix(fields.get(index)?, 16).ok().map(u32::from_be);
        let (destination, gateway, mask) = (number(1)?, number(2)?, number(7)?);
        // A default route has no network, and a network of one or two hosts nobody to call for.
        let wide = mask != 0 && mask.count_ones() <= 30;
        (gateway == 0 && wide).then(|| Ipv4Addr::from(destination | !mask))
    };
    routes.lines().skip(1).filter_map(network).collect()
}

const LOOPBACK_BROADCAST: Ipv4Addr = Ipv4Addr::new(127, 255, 255, 255);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(target_endian = "little")]
    fn every_network_without_a_gateway_has_a_broadcast_address() {
        let routes = "\
Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT
eth0\t00000000\t0100A8C0\t0003\t0\t0\t0\t00000000\t0\t0\t0
eth0\t0000A8C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0
eth1\t0000000A\t00000000\t0001\t0\t0\t0\t000000FF\t0\t0\t0
tun0\t0100080A\t00000000\t0005\t0\t0\t0\tFFFFFFFF\t0\t0\t0
torn";
        let wanted = [Ipv4Addr::new(192, 168, 0, 255), Ipv4Addr::new(10, 255, 255, 255)];
        assert_eq!(parse(routes), wanted);
    }
}

//! What a process occupies.

/// Resident memory of process `pid` in bytes; 0 when it cannot be seen.
pub(crate) fn resident_bytes(pid: u32) -> i64 {
    std::fs::read_to_string(format!("/proc/{pid}/status")).map_or(0, |status| parse(&status))
}

/// `VmRSS` of proc_pid_status(5), which is in KiB.
fn parse(status: &str) -> i64 {
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib =
        line.and_then(|rest| rest.split_whitespace().next()).and_then(|number| number.parse::<i64>().ok());
    kib.unwrap_or(0).saturating_mul(1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_resident_size_is_found_among_the_other_lines() {
        assert_eq!(parse("Name:\tx\nVmSize:\t  900 kB\nVmRSS:\t    6144 kB\n"), 6144 * 1024);
        assert_eq!(parse("Name:\tkthreadd\n"), 0);
        assert!(resident_bytes(std::process::id()) > 0);
    }
}

//! Every bound of the console.

use std::time::Duration;

/// Octets of a line; a longer one is refused whole.
pub const LINE_BYTES_MAX: usize = 1_024;
/// Octets that wait while a command is carried out.
pub const WAITING_BYTES_MAX: usize = 8 * 1_024;
/// Telnet requests of one connection: more is no administrator's client.
pub const NEGOTIATIONS_MAX: u32 = 256;
/// Failed log-ins of one connection.
pub const LOGINS_MAX: u32 = 3;
/// Time to log in.
pub const LOGIN_LIMIT: Duration = Duration::from_secs(60);
/// Time without a line after the log-in.
pub const IDLE_LIMIT: Duration = Duration::from_secs(600);

//! Readiness and watchdog for systemd (`sd_notify(3)`); silent where no service manager listens.

use sd_notify::NotifyState;

use crate::Stop;

/// Says that the process serves.
pub fn ready() {
    send(&[NotifyState::Ready]);
}

/// Says that the process drains.
pub fn stopping() {
    send(&[NotifyState::Stopping]);
}

/// One line for `systemctl status`.
pub fn status(line: &str) {
    send(&[NotifyState::Status(line)]);
}

/// Feeds the watchdog at half its period until a stop is asked for, if there is one.
///
/// It runs on the server's own runtime: when tasks no longer run, the watchdog starves and systemd
/// restarts the process.
pub async fn watchdog(stop: Stop) {
    let Some(period) = sd_notify::watchdog_enabled() else { return };
    let mut ticks = tokio::time::interval(period / 2);
    while stop.unless_asked(ticks.tick()).await.is_some() {
        send(&[NotifyState::Watchdog]);
    }
}

fn send(states: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(states) {
        tracing::debug!(%error, "the service manager could not be told");
    }
}

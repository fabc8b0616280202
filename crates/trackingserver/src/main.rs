//! The tracking server's process.

fn main() -> std::process::ExitCode {
    service::main("trackingserver", trackingserver::start)
}

//! The jobserver's process.

fn main() -> std::process::ExitCode {
    service::main("jobserver", jobserver::start)
}

//! See the library.

fn main() -> std::process::ExitCode {
    service::main("broadcastserver", broadcastserver::start)
}

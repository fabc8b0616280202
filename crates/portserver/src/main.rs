//! The portserver process.

fn main() -> std::process::ExitCode {
    service::main("portserver", portserver::start)
}

//! The money server's process.

fn main() -> std::process::ExitCode {
    service::main("moneyserver", moneyserver::start)
}

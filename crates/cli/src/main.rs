//! The `papergate` command.

fn main() -> std::process::ExitCode {
    cli::main()
}

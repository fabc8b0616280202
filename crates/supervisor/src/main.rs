//! See the library.

fn main() -> std::process::ExitCode {
    supervisor::main()
}

//! The `virtual-mfp` program.

fn main() -> std::process::ExitCode {
    virtual_mfp::main()
}

//! Compiles `proto/` with protox, so that no protoc has to be installed.

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../../proto");
    println!("cargo:rerun-if-changed={root}");
    let mut files: Vec<_> = std::fs::read_dir(root)?
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .filter(|path| path.extension().is_some_and(|extension| extension == "proto"))
        .collect();
    files.sort();
    let mut compiler = protox::Compiler::new([root])?;
    compiler.include_imports(true).open_files(&files)?;
    // For `audit`, which reads any request; its options (debug_redact) are kept.
    let out = std::env::var("OUT_DIR")?;
    std::fs::write(format!("{out}/descriptors.bin"), compiler.encode_file_descriptor_set())?;
    let descriptors = compiler.file_descriptor_set();
    tonic_prost_build::configure()
        .bytes(".papergate.jobserver.v1.DocumentChunk")
        .include_file("papergate.rs")
        .compile_fds(descriptors)?;
    Ok(())
}

//! Compiles `proto/` with protox, so that no protoc has to be installed.

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../../proto");
    println!("cargo:rerun-if-changed={root}");
    let mut files: Vec<_> = std::fs::read_dir(root)?
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .filter(|path| path.extension().is_some_and(|extension| extension == "proto"))
        .collect();
    files.sort();
    let descriptors = protox::compile(&files, [root])?;
    tonic_prost_build::configure()
        .bytes(".papergate.jobserver.v1.DocumentChunk")
        .include_file("papergate.rs")
        .compile_fds(descriptors)?;
    Ok(())
}

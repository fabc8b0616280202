//! Embedded migrations are read at compile time; a new one must cause a rebuild.

fn main() {
    println!("cargo:rerun-if-changed={}", concat!(env!("CARGO_MANIFEST_DIR"), "/../../migrations"));
}

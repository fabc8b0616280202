//! Replays the committed corpora of the parsers that read what people, readers and files give, and bends them.

mod properties;

use std::path::{Path, PathBuf};

/// What a fuzz target checks.
type Property = fn(&[u8]);

/// Fuzz targets by the name of their corpus.
const TARGETS: &[(&str, Property)] = &[
    ("domain_card_filter", properties::card_filter),
    ("domain_import", properties::import),
    ("domain_id_code", properties::id_code),
    ("domain_link", properties::link),
    ("domain_magnetic", properties::magnetic_card),
    ("domain_template", properties::template),
];

fn files(directory: &Path) -> Vec<PathBuf> {
    let entries =
        std::fs::read_dir(directory).unwrap_or_else(|error| panic!("{}: {error}", directory.display()));
    let mut files: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    files.sort();
    files
}

fn fuzz() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz")
}

#[test]
fn the_corpora_hold_the_properties_whole_cut_and_bent() {
    for (target, property) in TARGETS {
        let files = files(&fuzz().join("corpus").join(target));
        assert!(files.len() >= 3, "{target} has a corpus");
        for file in files {
            let input = std::fs::read(&file).expect("a committed file");
            property(&input);
            // A linear walk instead of a random one, so that a failure repeats.
            for at in 0..input.len().min(400) {
                property(&input[..at]);
                for bent in [b'<', b'%', b'"', b'=', b' ', b'\n', 0xff, input[at].wrapping_add(1)] {
                    let mut changed = input.clone();
                    changed[at] = bent;
                    property(&changed);
                }
            }
        }
    }
}

#[test]
fn every_target_is_replayed() {
    for target in files(&fuzz().join("fuzz_targets")) {
        let name = target.file_stem().and_then(|stem| stem.to_str()).expect("a readable name");
        let replayed = TARGETS.iter().any(|(known, _)| *known == name);
        assert!(replayed || !name.starts_with("domain_"), "{name} is not replayed");
    }
}

//! Replays the committed fuzz corpora, and the fixtures cut and bent: no panic, any chunking gives the same answer, bounded work.

mod properties;

use std::path::{Path, PathBuf};

/// What a fuzz target checks.
type Property = fn(&[u8]);

/// Fuzz targets by the name of their corpus.
const TARGETS: &[(&str, Property)] = &[
    ("pdl_any", properties::stream),
    ("pdl_pcl5", |data| properties::entered("PCL", data)),
    ("pdl_pclxl", |data| properties::entered("PCLXL", data)),
    ("pdl_pdf", properties::stream),
    ("pdl_pictures", properties::picture),
    ("pdl_pjl", properties::stream),
    ("pdl_postscript", |data| properties::entered("POSTSCRIPT", data)),
    ("pdl_raster", properties::stream),
    ("pdl_rewrite_pcl5", |data| properties::rewrite_entered("PCL", data)),
    ("pdl_rewrite_pclxl", |data| properties::rewrite_entered("PCLXL", data)),
    ("pdl_rewrite_pjl", properties::rewrite),
    ("pdl_rewrite_postscript", |data| properties::rewrite_entered("POSTSCRIPT", data)),
    ("pdl_text", |data| properties::entered("TEXT", data)),
    ("pdl_urf", properties::stream),
    ("pdl_xps", properties::stream),
];

fn files(dir: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(dir) else { return Vec::new() };
    let mut files: Vec<PathBuf> =
        entries.flatten().map(|entry| entry.path()).filter(|path| path.is_file()).collect();
    files.sort();
    files
}

#[test]
fn the_corpora_of_the_fuzzers() {
    let corpora = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus");
    for (target, property) in TARGETS {
        let files = files(&corpora.join(target));
        assert!(!files.is_empty(), "{target} has a corpus");
        for file in files {
            property(&std::fs::read(&file).expect("a committed file"));
        }
    }
}

#[test]
fn every_target_is_replayed() {
    let targets = files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/fuzz_targets"));
    for target in targets {
        let name = target.file_stem().and_then(|stem| stem.to_str()).expect("a readable name");
        let replayed = TARGETS.iter().any(|(known, _)| *known == name);
        assert!(replayed || !name.starts_with("pdl_"), "{name} is not replayed");
    }
}

/// Each fixture cut at several places, and with bytes changed: a linear walk instead of a random one, so that a failure repeats.
#[test]
fn fixtures_cut_and_bent() {
    let streams = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/streams");
    for file in files(&streams).iter().filter(|file| file.extension().is_some_and(|ext| ext != "json")) {
        let data = std::fs::read(file).expect("a committed file");
        let data = &data[..data.len().min(24 * 1024)];
        properties::rewrite(data);
        for tenth in 1..8 {
            properties::stream(&data[..data.len() * tenth / 8]);
            properties::rewrite(&data[..(data.len() * tenth / 8).min(2048)]);
        }
        for round in 0..6_usize {
            let mut bent = data.to_vec();
            let step = (data.len() / 7).max(1);
            for (i, at) in (round * 13..data.len()).step_by(step).enumerate() {
                bent[at] ^= 1 << ((i + round) % 8);
            }
            properties::stream(&bent);
        }
    }
}

//! The shape of the workspace: which way dependencies point, and what may never come in.
//!
//! `make check` runs these; they read `cargo metadata` and need no network once the crates are there.

use std::collections::{BTreeMap, BTreeSet};

use cargo_metadata::{CargoOpt, DependencyKind, Metadata, MetadataCommand, Package};

/// Which of our own crates each kind of crate may depend on (docs/ARCHITECTURE.md, "Which way the arrows point").
const FENCE: &[(&str, &[&str])] = &[
    ("domain", &[]),
    ("pdl", &[]),
    ("wire", &[]),
    ("interpreter", &["pdl"]),
    ("service", &[]),
    ("storage", &["domain"]),
    ("rpc", &["domain"]),
    ("framed", &["service", "rpc", "wire"]),
];

/// What every program may use; a server never depends on another server.
const FOUNDATION: &[&str] = &["domain", "pdl", "wire", "interpreter", "service", "storage", "rpc", "framed"];

/// Crates that may not be reached from a foundation crate, with the reason.
const KEPT_OUT: &[(&str, &[&str], &str)] = &[
    ("domain", &["tokio", "diesel", "tonic", "rustls", "hyper"], "domain is pure"),
    ("pdl", &["tokio", "diesel", "tonic", "rustls", "hyper"], "pdl is bytes in, facts out"),
    ("wire", &["tokio", "diesel", "tonic", "rustls", "hyper"], "wire is sans-io"),
    ("service", &["diesel"], "service knows no storage"),
];

/// Crates that may not be anywhere in the tree.
const FORBIDDEN: &[(&str, &str)] = &[
    ("aws-lc-rs", "two crypto providers in one process panic at run time; ring is ours"),
    ("aws-lc-sys", "see aws-lc-rs"),
    ("native-tls", "a second TLS stack"),
    ("openssl", "a second TLS stack"),
    ("grpcio", "a second gRPC stack"),
    ("protoc-bin-vendored", "protox compiles the protos"),
    ("chrono", "jiff is our calendar"),
];

const LICENCES: &[&str] = &[
    "MIT",
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "ISC",
    "Zlib",
    "0BSD",
    "Unicode-3.0",
    "CC0-1.0",
    "BSL-1.0",
    "MIT-0",
    "Unlicense",
    "CDLA-Permissive-2.0",
    "PostgreSQL",
];

fn metadata() -> Metadata {
    MetadataCommand::new()
        .manifest_path(concat!(env!("CARGO_MANIFEST_DIR"), "/../Cargo.toml"))
        .features(CargoOpt::AllFeatures)
        .other_options(vec![
            "--locked".into(),
            "--filter-platform".into(),
            format!("{}-unknown-linux-gnu", std::env::consts::ARCH),
        ])
        .exec()
        .expect("cargo metadata reads the workspace")
}

/// Normal dependencies of a workspace member that are workspace members themselves.
fn own_dependencies<'a>(package: &'a Package, members: &BTreeSet<&str>) -> Vec<&'a str> {
    package
        .dependencies
        .iter()
        .filter(|dependency| dependency.kind == DependencyKind::Normal)
        .map(|dependency| dependency.name.as_str())
        .filter(|name| members.contains(name))
        .collect()
}

#[test]
fn arrows_point_from_programs_to_the_foundation_and_never_back() {
    let metadata = metadata();
    let packages = metadata.workspace_packages();
    let members: BTreeSet<&str> = packages.iter().map(|package| package.name.as_str()).collect();
    let fence: BTreeMap<&str, &[&str]> = FENCE.iter().copied().collect();
    for package in &packages {
        let allowed = fence.get(package.name.as_str()).copied().unwrap_or(FOUNDATION);
        for dependency in own_dependencies(package, &members) {
            assert!(
                allowed.contains(&dependency),
                "{} must not depend on {dependency}; allowed: {allowed:?}",
                package.name
            );
        }
    }
}

#[test]
fn pure_crates_stay_pure() {
    let metadata = metadata();
    let resolve = metadata.resolve.as_ref().expect("metadata was asked with dependencies");
    let nodes: BTreeMap<_, _> = resolve.nodes.iter().map(|node| (&node.id, node)).collect();
    for (name, kept_out, reason) in KEPT_OUT {
        let Some(start) = metadata.workspace_packages().into_iter().find(|package| package.name == *name)
        else {
            continue;
        };
        let mut reached = BTreeSet::from([&start.id]);
        let mut queue = vec![&start.id];
        while let Some(id) = queue.pop() {
            for dependency in &nodes[id].deps {
                let normal = dependency.dep_kinds.iter().any(|kind| kind.kind == DependencyKind::Normal);
                if normal && reached.insert(&dependency.pkg) {
                    queue.push(&dependency.pkg);
                }
            }
        }
        for package in &metadata.packages {
            assert!(
                !(reached.contains(&package.id) && kept_out.contains(&package.name.as_str())),
                "{name} reaches {}: {reason}",
                package.name
            );
        }
    }
}

#[test]
fn nothing_forbidden_is_in_the_tree() {
    let metadata = metadata();
    let resolve = metadata.resolve.as_ref().expect("metadata was asked with dependencies");
    let used: BTreeSet<_> = resolve.nodes.iter().map(|node| &node.id).collect();
    for package in metadata.packages.iter().filter(|package| used.contains(&package.id)) {
        for (name, reason) in FORBIDDEN {
            assert_ne!(package.name.as_str(), *name, "{reason}");
        }
    }
}

#[test]
fn every_licence_lets_us_ship() {
    for package in metadata().packages {
        if package.source.is_none() {
            continue;
        }
        let expression = package.license.clone().unwrap_or_default();
        assert!(permits(&expression), "{} {} is under '{expression}'", package.name, package.version);
    }
}

/// Whether an SPDX expression can be satisfied with [`LICENCES`] only.
fn permits(expression: &str) -> bool {
    let flat = expression.replace('/', " OR ").replace(['(', ')'], " ");
    // Within the crates we use, AND binds whole alternatives; each conjunct must offer one licence of the list.
    flat.split(" AND ")
        .all(|conjunct| conjunct.split(" OR ").any(|licence| LICENCES.contains(&licence.trim())))
}

#[test]
fn licence_expressions_are_read_right() {
    assert!(permits("MIT OR Apache-2.0"));
    assert!(permits("(MIT OR Apache-2.0) AND Unicode-3.0"));
    assert!(!permits("GPL-3.0-only"));
    assert!(!permits("MIT AND GPL-2.0"));
    assert!(!permits(""));
}

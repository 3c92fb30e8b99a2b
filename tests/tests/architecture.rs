//! The allowed edges between crates, the table of ARCHITECTURE.md. A new edge edits this table in
//! the same commit.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

use std::collections::{BTreeMap, BTreeSet};

use cargo_metadata::{DependencyKind, MetadataCommand};

/// Crate, and the crates of ours it may be built on (development dependencies aside).
const ALLOWED: &[(&str, &[&str])] = &[
    ("sobo-core", &[]),
    ("sobo-text", &["sobo-core"]),
    ("sobo-vault", &["sobo-core"]),
    ("sobo-intake", &["sobo-core"]),
    ("sobo-restore", &["sobo-core"]),
    ("sobo-layout", &["sobo-core", "sobo-text"]),
    ("sobo-read", &["sobo-core", "sobo-text"]),
    ("sobo-extract", &["sobo-core", "sobo-text"]),
    ("sobo-evaluate", &["sobo-core", "sobo-text"]),
    ("sobo-tiles", &["sobo-core"]),
    ("sobo-verify", &["sobo-core"]),
    ("sobo-db", &["sobo-core", "sobo-verify"]),
    // What teaches and what is better: rules, without files, pixels or SQL.
    ("sobo-adapt", &["sobo-core", "sobo-text", "sobo-verify"]),
    ("sobo-search", &["sobo-core", "sobo-text"]),
    (
        "sobo-pipeline",
        &[
            "sobo-core",
            "sobo-text",
            "sobo-vault",
            "sobo-intake",
            "sobo-restore",
            "sobo-layout",
            "sobo-read",
            "sobo-extract",
            "sobo-db",
            "sobo-search",
        ],
    ),
    (
        "sobo-web",
        &[
            "sobo-core",
            "sobo-text",
            "sobo-vault",
            "sobo-intake",
            "sobo-db",
            "sobo-verify",
            "sobo-search",
            "sobo-tiles",
            "sobo-adapt",
            "sobo-pipeline",
        ],
    ),
    (
        "sobo-cli",
        &[
            "sobo-core",
            "sobo-text",
            "sobo-vault",
            "sobo-intake",
            "sobo-restore",
            "sobo-layout",
            "sobo-read",
            "sobo-extract",
            "sobo-evaluate",
            "sobo-pipeline",
            "sobo-db",
            "sobo-verify",
            "sobo-search",
            "sobo-tiles",
            "sobo-adapt",
            "sobo-web",
        ],
    ),
    // A tool: it makes what the product is judged on, so it shares nothing with it but values.
    ("sobo-synth", &["sobo-core"]),
    ("sobo-tests", &["sobo-core", "sobo-text", "sobo-verify"]),
    (
        "sobo-benches",
        &[
            "sobo-core",
            "sobo-db",
            "sobo-intake",
            "sobo-layout",
            "sobo-read",
            "sobo-restore",
            "sobo-tiles",
            "sobo-verify",
            "sobo-web",
        ],
    ),
    ("xtask", &[]),
];

/// Third-party crates that only one place may link.
const OWNED: &[(&str, &[&str])] = &[
    ("sqlx", &["sobo-db"]),
    ("tesseract-rs", &["sobo-read"]),
    ("rten-gemm", &["sobo-read"]),
    ("rten-onnx", &["sobo-read"]),
    ("tantivy", &["sobo-search"]),
    ("axum", &["sobo-web"]),
    ("object_store", &["sobo-vault"]),
];

fn edges(kinds: &[DependencyKind]) -> BTreeMap<String, BTreeSet<String>> {
    let manifest = concat!(env!("CARGO_MANIFEST_DIR"), "/../Cargo.toml");
    let metadata = MetadataCommand::new().manifest_path(manifest).no_deps().exec().unwrap();
    metadata
        .packages
        .iter()
        .map(|package| {
            let uses = package
                .dependencies
                .iter()
                .filter(|dependency| kinds.contains(&dependency.kind))
                .map(|dependency| dependency.name.to_string());
            (package.name.to_string(), uses.collect())
        })
        .collect()
}

#[test]
fn crates_depend_only_on_what_the_table_allows() {
    let allowed: BTreeMap<&str, &[&str]> = ALLOWED.iter().copied().collect();
    let mut wrong = Vec::new();
    let edges = edges(&[DependencyKind::Normal, DependencyKind::Build]);
    for (from, uses) in &edges {
        let Some(may) = allowed.get(from.as_str()) else {
            wrong.push(format!("{from} is not in the table"));
            continue;
        };
        for to in uses.iter().filter(|name| edges.contains_key(*name)) {
            if !may.contains(&to.as_str()) {
                wrong.push(format!("{from} may not use {to}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn engines_are_linked_in_one_place() {
    let edges = edges(&[DependencyKind::Normal, DependencyKind::Build]);
    for (engine, owners) in OWNED {
        for (name, uses) in &edges {
            assert!(
                !uses.contains(*engine) || owners.contains(&name.as_str()),
                "{name} links {engine}, which belongs to {owners:?}"
            );
        }
    }
}

#[test]
fn the_product_never_links_the_synthetic_books() {
    for (name, uses) in edges(&[DependencyKind::Normal, DependencyKind::Build]) {
        assert!(!uses.contains("sobo-synth"), "{name} links sobo-synth");
    }
}

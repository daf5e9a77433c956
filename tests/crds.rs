//! `crds/` is what the types say: one file for each kind. `UPDATE=1 cargo test` rewrites them.

use berth::api::definitions::{definitions, yaml};
use std::path::Path;

#[test]
fn crds_are_generated_from_the_types() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("crds");
    let mut expected = Vec::new();
    for definition in definitions() {
        let file = folder.join(format!("{}.yaml", definition.spec.names.plural));
        let text = yaml(&definition).unwrap();
        if std::env::var_os("UPDATE").is_some() {
            std::fs::create_dir_all(&folder).unwrap();
            std::fs::write(&file, &text).unwrap();
        }
        let stored = std::fs::read_to_string(&file).unwrap_or_default();
        assert!(stored == text, "{} is stale: run UPDATE=1 cargo test --test crds", file.display());
        expected.push(file);
    }
    for entry in std::fs::read_dir(&folder).unwrap() {
        let file = entry.unwrap().path();
        // The list for kustomize is held by tests/chart.rs.
        let known = expected.contains(&file) || file.ends_with("kustomization.yaml");
        assert!(known, "{} belongs to no kind", file.display());
    }
}

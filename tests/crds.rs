//! `crds/` is what the types say: one file for each kind. `UPDATE=1 cargo test` rewrites them.

use berth::api::definitions::{definitions, yaml};
use berth::api::fate::Document;
use berth::api::{ConditionType, Reason};
use serde_json::Value;
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

/// Calls `visit` for every schema below `schema`, with its path.
fn walk(schema: &Value, path: &str, visit: &mut dyn FnMut(&str, &Value)) {
    visit(path, schema);
    if let Some(items) = schema.get("items") {
        walk(items, &format!("{path}[]"), visit);
    }
    if let Some(values) = schema.get("additionalProperties") {
        walk(values, &format!("{path}.*"), visit);
    }
    for (name, property) in schema.get("properties").and_then(Value::as_object).into_iter().flatten() {
        walk(property, &format!("{path}.{name}"), visit);
    }
}

#[test]
fn everything_that_can_grow_has_a_bound_and_every_list_a_type() {
    for document in Document::ALL {
        let schema = document.schema().unwrap();
        walk(&schema, "", &mut |path, schema| {
            let has = |key: &str| schema.get(key).is_some();
            match schema["type"].as_str() {
                Some("array") => {
                    assert!(has("maxItems") && has("x-kubernetes-list-type"), "{document:?}{path}")
                }
                Some("string") => assert!(has("maxLength") || has("enum"), "{document:?}{path}"),
                Some("object") => {
                    assert!(!has("additionalProperties") || has("maxProperties"), "{document:?}{path}");
                }
                Some("integer") if path.starts_with(".spec") => {
                    assert!(has("minimum") && has("maximum"), "{document:?}{path}");
                }
                _ => {}
            }
        });
    }
}

#[test]
fn specs_keep_unknown_members_and_describe_known_ones() {
    for document in Document::ALL {
        let schema = document.schema().unwrap();
        walk(&schema["properties"]["spec"], "", &mut |path, schema| {
            if schema.get("properties").is_some() {
                assert_eq!(schema["x-kubernetes-preserve-unknown-fields"], true, "{document:?}{path}");
            }
            if !path.ends_with("[]") && !path.ends_with(".*") {
                assert!(
                    schema["description"].as_str().is_some_and(|text| text.len() > 8),
                    "{document:?}{path}"
                );
            }
        });
    }
}

#[test]
fn an_object_that_nobody_has_seen_is_not_current() {
    for document in Document::ALL {
        let status = document.schema().unwrap()["properties"]["status"]["default"].clone();
        assert_eq!(status["observedGeneration"], -1, "{document:?}");
        assert_eq!(status["conditions"][0]["type"], ConditionType::Ready.as_str());
        assert_eq!(status["conditions"][0]["status"], "Unknown");
        assert_eq!(status["conditions"][0]["reason"], Reason::Pending.as_str());
    }
}

#[test]
fn names_are_ours_alone() {
    let plurals: Vec<String> =
        definitions().into_iter().map(|definition| definition.spec.names.plural).collect();
    assert_eq!(plurals, ["ecsclusters", "taskdefinitions", "ecsservices", "servicediscoveries"]);
    for definition in definitions() {
        let names = definition.spec.names;
        assert!(
            !["service", "services", "cluster", "clusters", "task", "tasks"].contains(&names.plural.as_str())
        );
        assert!(!["service", "cluster", "task"].contains(&names.singular.unwrap().as_str()));
        assert!(names.short_names.unwrap().iter().all(|name| name.starts_with("ecs")));
        assert_eq!(names.categories.unwrap(), ["ecs"]);
    }
}

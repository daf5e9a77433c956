//! What Argo CD (by the Lua in `deploy/argocd`) and kstatus say of objects in each state.
//!
//! The fixtures are in the layout of Argo CD's own `resource_customizations`, so that they can be offered
//! there as they are.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "helpers of tests"
)]

#[path = "support/generated.rs"]
mod generated;

use berth::api::definitions;
use serde::Deserialize;
use serde_json::Value;
use std::path::PathBuf;
use testbed::health::{Health, judge};

const FOLDER: &str = "deploy/argocd/resource_customizations/ecs.berth.dev";

#[derive(Deserialize)]
struct Cases {
    tests: Vec<Case>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Case {
    health_status: Health,
    input_path: String,
}

#[tokio::test(flavor = "multi_thread")]
async fn argo_cd_and_kstatus_agree_on_every_state() {
    for kind in kinds() {
        let dir = folder().join(&kind);
        let script = dir.join("health.lua");
        let cases: Cases = parse(&dir.join("health_test.yaml"));
        let mut judged = Vec::new();
        for case in cases.tests {
            let object: Value = parse(&dir.join(&case.input_path));
            let verdict = judge(Some(&script), &object).await.unwrap();
            assert_eq!(verdict.health.as_ref(), Some(&case.health_status), "{kind}/{}", case.input_path);
            // kstatus has no word for a paused object.
            let same = match case.health_status.status.as_str() {
                "Healthy" => "Current",
                "Degraded" => "Failed",
                _ => "InProgress",
            };
            // An object without status is from before the schema had a default; kstatus takes it for current.
            let same = if object["status"].is_null() { "Current" } else { same };
            assert_eq!(verdict.kstatus, same, "{kind}/{}: {}", case.input_path, verdict.kstatus_message);
            judged.push(case.input_path);
        }
        let mut files: Vec<String> = std::fs::read_dir(dir.join("testdata"))
            .unwrap()
            .map(|file| format!("testdata/{}", file.unwrap().file_name().to_str().unwrap()))
            .collect();
        files.sort();
        judged.sort();
        assert_eq!(judged, files, "{kind}/health_test.yaml");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_object_that_is_going_is_not_current() {
    let mut object: Value = parse(&folder().join("Service/testdata/ready.yaml"));
    object["metadata"]["deletionTimestamp"] = "2026-01-01T11:00:00Z".into();
    assert_eq!(judge(None, &object).await.unwrap().kstatus, "Terminating");
}

#[test]
fn an_untouched_object_is_as_the_schema_defaults_it() {
    for definition in definitions::definitions() {
        let kind = &definition.spec.names.kind;
        let schema = serde_json::to_value(&definition.spec.versions[0].schema).unwrap();
        let default = &schema["openAPIV3Schema"]["properties"]["status"]["default"];
        let untouched: Value = parse(&folder().join(kind).join("testdata/untouched.yaml"));
        assert_eq!(&untouched["status"], default, "{kind}");
    }
}

#[test]
fn every_kind_has_the_same_check_and_needs_no_library() {
    let first = script("Service");
    for definition in definitions::definitions() {
        let kind = &definition.spec.names.kind;
        assert_eq!(script(kind), first, "{kind}");
    }
    // Argo CD opens neither of these.
    for library in ["string.", "os.", "io.", "require"] {
        assert!(!first.contains(library), "{library}");
    }
}

#[test]
fn the_config_map_carries_the_checks() {
    let mut text = String::from(
        "# Made from resource_customizations/; `make update` rewrites it.\n\
         # Merge the data into Argo CD's own ConfigMap:\n\
         #   kubectl -n argocd patch configmap argocd-cm --patch-file deploy/argocd/argocd-cm.yaml\n\
         apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: argocd-cm\n  namespace: argocd\n  labels:\n    \
         app.kubernetes.io/part-of: argocd\ndata:\n",
    );
    for kind in kinds() {
        text.push_str(&format!("  resource.customizations.health.ecs.berth.dev_{kind}: |\n"));
        for line in script(&kind).lines() {
            text.push_str(&format!("    {line}\n"));
        }
    }
    generated::hold("deploy/argocd/argocd-cm.yaml", &text);
}

/// The kinds that have a check, sorted.
fn kinds() -> Vec<String> {
    let mut kinds: Vec<String> = std::fs::read_dir(folder())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    kinds.sort();
    assert_eq!(kinds.len(), definitions::definitions().len());
    kinds
}

fn folder() -> PathBuf {
    generated::path(FOLDER)
}

fn script(kind: &str) -> String {
    std::fs::read_to_string(folder().join(kind).join("health.lua")).unwrap()
}

fn parse<T: serde::de::DeserializeOwned>(file: &std::path::Path) -> T {
    let text = std::fs::read_to_string(file).unwrap();
    serde_saphyr::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

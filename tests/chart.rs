//! The chart and the kustomize base: they render, say the same, and carry the CRDs of `crds/`.

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
use generated::{hold, path};
use serde_json::Value;
use std::collections::BTreeMap;
use std::process::{Command, Output};
use std::sync::OnceLock;
use testbed::parts::{self, Binaries, Part};

const VERSION: &str = env!("CARGO_PKG_VERSION");

#[test]
fn the_chart_carries_the_crds() {
    let folder = "charts/berth/templates/crds";
    for (name, text) in crds() {
        hold(&format!("{folder}/{name}"), &template_of(&text));
    }
    for file in std::fs::read_dir(path(folder)).unwrap() {
        let name = file.unwrap().file_name().into_string().unwrap();
        assert!(crds().contains_key(&name), "{folder}/{name} belongs to no kind");
    }
}

#[test]
fn kustomize_finds_the_crds() {
    let list: String = crds().keys().map(|name| format!("- {name}\n")).collect();
    let head =
        "# Made from this folder; `make update` rewrites it.\napiVersion: kustomize.config.k8s.io/v1beta1\n";
    hold("crds/kustomization.yaml", &format!("{head}kind: Kustomization\nresources:\n{list}"));
}

#[test]
fn the_chart_carries_a_profile_for_every_order_of_strategies() {
    let profiles = serde_json::json!({"profiles": berth::placement::profile::profiles()});
    let profiles = serde_saphyr::to_string(&profiles).unwrap();
    let head = "# Made from src/placement/profile.rs; `make update` rewrites it.\n";
    hold("charts/berth/files/scheduler-profiles.yaml", &format!("{head}{profiles}"));
    let refused = helm(&[
        "template",
        "berth",
        path("charts/berth").to_str().unwrap(),
        "--set",
        "scheduler.enabled=true",
    ]);
    assert!(text(&refused).contains("scheduler.image.repository"), "{}", text(&refused));
}

#[test]
fn the_rendered_crds_are_those_of_the_api() {
    let rendered = documents(&template(&["--show-only", "templates/crds/*.yaml"]));
    assert_eq!(rendered.len(), crds().len());
    for mut rendered in rendered {
        let keep = &rendered["metadata"]["annotations"]["helm.sh/resource-policy"];
        assert_eq!(keep, "keep", "{}", rendered["metadata"]["name"]);
        rendered["metadata"] = serde_json::json!({"name": rendered["metadata"]["name"]});
        let file = format!("{}.yaml", rendered["spec"]["names"]["plural"].as_str().unwrap());
        let mut original = documents(&crds()[&file]).remove(0);
        original["metadata"] = serde_json::json!({"name": original["metadata"]["name"]});
        assert!(rendered == original, "{file} does not come out of the chart as it went in");
    }
    let gone = template(&["--set", "crds.keep=false", "--show-only", "templates/crds/*.yaml"]);
    assert!(!gone.contains("resource-policy"));
    assert!(!template(&["--set", "crds.enabled=false"]).contains("CustomResourceDefinition"));
}

#[test]
fn the_chart_renders_as_it_did() {
    for case in ["default", "namespaced", "everything"] {
        let values = path(&format!("tests/chart/{case}.values.yaml"));
        let values = values.to_str().unwrap();
        let rendered = template(&["--set", "crds.enabled=false", "--values", values]);
        hold(&format!("tests/chart/{case}.out.yaml"), &rendered);
    }
}

#[test]
fn the_chart_passes_lint() {
    let output = helm(&["lint", "--strict", path("charts/berth").to_str().unwrap()]);
    assert!(output.status.success(), "{}", text(&output));
}

#[test]
fn wrong_values_are_refused_with_their_path() {
    for (value, named) in [
        ("replicas=many", "/replicas"),
        ("replica=3", "replica"),
        ("controller.logFormat=xml", "/controller/logFormat"),
        ("image.digest=sha256:short", "/image/digest"),
        ("controller.watchNamespaces[0]=Shop", "/controller/watchNamespaces/0"),
        ("networkPolicy.apiServerPorts[0]=0", "/networkPolicy/apiServerPorts/0"),
    ] {
        let output = helm(&["template", "berth", path("charts/berth").to_str().unwrap(), "--set", value]);
        assert!(!output.status.success(), "{value} was taken");
        assert!(text(&output).contains(named), "{value}: {}", text(&output));
    }
}

#[test]
fn one_version_everywhere() {
    let chart = documents(&read("charts/berth/Chart.yaml")).remove(0);
    assert_eq!(chart["appVersion"], VERSION, "charts/berth/Chart.yaml");
    let base = documents(&read("deploy/base/kustomization.yaml")).remove(0);
    assert_eq!(base["images"][0]["newTag"], VERSION, "deploy/base/kustomization.yaml");
}

#[test]
fn the_base_says_what_the_chart_says() {
    let chart = documents(&template(&["--set", "crds.enabled=false"]));
    let base = documents(&kustomize("deploy/base"));
    for (kind, name) in [
        ("Deployment", "berth"),
        ("Service", "berth-metrics"),
        ("PodDisruptionBudget", "berth"),
        ("NetworkPolicy", "berth"),
        ("ServiceAccount", "berth"),
        ("ClusterRole", "berth"),
        ("ClusterRole", "berth-nodes"),
        ("ClusterRoleBinding", "berth"),
        ("ClusterRoleBinding", "berth-nodes"),
        ("Role", "berth-leader"),
        ("RoleBinding", "berth-leader"),
        ("ClusterRole", "berth-view"),
        ("ClusterRole", "berth-edit"),
    ] {
        let [chart, base] = [&chart, &base].map(|list| without_labels(find(list, kind, name).clone()));
        similar_asserts::assert_eq!(chart: chart, base: base, "{kind} {name}");
    }
}

#[test]
fn the_namespaced_overlay_grants_nothing_elsewhere() {
    let objects = documents(&kustomize("deploy/overlays/namespaced"));
    let bindings: Vec<_> = objects.iter().filter(|object| object["kind"] == "ClusterRoleBinding").collect();
    assert_eq!(bindings.len(), 1, "{bindings:#?}");
    assert_eq!(bindings[0]["roleRef"]["name"], "berth-nodes");
    let binding = objects.iter().find(|object| object["metadata"]["namespace"] == "shop").unwrap();
    assert_eq!((&binding["kind"], &binding["roleRef"]["name"]), (&"RoleBinding".into(), &"berth".into()));
    let deployment = find(&objects, "Deployment", "berth");
    let arguments = deployment["spec"]["template"]["spec"]["containers"][0]["args"].as_array().unwrap();
    assert!(arguments.contains(&"--watch-namespace=shop".into()));
}

fn read(relative: &str) -> String {
    std::fs::read_to_string(path(relative)).unwrap_or_else(|error| panic!("{relative}: {error}"))
}

/// The definitions as they are in `crds/`, by file name.
fn crds() -> BTreeMap<String, String> {
    let definitions = definitions::definitions().into_iter();
    definitions
        .map(|one| (format!("{}.yaml", one.spec.names.plural), definitions::yaml(&one).unwrap()))
        .collect()
}

/// A CRD as a template: the same text, with labels and the policy to keep it.
fn template_of(crd: &str) -> String {
    let crd = crd.replace("{{", "{{ \"{{\" }}");
    let (before, after) = crd.split_once("\nmetadata:\n").expect("a CRD has metadata");
    assert!(!after.contains("\n  labels:\n") || after.find("\n  labels:\n") > after.find("\nspec:\n"));
    let mut metadata = String::from("  labels:\n    {{- include \"berth.labels\" . | nindent 4 }}\n");
    let keep = "    {{- if .Values.crds.keep }}\n    helm.sh/resource-policy: keep\n    {{- end }}\n";
    let after = match after.split_once("  annotations:\n") {
        Some((name, rest)) if !name.contains("spec:") => {
            metadata.push_str("  annotations:\n");
            metadata.push_str(keep);
            format!("{name}{metadata}{rest}")
        }
        _ => {
            metadata.push_str("  {{- if .Values.crds.keep }}\n  annotations:\n    helm.sh/resource-policy: keep\n  {{- end }}\n");
            format!("{metadata}{after}")
        }
    };
    let note = "{{- /* Made from crds/; `make update` rewrites it. */}}";
    format!("{note}\n{{{{- if .Values.crds.enabled }}}}\n{before}\nmetadata:\n{after}{{{{- end }}}}\n")
}

fn programs() -> &'static Binaries {
    static PROGRAMS: OnceLock<Binaries> = OnceLock::new();
    PROGRAMS.get_or_init(|| parts::ensure(&[Part::Helm, Part::Kubectl]).unwrap())
}

fn helm(arguments: &[&str]) -> Output {
    let home = tempfile::tempdir().unwrap();
    let mut command = Command::new(programs().path(Part::Helm).unwrap());
    for folder in ["HELM_CACHE_HOME", "HELM_CONFIG_HOME", "HELM_DATA_HOME"] {
        command.env(folder, home.path());
    }
    command.args(arguments).env("KUBECONFIG", home.path().join("none")).output().unwrap()
}

fn template(arguments: &[&str]) -> String {
    let chart = path("charts/berth");
    let fixed = ["template", "berth", chart.to_str().unwrap(), "--namespace", "berth-system"];
    let output = helm(&[&fixed, arguments].concat());
    assert!(output.status.success(), "{}", text(&output));
    String::from_utf8(output.stdout).unwrap()
}

fn kustomize(dir: &str) -> String {
    let mut command = Command::new(programs().path(Part::Kubectl).unwrap());
    let output = command.arg("kustomize").arg(path(dir)).output().unwrap();
    assert!(output.status.success(), "{}", text(&output));
    String::from_utf8(output.stdout).unwrap()
}

fn text(output: &Output) -> String {
    [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes)).join("\n")
}

fn documents(yaml: &str) -> Vec<Value> {
    let all: Vec<Value> = serde_saphyr::from_multiple(yaml).unwrap_or_else(|error| panic!("{error}\n{yaml}"));
    all.into_iter().filter(|document| !document.is_null()).collect()
}

fn find<'a>(objects: &'a [Value], kind: &str, name: &str) -> &'a Value {
    let found = objects.iter().find(|object| object["kind"] == kind && object["metadata"]["name"] == name);
    found.unwrap_or_else(|| panic!("there is no {kind} {name}"))
}

/// The object without the labels that only Helm sets.
fn without_labels(mut object: Value) -> Value {
    for at in ["/metadata/labels", "/spec/template/metadata/labels"] {
        let labels = object.pointer_mut(at).and_then(Value::as_object_mut);
        let of_helm = |key: &str| {
            ["helm.sh/chart", "app.kubernetes.io/version", "app.kubernetes.io/managed-by"].contains(&key)
                || ["app.kubernetes.io/part-of", "app.kubernetes.io/component"].contains(&key)
        };
        if let Some(labels) = labels {
            labels.retain(|key, _| !of_helm(key));
        }
    }
    object
}

//! The rights in the shipped manifests are those of `berth::rbac`. `UPDATE=1 cargo test` rewrites them.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "helpers of tests"
)]

#[path = "support/generated.rs"]
mod generated;

use berth::rbac;

const NOTE: &str = "Made from src/rbac.rs; `make update` rewrites it.";

#[test]
fn the_chart_grants_what_the_list_says() {
    let mut text = format!("{{{{/* {NOTE} */}}}}\n");
    for (name, rules) in [
        ("namespaced", rbac::NAMESPACED),
        ("cluster", rbac::CLUSTER),
        ("ownNamespace", rbac::OWN_NAMESPACE),
        ("view", rbac::VIEW),
        ("edit", rbac::EDIT),
    ] {
        let rules = rbac::yaml(rules, 0);
        text.push_str(&format!("\n{{{{- define \"berth.rules.{name}\" -}}}}\n{rules}{{{{- end -}}}}\n"));
    }
    generated::hold("charts/berth/templates/_rules.tpl", &text);
}

#[test]
fn the_base_grants_what_the_list_says() {
    let mut text = format!("# {NOTE}\n");
    text.push_str(&role("ClusterRole", "berth", &[], rbac::NAMESPACED));
    text.push_str(&binding("ClusterRole", "berth"));
    text.push_str(&role("ClusterRole", "berth-nodes", &[], rbac::CLUSTER));
    text.push_str(&binding("ClusterRole", "berth-nodes"));
    text.push_str(&role("Role", "berth-leader", &[], rbac::OWN_NAMESPACE));
    text.push_str(&binding("Role", "berth-leader"));
    text.push_str(&role("ClusterRole", "berth-view", &["view", "edit", "admin"], rbac::VIEW));
    text.push_str(&role("ClusterRole", "berth-edit", &["edit", "admin"], rbac::EDIT));
    generated::hold("deploy/base/rbac.yaml", &text);
}

fn head(kind: &str, name: &str, into: &[&str]) -> String {
    let mut text =
        format!("---\napiVersion: rbac.authorization.k8s.io/v1\nkind: {kind}\nmetadata:\n  name: {name}\n");
    if kind.starts_with("Role") {
        text.push_str("  namespace: berth-system\n");
    }
    text.push_str("  labels:\n    app.kubernetes.io/name: berth\n    app.kubernetes.io/instance: berth\n");
    text.push_str("    app.kubernetes.io/part-of: berth\n");
    for role in into {
        text.push_str(&format!("    rbac.authorization.k8s.io/aggregate-to-{role}: \"true\"\n"));
    }
    text
}

fn role(kind: &str, name: &str, into: &[&str], rules: &[rbac::Rule]) -> String {
    format!("{}rules:\n{}", head(kind, name, into), rbac::yaml(rules, 0))
}

fn binding(kind: &str, name: &str) -> String {
    let head = head(&format!("{kind}Binding"), name, &[]);
    format!(
        "{head}roleRef:\n  apiGroup: rbac.authorization.k8s.io\n  kind: {kind}\n  name: {name}\n\
         subjects:\n- kind: ServiceAccount\n  name: berth\n  namespace: berth-system\n"
    )
}

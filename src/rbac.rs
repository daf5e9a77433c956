//! The rights that Berth needs, one list → the rules of the chart and of `deploy/base`.
//!
//! Nothing else in this repository grants Berth anything: `tests/rbac.rs` holds every shipped manifest
//! against this list. There is no rule for Secrets, none with a wildcard, none that could hand rights on
//! (`escalate`, `bind`, `impersonate`) or enter a container (`pods/exec`), and a test says so.

/// One rule, with the reason it exists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rule {
    /// API group; empty for the core group.
    pub group: &'static str,
    /// Plural names, subresources as `plural/subresource`.
    pub resources: &'static [&'static str],
    /// What may be done.
    pub verbs: &'static [&'static str],
    /// Why Berth cannot do without.
    pub reason: &'static str,
}

const fn rule(
    group: &'static str,
    resources: &'static [&'static str],
    verbs: &'static [&'static str],
    reason: &'static str,
) -> Rule {
    Rule { group, resources, verbs, reason }
}

/// Berth's API group.
pub const GROUP: &str = "ecs.berth.dev";

const READ: &[&str] = &["get", "list", "watch"];
const OWN: &[&str] = &["get", "list", "watch", "create", "patch", "delete"];

/// Rights in every namespace whose objects Berth serves: cluster-wide, or namespace by namespace.
pub const NAMESPACED: &[Rule] = &[
    rule(
        GROUP,
        &["taskdefinitions", "ecsservices", "servicediscoveries"],
        READ,
        "what users write; Berth never changes a spec",
    ),
    rule(
        GROUP,
        &["taskdefinitions/status", "ecsservices/status", "servicediscoveries/status"],
        &["get", "patch", "update"],
        "what Berth answers",
    ),
    rule(
        GROUP,
        &["taskdefinitions/finalizers", "ecsservices/finalizers", "servicediscoveries/finalizers"],
        &["update"],
        "owner references that block deletion need it on clusters that check them; Berth sets no finalizer",
    ),
    rule("", &["pods"], OWN, "a task is a pod that Berth creates, labels, ends and forgets itself"),
    rule("", &["services"], OWN, "target groups and discovery names"),
    rule(
        "apps",
        &["controllerrevisions"],
        &["get", "list", "watch", "create", "patch", "update", "delete"],
        "revisions of task definitions and the counter of each family",
    ),
    rule(
        "policy",
        &["poddisruptionbudgets"],
        OWN,
        "one per service: the lower bound holds for evictions too",
    ),
    rule(
        "discovery.k8s.io",
        &["endpointslices"],
        OWN,
        "a task serves on when a container has ended that is not essential; Kubernetes shows it as an endpoint no more",
    ),
    rule("events.k8s.io", &["events"], &["create"], "service events"),
    rule(
        "",
        &["serviceaccounts"],
        OWN,
        "one per task role and namespace, where a Cluster maps the role; Berth never asks for a token of one",
    ),
    rule(
        "external-secrets.io",
        &["externalsecrets"],
        &["get", "create", "patch"],
        "asks External Secrets to fetch what a Cluster maps to a store; the values stay out of Berth's sight",
    ),
];

/// Rights on objects that have no namespace.
pub const CLUSTER: &[Rule] = &[
    rule("", &["nodes"], READ, "zones, attributes, room and draining of container instances"),
    rule(GROUP, &["ecsclusters"], READ, "which nodes, namespaces and privileges a cluster has"),
    rule(GROUP, &["ecsclusters/status"], &["patch"], "what Berth answers"),
];

/// Rights in the namespace that Berth itself runs in.
pub const OWN_NAMESPACE: &[Rule] = &[rule(
    "coordination.k8s.io",
    &["leases"],
    &["get", "list", "watch", "create", "update", "patch"],
    "which of the replicas leads",
)];

/// What a namespace's readers may do; aggregated into Kubernetes' `view`.
pub const VIEW: &[Rule] = &[rule(
    GROUP,
    &["taskdefinitions", "ecsservices", "servicediscoveries", "ecsclusters"],
    READ,
    "reading specs and status shows no secret",
)];

/// What a namespace's users may do; aggregated into Kubernetes' `edit` and `admin`.
///
/// `ecsclusters` are the cluster admin's and are left out on purpose.
pub const EDIT: &[Rule] = &[
    rule(
        GROUP,
        &["taskdefinitions", "ecsservices", "servicediscoveries"],
        &["create", "delete", "deletecollection", "patch", "update"],
        "whoever may create pods may create services; the pods are held to the same pod security level",
    ),
    rule(
        GROUP,
        &["ecsservices/scale"],
        &["get", "patch", "update"],
        "kubectl scale and autoscalers write the desired count",
    ),
];

/// Rules as YAML list items, each below its reason, every line indented by `indent` spaces.
pub fn yaml(rules: &[Rule], indent: usize) -> String {
    let pad = " ".repeat(indent);
    let mut out = String::new();
    for rule in rules {
        let group = if rule.group.is_empty() { "\"\"" } else { rule.group };
        for line in [
            format!("# {}", rule.reason),
            format!("- apiGroups: [{group}]"),
            format!("  resources: [{}]", rule.resources.join(", ")),
            format!("  verbs: [{}]", rule.verbs.join(", ")),
        ] {
            out.push_str(&pad);
            out.push_str(&line);
            out.push('\n');
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn granted() -> impl Iterator<Item = &'static Rule> {
        NAMESPACED.iter().chain(CLUSTER).chain(OWN_NAMESPACE)
    }

    #[test]
    fn nothing_is_granted_that_could_become_more() {
        for rule in granted() {
            assert!(!rule.group.contains('*'), "{rule:?}");
            for verb in rule.verbs {
                assert!(
                    !["*", "escalate", "bind", "impersonate", "deletecollection"].contains(verb),
                    "{rule:?}"
                );
            }
            for resource in rule.resources {
                assert!(!resource.contains('*'), "{rule:?}");
                for kind in ["secrets", "serviceaccounts/", "roles", "clusterroles", "rolebindings"] {
                    assert!(!resource.starts_with(kind), "{rule:?}");
                }
                for way in ["/exec", "/attach", "/portforward", "/proxy", "/token", "/ephemeralcontainers"] {
                    assert!(!resource.ends_with(way), "{rule:?}");
                }
            }
        }
    }

    #[test]
    fn berth_never_writes_what_users_write() {
        for rule in granted().filter(|rule| rule.group == GROUP) {
            if rule.resources.iter().any(|resource| !resource.contains('/')) {
                assert_eq!(rule.verbs, READ, "{rule:?}");
            }
        }
    }

    #[test]
    fn users_cannot_change_clusters() {
        assert!(
            EDIT.iter()
                .all(|rule| rule.resources.iter().all(|resource| !resource.starts_with("ecsclusters")))
        );
    }

    #[test]
    fn rules_are_yaml_list_items() {
        let rules = [rule("", &["pods"], &["get", "list"], "to see them")];
        let expected =
            "  # to see them\n  - apiGroups: [\"\"]\n    resources: [pods]\n    verbs: [get, list]\n";
        assert_eq!(yaml(&rules, 2), expected);
    }
}

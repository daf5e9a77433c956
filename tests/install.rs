//! The ways to install, on a real API server with simulated nodes: admitted under the restricted pod
//! security level, no warning, and no right beyond the list.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "helpers of tests"
)]

use testbed::{Bed, BedConfig};

const USER: &str = "--as=system:serviceaccount:berth-system:berth";

#[tokio::test(flavor = "multi_thread")]
async fn kustomize_and_helm_install_what_they_say() {
    let bed = Bed::start(BedConfig::simulated(3, 3)).await.unwrap();
    let root = env!("CARGO_MANIFEST_DIR");

    kustomize(&bed, root).await;
    examples(&bed, root).await;
    rights(&bed).await;
    helm(&bed, root).await;

    bed.stop().await.unwrap();
}

async fn kustomize(bed: &Bed, root: &str) {
    let base = format!("{root}/deploy/base");
    apply(bed, &["-k", &base]).await;
    let ready = ["-n", "berth-system", "rollout", "status", "deployment/berth", "--timeout=30s"];
    bed.kubectl(&ready).await.unwrap();
    let zones = ["-n", "berth-system", "get", "pods", "-o", "jsonpath={.items[*].spec.nodeName}"];
    let nodes = bed.kubectl(&zones).await.unwrap();
    let mut nodes: Vec<&str> = nodes.split_whitespace().collect();
    nodes.sort_unstable();
    nodes.dedup();
    assert_eq!(nodes.len(), 2, "two replicas on two nodes: {nodes:?}");
}

async fn examples(bed: &Bed, root: &str) {
    for entry in std::fs::read_dir(format!("{root}/examples")).unwrap() {
        let path = entry.unwrap().path();
        let how = if path.join("kustomization.yaml").exists() { "-k" } else { "-f" };
        // What has no manifests is a script, not a scenario.
        if path.is_dir() && has_manifests(&path) {
            apply(bed, &[how, path.to_str().unwrap()]).await;
        }
    }
    let untouched = bed.kubectl(&["get", "ecssvc", "web", "-o", "jsonpath={.status.observedGeneration}"]);
    assert_eq!(untouched.await.unwrap(), "-1");
    for list in ["ecs", "ecstd", "ecssvc", "ecssd", "ecscluster"] {
        bed.kubectl(&["get", list]).await.unwrap();
    }
}

fn has_manifests(folder: &std::path::Path) -> bool {
    let mut files = std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path());
    files.any(|file| file.extension().is_some_and(|end| end == "yaml"))
}

/// Applies with the server's own field validation; a warning is a failure.
async fn apply(bed: &Bed, what: &[&str]) {
    let fixed = ["apply", "--server-side", "--validate=strict", "--warnings-as-errors"];
    // Kinds of definitions that were applied a moment ago may not be served yet.
    for _ in 0..20 {
        match bed.kubectl(&[&fixed, what].concat()).await {
            Ok(_) => return,
            Err(error) if error.to_string().contains("no matches for kind") => {
                tokio::time::sleep(std::time::Duration::from_millis(200)).await;
            }
            Err(error) => panic!("{what:?}: {error:#}"),
        }
    }
    panic!("{what:?}: the kinds are not served");
}

async fn rights(bed: &Bed) {
    for (can, verb, what, namespace) in [
        (true, "create", "pods", "default"),
        (true, "patch", "ecsservices.ecs.berth.dev/status", "default"),
        (true, "update", "leases.coordination.k8s.io", "berth-system"),
        (true, "watch", "nodes", ""),
        (false, "update", "leases.coordination.k8s.io", "default"),
        (false, "patch", "ecsservices.ecs.berth.dev", "default"),
        (false, "get", "secrets", "berth-system"),
        (false, "list", "secrets", "default"),
        (true, "create", "serviceaccounts", "default"),
        (false, "create", "pods/exec", "default"),
        (false, "create", "serviceaccounts/token", "berth-system"),
        (false, "create", "clusterrolebindings.rbac.authorization.k8s.io", ""),
        (false, "update", "nodes", ""),
        (false, "delete", "customresourcedefinitions.apiextensions.k8s.io", ""),
    ] {
        let may = allowed(bed, USER, verb, what, namespace).await;
        assert_eq!(may, can, "Berth: {verb} {what} in {namespace:?}");
    }
    // Whoever may edit a namespace may use Berth in it, but not change clusters.
    let binding = ["create", "rolebinding", "dev", "--clusterrole=edit", "--user=dev"];
    bed.kubectl(&binding).await.unwrap();
    for (can, verb, what) in [
        (true, "create", "ecsservices.ecs.berth.dev"),
        (true, "patch", "ecsservices.ecs.berth.dev/scale"),
        (false, "patch", "ecsservices.ecs.berth.dev/status"),
        (false, "create", "ecsclusters.ecs.berth.dev"),
    ] {
        let may = settled(bed, "--as=dev", verb, what, can).await;
        assert_eq!(may, can, "an editor: {verb} {what}");
    }
}

/// Aggregated roles take a moment.
async fn settled(bed: &Bed, user: &str, verb: &str, what: &str, wanted: bool) -> bool {
    for _ in 0..20 {
        if allowed(bed, user, verb, what, "default").await == wanted {
            return wanted;
        }
        tokio::time::sleep(std::time::Duration::from_millis(250)).await;
    }
    !wanted
}

async fn allowed(bed: &Bed, user: &str, verb: &str, what: &str, namespace: &str) -> bool {
    let (what, part) = what.split_once('/').unwrap_or((what, ""));
    let part = format!("--subresource={part}");
    let mut arguments = vec!["auth", "can-i", verb, what, &part, user, "--quiet"];
    if !namespace.is_empty() {
        arguments.extend(["-n", namespace]);
    }
    bed.kubectl(&arguments).await.is_ok()
}

async fn helm(bed: &Bed, root: &str) {
    let chart = format!("{root}/charts/berth");
    // In the place of the first installation, so that both kinds of the same thing never meet.
    bed.kubectl(&["delete", "-k", &format!("{root}/deploy/base"), "--wait=true"]).await.unwrap();
    bed.kubectl(&["create", "namespace", "shop"]).await.unwrap();
    bed.kubectl(&["create", "namespace", "berth-system"]).await.unwrap();
    let level = "pod-security.kubernetes.io/enforce=restricted";
    bed.kubectl(&["label", "namespace", "berth-system", level]).await.unwrap();
    let fixed = ["berth", &chart, "--namespace", "berth-system", "--wait", "--timeout", "60s"];
    bed.helm(&[&["install"][..], &fixed].concat()).await.unwrap();
    assert!(allowed(bed, USER, "create", "pods", "default").await);

    let narrow = ["--set", "controller.watchNamespaces={shop}", "--set", "replicas=1"];
    bed.helm(&[&["upgrade"][..], &fixed, &narrow].concat()).await.unwrap();
    assert!(allowed(bed, USER, "create", "pods", "shop").await);
    assert!(!allowed(bed, USER, "create", "pods", "default").await);
    assert!(allowed(bed, USER, "watch", "nodes", "").await);

    apply(bed, &["-f", &format!("{root}/examples/minimal")]).await;
    bed.helm(&["uninstall", "berth", "--namespace", "berth-system", "--wait"]).await.unwrap();
    bed.kubectl(&["get", "ecssvc", "minimal"]).await.expect("services outlive the release");
    bed.helm(&[&["install"][..], &fixed].concat()).await.expect("a new release takes the definitions over");
}

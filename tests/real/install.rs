//! Ways to install, to upgrade, to leave and to come back.

use super::leader;
use super::site::{Site, names, phase, until};
use super::traffic::{constant, pause, unharmed};
use k8s_openapi::api::core::v1::Pod;
use kube::api::{ListParams, LogParams};
use kube::{Api, ResourceExt};
use serde_json::{Value, json};
use testbed::Bed;

pub const NAMESPACE: &str = "berth-system";

/// Two tags of one program.
pub const VERSIONS: [&str; 2] = ["one", "two"];

/// Installs the chart in a namespace that enforces restricted pod security.
pub async fn helm(bed: &Bed) {
    let level = json!({"pod-security.kubernetes.io/enforce": "restricted"});
    Site::new(bed, NAMESPACE).create(level).await;
    run_helm(bed, "install", VERSIONS[0]).await;
}

async fn run_helm(bed: &Bed, verb: &str, version: &str) {
    let chart = format!("{}/charts/berth", env!("CARGO_MANIFEST_DIR"));
    let tag = format!("image.tag={version}");
    bed.helm(&[verb, "berth", &chart, "-n", NAMESPACE, "--set", &tag, "--wait", "--timeout", "90s"])
        .await
        .unwrap();
}

async fn uninstall(bed: &Bed) {
    bed.helm(&["uninstall", "berth", "-n", NAMESPACE, "--wait", "--timeout", "60s"]).await.unwrap();
    until("no pod of Berth is left", 40, || async { replicas(bed).await.is_empty().then_some(()) }).await;
}

/// Berth's own pods.
pub async fn replicas(bed: &Bed) -> Vec<Pod> {
    let pods: Api<Pod> = Api::namespaced(bed.client().unwrap(), NAMESPACE);
    let list = ListParams::default().labels("app.kubernetes.io/component=controller");
    pods.list(&list).await.unwrap().items
}

/// Two replicas on two nodes, and the chart's own test.
pub async fn works(bed: &Bed) {
    let replicas = replicas(bed).await;
    let nodes: std::collections::BTreeSet<_> = replicas.iter().map(super::site::node_of).collect();
    assert_eq!((replicas.len(), nodes.len()), (2, 2), "{:?}", names(&replicas));
    bed.helm(&["test", "berth", "-n", NAMESPACE, "--timeout", "60s"]).await.unwrap();
}

/// The examples as they are. Tasks that nobody asks for their health take 40 seconds until they count.
pub async fn examples(site: Site<'_>) {
    site.create(json!({})).await;
    let root = format!("{}/examples", env!("CARGO_MANIFEST_DIR"));
    for entry in std::fs::read_dir(root).unwrap() {
        let path = entry.unwrap().path();
        // What has a namespace of its own is about nodes and stores that are not here, a Cluster would be everybody's,
        // and import has a script only.
        let is_applied = !path.join("kustomization.yaml").exists()
            && !path.ends_with("import")
            && !path.join("cluster.yaml").exists();
        if path.is_dir() && is_applied {
            site.kubectl(&["apply", "--server-side", "-f", path.to_str().unwrap()]).await;
        }
    }
    let services = site.api::<berth::api::Service>().list(&ListParams::default()).await.unwrap();
    assert!(services.items.len() >= 3);
    for service in services {
        site.steady(&service.name_any(), 1).await;
    }
}

/// A new version of Berth takes over while a change is under way.
pub async fn upgrade(site: &Site<'_>) {
    let load = constant(&site.address("web-tg").await, false).await;
    let version = leader::next_version(site).await;
    site.edit("web", version.1).await;
    run_helm(site.bed, "upgrade", VERSIONS[1]).await;
    site.steady("web", version.0).await;
    pause(11.0).await;
    unharmed("helm upgrade during a rolling edit", load).await;
    for pod in replicas(site.bed).await {
        let image = pod.spec.unwrap().containers[0].image.clone().unwrap();
        assert_eq!(image, format!("localhost/berth:{}", VERSIONS[1]));
    }
}

/// Tasks outlive the release; the next one finds all as it was, and writes nothing.
pub async fn again(site: &Site<'_>) {
    site.steady("web", leader::next_version(site).await.0 - 1).await;
    let load = constant(&site.address("web-tg").await, false).await;
    let before = site.inventory().await;
    uninstall(site.bed).await;
    site.bed.kubectl(&["get", "crd", "ecsservices.ecs.berth.dev"]).await.unwrap();
    run_helm(site.bed, "install", VERSIONS[0]).await;
    led(site).await;
    assert_same(&before, &site.inventory().await);
    unharmed("uninstalled and installed again", load).await;
}

/// The same by `kubectl apply -k` with an image of one's own.
pub async fn kustomize(site: &Site<'_>) {
    let before = site.inventory().await;
    uninstall(site.bed).await;
    let folder = tempfile::tempdir().unwrap();
    // Kustomize takes no absolute path.
    let up = "../".repeat(folder.path().components().count() - 1);
    let base = format!("{up}{}/deploy/base", env!("CARGO_MANIFEST_DIR").trim_start_matches('/'));
    let images = json!([{"name": "localhost/berth", "newTag": VERSIONS[1]}]);
    let kustomization = json!({"resources": [base], "images": images});
    std::fs::write(folder.path().join("kustomization.yaml"), kustomization.to_string()).unwrap();
    let path = folder.path().to_str().unwrap();
    let args = ["apply", "--server-side", "--force-conflicts", "-k", path];
    site.bed.kubectl(&args).await.unwrap();
    let ready = ["-n", NAMESPACE, "rollout", "status", "deployment/berth", "--timeout=60s"];
    site.bed.kubectl(&ready).await.unwrap();
    led(site).await;
    assert_same(&before, &site.inventory().await);
}

/// Waits until a replica leads and has had the time to look at everything.
async fn led(site: &Site<'_>) {
    let replicas = names(&replicas(site.bed).await);
    until("a replica leads", 30, || async {
        leader::holder(site.bed).await.filter(|holder| replicas.contains(holder))
    })
    .await;
    pause(5.0).await;
}

/// That nothing was made, removed or written.
fn assert_same(before: &[[String; 4]], after: &[[String; 4]]) {
    let differing: Vec<_> = before.iter().filter(|object| !after.contains(object)).collect();
    let new: Vec<_> = after.iter().filter(|object| !before.contains(object)).collect();
    assert!(differing.is_empty() && new.is_empty(), "{differing:#?}\nare now\n{new:#?}");
}

/// Nothing above level info has been logged by the replicas that run.
pub async fn log(bed: &Bed) {
    let pods: Api<Pod> = Api::namespaced(bed.client().unwrap(), NAMESPACE);
    for pod in replicas(bed).await.iter().filter(|pod| phase(pod) == "Running") {
        let text = pods.logs(&pod.name_any(), &LogParams::default()).await.unwrap();
        let lines = text.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        let level = |line: &Value| line["level"].as_str().unwrap_or_default().to_owned();
        let (all, loud): (Vec<_>, Vec<_>) = lines.map(|line| (level(&line), line)).unzip();
        assert!(!all.is_empty(), "{text}");
        let loud: Vec<_> = loud.iter().filter(|line| !["INFO", "DEBUG"].contains(&&*level(line))).collect();
        assert!(loud.is_empty(), "{loud:#?}");
    }
}

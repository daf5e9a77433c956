//! What the tests of real nodes look with.

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use k8s_openapi::api::core::v1::Pod;
use kube::Api;
use kube::api::PostParams;
use serde_json::{Value, json};
use testbed::image::testapp_program;
use testbed::process::MARK;
use testbed::real::Network;

/// Three of the test app in three zones, with a Service.
pub const WEB: &str = include_str!("web.yaml");

/// Settings of the whole machine that a kubelet would change.
const SETTINGS: [&str; 3] =
    ["/proc/sys/vm/overcommit_memory", "/proc/sys/kernel/panic", "/proc/sys/kernel/panic_on_oops"];

/// Those settings.
pub fn settings() -> Vec<String> {
    SETTINGS.iter().map(|path| std::fs::read_to_string(path).unwrap()).collect()
}

/// What remains of the bed that had this folder and this network.
pub fn remains(dir: &Path, network: Network) -> Vec<String> {
    let mark = format!("{MARK}={}", dir.display());
    let mut found = Vec::new();
    for process in std::fs::read_dir("/proc").unwrap().flatten() {
        let environment = std::fs::read(process.path().join("environ")).unwrap_or_default();
        if environment.split(|byte| *byte == 0).any(|variable| variable == mark.as_bytes()) {
            found.push(process.path().display().to_string());
        }
    }
    let block = network.host_ip().octets()[1];
    let group = format!("berth-testbed-{block}");
    for hierarchy in std::fs::read_dir("/sys/fs/cgroup").unwrap().flatten() {
        found.extend(
            Some(hierarchy.path().join(&group)).filter(|p| p.exists()).map(|p| p.display().to_string()),
        );
    }
    let routes = Command::new("ip").args(["-4", "route"]).output().unwrap();
    let routes = String::from_utf8(routes.stdout).unwrap();
    found.extend(routes.lines().filter(|line| line.contains(&format!("10.{block}."))).map(str::to_owned));
    let mounts = std::fs::read_to_string("/proc/self/mounts").unwrap();
    found.extend(mounts.lines().filter(|line| line.contains(dir.to_str().unwrap())).map(str::to_owned));
    found.extend(Some(dir).filter(|dir| dir.exists()).map(|dir| dir.display().to_string()));
    found
}

/// What a URL says, asked from this host.
pub fn get(url: &str) -> Option<String> {
    let output = Command::new(testapp_program().unwrap()).args(["get", url]).output().unwrap();
    output.status.success().then(|| String::from_utf8(output.stdout).unwrap())
}

/// Looks until there is something.
pub async fn until<T, F: Future<Output = Option<T>>>(what: &str, seconds: u64, look: impl Fn() -> F) -> T {
    let start = Instant::now();
    loop {
        if let Some(seen) = look().await {
            return seen;
        }
        assert!(start.elapsed() < Duration::from_secs(seconds), "after {seconds} s still not: {what}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// A pod with one container of the test app.
pub fn pod(name: &str, container: Value, grace: u32) -> Pod {
    let mut container = container;
    container["name"] = json!("app");
    container["image"] = json!("localhost/testapp:v1");
    serde_json::from_value(json!({
        "metadata": {"name": name},
        "spec": {
            "restartPolicy": "Never",
            "terminationGracePeriodSeconds": grace,
            "containers": [container],
        },
    }))
    .unwrap()
}

/// Creates a pod.
pub async fn create(pods: &Api<Pod>, pod: Pod) {
    pods.create(&PostParams::default(), &pod).await.unwrap();
}

/// The pod once its phase is one of these.
pub async fn in_phase(pods: &Api<Pod>, name: &str, phases: &[&str]) -> Value {
    until(&format!("{name} {phases:?}"), 60, || async {
        let status = serde_json::to_value(pods.get_status(name).await.unwrap().status).unwrap();
        phases.contains(&status["phase"].as_str().unwrap_or_default()).then_some(status)
    })
    .await
}

/// How the first container ended.
pub fn end_of(status: &Value) -> &Value {
    &status["containerStatuses"][0]["state"]["terminated"]
}

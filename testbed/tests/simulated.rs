//! What pods do on simulated nodes, by their image name, on one bed for all tests here.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use std::time::{Duration, Instant};

use k8s_openapi::api::core::v1::{ContainerStateTerminated, Node, Pod};
use kube::api::{DeleteParams, Patch, PatchParams, PostParams};
use kube::{Api, ResourceExt};
use serde_json::{Value, json};
use testbed::{Bed, BedConfig, SimulatedNode};
use tokio::sync::OnceCell;

static BED: OnceCell<Bed> = OnceCell::const_new();

async fn bed() -> &'static Bed {
    BED.get_or_init(async || {
        let mut config = BedConfig::simulated(6, 3);
        config.nodes.push(SimulatedNode {
            gpu: 4,
            architecture: "arm64".to_owned(),
            labels: [("team".to_owned(), "a".to_owned())].into(),
            ..SimulatedNode::new("special").zone("eu-west-1c")
        });
        // Nodes fail in one of the tests; a real bed of this size has time for that.
        config.node_grace = Duration::from_secs(4);
        Bed::start(config).await.unwrap()
    })
    .await
}

async fn pods() -> Api<Pod> {
    Api::namespaced(bed().await.client().unwrap(), "default")
}

async fn start(pods: &Api<Pod>, name: &str, spec: Value) -> Pod {
    let mut spec = spec;
    spec["restartPolicy"] = json!("Never");
    let pod = json!({"metadata": {"name": name}, "spec": spec});
    pods.create(&PostParams::default(), &serde_json::from_value(pod).unwrap()).await.unwrap()
}

async fn start_image(pods: &Api<Pod>, name: &str, image: &str) -> Pod {
    start(pods, name, json!({"containers": [{"name": "main", "image": image}]})).await
}

async fn stop(pods: &Api<Pod>, name: &str) {
    let patch = Patch::Merge(json!({"spec": {"activeDeadlineSeconds": 1}}));
    pods.patch(name, &PatchParams::default(), &patch).await.unwrap();
}

async fn until(pods: &Api<Pod>, name: &str, what: &str, test: impl Fn(&Pod) -> bool) -> Pod {
    let start = Instant::now();
    loop {
        let pod = pods.get(name).await.unwrap();
        if test(&pod) {
            return pod;
        }
        assert!(start.elapsed() < Duration::from_secs(20), "{name} does not get {what}: {:#?}", pod.status);
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

async fn until_gone(pods: &Api<Pod>, name: &str) {
    let start = Instant::now();
    while pods.get_opt(name).await.unwrap().is_some() {
        assert!(start.elapsed() < Duration::from_secs(20), "{name} does not go");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

fn phase(pod: &Pod) -> &str {
    pod.status.as_ref().unwrap().phase.as_deref().unwrap_or_default()
}

fn condition(pod: &Pod, kind: &str) -> (String, String) {
    let conditions = pod.status.as_ref().unwrap().conditions.iter().flatten();
    let found = conditions.filter(|c| c.type_ == kind).map(|c| (c.status.clone(), c.reason.clone()));
    found.map(|(status, reason)| (status, reason.unwrap_or_default())).next().unwrap_or_default()
}

fn is_ready(pod: &Pod) -> bool {
    assert_eq!(condition(pod, "Ready").0, condition(pod, "ContainersReady").0);
    condition(pod, "Ready").0 == "True"
}

fn terminated(pod: &Pod, index: usize) -> Option<ContainerStateTerminated> {
    let statuses = pod.status.as_ref().unwrap().container_statuses.as_ref()?;
    statuses.get(index)?.state.as_ref()?.terminated.clone()
}

/// Exit code and reason of the first container, once the pod has this phase.
async fn ending(pods: &Api<Pod>, name: &str, wanted: &str) -> (i32, String) {
    let pod = until(pods, name, wanted, |pod| phase(pod) == wanted).await;
    assert!(!is_ready(&pod), "{pod:#?}");
    let status = &pod.status.as_ref().unwrap().container_statuses.as_ref().unwrap()[0];
    assert!(!status.ready && status.started == Some(false) && status.restart_count == 0);
    let end = terminated(&pod, 0).unwrap();
    assert!(end.started_at.unwrap() <= end.finished_at.unwrap());
    assert_eq!(end.container_id, status.container_id);
    (end.exit_code, end.reason.unwrap())
}

#[tokio::test]
async fn any_other_image_runs_and_is_ready_at_once() {
    let pods = pods().await;
    start_image(&pods, "plain", "example.org/shop/web:1.4").await;
    let pod = until(&pods, "plain", "ready", is_ready).await;
    let status = pod.status.as_ref().unwrap();
    assert_eq!(phase(&pod), "Running");
    for kind in ["PodScheduled", "Initialized", "PodReadyToStartContainers"] {
        assert_eq!(condition(&pod, kind).0, "True", "{kind}");
    }
    assert!(status.start_time.is_some() && status.pod_ip.is_some() && status.host_ip.is_some());
    let container = &status.container_statuses.as_ref().unwrap()[0];
    assert!(container.container_id.as_ref().unwrap().starts_with("containerd://"));
    assert!(container.image_id.contains("@sha256:"));
    assert_eq!((container.started, container.ready, container.restart_count), (Some(true), true, 0));
}

#[tokio::test]
async fn exit_codes_and_times_are_the_image_s() {
    let pods = pods().await;
    start_image(&pods, "exit-0", "sim/exit-0-after-0s").await;
    let begun = Instant::now();
    start_image(&pods, "exit-42", "example.org/sim/exit-42-after-2s:v7").await;
    until(&pods, "exit-42", "ready", is_ready).await;
    assert_eq!(ending(&pods, "exit-0", "Succeeded").await, (0, "Completed".to_owned()));
    assert_eq!(ending(&pods, "exit-42", "Failed").await, (42, "Error".to_owned()));
    assert!(begun.elapsed() >= Duration::from_secs(2), "too early");
    assert!(begun.elapsed() <= Duration::from_secs(5), "too late");
}

#[tokio::test]
async fn a_container_can_be_killed_for_want_of_memory() {
    let pods = pods().await;
    start_image(&pods, "oom", "sim/oom-after-1s").await;
    assert_eq!(ending(&pods, "oom", "Failed").await, (137, "OOMKilled".to_owned()));
}

#[tokio::test]
async fn readiness_comes_late_goes_away_or_never_comes() {
    let pods = pods().await;
    start_image(&pods, "never", "sim/never-ready").await;
    start_image(&pods, "late", "sim/ready-after-1s_unhealthy-after-3s").await;
    let pod = until(&pods, "late", "running", |pod| phase(pod) == "Running").await;
    assert!(!is_ready(&pod));
    assert_eq!(condition(&pod, "Ready").1, "ContainersNotReady");
    until(&pods, "late", "ready", is_ready).await;
    let pod = until(&pods, "late", "unready", |pod| !is_ready(pod)).await;
    assert_eq!(phase(&pod), "Running");
    let never = pods.get("never").await.unwrap();
    assert_eq!(phase(&never), "Running");
    assert!(!is_ready(&never));
}

#[tokio::test]
async fn an_image_can_be_missing() {
    let pods = pods().await;
    start_image(&pods, "missing", "sim/no-such-image").await;
    let waits = |pod: &Pod| {
        let statuses = pod.status.as_ref().unwrap().container_statuses.as_ref();
        let waiting = statuses.and_then(|s| s[0].state.as_ref()?.waiting.as_ref()?.reason.clone());
        waiting.as_deref() == Some("ImagePullBackOff")
    };
    let pod = until(&pods, "missing", "waiting", waits).await;
    assert_eq!(phase(&pod), "Pending");
    assert!(!is_ready(&pod));
    stop(&pods, "missing").await;
    until(&pods, "missing", "ended", |pod| phase(pod) == "Failed").await;
}

#[tokio::test]
async fn one_container_ends_and_the_others_go_on() {
    let pods = pods().await;
    let spec = json!({
        "initContainers": [
            {"name": "prepare", "image": "a"},
            {"name": "proxy", "image": "b", "restartPolicy": "Always"},
        ],
        "containers": [
            {"name": "main", "image": "sim/exit-1-after-1s"},
            {"name": "other", "image": "sim/exit-0-after-3s"},
        ],
    });
    start(&pods, "several", spec).await;
    let pod = until(&pods, "several", "half ended", |pod| terminated(pod, 0).is_some()).await;
    assert_eq!(phase(&pod), "Running");
    assert!(!is_ready(&pod));
    assert!(terminated(&pod, 1).is_none());
    // One exit code that is not 0 decides about the pod.
    let pod = until(&pods, "several", "ended", |pod| phase(pod) == "Failed").await;
    assert_eq!(terminated(&pod, 1).unwrap().exit_code, 0);
    let inits = pod.status.unwrap().init_container_statuses.unwrap();
    assert!(inits.iter().all(|s| s.state.as_ref().unwrap().terminated.is_some()), "{inits:#?}");
}

#[tokio::test]
async fn a_deadline_in_the_past_stops_a_pod_at_once_and_keeps_it() {
    let pods = pods().await;
    start_image(&pods, "stopped", "web").await;
    until(&pods, "stopped", "ready", is_ready).await;
    tokio::time::sleep(Duration::from_millis(1100)).await;
    let begun = Instant::now();
    stop(&pods, "stopped").await;
    assert_eq!(ending(&pods, "stopped", "Failed").await, (143, "Error".to_owned()));
    assert!(begun.elapsed() < Duration::from_millis(900), "{:?}", begun.elapsed());
    let status = pods.get("stopped").await.unwrap().status.unwrap();
    assert_eq!(status.reason.as_deref(), Some("DeadlineExceeded"));
    assert_eq!(
        status.message.as_deref(),
        Some("Pod was active on the node longer than the specified deadline")
    );
}

#[tokio::test]
async fn a_deadline_in_the_future_is_waited_for() {
    let pods = pods().await;
    let spec = json!({"activeDeadlineSeconds": 3, "containers": [{"name": "main", "image": "web"}]});
    let begun = Instant::now();
    start(&pods, "limited", spec).await;
    ending(&pods, "limited", "Failed").await;
    // The start of a pod is kept in whole seconds.
    assert!(begun.elapsed() > Duration::from_millis(1900), "{:?}", begun.elapsed());
}

#[tokio::test]
async fn what_is_slow_to_stop_gets_its_time_but_not_more_than_its_grace() {
    let pods = pods().await;
    for (name, grace) in [("slow", 30), ("killed", 1)] {
        let spec = json!({
            "terminationGracePeriodSeconds": grace,
            "containers": [
                {"name": "main", "image": "sim/slow-stop-2s"},
                {"name": "quick", "image": "web"},
            ],
        });
        start(&pods, name, spec).await;
        until(&pods, name, "ready", is_ready).await;
    }
    stop(&pods, "slow").await;
    stop(&pods, "killed").await;
    let pod = until(&pods, "slow", "stopping", |pod| !is_ready(pod)).await;
    assert_eq!(phase(&pod), "Running");
    assert!(terminated(&pod, 0).is_none());
    assert_eq!(terminated(&pod, 1).unwrap().exit_code, 143);
    assert_eq!(ending(&pods, "killed", "Failed").await, (137, "Error".to_owned()));
    assert_eq!(ending(&pods, "slow", "Failed").await, (143, "Error".to_owned()));
}

#[tokio::test]
async fn a_deleted_pod_goes_when_its_containers_have_stopped() {
    let pods = pods().await;
    start_image(&pods, "quick-to-go", "web").await;
    start_image(&pods, "slow-to-go", "sim/slow-stop-2s").await;
    for name in ["quick-to-go", "slow-to-go"] {
        until(&pods, name, "ready", is_ready).await;
        pods.delete(name, &DeleteParams::default()).await.unwrap();
    }
    let begun = Instant::now();
    until_gone(&pods, "quick-to-go").await;
    assert!(begun.elapsed() < Duration::from_secs(1), "{:?}", begun.elapsed());
    assert_eq!(phase(&pods.get("slow-to-go").await.unwrap()), "Running");
    until_gone(&pods, "slow-to-go").await;
    assert!(begun.elapsed() > Duration::from_millis(1500), "{:?}", begun.elapsed());
}

#[tokio::test]
async fn a_finalizer_keeps_a_deleted_pod_whose_containers_have_stopped() {
    let pods = pods().await;
    start_image(&pods, "held", "web").await;
    let hold = |list: Value| Patch::Merge(json!({"metadata": {"finalizers": list}}));
    pods.patch("held", &PatchParams::default(), &hold(json!(["example.org/hold"]))).await.unwrap();
    until(&pods, "held", "ready", is_ready).await;
    pods.delete("held", &DeleteParams::default()).await.unwrap();
    ending(&pods, "held", "Failed").await;
    pods.patch("held", &PatchParams::default(), &hold(Value::Null)).await.unwrap();
    until_gone(&pods, "held").await;
}

#[tokio::test]
async fn nodes_are_what_they_were_asked_to_be() {
    let nodes: Api<Node> = Api::all(bed().await.client().unwrap());
    let node = nodes.get("special").await.unwrap();
    assert_eq!(node.labels()["kubernetes.io/arch"], "arm64");
    assert_eq!(node.labels()["topology.kubernetes.io/zone"], "eu-west-1c");
    assert_eq!(node.labels()["topology.kubernetes.io/region"], "eu-west-1");
    assert_eq!(node.labels()["team"], "a");
    assert_eq!(node.spec.unwrap().provider_id.as_deref(), Some("kwok://special"));
    let allocatable = node.status.unwrap().allocatable.unwrap();
    assert_eq!(allocatable["nvidia.com/gpu"].0, "4");
}

#[tokio::test]
async fn a_silent_node_is_not_ready_until_it_wakes() {
    let bed = bed().await;
    // It has no room: a pod of another test that came here would sleep with it.
    let sleeper = SimulatedNode { pods: 0, ..SimulatedNode::new("sleeper") };
    bed.add_simulated_nodes(vec![sleeper]).await.unwrap();
    let nodes: Api<Node> = Api::all(bed.client().unwrap());
    let until_ready_is = async |wanted: &str| {
        let start = Instant::now();
        loop {
            let node = nodes.get("sleeper").await.unwrap();
            let conditions = node.status.unwrap().conditions.unwrap();
            if conditions.iter().any(|c| c.type_ == "Ready" && c.status == wanted) {
                return;
            }
            assert!(start.elapsed() < Duration::from_secs(30), "{conditions:#?}");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    bed.silence_node("sleeper").await.unwrap();
    until_ready_is("Unknown").await;
    bed.wake_node("sleeper").await.unwrap();
    until_ready_is("True").await;
    bed.remove_node("sleeper").await.unwrap();
}

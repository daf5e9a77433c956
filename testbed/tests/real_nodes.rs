//! Real nodes: pods, their network and names, failures of nodes, and what is left in the end.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

#[path = "real_nodes/support.rs"]
mod support;

use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use k8s_openapi::api::core::v1::{Node, Pod};
use kube::Api;
use kube::api::{ListParams, LogParams, Patch, PatchParams};
use serde_json::json;
use support::{WEB, create, end_of, get, in_phase, pod, remains, settings, until};
use testbed::image::{testapp_image, testapp_program};
use testbed::load::Load;
use testbed::real::{Network, RealNodes, needs};
use testbed::{Bed, BedConfig};

async fn start_bed(nodes: usize) -> Bed {
    tokio::task::spawn_blocking(needs::provide).await.unwrap().unwrap();
    let mut config = BedConfig::real(nodes, 3);
    config.real[0].cpu_millis = Some(1500);
    config.real[0].memory_mib = Some(2048);
    Bed::start(config).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn three_nodes_in_three_zones() {
    if needs::skip("three_nodes_in_three_zones") {
        return;
    }
    let settings_before = settings();
    let start = Instant::now();
    let bed = start_bed(3).await;
    let told = |what: &str| println!("{:5.1} s  {what}", start.elapsed().as_secs_f64());
    told("the bed is up");
    let real = bed.real().unwrap();
    real.import_image(&testapp_image("v1").unwrap()).await.unwrap();
    real.import_image(&testapp_image("v2").unwrap()).await.unwrap();
    told("the images are there");

    let address = serves_a_deployment(&bed).await;
    told("the deployment serves");
    tells_how_containers_end(&bed).await;
    told("the containers ended as they should");
    rolls_without_a_failed_request(&bed, &address).await;
    told("the edit rolled");
    survives_a_crash_and_a_partition(&bed, &real, &address).await;
    told("the crash and the partition are over");

    let (dir, network) = (bed.dir().to_owned(), real.network());
    assert!(!remains(&dir, network).is_empty(), "this test is blind");
    bed.stop().await.unwrap();
    assert_eq!(remains(&dir, network), Vec::<String>::new());
    assert_eq!(settings(), settings_before);
    told("the bed is gone");
}

/// Pods over three zones, their Service and its name; returns the Service's URL.
async fn serves_a_deployment(bed: &Bed) -> String {
    bed.apply(WEB).await.unwrap();
    bed.kubectl(&["rollout", "status", "deployment/web", "--timeout=60s"]).await.unwrap();
    let client = bed.client().unwrap();
    let pods = Api::<Pod>::default_namespaced(client.clone()).list(&ListParams::default()).await.unwrap();
    let nodes = Api::<Node>::all(client).list(&ListParams::default()).await.unwrap();
    let allocatable = nodes.items[0].status.as_ref().unwrap().allocatable.as_ref().unwrap();
    assert_eq!((&*allocatable["cpu"].0, &*allocatable["memory"].0), ("1500m", "2Gi"));
    let zone = |pod: &Pod| {
        let name = pod.spec.as_ref().unwrap().node_name.as_deref();
        let node = nodes.iter().find(|node| node.metadata.name.as_deref() == name).unwrap();
        node.metadata.labels.as_ref().unwrap()["topology.kubernetes.io/zone"].clone()
    };
    let zones: std::collections::BTreeSet<_> = pods.iter().map(zone).collect();
    assert_eq!(zones.len(), 3, "{zones:?}");

    let address = bed.kubectl(&["get", "service", "web", "-o", "jsonpath={.spec.clusterIP}"]).await.unwrap();
    let url = format!("http://{address}/");
    let answer = until("the Service answers", 10, || async { get(&url) }).await;
    assert!(answer.contains(r#""version":"v1""#), "{answer}");
    // From within, by name; each pod asks, so that Services work on each node.
    for pod in &pods {
        let ip = pod.status.as_ref().unwrap().pod_ip.clone().unwrap();
        let names = get(&format!("http://{ip}:8080/lookup?name=web")).unwrap();
        assert_eq!(names.trim(), address);
        let answer = get(&format!("http://{ip}:8080/get?url=http://web.default.svc.cluster.local/"));
        assert!(answer.unwrap().contains(r#""version":"v1""#));
    }
    url
}

async fn tells_how_containers_end(bed: &Bed) {
    let pods = Api::<Pod>::default_namespaced(bed.client().unwrap());
    let limit = json!({"limits": {"memory": "48Mi"}});
    create(&pods, pod("fails", json!({"command": ["sh", "-c", "false || exit 7"]}), 1)).await;
    create(&pods, pod("ends", json!({"env": [{"name": "EXIT_AFTER", "value": "1"}]}), 1)).await;
    create(&pods, pod("hog", json!({"args": ["alloc", "200"], "resources": limit}), 1)).await;
    let drain = json!({"env": [{"name": "DRAIN", "value": "2"}]});
    create(&pods, pod("deadline", drain, 10)).await;

    assert_eq!(end_of(&in_phase(&pods, "fails", &["Failed"]).await)["exitCode"], 7);
    assert_eq!(end_of(&in_phase(&pods, "ends", &["Succeeded"]).await)["exitCode"], 0);
    let hog = in_phase(&pods, "hog", &["Failed"]).await;
    assert_eq!((&end_of(&hog)["exitCode"], &end_of(&hog)["reason"]), (&json!(137), &json!("OOMKilled")));

    // How a task is stopped and stays readable.
    in_phase(&pods, "deadline", &["Running"]).await;
    let patch = Patch::Merge(json!({"spec": {"activeDeadlineSeconds": 1}}));
    pods.patch("deadline", &PatchParams::default(), &patch).await.unwrap();
    let ended = in_phase(&pods, "deadline", &["Failed"]).await;
    assert_eq!(ended["reason"], "DeadlineExceeded");
    assert_eq!(end_of(&ended)["exitCode"], 0, "{ended:#}");
    let logs = pods.logs("deadline", &LogParams::default()).await.unwrap();
    assert!(logs.contains("told to stop; goes on serving for 2s") && logs.ends_with("ends\n"), "{logs}");
}

async fn rolls_without_a_failed_request(bed: &Bed, url: &str) {
    let load = Load::start(url, 50).unwrap();
    bed.kubectl(&["set", "image", "deployment/web", "app=localhost/testapp:v2"]).await.unwrap();
    bed.kubectl(&["rollout", "status", "deployment/web", "--timeout=60s"]).await.unwrap();
    // Until the last of the old ones has drained.
    tokio::time::sleep(Duration::from_secs(6)).await;
    let seen = load.stop().await.unwrap();
    assert_eq!(seen.failed, 0, "{seen:#?}");
    assert!(seen.versions["v1"] > 0 && seen.versions["v2"] > 0 && seen.ok > 300, "{seen:#?}");
}

async fn survives_a_crash_and_a_partition(bed: &Bed, real: &RealNodes, url: &str) {
    let nodes = Api::<Node>::all(bed.client().unwrap());
    let ready = |name: &'static str, wanted: &'static str| {
        let nodes = nodes.clone();
        async move {
            let node = nodes.get(name).await.unwrap();
            let conditions = node.status?.conditions?;
            conditions.iter().any(|c| c.type_ == "Ready" && c.status == wanted).then_some(())
        }
    };
    real.crash("node-2").await.unwrap();
    real.partition("node-3").await.unwrap();
    until("the crashed node is NotReady", 30, || ready("node-2", "Unknown")).await;
    until("the node that is cut off is NotReady", 30, || ready("node-3", "Unknown")).await;
    // Requests go to the one that is left, through the gateway, which no node's end touches.
    until("the Service answers without them", 10, || async {
        (0..10).all(|_| get(url).is_some()).then_some(())
    })
    .await;
    real.heal("node-3").await.unwrap();
    real.restart("node-2").await.unwrap();
    until("the node that was cut off is back", 30, || ready("node-3", "True")).await;
    let available = ["wait", "deployment/web", "--for=condition=Available", "--timeout=60s"];
    bed.kubectl(&available).await.unwrap();
    let restarts =
        r#"jsonpath={.items[?(@.spec.nodeName=="node-2")].status.containerStatuses[0].restartCount}"#;
    until("the pod of the crashed node runs again", 30, || async {
        let counts = bed.kubectl(&["get", "pods", "-l", "app=web", "-o", restarts]).await.unwrap();
        (counts == "1").then_some(())
    })
    .await;
}

#[test]
fn real_nodes_end_with_their_parent_even_when_that_is_killed() {
    if needs::skip("real_nodes_end_with_their_parent_even_when_that_is_killed") {
        return;
    }
    // Built here, where nobody counts the time.
    testapp_program().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let note = folder.path().join("note");
    let mut parent = Command::new(std::env::current_exe().unwrap())
        .args(["--ignored", "--exact", "the_parent_that_is_killed"])
        .env("TEST_NOTE", &note)
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let start = Instant::now();
    while !note.exists() {
        assert_eq!(parent.try_wait().unwrap(), None, "the child ended");
        assert!(start.elapsed() < Duration::from_secs(120), "the child does not get its bed");
        std::thread::sleep(Duration::from_millis(50));
    }
    let dir = PathBuf::from(std::fs::read_to_string(&note).unwrap());
    let network = Network::open(&dir).unwrap();
    parent.kill().unwrap();
    parent.wait().unwrap();
    let killed = Instant::now();
    while !remains(&dir, network).is_empty() {
        assert!(killed.elapsed() < Duration::from_secs(20), "left: {:#?}", remains(&dir, network));
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "started and killed by another test"]
async fn the_parent_that_is_killed() {
    let note = PathBuf::from(std::env::var_os("TEST_NOTE").unwrap());
    let bed = start_bed(1).await;
    let draft = note.with_extension("draft");
    std::fs::write(&draft, bed.dir().as_os_str().as_encoded_bytes()).unwrap();
    std::fs::rename(draft, note).unwrap();
    std::future::pending::<()>().await;
}

//! Queries and instances as a cluster answers them.

use std::collections::BTreeSet;
use std::process::Command;

use serde_json::Value;

use crate::stage::{Stage, definition, service};

/// What `berth` prints with the bed's kubeconfig.
fn berth(stage: &Stage, arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_berth"))
        .args(arguments)
        .arg("--kubeconfig")
        .arg(stage.bed.kubeconfig())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cluster_is_asked_for_the_nodes_that_hold_tasks_of_a_group() {
    let stage = Stage::new("queries").await;
    stage.apply(&[&definition("asked", "nginx:1"), &service("asked", 3)]).await;
    stage.steady("asked").await;
    let pods = stage.live("asked").await;
    let nodes: BTreeSet<String> =
        pods.iter().map(|pod| pod.spec.clone().unwrap().node_name.unwrap()).collect();
    let lines = |text: String| text.lines().map(str::to_owned).collect::<Vec<_>>();
    let holders = lines(berth(&stage, &["query", "task:group == service:asked and runningTasksCount >= 1"]));
    assert_eq!(holders, nodes.into_iter().collect::<Vec<_>>());
    let all = lines(berth(&stage, &["query", "agentConnected == true and attribute:ecs.os-type == linux"]));
    // Other tests bring nodes of their own.
    assert_eq!(all.iter().filter(|name| name.starts_with("sim-")).count(), 30, "{all:?}");

    let shown: Value =
        serde_json::from_str(&berth(&stage, &["instances", "-o", "json", &holders[0]])).unwrap();
    let instance = &shown["containerInstances"][0];
    assert_eq!((&instance["status"], &instance["agentConnected"]), (&"ACTIVE".into(), &true.into()));
    let memory = |which: &str| instance[which][1]["integerValue"].as_i64().unwrap();
    assert!(memory("registeredResources") - memory("remainingResources") >= 16, "{instance}");
}

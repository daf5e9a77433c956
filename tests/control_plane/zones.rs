//! Zones and nodes that go and come back. Each test has a bed of its own: nobody else's nodes vanish.

use std::collections::BTreeMap;
use std::time::Duration;

use k8s_openapi::api::core::v1::{Node, Pod};
use kube::{Api, ResourceExt};
use serde_json::json;
use testbed::BedConfig;

use crate::soak;
use crate::stage::{Stage, condition, definition, is_steady, names, service};
use crate::witness::Witness;

/// How long a move of a few tasks may take: each waits until those before it have settled.
const LONG: Duration = Duration::from_secs(240);

async fn nodes(stage: &Stage) -> BTreeMap<String, String> {
    let api: Api<Node> = Api::all(stage.client.clone());
    let nodes = api.list(&Default::default()).await.unwrap().items;
    let zone = |node: &Node| node.labels()["topology.kubernetes.io/zone"].clone();
    nodes.iter().map(|node| (node.name_any(), zone(node))).collect()
}

fn node_of(pod: &Pod) -> Option<&str> {
    pod.spec.as_ref()?.node_name.as_deref()
}

fn is_ready(pod: &Pod) -> bool {
    let conditions = pod.status.iter().flat_map(|status| status.conditions.iter().flatten());
    conditions.into_iter().any(|it| it.type_ == "Ready" && it.status == "True")
}

/// Live tasks that are ready, by zone.
async fn spread(stage: &Stage, nodes: &BTreeMap<String, String>) -> Vec<usize> {
    let live = stage.live("web").await;
    let zones: Vec<&str> = live
        .iter()
        .filter(|pod| is_ready(pod))
        .filter_map(|pod| nodes.get(node_of(pod)?))
        .map(|it| &**it)
        .collect();
    ["zone-a", "zone-b", "zone-c"].map(|zone| zones.iter().filter(|it| **it == zone).count()).to_vec()
}

#[tokio::test(flavor = "multi_thread")]
async fn tasks_return_to_a_zone_that_was_lost_one_by_one_and_then_rest() {
    let grace = Duration::from_secs(8);
    let stage = Stage::apart("zones", BedConfig { node_grace: grace, ..BedConfig::simulated(9, 3) }).await;
    let nodes = nodes(&stage).await;
    stage.apply(&[&definition("web", "nginx:1"), &service("web", 6)]).await;
    let even = async |counts: [usize; 3]| {
        stage
            .within(LONG, &format!("the zones have {counts:?} tasks"), async || {
                let steady = is_steady(&stage.service("web").await);
                (steady && spread(&stage, &nodes).await == counts).then_some(())
            })
            .await;
    };
    even([2, 2, 2]).await;
    let lost: Vec<&String> =
        nodes.iter().filter(|(_, zone)| *zone == "zone-c").map(|(name, _)| name).collect();
    for node in &lost {
        stage.bed.silence_node(node).await.unwrap();
    }
    even([3, 3, 0]).await;

    let witness = Witness::begin(&stage).await;
    for node in &lost {
        stage.bed.wake_node(node).await.unwrap();
    }
    even([2, 2, 2]).await;
    let seen = &witness.end()["web"];
    assert!(seen.fewest_healthy >= 6 && seen.most_live <= 7, "one more at a time: {seen:?}");
    let started = stage.until("its events tell of the moves", async || {
        let events = stage.service("web").await.status?.events;
        let all: Vec<String> = events.into_iter().map(|event| event.message).collect();
        all.iter().any(|text| text.contains("is AZ balanced with 2 tasks in zone-a")).then_some(all)
    });
    let told = started.await;
    for part in [
        "(service web) is not AZ balanced with 3 tasks in zone-a, 3 tasks in zone-b, 0 tasks in zone-c. AZ Rebalancing \
         in progress.",
        "(service web) has started 1 tasks in zone-c to AZ Rebalance: (task ",
        "(service web) has stopped 1 running tasks in zone-a due to AZ rebalancing: (task ",
    ] {
        assert!(told.iter().any(|text| text.contains(part)), "{part}: {told:#?}");
    }
    rests(&stage).await;
}

/// Nothing moves and nothing is written.
async fn rests(stage: &Stage) {
    let writes = async || stage.operators[0].metric("berth_writes_total", &[]).await;
    let before = names(&stage.live("web").await);
    tokio::time::sleep(Duration::from_secs(5)).await;
    let written = writes().await;
    tokio::time::sleep(Duration::from_secs(if soak() { 600 } else { 60 })).await;
    assert_eq!(names(&stage.live("web").await), before);
    assert_eq!(writes().await, written);
    let marked = |pod: &Pod| pod.annotations().contains_key("ecs.berth.dev/rebalancing-to");
    assert!(!stage.live("web").await.iter().any(marked));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_is_drained_gives_its_tasks_up_without_any_other_cause() {
    let stage = Stage::apart("drained", BedConfig::simulated(3, 3)).await;
    // Half of one task is one that has to stay, and there is no room for a second.
    let mut fixed = service("fixed", 1);
    fixed["spec"]["deploymentConfiguration"] = json!({"minimumHealthyPercent": 50, "maximumPercent": 100});
    stage
        .apply(&[&definition("web", "nginx:1"), &service("web", 3), &definition("fixed", "nginx:1"), &fixed])
        .await;
    stage.steady("web").await;
    stage.steady("fixed").await;
    let on = async |service: &str, node: &str| -> usize {
        stage.live(service).await.iter().filter(|pod| node_of(pod) == Some(node)).count()
    };
    let there = stage.live("fixed").await;
    let node = node_of(&there[0]).unwrap().to_owned();
    let witness = Witness::begin(&stage).await;
    stage.bed.kubectl(&["cordon", &node]).await.unwrap();
    stage.bed.kubectl(&["label", "node", &node, "ecs.berth.dev/state=DRAINING"]).await.unwrap();
    stage
        .until("no task of web is on the node", async || {
            let gone = on("web", &node).await == 0 && is_steady(&stage.service("web").await);
            gone.then_some(())
        })
        .await;
    let blocked = stage
        .until_service("fixed", "it says why it stays", |it| {
            condition(it, "Stalled")
                .is_some_and(|(status, reason, _)| status == "True" && reason == "DeploymentBlocked")
        })
        .await;
    let (.., message) = condition(&blocked, "Stalled").unwrap();
    assert!(message.contains("1 task(s) cannot leave container instances that are DRAINING"), "{message}");
    assert_eq!(on("fixed", &node).await, 1);
    let seen = witness.end();
    assert!(seen["web"].fewest_healthy >= 3 && seen["fixed"].fewest_healthy >= 1, "{seen:?}");

    // With room to move, it does.
    stage.edit("fixed", json!({"spec": {"deploymentConfiguration": {"maximumPercent": 200}}})).await;
    stage
        .until("no task of fixed is on the node", async || (on("fixed", &node).await == 0).then_some(()))
        .await;
    stage.steady("fixed").await;
    // One that comes back takes tasks again, and nothing more is said.
    stage.bed.kubectl(&["uncordon", &node]).await.unwrap();
    stage.bed.kubectl(&["label", "node", &node, "ecs.berth.dev/state-"]).await.unwrap();
    stage.steady("web").await;
}

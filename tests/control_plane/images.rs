//! Which image later tasks of a deployment run, and what becomes of a tag that cannot be pulled.

use k8s_openapi::api::core::v1::Pod;
use kube::ResourceExt;
use serde_json::json;

use crate::stage::{Stage, definition, names, service};

#[tokio::test(flavor = "multi_thread")]
async fn later_tasks_of_a_deployment_run_what_its_first_task_pulled() {
    let mut stage = Stage::new("digests").await;
    // The simulated node reports sim@sha256:… for every image.
    let mut document = definition("web", "sim:v1");
    let floating =
        json!({"name": "floating", "image": "sim:v2", "memory": 8, "versionConsistency": "disabled"});
    document["spec"]["containerDefinitions"].as_array_mut().unwrap().push(floating);
    stage.apply(&[&document, &service("web", 1)]).await;
    let steady = stage.steady("web").await;
    let first = stage.live("web").await.remove(0);
    let container = |pod: &Pod, index: usize| pod.spec.as_ref().unwrap().containers[index].clone();
    assert_eq!(container(&first, 0).image.as_deref(), Some("sim:v1"));
    assert_eq!(container(&first, 0).image_pull_policy.as_deref(), Some("Always"));

    let deployment = steady.status.unwrap().deployments.remove(0);
    let [known] = &deployment.container_images[..] else { panic!("{deployment:?}") };
    assert_eq!((&*known.container_name, &*known.image), ("app", "sim:v1"));
    let pinned = format!("sim@{}", known.image_digest.as_ref().unwrap());

    // Another operator knows it too.
    stage.operators[0].kill();
    stage.operators.clear();
    stage.start("b");
    stage.edit("web", json!({"spec": {"desiredCount": 3}})).await;
    stage
        .until_service("web", "it is scaled", |it| it.status.as_ref().is_some_and(|it| it.running_count == 3))
        .await;
    for later in stage.live("web").await.iter().filter(|pod| pod.name_any() != first.name_any()) {
        assert_eq!(container(later, 0).image.as_deref(), Some(&*pinned));
        assert_eq!(container(later, 0).image_pull_policy.as_deref(), Some("IfNotPresent"));
        assert_eq!(container(later, 1).image.as_deref(), Some("sim:v2"));
    }

    // A forced deployment asks again.
    let force = json!({"metadata": {"annotations": {"ecs.berth.dev/force-new-deployment": "1"}}});
    stage.edit("web", force).await;
    let next = stage
        .until_service("web", "the next deployment is complete", |it| {
            let deployments = it.status.as_ref().map(|status| &status.deployments);
            deployments.is_some_and(|all| {
                all.len() == 1 && all[0].sequence == 2 && all[0].rollout_state == "COMPLETED"
            })
        })
        .await;
    assert_ne!(next.status.unwrap().deployments[0].id, deployment.id);
    let afresh = stage.live("web").await;
    assert!(
        afresh.iter().any(|pod| container(pod, 0).image.as_deref() == Some("sim:v1")),
        "{:?}",
        names(&afresh)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tag_that_cannot_be_pulled_afresh_gives_way_at_once_and_counts_once() {
    let stage = Stage::new("stale").await;
    stage.apply(&[&definition("web", "sim/no-such-image:v1"), &service("web", 1)]).await;
    let pods = stage
        .until("a second task has taken the place of the first", async || {
            let pods = stage.pods("web").await;
            (pods.len() > 1).then_some(pods)
        })
        .await;
    let policy = |pod: &Pod| pod.spec.as_ref().unwrap().containers[0].image_pull_policy.clone().unwrap();
    assert_eq!((&*policy(&pods[0]), &*policy(&pods[1])), ("Always", "IfNotPresent"));
    let reason = pods[0].annotations().get("ecs.berth.dev/stopped-reason").cloned().unwrap_or_default();
    assert!(reason.contains("the next task uses the node's copy"), "{reason}");
    // Only the second, which had nothing to fall back to, is a failed launch.
    let counted = stage
        .until_service("web", "it counts the failure", |it| {
            it.status.as_ref().unwrap().deployments[0].failed_tasks > 0
        })
        .await;
    assert_eq!(counted.status.unwrap().deployments[0].failed_tasks, 1);
}

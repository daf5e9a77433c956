//! Containers that wait for one another, and tasks that serve on when one of their containers has ended.

use crate::stage::{Stage, definition, is_live, service};
use k8s_openapi::api::core::v1::Pod;
use k8s_openapi::api::discovery::v1::EndpointSlice;
use kube::ResourceExt;
use kube::api::ListParams;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::time::Duration;

/// A definition whose `app` waits for the health of `db`, ready after `seconds`, and for the success of `seed`, which
/// runs beside `db` and ends with `code`.
fn waiting(family: &str, seconds: u32, code: u8) -> Value {
    let mut definition = definition(family, "nginx:1");
    let containers = definition["spec"]["containerDefinitions"].as_array_mut().unwrap();
    containers[0]["dependsOn"] = json!([
        {"containerName": "db", "condition": "HEALTHY"}, {"containerName": "seed", "condition": "SUCCESS"},
    ]);
    containers.push(json!({
        "name": "db", "image": format!("sim/ready-after-{seconds}s"), "memory": 16, "startTimeout": 120,
        "healthCheck": {"command": ["CMD", "true"], "interval": 5, "retries": 10},
    }));
    containers.push(json!({
        "name": "seed", "image": format!("sim/exit-{code}-after-1s"), "memory": 16, "essential": false,
        "dependsOn": [{"containerName": "db", "condition": "START"}],
    }));
    definition
}

fn image<'a>(pod: &'a Pod, name: &str) -> &'a str {
    let containers = &pod.spec.as_ref().unwrap().containers;
    let container = containers.iter().find(|container| container.name == name).unwrap();
    container.image.as_deref().unwrap()
}

/// The pods that slices of a core Service show, by who keeps them, and whether they are ready.
async fn shown(stage: &Stage, core: &str, by: &str) -> BTreeSet<(String, bool)> {
    let labels = format!("kubernetes.io/service-name={core},endpointslice.kubernetes.io/managed-by={by}");
    let slices = stage.api::<EndpointSlice>().list(&ListParams::default().labels(&labels)).await.unwrap();
    let endpoints = slices.items.into_iter().flat_map(|slice| slice.endpoints.unwrap_or_default());
    let seen = endpoints.filter_map(|it| Some((it.target_ref?.name?, it.conditions?.ready == Some(true))));
    seen.collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn containers_start_when_what_they_wait_for_has_come_whoever_leads_by_then() {
    let mut stage = Stage::new("gates").await;
    stage.apply(&[&waiting("web", 6, 0), &service("web", 2)]).await;
    let waits = stage
        .until("the tasks wait", async || {
            let live = stage.live("web").await;
            let told = |pod: &Pod| pod.status.as_ref().is_some_and(|it| it.container_statuses.is_some());
            (live.len() == 2 && live.iter().all(told)).then_some(live)
        })
        .await;
    for pod in &waits {
        assert_eq!(image(pod, "app"), "waiting for db to be HEALTHY, for seed to be SUCCESS");
        assert_eq!(image(pod, "seed"), "sim/exit-0-after-1s");
    }
    // Whoever was to let them go is no more.
    stage.operators.clear();
    stage.start("b");
    let steady = stage.steady("web").await;
    assert_eq!(steady.status.unwrap().deployments[0].failed_tasks, 0);
    let runs = stage.live("web").await;
    assert_eq!(runs.len(), 2);
    for (before, after) in waits.iter().zip(&runs) {
        assert_eq!((before.uid(), image(after, "app")), (after.uid(), "nginx:1"));
    }

    // `seed` has ended: Kubernetes shows none of them any more, Berth both.
    let names: BTreeSet<(String, bool)> = runs.iter().map(|pod| (pod.name_any(), true)).collect();
    assert_eq!(shown(&stage, "web-tg", "berth").await, names);
    assert_eq!(shown(&stage, "web-tg", "endpointslice-controller.k8s.io").await, BTreeSet::new());
    at_rest(&stage).await;

    stage.kubectl(&["scale", "ecssvc/web", "--replicas=1"]).await;
    stage
        .until("a task is shown no more", async || {
            let live = stage.live("web").await;
            let one: BTreeSet<(String, bool)> = live.iter().map(|pod| (pod.name_any(), true)).collect();
            (live.len() == 1 && shown(&stage, "web-tg", "berth").await == one).then_some(())
        })
        .await;
}

/// Nothing is written while nothing happens.
async fn at_rest(stage: &Stage) {
    let versions = async || {
        let pods = stage.api::<Pod>().list(&ListParams::default()).await.unwrap();
        let slices = stage.api::<EndpointSlice>().list(&ListParams::default()).await.unwrap();
        let pods = pods.items.iter().map(|pod| (pod.name_any(), pod.resource_version()));
        let slices = slices.items.iter().map(|slice| (slice.name_any(), slice.resource_version()));
        pods.chain(slices).collect::<BTreeSet<_>>()
    };
    let before = versions().await;
    tokio::time::sleep(Duration::from_secs(4)).await;
    assert_eq!(versions().await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_task_whose_container_waits_in_vain_is_stopped_with_the_reason() {
    let stage = Stage::new("vain").await;
    stage.apply(&[&waiting("web", 1, 3), &service("web", 1)]).await;
    let stopped = stage
        .until("a task is stopped", async || {
            let pods = stage.pods("web").await;
            pods.into_iter().find(|pod| pod.labels().contains_key("ecs.berth.dev/stop-code"))
        })
        .await;
    assert_eq!(stopped.labels()["ecs.berth.dev/stop-code"], "TaskFailedToStart");
    let reason = &stopped.annotations()["ecs.berth.dev/stopped-reason"];
    assert_eq!(
        reason,
        "TaskDependencyError: container app waits for container seed to be SUCCESS: it ended with exit code 3"
    );
    let counts = |it: &berth::api::Service| it.status.as_ref().unwrap().deployments[0].failed_tasks > 0;
    stage.until_service("web", "the failure is counted", counts).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_task_serves_on_when_a_container_ends_that_is_not_essential() {
    let stage = Stage::new("alone").await;
    let mut web = definition("web", "sim/unhealthy-after-14s");
    web["spec"]["containerDefinitions"][0]["healthCheck"] =
        json!({"command": ["CMD", "true"], "interval": 5});
    let helper = json!({"name": "helper", "image": "sim/exit-1-after-6s", "memory": 16, "essential": false});
    web["spec"]["containerDefinitions"].as_array_mut().unwrap().push(helper);
    stage.apply(&[&web, &service("web", 1)]).await;
    stage.steady("web").await;
    let task = stage.live("web").await.remove(0).name_any();
    assert_eq!(shown(&stage, "web-tg", "berth").await, BTreeSet::new());
    // Unhealthy it is shown as not ready, but perhaps not for long: its replacement comes at once.
    for ready in [true, false] {
        stage
            .until(&format!("Berth shows it as ready: {ready}"), async || {
                let seen = shown(&stage, "web-tg", "berth").await;
                (seen.contains(&(task.clone(), true)) == ready).then_some(())
            })
            .await;
        let selected = shown(&stage, "web-tg", "endpointslice-controller.k8s.io").await;
        assert!(selected.iter().all(|(name, _)| *name != task), "{selected:?}");
    }
    // What is not essential has ended; what is essential is unhealthy, so the task is replaced.
    stage
        .until("it is replaced", async || {
            let pod = stage.api::<Pod>().get(&task).await.ok()?;
            (!is_live(&pod)).then_some(())
        })
        .await;
}

//! Tasks that end, cannot start, or do so again and again.

use std::time::Duration;

use berth::rollout;
use k8s_openapi::api::core::v1::{ContainerStateTerminated, Pod};
use k8s_openapi::jiff::Timestamp;
use kube::ResourceExt;
use serde_json::json;

use crate::stage::{Stage, condition, definition, is_live, service};
use crate::witness::Witness;

/// How a container of a task ended, once it has.
fn ended(pod: &Pod, container: &str) -> Option<ContainerStateTerminated> {
    let statuses = pod.status.as_ref()?.container_statuses.as_ref()?;
    let status = statuses.iter().find(|status| status.name == container)?;
    status.state.as_ref()?.terminated.clone()
}

fn note<'a>(pod: &'a Pod, key: &str) -> Option<&'a str> {
    pod.annotations().get(&format!("ecs.berth.dev/{key}")).map(String::as_str)
}

fn stop_code(pod: &Pod) -> Option<&str> {
    pod.labels().get("ecs.berth.dev/stop-code").map(String::as_str)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_essential_exit_replaces_the_task_and_another_exit_stops_nothing() {
    let stage = Stage::new("exits").await;
    let with_helper = |family: &str, image: &str, helper: &str| {
        let mut document = definition(family, image);
        let helper = json!({"name": "helper", "image": helper, "essential": false, "memory": 8});
        document["spec"]["containerDefinitions"].as_array_mut().unwrap().push(helper);
        document
    };
    stage.apply(&[&with_helper("fragile", "sim/exit-3-after-3s", "nginx:1"), &service("fragile", 1)]).await;
    stage.apply(&[&with_helper("robust", "nginx:1", "sim/exit-7-after-1s"), &service("robust", 1)]).await;
    stage.steady("robust").await;

    let kept = stage
        .until("the first task has ended and the second runs", async || {
            let pods = stage.pods("fragile").await;
            let second = pods.get(1).filter(|pod| is_live(pod))?;
            let first = pods.first().filter(|pod| ended(pod, "helper").is_some())?;
            assert_ne!(first.name_any(), second.name_any());
            Some(first.clone())
        })
        .await;
    assert_eq!(stop_code(&kept), Some("EssentialContainerExited"));
    assert_eq!(note(&kept, "stopped-reason"), Some("Essential container in task exited"));
    let (app, helper) = (ended(&kept, "app").unwrap(), ended(&kept, "helper").unwrap());
    assert_eq!((app.exit_code, app.reason.as_deref()), (3, Some("Error")));
    assert_eq!(helper.exit_code, 143, "it was asked to stop");

    let [task] = &stage.pods("robust").await[..] else { panic!("it was replaced") };
    assert_eq!(ended(task, "helper").unwrap().exit_code, 7);
    assert!(is_live(task));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_task_whose_image_is_not_there_has_failed_to_start_and_is_tried_again() {
    let stage = Stage::new("images").await;
    stage.apply(&[&definition("web", "sim/no-such-image"), &service("web", 1)]).await;
    let failed = stage
        .until("the launch has failed", async || {
            stage.pods("web").await.into_iter().find(|pod| stop_code(pod).is_some())
        })
        .await;
    assert_eq!(stop_code(&failed), Some("TaskFailedToStart"));
    let reason = note(&failed, "stopped-reason").unwrap();
    assert!(reason.starts_with("CannotPullContainerError"), "{reason}");
    let service = stage.until_service("web", "it counts the failure", |it| {
        it.status.as_ref().unwrap().deployments[0].failed_tasks == 1
    });
    assert_eq!(service.await.status.unwrap().deployments[0].rollout_state, "IN_PROGRESS");
    // A new definition does not have to wait for what the old one has earned.
    stage.apply(&[&definition("web", "nginx:2")]).await;
    stage.steady("web").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crash_loop_is_slowed_down_told_once_and_never_restarts_a_container() {
    let stage = Stage::new("crashes").await;
    let witness = Witness::begin(&stage).await;
    stage.apply(&[&definition("web", "sim/exit-1-after-0s"), &service("web", 2)]).await;
    let impaired =
        |it: &berth::api::Service| condition(it, "Stalled").is_some_and(|it| it.1 == "StartImpaired");
    let service = stage.until_service("web", "its start is impaired", impaired).await;
    let (.., message) = condition(&service, "Ready").unwrap();
    assert!(message.contains("rounds of launches have failed, the next is due at"), "{message}");
    let note = stage.event("web", "ServiceTaskStartImpaired").await;
    assert_eq!(note, "(service web) is unable to consistently start tasks successfully.");
    crate::health::degraded(&service, "StartImpaired").await;

    let exited = |pod: &Pod| ended(pod, "app").is_some_and(|end| end.exit_code == 1);
    let pods = stage
        .until("all of its tasks have ended", async || {
            let pods = stage.pods("web").await;
            pods.iter().all(exited).then_some(pods)
        })
        .await;
    let rounds = rounds(&pods);
    assert!(rounds.len() >= 3, "{rounds:?}");
    for (attempt, pair) in (1..).zip(rounds.windows(2)) {
        // Times of pods are whole seconds.
        let waited = pair[1].duration_since(pair[0]).as_secs();
        let delay = rollout::delay(attempt).as_secs();
        assert!(
            (delay - 1..delay + 20).contains(&waited),
            "after {attempt} rounds it waited {waited} s: {rounds:?}"
        );
    }
    tokio::time::sleep(Duration::from_secs(2)).await;
    let told =
        stage.events("web").await.iter().filter(|(reason, _)| reason == "ServiceTaskStartImpaired").count();
    assert_eq!(told, 1);
    let seen = &witness.end()["web"];
    assert_eq!(seen.restarts, 0);
    assert!(seen.most_live <= 2, "{seen:?}");
    assert!(seen.tasks.values().all(|uids| uids.len() == 1), "no name was used twice: {seen:?}");
}

/// When the rounds of launches began: tasks that were created together are one.
fn rounds(pods: &[Pod]) -> Vec<Timestamp> {
    let mut rounds: Vec<Timestamp> = Vec::new();
    let mut times: Vec<_> = pods.iter().map(|pod| pod.creation_timestamp().unwrap().0).collect();
    times.sort();
    for time in times {
        if rounds.last().is_none_or(|last| time.duration_since(*last).as_secs() > 4) {
            rounds.push(time);
        }
    }
    rounds
}

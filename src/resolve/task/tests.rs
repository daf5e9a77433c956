use super::*;
use crate::model::StopCode;
use serde_json::json;

mod listing;
mod restarts;
mod waiting;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + second).unwrap()
}

fn read(pod: serde_json::Value, second: i64) -> Task {
    let pod: Pod = serde_json::from_value(pod).unwrap();
    let instance = |node: &str| Instance {
        zone: Some(format!("zone-of-{node}")),
        draining: node == "leaving",
        lost: node == "lost",
        ..Instance::default()
    };
    let labels = pod.metadata.labels.as_ref().unwrap();
    let is_target = labels.keys().any(|key| key.starts_with("target-group."));
    task(&pod, &Reading { grace_period: 0, is_target, instance: &instance, now: at(second) }).unwrap()
}

fn pod(containers: serde_json::Value) -> serde_json::Value {
    let names: Vec<serde_json::Value> =
        containers.as_array().unwrap().iter().map(|c| json!({"name": c["name"]})).collect();
    json!({
        "metadata": {
            "name": "web-6f2c9-0007", "uid": "0a-1b", "creationTimestamp": at(0).to_string(),
            "labels": {"ecs.berth.dev/deployment": "6f2c9"},
            "annotations": {"ecs.berth.dev/essential-containers": "app"}
        },
        "spec": {"nodeName": "n1", "containers": names},
        "status": {"phase": "Running", "startTime": at(1).to_string(), "containerStatuses": containers}
    })
}

fn container(name: &str, state: serde_json::Value) -> serde_json::Value {
    json!({"name": name, "image": "i", "imageID": "i", "ready": state.get("running").is_some(), "restartCount": 0, "state": state})
}

fn running() -> serde_json::Value {
    json!({"running": {"startedAt": at(2).to_string()}})
}

fn ended(second: i64, code: i32) -> serde_json::Value {
    json!({"terminated": {"startedAt": at(2).to_string(), "finishedAt": at(second).to_string(), "exitCode": code}})
}

#[test]
fn a_task_without_any_check_counts_as_healthy_after_forty_seconds() {
    let seen = read(pod(json!([container("app", running())])), 41);
    assert_eq!((seen.last_status, seen.number, seen.id.as_str()), (LastStatus::Running, 7, "0a1b"));
    assert_eq!(seen.zone.as_deref(), Some("zone-of-n1"));
    assert_eq!(seen.health, Health::Unknown { decided_at: Some(at(42)) });
    assert_eq!(read(pod(json!([container("app", running())])), 42).health, Health::Healthy);
}

#[test]
fn a_target_counts_as_soon_as_it_runs() {
    let mut target = pod(json!([container("app", running())]));
    target["metadata"]["labels"]["target-group.ecs.berth.dev/abc"] = json!("");
    assert_eq!(read(target, 3).health, Health::Healthy);
}

fn with_check(ready: bool) -> serde_json::Value {
    let mut status = container("app", running());
    status["ready"] = json!(ready);
    let mut pod = pod(json!([status]));
    pod["spec"]["containers"][0]["readinessProbe"] =
        json!({"periodSeconds": 5, "failureThreshold": 2, "timeoutSeconds": 2});
    pod["metadata"]["annotations"]["ecs.berth.dev/health-check-start-period"] = json!("20");
    pod["status"]["conditions"] =
        json!([{"type": "Ready", "status": "False", "lastTransitionTime": at(1).to_string()}]);
    pod
}

#[test]
fn a_failing_check_is_undecided_until_its_start_period_and_retries_are_over() {
    assert_eq!(read(with_check(true), 3).health, Health::Healthy);
    assert_eq!(read(with_check(false), 3).health, Health::Unknown { decided_at: Some(at(34)) });
    assert_eq!(read(with_check(false), 34).health, Health::Unhealthy);
}

#[test]
fn a_check_that_passed_and_fails_is_unhealthy_at_once() {
    let mut pod = with_check(false);
    pod["status"]["conditions"][0]["lastTransitionTime"] = json!(at(10).to_string());
    assert_eq!(read(pod, 11).health, Health::Unhealthy);
}

#[test]
fn a_task_on_a_node_that_is_gone_is_unhealthy_if_anybody_asks_for_its_health() {
    let gone = |mut pod: serde_json::Value| {
        let turned = at(50).to_string();
        pod["status"]["conditions"] =
            json!([{"type": "Ready", "status": "False", "lastTransitionTime": turned}]);
        read(pod, 51).health
    };
    assert_eq!(gone(with_check(true)), Health::Unhealthy);
    let mut target = pod(json!([container("app", running())]));
    assert_eq!(gone(target.clone()), Health::Healthy);
    target["metadata"]["labels"]["target-group.ecs.berth.dev/abc"] = json!("");
    assert_eq!(gone(target), Health::Unhealthy);
}

#[test]
fn an_essential_container_that_ends_breaks_the_task_and_any_other_does_not() {
    let both = |app, helper| pod(json!([container("app", app), container("helper", helper)]));
    let broken = read(both(ended(5, 0), running()), 6);
    assert_eq!(broken.broken.unwrap().0, StopCode::EssentialContainerExited);
    assert_eq!(broken.failed_at, Some(at(5)));
    let sound = read(both(running(), ended(5, 1)), 60);
    assert_eq!((sound.broken, sound.last_status), (None, LastStatus::Running));
}

#[test]
fn a_crash_after_forty_seconds_is_no_failed_launch() {
    let mut early = pod(json!([container("app", ended(41, 1))]));
    early["status"]["phase"] = json!("Failed");
    assert_eq!(read(early, 50).failed_at, Some(at(41)));
    let mut late = pod(json!([container("app", ended(42, 1))]));
    late["status"]["phase"] = json!("Failed");
    let late = read(late, 50);
    assert_eq!(
        (late.failed_at, late.last_status, late.stopped_at),
        (None, LastStatus::Stopped, Some(at(42)))
    );
}

#[test]
fn an_image_that_cannot_be_pulled_is_a_failed_launch_after_half_a_minute() {
    let waiting = json!({"waiting": {"reason": "ImagePullBackOff", "message": "no such image"}});
    let mut stuck = pod(json!([container("app", waiting)]));
    stuck["status"]["phase"] = json!("Pending");
    let early = read(stuck.clone(), 30);
    assert_eq!((early.broken, early.health), (None, Health::Unknown { decided_at: Some(at(31)) }));
    let late = read(stuck, 31);
    assert_eq!(
        late.broken,
        Some((StopCode::TaskFailedToStart, "CannotPullContainerError: no such image".to_owned()))
    );
    assert_eq!(late.failed_at, Some(at(31)));
}

#[test]
fn a_secret_that_is_not_there_is_told_in_the_words_of_ecs() {
    for (message, words) in [
        (
            "secret \"db\" not found",
            "ResourceInitializationError: unable to pull secrets or registry auth: secret \"db\"",
        ),
        (
            "couldn't find key user in Secret shop/db",
            "ResourceInitializationError: unable to pull secrets or registry auth: couldn't find key user in Secret shop/db",
        ),
        (
            "configmap \"env\" not found",
            "ResourceInitializationError: failed to download env files: configmap \"env\"",
        ),
        ("container has runAsNonRoot", "CannotCreateContainerError: container has runAsNonRoot"),
    ] {
        let waiting = json!({"waiting": {"reason": "CreateContainerConfigError", "message": message}});
        let mut stuck = pod(json!([container("app", waiting)]));
        stuck["status"]["phase"] = json!("Pending");
        let story = read(stuck, 100).story.unwrap();
        assert!(story.starts_with(words), "{story}");
    }
}

#[test]
fn a_task_that_somebody_deletes_is_stopping_and_no_failure() {
    let mut evicted = pod(json!([container("app", running())]));
    evicted["metadata"]["deletionTimestamp"] = json!(at(5).to_string());
    let evicted = read(evicted, 6);
    assert_eq!((evicted.last_status, evicted.desired_stopped), (LastStatus::Stopping, true));
    assert_eq!(evicted.failed_at, None);
}

#[test]
fn a_scaled_in_task_is_no_failure() {
    let mut stopped = pod(json!([container("app", ended(9, 143))]));
    stopped["status"]["phase"] = json!("Failed");
    stopped["metadata"]["labels"]["ecs.berth.dev/stop-code"] = json!("ServiceSchedulerInitiated");
    assert_eq!(read(stopped, 10).failed_at, None);
}

#[test]
fn a_container_that_could_not_even_be_started_is_a_failed_launch() {
    let error = json!({"terminated": {
        "startedAt": "1970-01-01T00:00:00Z", "finishedAt": at(3).to_string(), "exitCode": 128,
        "reason": "StartError", "message": "no such file or directory"
    }});
    let mut stuck = pod(json!([container("app", error)]));
    stuck["status"]["phase"] = json!("Failed");
    let seen = read(stuck, 60);
    assert_eq!((seen.started_at, seen.failed_at), (None, Some(at(3))));
    assert_eq!(
        seen.story.as_deref(),
        Some("container app ended with exit code 128 (no such file or directory)")
    );
}

#[test]
fn a_task_without_a_deployment_is_a_task_all_the_same() {
    let mut stray = pod(json!([container("app", running())]));
    stray["metadata"]["labels"] = json!({"app.kubernetes.io/managed-by": "berth"});
    assert!(read(stray, 60).is_live());
}

#[test]
fn a_task_on_an_instance_that_is_drained_is_known_as_such() {
    let mut leaving = pod(json!([container("app", running())]));
    leaving["spec"]["nodeName"] = json!("leaving");
    assert!(read(leaving, 60).draining);
}

fn code(task: &Task) -> Option<StopCode> {
    task.broken.as_ref().map(|(code, _)| *code)
}

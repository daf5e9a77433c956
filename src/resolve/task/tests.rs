use super::*;
use crate::model::StopCode;
use serde_json::json;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + second).unwrap()
}

fn read(pod: serde_json::Value, second: i64) -> Task {
    let pod: Pod = serde_json::from_value(pod).unwrap();
    let instance = |node: &str| Instance {
        zone: Some(format!("zone-of-{node}")),
        draining: node == "leaving",
        lost: node == "lost",
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

/// A pod in which `app` waits at a gate for `db`, and `db` is in this state.
fn gated(condition: &str, db: serde_json::Value, timeout: Option<u32>) -> serde_json::Value {
    let text = "waiting for db to be so";
    let message = format!("Failed to apply default image tag \"{text}\": couldn't parse image name");
    let waiting = json!({"waiting": {"reason": "InvalidImageName", "message": message}});
    let mut pod = pod(json!([db, container("app", waiting)]));
    pod["spec"]["containers"][1]["image"] = json!(text);
    pod["status"]["phase"] = json!("Pending");
    let mut after = json!({"container": "db", "condition": condition});
    if let Some(timeout) = timeout {
        after["timeout"] = json!(timeout);
    }
    let order = json!({"app": {"image": "shop/app:1", "after": [after]}});
    pod["metadata"]["annotations"]["ecs.berth.dev/start-order"] = json!(order.to_string());
    pod
}

fn images(task: &Task) -> Vec<&str> {
    task.releases.iter().map(|release| release.image.as_str()).collect()
}

#[test]
fn a_container_is_let_go_when_what_it_waits_for_has_come() {
    let unready = |state| {
        let mut status = container("db", state);
        status["ready"] = json!(false);
        status
    };
    let waits: [(&str, serde_json::Value); 6] = [
        ("HEALTHY", unready(running())),
        ("COMPLETE", container("db", running())),
        ("SUCCESS", container("db", running())),
        ("START", container("db", json!({"waiting": {"reason": "ContainerCreating"}}))),
        ("SUCCESS", container("db", json!({"waiting": {"reason": "ContainerCreating"}}))),
        ("HEALTHY", container("db", json!({"waiting": {"reason": "ContainerCreating"}}))),
    ];
    for (condition, db) in waits {
        let seen = read(gated(condition, db, None), 60);
        assert_eq!(
            (images(&seen), code(&seen), seen.last_status),
            (vec![], None, LastStatus::Pending),
            "{condition}"
        );
    }
    let goes = [
        ("HEALTHY", container("db", running())),
        ("COMPLETE", container("db", ended(9, 3))),
        ("SUCCESS", container("db", ended(9, 0))),
        ("START", container("db", running())),
        ("START", container("db", ended(9, 1))),
    ];
    for (condition, db) in goes {
        let seen = read(gated(condition, db, None), 60);
        assert_eq!((images(&seen), code(&seen)), (vec!["shop/app:1"], None), "{condition}");
    }
}

#[test]
fn a_container_that_was_let_go_is_let_go_once_and_then_stands_or_falls_by_its_image() {
    let mut pod = gated("HEALTHY", container("db", running()), Some(1));
    pod["spec"]["containers"][1]["image"] = json!("shop/app:1");
    pod["metadata"]["annotations"]["ecs.berth.dev/released-at"] = json!(at(100).to_string());
    let seen = read(pod.clone(), 200);
    assert_eq!(
        (images(&seen), code(&seen), seen.health),
        (vec![], None, Health::Unknown { decided_at: None })
    );
    let waiting = json!({"waiting": {"reason": "ErrImagePull", "message": "no such image"}});
    pod["status"]["containerStatuses"][1]["state"] = waiting;
    let early = read(pod.clone(), 129);
    assert_eq!((early.broken, early.health), (None, Health::Unknown { decided_at: Some(at(130)) }));
    assert_eq!(read(pod, 130).broken.unwrap().1, "CannotPullContainerError: no such image");
}

#[test]
fn an_image_that_is_wrong_itself_is_no_gate() {
    let mut pod = gated("HEALTHY", container("db", running()), None);
    pod["spec"]["containers"][1]["image"] = json!("shop/app:1");
    let message = "Failed to apply default image tag \"shop/app:1\": couldn't parse image name";
    pod["status"]["containerStatuses"][1]["state"]["waiting"]["message"] = json!(message);
    assert!(read(pod, 60).broken.unwrap().1.starts_with("CannotPullContainerError: Failed"));
}

#[test]
fn a_wait_that_can_only_be_in_vain_ends_the_task_with_the_reason() {
    let seen = read(gated("SUCCESS", container("db", ended(9, 3)), None), 10);
    assert_eq!(
        seen.broken,
        Some((
            StopCode::TaskFailedToStart,
            "TaskDependencyError: container app waits for container db to be SUCCESS: it ended with exit code 3"
                .to_owned()
        ))
    );
    assert_eq!((seen.failed_at.is_some(), images(&seen)), (true, vec![]));
    let ended_first = read(gated("HEALTHY", container("db", ended(9, 0)), None), 10);
    assert!(ended_first.broken.unwrap().1.ends_with("to be HEALTHY: it ended"));
}

#[test]
fn a_start_timeout_counts_from_the_start_of_the_container_that_is_waited_for() {
    let late = || gated("COMPLETE", container("db", running()), Some(20));
    let early = read(late(), 21);
    assert_eq!((early.broken, early.health), (None, Health::Unknown { decided_at: Some(at(22)) }));
    let reason = read(late(), 22).broken.unwrap().1;
    assert!(reason.ends_with("to be COMPLETE: its startTimeout of 20 seconds is over"), "{reason}");
    // Of an init container, too; the node waits for it, Berth looks at the clock.
    let mut init = pod(json!([container("app", json!({"waiting": {"reason": "PodInitializing"}}))]));
    init["status"]["phase"] = json!("Pending");
    init["status"]["initContainerStatuses"] = json!([container("seed", running())]);
    let order = json!({"app": {"after": [{"container": "seed", "condition": "SUCCESS", "timeout": 20}]}});
    init["metadata"]["annotations"]["ecs.berth.dev/start-order"] = json!(order.to_string());
    assert_eq!(read(init.clone(), 21).health, Health::Unknown { decided_at: Some(at(22)) });
    assert_eq!(read(init, 22).broken.unwrap().0, StopCode::TaskFailedToStart);
}

#[test]
fn an_init_container_that_fails_is_a_failed_launch_with_its_story() {
    let mut failed = pod(json!([container("app", json!({"waiting": {"reason": "PodInitializing"}}))]));
    failed["status"]["phase"] = json!("Failed");
    failed["status"]["initContainerStatuses"] = json!([container("seed", ended(9, 4))]);
    let seen = read(failed, 60);
    assert_eq!(
        (seen.last_status, seen.failed_at, seen.stopped_at),
        (LastStatus::Stopped, Some(at(9)), Some(at(9)))
    );
    assert_eq!(seen.story.as_deref(), Some("container seed ended with exit code 4 (no reason given)"));
}

/// A pod whose container `app` may be restarted after it ran for a minute, but not after exit code 7.
fn restartable(state: serde_json::Value, last: serde_json::Value, count: i32) -> serde_json::Value {
    let mut status = container("app", state);
    status["restartCount"] = json!(count);
    status["lastState"] = last;
    let mut pod = pod(json!([status]));
    pod["spec"]["containers"][0]["restartPolicy"] = json!("Never");
    pod["spec"]["containers"][0]["restartPolicyRules"] =
        json!([{"action": "Restart", "exitCodes": {"operator": "NotIn", "values": [7]}}]);
    pod["metadata"]["annotations"]["ecs.berth.dev/restart-attempt-periods"] = json!("{\"app\":60}");
    pod
}

fn code(task: &Task) -> Option<StopCode> {
    task.broken.as_ref().map(|(code, _)| *code)
}

#[test]
fn a_container_with_a_restart_policy_that_ran_long_enough_does_not_end_its_task() {
    let between = read(restartable(ended(100, 0), json!({}), 0), 101);
    assert_eq!((code(&between), between.last_status), (None, LastStatus::Running));
    let backing_off = json!({"waiting": {"reason": "CrashLoopBackOff"}});
    let again = read(restartable(backing_off, ended(100, 1), 1), 105);
    assert_eq!((code(&again), again.last_status, again.failed_at), (None, LastStatus::Running, None));
    let runs = json!({"running": {"startedAt": at(110).to_string()}});
    let runs = read(restartable(runs, ended(100, 1), 1), 111);
    assert_eq!((code(&runs), runs.started_at, runs.health), (None, Some(at(1)), Health::Healthy));
}

#[test]
fn a_container_with_a_restart_policy_ends_its_task_by_an_ignored_code_or_a_short_run() {
    let ignored = read(restartable(ended(100, 7), json!({}), 0), 101);
    assert_eq!((code(&ignored), ignored.failed_at), (Some(StopCode::EssentialContainerExited), None));
    let short = read(restartable(ended(61, 0), json!({}), 0), 61);
    assert_eq!(code(&short), Some(StopCode::EssentialContainerExited));
    // The node has restarted it meanwhile.
    let restarted =
        read(restartable(json!({"running": {"startedAt": at(62).to_string()}}), ended(61, 1), 1), 63);
    assert_eq!(code(&restarted), Some(StopCode::EssentialContainerExited));
    // Its node knows no restart rules.
    let left = |second| read(restartable(ended(100, 1), json!({}), 0), second);
    assert_eq!((code(&left(159)), code(&left(160))), (None, Some(StopCode::EssentialContainerExited)));
}

/// A task behind a target group of which the helper has ended.
fn partly_ended(value: &str) -> serde_json::Value {
    let mut pod = pod(json!([container("app", running()), container("helper", ended(30, 1))]));
    pod["metadata"]["labels"]["target-group.ecs.berth.dev/abc"] = json!(value);
    pod
}

#[test]
fn a_task_of_which_a_helper_has_ended_is_shown_by_berth_from_then_on() {
    assert_eq!(read(partly_ended(""), 60).listing, Listing::Dropped);
    assert_eq!(read(partly_ended("listed-by-berth"), 60).listing, Listing::Own { ready: true });
    let mut unready = partly_ended("listed-by-berth");
    unready["status"]["containerStatuses"][0]["ready"] = json!(false);
    assert_eq!(read(unready, 60).listing, Listing::Own { ready: false });
    let mut lost = partly_ended("listed-by-berth");
    lost["spec"]["nodeName"] = json!("lost");
    let lost = read(lost, 60);
    assert_eq!((lost.listing, lost.health), (Listing::Own { ready: false }, Health::Unhealthy));
}

#[test]
fn a_task_that_stops_or_takes_no_requests_is_shown_by_nobody_else() {
    let mut unregistered = partly_ended("");
    unregistered["metadata"]["labels"] = json!({"group.ecs.berth.dev/abc": ""});
    assert_eq!(read(unregistered, 60).listing, Listing::Selected);
    let mut unready = partly_ended("");
    unready["status"]["containerStatuses"][0]["ready"] = json!(false);
    assert_eq!(read(unready, 60).listing, Listing::Selected);
    let mut stopping = partly_ended("listed-by-berth");
    stopping["metadata"]["deletionTimestamp"] = json!(at(50).to_string());
    assert_eq!(read(stopping, 60).listing, Listing::Selected);
    let mut broken = partly_ended("listed-by-berth");
    broken["status"]["containerStatuses"][0]["state"] = ended(40, 1);
    assert_eq!(read(broken, 60).listing, Listing::Selected);
}

#[test]
fn of_several_containers_only_the_essential_ones_make_a_task_unhealthy() {
    let both = |name: &str| {
        let mut pod = pod(json!([container("app", running()), container("helper", running())]));
        let place = usize::from(name == "helper");
        pod["status"]["containerStatuses"][place]["ready"] = json!(false);
        let probe = json!({"periodSeconds": 5, "failureThreshold": 2, "timeoutSeconds": 2});
        pod["spec"]["containers"][0]["readinessProbe"] = probe.clone();
        pod["spec"]["containers"][1]["readinessProbe"] = probe;
        read(pod, 60).health
    };
    assert_eq!((both("app"), both("helper")), (Health::Unhealthy, Health::Healthy));
}

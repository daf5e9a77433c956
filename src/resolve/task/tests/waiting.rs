use super::*;

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

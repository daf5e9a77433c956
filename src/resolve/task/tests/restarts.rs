use super::*;

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

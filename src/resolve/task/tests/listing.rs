use super::*;

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

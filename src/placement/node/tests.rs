use super::*;
use serde_json::json;

#[test]
fn versions_are_ordered_as_numbers() {
    let version = |text| Version::parse(text).unwrap();
    assert!(version("1.9.0") < version("1.14.5"));
    assert_eq!(version("v1.37.0-rc.1"), version("1.37"));
    assert_eq!(Version::parse("new"), None);
}

#[test]
fn every_documented_form_of_a_time_is_read() {
    let whole = time("2018-06-18T22:28:28Z").unwrap();
    assert_eq!(time("2018-06-18T22:28:28+00:00"), Some(whole));
    assert_eq!(time("2018-06-18T22:28:28"), Some(whole));
    assert_eq!(time("2018-06-18"), time("2018-06-18T00:00:00Z"));
    assert_eq!(time("yesterday"), None);
}

#[test]
fn an_instance_id_is_the_end_of_the_provider_id_or_the_name() {
    let mut node = NodeView { name: "node-1".into(), ..NodeView::default() };
    assert_eq!(node.instance_id(), "node-1");
    node.provider_id = Some("aws:///eu-west-1a/i-0abc".into());
    assert_eq!(node.instance_id(), "i-0abc");
}

fn read<K: serde::de::DeserializeOwned>(value: serde_json::Value) -> K {
    serde_json::from_value(value).unwrap()
}

fn pod(group: &str, labels: serde_json::Value, phase: &str) -> Pod {
    let mut pod: Pod = read(json!({
        "metadata": {"labels": labels, "annotations": {"ecs.berth.dev/group": group}},
        "spec": {"nodeName": "one", "containers": []}, "status": {"phase": phase},
    }));
    pod.labels_mut().insert("app.kubernetes.io/managed-by".into(), "berth".into());
    pod
}

#[test]
fn all_that_a_query_asks_is_read_from_a_node_and_its_tasks() {
    let node: Node = read(json!({
        "metadata": {"name": "one", "creationTimestamp": "2026-01-02T03:04:05Z",
            "labels": {"kubernetes.io/os": "linux", "karpenter.k8s.aws/instance-ami-id": "ami-1"},
            "annotations": {"ecs.berth.dev/attributes": r#"{"team": "blue: first", "rank": 3, "odd": []}"#}},
        "spec": {"providerID": "aws:///a/i-1"},
        "status": {"conditions": [{"type": "Ready", "status": "True"}], "nodeInfo": {
            "kubeletVersion": "v1.37.1", "architecture": "", "bootID": "", "containerRuntimeVersion": "",
            "kernelVersion": "", "kubeProxyVersion": "", "machineID": "", "operatingSystem": "", "osImage": "",
            "systemUUID": ""}},
    }));
    let mut foreign = pod("service:x", json!({}), "Running");
    foreign.labels_mut().clear();
    let pods = [
        pod("service:web", json!({}), "Running"),
        pod("service:web", json!({}), "Pending"),
        pod("service:old", json!({"ecs.berth.dev/stop-code": "UserInitiated"}), "Running"),
        pod("family:batch", json!({}), "Succeeded"),
        foreign,
    ];
    let [view] = &NodeView::all([&node], &pods)[..] else { panic!() };
    assert_eq!((view.name.as_str(), view.instance_id(), view.ready), ("one", "i-1", true));
    assert_eq!(view.version.as_deref(), Some("v1.37.1"));
    assert_eq!(view.registered_at, time("2026-01-02T03:04:05Z"));
    assert_eq!((view.running_tasks, &view.groups), (2, &["service:web".to_owned()].into()));
    let attributes: Vec<_> =
        view.attributes().into_iter().map(|(name, value)| format!("{name}={value}")).collect();
    assert_eq!(
        attributes,
        ["ecs.ami-id=ami-1", "ecs.os-family=LINUX", "ecs.os-type=linux", "rank=3", "team=blue: first"]
    );
}

#[test]
fn a_label_that_stands_for_an_annotated_attribute_is_not_listed_beside_it() {
    let mut view = NodeView::default();
    view.annotated.insert("a team".into(), "blue: first".into());
    let key = attribute::key("a team").into_owned();
    view.labels.insert(key, "any".into());
    assert_eq!(view.attributes().into_keys().collect::<Vec<_>>(), ["a team"]);
}

//! When two definitions are the same, and when not.

use super::*;
use crate::api::fate::Document;
use proptest::prelude::*;
use std::collections::BTreeSet;

fn spec(value: Value) -> TaskDefinitionSpec {
    serde_json::from_value(value).unwrap()
}

/// A definition with one container that has these members.
fn container(members: Value) -> TaskDefinitionSpec {
    let mut container = json!({"name": "app", "image": "nginx:1", "memory": 64});
    container.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
    spec(json!({"networkMode": "awsvpc", "containerDefinitions": [container]}))
}

#[track_caller]
fn same(one: Value, other: Value) {
    assert!(is_same(&container(one.clone()), &container(other.clone())), "{one} and {other}");
}

#[track_caller]
fn different(one: Value, other: Value) {
    assert!(!is_same(&container(one.clone()), &container(other.clone())), "{one} and {other}");
}

#[test]
fn equal_sizes_in_other_words_are_the_same_definition() {
    let sized = |cpu: &str, memory: &str| spec(json!({"cpu": cpu, "memory": memory}));
    assert!(is_same(&sized("1 vCPU", "1GB"), &sized("1024", "1024")));
    assert!(is_same(&sized(".25 vcpu", ".5 gb"), &sized("256", "512")));
    assert!(!is_same(&sized("256", "512"), &sized("512", "512")));
}

#[test]
fn what_a_describe_output_adds_is_the_same_definition() {
    let written = json!({"portMappings": [{"containerPort": 80}],
        "healthCheck": {"command": ["CMD", "true"]}});
    let described = json!({"portMappings": [{"containerPort": 80, "hostPort": 80, "protocol": "tcp"}],
        "cpu": 0, "essential": true, "environment": [], "mountPoints": [], "volumesFrom": [], "secrets": null,
        "systemControls": [], "user": "", "privileged": false, "linuxParameters": {"initProcessEnabled": false},
        "healthCheck": {"command": ["CMD", "true"], "interval": 30, "timeout": 5, "retries": 3, "startPeriod": 0}});
    same(written, described);
    let bridge = |mode: Value| spec(json!({"networkMode": mode, "family": "web"}));
    assert!(is_same(&bridge(json!(null)), &bridge(json!("bridge"))));
}

#[test]
fn a_default_elsewhere_is_not_a_default() {
    different(json!({"essential": false}), json!({}));
    different(json!({"stopTimeout": 0}), json!({}));
    different(json!({"command": [""]}), json!({}));
    different(json!({"command": ["tcp", ""]}), json!({"command": ["tcp"]}));
    different(json!({"dockerLabels": {"a": ""}}), json!({}));
    different(json!({"dockerLabels": {"scope": "task"}}), json!({"dockerLabels": {}}));
    different(
        json!({"logConfiguration": {"logDriver": "awslogs", "options": {"mode": ""}}}),
        json!({"logConfiguration": {"logDriver": "awslogs"}}),
    );
    different(
        json!({"portMappings": [{"containerPort": 80, "hostPort": 8080}]}),
        json!({"portMappings": [{"containerPort": 80}]}),
    );
}

#[test]
fn order_without_meaning_is_the_same_and_order_with_meaning_is_not() {
    let swapped = |member: &str, one: Value, other: Value| {
        (json!({ member: [one.clone(), other.clone()] }), json!({ member: [other, one] }))
    };
    let pairs = [
        ("environment", json!({"name": "X", "value": "1"}), json!({"name": "Y", "value": "2"})),
        ("portMappings", json!({"containerPort": 53}), json!({"containerPort": 53, "protocol": "udp"})),
        (
            "dependsOn",
            json!({"containerName": "a", "condition": "START"}),
            json!({"containerName": "b", "condition": "START"}),
        ),
        (
            "mountPoints",
            json!({"sourceVolume": "a", "containerPath": "/a"}),
            json!({"sourceVolume": "a", "containerPath": "/a/b"}),
        ),
    ];
    for (member, one, other) in pairs {
        let (one, other) = swapped(member, one, other);
        same(one, other);
    }
    for member in ["command", "entryPoint", "dnsServers", "dnsSearchDomains"] {
        let (one, other) = swapped(member, json!("x"), json!("y"));
        different(one, other);
    }
    // Of a variable that is there twice the last value holds.
    let (one, other) =
        swapped("environment", json!({"name": "X", "value": "1"}), json!({"name": "X", "value": "2"}));
    different(one, other);
}

#[test]
fn every_list_of_a_definition_is_decided() {
    let schema = Document::TaskDefinition.schema().unwrap();
    let mut lists = BTreeSet::new();
    collect(schema.pointer("/properties/spec").unwrap(), "", &mut lists);
    let decided: BTreeSet<String> = UNORDERED
        .iter()
        .map(|(name, _)| *name)
        .chain(ORDERED.iter().map(|(name, _)| *name))
        .map(str::to_owned)
        .collect();
    assert_eq!(lists, decided);
}

fn collect(schema: &Value, name: &str, lists: &mut BTreeSet<String>) {
    if let Some(items) = schema.get("items") {
        lists.insert(name.to_owned());
        collect(items, "", lists);
    }
    for (name, property) in schema.get("properties").and_then(Value::as_object).into_iter().flatten() {
        collect(property, name, lists);
    }
}

#[test]
fn a_definition_beyond_64_kib_is_refused_in_ecs_words() {
    let long =
        |length: usize| container(json!({"environment": [{"name": "X", "value": "x".repeat(length)}]}));
    assert_eq!(too_long("web", &long(60_000)), None);
    let message = too_long("web", &long(65_536)).unwrap().message;
    assert!(message.starts_with("Actual length: '65"), "{message}");
    assert!(message.ends_with("'. Max allowed length is '65536' bytes."), "{message}");
    let with_block = TaskDefinitionSpec {
        kubernetes: Some(crate::api::task_definition::TaskDefinitionKubernetes::default()),
        ..long(1)
    };
    assert_eq!(content("web", &with_block), content("web", &long(1)));
}

proptest! {
    #[test]
    fn any_order_of_variables_with_different_names_is_the_same(
        names in proptest::collection::btree_set("[A-Z]{1,4}", 0..8), seed in any::<u64>()
    ) {
        let mut entries: Vec<Value> = names.iter().map(|name| json!({"name": name, "value": "v"})).collect();
        let ordered = container(json!({"environment": entries}));
        let length = entries.len().max(1);
        entries.rotate_left(usize::try_from(seed % length as u64).unwrap());
        let turned = container(json!({"environment": entries}));
        prop_assert!(is_same(&ordered, &turned));
    }
}

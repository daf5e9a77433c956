//! Documents of the corpus → what has to be applied so that each can run.

use super::corpus::Sample;
use berth::resolve::arn::TaskDefinitionReference;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// A document with what it needs to run, in a namespace of its own.
pub struct Case {
    pub file: String,
    pub namespace: String,
    pub service: String,
    pub desired: usize,
    pub objects: Vec<Value>,
}

pub fn object(kind: &str, name: &str, namespace: &str, spec: &Value) -> Value {
    let metadata = json!({"name": name, "namespace": namespace});
    json!({"apiVersion": "ecs.berth.dev/v1alpha1", "kind": kind, "metadata": metadata, "spec": spec})
}

/// A task definition as it is, and a service of one task for it.
pub fn of_definition(index: usize, sample: &Sample) -> Case {
    let (namespace, name) = (format!("td-{index:03}"), "app");
    let family = sample.spec["family"].as_str().filter(|family| !family.is_empty()).unwrap_or(name);
    let mut service = json!({"taskDefinition": family, "desiredCount": 1});
    let open = list(&sample.spec["volumes"]).iter().filter(|volume| volume["configuredAtLaunch"] == true);
    let launched: Vec<Value> = open
        .map(|volume| json!({"name": volume["name"], "managedEBSVolume": {"roleArn": "r", "sizeInGiB": 1}}))
        .collect();
    if !launched.is_empty() {
        service["volumeConfigurations"] = launched.into();
    }
    let objects = vec![
        object("TaskDefinition", name, &namespace, &sample.spec),
        object("Service", name, &namespace, &service),
    ];
    Case { file: sample.file.clone(), namespace, service: name.into(), desired: 1, objects }
}

/// A service as it is, the definition that it names, and its registries.
pub fn of_service(index: usize, sample: &Sample, definitions: &[&Sample]) -> Case {
    let namespace = format!("svc-{index:03}");
    let text = sample.spec["taskDefinition"].as_str().unwrap_or_default();
    let reference = TaskDefinitionReference::parse(text);
    let reference = reference.unwrap_or(TaskDefinitionReference { family: "none".into(), revision: None });
    let own = definitions
        .iter()
        .find(|one| one.spec["family"] == *reference.family && fits(&one.spec, &sample.spec));
    let spec = own.map_or_else(|| stand_in(&reference.family, &sample.spec), |one| one.spec.clone());
    let mut definition = object("TaskDefinition", "app", &namespace, &spec);
    if let Some(number) = reference.revision {
        definition["metadata"]["annotations"] = json!({"ecs.berth.dev/revision": number.to_string()});
    }
    let mut objects = vec![definition, object("Service", "app", &namespace, &sample.spec)];
    for registry in list(&sample.spec["serviceRegistries"]) {
        let registry = registry["registryArn"].as_str().unwrap_or_default();
        let mut discovery = object("ServiceDiscovery", "registry", &namespace, &json!({}));
        discovery["metadata"]["annotations"] = json!({"ecs.berth.dev/arn": registry});
        objects.push(discovery);
    }
    let desired = sample.spec["desiredCount"].as_u64().unwrap_or(1) as usize;
    Case { file: sample.file.clone(), namespace, service: "app".into(), desired, objects }
}

pub fn list(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}

/// Containers and ports that a service speaks of.
fn wanted(service: &Value) -> Vec<(&str, u64)> {
    let entries = list(&service["loadBalancers"]).iter().chain(list(&service["serviceRegistries"]));
    entries
        .filter_map(|entry| Some((entry["containerName"].as_str()?, entry["containerPort"].as_u64()?)))
        .collect()
}

fn fits(definition: &Value, service: &Value) -> bool {
    let has = |name: &str, port: u64| {
        let mut containers = list(&definition["containerDefinitions"]).iter();
        let container = containers.find(|container| container["name"] == name);
        container.is_some_and(|one| {
            list(&one["portMappings"]).iter().any(|mapping| mapping["containerPort"] == port)
        })
    };
    wanted(service).into_iter().all(|(name, port)| has(name, port))
}

/// A definition for a service whose own is not in the corpus.
fn stand_in(family: &str, service: &Value) -> Value {
    let mut ports: BTreeMap<&str, Vec<Value>> = BTreeMap::new();
    for (name, port) in wanted(service) {
        ports.entry(name).or_default().push(json!({"containerPort": port}));
    }
    if ports.is_empty() {
        ports.insert("app", Vec::new());
    }
    let container =
        |(name, ports): (&str, Vec<Value>)| json!({"name": name, "image": name, "portMappings": ports});
    let containers: Vec<Value> = ports.into_iter().map(container).collect();
    json!({"family": family, "networkMode": "awsvpc", "cpu": "256", "memory": "512", "containerDefinitions": containers})
}

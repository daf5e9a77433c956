//! Container instances → a table as kubectl prints them, or the document of DescribeContainerInstances.

use super::super::cluster::Output;
use super::super::table;
use crate::placement::{Capacity, attribute};
use crate::resolve::ContainerInstance;
use serde_json::{Value, json};

/// The instances in the form that was asked for.
pub(super) fn page(instances: &[ContainerInstance], output: Option<Output>) -> anyhow::Result<String> {
    match output {
        None => Ok(table(instances, false)),
        Some(Output::Wide) => Ok(table(instances, true)),
        Some(Output::Name) => Ok(instances.iter().map(|one| format!("node/{}\n", one.view.name)).collect()),
        Some(Output::Json) => Ok(serde_json::to_string_pretty(&document(instances))? + "\n"),
        Some(Output::Yaml) => Ok(serde_saphyr::to_string(&document(instances))?),
    }
}

const HEAD: [&str; 10] = [
    "NAME",
    "EC2 INSTANCE",
    "STATUS",
    "CONNECTED",
    "ZONE",
    "TYPE",
    "TASKS",
    "CPU FREE",
    "MEM FREE",
    "REGISTERED",
];
const MORE: [&str; 5] = ["PENDING", "CPU", "MEMORY", "AGENT", "ATTRIBUTES"];

fn table(instances: &[ContainerInstance], wide: bool) -> String {
    let more = MORE.iter().filter(|_| wide);
    let head: Vec<String> = HEAD.iter().chain(more).map(|name| (*name).to_owned()).collect();
    let rows = instances.iter().map(|one| row(one, wide));
    table::table(&std::iter::once(head).chain(rows).collect::<Vec<_>>())
}

fn row(one: &ContainerInstance, wide: bool) -> Vec<String> {
    let view = &one.view;
    let none = || "<none>".to_owned();
    let attribute = |name: &str| view.attribute(name).map_or_else(none, |held| held.text().to_owned());
    let mut row = vec![
        view.name.clone(),
        view.instance_id().to_owned(),
        // ECS has no word for an instance that keeps its tasks and takes no new ones.
        if one.cordoned && !one.draining { "ACTIVE,CORDONED".to_owned() } else { status(one).to_owned() },
        view.ready.to_string(),
        attribute(attribute::ZONE),
        attribute(attribute::INSTANCE_TYPE),
        view.running_tasks.to_string(),
        one.remaining.cpu_units().to_string(),
        one.remaining.mebibytes().to_string(),
        view.registered_at.map_or_else(none, |time| time.to_string()),
    ];
    if wide {
        // What stands in columns of its own is not said again.
        let own: Vec<String> = view
            .attributes()
            .into_iter()
            .filter(|(name, _)| name != attribute::ZONE && name != attribute::INSTANCE_TYPE)
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        row.extend([
            one.pending_tasks.to_string(),
            one.registered.cpu_units().to_string(),
            one.registered.mebibytes().to_string(),
            view.version.clone().unwrap_or_else(none),
            Some(own.join(",")).filter(|own| !own.is_empty()).unwrap_or_else(none),
        ]);
    }
    row
}

fn status(one: &ContainerInstance) -> &'static str {
    if one.draining { "DRAINING" } else { "ACTIVE" }
}

fn document(instances: &[ContainerInstance]) -> Value {
    json!({"containerInstances": instances.iter().map(described).collect::<Vec<_>>(), "failures": []})
}

/// There are no ARNs here: wherever ECS takes one, Berth takes the name that stands for it.
fn described(one: &ContainerInstance) -> Value {
    let view = &one.view;
    let attributes = view.attributes().into_iter().map(|(name, value)| match value.as_str() {
        "" => json!({"name": name}),
        value => json!({"name": name, "value": value}),
    });
    let reason =
        (one.cordoned && !one.draining).then_some("cordoned: it keeps its tasks and takes no new ones");
    let mut described = json!({
        "containerInstanceArn": view.name,
        "ec2InstanceId": view.instance_id(),
        "versionInfo": {"agentVersion": view.version, "dockerVersion": one.runtime},
        "remainingResources": resources(&one.remaining, &one.taken),
        "registeredResources": resources(&one.registered, &Capacity::default()),
        "status": status(one),
        "statusReason": reason,
        "agentConnected": view.ready,
        "runningTasksCount": view.running_tasks,
        "pendingTasksCount": one.pending_tasks,
        "attributes": attributes.collect::<Vec<_>>(),
        "registeredAt": view.registered_at.map(|time| time.to_string()),
        "attachments": [],
        "tags": [],
    });
    for part in ["", "/versionInfo"] {
        if let Some(members) = described.pointer_mut(part).and_then(Value::as_object_mut) {
            members.retain(|_, value| !value.is_null());
        }
    }
    described
}

/// As ECS has it, PORTS are those that are taken, not those that are left.
fn resources(amounts: &Capacity, taken: &Capacity) -> Vec<Value> {
    let integer = |name: &str, value: u64| json!({"name": name, "type": "INTEGER", "doubleValue": 0.0, "longValue": 0, "integerValue": value});
    let texts = |name: &str, values: Vec<String>| json!({"name": name, "type": "STRINGSET", "doubleValue": 0.0, "longValue": 0, "integerValue": 0, "stringSetValue": values});
    let ports = |ports: &std::collections::BTreeSet<u16>| ports.iter().map(u16::to_string).collect();
    let mut all = vec![
        integer("CPU", amounts.cpu_units()),
        integer("MEMORY", amounts.mebibytes()),
        texts("PORTS", ports(&taken.tcp)),
        texts("PORTS_UDP", ports(&taken.udp)),
    ];
    if amounts.gpus + taken.gpus > 0 {
        // Kubernetes counts GPUs and gives them no names.
        all.push(texts("GPU", (0..amounts.gpus).map(|gpu| format!("gpu-{gpu}")).collect()));
    }
    all
}

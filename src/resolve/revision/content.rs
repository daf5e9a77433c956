//! The content of a revision: what is stored of a definition, and when two definitions say the same.
//!
//! Must not call two definitions the same of which one could mean something else: an edit would do nothing.
//! One revision too many only costs a deployment.

use crate::api::TaskDefinitionSpec;
use crate::api::task_definition::container::ContainerDefinition;
use crate::model::Violation;
use serde_json::{Value, json};

/// The most bytes of a definition (<https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-quotas.html>).
pub const LONGEST: usize = 65536;

/// What a revision stores for `family` and `spec`: the definition, without what only its object needs.
pub fn content(family: &str, spec: &TaskDefinitionSpec) -> Value {
    let spec = TaskDefinitionSpec { kubernetes: None, ..spec.clone() };
    json!({"family": family, "spec": spec})
}

/// That the definition is longer than ECS takes, in its words.
pub fn too_long(family: &str, spec: &TaskDefinitionSpec) -> Option<Violation> {
    let written = TaskDefinitionSpec { kubernetes: None, family: Some(family.to_owned()), ..spec.clone() };
    let length = serde_json::to_string(&written).map_or(0, |text| text.len());
    let message = format!("Actual length: '{length}'. Max allowed length is '{LONGEST}' bytes.");
    (length > LONGEST).then(|| Violation::new("spec", message))
}

/// Whether two specs are the same definition: members that say nothing or what ECS says by default, the order
/// of lists that have none, and the spelling of sizes make no difference.
pub fn is_same(one: &TaskDefinitionSpec, other: &TaskDefinitionSpec) -> bool {
    canonical(one) == canonical(other)
}

/// The form that all definitions of the same meaning share.
pub fn canonical(spec: &TaskDefinitionSpec) -> Value {
    let mut spec = TaskDefinitionSpec { kubernetes: None, family: None, ..spec.clone() };
    let units = |size: Option<u32>, text: Option<String>| size.map(|size| size.to_string()).or(text);
    spec.cpu = units(spec.cpu.as_deref().and_then(super::super::size::cpu), spec.cpu);
    spec.memory = units(spec.memory.as_deref().and_then(super::super::size::memory), spec.memory);
    if matches!(spec.network_mode.as_deref(), Some("awsvpc" | "host")) {
        spec.container_definitions.iter_mut().flatten().for_each(forget_host_ports);
    }
    let value = serde_json::to_value(&spec).unwrap_or_default();
    tidy(value, "").unwrap_or_else(|| json!({}))
}

/// Where a task has its own address or its node's, a port of the node can only be the container's.
fn forget_host_ports(container: &mut ContainerDefinition) {
    for mapping in container.port_mappings.iter_mut().flatten() {
        if mapping.host_port == mapping.container_port {
            mapping.host_port = None;
        }
    }
}

/// Lists in which ECS gives the order no meaning, each with the members that tell its entries apart (none: the
/// whole entry does). Entries that are alike in these keep their order, as the last or first of them counts.
const UNORDERED: [(&str, &[&str]); 25] = [
    // Sets and conditions that all have to hold.
    ("add", &[]),
    ("credentialSpecs", &[]),
    ("dependsOn", &[]),
    ("devices", &[]),
    ("dockerSecurityOptions", &[]),
    ("drop", &[]),
    ("ignoredExitCodes", &[]),
    ("links", &[]),
    ("permissions", &[]),
    ("placementConstraints", &[]),
    ("requiresCompatibilities", &[]),
    ("resourceRequirements", &[]),
    // Ports are looked up by number, transport or name.
    ("portMappings", &["containerPort", "containerPortRange", "protocol", "name"]),
    // A runtime mounts the outer path before the inner one, whatever the list says.
    ("mountPoints", &["containerPath"]),
    ("tmpfs", &["containerPath"]),
    // Maps that are written as lists.
    ("environment", &["name"]),
    ("extraHosts", &["hostname"]),
    ("inferenceAccelerators", &["deviceName"]),
    ("properties", &["name"]),
    ("secretOptions", &["name"]),
    ("secrets", &["name"]),
    ("systemControls", &["namespace"]),
    ("tags", &["key"]),
    ("ulimits", &["name"]),
    ("volumes", &["name"]),
];

/// Whether ECS gives the order of the list `member` of a definition no meaning.
pub fn is_unordered(member: &str) -> bool {
    UNORDERED.iter().any(|(name, _)| *name == member)
}

/// Lists whose order means something, each with what it means.
#[cfg(test)]
const ORDERED: [(&str, &str); 8] = [
    ("command", "arguments"),
    ("containerDefinitions", "containers without dependencies are started in this order"),
    ("dnsSearchDomains", "asked in this order"),
    ("dnsServers", "asked in this order"),
    ("entryPoint", "arguments"),
    ("environmentFiles", "read in this order, and a variable may be in two"),
    ("mountOptions", "a later option overrules an earlier one"),
    ("volumesFrom", "of two sources that mount at one path the later holds"),
];

/// Free-form maps: in them an empty value is a value.
const MAPS: [&str; 4] = ["dockerLabels", "driverOpts", "labels", "options"];

/// Members for which 0 is the same as nothing.
const ZERO: [&str; 5] = ["cpu", "hostPort", "memory", "memoryReservation", "startPeriod"];

fn tidy(value: Value, member: &str) -> Option<Value> {
    match value {
        Value::Null => None,
        Value::Array(items) => {
            let mut items: Vec<Value> = items.into_iter().filter_map(|item| tidy(item, "")).collect();
            if let Some((_, keys)) = UNORDERED.iter().find(|(name, _)| *name == member) {
                items.sort_by_cached_key(|item| key(item, keys));
            }
            (!items.is_empty()).then_some(Value::Array(items))
        }
        Value::Object(members) if MAPS.contains(&member) => {
            (!members.is_empty()).then_some(Value::Object(members))
        }
        Value::Object(members) => {
            let members = members.into_iter();
            let kept: serde_json::Map<String, Value> = members
                .filter_map(|(name, value)| {
                    let value = tidy(value, &name)?;
                    Some((name, value))
                })
                .collect();
            (!kept.is_empty()).then_some(Value::Object(kept))
        }
        other => (!is_said_anyway(member, &other)).then_some(other),
    }
}

fn key(item: &Value, members: &[&str]) -> Vec<String> {
    match members {
        [] => vec![item.to_string()],
        _ => members.iter().map(|name| item.get(name).map(Value::to_string).unwrap_or_default()).collect(),
    }
}

/// Whether a member with this value is the same as none: it says nothing, or what ECS says by default.
fn is_said_anyway(member: &str, value: &Value) -> bool {
    match (member, value) {
        // An entry of a list of words.
        ("", _) => false,
        ("essential", Value::Bool(essential)) => *essential,
        ("enabled", Value::Bool(_)) => false,
        (_, Value::Bool(said)) => !said,
        (_, Value::Number(number)) if number.as_i64() == Some(0) => ZERO.contains(&member),
        ("interval", Value::Number(number)) => number.as_i64() == Some(30),
        ("timeout", Value::Number(number)) => number.as_i64() == Some(5),
        ("retries", Value::Number(number)) => number.as_i64() == Some(3),
        (_, Value::String(text)) if text.is_empty() => true,
        (_, Value::String(text)) => DEFAULTS.contains(&(member, text)),
        _ => false,
    }
}

/// Words that stand for nothing having been said.
const DEFAULTS: [(&str, &str); 7] = [
    ("driver", "local"),
    ("iam", "DISABLED"),
    ("networkMode", "bridge"),
    ("protocol", "tcp"),
    ("rootDirectory", "/"),
    ("scope", "task"),
    ("transitEncryption", "DISABLED"),
];

#[cfg(test)]
mod tests;

//! An object that is one document → the request that creates it.
//!
//! What a Describe call adds is dropped and told in one note; ARN and revision are kept beside the request.

use super::shape::{Spelling, fit};
use super::{Call, Found, Note, REQUEST, placeholder};
use crate::model::label;
use crate::resolve::arn;
use serde_json::{Map, Value};

/// How the note begins that names what a Describe call adds.
pub(super) const SHOWN: &str = "left out, as ECS only shows it";

/// Members that only a Describe call gives.
fn read_only(call: Call) -> &'static [&'static str] {
    match call {
        Call::RegisterTaskDefinition => &[
            "status",
            "requiresAttributes",
            "compatibilities",
            "registeredAt",
            "registeredBy",
            "deregisteredAt",
            "deleteRequestedAt",
        ],
        Call::CreateService => &[
            "status",
            "runningCount",
            "pendingCount",
            "deployments",
            "taskSets",
            "events",
            "createdAt",
            "createdBy",
            "platformFamily",
            "currentServiceDeployment",
            "currentServiceRevisions",
            "resourceManagementType",
        ],
        Call::CreateCluster => &[
            "status",
            "registeredContainerInstancesCount",
            "runningTasksCount",
            "pendingTasksCount",
            "activeServicesCount",
            "statistics",
            "attachments",
            "attachmentsStatus",
        ],
        Call::CreateServiceDiscovery => {
            &["Id", "InstanceCount", "CreateDate", "CreatedByAccount", "ResourceOwner"]
        }
        Call::CreateTargetGroup => &["LoadBalancerArns"],
        Call::CreateRule => &["IsDefault"],
        _ => &[],
    }
}

/// The member with the ARN of what is described.
const fn arn_member(call: Call) -> Option<&'static str> {
    match call {
        Call::RegisterTaskDefinition => Some("taskDefinitionArn"),
        Call::CreateService => Some("serviceArn"),
        Call::CreateCluster => Some("clusterArn"),
        Call::CreateServiceDiscovery => Some("Arn"),
        Call::CreateTargetGroup => Some("TargetGroupArn"),
        Call::CreateListener => Some("ListenerArn"),
        Call::CreateRule => Some("RuleArn"),
        _ => None,
    }
}

/// Version of Elastic Beanstalk's form of container definitions.
const BEANSTALK: &str = "AWSEBDockerrunVersion";

/// Members of a service that a Describe call shows in its deployment only.
const DEPLOYED: [&str; 3] =
    ["serviceConnectConfiguration", "volumeConfigurations", "vpcLatticeConfigurations"];

/// The request that `object`, spelled as the API spells, stands for: an input, or what a Describe call gave. `place` is
/// its file and where it stands there.
pub(super) fn request(
    place: (&str, &str),
    call: Call,
    mut object: Map<String, Value>,
    notes: &mut Vec<Note>,
) -> Found {
    let (source, pointer) = place;
    let mut found = Found::new(source, pointer, call, Value::Null);
    let arn = arn_member(call).and_then(|member| object.remove(member));
    found.arn = arn.and_then(|arn| arn.as_str().map(str::to_owned));
    if object.get("status").is_some_and(|status| status == "INACTIVE" || status == "DRAINING") {
        let text = "it is not ACTIVE in ECS: what is made of it here will be";
        notes.push(Note::new(source, pointer, text));
    }
    let mut dropped = renamed(&mut object, &mut found, notes);
    dropped.extend(read_only(call).iter().copied().filter(|member| object.remove(*member).is_some()));
    if !dropped.is_empty() {
        let text = format!("{SHOWN}: {}", dropped.join(", "));
        notes.push(Note::new(source, pointer, text));
    }
    found.spec = Value::Object(object);
    fit(&mut found, pointer, Spelling::Api, notes);
    name(&mut found, notes);
    placeholder::tell(&found, notes);
    found
}

/// Gives members the names that the request has for them, and takes out what only one sort of output has. Returns
/// what had to go.
fn renamed(object: &mut Map<String, Value>, found: &mut Found, notes: &mut Vec<Note>) -> Vec<&'static str> {
    match found.call {
        Call::RegisterTaskDefinition => {
            let revision = object.remove("revision").and_then(|number| number.as_i64());
            found.revision = revision.filter(|number| *number > 0);
            // Elastic Beanstalk keeps container definitions in the same form.
            if object.remove(BEANSTALK).is_some() {
                let path = super::note::member(&found.pointer, BEANSTALK);
                notes.push(Note::new(&found.source, path, "left out: it is Elastic Beanstalk's"));
            }
        }
        Call::CreateService => {
            let dropped = service(object, found);
            update(object, found, notes);
            alarms(object, found, notes);
            return dropped;
        }
        // A request knows one type only.
        Call::CreateServiceDiscovery if object.get("Type").is_some_and(|kind| kind != "HTTP") => {
            object.remove("Type");
            return vec!["Type"];
        }
        Call::CreateTargetGroup => {
            if let Some(name) = object.remove("TargetGroupName") {
                object.entry("Name").or_insert(name);
            }
        }
        _ => {}
    }
    Vec::new()
}

/// What a described service calls otherwise than CreateService, or shows in its deployment only. Returns what had to
/// go.
fn service(object: &mut Map<String, Value>, found: &mut Found) -> Vec<&'static str> {
    let mut dropped = Vec::new();
    if let Some(cluster) = object.remove("clusterArn") {
        object.entry("cluster").or_insert(cluster);
    }
    if let Some(role) = object.remove("roleArn") {
        // ECS's own role is not one that a request names.
        if role.as_str().is_some_and(|role| role.contains(":role/aws-service-role/")) {
            dropped.push("roleArn");
        } else {
            object.entry("role").or_insert(role);
        }
    }
    if found.arn.is_some() && object.get("schedulingStrategy").is_some_and(|strategy| strategy == "DAEMON") {
        dropped.extend(object.remove("desiredCount").map(|_| "desiredCount"));
    }
    let deployments = object.get("deployments").and_then(Value::as_array);
    let is_primary = |one: &&Value| one.get("status").is_some_and(|status| status == "PRIMARY");
    let primary = deployments.into_iter().flatten().find(is_primary);
    let deployed: Vec<(&str, Value)> =
        DEPLOYED.iter().filter_map(|member| Some((*member, primary?.get(*member)?.clone()))).collect();
    for (member, value) in deployed {
        object.entry(member).or_insert(value);
    }
    dropped
}

/// Alarms that are off need no names, which ECS wants all the same.
fn alarms(object: &mut Map<String, Value>, found: &Found, notes: &mut Vec<Note>) {
    let alarms = object.get_mut("deploymentConfiguration").and_then(|value| value.get_mut("alarms"));
    let Some(alarms) = alarms.and_then(Value::as_object_mut) else { return };
    if alarms.get("enable") == Some(&Value::Bool(false)) && !alarms.contains_key("alarmNames") {
        alarms.insert("alarmNames".to_owned(), Value::Array(Vec::new()));
        let path = super::note::member(&found.pointer, "deploymentConfiguration.alarms.alarmNames");
        notes.push(Note::new(
            &found.source,
            path,
            "is wanted by ECS: an empty list is written, as they are off",
        ));
    }
}

/// What an UpdateService request calls otherwise than CreateService.
fn update(object: &mut Map<String, Value>, found: &mut Found, notes: &mut Vec<Note>) {
    if object.contains_key("serviceName") || !object.get("service").is_some_and(Value::is_string) {
        return;
    }
    let Some(Value::String(named)) = object.remove("service") else { return };
    if named.starts_with("arn:") {
        found.arn = Some(named.clone());
    }
    object.insert("serviceName".into(), arn::service(&named).into());
    found.annotations.insert(REQUEST.into(), "UpdateService".into());
    if object.get("forceNewDeployment").is_some_and(|force| force == true) {
        object.remove("forceNewDeployment");
        found.annotations.insert(label::FORCE_NEW_DEPLOYMENT.into(), "true".into());
    }
    let text =
        "UpdateService leaves as they are the members that it does not name: here they take their defaults";
    notes.push(Note::new(&found.source, &found.pointer, text));
}

/// Gives a request that must have a name the one that its file suggests.
pub(super) fn name(found: &mut Found, notes: &mut Vec<Note>) {
    let Some(member) = found.call.name_member().filter(|_| found.call.document().is_some()) else { return };
    let name = found.ecs_name().to_owned();
    let Some(spec) = found.spec.as_object_mut() else { return };
    if spec.get(member).is_some_and(|given| given == name.as_str()) {
        return;
    }
    let text = format!("has no {member}: {name} is assumed");
    notes.push(Note::new(&found.source, &found.pointer, text));
    spec.insert(member.to_owned(), name.into());
}

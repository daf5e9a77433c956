//! The resources of a template → requests.

use super::super::note::member;
use super::super::request::name;
use super::super::shape::{Spelling, fit};
use super::super::{Call, Found, Note, Reading};
use super::Evaluation;
use crate::model::label;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// Types of resources and the requests that create them.
const TYPES: [(&str, Call); 12] = [
    ("AWS::ECS::TaskDefinition", Call::RegisterTaskDefinition),
    ("AWS::ECS::Service", Call::CreateService),
    ("AWS::ECS::Cluster", Call::CreateCluster),
    ("AWS::ECS::TaskSet", Call::CreateTaskSet),
    ("AWS::ServiceDiscovery::Service", Call::CreateServiceDiscovery),
    ("AWS::ElasticLoadBalancingV2::TargetGroup", Call::CreateTargetGroup),
    ("AWS::ElasticLoadBalancingV2::Listener", Call::CreateListener),
    ("AWS::ElasticLoadBalancingV2::ListenerRule", Call::CreateRule),
    ("AWS::Scheduler::Schedule", Call::CreateSchedule),
    ("AWS::Events::Rule", Call::PutRule),
    ("AWS::ApplicationAutoScaling::ScalableTarget", Call::RegisterScalableTarget),
    ("AWS::ApplicationAutoScaling::ScalingPolicy", Call::PutScalingPolicy),
];

/// Whether a text is the type of a resource.
pub(super) fn is_type(text: &str) -> bool {
    text.starts_with("AWS::") && text.matches("::").count() == 2
}

/// The request that bare properties are for.
pub(super) fn of_properties(properties: &Map<String, Value>) -> Option<Call> {
    let has = |names: &[&str]| names.iter().any(|name| properties.contains_key(*name));
    if has(&["ContainerDefinitions"]) {
        Some(Call::RegisterTaskDefinition)
    } else if has(&["TaskDefinition"]) && has(&["ServiceName", "DesiredCount", "LaunchType", "Cluster"]) {
        Some(Call::CreateService)
    } else {
        None
    }
}

/// Every resource of a template.
pub(super) fn all(evaluation: &mut Evaluation<'_>, reading: &mut Reading) {
    let mut others: BTreeMap<&str, usize> = BTreeMap::new();
    for (logical, resource) in evaluation.resources {
        let path = member(&evaluation.path, logical);
        let Some(kind) = resource.get("Type").and_then(Value::as_str) else {
            let text = "is no resource with a Type: left out";
            reading.notes.push(Note::violation(evaluation.source, path, text));
            continue;
        };
        let Some(call) = call_of(kind) else {
            *others.entry(kind).or_default() += 1;
            continue;
        };
        let condition = resource.get("Condition").and_then(Value::as_str);
        if condition.is_some_and(|condition| evaluation.condition(condition, &path) == Some(false)) {
            reading.notes.push(Note::new(evaluation.source, path, "left out: its condition does not hold"));
            continue;
        }
        let place = Place { path: &path, inside: &member(&path, "Properties"), call };
        let mut found = request(evaluation, &place, resource.get("Properties"), &mut reading.notes);
        found.name = evaluation.physical(logical).0;
        name(&mut found, &mut reading.notes);
        reading.found.push(found);
    }
    if !others.is_empty() {
        let others: Vec<String> = others.iter().map(|(kind, number)| format!("{number} {kind}")).collect();
        let text = format!("left out, as nothing here stands for it: {}", others.join(", "));
        reading.notes.push(Note::new(evaluation.source, &evaluation.path, text));
    }
}

/// A resource that stands alone, or its properties.
pub(super) fn single<'a>(
    evaluation: &mut Evaluation<'a>,
    path: &str,
    object: &'a Map<String, Value>,
    reading: &mut Reading,
) {
    let kind = object.get("Type").and_then(Value::as_str).filter(|kind| is_type(kind));
    let call = match kind {
        Some(kind) => call_of(kind),
        None => of_properties(object),
    };
    let Some(call) = call else {
        let text = format!("left out: nothing here stands for {}", kind.unwrap_or_default());
        reading.notes.push(Note::new(evaluation.source, path, text));
        return;
    };
    let mut found = match kind {
        Some(_) => {
            let place = Place { path, inside: &member(path, "Properties"), call };
            request(evaluation, &place, object.get("Properties"), &mut reading.notes)
        }
        None => {
            let members = object.iter().filter_map(|(name, value)| {
                Some((name.clone(), evaluation.value(value, &member(path, name))?))
            });
            let properties: Map<String, Value> = members.collect();
            finished(evaluation.source, &Place { path, inside: path, call }, properties, &mut reading.notes)
        }
    };
    name(&mut found, &mut reading.notes);
    reading.found.push(found);
}

/// Where a resource stands, and what it is.
struct Place<'p> {
    path: &'p str,
    inside: &'p str,
    call: Call,
}

fn request<'a>(
    evaluation: &mut Evaluation<'a>,
    place: &Place<'_>,
    properties: Option<&'a Value>,
    notes: &mut Vec<Note>,
) -> Found {
    let evaluated = properties.and_then(|properties| evaluation.value(properties, place.inside));
    let properties = match evaluated {
        Some(Value::Object(properties)) => properties,
        _ => Map::new(),
    };
    finished(evaluation.source, place, properties, notes)
}

/// The request that evaluated properties make.
fn finished(
    source: &str,
    place: &Place<'_>,
    mut properties: Map<String, Value>,
    notes: &mut Vec<Note>,
) -> Found {
    let mut found = Found::new(source, place.path, place.call, Value::Null);
    if let Some(force) = properties.remove("ForceNewDeployment")
        && force.get("EnableForceNewDeployment").is_some_and(|on| on == true || on == "true")
    {
        let nonce = force.get("ForceNewDeploymentNonce").and_then(Value::as_str).unwrap_or("true");
        found.annotations.insert(label::FORCE_NEW_DEPLOYMENT.into(), nonce.to_owned());
    }
    found.spec = Value::Object(properties);
    fit(&mut found, place.inside, Spelling::Template, notes);
    found
}

fn call_of(kind: &str) -> Option<Call> {
    TYPES.iter().find(|(known, _)| *known == kind).map(|(_, call)| *call)
}

//! Custom resources → the requests of ECS that create the same.

use super::note::member;
use super::{Call, Manifest, Note, REQUEST};
use crate::api::GROUP;
use crate::model::label;
use serde_json::{Map, Value};

/// Requests, and what there is to say about them.
#[derive(Clone, Debug, Default)]
pub struct Exported {
    /// The requests, in the order of the objects, each with its call.
    pub requests: Vec<(Call, Value)>,
    /// What was left out, and why.
    pub notes: Vec<Note>,
}

/// The calls whose requests are specs.
const CALLS: [Call; 8] = [
    Call::CreateCluster,
    Call::RegisterTaskDefinition,
    Call::CreateServiceDiscovery,
    Call::CreateTargetGroup,
    Call::CreateRule,
    Call::CreateService,
    Call::RunTask,
    Call::CreateSchedule,
];

/// The request of each object. Where a service names an object here that stands for an ARN, the ARN is written.
pub fn export(manifests: &[Manifest]) -> Exported {
    let mut exported = Exported::default();
    for manifest in manifests {
        match call_of(manifest) {
            Some(call) => {
                let request = request(call, manifest, manifests, &mut exported.notes);
                exported.requests.push((call, request));
            }
            None => {
                let text = format!("left out: {} is no request of ECS", manifest.kind());
                exported.notes.push(Note::new(&manifest.source, &manifest.pointer, text));
            }
        }
    }
    exported
}

fn call_of(manifest: &Manifest) -> Option<Call> {
    let version = manifest.object.get("apiVersion").and_then(Value::as_str).unwrap_or_default();
    let is_ours = version.split_once('/').is_some_and(|(group, _)| group == GROUP);
    let known = |call: &Call| call.document().is_some_and(|document| document.kind() == manifest.kind());
    CALLS.into_iter().filter(|_| is_ours).find(known)
}

fn request(call: Call, manifest: &Manifest, all: &[Manifest], notes: &mut Vec<Note>) -> Value {
    let mut spec = match manifest.object.get("spec") {
        Some(Value::Object(spec)) => spec.clone(),
        _ => Map::new(),
    };
    if let Some(name) = call.name_member() {
        let named = spec.get(name).and_then(Value::as_str).is_some_and(|name| !name.is_empty());
        if !named {
            spec.insert(name.to_owned(), manifest.name().into());
        }
    }
    if spec.remove("kubernetes").is_some() {
        let text = "left out: ECS has no word for it";
        notes.push(Note::new(&manifest.source, member(&manifest.pointer, "spec.kubernetes"), text));
    }
    if call == Call::CreateService {
        references(&mut spec, manifest.namespace(), all);
        if manifest.annotation(REQUEST) == Some("UpdateService") {
            update(&mut spec, manifest);
        }
    }
    Value::Object(spec)
}

/// Gives references back the ARNs that their objects stand for.
fn references(spec: &mut Map<String, Value>, namespace: &str, all: &[Manifest]) {
    let places = [
        ("loadBalancers", "targetGroupArn", "TargetGroup"),
        ("serviceRegistries", "registryArn", "ServiceDiscovery"),
    ];
    for (list, reference, kind) in places {
        for item in spec.get_mut(list).and_then(Value::as_array_mut).into_iter().flatten() {
            let Some(Value::String(named)) = item.get_mut(reference) else { continue };
            let meant = |one: &&Manifest| {
                one.kind() == kind
                    && one.namespace() == namespace
                    && (one.name() == named
                        || one.object.pointer("/spec/Name").is_some_and(|name| name == named.as_str()))
            };
            if let Some(arn) = all.iter().find(meant).and_then(|one| one.annotation(label::ARN)) {
                arn.clone_into(named);
            }
        }
    }
}

/// The request that the object was made from, where that was UpdateService.
fn update(spec: &mut Map<String, Value>, manifest: &Manifest) {
    let name = spec.remove("serviceName").unwrap_or_default();
    let arn = manifest.annotation(label::ARN).map(Value::from);
    spec.insert("service".into(), arn.unwrap_or(name));
    if manifest.annotation(label::FORCE_NEW_DEPLOYMENT).is_some() {
        spec.insert("forceNewDeployment".into(), true.into());
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Options, Parameters, emit, recognise};
    use super::*;
    use serde_json::json;

    fn exported(text: &str) -> Vec<Value> {
        let reading = recognise("web.json", text, &Parameters::default());
        let manifests = emit(reading.found, &Options::default()).manifests;
        export(&manifests).requests.into_iter().map(|(_, request)| request).collect()
    }

    #[test]
    fn a_request_comes_back_as_it_was() {
        for request in [
            json!({"family": "Web_App", "containerDefinitions": [{"name": "a", "image": "a", "cpu": 0}]}),
            json!({"serviceName": "Web_App", "taskDefinition": "web:7", "desiredCount": 0}),
            json!({"service": "web", "taskDefinition": "web", "forceNewDeployment": true}),
            json!({"service": "arn:aws:ecs:eu-west-1:123456789012:service/prod/web", "desiredCount": 1}),
        ] {
            assert_eq!(exported(&request.to_string()), [request]);
        }
    }

    #[test]
    fn a_reference_to_an_object_that_stands_for_an_arn_is_that_arn() {
        let text = "apiVersion: ecs.berth.dev/v1alpha1\nkind: ServiceDiscovery\nmetadata: {name: web, annotations: \
                    {ecs.berth.dev/arn: 'arn:aws:servicediscovery:eu-west-1:123456789012:service/srv-1'}}\nspec: {Name: web}\n---\n\
                    apiVersion: ecs.berth.dev/v1alpha1\nkind: Service\nmetadata: {name: web}\n\
                    spec: {taskDefinition: web, serviceRegistries: [{registryArn: web}], kubernetes: {scheduler: x}}\n";
        assert_eq!(
            exported(text)[1],
            json!({"serviceName": "web", "taskDefinition": "web", "serviceRegistries":
                [{"registryArn": "arn:aws:servicediscovery:eu-west-1:123456789012:service/srv-1"}]})
        );
    }
}

//! What ECS has and what files say → where they differ.
//!
//! Lists without order, equal sizes and written-out defaults are no difference: `resolve::canonical` decides that.

use super::Manifest;
use super::note::member;
use crate::model::label;
use crate::resolve::{arn, canonical};
use serde_json::{Map, Value};
use std::fmt;

/// One place where ECS and the files differ.
#[derive(Clone, Debug, PartialEq)]
pub struct Difference {
    /// The object, as in `Service/web`.
    pub object: String,
    /// The member; empty if one of them has no such object.
    pub path: String,
    /// What ECS has, if anything.
    pub ecs: Option<Value>,
    /// What the files say, if anything.
    pub files: Option<Value>,
}

impl fmt::Display for Difference {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.path.is_empty() {
            let place = if self.ecs.is_some() { "ECS" } else { "files" };
            return write!(formatter, "{}: only in {place}", self.object);
        }
        let said =
            |value: &Option<Value>| value.as_ref().map_or_else(|| "nothing".to_owned(), Value::to_string);
        write!(
            formatter,
            "{}: {}: {} in ECS, {} in files",
            self.object,
            self.path,
            said(&self.ecs),
            said(&self.files)
        )
    }
}

/// Every difference between the objects that ECS has and those of files. Two objects are the same one if they have the
/// same ARN or, where one has none, the same kind and name in ECS's form.
pub fn diff(ecs: &[Manifest], files: &[Manifest]) -> Vec<Difference> {
    let mut differences = Vec::new();
    let mut met = Vec::new();
    for one in ecs {
        let other = files.iter().position(|other| is_same_object(one, other));
        met.extend(other);
        match other.and_then(|index| files.get(index)) {
            Some(other) => compared(one, other, &mut differences),
            None => differences.push(Difference {
                object: label_of(one),
                path: String::new(),
                ecs: Some(Value::Null),
                files: None,
            }),
        }
    }
    for (other, _) in files.iter().zip(0..).filter(|(_, index)| !met.contains(index)) {
        let object = label_of(other);
        differences.push(Difference { object, path: String::new(), ecs: None, files: Some(Value::Null) });
    }
    differences
}

fn ecs_name(manifest: &Manifest) -> &str {
    let member = match manifest.kind() {
        "TaskDefinition" => "family",
        "Service" => "serviceName",
        "Cluster" => "clusterName",
        _ => "Name",
    };
    let name = manifest.object.get("spec").and_then(|spec| spec.get(member)).and_then(Value::as_str);
    name.filter(|name| !name.is_empty()).unwrap_or(manifest.name())
}

fn label_of(manifest: &Manifest) -> String {
    format!("{}/{}", manifest.kind(), ecs_name(manifest))
}

fn is_same_object(one: &Manifest, other: &Manifest) -> bool {
    let arns = (one.annotation(label::ARN), other.annotation(label::ARN));
    match arns {
        // Revisions of one family have ARNs of their own.
        (Some(one), Some(other)) if one == other => true,
        (Some(_), Some(_)) if one.kind() != "TaskDefinition" => false,
        _ => {
            one.kind() == other.kind()
                && ecs_name(one) == ecs_name(other)
                && cluster_of(one) == cluster_of(other)
        }
    }
}

fn cluster_of(manifest: &Manifest) -> Option<&str> {
    let cluster = manifest.object.pointer("/spec/cluster").and_then(Value::as_str);
    (manifest.kind() == "Service").then(|| cluster.map_or("default", arn::cluster))
}

fn compared(one: &Manifest, other: &Manifest, differences: &mut Vec<Difference>) {
    let (mut ecs, mut files) = (form(one), form(other));
    if one.kind() == "Service" {
        left_open(&mut ecs, &mut files);
    }
    let object = label_of(one);
    let mut found = Vec::new();
    values(Some(&ecs), Some(&files), "", &mut found);
    differences.extend(found.into_iter().map(|(path, ecs, files)| Difference {
        object: object.clone(),
        path,
        ecs,
        files,
    }));
}

/// The form in which an object is compared; a spec that cannot be read is compared as it is.
fn form(manifest: &Manifest) -> Value {
    let spec = manifest.object.get("spec").cloned().unwrap_or_default();
    match manifest.kind() {
        "TaskDefinition" => serde_json::from_value(spec.clone())
            .map_or_else(|_| canonical::other(&spec), |spec| canonical::definition(&spec)),
        "Service" => serde_json::from_value(spec.clone())
            .map_or_else(|_| canonical::other(&spec), |spec| canonical::service(&spec)),
        _ => canonical::other(&spec),
    }
}

/// Takes out what a file leaves to somebody else: a count to an autoscaler, a revision to be the newest. Names and ARNs
/// of the same thing become equal.
fn left_open(ecs: &mut Value, files: &mut Value) {
    let (Some(ecs), Some(files)) = (ecs.as_object_mut(), files.as_object_mut()) else { return };
    for member in ["serviceName", "role"] {
        ecs.remove(member);
        files.remove(member);
    }
    for member in ["desiredCount", "availabilityZoneRebalancing", "platformVersion"] {
        if !files.contains_key(member) {
            ecs.remove(member);
        }
    }
    let definition = |members: &Map<String, Value>| {
        let named = members.get("taskDefinition").and_then(Value::as_str);
        named.and_then(arn::TaskDefinitionReference::parse)
    };
    if let (Some(has), Some(asks)) = (definition(ecs), definition(files))
        && has.family == asks.family
        && asks.revision.is_none_or(|number| has.revision.is_none_or(|own| own == number))
    {
        ecs.remove("taskDefinition");
        files.remove("taskDefinition");
    }
    for members in [ecs, files] {
        shorten(members, "loadBalancers", "targetGroupArn", arn::target_group);
        shorten(members, "serviceRegistries", "registryArn", arn::registry);
    }
}

fn shorten(members: &mut Map<String, Value>, list: &str, member: &str, short: fn(&str) -> &str) {
    for item in members.get_mut(list).and_then(Value::as_array_mut).into_iter().flatten() {
        if let Some(Value::String(named)) = item.get_mut(member) {
            *named = short(named).to_owned();
        }
    }
}

type Found = (String, Option<Value>, Option<Value>);

fn values(one: Option<&Value>, other: Option<&Value>, path: &str, found: &mut Vec<Found>) {
    if one == other {
        return;
    }
    match (one, other) {
        (Some(Value::Object(one)), Some(Value::Object(other))) => {
            let mut names: Vec<&String> = one.keys().chain(other.keys()).collect();
            names.sort();
            names.dedup();
            for name in names {
                values(one.get(name), other.get(name), &member(path, name), found);
            }
        }
        (Some(Value::Array(one)), Some(Value::Array(other))) if is_keyed(one) && is_keyed(other) => {
            let before = found.len();
            let mut names: Vec<&str> = one.iter().chain(other).filter_map(key).collect();
            names.sort_unstable();
            names.dedup();
            for name in names {
                let with = |items: &'_ [Value]| items.iter().find(|item| key(item) == Some(name)).cloned();
                values(with(one).as_ref(), with(other).as_ref(), &format!("{path}[{name}]"), found);
            }
            if found.len() == before {
                // The same items in another order, where the order counts.
                found.push((path.to_owned(), Some(one.clone().into()), Some(other.clone().into())));
            }
        }
        _ => found.push((path.to_owned(), one.cloned(), other.cloned())),
    }
}

/// Whether each item has a key of its own.
fn is_keyed(items: &[Value]) -> bool {
    let mut keys: Vec<&str> = items.iter().filter_map(key).collect();
    keys.sort_unstable();
    keys.dedup();
    keys.len() == items.len()
}

fn key(item: &Value) -> Option<&str> {
    item.get("name").or_else(|| item.get("key"))?.as_str()
}

#[cfg(test)]
mod tests {
    use super::super::{Options, Parameters, emit, recognise};
    use super::*;
    use serde_json::json;

    fn manifests(value: &Value) -> Vec<Manifest> {
        let reading = recognise("web.json", &value.to_string(), &Parameters::default());
        emit(reading.found, &Options::default()).manifests
    }

    fn told(ecs: &Value, files: &Value) -> Vec<String> {
        diff(&manifests(ecs), &manifests(files)).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn each_member_that_differs_is_told_with_both_values() {
        let ecs = json!({"taskDefinition": {"taskDefinitionArn": "arn:aws:ecs:r:1:task-definition/web:3", "revision": 3, "family": "web", "cpu": "256",
            "containerDefinitions": [{"name": "a", "image": "x:1", "environment": [{"name": "A", "value": "1"}, {"name": "B", "value": "2"}]}]}});
        let files = json!({"family": "web", "cpu": "0.25 vCPU",
            "containerDefinitions": [{"name": "a", "image": "x:2", "environment": [{"name": "B", "value": "2"}, {"name": "C", "value": "1"}]}]});
        assert_eq!(
            told(&ecs, &files),
            [
                "TaskDefinition/web: containerDefinitions[a].environment[A]: {\"name\":\"A\",\"value\":\"1\"} in ECS, nothing in files",
                "TaskDefinition/web: containerDefinitions[a].environment[C]: nothing in ECS, {\"name\":\"C\",\"value\":\"1\"} in files",
                "TaskDefinition/web: containerDefinitions[a].image: \"x:1\" in ECS, \"x:2\" in files",
            ]
        );
    }

    #[test]
    fn a_service_that_follows_or_is_scaled_does_not_differ_and_one_that_pins_another_revision_does() {
        let ecs = json!({"services": [{"serviceArn": "arn:aws:ecs:r:1:service/prod/web", "clusterArn": "arn:aws:ecs:r:1:cluster/prod",
            "serviceName": "web", "taskDefinition": "arn:aws:ecs:r:1:task-definition/web:3", "desiredCount": 5, "launchType": "EC2",
            "loadBalancers": [{"targetGroupArn": "arn:aws:elasticloadbalancing:r:1:targetgroup/web/1a", "containerName": "a", "containerPort": 80}]}]});
        let file = |definition: &str| {
            json!({"serviceName": "web", "cluster": "prod", "taskDefinition": definition,
            "loadBalancers": [{"targetGroupArn": "web", "containerName": "a", "containerPort": 80}]})
        };
        assert_eq!(told(&ecs, &file("web")), Vec::<String>::new());
        assert_eq!(told(&ecs, &file("web:3")), Vec::<String>::new());
        assert_eq!(told(&ecs, &file("web:4")).len(), 1);
    }

    #[test]
    fn an_object_that_only_one_of_them_has_is_told() {
        let one = json!({"serviceName": "web", "taskDefinition": "web"});
        let other = json!({"serviceName": "worker", "taskDefinition": "web"});
        assert_eq!(told(&one, &other), ["Service/web: only in ECS", "Service/worker: only in files"]);
    }

    #[test]
    fn the_order_of_containers_counts() {
        let of = |one: &str, other: &str| json!({"family": "web", "containerDefinitions": [{"name": one, "image": "x"}, {"name": other, "image": "x"}]});
        assert_eq!(told(&of("a", "b"), &of("b", "a")).len(), 1);
    }
}

//! A document → the one form that all documents with its meaning share.
//!
//! Members that say nothing, ECS's defaults (which its Describe calls write out), the order of lists that have none and
//! the spelling of sizes make no difference. Must not be stored or applied: it is for comparing.

use super::revision::content;
use crate::api::{ServiceSpec, TaskDefinitionSpec};
use serde_json::{Map, Value};

/// The form of a task definition. The family is no part of it.
pub fn definition(spec: &TaskDefinitionSpec) -> Value {
    content::canonical(spec)
}

/// The form of a service. What is no part of the service in ECS (token of the request, `kubernetes`) is none of it.
pub fn service(spec: &ServiceSpec) -> Value {
    let mut spec = spec.clone();
    spec.client_token = None;
    spec.kubernetes = None;
    spec.cluster = spec.cluster.map(|cluster| super::arn::cluster(&cluster).to_owned());
    tidy(serde_json::to_value(&spec).unwrap_or_default(), "", "").unwrap_or_default()
}

/// The form of any other document.
pub fn other(spec: &Value) -> Value {
    tidy(spec.clone(), "", "").unwrap_or_default()
}

/// Whether ECS gives the order of the list `member` no meaning.
pub fn is_unordered(member: &str) -> bool {
    content::is_unordered(member) || UNORDERED.contains(&member)
}

/// Lists of services, beside those that definitions have too.
const UNORDERED: [&str; 7] = [
    "loadBalancers",
    "serviceRegistries",
    "capacityProviderStrategy",
    "subnets",
    "securityGroups",
    "volumeConfigurations",
    "alarmNames",
];

/// Whether `value` is what ECS takes if `member` of a `parent` is left out.
fn is_default(parent: &str, member: &str, value: &Value) -> bool {
    match (parent, member) {
        _ if *value == false => true,
        ("deploymentConfiguration", "bakeTimeInMinutes") | ("", "healthCheckGracePeriodSeconds") => {
            *value == 0
        }
        ("", "cluster") => value == "default",
        ("", "schedulingStrategy") => value == "REPLICA",
        ("", "launchType") => value == "EC2",
        ("", "platformVersion") => value == "LATEST",
        ("", "propagateTags") => value == "NONE",
        ("deploymentController", "type") => value == "ECS",
        ("deploymentConfiguration", "maximumPercent") => *value == 200,
        ("deploymentConfiguration", "minimumHealthyPercent") => *value == 100,
        ("deploymentConfiguration", "strategy") => value == "ROLLING",
        ("awsvpcConfiguration", "assignPublicIp") => value == "DISABLED",
        _ => false,
    }
}

/// The value that `member` of a `parent` has; none if it says nothing.
fn tidy(value: Value, parent: &str, member: &str) -> Option<Value> {
    if is_default(parent, member, &value) {
        return None;
    }
    match value {
        Value::Null => None,
        Value::Array(items) => {
            let mut items: Vec<Value> = items.into_iter().filter_map(|item| tidy(item, member, "")).collect();
            if is_unordered(member) {
                items.sort_by_cached_key(Value::to_string);
            }
            (!items.is_empty()).then_some(Value::Array(items))
        }
        Value::Object(members) => {
            // Items of a list have the list's name.
            let own = if member.is_empty() { parent } else { member };
            let kept = members.into_iter();
            let kept: Map<String, Value> =
                kept.filter_map(|(name, value)| Some((name.clone(), tidy(value, own, &name)?))).collect();
            (!kept.is_empty()).then_some(Value::Object(kept))
        }
        other => Some(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn definition_of(spec: Value) -> Value {
        definition(&serde_json::from_value(spec).unwrap())
    }

    #[test]
    fn what_a_describe_call_writes_out_makes_no_difference() {
        let written = json!({"family": "web", "networkMode": "awsvpc", "containerDefinitions":
            [{"name": "a", "image": "a", "portMappings": [{"containerPort": 80}], "healthCheck": {"command": ["CMD", "x"]}}],
            "volumes": [{"name": "v"}]});
        let described = json!({"family": "web", "networkMode": "awsvpc", "placementConstraints": [], "containerDefinitions":
            [{"name": "a", "image": "a", "cpu": 0, "essential": true, "environment": [], "mountPoints": [], "volumesFrom": [],
              "systemControls": [], "portMappings": [{"containerPort": 80, "hostPort": 80, "protocol": "tcp"}],
              "healthCheck": {"command": ["CMD", "x"], "interval": 30, "timeout": 5, "retries": 3}}],
            "volumes": [{"name": "v", "host": {}}]});
        assert_eq!(definition_of(written), definition_of(described));
    }

    #[test]
    fn a_difference_that_means_something_stays_one() {
        let of = |container: Value| definition_of(json!({"containerDefinitions": [container]}));
        let plain = of(json!({"name": "a"}));
        for other in [
            json!({"name": "a", "essential": false}),
            json!({"name": "a", "stopTimeout": 0}),
            json!({"name": "a", "portMappings": [{"containerPort": 80, "hostPort": 80}]}),
            json!({"name": "a", "environment": [{"name": "X", "value": ""}]}),
            json!({"name": "a", "linuxParameters": {"swappiness": 0}}),
        ] {
            let told = other.to_string();
            assert_ne!(of(other), plain, "{told}");
        }
        let twice = |one: &str, other: &str| {
            of(
                json!({"name": "a", "environment": [{"name": "X", "value": one}, {"name": "X", "value": other}]}),
            )
        };
        assert_ne!(twice("1", "2"), twice("2", "1"));
    }

    #[test]
    fn a_service_is_the_same_with_and_without_its_defaults() {
        let of = |spec: Value| service(&serde_json::from_value(spec).unwrap());
        let written = of(json!({"serviceName": "web", "taskDefinition": "web", "desiredCount": 2}));
        let described = of(
            json!({"serviceName": "web", "taskDefinition": "web", "desiredCount": 2, "launchType": "EC2",
            "cluster": "arn:aws:ecs:eu-west-1:123456789012:cluster/default", "loadBalancers": [], "placementStrategy": [],
            "deploymentConfiguration": {"deploymentCircuitBreaker": {"enable": false, "rollback": false},
                "maximumPercent": 200, "minimumHealthyPercent": 100, "alarms": {"alarmNames": [], "enable": false, "rollback": false}},
            "deploymentController": {"type": "ECS"}, "schedulingStrategy": "REPLICA", "propagateTags": "NONE"}),
        );
        assert_eq!(written, described);
    }
}

//! Documents in ECS's form, as users write them.

use serde_json::{Value, json};

fn object(kind: &str, name: &str, spec: Value) -> Value {
    json!({"apiVersion": "ecs.berth.dev/v1alpha1", "kind": kind, "metadata": {"name": name}, "spec": spec})
}

/// A container `app` of the test app that serves on port 8080 for two seconds more when told to stop, with
/// `more` beside.
pub fn app(more: Value) -> Value {
    merged(
        json!({
            "name": "app",
            "image": "localhost/testapp:v1",
            "essential": true,
            // There is no registry that it could be pulled from.
            "versionConsistency": "disabled",
            "portMappings": [{"containerPort": 8080}],
            "environment": [{"name": "DRAIN", "value": "2"}],
        }),
        more,
    )
}

/// ECS's shortest interval.
pub fn health_check() -> Value {
    json!({
        "command": ["CMD", "testapp", "check", "http://127.0.0.1:8080/health"],
        "interval": 5, "timeout": 4, "retries": 1,
    })
}

/// A TaskDefinition.
pub fn definition(family: &str, containers: &[Value]) -> Value {
    let spec = json!({
        "family": family, "networkMode": "awsvpc", "cpu": "64", "memory": "64",
        "containerDefinitions": containers,
    });
    object("TaskDefinition", family, spec)
}

/// A Service of the family of its name, with `more` in its spec.
pub fn service(name: &str, count: u32, more: Value) -> Value {
    object("Service", name, merged(json!({"taskDefinition": name, "desiredCount": count}), more))
}

/// Target group and discovery of the name, for a service.
pub fn reachable(name: &str) -> Value {
    json!({
        "loadBalancers": [{"targetGroupArn": name, "containerName": "app", "containerPort": 8080}],
        "serviceRegistries": [{"registryArn": name}],
    })
}

/// A ServiceDiscovery.
pub fn discovery(name: &str) -> Value {
    let records = json!([{"Type": "A", "TTL": 10}]);
    object("ServiceDiscovery", name, json!({"Name": name, "DnsConfig": {"DnsRecords": records}}))
}

/// `one` with the members of `other`.
pub fn merged(mut one: Value, other: Value) -> Value {
    if let (Some(one), Value::Object(other)) = (one.as_object_mut(), other) {
        one.extend(other);
    }
    one
}

/// All of `documents` in one text that kubectl reads.
pub fn text(documents: &[Value]) -> String {
    documents.iter().map(|document| format!("---\n{document}\n")).collect()
}

//! A document that ECS does not take as it is → the member that gives it away, and what to give instead.
//!
//! Must not guess: what is not known stays unknown.

use serde_json::{Map, Value};

/// A member, and what a document is that has it.
const KNOWN: [(&str, &str); 18] = [
    ("service_definition", "names the files of a deployment tool: give those files"),
    ("task_definition", "is a deployment tool's own form: give what aws ecs describe-task-definition says"),
    (
        "container_definitions",
        "is Terraform's spelling: write containerDefinitions, or give what terraform show -json prints",
    ),
    ("containerdefinitions", "is no member of a task definition: write containerDefinitions"),
    (
        "taskDefinitionArns",
        "names documents and does not hold them: give what aws ecs describe-task-definition says",
    ),
    ("serviceArns", "names documents and does not hold them: give what aws ecs describe-services says"),
    ("clusterArns", "names documents and does not hold them: give what aws ecs describe-clusters says"),
    ("taskArns", "names tasks that run: give their task definition"),
    ("containerOverrides", "belongs into a RunTask request, which names a task definition"),
    ("awsvpcConfiguration", "belongs into the networkConfiguration of a service or of a RunTask request"),
    ("imageUri", "tells a pipeline which image to write into a task definition: give the task definition"),
    ("jobDefinitionName", "is AWS Batch's"),
    ("containerProperties", "is AWS Batch's"),
    ("scheduleExpression", "is a tool's own form of a schedule"),
    ("terraform_version", "is Terraform's own state: give what terraform show -json prints"),
    ("resource", "is Terraform's source: give what terraform show -json prints"),
    ("dockerfilePath", "is a build's, not ECS's"),
    ("rules", "is a tool's own form of schedules"),
];

/// What gives a document away that is not one of ECS's: its member, and what to give instead.
pub(super) fn foreign(value: &Value) -> Option<(String, String)> {
    let object = match value {
        Value::Object(object) => object,
        Value::Array(items) => {
            let (member, text) = foreign(items.first()?)?;
            return Some((format!("[0].{member}"), text));
        }
        _ => return None,
    };
    if let Some(told) = shaped(object) {
        return Some(told);
    }
    let (member, text) = KNOWN.iter().find(|(member, _)| object.contains_key(*member))?;
    Some((member.to_string(), text.to_string()))
}

/// The same for what only the shape of a member tells.
pub(super) fn shaped(object: &Map<String, Value>) -> Option<(String, String)> {
    let tool = object.get("task_definition").is_some_and(Value::is_string)
        && (object.contains_key("service_definition") || object.contains_key("cluster"));
    let services = object.get("services").and_then(Value::as_object);
    let is_compose = services.is_some_and(|services| {
        services.values().any(|service| service.get("image").is_some() || service.get("build").is_some())
    });
    let (member, text) = if tool {
        ("task_definition", "names a file of a deployment tool: give that file")
    } else if is_compose {
        ("services", "is a Compose file's: give the task definition that was made of it")
    } else if object.get("Resources").is_some_and(Value::is_array) {
        ("Resources", "is CodeDeploy's: give the task definition and the service")
    } else {
        return None;
    };
    Some((member.to_owned(), text.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_other_tools_write_is_known_by_a_member() {
        for (document, member) in [
            (json!({"cluster": "c", "service": "s", "task_definition": "td.json"}), "task_definition"),
            (json!({"version": 1, "task_definition": {"task_size": {}}}), "task_definition"),
            (json!({"services": {"web": {"image": "nginx"}}}), "services"),
            (json!({"version": 0.0, "Resources": [{"TargetService": {}}]}), "Resources"),
            (json!([{"name": "web", "imageUri": "x"}]), "[0].imageUri"),
            (json!({"family": "a", "container_definitions": []}), "container_definitions"),
        ] {
            assert_eq!(foreign(&document).unwrap().0, member, "{document}");
        }
        assert_eq!(foreign(&json!({"name": "x", "version": "1"})), None);
        assert_eq!(shaped(&json!({"services": {"a": 1}}).as_object().unwrap().clone()), None);
    }
}

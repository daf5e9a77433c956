//! Every document of the corpus, of whatever kind, and what ECS would make of one.

use serde_json::{Value, json};
use std::path::PathBuf;

/// One document of the corpus.
pub struct Document {
    /// Its path within the corpus.
    pub file: String,
    /// `task-definition`, `service`, `run-task`, `container-definitions`, `cfn-…`.
    pub kind: String,
    /// `template` for what becomes JSON only later.
    pub form: String,
    /// `input`, `output`, `cfn` or `-`.
    pub shape: String,
    /// Whether somebody meant to send it and the AWS SDK's validation accepts it.
    pub is_ok: bool,
    /// The document as it was found.
    pub text: String,
}

/// All documents; none, and a line that says so, where there is no corpus.
pub fn corpus() -> Option<Vec<Document>> {
    let root = std::env::var_os("BERTH_CORPUS")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus"), PathBuf::from);
    let Ok(list) = std::fs::read_to_string(root.join("SOURCES.tsv")) else {
        println!("SKIPPED: corpus not found at {}", root.display());
        return None;
    };
    let documents = list.lines().skip(1).map(|line| {
        let columns: Vec<&str> = line.split('\t').collect();
        let of = |index: usize| columns.get(index).copied().unwrap_or_default().to_owned();
        let file = of(0);
        // Templates have another form than what they become.
        let form = if file.starts_with("templates/") { "template".to_owned() } else { of(6) };
        Document {
            text: std::fs::read_to_string(root.join(&file)).unwrap(),
            kind: of(5),
            shape: of(8),
            is_ok: of(8) == "input" && of(9) == "ok",
            file,
            form,
        }
    });
    Some(documents.collect())
}

/// What DescribeTaskDefinition gives of a definition that was registered: what is read-only added, defaults written out.
pub fn described(input: &Value) -> Value {
    let mut output = input.clone();
    let own_ports = matches!(input["networkMode"].as_str(), Some("awsvpc" | "host"));
    for container in output["containerDefinitions"].as_array_mut().into_iter().flatten() {
        let container = container.as_object_mut().unwrap();
        for (member, default) in [
            ("cpu", json!(0)),
            ("essential", json!(true)),
            ("environment", json!([])),
            ("mountPoints", json!([])),
            ("volumesFrom", json!([])),
            ("portMappings", json!([])),
            ("systemControls", json!([])),
        ] {
            container.entry(member).or_insert(default);
        }
        for mapping in container["portMappings"].as_array_mut().into_iter().flatten() {
            let port = if own_ports { mapping["containerPort"].clone() } else { json!(0) };
            let mapping = mapping.as_object_mut().unwrap();
            mapping.entry("hostPort").or_insert(port);
            mapping.entry("protocol").or_insert(json!("tcp"));
        }
        container["environment"].as_array_mut().into_iter().for_each(|list| list.reverse());
        if let Some(Value::Object(check)) = container.get_mut("healthCheck") {
            for (member, default) in [("interval", 30), ("timeout", 5), ("retries", 3)] {
                check.entry(member).or_insert(default.into());
            }
        }
    }
    let family = input["family"].as_str().unwrap_or_default();
    let members = output.as_object_mut().unwrap();
    members.entry("volumes").or_insert(json!([]));
    members.entry("placementConstraints").or_insert(json!([]));
    members.insert("revision".into(), json!(42));
    members.insert("status".into(), json!("ACTIVE"));
    members.insert("compatibilities".into(), json!(["EC2"]));
    members.insert(
        "requiresAttributes".into(),
        json!([{"name": "com.amazonaws.ecs.capability.docker-remote-api.1.18"}]),
    );
    members.insert("registeredAt".into(), json!("2026-01-01T00:00:00Z"));
    let arn = format!("arn:aws:ecs:eu-west-1:123456789012:task-definition/{family}:42");
    members.insert("taskDefinitionArn".into(), arn.into());
    output
}

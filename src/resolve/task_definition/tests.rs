use super::*;
use serde_json::{Value, json};

fn judged(whole: Value) -> Result<TaskDefinition, Vec<Violation>> {
    let spec: TaskDefinitionSpec = serde_json::from_value(whole).unwrap();
    task_definition(&spec, "web", 1, &Grants::open())
}

/// A definition with one container, which has `members` besides what it must have.
fn with(members: Value) -> Result<TaskDefinition, Vec<Violation>> {
    let mut container = json!({"name": "app", "image": "nginx:1", "memory": 64});
    container.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
    judged(json!({"containerDefinitions": [container]}))
}

/// The broken rules without what leads to the container.
fn told(found: Result<TaskDefinition, Vec<Violation>>) -> Vec<String> {
    let found = found.map(|_| ()).err().unwrap_or_default();
    found.iter().map(|one| one.to_string().replace("spec.containerDefinitions[0].", "")).collect()
}

#[test]
fn an_image_with_characters_that_ecs_does_not_take_is_refused() {
    for image in [
        "nginx",
        "localhost:5000/Team/app_1.x:v1-2",
        "example.com/app@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
        "app#1",
    ] {
        assert_eq!(told(with(json!({"image": image}))), [""; 0], "{image}");
    }
    for image in ["nginx ", "ng inx", "nginx\n", "a\tb", "a\u{0}", "${REPO}:1", "<IMAGE1_NAME>", "café"] {
        let told = told(with(json!({"image": image})));
        assert_eq!(told.len(), 1, "{image:?}");
        assert!(told[0].starts_with("image: Container.image contains invalid characters."), "{told:?}");
    }
    let name = |length: usize| "a".repeat(length);
    let digest = format!("{}@sha256:{}", name(255), "0".repeat(64));
    assert_eq!(told(with(json!({"image": digest}))), [""; 0]);
    assert_eq!(
        told(with(json!({"image": name(256)}))),
        ["image: an image's name has up to 255 characters, not 256"]
    );
}

#[test]
fn a_variable_without_a_name_is_refused() {
    let environment = json!([{"value": "a"}, {"name": "A", "value": ""}, {"name": ""}, {"name": " "}]);
    let refused =
        |index| format!("environment[{index}].name: Environment variable name cannot be null or blank.");
    assert_eq!(told(with(json!({"environment": environment}))), [refused(0), refused(2), refused(3)]);
}

#[test]
fn timeouts_end_at_two_minutes_on_fargate_alone() {
    let of = |compatible: &str, seconds: i32| {
        let container = json!({"name": "a", "image": "a", "startTimeout": seconds, "stopTimeout": seconds});
        told(judged(json!({
            "requiresCompatibilities": [compatible], "networkMode": "awsvpc", "cpu": "256", "memory": "512",
            "containerDefinitions": [container],
        })))
    };
    assert_eq!(of("FARGATE", 120), [""; 0]);
    assert_eq!(of("FARGATE", 0), [""; 0]);
    assert_eq!(
        of("FARGATE", 121),
        [
            "startTimeout: startTimeout is at most 120 seconds on Fargate, not 121",
            "stopTimeout: stopTimeout is at most 120 seconds on Fargate, not 121"
        ]
    );
    assert_eq!(of("EC2", 3600), [""; 0]);
}

#[test]
fn a_user_by_name_is_refused_with_the_command_that_tells_its_number() {
    let of = |user: &str| with(json!({"user": user})).map(|task| task.containers[0].user);
    assert_eq!(of("nobody:nogroup").unwrap(), Some((65534, Some(65534))));
    assert_eq!(of("1000:root").unwrap(), Some((1000, Some(0))));
    for user in ["www-data", "www-data:www-data", "www-data:33"] {
        let told = told(with(json!({"user": user})));
        assert!(told[0].contains("write \"UID:GID\", the numbers that"), "{told:?}");
        assert!(told[0].contains("`docker run --rm --entrypoint id nginx:1 www-data` prints"), "{told:?}");
    }
}

#[test]
fn volumes_from_a_container_without_mount_points_mount_nothing_and_are_told() {
    let task = judged(json!({"containerDefinitions": [
        {"name": "app", "image": "a", "memory": 8, "volumesFrom": [{"sourceContainer": "data"}]},
        {"name": "data", "image": "a", "memory": 8},
    ]}))
    .unwrap();
    assert!(task.containers.iter().all(|container| container.mounts.is_empty()));
    let remark = &task.access.without_effect[0];
    assert_eq!(remark.path, "spec.containerDefinitions[0].volumesFrom[0].sourceContainer");
    assert!(remark.message.contains("nothing is mounted"), "{remark}");
}

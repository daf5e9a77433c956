//! What Argo CD's check and kstatus make of live objects.

use std::path::PathBuf;

use serde::Serialize;
use serde_json::json;
use testbed::health::{Verdict, judge};

use crate::stage::{Stage, condition, definition, service};

async fn verdict(object: &impl Serialize) -> Verdict {
    let object = json!(object);
    let kind = object["kind"].as_str().unwrap();
    let folder = "deploy/argocd/resource_customizations/ecs.berth.dev";
    let script = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(folder).join(kind).join("health.lua");
    judge(Some(&script), &object).await.unwrap()
}

async fn is(object: &impl Serialize, health: &str, kstatus: &str) -> String {
    let verdict = verdict(object).await;
    let found = verdict.health.unwrap();
    assert_eq!((found.status.as_str(), verdict.kstatus.as_str()), (health, kstatus), "{}", found.message);
    found.message
}

/// Both say that the object needs help, and the check's message says why.
pub async fn degraded(object: &berth::api::Service, reason: &str) {
    let message = is(object, "Degraded", "Failed").await;
    let (_, said, why) = condition(object, "Stalled").unwrap();
    assert_eq!(said, reason);
    assert!(message.contains(&why), "{message}");
}

#[tokio::test(flavor = "multi_thread")]
async fn argo_cd_and_kstatus_see_what_a_service_is_in() {
    let mut stage = Stage::with("judged", &[]).await;
    let mut slow = definition("slow", "sim/ready-after-600s");
    slow["spec"]["containerDefinitions"][0]["healthCheck"] =
        json!({"command": ["CMD", "true"], "retries": 10, "interval": 60});
    stage.apply(&[&definition("web", "nginx:1"), &service("web", 1), &slow, &service("slow", 1)]).await;
    is(&stage.service("web").await, "Progressing", "InProgress").await;
    is(&stage.definition("web").await, "Progressing", "InProgress").await;
    stage.start("a");
    is(&stage.steady("web").await, "Healthy", "Current").await;
    is(&stage.definition("web").await, "Healthy", "Current").await;
    let running = |it: &berth::api::Service| it.status.as_ref().unwrap().running_count == 1;
    is(&stage.until_service("slow", "its task runs", running).await, "Progressing", "InProgress").await;

    stage.edit("web", json!({"spec": {"loadBalancer": []}})).await;
    let told = |it: &berth::api::Service| condition(it, "Stalled").is_some();
    degraded(&stage.until_service("web", "it is refused", told).await, "Invalid").await;
    stage.apply(&[&json!({
        "apiVersion": "ecs.berth.dev/v1alpha1", "kind": "TaskDefinition", "metadata": {"name": "bad"},
        "spec": {"containerDefinitions": [{"name": "app", "image": "a", "memory": 16, "privilegd": true}]},
    })])
    .await;
    let refused = stage
        .until("the definition is refused", async || {
            let definition = stage.definition("bad").await;
            definition
                .status
                .as_ref()?
                .conditions
                .iter()
                .any(|it| it.type_ == "Stalled")
                .then_some(definition)
        })
        .await;
    let message = is(&refused, "Degraded", "Failed").await;
    assert!(message.contains("privileged"), "{message}");
}

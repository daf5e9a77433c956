//! Objects of others that bear a name which Berth would use.

use k8s_openapi::api::core::v1::{Pod, Service as CoreService};
use k8s_openapi::api::policy::v1::PodDisruptionBudget;
use kube::Api;
use kube::api::DeleteParams;
use serde_json::{Value, json};

use crate::stage::{Stage, condition, definition, service};

fn foreign(api_version: &str, kind: &str, name: &str, spec: Value) -> Value {
    json!({"apiVersion": api_version, "kind": kind, "metadata": {"name": name}, "spec": spec})
}

/// Waits until the service says that a name is taken, and by what.
async fn taken(stage: &Stage, name: &str, what: &str) {
    let told = |it: &berth::api::Service| {
        condition(it, "NameConflict")
            .is_some_and(|(status, _, message)| status == "True" && message.contains(what))
    };
    stage.until_service(name, &format!("it tells of the conflict with {what}"), told).await;
    let note = stage.event(name, "NameConflict").await;
    assert!(note.contains(what), "{note}");
}

/// The object as it is now, then gone.
async fn remove<K>(api: Api<K>, name: &str) -> Value
where
    K: kube::Resource<DynamicType = ()>
        + Clone
        + std::fmt::Debug
        + serde::de::DeserializeOwned
        + serde::Serialize,
{
    let found = json!(api.get(name).await.unwrap());
    api.delete(name, &DeleteParams::default().grace_period(0)).await.unwrap();
    found
}

fn is_untouched(object: &Value) {
    let meta = &object["metadata"];
    assert!(meta["ownerReferences"].is_null() && !meta["labels"].to_string().contains("berth"), "{meta}");
    let managers = meta["managedFields"].to_string();
    assert!(!managers.contains("\"manager\":\"berth"), "{managers}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_others_made_is_told_and_not_touched_and_all_is_well_once_it_is_gone() {
    let stage = Stage::new("conflicts").await;
    let budget = json!({"maxUnavailable": 0, "selector": {"matchLabels": {"of": "somebody"}}});
    let core = json!({"selector": {"of": "somebody"}, "ports": [{"port": 80}]});
    stage.apply(&[&foreign("policy/v1", "PodDisruptionBudget", "budget", budget)]).await;
    stage.apply(&[&foreign("v1", "Service", "core-tg", core.clone())]).await;
    stage.apply(&[&foreign("v1", "Service", "found", core)]).await;
    for name in ["budget", "core", "task", "bystander"] {
        let count = if name == "task" { 0 } else { 2 };
        stage.apply(&[&definition(name, "nginx:1"), &service(name, count)]).await;
    }
    let discovery = json!({
        "apiVersion": "ecs.berth.dev/v1alpha1", "kind": "ServiceDiscovery", "metadata": {"name": "found"},
        "spec": {"Name": "found"},
    });
    stage.apply(&[&discovery]).await;

    taken(&stage, "budget", "PodDisruptionBudget").await;
    taken(&stage, "core", "core-tg").await;
    let note = stage.event("found", "NameConflict").await;
    assert!(note.contains("found"), "{note}");
    stage.steady("bystander").await;
    for name in ["budget", "core"] {
        let status =
            stage.until_service(name, "its tasks run", |it| it.status.as_ref().unwrap().running_count == 2);
        assert_eq!(status.await.status.unwrap().deployments.len(), 1);
    }

    let name = format!("{}-0001", first_task(&stage).await);
    let container = json!({"containers": [{"name": "app", "image": "nginx:1"}]});
    stage.apply(&[&foreign("v1", "Pod", &name, container)]).await;
    stage.kubectl(&["scale", "ecssvc/task", "--replicas=2"]).await;
    taken(&stage, "task", &name).await;

    is_untouched(&remove::<PodDisruptionBudget>(stage.api(), "budget").await);
    is_untouched(&remove::<CoreService>(stage.api(), "core-tg").await);
    is_untouched(&remove::<CoreService>(stage.api(), "found").await);
    is_untouched(&remove::<Pod>(stage.api(), &name).await);
    for name in ["budget", "core", "task"] {
        let healed = stage.steady(name).await;
        assert_eq!(condition(&healed, "NameConflict"), None);
        assert_eq!(healed.status.unwrap().running_count, 2);
    }
    let headless = async || {
        let found = stage.api::<CoreService>().get_opt("found").await.ok()??;
        found.metadata.owner_references
    };
    stage.until("the discovery has its Service", headless).await;
}

/// What the names of the service's next tasks begin with.
async fn first_task(stage: &Stage) -> String {
    let known = |it: &berth::api::Service| it.status.as_ref().is_some_and(|it| !it.deployments.is_empty());
    let service = stage.until_service("task", "it has a deployment", known).await;
    let id = service.status.unwrap().deployments[0].id.clone();
    format!("task-{}", &id["ecs-svc/".len()..][..5])
}

//! What a namespace forbids is said, not swallowed.

use super::documents::{app, definition, service};
use super::site::{Site, until};
use berth::api::condition::Condition;
use serde_json::json;

/// The condition of this type, once the service has it.
async fn condition(site: &Site<'_>, kind: &str) -> Condition {
    until(&format!("condition {kind}"), 30, || async {
        let conditions = site.service("web").await.status?.conditions;
        conditions.into_iter().find(|condition| condition.type_ == kind)
    })
    .await
}

/// ECS's defaults pass `baseline`, not `restricted`.
pub async fn pod_security(site: Site<'_>) {
    site.create(json!({"pod-security.kubernetes.io/enforce": "restricted"})).await;
    site.apply(&[definition("web", &[app(json!({}))]), service("web", 2, json!({}))]).await;
    let stalled = condition(&site, "Stalled").await;
    assert_eq!(stalled.reason, "PodsRefused");
    assert!(stalled.message.contains("violates PodSecurity \"restricted:latest\""), "{}", stalled.message);
    let security = condition(&site, "PodSecurity").await;
    assert_eq!(security.status, "False", "{security:?}");
    let told = until("an event", 10, || async { site.events("ServiceTaskConfigurationFailure").await.pop() });
    let told = told.await;
    assert!(told.contains("violates PodSecurity"), "{told}");

    // Once the namespace permits it, the service comes up by itself.
    site.bed
        .kubectl(&[
            "label",
            "ns",
            site.namespace,
            "--overwrite",
            "pod-security.kubernetes.io/enforce=baseline",
        ])
        .await
        .unwrap();
    until("tasks", 40, || async { (site.tasks("web").await.len() == 2).then_some(()) }).await;
    until("no complaint is left", 20, || async {
        let conditions = site.service("web").await.status?.conditions;
        conditions.iter().all(|one| !["PodSecurity", "Stalled"].contains(&&*one.type_)).then_some(())
    })
    .await;
}

/// As many tasks as the quota permits, and its words.
pub async fn quota(site: Site<'_>) {
    site.create(json!({})).await;
    site.kubectl(&["create", "quota", "small", "--hard=pods=1"]).await;
    site.apply(&[definition("web", &[app(json!({}))]), service("web", 3, json!({}))]).await;
    let stalled = condition(&site, "Stalled").await;
    assert_eq!(stalled.reason, "PodsRefused");
    assert!(stalled.message.contains("exceeded quota: small"), "{}", stalled.message);
    let told = until("an event", 10, || async { site.events("ServiceTaskConfigurationFailure").await.pop() });
    assert!(told.await.contains("exceeded quota"));
    until("one task runs", 30, || async {
        (site.service("web").await.status?.running_count == 1).then_some(())
    })
    .await;
    site.kubectl(&["patch", "quota", "small", "--type=merge", "-p", r#"{"spec":{"hard":{"pods":"9"}}}"#])
        .await;
    until("all tasks run", 40, || async {
        (site.service("web").await.status?.running_count == 3).then_some(())
    })
    .await;
    let texts = site.service("web").await.status.unwrap().events;
    let refused = texts.iter().filter(|event| event.message.contains("exceeded quota")).count();
    assert_eq!(refused, 1, "told once: {texts:#?}");
}

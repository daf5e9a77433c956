//! What deletion takes along, with and without Berth.

use std::time::Duration;

use k8s_openapi::api::apps::v1::ControllerRevision;
use k8s_openapi::api::core::v1::{Pod, Service as CoreService};
use k8s_openapi::api::policy::v1::PodDisruptionBudget;
use kube::api::ListParams;
use kube::{Api, ResourceExt};

use crate::stage::{Stage, definition, names, service};

async fn objects<K>(stage: &Stage) -> Vec<String>
where
    K: kube::Resource<Scope = kube::core::NamespaceResourceScope, DynamicType = ()>
        + Clone
        + std::fmt::Debug
        + serde::de::DeserializeOwned,
{
    names(&stage.api::<K>().list(&ListParams::default()).await.unwrap().items)
}

async fn until_nothing_runs(stage: &Stage) {
    stage
        .until("nothing of the service is left", async || {
            let left = [
                objects::<Pod>(stage).await,
                objects::<CoreService>(stage).await,
                objects::<PodDisruptionBudget>(stage).await,
            ];
            left.concat().is_empty().then_some(())
        })
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn deleting_a_definition_stops_nothing_and_deleting_the_service_leaves_nothing() {
    let stage = Stage::new("deleted").await;
    stage.apply(&[&definition("web", "nginx:1"), &service("web", 3)]).await;
    stage.steady("web").await;
    let before: Vec<_> = stage.live("web").await.iter().map(ResourceExt::uid).collect();
    stage.kubectl(&["delete", "ecstd", "web", "--wait=true"]).await;
    // It goes on with the revision that it runs, also where that takes new tasks.
    stage.kubectl(&["scale", "ecssvc/web", "--replicas=5"]).await;
    stage.until_service("web", "it has five", |it| it.status.as_ref().unwrap().running_count == 5).await;
    let after: Vec<_> = stage.live("web").await.iter().map(ResourceExt::uid).collect();
    assert!(before.iter().all(|uid| after.contains(uid)));

    stage.kubectl(&["delete", "ecssvc", "web", "--wait=true"]).await;
    until_nothing_runs(&stage).await;
    let revisions = stage
        .until("its revision goes with its last user", async || {
            let revisions = stage.api::<ControllerRevision>().list(&ListParams::default()).await.ok()?.items;
            let counters = revisions.iter().all(|it| it.labels().contains_key("ecs.berth.dev/counter"));
            counters.then_some(revisions)
        })
        .await;
    assert_eq!(revisions.len(), 1, "the family's counter stays");
    // A namesake goes on counting.
    stage.apply(&[&definition("web", "nginx:1")]).await;
    stage
        .until("the family's next revision is 2", async || {
            let status = stage.definition("web").await.status?;
            (status.latest_revision == Some(2)).then_some(())
        })
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_deleted_while_no_operator_runs_stays_deleted() {
    let mut stage = Stage::new("absent").await;
    stage.apply(&[&definition("web", "nginx:1"), &service("web", 3)]).await;
    stage.apply(&[&definition("other", "nginx:1"), &service("other", 1)]).await;
    stage.steady("web").await;
    stage.steady("other").await;
    stage.operators.clear();
    stage.kubectl(&["delete", "ecssvc/web", "ecstd/web"]).await;
    stage.kubectl(&["delete", "pod", "-l", "ecs.berth.dev/service=other"]).await;
    stage.until("its tasks are gone", async || stage.pods("web").await.is_empty().then_some(())).await;
    stage.start("b");
    stage.steady("other").await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert!(stage.pods("web").await.is_empty());
    assert_eq!(objects::<CoreService>(&stage).await, ["other-tg"]);
    let failed = stage.operators[0].metric("berth_reconciles_total", &["result=\"failed\""]).await;
    assert_eq!(failed, Some(0.0), "{}", stage.operators[0].tail());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_namespace_can_be_deleted_without_berth() {
    let mut stage = Stage::new("uninstalled").await;
    stage.apply(&[&definition("web", "nginx:1"), &service("web", 3)]).await;
    stage.steady("web").await;
    stage.operators.clear();
    let delete = ["delete", "namespace", "uninstalled", "--wait=true", "--timeout=60s"];
    stage.bed.kubectl(&delete).await.unwrap();
    let namespaces: Api<k8s_openapi::api::core::v1::Namespace> = Api::all(stage.client.clone());
    assert!(namespaces.get_opt("uninstalled").await.unwrap().is_none());
}

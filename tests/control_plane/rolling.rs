//! Edits become deployments, within the percentages.

use berth::api::Service;
use kube::ResourceExt;
use serde_json::{Value, json};

use crate::stage::{Stage, definition, is_observed, is_steady, service};
use crate::witness::Witness;

/// desiredCount, minimumHealthyPercent, maximumPercent, and the bounds that they make.
const CHANGES: [(u32, u32, u32, usize, usize); 7] = [
    (4, 100, 150, 4, 6),
    (6, 50, 100, 3, 6),
    (4, 100, 200, 4, 8),
    (7, 60, 130, 5, 9),
    (5, 30, 110, 2, 5),
    (1, 100, 200, 1, 2),
    (1, 0, 100, 0, 1),
];

fn percentages(service: &mut Value, minimum: u32, maximum: u32) {
    service["spec"]["deploymentConfiguration"] =
        json!({"minimumHealthyPercent": minimum, "maximumPercent": maximum});
}

/// Whether the service is steady with this revision.
fn runs(service: &Service, reference: &str) -> bool {
    let status = service.status.as_ref();
    is_steady(service) && status.is_some_and(|it| it.task_definition.as_deref() == Some(reference))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rolling_change_never_leaves_the_bounds_of_its_percentages() {
    let stage = Stage::new("bounds").await;
    let name = |index: usize| format!("roll{index}");
    let mut documents = Vec::new();
    for (index, (count, minimum, maximum, ..)) in CHANGES.into_iter().enumerate() {
        let mut document = service(&name(index), count);
        percentages(&mut document, minimum, maximum);
        documents.extend([definition(&name(index), "nginx:1"), document]);
    }
    stage.apply(&documents.iter().collect::<Vec<_>>()).await;
    for index in 0..CHANGES.len() {
        stage.steady(&name(index)).await;
    }
    let witness = Witness::begin(&stage).await;
    // Ready a while after they run: a start is not a success yet.
    let newer: Vec<Value> = (0..CHANGES.len()).map(|index| definition(&name(index), "nginx:2")).collect();
    stage.apply(&newer.iter().collect::<Vec<_>>()).await;
    for index in 0..CHANGES.len() {
        let reference = format!("{}:2", name(index));
        let done = stage.until_service(&name(index), "it runs :2", |it| runs(it, &reference)).await;
        assert_eq!(done.status.unwrap().deployments.len(), 1);
    }
    let seen = witness.end();
    for (index, (count, minimum, maximum, lower, upper)) in CHANGES.into_iter().enumerate() {
        let seen = &seen[&name(index)];
        let what = format!("{count} tasks, {minimum}/{maximum}: {seen:?}");
        assert!(seen.fewest_healthy >= lower, "fewer healthy than {lower}: {what}");
        assert!(seen.most_live <= upper, "more live than {upper}: {what}");
        assert_eq!(seen.tasks.len(), 2 * count as usize, "each task is replaced once: {what}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_edit_that_overtakes_another_leaves_only_its_own_tasks() {
    let stage = Stage::new("overtaken").await;
    let image = |image: &str| {
        let mut document = definition("web", image);
        document["spec"]["containerDefinitions"][0]["healthCheck"] =
            json!({"command": ["CMD", "true"], "retries": 10, "interval": 30});
        document
    };
    stage.apply(&[&image("nginx:1"), &service("web", 4)]).await;
    stage.steady("web").await;
    let witness = Witness::begin(&stage).await;
    stage.apply(&[&image("sim/never-ready:2")]).await;
    let stuck = |it: &Service| {
        it.status.as_ref().is_some_and(|it| it.deployments.len() == 2 && it.deployments[0].running_count > 0)
    };
    let service = stage.until_service("web", "its second revision cannot get healthy", stuck).await;
    let status = service.status.unwrap();
    assert_eq!(
        (status.deployments[0].status.as_str(), status.deployments[1].status.as_str()),
        ("PRIMARY", "ACTIVE")
    );
    stage.apply(&[&image("nginx:3")]).await;
    stage.until_service("web", "it runs :3", |it| runs(it, "web:3")).await;
    let live = stage.live("web").await;
    assert_eq!(live.len(), 4);
    assert!(live.iter().all(|pod| pod.labels()["ecs.berth.dev/revision"] == "3"));
    let seen = &witness.end()["web"];
    assert!(seen.fewest_healthy >= 4 && seen.most_live <= 8, "{seen:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn only_what_ecs_deploys_is_deployed_and_going_back_is_a_third_revision() {
    let stage = Stage::new("deploying").await;
    stage.apply(&[&definition("web", "nginx:1"), &service("web", 2)]).await;
    stage.steady("web").await;
    stage.apply(&[&definition("web", "nginx:2")]).await;
    stage.until_service("web", "it runs :2", |it| runs(it, "web:2")).await;
    stage.apply(&[&definition("web", "nginx:1")]).await;
    let back = stage.until_service("web", "it runs :3", |it| runs(it, "web:3")).await;
    assert_eq!(back.status.unwrap().deployments[0].sequence, 3);

    let mut edited = service("web", 3);
    edited["spec"]["placementStrategy"] = json!([{"type": "binpack", "field": "memory"}]);
    edited["spec"]["healthCheckGracePeriodSeconds"] = json!(5);
    percentages(&mut edited, 50, 150);
    let before = stage.live("web").await;
    stage.apply(&[&edited]).await;
    let grown = stage.until_service("web", "it has three", |it| is_steady(it) && count(it) == 3).await;
    assert_eq!(sequence(&grown), 3, "neither placement nor counts nor percentages deploy");
    let uids: Vec<_> = stage.live("web").await.iter().map(|pod| pod.uid()).collect();
    assert!(before.iter().all(|pod| uids.contains(&pod.uid())), "tasks that ran run on");

    for (token, wanted) in [("one", 4), ("one", 4), ("two", 5)] {
        let annotations = json!({"ecs.berth.dev/force-new-deployment": token});
        stage.edit("web", json!({"metadata": {"annotations": annotations}})).await;
        let forced =
            stage.until_service("web", "it is deployed", |it| runs(it, "web:3") && sequence(it) >= wanted);
        assert_eq!(sequence(&forced.await), wanted, "{token}");
    }
    // An edit that says the same in other words deploys nothing.
    let mut same = definition("web", "nginx:1");
    same["spec"]["containerDefinitions"][0]["environment"] = json!([]);
    stage.apply(&[&same, &edited]).await;
    let settled = stage.until_service("web", "it has seen the edit", is_observed).await;
    assert_eq!(sequence(&settled), 5);
    assert_eq!(stage.definition("web").await.status.unwrap().latest_revision, Some(3));
}

fn sequence(service: &Service) -> i64 {
    service.status.as_ref().map_or(0, |status| status.deployments[0].sequence)
}

fn count(service: &Service) -> i32 {
    service.status.as_ref().map_or(0, |status| status.running_count)
}

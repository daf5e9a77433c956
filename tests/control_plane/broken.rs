//! Objects that cannot be read, make a pass panic, or say what cannot be done.

use serde_json::{Value, json};

use crate::stage::{Stage, condition, definition, service};

#[tokio::test(flavor = "multi_thread")]
async fn an_object_that_cannot_be_read_and_one_that_panics_disturb_nobody_else() {
    let mut stage = Stage::new("poison").await;
    for name in ["unreadable", "panicking", "good"] {
        stage.apply(&[&definition(name, "nginx:1"), &service(name, 2)]).await;
    }
    for name in ["unreadable", "panicking", "good"] {
        stage.steady(name).await;
    }
    let key = "/registry/ecs.berth.dev/ecsservices/poison/unreadable";
    let stored = stage.bed.etcd_get(key).await.unwrap().unwrap();
    let mut broken: Value = serde_json::from_slice(&stored).unwrap();
    broken["spec"]["desiredCount"] = json!("three");
    stage.bed.etcd_put(key, broken.to_string().as_bytes()).await.unwrap();
    stage.edit("panicking", json!({"metadata": {"annotations": {"ecs.berth.dev/fault": "panic"}}})).await;
    // Once as it happens, once with it there from the start.
    for count in [4, 3] {
        metric(&stage, "berth_unparsable_objects", "kind=\"Service\"").await;
        metric(&stage, "berth_reconciles_total", "result=\"panicked\"").await;
        metric(&stage, "berth_backing_off", "controller=\"service\"").await;
        stage.kubectl(&["scale", "ecssvc/good", &format!("--replicas={count}")]).await;
        let good = stage
            .until_service("good", "it is scaled", |it| it.status.as_ref().unwrap().running_count == count);
        assert_eq!(good.await.spec.desired_count, Some(count));
        stage
            .apply(&[&definition(&format!("new{count}"), "nginx:1"), &service(&format!("new{count}"), 1)])
            .await;
        stage.steady(&format!("new{count}")).await;
        assert_eq!(stage.live("unreadable").await.len(), 2);
        assert_eq!(stage.live("panicking").await.len(), 2);
        stage.operators.clear();
        stage.start("b");
    }
    stage.bed.etcd_put(key, &stored).await.unwrap();
    stage.edit("panicking", json!({"metadata": {"annotations": {"ecs.berth.dev/fault": null}}})).await;
    for name in ["unreadable", "panicking"] {
        stage.kubectl(&["scale", &format!("ecssvc/{name}"), "--replicas=1"]).await;
        stage
            .until_service(name, "it is looked after again", |it| {
                it.status.as_ref().unwrap().running_count == 1
            })
            .await;
    }
}

/// Waits until a metric is above zero.
async fn metric(stage: &Stage, name: &str, label: &str) {
    stage
        .until(&format!("{name} {label} is above zero"), async || {
            let value = stage.operators[0].metric(name, &[label]).await?;
            (value > 0.0).then_some(())
        })
        .await;
}

/// Edits that cannot be obeyed: a patch of the Service's spec, what the condition says of it, and words of
/// its message.
fn edits() -> Vec<(&'static str, Value, &'static str, &'static [&'static str])> {
    let balancer = |container: &str, port: u16| json!({"loadBalancers": [{"targetGroupArn": "x", "containerName": container, "containerPort": port}]});
    vec![
        (
            "unknown",
            json!({"desiredcount": 3}),
            "Invalid",
            &["spec.desiredcount", "unknown member", "desiredCount"],
        ),
        (
            "refused",
            json!({"deploymentController": {"type": "EXTERNAL"}}),
            "Invalid",
            &["spec.deploymentController"],
        ),
        (
            "container",
            balancer("ap", 8080),
            "Invalid",
            &["spec.loadBalancers[0].containerName", "The container ap does not exist"],
        ),
        ("port", balancer("app", 81), "Invalid", &["spec.loadBalancers[0].containerPort", "81"]),
        ("family", json!({"taskDefinition": "nobody"}), "TaskDefinitionNotFound", &["nobody"]),
        ("revision", json!({"taskDefinition": "revision:9"}), "TaskDefinitionNotFound", &["no revision 9"]),
        ("reference", json!({"taskDefinition": "a/b:c:d"}), "Invalid", &["spec.taskDefinition"]),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn an_edit_that_cannot_be_obeyed_is_told_and_what_runs_is_kept_running() {
    let mut stage = Stage::new("refused").await;
    for (name, ..) in edits() {
        stage.apply(&[&definition(name, "nginx:1"), &service(name, 2)]).await;
    }
    for (name, ..) in edits() {
        stage.steady(name).await;
    }
    let before = stage.kubectl(&["get", "pods", "-o", "name"]).await;
    for (name, patch, reason, words) in edits() {
        // A real change comes with it: nothing of a refused edit is done.
        stage.edit(name, json!({"metadata": {"annotations": {"ecs.berth.dev/force-new-deployment": "x"}}, "spec": patch})).await;
        let told = |it: &berth::api::Service| condition(it, "Stalled").is_some_and(|it| it.1 == reason);
        let refused = stage.until_service(name, &format!("it is refused as {reason}"), told).await;
        let (.., message) = condition(&refused, "Ready").unwrap();
        let note = stage.event(name, reason).await;
        for word in words {
            assert!(message.contains(word) && note.contains(word), "{name}: {word}: {message}; {note}");
        }
        let status = refused.status.unwrap();
        assert_eq!((status.deployments.len(), status.running_count), (1, 2), "{name}");
    }
    assert_eq!(stage.kubectl(&["get", "pods", "-o", "name"]).await, before, "nothing is disturbed");
    replaced(&stage, 2).await;
    // The next operator knows as much.
    stage.operators.clear();
    stage.start("b");
    replaced(&stage, 2).await;
    // An autoscaler goes on.
    stage.kubectl(&["scale", "ecssvc/unknown", "--replicas=3"]).await;
    stage.until("it is scaled", async || (stage.live("unknown").await.len() == 3).then_some(())).await;
    let refused = stage.service("unknown").await;
    assert_eq!(condition(&refused, "Stalled").unwrap().1, "Invalid");
    stage.edit("unknown", json!({"spec": {"desiredcount": null}})).await;
    let healed = stage.steady("unknown").await;
    assert_eq!(healed.status.unwrap().deployments[0].sequence, 2, "now the token counts");
}

/// Deletes a task of each refused service and waits until it is replaced by one like it.
async fn replaced(stage: &Stage, count: usize) {
    for (name, ..) in edits() {
        let victim = stage.live(name).await.remove(0);
        let victim = victim.metadata.name.unwrap();
        stage.kubectl(&["delete", "pod", &victim, "--wait=false"]).await;
        let live = stage
            .until(&format!("{victim} is replaced"), async || {
                let live = stage.live(name).await;
                let gone = live.iter().all(|pod| pod.metadata.name.as_ref() != Some(&victim));
                (gone && live.len() == count).then_some(live)
            })
            .await;
        let labels = |pod: &k8s_openapi::api::core::v1::Pod| {
            let mut labels = pod.metadata.labels.clone().unwrap();
            labels.retain(|key, _| !key.starts_with("topology."));
            labels
        };
        assert_eq!(labels(&live[0]), labels(&live[1]), "{name}");
        assert!(labels(&live[0]).keys().any(|key| key.starts_with("target-group.")), "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_cluster_is_told_with_the_object_to_apply() {
    let stage = Stage::new("nowhere").await;
    let mut document = service("web", 1);
    document["spec"]["cluster"] = json!("production");
    stage.apply(&[&definition("web", "nginx:1"), &document]).await;
    let told =
        |it: &berth::api::Service| condition(it, "Stalled").is_some_and(|it| it.1 == "ClusterNotFound");
    let refused = stage.until_service("web", "its cluster is unknown", told).await;
    let (.., message) = condition(&refused, "Ready").unwrap();
    assert!(message.contains("kind: Cluster") && message.contains("production"), "{message}");
    assert!(stage.pods("web").await.is_empty());
    crate::health::degraded(&refused, "ClusterNotFound").await;
    let cluster = r#"{"apiVersion": "ecs.berth.dev/v1alpha1", "kind": "Cluster", "metadata": {"name": "production"}, "spec": {}}"#;
    stage.bed.apply(cluster).await.unwrap();
    stage.steady("web").await;
    // Without its cluster a service starts nothing, and stops nothing.
    stage.bed.kubectl(&["delete", "ecscluster", "production"]).await.unwrap();
    stage.until_service("web", "its cluster is unknown", told).await;
    assert_eq!(stage.live("web").await.len(), 1);
    stage.kubectl(&["delete", "pods", "--all", "--wait=false"]).await;
    let gone = |it: &berth::api::Service| it.status.as_ref().is_some_and(|status| status.running_count == 0);
    let counted = stage.until_service("web", "it is told that no task runs", gone).await;
    assert_eq!(counted.status.unwrap().deployments[0].running_count, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_younger_service_of_the_same_name_takes_over_when_the_elder_is_deleted() {
    let stage = Stage::new("namesakes").await;
    let named = |name: &str| {
        let mut document = service(name, 1);
        document["spec"]["serviceName"] = json!("shared");
        document["spec"]["taskDefinition"] = json!("web");
        document
    };
    stage.apply(&[&definition("web", "nginx:1"), &named("elder")]).await;
    stage.steady("elder").await;
    // Times of creation are whole seconds.
    tokio::time::sleep(std::time::Duration::from_millis(1100)).await;
    stage.apply(&[&named("younger")]).await;
    let told = |it: &berth::api::Service| condition(it, "Stalled").is_some_and(|it| it.1 == "Duplicate");
    stage.until_service("younger", "the name is taken", told).await;
    stage.kubectl(&["delete", "ecssvc", "elder"]).await;
    stage.steady("younger").await;
}

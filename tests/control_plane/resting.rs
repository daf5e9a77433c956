//! At rest nothing is written; a restart changes nothing.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::soak;
use crate::stage::{Stage, definition, service};

/// The version of every object of the namespace but the lease, by kind and name.
async fn versions(stage: &Stage) -> BTreeMap<String, String> {
    let kinds =
        "ecs,pods,services,endpointslices,poddisruptionbudgets,controllerrevisions,events.events.k8s.io";
    let path = "jsonpath={range .items[*]}{.kind}/{.metadata.name} {.metadata.resourceVersion}{\"\\n\"}{end}";
    let text = stage.kubectl(&["get", kinds, "-o", path]).await;
    let lines = text.lines().filter_map(|line| line.split_once(' '));
    // Clusters have no namespace, so they are everybody's.
    let own = lines.filter(|(object, _)| !object.starts_with("Cluster/"));
    own.map(|(object, version)| (object.to_owned(), version.to_owned())).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_written_at_rest_nor_by_a_new_operator() {
    let mut stage = Stage::new("rest").await;
    for name in ["one", "two", "three"] {
        stage.apply(&[&definition(name, "nginx:1"), &service(name, 3)]).await;
    }
    let sidecar =
        serde_json::json!({"name": "setup", "image": "sim/exit-0-after-1s", "essential": false, "memory": 8});
    let mut with_sidecar = definition("three", "nginx:2");
    with_sidecar["spec"]["containerDefinitions"].as_array_mut().unwrap().push(sidecar);
    stage.apply(&[&with_sidecar]).await;
    for name in ["one", "two", "three"] {
        stage.steady(name).await;
        stage.event(name, "ServiceSteadyState").await;
    }
    let rolled = |it: &berth::api::Service| {
        it.status.as_ref().is_some_and(|status| status.task_definition.as_deref() == Some("three:2"))
    };
    stage.until_service("three", "it runs the second revision", rolled).await;
    stage.steady("three").await;
    // The last endpoints, which Berth shows for tasks with a container that has ended, and the ends of stopped tasks.
    let written = stage
        .until("the last of it is written", async || {
            let before = stage.operators[0].metric("berth_writes_total", &[]).await?;
            tokio::time::sleep(Duration::from_secs(5)).await;
            let after = stage.operators[0].metric("berth_writes_total", &[]).await?;
            (before == after).then_some(after)
        })
        .await;
    let before = versions(&stage).await;
    assert!(before.len() > 20 && written > 20.0, "{before:?}");
    tokio::time::sleep(Duration::from_secs(if soak() { 300 } else { 10 })).await;
    assert_eq!(stage.operators[0].metric("berth_writes_total", &[]).await, Some(written));
    assert_eq!(versions(&stage).await, before);

    // Both ways to end: at once, and in order.
    stage.operators[0].kill();
    stage.operators.clear();
    for identity in ["b", "c"] {
        stage.start(identity);
        stage
            .until("the new operator has looked at everything", async || {
                let passes =
                    stage.operators[0].metric("berth_reconciles_total", &["controller=\"service\""]).await?;
                (passes >= 3.0).then_some(())
            })
            .await;
        tokio::time::sleep(Duration::from_secs(2)).await;
        let operator = &stage.operators[0];
        assert_eq!(operator.metric("berth_writes_total", &[]).await, Some(0.0), "{}", operator.tail());
        assert_eq!(versions(&stage).await, before);
        stage.operators[0].terminate().await;
        stage.operators.clear();
    }
}

//! `kubectl scale` and a HorizontalPodAutoscaler decide how many tasks run.

use std::time::Duration;

use kube::ResourceExt;
use serde_json::{Value, json};

use crate::stage::{Stage, definition, is_steady, service};

/// metrics.k8s.io without a metrics server: what an autoscaler reads are objects like any other.
const METRICS: &str = r#"
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata:
  name: pods.metrics.k8s.io
  annotations: {api-approved.kubernetes.io: "unapproved, for a test"}
spec:
  group: metrics.k8s.io
  scope: Namespaced
  names: {plural: pods, singular: pod, kind: PodMetrics, listKind: PodMetricsList}
  versions:
  - name: v1beta1
    served: true
    storage: true
    schema:
      openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}
"#;

async fn scaled(stage: &Stage, count: i32) {
    let has = |it: &berth::api::Service| is_steady(it) && it.status.as_ref().unwrap().running_count == count;
    stage.until_service("web", &format!("it has {count} tasks"), has).await;
}

fn uncounted() -> Value {
    let mut document = service("web", 1);
    document["spec"].as_object_mut().unwrap().remove("desiredCount");
    document
}

#[tokio::test(flavor = "multi_thread")]
async fn a_count_set_by_kubectl_scale_stays_whatever_is_applied_again() {
    for (namespace, flags) in [("scale-server", &["--server-side"][..]), ("scale-client", &[])] {
        let stage = Stage::new(namespace).await;
        let (web, definition) = (uncounted(), definition("web", "nginx:1"));
        stage.apply_with(&[&web, &definition], flags).await;
        scaled(&stage, 1).await;
        stage.kubectl(&["scale", "ecssvc/web", "--replicas=5"]).await;
        scaled(&stage, 5).await;
        stage.apply_with(&[&web, &definition], flags).await;
        // Something else changes, so that the answer is not just the old one.
        let mut edited = web.clone();
        edited["spec"]["healthCheckGracePeriodSeconds"] = json!(7);
        stage.apply_with(&[&edited], flags).await;
        scaled(&stage, 5).await;
        stage.kubectl(&["scale", "ecssvc/web", "--replicas=2"]).await;
        scaled(&stage, 2).await;
        stage.kubectl(&["scale", "ecssvc/web", "--replicas=0"]).await;
        scaled(&stage, 0).await;
        assert!(stage.live("web").await.is_empty());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_autoscaler_decides_and_applying_the_manifest_again_does_not() {
    let stage = Stage::new("autoscaled").await;
    stage.bed.apply(METRICS).await.unwrap();
    let (web, definition) = (uncounted(), definition("web", "nginx:1"));
    stage.apply(&[&web, &definition]).await;
    let scaler = json!({
        "apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler", "metadata": {"name": "web"},
        "spec": {
            "scaleTargetRef": {"apiVersion": "ecs.berth.dev/v1alpha1", "kind": "Service", "name": "web"},
            "minReplicas": 1, "maxReplicas": 4,
            "metrics": [{"type": "Resource", "resource": {
                "name": "memory", "target": {"type": "AverageValue", "averageValue": "10Mi"},
            }}],
            "behavior": {"scaleDown": {"stabilizationWindowSeconds": 0}},
        },
    });
    stage.apply(&[&scaler]).await;
    until_count(&stage, "40Mi", 4).await;
    stage.apply(&[&web, &definition]).await;
    stage.apply_with(&[&web], &[]).await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(stage.service("web").await.spec.desired_count, Some(4));
    until_count(&stage, "1Mi", 1).await;
}

/// Reports `usage` of every task until the service has `count` of them.
async fn until_count(stage: &Stage, usage: &str, count: i32) {
    stage
        .until(&format!("at {usage} a task it has {count}"), async || {
            report(stage, usage).await;
            let service = stage.service("web").await;
            (is_steady(&service) && service.status?.running_count == count).then_some(())
        })
        .await;
}

async fn report(stage: &Stage, usage: &str) {
    let live = stage.live("web").await;
    let metrics: Vec<Value> = live
        .iter()
        .map(|pod| {
            json!({
                "apiVersion": "metrics.k8s.io/v1beta1", "kind": "PodMetrics",
                "metadata": {"name": pod.name_any(), "labels": pod.labels()},
                "timestamp": k8s_openapi::jiff::Timestamp::now().to_string(), "window": "1s",
                "containers": [{"name": "app", "usage": {"cpu": "1m", "memory": usage}}],
            })
        })
        .collect();
    if !metrics.is_empty() {
        stage.apply(&metrics.iter().collect::<Vec<_>>()).await;
    }
}

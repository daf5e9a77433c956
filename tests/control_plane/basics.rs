//! From documents to tasks, and back to nothing.

use std::collections::BTreeMap;

use crate::stage::{Stage, definition, names, service};
use k8s_openapi::api::core::v1::{Node, Pod, Service as CoreService};
use k8s_openapi::api::policy::v1::PodDisruptionBudget;
use kube::{Api, ResourceExt};
use serde_json::{Value, json};

fn discovery(name: &str) -> Value {
    json!({
        "apiVersion": "ecs.berth.dev/v1alpha1", "kind": "ServiceDiscovery", "metadata": {"name": name},
        "spec": {"Name": name, "DnsConfig": {"DnsRecords": [{"Type": "A", "TTL": 10}]}},
    })
}

/// Zones of these pods, each with how many.
async fn zones(stage: &Stage, pods: &[Pod]) -> Vec<usize> {
    let mut zones: BTreeMap<String, usize> = BTreeMap::new();
    let nodes: Api<Node> = Api::all(stage.client.clone());
    for pod in pods {
        let node = nodes.get(pod.spec.as_ref().unwrap().node_name.as_ref().unwrap()).await.unwrap();
        *zones.entry(node.labels()["topology.kubernetes.io/zone"].clone()).or_default() += 1;
    }
    zones.into_values().collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_definition_and_a_service_applied_together_run_spread_over_zones_in_one_deployment() {
    let stage = Stage::new("together").await;
    let mut web = service("web", 6);
    web["spec"]["serviceRegistries"] = json!([{"registryArn": "web"}]);
    // The service comes first: it has to wait for its definition, not to fail.
    stage.apply(&[&web, &definition("web", "nginx:1"), &discovery("web")]).await;
    let steady = stage.steady("web").await;

    let status = steady.status.unwrap();
    assert_eq!((status.desired_count, status.running_count, status.pending_count), (Some(6), 6, 0));
    assert_eq!(status.task_definition.as_deref(), Some("web:1"));
    let [deployment] = &status.deployments[..] else { panic!("{:?}", status.deployments) };
    assert_eq!((deployment.sequence, deployment.status.as_str()), (1, "PRIMARY"));
    assert_eq!(deployment.rollout_state, "COMPLETED");
    assert_eq!(deployment.rollout_state_reason, format!("ECS deployment {} completed.", deployment.id));
    assert_eq!(stage.definition("web").await.status.unwrap().latest_revision, Some(1));

    let live = stage.live("web").await;
    assert_eq!(zones(&stage, &live).await, [2, 2, 2], "{:?}", names(&live));
    assert!(live.iter().all(|pod| pod.spec.as_ref().unwrap().restart_policy.as_deref() == Some("Never")));

    let cores = stage.api::<CoreService>();
    let target = cores.get("web-tg").await.unwrap().spec.unwrap();
    assert_eq!(target.ports.unwrap()[0].port, 8080);
    let headless =
        stage.until("the discovery's Service is there", async || cores.get("web").await.ok()).await;
    assert_eq!(headless.spec.unwrap().cluster_ip.as_deref(), Some("None"));
    let budget = stage.api::<PodDisruptionBudget>().get("web").await.unwrap();
    assert_eq!(json!(budget.spec.unwrap().min_available), json!(6));

    told(&stage, &deployment.id).await;
    let line = stage.kubectl(&["get", "ecssvc", "web", "--no-headers"]).await;
    let columns: Vec<&str> = line.split_whitespace().collect();
    assert_eq!(columns[..8], ["web", "ACTIVE", "web:1", "6", "6", "0", "COMPLETED", "True"]);
}

/// The events of a start, in ECS's words, each told once.
async fn told(stage: &Stage, deployment: &str) {
    stage.event("web", "ServiceSteadyState").await;
    let events = stage.events("web").await;
    for wanted in [
        format!("ECS deployment {deployment} in progress."),
        format!("(service web) (deployment {deployment}) deployment completed."),
        "(service web) has reached a steady state.".to_owned(),
    ] {
        let count = events.iter().filter(|(_, note)| *note == wanted).count();
        assert_eq!(count, 1, "{wanted}: {events:#?}");
    }
    let started: Vec<_> = events.iter().filter(|(reason, _)| reason == "TasksStarted").collect();
    assert!(started[0].1.starts_with("(service web) has started 6 tasks: (task "), "{started:?}");
    assert_eq!(started.len(), 1, "{started:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_member_that_is_null_counts_as_absent_for_the_rules_of_the_api_server_too() {
    let stage = Stage::new("nulls").await;
    let mut web = definition("web", "nginx:1");
    for name in ["family", "cpu", "memory", "volumes", "networkMode", "requiresCompatibilities"] {
        web["spec"][name] = json!(null);
    }
    for name in ["memoryReservation", "essential", "healthCheck"] {
        web["spec"]["containerDefinitions"][0][name] = json!(null);
    }
    let mut of_web = service("web", 1);
    for name in ["serviceName", "launchType", "capacityProviderStrategy", "schedulingStrategy", "cluster"] {
        of_web["spec"][name] = json!(null);
    }
    // Neither the client nor the API server drops a null when an object is created.
    stage.apply_with(&[&web, &of_web], &["--server-side=false"]).await;
    let steady = stage.steady("web").await;
    assert_eq!(steady.status.unwrap().task_definition.as_deref(), Some("web:1"));
    let mut nameless = web.clone();
    nameless["spec"]["containerDefinitions"][0]["name"] = json!(null);
    let list = json!({"apiVersion": "v1", "kind": "List", "items": [nameless]}).to_string();
    let args = ["--namespace", "nulls", "apply", "--dry-run=server", "-f", "-"];
    let refused = stage.bed.kubectl_with_input(&args, &list).await.unwrap();
    let error = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(error.contains("Container.name should not be null or empty."), "{error}");
}

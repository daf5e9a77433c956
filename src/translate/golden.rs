//! Whole objects against `tests/golden/translate/*.yaml`; `UPDATE=1` rewrites them.

pub(super) mod cases;

use super::*;
use crate::model::{DeploymentId, Identity, Service};
use crate::placement::NodeView;
use std::path::PathBuf;

/// All that a service becomes, as one YAML stream.
fn stream(service: &Service, nodes: &[NodeView], capabilities: Capabilities) -> String {
    let deployment = DeploymentId::new(&service.identity.uid, &service.fingerprint, 1);
    let task_definition = &service.task_definition;
    let launch = Launch {
        service,
        deployment: &deployment,
        task_definition,
        number: 1,
        zone: None,
        nodes,
        capabilities,
    };
    let mut documents = vec![yaml(&task(&launch))];
    documents.extend(target_group_services(service).iter().map(yaml));
    for registration in &service.registrations {
        let discovery = Identity { name: registration.discovery.clone(), ..service.identity.clone() };
        let ports: Vec<_> = discovery_port(service, registration).into_iter().collect();
        documents.push(yaml(&discovery_service(&discovery, &ports)));
    }
    documents.push(yaml(&disruption_budget(service, false)));
    documents.join("---\n")
}

fn yaml(object: &impl serde::Serialize) -> String {
    serde_saphyr::to_string(object).unwrap()
}

fn assert_golden(name: &str, actual: &str) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(format!("tests/golden/translate/{name}.yaml"));
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, actual).unwrap();
    }
    let expected = std::fs::read_to_string(&path).unwrap_or_default();
    similar_asserts::assert_eq!(expected, actual, "{}", path.display());
}

fn newest() -> Capabilities {
    Capabilities { pod_level_resources: true, container_restart_rules: true }
}

#[test]
fn a_minimal_service() {
    assert_golden("minimal", &stream(&cases::minimal(), &[], newest()));
}

#[test]
fn a_service_with_every_field() {
    assert_golden("full", &stream(&cases::full(), &[], newest()));
}

#[test]
fn a_service_with_every_field_where_pods_have_no_size() {
    assert_golden("full-without-pod-level-resources", &stream(&cases::full(), &[], Capabilities::default()));
}

#[test]
fn several_containers_on_a_bridge() {
    assert_golden("bridge", &stream(&cases::bridge(), &[], newest()));
}

#[test]
fn a_fargate_task() {
    assert_golden("fargate", &stream(&cases::fargate(), &[], newest()));
}

#[test]
fn a_health_check() {
    assert_golden("health-check", &stream(&cases::health_check(), &[], newest()));
}

#[test]
fn distinct_instances_of_some_types() {
    assert_golden("constraints", &stream(&cases::constraints(), &cases::nodes(), newest()));
}

#[test]
fn containers_that_wait_for_one_another() {
    assert_golden("depends-on", &stream(&cases::depends_on(), &[], newest()));
}

#[test]
fn what_a_cluster_does_not_have_is_told() {
    let definition = cases::depends_on().task_definition;
    assert_eq!(unsupported(&definition, newest()), None);
    let told = unsupported(&definition, Capabilities { container_restart_rules: false, ..newest() }).unwrap();
    assert!(told.starts_with("restartPolicy of container 'agent' in web:1:"), "{told}");
}

#[test]
fn names_that_kubernetes_does_not_take() {
    assert_golden("odd-names", &stream(&cases::odd_names(), &[], newest()));
}

#[test]
fn a_windows_task() {
    assert_golden("windows", &stream(&cases::windows(), &[], newest()));
}

#[test]
fn a_revision_and_its_counter() {
    let identity = Identity { namespace: "shop".into(), name: "web".into(), ..Identity::default() };
    let content = serde_json::json!({"family": "Web_App", "containerDefinitions": [{"name": "app"}]});
    let revision = controller_revision(&identity, "Web_App", 7, &content);
    let counter = revision_counter(&identity, "Web_App", 7);
    assert_golden("revision", &[yaml(&revision), yaml(&counter)].join("---\n"));
}

#[test]
fn a_constraint_without_a_form_lets_no_node_take_the_task() {
    let service = cases::unsupported();
    assert!(stream(&service, &[], newest()).contains("ecs.berth.dev/no-node"));
}
